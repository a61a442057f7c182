//! `journal topics suggest` with the real model: how often it is right, and what becomes of what is
//! suggested.

use crate::meaning::model_folder;
use crate::support::{Sandbox, sample_lines};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// An entry of the sample without its tags, and the tags.
fn untagged(line: &Value) -> (Value, BTreeSet<String>) {
    let mut entry = line.clone();
    let mut tags: BTreeSet<String> = line["topics"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|topic| topic["name"].as_str().unwrap().to_string())
        .collect();
    let mut words: Vec<String> = Vec::new();
    for word in line["content"].as_str().unwrap().split(' ') {
        let name: String = word.trim_start_matches('#').chars().take_while(|c| c.is_alphanumeric()).collect();
        if word.starts_with('#') && !name.is_empty() {
            tags.insert(name);
        }
        words.push(word.replace('#', ""));
    }
    // Tags at the end are no part of a sentence.
    let bare = |word: &String| word.trim_matches(|c: char| !c.is_alphanumeric()).to_string();
    let original: Vec<&str> = line["content"].as_str().unwrap().split(' ').collect();
    while words.last().is_some_and(|word| tags.contains(&bare(word))) && original[words.len() - 1].starts_with('#') {
        words.pop();
    }
    entry["content"] = words.join(" ").into();
    (entry, tags)
}

/// The sample without tags in its texts, analysed once; two of three entries have their topics.
struct Sample {
    sandbox: Sandbox,
    held_out: BTreeMap<String, BTreeSet<String>>,
}

static SAMPLE: LazyLock<Mutex<Sample>> = LazyLock::new(|| {
    let folder = model_folder();
    let sandbox = Sandbox::kept("cli-suggest").with("JOURNAL_MODEL_PATH", folder.parent().unwrap());
    std::fs::write(sandbox.config(), "analyze = \"manual\"\nmodel_idle_seconds = 20\n").unwrap();
    let mut held_out = BTreeMap::new();
    let mut lines = Vec::new();
    for (number, line) in sample_lines().iter().enumerate() {
        let (mut entry, tags) = untagged(line);
        entry["topics"] = if number % 3 == 0 { json!([]) } else { json!(tags) };
        if number % 3 == 0 && !tags.is_empty() {
            held_out.insert(entry["id"].as_str().unwrap().to_string(), tags);
        }
        lines.push(entry.to_string());
    }
    sandbox.run(["import", &sandbox.file("untagged.jsonl", lines.join("\n"))]).ok();
    sandbox.run(["analyze"]).ok();
    Mutex::new(Sample { sandbox, held_out })
});

fn sample() -> MutexGuard<'static, Sample> {
    SAMPLE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn suggested(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["topics", "suggest", "--json"].iter().chain(args).copied().collect();
    sandbox.run(all).ok().array("")
}

fn names(found: &[Value]) -> Vec<String> {
    found.iter().map(|topic| topic["name"].as_str().unwrap().to_string()).collect()
}

fn topics(sandbox: &Sandbox, id: &str) -> Vec<Value> {
    sandbox.show(id)["topics"].as_array().unwrap().clone()
}

/// How many of the suggestions are among the tags that were held out, how many suggestions there are, and
/// how many tags.
fn found_again(sample: &Sample, threshold: &str) -> (usize, usize, usize) {
    let (mut right, mut said, mut sought) = (0, 0, 0);
    for (id, tags) in &sample.held_out {
        // Other topics are suggested too: of these nobody knows whether the writer would have taken them.
        let used = ["cat", "cooking", "running", "japanese", "café", "family", "friends", "health", "home", "money"];
        let used: BTreeSet<&str> = used.into_iter().chain(["reading", "travel", "work"]).collect();
        let found = names(&suggested(&sample.sandbox, &[id, "--threshold", threshold]));
        let found: Vec<&String> = found.iter().filter(|name| used.contains(name.as_str())).collect();
        said += found.len();
        right += found.iter().filter(|name| tags.contains(name.as_str())).count();
        sought += tags.len();
    }
    (right, said, sought)
}

