//! The models that have been asked for: loaded at first use, from their own folder, and kept.

use std::collections::HashMap;
use std::sync::Arc;

use journaling_ai::error::{Error, Result};
use journaling_ai::model::serve::{Cutter, Engine};
use journaling_ai::model::{ModelInfo, ModelRef};

use crate::folder::Folder;
use crate::linear::Precision;
use crate::network::Network;
use crate::tokenizer::Tokenizer;

/// All models loaded so far.
pub(crate) struct Embedder {
    tokenizers: HashMap<ModelRef, Arc<Tokenizer>>,
    networks: HashMap<ModelRef, Network>,
    precision: Precision,
}

impl Embedder {
    /// An embedder that computes on so many threads, with numbers of this precision where it gives vectors.
    pub(crate) fn new(threads: usize, precision: Precision) -> Self {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        // One request is computed at a time, so there is nothing to run side by side.
        tch::set_num_interop_threads(1);
        Embedder { tokenizers: HashMap::new(), networks: HashMap::new(), precision }
    }

    fn tokenizer(&mut self, model: &ModelRef) -> Result<&Arc<Tokenizer>> {
        if !self.tokenizers.contains_key(model) {
            forget_replaced(&mut self.tokenizers, model);
            self.tokenizers.insert(model.clone(), Arc::new(Tokenizer::load(&model.folder)?));
        }
        self.tokenizers.get(model).ok_or_else(|| vanished(model))
    }

    fn network(&mut self, model: &ModelRef) -> Result<&Network> {
        if !self.networks.contains_key(model) {
            forget_replaced(&mut self.networks, model);
            let folder = Folder::open(&model.folder)?;
            self.tokenizer(model)?.check(folder.number("vocab_size")?)?;
            self.networks.insert(model.clone(), Network::load(model, &folder, self.precision)?);
        }
        self.networks.get(model).ok_or_else(|| vanished(model))
    }
}

impl Engine for Embedder {
    fn load(&mut self, model: &ModelRef) -> Result<ModelInfo> {
        Ok(self.network(model)?.info)
    }

    fn cutter(&mut self, model: &ModelRef) -> Result<Arc<dyn Cutter>> {
        Ok(Arc::clone(self.tokenizer(model)?) as Arc<dyn Cutter>)
    }

    fn embed(&mut self, model: &ModelRef, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        self.network(model)?.embed(texts)
    }

    fn labels(&mut self, model: &ModelRef) -> Result<Vec<String>> {
        Ok(self.network(model)?.labels()?.to_vec())
    }

    fn classify(&mut self, model: &ModelRef, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        self.network(model)?.classify(texts)
    }

    fn loaded(&self) -> Vec<String> {
        let mut names: Vec<String> = self.networks.keys().map(|model| model.name.clone()).collect();
        names.sort();
        names
    }
}

/// Drops what was loaded from the same folder before its files were replaced.
fn forget_replaced<T>(loaded: &mut HashMap<ModelRef, T>, model: &ModelRef) {
    loaded.retain(|other, _| other.folder != model.folder);
}

fn vanished(model: &ModelRef) -> Error {
    Error::failure(format!("the model {} was loaded and is gone", model.name))
}
