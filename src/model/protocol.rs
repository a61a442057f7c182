//! What `journal` and `journal-model` say to each other.
//!
//! A message is a JSON document behind its length (four bytes, little-endian). Each side's first
//! message is [`Hello`], whose shape never changes, so that any two versions can tell each other
//! which versions they are. Every request gets exactly one response, in order.

use std::io::{self, Read, Write};
use std::path::PathBuf;

use data_encoding::BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Kind, Result};
use crate::model::{ModelInfo, ModelRef};

/// The version spoken here. Raised by any change to the messages below.
pub const PROTOCOL_VERSION: u32 = 2;

/// The longest message either side accepts, in bytes: far above what the client sends at once, and
/// a bound on what a stranger's bytes can make us allocate.
pub const MAX_MESSAGE_BYTES: usize = 64 * 1024 * 1024;

/// The first message each way. Its shape is the same in every version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// [`PROTOCOL_VERSION`] of the sender.
    pub protocol: u32,
    /// Name and version of the sender, for messages to people.
    pub program: String,
}

impl Hello {
    /// Our own greeting.
    pub fn ours() -> Self {
        Hello { protocol: PROTOCOL_VERSION, program: concat!("journaling-ai ", env!("CARGO_PKG_VERSION")).to_string() }
    }

    /// Fails when the other side speaks another version, naming both and the way out.
    pub fn check(&self) -> Result<()> {
        if self.protocol == PROTOCOL_VERSION {
            return Ok(());
        }
        Err(Error::new(
            Kind::ModelUnavailable,
            format!(
                "the model server speaks protocol {} ({}), this program speaks {PROTOCOL_VERSION} ({})",
                self.protocol,
                self.program,
                Hello::ours().program
            ),
        )
        .hint(
            "install journal and journal-model from the same release; a server of the old release \
             goes away when it has been idle, or when you stop it",
        ))
    }
}

/// The model a request is about, on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireModel {
    id: String,
    name: String,
    folder: PathBuf,
}

impl From<&ModelRef> for WireModel {
    fn from(model: &ModelRef) -> Self {
        WireModel { id: model.id.clone(), name: model.name.clone(), folder: model.folder.clone() }
    }
}

impl From<WireModel> for ModelRef {
    fn from(model: WireModel) -> Self {
        ModelRef { id: model.id, name: model.name, folder: model.folder }
    }
}

/// What the client may ask, after [`Hello`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// How the server is doing.
    Status,
    /// What a model is like; loads it.
    Info {
        /// Which model.
        model: WireModel,
    },
    /// Word pieces of each text, without the special ones.
    Count {
        /// Which model's tokenizer.
        model: WireModel,
        /// The texts.
        texts: Vec<String>,
    },
    /// A vector for each text.
    Embed {
        /// Which model.
        model: WireModel,
        /// The texts.
        texts: Vec<String>,
    },
    /// A score of each label for each text, by a classifier.
    Classify {
        /// Which model.
        model: WireModel,
        /// The texts.
        texts: Vec<String>,
    },
    /// Answer what is being worked on, then exit.
    Shutdown,
}

/// What the server answers, after [`Hello`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "response", rename_all = "snake_case")]
pub enum Response {
    /// To [`Request::Status`].
    Status {
        /// How the server is doing.
        status: WireStatus,
    },
    /// To [`Request::Info`].
    Info {
        /// Numbers in each vector; of a classifier, its labels.
        dimensions: usize,
        /// Word pieces read of one text.
        max_pieces: usize,
    },
    /// To [`Request::Count`], in the order of the texts.
    Counts {
        /// Word pieces of each text.
        counts: Vec<usize>,
    },
    /// To [`Request::Embed`], in the order of the texts.
    Vectors {
        /// Each vector as base64 of little-endian 32-bit floats.
        vectors: Vec<String>,
    },
    /// To [`Request::Classify`], in the order of the texts.
    Scores {
        /// The labels.
        labels: Vec<String>,
        /// The scores of each text, in the order of the labels, written as vectors are.
        scores: Vec<String>,
    },
    /// To [`Request::Shutdown`].
    Stopping,
    /// To any request that failed.
    Failed {
        /// [`Kind::name`]; unknown names read as [`Kind::Failure`].
        kind: String,
        /// What went wrong.
        message: String,
        /// What to do.
        hint: Option<String>,
    },
}

