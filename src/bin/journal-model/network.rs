//! A model in memory, of any architecture: pieces in, vectors or scores of labels out.

use std::collections::HashMap;

use journaling_ai::error::{Error, Kind, Result};
use journaling_ai::model::registry::ModelKind;
use journaling_ai::model::safetensors::Safetensors;
use journaling_ai::model::{ModelInfo, ModelRef, registry};
use rust_bert::RustBertError;
use rust_bert::distilbert::{DistilBertConfig, DistilBertModelClassifier};
use serde_json::json;
use tch::{Device, Kind as TensorKind, TchError, Tensor, nn};

use crate::folder::{Architecture, Folder, UNNAMED_LABELS};
use crate::linear::{Linear, Precision, Source};
use crate::transformer::{PADDING, Transformer, tensor};

/// The models that may be computed in less than 32-bit floats: what they lose has been measured on real text
/// (BENCHMARKS.md), and is below the bound of 0.001 on average.
const MEASURED: [&str; 1] = ["all-MiniLM-L6-v2"];

/// What computes.
enum Body {
    /// BERT and MPNet: the mean over the pieces, at unit length.
    Vectors(Transformer),
    DistilBert(Box<DistilBertModelClassifier>),
    Roberta(Transformer, RobertaHead),
}

/// RoBERTa's way from the first piece to the labels.
struct RobertaHead {
    dense: Linear,
    out: Linear,
}

/// The labels of a classifier.
struct Labels {
    names: Vec<String>,
    apart: bool,
}

/// A model in memory.
pub(crate) struct Network {
    body: Body,
    labels: Option<Labels>,
    pub(crate) info: ModelInfo,
    /// Owns the weights of rust-bert's models.
    _weights: Option<nn::VarStore>,
}

impl Network {
    /// Loads the model of a folder. Whatever is wrong with its configuration, or with the header of
    /// its weights, is found before any weight is read.
    pub(crate) fn load(model: &ModelRef, folder: &Folder, precision: Precision) -> Result<Self> {
        let mut weights = folder.weights()?;
        let precision = if MEASURED.contains(&model.id.as_str()) { precision } else { Precision::Exact };
        let network = match folder.architecture {
            Architecture::Bert => bert(folder, &mut weights, precision),
            Architecture::Mpnet => mpnet(folder, &mut weights, precision),
            // What is computed of labels is shown as it is, so it is computed as the reference does.
            Architecture::DistilBert => distilbert(folder, &mut weights),
            Architecture::Roberta => roberta(folder, &mut weights),
        }?;
        if let Ok(spec) = registry::find(&model.id) {
            let known = ModelInfo { dimensions: spec.dimensions, max_pieces: spec.max_pieces };
            let classifies = spec.kind == ModelKind::Classifier;
            if network.info != known || network.labels.is_some() != classifies {
                return Err(Error::new(Kind::Corrupt, format!("{} does not hold {}", model.folder.display(), spec.id))
                    .hint(format!("install it again: journal models install {}", spec.id)));
            }
        }
        // The first run through the layers is several times slower than later ones, so it is
        // taken on two pieces, the least there can be.
        network.run(&[vec![0, 0]])?;
        Ok(network)
    }

    /// One vector of unit length for each list of piece ids, all computed at once.
    pub(crate) fn embed(&self, ids: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        match self.labels {
            None => self.run(ids),
            Some(_) => Err(Error::usage("this model gives labels, not vectors")),
        }
    }

    /// One score for each label, for each list of piece ids, all computed at once.
    pub(crate) fn classify(&self, ids: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        self.labels().and_then(|_| self.run(ids))
    }

    /// The labels, in the order of the scores.
    pub(crate) fn labels(&self) -> Result<&[String]> {
        let labels = self.labels.as_ref().ok_or_else(|| Error::usage("this model gives vectors, not labels"))?;
        Ok(&labels.names)
    }

