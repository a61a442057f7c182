//! The server's side of one connection: generic over reader, writer and [`Engine`], so that tests
//! drive the whole protocol over in-memory pipes. It keeps no text after answering.

use std::any::Any;
use std::io::{self, Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use crate::error::{Error, Result};
use crate::model::batch::{Filling, SERVER_LIMITS};
use crate::model::protocol::{Hello, Request, Response, ServerStatus, encode_vector, read_message, write_message};
use crate::model::{ModelInfo, ModelRef};

/// What computes. Called by one connection at a time; may panic, which fails the request alone.
pub trait Engine: Send {
    /// Loads the model unless it is loaded, and says what it is like.
    fn load(&mut self, model: &ModelRef) -> Result<ModelInfo>;

    /// What cuts this model's texts. Need not load the weights.
    fn cutter(&mut self, model: &ModelRef) -> Result<Arc<dyn Cutter>>;

    /// One vector of unit length for each text, given as its pieces within the model's window, computed in
    /// one batch.
    fn embed(&mut self, model: &ModelRef, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>>;

    /// The labels of a classifier.
    fn labels(&mut self, model: &ModelRef) -> Result<Vec<String>>;

    /// The scores of these labels for each text, given as its pieces within the model's window, computed in
    /// one batch.
    fn classify(&mut self, model: &ModelRef, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>>;

    /// Names of the models in memory.
    fn loaded(&self) -> Vec<String>;
}

/// What cuts texts into word pieces, beside the engine and beside itself. May panic, which fails the request
/// alone.
pub trait Cutter: Send + Sync {
    /// The text's pieces, [`SPECIAL_PIECES`] included, however long it is.
    fn pieces(&self, text: &str) -> Result<Vec<i64>>;
}

/// The pieces added at the start and the end of each text.
pub const SPECIAL_PIECES: usize = 2;

/// Cuts a text's pieces to the model's window as the reference does: the first ones stay, and the last piece
/// of the window is the special one that ends a text.
fn keep_to(window: usize, mut pieces: Vec<i64>) -> Vec<i64> {
    if pieces.len() > window
        && let Some(end) = pieces.pop()
    {
        pieces.truncate(window.saturating_sub(1));
        pieces.push(end);
    }
    pieces
}

/// What all connections of a server share.
pub struct Service<E> {
    engine: Mutex<E>,
    queue: Queue,
    started: Instant,
    requests: AtomicU64,
    connections: AtomicUsize,
    working: AtomicUsize,
    stopping: AtomicBool,
}

impl<E: Engine> Service<E> {
    /// A service around this engine.
    pub fn new(engine: E) -> Self {
        Service {
            engine: Mutex::new(engine),
            queue: Queue::default(),
            started: Instant::now(),
            requests: AtomicU64::new(0),
            connections: AtomicUsize::new(0),
            working: AtomicUsize::new(0),
            stopping: AtomicBool::new(false),
        }
    }

    /// Whether the server is to stop.
    pub fn stopping(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// From now on nothing new is begun: each connection ends after the answer to the request it is at.
    pub fn stop(&self) {
        self.stopping.store(true, Ordering::SeqCst);
    }

    /// Requests that have been read and not answered yet.
    pub fn working(&self) -> usize {
        self.working.load(Ordering::SeqCst)
    }

    /// Talks to one client until it closes, asks for shutdown, or sends what cannot be understood.
    ///
    /// # Errors
    /// When reading or writing fails; a request that fails is answered, and is no error here.
    pub fn serve_connection(&self, reader: &mut impl Read, writer: &mut impl Write) -> io::Result<()> {
        self.connections.fetch_add(1, Ordering::SeqCst);
        let outcome = self.converse(reader, writer);
        self.connections.fetch_sub(1, Ordering::SeqCst);
        outcome
    }

    fn converse(&self, reader: &mut impl Read, writer: &mut impl Write) -> io::Result<()> {
        let Some(theirs) = read_message::<Hello>(reader)? else { return Ok(()) };
        // Answered in any case, so that the client can name both versions.
        write_message(writer, &Hello::ours())?;
        if theirs.check().is_err() {
            return Ok(());
        }
        loop {
            let request = match read_message::<Request>(reader) {
                Ok(Some(request)) => request,
                Ok(None) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::InvalidData => {
                    // After a message that made no sense, the next one may not start where we
                    // would look for it: say so and close.
                    let refusal = Error::usage(format!("the request cannot be understood: {error}"));
                    return write_message(writer, &Response::from(&refusal));
                }
                Err(error) => return Err(error),
            };
            // The client asks the next server.
            if self.stopping() {
                return Ok(());
            }
            self.working.fetch_add(1, Ordering::SeqCst);
            let response = self.answer(request).unwrap_or_else(|error| Response::from(&error));
            self.requests.fetch_add(1, Ordering::SeqCst);
            let written = write_message(writer, &response);
            self.working.fetch_sub(1, Ordering::SeqCst);
            written?;
            if self.stopping() {
                return Ok(());
            }
        }
    }

    fn answer(&self, request: Request) -> Result<Response> {
        match request {
            Request::Status => Ok(Response::Status { status: self.status()?.into() }),
            Request::Info { model } => {
                let model = ModelRef::from(model);
                Ok(self.with_engine(|engine| engine.load(&model))?.into())
            }
            Request::Count { model, texts } => {
                let model = ModelRef::from(model);
                let cutter = self.with_engine(|engine| engine.cutter(&model))?;
                let count = |text: &String| Ok(cut(&*cutter, text)?.len().saturating_sub(SPECIAL_PIECES));
                Ok(Response::Counts { counts: texts.iter().map(count).collect::<Result<_>>()? })
            }
            Request::Embed { model, texts } => {
                let model = ModelRef::from(model);
                let vectors = self.in_batches(&model, &texts, |engine, batch| engine.embed(&model, batch))?;
                Ok(Response::Vectors { vectors })
            }
            Request::Classify { model, texts } => {
                let model = ModelRef::from(model);
                let labels = self.with_engine(|engine| engine.labels(&model))?;
                let scores = self.in_batches(&model, &texts, |engine, batch| engine.classify(&model, batch))?;
                Ok(Response::Scores { labels, scores })
            }
            Request::Shutdown => {
                self.stop();
                Ok(Response::Stopping)
            }
        }
    }

    /// Computes in batches of like length and gives the engine back between them, so that a short
    /// query of another client waits for one batch, not for the whole request. The texts are cut beside that,
    /// in the order of their length in bytes, which is nearly that of their pieces.
    fn in_batches(
        &self,
        model: &ModelRef,
        texts: &[String],
        mut compute: impl FnMut(&mut E, &[Vec<i64>]) -> Result<Vec<Vec<f32>>>,
    ) -> Result<Vec<String>> {
        let (info, cutter) = self.with_engine(|engine| Ok((engine.load(model)?, engine.cutter(model)?)))?;
        let mut order: Vec<usize> = (0..texts.len()).collect();
        order.sort_by_key(|&index| texts[index].len());
        let mut vectors = vec![String::new(); texts.len()];
        let mut finish = |batch: Vec<(usize, Vec<i64>)>| -> Result<()> {
            if batch.is_empty() {
                return Ok(());
            }
            let (members, pieces): (Vec<usize>, Vec<Vec<i64>>) = batch.into_iter().unzip();
            let computed = self.with_engine(|engine| compute(engine, &pieces))?;
            expect_one_each(computed.len(), members.len())?;
            for (index, vector) in members.into_iter().zip(&computed) {
                vectors[index] = encode_vector(vector);
            }
            Ok(())
        };
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || {
                for index in order {
                    // Nobody receives any more when a batch has failed.
                    if sender.send((index, cut(&*cutter, &texts[index]))).is_err() {
                        break;
                    }
                }
            });
            let mut filling = Filling::new(SERVER_LIMITS);
            for (index, pieces) in receiver {
                let pieces = keep_to(info.max_pieces, pieces?);
                if let Some(batch) = filling.add(pieces.len(), (index, pieces)) {
                    finish(batch)?;
                }
            }
            finish(filling.rest())
        })?;
        Ok(vectors)
    }

    fn status(&self) -> Result<ServerStatus> {
        Ok(ServerStatus {
            process_id: std::process::id(),
            uptime_seconds: self.started.elapsed().as_secs(),
            requests: self.requests.load(Ordering::SeqCst),
            connections: self.connections.load(Ordering::SeqCst),
            loaded: self.with_engine(|engine| Ok(engine.loaded()))?,
        })
    }

    /// Runs one piece of work on the engine when its turn comes. A panic becomes an error.
    fn with_engine<T>(&self, work: impl FnOnce(&mut E) -> Result<T>) -> Result<T> {
        let _turn = self.queue.wait();
        let mut engine = lock(&self.engine);
        caught(|| work(&mut engine))
    }
}

fn cut(cutter: &dyn Cutter, text: &str) -> Result<Vec<i64>> {
    caught(|| cutter.pieces(text))
}

/// A panic becomes an error.
fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|panic| Err(Error::failure(format!("the model engine panicked: {}", panic_text(&*panic)))))
}

/// First come, first served: a plain mutex may hand the engine to the same thread again and again
/// while another waits.
#[derive(Default)]
struct Queue {
    tickets: Mutex<Tickets>,
    moved: Condvar,
}

#[derive(Default)]
struct Tickets {
    next: u64,
    serving: u64,
}

impl Queue {
    fn wait(&self) -> Turn<'_> {
        let mut tickets = lock(&self.tickets);
        let mine = tickets.next;
        tickets.next += 1;
        while tickets.serving != mine {
            tickets = self.moved.wait(tickets).unwrap_or_else(PoisonError::into_inner);
        }
        Turn { queue: self }
    }
}

struct Turn<'a> {
    queue: &'a Queue,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        lock(&self.queue.tickets).serving += 1;
        self.queue.moved.notify_all();
    }
}

/// Nothing kept behind these locks can be left half changed by a panic.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn expect_one_each(answers: usize, texts: usize) -> Result<()> {
    if answers == texts {
        return Ok(());
    }
    Err(Error::failure(format!("the model engine gave {answers} answers to {texts} texts")))
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "serve_tests.rs"]
pub(crate) mod tests;
