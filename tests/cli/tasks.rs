//! `journal tasks`: what is pending, and why.

use crate::support::Sandbox;

#[test]
fn work_is_named_counted_and_explained() {
    let sandbox = Sandbox::with_sample();
    let outcome = sandbox.run(["tasks", "--json"]).ok().quiet();
    let tasks = outcome.array("tasks");
    let task = |id: &str| tasks.iter().find(|task| task["task_id"] == id).unwrap_or_else(|| panic!("{id}: {outcome}"));
    assert_eq!((&task("text_index")["pending"], &task("text_index")["state"]), (&207.into(), &"waiting".into()));
    assert!(task("text_index")["reason"].as_str().unwrap().contains("journal analyze"));
    assert_eq!(task("sentiments")["state"], "done");
    for id in ["entry_vectors", "topic_vectors"] {
        assert_eq!((&task(id)["state"], &task(id)["model_name"]), (&"blocked".into(), &serde_json::Value::Null));
        assert!(task(id)["reason"].as_str().unwrap().contains("journal models install"));
    }
    assert_eq!(task("entry_vectors")["pending"], 207);
    assert_eq!((&task("emotions")["pending"], &task("emotions")["state"]), (&207.into(), &"blocked".into()));
    assert!(task("emotions")["reason"].as_str().unwrap().contains("journal models install"));
    assert_eq!(outcome.json()["running"], false);
    assert_eq!(sandbox.run(["tasks", "--jsonl"]).ok().json_lines(), tasks);
    let text = sandbox.run(["tasks"]).ok().text();
    assert!(text.starts_with("text_index\t207\twaiting\t"), "{text}");
}
