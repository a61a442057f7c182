//! `journal export`.

use crate::support::{Sandbox, sample_lines};
use serde_json::Value;
use std::fs;

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
