//! `journal import`.

use crate::support::{JOURNAL, Sandbox, sample};
use rustix::process::{Pid, Signal, kill_process};
use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

#[test]
fn the_journal_comes_back_to_the_byte() {
    let first = Sandbox::with_sample();
    // Everything that can be said about an entry, and every kind of change.
    first
        .pipe(
            [
                "add",
                "-t",
                "日本 \u{301}\"quoted\"\\",
                "-m",
                "-0.37",
                "-d",
                "2026-02-01 03:04",
                "--tz",
                "Asia/Tokyo",
                "--starred",
                "--topic",
                "Two words",
            ],
            "line one\r\n\tline two \u{2028} 👨‍👩‍👧‍👦 \u{1b}[0m \\u0041 #tag\n\n",
        )
        .ok();
    let id = first.add(["to be changed #before"]);
    first.run(["edit", &id, "--content", "changed #after", "--mood", "1", "--star", "--title", "T"]).ok();
    let extra = first.file(
        "extra.jsonl",
        r#"{"content":"from elsewhere","entry_date":"0001-01-01","created_at":"1999-12-31T23:59:59.123456+05:30","mood_score":0.285,"topics":["plain",{"name":"weak","relevance_score":0.125},{"name":"none","relevance_score":null}],"import_source":"dayone","import_id":"X/1","weather":{"c":1.50,"words":["a","b"]},"metadata":{"k":1e3},"sentiments":[{"id":"0190c0de-0000-7000-8000-000000000001","model_name":"other","sentiment_label":"mixed","confidence_score":0.12345,"emotions":{"joy":0.10}}]}
"#,
    );
    first.run(["import", &extra]).ok();
    first.run(["edit", "018dfbc6-38d1-71a9-acee-7c5570bcf751", "--remove-topic", "home", "--tz", "UTC"]).ok();
    // Texts are tagged otherwise than their entries have topics.
    let tagged = first.add(["#renamed #kept"]);
    let bare = first.add(["#lonely"]);
    first.run(["topics", "rename", "renamed", "called otherwise"]).ok();
    first.run(["topics", "assign", "kept", &tagged, "--relevance", "0.5"]).ok();
    first.run(["topics", "unassign", "lonely", &bare]).ok();
    let exported = first.export();
    assert!(exported.contains("1.50") && exported.contains("1e3"), "digits as they were");

    let second = Sandbox::new();
    let file = second.file("journal.jsonl", &exported);
    let report = second.run(["import", &file, "--json"]).ok().quiet().json();
    assert_eq!((&report["new"], &report["seen"]), (&212.into(), &212.into()), "{report}");
    assert_eq!(second.export(), exported);
    let again = second.run(["import", &file, "--json"]).ok().json();
    assert_eq!((&again["new"], &again["unchanged"], &again["differing"]), (&0.into(), &212.into(), &0.into()));
    assert_eq!(second.export(), exported);
    second.run(["doctor"]).ok();
}

#[test]
fn a_rehearsal_says_what_would_happen_and_changes_nothing() {
    let sandbox = Sandbox::new();
    sandbox.run(["import", sample().to_str().unwrap(), "--dry-run"]).ok().text().contains("Would import: 207 new");
    assert_eq!(sandbox.count(), 0);
    let mixed = sandbox.file(
        "mixed.jsonl",
        "{\"content\":\"a\",\"entry_date\":\"2026-01-01\"}\nnonsense\n\n{\"content\":\"b\",\"entry_date\":\"2026-01-02\"}\n",
    );
    let rehearsed = sandbox.run(["import", &mixed, "--dry-run", "--json"]).code(8).json();
    let before = sandbox.export();
    let mut real = sandbox.run(["import", &mixed, "--json"]).code(8).json();
    assert_eq!(before, "");
    assert_eq!((&rehearsed["dry_run"], &real["dry_run"]), (&true.into(), &false.into()));
    real["dry_run"] = true.into();
    assert_eq!(rehearsed, real);
    assert_eq!(sandbox.count(), 2);
    sandbox.run(["undo"]).ok();
    assert_eq!(sandbox.count(), 0, "a rehearsal is no step of history");
}

