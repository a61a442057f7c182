//! A hub of our own, which has what it is given and behaves as told.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// How a hub behaves.
#[derive(Default)]
pub(crate) struct Manners {
    /// Send so many bytes of the weights and then nothing, with the connection open.
    pub(crate) stalls_after: Option<usize>,
    /// Send so many bytes of the weights and close the connection, unless asked to go on.
    pub(crate) breaks_after: Option<usize>,
    /// A file that is sent with one letter changed.
    pub(crate) falsifies: Option<&'static str>,
    /// A file that ends after so many bytes, which is said to be all.
    pub(crate) truncates: Option<(&'static str, usize)>,
}

pub(crate) struct Hub {
    /// Where it is, as `HF_ENDPOINT` names it.
    pub(crate) url: String,
    shared: Arc<Shared>,
}

struct Shared {
    /// The folder of each repository, `owner/name`.
    has: Vec<(&'static str, PathBuf)>,
    manners: Mutex<Manners>,
    /// Path of each request, and the first byte where a range was asked for.
    asked: Mutex<Vec<(String, Option<usize>)>>,
}

impl Hub {
    /// A hub with these repositories, whatever revision is asked for.
    pub(crate) fn start(has: Vec<(&'static str, PathBuf)>) -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let shared = Arc::new(Shared { has, manners: Mutex::default(), asked: Mutex::default() });
        let hub = Hub { url, shared: Arc::clone(&shared) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                thread::spawn(move || answer(stream.unwrap(), &shared));
            }
        });
        hub
    }

    /// From now on it behaves like this, and knows no request of before.
    pub(crate) fn behaves(&self, manners: Manners) {
        *self.shared.manners.lock().unwrap() = manners;
        self.shared.asked.lock().unwrap().clear();
    }

    /// Path and first byte of each request since its manners were changed.
    pub(crate) fn paths(&self) -> Vec<(String, Option<usize>)> {
        self.shared.asked.lock().unwrap().clone()
    }

    /// File and first byte of each request since its manners were changed.
    pub(crate) fn asked(&self) -> Vec<(String, usize)> {
        self.paths().iter().map(|(path, from)| (taken_apart(path).unwrap().2.to_string(), from.unwrap_or(0))).collect()
    }
}

/// Repository, revision and file of `/owner/name/resolve/revision/file`.
fn taken_apart(path: &str) -> Option<(&str, &str, &str)> {
    let (repository, rest) = path.strip_prefix('/')?.split_once("/resolve/")?;
    let (revision, file) = rest.split_once('/')?;
    Some((repository, revision, file))
}

fn answer(mut stream: TcpStream, shared: &Shared) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_string();
    let range = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok()
    });
    shared.asked.lock().unwrap().push((path.clone(), range));
    let (repository, _, file) = taken_apart(&path).unwrap_or_default();
    let folder = shared.has.iter().find(|(name, _)| *name == repository);
    let Some(mut body) = folder.and_then(|(_, folder)| fs::read(folder.join(file)).ok()) else {
        let _ = stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    let (mut stalls, mut breaks) = (None, None);
    {
        let manners = shared.manners.lock().unwrap();
        if manners.falsifies == Some(file) {
            let middle = body.len() / 2;
            body[middle] ^= 1;
        }
        if let Some((_, length)) = manners.truncates.filter(|(truncated, _)| *truncated == file) {
            body.truncate(length);
        }
        if file == "model.safetensors" {
            stalls = manners.stalls_after;
            breaks = manners.breaks_after.filter(|_| range.is_none());
        }
    }
    let from = range.unwrap_or(0).min(body.len());
    let status = if range.is_some() { 206 } else { 200 };
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len() - from);
    if range.is_some() {
        head.push_str(&format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len()));
    }
    let end = stalls.or(breaks).unwrap_or(usize::MAX).min(body.len());
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body[from..end]));
    if stalls.is_some() {
        thread::sleep(Duration::from_secs(20));
    }
}
