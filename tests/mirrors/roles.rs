//! Two Redis, one that evicts and one that does not: the queue of tasks is in the second.

use crate::deployment::{Deployment, mirror};
use crate::fixture::{MODEL, read, store};
use crate::redis::contents;
use crate::servers::Redis;
use crate::support::{Outcome, Sandbox};
use serde_json::{Value, json};
use std::fs;

const QUEUE: &str = "tasks:queue:ai_analysis";

#[test]
fn tasks_go_to_a_redis_of_their_own() {
    let (sandbox, mut deployment) = (Sandbox::without_model(), Deployment::start());
    deployment.redis = Redis::with(&["--maxmemory", "64mb", "--maxmemory-policy", "allkeys-lru"]);
    let mut durable = Redis::with(&["--maxmemory", "64mb", "--maxmemory-policy", "noeviction"]);
    let durable_url = durable.url();
    let run = |deployment: &Deployment, args: &[&str]| {
        let mut command = deployment.command(&sandbox, args);
        command.env("JOURNAL_REDIS_TASKS_URL", &durable_url);
        Outcome::of(command)
    };
    let first = sandbox.add("The first entry, a good one.");
    sandbox.ok(&["analyze"]);
    read(&mut store(&sandbox), &first, MODEL, 8, 1);
    sandbox.add("Nobody has read this.");
    deployment.run(&sandbox, &["init"]).expect(0);

    // One Redis has everything, and doctor says what that costs.
    deployment.run(&sandbox, &[]).expect(0);
    assert_eq!(deployment.redis.cli(&["LLEN", QUEUE]), "1");
    let check = |document: &Value, name: &str| {
        let checks = document["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {document}")).clone()
    };
    let warned = check(&deployment.json(&sandbox, &["doctor"], 8), "redis");
    assert!(warned["hint"].as_str().unwrap().contains("JOURNAL_REDIS_TASKS_URL"), "{warned}");

    // The second is named: the tasks go over, and are in the first no more.
    let synced = run(&deployment, &["--json"]).expect(0).json();
    let (cache, tasks) = (mirror(&synced, "redis"), mirror(&synced, "redis_tasks"));
    assert_eq!(
        (&cache["withdrawn"], &cache["queued"], &cache["embeddings"]),
        (&json!(1), &json!(0), &json!(1)),
        "{cache}"
    );
    assert_eq!((&tasks["users"], &tasks["queued"], &tasks["embeddings"]), (&json!(0), &json!(1), &json!(0)), "{tasks}");
    assert_eq!((deployment.redis.cli(&["EXISTS", QUEUE]), durable.cli(&["LLEN", QUEUE])), ("0".into(), "1".into()));
    let there = contents(&mut durable.client());
    assert!(there.keys().all(|key| key.starts_with("tasks:") || key.starts_with("journal_cli:")), "{:?}", there.keys());
    assert!(there.keys().any(|key| key.starts_with("tasks:results:")), "{:?}", there.keys());
    let again = run(&deployment, &[]).expect(0);
    assert!(again.stdout.contains("Both sides are the same") && !again.stdout.contains("Redis"), "{again}");
    let doctor = run(&deployment, &["doctor", "--json"]).json();
    let (cache, tasks) = (check(&doctor, "redis"), check(&doctor, "redis_tasks"));
    assert_eq!((&cache["ok"], &tasks["ok"]), (&json!(true), &json!(true)), "{doctor}");
    assert!(tasks["detail"].as_str().unwrap().contains("noeviction, tasks waiting: 1"), "{tasks}");
    assert!(!cache["detail"].as_str().unwrap().contains("waiting"), "{cache}");

    // Each is away for itself.
    let before = contents(&mut deployment.redis.client());
    durable.kill();
    let second = sandbox.add("Nobody has read this one either.");
    let partial = run(&deployment, &[]).expect(8);
    assert!(
        partial.stderr.contains("Redis for tasks is behind") && partial.stderr.contains("JOURNAL_REDIS_TASKS_URL"),
        "{partial}"
    );
    assert!(partial.stdout.contains("Redis: 1 profile"), "{partial}");
    assert!(contents(&mut deployment.redis.client()).len() >= before.len());
    let dry = run(&deployment, &["--dry-run", "--json"]).expect(0).json();
    let away = mirror(&dry, "redis_tasks");
    assert_eq!((&away["asked"], &away["queued"]), (&json!(false), &json!(1)), "{away}");
    durable.restart();
    assert_eq!(mirror(&run(&deployment, &["--json"]).expect(0).json(), "redis_tasks")["queued"], json!(2));
    sandbox.ok(&["delete", "--yes", &second]);
    assert_eq!(mirror(&run(&deployment, &["--json"]).expect(0).json(), "redis_tasks")["withdrawn"], json!(1));

    // By a file, by settings; and the same one twice is one.
    let file = sandbox.folder().join("tasks.url");
    fs::write(&file, &durable_url).unwrap();
    let file = file.to_str().unwrap();
    let mut command = deployment.command(&sandbox, &["status"]);
    command.env("JOURNAL_REDIS_TASKS_URL_FILE", file);
    let status = Outcome::of(command).expect(0);
    assert!(status.stdout.contains(&format!("Redis for tasks: {durable_url}, up to date")), "{status}");
    sandbox.ok(&["config", "set", "redis_tasks_url_file", file]);
    let status = deployment.run(&sandbox, &["status"]).expect(0);
    assert!(status.stdout.contains("Redis for tasks: unix://"), "{status}");
    let refused = sandbox.run(&["config", "set", "redis_tasks_url", "redis://:verysecret@h"]).expect(2);
    assert!(refused.stderr.contains("redis_tasks_url_file"), "{refused}");
    fs::write(file, deployment.redis.url()).unwrap();
    // Named no more, the tasks come back.
    let synced = deployment.json(&sandbox, &[], 0);
    assert_eq!(synced["mirrors"].as_array().unwrap().len(), 2, "{synced}");
    assert_eq!((&mirror(&synced, "redis")["anew"], deployment.redis.cli(&["LLEN", QUEUE])), (&json!(true), "1".into()));
}
