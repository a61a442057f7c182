//! `journal list`: filters, order, pages.

use crate::support::{Outcome, Sandbox, field, sample_lines};
use serde_json::Value;

fn list(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["list", "--json"].iter().chain(args).copied().collect();
    sandbox.run(all).ok().quiet().array("")
}

fn ids(items: &[Value]) -> Vec<String> {
    field(items, "id")
}

#[test]
fn fields_are_the_columns_of_the_schema() {
    let sandbox = Sandbox::with_sample();
    let entry = &list(&sandbox, &["-n", "1"])[0];
    let names: Vec<&str> = entry.as_object().unwrap().keys().map(String::as_str).collect();
    let mut expected = vec![
        "id",
        "short_id",
        "user_id",
        "title",
        "preview",
        "entry_date",
        "created_at",
        "updated_at",
        "mood_score",
        "mood_source",
        "mood_model",
        "word_count",
        "written_at",
        "time_zone",
        "starred",
        "topics",
        "sentiments",
        "cursor",
    ];
    expected.sort_unstable();
    let mut found = names.clone();
    found.sort_unstable();
    assert_eq!(found, expected);
    let full = &list(&sandbox, &["-n", "1", "--full"])[0];
    assert!(full.get("content").is_some() && full.get("preview").is_none());
    let sentiment: Vec<&str> = entry["sentiments"][0].as_object().unwrap().keys().map(String::as_str).collect();
    for name in ["id", "model_name", "sentiment_label", "confidence_score", "emotions", "analyzed_at"] {
        assert!(sentiment.contains(&name), "{name} of {sentiment:?}");
    }
}

#[test]
fn text_in_a_pipe_is_one_entry_a_line() {
    let sandbox = Sandbox::with_sample();
    let outcome = sandbox.run(["list"]).ok();
    let lines = outcome.lines();
    assert_eq!(lines.len(), 20);
    for line in &lines {
        let parts: Vec<&str> = line.split('\t').collect();
        assert!(parts.len() == 5 && parts[0].len() == 4 && parts[1].len() == 10, "{line:?}");
    }
    assert!(!outcome.text().contains('\u{1b}'), "{outcome}");
    assert_eq!(sandbox.run(["list", "--jsonl"]).ok().json_lines().len(), 20);
    assert_eq!(sandbox.run(["list", "--count", "--json"]).ok().json()["count"], 207);
}

#[test]
fn each_filter_keeps_what_passes_and_nothing_else() {
    let sandbox = Sandbox::with_sample();
    let all = list(&sandbox, &["-n", "1000"]);
    assert_eq!(all.len(), sample_lines().len());
    let topics = |entry: &Value| field(entry["topics"].as_array().unwrap(), "name");
    let has = |entry: &Value, name: &str| topics(entry).iter().any(|topic| topic == name);
    let mood = |entry: &Value| entry["mood_score"].as_f64();
    type Test<'a> = Box<dyn Fn(&Value) -> bool + 'a>;
    let cases: Vec<(&[&str], Test)> = vec![
        (&["--topic", "cat"], Box::new(|entry| has(entry, "cat"))),
        (&["--topic", "#CAT"], Box::new(|entry| has(entry, "cat"))),
        (&["--topic", "cat,running"], Box::new(|entry| has(entry, "cat") || has(entry, "running"))),
        (
            &["--topic", "running", "--topic", "japanese"],
            Box::new(|entry| has(entry, "running") && has(entry, "japanese")),
        ),
        (&["--topic", "!work"], Box::new(|entry| !has(entry, "work"))),
        (&["--mood", "good"], Box::new(|entry| mood(entry).is_some_and(|mood| mood >= 0.2))),
        (&["--mood", "..-0.3"], Box::new(|entry| mood(entry).is_some_and(|mood| mood <= -0.3))),
        (&["--mood", "-0.1..0.1"], Box::new(|entry| mood(entry).is_some_and(|mood| mood.abs() <= 0.1))),
        (&["--starred"], Box::new(|entry| entry["starred"] == true)),
        (&["--on", "2025-06"], Box::new(|entry| entry["entry_date"].as_str().unwrap().starts_with("2025-06"))),
        (
            &["--starred", "--since", "2025", "--mood", "0.."],
            Box::new(|entry| {
                entry["starred"] == true && entry["entry_date"].as_str() >= Some("2025") && mood(entry) >= Some(0.0)
            }),
        ),
    ];
    for (args, test) in cases {
        let expected: Vec<String> = ids(&all.iter().filter(|entry| test(entry)).cloned().collect::<Vec<_>>());
        let mut with_limit = args.to_vec();
        with_limit.extend(["-n", "1000"]);
        assert!(!expected.is_empty(), "{args:?} finds nothing: no test");
        assert_eq!(ids(&list(&sandbox, &with_limit)), expected, "{args:?}");
        let mut counted = vec!["list", "--count"];
        counted.extend(args);
        assert_eq!(sandbox.run(counted).ok().text().trim(), expected.len().to_string(), "{args:?}");
    }
    sandbox.run(["list", "--topic", "nosuch"]).code(3).says("nosuch");
    sandbox.run(["list", "--topic", "a,,b"]).code(2);
    sandbox.run(["list", "--mood", "0.8..0.2"]).code(2).says("backwards");
}

