//! The models this program knows: what they are, which files make them up, and where the public
//! hub keeps them.

use crate::error::{Error, Result};
use crate::model::archive::LIMITS;

/// What a model does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ModelKind {
    /// Text in, one vector out.
    Embedding,
    /// Text in, a score for each label out: sentiment, emotions, or whatever the labels are about.
    Classifier,
}

impl ModelKind {
    /// The word shown to people and kept in manifests.
    pub fn name(self) -> &'static str {
        match self {
            ModelKind::Embedding => "embedding",
            ModelKind::Classifier => "classifier",
        }
    }
}

/// One file of a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSpec<'a> {
    /// Path inside the model's folder, with `/`.
    pub path: &'static str,
    /// Whether the model cannot run without it.
    pub required: bool,
    /// The published file's SHA-256, lower-case hex. Absent for the small configuration files:
    /// they are rewritten by every tool that saves a model, so their values are checked instead.
    pub sha256: Option<&'a str>,
    /// Whether the bytes decide the results, and so belong into the model's name.
    pub decides_results: bool,
}

/// The longest a file may be whose hash is not known, in bytes: a few settings.
const MAX_SETTINGS_BYTES: u64 = 1024 * 1024;

/// The longest the words of a model may be whose hash is not known, in bytes: several times those of a
/// hundred languages.
const MAX_WORDS_BYTES: u64 = 64 * 1024 * 1024;

impl FileSpec<'_> {
    /// The most bytes the file may have, whoever gives it.
    pub fn most_bytes(&self) -> u64 {
        match self.path {
            "tokenizer.json" | "vocab.txt" | "vocab.json" | "merges.txt" if self.sha256.is_none() => MAX_WORDS_BYTES,
            "model.safetensors" => LIMITS.bytes,
            _ if self.sha256.is_some() => LIMITS.bytes,
            _ => MAX_SETTINGS_BYTES,
        }
    }
}

/// A model this program can install and run: one of [`MODELS`], or a classifier that somebody brings
/// along under a name of their own ([`ModelSpec::brought`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSpec<'a> {
    /// What people type.
    pub id: &'a str,
    /// What it does.
    pub kind: ModelKind,
    /// One line about what it is good for.
    pub summary: &'static str,
    /// The hub's repository; empty when it comes from elsewhere.
    pub hub_repository: &'a str,
    /// The hub's commit the hashes were taken from; empty when that is not known.
    pub revision: &'a str,
    /// Numbers in each vector; of a classifier, its labels.
    pub dimensions: usize,
    /// Word pieces read of one text, the two special ones included.
    pub max_pieces: usize,
    /// Transformer layers, to recognise a folder that holds another model. Of a classifier that was
    /// brought along these three are 0: they are what its folder says.
    pub layers: usize,
    /// The labels of a known classifier, in the order of the scores.
    pub labels: &'a [&'a str],
    /// Whether each label is judged for itself, or all share one.
    pub labels_apart: bool,
    /// Whether it was trained on English alone, so that it has nothing to say about other languages.
    pub english: bool,
    /// The files, weights last, so that a wrong source is noticed before the long copy.
    pub files: &'a [FileSpec<'a>],
}

impl<'a> ModelSpec<'a> {
    /// A classifier that is not among [`MODELS`], under a name that [`check_name`] has passed.
    pub fn brought(
        id: &'a str,
        hub_repository: &'a str,
        revision: &'a str,
        files: &'a [FileSpec<'a>],
    ) -> ModelSpec<'a> {
        ModelSpec {
            id,
            kind: ModelKind::Classifier,
            summary: "a classifier of your own",
            hub_repository,
            revision,
            dimensions: 0,
            max_pieces: 0,
            layers: 0,
            labels: &[],
            labels_apart: false,
            english: false,
            files,
        }
    }
}

impl ModelSpec<'_> {
    /// Whether somebody brought it along, so that its name is theirs.
    pub fn is_brought(&self) -> bool {
        self.kind == ModelKind::Classifier && self.labels.is_empty()
    }
}