#[test]
fn lines_that_cannot_be_read_are_named_and_the_rest_is_there() {
    let sandbox = Sandbox::new();
    let mut bytes = b"\xef\xbb\xbf{\"content\":\"with a mark in front\",\"entry_date\":\"2026-01-01\"}\r\n".to_vec();
    bytes.extend(b"{\"content\":\"no date\"}\n[1,2]\n{\"content\":\"bad \xff byte\",\"entry_date\":\"2026-01-01\"}\n");
    bytes.extend("{\"content\":\"x\",\"entry_date\":\"2026-01-01\",\"title\":\"".bytes());
    bytes.extend("t".repeat(501).bytes());
    bytes.extend(b"\"}\n   \n{\"content\":\"\",\"entry_date\":\"2026-01-01\"}\n{\"content\":\"nul \\u0000\",\"entry_date\":\"2026-01-01\"}\n");
    bytes.extend(b"{\"content\":\"the last, without a line break\",\"entry_date\":\"2026-01-02\"}");
    let file = sandbox.file("bad.jsonl", &bytes);
    let outcome = sandbox.run(["import", &file]).code(8);
    assert!(outcome.text().contains("2 new") && outcome.text().contains("6 left out"), "{outcome}");
    let mut outcome = outcome;
    for (line, word) in [(2, "entry_date"), (3, "object"), (4, "UTF-8"), (5, "500"), (7, "empty"), (8, "NUL")] {
        outcome = outcome.says(&format!("{file}:{line}: ")).says(word);
    }
    let report = sandbox.run(["import", &file, "--json"]).code(8).json();
    assert_eq!((&report["new"], &report["unchanged"]), (&0.into(), &2.into()));
    assert_eq!(report["skipped"][0]["line"], 2);
    assert_eq!(report["skipped"][0]["file"], file.as_str());
    assert_eq!(sandbox.count(), 2);
}

#[test]
fn equal_lines_are_as_many_entries_and_come_in_once() {
    let sandbox = Sandbox::new();
    let line = "{\"content\":\"Rain.\",\"entry_date\":\"2026-01-01\"}\n";
    let [two, three] = [2, 3].map(|count| sandbox.file(&format!("{count}.jsonl"), line.repeat(count)));
    let import = |files: &[&str]| {
        let args: Vec<&str> = ["import", "--json"].iter().chain(files).copied().collect();
        sandbox.run(args).ok().json()["new"].as_u64().unwrap()
    };
    assert_eq!(import(&[&two]), 2);
    assert_eq!(import(&[&two]), 0);
    assert_eq!(import(&[&three]), 1);
    assert_eq!(import(&[&three, &two]), 0);
    assert_eq!(sandbox.count(), 3);
    sandbox.add(["-d", "2026-01-01", "Rain."]);
    assert_eq!(import(&[&three]), 0);
    let other = Sandbox::new();
    let both: Vec<&str> = vec!["import", "--json", &two, &three];
    assert_eq!(other.run(both).ok().json()["new"], 3, "as if one file were imported after the other");
}

#[test]
fn what_differs_is_left_unless_it_is_to_be_brought_up_to_date() {
    let sandbox = Sandbox::new();
    let line = |text: &str| {
        format!(
            "{{\"id\":\"018dfbc6-38d1-71a9-acee-7c5570bcf751\",\"content\":\"{text}\",\"entry_date\":\"2026-01-01\"}}\n"
        )
    };
    let before = sandbox.file("before.jsonl", line("before #old"));
    let after = sandbox.file("after.jsonl", line("after #new"));
    sandbox.run(["import", &before]).ok();
    let left = sandbox.run(["import", &after, "--json"]).ok().json();
    assert_eq!((&left["differing"], &left["updated"], &left["new"]), (&1.into(), &0.into(), &0.into()));
    assert!(sandbox.export().contains("before #old"));
    let updated = sandbox.run(["import", &after, "--update", "--json"]).ok().json();
    assert_eq!((&updated["differing"], &updated["updated"]), (&0.into(), &1.into()));
    let entry = sandbox.show("018dfbc6-38d1-71a9-acee-7c5570bcf751");
    assert_eq!(entry["content"], "after #new");
    assert_eq!(entry["topics"].as_array().unwrap().len(), 1);
    sandbox.run(["undo"]).ok();
    assert!(sandbox.export().contains("before #old"));
}

/// A line for the entry of this id, with more fields.
fn line_with(fields: &str) -> String {
    format!(
        "{{\"id\":\"018dfbc6-38d1-71a9-acee-7c5570bcf751\",\"content\":\"a #tag here\",\"entry_date\":\"2026-01-01\"{fields}}}\n"
    )
}

