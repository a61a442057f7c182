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
