//! Text to word pieces, with the model's own tokenizer file.

use std::fs;
use std::io::Write;
use std::path::Path;

use journaling_ai::error::{Error, Kind, Result};
use journaling_ai::model::serve::Cutter;
use rust_bert::pipelines::hf_tokenizers::HFTokenizer;
use serde_json::{Map, Value, json};
use tempfile::NamedTempFile;

use crate::folder::{corrupt, missing};

/// A model's tokenizer, which neither cuts nor pads.
pub(crate) struct Tokenizer {
    inner: HFTokenizer,
    largest: u64,
}

impl Tokenizer {
    /// Loads `tokenizer.json` from a model's folder; where there is none, as in some folders of the hub,
    /// the rules it would have held are put together from `vocab.txt` or from `vocab.json` and
    /// `merges.txt`.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let mut rules = match crate::folder::json(&path)? {
            Some(rules) if rules.is_object() => rules,
            Some(_) => return Err(corrupt(&path, &"it is not an object")),
            None if folder.join("vocab.txt").is_file() => word_pieces(folder)?,
            None if folder.join("merges.txt").is_file() => byte_pairs(folder)?,
            None => return Err(missing(&path)),
        };
        // The published file cuts at 128 pieces and pads to 128: both would falsify the counts, and
        // the model reads more than that.
        rules["truncation"] = Value::Null;
        rules["padding"] = Value::Null;
        let Some(vocabulary) = rules.pointer("/model/vocab").and_then(Value::as_object) else {
            return Err(corrupt(&path, &"it has no vocabulary"));
        };
        let added = rules.get("added_tokens").and_then(Value::as_array).into_iter().flatten();
        let ids = vocabulary.values().chain(added.filter_map(|piece| piece.get("id")));
        let largest = ids.filter_map(Value::as_u64).max().unwrap_or(0);
        // The library reads files alone. In the second one it wants a name for the unknown piece, which
        // nothing here asks for; the folder's own has forms that it does not understand.
        let (rules, names) = (temporary(&rules)?, temporary(&json!({"unk_token": "[UNK]"}))?);
        let inner = HFTokenizer::from_file(rules.path(), names.path()).map_err(|error| corrupt(&path, &error))?;
        Ok(Tokenizer { inner, largest })
    }

    /// Fails when there are pieces that weights for so many do not have.
    pub(crate) fn check(&self, vocabulary: usize) -> Result<()> {
        if self.largest < vocabulary as u64 {
            return Ok(());
        }
        let message = format!("the tokenizer has the piece {}, and the weights are for {vocabulary}", self.largest);
        Err(Error::new(Kind::Corrupt, message).hint("install the model again: journal models install"))
    }
}

impl Cutter for Tokenizer {
    fn pieces(&self, text: &str) -> Result<Vec<i64>> {
        let inputs = self
            .inner
            .encode_list(&[text])
            .map_err(|error| Error::failure(format!("cannot cut text into word pieces: {error}")))?;
        Ok(inputs.into_iter().flat_map(|input| input.token_ids).collect())
    }
}

fn temporary(value: &Value) -> Result<NamedTempFile> {
    let mut file =
        NamedTempFile::new().map_err(|error| Error::io("cannot create a file in", &std::env::temp_dir(), error))?;
    file.write_all(value.to_string().as_bytes())
        .and_then(|()| file.flush())
        .map_err(|error| Error::io("cannot write", file.path(), error))?;
    Ok(file)
}

