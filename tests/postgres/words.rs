//! Search by words against the architecture's full-text query: the same entries, titles before texts.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use postgres::Client;
use serde_json::{Value, json};
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::server::{Database, server};
use crate::support::{Outcome, Sandbox};

/// Texts in which PostgreSQL's parser and ours could part.
const ODD: [(&str, &str); 25] = [
    ("Late night", "Couldn't sleep again; the neighbour's dog barked till 3am."),
    ("", "A well-being workshop, state-of-the-art, on-call rota."),
    ("Links", "See https://example.com/path/page.html?x=1 and www.rust-lang.org for more."),
    ("", "Wrote to anna.smith@example.co.uk about the flat."),
    ("", "On 2024-01-05 I ran 10.5 km in 52:30, pace 4'58\"."),
    ("", "Café crème at the naïve façade; Zoë and Björn came."),
    ("", "Cafe creme without accents."),
    ("日記", "今日は東京タワーに行きました。とても楽しかった。"),
    ("", "Feeling 😊 today, 👨‍👩‍👧‍👦 dinner 🎉"),
    ("", "UPPER lower MiXeD camelCase snake_case kebab-case"),
    ("", "O'Brien said it's John's, they'll come, don't worry."),
    ("", "<b>bold</b> text with &amp; entity and <br/> tag"),
    ("", "C++ and C# and .NET and node.js"),
    ("", "Email: bob@work #work #family-time @mention"),
    ("", "version 1.2.3-beta4 released; see /usr/local/bin and ~/notes.txt"),
    ("", "temperature -5 to +3 degrees, 50% chance, $20.50"),
    ("", "running runner runs ran; studies studying studied student"),
    ("", "explicitly increasingly generally happily universities"),
    ("the", "and or not but if then"),
    ("Ελληνικά", "Καλημέρα κόσμε, τι κάνεις σήμερα;"),
    ("Привет", "Сегодня хорошая погода и мы гуляли в парке"),
    ("", "ﬁne ligature, ｆｕｌｌｗｉｄｔｈ letters, ² superscript ½"),
    ("Morning walk", "I went for a morning walk by the river and then walk again"),
    ("", "river river river walk river, the river and a river more"),
    ("River", "A quiet day with nothing to tell."),
];

/// A journal and a database with the same entries.
struct Both {
    sandbox: Sandbox,
    client: Client,
    _database: Database,
}

impl Both {
    fn new() -> Both {
        let sandbox = Sandbox::without_model();
        let sample = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sample-journal.jsonl");
        let mut lines: Vec<Value> =
            fs::read_to_string(sample).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for (number, (title, content)) in ODD.iter().enumerate() {
            lines.push(json!({"title": title, "content": content, "entry_date": format!("2023-01-{:02}", number + 1)}));
        }
        let file = sandbox.folder().join("all.jsonl");
        fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
        sandbox.ok(&["import", file.to_str().unwrap()]);
        let database = server().database();
        let mut client = database.client();
        let user = "0190a000-0000-7000-8000-000000000001";
        client
            .batch_execute(&format!("INSERT INTO users(id, email, password_hash) VALUES ('{user}', 'a', '!')"))
            .unwrap();
        let entries = sandbox.ok(&["export", "--jsonl"]).stdout;
        for line in entries.lines() {
            let entry: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            client
                .execute(
                    &format!("INSERT INTO journal_entries(id, user_id, title, content, entry_date) VALUES ($1::text::uuid, '{user}', $2, $3, $4::text::date)"),
                    &[&text("id"), &text("title"), &text("content"), &text("entry_date")],
                )
                .unwrap();
        }
        Both { sandbox, client, _database: database }
    }

    /// The ids that the architecture's query finds.
    fn theirs(&mut self, query: &str) -> BTreeSet<String> {
        let sql = "SELECT id::text FROM journal_entries WHERE content_vector @@ plainto_tsquery('english', $1)";
        self.client.query(sql, &[&query]).unwrap().iter().map(|row| row.get(0)).collect()
    }

    /// The results of our search that hold every word.
    fn ours(&self, query: &str) -> Vec<Value> {
        let mut command = self.sandbox.command();
        command.args(["search", "--mode", "words", "-n", "10000", "--json", "--", query]);
        let found = Outcome::of(command).expect(0).json();
        let results = found["results"].as_array().unwrap().clone();
        results.into_iter().filter(|hit| hit["evidence"]["words"]["matched"] == "all").collect()
    }
}

fn ids(results: &[Value]) -> BTreeSet<String> {
    results.iter().map(|hit| hit["id"].as_str().unwrap().to_owned()).collect()
}