/// The files of a classifier in the layout of the public hub, of which `weights_sha256` is known or not.
/// It has one of three sets of rules by which text becomes word pieces, so none is required here.
pub fn classifier_files(weights_sha256: Option<&str>) -> [FileSpec<'_>; 8] {
    let optional = |path| FileSpec { path, required: false, sha256: None, decides_results: true };
    [
        FileSpec { required: true, ..optional("config.json") },
        optional("tokenizer_config.json"),
        FileSpec { decides_results: false, ..optional("special_tokens_map.json") },
        optional("vocab.txt"),
        optional("vocab.json"),
        optional("merges.txt"),
        optional("tokenizer.json"),
        FileSpec { required: true, sha256: weights_sha256, ..optional("model.safetensors") },
    ]
}

/// The model that serves until another is installed.
pub const DEFAULT_EMBEDDING_MODEL: &str = "all-MiniLM-L6-v2";

/// Who may read entries, the best first: the first that is installed does.
pub const ENTRY_MODELS: [&str; 2] = [MPNET.id, MINILM.id];

/// Who may read topics, the first that is installed: a few words are not worth the larger model.
pub const TOPIC_MODELS: [&str; 2] = [MINILM.id, MPNET.id];

/// Every known model.
pub const MODELS: &[ModelSpec] = &[MINILM, MPNET, SST2, GO_EMOTIONS];