#[test]
fn every_field_that_a_line_names_is_compared_and_written() {
    let full = r##","title":"T","created_at":"2026-01-01T10:00:00.123456Z","updated_at":"2026-01-02T10:00:00.000000Z","written_at":"2026-01-01T09:00:00.000000Z","time_zone":"Asia/Tokyo","mood_score":0.4,"mood_source":"user","starred":true,"topics":[{"name":"tag","relevance_score":1.0},{"name":"Work","relevance_score":0.6,"added_at":"2026-01-01T11:00:00.000000Z"},"home"],"import_source":"dayone","import_id":"X/1","metadata":{"k":1.50},"sentiments":[{"id":"0190c0de-0000-7000-8000-000000000001","model_name":"other","sentiment_label":"mixed","confidence_score":0.5,"emotions":{"joy":0.1},"analyzed_at":"2026-01-03T00:00:00.000000Z"}]"##;
    let changes = [
        ("\"title\":\"T\"", "\"title\":\"U\""),
        ("\"title\":\"T\"", "\"title\":null"),
        ("10:00:00.123456Z", "10:00:00.123457Z"),
        ("2026-01-02T10:00", "2026-01-02T10:01"),
        ("2026-01-02T10:00", "2025-12-31T10:00"),
        ("2026-01-01T09:00", "2026-01-01T08:00"),
        ("Asia/Tokyo", "Europe/Berlin"),
        ("\"mood_score\":0.4", "\"mood_score\":-0.4"),
        ("\"mood_source\":\"user\"", "\"mood_source\":\"import\""),
        ("\"starred\":true", "\"starred\":false"),
        ("\"relevance_score\":0.6", "\"relevance_score\":0.55"),
        ("\"relevance_score\":0.6", "\"relevance_score\":null"),
        ("2026-01-01T11:00", "2026-01-01T12:00"),
        (",\"home\"]", ",\"garden\"]"),
        (",\"home\"]", "]"),
        (
            "[{\"name\":\"tag\",\"relevance_score\":1.0},{\"name\":\"Work\",\"relevance_score\":0.6,\"added_at\":\"2026-01-01T11:00:00.000000Z\"},\"home\"]",
            "[]",
        ),
        ("\"dayone\"", "\"jrnl\""),
        ("\"import_source\":\"dayone\"", "\"import_source\":null"),
        ("X/1", "X/2"),
        ("{\"k\":1.50}", "{\"k\":2}"),
        ("\"metadata\":{\"k\":1.50}", "\"metadata\":null"),
        ("\"mixed\"", "\"positive\""),
        ("\"confidence_score\":0.5", "\"confidence_score\":0.6"),
        ("{\"joy\":0.1}", "{\"joy\":0.2}"),
        ("2026-01-03T00:00", "2026-01-03T00:01"),
        ("here\"", "here\""),
    ];
    let sandbox = Sandbox::new();
    let given = sandbox.file("full.jsonl", line_with(full));
    let import = |file: &str, update: bool| {
        let mut args = vec!["import", file, "--json"];
        args.extend(update.then_some("--update"));
        let report = sandbox.run(args).ok().quiet().json();
        ["new", "unchanged", "differing", "updated"].map(|name| report[name].as_u64().unwrap())
    };
    assert_eq!(import(&given, false), [1, 0, 0, 0]);
    assert_eq!(import(&given, true), [0, 1, 0, 0]);
    for (from, to) in changes {
        let before = sandbox.export();
        assert!(full.contains(from) || from == to, "{from}");
        let changed = sandbox.file("changed.jsonl", line_with(&full.replace(from, to)));
        if from == to {
            assert_eq!(import(&changed, true), [0, 1, 0, 0], "{to}");
            continue;
        }
        assert_eq!(import(&changed, false), [0, 0, 1, 0], "{to}");
        assert_eq!(sandbox.export(), before, "{to}");
        assert_eq!(import(&changed, true), [0, 0, 0, 1], "{to}");
        assert_ne!(sandbox.export(), before, "{to}");
        assert_eq!(import(&changed, true), [0, 1, 0, 0], "once is enough: {to}");
        // What is exported comes back as it is, also from another journal.
        let exported = sandbox.export();
        let file = sandbox.file("exported.jsonl", &exported);
        assert_eq!(import(&file, true), [0, 1, 0, 0], "{to}");
        let other = Sandbox::new();
        other.run(["import", &file]).ok();
        assert_eq!(other.export(), exported, "{to}");
        // And back: the first file brings every field again.
        assert_eq!(import(&given, true), [0, 0, 0, 1], "{to}");
        let now = sandbox.export();
        let told = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        let (mut now, mut then) = (told(&now), told(&before));
        for entry in [&mut now, &mut then] {
            // What was taken off was attached again, and what the file does not say of it is new.
            for topic in entry["topics"].as_array_mut().unwrap() {
                topic.as_object_mut().unwrap().remove("added_at");
            }
            for sentiment in entry["sentiments"].as_array_mut().unwrap() {
                sentiment.as_object_mut().unwrap().remove("id");
            }
        }
        assert_eq!(now, then, "{to}");
    }
    sandbox.run(["doctor"]).ok();
}