#[test]
fn pages_in_every_order_give_each_entry_once() {
    let sandbox = Sandbox::with_sample();
    for key in ["date", "created", "mood", "words"] {
        for reverse in [false, true] {
            let order: &[&str] = if reverse { &["--sort", key, "--reverse"] } else { &["--sort", key] };
            let whole = ids(&list(&sandbox, &[order, &["-n", "1000"]].concat()));
            let mut paged = Vec::new();
            let mut cursor: Option<String> = None;
            loop {
                let at: Vec<&str> = cursor.iter().flat_map(|cursor| ["--cursor", cursor]).collect();
                let page = list(&sandbox, &[order, &["-n", "60"], &at].concat());
                let Some(last) = page.last() else { break };
                cursor = Some(last["cursor"].as_str().unwrap().to_string());
                paged.extend(ids(&page));
            }
            assert_eq!(paged, whole, "{order:?}");
        }
    }
    let by = |key: &str| list(&sandbox, &["--sort", key, "-n", "1000"]);
    assert!(by("words").is_sorted_by(|a, b| a["word_count"].as_i64() >= b["word_count"].as_i64()));
    assert!(by("mood").is_sorted_by(|a, b| a["mood_score"].as_f64() >= b["mood_score"].as_f64()));
    assert!(by("date").is_sorted_by(|a, b| a["entry_date"].as_str() >= b["entry_date"].as_str()));
    let date = by("date")[3]["cursor"].as_str().unwrap().to_string();
    sandbox.run(["list", "--sort", "mood", "--cursor", &date]).code(2).says("cursor");
    sandbox.run(["list", "--cursor", "nonsense"]).code(2).says("nonsense");
    let none = sandbox.run(["list", "-n", "0"]).ok();
    assert!(none.text().is_empty() && !none.talk().contains("empty"), "{none}");
}

#[test]
fn a_page_goes_on_where_it_ended_though_entries_come_and_go() {
    let sandbox = Sandbox::with_sample();
    let whole = ids(&list(&sandbox, &["-n", "40"]));
    let first = list(&sandbox, &["-n", "10"]);
    let cursor = first[9]["cursor"].as_str().unwrap().to_string();
    sandbox.add(["the newest of all"]);
    sandbox.run(["delete", "--yes", &whole[3], &whole[9]]).ok();
    assert_eq!(ids(&list(&sandbox, &["-n", "30", "--cursor", &cursor])), whole[10..40]);
}

#[test]
fn an_empty_journal_is_no_failure() {
    let sandbox = Sandbox::new();
    let empty = |args: &[&str]| -> Outcome { sandbox.run(args.to_vec()).ok() };
    for verb in [
        &["list"][..],
        &["list", "--full"],
        &["mood"],
        &["stats"],
        &["export"],
        &["history"],
        &["search", "anything"],
        &[],
        &["tasks"],
        &["doctor"],
    ] {
        assert!(!empty(verb).text().contains("panicked"));
        let json = empty(&[verb, &["--json"]].concat());
        match json.json() {
            Value::Array(items) => assert!(items.is_empty(), "{json}"),
            Value::Object(fields) => assert!(!fields.is_empty(), "{json}"),
            _ => panic!("{json}"),
        }
    }
    empty(&["list"]).says("empty");
    empty(&["search", "anything"]).says("Nothing found");
    assert_eq!(empty(&["export"]).text(), "");
    assert_eq!(empty(&["list", "--count"]).text(), "0\n");
    sandbox.run(["show", "abcd"]).code(3);
    sandbox.run(["undo"]).code(3);
    sandbox.run(["undo", "--redo"]).code(3);
}