/// BERT's rules, with the words of `vocab.txt`.
fn word_pieces(folder: &Path) -> Result<Value> {
    let path = folder.join("vocab.txt");
    let text = fs::read_to_string(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    let vocabulary: Map<String, Value> =
        text.lines().enumerate().map(|(id, word)| (word.to_string(), Value::from(id))).collect();
    let settings = crate::folder::json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let is = |name: &str| settings.get(name).and_then(Value::as_bool);
    let names = ["pad", "unk", "cls", "sep", "mask"]
        .map(|name| special(&settings, name, &format!("[{}]", name.to_uppercase())));
    let added = added(&settings, &vocabulary, &names, &path)?;
    let [_, unknown, first, last, _] = names;
    let normalizer = json!({
        "type": "BertNormalizer",
        "clean_text": true,
        "handle_chinese_chars": is("tokenize_chinese_chars").unwrap_or(true),
        "strip_accents": is("strip_accents"),
        "lowercase": is("do_lower_case").unwrap_or(true),
    });
    Ok(json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": normalizer,
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {
            "type": "BertProcessing",
            "sep": [last, vocabulary.get(&last)],
            "cls": [first, vocabulary.get(&first)],
        },
        "decoder": null,
        "model": {
            "type": "WordPiece",
            "unk_token": unknown,
            "continuing_subword_prefix": "##",
            "max_input_chars_per_word": 100,
            "vocab": vocabulary,
        },
    }))
}

/// RoBERTa's rules, with the pieces of `vocab.json` and the pairs of `merges.txt`.
fn byte_pairs(folder: &Path) -> Result<Value> {
    let path = folder.join("vocab.json");
    let Some(Value::Object(vocabulary)) = crate::folder::json(&path)? else { return Err(missing(&path)) };
    let merges = folder.join("merges.txt");
    let text = fs::read_to_string(&merges).map_err(|error| Error::io("cannot read", &merges, error))?;
    let pairs: Vec<&str> = text.lines().filter(|line| !line.is_empty() && !line.starts_with("#version")).collect();
    let settings = crate::folder::json(&folder.join("tokenizer_config.json"))?.unwrap_or_default();
    let spaced = settings.get("add_prefix_space").and_then(Value::as_bool).unwrap_or(false);
    let names = [("pad", "<pad>"), ("unk", "<unk>"), ("cls", "<s>"), ("sep", "</s>"), ("mask", "<mask>")]
        .map(|(name, default)| special(&settings, name, default));
    let added = added(&settings, &vocabulary, &names, &path)?;
    let [_, _, first, last, _] = names;
    Ok(json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": null,
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": spaced, "trim_offsets": true, "use_regex": true},
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [last, vocabulary.get(&last)],
            "cls": [first, vocabulary.get(&first)],
            "trim_offsets": true,
            "add_prefix_space": spaced,
        },
        "decoder": null,
        "model": {
            "type": "BPE",
            "dropout": null,
            "unk_token": null,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "",
            "fuse_unk": false,
            "byte_fallback": false,
            "vocab": vocabulary,
            "merges": pairs,
        },
    }))
}

/// The name of a special piece: text, or an object around it.
fn special(settings: &Value, name: &str, default: &str) -> String {
    let given = settings.get(format!("{name}_token"));
    let text = given.and_then(|given| given.get("content").or(Some(given))?.as_str());
    text.unwrap_or(default).to_string()
}

/// The special pieces as the rules list them, by id: as the settings describe them, else as they usually are.
fn added(settings: &Value, vocabulary: &Map<String, Value>, names: &[String], path: &Path) -> Result<Vec<Value>> {
    for name in names {
        if !vocabulary.get(name).is_some_and(Value::is_u64) {
            return Err(corrupt(path, &format!("it does not have the special piece {name}")));
        }
    }
    let mut all: Vec<Value> = Vec::new();
    if let Some(described) = settings.get("added_tokens_decoder").and_then(Value::as_object) {
        for (id, piece) in described {
            let (Ok(id), Some(piece)) = (id.parse::<u64>(), piece.as_object()) else { continue };
            let mut piece = piece.clone();
            piece.insert("id".into(), id.into());
            all.push(piece.into());
        }
    } else {
        all.extend(names.iter().map(|name| {
            json!({
                "id": vocabulary.get(name),
                "content": name,
                "single_word": false,
                "lstrip": name == "<mask>",
                "rstrip": false,
                "normalized": false,
                "special": true,
            })
        }));
    }
    all.sort_by_key(|piece| piece["id"].as_u64());
    Ok(all)
}
