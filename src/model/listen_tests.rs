//! The server's life with a fake engine: a real socket, no process.

use std::os::unix::fs::FileTypeExt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::*;
use crate::model::serve::tests::{FakeEngine, fake_vector};
use crate::model::{ClientConfig, ModelClient, ModelRef};

struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Place { folder: tempfile::tempdir().unwrap() }
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("run/model.sock")
    }

    fn listen_config(&self, idle: Duration) -> ListenConfig {
        ListenConfig { socket: self.socket(), lock: self.socket().with_extension("lock"), idle, executable: None }
    }

    fn serve(&self, idle: Duration) -> JoinHandle<Ended> {
        let config = self.listen_config(idle);
        thread::spawn(move || listen(&config, FakeEngine::default).unwrap())
    }

    fn client_config(&self) -> ClientConfig {
        ClientConfig {
            socket: self.socket(),
            lock: self.socket().with_extension("lock"),
            server: "/nonexistent/journal-model".into(),
            idle: Duration::from_secs(60),
            threads: None,
            exact: true,
            start_timeout: Duration::from_secs(5),
            stderr_log: self.socket().with_extension("log"),
        }
    }

    fn client(&self) -> ModelClient {
        let until = Instant::now() + Duration::from_secs(10);
        loop {
            if let Some(client) = ModelClient::connect(self.client_config()).unwrap() {
                return client;
            }
            assert!(Instant::now() < until, "nobody listens");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

fn model() -> ModelRef {
    ModelRef { id: "fake".into(), name: "fake@1".into(), folder: "/models".into() }
}

const LONG: Duration = Duration::from_secs(600);

#[test]
fn the_client_gets_vectors_in_order_with_progress() {
    let place = Place::new();
    let server = place.serve(LONG);
    let mut client = place.client();
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert!(fs::metadata(place.socket()).unwrap().file_type().is_socket());
    assert_eq!((mode(&place.socket()), mode(place.socket().parent().unwrap())), (0o600, 0o700));

    let texts: Vec<String> = (0..150).map(|n| format!("{}text {n}", "word ".repeat(n % 7))).collect();
    let mut steps = Vec::new();
    let vectors = client.embed_with_progress(&model(), &texts, &mut |done| steps.push(done)).unwrap();
    assert_eq!(steps, [64, 128, 150]);
    assert!(texts.iter().zip(&vectors).all(|(text, vector)| *vector == fake_vector(text)));
    assert_eq!(client.count(&model(), &texts[..3]).unwrap(), [2, 3, 4]);
    assert!(client.embed(&model(), &[]).unwrap().is_empty());
    assert_eq!(client.info(&model()).unwrap().max_pieces, 256);
    client.shutdown().unwrap();
    assert_eq!(server.join().unwrap(), Ended::Asked);
    assert!(!place.socket().exists());
}

#[test]
fn one_wins_and_the_others_leave_without_touching_anything() {
    let place = Place::new();
    let started = AtomicUsize::new(0);
    let config = place.listen_config(LONG);
    thread::scope(|scope| {
        let servers: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    listen(&config, || {
                        started.fetch_add(1, Ordering::SeqCst);
                        FakeEngine::default()
                    })
                    .unwrap()
                })
            })
            .collect();
        let client = place.client();
        while servers.iter().filter(|server| server.is_finished()).count() < 5 {
            thread::sleep(Duration::from_millis(5));
        }
        client.shutdown().unwrap();
        let mut ends: Vec<Ended> = servers.into_iter().map(|server| server.join().unwrap()).collect();
        ends.sort_by_key(|end| *end == Ended::Asked);
        assert_eq!(ends[..5], [Ended::AnotherServes; 5]);
        assert_eq!(ends[5], Ended::Asked);
    });
    assert_eq!(started.load(Ordering::SeqCst), 1);
}

#[test]
fn it_leaves_when_idle_but_not_while_somebody_is_there() {
    let place = Place::new();
    let idle = Duration::from_millis(300);
    let server = place.serve(idle);
    let mut client = place.client();
    let stayed = Instant::now();
    while stayed.elapsed() < idle * 3 {
        client.status().unwrap();
        assert!(!server.is_finished());
        thread::sleep(Duration::from_millis(50));
    }
    drop(client);
    let left = Instant::now();
    assert_eq!(server.join().unwrap(), Ended::Idle);
    assert!(left.elapsed() >= idle / 2 && left.elapsed() < Duration::from_secs(5));
    assert!(!place.socket().exists());
    // The lock is free again.
    let next = place.serve(LONG);
    place.client().shutdown().unwrap();
    assert_eq!(next.join().unwrap(), Ended::Asked);
}

#[test]
fn a_socket_left_by_a_dead_server_is_replaced() {
    let place = Place::new();
    prepare_folder(place.socket().parent().unwrap()).unwrap();
    drop(UnixListener::bind(place.socket()).unwrap());
    assert!(place.socket().exists());
    assert!(ModelClient::connect(place.client_config()).unwrap().is_none());
    let server = place.serve(LONG);
    place.client().shutdown().unwrap();
    assert_eq!(server.join().unwrap(), Ended::Asked);
}

#[test]
fn a_server_nobody_can_reach_any_more_leaves() {
    let place = Place::new();
    let server = place.serve(LONG);
    drop(place.client());
    fs::remove_file(place.socket()).unwrap();
    assert_eq!(server.join().unwrap(), Ended::Unreachable);
}

#[test]
fn without_an_executable_the_client_says_how_to_get_one() {
    let place = Place::new();
    let error = ModelClient::connect_or_start(place.client_config()).unwrap_err();
    assert_eq!(error.kind(), crate::error::Kind::ModelUnavailable);
    assert!(error.message().contains("/nonexistent/journal-model"), "{error}");
    assert!(error.hint_text().unwrap().contains("make install"));
}