    fn run(&self, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        if texts.iter().any(Vec::is_empty) {
            return Err(Error::failure("a text has no pieces, not even those that begin and end it"));
        }
        tch::no_grad(|| self.forward(texts)).map_err(|error| Error::failure(format!("the model failed: {error}")))
    }

    fn forward(&self, texts: &[Vec<i64>]) -> Result<Vec<Vec<f32>>, RustBertError> {
        match &self.body {
            Body::Vectors(encoder) => {
                let batch = encoder.batch(texts)?;
                let means = batch.means(&encoder.forward(&batch)?)?;
                let length = means.f_norm_scalaropt_dim(2, [1_i64].as_slice(), true)?;
                Ok(batch.in_order(Vec::try_from(means.f_div(&length.f_clamp_min(1e-12)?)?)?))
            }
            Body::Roberta(encoder, head) => {
                let batch = encoder.batch(texts)?;
                let first = batch.firsts(&encoder.forward(&batch)?)?;
                let numbers = head.out.forward(&head.dense.forward(&first)?.f_tanh()?)?;
                Ok(batch.in_order(Vec::try_from(self.scores(&numbers)?)?))
            }
            Body::DistilBert(classifier) => {
                let (ids, present) = padded(texts)?;
                let output = classifier.forward_t(Some(&ids), Some(&present), None, false)?;
                Ok(Vec::try_from(self.scores(&output.logits)?)?)
            }
        }
    }

    fn scores(&self, numbers: &Tensor) -> Result<Tensor, TchError> {
        if self.labels.as_ref().is_some_and(|labels| labels.apart) {
            numbers.f_sigmoid()
        } else {
            numbers.f_softmax(-1, TensorKind::Float)
        }
    }
}

/// The texts' pieces, filled up to the longest, and which of them are there.
fn padded(texts: &[Vec<i64>]) -> Result<(Tensor, Tensor), TchError> {
    let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
    let mut ids = vec![0; texts.len() * longest];
    let mut present = vec![0_i64; texts.len() * longest];
    for (row, text) in texts.iter().enumerate() {
        let start = row * longest;
        ids[start..start + text.len()].copy_from_slice(text);
        present[start..start + text.len()].fill(1);
    }
    let shape = [texts.len() as i64, longest as i64];
    Ok((Tensor::f_from_slice(&ids)?.f_view(shape)?, Tensor::f_from_slice(&present)?.f_view(shape)?))
}

fn bert(folder: &Folder, weights: &mut Safetensors, precision: Precision) -> Result<Network> {
    let positions = folder.number("max_position_embeddings")?;
    vectors(folder, weights, "bert.", folder.window(positions)?, precision)
}

fn mpnet(folder: &Folder, weights: &mut Safetensors, precision: Precision) -> Result<Network> {
    vectors(folder, weights, "mpnet.", window_behind_padding(folder)?, precision)
}

/// A model whose tensors' names begin with `prefix` when it was saved as part of a model with a head.
fn vectors(
    folder: &Folder,
    weights: &mut Safetensors,
    prefix: &str,
    max_pieces: usize,
    precision: Precision,
) -> Result<Network> {
    folder.check_pooling()?;
    let prefix = if weights.has(&format!("{prefix}embeddings.word_embeddings.weight")) { prefix } else { "" };
    let info = ModelInfo { dimensions: folder.number("hidden_size")?, max_pieces };
    let encoder = twice(weights, |source| Transformer::load(folder, source, prefix))?;
    let body = Body::Vectors(packed(encoder, precision)?);
    Ok(Network { body, labels: None, info, _weights: None })
}

fn packed(encoder: Transformer, precision: Precision) -> Result<Transformer> {
    encoder.packed(precision).map_err(|error| Error::failure(format!("cannot lay out the weights: {error}")))
}

