//! Topics and their index, on a journal of their own.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use super::change::{COPY_ENTRIES, COPY_SUGGESTIONS, DROP_ENTRIES};
use super::read::{ENTRY_COUNT, all_sql, exact_sql, uses_sql};
use super::similar::{BY_ID, NAME, scan};
use super::trigrams::{CHANGED, HAS_CHANGED, LIST};
use super::*;
use crate::error::Kind;
use crate::journal::entry::NewEntry;
use crate::journal::topic::TopicHit;
use crate::journal::trigram::{THRESHOLD, similarity};
use crate::store::migrations::{self, LATEST, MIGRATIONS};
use crate::store::{FILE_NAME, Store};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;
use tempfile::TempDir;

fn clock() -> Clock {
    static MADE: AtomicU64 = AtomicU64::new(1);
    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_780_000_000, 0).unwrap()
    }
    fn new_id(_: DateTime<Utc>) -> Uuid {
        Uuid::from_u128((7 << 76) | (2 << 62) | u128::from(MADE.fetch_add(1, Ordering::Relaxed)))
    }
    Clock { now, new_id }
}

/// A journal with a user.
struct Journal {
    folder: TempDir,
    store: Store,
    user: Uuid,
}

impl Journal {
    fn new() -> Journal {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Store::open(folder.path(), clock()).unwrap();
        let user = store.default_user("me@example.org").unwrap();
        Journal { folder, store, user }
    }

    fn names(&mut self, text: &str) -> Vec<String> {
        let found = self.store.similar_topics(self.user, text, THRESHOLD, 10).unwrap();
        assert_eq!(found.scanned, None);
        found.hits.into_iter().map(|hit| hit.topic.name).collect()
    }

    fn sql(&self, sql: &str) {
        self.store.connection.execute_batch(sql).unwrap();
    }

    fn count(&self, sql: &str) -> i64 {
        self.store.connection.query_row(sql, [], |row| row.get(0)).unwrap()
    }

