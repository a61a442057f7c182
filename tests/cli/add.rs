//! `journal add`: what is written is there, whole, and nothing is lost when it cannot be.

use crate::support::Sandbox;
use serde_json::json;
use std::fs;

#[test]
fn an_entry_is_there_with_everything_that_was_said() {
    let sandbox = Sandbox::new();
    let added = sandbox
        .run([
            "add",
            "--json",
            "-t",
            "The talk",
            "-d",
            "2026-03-14 18:30",
            "-m",
            "7/10",
            "--topic",
            "Talks",
            "--tz",
            "Asia/Tokyo",
            "--starred",
            "It went well.",
            "#work",
        ])
        .ok()
        .quiet()
        .json();
    for (name, value) in [
        ("title", json!("The talk")),
        ("content", json!("It went well. #work")),
        ("entry_date", json!("2026-03-14")),
        ("written_at", json!("2026-03-14T09:30:00.000000Z")),
        ("created_at", json!("2026-03-16T10:00:00.000000Z")),
        ("time_zone", json!("Asia/Tokyo")),
        ("mood_score", json!(0.4)),
        ("mood_source", json!("user")),
        ("word_count", json!(4)),
        ("starred", json!(true)),
    ] {
        assert_eq!(added[name], value, "{name}");
    }
    let topics: Vec<_> = added["topics"].as_array().unwrap().iter().map(|topic| topic["name"].clone()).collect();
    assert!(topics.len() == 2 && topics.contains(&json!("Talks")) && topics.contains(&json!("work")), "{topics:?}");
    assert_eq!(added["sentiments"][0]["model_name"], "vader");
    assert_eq!(sandbox.show(added["short_id"].as_str().unwrap()), added);
    assert_eq!(sandbox.show(added["id"].as_str().unwrap()), added);
}

#[test]
fn a_pipe_gets_the_short_id_and_nothing_else() {
    let sandbox = Sandbox::new();
    let outcome = sandbox.run(["add", "one", "two"]).ok().quiet();
    let id = outcome.text();
    assert!(id.len() == 5 && id.ends_with('\n'), "{outcome}");
    assert_eq!(sandbox.show(id.trim())["content"], "one two");
    let line = sandbox.run(["add", "--jsonl", "three"]).ok();
    assert_eq!(line.json_lines().len(), 1, "{line}");
}

#[test]
fn standard_input_is_kept_to_the_byte_but_for_one_line_break() {
    let sandbox = Sandbox::new();
    for (given, kept) in [
        ("plain\n", "plain"),
        ("two\n\n", "two\n"),
        ("  indented\r\n\tlines \n", "  indented\r\n\tlines "),
        ("--not-a-flag", "--not-a-flag"),
    ] {
        for args in [&["add"][..], &["add", "-"]] {
            let id = sandbox.pipe(args, given).ok().text();
            assert_eq!(sandbox.show(id.trim())["content"], kept, "{args:?} {given:?}");
        }
    }
}

#[test]
fn scripts_of_all_kinds_come_back_unchanged() {
    let sandbox = Sandbox::new();
    for text in [
        "👨‍👩‍👧‍👦 family, 🇯🇵🇵🇹 flags, 👍🏽 thumb, ❤️ heart, 1️⃣",
        "今日は眠れなかった。#睡眠",
        "Cafe\u{301} and caf\u{e9} are not the same bytes",
        "ｆｕｌｌｗｉｄｔｈ, ﷽, \u{202e}right to left\u{202c}, zero\u{200b}width",
        "עברית, العربية, हिन्दी, ไทย",
    ] {
        let id = sandbox.pipe(["add", "-t", text], text).ok().text();
        let entry = sandbox.show(id.trim());
        assert_eq!((entry["content"].as_str(), entry["title"].as_str()), (Some(text), Some(text)));
    }
    let last = sandbox.add(["#睡眠 again"]);
    assert_eq!(sandbox.show(&last)["topics"][0]["name"], "睡眠");
    assert_eq!(sandbox.run(["list", "--topic", "睡眠", "--json"]).ok().array("").len(), 2);
}

#[test]
fn a_megabyte_comes_back_and_its_words_are_found() {
    let sandbox = Sandbox::new();
    let text = format!("{}needle at the end", "word und Wörter 言葉 ".repeat(45_000));
    assert!(text.len() > 1_000_000);
    let id = sandbox.pipe(["add"], &text).ok().text();
    assert_eq!(sandbox.show(id.trim())["content"], text);
    let found = sandbox.run(["search", "needle", "--json"]).ok().array("results");
    assert_eq!(found.len(), 1);
    assert!(found[0]["fragments"][0]["text"].as_str().unwrap().contains("needle"));
}

