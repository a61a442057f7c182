//! `journal bulk`: many moods and sentiments, and what is not applied.

use crate::support::Sandbox;
use serde_json::{Value, json};

/// Lines of `{"id", "mood_score", "updated_at"}` as a script takes them from a list.
fn lines(sandbox: &Sandbox, mood: f64) -> Vec<Value> {
    let listed = sandbox.run(["list", "--json"]).ok().json();
    let line = |entry: &Value| json!({"id": entry["id"], "mood_score": mood, "updated_at": entry["updated_at"]});
    listed.as_array().unwrap().iter().map(line).collect()
}

fn text(lines: &[Value]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

#[test]
fn moods_are_set_at_once_and_taken_back_at_once() {
    let sandbox = Sandbox::new();
    let ids = [sandbox.add(["-m", "bad", "one"]), sandbox.add(["two 日本"]), sandbox.add(["three"])];
    let before = sandbox.export();
    let moods = text(&lines(&sandbox, 0.555));
    let rehearsed = sandbox.pipe(["bulk", "moods", "-", "--dry-run", "--json"], &moods).ok().quiet().json();
    assert_eq!((rehearsed["written"].as_array().unwrap().len(), &rehearsed["dry_run"]), (3, &json!(true)));
    assert_eq!(sandbox.export(), before);
    let done = sandbox.pipe(["bulk", "moods", "-", "--json"], &moods).ok().quiet().json();
    assert_eq!((done["written"].as_array().unwrap().len(), done["stale"].as_array().unwrap().len()), (3, 0));
    for id in &ids {
        let entry = sandbox.show(id);
        assert_eq!((&entry["mood_score"], &entry["mood_source"]), (&json!(0.56), &json!("user")));
    }
    sandbox.run(["undo"]).ok();
    let moods_of = |text: &str| -> Vec<Value> {
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["mood_score"].clone()).collect()
    };
    assert_eq!(moods_of(&sandbox.export()), moods_of(&before));
}

#[test]
fn a_stale_mood_is_reported_and_not_applied() {
    let sandbox = Sandbox::new();
    let (changed, other) = (sandbox.add(["changed since"]), sandbox.add(["as it was"]));
    let moods = lines(&sandbox, -0.5);
    sandbox.run(["edit", &changed, "--mood", "great"]).ok();
    let outcome = sandbox.pipe(["bulk", "moods", "-", "--json"], text(&moods)).code(8).json();
    assert_eq!(outcome["written"].as_array().unwrap().len(), 1);
    let stale = &outcome["stale"][0];
    assert_eq!((&stale["id"], &stale["mood_score"]), (&sandbox.show(&changed)["id"], &json!(0.8)));
    assert_eq!(stale["updated_at"], sandbox.show(&changed)["updated_at"]);
    assert_eq!(
        (&sandbox.show(&changed)["mood_score"], &sandbox.show(&other)["mood_score"]),
        (&json!(0.8), &json!(-0.5))
    );
    // For a person, in words; the same file again is stale throughout, and the mood is not set twice.
    sandbox.pipe(["bulk", "moods", "-"], text(&moods)).code(8).says(&changed).says("not applied");
    // An entry named twice is stale the second time.
    let again = lines(&sandbox, 0.1).into_iter().flat_map(|line| [line.clone(), line]).collect::<Vec<_>>();
    let outcome = sandbox.pipe(["bulk", "moods", "-", "--json"], text(&again)).code(8).json();
    assert_eq!((outcome["written"].as_array().unwrap().len(), outcome["stale"].as_array().unwrap().len()), (2, 2));
}

#[test]
fn a_line_that_cannot_be_read_stops_everything() {
    let sandbox = Sandbox::new();
    sandbox.add(["one"]);
    let before = sandbox.export();
    let mut moods = text(&lines(&sandbox, 0.5));
    moods.push_str("\n{\"id\": \"x\", \"mood_score\": 7, \"updated_at\": \"2026-01-01T00:00:00Z\"}\n");
    let file = sandbox.file("moods.jsonl", &moods);
    sandbox.run(["bulk", "moods", &file]).code(2).says("moods.jsonl:3").says("mood_score 7");
    assert_eq!(sandbox.export(), before);
    sandbox.pipe(["bulk", "moods", "-"], "{\"id\": \"zzzz\", \"mood_score\": 0}").code(2).says("list --json");
    sandbox.run(["bulk", "moods", "/nowhere/moods.jsonl"]).code(3).says("/nowhere/moods.jsonl");
    let nobody = "{\"id\": \"zzzz\", \"mood_score\": 0, \"updated_at\": \"2026-01-01T00:00:00Z\"}";
    sandbox.pipe(["bulk", "moods", "-"], nobody).code(8).says("no entry 'zzzz'");
    assert_eq!(sandbox.run(["bulk", "moods", "/dev/null", "--json"]).ok().json()["written"], json!([]));
}

#[test]
fn sentiments_are_kept_and_replaced() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["one"]);
    let line = |label: &str, score: f64| json!({"entry_id": id, "model_name": "mine", "sentiment_label": label, "confidence_score": score, "emotions": {"joy": 0.8}});
    for (label, score, kept) in [("happy", 0.5, 0.5), ("very happy", 0.123_45, 0.1235)] {
        let done = sandbox.pipe(["bulk", "sentiments", "-", "--json"], text(&[line(label, score)])).ok().json();
        assert_eq!(done["written"].as_array().unwrap().len(), 1);
        let sentiments = sandbox.show(&id)["sentiments"].clone();
        let mine: Vec<&Value> =
            sentiments.as_array().unwrap().iter().filter(|sentiment| sentiment["model_name"] == "mine").collect();
        assert_eq!(mine.len(), 1, "one row for each entry and model");
        assert_eq!((&mine[0]["sentiment_label"], &mine[0]["confidence_score"]), (&json!(label), &json!(kept)));
        assert_eq!(mine[0]["emotions"], json!({"joy": 0.8}));
    }
    let same = sandbox.pipe(["bulk", "sentiments", "-", "--json"], text(&[line("very happy", 0.1235)])).ok().json();
    assert_eq!((same["written"].as_array().unwrap().len(), same["unchanged"].as_array().unwrap().len()), (0, 1));
    let long = json!({"entry_id": id, "model_name": "m".repeat(101), "sentiment_label": "x", "confidence_score": 1});
    sandbox.pipe(["bulk", "sentiments", "-"], text(&[line("sad", 0.9), long])).code(2).says("model_name");
    assert_ne!(sandbox.show(&id)["sentiments"][0]["sentiment_label"], "sad", "all or nothing");
    sandbox.run(["undo"]).ok();
    assert!(sandbox.show(&id)["sentiments"].to_string().contains("\"happy\""), "the last write is taken back");
}
