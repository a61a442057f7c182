//! The encoder of BERT, MPNet and RoBERTa, over batches without filling. All three are BERT's layers; MPNet
//! and RoBERTa count positions from behind the padding piece, and MPNet adds to each attention score a number
//! for how far apart the two pieces are, the same in all layers.
//!
//! rust-bert has no MPNet, its RoBERTa has BERT's epsilon (1e-12, where the models have 1e-5), and its BERT
//! takes twice the time for what this one computes, and three times that of bfloat16 (64 texts of MiniLM: 2.48,
//! 1.24 and 0.81 seconds of a core): filling, three products for query, key and value, the scores of attention
//! in memory, and MKL instead of oneDNN (see `operators`). The tests hold this one to it.

use journaling_ai::error::Result;
use journaling_ai::model::safetensors::{Number, Safetensors};
use serde_json::json;
use tch::{Device, Kind, TchError, Tensor};

use crate::batch::{Batch, Group, Places};
use crate::folder::{Architecture, Folder};
use crate::linear::{Linear, Precision, Source};
use crate::operators::attention;

/// The buckets distances are sorted into; the reference has no other number.
const BUCKETS: usize = 32;

/// The piece from behind whose position those of MPNet and RoBERTa are counted.
pub(crate) const PADDING: i64 = 1;

struct Norm {
    weight: Tensor,
    bias: Tensor,
    epsilon: f64,
}

impl Norm {
    fn read(source: Source, name: &str, size: usize, epsilon: f64) -> Result<Self> {
        let weight = source(&format!("{name}.weight"), &[size])?;
        Ok(Norm { weight, bias: source(&format!("{name}.bias"), &[size])?, epsilon })
    }

    fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_layer_norm(self.weight.size(), Some(&self.weight), Some(&self.bias), self.epsilon, false)
    }
}

struct Layer {
    /// Query, key and value in one.
    attention: Linear,
    mixed: Linear,
    after_attention: Norm,
    wide: Linear,
    narrow: Linear,
    after_all: Norm,
}

/// An encoder in memory.
pub(crate) struct Transformer {
    words: Tensor,
    positions: Tensor,
    /// BERT's and RoBERTa's types of text, of which the first is meant.
    types: Option<Tensor>,
    norm: Norm,
    layers: Vec<Layer>,
    /// MPNet's number for each bucket of distances and each head.
    distances: Option<Tensor>,
    heads: i64,
    counted: Places,
}

impl Transformer {
    /// The encoder whose tensors' names begin with `prefix`.
    pub(crate) fn load(folder: &Folder, source: Source, prefix: &str) -> Result<Self> {
        let mpnet = folder.architecture == Architecture::Mpnet;
        folder.only("hidden_act", &json!("gelu"))?;
        folder.only("position_embedding_type", &json!("absolute"))?;
        folder.only("relative_attention_num_buckets", &json!(BUCKETS))?;
        let counted = if folder.architecture == Architecture::Bert {
            Places::FromStart
        } else {
            folder.only("pad_token_id", &json!(PADDING))?;
            Places::Behind(PADDING)
        };
        let (size, heads) = (folder.number("hidden_size")?, folder.heads("hidden_size", "num_attention_heads")?);
        let (inner, layers) = (folder.number("intermediate_size")?, folder.number("num_hidden_layers")?);
        let (vocabulary, positions) = (folder.number("vocab_size")?, folder.number("max_position_embeddings")?);
        let epsilon = folder.epsilon()?;
        let name = |rest: &str| format!("{prefix}{rest}");
        let words = source(&name("embeddings.word_embeddings.weight"), &[vocabulary, size])?;
        let places = source(&name("embeddings.position_embeddings.weight"), &[positions, size])?;
        let (mut types, mut distances) = (None, None);
        if mpnet {
            distances = Some(source(&name("encoder.relative_attention_bias.weight"), &[BUCKETS, heads])?);
        } else {
            let count = folder.number_or("type_vocab_size", 2)?;
            types = Some(source(&name("embeddings.token_type_embeddings.weight"), &[count, size])?);
        }
        let norm = Norm::read(source, &name("embeddings.LayerNorm"), size, epsilon)?;
        let mut read = |number: usize| -> Result<Layer> {
            let part = |rest: &str| name(&format!("encoder.layer.{number}.{rest}"));
            let ([query, key, value, mixed], after_attention) = if mpnet {
                (["attn.q", "attn.k", "attn.v", "attn.o"], "attention.LayerNorm")
            } else {
                (["self.query", "self.key", "self.value", "output.dense"], "attention.output.LayerNorm")
            };
            let mut square = |rest: &str| Linear::read(source, &part(&format!("attention.{rest}")), size, size);
            Ok(Layer {
                attention: Linear::joined(&[square(query)?, square(key)?, square(value)?])?,
                mixed: square(mixed)?,
                after_attention: Norm::read(source, &part(after_attention), size, epsilon)?,
                wide: Linear::read(source, &part("intermediate.dense"), size, inner)?,
                narrow: Linear::read(source, &part("output.dense"), inner, size)?,
                after_all: Norm::read(source, &part("output.LayerNorm"), size, epsilon)?,
            })
        };
        let layers = (0..layers).map(&mut read).collect::<Result<_>>()?;
        Ok(Transformer { words, positions: places, types, norm, layers, distances, heads: heads as i64, counted })
    }

