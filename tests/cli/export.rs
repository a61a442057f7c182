//! `journal export`.

use crate::support::{Sandbox, field, sample, sample_lines};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

#[test]
fn every_field_of_the_sample_comes_out_as_it_went_in() {
    let sandbox = Sandbox::with_sample();
    let out: Vec<Value> = sandbox.run(["export"]).ok().quiet().json_lines();
    let given = sample_lines();
    assert_eq!(out.len(), given.len());
    for entry in &given {
        let exported = out.iter().find(|other| other["id"] == entry["id"]).unwrap();
        for (name, value) in entry.as_object().unwrap() {
            if name == "topics" {
                // Tags of the text are topics too.
                for topic in value.as_array().unwrap() {
                    let (name, relevance) = (&topic["name"], &topic["relevance_score"]);
                    let found = exported["topics"].as_array().unwrap().iter().find(|other| &other["name"] == name);
                    assert_eq!(&found.unwrap()["relevance_score"], relevance);
                }
            } else {
                assert_eq!(&exported[name], value, "{name} of {}", entry["id"]);
            }
        }
    }
    assert!(out.is_sorted_by(|a, b| a["created_at"].as_str() <= b["created_at"].as_str()));
}

#[test]
fn a_file_is_written_whole_and_private() {
    use std::os::unix::fs::PermissionsExt;
    let sandbox = Sandbox::with_sample();
    let path = sandbox.path("out.jsonl");
    sandbox.run(["export", "-o", path.to_str().unwrap()]).ok().says("207");
    assert_eq!(fs::read_to_string(&path).unwrap(), sandbox.export());
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let said = sandbox.run(["export", "-o", path.to_str().unwrap(), "--json", "-n", "3"]).ok().quiet().json();
    assert_eq!(said["exported"], 3);
    assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 3);
    sandbox.run(["export", "-o", "nosuch/folder/out.jsonl"]).code(2).says("nosuch/folder");
    assert!(!sandbox.path("nosuch").exists(), "a mistyped path makes no folders");
}

#[test]
fn filters_limits_and_forms() {
    let sandbox = Sandbox::with_sample();
    let whole = sandbox.export();
    let some = sandbox.run(["export", "--starred", "--since", "2025"]).ok().json_lines();
    assert!(!some.is_empty() && some.iter().all(|entry| entry["starred"] == true));
    assert_eq!(
        sandbox.run(["export", "-n", "2"]).ok().text(),
        whole.lines().take(2).map(|l| format!("{l}\n")).collect::<String>()
    );
    let array = sandbox.run(["export", "--json"]).ok().array("");
    assert_eq!(array.len(), 207);
    assert_eq!(array[5], sandbox.run(["export", "--jsonl"]).ok().json_lines()[5]);
    assert_eq!(sandbox.run(["export", "--json", "--on", "1999"]).ok().json(), serde_json::json!([]));
}

/// The cursor that is told on standard error.
fn told(talk: &str) -> Option<String> {
    talk.lines().find_map(|line| line.strip_prefix("more: --cursor ")).map(str::to_string)
}

#[test]
fn pages_go_on_where_they_ended_though_entries_come_and_go() {
    for order in [&[][..], &["--reverse"], &["--sort", "date"], &["--sort", "mood"], &["--sort", "words", "--reverse"]]
    {
        let sandbox = Sandbox::with_sample();
        let export = |more: &[&str]| sandbox.run([&["export"], order, more].concat()).ok();
        let whole = export(&[]);
        assert!(told(&whole.talk()).is_none(), "{whole}");
        let mut lines: Vec<String> = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let at: Vec<&str> = cursor.iter().flat_map(|cursor| ["--cursor", cursor]).collect();
            let page = export(&[&["-n", "50"], &at[..]].concat());
            lines.extend(page.lines());
            cursor = told(&page.talk());
            if cursor.is_none() {
                break;
            }
            // One that was exported goes; the next page does not depend on it.
            let last: Value = serde_json::from_str(lines.last().unwrap()).unwrap();
            sandbox.run(["delete", "--yes", last["id"].as_str().unwrap()]).ok();
        }
        assert_eq!(lines, whole.lines(), "{order:?}");
    }
}

#[test]
fn the_cursors_of_list_do_and_others_are_refused() {
    let sandbox = Sandbox::with_sample();
    let listed = sandbox.run(["list", "--json", "--sort", "created", "--reverse", "-n", "20"]).ok().array("");
    let cursor = listed[9]["cursor"].as_str().unwrap();
    let rest = sandbox.run(["export", "-n", "10", "--cursor", cursor]).ok().json_lines();
    assert_eq!(field(&rest, "id"), field(&listed[10..], "id"));
    sandbox.run(["export", "--sort", "mood", "--cursor", cursor]).code(2).says("cursor");
    let path = sandbox.path("part.jsonl");
    let said = sandbox.run(["export", "-o", path.to_str().unwrap(), "-n", "10", "--json"]).ok().json();
    assert_eq!(said["cursor"], cursor);
    let said = sandbox.run(["export", "-o", path.to_str().unwrap(), "--json"]).ok().json();
    assert!(said["cursor"].is_null(), "{said}");
}

#[test]
fn an_export_is_the_journal_at_one_moment() {
    let sandbox = Sandbox::with_sample();
    // More than a pipe holds, and more than anybody reads at a time.
    let without_ids = |line: &str| format!("{{{}\n", line.split_once(", ").unwrap().1);
    let lines: String = fs::read_to_string(sample()).unwrap().lines().map(without_ids).collect();
    sandbox.run(["import", &sandbox.file("more.jsonl", lines.repeat(5))]).ok();
    let before = sandbox.export();
    assert_eq!(before.lines().count(), 5 * 207, "of five equal ones, one is there");
    let mut child = sandbox.command(["export"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut output = BufReader::with_capacity(1 << 10, child.stdout.take().unwrap());
    let mut text = String::new();
    output.read_line(&mut text).unwrap();
    // It waits for its reader now, in the middle.
    let last: Value = serde_json::from_str(before.lines().last().unwrap()).unwrap();
    sandbox.run(["edit", last["id"].as_str().unwrap(), "--content", "changed", "--topic", "changed"]).ok();
    sandbox.add(["added meanwhile"]);
    let id = serde_json::from_str::<Value>(before.lines().nth(1000).unwrap()).unwrap()["id"].clone();
    sandbox.run(["delete", "--yes", id.as_str().unwrap()]).ok();
    output.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(text, before);
    assert_ne!(sandbox.export(), before);
}