#[test]
fn tags_that_were_held_out_are_found_again() {
    let sample = sample();
    let mut report = String::new();
    let mut shares = BTreeMap::new();
    for what in ["names and entries", "names alone"] {
        let database = sample.sandbox.database();
        if what == "names alone" {
            database
                .execute_batch("CREATE TABLE kept AS SELECT * FROM entry_topics; DELETE FROM entry_topics;")
                .unwrap();
        }
        for threshold in ["0.15", "0.25"] {
            let (right, said, sought) = found_again(&sample, threshold);
            let (precision, recall) = (right as f64 / said as f64, right as f64 / sought as f64);
            report += &format!(
                "{what}, from {threshold}: {said} suggested, {right} right ({precision:.2}), of {sought} found {recall:.2}\n"
            );
            shares.insert((what, threshold), (precision, recall));
        }
        if what == "names alone" {
            database.execute_batch("INSERT INTO entry_topics SELECT * FROM kept; DROP TABLE kept;").unwrap();
        }
    }
    println!("{report}");
    let (precision, recall) = shares[&("names and entries", "0.25")];
    assert!(precision >= 0.6 && recall >= 0.2, "{report}");
    let (precision, recall) = shares[&("names and entries", "0.15")];
    assert!(precision >= 0.45 && recall >= 0.4, "{report}");
    assert!(recall > shares[&("names alone", "0.15")].1, "{report}");
}

#[test]
fn what_is_suggested_is_marked_undone_declined_and_made_ones_own() {
    let sample = sample();
    let sandbox = &sample.sandbox;
    let id =
        sandbox.add(["Ran along the canal for forty minutes, lungs burning, and the cat slept on my running shoes."]);
    sandbox.run(["analyze"]).ok();
    let found = suggested(sandbox, &[&id]);
    assert!(names(&found).contains(&"running".to_string()), "{found:?}");
    for topic in &found {
        let relevance = topic["relevance_score"].as_f64().unwrap();
        assert!((0.25..1.0).contains(&relevance), "{topic}");
        assert_eq!(topic["entries"][0]["relevance_score"], topic["relevance_score"]);
    }
    assert_eq!(topics(sandbox, &id), Vec::<Value>::new(), "nothing is attached without being asked for");
    assert!(sandbox.run(["topics", "suggest", &id]).ok().text().contains("\trunning\town\t"));

    let steps = |sandbox: &Sandbox| sandbox.run(["history", "--json", "-n", "1000"]).ok().array("").len();
    let before = steps(sandbox);
    let applied = suggested(sandbox, &[&id, "--apply"]);
    assert_eq!(applied, found);
    assert_eq!(steps(sandbox), before + 1);
    let attached = topics(sandbox, &id);
    assert_eq!(attached.len(), found.len());
    for topic in &attached {
        assert!(topic["suggested_by"].as_str().unwrap().starts_with("all-MiniLM-L6-v2@"), "{topic}");
        assert!(topic["relevance_score"].as_f64().unwrap() < 1.0, "{topic}");
    }
    assert!(sandbox.run(["show", &id]).ok().text().contains("#running (suggested)"));
    assert_eq!(suggested(sandbox, &[&id]), Vec::<Value>::new(), "what is there is not suggested");
    assert_eq!(suggested(sandbox, &[&id, "--apply"]), Vec::<Value>::new());

    // One step back, and forth.
    sandbox.run(["undo"]).ok().says("suggested");
    assert_eq!(topics(sandbox, &id), Vec::<Value>::new());
    assert_eq!(suggested(sandbox, &[&id]), found);
    sandbox.run(["undo", "--redo"]).ok();
    assert_eq!(topics(sandbox, &id), attached);

    // It travels.
    let line = sandbox.run(["export"]).ok().text();
    let line = line.lines().find(|line| line.contains("my running shoes")).unwrap().to_string();
    let other = Sandbox::new();
    other.run(["import", &other.file("one.jsonl", &line)]).ok();
    assert_eq!(other.export().trim(), line);

    // Taken off it does not come back, however it was taken off; undoing that is no declining.
    sandbox.run(["topics", "unassign", "running", &id]).ok();
    assert!(!names(&suggested(sandbox, &[&id, "--threshold", "0.01"])).contains(&"running".to_string()));
    sandbox.run(["undo"]).ok();
    assert_eq!(topics(sandbox, &id), attached);
    sandbox.run(["edit", &id, "--remove-topic", "running"]).ok();
    sandbox.run(["topics", "suggest", &id, "--apply", "--threshold", "0.01"]).ok();
    assert!(topics(sandbox, &id).iter().all(|topic| topic["name"] != "running"));
    sandbox.run(["undo"]).ok();
    sandbox.run(["undo"]).ok();

    // A relevance of one's own makes it one's own.
    sandbox.run(["topics", "assign", "running", &id]).ok();
    let own = topics(sandbox, &id).into_iter().find(|topic| topic["name"] == "running").unwrap();
    assert_eq!((&own["relevance_score"], &own["suggested_by"]), (&json!(1.0), &Value::Null));
    sandbox.run(["topics", "unassign", "running", &id]).ok();
    assert!(!names(&suggested(sandbox, &[&id, "--threshold", "0.01"])).contains(&"running".to_string()));
    sandbox.run(["delete", "--yes", &id]).ok();
    sandbox.run(["undo"]).ok();
    assert!(!names(&suggested(sandbox, &[&id, "--threshold", "0.01"])).contains(&"running".to_string()));
    sandbox.run(["delete", "--yes", &id]).ok();
    sandbox.run(["doctor"]).ok();
}