/// How a server is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerStatus {
    /// Its process id.
    pub process_id: u32,
    /// Seconds since it started.
    pub uptime_seconds: u64,
    /// Requests answered so far.
    pub requests: u64,
    /// Connections open now, the asker's included.
    pub connections: usize,
    /// Names of the models in memory.
    pub loaded: Vec<String>,
}

/// [`ServerStatus`] on the wire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WireStatus {
    process_id: u32,
    uptime_seconds: u64,
    requests: u64,
    connections: usize,
    loaded: Vec<String>,
}

impl From<ServerStatus> for WireStatus {
    fn from(status: ServerStatus) -> Self {
        let ServerStatus { process_id, uptime_seconds, requests, connections, loaded } = status;
        WireStatus { process_id, uptime_seconds, requests, connections, loaded }
    }
}

impl From<WireStatus> for ServerStatus {
    fn from(status: WireStatus) -> Self {
        let WireStatus { process_id, uptime_seconds, requests, connections, loaded } = status;
        ServerStatus { process_id, uptime_seconds, requests, connections, loaded }
    }
}

impl From<ModelInfo> for Response {
    fn from(info: ModelInfo) -> Self {
        Response::Info { dimensions: info.dimensions, max_pieces: info.max_pieces }
    }
}

impl From<&Error> for Response {
    fn from(error: &Error) -> Self {
        Response::Failed {
            kind: error.kind().name().to_string(),
            message: error.message().to_string(),
            hint: error.hint_text().map(str::to_string),
        }
    }
}

/// The error a [`Response::Failed`] carries.
pub fn failure(kind: &str, message: String, hint: Option<String>) -> Error {
    let kind = Kind::ALL.into_iter().find(|known| known.name() == kind).unwrap_or(Kind::Failure);
    let error = Error::new(kind, message);
    match hint {
        Some(hint) => error.hint(hint),
        None => error,
    }
}

/// A vector as it travels.
pub fn encode_vector(vector: &[f32]) -> String {
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    BASE64.encode(&bytes)
}

/// The vector behind [`encode_vector`]'s text.
pub fn decode_vector(text: &str) -> Result<Vec<f32>> {
    let bytes =
        BASE64.decode(text.as_bytes()).map_err(|error| Error::failure("a vector is not base64").source(error))?;
    let (numbers, rest) = bytes.as_chunks::<4>();
    if !rest.is_empty() {
        return Err(Error::failure(format!("a vector has {} bytes, not whole floats", bytes.len())));
    }
    Ok(numbers.iter().map(|number| f32::from_le_bytes(*number)).collect())
}

/// Writes one message and flushes. A message above [`MAX_MESSAGE_BYTES`] is refused unwritten.
pub fn write_message<T: Serialize>(writer: &mut impl Write, message: &T) -> io::Result<()> {
    let body = serde_json::to_vec(message)?;
    if body.len() > MAX_MESSAGE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            format!("a message of {} bytes is longer than {MAX_MESSAGE_BYTES}", body.len()),
        ));
    }
    let mut frame = Vec::with_capacity(4 + body.len());
    // The check above keeps the length within 32 bits.
    frame.extend_from_slice(&(body.len() as u32).to_le_bytes());
    frame.extend_from_slice(&body);
    writer.write_all(&frame)?;
    writer.flush()
}

