//! `journal stats`: every number is that of the entries.

use crate::support::{Sandbox, Terminal, field, plain};
use chrono::{Datelike, Days, NaiveDate};
use rusqlite::Connection;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn stats(sandbox: &Sandbox, args: &[&str]) -> Value {
    sandbox.run([&["stats", "--json"], args].concat()).ok().quiet().json()
}

fn plain_client(sandbox: &Sandbox) -> Connection {
    let connection = Connection::open(sandbox.data().join("journal.db")).unwrap();
    connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
    connection
}

/// The counts of a list, in order.
fn counts(items: &Value) -> Vec<u64> {
    items.as_array().unwrap().iter().map(|item| item["entry_count"].as_u64().unwrap()).collect()
}

/// Checks the document against the entries that `list` gives for the same filters.
fn check(sandbox: &Sandbox, filter: &[&str]) -> Value {
    let found = stats(sandbox, filter);
    let entries = sandbox.run([&["list", "--json", "-n", "10000"], filter].concat()).ok().array("");
    assert!(!entries.is_empty(), "{filter:?}: no test");
    let dates: BTreeSet<NaiveDate> =
        entries.iter().map(|entry| entry["entry_date"].as_str().unwrap().parse().unwrap()).collect();
    let moods: Vec<f64> = entries.iter().filter_map(|entry| entry["mood_score"].as_f64()).collect();
    let months: BTreeSet<_> = dates.iter().map(|date| (date.year(), date.month())).collect();
    let words: u64 = entries.iter().map(|entry| entry["word_count"].as_u64().unwrap()).sum();
    let user = &found["user_statistics"];
    assert_eq!(user["total_entries"], entries.len());
    assert!((user["avg_mood"].as_f64().unwrap() - moods.iter().sum::<f64>() / moods.len() as f64).abs() < 1e-9);
    assert_eq!(user["first_entry_date"], json!(dates.first().unwrap().to_string()));
    assert_eq!(user["last_entry_date"], json!(dates.last().unwrap().to_string()));
    assert_eq!((&user["active_months"], &found["active_days"]), (&months.len().into(), &dates.len().into()));
    assert_eq!(user["user_id"], entries[0]["user_id"]);
    assert_eq!(found["words"]["total"], words);
    let mut weekdays = [0; 7];
    let mut by_month: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut topics: BTreeMap<String, u64> = BTreeMap::new();
    for entry in &entries {
        let date = entry["entry_date"].as_str().unwrap();
        weekdays[date.parse::<NaiveDate>().unwrap().weekday().num_days_from_monday() as usize] += 1;
        let month = by_month.entry(format!("{}-01", &date[..7])).or_default();
        *month = (month.0 + 1, month.1 + entry["word_count"].as_u64().unwrap());
        for name in field(entry["topics"].as_array().unwrap(), "name") {
            *topics.entry(name).or_default() += 1;
        }
    }
    assert_eq!(counts(&found["weekdays"]), weekdays);
    for month in found["months"].as_array().unwrap() {
        let expected = by_month.get(month["month"].as_str().unwrap()).copied().unwrap_or_default();
        assert_eq!((month["entry_count"].as_u64(), month["word_count"].as_u64()), (Some(expected.0), Some(expected.1)));
    }
    let mut topics: Vec<_> = topics.into_iter().collect();
    topics.sort_by_key(|(name, count)| (std::cmp::Reverse(*count), name.clone()));
    let expected: Vec<Value> =
        topics.iter().take(5).map(|(name, count)| json!({"name": name, "entry_count": count})).collect();
    assert_eq!(found["topics"], json!(expected), "{filter:?}");
    let run = |day: &NaiveDate| day.iter_days().rev().take_while(|day| dates.contains(day)).count();
    assert_eq!(found["streaks"]["longest"]["days"], dates.iter().map(run).max().unwrap());
    found
}

#[test]
fn the_numbers_are_those_of_the_entries_with_every_filter() {
    let sandbox = Sandbox::with_sample();
    let whole = check(&sandbox, &[]);
    let months = whole["months"].as_array().unwrap();
    assert_eq!(
        (months.len(), &months[0]["month"], &months[11]["month"]),
        (12, &json!("2025-04-01"), &json!("2026-03-01"))
    );
    assert!(counts(&whole["hours"]).iter().sum::<u64>() > 100);
    for filter in [
        &["--since", "2025-02-14"][..],
        &["--until", "2025-06"],
        &["--on", "2025"],
        &["--topic", "work"],
        &["--topic", "!work", "--mood", "good"],
        &["--starred", "--since", "2024-06"],
    ] {
        check(&sandbox, filter);
    }
    sandbox.run(["stats", "--topic", "nosuch"]).code(3).says("nosuch");
    sandbox.run(["stats", "--since", "2026", "--until", "2025"]).code(2);
}

