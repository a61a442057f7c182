//! `journal sync` with everything a deployment has: PostgreSQL, Redis and Chroma, through the real program.

use crate::cut::{Target, Way};
use crate::fixture::{MODEL, read, store, user};
use crate::redis::contents;
use crate::server::{Database, server};
use crate::servers::{Chroma, Redis};
use crate::support::{Outcome, Sandbox, kill};
use crate::trouble::everything;
use serde_json::{Value, json};
use std::fs;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A deployment of a test's own.
pub(crate) struct Deployment {
    database: Database,
    pub(crate) redis: Redis,
    pub(crate) chroma: Chroma,
}

impl Deployment {
    pub(crate) fn start() -> Deployment {
        Deployment { database: server().empty_database(), redis: Redis::start(), chroma: Chroma::start() }
    }

    pub(crate) fn command(&self, sandbox: &Sandbox, args: &[&str]) -> Command {
        let mut command = sandbox.command();
        command.arg("sync").args(args).env("JOURNAL_POSTGRES_URL", self.database.url());
        command.env("JOURNAL_REDIS_URL", self.redis.url()).env("JOURNAL_CHROMA_URL", self.chroma.url());
        command
    }

    pub(crate) fn run(&self, sandbox: &Sandbox, args: &[&str]) -> Outcome {
        Outcome::of(self.command(sandbox, args))
    }

    pub(crate) fn json(&self, sandbox: &Sandbox, args: &[&str], code: i32) -> Value {
        self.run(sandbox, &[args, &["--json"]].concat()).expect(code).json()
    }

    pub(crate) fn entries(&self) -> i64 {
        self.database.client().query_one("SELECT count(*) FROM journal_entries", &[]).unwrap().get(0)
    }
}

/// What a document says of one mirror.
pub(crate) fn mirror<'a>(document: &'a Value, name: &str) -> &'a Value {
    let all = document["mirrors"].as_array().unwrap_or_else(|| panic!("no mirrors in {document}"));
    all.iter().find(|mirror| mirror["name"] == name).unwrap_or_else(|| panic!("no {name} in {document}"))
}