    /// The same, laid out for this processor.
    pub(crate) fn packed(self, precision: Precision) -> Result<Self, TchError> {
        let pack = |layer: Layer| -> Result<Layer, TchError> {
            Ok(Layer {
                attention: layer.attention.packed(precision)?,
                mixed: layer.mixed.packed(precision)?,
                after_attention: layer.after_attention,
                wide: layer.wide.packed(precision)?,
                narrow: layer.narrow.packed(precision)?,
                after_all: layer.after_all,
            })
        };
        let layers = self.layers.into_iter().map(pack).collect::<Result<_, _>>()?;
        Ok(Transformer { layers, ..self })
    }

    /// A batch of these texts.
    pub(crate) fn batch(&self, texts: &[Vec<i64>]) -> Result<Batch, TchError> {
        Batch::new(texts, self.counted)
    }

    /// The last layer's numbers for each piece.
    pub(crate) fn forward(&self, batch: &Batch) -> Result<Tensor, TchError> {
        let embed = |table: &Tensor, ids: &Tensor| Tensor::f_embedding(table, ids, -1, false, false);
        let mut sum = embed(&self.words, &batch.pieces)?.f_add(&embed(&self.positions, &batch.places)?)?;
        if let Some(types) = &self.types {
            sum = sum.f_add(&types.f_select(0, 0)?)?;
        }
        let mut x = self.norm.forward(&sum)?;
        let scores =
            |group: &Group| self.distances.as_ref().map(|table| distance_scores(table, group.length)).transpose();
        let scores = batch.groups.iter().map(scores).collect::<Result<Vec<_>, _>>()?;
        for layer in &self.layers {
            let mixed = layer.mixed.forward(&self.attention(layer, &x, batch, &scores)?)?;
            x = layer.after_attention.forward(&x.f_add(&mixed)?)?;
            let narrow = layer.narrow.forward(&layer.wide.forward_gelu(&x)?)?;
            x = layer.after_all.forward(&x.f_add(&narrow)?)?;
        }
        Ok(x)
    }