#[test]
fn they_follow_every_change_and_every_client() {
    let sandbox = Sandbox::with_sample();
    check(&sandbox, &[]);
    let id = sandbox.add(["-d", "2025-07-01 08:15", "-m", "0.9", "new #work"]);
    check(&sandbox, &[]);
    sandbox.run(["edit", &id, "--date", "2023-01-31", "--mood=-1", "--content", "one two three"]).ok();
    check(&sandbox, &[]);
    sandbox.run(["delete", "--yes", &id]).ok();
    check(&sandbox, &[]);
    sandbox.run(["undo"]).ok();
    let found = check(&sandbox, &[]);
    assert_eq!(found["user_statistics"]["first_entry_date"], "2023-01-31");
    let plain = plain_client(&sandbox);
    plain.execute("DELETE FROM journal_entries WHERE entry_date LIKE '2024-%'", []).unwrap();
    plain
        .execute("UPDATE journal_entries SET entry_date = '2025-01-01' WHERE entry_date LIKE '2025-02-%'", [])
        .unwrap();
    check(&sandbox, &[]);
    // What the projection holds is read by any client, with the architecture's columns.
    let view = |sql: &str| plain.query_row(sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?))).unwrap();
    assert_eq!(
        view("SELECT total_entries, active_months FROM user_statistics"),
        view("SELECT count(*), count(DISTINCT substr(entry_date, 1, 7)) FROM journal_entries")
    );
    // An older database in the place of this one.
    let copy = sandbox.path("copy.db");
    plain.execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
    drop(plain);
    sandbox.add(["forgotten soon"]);
    check(&sandbox, &[]);
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(sandbox.data().join(format!("journal.db{suffix}")));
    }
    std::fs::copy(copy, sandbox.data().join("journal.db")).unwrap();
    for _ in 0..5 {
        sandbox.add(["another history"]);
    }
    check(&sandbox, &[]);
    sandbox.run(["doctor"]).ok();
}

#[test]
fn damage_is_found_and_healed() {
    let sandbox = Sandbox::with_sample();
    check(&sandbox, &[]);
    let plain = plain_client(&sandbox);
    plain.execute("UPDATE user_days SET words = words + 1 WHERE entry_date LIKE '%-05'", []).unwrap();
    plain.execute("DELETE FROM user_days WHERE entry_date LIKE '2025-06-%'", []).unwrap();
    sandbox.run(["doctor"]).code(1);
    let problems = sandbox.run(["doctor", "--json"]).code(1).text();
    assert!(
        problems.contains("days are counted otherwise") && problems.contains("journal reindex statistics"),
        "{problems}"
    );
    assert_eq!(sandbox.run(["reindex", "statistics"]).ok().text(), "statistics: 196 days\n");
    sandbox.run(["doctor"]).ok();
    check(&sandbox, &[]);
}

#[test]
fn streaks_end_with_yesterday_and_days_are_local() {
    let sandbox = Sandbox::new();
    let days = |sandbox: &Sandbox| {
        let streaks = &stats(sandbox, &[])["streaks"];
        (streaks["current"]["days"].as_u64().unwrap(), streaks["longest"]["days"].as_u64().unwrap())
    };
    // Today is Monday, 16 March 2026, in Berlin.
    for offset in 1..=4 {
        let day = NaiveDate::from_ymd_opt(2026, 3, 16).unwrap() - Days::new(offset);
        sandbox.add(["-d", &day.to_string(), "x"]);
    }
    assert_eq!(days(&sandbox), (4, 4), "today is not over");
    sandbox.add(["today"]);
    assert_eq!(days(&sandbox), (5, 5));
    let sandbox = sandbox.with("JOURNAL_NOW", "2026-03-17T22:30:00Z");
    assert_eq!(days(&sandbox), (5, 5), "23:30 in Berlin: yesterday was the 16th");
    let sandbox = sandbox.with("JOURNAL_NOW", "2026-03-17T23:30:00Z");
    assert_eq!(days(&sandbox), (0, 5), "00:30 in Berlin: a day was left out");
    let sandbox = sandbox.with("TZ", "America/New_York");
    assert_eq!(days(&sandbox), (5, 5), "there it is still the 17th");
}

