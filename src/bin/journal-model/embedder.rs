//! Sentence vectors by a BERT encoder: the mean of the last layer over the text's pieces, brought to
//! unit length, as sentence-transformers computes it. Models are loaded at first use and kept.

use std::collections::HashMap;
use std::path::Path;

use journaling_ai::error::{Error, Kind, Result};
use journaling_ai::model::registry::{self, ModelKind};
use journaling_ai::model::serve::Engine;
use journaling_ai::model::{ModelInfo, ModelRef};
use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use rust_bert::{Config, RustBertError};
use tch::{Device, Kind as TensorKind, Tensor, nn};

use crate::tokenizer::{Tokenizer, cut};

/// All models loaded so far.
pub(crate) struct Embedder {
    tokenizers: HashMap<ModelRef, Tokenizer>,
    encoders: HashMap<ModelRef, Encoder>,
}

impl Embedder {
    /// An embedder that computes on so many threads.
    pub(crate) fn new(threads: usize) -> Self {
        tch::set_num_threads(i32::try_from(threads).unwrap_or(1));
        // One request is computed at a time, so there is nothing to run side by side.
        tch::set_num_interop_threads(1);
        Embedder { tokenizers: HashMap::new(), encoders: HashMap::new() }
    }

    fn tokenizer(&mut self, model: &ModelRef) -> Result<&Tokenizer> {
        if !self.tokenizers.contains_key(model) {
            forget_replaced(&mut self.tokenizers, model);
            self.tokenizers.insert(model.clone(), Tokenizer::load(&model.folder)?);
        }
        self.tokenizers.get(model).ok_or_else(|| vanished(model))
    }

    fn encoder(&mut self, model: &ModelRef) -> Result<&Encoder> {
        if !self.encoders.contains_key(model) {
            forget_replaced(&mut self.encoders, model);
            let encoder = Encoder::load(model)?;
            // The first run through the layers is several times slower than later ones, so it is
            // taken on two pieces, the least there can be.
            encoder.encode(&[vec![0, 0]])?;
            self.encoders.insert(model.clone(), encoder);
        }
        self.encoders.get(model).ok_or_else(|| vanished(model))
    }
}

impl Engine for Embedder {
    fn load(&mut self, model: &ModelRef) -> Result<ModelInfo> {
        Ok(self.encoder(model)?.info)
    }

    fn count(&mut self, model: &ModelRef, texts: &[String]) -> Result<Vec<usize>> {
        self.tokenizer(model)?.count(texts)
    }

    fn embed(&mut self, model: &ModelRef, texts: &[&str]) -> Result<Vec<Vec<f32>>> {
        let mut ids = self.tokenizer(model)?.ids(texts)?;
        let encoder = self.encoder(model)?;
        ids.iter_mut().for_each(|ids| cut(ids, encoder.info.max_pieces));
        encoder.encode(&ids)
    }

    fn loaded(&self) -> Vec<String> {
        let mut names: Vec<String> = self.encoders.keys().map(|model| model.name.clone()).collect();
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

/// A BERT encoder in memory.
struct Encoder {
    bert: BertModel<BertEmbeddings>,
    info: ModelInfo,
    /// Owns the weights.
    _weights: nn::VarStore,
}

impl Encoder {
    fn load(model: &ModelRef) -> Result<Self> {
        let spec = registry::find(&model.id)?;
        match spec.kind {
            ModelKind::Embedding => {}
        }
        let path = model.folder.join("config.json");
        let weights_path = model.folder.join("model.safetensors");
        for file in [&path, &weights_path] {
            if !file.is_file() {
                return Err(missing(file));
            }
        }
        let config = BertConfig::from_file(&path);
        let mut weights = nn::VarStore::new(Device::Cpu);
        let bert = BertModel::new_with_optional_pooler(weights.root(), &config, false);
        weights.load(&weights_path).map_err(|error| {
            Error::new(Kind::Corrupt, format!("cannot load {}: {error}", weights_path.display()))
                .hint("check the model's files: journal models verify")
        })?;
        weights.freeze();
        let info = ModelInfo { dimensions: spec.dimensions, max_pieces: spec.max_pieces };
        Ok(Encoder { bert, info, _weights: weights })
    }

    /// One vector for each list of piece ids, all computed at once and padded to the longest.
    fn encode(&self, ids: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        let longest = ids.iter().map(Vec::len).max().unwrap_or(0);
        let mut padded = vec![0_i64; ids.len() * longest];
        let mut present = vec![0_i64; ids.len() * longest];
        for (row, ids) in ids.iter().enumerate() {
            let start = row * longest;
            padded[start..start + ids.len()].copy_from_slice(ids);
            present[start..start + ids.len()].fill(1);
        }
        let shape = [ids.len() as i64, longest as i64];
        tch::no_grad(|| self.forward(&padded, &present, shape))
            .map_err(|error| Error::failure(format!("the encoder failed: {error}")))
    }

    fn forward(&self, ids: &[i64], present: &[i64], shape: [i64; 2]) -> Result<Vec<Vec<f32>>, RustBertError> {
        let ids = Tensor::f_from_slice(ids)?.f_view(shape)?;
        let present = Tensor::f_from_slice(present)?.f_view(shape)?;
        let output = self.bert.forward_t(Some(&ids), Some(&present), None, None, None, None, None, false)?;
        Ok(Vec::try_from(pool(&output.hidden_state, &present)?)?)
    }
}

/// The mean over the pieces that are there, at unit length.
fn pool(hidden: &Tensor, present: &Tensor) -> Result<Tensor, tch::TchError> {
    let mask = present.f_to_kind(TensorKind::Float)?.f_unsqueeze(-1)?;
    let over_pieces = [1_i64].as_slice();
    let sum = hidden.f_mul(&mask)?.f_sum_dim_intlist(over_pieces, false, TensorKind::Float)?;
    let pieces = mask.f_sum_dim_intlist(over_pieces, false, TensorKind::Float)?;
    let mean = sum.f_div(&pieces.f_clamp_min(1e-9)?)?;
    let length = mean.f_norm_scalaropt_dim(2, [1_i64].as_slice(), true)?;
    mean.f_div(&length.f_clamp_min(1e-12)?)
}

fn missing(file: &Path) -> Error {
    Error::new(Kind::Corrupt, format!("the model has no file {}", file.display()))
        .hint("install the model again: journal models install")
}
