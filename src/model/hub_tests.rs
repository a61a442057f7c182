//! Fetching from a hub of our own on the loopback address, which behaves as badly as told.

use std::collections::HashMap;
use std::io::{BufRead, BufReader};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::model::files::MANIFEST;
use crate::model::install::tests::{TINY, WEIGHTS, contents};

/// How the hub answers one request for a path; the last one stays.
#[derive(Clone, Copy)]
enum Answer {
    Whole,
    /// Says the whole length, sends so many bytes and closes.
    BreakAfter(usize),
    /// Ignores the range that was asked for.
    WholeAlthoughPartAsked,
    Status(u16),
    Other(&'static [u8]),
}

struct FakeHub {
    url: String,
    /// Request line and range of each request.
    asked: Arc<Mutex<Vec<(String, Option<String>)>>>,
}

impl FakeHub {
    fn start(mut weights_answers: Vec<Answer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        let files: HashMap<String, Vec<u8>> =
            contents().into_iter().map(|(name, bytes)| (format!("/someone/tiny/resolve/0123/{name}"), bytes)).collect();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let (path, range) = read_request(&stream);
                log.lock().unwrap().push((path.clone(), range.clone()));
                let answer = match weights_answers.len() {
                    _ if !path.ends_with("model.safetensors") => Answer::Whole,
                    0 => Answer::Whole,
                    1 => weights_answers[0],
                    _ => weights_answers.remove(0),
                };
                respond(stream, files.get(&path), range.as_deref(), answer);
            }
        });
        FakeHub { url, asked }
    }

    fn ranges_of_weights(&self) -> Vec<Option<String>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().filter(|(path, _)| path.ends_with("safetensors")).map(|(_, r)| r.clone()).collect()
    }
}

fn read_request(stream: &TcpStream) -> (String, Option<String>) {
    let mut lines = BufReader::new(stream).lines().map(|line| line.unwrap());
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_string();
    let range = lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.to_ascii_lowercase().strip_prefix("range: ").map(str::to_string))
        .last();
    (path, range)
}

fn respond(mut stream: TcpStream, file: Option<&Vec<u8>>, range: Option<&str>, answer: Answer) {
    let (status, from, body) = match (answer, file) {
        (Answer::Status(status), _) => (status, 0, &b"sorry"[..]),
        (Answer::Other(body), _) => (200, 0, body),
        (_, None) => (404, 0, &b"no such file"[..]),
        (Answer::WholeAlthoughPartAsked, Some(file)) => (200, 0, &file[..]),
        (_, Some(file)) => {
            let from =
                range.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()).unwrap_or(0);
            (if range.is_some() { 206 } else { 200 }, from, &file[from..])
        }
    };
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len());
    if status == 206 {
        let end = from + body.len();
        head.push_str(&format!("Content-Range: bytes {from}-{}/{end}\r\n", end - 1));
    }
    let sent = match answer {
        Answer::BreakAfter(count) => &body[..count.min(body.len())],
        _ => body,
    };
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(sent));
}

fn fetch(hub: &FakeHub, home: &Path) -> (Result<()>, Vec<(String, u64, Option<u64>)>) {
    let mut steps = Vec::new();
    let result = fetch_spec(&TINY, &hub.url, home, &mut |progress| {
        steps.push((progress.file.to_string(), progress.done, progress.total));
    });
    (result, steps)
}

fn holds(home: &Path) -> Vec<String> {
    fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn a_model_is_fetched_and_installed() {
    let home = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(vec![]);
    let (result, steps) = fetch(&hub, home.path());
    result.unwrap();
    assert_eq!(holds(home.path()), ["tiny"]);
    assert!(home.path().join("tiny").join(MANIFEST).is_file());
    assert_eq!(fs::read(home.path().join("tiny/model.safetensors")).unwrap(), WEIGHTS);
    let all = WEIGHTS.len() as u64;
    assert_eq!(steps.last(), Some(&("model.safetensors".to_string(), all, Some(all))));
}

#[test]
fn a_broken_connection_is_taken_up_where_it_ended() {
    let home = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(vec![Answer::BreakAfter(2), Answer::BreakAfter(3), Answer::Whole]);
    fetch(&hub, home.path()).0.unwrap();
    assert_eq!(fs::read(home.path().join("tiny/model.safetensors")).unwrap(), WEIGHTS);
    let part = |from| Some(format!("bytes={from}-"));
    assert_eq!(hub.ranges_of_weights(), [None, part(2), part(5)]);
}

#[test]
fn a_hub_without_ranges_or_with_wrong_bytes_is_survived() {
    let home = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(vec![Answer::BreakAfter(4), Answer::WholeAlthoughPartAsked]);
    fetch(&hub, home.path()).0.unwrap();
    assert_eq!(fs::read(home.path().join("tiny/model.safetensors")).unwrap(), WEIGHTS);

    let home = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(vec![Answer::Other(b"a login page"), Answer::Status(503), Answer::Whole]);
    fetch(&hub, home.path()).0.unwrap();
    // The wrong bytes were thrown away, not gone on from.
    assert_eq!(hub.ranges_of_weights(), [None, None, None]);
}

#[test]
fn what_fails_for_good_says_how_to_do_without_and_goes_on_later() {
    let home = tempfile::tempdir().unwrap();
    let hub = FakeHub::start(vec![Answer::Status(403)]);
    let error = fetch(&hub, home.path()).0.unwrap_err();
    assert_eq!(error.kind(), Kind::Network);
    assert!(error.message().contains("403"), "{error}");
    assert!(error.hint_text().unwrap().contains("journal models install tiny --from"));
    assert!(!home.path().join("tiny").exists());

    let missing = FakeHub::start(vec![Answer::Status(404)]);
    let error = fetch(&missing, home.path()).0.unwrap_err();
    assert!(error.message().contains("model.safetensors: the hub does not have it"), "{error}");

    // What was fetched before is not asked for again.
    let hub = FakeHub::start(vec![Answer::Whole]);
    fetch(&hub, home.path()).0.unwrap();
    assert_eq!(hub.asked.lock().unwrap().len(), 1);
    assert_eq!(holds(home.path()), ["tiny"]);
}

#[test]
fn no_hub_at_all_is_a_network_error_after_a_few_tries() {
    let home = tempfile::tempdir().unwrap();
    // Nobody listens there; of the free ports another test may take any at the next moment.
    let hub = FakeHub { url: "http://127.0.0.1:1".to_string(), asked: Arc::default() };
    let error = fetch(&hub, home.path()).0.unwrap_err();
    assert_eq!(error.kind(), Kind::Network);
    assert!(error.message().contains("tried 5 times"), "{error}");
}
