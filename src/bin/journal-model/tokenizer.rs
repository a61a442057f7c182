//! Text to word pieces, with the model's own tokenizer file.

use std::fs;
use std::io::Write;
use std::path::Path;

use journaling_ai::error::{Error, Kind, Result};
use rust_bert::pipelines::hf_tokenizers::HFTokenizer;
use serde_json::Value;
use tempfile::NamedTempFile;

/// The pieces added at the start and the end of each text.
const SPECIAL_PIECES: usize = 2;

/// A model's tokenizer, which neither cuts nor pads.
pub(crate) struct Tokenizer {
    inner: HFTokenizer,
}

impl Tokenizer {
    /// Loads `tokenizer.json` and `special_tokens_map.json` from a model's folder.
    pub(crate) fn load(folder: &Path) -> Result<Self> {
        let path = folder.join("tokenizer.json");
        let text = fs::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
        let mut rules: Value = serde_json::from_slice(&text).map_err(|error| corrupt(&path, &error))?;
        // The published file cuts at 128 pieces and pads to 128: both would falsify the counts, and
        // the model reads more than that.
        rules["truncation"] = Value::Null;
        rules["padding"] = Value::Null;
        // The library reads files alone.
        let mut changed =
            NamedTempFile::new().map_err(|error| Error::io("cannot create a file in", &std::env::temp_dir(), error))?;
        changed
            .write_all(rules.to_string().as_bytes())
            .and_then(|()| changed.flush())
            .map_err(|error| Error::io("cannot write", changed.path(), error))?;
        let inner = HFTokenizer::from_file(changed.path(), folder.join("special_tokens_map.json"))
            .map_err(|error| corrupt(&path, &error))?;
        Ok(Tokenizer { inner })
    }

    /// The ids of each text's pieces, the special ones included, however long it is.
    pub(crate) fn ids<S: AsRef<str> + Sync + Send>(&self, texts: &[S]) -> Result<Vec<Vec<i64>>> {
        let inputs = self
            .inner
            .encode_list(texts)
            .map_err(|error| Error::failure(format!("cannot cut text into word pieces: {error}")))?;
        Ok(inputs.into_iter().map(|input| input.token_ids).collect())
    }

    /// Pieces of each text without the special ones.
    pub(crate) fn count(&self, texts: &[String]) -> Result<Vec<usize>> {
        // One at a time: a batch would hold the pieces of all texts at once.
        texts
            .iter()
            .map(|text| {
                let ids = self.ids(std::slice::from_ref(text))?;
                let pieces: usize = ids.iter().map(Vec::len).sum();
                Ok(pieces.saturating_sub(SPECIAL_PIECES))
            })
            .collect()
    }
}

/// Cuts a text's pieces to the model's window as the reference does: the first ones stay, and the
/// last piece of the window is the special one that ends a text.
pub(crate) fn cut(ids: &mut Vec<i64>, max_pieces: usize) {
    if ids.len() > max_pieces
        && let Some(end) = ids.pop()
    {
        ids.truncate(max_pieces.saturating_sub(1));
        ids.push(end);
    }
}

fn corrupt(path: &Path, error: &dyn std::fmt::Display) -> Error {
    Error::new(Kind::Corrupt, format!("cannot understand {}: {error}", path.display()))
        .hint("check the model's files: journal models verify")
}
