//! A model in memory, of any architecture: pieces in, vectors or scores of labels out.

use std::collections::HashMap;

use journaling_ai::error::{Error, Kind, Result};
use journaling_ai::model::registry::ModelKind;
use journaling_ai::model::safetensors::Safetensors;
use journaling_ai::model::{ModelInfo, ModelRef, registry};
use rust_bert::RustBertError;
use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
use rust_bert::distilbert::{DistilBertConfig, DistilBertModelClassifier};
use serde_json::json;
use tch::{Device, Kind as TensorKind, TchError, Tensor, nn};

use crate::folder::{Architecture, Folder, UNNAMED_LABELS};
use crate::transformer::{Linear, PADDING, Transformer, tensor};

/// What computes.
enum Body {
    Bert(Box<BertModel<BertEmbeddings>>),
    Mpnet(Transformer),
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
    pub(crate) fn load(model: &ModelRef, folder: &Folder) -> Result<Self> {
        let mut weights = folder.weights()?;
        let network = match folder.architecture {
            Architecture::Bert => bert(folder, &mut weights),
            Architecture::Mpnet => mpnet(folder, &mut weights),
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

    fn run(&self, ids: &[Vec<i64>]) -> Result<Vec<Vec<f32>>> {
        let longest = ids.iter().map(Vec::len).max().unwrap_or(0);
        let filling = if matches!(self.body, Body::Mpnet(_) | Body::Roberta(..)) { PADDING } else { 0 };
        let mut padded = vec![filling; ids.len() * longest];
        let mut present = vec![0_i64; ids.len() * longest];
        for (row, ids) in ids.iter().enumerate() {
            let start = row * longest;
            padded[start..start + ids.len()].copy_from_slice(ids);
            present[start..start + ids.len()].fill(1);
        }
        let shape = [ids.len() as i64, longest as i64];
        tch::no_grad(|| self.forward(&padded, &present, shape))
            .map_err(|error| Error::failure(format!("the model failed: {error}")))
    }

    fn forward(&self, ids: &[i64], present: &[i64], shape: [i64; 2]) -> Result<Vec<Vec<f32>>, RustBertError> {
        let ids = Tensor::f_from_slice(ids)?.f_view(shape)?;
        let present = Tensor::f_from_slice(present)?.f_view(shape)?;
        let numbers = match &self.body {
            Body::Bert(bert) => {
                let output = bert.forward_t(Some(&ids), Some(&present), None, None, None, None, None, false)?;
                pool(&output.hidden_state, &present)?
            }
            Body::Mpnet(encoder) => pool(&encoder.forward(&ids, &present)?, &present)?,
            Body::DistilBert(classifier) => classifier.forward_t(Some(&ids), Some(&present), None, false)?.logits,
            Body::Roberta(encoder, head) => {
                let first = encoder.forward(&ids, &present)?.f_select(1, 0)?;
                head.out.forward(&head.dense.forward(&first)?.f_tanh()?)?
            }
        };
        let numbers = match &self.labels {
            None => numbers,
            Some(labels) if labels.apart => numbers.f_sigmoid()?,
            Some(_) => numbers.f_softmax(-1, TensorKind::Float)?,
        };
        Ok(Vec::try_from(numbers)?)
    }
}

fn bert(folder: &Folder, weights: &mut Safetensors) -> Result<Network> {
    folder.check_pooling()?;
    folder.only("position_embedding_type", &json!("absolute"))?;
    // The one that rust-bert has built in.
    folder.only("layer_norm_eps", &json!(1e-12))?;
    let (size, _) = (folder.number("hidden_size")?, folder.heads("hidden_size", "num_attention_heads")?);
    let (vocabulary, positions) = (folder.number("vocab_size")?, folder.number("max_position_embeddings")?);
    let inner = folder.number("intermediate_size")?;
    weights.expect("embeddings.word_embeddings.weight", &[vocabulary, size])?;
    weights.expect("embeddings.position_embeddings.weight", &[positions, size])?;
    let types = folder.number("type_vocab_size")?;
    weights.expect("embeddings.token_type_embeddings.weight", &[types, size])?;
    for layer in 0..folder.number("num_hidden_layers")? {
        weights.expect(&format!("encoder.layer.{layer}.intermediate.dense.weight"), &[inner, size])?;
    }
    let config: BertConfig = folder.config(json!({}))?;
    let store = nn::VarStore::new(Device::Cpu);
    let bert = BertModel::new_with_optional_pooler(store.root(), &config, false);
    let info = ModelInfo { dimensions: size, max_pieces: folder.window(positions)? };
    let body = Body::Bert(Box::new(bert));
    Ok(Network { body, labels: None, info, _weights: Some(filled(store, weights)?) })
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

fn mpnet(folder: &Folder, weights: &mut Safetensors) -> Result<Network> {
    folder.check_pooling()?;
    // With the prefix when it was saved as part of a model with a head.
    let prefix = if weights.has("mpnet.embeddings.word_embeddings.weight") { "mpnet." } else { "" };
    let info = ModelInfo { dimensions: folder.number("hidden_size")?, max_pieces: window_behind_padding(folder)? };
    let body = Body::Mpnet(twice(weights, |source| Transformer::load(folder, source, prefix))?);
    Ok(Network { body, labels: None, info, _weights: None })
}

fn roberta(folder: &Folder, weights: &mut Safetensors) -> Result<Network> {
    let labels = Labels { names: folder.labels()?, apart: folder.labels_are_apart()? };
    let (size, count) = (folder.number("hidden_size")?, labels.names.len());
    let info = ModelInfo { dimensions: count, max_pieces: window_behind_padding(folder)? };
    let body = twice(weights, |source| {
        let head = RobertaHead {
            dense: Linear::read(source, "classifier.dense", size, size)?,
            out: Linear::read(source, "classifier.out_proj", size, count)?,
        };
        Ok(Body::Roberta(Transformer::load(folder, source, "roberta.")?, head))
    })?;
    Ok(Network { body, labels: Some(labels), info, _weights: None })
}

/// The window of a model whose positions are counted from behind the padding piece.
fn window_behind_padding(folder: &Folder) -> Result<usize> {
    folder.window(folder.number("max_position_embeddings")?.saturating_sub(PADDING as usize + 1))
}

/// Builds a model twice: first of nothing, to look whether every tensor is there in the right shape; then of
/// the weights.
fn twice<T>(
    weights: &mut Safetensors,
    build: impl Fn(&mut dyn FnMut(&str, &[usize]) -> Result<Tensor>) -> Result<T>,
) -> Result<T> {
    build(&mut |name, shape| weights.expect(name, shape).map(|()| Tensor::new()))?;
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

/// The mean over the pieces that are there, at unit length.
fn pool(hidden: &Tensor, present: &Tensor) -> Result<Tensor, TchError> {
    let mask = present.f_to_kind(TensorKind::Float)?.f_unsqueeze(-1)?;
    let over_pieces = [1_i64].as_slice();
    let sum = hidden.f_mul(&mask)?.f_sum_dim_intlist(over_pieces, false, TensorKind::Float)?;
    let pieces = mask.f_sum_dim_intlist(over_pieces, false, TensorKind::Float)?;
    let mean = sum.f_div(&pieces.f_clamp_min(1e-9)?)?;
    let length = mean.f_norm_scalaropt_dim(2, [1_i64].as_slice(), true)?;
    mean.f_div(&length.f_clamp_min(1e-12)?)
}