#[test]
fn hours_are_those_of_the_writer_and_only_where_they_are_known() {
    let sandbox = Sandbox::new();
    sandbox.add(["-d", "2026-03-01 21:15", "at home"]);
    sandbox.add(["-d", "2026-03-02 21:45", "--tz", "Asia/Tokyo", "far away"]);
    sandbox.add(["-d", "2025-10-26 02:30", "in the hour that comes twice"]);
    let file = sandbox.file("old.jsonl", "{\"content\":\"a bare date\",\"entry_date\":\"2016-05-05\"}\n");
    sandbox.run(["import", &file]).ok();
    let hours = counts(&stats(&sandbox, &[])["hours"]);
    assert_eq!((hours[21], hours[2], hours.iter().sum::<u64>()), (2, 1, 3));
}

#[test]
fn time_in_sessions_is_told_when_there_is_some() {
    let sandbox = Sandbox::new();
    sandbox.add(["x"]);
    assert!(stats(&sandbox, &[])["sessions"].is_null());
    assert!(!sandbox.run(["stats"]).ok().text().contains("session"));
    let sql = "INSERT INTO user_sessions(user_id, session_start, session_end) SELECT id, ?1, ?2 FROM users";
    let plain = plain_client(&sandbox);
    let at = |time: &str| format!("{time}:00.000000Z");
    for (start, end) in [
        ("2026-03-01T10:00", Some("2026-03-01T11:30")),
        ("2026-03-02T10:00", Some("2026-03-02T10:10")),
        ("2026-03-03T10:00", None),
    ] {
        plain.execute(sql, (at(start), end.map(at))).unwrap();
    }
    assert_eq!(stats(&sandbox, &[])["sessions"], json!({"session_count": 2, "seconds": 6000.0}));
    assert_eq!(stats(&sandbox, &["--since", "2026-03-02"])["sessions"]["seconds"], 600.0);
    assert!(stats(&sandbox, &["--mood", "good"])["sessions"].is_null(), "a session has no mood");
    let shown = plain_text(&sandbox, 80);
    assert!(shown.contains("1 h 40 min spent writing in 2 sessions"), "{shown}");
}

fn plain_text(sandbox: &Sandbox, columns: u16) -> String {
    plain(&Terminal::open(sandbox, columns, &["stats", "--no-pager"]).close(0))
}

#[test]
fn a_pipe_gets_rows_and_a_terminal_plots() {
    let sandbox = Sandbox::with_sample();
    let rows = sandbox.run(["stats"]).ok().quiet();
    assert!(rows.lines().iter().all(|line| line.split('\t').count() >= 2) && !rows.text().contains('█'), "{rows}");
    for row in ["total_entries\t207", "weekday\tMon\t20", "hour\t21\t32", "month\t2025-04\t8\t423", "topic\twork\t31"] {
        assert!(rows.lines().iter().any(|line| line == row), "{row}: {rows}");
    }
    let shown = plain_text(&sandbox, 80);
    for words in [
        "207 entries",
        "longest 2 days",
        "Weekdays",
        "Mon █",
        "Hours (most: 32 from 21:00)",
        "2025-04 █",
        "#work",
        "Sun ·▒",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
    let sandbox = sandbox.with("NO_COLOR", "1");
    assert!(!Terminal::open(&sandbox, 80, &["stats", "--no-pager"]).close(0).contains('\u{1b}'));
}

#[test]
fn an_empty_journal_and_one_entry() {
    let sandbox = Sandbox::new();
    assert!(plain_text(&sandbox, 80).contains("The journal is empty"));
    let found = stats(&sandbox, &[]);
    assert_eq!((&found["user_statistics"]["total_entries"], &found["months"]), (&0.into(), &json!([])));
    assert!(found["user_statistics"]["avg_mood"].is_null() && found["words"]["per_entry"].is_null());
    assert!(sandbox.run(["stats"]).ok().quiet().text().starts_with("total_entries\t0\n"));
    sandbox.add(["-m", "0.5", "word"]);
    let shown = plain_text(&sandbox, 40);
    for words in ["1 entry · 1 word", "1 day in 1 month", "current streak 1 day"] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}
