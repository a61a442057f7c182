//! The protocol driven over pipes in memory, with an engine that computes nothing.

use std::io::{PipeReader, PipeWriter, Write, pipe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::*;
use crate::error::Kind;
use crate::model::protocol::{PROTOCOL_VERSION, decode_vector, failure};

/// Vectors that tell which text they belong to, and a few texts with which things go wrong.
#[derive(Default)]
pub(crate) struct FakeEngine {
    loaded: Vec<String>,
    cutter: Arc<FakeCutter>,
    /// The texts of each call to [`Engine::embed`].
    pub(crate) batches: Vec<Vec<String>>,
}

/// As many pieces as words; each is the number of the text, so that it can be found again.
#[derive(Default)]
struct FakeCutter {
    texts: Mutex<Vec<String>>,
}

impl Cutter for FakeCutter {
    fn pieces(&self, text: &str) -> Result<Vec<i64>> {
        assert_ne!(text, "panic at cutting", "asked to panic");
        let mut texts = lock(&self.texts);
        texts.push(text.to_string());
        Ok(vec![texts.len() as i64 - 1; text.split_whitespace().count() + SPECIAL_PIECES])
    }
}

impl FakeEngine {
    fn begin(&mut self, pieces: &[Vec<i64>]) -> Vec<String> {
        assert!(pieces.iter().all(|pieces| pieces.len() <= WINDOW), "beyond the window");
        let texts = lock(&self.cutter.texts);
        let batch: Vec<String> =
            pieces.iter().map(|pieces| texts[usize::try_from(pieces[0]).unwrap()].clone()).collect();
        self.batches.push(batch.clone());
        batch
    }
}

/// Pieces the fake reads of one text.
const WINDOW: usize = 256;

pub(crate) fn fake_vector(text: &str) -> Vec<f32> {
    let angle = text.bytes().fold(text.len() as f32, |sum, byte| sum + f32::from(byte) / 64.0);
    vec![angle.cos(), angle.sin(), 0.0]
}

impl Engine for FakeEngine {
    fn load(&mut self, model: &ModelRef) -> Result<ModelInfo> {
        if model.id == "absent" {
            return Err(Error::new(Kind::ModelUnavailable, "no such weights").hint("install them"));
        }
        if !self.loaded.contains(&model.name) {
            self.loaded.push(model.name.clone());
        }
        Ok(ModelInfo { dimensions: 3, max_pieces: WINDOW })
    }

    fn cutter(&mut self, _: &ModelRef) -> Result<Arc<dyn Cutter>> {
        Ok(Arc::clone(&self.cutter) as Arc<dyn Cutter>)
    }

    fn embed(&mut self, _: &ModelRef, pieces: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        let texts = self.begin(pieces);
        assert!(!texts.iter().any(|text| text == "panic"), "asked to panic");
        if texts.iter().any(|text| text == "drop one") {
            return Ok(Vec::new());
        }
        Ok(texts.iter().map(|text| fake_vector(text)).collect())
    }

    fn labels(&mut self, _: &ModelRef) -> Result<Vec<String>> {
        Ok(["short", "long"].map(str::to_string).to_vec())
    }

    fn classify(&mut self, _: &ModelRef, pieces: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        let texts = self.begin(pieces);
        Ok(texts.iter().map(|text| 1.0 / (1.0 + text.len() as f32)).map(|short| vec![short, 1.0 - short]).collect())
    }

    fn loaded(&self) -> Vec<String> {
        self.loaded.clone()
    }
}

struct Client {
    reader: PipeReader,
    writer: Option<PipeWriter>,
    server: JoinHandle<io::Result<()>>,
}

impl Client {
    fn connect(service: &Arc<Service<FakeEngine>>) -> Self {
        let (mut their_reader, writer) = pipe().unwrap();
        let (reader, mut their_writer) = pipe().unwrap();
        let service = Arc::clone(service);
        let server = thread::spawn(move || service.serve_connection(&mut their_reader, &mut their_writer));
        Client { reader, writer: Some(writer), server }
    }

    fn greeted(service: &Arc<Service<FakeEngine>>) -> Self {
        let mut client = Client::connect(service);
        client.send(&Hello::ours());
        let hello: Hello = read_message(&mut client.reader).unwrap().unwrap();
        assert_eq!(hello.protocol, PROTOCOL_VERSION);
        client
    }

    fn send(&mut self, message: &impl serde::Serialize) {
        write_message(self.writer.as_mut().unwrap(), message).unwrap();
    }

    fn ask(&mut self, request: &Request) -> Response {
        self.send(request);
        read_message(&mut self.reader).unwrap().unwrap()
    }

    fn close(mut self) -> io::Result<()> {
        self.writer = None;
        self.server.join().unwrap()
    }
}

fn service() -> Arc<Service<FakeEngine>> {
    Arc::new(Service::new(FakeEngine::default()))
}

fn model(id: &str) -> ModelRef {
    ModelRef { id: id.into(), name: format!("{id}@1"), folder: "/models".into() }
}

fn embed(texts: &[&str]) -> Request {
    let texts = texts.iter().map(|text| text.to_string()).collect();
    Request::Embed { model: (&model("fake")).into(), texts }
}

fn error(response: Response) -> Error {
    match response {
        Response::Failed { kind, message, hint } => failure(&kind, message, hint),
        other => panic!("{other:?} is no failure"),
    }
}

#[test]
fn another_version_gets_our_greeting_and_nothing_else() {
    let service = service();
    let mut client = Client::connect(&service);
    client.send(&Hello { protocol: PROTOCOL_VERSION + 1, program: "journal 99".into() });
    let hello: Hello = read_message(&mut client.reader).unwrap().unwrap();
    assert_eq!(hello, Hello::ours());
    assert!(read_message::<Response>(&mut client.reader).unwrap().is_none());
    client.close().unwrap();
}

#[test]
fn vectors_come_in_the_order_of_the_texts_although_batched_by_length() {
    let service = service();
    let mut client = Client::greeted(&service);
    let long = "word ".repeat(300);
    let texts: Vec<String> =
        (0..40).map(|n| if n % 3 == 0 { format!("{long}{n}") } else { format!("short {n}") }).collect();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let Response::Vectors { vectors } = client.ask(&embed(&texts)) else { panic!() };
    for (text, vector) in texts.iter().zip(&vectors) {
        assert_eq!(decode_vector(vector).unwrap(), fake_vector(text));
    }
    client.close().unwrap();
    let engine = lock(&service.engine);
    assert!(engine.batches.len() > 1);
    for batch in &engine.batches {
        // Long texts count as the window they are cut to.
        assert!(batch.iter().any(|text| text.len() < 20) != (batch.iter().any(|text| text.len() > 1000)));
        assert!(batch.len() <= SERVER_LIMITS.texts);
    }
}

#[test]
fn labels_and_scores_come_in_the_order_of_the_texts() {
    let service = service();
    let mut client = Client::greeted(&service);
    let texts = vec!["word ".repeat(300), "one".to_string(), "four".to_string()];
    let request = Request::Classify { model: (&model("fake")).into(), texts: texts.clone() };
    let Response::Scores { labels, scores } = client.ask(&request) else { panic!() };
    assert_eq!(labels, ["short", "long"]);
    for (text, scores) in texts.iter().zip(&scores) {
        let short = 1.0 / (1.0 + text.len() as f32);
        assert_eq!(decode_vector(scores).unwrap(), [short, 1.0 - short]);
    }
    client.close().unwrap();
}

#[test]
fn many_requests_on_one_connection_and_many_connections_at_once() {
    let service = service();
    let clients: Vec<_> = (0..8)
        .map(|number| {
            let service = Arc::clone(&service);
            thread::spawn(move || {
                let mut client = Client::greeted(&service);
                for round in 0..50 {
                    let text = format!("client {number} round {round}");
                    let Response::Vectors { vectors } = client.ask(&embed(&[&text])) else { panic!() };
                    assert_eq!(decode_vector(&vectors[0]).unwrap(), fake_vector(&text));
                }
                client.close().unwrap();
            })
        })
        .collect();
    clients.into_iter().for_each(|client| client.join().unwrap());

    let mut client = Client::greeted(&service);
    let counting =
        Request::Count { model: (&model("fake")).into(), texts: vec!["one two three".into(), String::new()] };
    assert_eq!(client.ask(&counting), Response::Counts { counts: vec![3, 0] });
    let info = Request::Info { model: (&model("fake")).into() };
    assert_eq!(client.ask(&info), Response::Info { dimensions: 3, max_pieces: WINDOW });
    let Response::Status { status } = client.ask(&Request::Status) else { panic!() };
    let status = ServerStatus::from(status);
    assert_eq!((status.requests, status.connections), (402, 1));
    assert_eq!(status.loaded, ["fake@1"]);
    client.close().unwrap();
}

#[test]
fn a_failing_or_panicking_engine_fails_the_request_alone() {
    let service = service();
    let mut client = Client::greeted(&service);
    let absent = error(client.ask(&Request::Info { model: (&model("absent")).into() }));
    assert_eq!(absent.kind(), Kind::ModelUnavailable);
    assert_eq!(absent.hint_text(), Some("install them"));
    let panicked = error(client.ask(&embed(&["panic"])));
    assert!(panicked.message().contains("asked to panic"), "{panicked}");
    let panicked = error(client.ask(&embed(&["one", "panic at cutting", "two"])));
    assert!(panicked.message().contains("asked to panic"), "{panicked}");
    let short = error(client.ask(&embed(&["drop one"])));
    assert!(short.message().contains("0 answers to 1 texts"), "{short}");
    assert!(matches!(client.ask(&embed(&["fine"])), Response::Vectors { .. }));
    client.close().unwrap();
}

#[test]
fn garbage_is_refused_and_the_connection_closed() {
    for garbage in [&b"\x05\0\0\0hello"[..], b"\x02\0\0\0{}", b"\xff\xff\xff\xffxxxx"] {
        let service = service();
        let mut client = Client::greeted(&service);
        client.writer.as_mut().unwrap().write_all(garbage).unwrap();
        let refusal = error(read_message(&mut client.reader).unwrap().unwrap());
        assert_eq!(refusal.kind(), Kind::Usage);
        assert!(read_message::<Response>(&mut client.reader).unwrap().is_none());
        client.close().unwrap();
    }
    // Before the greeting there is nobody to answer.
    let service = service();
    let mut client = Client::connect(&service);
    client.writer.as_mut().unwrap().write_all(&[0xff; 64]).unwrap();
    assert!(read_message::<Hello>(&mut client.reader).unwrap().is_none());
    assert!(client.close().is_err());
}

#[test]
fn shutdown_is_answered_and_remembered() {
    let service = service();
    let mut client = Client::greeted(&service);
    assert!(!service.stopping());
    assert_eq!(client.ask(&Request::Shutdown), Response::Stopping);
    assert!(service.stopping());
    client.close().unwrap();
}