fn distilbert(folder: &Folder, weights: &mut Safetensors) -> Result<Network> {
    let (size, _) = (folder.number("dim")?, folder.heads("dim", "n_heads")?);
    let (vocabulary, positions) = (folder.number("vocab_size")?, folder.number("max_position_embeddings")?);
    let inner = folder.number("hidden_dim")?;
    let labels = Labels { names: folder.labels()?, apart: folder.labels_are_apart()? };
    weights.expect("distilbert.embeddings.word_embeddings.weight", &[vocabulary, size])?;
    weights.expect("distilbert.embeddings.position_embeddings.weight", &[positions, size])?;
    for layer in 0..folder.number("n_layers")? {
        weights.expect(&format!("distilbert.transformer.layer.{layer}.ffn.lin1.weight"), &[inner, size])?;
    }
    let usual = json!({
        "activation": "gelu", "attention_dropout": 0.1, "dropout": 0.1, "initializer_range": 0.02, "qa_dropout": 0.1,
        "seq_classif_dropout": 0.2, "sinusoidal_pos_embds": false, "tie_weights_": true,
        "id2label": {"0": UNNAMED_LABELS[0], "1": UNNAMED_LABELS[1]},
    });
    let config: DistilBertConfig = folder.config(usual)?;
    let store = nn::VarStore::new(Device::Cpu);
    let classifier = DistilBertModelClassifier::new(store.root(), &config)
        .map_err(|error| Error::new(Kind::Corrupt, format!("cannot load the model: {error}")))?;
    let info = ModelInfo { dimensions: labels.names.len(), max_pieces: folder.window(positions)? };
    let body = Body::DistilBert(Box::new(classifier));
    Ok(Network { body, labels: Some(labels), info, _weights: Some(filled(store, weights)?) })
}

fn roberta(folder: &Folder, weights: &mut Safetensors) -> Result<Network> {
    let labels = Labels { names: folder.labels()?, apart: folder.labels_are_apart()? };
    let (size, count) = (folder.number("hidden_size")?, labels.names.len());
    let info = ModelInfo { dimensions: count, max_pieces: window_behind_padding(folder)? };
    let (encoder, head) = twice(weights, |source| {
        let head = RobertaHead {
            dense: Linear::read(source, "classifier.dense", size, size)?,
            out: Linear::read(source, "classifier.out_proj", size, count)?,
        };
        Ok((Transformer::load(folder, source, "roberta.")?, head))
    })?;
    let body = Body::Roberta(packed(encoder, Precision::Exact)?, head);
    Ok(Network { body, labels: Some(labels), info, _weights: None })
}

/// The window of a model whose positions are counted from behind the padding piece.
fn window_behind_padding(folder: &Folder) -> Result<usize> {
    folder.window(folder.number("max_position_embeddings")?.saturating_sub(PADDING as usize + 1))
}

/// Builds a model twice: first of nothing, to look whether every tensor is there in the right shape; then of
/// the weights.
fn twice<T>(weights: &mut Safetensors, build: impl Fn(Source) -> Result<T>) -> Result<T> {
    build(&mut |name, shape| {
        weights.expect(name, shape).map(|()| Tensor::empty([0], (TensorKind::Float, Device::Cpu)))
    })?;
    build(&mut |name, shape| tensor(weights, name, shape))
}

/// Fills a model of rust-bert's, after a look whether every tensor is there in the right shape.
fn filled(mut store: nn::VarStore, weights: &mut Safetensors) -> Result<nn::VarStore> {
    let variables: HashMap<String, Tensor> = store.variables();
    let shape = |variable: &Tensor| -> Vec<usize> { variable.size().iter().map(|&count| count as usize).collect() };
    for (name, variable) in &variables {
        weights.expect(name, &shape(variable))?;
    }
    for (name, mut variable) in variables {
        let read = tensor(weights, &name, &shape(&variable))?;
        tch::no_grad(|| variable.f_copy_(&read))
            .map_err(|error| weights.refuse(&name, &format!("cannot be taken over: {error}")))?;
    }
    store.freeze();
    Ok(store)
}
