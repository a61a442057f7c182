//! What a folder with a classifier says of itself: architecture, labels, window. Read when it is installed,
//! so that a folder which cannot be run, or whose labels no row can hold, is refused in words before
//! anything is copied. The server looks once more, and at every tensor, when it loads the model.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Kind, Result};
use crate::model::registry::ModelSpec;
use crate::model::safetensors::Safetensors;

/// The most characters of a label: `sentiment_analysis.sentiment_label` holds no more.
const MAX_LABEL: usize = 50;

/// The most labels, as in the model server.
const MAX_LABELS: usize = 1024;

/// What a classifier is like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Described {
    /// The labels, in the order of the scores.
    pub(crate) labels: Vec<String>,
    /// Whether each label has a score of its own, or all of them share 1.
    pub(crate) apart: bool,
    /// Transformer layers.
    pub(crate) layers: usize,
    /// Word pieces read of one text, the two special ones included.
    pub(crate) max_pieces: usize,
}

/// Reads the folder, and compares it with what `spec` knows of the model.
///
/// # Errors
/// [`Kind::Usage`] when it holds no classifier that can be run, or another one; [`Kind::Corrupt`] when a file
/// cannot be understood.
pub(crate) fn describe(folder: &Path, spec: &ModelSpec) -> Result<Described> {
    let config = Config::read(folder)?;
    let found = config.described()?;
    let known: Vec<&str> = found.labels.iter().map(String::as_str).collect();
    if !spec.labels.is_empty() && (known != spec.labels || found.apart != spec.labels_apart) {
        return Err(other(spec, &format!("its labels are {}", known.join(", "))));
    }
    if spec.layers != 0 && (found.layers, found.max_pieces) != (spec.layers, spec.max_pieces) {
        return Err(other(spec, &format!("it has {} layers and reads {} word pieces", found.layers, found.max_pieces)));
    }
    rules_are_there(folder)?;
    config.check_head(&Safetensors::open(&folder.join("model.safetensors"))?, found.labels.len())?;
    Ok(found)
}

/// The words a label is shown and kept under are its own, so it must fit where it is kept.
fn check_label(label: &str) -> Result<(), &'static str> {
    match label {
        _ if label.trim().is_empty() => Err("is empty"),
        _ if label.chars().count() > MAX_LABEL => Err("has more than 50 characters, which the schema does not hold"),
        _ if label.chars().any(char::is_control) => Err("has a control character"),
        _ => Ok(()),
    }
}

struct Config {
    values: Value,
    roberta: bool,
}

impl Config {
    fn read(folder: &Path) -> Result<Config> {
        let path = folder.join("config.json");
        let text = fs::read(&path).map_err(|e| Error::io("cannot read", &path, e))?;
        let values: Value = serde_json::from_slice(&text)
            .map_err(|error| Error::new(Kind::Corrupt, format!("{} cannot be understood: {error}", path.display())))?;
        let kind = values.get("model_type").and_then(Value::as_str).unwrap_or("(none)");
        let names = values.get("architectures").and_then(Value::as_array).into_iter().flatten();
        let classifies =
            names.filter_map(Value::as_str).any(|architecture| architecture.ends_with("ForSequenceClassification"));
        match (kind, classifies) {
            ("distilbert" | "roberta", true) => Ok(Config { roberta: kind == "roberta", values }),
            _ => {
                let what = if classifies { "labels" } else { "no labels" };
                Err(Error::usage(format!(
                    "this is no classifier that can be run: its config.json says {kind:?}, for {what}"
                ))
                .hint("these can: DistilBertForSequenceClassification and RobertaForSequenceClassification"))
            }
        }
    }

    fn described(&self) -> Result<Described> {
        let apart = match self.values.get("problem_type").and_then(Value::as_str) {
            Some("multi_label_classification") => true,
            Some("single_label_classification") | None => false,
            Some(other) => return Err(refused(&format!("its problem_type is {other:?}, which gives no labels"))),
        };
        let (layers, positions) = if self.roberta {
            // Positions are counted from behind the padding piece, whose number is 1.
            (self.number("num_hidden_layers")?, self.number("max_position_embeddings")?.saturating_sub(2))
        } else {
            (self.number("n_layers")?, self.number("max_position_embeddings")?)
        };
        if positions < 3 {
            return Err(refused(&format!("it reads {positions} pieces of a text, which holds none")));
        }
        Ok(Described { labels: self.labels()?, apart, layers, max_pieces: positions })
    }

    /// The labels by their numbers. Two that nobody has named are called as the reference calls them.
    fn labels(&self) -> Result<Vec<String>> {
        let Some(given) = self.values.get("id2label") else { return Ok(vec!["LABEL_0".into(), "LABEL_1".into()]) };
        let count = given.as_object().map_or(0, serde_json::Map::len);
        let label = |number: usize| Some(given.get(number.to_string())?.as_str()?.to_string());
        let labels: Option<Vec<String>> = (0..count).map(label).collect();
        let labels = labels.filter(|labels| (2..=MAX_LABELS).contains(&labels.len()));
        let labels = labels.ok_or_else(|| refused("its id2label does not name 2 to 1024 labels, numbered from 0"))?;
        for (number, label) in labels.iter().enumerate() {
            check_label(label).map_err(|why| refused(&format!("its label {number} {why}")))?;
            if labels[..number].contains(label) {
                return Err(refused(&format!("two of its labels are called {label:?}")));
            }
        }
        Ok(labels)
    }

