//! `journal undo`, and taking that back.

use crate::support::Sandbox;
use serde_json::Value;

/// The journal as exported, without the time of the last change: putting a text back is a change.
fn state(sandbox: &Sandbox) -> Vec<Value> {
    let strip = |line: &str| {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        entry.as_object_mut().unwrap().remove("updated_at");
        entry
    };
    sandbox.export().lines().map(strip).collect()
}

#[test]
fn every_change_is_taken_back_and_done_again_in_turn() {
    let sandbox = Sandbox::new();
    let mut states = vec![state(&sandbox)];
    let a = sandbox.add(["-t", "First", "-m", "good", "--topic", "t", "I love it #one"]);
    states.push(state(&sandbox));
    let b = sandbox.add(["Second"]);
    states.push(state(&sandbox));
    for change in [
        vec!["edit", &a, "--content", "I hate it now, it is terrible #two"],
        vec!["edit", &a, "--title", "", "--mood", "bad", "--date", "2026-01-01 10:00", "--star", "--tz", "Asia/Tokyo"],
        vec!["edit", &a, "--topic", "more", "--remove-topic", "t"],
        vec!["delete", "--yes", &a, &b],
    ] {
        sandbox.run(change).ok();
        states.push(state(&sandbox));
    }
    let steps = states.len() - 1;
    for step in (0..steps).rev() {
        sandbox.run(["undo"]).ok().says("Taken back:");
        assert_eq!(state(&sandbox), states[step], "undo to {step}");
    }
    sandbox.run(["undo"]).code(3).says("nothing to undo");
    for (step, expected) in states.iter().enumerate().skip(1) {
        sandbox.run(["undo", "--redo"]).ok().says("Done again:");
        assert_eq!(&state(&sandbox), expected, "redo to {step}");
    }
    sandbox.run(["undo", "--redo"]).code(3).says("nothing to redo");
    for expected in states.iter().rev().skip(1) {
        sandbox.run(["undo"]).ok();
        assert_eq!(&state(&sandbox), expected);
    }
    sandbox.run(["doctor"]).ok();
}

#[test]
fn an_edit_taken_back_restores_text_topics_sentiment_and_mood() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["-t", "Title", "I love this wonderful day! #happy"]);
    let before = sandbox.show(&id);
    sandbox.run(["edit", &id, "--title", "Other", "--content", "I hate this terrible day. #sad"]).ok();
    let edited = sandbox.show(&id);
    for name in ["title", "content", "topics", "sentiments", "mood_score"] {
        assert_ne!(edited[name], before[name], "{name}");
    }
    sandbox.run(["undo"]).ok();
    let after = sandbox.show(&id);
    for name in ["title", "content", "entry_date", "topics", "mood_score", "mood_source", "word_count", "created_at"] {
        assert_eq!(after[name], before[name], "{name}");
    }
    assert_eq!(after["sentiments"][0]["sentiment_label"], "positive");
    let found = sandbox.run(["search", "wonderful", "--json"]).ok().array("results");
    assert_eq!(found.len(), 1, "the index follows");
}

#[test]
fn an_import_is_taken_back_as_a_whole() {
    let sandbox = Sandbox::new();
    let own = sandbox.add(["my own"]);
    let sample = crate::support::sample();
    sandbox.run(["import", sample.to_str().unwrap()]).ok();
    let imported = state(&sandbox);
    sandbox.run(["undo"]).ok().says("imported 207 entries");
    assert_eq!(sandbox.count(), 1);
    assert_eq!(sandbox.show(&own)["content"], "my own");
    sandbox.run(["undo", "--redo"]).ok();
    assert_eq!(state(&sandbox), imported);
    sandbox.run(["import", sample.to_str().unwrap()]).ok();
    sandbox.run(["undo"]).ok().says("imported 207 entries");
    assert_eq!(sandbox.count(), 1, "an import that added nothing is no step");
}

#[test]
fn after_another_change_there_is_nothing_to_redo() {
    let sandbox = Sandbox::new();
    sandbox.add(["one"]);
    sandbox.run(["undo"]).ok();
    sandbox.add(["two"]);
    sandbox.run(["undo", "--redo"]).code(3);
    let undone = sandbox.run(["undo", "--json"]).ok().quiet().json();
    assert_eq!(undone["operation"]["command"], "add");
    assert_eq!(undone["redo"], false);
    assert!(undone["rows"].as_u64().unwrap() >= 2, "{undone}");
    assert_eq!(sandbox.count(), 0);
}

#[test]
fn each_person_takes_back_their_own() {
    let sandbox = Sandbox::new();
    sandbox.add(["mine"]);
    sandbox.run(["--user", "other@example.org", "list"]).code(3).says("other@example.org");
    assert_eq!(sandbox.count(), 1);
}