/// Why the two sides may part over an entry; `None` when they should not.
///
/// The reasons are the product's: what PostgreSQL's English parser drops or keeps in one piece, a
/// person still looks for.
fn reason(both: &mut Both, query: &str, text: &str, is_theirs: bool) -> Option<&'static str> {
    let folded = |text: &str| text.nfkd().filter(|c| !is_combining_mark(*c)).collect::<String>();
    // PostgreSQL's answer for this entry with the difference taken away.
    let mut would_match = |text: String, query: String| -> bool {
        let sql = "SELECT to_tsvector('english', $1) @@ plainto_tsquery('english', $2)";
        both.client.query_one(sql, &[&text, &query]).unwrap().get(0)
    };
    let parted = |text: &str| text.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect::<String>();
    let is_symbol =
        |c: char| !c.is_alphanumeric() && !c.is_ascii() && !c.is_whitespace() && !"’‘“”«»–—…·¿¡".contains(c);
    if query.contains(is_symbol) {
        return Some("emoji and symbols are words");
    }
    if query.contains(['\'', '’']) {
        return Some("the ending of a contraction belongs to its word: `haven't` is a stop word and not `haven`");
    }
    if is_theirs {
        // Snowball has since learned that an evening is not even.
        return ["evening", "evenings"]
            .iter()
            .any(|word| query.to_lowercase().contains(word))
            .then_some("newer Snowball stems");
    }
    if would_match(folded(text), folded(query)) {
        return Some("accents and widths are folded");
    }
    if would_match(parted(text), parted(query)) || would_match(parted(&folded(text)), parted(&folded(query))) {
        return Some("the parts of an address, a path or a signed number are words");
    }
    if query.chars().any(|c| c > '\u{2e80}') && query.split_whitespace().all(|word| text.contains(word)) {
        return Some("any part of a text in a script without spaces is found");
    }
    None
}

#[test]
fn the_same_entries_match_as_with_plainto_tsquery() {
    let mut both = Both::new();
    let rows = both
        .client
        .query("SELECT id::text, coalesce(title, '') || ' ' || content FROM journal_entries ORDER BY id", &[]);
    let texts: HashMap<String, String> = rows.unwrap().iter().map(|row| (row.get(0), row.get(1))).collect();
    let mut queries: BTreeSet<String> =
        ["walk river", "the", "to be or not to be", "3am", "running", "KEBAB", "2024-01-05", "10.5", "", "zzz"]
            .map(str::to_owned)
            .into();
    let mut ordered: Vec<&String> = texts.keys().collect();
    // By what they say: ids differ from run to run.
    ordered.sort_by_key(|id| &texts[*id]);
    for (number, id) in ordered.into_iter().enumerate() {
        let words: Vec<&str> = texts[id].split_whitespace().collect();
        let at = (number * 7919) % words.len();
        queries.insert(words[at].to_owned());
        queries.insert(format!("{} {}", words[at], words[(at + 1).min(words.len() - 1)]));
    }
    // A query of ours has operators where the architecture's has none.
    queries.retain(|query| {
        !query.is_empty() && !query.contains(['"', '-', '(', ')', ':', '*', '~']) && !query.contains("OR")
    });
    let mut parted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut same = 0;
    for query in &queries {
        let (theirs, ours) = (both.theirs(query), ids(&both.ours(query)));
        if theirs == ours {
            same += 1;
            continue;
        }
        for id in theirs.symmetric_difference(&ours) {
            let why = reason(&mut both, query, &texts[id], theirs.contains(id));
            let why = why.unwrap_or_else(|| {
                panic!(
                    "{query:?} is found by {}: {:?}",
                    if theirs.contains(id) { "PostgreSQL alone" } else { "us alone" },
                    texts[id]
                )
            });
            parted.entry(why).or_default().push(query.clone());
        }
    }
    for (why, queries) in &mut parted {
        queries.dedup();
        println!("{why}: {queries:?}");
    }
    println!("{} queries, {same} with the same entries", queries.len());
    assert!(queries.len() > 300, "only {} queries", queries.len());
    assert!(same * 100 > queries.len() * 93, "only {same} of {} are the same", queries.len());
}

#[test]
fn titles_come_before_texts_and_snippets_keep_to_the_limits_of_ts_headline() {
    let both = Both::new();
    for word in ["river", "walk", "night", "morning", "letter", "garden"] {
        let results = both.ours(word);
        assert!(!results.is_empty(), "{word}");
        let stem = |text: &str| text.to_lowercase().contains(word);
        let in_title: Vec<bool> = results.iter().map(|hit| hit["title"].as_str().is_some_and(stem)).collect();
        assert!(in_title.is_sorted_by(|before, after| before >= after), "{word}: {in_title:?}");
        for hit in &results {
            let fragments = hit["fragments"].as_array().unwrap();
            assert!((1..=3).contains(&fragments.len()), "{hit}");
            let words: Vec<usize> = fragments
                .iter()
                .map(|fragment| fragment["text"].as_str().unwrap().split_whitespace().count())
                .collect();
            assert!(words.iter().all(|count| *count <= 35), "{hit}");
            let all = hit["word_count"].as_u64().unwrap() as usize;
            assert!(words.iter().all(|count| *count >= 15.min(all)), "{hit}");
            let marked = fragments.iter().any(|fragment| !fragment["highlights"].as_array().unwrap().is_empty());
            let in_title_alone = hit["title"].as_str().is_some_and(stem);
            assert!(marked || in_title_alone, "{hit}");
        }
    }
    let river = both.ours("river");
    assert_eq!(river[0]["title"], "River", "a title outranks a text that repeats the word");
}
