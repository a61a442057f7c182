//! What people write: the same entries are taken from a file by the program as by the server, and kept
//! equal.

use std::collections::BTreeMap;
use std::fs;

use journaling_ai::store::Table;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::server::server;
use crate::support::{Outcome, Sandbox};
use crate::values::row;

/// Title, text, day and mood, as they are kept.
type Kept = (Option<String>, String, String, Option<String>);

/// Lines of our own format, each with its number as the id it is imported from. What JSON has no number
/// for is left to the comparison of rows.
fn lines() -> Vec<Value> {
    let entries = row(Table::named("journal_entries").unwrap());
    let mut runner = TestRunner::deterministic();
    (0..700)
        .map(|number| {
            let values: BTreeMap<_, _> = entries.new_tree(&mut runner).unwrap().current().into_iter().collect();
            let mut line = json!({"import_source": "test", "import_id": number.to_string()});
            for name in ["title", "content", "entry_date"] {
                line[name] = json!(values.get(name).cloned().flatten());
            }
            let mood = values.get("mood_score").cloned().flatten();
            if let Some(mood) = mood.and_then(|mood| serde_json::from_str::<f64>(&mood).ok()) {
                line["mood_score"] = json!(mood);
            }
            line
        })
        .collect()
}

#[test]
fn the_same_entries_are_taken_from_a_file_and_kept_equal() {
    let lines = lines();
    let sandbox = Sandbox::without_model();
    let file = sandbox.folder().join("entries.jsonl");
    fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    let mut command = sandbox.command();
    command.args(["import", "--json", file.to_str().unwrap()]);
    let report = Outcome::of(command).expect(8).json();
    let skipped: BTreeMap<u64, &Value> =
        report["skipped"].as_array().unwrap().iter().map(|skip| (skip["line"].as_u64().unwrap() - 1, skip)).collect();
    let ours: BTreeMap<u64, Kept> = sandbox
        .ok(&["export"])
        .stdout
        .lines()
        .map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| entry[name].as_str().map(str::to_owned);
            let mood = entry["mood_score"].as_f64().map(|mood| format!("{mood:.2}"));
            let kept = (text("title"), text("content").unwrap(), text("entry_date").unwrap(), mood);
            (text("import_id").unwrap().parse().unwrap(), kept)
        })
        .collect();

    let database = server().database();
    let mut client = database.client();
    let (mut taken, mut refused) = (0, 0);
    for (number, line) in (0u64..).zip(&lines) {
        let text = |name: &str| line[name].as_str().map(str::to_owned);
        let mood = line.get("mood_score").map(Value::to_string);
        let sql = "INSERT INTO journal_entries(title, content, entry_date, mood_score)
            VALUES ($1::text, $2::text, $3::text::date, $4::text::numeric)
            RETURNING title::text, content, entry_date::text, mood_score::text";
        let theirs = client.query_one(sql, &[&text("title"), &text("content"), &text("entry_date"), &mood]);
        match (ours.get(&number), theirs) {
            (Some(ours), Ok(row)) => {
                let theirs: Kept = (row.get(0), row.get(1), row.get(2), row.get(3));
                // Where nobody said how it felt, the program reads it from the words.
                let said = if mood.is_some() { ours.3.clone() } else { None };
                assert_eq!((&ours.0, &ours.1, &ours.2, &said), (&theirs.0, &theirs.1, &theirs.2, &theirs.3));
                taken += 1;
            }
            (None, Err(_)) => {
                assert!(skipped.contains_key(&number), "{line} vanished");
                refused += 1;
            }
            // A title that is too long by spaces alone is cut there, and refused here.
            (None, Ok(_)) if text("title").is_some_and(|title| title.chars().count() > 500) => refused += 1,
            (ours, theirs) => panic!("{line}\n  here: {ours:?}\n  there: {theirs:?}\n  {:?}", skipped.get(&number)),
        }
    }
    assert!(taken > 300 && refused > 50, "{taken} taken, {refused} refused");
}
