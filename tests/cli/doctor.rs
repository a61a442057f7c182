//! `journal doctor`.

use crate::support::Sandbox;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;

#[test]
fn a_sound_journal_is_called_so() {
    let sandbox = Sandbox::with_sample();
    sandbox.run(["analyze"]).ok();
    let outcome = sandbox.run(["doctor"]).ok();
    assert!(outcome.text().contains("All is well."), "{outcome}");
    assert_eq!(sandbox.run(["doctor", "--json"]).ok().json()["clean"], true);
}

#[test]
fn damage_to_the_database_is_found_and_called_damage() {
    let sandbox = Sandbox::with_sample();
    let path = sandbox.data().join("journal.db");
    let file = OpenOptions::new().write(true).open(&path).unwrap();
    let length = file.metadata().unwrap().len();
    let mut at = 4096 * 8;
    while at + 512 < length {
        file.write_all_at(&[0xa5; 512], at).unwrap();
        at += 4096 * 2;
    }
    drop(file);
    let outcome = sandbox.run(["doctor", "--json"]);
    let outcome = outcome.code(5);
    assert!(outcome.text().contains("damage") || outcome.talk().contains("corrupt"), "{outcome}");
}

#[test]
fn kept_drafts_are_mentioned() {
    let sandbox = Sandbox::new();
    sandbox.pipe(["add"], b"\xff\xfe").code(2);
    let found = sandbox.run(["doctor", "--json"]).json();
    let text = found.to_string();
    assert!(text.contains("draft"), "{text}");
    fs::remove_file(&sandbox.drafts()[0]).unwrap();
    assert!(!sandbox.run(["doctor", "--json"]).ok().text().contains("draft"));
}

#[test]
fn what_statements_cost_is_recorded_without_a_word_of_the_journal() {
    let sandbox = Sandbox::with_sample();
    fs::write(sandbox.config(), "analyze = \"manual\"\nslow_statement_ms = 0\n").unwrap();
    sandbox.run(["add", "Kiwiquartz at dawn #zirconium", "-t", "Obsidianlark"]).ok();
    let id = sandbox.add(["A second kiwiquartz #zirconium"]);
    sandbox.run(["edit", &id, "--content", "Edited kiwiquartz #zirconium #basaltfern"]).ok();
    sandbox.run(["list", "--topic", "zirconium", "--mood", "good"]).ok();
    sandbox.run(["search", "kiwiquartz obsidianlark", "--topic", "zirconium"]).ok();
    sandbox.run(["delete", &id, "--yes"]).ok();
    sandbox.run(["undo"]).ok();
    sandbox.run(["history", &id]).ok();
    sandbox.run(["export"]).ok();
    sandbox.run(["analyze"]).ok();
    for name in ["statements.log", "slow.log"] {
        let text = fs::read_to_string(sandbox.data().join(name)).unwrap().to_lowercase();
        assert!(text.contains("insert into journal_entries"), "{name}");
        for word in ["kiwiquartz", "zirconium", "obsidianlark", "basaltfern", &id, "localhost"] {
            assert!(!text.contains(word), "{name} holds {word}");
        }
        use std::os::unix::fs::PermissionsExt;
        let mode = sandbox.data().join(name).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let slow = fs::read_to_string(sandbox.data().join("slow.log")).unwrap();
    let lines: Vec<serde_json::Value> = slow.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let planned =
        lines.iter().find(|line| line["query"].as_str().unwrap().contains("FROM change_log WHERE table_name"));
    assert!(planned.unwrap()["plan"][0].as_str().unwrap().contains("idx_change_log_row"), "{planned:?}");

    let document = sandbox.run(["doctor", "--queries", "--json"]).ok().json();
    let statements = document["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 20);
    let times: Vec<f64> = statements.iter().map(|one| one["total_time"].as_f64().unwrap()).collect();
    assert!(times.is_sorted_by(|one, next| one >= next), "{times:?}");
    for one in statements {
        let (total, calls) = (one["total_time"].as_f64().unwrap(), one["calls"].as_f64().unwrap());
        assert!((one["mean_time"].as_f64().unwrap() - total / calls).abs() < 1e-9, "{one}");
    }
    let all = sandbox.run(["doctor", "--queries", "--json", "--limit", "1000"]).ok().json();
    let insert = all["statements"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["query"].as_str().unwrap().starts_with("INSERT INTO journal_entries("));
    // The sample, and two.
    let calls = crate::support::sample_lines().len() + 2;
    assert_eq!(insert.unwrap()["calls"], calls, "{insert:?}");
    let shown = sandbox.run(["doctor", "--queries"]).ok();
    for words in ["Slowest statements", "Indexes that none of them reads", "Tables read from end to end"] {
        assert!(shown.text().contains(words), "{shown}");
    }

    sandbox.run(["doctor", "--queries", "--reset"]).ok().says("forgotten");
    let few = sandbox.run(["doctor", "--queries", "--json"]).ok().json();
    assert!(few["calls"].as_u64().unwrap() < 20, "{few}");
}

#[test]
fn unused_indexes_and_scanned_tables_are_told() {
    let sandbox = Sandbox::with_sample();
    let store = rusqlite::Connection::open(sandbox.data().join("journal.db")).unwrap();
    // An index that no statement can use, and a statement that has lost its index.
    store
        .execute_batch(
            "CREATE INDEX idx_of_no_use ON journal_entries(word_count, title); DROP INDEX idx_change_log_row;",
        )
        .unwrap();
    sandbox.run(["doctor", "--queries", "--reset"]).ok();
    let id = sandbox.run(["list", "--json", "-n", "1"]).ok().array("")[0]["id"].as_str().unwrap().to_string();
    sandbox.run(["history", &id]).ok();
    sandbox.run(["list", "--since", "2025-01-01"]).ok();
    let document = sandbox.run(["doctor", "--queries", "--json"]).ok().json();
    let unused = document["unused_indexes"].as_array().unwrap();
    let names = crate::support::field(unused, "indexname");
    assert!(names.contains(&"idx_of_no_use".to_string()), "{names:?}");
    assert!(!names.iter().any(|name| name.starts_with("sqlite_autoindex")), "{names:?}");
    assert!(!names.contains(&"idx_journal_entries_user_date".to_string()), "{names:?}");
    let scanned = document["table_scans"].as_array().unwrap();
    let log = scanned.iter().find(|table| table["tablename"] == "change_log").unwrap_or_else(|| panic!("{document}"));
    let rows: u64 = store.query_row("SELECT count(*) FROM change_log", [], |row| row.get(0)).unwrap();
    assert_eq!(log["rows"], rows);
    assert!(log["seq_tup_read"].as_u64().unwrap() >= rows - 1, "{log}");
    assert!(log["queries"][0].as_str().unwrap().contains("change_log"), "{log}");
    // Nothing took a second.
    assert!(!sandbox.data().join("slow.log").exists());
}

#[test]
fn nothing_recorded_is_said_to_be_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run(["doctor", "--reset"]).code(2);
    let outcome = sandbox.run(["doctor", "--queries"]).ok();
    assert!(outcome.text().contains("Nothing has been recorded yet"), "{outcome}");
}
