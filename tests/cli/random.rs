//! `journal random`: one entry, by chance.

use crate::support::{Sandbox, field};
use std::collections::HashSet;

#[test]
fn a_seed_gives_the_same_entry_and_all_have_their_turn() {
    let sandbox = Sandbox::new();
    let ids: HashSet<String> = (0..5).map(|number| sandbox.add([&format!("entry {number}")])).collect();
    let one = |args: &[&str]| -> String {
        let all: Vec<&str> = ["random", "--json"].iter().chain(args).copied().collect();
        sandbox.run(all).ok().json()["short_id"].as_str().unwrap().to_string()
    };
    let seeded: HashSet<String> = (0..40).map(|seed: u32| one(&["--seed", &seed.to_string()])).collect();
    assert_eq!(seeded, ids);
    assert_eq!(one(&["--seed", "7"]), one(&["--seed", "7"]));
    let drawn: HashSet<String> = (0..40).map(|_| one(&[])).collect();
    assert!(drawn.len() > 1 && drawn.is_subset(&ids), "{drawn:?}");
}

#[test]
fn filters_hold_and_nothing_is_no_failure() {
    let sandbox = Sandbox::with_sample();
    for seed in 0..10 {
        let entry = sandbox.run(["random", "--json", "--mood", "..-0.3", "--on", "2025", "--seed", &seed.to_string()]);
        let entry = entry.ok().json();
        assert!(entry["mood_score"].as_f64().unwrap() <= -0.3, "{entry}");
        assert!(entry["entry_date"].as_str().unwrap().starts_with("2025") && entry["content"].is_string(), "{entry}");
    }
    let text = sandbox.run(["random", "--seed", "3"]).ok().text();
    let id = sandbox.run(["random", "--seed", "3", "--json"]).ok().json()["short_id"].as_str().unwrap().to_string();
    assert_eq!(text, sandbox.run(["show", &id]).ok().text());
    assert!(sandbox.run(["random", "--on", "1999", "--json"]).ok().json().is_null());
    sandbox.run(["random", "--on", "1999"]).ok().says("No entry passes");
    sandbox.run(["random", "--topic", "nosuch"]).code(3);
    assert_eq!(sandbox.run(["random", "--jsonl", "--on", "1999"]).ok().text(), "");
    let listed = field(&sandbox.run(["list", "--json", "-n", "1000"]).ok().array(""), "short_id");
    assert!(listed.contains(&id));
}
