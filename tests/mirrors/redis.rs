//! What goes to Redis, and stays as long as the architecture says.

use crate::fixture::{MODEL, read, store, to_redis, user, would_go_to_redis};
use crate::servers::Redis;
use crate::support::Sandbox;
use journaling_ai::cache::text_hash;
use redis::Connection;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fs;

/// Everything there, by key: the value, and whether it goes by itself.
pub(crate) fn contents(client: &mut Connection) -> BTreeMap<String, (Vec<Vec<u8>>, bool)> {
    let keys: Vec<String> = redis::cmd("KEYS").arg("*").query(client).unwrap();
    keys.into_iter()
        .map(|key| {
            let kind: String = redis::cmd("TYPE").arg(&key).query(client).unwrap();
            let value: Vec<Vec<u8>> = match kind.as_str() {
                "list" => redis::cmd("LRANGE").arg(&key).arg(0).arg(-1).query(client).unwrap(),
                _ => vec![redis::cmd("GET").arg(&key).query(client).unwrap()],
            };
            let goes = redis::cmd("TTL").arg(&key).query::<i64>(client).unwrap() > 0;
            (key, (value, goes))
        })
        .collect()
}

fn get(client: &mut Connection, key: &str) -> Option<Vec<u8>> {
    redis::cmd("GET").arg(key).query(client).unwrap()
}

pub(crate) fn document(client: &mut Connection, key: &str) -> Value {
    let value = get(client, key).unwrap_or_else(|| panic!("there is no {key}"));
    serde_json::from_slice(&value).unwrap()
}

fn bytes(vector: &[f32]) -> Vec<u8> {
    vector.iter().flat_map(|number| number.to_le_bytes()).collect()
}

/// Fails unless a key lives for this time, give or take what the test took.
fn expect_lifetime(redis: &Redis, key: &str, seconds: i64) {
    let lives: i64 = redis.cli(&["TTL", key]).parse().unwrap();
    assert!((seconds - 60..=seconds).contains(&lives), "{key} lives for {lives} s and not {seconds}");
}

#[test]
fn keys_values_and_lifetimes_are_the_architectures() {
    let (sandbox, redis) = (Sandbox::without_model(), Redis::start());
    let profile = r#"{"name": "Ada", "numbers": [1.50]}"#;
    let short = sandbox.add("I love this walk by the river.");
    let long = sandbox.json(&["add", "--title", "A long day", "It was long. And there was more of it, all fine."]);
    let long = long["id"].as_str().unwrap().to_string();
    sandbox.ok(&["user", "edit", "--profile", profile]);
    sandbox.ok(&["analyze"]);
    let (one, two) = {
        let mut store = store(&sandbox);
        (read(&mut store, &short, MODEL, 8, 1), read(&mut store, &long, MODEL, 8, 2))
    };
    let user = user(&sandbox);
    let mut client = redis.client();
    let (analytics, topics) = (format!("api:analytics:{user}"), format!("models:topics:{user}"));
    let (theirs, others) = (format!("api:response:{user}:9f3c"), "api:response:77aa".to_string());
    let session = format!("auth:sessions:{user}");
    for key in [&analytics, &topics, &theirs, &others, &session] {
        let _: () = redis::cmd("SET").arg(key).arg("old").query(&mut client).unwrap();
    }

    let would = would_go_to_redis(&sandbox, &redis.url());
    assert_eq!(contents(&mut client).len(), 5, "a dry run sends nothing");
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert_eq!((report.users, report.answers, report.embeddings, report.sentiments), (1, 1, 4, 2), "{report:?}");
    assert_eq!((report.queued, report.withdrawn, report.anew), (0, 0, true), "{report:?}");
    assert_eq!((would.users, would.embeddings, would.sentiments, would.queued), (1, 4, 2, 0), "{would:?}");
    assert_eq!((would.answers, would.anew), (1, true), "a dry run asks: {would:?}");

    // What is kept of the user: the profile as the column has it, and nothing that was computed before.
    let stored: String = store(&sandbox).account(user).unwrap().profile.unwrap();
    let key = format!("api:user_data:{user}");
    assert_eq!(redis.cli(&["GET", &key]), stored);
    expect_lifetime(&redis, &key, 3_600);
    for key in [&analytics, &topics, &theirs] {
        assert_eq!(get(&mut client, key), None, "{key}");
    }
    for key in [&others, &session] {
        assert_eq!(get(&mut client, key).unwrap(), b"old", "{key} is no business of ours");
    }

    // Vectors, raw, by the hash that anybody can compute; of a long text the mean too.
    let vector = |client: &mut Connection, text: &str| {
        let key = format!("models:embeddings:{}", text_hash(MODEL, text));
        expect_lifetime(&redis, &key, 86_400);
        get(client, &key).unwrap()
    };
    assert_eq!(vector(&mut client, "I love this walk by the river."), bytes(&one[0]));
    let text = "A long day\n\nIt was long. And there was more of it, all fine.";
    assert_eq!(vector(&mut client, &text[..text.len() / 2]), bytes(&two[0]));
    let sum: Vec<f32> = two[0].iter().zip(&two[1]).map(|(a, b)| a + b).collect();
    let length = sum.iter().map(|number| number * number).sum::<f32>().sqrt();
    let mean = vector(&mut client, text);
    for (bytes, number) in mean.as_chunks::<4>().0.iter().zip(&sum) {
        assert!((f32::from_le_bytes(*bytes) - number / length).abs() < 1e-6);
    }

    // Judgements, by what was judged: VADER reads no titles.
    let key = format!("models:sentiment:{}", text_hash("vader", "I love this walk by the river."));
    let judged = document(&mut client, &key);
    let shown = sandbox.json(&["show", &short]);
    let kept = &shown["sentiments"][0];
    for member in ["sentiment_label", "confidence_score", "emotions"] {
        assert_eq!(judged[member], kept[member], "{member}: {judged} {shown}");
    }
    expect_lifetime(&redis, &key, 86_400);
    let title = text_hash("vader", "It was long. And there was more of it, all fine.");
    assert_eq!(document(&mut client, &format!("models:sentiment:{title}"))["sentiment_label"], "positive");
}

