//! Entries that are still to be analysed, as tasks in Redis.

use crate::fixture::{MODEL, read, store, to_redis, user};
use crate::redis::document;
use crate::servers::Redis;
use crate::support::Sandbox;
use redis::Connection;
use serde_json::{Value, json};

/// The tasks in the queue, the next to be taken first.
fn queue(client: &mut Connection) -> Vec<Value> {
    let tasks: Vec<String> = redis::cmd("LRANGE").arg("tasks:queue:ai_analysis").arg(0).arg(-1).query(client).unwrap();
    tasks.iter().rev().map(|task| serde_json::from_str(task).unwrap()).collect()
}

#[test]
fn what_is_not_analysed_is_queued_once_and_taken_out_when_it_is() {
    let (sandbox, redis) = (Sandbox::without_model(), Redis::start());
    let ids: Vec<String> =
        ["The first.", "The second.", "The third, good."].iter().map(|text| sandbox.add(text)).collect();
    let (url, user) = (redis.url(), user(&sandbox).to_string());
    assert_eq!(to_redis(&sandbox, &url).unwrap().queued, 3);
    let mut client = redis.client();
    let tasks = queue(&mut client);
    let entries: Vec<&str> = tasks.iter().map(|task| task["entry_id"].as_str().unwrap()).collect();
    assert_eq!(entries, ids, "the oldest comes first");
    for task in &tasks {
        assert_eq!((&task["task"], &task["user_id"]), (&json!("ai_analysis"), &json!(user)));
        let key = format!("tasks:status:{}", task["task_id"].as_str().unwrap());
        let status = document(&mut client, &key);
        assert_eq!((&status["status"], &status["entry_id"]), (&json!("queued"), &task["entry_id"]));
        let lives: i64 = redis.cli(&["TTL", &key]).parse().unwrap();
        assert!((3_540..=3_600).contains(&lives), "{lives}");
    }

    // Nothing is queued twice: not by a change that leaves the text, not after the status has gone.
    sandbox.ok(&["edit", &ids[0], "--mood", "0.5"]);
    assert_eq!(to_redis(&sandbox, &url).unwrap().queued, 0);
    for task in &tasks {
        redis.cli(&["DEL", &format!("tasks:status:{}", task["task_id"].as_str().unwrap())]);
    }
    sandbox.ok(&["edit", &ids[0], "--mood", "0.4"]);
    assert_eq!(to_redis(&sandbox, &url).unwrap().queued, 0);
    // Nor while a worker has it: the status is there, the task is not.
    redis.cli(&["SET", &format!("tasks:status:{}", tasks[0]["task_id"].as_str().unwrap()), "{}", "EX", "3600"]);
    assert!(redis.cli(&["RPOP", "tasks:queue:ai_analysis"]).contains(&ids[0]));
    sandbox.ok(&["edit", &ids[0], "--mood", "0.3"]);
    assert_eq!(to_redis(&sandbox, &url).unwrap().queued, 0);
    assert_eq!(queue(&mut client).len(), 2);

    // A changed text is another task, and the old one goes; a deleted entry has none; others' are let be.
    redis.cli(&["LPUSH", "tasks:queue:ai_analysis", "\"somebody's\""]);
    sandbox.ok(&["edit", &ids[1], "--content", "The second, rewritten."]);
    sandbox.ok(&["delete", "--yes", &ids[2]]);
    let report = to_redis(&sandbox, &url).unwrap();
    assert_eq!((report.queued, report.withdrawn), (1, 2), "{report:?}");
    let left = queue(&mut client);
    assert_eq!(left[0], json!("somebody's"));
    assert_eq!(left[1]["entry_id"], json!(ids[1]));
    assert_ne!(left[1]["task_id"], tasks[1]["task_id"]);
    assert_eq!(left.len(), 2);

    // Analysed here: out of the queue, and what came of it can be read.
    sandbox.ok(&["analyze"]);
    {
        let mut store = store(&sandbox);
        read(&mut store, &ids[0], MODEL, 4, 1);
        read(&mut store, &ids[1], MODEL, 4, 1);
    }
    let report = to_redis(&sandbox, &url).unwrap();
    assert_eq!((report.queued, report.withdrawn), (0, 1), "{report:?}");
    assert_eq!(queue(&mut client), [json!("somebody's")]);
    let id = left[1]["task_id"].as_str().unwrap();
    assert_eq!(document(&mut client, &format!("tasks:status:{id}"))["status"], "completed");
    let results = document(&mut client, &format!("tasks:results:{id}"));
    assert_eq!((&results["entry_id"], &results["user_id"]), (&json!(ids[1]), &json!(user)));
    assert_eq!(results["sentiments"][0]["model_name"], "vader");
    assert_eq!((&results["embedding"]["model_name"], &results["embedding"]["dimensions"]), (&json!(MODEL), &json!(4)));
    assert_eq!(redis.cli(&["STRLEN", results["embedding"]["key"].as_str().unwrap()]), "16");
    let lives: i64 = redis.cli(&["TTL", &format!("tasks:results:{id}")]).parse().unwrap();
    assert!((86_340..=86_400).contains(&lives), "{lives}");
}