/// Reads one message; `None` when the other side has closed between messages. A length above
/// [`MAX_MESSAGE_BYTES`] or a body that is not the expected JSON is [`io::ErrorKind::InvalidData`].
pub fn read_message<T: DeserializeOwned>(reader: &mut impl Read) -> io::Result<Option<T>> {
    let mut length = [0_u8; 4];
    let mut filled = 0;
    while filled < length.len() {
        match reader.read(&mut length[filled..]) {
            Ok(0) if filled == 0 => return Ok(None),
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let length = u32::from_le_bytes(length) as usize;
    if length > MAX_MESSAGE_BYTES {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            format!("a message claims {length} bytes; the longest allowed has {MAX_MESSAGE_BYTES}"),
        ));
    }
    // Read through `take`, so that a false length allocates no more than what really arrives.
    let mut body = Vec::with_capacity(length.min(64 * 1024));
    if reader.take(length as u64).read_to_end(&mut body)? < length {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    serde_json::from_slice(&body).map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_greeting_keeps_its_shape() {
        let json = serde_json::to_string(&Hello { protocol: 7, program: "x 1".into() }).unwrap();
        assert_eq!(json, r#"{"protocol":7,"program":"x 1"}"#);
        let newer = r#"{"protocol":8,"program":"y 2","more":[1]}"#;
        let error = serde_json::from_str::<Hello>(newer).unwrap().check().unwrap_err();
        assert!(error.message().contains("protocol 8 (y 2)"), "{error}");
        assert!(error.message().contains(&format!("speaks {PROTOCOL_VERSION} (")), "{error}");
        assert!(error.hint_text().unwrap().contains("same release"));
    }

    #[test]
    fn oversize_cut_and_garbled_messages_are_refused() {
        let kind = |bytes: &[u8]| read_message::<Request>(&mut &bytes[..]).unwrap_err().kind();
        assert_eq!(kind(&[0xff; 8]), io::ErrorKind::InvalidData);
        assert_eq!(kind(&[9, 0]), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(&[9, 0, 0, 0, b'{']), io::ErrorKind::UnexpectedEof);
        assert_eq!(kind(b"\x03\0\0\0xyz"), io::ErrorKind::InvalidData);
        assert!(read_message::<Request>(&mut &[][..]).unwrap().is_none());
        let long = Request::Count {
            model: (&ModelRef { id: "m".into(), name: "m@1".into(), folder: "/m".into() }).into(),
            texts: vec!["x".repeat(MAX_MESSAGE_BYTES)],
        };
        let mut written = Vec::new();
        assert!(write_message(&mut written, &long).is_err());
        assert!(written.is_empty());
    }

    #[test]
    fn errors_keep_kind_message_and_hint() {
        let sent = Error::new(Kind::ModelUnavailable, "no weights").hint("install them");
        let Response::Failed { kind, message, hint } = Response::from(&sent) else { panic!() };
        let received = failure(&kind, message, hint);
        assert_eq!(received.kind(), Kind::ModelUnavailable);
        assert_eq!(received.message(), "no weights");
        assert_eq!(received.hint_text(), Some("install them"));
        assert_eq!(failure("kind_of_a_later_version", String::new(), None).kind(), Kind::Failure);
    }

    proptest! {
        #[test]
        fn messages_and_vectors_come_back_equal(
            texts in prop::collection::vec(".*", 0..5),
            vector in prop::collection::vec(any::<f32>(), 0..9),
        ) {
            let model = WireModel { id: "m".into(), name: "m@1".into(), folder: "/m".into() };
            let request = Request::Embed { model, texts };
            let mut bytes = Vec::new();
            write_message(&mut bytes, &request).unwrap();
            prop_assert_eq!(read_message(&mut bytes.as_slice()).unwrap(), Some(request));
            let back = decode_vector(&encode_vector(&vector)).unwrap();
            let bits = |v: &[f32]| v.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
            prop_assert_eq!(bits(&back), bits(&vector));
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = read_message::<Request>(&mut bytes.as_slice());
            let _ = read_message::<Hello>(&mut bytes.as_slice());
        }
    }
}