#[test]
fn a_second_run_sends_nothing_and_a_change_only_what_it_touches() {
    let (sandbox, redis) = (Sandbox::without_model(), Redis::start());
    let first = sandbox.add("The first entry.");
    sandbox.add("The second entry.");
    sandbox.ok(&["analyze"]);
    to_redis(&sandbox, &redis.url()).unwrap();
    let user = user(&sandbox);
    let writes = || {
        let stats = redis.cli(&["INFO", "commandstats"]);
        let writes = ["set", "del", "unlink", "lpush", "eval", "rpush"];
        let is_write = |line: &&str| writes.iter().any(|name| line.starts_with(&format!("cmdstat_{name}:")));
        stats.lines().filter(is_write).map(str::to_string).collect::<Vec<_>>()
    };
    let before = writes();
    assert!(before.len() >= 3, "{before:?}");
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert_eq!(report, journaling_ai::sync::redis::Report::default());
    assert_eq!(writes(), before);

    let mut client = redis.client();
    let keys: Vec<String> = redis::cmd("KEYS").arg("[am]*").query(&mut client).unwrap();
    let _: () = redis::cmd("DEL").arg(keys).query(&mut client).unwrap();
    sandbox.ok(&["edit", &first, "--content", "The first entry, changed and lovely. #walk"]);
    sandbox.ok(&["analyze"]);
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert_eq!((report.users, report.sentiments, report.anew), (1, 1, false), "{report:?}");
    let hash = text_hash("vader", "The first entry, changed and lovely. #walk");
    assert_eq!(document(&mut client, &format!("models:sentiment:{hash}"))["sentiment_label"], "positive");
    assert_eq!(get(&mut client, &format!("api:user_data:{user}")).unwrap(), b"null");

    // A topic of the user's own makes what was suggested invalid; so does a deleted entry.
    for args in [vec!["topics", "describe", "walk", "Out and about"], vec!["delete", "--yes", &first]] {
        let _: () = redis::cmd("SET").arg(format!("models:topics:{user}")).arg("old").query(&mut client).unwrap();
        sandbox.ok(&args);
        assert_eq!(to_redis(&sandbox, &redis.url()).unwrap().users, 1, "{args:?}");
        assert_eq!(get(&mut client, &format!("models:topics:{user}")), None, "{args:?}");
    }
}

#[test]
fn of_many_entries_the_newest_are_warmed_up() {
    let (sandbox, redis) = (Sandbox::without_model(), Redis::start());
    let lines: String = (0..3000)
        .map(|number| {
            let at = chrono::DateTime::from_timestamp(1_700_000_000 + number * 60, 0).unwrap();
            json!({"content": format!("A good entry, number {number}."), "entry_date": "2024-01-01", "created_at": at.to_rfc3339()})
                .to_string()
                + "\n"
        })
        .collect();
    let file = sandbox.folder().join("many.jsonl");
    fs::write(&file, lines).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    sandbox.ok(&["analyze"]);
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert_eq!((report.sentiments, report.queued), (2000, 3000), "{report:?}");
    let mut client = redis.client();
    let key =
        |number: i64| format!("models:sentiment:{}", text_hash("vader", &format!("A good entry, number {number}.")));
    assert!(get(&mut client, &key(2999)).is_some() && get(&mut client, &key(1000)).is_some());
    assert!(get(&mut client, &key(999)).is_none());
    // Nothing of a user's is without an end, save the queue.
    let endless: Vec<String> =
        contents(&mut client).into_iter().filter(|(_, (_, goes))| !goes).map(|(key, _)| key).collect();
    assert_eq!(endless, ["tasks:queue:ai_analysis"]);
}

#[test]
fn a_journal_that_was_put_back_and_a_redis_that_lost_its_data_are_sent_everything() {
    let (sandbox, mut redis) = (Sandbox::without_model(), Redis::start());
    sandbox.add("Kept.");
    let older = sandbox.folder().join("older.db");
    sandbox.ok(&["analyze"]);
    let database = sandbox.data().join("journal.db");
    // The journal is closed: the file is all of it.
    fs::copy(&database, &older).unwrap();
    sandbox.add("Lost when the older copy is put back.");
    to_redis(&sandbox, &redis.url()).unwrap();
    assert!(!to_redis(&sandbox, &redis.url()).unwrap().anew);

    for name in ["journal.db-wal", "journal.db-shm"] {
        let _ = fs::remove_file(sandbox.data().join(name));
    }
    fs::copy(&older, &database).unwrap();
    // As many changes as were lost: the numbers are the same again, the history is not.
    sandbox.add("Another entry in its place.");
    sandbox.add("And one more.");
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert!(report.anew && report.queued == 2, "{report:?}");
    assert!(!to_redis(&sandbox, &redis.url()).unwrap().anew);

    redis.kill();
    redis.restart();
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert!(report.anew && report.users == 1 && report.queued == 3, "{report:?}");
    assert!(!contents(&mut redis.client()).is_empty());
}
