//! How `journal` talks to the model server: connects, or starts one and connects; asks in requests of
//! bounded size; and asks again, once, when the server goes away in the middle.

use std::io::{self, Read, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::error::{Error, Kind, Result};
use crate::model::protocol::{
    Hello, Request, Response, ServerStatus, decode_vector, failure, read_message, write_message,
};
use crate::model::socket::nobody_listens;
use crate::model::start::{ClientConfig, StderrLog, start};
use crate::model::{Classified, ModelInfo, ModelRef, registry};

/// Bounds on one request, so that progress shows and no message nears the protocol's limit.
const TEXTS_PER_REQUEST: usize = 64;
const BYTES_PER_REQUEST: usize = 4 * 1024 * 1024;

/// How long one response may take: a full request on a slow machine, behind others.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(600);

/// How long a server may take to greet: it has nothing to load for that.
const HELLO_TIMEOUT: Duration = Duration::from_secs(10);

/// How far a vector's length may be from one.
const UNIT_TOLERANCE: f32 = 1e-3;

/// A connection to the model server.
#[derive(Debug)]
pub struct ModelClient {
    config: ClientConfig,
    stream: Option<UnixStream>,
    log: StderrLog,
    /// The server we started, if we did: kept to collect its exit status.
    child: Option<Child>,
}

impl ModelClient {
    /// Connects to the server, and starts one when nobody listens. Of several that start at once,
    /// one wins and the rest connect to it.
    ///
    /// # Errors
    /// [`Kind::ModelUnavailable`] when the server cannot be started, dies (with what it said on
    /// stderr), does not listen in time, or speaks another version.
    pub fn connect_or_start(config: ClientConfig) -> Result<Self> {
        let log = StderrLog::from_now(&config.stderr_log);
        let mut client = ModelClient { config, stream: None, log, child: None };
        client.connected()?;
        Ok(client)
    }

    /// Connects to a server that runs; `None` when nobody listens.
    pub fn connect(config: ClientConfig) -> Result<Option<Self>> {
        let log = StderrLog::from_now(&config.stderr_log);
        match greeted(&config) {
            Ok(stream) => Ok(Some(ModelClient { config, stream: Some(stream), log, child: None })),
            Err(Unheard::Nobody | Unheard::Leaving) => Ok(None),
            Err(Unheard::Failed(error)) => Err(error),
        }
    }

    /// What the model is like; the server loads it.
    pub fn info(&mut self, model: &ModelRef) -> Result<ModelInfo> {
        match self.call(&Request::Info { model: model.into() })? {
            Response::Info { dimensions, max_pieces } => Ok(ModelInfo { dimensions, max_pieces }),
            other => Err(unexpected(&other)),
        }
    }

    /// Word pieces of each text, without the model's special ones, however long the text is.
    pub fn count(&mut self, model: &ModelRef, texts: &[String]) -> Result<Vec<usize>> {
        let mut all = Vec::with_capacity(texts.len());
        for part in requests(texts) {
            let request = Request::Count { model: model.into(), texts: texts[part.clone()].to_vec() };
            match self.call(&request)? {
                Response::Counts { counts } if counts.len() == part.len() => all.extend(counts),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(all)
    }

    /// A vector of unit length for each text, in their order. What is beyond the model's window is
    /// cut: split longer texts first.
    pub fn embed(&mut self, model: &ModelRef, texts: &[String]) -> Result<Vec<Vec<f32>>> {
        self.embed_with_progress(model, texts, &mut |_| {})
    }

    /// Like [`ModelClient::embed`], and calls `progress` with the number of texts done after each
    /// request.
    pub fn embed_with_progress(
        &mut self,
        model: &ModelRef,
        texts: &[String],
        progress: &mut dyn FnMut(usize),
    ) -> Result<Vec<Vec<f32>>> {
        let mut all: Vec<Vec<f32>> = Vec::with_capacity(texts.len());
        let mut dimensions = registry::find(&model.id).ok().map(|spec| spec.dimensions);
        for part in requests(texts) {
            let request = Request::Embed { model: model.into(), texts: texts[part.clone()].to_vec() };
            match self.call(&request)? {
                Response::Vectors { vectors } if vectors.len() == part.len() => {
                    for text in &vectors {
                        let vector = decode_vector(text)?;
                        check_vector(&vector, *dimensions.get_or_insert(vector.len()))?;
                        all.push(vector);
                    }
                }
                other => return Err(unexpected(&other)),
            }
            progress(all.len());
        }
        Ok(all)
    }

    /// A score of each label for each text, in their order, by a classifier. What is beyond the model's
    /// window is cut.
    ///
    /// # Errors
    /// [`Kind::Usage`] when the model gives vectors; as [`ModelClient::embed`].
    pub fn classify(&mut self, model: &ModelRef, texts: &[String]) -> Result<Classified> {
        let mut all = Classified { labels: Vec::new(), scores: Vec::with_capacity(texts.len()) };
        for part in requests(texts) {
            let request = Request::Classify { model: model.into(), texts: texts[part.clone()].to_vec() };
            match self.call(&request)? {
                Response::Scores { labels, scores } if scores.len() == part.len() => {
                    for text in &scores {
                        let scores = decode_vector(text)?;
                        check_scores(&scores, labels.len())?;
                        all.scores.push(scores);
                    }
                    all.labels = labels;
                }
                other => return Err(unexpected(&other)),
            }
        }
        Ok(all)
    }

    /// How the server is doing.
    pub fn status(&mut self) -> Result<ServerStatus> {
        match self.call(&Request::Status)? {
            Response::Status { status } => Ok(status.into()),
            other => Err(unexpected(&other)),
        }
    }

    /// Asks the server to finish what it does and exit. One that is gone already is no error.
    pub fn shutdown(mut self) -> Result<()> {
        let Some(mut stream) = self.stream.take() else { return Ok(()) };
        match exchange(&mut stream, &Request::Shutdown) {
            Ok(Response::Stopping) => Ok(()),
            Ok(other) => Err(unexpected(&other)),
            Err(error) if went_away(&error) => Ok(()),
            Err(error) => Err(self.log.explain(format!("cannot stop the model server: {error}"))),
        }
    }

    /// Sends a request and waits for its response. When the server goes away in the middle, a fresh
    /// one is asked once more: requests change nothing, so repeating one is safe.
    fn call(&mut self, request: &Request) -> Result<Response> {
        let mut died_before = false;
        loop {
            let stream = self.connected()?;
            match exchange(stream, request) {
                Ok(Response::Failed { kind, message, hint }) => {
                    return Err(failure(&kind, message, hint));
                }
                Ok(response) => return Ok(response),
                Err(error) => {
                    self.stream = None;
                    if error.kind() == io::ErrorKind::InvalidInput {
                        return Err(Error::usage(format!("the text is too long: {error}")));
                    }
                    if went_away(&error) && !died_before {
                        died_before = true;
                        continue;
                    }
                    let what = match error.kind() {
                        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => {
                            format!("gave no answer within {} seconds", RESPONSE_TIMEOUT.as_secs())
                        }
                        _ if died_before => format!("died twice at the same request ({error})"),
                        _ => format!("failed: {error}"),
                    };
                    return Err(self.log.explain(format!("the model server {what}")));
                }
            }
        }
    }

    /// The connection, made anew if need be.
    fn connected(&mut self) -> Result<&mut UnixStream> {
        let stream = match self.stream.take() {
            Some(stream) => stream,
            None => self.connect_or_wait()?,
        };
        Ok(self.stream.insert(stream))
    }

    fn connect_or_wait(&mut self) -> Result<UnixStream> {
        let deadline = Instant::now() + self.config.start_timeout;
        // A server of ours that was there before has gone: collect it, its status says nothing now.
        if let Some(mut gone) = self.child.take() {
            let _ = gone.try_wait();
        }
        let mut pause = Duration::from_millis(5);
        loop {
            let unheard = match greeted(&self.config) {
                Ok(stream) => return Ok(stream),
                Err(Unheard::Failed(error)) => return Err(error),
                Err(unheard) => unheard,
            };
            if Instant::now() >= deadline {
                let seconds = self.config.start_timeout.as_secs_f32();
                return Err(self.log.explain(format!("the model server did not listen within {seconds} seconds")));
            }
            self.start_or_check(&unheard)?;
            sleep(pause);
            // A server takes a quarter of a second to listen, and asking costs nothing.
            pause = (pause * 2).min(Duration::from_millis(20));
        }
    }

    /// Starts a server unless one of ours is on its way. One that ended well has lost against
    /// another, or left at once: the next round connects, or starts again.
    fn start_or_check(&mut self, unheard: &Unheard) -> Result<()> {
        let Some(child) = &mut self.child else {
            if matches!(unheard, Unheard::Nobody) {
                self.child = Some(start(&self.config)?);
            }
            return Ok(());
        };
        match child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) if status.success() => {
                self.child = None;
                Ok(())
            }
            Ok(Some(status)) => {
                self.child = None;
                Err(self.log.explain(format!("the model server died as it started ({status})")))
            }
            Err(error) => Err(Error::failure("cannot wait for the model server").source(error)),
        }
    }
}

/// Asks the server at this socket to stop, whoever started it. One that stops already is no error.
///
/// # Errors
/// When nobody listens, or whoever does gives no answer.
pub fn ask_to_stop(socket: &Path) -> io::Result<()> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(HELLO_TIMEOUT))?;
    match greet(&mut stream).and_then(|_| exchange(&mut stream, &Request::Shutdown)) {
        Err(error) if !went_away(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Why there is no connection.
enum Unheard {
    /// Nobody listens.
    Nobody,
    /// Somebody did, and went away before greeting; or the queue is full.
    Leaving,
    /// Waiting does not help.
    Failed(Error),
}

fn greeted(config: &ClientConfig) -> Result<UnixStream, Unheard> {
    let mut stream = UnixStream::connect(&config.socket).map_err(|error| {
        if nobody_listens(&error) {
            Unheard::Nobody
        } else if error.kind() == io::ErrorKind::WouldBlock {
            Unheard::Leaving
        } else {
            Unheard::Failed(unreachable_socket(config, &error))
        }
    })?;
    let timeouts = |stream: &UnixStream, read| {
        stream.set_read_timeout(Some(read))?;
        stream.set_write_timeout(Some(RESPONSE_TIMEOUT))
    };
    let greeting = timeouts(&stream, HELLO_TIMEOUT).and_then(|()| greet(&mut stream));
    let theirs = match greeting {
        Ok(theirs) => theirs,
        Err(error) if went_away(&error) => return Err(Unheard::Leaving),
        Err(error) => return Err(Unheard::Failed(unreachable_socket(config, &error))),
    };
    theirs.check().map_err(Unheard::Failed)?;
    timeouts(&stream, RESPONSE_TIMEOUT).map_err(|error| Unheard::Failed(unreachable_socket(config, &error)))?;
    Ok(stream)
}

fn unreachable_socket(config: &ClientConfig, error: &io::Error) -> Error {
    Error::new(
        Kind::ModelUnavailable,
        format!("cannot talk to the model server at {}: {error}", config.socket.display()),
    )
    .hint("end the journal-model process and run the command again")
}

fn greet<S: Read + Write>(stream: &mut S) -> io::Result<Hello> {
    write_message(stream, &Hello::ours())?;
    read_message(stream)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn exchange<S: Read + Write>(stream: &mut S, request: &Request) -> io::Result<Response> {
    write_message(stream, request)?;
    read_message(stream)?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

/// Whether the other side has ended, rather than refused or stalled.
fn went_away(error: &io::Error) -> bool {
    use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, NotConnected, UnexpectedEof};
    matches!(error.kind(), BrokenPipe | ConnectionAborted | ConnectionReset | NotConnected | UnexpectedEof)
}

fn unexpected(response: &Response) -> Error {
    let what = match response {
        Response::Counts { counts } => format!("{} counts", counts.len()),
        Response::Vectors { vectors } => format!("{} vectors", vectors.len()),
        Response::Scores { scores, .. } => format!("the scores of {} texts", scores.len()),
        Response::Status { .. } => "its status".to_string(),
        Response::Info { .. } => "a description".to_string(),
        Response::Stopping => "that it stops".to_string(),
        Response::Failed { message, .. } => message.clone(),
    };
    Error::failure(format!("the model server answered with {what}, which was not asked for"))
}

fn check_vector(vector: &[f32], dimensions: usize) -> Result<()> {
    let length = vector.iter().map(|number| number * number).sum::<f32>().sqrt();
    let fault = if vector.len() != dimensions {
        format!("{} numbers instead of {dimensions}", vector.len())
    } else if !length.is_finite() {
        "numbers that are not finite".to_string()
    } else if (length - 1.0).abs() > UNIT_TOLERANCE {
        format!("length {length} instead of 1")
    } else {
        return Ok(());
    };
    Err(Error::failure(format!("the model server answered with a vector that has {fault}"))
        .hint("check the model's files: journal models verify"))
}

fn check_scores(scores: &[f32], labels: usize) -> Result<()> {
    let outside = scores.iter().find(|score| !(0.0..=1.0).contains(*score));
    let fault = match outside {
        Some(score) => format!("the score {score}, which is not from 0 to 1"),
        None if scores.len() != labels => format!("{} scores for {labels} labels", scores.len()),
        None => return Ok(()),
    };
    Err(Error::failure(format!("the model server answered with {fault}"))
        .hint("check the model's files: journal models verify"))
}

/// The texts cut into requests of bounded size, in order, each with at least one text.
fn requests(texts: &[String]) -> Vec<Range<usize>> {
    let mut parts = Vec::new();
    let (mut start, mut bytes) = (0, 0);
    for (index, text) in texts.iter().enumerate() {
        let full = index - start >= TEXTS_PER_REQUEST || bytes + text.len() > BYTES_PER_REQUEST;
        if index > start && full {
            parts.push(start..index);
            (start, bytes) = (index, 0);
        }
        bytes += text.len();
    }
    if start < texts.len() {
        parts.push(start..texts.len());
    }
    parts
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_bounded_and_cover_all_texts_in_order() {
        let mut texts = vec!["short".to_string(); 150];
        texts.push("x".repeat(BYTES_PER_REQUEST + 1));
        texts.push("last".to_string());
        assert_eq!(requests(&texts), [0..64, 64..128, 128..150, 150..151, 151..152]);
        assert!(requests(&[]).is_empty());
    }

    #[test]
    fn vectors_that_cannot_be_compared_are_refused() {
        assert!(check_vector(&[0.6, 0.8], 2).is_ok());
        for (vector, word) in [
            (vec![1.0], "instead of 2"),
            (vec![f32::NAN, 0.0], "finite"),
            (vec![f32::INFINITY, 0.0], "finite"),
            (vec![0.0, 0.0], "length"),
        ] {
            let error = check_vector(&vector, 2).unwrap_err();
            assert!(error.message().contains(word), "{error}");
        }
    }
}
