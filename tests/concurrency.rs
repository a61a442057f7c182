//! Many processes at once, as `xargs -P` starts them.
#![allow(clippy::unwrap_used)]

mod support;

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

use support::{Outcome, Sandbox, ids};

const ENTRIES: usize = 200;
const AT_ONCE: usize = 16;

/// Runs the program with background analyses after each change.
fn auto(sandbox: &Sandbox, args: &[&str]) -> Outcome {
    let mut command = sandbox.command_on(sandbox.data(), "auto");
    command.args(args);
    Outcome::of(command)
}

#[test]
fn two_hundred_entries_by_sixteen_while_others_search_and_analyse() {
    let sandbox = Sandbox::new();
    let (next, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (added, searches) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
    thread::scope(|scope| {
        let writers: Vec<_> = (0..AT_ONCE)
            .map(|_| {
                scope.spawn(|| {
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= ENTRIES {
                            return;
                        }
                        let text = format!("Number {number} of a common journey by train #trip");
                        let entry = auto(&sandbox, &["add", "--json", &text]).expect(0).json();
                        added.lock().unwrap().push(entry["id"].as_str().unwrap().to_owned());
                    }
                })
            })
            .collect();
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                let before = added.lock().unwrap().clone();
                let outcome = auto(&sandbox, &["search", "common", "--limit", "1000", "--mode", "words", "--json"]);
                let report = outcome.expect(0).json();
                let found: HashSet<String> = ids(&report["results"]).into_iter().collect();
                // What was acknowledged before the search began is found, or the search says what may be missing.
                if report["reason"].is_null() {
                    let missing: Vec<_> = before.iter().filter(|id| !found.contains(*id)).collect();
                    assert!(missing.is_empty(), "{} acknowledged, not found: {missing:?}", before.len());
                }
                auto(&sandbox, &["search", "a long way by rail", "--json"]).expect(0);
                searches.fetch_add(1, Ordering::Relaxed);
            }
        });
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                auto(&sandbox, &["analyze"]).expect(0);
            }
        });
        let finished: Vec<_> = writers.into_iter().map(|writer| writer.join()).collect();
        over.store(true, Ordering::Relaxed);
        assert!(finished.iter().all(Result::is_ok));
    });
    assert!(searches.load(Ordering::Relaxed) > 0);
    sandbox.settle();

    // Whoever was last has seen to everything: nobody needs to ask for it.
    let tasks = sandbox.json(&["tasks"]);
    for task in tasks["tasks"].as_array().unwrap() {
        let blocked = !sandbox.has_model()
            && ["entry_vectors", "topic_vectors", "emotions"].contains(&task["task_id"].as_str().unwrap());
        assert!(blocked || task["pending"] == 0, "{tasks:#}");
    }
    let added: HashSet<String> = added.into_inner().unwrap().into_iter().collect();
    assert_eq!(added.len(), ENTRIES);
    let listed = ids(&sandbox.json(&["list", "--limit", "1000"]));
    assert_eq!(listed.iter().cloned().collect::<HashSet<_>>(), added);
    assert_eq!(listed.len(), ENTRIES);
    let found = sandbox.search(&["common", "--limit", "1000", "--mode", "words"]);
    assert_eq!(found.len(), ENTRIES);
    assert_eq!(found.into_iter().collect::<HashSet<_>>(), added);
    if sandbox.has_model() {
        let near = sandbox.json(&["similar", &listed[0], "--threshold", "0.2", "--limit", "1000"]);
        assert_eq!(ids(&near["results"]).len(), ENTRIES - 1);
    }
    sandbox.expect_well();
}

#[test]
fn the_first_use_by_eight_at_once_makes_one_journal_of_one_user() {
    for _ in 0..10 {
        let sandbox = Sandbox::without_model();
        let together = Barrier::new(8);
        thread::scope(|scope| {
            for number in 0..8 {
                let (sandbox, together) = (&sandbox, &together);
                scope.spawn(move || {
                    let text = format!("The first of all, number {number}");
                    together.wait();
                    sandbox.ok(&["add", &text]);
                });
            }
        });
        let entries = sandbox.json(&["list", "--limit", "100"]);
        assert_eq!(ids(&entries).len(), 8);
        let users: HashSet<&str> =
            entries.as_array().unwrap().iter().map(|entry| entry["user_id"].as_str().unwrap()).collect();
        assert_eq!(users.len(), 1, "{users:?}");
        sandbox.ok(&["search", "first"]);
        sandbox.expect_well();
    }
}

/// Two people have the same version in their editors. The first to save wins; the other is told, and
/// keeps the text.
#[test]
fn of_two_edits_of_one_version_one_wins_and_the_other_keeps_its_text() {
    let sandbox = Sandbox::without_model();
    let id = sandbox.add("The first version");
    let database = rusqlite::Connection::open(sandbox.data().join("journal.db")).unwrap();
    // Holding the write lock, so that both have read the entry when the first of them can write.
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    let outcomes: Vec<Outcome> = thread::scope(|scope| {
        let edits: Vec<_> = ["one", "other"]
            .map(|text| {
                let (sandbox, id) = (&sandbox, &id);
                scope.spawn(move || {
                    let text = format!("By {text} hand");
                    sandbox.run(&["edit", id, "--content", &text, "--json"])
                })
            })
            .into_iter()
            .collect();
        thread::sleep(std::time::Duration::from_millis(1500));
        database.execute_batch("ROLLBACK").unwrap();
        edits.into_iter().map(|edit| edit.join().unwrap()).collect()
    });
    let (won, lost): (Vec<&Outcome>, Vec<&Outcome>) = outcomes.iter().partition(|outcome| outcome.code() == Some(0));
    assert!(won.len() == 1 && lost.len() == 1, "{}\n{}", outcomes[0], outcomes[1]);
    let (won, lost) = (won[0], lost[0]);
    assert_eq!(lost.code(), Some(7), "{lost}");
    let content = won.json()["content"].as_str().unwrap().to_owned();
    assert_eq!(sandbox.json(&["show", &id])["content"], content);

    let error: serde_json::Value = serde_json::from_str(&lost.stderr).unwrap();
    assert_eq!(error["error"]["kind"], "busy", "{lost}");
    let drafts: Vec<_> = std::fs::read_dir(sandbox.data().join("drafts")).unwrap().flatten().collect();
    assert_eq!(drafts.len(), 1);
    let draft = drafts[0].path();
    assert!(error["error"]["hint"].as_str().unwrap().contains(draft.to_str().unwrap()), "{lost}");
    let kept = std::fs::read_to_string(&draft).unwrap();
    assert!(kept.starts_with("By o") && kept != content, "{kept}");

    // Without a race, the one who comes later starts from the newer version.
    sandbox.ok(&["edit", &id, "--content", &kept]);
    assert_eq!(sandbox.json(&["show", &id])["content"], kept);
}