#[test]
fn what_is_merged_keeps_its_mark() {
    let sample = sample();
    let sandbox = &sample.sandbox;
    let id = sandbox.add(["Ran by the canal again, forty minutes, shoes soaked through."]);
    sandbox.run(["analyze"]).ok();
    sandbox.run(["topics", "suggest", &id, "--apply"]).ok();
    sandbox.run(["topics", "add", "jogging"]).ok();
    sandbox.run(["topics", "merge", "running", "--into", "jogging"]).ok();
    let jogging = topics(sandbox, &id).into_iter().find(|topic| topic["name"] == "jogging").unwrap();
    assert!(jogging["suggested_by"].is_string() && jogging["relevance_score"].as_f64() < Some(1.0), "{jogging}");
    for _ in 0..4 {
        sandbox.run(["undo"]).ok();
    }
    assert!(names(&sandbox.run(["topics", "--json"]).ok().array("")).contains(&"running".to_string()));
}

#[test]
fn suggestions_for_the_latest_entries_are_cached_and_never_stale() {
    let sample = sample();
    let sandbox = &sample.sandbox;
    let user = sandbox.run(["user", "show", "--json"]).ok().json()["id"].as_str().unwrap().to_string();
    let key = format!("models:topics:{user}");
    let id = sandbox.add(["The dentist pulled a tooth; my jaw aches, and I lay awake until four."]);
    sandbox.run(["analyze"]).ok();
    let first = suggested(sandbox, &[]);
    assert!(!first.is_empty() && first.iter().all(|topic| topic["entry_count"].as_u64() > Some(0)), "{first:?}");
    let best: Vec<f64> = first.iter().map(|topic| topic["relevance_score"].as_f64().unwrap()).collect();
    assert!(best.is_sorted_by(|one, other| one >= other), "{best:?}");
    let cached = sandbox.run(["cache", "get", &key]).ok().text();
    assert_eq!(serde_json::from_str::<Value>(&cached).unwrap(), json!(first));
    assert_eq!(suggested(sandbox, &[]), first);
    // Each writes; what is suggested then is what is suggested without a cache.
    let deeds: [&[&str]; 8] = [
        &["topics", "assign", "health", &id],
        &["undo"],
        &["edit", &id, "--topic", "sleep"],
        &["topics", "suggest", "--apply", "-n", "2"],
        &["topics", "describe", "running", "Running, jogging, training for a race"],
        &["edit", &id, "--content", "Baked bread, three loaves, and played the piano."],
        &["undo"],
        &["delete", "--yes", &id],
    ];
    for deed in deeds {
        sandbox.run(deed).ok();
        for analysed in [false, true] {
            if analysed {
                sandbox.run(["analyze"]).ok();
            }
            let said = suggested(sandbox, &[]);
            let again = suggested(sandbox, &[]);
            sandbox.run(["cache", "clear", "models"]).ok();
            assert_eq!((&said, &again), (&suggested(sandbox, &[]), &said), "{deed:?}");
        }
    }
}

#[test]
fn what_cannot_be_asked_is_refused() {
    let sandbox = Sandbox::new();
    sandbox.run(["topics", "suggest"]).code(15).says("not installed");
    let id = sandbox.add(["text"]);
    sandbox.run(["topics", "suggest", &id]).code(15).says("not installed");
    sandbox.run(["topics", "suggest", "zzzz"]).code(3);
    for wrong in ["0", "1", "-0.5", "nan"] {
        sandbox.run(["topics", "suggest", &id, "--threshold", wrong]).code(2).says("--threshold");
    }
    let sandbox = Sandbox::new().with("JOURNAL_MODEL_PATH", model_folder().parent().unwrap());
    assert_eq!(suggested(&sandbox, &[]), Vec::<Value>::new());
    sandbox.add(["text"]);
    sandbox.run(["topics", "suggest"]).code(15).says("journal analyze");
}
