//! `journal models install` from a hub of our own, which has the real model and a bad connection.

use crate::meaning::model_folder;
use crate::support::{Outcome, Sandbox};
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

const REPOSITORY: &str = "/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f207416be6d2e6f8de32d1f16199bf/";

/// How much of the weights comes before the connection breaks for the first time.
const FIRST_PART: usize = 7_000_000;

/// Path, and range if there was one, of each request.
type Asked = Arc<Mutex<Vec<(String, Option<usize>)>>>;

/// A hub that changes what it sends with `change`, by path.
fn hub(change: fn(&str, &mut Vec<u8>)) -> (String, Asked) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked = Asked::default();
    let log = Arc::clone(&asked);
    thread::spawn(move || {
        for stream in listener.incoming() {
            answer(stream.unwrap(), &log, change);
        }
    });
    (address, asked)
}

fn answer(mut stream: TcpStream, log: &Asked, change: fn(&str, &mut Vec<u8>)) {
    let mut lines = BufReader::new(&stream).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_string();
    let headers: Vec<String> = lines.take_while(|line| !line.is_empty()).map(|line| line.to_lowercase()).collect();
    let from =
        headers.iter().find_map(|line| line.strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    log.lock().unwrap().push((path.clone(), from));
    let file = path.strip_prefix(REPOSITORY).and_then(|name| fs::read(model_folder().join(name)).ok());
    let Some(mut file) = file else {
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    change(&path, &mut file);
    let (start, length) = (from.unwrap_or(0), file.len());
    let part = &file[start..];
    let mut head = format!("Content-Length: {}\r\nConnection: close\r\n\r\n", part.len());
    if from.is_some() {
        head = format!("Content-Range: bytes {start}-{}/{length}\r\n{head}", length - 1);
    }
    let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
    let breaks = path.ends_with(".safetensors") && from.is_none();
    let sent = if breaks { &part[..FIRST_PART.min(part.len())] } else { part };
    let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n{head}").as_bytes()).and_then(|()| stream.write_all(sent));
}

fn install(address: &str) -> (Sandbox, Outcome) {
    let sandbox = Sandbox::new().with("HF_ENDPOINT", address);
    let outcome = sandbox.run(["models", "install", "--json"]);
    (sandbox, outcome)
}

#[test]
fn the_hub_that_the_environment_names_is_asked_for_the_pinned_revision() {
    let (address, asked) = hub(|_, _| {});
    let (sandbox, outcome) = install(&address);
    assert_eq!(outcome.ok().json()["id"], "all-MiniLM-L6-v2");
    let verified = sandbox.run(["models", "verify", "--json"]).ok().json();
    assert_eq!((&verified["checked"], &verified["faults"]), (&9.into(), &serde_json::json!([])));

    let asked = asked.lock().unwrap();
    assert!(asked.iter().all(|(path, _)| path.starts_with(REPOSITORY)), "{asked:?}");
    assert_eq!(asked.iter().map(|(path, _)| path).collect::<BTreeSet<_>>().len(), 9, "{asked:?}");
    let weights: Vec<Option<usize>> =
        asked.iter().filter(|(path, _)| path.ends_with(".safetensors")).map(|(_, from)| *from).collect();
    assert_eq!(weights[0], None);
    // What was there when the connection broke is not fetched again, as far as it had arrived.
    assert!(weights.len() == 2 && weights[1].is_some_and(|from| (1..=FIRST_PART).contains(&from)), "{weights:?}");
}

#[test]
fn what_a_hub_sends_instead_is_refused_and_nothing_installed() {
    let (address, asked) = hub(|path, bytes| {
        if path.ends_with("vocab.txt") {
            bytes[4000] ^= 1;
        }
    });
    let (sandbox, outcome) = install(&address);
    outcome.code(4).says("vocab.txt").says("SHA-256");
    assert!(asked.lock().unwrap().iter().all(|(path, _)| !path.ends_with(".safetensors")));
    sandbox.run(["models", "verify"]).code(15);

    for address in ["ftp://example.org", "https://", "huggingface.co"] {
        install(address).1.code(2).says("HF_ENDPOINT");
    }
}
