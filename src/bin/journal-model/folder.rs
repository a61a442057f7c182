//! What a model's folder says it holds: architecture, sizes, window, labels. Read and judged before any
//! weight is, so that a folder of another kind is refused in words.

use std::fs;
use std::path::{Path, PathBuf};

use journaling_ai::error::{Error, Kind, Result};
use journaling_ai::model::safetensors::Safetensors;
use serde_json::Value;

/// The architectures that can be computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// A BERT that gives vectors.
    Bert,
    /// An MPNet that gives vectors.
    Mpnet,
    /// A DistilBERT that gives labels.
    DistilBert,
    /// A RoBERTa that gives labels.
    Roberta,
}

/// Bounds on what a configuration may claim; the weights then have to fit it.
const MAX_LAYERS: usize = 256;
const MAX_SIZE: usize = 1 << 24;

/// What the reference calls the labels of a classifier that has two and no names for them.
pub(crate) const UNNAMED_LABELS: [&str; 2] = ["LABEL_0", "LABEL_1"];

/// A folder laid out as the public hub does.
pub(crate) struct Folder {
    path: PathBuf,
    config: Value,
    pub(crate) architecture: Architecture,
}

impl Folder {
    /// Reads `config.json` and tells the architecture.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let config = json(&path.join("config.json"))?.ok_or_else(|| missing(&path.join("config.json")))?;
        let kind = config.get("model_type").and_then(Value::as_str).unwrap_or("(none)");
        let classifies = config.get("architectures").and_then(Value::as_array).is_some_and(|names| {
            names.iter().any(|name| name.as_str().is_some_and(|name| name.ends_with("ForSequenceClassification")))
        });
        let architecture = match (kind, classifies) {
            ("bert", false) => Architecture::Bert,
            ("mpnet", false) => Architecture::Mpnet,
            ("distilbert", true) => Architecture::DistilBert,
            ("roberta", true) => Architecture::Roberta,
            _ => {
                let what = if classifies { "for labels" } else { "for vectors" };
                return Err(refused(
                    path,
                    &format!("its model_type is {kind:?}, {what}, which this program cannot run"),
                )
                .hint(
                    "it runs bert and mpnet for vectors, distilbert and roberta (ForSequenceClassification) \
                         for labels",
                ));
            }
        };
        Ok(Folder { path: path.to_path_buf(), config, architecture })
    }

    /// The weights, with their header checked.
    pub(crate) fn weights(&self) -> Result<Safetensors> {
        let path = self.path.join("model.safetensors");
        if path.is_file() { Safetensors::open(&path) } else { Err(missing(&path)) }
    }

    /// The configuration as one of rust-bert's types, which want more names than are written down when
    /// they have the usual value: these come from `usual`.
    pub(crate) fn config<T: serde::de::DeserializeOwned>(&self, mut usual: Value) -> Result<T> {
        for (name, value) in self.config.as_object().into_iter().flatten() {
            usual[name] = value.clone();
        }
        serde_json::from_value(usual)
            .map_err(|error| refused(&self.path, &format!("its config.json cannot be understood: {error}")))
    }

    /// A whole number of the configuration, from one to what any model can have.
    pub(crate) fn number(&self, name: &str) -> Result<usize> {
        let most = if name.ends_with("layers") { MAX_LAYERS } else { MAX_SIZE };
        let value = self.config.get(name);
        value
            .and_then(Value::as_u64)
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| (1..=most).contains(number))
            .ok_or_else(|| {
                let value = value.map_or("absent".to_string(), Value::to_string);
                refused(&self.path, &format!("in its config.json, {name} is {value} instead of 1 to {most}"))
            })
    }

    /// The number of this name where it is given, and `default` where not.
    pub(crate) fn number_or(&self, name: &str, default: usize) -> Result<usize> {
        if self.config.get(name).is_none_or(Value::is_null) { Ok(default) } else { self.number(name) }
    }

    /// The number of attention heads, among which the size divides.
    pub(crate) fn heads(&self, size: &str, heads: &str) -> Result<usize> {
        let (whole, count) = (self.number(size)?, self.number(heads)?);
        if whole % count == 0 {
            return Ok(count);
        }
        Err(refused(&self.path, &format!("in its config.json, {size} {whole} does not divide by {heads} {count}")))
    }

    /// The small number that keeps a normalisation from dividing by zero.
    pub(crate) fn epsilon(&self) -> Result<f64> {
        let epsilon = self.config.get("layer_norm_eps").map_or(Some(1e-12), Value::as_f64);
        epsilon
            .filter(|epsilon| (0.0..0.1).contains(epsilon))
            .ok_or_else(|| refused(&self.path, "in its config.json, layer_norm_eps is not a small number"))
    }

    /// Fails when the configuration gives a name another value than the one that is computed. Nothing said
    /// is taken for that value.
    pub(crate) fn only(&self, name: &str, value: &Value) -> Result<()> {
        match self.config.get(name) {
            Some(found) if found != value && !found.is_null() => {
                Err(refused(&self.path, &format!("in its config.json, {name} is {found}; only {value} can be run")))
            }
            _ => Ok(()),
        }
    }

    /// Fails unless the vector is the mean over the pieces, as sentence-transformers writes that down; a
    /// folder without its files is taken for one of these.
    pub(crate) fn check_pooling(&self) -> Result<()> {
        if let Some(modules) = json(&self.path.join("modules.json"))? {
            for module in modules.as_array().into_iter().flatten() {
                let kind = module.get("type").and_then(Value::as_str).unwrap_or_default();
                if !["Transformer", "Pooling", "Normalize"].iter().any(|known| kind.ends_with(known)) {
                    return Err(refused(&self.path, &format!("its modules.json names {kind:?}, which cannot be run")));
                }
            }
        }
        let Some(pooling) = json(&self.path.join("1_Pooling/config.json"))? else { return Ok(()) };
        let is = |name: &str| pooling.get(name) == Some(&Value::Bool(true));
        let others = ["cls_token", "max_tokens", "mean_sqrt_len_tokens", "weightedmean_tokens", "lasttoken"];
        if !is("pooling_mode_mean_tokens") || others.iter().any(|other| is(&format!("pooling_mode_{other}"))) {
            return Err(refused(&self.path, "its 1_Pooling/config.json asks for another vector than the mean"));
        }
        Ok(())
    }

    /// Pieces read of one text: what the folder says, and never more than there are positions.
    pub(crate) fn window(&self, positions: usize) -> Result<usize> {
        let said = json(&self.path.join("sentence_bert_config.json"))?
            .and_then(|settings| settings.get("max_seq_length")?.as_u64());
        let window = said.map_or(positions, |said| usize::try_from(said).unwrap_or(usize::MAX)).min(positions);
        // Below that there is no room for a piece of text between the two special ones.
        if window < 3 {
            return Err(refused(&self.path, &format!("it reads {window} pieces of a text, which holds none")));
        }
        Ok(window)
    }

    /// The labels, in the order of the scores. Two that nobody has named are not written down.
    pub(crate) fn labels(&self) -> Result<Vec<String>> {
        if self.config.get("id2label").is_none() {
            return Ok(UNNAMED_LABELS.map(str::to_string).to_vec());
        }
        let given = self.config.get("id2label").and_then(Value::as_object);
        let count = given.map_or(0, serde_json::Map::len);
        let labels: Option<Vec<String>> = (0..count)
            .map(|number| Some(given?.get(&number.to_string())?.as_str()?.to_string()))
            .collect::<Option<_>>()
            .filter(|labels: &Vec<String>| (2..=1024).contains(&labels.len()));
        labels.ok_or_else(|| refused(&self.path, "its id2label does not name two or more labels, numbered from 0"))
    }

    /// Whether each label has a score of its own, or all of them share 1.
    pub(crate) fn labels_are_apart(&self) -> Result<bool> {
        match self.config.get("problem_type").and_then(Value::as_str) {
            Some("multi_label_classification") => Ok(true),
            Some("single_label_classification") | None => Ok(false),
            Some(other) => Err(refused(&self.path, &format!("its problem_type is {other:?}, which gives no labels"))),
        }
    }
}

/// The JSON in a file; nothing when there is no such file.
pub(crate) fn json(path: &Path) -> Result<Option<Value>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(Error::io("cannot read", path, error)),
    };
    serde_json::from_slice(&text).map(Some).map_err(|error| corrupt(path, &error))
}

/// The error of a file that cannot be understood.
pub(crate) fn corrupt(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Corrupt, format!("cannot understand {}: {error}", path.display()))
        .hint("check the model's files: journal models verify")
}

/// The error of a file that is not there.
pub(crate) fn missing(file: &Path) -> Error {
    Error::new(Kind::Corrupt, format!("the model has no file {}", file.display()))
        .hint("install the model again: journal models install")
}

fn refused(folder: &Path, why: &str) -> Error {
    Error::new(Kind::Corrupt, format!("cannot run the model in {}: {why}", folder.display()))
        .hint("check the model's files: journal models verify")
}
