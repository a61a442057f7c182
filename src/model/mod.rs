//! Our side of the model server: which models there are, where their files lie, how they are
//! installed, and how `journal` asks `journal-model` for vectors and labels. No torch is named here, so the
//! linker keeps it out of `journal`; no store is opened, and [`hub`] alone opens a network socket.
//!
//! ```text
//! let folders = ModelFolders::new(vec![data_dir.join("models"), beside_the_executable]);
//! let model = folders.locate("all-MiniLM-L6-v2")?;             // InstalledModel
//! let config = ClientConfig { .. };                            // plain values, nothing from the environment
//! let mut client = ModelClient::connect_or_start(config)?;     // starts journal-model when nobody listens
//! let info = client.info(&model.reference())?;                 // dimensions, max_pieces
//! let counts = client.count(&model.reference(), &texts)?;      // word pieces per text
//! let vectors = client.embed(&model.reference(), &texts)?;     // unit length, one per text
//! let labels = client.classify(&classifier, &texts)?;          // names, and a score of each for each text
//! client.embed_with_progress(&model.reference(), &texts, &mut |done| bar.set(done))?;
//! ```
//!
//! Installing: [`install::install_from`] takes a folder or an archive, [`hub::install_from_hub`]
//! the public hub; both publish a whole, checked folder or nothing. What is installed is one of
//! [`registry::MODELS`], or any classifier that can be run, under a name somebody gives it. [`files::ModelFolders`] lists,
//! verifies and removes. Results are filed under [`files::InstalledModel::name`], which changes
//! when the weights or the tokenizer change.

mod archive;
mod batch;
mod classifier;
pub mod client;
pub mod files;
pub mod hub;
pub mod install;
pub mod listen;
pub mod protocol;
pub mod registry;
pub mod safetensors;
pub mod serve;
pub mod socket;
pub mod start;

pub use client::ModelClient;
pub use files::{InstalledModel, ModelFolders, Verdict};
pub use protocol::ServerStatus;
pub use start::ClientConfig;

use std::path::PathBuf;

/// Which model a request is about: enough for the server to load it, and to notice that the files
/// behind the same folder have been replaced.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ModelRef {
    /// The registry's id, such as `all-MiniLM-L6-v2`.
    pub id: String,
    /// The name results are filed under: the id and a short hash of the files.
    pub name: String,
    /// The folder with the files, absolute.
    pub folder: PathBuf,
}

/// What the server says about a model it has loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelInfo {
    /// Numbers in each vector; of a classifier, its labels.
    pub dimensions: usize,
    /// Word pieces the model reads of one text, the two special ones included; the rest is cut, so
    /// the caller splits longer texts.
    pub max_pieces: usize,
}

/// What a classifier makes of texts.
#[derive(Debug, Clone, PartialEq)]
pub struct Classified {
    /// The names of the labels.
    pub labels: Vec<String>,
    /// For each text one score from 0 to 1 for each label, in their order. They sum up to 1 unless the
    /// model judges each label for itself.
    pub scores: Vec<Vec<f32>>,
}