    /// What the definition says: every name is compared.
    fn by_definition(&self, text: &str, threshold: f32, limit: usize) -> Vec<(String, f32)> {
        let mut statement =
            self.store.connection.prepare("SELECT name, id FROM topics WHERE user_id = ?1 OR user_id IS NULL").unwrap();
        let rows = statement.query_map([self.user.to_string()], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        let mut all: Vec<(String, String, f32)> = rows
            .map(Result::unwrap)
            .map(|(name, id): (String, String)| (similarity(&name, text), name, id))
            .map(|(score, name, id)| (name, id, score))
            .filter(|(_, _, score)| *score > 0.0 && *score >= threshold)
            .collect();
        all.sort_by(|a, b| b.2.total_cmp(&a.2).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        all.into_iter().take(limit).map(|(name, _, score)| (name, score)).collect()
    }

    fn expect_exact(&mut self, text: &str) {
        for (threshold, limit) in [(THRESHOLD, 10), (0.01, 3), (0.05, 1000), (1.0, 2)] {
            let found = self.store.similar_topics(self.user, text, threshold, limit).unwrap();
            assert_eq!(found.scanned, None);
            let found: Vec<(String, f32)> =
                found.hits.into_iter().map(|TopicHit { topic, similarity }| (topic.name, similarity)).collect();
            assert_eq!(found, self.by_definition(text, threshold, limit), "{text:?} {threshold} {limit}");
        }
    }
}

#[derive(Debug, Clone)]
enum Deed {
    Add(String),
    Rename(usize, String),
    Delete(usize),
    Describe(usize),
    Undo,
}

fn deed() -> impl Strategy<Value = Deed> {
    let name =
        "[a-cA-Cé仕事 -]{1,8}".prop_map(|name| name.trim().to_string()).prop_filter("empty", |name| !name.is_empty());
    prop_oneof![
        4 => name.clone().prop_map(Deed::Add),
        2 => (any::<usize>(), name).prop_map(|(which, name)| Deed::Rename(which, name)),
        1 => any::<usize>().prop_map(Deed::Delete),
        1 => any::<usize>().prop_map(Deed::Describe),
        1 => Just(Deed::Undo),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn the_index_says_what_the_names_say(deeds in prop::collection::vec(prop::collection::vec(deed(), 0..12), 1..6)) {
        let mut journal = Journal::new();
        for batch in deeds {
            for deed in batch {
                let own: Vec<String> = journal.store.topics(journal.user, false, TopicOrder::Name).unwrap()
                    .into_iter().filter(|used| !used.topic.is_shared()).map(|used| used.topic.name).collect();
                let nth = |which: usize| own.get(which % own.len().max(1)).cloned().unwrap_or("none".into());
                let (store, user) = (&mut journal.store, journal.user);
                // A name that is taken, or a topic that is not there, is refused; that is as good.
                let _ = match deed {
                    Deed::Add(name) => store.add_topic(user, &name, "").map(drop),
                    Deed::Rename(which, name) => store.rename_topic(user, &nth(which), &name).map(drop),
                    Deed::Delete(which) => store.delete_topics(user, &[nth(which)]).map(drop),
                    Deed::Describe(which) => store.describe_topic(user, &nth(which), "about").map(drop),
                    Deed::Undo => store.undo(user, false).map(drop),
                };
            }
            for text in ["ab", "a b-c", "仕事", "é ca", "worries", "abcabc abc", "x", ""] {
                journal.expect_exact(text);
            }
            prop_assert_eq!(trigrams::strays(&journal.store.connection).unwrap(), 0);
        }
    }
}

#[test]
fn names_of_others_are_not_found() {
    let mut journal = Journal::new();
    journal.sql(
        "INSERT INTO users(id, email, password_hash) VALUES ('0190a000-0000-7000-8000-000000000001', 'x', '!');
        INSERT INTO topics(name, user_id) VALUES ('sleepless', '0190a000-0000-7000-8000-000000000001')",
    );
    assert_eq!(journal.names("sleepless"), ["sleep"]);
    journal.store.add_topic(journal.user, "sleepless nights", "").unwrap();
    assert_eq!(journal.names("sleepless"), ["sleepless nights", "sleep"]);
}

#[test]
fn an_index_of_another_history_or_a_damaged_one_is_made_anew() {
    let mut journal = Journal::new();
    journal.store.add_topic(journal.user, "morning pages", "").unwrap();
    assert_eq!(journal.names("morning"), ["morning pages"]);
    for damage in [
        // The row the index has come to bears another nonce: the database is an older copy.
        "UPDATE change_log SET nonce = nonce + 1",
        // The row is gone.
        "DELETE FROM change_log",
        "UPDATE topic_trigrams SET postings = x'0102'",
        "UPDATE topic_trigrams SET postings = CAST(postings || postings AS BLOB)",
        "UPDATE topic_trigram_names SET topic_id = topic_id || 'x'",
        "UPDATE topic_trigram_state SET last_number = 1",
        "INSERT INTO projection_state(name, valid_from) VALUES ('topic_trigrams', 1000000)",
        "DELETE FROM topic_trigram_state",
    ] {
        journal.sql(damage);
        journal.expect_exact("morning");
        journal.sql("DELETE FROM projection_state");
    }
    let seq = journal.count("SELECT seq FROM topic_trigram_state");
    journal.store.add_topic(journal.user, "mornings", "").unwrap();
    journal.expect_exact("morning");
    assert!(journal.count("SELECT seq FROM topic_trigram_state") > seq, "it follows the log");
    journal.sql(
        "INSERT INTO change_log(table_name, row_id, op) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
            WHERE i < 10001) SELECT 'journal_entries', i, 'insert' FROM n",
    );
    let seq = journal.count("SELECT seq FROM topic_trigram_state");
    journal.expect_exact("morning");
    assert!(journal.count("SELECT seq FROM topic_trigram_state") > seq + 10_000, "what it looks through stays short");
    journal.sql("DELETE FROM topic_trigram_names WHERE name = 'mornings'");
    assert_eq!(journal.store.verify().unwrap().len(), 1, "doctor sees it");
    assert_eq!(journal.store.rebuild_topic_index().unwrap(), 27);
    assert!(journal.store.verify().unwrap().is_empty());
}

#[test]
fn numbers_that_stand_for_nothing_do_not_pile_up() {
    let mut journal = Journal::new();
    journal.store.add_topic(journal.user, "name 0", "").unwrap();
    for turn in 0..5 {
        journal.expect_exact("name");
        journal.sql(&format!("UPDATE topics SET name = 'name ' || {turn} || ' long' WHERE user_id IS NOT NULL"));
        journal.sql("INSERT INTO topics(name, user_id) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400)
            SELECT 'x' || i, (SELECT id FROM users) FROM n");
        journal.expect_exact("x1");
        journal.sql("DELETE FROM topics WHERE name GLOB 'x*'");
    }
    journal.expect_exact("name");
    assert!(journal.count("SELECT last_number FROM topic_trigram_state") < 1_500);
}

#[test]
fn a_journal_that_cannot_be_written_is_read_name_by_name() {
    let mut journal = Journal::new();
    journal.store.add_topic(journal.user, "sleepless nights", "").unwrap();
    journal.store.unwritable = Some(crate::error::Error::failure("the disk is write-protected"));
    let found = journal.store.similar_topics(journal.user, "sleepless", THRESHOLD, 10).unwrap();
    assert_eq!(found.hits.len(), 2);
    assert_eq!(found.scanned.as_deref(), Some("the disk is write-protected"));
    journal.store.unwritable = None;
    journal.expect_exact("sleepless");
    journal.store.unwritable = Some(crate::error::Error::failure("the disk is write-protected"));
    journal.expect_exact("sleepless");
}

/// Two or three words of the sample journal each.
fn many_names(count: usize) -> Vec<String> {
    let text = include_str!("../../../examples/sample-journal.jsonl").to_lowercase();
    let words: std::collections::BTreeSet<&str> =
        text.split(|letter: char| !letter.is_alphabetic()).filter(|word| word.chars().count() > 2).collect();
    let words: Vec<&str> = words.into_iter().collect();
    let word = |turn: usize, step: usize| words[turn.wrapping_mul(step) % words.len()];
    let name = |turn: usize| match turn % 3 {
        0 => format!("{} {}", word(turn, 7_919), word(turn / words.len(), 104_729)),
        1 => format!("{}-{} {turn}", word(turn, 1_299_709), word(turn, 31)),
        _ => format!("{} {} {}", word(turn, 15_485_863), word(turn, 611_953), word(turn, 17)),
    };
    let names: std::collections::BTreeSet<String> = (0..).map(name).take(2 * count).collect();
    names.into_iter().take(count).collect()
}

#[test]
fn a_hundred_thousand_names_are_not_read_one_by_one() {
    let mut journal = Journal::new();
    let names = many_names(100_000);
    assert_eq!(names.len(), 100_000);
    let transaction = journal.store.connection.unchecked_transaction().unwrap();
    let mut insert = transaction.prepare("INSERT INTO topics(name, user_id) VALUES (?1, ?2)").unwrap();
    for name in &names {
        insert.execute((name, journal.user.to_string())).unwrap();
    }
    drop(insert);
    transaction.commit().unwrap();
    assert!(!journal.names("slep").is_empty());
    for text in ["slep", "aufwachen in the morning"] {
        let (store, user) = (&mut journal.store, journal.user);
        let mut times = Vec::new();
        let mut found = Vec::new();
        for _ in 0..3 {
            let since = Instant::now();
            found = store.similar_topics(user, text, THRESHOLD, 10).unwrap().hits;
            times.push(since.elapsed());
        }
        let indexed = *times.iter().min().unwrap();
        let since = Instant::now();
        let read = scan(&store.connection, user, text, THRESHOLD, 10).unwrap();
        let scanned = since.elapsed();
        println!("{text}: {indexed:?} by the index, {scanned:?} name by name");
        assert_eq!(found, read, "{text}");
        assert!(indexed * 10 < scanned, "{text}: {indexed:?} by the index, {scanned:?} name by name");
    }
}

/// Big tables are never read from end to end, and nothing is sorted to be grouped.
#[test]
fn queries_are_answered_from_indexes() {
    let journal = Journal::new();
    for sql in [
        uses_sql(false),
        uses_sql(true),
        exact_sql(false),
        exact_sql(true),
        all_sql(false),
        all_sql(true),
        ENTRY_COUNT.to_string(),
        COPY_ENTRIES.to_string(),
        COPY_SUGGESTIONS.to_string(),
        DROP_ENTRIES.to_string(),
        HAS_CHANGED.to_string(),
        CHANGED.to_string(),
        LIST.to_string(),
        NAME.to_string(),
        BY_ID.to_string(),
    ] {
        let plan = plan(&journal.store.connection, &sql);
        for step in &plan {
            assert!(!step.starts_with("SCAN") && !step.contains("GROUP BY"), "{sql}\n{plan:#?}");
        }
        if sql.contains("entry_topics et") {
            assert!(plan.iter().any(|step| step.contains("idx_entry_topics_composite")), "{sql}\n{plan:#?}");
        }
    }
    let scanned = plan(&journal.store.connection, "SELECT count(*) FROM journal_entries WHERE content = 'x'");
    assert!(scanned[0].starts_with("SCAN"), "a plan that reads everything is told: {scanned:?}");
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    for parameter in 1..=statement.parameter_count() {
        statement.raw_bind_parameter(parameter, "x").unwrap();
    }
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get(3).unwrap());
    }
    steps
}

#[test]
fn taking_the_system_topics_back_keeps_what_users_did_with_them() {
    let mut journal = Journal::new();
    let (user, day) = (journal.user, NaiveDate::from_ymd_opt(2026, 3, 16).unwrap());
    journal.store.add(user, &NewEntry::new("Tired. #Work #sleep", day)).unwrap();
    let both = journal.store.add(user, &NewEntry::new("Still tired. #sleep", day)).unwrap();
    journal.sql(&format!(
        "INSERT INTO topics(id, name, user_id) VALUES ('0190a000-0000-7000-8000-000000000009', 'Sleep', '{user}');
         INSERT INTO entry_topics(entry_id, topic_id, relevance_score) VALUES ('{}', '0190a000-0000-7000-8000-000000000009', 0.2);",
        both.id
    ));
    let topics = |journal: &Journal| {
        let mut statement = journal
            .store
            .connection
            .prepare(
                "SELECT lower(t.name) || ' ' || et.relevance_score || ' ' || e.content FROM entry_topics et
                JOIN topics t ON t.id = et.topic_id JOIN journal_entries e ON e.id = et.entry_id
                WHERE t.user_id IS NOT NULL ORDER BY 1",
            )
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect::<Vec<String>>()
    };
    let before = MIGRATIONS.iter().position(|step| step.name == "005_topics").unwrap() as i64;
    migrations::down(&journal.store.connection, before).unwrap();
    let own = ["sleep 1.0 Still tired. #sleep", "sleep 1.0 Tired. #Work #sleep", "work 1.0 Tired. #Work #sleep"];
    assert_eq!(topics(&journal), own);
    assert_eq!(journal.count("SELECT count(*) FROM topics"), 2, "those that nobody used are gone");
    migrations::up(&journal.store.connection).unwrap();
    assert_eq!(journal.count("PRAGMA user_version"), LATEST);
    assert_eq!(topics(&journal), own, "their own stay theirs");
    drop(journal.store);
    let mut store = Store::open(journal.folder.path(), clock()).unwrap();
    assert!(journal.folder.path().join(FILE_NAME).exists());
    store.add(user, &NewEntry::new("Again. #work", day)).unwrap();
    let used = store.topics(user, false, TopicOrder::Name).unwrap();
    assert_eq!(used.len(), 2, "{used:?}");
    assert!(used.iter().all(|used| used.topic.user_id == Some(user) && used.entry_count == 2));
}

#[test]
fn the_deployment_has_the_same_system_topics() {
    let rows = |text: &str| {
        text.lines()
            .filter(|line| line.starts_with("    ('"))
            .map(|line| line.trim_end_matches(',').to_string())
            .collect::<Vec<_>>()
    };
    let here = rows(include_str!("../../../migrations/sqlite/005_topics/up.sql"));
    let there = rows(include_str!("../../../migrations/postgres/003_system_topics/up.sql"));
    assert_eq!(here, there);
    assert_eq!(here.len(), 25);
}

#[test]
fn what_is_refused_names_the_reason() {
    let mut journal = Journal::new();
    let user = journal.user;
    let store = &mut journal.store;
    store.add_topic(user, "Café", "").unwrap();
    for (outcome, kind, words) in [
        (store.add_topic(user, "cafe\u{301}", "").map(drop), Kind::Failure, "'Café'"),
        (store.add_topic(user, "", "").map(drop), Kind::Usage, "''"),
        (store.add_topic(user, &"x".repeat(201), "").map(drop), Kind::Usage, "cannot be a topic"),
        (store.add_topic(user, "x", "a\0b").map(drop), Kind::Usage, "NUL"),
        (store.rename_topic(user, "work", "job").map(drop), Kind::Usage, "system topic"),
        (store.describe_topic(user, "WORK", "x").map(drop), Kind::Usage, "'work' is a system topic"),
        (store.delete_topics(user, &["café".into(), "sleep".into()]).map(drop), Kind::Usage, "system topic"),
        (store.rename_topic(user, "nosuch", "job").map(drop), Kind::NotFound, "nosuch"),
        (store.merge_topics(user, &["Café".into()], "CAFÉ").map(drop), Kind::Usage, "itself"),
        (store.merge_topics(user, &["nosuch".into()], "café").map(drop), Kind::NotFound, "nosuch"),
    ] {
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(words), "{error}");
    }
    assert_eq!(store.operations(user, 10).unwrap().len(), 1, "what is refused leaves nothing");
}