#[test]
fn bytes_that_are_no_text_are_refused_and_kept() {
    let sandbox = Sandbox::new();
    let mut latin1 = b"Gr\xfc\xdfe aus M\xfcnchen".to_vec();
    let mut with_nul = b"abc\0def".to_vec();
    for (bytes, offset) in [(&mut latin1, "offset 2"), (&mut with_nul, "offset 3")] {
        let outcome = sandbox.pipe(["add"], &bytes).code(2).says(offset);
        let drafts = sandbox.drafts();
        assert_eq!(drafts.len(), 1, "{outcome}");
        let outcome = outcome.says(drafts[0].to_str().unwrap());
        assert_eq!(&fs::read(&drafts[0]).unwrap(), bytes, "{outcome}");
        fs::remove_file(&drafts[0]).unwrap();

        let error = sandbox.pipe(["add", "-", "--json"], &bytes).code(2).error();
        assert_eq!(error["kind"], "usage");
        assert!(error["hint"].as_str().unwrap().contains(sandbox.drafts()[0].to_str().unwrap()), "{error}");
        fs::remove_file(&sandbox.drafts()[0]).unwrap();
    }
    assert_eq!(sandbox.count(), 0);
}

#[test]
fn nothing_is_no_entry() {
    let sandbox = Sandbox::new();
    for nothing in ["", " ", "\n\n\n", "\t \r\n", "\u{3000}\u{a0}"] {
        sandbox.pipe(["add"], nothing).code(2).says("empty");
        sandbox.run(["add", nothing]).code(2).says("empty");
    }
    assert_eq!((sandbox.count(), sandbox.drafts().len()), (0, 0));
}

#[test]
fn a_title_has_500_characters_at_most() {
    let sandbox = Sandbox::new();
    let longest = "ü".repeat(500);
    let id = sandbox.add(["-t", &longest, "text"]);
    assert_eq!(sandbox.show(&id)["title"], longest.as_str());
    let outcome = sandbox.run(["add", "-t", &"ü".repeat(501), "a text worth keeping"]).code(2).says("500");
    let drafts = sandbox.drafts();
    assert_eq!(fs::read_to_string(&drafts[0]).unwrap(), "a text worth keeping", "{outcome}");
    sandbox.run(["edit", &id, "-t", &"x".repeat(501)]).code(2).says("500");
    assert_eq!(sandbox.count(), 1);
}

#[test]
fn wrong_flags_are_said_before_the_text_is_read() {
    let sandbox = Sandbox::new();
    for (flag, value) in [("-d", "someday"), ("-d", "last week"), ("-m", "2"), ("-m", "purple"), ("--tz", "Mars/Base")]
    {
        sandbox.run(["add", flag, value, "text"]).code(2).says(value).says("hint:");
    }
    sandbox.run(["add", "--topic", " ", "text"]).code(2);
    assert!(sandbox.count() == 0 && sandbox.drafts().len() == 1, "only what the journal refused is kept");
}

#[test]
fn moods_are_taken_from_the_writer_or_else_from_the_words() {
    let sandbox = Sandbox::new();
    for (said, score) in [("-0.5", -0.5), ("great", 0.8), ("0/10", -1.0), ("0.005", 0.01), ("1.004", 1.0)] {
        let id = sandbox.add(["-m", said, "I love this wonderful day!"]);
        let entry = sandbox.show(&id);
        assert_eq!(
            (entry["mood_score"].as_f64(), entry["mood_source"].as_str()),
            (Some(score), Some("user")),
            "{said}"
        );
    }
    let entry = sandbox.show(&sandbox.add(["I love this wonderful day!"]));
    assert!(entry["mood_score"].as_f64().unwrap() > 0.5 && entry["mood_source"] == "model", "{entry}");
    assert_eq!(entry["sentiments"][0]["sentiment_label"], "positive");
}

#[test]
fn an_entry_and_its_analysis_are_saved_together_or_not_at_all() {
    let sandbox = Sandbox::new();
    sandbox.add(["the first"]);
    let before = sandbox.export();
    let connection = rusqlite::Connection::open(sandbox.data().join("journal.db")).unwrap();
    let log = || -> i64 { connection.query_row("SELECT count(*) FROM change_log", [], |row| row.get(0)).unwrap() };
    let logged = log();
    // The database fails between the two, as a full disk would.
    connection
        .execute_batch(
            "CREATE TRIGGER fault BEFORE INSERT ON sentiment_analysis BEGIN SELECT RAISE(ABORT, 'a fault'); END",
        )
        .unwrap();
    sandbox.run(["add", "not to be lost"]).code(1).says("a fault");
    assert_eq!((sandbox.export(), log()), (before, logged), "neither is there");
    let drafts = sandbox.drafts();
    assert!(std::fs::read_to_string(&drafts[0]).unwrap().contains("not to be lost"), "and the words are kept");
    // The same the other way round: the entry fails after its analysis has been made.
    connection.execute_batch("DROP TRIGGER fault; CREATE TRIGGER fault BEFORE INSERT ON entry_topics BEGIN SELECT RAISE(ABORT, 'a fault'); END").unwrap();
    sandbox.run(["add", "with a #topic"]).code(1);
    assert_eq!((sandbox.count(), log()), (1, logged));
    connection.execute_batch("DROP TRIGGER fault").unwrap();
    sandbox.add(["with a #topic"]);
    let sentiments: i64 =
        connection.query_row("SELECT count(*) FROM sentiment_analysis", [], |row| row.get(0)).unwrap();
    assert_eq!((sandbox.count(), sentiments), (2, 2));
}
