//! The emotions a text sounds like, read from its vectors by a linear head that ships with the program:
//! no further download, microseconds an entry.
//!
//! For each label the head has 384 weights and a bias, and its answer is
//! `1 / (1 + exp(-(bias + weights · vector)))`: a logistic regression, trained by
//! `scripts/train-emotions.py`. What it was trained on, how often it is right and what it must not be
//! used for is in `MODEL_CARD.md`, beside the weights.

use crate::analysis::sentiment;
use crate::journal::entry::Sentiment;
use crate::store::EntryVectors;
use std::sync::LazyLock;
use uuid::Uuid;

/// The name of the head. Other weights, or another way to put passages together, need another: results are
/// stored under a name made of it, so that a row says how it came about.
pub const EMOTIONS: &str = "minilm-emotions-1";

/// The names of results of this head and of others before it, as a pattern of GLOB: of an entry only one is
/// kept.
pub const ALL_EMOTIONS: &str = "minilm-emotions-[0-9]*";

/// The embedding model whose vectors the head was trained on; those of another mean nothing to it.
pub const VECTORS_OF: &str = "all-MiniLM-L6-v2";

/// Ekman's six emotions and the absence of any, in the order of the scores.
pub const LABELS: [&str; 7] = ["anger", "disgust", "fear", "joy", "sadness", "surprise", "neutral"];

/// Lines of a label, its bias, and its weights.
const HEAD: &str = include_str!("minilm-emotions-1.txt");

/// Bias and weights of each label, in the order of [`LABELS`].
static UNITS: LazyLock<[(f64, Vec<f64>); 7]> = LazyLock::new(|| {
    LABELS.map(|label| {
        let line = HEAD.lines().find_map(|line| line.strip_prefix(label)).unwrap_or_default();
        let mut numbers = line.split_whitespace().filter_map(|number| number.parse().ok());
        (numbers.next().unwrap_or_default(), numbers.collect())
    })
});

/// The name results are stored under: the head's, and the revision of the model whose vectors it read. For
/// `all-MiniLM-L6-v2@02738c0d` that is `minilm-emotions-1@02738c0d`. With another revision, or another
/// head, entries are judged again.
pub fn judge(model_name: &str) -> String {
    match model_name.strip_prefix(VECTORS_OF) {
        Some(revision) => format!("{EMOTIONS}{revision}"),
        None => EMOTIONS.to_string(),
    }
}

/// Whether a result bears a name that [`judge`] gave, for any revision.
pub fn is_ours(model_name: &str) -> bool {
    model_name.strip_prefix(EMOTIONS).is_some_and(|rest| rest.is_empty() || rest.starts_with('@'))
}

/// Whether the head has to see vectors of this text to judge it: one that is plainly in another language
/// is not judged, for the head was trained on English alone.
pub fn is_read(text: &str) -> bool {
    !sentiment::in_another_language(text)
}

/// The probability of each label. They do not add up to one: a text can be sad and angry, or nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Emotions {
    /// In the order of [`LABELS`], each from 0 to 1.
    pub scores: [f64; 7],
}

/// What one vector of unit length sounds like.
pub fn of_vector(vector: &[f32]) -> Emotions {
    let score = |(bias, weights): &(f64, Vec<f64>)| {
        let products = weights.iter().zip(vector).map(|(weight, number)| weight * f64::from(*number));
        1.0 / (1.0 + (-(bias + products.sum::<f64>())).exp())
    };
    Emotions { scores: UNITS.each_ref().map(score) }
}

/// What a whole text sounds like: the head's answer to the mean vector of its passages, each counted by
/// its length.
///
/// Measured on 300 texts of 30 comments in three passages, the rest of which was neutral: the emotion of
/// 60 % (30 %) of the comments was named in 82 % (45 %) of the texts; by the mean of the passages'
/// scores in 67 % (28 %), by the highest in 70 % (33 %).
pub fn of_passages<'a>(passages: impl IntoIterator<Item = (usize, &'a [f32])>) -> Emotions {
    let mut mean: Vec<f32> = Vec::new();
    for (bytes, vector) in passages {
        mean.resize(vector.len().max(mean.len()), 0.0);
        for (sum, number) in mean.iter_mut().zip(vector) {
            *sum += bytes.max(1) as f32 * number;
        }
    }
    let length = mean.iter().map(|number| number * number).sum::<f32>().sqrt();
    if length > 0.0 {
        mean.iter_mut().for_each(|number| *number /= length);
    }
    of_vector(&mean)
}

/// What an entry sounds like. A text that is not [read](is_read) has no emotion, and is neutral with a
/// confidence of nothing.
pub fn of_entry(entry: &EntryVectors) -> Emotions {
    if !is_read(&entry.text) {
        return Emotions { scores: [0.0; 7] };
    }
    of_passages(entry.passages.iter().map(|(length, vector)| (*length, vector.as_slice())))
}

impl Emotions {
    /// The strongest label and its probability.
    ///
    /// Rare labels are hardly ever the strongest. To weigh each probability by the threshold that is best
    /// for its label gained 0.04 of macro F1 for the one label and lost 0.01 of accuracy; but then the
    /// label is not always the one with the highest score, which nobody who sees both would understand.
    pub fn strongest(&self) -> (&'static str, f64) {
        LABELS.into_iter().zip(self.scores).max_by(|one, other| one.1.total_cmp(&other.1)).unwrap_or(("neutral", 0.0))
    }

    /// The row of `sentiment_analysis` of this [`judge`]: the strongest label, its probability as the
    /// confidence, and all of them as `{"anger": 0.0123, …}`.
    pub fn sentiment(&self, id: Uuid, judge: &str) -> Sentiment {
        let rounded = |score: f64| (score * 10_000.0).round();
        let (label, score) = self.strongest();
        let emotions: serde_json::Map<_, _> = LABELS
            .into_iter()
            .zip(self.scores)
            .map(|(label, score)| (label.to_string(), (rounded(score) / 10_000.0).into()))
            .collect();
        Sentiment {
            id,
            model_name: judge.to_string(),
            label: label.to_string(),
            confidence: rounded(score) as i64,
            emotions: Some(serde_json::Value::Object(emotions).to_string()),
            analyzed_at: None,
        }
    }
}

#[cfg(test)]
mod tests;
