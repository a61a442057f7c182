//! Names are compared as the server compares them, and the system topics are the same rows.

use crate::server::{migrations, server};
use journaling_ai::journal::trigram::{THRESHOLD, similarity, trigrams};
use postgres::Client;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

/// Pairs of names, many of them nasty.
const PAIRS: usize = 8_000;

/// Letters of many scripts, marks, digits that are digits and digits that are not, and what is none of
/// these.
const LETTERS: &str = "abcdeABC  -_'éÉñßöøÆŒŁ\u{130}\u{131}ǅǆΣσςΩжЖІї日本語テ한국ไทยअकि٣९７²½Ⅷ①🙂👩\u{200d}🚀.,&/\t\u{a0}\u{3000}\u{301}\u{ad}ﬁ𝒜𐐀𐐨";

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % sides
    }

    fn letter(&mut self) -> char {
        let letters: Vec<char> = LETTERS.chars().collect();
        match self.throw(12) {
            // Any character at all, most often of the first plane.
            0 => char::from_u32(self.throw(0x3000) as u32 + 1).unwrap_or('x'),
            1 => char::from_u32(self.throw(0x11_0000) as u32).filter(|letter| *letter != '\0').unwrap_or('x'),
            _ => letters[self.throw(letters.len())],
        }
    }

    fn name(&mut self, longest: usize) -> String {
        (0..self.throw(longest + 1)).map(|_| self.letter()).collect()
    }
}

/// What the server calls the trigrams of a text: three letters, or six hexadecimal digits.
fn read_trigram(text: &str) -> u32 {
    match text.strip_prefix("0x") {
        Some(digits) if digits.len() == 6 => u32::from_str_radix(digits, 16).unwrap(),
        _ => text.bytes().fold(0, |number, byte| number << 8 | u32::from(byte)),
    }
}

#[test]
fn every_character_is_a_letter_here_where_it_is_one_there() {
    let mut client = server().database().client();
    let rows = client
        .query(
            "SELECT i, show_trgm(chr(i)) FROM generate_series(1, 1114111) i WHERE i NOT BETWEEN 55296 AND 57343",
            &[],
        )
        .unwrap();
    let mut wrong = Vec::new();
    for row in &rows {
        let letter = char::from_u32(row.get::<_, i32>(0) as u32).unwrap();
        let expected: BTreeSet<u32> = row.get::<_, Vec<String>>(1).iter().map(|text| read_trigram(text)).collect();
        let found: BTreeSet<u32> = trigrams(&letter.to_string()).into_iter().collect();
        // A server with newer tables than ours knows letters that we do not; none may know fewer.
        if found != expected && !(found.is_empty() && later_than_unicode_14(&mut client)) {
            wrong.push(letter);
        }
    }
    assert_eq!(rows.len(), 1_112_063);
    assert!(wrong.is_empty(), "{} characters: {:x?}", wrong.len(), &wrong[..wrong.len().min(40)]);
}

/// Whether the server's tables are newer than those that ours were measured against: the Kawi script
/// came with Unicode 15.
fn later_than_unicode_14(client: &mut Client) -> bool {
    client.query_one("SELECT show_trgm(chr(73476)) <> '{}'", &[]).unwrap().get(0)
}

