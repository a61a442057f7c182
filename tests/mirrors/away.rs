//! Mirrors that are away or silent, through the real program: what a dry run says, and how long a sync waits.

use crate::cut::{Target, Way};
use crate::deployment::{Deployment, mirror};
use crate::fixture::{MODEL, read, store};
use crate::redis::contents;
use crate::support::{Outcome, Sandbox};
use crate::trouble::everything;
use serde_json::{Value, json};
use std::process::Command;
use std::time::Instant;

/// A journal that is synced, and then changed in every way there is.
fn changed(deployment: &Deployment) -> Sandbox {
    let sandbox = Sandbox::without_model();
    let ids: Vec<String> = (0..4).map(|number| sandbox.add(&format!("Entry {number}, a good one."))).collect();
    sandbox.ok(&["analyze"]);
    ids.iter().for_each(|id| drop(read(&mut store(&sandbox), id, MODEL, 8, 1)));
    let waits = sandbox.add("Nobody has read this.");
    deployment.run(&sandbox, &["init"]).expect(0);
    deployment.run(&sandbox, &[]).expect(0);
    sandbox.ok(&["edit", &ids[0], "--mood", "0.5"]);
    sandbox.ok(&["edit", &ids[1], "--content", "Another text."]);
    sandbox.ok(&["delete", "--yes", &ids[2]]);
    sandbox.ok(&["delete", "--yes", &waits]);
    let new = sandbox.add("A new one.");
    sandbox.ok(&["analyze"]);
    [&ids[1], &new].iter().for_each(|id| drop(read(&mut store(&sandbox), id, MODEL, 8, 1)));
    sandbox.add("Nobody has read this one either.");
    let user = crate::fixture::user(&sandbox);
    deployment.redis.cli(&["SET", &format!("api:response:{user}:x"), "stale"]);
    sandbox
}

/// What is counted of a mirror.
fn counted(document: &Value, name: &str) -> Value {
    let mut counted = mirror(document, name).clone();
    ["asked", "error", "remote", "complete", "unchanged"]
        .iter()
        .for_each(|key| drop(counted.as_object_mut().unwrap().remove(*key)));
    counted
}

#[test]
fn a_dry_run_needs_neither_redis_nor_chroma() {
    let mut deployment = Deployment::start();
    let sandbox = changed(&deployment);
    let (redis, chroma) = (contents(&mut deployment.redis.client()), everything(&deployment.chroma));
    let asked = deployment.json(&sandbox, &["--dry-run"], 0);
    for name in ["redis", "chroma"] {
        assert_eq!((&mirror(&asked, name)["asked"], &mirror(&asked, name)["error"]), (&json!(true), &Value::Null));
    }
    assert_eq!((contents(&mut deployment.redis.client()), everything(&deployment.chroma)), (redis, chroma));

    deployment.chroma.kill();
    let unasked = deployment.json(&sandbox, &["--dry-run"], 0);
    let away = mirror(&unasked, "chroma");
    assert_eq!((&away["asked"], &away["error"]["kind"]), (&json!(false), &json!("network")), "{away}");
    // All that was changed here is known here.
    assert_eq!(counted(&unasked, "chroma"), counted(&asked, "chroma"));
    assert_eq!(mirror(&unasked, "redis"), mirror(&asked, "redis"));
    assert_eq!(unasked["pushed"], asked["pushed"]);
    let told = deployment.run(&sandbox, &["--dry-run"]).expect(0);
    assert!(
        told.stdout.contains("Would be given") && told.stdout.contains("Would be done in Chroma: 2 vectors added"),
        "{told}"
    );
    assert!(told.stderr.contains("Chroma could not be asked") && told.stderr.contains("JOURNAL_CHROMA_URL"), "{told}");
    // What is only shown needs nobody; what is done does.
    deployment.run(&sandbox, &["push"]).expect(8);
    deployment.chroma.restart();
    deployment.run(&sandbox, &["push"]).expect(0);
}

