//! The encoders that rust-bert has not, or has otherwise: MPNet, and RoBERTa with the epsilon of its
//! configuration (rust-bert's is fixed at 1e-12, where RoBERTa has 1e-5). Both are BERT's layers, with
//! positions counted from behind the padding piece; MPNet adds to each attention score a number for how far
//! apart the two pieces are, the same in all layers.

use journaling_ai::error::Result;
use journaling_ai::model::safetensors::{Number, Safetensors};
use serde_json::json;
use tch::{Device, Kind, TchError, Tensor};

use crate::folder::{Architecture, Folder};

/// The buckets distances are sorted into; the reference has no other number.
const BUCKETS: usize = 32;

/// The piece that fills up shorter texts of a batch. Positions are counted from behind it.
pub(crate) const PADDING: i64 = 1;

/// Added to the scores of pieces that are not there: nothing is left of them, and no infinity arises.
const ABSENT: f64 = -1e9;

/// A matrix and what is added after it.
pub(crate) struct Linear {
    weight: Tensor,
    bias: Tensor,
}

/// Gives the tensor of a name and shape, or only looks whether it is there.
pub(crate) type Source<'a> = &'a mut dyn FnMut(&str, &[usize]) -> Result<Tensor>;

impl Linear {
    /// `name.weight` and `name.bias`.
    pub(crate) fn read(source: Source, name: &str, from: usize, to: usize) -> Result<Self> {
        let weight = source(&format!("{name}.weight"), &[to, from])?;
        Ok(Linear { weight, bias: source(&format!("{name}.bias"), &[to])? })
    }

    pub(crate) fn forward(&self, x: &Tensor) -> Result<Tensor, TchError> {
        x.f_linear(&self.weight, Some(&self.bias))
    }
}

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
    query: Linear,
    key: Linear,
    value: Linear,
    mixed: Linear,
    after_attention: Norm,
    wide: Linear,
    narrow: Linear,
    after_all: Norm,
}

/// An MPNet or RoBERTa encoder in memory.
pub(crate) struct Transformer {
    words: Tensor,
    positions: Tensor,
    /// RoBERTa's types of text, of which the first is meant.
    types: Option<Tensor>,
    norm: Norm,
    layers: Vec<Layer>,
    /// MPNet's number for each bucket of distances and each head.
    distances: Option<Tensor>,
    heads: i64,
}

impl Transformer {
    /// The encoder whose tensors' names begin with `prefix`.
    pub(crate) fn load(folder: &Folder, source: Source, prefix: &str) -> Result<Self> {
        let mpnet = folder.architecture == Architecture::Mpnet;
        folder.only("hidden_act", &json!("gelu"))?;
        folder.only("position_embedding_type", &json!("absolute"))?;
        folder.only("relative_attention_num_buckets", &json!(BUCKETS))?;
        folder.only("pad_token_id", &json!(PADDING))?;
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
                query: square(query)?,
                key: square(key)?,
                value: square(value)?,
                mixed: square(mixed)?,
                after_attention: Norm::read(source, &part(after_attention), size, epsilon)?,
                wide: Linear::read(source, &part("intermediate.dense"), size, inner)?,
                narrow: Linear::read(source, &part("output.dense"), inner, size)?,
                after_all: Norm::read(source, &part("output.LayerNorm"), size, epsilon)?,
            })
        };
        let layers = (0..layers).map(&mut read).collect::<Result<_>>()?;
        Ok(Transformer { words, positions: places, types, norm, layers, distances, heads: heads as i64 })
    }

    /// The last layer's numbers for each piece. `present` is 1 for pieces of the text and 0 for filling.
    pub(crate) fn forward(&self, ids: &Tensor, present: &Tensor) -> Result<Tensor, TchError> {
        // A padding piece inside a text gets the padding's position, as in the reference.
        let counted = ids.f_ne(PADDING)?.f_to_kind(Kind::Int64)?;
        let places = counted.f_cumsum(1, Kind::Int64)?.f_mul(&counted)?.f_add_scalar(PADDING)?;
        let embed = |table: &Tensor, ids: &Tensor| Tensor::f_embedding(table, ids, -1, false, false);
        let mut sum = embed(&self.words, ids)?.f_add(&embed(&self.positions, &places)?)?;
        if let Some(types) = &self.types {
            sum = sum.f_add(&types.f_select(0, 0)?)?;
        }
        let mut x = self.norm.forward(&sum)?;
        let absent = present.f_to_kind(Kind::Float)?.f_neg()?.f_add_scalar(1)?.f_mul_scalar(ABSENT)?;
        let mut added = absent.f_unsqueeze(1)?.f_unsqueeze(1)?;
        if let Some(distances) = &self.distances {
            added = added.f_add(&distance_scores(distances, ids.size()[1])?)?;
        }
        for layer in &self.layers {
            x = self.layer(layer, &x, &added)?;
        }
        Ok(x)
    }

    fn layer(&self, layer: &Layer, x: &Tensor, added: &Tensor) -> Result<Tensor, TchError> {
        let (batch, length, size) = x.size3()?;
        let width = size / self.heads;
        let split = |x: Tensor| x.f_view([batch, length, self.heads, width])?.f_transpose(1, 2);
        let (query, key) = (split(layer.query.forward(x)?)?, split(layer.key.forward(x)?)?);
        let value = split(layer.value.forward(x)?)?;
        let scores = query.f_matmul(&key.f_transpose(2, 3)?)?.f_div_scalar((width as f64).sqrt())?.f_add(added)?;
        let mixed = scores.f_softmax(-1, Kind::Float)?.f_matmul(&value)?;
        let mixed = mixed.f_transpose(1, 2)?.f_contiguous()?.f_view([batch, length, size])?;
        let x = layer.after_attention.forward(&layer.mixed.forward(&mixed)?.f_add(x)?)?;
        let wide = layer.wide.forward(&x)?.f_gelu("none")?;
        layer.after_all.forward(&layer.narrow.forward(&wide)?.f_add(&x)?)
    }
}

/// What is added to the score of each pair of pieces, by head: 1 × heads × length × length.
fn distance_scores(distances: &Tensor, length: i64) -> Result<Tensor, TchError> {
    let buckets: Vec<i64> = (0..length).flat_map(|from| (0..length).map(move |to| bucket(to - from))).collect();
    let scores = distances.f_index_select(0, &Tensor::f_from_slice(&buckets)?)?;
    scores.f_view([length, length, -1])?.f_permute([2, 0, 1])?.f_unsqueeze(0)
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
        let finite = tensor.f_isfinite()?.f_all()?;
        Ok((tensor, bool::try_from(finite)?))
    };
    match read() {
        Ok((tensor, true)) => Ok(tensor),
        Ok((_, false)) => Err(weights.refuse(name, "holds what is not a finite number")),
        Err(error) => Err(weights.refuse(name, &format!("cannot be taken over: {error}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn distances_fall_into_the_buckets_of_the_reference() {
        for (distance, expected) in
            [(0, 0), (-1, 1), (-7, 7), (-8, 8), (-11, 8), (-12, 9), (-15, 9), (-16, 10), (-90, 14), (-91, 15)]
        {
            assert_eq!(bucket(distance), expected, "{distance}");
        }
        assert_eq!((bucket(1), bucket(7), bucket(8), bucket(64), bucket(128), bucket(5000)), (17, 23, 24, 30, 31, 31));
    }
}