#[test]
fn what_a_line_does_not_name_stays() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["-t", "Title", "-m", "0.5", "--starred", "--topic", "Two words", "old #tag"]);
    let before = sandbox.show(&id);
    let uuid = before["id"].as_str().unwrap();
    let bare = format!("{{\"id\":\"{uuid}\",\"content\":\"old #tag\",\"entry_date\":\"2026-03-16\"}}\n");
    let file = sandbox.file("bare.jsonl", &bare);
    assert_eq!(sandbox.run(["import", &file, "--json"]).ok().json()["unchanged"], 1);
    let file = sandbox.file("rewritten.jsonl", bare.replace("old #tag", "new #other, which is terrible"));
    assert_eq!(sandbox.run(["import", &file, "--update", "--json"]).ok().json()["updated"], 1);
    let after = sandbox.show(&id);
    for name in ["title", "mood_score", "mood_source", "starred", "created_at", "written_at", "time_zone"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str(), "{after}");
    let topics = crate::support::field(after["topics"].as_array().unwrap(), "name");
    assert_eq!(topics, ["Two words", "other"], "tags follow the text");
    assert_eq!(after["sentiments"][0]["sentiment_label"], "negative", "the new text is judged");
    // A mood that was inferred follows the text too.
    let id = sandbox.add(["a wonderful day"]);
    let uuid = sandbox.show(&id)["id"].as_str().unwrap().to_string();
    let file = sandbox.file(
        "sad.jsonl",
        format!("{{\"id\":\"{uuid}\",\"content\":\"a terrible day\",\"entry_date\":\"2026-03-16\"}}\n"),
    );
    sandbox.run(["import", &file, "--update"]).ok();
    let after = sandbox.show(&id);
    assert!(after["mood_score"].as_f64().unwrap() < 0.0 && after["mood_source"] == "model", "{after}");
}

#[test]
fn our_own_export_is_all_there_already_whatever_was_done_to_topics() {
    let sandbox = Sandbox::with_sample();
    let text = sandbox.add(["-d", "2026-02-01 10:00", "the text says #work and #home"]);
    // As another client renames a topic, and takes one off: the text says otherwise still.
    let path = sandbox.data().join("journal.db");
    let plain = rusqlite::Connection::open(&path).unwrap();
    plain.execute("UPDATE topics SET name = 'job' WHERE name = 'work'", []).unwrap();
    let id = sandbox.show(&text)["id"].as_str().unwrap().to_string();
    let sql = "DELETE FROM entry_topics WHERE entry_id = ?1 AND topic_id = (SELECT id FROM topics WHERE name = 'home')";
    assert_eq!(plain.execute(sql, [id]).unwrap(), 1);
    let exported = sandbox.export();
    let file = sandbox.file("exported.jsonl", &exported);
    for update in [None, Some("--update")] {
        let args = ["import", &file, "--json"].into_iter().chain(update);
        let report = sandbox.run(args).ok().json();
        assert_eq!((&report["unchanged"], &report["seen"]), (&208.into(), &208.into()), "{report}");
    }
    assert_eq!(sandbox.export(), exported);
    let other = Sandbox::new();
    other.run(["import", &file]).ok();
    assert_eq!(other.export(), exported);
}

#[test]
fn equal_lines_with_and_without_ids_are_different_entries() {
    let bare = "{\"content\":\"Rain.\",\"entry_date\":\"2026-01-01\"}\n";
    let named = bare.replace('{', "{\"id\":\"018dfbc6-38d1-71a9-acee-7c5570bcf751\",");
    for lines in [format!("{named}{bare}"), format!("{bare}{named}"), format!("{bare}{named}{bare}")] {
        let sandbox = Sandbox::new();
        let file = sandbox.file("mixed.jsonl", &lines);
        let count = lines.lines().count() as u64;
        assert_eq!(sandbox.run(["import", &file, "--json"]).ok().json()["new"], count, "{lines}");
        let again = sandbox.run(["import", &file, "--json"]).ok().json();
        assert_eq!((&again["new"], &again["unchanged"]), (&0.into(), &count.into()), "{lines}");
    }
    // Of equal texts, each line finds the entry that is equal in the rest.
    let sandbox = Sandbox::new();
    let moods = ["0.8", "0.2", "-0.5"].map(|mood| bare.replace('{', &format!("{{\"mood_score\":{mood},")));
    let file = sandbox.file("moods.jsonl", moods.concat());
    sandbox.run(["import", &file]).ok();
    let turned = sandbox.file("turned.jsonl", [moods[2].as_str(), &moods[0], &moods[1]].concat());
    let report = sandbox.run(["import", &turned, "--update", "--json"]).ok().json();
    assert_eq!((&report["unchanged"], &report["updated"]), (&3.into(), &0.into()), "{report}");
}