#[test]
fn a_dry_run_says_what_the_sync_then_does() {
    let mut deployment = Deployment::start();
    let sandbox = changed(&deployment);
    let asked = deployment.json(&sandbox, &["--dry-run"], 0);
    let redis = mirror(&asked, "redis");
    assert_eq!(
        (&redis["answers"], &redis["queued"], &redis["withdrawn"]),
        (&json!(1), &json!(1), &json!(1)),
        "{redis}"
    );

    deployment.redis.kill();
    let unasked = deployment.json(&sandbox, &["--dry-run"], 0);
    let away = mirror(&unasked, "redis");
    assert_eq!((&away["asked"], &away["error"]["kind"]), (&json!(false), &json!("network")), "{away}");
    for known in ["users", "embeddings", "sentiments", "queued"] {
        assert_eq!(away[known], redis[known], "{known}");
    }
    let told = deployment.run(&sandbox, &["--dry-run"]).expect(0);
    assert!(told.stderr.contains("Redis could not be asked") && told.stderr.contains("JOURNAL_REDIS_URL"), "{told}");
    deployment.redis.restart();
    // It has lost everything, which a dry run that asks can tell; so a new answer is there too.
    let user = crate::fixture::user(&sandbox);
    deployment.redis.cli(&["SET", &format!("api:response:{user}:x"), "stale"]);
    let asked = deployment.json(&sandbox, &["--dry-run"], 0);
    assert_eq!(mirror(&asked, "redis")["anew"], json!(true), "{asked}");
    let done = deployment.json(&sandbox, &[], 0);
    for name in ["redis", "chroma"] {
        assert_eq!(counted(&asked, name), counted(&done, name));
    }
    assert_eq!(mirror(&done, "redis").get("asked"), None);
}

#[test]
fn a_mirror_that_never_answers_is_waited_for_as_long_as_its_url_says() {
    let deployment = Deployment::start();
    let redis = Way::to(Target::Socket(deployment.redis.socket()));
    let chroma = Way::to(Target::Port(deployment.chroma.port()));
    let command = |sandbox: &Sandbox, args: &[&str], seconds: u64| -> Command {
        let mut command = deployment.command(sandbox, args);
        command.env("JOURNAL_REDIS_URL", format!("redis://127.0.0.1:{}/0?timeout={seconds}", redis.port));
        command.env("JOURNAL_CHROMA_URL", format!("http://127.0.0.1:{}/?timeout={seconds}", chroma.port));
        command
    };
    let sandbox = Sandbox::without_model();
    let first = sandbox.add("The first entry.");
    read(&mut store(&sandbox), &first, MODEL, 8, 1);
    Outcome::of(command(&sandbox, &["init"], 2)).expect(0);
    Outcome::of(command(&sandbox, &[], 2)).expect(0);
    let second = sandbox.add("The second entry, while one is silent.");
    read(&mut store(&sandbox), &second, MODEL, 8, 1);

    let mut entries = deployment.entries();
    for (way, title, name) in [(&chroma, "Chroma", "chroma"), (&redis, "Redis", "redis")] {
        way.stall_after(0);
        let since = Instant::now();
        Outcome::of(command(&sandbox, &["--dry-run"], 2)).expect(0);
        let silent = Outcome::of(command(&sandbox, &[], 2)).expect(8);
        // Each waits twice, here and in the dry run, and no longer.
        assert!((4..20).contains(&since.elapsed().as_secs()), "{:?}", since.elapsed());
        assert!(silent.stderr.contains(&format!("{title} is behind")), "{silent}");
        assert!(
            silent.stderr.contains("not answered in time") && silent.stderr.contains("timeout=SECONDS"),
            "{silent}"
        );
        entries += 1;
        assert_eq!(deployment.entries(), entries, "PostgreSQL has it");
        let partial = Outcome::of(command(&sandbox, &["--json"], 2)).expect(8).json();
        let complete: Vec<&Value> =
            partial["mirrors"].as_array().unwrap().iter().filter(|mirror| mirror["complete"] == json!(true)).collect();
        assert!(complete.len() == 1 && complete[0]["name"] != json!(name), "{partial}");
        way.open();
        let synced = Outcome::of(command(&sandbox, &["--json"], 2)).expect(0).json();
        assert_eq!((&mirror(&synced, name)["anew"], &synced["complete"]), (&json!(false), &json!(true)), "{synced}");
        sandbox.add("The third entry.");
    }
    assert_eq!(everything(&deployment.chroma)["user_embeddings"].as_array().unwrap().len(), 2);
    // Another time to wait is no other server.
    let synced = Outcome::of(command(&sandbox, &["--json"], 60)).expect(0).json();
    assert!(["redis", "chroma"].iter().all(|name| mirror(&synced, name)["anew"] == json!(false)), "{synced}");
    let wrong = Outcome::of({
        let mut command = command(&sandbox, &[], 2);
        command.env("JOURNAL_CHROMA_URL", "http://h:8000?timeout=soon");
        command
    });
    assert!(wrong.expect(2).stderr.contains("number of seconds from 1 to 3600"));
}
