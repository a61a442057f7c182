//! The models this program knows: what they are, which files make them up, and where the public
//! hub keeps them.

use crate::error::{Error, Result};

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// Text in, one vector out.
    Embedding,
}

impl ModelKind {
    /// The word shown to people and kept in manifests.
    pub fn name(self) -> &'static str {
        match self {
            ModelKind::Embedding => "embedding",
        }
    }
}

/// One file of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSpec {
    /// Path inside the model's folder, with `/`.
    pub path: &'static str,
    /// Whether the model cannot run without it.
    pub required: bool,
    /// The published file's SHA-256, lower-case hex. Absent for the small configuration files:
    /// they are rewritten by every tool that saves a model, so their values are checked instead.
    pub sha256: Option<&'static str>,
    /// Whether the bytes decide the results, and so belong into the model's name.
    pub decides_results: bool,
}

/// A model this program can install and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSpec {
    /// What people type.
    pub id: &'static str,
    /// What it does.
    pub kind: ModelKind,
    /// One line about what it is good for.
    pub summary: &'static str,
    /// The hub's repository.
    pub hub_repository: &'static str,
    /// The hub's commit the hashes were taken from.
    pub revision: &'static str,
    /// Numbers in each vector.
    pub dimensions: usize,
    /// Word pieces read of one text, the two special ones included.
    pub max_pieces: usize,
    /// Transformer layers, to recognise a folder that holds another model.
    pub layers: usize,
    /// The files, weights last, so that a wrong source is noticed before the long copy.
    pub files: &'static [FileSpec],
}

/// The model that serves until another is installed.
pub const DEFAULT_EMBEDDING_MODEL: &str = "all-MiniLM-L6-v2";

/// Who may read entries, the best first: the first that is installed does.
pub const ENTRY_MODELS: [&str; 2] = [MPNET.id, MINILM.id];

/// Who may read topics, the first that is installed: a few words are not worth the larger model.
pub const TOPIC_MODELS: [&str; 2] = [MINILM.id, MPNET.id];

/// Every known model.
pub const MODELS: &[ModelSpec] = &[MINILM, MPNET];

const MINILM: ModelSpec = ModelSpec {
    id: DEFAULT_EMBEDDING_MODEL,
    kind: ModelKind::Embedding,
    summary: "sentence meaning in 384 numbers; English first, 91 MB",
    hub_repository: "sentence-transformers/all-MiniLM-L6-v2",
    revision: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    dimensions: 384,
    max_pieces: 256,
    layers: 6,
    files: &[
        configuration("config.json", true),
        configuration("modules.json", true),
        configuration("sentence_bert_config.json", true),
        configuration("1_Pooling/config.json", true),
        configuration("special_tokens_map.json", true),
        configuration("tokenizer_config.json", false),
        deciding("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
        deciding("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"),
        deciding("model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"),
    ],
};

/// The model the architecture names for entries.
const MPNET: ModelSpec = ModelSpec {
    id: "all-mpnet-base-v2",
    kind: ModelKind::Embedding,
    summary: "sentence meaning in 768 numbers; finer and several times slower; English first, 439 MB",
    hub_repository: "sentence-transformers/all-mpnet-base-v2",
    revision: "e8c3b32edf5434bc2275fc9bab85f82640a19130",
    dimensions: 768,
    max_pieces: 384,
    layers: 12,
    files: &[
        configuration("config.json", true),
        configuration("modules.json", true),
        configuration("sentence_bert_config.json", true),
        configuration("1_Pooling/config.json", true),
        configuration("special_tokens_map.json", false),
        configuration("tokenizer_config.json", false),
        deciding("vocab.txt", "dbd90cb94e2247bd4d4ccaecbf616d2290e66691d7d5e5bb81f063c2d0649ada"),
        deciding("tokenizer.json", "b8be2c30ba5dd723a6d5ee26d013da103d5408d92ddcb23747622f9e48f1d842"),
        deciding("model.safetensors", "78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658"),
    ],
};

/// The known model with this id, compared without regard to case; the hub's longer name
/// (`sentence-transformers/…`) is accepted too.
pub fn find(id: &str) -> Result<&'static ModelSpec> {
    MODELS
        .iter()
        .find(|spec| spec.id.eq_ignore_ascii_case(id) || spec.hub_repository.eq_ignore_ascii_case(id))
        .ok_or_else(|| {
            let known: Vec<&str> = MODELS.iter().map(|spec| spec.id).collect();
            Error::not_found(format!("no model is called {id:?}"))
                .hint(format!("the known models are: {}", known.join(", ")))
        })
}

const fn configuration(path: &'static str, required: bool) -> FileSpec {
    FileSpec { path, required, sha256: None, decides_results: false }
}

const fn deciding(path: &'static str, sha256: &'static str) -> FileSpec {
    FileSpec { path, required: true, sha256: Some(sha256), decides_results: true }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_found_by_either_name_in_any_case() {
        assert_eq!(find("ALL-minilm-l6-V2").unwrap().id, DEFAULT_EMBEDDING_MODEL);
        assert_eq!(find("sentence-transformers/all-MiniLM-L6-v2").unwrap().dimensions, 384);
        let mpnet = find("all-mpnet-base-v2").unwrap();
        assert_eq!((mpnet.dimensions, mpnet.max_pieces, mpnet.layers), (768, 384, 12));
        let error = find("word2vec").unwrap_err();
        assert!(error.hint_text().unwrap().contains(DEFAULT_EMBEDDING_MODEL));
    }

    #[test]
    fn ids_are_safe_as_folder_names_and_hashes_are_hashes() {
        for spec in MODELS {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(spec.id.chars().all(plain) && !spec.id.starts_with('.'));
            assert!(spec.id.len() + 1 + 8 <= 100, "names in results have at most 100 characters");
            assert!(spec.files.iter().any(|file| file.decides_results));
            for hash in spec.files.iter().filter_map(|file| file.sha256) {
                assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
    }
}
