//! `journal models install` from a hub of our own that holds the real model and behaves as told.

use crate::meaning::model_folder;
use crate::support::Sandbox;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

/// How the hub behaves.
#[derive(Default)]
struct Manners {
    /// Send so many bytes of the weights and then nothing, with the connection open.
    stalls_after: Option<usize>,
    /// A file that is sent with one letter changed.
    falsifies: Option<&'static str>,
    /// A file that ends after so many bytes, which is said to be all.
    truncates: Option<(&'static str, usize)>,
}

struct Hub {
    url: String,
    manners: Arc<Mutex<Manners>>,
    /// Path and first byte of each request.
    asked: Arc<Mutex<Vec<(String, usize)>>>,
}

impl Hub {
    fn start() -> Hub {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (manners, asked) = (Arc::<Mutex<Manners>>::default(), Arc::<Mutex<Vec<_>>>::default());
        let hub = Hub { url, manners: Arc::clone(&manners), asked: Arc::clone(&asked) };
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (manners, asked) = (Arc::clone(&manners), Arc::clone(&asked));
                thread::spawn(move || answer(stream.unwrap(), &manners, &asked));
            }
        });
        hub
    }

    fn behaves(&self, manners: Manners) {
        *self.manners.lock().unwrap() = manners;
        self.asked.lock().unwrap().clear();
    }

    /// The file and first byte of each request since the hub's manners were changed.
    fn asked(&self) -> Vec<(String, usize)> {
        let file = |path: &str| path.split_once("/resolve/").unwrap().1.split_once('/').unwrap().1.to_string();
        self.asked.lock().unwrap().iter().map(|(path, from)| (file(path), *from)).collect()
    }
}

fn answer(mut stream: TcpStream, manners: &Mutex<Manners>, asked: &Mutex<Vec<(String, usize)>>) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
    let path = lines.next().unwrap_or_default().split(' ').nth(1).unwrap_or_default().to_string();
    let range = lines.take_while(|line| !line.is_empty()).find_map(|line| {
        line.to_ascii_lowercase().strip_prefix("range: bytes=")?.strip_suffix('-')?.parse::<usize>().ok()
    });
    asked.lock().unwrap().push((path.clone(), range.unwrap_or(0)));
    let file = path.split_once("/resolve/").and_then(|(_, rest)| rest.split_once('/')).map_or("", |(_, file)| file);
    let Ok(mut body) = fs::read(model_folder().join(file)) else {
        let _ = stream.write_all(b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
        return;
    };
    let (mut stalls_after, whole) = (None, body.len());
    {
        let manners = manners.lock().unwrap();
        if manners.falsifies == Some(file) {
            body[whole / 2] ^= 1;
        }
        if let Some((_, length)) = manners.truncates.filter(|(truncated, _)| *truncated == file) {
            body.truncate(length);
        }
        if file == "model.safetensors" {
            stalls_after = manners.stalls_after;
        }
    }
    let from = range.unwrap_or(0).min(body.len());
    let status = if range.is_some() { 206 } else { 200 };
    let mut head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n", body.len() - from);
    if range.is_some() {
        head.push_str(&format!("Content-Range: bytes {from}-{}/{}\r\n", body.len() - 1, body.len()));
    }
    let end = stalls_after.unwrap_or(usize::MAX).min(body.len());
    let _ = stream.write_all(format!("{head}\r\n").as_bytes()).and_then(|()| stream.write_all(&body[from..end]));
    if stalls_after.is_some() {
        thread::sleep(Duration::from_secs(20));
    }
}

