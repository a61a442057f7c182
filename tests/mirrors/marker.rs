//! That Redis has lost what was put there is noticed by a key of the journal's own.

use crate::fixture::{MODEL, read, store, to_redis, to_redis_while};
use crate::redis::contents;
use crate::servers::Redis;
use crate::support::Sandbox;
use journaling_ai::sync::redis::Report;
use redis::Connection;

/// A journal with an entry that is analysed and one that is not, as Redis has it.
fn followed(redis: &Redis) -> Sandbox {
    let sandbox = Sandbox::without_model();
    let first = sandbox.add("The first entry, a good one.");
    sandbox.ok(&["analyze"]);
    read(&mut store(&sandbox), &first, MODEL, 8, 1);
    sandbox.add("The second entry.");
    assert!(to_redis(&sandbox, &redis.url()).unwrap().anew);
    sandbox
}

fn marker(client: &mut Connection) -> String {
    let keys: Vec<String> = redis::cmd("KEYS").arg("journal_cli:*").query(client).unwrap();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys[0].clone()
}

#[test]
fn what_was_flushed_is_written_again() {
    let redis = Redis::start();
    let sandbox = followed(&redis);
    let mut client = redis.client();
    let key = marker(&mut client);
    assert!(key.starts_with("journal_cli:mirror:all:"), "{key}");
    let lives: i64 = redis.cli(&["TTL", &key]).parse().unwrap();
    assert!((2_591_940..=2_592_000).contains(&lives), "{lives}");
    let before = contents(&mut client);
    // Asked together with what is asked anyway: a run with nothing to do sends two commands after its greeting.
    let commands = || {
        let stats = redis.cli(&["INFO", "commandstats"]);
        let of = |name: &str| -> u64 {
            let line = stats.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{name}:calls=")));
            line.map_or(0, |line| line.split(',').next().unwrap().parse().unwrap())
        };
        (of("get"), of("set"), of("scan"), of("lrange"))
    };
    let (gets, sets, scans, ranges) = commands();
    assert_eq!(to_redis(&sandbox, &redis.url()).unwrap(), Report::default());
    assert_eq!(commands(), (gets + 1, sets, scans, ranges));

    // Without a restart, and without a change here.
    for lost in ["FLUSHALL", "FLUSHDB"] {
        redis.cli(&[lost]);
        let report = to_redis(&sandbox, &redis.url()).unwrap();
        assert_eq!((report.anew, report.users, report.embeddings, report.queued), (true, 1, 1, 1), "{report:?}");
        assert_eq!(contents(&mut client), before);
        assert_eq!(to_redis(&sandbox, &redis.url()).unwrap(), Report::default());
    }
    // Evicted or deleted alone, it makes a rewrite that changes nothing and queues nothing twice.
    redis.cli(&["DEL", &key]);
    let report = to_redis(&sandbox, &redis.url()).unwrap();
    assert_eq!((report.anew, report.embeddings, report.queued), (true, 1, 0), "{report:?}");
    assert_eq!(contents(&mut client), before);
}

#[test]
fn what_is_flushed_while_it_is_written_is_written_by_the_next_run() {
    let redis = Redis::start();
    let sandbox = followed(&redis);
    let mut client = redis.client();
    let before: Vec<String> = contents(&mut client).into_keys().collect();
    for change in [false, true] {
        if change {
            // Not everything is written, but what this touches.
            sandbox.ok(&["user", "edit", "--profile", "{}"]);
        } else {
            redis.cli(&["FLUSHALL"]);
        }
        let mut flushed = false;
        to_redis_while(&sandbox, &redis.url(), |doing| {
            if doing == "profiles" && !flushed {
                redis.cli(&["FLUSHALL"]);
                flushed = true;
            }
        })
        .unwrap();
        assert!(flushed);
        assert!(to_redis(&sandbox, &redis.url()).unwrap().anew);
        assert_eq!(to_redis(&sandbox, &redis.url()).unwrap(), Report::default());
        let after: Vec<String> = contents(&mut client).into_keys().filter(|key| !key.starts_with("journal")).collect();
        let expected: Vec<&String> = before.iter().filter(|key| !key.starts_with("journal")).collect();
        assert_eq!(after.iter().collect::<Vec<_>>(), expected);
    }
    // As a run leaves it that was killed while it wrote everything.
    let key = marker(&mut client);
    redis.cli(&["SET", &key, "begun"]);
    assert!(to_redis(&sandbox, &redis.url()).unwrap().anew);
}

#[test]
fn a_cache_that_evicts_the_marker_is_filled_again() {
    for policy in ["allkeys-lru", "volatile-lru"] {
        let redis = Redis::with(&["--maxmemory", "4mb", "--maxmemory-policy", policy]);
        let sandbox = followed(&redis);
        let key = marker(&mut redis.client());
        let fill = "for i = 1, 500 do redis.call('SET', 'other:' .. ARGV[1] .. ':' .. i, string.rep('x', 2000), 'EX', 600) end";
        let mut round = 0;
        while redis.cli(&["EXISTS", &key]) == "1" {
            round += 1;
            assert!(round < 200, "{policy} leaves {key}");
            redis.cli(&["EVAL", fill, "0", &round.to_string()]);
        }
        let report = to_redis(&sandbox, &redis.url()).unwrap();
        assert_eq!((report.anew, report.users, report.embeddings), (true, 1, 1), "{policy}: {report:?}");
        // Of what never expires only this one takes nothing.
        if policy == "volatile-lru" {
            assert_eq!(redis.cli(&["LLEN", "tasks:queue:ai_analysis"]), "1");
        }
    }
}