    /// What each piece takes from the others of its text.
    fn attention(
        &self,
        layer: &Layer,
        x: &Tensor,
        batch: &Batch,
        scores: &[Option<Tensor>],
    ) -> Result<Tensor, TchError> {
        let size = x.size()[1];
        let all = layer.attention.forward(x)?;
        let mut mixed = Vec::with_capacity(batch.groups.len());
        for (group, scores) in batch.groups.iter().zip(scores) {
            let rows = group.texts * group.length;
            let split = [group.texts, group.length, 3, self.heads, size / self.heads];
            let split = all.f_narrow(0, group.start, rows)?.f_view(split.as_slice())?.f_permute([2, 0, 3, 1, 4])?;
            let taken = if all.kind() == Kind::BFloat16 && group.length >= LONG && scores.is_none() {
                brain_attention(&split)?
            } else {
                let split = split.f_to_kind(Kind::Float)?;
                let part = |number| split.f_select(0, number);
                attention(part(0)?, part(1)?, part(2)?, scores.as_ref())?.f_to_kind(all.kind())?
            };
            mixed.push(taken.f_transpose(1, 2)?.f_reshape([rows, size])?);
        }
        Tensor::f_cat(&mixed, 0)
    }
}

/// From so many pieces on, bfloat16 attention is faster in single steps, whose products go to oneDNN: 1.2 ms
/// for 512 pieces of four texts instead of 1.9. The pass in one computes in 32-bit floats, by MKL.
const LONG: i64 = 32;

/// As [`attention`], of query, key and value one after the other, in bfloat16.
fn brain_attention(split: &Tensor) -> Result<Tensor, TchError> {
    let &[_, texts, heads, length, width] = split.size().as_slice() else {
        return Err(TchError::Shape(format!("{:?} is not query, key and value", split.size())));
    };
    let part = |number| split.f_select(0, number)?.f_reshape([texts * heads, length, width]);
    let query = part(0)?.f_mul_scalar(1.0 / (width as f64).sqrt())?;
    let scores = query.f_bmm(&part(1)?.f_transpose(1, 2)?)?;
    scores.f_softmax(-1, None)?.f_bmm(&part(2)?)?.f_view([texts, heads, length, width])
}

/// What is added to the score of each pair of pieces, by head: 1 × heads × length × length.
fn distance_scores(distances: &Tensor, length: i64) -> Result<Tensor, TchError> {
    let buckets: Vec<i64> = (0..length).flat_map(|from| (0..length).map(move |to| bucket(to - from))).collect();
    let scores = distances.f_index_select(0, &Tensor::f_from_slice(&buckets)?)?;
    scores.f_view([length, length, -1])?.f_permute([2, 0, 1])?.f_contiguous()?.f_unsqueeze(0)
}

/// The bucket of a distance, as in T5: half of the 32 for each direction; eight single distances, then eight
/// ranges that grow by the square root of two up to 128, beyond which all is one. The reference takes
/// 8 + ⌊8 log(n / 8) / log 16⌋, which is 8 + ⌊log2(n² / 64)⌋ without rounding.
fn bucket(distance: i64) -> i64 {
    let side = if distance > 0 { 16 } else { 0 };
    let far = distance.unsigned_abs();
    let within = if far < 8 { far } else { (8 + u64::from((far * far / 64).ilog2())).min(15) };
    side + within as i64
}