    fn number(&self, name: &str) -> Result<usize> {
        let value = self.values.get(name);
        let number = value.and_then(Value::as_u64).filter(|number| (1..1 << 24).contains(number));
        number.and_then(|number| usize::try_from(number).ok()).ok_or_else(|| {
            let value = value.map_or("absent".to_string(), Value::to_string);
            refused(&format!("in its config.json, {name} is {value}"))
        })
    }

    /// Looks whether the last layer has a row for each label.
    fn check_head(&self, weights: &Safetensors, labels: usize) -> Result<()> {
        let (size, middle, last) = match self.roberta {
            true => (self.number("hidden_size")?, "classifier.dense", "classifier.out_proj"),
            false => (self.number("dim")?, "pre_classifier", "classifier"),
        };
        weights.expect(&format!("{middle}.weight"), &[size, size])?;
        weights.expect(&format!("{last}.weight"), &[labels, size])?;
        weights.expect(&format!("{last}.bias"), &[labels])
    }
}

/// Fails unless the folder says how text becomes word pieces.
fn rules_are_there(folder: &Path) -> Result<()> {
    let has = |name: &str| folder.join(name).is_file();
    if has("tokenizer.json") || has("vocab.txt") || has("vocab.json") && has("merges.txt") {
        return Ok(());
    }
    Err(refused("it has no tokenizer.json, no vocab.txt, and not both vocab.json and merges.txt"))
}

fn refused(why: &str) -> Error {
    Error::usage(format!("this classifier cannot be installed: {why}"))
}

fn other(spec: &ModelSpec, why: &str) -> Error {
    Error::usage(format!("this is not {}: {why}", spec.id))
        .hint("another classifier is installed under a name of your own: --name NAME")
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::registry::{self, classifier_files};
    use serde_json::json;
    use std::path::PathBuf;

    fn fixture(name: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/models").join(name)
    }

    fn described(folder: &Path) -> Result<Described> {
        let files = classifier_files(None);
        describe(folder, &ModelSpec::brought("mine", "", "", &files))
    }

    #[test]
    fn a_folder_says_what_it_is() {
        let found = described(&fixture("tiny-distilbert")).unwrap();
        let labels = vec!["NEGATIVE".to_string(), "POSITIVE".to_string()];
        assert_eq!(found, Described { labels, apart: false, layers: 2, max_pieces: 128 });
        let found = described(&fixture("tiny-roberta")).unwrap();
        assert_eq!((found.labels.len(), found.apart, found.layers, found.max_pieces), (7, true, 2, 96));
        let error = described(&fixture("tiny-mpnet")).unwrap_err();
        assert!(error.message().contains("\"mpnet\", for no labels"), "{error}");
        let error = describe(&fixture("tiny-distilbert"), registry::find("distilbert-sst2").unwrap()).unwrap_err();
        assert!(error.message().contains("2 layers"), "{error}");
        let error = describe(&fixture("tiny-roberta"), registry::find("distilbert-sst2").unwrap()).unwrap_err();
        assert!(error.message().contains("anger"), "{error}");
    }

    #[test]
    fn what_cannot_be_run_or_kept_is_refused() {
        let long = "x".repeat(51);
        for (name, value, words) in [
            ("model_type", json!("bert"), "\"bert\", for labels"),
            ("architectures", json!(["RobertaForMaskedLM"]), "for no labels"),
            ("problem_type", json!("regression"), "regression"),
            ("id2label", json!({"0": "a"}), "2 to 1024"),
            ("id2label", json!({"0": "a", "2": "b"}), "numbered from 0"),
            ("id2label", json!({"0": "a", "1": "a"}), "two of its labels"),
            ("id2label", json!({"0": "a", "1": long}), "50 characters"),
            ("id2label", json!({"0": "a", "1": "b\u{1b}[2J"}), "control character"),
            ("id2label", json!({"0": "a", "1": " "}), "is empty"),
            ("id2label", json!({"0": "a", "1": "b"}), "classifier.out_proj.weight has the shape"),
            ("num_hidden_layers", json!(0), "num_hidden_layers is 0"),
            ("hidden_size", json!(1_u64 << 60), "hidden_size is 1152921504606846976"),
            ("max_position_embeddings", json!(4), "holds none"),
        ] {
            let folder = copy("tiny-roberta");
            let path = folder.path().join("config.json");
            let mut config: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
            config[name] = value;
            fs::write(path, config.to_string()).unwrap();
            let error = described(folder.path()).unwrap_err();
            assert!(error.message().contains(words), "{words:?} is not in: {error}");
        }
        for (name, bytes, words) in [
            ("config.json", &b"{"[..], "cannot be understood"),
            ("model.safetensors", b"<html>", "too few"),
            ("model.safetensors", &[0xff; 64], "claims a header"),
        ] {
            let folder = copy("tiny-roberta");
            fs::write(folder.path().join(name), bytes).unwrap();
            let error = described(folder.path()).unwrap_err();
            assert!(error.kind() == Kind::Corrupt && error.message().contains(words), "{words:?} is not in: {error}");
        }
        let folder = copy("tiny-roberta");
        for name in ["tokenizer.json", "merges.txt"] {
            fs::remove_file(folder.path().join(name)).unwrap();
        }
        assert!(described(folder.path()).unwrap_err().message().contains("no tokenizer.json"));
    }

    fn copy(name: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for entry in fs::read_dir(fixture(name)).unwrap().map(Result::unwrap) {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        folder
    }
}