#[test]
fn similarities_of_nasty_names_are_the_servers() {
    let mut client = server().database().client();
    let mut dice = Dice(20_260_316);
    let mut pairs = Vec::new();
    while pairs.len() < PAIRS {
        let name = dice.name(14);
        let other = match pairs.len() % 4 {
            0 => dice.name(14),
            1 => {
                let mut letters: Vec<char> = name.chars().collect();
                letters.insert(dice.throw(letters.len() + 1), dice.letter());
                letters.into_iter().collect()
            }
            2 => name.to_uppercase(),
            _ => format!("{} {name}", dice.name(4)),
        };
        pairs.push((name, other));
    }
    pairs.push(colliding().unwrap());
    pairs.push(("x".repeat(200), format!("{}y", "x".repeat(199))));
    let (left, right): (Vec<&str>, Vec<&str>) = pairs.iter().map(|(a, b)| (a.as_str(), b.as_str())).unzip();
    let rows = client
        .query(
            "SELECT similarity(a, b), a % b, show_trgm(a) FROM unnest($1::text[], $2::text[]) WITH ORDINALITY t(a, b, o) ORDER BY o",
            &[&left, &right],
        )
        .unwrap();
    let (mut above, mut between) = (0, 0);
    for ((a, b), row) in pairs.iter().zip(&rows) {
        let (expected, matches): (f32, bool) = (row.get(0), row.get(1));
        let found = similarity(a, b);
        assert!((found - expected).abs() <= 1e-6, "{a:?} {b:?}: {found} here, {expected} there");
        assert_eq!(found >= THRESHOLD, matches, "{a:?} {b:?}: {found}");
        let expected: BTreeSet<u32> = row.get::<_, Vec<String>>(2).iter().map(|text| read_trigram(text)).collect();
        assert_eq!(trigrams(a).into_iter().collect::<BTreeSet<u32>>(), expected, "{a:?}");
        above += usize::from(matches);
        between += usize::from(found > 0.0 && found < 1.0);
    }
    assert_eq!(rows.len(), pairs.len());
    assert!(above > PAIRS / 4 && between > PAIRS / 4, "the pairs say little: {above} {between}");
}

/// Two words that have a trigram in common only because the server keeps three bytes of a checksum.
fn colliding() -> Option<(String, String)> {
    let mut met = HashMap::new();
    for first in '\u{4e00}'..='\u{4eff}' {
        for second in '\u{4e00}'..='\u{4eff}' {
            let word: String = [first, second].iter().collect();
            for trigram in trigrams(&word).into_iter().filter(|number| !trigrams(&first.to_string()).contains(number)) {
                let other: String = met.entry(trigram).or_insert_with(|| word.clone()).clone();
                let apart = other.chars().all(|letter| !word.contains(letter));
                if apart {
                    return Some((other, word));
                }
            }
        }
    }
    None
}

#[test]
fn the_search_finds_what_the_architectures_query_finds() {
    let mut client = server().database().client();
    let sandbox = crate::support::Sandbox::without_model();
    sandbox.ok(&["add", "first"]);
    let mut dice = Dice(7);
    let words = ["sleep", "work", "café", "travel", "morning", "Lisbon", "仕事", "family", "night", "run", "ning"];
    let mut names = BTreeSet::new();
    while names.len() < 400 {
        let name = match dice.throw(3) {
            0 => words[dice.throw(words.len())].to_string() + &dice.name(2),
            1 => format!("{} {}", words[dice.throw(words.len())], words[dice.throw(words.len())]),
            _ => dice.name(8) + words[dice.throw(words.len())],
        };
        names.extend(Some(name.trim().replace('\u{0}', "")).filter(|name| !name.is_empty()));
    }
    let database = Connection::open(sandbox.data().join("journal.db")).unwrap();
    for name in &names {
        database.execute("INSERT INTO topics(name, user_id) VALUES (?1, (SELECT id FROM users))", [name]).unwrap();
    }
    let user: String = database.query_row("SELECT id FROM users", [], |row| row.get(0)).unwrap();
    client.execute("INSERT INTO users(id, email, password_hash) VALUES ($1::text::uuid, 'me', '!')", &[&user]).unwrap();
    let mut statement = database.prepare("SELECT id, name FROM topics WHERE user_id IS NOT NULL").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    for row in rows {
        let (id, name): (String, String) = row.unwrap();
        client
            .execute(
                "INSERT INTO topics(id, name, user_id) VALUES ($1::text::uuid, $2, $3::text::uuid)",
                &[&id, &name, &user],
            )
            .unwrap();
    }
    let mut hits = 0;
    for text in ["slep", "work", "mornin", "仕事", "café work", "Lissabon", "family travel", "r", "🙂", "unning late"]
    {
        let there: Vec<(String, f32, String)> = client
            .query(
                "SELECT t.name, similarity(t.name, $1) AS sim_score, t.id::text FROM topics t WHERE t.name % $1
                 ORDER BY sim_score DESC, t.name COLLATE \"C\", t.id LIMIT 10",
                &[&text],
            )
            .unwrap()
            .iter()
            .map(|row| (row.get(0), row.get(1), row.get(2)))
            .collect();
        let found = sandbox.json(&["topics", "find", text]);
        let here: Vec<(String, f32, String)> = found
            .as_array()
            .unwrap()
            .iter()
            .map(|hit| {
                let text = |name: &str| hit[name].as_str().unwrap().to_string();
                (text("name"), hit["sim_score"].as_f64().unwrap() as f32, text("id"))
            })
            .collect();
        assert_eq!(here, there, "{text}");
        hits += here.len();
    }
    assert!(hits > 50, "{hits}");
}

