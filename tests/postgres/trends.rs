//! Mood over time and pages of a list against the architecture's queries.

use std::collections::BTreeMap;
use std::fs;

use postgres::Client;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use crate::server::{Database, server};
use crate::support::{Outcome, Sandbox};

/// Entries of every kind of day: dense around the turn of years, sparse at the ends of the calendar.
fn entries() -> impl Strategy<Value = Vec<Value>> {
    let day = prop_oneof![
        8 => 738_600..739_600i32,
        2 => 739_200..739_230i32,
        1 => 1..3_652_059i32,
    ];
    let mood = prop_oneof![1 => Just(None), 4 => (-100..=100i32).prop_map(Some)];
    let entry = (day, mood, 0..20u32).prop_map(|(day, mood, minute)| {
        let day = chrono::NaiveDate::from_num_days_from_ce_opt(day).unwrap();
        // Many rows are created at the same instant, as by a bulk insert.
        json!({
            "content": "x", "entry_date": day.to_string(), "created_at": format!("2024-05-01T10:{minute:02}:00Z"),
            "mood_score": mood.map(|mood| f64::from(mood) / 100.0),
        })
    });
    proptest::collection::vec(entry, 300..400)
}

/// A journal and a database with the same rows.
fn both() -> (Sandbox, Client, Database) {
    let sandbox = Sandbox::without_model();
    let lines = entries().new_tree(&mut TestRunner::deterministic()).unwrap().current();
    let file = sandbox.folder().join("entries.jsonl");
    fs::write(&file, lines.iter().map(|line| format!("{line}\n")).collect::<String>()).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    let database = server().database();
    let mut client = database.client();
    let mut users = BTreeMap::new();
    for line in sandbox.ok(&["export"]).stdout.lines() {
        let entry: Value = serde_json::from_str(line).unwrap();
        let user = entry["user_id"].as_str().unwrap_or("0190a000-0000-7000-8000-000000000001").to_owned();
        if users.insert(user.clone(), ()).is_none() {
            let sql = "INSERT INTO users(id, email, password_hash) VALUES ($1::text::uuid, 'a@b.c', '!')";
            client.execute(sql, &[&user]).unwrap();
        }
        let text = |name: &str| entry[name].as_str().map(str::to_owned);
        let mood = (!entry["mood_score"].is_null()).then(|| entry["mood_score"].to_string());
        let sql = "INSERT INTO journal_entries(id, user_id, content, entry_date, created_at, mood_score) VALUES
            ($1::text::uuid, $2::text::uuid, $3, $4::text::date, $5::text::timestamptz, $6::text::numeric)";
        client
            .execute(
                sql,
                &[&text("id"), &Some(user), &text("content"), &text("entry_date"), &text("created_at"), &mood],
            )
            .unwrap();
    }
    assert_eq!(users.len(), 1);
    (sandbox, client, database)
}

#[test]
fn mood_trends_are_those_of_postgresql() {
    let (sandbox, mut client, _database) = both();
    let mut compared = 0;
    for today in ["2025-01-01", "2024-08-31", "2024-02-29", "2025-03-31", "2023-05-15"] {
        for by in ["day", "week", "month"] {
            for since in [None, Some("2022-01-01"), Some("0001-01-01"), Some("2024-12-30")] {
                let mut command = sandbox.command();
                command.env("JOURNAL_NOW", format!("{today}T12:00:00Z")).args(["mood", "--json", "--by", by]);
                if let Some(since) = since {
                    command.args(["--since", since]);
                }
                let ours = Outcome::of(command).expect(0).json();
                let sql = format!(
                    "SELECT date_trunc('{by}', e.entry_date::timestamp)::date::text, AVG(e.mood_score)::text, COUNT(*), STDDEV(e.mood_score)::text
                     FROM journal_entries e
                     WHERE e.entry_date >= coalesce($2::text::date, $1::text::date - INTERVAL '6 months')
                     GROUP BY 1 ORDER BY 1"
                );
                let theirs = client.query(&sql, &[&today, &since]).unwrap();
                let ours = ours.as_array().unwrap();
                assert_eq!(ours.len(), theirs.len(), "{today} {by} {since:?}");
                for (ours, theirs) in ours.iter().zip(&theirs) {
                    assert_eq!(ours[by].as_str(), theirs.get::<_, Option<&str>>(0), "{today} {by}");
                    assert_eq!(ours["entry_count"].as_i64(), theirs.get(2));
                    for (name, column) in [("avg_mood", 1), ("mood_variance", 3)] {
                        let number: Option<f64> =
                            theirs.get::<_, Option<&str>>(column).map(|text| text.parse().unwrap());
                        match (ours[name].as_f64(), number) {
                            (None, None) => {}
                            (Some(ours), Some(theirs)) => {
                                assert!((ours - theirs).abs() < 1e-9, "{by} {name} {ours} {theirs}")
                            }
                            odd => panic!("{today} {by} {since:?} {name}: {odd:?} in {ours}"),
                        }
                    }
                    compared += 1;
                }
            }
        }
    }
    assert!(compared > 2000, "only {compared} periods");
}

#[test]
fn pages_are_those_of_postgresql_and_stand_still_while_entries_come_in() {
    let (sandbox, mut client, _database) = both();
    let theirs: Vec<String> = client
        .query("SELECT id::text FROM journal_entries ORDER BY created_at DESC, id DESC", &[])
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    let mut ours = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut args = vec!["list", "--sort", "created", "-n", "7"];
        if let Some(cursor) = &cursor {
            args.extend(["--cursor", cursor]);
        }
        let page = sandbox.json(&args);
        let page = page.as_array().unwrap();
        let Some(last) = page.last() else { break };
        ours.extend(page.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()));
        let after = last["cursor"].as_str().unwrap().to_owned();
        // The architecture's query, with ties broken by id, goes on at the same entry.
        let last = last["id"].as_str().unwrap();
        let sql = "SELECT e.id::text FROM journal_entries e, journal_entries last
            WHERE last.id = $1::text::uuid AND (e.created_at, e.id) < (last.created_at, last.id)
            ORDER BY e.created_at DESC, e.id DESC LIMIT 1";
        let next: Option<String> = client.query_opt(sql, &[&last]).unwrap().map(|row| row.get(0));
        assert_eq!(next.as_ref(), theirs.get(ours.len()));
        // What comes in meanwhile is newer than everything shown, or older than everything left.
        sandbox.ok(&["add", "meanwhile"]);
        cursor = Some(after);
    }
    assert_eq!(ours, theirs);
}