#[test]
fn a_download_that_was_killed_goes_on_where_it_ended() {
    let hub = Hub::start();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", format!("{}/", hub.url));
    let half = 40_000_000;
    hub.behaves(Manners { stalls_after: Some(half), ..Manners::default() });
    let mut child = sandbox.command(["models", "install"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let part = || -> Option<u64> {
        let folder = fs::read_dir(sandbox.data().join("models")).ok()?.flatten().next()?.path();
        Some(fs::metadata(folder.join("model.safetensors.part")).ok()?.len())
    };
    let since = Instant::now();
    while part() != Some(half as u64) {
        assert!(since.elapsed() < Duration::from_secs(60), "{:?} bytes came", part());
        thread::sleep(Duration::from_millis(20));
    }
    // Nobody else fetches the same model meanwhile.
    sandbox.run(["models", "install"]).code(7).says("being fetched");
    child.kill().unwrap();
    child.wait().unwrap();
    let revision = hub.asked.lock().unwrap()[0].0.clone();
    assert!(revision.contains("/sentence-transformers/all-MiniLM-L6-v2/resolve/c9745ed1d9f2"), "{revision}");
    assert_eq!(sandbox.run(["models", "list", "--json"]).ok().array("")[0]["installed"], false);

    hub.behaves(Manners::default());
    let installed = sandbox.run(["models", "install", "--json"]).ok().json();
    assert_eq!(hub.asked(), [("model.safetensors".to_string(), half)]);
    assert_eq!(installed["id"], "all-MiniLM-L6-v2");
    let verdict = sandbox.run(["models", "verify", "--json"]).ok().json();
    assert_eq!((&verdict["checked"], &verdict["faults"]), (&9.into(), &serde_json::json!([])));
    let left: Vec<_> = fs::read_dir(sandbox.data().join("models")).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["all-MiniLM-L6-v2"]);
}

#[test]
fn wrong_files_are_refused_and_fetched_anew_later() {
    let hub = Hub::start();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", &hub.url);
    let nothing = || assert_eq!(sandbox.run(["models", "list", "--json"]).ok().array("")[0]["installed"], false);
    hub.behaves(Manners { falsifies: Some("vocab.txt"), ..Manners::default() });
    sandbox.run(["models", "install"]).code(4).says("vocab.txt").says("SHA-256").says("hint:").says("--from");
    nothing();
    hub.behaves(Manners { truncates: Some(("vocab.txt", 1000)), ..Manners::default() });
    sandbox.run(["models", "install"]).code(4).says("vocab.txt").says("SHA-256");
    // What had come before is not asked for again, and nothing wrong is gone on from.
    assert!(hub.asked().iter().all(|(file, from)| file == "vocab.txt" && *from == 0), "{:?}", hub.asked());
    nothing();
    // Settings have no known hash: what cannot be understood is found by reading it.
    sandbox.run(["models", "remove", "all-MiniLM-L6-v2"]).code(15);
    fs::remove_dir_all(sandbox.data().join("models")).unwrap();
    hub.behaves(Manners { truncates: Some(("config.json", 100)), ..Manners::default() });
    sandbox.run(["models", "install"]).code(5).says("config.json");
    nothing();
    hub.behaves(Manners::default());
    sandbox.run(["models", "install"]).ok();
    assert!(
        hub.asked().iter().all(|(file, _)| file.ends_with(".json") && file != "tokenizer.json"),
        "{:?}",
        hub.asked()
    );
    sandbox.run(["models", "verify"]).ok();
}

#[test]
fn from_a_folder_or_an_archive_no_network_is_needed() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let sandbox = Sandbox::new().with("HF_ENDPOINT", format!("http://{nobody}"));
    sandbox.run(["models", "install"]).code(4).says(&nobody.to_string()).says("--from");
    let archive = sandbox.path("model.tar.gz");
    let folder = model_folder();
    let name = folder.file_name().unwrap().to_str().unwrap();
    let parent = folder.parent().unwrap().to_str().unwrap();
    let archive = archive.to_str().unwrap();
    sandbox.shell(&format!("tar -C '{parent}' -cf - '{name}' | gzip -1 > '{archive}'")).ok();
    sandbox.run(["models", "install", "--from", archive]).ok();
    sandbox.run(["models", "verify"]).ok();

    // Cut short, with a link where the weights should be, or a way out: refused, and what was there stays.
    let bytes = fs::read(archive).unwrap();
    let cut = sandbox.file("cut.tar.gz", &bytes[..bytes.len() / 2]);
    sandbox.run(["models", "install", "--from", &cut]).code(5).says("cut.tar.gz");
    sandbox.shell("mkdir evil && ln -s /etc/passwd evil/model.safetensors && tar -cf evil.tar evil").ok();
    let evil = sandbox.path("evil.tar");
    sandbox.run(["models", "install", "--from", evil.to_str().unwrap()]).code(5).says("link");
    sandbox.shell("mkdir inner && cd inner && tar -P -cf ../climbs.tar ../config.toml").ok();
    let climbs = sandbox.path("climbs.tar");
    sandbox.run(["models", "install", "--from", climbs.to_str().unwrap()]).code(5).says("leads out");
    sandbox.run(["models", "verify"]).ok();

    let wrong = Sandbox::new().with("HF_ENDPOINT", "localhost");
    wrong.run(["models", "install"]).code(2).says("HF_ENDPOINT").says("localhost");
}