#[test]
fn a_sync_takes_redis_and_chroma_along() {
    let (sandbox, mut deployment) = (Sandbox::without_model(), Deployment::start());
    let first = sandbox.add("The first entry, a good one.");
    sandbox.ok(&["analyze"]);
    read(&mut store(&sandbox), &first, MODEL, 8, 1);
    // Whose account is not linked stays at home.
    sandbox.ok(&["user", "add", "other@example.org"]);
    let mut other = sandbox.command();
    other.args(["--user", "other@example.org", "add", "Nobody else's business.", "--json"]);
    let others = Outcome::of(other).expect(0).json()["id"].as_str().unwrap().to_string();
    read(&mut store(&sandbox), &others, MODEL, 8, 1);
    let me = user(&sandbox);

    deployment.run(&sandbox, &["init"]).expect(0);
    let planned = deployment.json(&sandbox, &["--dry-run"], 0);
    assert_eq!(
        (&mirror(&planned, "redis")["embeddings"], &mirror(&planned, "chroma")["added"]),
        (&json!(1), &json!(1))
    );
    assert!(contents(&mut deployment.redis.client()).is_empty());
    let synced = deployment.json(&sandbox, &[], 0);
    assert_eq!(synced["complete"], json!(true));
    let (redis, chroma) = (mirror(&synced, "redis"), mirror(&synced, "chroma"));
    assert_eq!((&redis["users"], &redis["embeddings"], &redis["queued"]), (&json!(1), &json!(1), &json!(0)), "{redis}");
    assert_eq!((&chroma["added"], &chroma["complete"]), (&json!(1), &json!(true)), "{chroma}");
    let there = contents(&mut deployment.redis.client());
    assert!(there.contains_key(&format!("api:user_data:{me}")), "{:?}", there.keys());
    let all = everything(&deployment.chroma);
    let records = all["user_embeddings"].as_array().unwrap();
    assert_eq!(
        (records.len(), &records[0][0], &records[0][1]),
        (1, &json!(first), &json!("The first entry, a good one."))
    );
    let other = store(&sandbox).user("other@example.org").unwrap().to_string();
    let named = |key: &String| key.contains(&other);
    assert!(!there.keys().any(named) && !all.to_string().contains("Nobody else"), "{all}");

    // Nothing to do says nothing of the mirrors; what they do is told.
    let again = deployment.run(&sandbox, &[]).expect(0);
    assert!(again.stdout.contains("Both sides are the same") && !again.stdout.contains("Redis"), "{again}");
    let second = sandbox.add("The second entry.");
    let told = deployment.run(&sandbox, &[]).expect(0);
    assert!(told.stdout.contains("Redis: 1 profile, 1 judgement, 1 task queued"), "{told}");

    // Redis away: done in part, and only that.
    deployment.redis.kill();
    sandbox.ok(&["delete", "--yes", &second]);
    sandbox.add("Written while Redis is away.");
    let partial = deployment.run(&sandbox, &[]).expect(8);
    assert!(partial.stderr.contains("Redis is behind") && partial.stderr.contains("JOURNAL_REDIS_URL"), "{partial}");
    assert_eq!(deployment.entries(), 2);
    let partial = deployment.json(&sandbox, &[], 8);
    let (redis, chroma) = (mirror(&partial, "redis"), mirror(&partial, "chroma"));
    assert_eq!((&redis["complete"], &redis["error"]["kind"]), (&json!(false), &json!("network")), "{redis}");
    assert_eq!((&chroma["complete"], &partial["complete"]), (&json!(true), &json!(false)), "{partial}");
    let status = deployment.json(&sandbox, &["status"], 0);
    assert!(mirror(&status, "redis")["behind"].as_u64().unwrap() >= 2, "{status}");
    assert_eq!(mirror(&status, "chroma")["behind"], json!(0), "{status}");
    let sick = deployment.json(&sandbox, &["doctor"], 8);
    let check = |document: &Value, name: &str| {
        let checks = document["checks"].as_array().unwrap();
        checks.iter().find(|check| check["name"] == name).unwrap_or_else(|| panic!("no {name} in {document}")).clone()
    };
    assert_eq!(check(&sick, "redis")["ok"], json!(false), "{sick}");
    assert_eq!(check(&sick, "chroma")["ok"], json!(true), "{sick}");
    assert!(check(&sick, "chroma")["detail"].as_str().unwrap().contains("user_embeddings 1"), "{sick}");
    sandbox.ok(&["search", "entry"]);
    sandbox.expect_well();

    deployment.redis.restart();
    let synced = deployment.json(&sandbox, &[], 0);
    assert_eq!((&synced["complete"], &mirror(&synced, "redis")["queued"]), (&json!(true), &json!(1)), "{synced}");
    let well = deployment.json(&sandbox, &["doctor"], 0);
    let detail = check(&well, "redis")["detail"].as_str().unwrap().to_string();
    assert!(
        detail.contains("Redis ") && detail.contains("tasks waiting: 1") && detail.contains("up to date"),
        "{detail}"
    );

    // Chroma away.
    deployment.chroma.kill();
    sandbox.ok(&["delete", "--yes", &first]);
    let partial = deployment.run(&sandbox, &[]).expect(8);
    assert!(partial.stderr.contains("Chroma is behind") && partial.stderr.contains("JOURNAL_CHROMA_URL"), "{partial}");
    deployment.chroma.restart();
    assert_eq!(mirror(&deployment.json(&sandbox, &[], 0), "chroma")["deleted"], json!(1));
    assert_eq!(everything(&deployment.chroma)["user_embeddings"], json!([]));

    // Forgotten: everything is compared again.
    deployment.run(&sandbox, &["reset", "--yes"]).expect(0);
    let status = deployment.json(&sandbox, &["status"], 0);
    assert_eq!(mirror(&status, "redis")["behind"], Value::Null, "{status}");
    let synced = deployment.json(&sandbox, &[], 0);
    assert_eq!((&mirror(&synced, "redis")["anew"], &mirror(&synced, "chroma")["anew"]), (&json!(true), &json!(true)));
}

#[test]
fn the_mirrors_never_run_ahead_of_postgresql() {
    let (sandbox, deployment) = (Sandbox::without_model(), Deployment::start());
    sandbox.add("Pushed.");
    deployment.run(&sandbox, &["init"]).expect(0);
    deployment.run(&sandbox, &[]).expect(0);
    let key = format!("api:analytics:{}", user(&sandbox));
    sandbox.add("Not pushed yet.");
    deployment.redis.cli(&["SET", &key, "of the first entry"]);
    // What was computed of PostgreSQL as it is stays right until that has the second entry.
    deployment.run(&sandbox, &["pull"]).expect(0);
    assert_eq!(deployment.redis.cli(&["GET", &key]), "of the first entry");
    assert_eq!(deployment.redis.cli(&["LLEN", "tasks:queue:ai_analysis"]), "1");
    deployment.run(&sandbox, &["push"]).expect(0);
    assert_eq!(deployment.redis.cli(&["EXISTS", &key]), "0");
    assert_eq!(deployment.redis.cli(&["LLEN", "tasks:queue:ai_analysis"]), "2");
}

