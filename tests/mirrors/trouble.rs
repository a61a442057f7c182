//! What goes wrong on the way, and that it is made good.

use crate::cut::{Target, Way};
use crate::fixture::{MODEL, read, store, to_chroma, to_redis};
use crate::redis::contents;
use crate::servers::{Chroma, Redis};
use crate::support::Sandbox;
use journaling_ai::error::{Error, Kind};
use serde_json::{Value, json};
use std::path::Path;
use std::time::{Duration, Instant};

/// A journal in which some entries are analysed and others are not.
fn journal(entries: usize) -> Sandbox {
    let sandbox = Sandbox::without_model();
    let lines: String = (0..entries)
        .map(|number| {
            let content = format!("Entry {number}, and it was good.");
            json!({"content": content, "entry_date": "2024-01-01"}).to_string() + "\n"
        })
        .collect();
    let file = sandbox.folder().join("some.jsonl");
    std::fs::write(&file, lines).unwrap();
    sandbox.ok(&["import", file.to_str().unwrap()]);
    sandbox.ok(&["analyze"]);
    let mut store = store(&sandbox);
    let listed = sandbox.json(&["list", "--limit", &entries.to_string()]);
    let ids = crate::support::ids(&listed);
    assert_eq!(ids.len(), entries);
    for id in ids.iter().step_by(2) {
        read(&mut store, id, MODEL, 16, 1);
    }
    sandbox
}

fn said(error: &Error) -> String {
    format!("{error} ({})", error.hint_text().unwrap_or_default())
}

/// Fails unless the error is of this kind and names what is wrong and what to do.
fn expect(error: &Error, kind: Kind, words: &[&str]) {
    let said = said(error);
    assert_eq!(error.kind(), kind, "{said}");
    for word in words {
        assert!(said.contains(word), "no '{word}' in: {said}");
    }
    assert!(!said.contains("secret"), "{said}");
}

#[test]
fn redis_cut_off_anywhere_is_made_good_by_the_next_run() {
    let (sandbox, whole) = (journal(40), Redis::start());
    to_redis(&sandbox, &whole.url()).unwrap();
    let expected = contents(&mut whole.client());
    assert!(expected.len() > 60, "{}", expected.len());

    let redis = Redis::start();
    let way = Way::to(Target::Socket(redis.socket()));
    let url = format!("redis://127.0.0.1:{}", way.port);
    // The first cut is in the greeting, the last where everything has gone.
    let (mut failed, mut at) = (0, 50_i64);
    loop {
        way.cut_after(at);
        match to_redis(&sandbox, &url) {
            Ok(report) => {
                assert!(report.anew);
                break;
            }
            Err(error) => expect(&error, Kind::Network, &["JOURNAL_REDIS_URL"]),
        }
        failed += 1;
        at += 700;
    }
    assert!(failed > 15, "only {failed} cuts");
    assert_eq!(contents(&mut redis.client()), expected);
    way.cut_after(i64::MAX);
    assert!(!to_redis(&sandbox, &url).unwrap().anew);
    assert!(way.left() > i64::MAX - 2000, "a run that has nothing to do says little");
}

#[test]
fn redis_that_falls_silent_is_not_waited_for_for_ever() {
    let (sandbox, redis) = (journal(20), Redis::start());
    let way = Way::to(Target::Socket(redis.socket()));
    way.stall_after(4_000);
    let since = Instant::now();
    let error = to_redis(&sandbox, &format!("redis://127.0.0.1:{}", way.port)).unwrap_err();
    expect(&error, Kind::Network, &["has not answered in time"]);
    // Once for the whole batch, and not for each command of it.
    assert!(since.elapsed() < Duration::from_secs(45), "{:?}", since.elapsed());
    way.open();
    assert!(to_redis(&sandbox, &format!("redis://127.0.0.1:{}", way.port)).unwrap().anew);
}