const MINILM: ModelSpec = ModelSpec {
    id: DEFAULT_EMBEDDING_MODEL,
    kind: ModelKind::Embedding,
    summary: "sentence meaning in 384 numbers; English first, 91 MB",
    hub_repository: "sentence-transformers/all-MiniLM-L6-v2",
    revision: "c9745ed1d9f207416be6d2e6f8de32d1f16199bf",
    dimensions: 384,
    max_pieces: 256,
    layers: 6,
    labels: &[],
    labels_apart: false,
    english: false,
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
    labels: &[],
    labels_apart: false,
    english: false,
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

/// Positive or negative, learnt from sentences of film reviews. Its other settings are the usual ones, so
/// its configuration and its words are all it needs.
const SST2: ModelSpec = ModelSpec {
    id: "distilbert-sst2",
    kind: ModelKind::Classifier,
    summary: "positive or negative, by sentences of film reviews; English, 268 MB",
    hub_repository: "distilbert/distilbert-base-uncased-finetuned-sst-2-english",
    revision: "714eb0fa89d2f80546fda750413ed43d93601a13",
    dimensions: 2,
    max_pieces: 512,
    layers: 6,
    labels: &["NEGATIVE", "POSITIVE"],
    labels_apart: false,
    english: true,
    files: &[
        configuration("config.json", true),
        deciding("vocab.txt", "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3"),
        deciding("model.safetensors", "7c3919835e442510166d267fe7cbe847e0c51cd26d9ba07b89a57b952b49b8aa"),
    ],
};

/// 27 emotions and none, each for itself, learnt from online comments.
const GO_EMOTIONS: ModelSpec = ModelSpec {
    id: "roberta-go-emotions",
    kind: ModelKind::Classifier,
    summary: "27 emotions, each for itself, by online comments; English, 499 MB",
    hub_repository: "SamLowe/roberta-base-go_emotions",
    revision: "d75048347613a25d77de8cf6412eaae9fa7b26be",
    dimensions: 28,
    max_pieces: 512,
    layers: 12,
    labels: &[
        "admiration",
        "amusement",
        "anger",
        "annoyance",
        "approval",
        "caring",
        "confusion",
        "curiosity",
        "desire",
        "disappointment",
        "disapproval",
        "disgust",
        "embarrassment",
        "excitement",
        "fear",
        "gratitude",
        "grief",
        "joy",
        "love",
        "nervousness",
        "optimism",
        "pride",
        "realization",
        "relief",
        "remorse",
        "sadness",
        "surprise",
        "neutral",
    ],
    labels_apart: true,
    english: true,
    files: &[
        configuration("config.json", true),
        deciding("tokenizer.json", "90e2336a1cdacffe5d4328ab323aa9e5c33889026e4e4881323bebdeeb0e179d"),
        deciding("model.safetensors", "84d6d338b4cf63f0ed3c990a0ce748d32d1d2965c072f4645accaa71af3888c0"),
    ],
};

/// The known model with this id, compared without regard to case; the hub's longer name
/// (`sentence-transformers/…`) is accepted too.
pub fn find(id: &str) -> Result<&'static ModelSpec<'static>> {
    MODELS
        .iter()
        .find(|spec| spec.id.eq_ignore_ascii_case(id) || spec.hub_repository.eq_ignore_ascii_case(id))
        .ok_or_else(|| {
            let known: Vec<&str> = MODELS.iter().map(|spec| spec.id).collect();
            Error::not_found(format!("no model is called {id:?}"))
                .hint(format!("the known models are: {}", known.join(", ")))
        })
}

/// The known model with this id that gives vectors.
///
/// # Errors
/// As [`find`], and usage when the model gives labels.
pub fn find_embedding(id: &str) -> Result<&'static ModelSpec<'static>> {
    let spec = find(id)?;
    if spec.kind == ModelKind::Embedding {
        return Ok(spec);
    }
    Err(Error::usage(format!("the model {} gives labels, not vectors", spec.id))
        .hint("`journal analyze --model` runs it, and the setting classifiers names those that run by themselves"))
}

/// The most letters in a name that somebody gives: with the hash behind it, it fits the column.
const MAX_NAME: usize = 60;

/// Whether a classifier that is brought along may have this name: it becomes a folder's.
///
/// # Errors
/// Usage, naming the rule.
pub fn check_name(name: &str) -> Result<()> {
    let refused = |why: &str| Err(Error::usage(format!("a model cannot be called {name:?}: {why}")));
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if name.is_empty() || name.len() > MAX_NAME || !name.chars().all(plain) || name.starts_with(['.', '-']) {
        return refused(
            "a name is 1 to 60 letters, digits, hyphens, dots and underscores, and begins with none of . and -",
        );
    }
    match find(name) {
        Ok(_) => refused("that is a known model, with files of its own"),
        Err(_) => Ok(()),
    }
}

const fn configuration(path: &'static str, required: bool) -> FileSpec<'static> {
    FileSpec { path, required, sha256: None, decides_results: false }
}

const fn deciding(path: &'static str, sha256: &'static str) -> FileSpec<'static> {
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
        assert_eq!(find("samlowe/roberta-base-go_emotions").unwrap().labels.len(), 28);
        assert!(find_embedding("all-mpnet-base-v2").is_ok());
        assert!(find_embedding("distilbert-sst2").unwrap_err().message().contains("labels, not vectors"));
    }

    #[test]
    fn a_name_of_ones_own_is_safe_as_a_folder_name_and_nobody_elses() {
        for name in ["stars", "my-classifier_2.1", &"x".repeat(60)] {
            check_name(name).unwrap();
        }
        for name in ["", ".hidden", "-x", "a/b", "../x", "a b", "a@1", "é", "Distilbert-SST2", &"x".repeat(61)] {
            assert!(check_name(name).is_err(), "{name}");
        }
    }

    #[test]
    fn ids_are_safe_as_folder_names_and_hashes_are_hashes() {
        for spec in MODELS {
            let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            assert!(spec.id.chars().all(plain) && !spec.id.starts_with('.'));
            assert!(spec.id.len() + 1 + 8 <= 100, "names in results have at most 100 characters");
            assert!(spec.files.iter().any(|file| file.decides_results));
            assert_eq!(spec.kind == ModelKind::Classifier, spec.labels.len() == spec.dimensions);
            for hash in spec.files.iter().filter_map(|file| file.sha256) {
                assert!(hash.len() == 64 && hash.bytes().all(|b| b.is_ascii_hexdigit()));
            }
        }
    }
}