#[test]
fn files_and_pipes_that_are_not_there() {
    let sandbox = Sandbox::new();
    sandbox.run(["import"]).code(2);
    sandbox.run(["import", "/nosuch.jsonl"]).code(3).says("/nosuch.jsonl");
    sandbox.run(["import", "/tmp"]).code(1).says("/tmp");
    let good = sandbox.file("good.jsonl", "{\"content\":\"x\",\"entry_date\":\"2026-01-01\"}\n");
    sandbox.run(["import", &good, "/nosuch.jsonl"]).code(3);
    assert_eq!(sandbox.count(), 0, "all files or none");
    let piped = sandbox.pipe(["import", "-", "--json"], std::fs::read(good).unwrap()).ok().json();
    assert_eq!(piped["new"], 1);
}

#[test]
fn ctrl_c_imports_nothing_and_says_so() {
    let sandbox = Sandbox::new();
    sandbox.add(["mine"]);
    let mut command = sandbox.command(["import", "-", "--json"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let process = Pid::from_child(&child);
    let feeder = std::thread::spawn(move || {
        for number in 0..5_000 {
            if number == 100 {
                kill_process(process, Signal::INT).unwrap();
            }
            let line = format!("{{\"content\":\"line {number}\",\"entry_date\":\"2026-01-01\"}}\n");
            if stdin.write_all(line.as_bytes()).is_err() {
                return number;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        5_000
    });
    let output = child.wait_with_output().unwrap();
    let written = feeder.join().unwrap();
    assert_eq!(output.status.code(), Some(130), "{} {}", JOURNAL, String::from_utf8_lossy(&output.stderr));
    assert!((100..2_000).contains(&written), "it went on for {written} lines");
    let error: serde_json::Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!((&error["error"]["code"], &error["error"]["kind"]), (&130.into(), &"interrupted".into()));
    assert!(error["error"]["hint"].as_str().unwrap().contains("nothing was imported"));
    assert_eq!(sandbox.count(), 1);
}

#[test]
fn a_line_that_is_refused_half_way_leaves_nothing_behind() {
    let sandbox = Sandbox::new();
    let line =
        |content: &str, rest: &str| format!("{{\"content\":\"{content}\",\"entry_date\":\"2024-01-01\"{rest}}}\n");
    let sentiment = r#","sentiments":[{"id":"0190a000-0000-7000-8000-000000000009","model_name":"mine","sentiment_label":"x","confidence_score":1}]"#;
    let lines = [
        line("first #kept", sentiment),
        line("a topic that cannot be", r#","topics":["made by the line", " odd "]"#),
        line("a sentiment of another", sentiment),
        line("last", r#","topics":["made by the line"]"#),
    ];
    let file = sandbox.file("lines.jsonl", lines.concat());
    let report = sandbox.run(["import", &file, "--json"]).code(8).json();
    assert_eq!((&report["new"], report["skipped"].as_array().unwrap().len()), (&2.into(), 2), "{report}");
    assert!(report["skipped"][1]["reason"].as_str().unwrap().contains("000000000009"), "{report}");
    assert_eq!(sandbox.count(), 2);
    assert_eq!(sandbox.run(["topics", "list", "--json"]).ok().json().as_array().unwrap().len(), 2);
    sandbox.run(["doctor"]).ok();
}

#[test]
fn an_entry_whose_text_another_client_has_changed_is_known() {
    let sandbox = Sandbox::new();
    sandbox.add(["-d", "2024-01-01", "before"]);
    let database = rusqlite::Connection::open(sandbox.data().join("journal.db")).unwrap();
    database.execute("UPDATE journal_entries SET content = 'after'", []).unwrap();
    drop(database);
    let file = sandbox.file("line.jsonl", "{\"content\":\"after\",\"entry_date\":\"2024-01-01\"}\n");
    let report = sandbox.run(["import", &file, "--json"]).ok().json();
    assert_eq!((&report["new"], &report["unchanged"]), (&0.into(), &1.into()));
}