#[test]
fn both_sides_have_the_same_system_topics() {
    let mut client = server().database().client();
    let there: Vec<(String, String, String)> = client
        .query(
            "SELECT id::text, name, description FROM topics WHERE user_id IS NULL AND is_system_topic
             AND created_at = '2026-01-01T00:00:00Z' ORDER BY name",
            &[],
        )
        .unwrap()
        .iter()
        .map(|row| (row.get(0), row.get(1), row.get(2)))
        .collect();
    let sandbox = crate::support::Sandbox::without_model();
    sandbox.ok(&["list"]);
    let database = Connection::open(sandbox.data().join("journal.db")).unwrap();
    let mut statement = database
        .prepare(
            "SELECT id, name, description FROM topics WHERE user_id IS NULL AND is_system_topic
             AND created_at = '2026-01-01T00:00:00.000000Z' ORDER BY name",
        )
        .unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let here: Vec<(String, String, String)> = rows.map(Result::unwrap).collect();
    assert_eq!(here, there);
    assert_eq!(here.len(), 25);
}

#[test]
fn taking_the_system_topics_back_keeps_what_users_did_with_them() {
    let mut client = server().database().client();
    client
        .batch_execute(
            "INSERT INTO users(id, email, password_hash) VALUES ('0190a000-0000-7000-8000-000000000001', 'a', '!');
             INSERT INTO journal_entries(id, user_id, content, entry_date) VALUES
                ('0190a000-0000-7000-8000-000000000002', '0190a000-0000-7000-8000-000000000001', 'one', '2026-03-16'),
                ('0190a000-0000-7000-8000-000000000003', '0190a000-0000-7000-8000-000000000001', 'two', '2026-03-16');
             INSERT INTO topics(id, name, user_id) VALUES
                ('0190a000-0000-7000-8000-000000000004', 'Sleep', '0190a000-0000-7000-8000-000000000001');
             INSERT INTO entry_topics(entry_id, topic_id, relevance_score) SELECT e.id, t.id, 0.5
                FROM journal_entries e, topics t WHERE t.name IN ('work', 'sleep');
             INSERT INTO entry_topics(entry_id, topic_id, relevance_score) VALUES
                ('0190a000-0000-7000-8000-000000000002', '0190a000-0000-7000-8000-000000000004', 0.2);",
        )
        .unwrap();
    let folder = migrations().into_iter().find(|folder| folder.ends_with("003_system_topics")).unwrap();
    let apply = |client: &mut Client, folder: &Path, file: &str| {
        client.batch_execute(&fs::read_to_string(folder.join(file)).unwrap()).unwrap();
    };
    let state = |client: &mut Client| -> Vec<String> {
        client
            .query(
                "SELECT line FROM (SELECT e.content || ' ' || t.name || ' ' || et.relevance_score AS line FROM entry_topics et
                 JOIN journal_entries e ON e.id = et.entry_id JOIN topics t ON t.id = et.topic_id
                 WHERE t.user_id = e.user_id) AS lines ORDER BY line COLLATE \"C\"",
                &[],
            )
            .unwrap()
            .iter()
            .map(|row| row.get(0))
            .collect()
    };
    apply(&mut client, &folder, "down.sql");
    let own = ["one Sleep 0.50", "one work 0.50", "two Sleep 0.50", "two work 0.50"];
    assert_eq!(state(&mut client), own);
    let left: i64 = client.query_one("SELECT count(*) FROM topics", &[]).unwrap().get(0);
    assert_eq!(left, 2);
    apply(&mut client, &folder, "up.sql");
    apply(&mut client, &folder, "up.sql");
    assert_eq!(state(&mut client), own);
    let all: i64 = client.query_one("SELECT count(*) FROM topics", &[]).unwrap().get(0);
    assert_eq!(all, 27);
}
