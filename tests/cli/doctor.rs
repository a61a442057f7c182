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