/// A tensor of 32-bit floats, read and looked through: a number that is none would spoil every result.
pub(crate) fn tensor(weights: &mut Safetensors, name: &str, shape: &[usize]) -> Result<Tensor> {
    let raw = weights.read(name, shape)?;
    let kind = match raw.number {
        Number::Half => Kind::Half,
        Number::Brain => Kind::BFloat16,
        Number::Float | Number::Other => Kind::Float,
    };
    let size: Vec<i64> = raw.shape.iter().map(|&count| count as i64).collect();
    let read = || -> Result<(Tensor, bool), TchError> {
        let tensor = Tensor::f_from_data_size(&raw.bytes, &size, kind)?.f_to_device(Device::Cpu)?;
        let tensor = tensor.f_to_kind(Kind::Float)?;
        // One pass; what is not a number is the least and the greatest, too.
        let (least, greatest) = tensor.f_aminmax(None, false)?;
        let finite = f64::try_from(least)?.is_finite() && f64::try_from(greatest)?.is_finite();
        Ok((tensor, finite))
    };
    match read() {
        Ok((tensor, true)) => Ok(tensor),
        Ok((_, false)) => Err(weights.refuse(name, "holds what is not a finite number")),
        Err(error) => Err(weights.refuse(name, &format!("cannot be taken over: {error}"))),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::collections::HashMap;

    use rust_bert::bert::{BertConfig, BertEmbeddings, BertModel};
    use tch::nn::VarStore;

    use super::*;

    #[test]
    fn distances_fall_into_the_buckets_of_the_reference() {
        for (distance, expected) in
            [(0, 0), (-1, 1), (-7, 7), (-8, 8), (-11, 8), (-12, 9), (-15, 9), (-16, 10), (-90, 14), (-91, 15)]
        {
            assert_eq!(bucket(distance), expected, "{distance}");
        }
        assert_eq!((bucket(1), bucket(7), bucket(8), bucket(64), bucket(128), bucket(5000)), (17, 23, 24, 30, 31, 31));
    }

    /// A small BERT of rust-bert's with weights larger than a trained one starts with, so that a fault shows.
    fn random_bert(config: &BertConfig) -> (VarStore, BertModel<BertEmbeddings>) {
        let store = VarStore::new(Device::Cpu);
        let bert = BertModel::new_with_optional_pooler(store.root(), config, false);
        tch::manual_seed(7);
        for variable in store.variables().values_mut() {
            let around = if variable.dim() == 1 { 1.0 } else { 0.0 };
            tch::no_grad(|| variable.copy_(&(variable.randn_like() * 0.2 + around)));
        }
        (store, bert)
    }

    #[test]
    fn bert_equals_that_of_rust_bert_whatever_stands_beside_a_text() {
        let config = json!({
            "model_type": "bert", "hidden_act": "gelu", "attention_probs_dropout_prob": 0.1, "hidden_dropout_prob": 0.1,
            "hidden_size": 48, "initializer_range": 0.02, "intermediate_size": 80, "max_position_embeddings": 40,
            "num_attention_heads": 4, "num_hidden_layers": 3, "type_vocab_size": 2, "vocab_size": 50,
        });
        let scratch = tempfile::tempdir().unwrap();
        std::fs::write(scratch.path().join("config.json"), config.to_string()).unwrap();
        let folder = Folder::open(scratch.path()).unwrap();
        let (store, bert) = random_bert(&folder.config(json!({})).unwrap());
        let variables: HashMap<String, Tensor> = store.variables();
        let load = || {
            let mut source = |name: &str, shape: &[usize]| -> Result<Tensor> {
                let variable = variables[name].detach();
                assert_eq!(variable.size(), shape.iter().map(|&size| size as i64).collect::<Vec<_>>(), "{name}");
                Ok(variable)
            };
            Transformer::load(&folder, &mut source, "").unwrap()
        };
        let texts: Vec<Vec<i64>> = [5, 2, 40, 17, 5, 1, 33, 5]
            .iter()
            .enumerate()
            .map(|(number, length)| (0..*length).map(|place| (place * 7 + number as i64 * 3) % 50).collect())
            .collect();
        // As it was read, which is what a libtorch without oneDNN computes with, and packed.
        for encoder in [load(), load().packed(Precision::Exact).unwrap()] {
            let batch = encoder.batch(&texts).unwrap();
            let rows = tch::no_grad(|| encoder.forward(&batch).unwrap());
            let means: Vec<Vec<f32>> = batch.means(&rows).and_then(Vec::try_from).unwrap();
            for (text, mean) in texts.iter().zip(batch.in_order(means)) {
                let ids = Tensor::from_slice(text).unsqueeze(0);
                let alone = tch::no_grad(|| bert.forward_t(Some(&ids), None, None, None, None, None, None, false));
                let expected: Vec<f32> = alone
                    .unwrap()
                    .hidden_state
                    .mean_dim([1_i64].as_slice(), false, Kind::Float)
                    .squeeze()
                    .try_into()
                    .unwrap();
                let apart = mean.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(mean.len() == 48 && apart <= 1e-5, "{apart} for {} pieces", text.len());
            }
        }
    }
}