#[test]
fn a_sync_that_is_killed_while_it_sends_is_made_good() {
    let (sandbox, deployment) = (Sandbox::without_model(), Deployment::start());
    let ids: Vec<String> = (0..8).map(|number| sandbox.add(&format!("Entry {number}, all good."))).collect();
    ids.iter().take(5).for_each(|id| drop(read(&mut store(&sandbox), id, MODEL, 64, 1)));
    sandbox.ok(&["search", "entry"]);
    deployment.run(&sandbox, &["init"]).expect(0);
    let redis = Way::to(Target::Socket(deployment.redis.socket()));
    let chroma = Way::to(Target::Port(deployment.chroma.port()));
    let command = || {
        let mut command = deployment.command(&sandbox, &["--json"]);
        command.env("JOURNAL_REDIS_URL", format!("redis://127.0.0.1:{}", redis.port));
        command.env("JOURNAL_CHROMA_URL", format!("http://127.0.0.1:{}", chroma.port));
        command
    };
    // In the greeting of Redis, in its profiles, vectors and tasks; then in the requests to Chroma.
    for (way, bytes) in
        [(&redis, 60), (&redis, 700), (&redis, 2_500), (&chroma, 200), (&chroma, 2_000), (&chroma, 4_000)]
    {
        way.stall_after(bytes);
        let mut running = command().stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let since = Instant::now();
        while way.left() >= 0 {
            assert!(running.try_wait().unwrap().is_none(), "it has ended before {bytes} bytes");
            assert!(since.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(5));
        }
        kill(running.id());
        assert!(!running.wait().unwrap().success());
        way.open();
        sandbox.expect_well();
    }
    let synced = Outcome::of(command()).expect(0).json();
    assert_eq!(synced["complete"], json!(true), "{synced}");
    let there = contents(&mut deployment.redis.client());
    assert_eq!(there["tasks:queue:ai_analysis"].0.len(), 3);
    let vectors = there.keys().filter(|key| key.starts_with("models:embeddings:")).count();
    assert_eq!(vectors, 5);
    assert_eq!(everything(&deployment.chroma)["user_embeddings"].as_array().unwrap().len(), 5);
    assert_eq!(deployment.entries(), 8);
    let again = Outcome::of(command()).expect(0).json();
    assert_eq!(
        (&mirror(&again, "redis")["users"], &mirror(&again, "chroma")["added"]),
        (&json!(0), &json!(0)),
        "{again}"
    );
}

#[test]
fn mirrors_are_named_by_files_and_settings_and_their_passwords_are_kept() {
    let (sandbox, deployment) = (Sandbox::without_model(), Deployment::start());
    sandbox.add("An entry.");
    deployment.run(&sandbox, &["init"]).expect(0);
    let locked = Redis::with(&["--requirepass", "verysecret"]);
    let file = sandbox.folder().join("redis.url");
    fs::write(&file, format!("{}?pass=verysecret\n", locked.url())).unwrap();
    let run = |variables: &[(&str, &str)], args: &[&str]| {
        let mut command = deployment.command(&sandbox, args);
        command.env_remove("JOURNAL_REDIS_URL").env_remove("JOURNAL_CHROMA_URL");
        command.envs(variables.iter().copied());
        Outcome::of(command)
    };
    // Neither is named, and neither is missed.
    assert_eq!(run(&[], &["--json"]).expect(0).json()["mirrors"], json!([]));
    let file = file.to_str().unwrap();
    let synced = run(&[("JOURNAL_REDIS_URL_FILE", file)], &["--json"]).expect(0);
    assert!(synced.stdout.contains("pass=***") && !synced.stdout.contains("verysecret"), "{synced}");
    assert_eq!(synced.json()["mirrors"].as_array().unwrap().len(), 1);

    sandbox.ok(&["config", "set", "redis_url_file", file]);
    sandbox.ok(&["config", "set", "chroma_url", &deployment.chroma.url()]);
    let status = run(&[], &["status"]).expect(0);
    assert!(status.stdout.contains("Redis: unix://") && status.stdout.contains("Chroma: http://"), "{status}");
    assert!(!status.stdout.contains("verysecret"), "{status}");
    let refused = sandbox.run(&["config", "set", "redis_url", "redis://:verysecret@h"]).expect(2);
    assert!(refused.stderr.contains("redis_url_file"), "{refused}");
    for (name, url) in [("JOURNAL_REDIS_URL", "http://:verysecret@h"), ("JOURNAL_CHROMA_URL", "ftp://:verysecret@h")] {
        let wrong = run(&[(name, url)], &[]).expect(2);
        assert!(wrong.stderr.contains("cannot be understood") && !wrong.stderr.contains("verysecret"), "{wrong}");
    }
    let wrong = run(&[("JOURNAL_REDIS_URL", &format!("{}?pass=notsecret", locked.url()))], &[]).expect(8);
    assert!(wrong.stderr.contains("check user and password") && !wrong.stderr.contains("notsecret"), "{wrong}");
}