#[test]
fn redis_that_cannot_be_used_says_why() {
    let sandbox = journal(6);
    let nowhere = to_redis(&sandbox, "redis://127.0.0.1:1").unwrap_err();
    expect(&nowhere, Kind::Network, &["redis://127.0.0.1:1", "refused", "JOURNAL_REDIS_URL"]);
    let nowhere = to_redis(&sandbox, "unix:///nowhere/redis.sock").unwrap_err();
    expect(&nowhere, Kind::Network, &["/nowhere/redis.sock", "No such file"]);

    let locked = Redis::with(&["--requirepass", "right"]);
    let refused = to_redis(&sandbox, &locked.url()).unwrap_err();
    expect(&refused, Kind::Network, &["check user and password"]);
    let refused = to_redis(&sandbox, &format!("{}?pass=secret", locked.url())).unwrap_err();
    expect(&refused, Kind::Network, &["check user and password", "pass=***"]);
    to_redis(&sandbox, &format!("{}?pass=right", locked.url())).unwrap();

    let full = Redis::with(&["--maxmemory", "1", "--maxmemory-policy", "noeviction"]);
    let error = to_redis(&sandbox, &full.url()).unwrap_err();
    expect(&error, Kind::Network, &["memory of Redis is full", "raise maxmemory"]);
    full.cli(&["CONFIG", "SET", "maxmemory", "0"]);
    assert!(to_redis(&sandbox, &full.url()).unwrap().anew, "the cursor has stayed");

    let replica = Redis::with(&["--replicaof", "127.0.0.1", "1"]);
    let error = to_redis(&sandbox, &replica.url()).unwrap_err();
    expect(&error, Kind::Network, &["replica", "primary"]);

    let odd = Redis::start();
    odd.cli(&["SET", "tasks:queue:ai_analysis", "no list"]);
    let error = to_redis(&sandbox, &odd.url()).unwrap_err();
    expect(&error, Kind::Failure, &["another type", "is a list"]);

    let allowed = Redis::start();
    allowed.cli(&["ACL", "SETUSER", "reader", "on", ">pw", "+@read", "+info", "+client", "~*"]);
    let error = to_redis(&sandbox, &format!("{}?user=reader&pass=pw", allowed.url())).unwrap_err();
    expect(&error, Kind::Failure, &["permission", "needs SET"]);

    // The journal is none the worse.
    sandbox.expect_well();
}

#[test]
fn redis_behind_tls_is_verified() {
    let sandbox = journal(2);
    let file = |name: &str| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let text = |name: &str| file(name).display().to_string();
    let (certificate, key, authority) = (text("server.pem"), text("server.key"), text("authority.pem"));
    let redis = Redis::with(&[
        "--tls-port",
        &port.to_string(),
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
        "--tls-auth-clients",
        "no",
    ]);
    let unknown = to_redis(&sandbox, &format!("rediss://localhost:{port}")).unwrap_err();
    expect(&unknown, Kind::Network, &["certificate", "sslrootcert=FILE"]);
    let report = to_redis(&sandbox, &format!("rediss://localhost:{port}?sslrootcert={authority}")).unwrap();
    assert!(report.anew && !contents(&mut redis.client()).is_empty(), "{report:?}");
    let plain = to_redis(&sandbox, &format!("redis://localhost:{port}")).unwrap_err();
    expect(&plain, Kind::Network, &[]);
}

/// All that Chroma has, as its own client reads it.
pub(crate) fn everything(chroma: &Chroma) -> Value {
    chroma.python(
        "out = {}
for c in client.list_collections():
    got = c.get(include=['metadatas', 'documents', 'embeddings'])
    rows = zip(got['ids'], got['documents'], got['metadatas'], got['embeddings'].tolist() if len(got['ids']) else [])
    out[c.name] = sorted([list(row) for row in rows], key=lambda row: row[0])
json.dump(out, sys.stdout)",
        &json!(null),
    )
}

#[test]
fn chroma_cut_off_anywhere_is_made_good_by_the_next_run() {
    let sandbox = journal(30);
    let (whole, chroma) = (Chroma::start(), Chroma::start());
    to_chroma(&sandbox, &whole.url()).unwrap();
    let way = Way::to(Target::Port(chroma.port()));
    let url = format!("http://127.0.0.1:{}", way.port);
    let (mut failed, mut at) = (0, 30_i64);
    loop {
        way.cut_after(at);
        match to_chroma(&sandbox, &url) {
            Ok(_) => break,
            Err(error) => expect(&error, Kind::Network, &["JOURNAL_CHROMA_URL"]),
        }
        failed += 1;
        at += 500;
    }
    assert!(failed > 5, "only {failed} cuts");
    let expected = everything(&whole);
    assert_eq!(expected["user_embeddings"].as_array().unwrap().len(), 15);
    assert_eq!(everything(&chroma), expected);
}

#[test]
fn chroma_killed_comes_back_and_what_is_no_chroma_is_told() {
    let sandbox = journal(10);
    let mut chroma = Chroma::start();
    let url = chroma.url();
    to_chroma(&sandbox, &url).unwrap();
    let id = sandbox.add("Written while Chroma is away.");
    read(&mut store(&sandbox), &id, MODEL, 16, 1);
    chroma.kill();
    let error = to_chroma(&sandbox, &url).unwrap_err();
    expect(&error, Kind::Network, &["cannot reach", &url, "JOURNAL_CHROMA_URL"]);
    sandbox.ok(&["analyze"]);
    sandbox.expect_well();
    chroma.restart();
    let report = to_chroma(&sandbox, &url).unwrap();
    assert_eq!((report.added, report.anew), (1, false), "{report:?}");

    // A server of the first interface, or of another kind.
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        for client in other.incoming() {
            let mut client = client.unwrap();
            let _ = client.read(&mut [0; 4096]);
            let _ = client.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 6\r\nConnection: close\r\n\r\n<html>");
        }
    });
    let error = to_chroma(&sandbox, &format!("http://me:secret@127.0.0.1:{port}")).unwrap_err();
    expect(&error, Kind::Network, &["no Chroma", "me:***@"]);
}
