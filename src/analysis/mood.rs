//! The mood of a text whose writer has not said it: VADER's word for it and the emotions it sounds of,
//! together.
//!
//! `mood = (n · compound + valence) / (n + 1)`, where `compound` is VADER's mean over the `n` sentences in
//! which it knows a word (see [`crate::analysis::sentiment`]), and `valence` is joy less anger, disgust, fear
//! and sadness (see [`crate::analysis::emotions`]), held to -1 and 1: the vectors count as one sentence
//! more. Of a single sentence they say as much as VADER, and err in other places; of a long text they give
//! one impression, where VADER's mean becomes better with each sentence. This is nearer to what people said
//! than VADER's word alone on each of ten sets, single sentences and texts as long as entries; the mean of
//! both, for instance, loses on the long ones. The figures are in `emotions/MODEL_CARD.md`; no number here
//! was fitted to them.

use crate::analysis::sentiment;
use crate::journal::entry::{Entry, Sentiment};
use crate::journal::mood::{Mood, MoodSource, rounded};
use serde_json::Value;
use uuid::Uuid;

/// The name results are stored under: what they are made of. It has to change with either.
pub const MOOD: &str = "vader+minilm-emotions-1";

/// What both say about a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Both {
    /// VADER's compound score, from -1 to 1; `None` when it knows no word.
    pub compound: Option<f64>,
    /// In how many sentences it knows one.
    pub known_sentences: usize,
    /// How pleasant the emotions are that the text sounds of, from -1 to 1; `None` when they were not
    /// judged, as those of a text in another language.
    pub valence: Option<f64>,
}

/// What both say about a text, of whose emotions this was said.
pub fn of_text(content: &str, emotions: &Sentiment) -> Both {
    let vader = sentiment::vader(content);
    let compound = (vader.known_sentences > 0).then_some(vader.compound);
    Both { compound, known_sentences: vader.known_sentences, valence: valence(emotions) }
}

/// Joy less anger, disgust, fear and sadness. `None` when nothing was judged, or the row is another's.
fn valence(said: &Sentiment) -> Option<f64> {
    let scores: Value = serde_json::from_str(said.emotions.as_deref()?).ok()?;
    let score = |label: &str| scores[label].as_f64();
    let unpleasant = ["anger", "disgust", "fear", "sadness"];
    let against = unpleasant.into_iter().map(score).sum::<Option<f64>>()?;
    let valence = score("joy")? - against;
    (said.confidence > 0 && valence.is_finite()).then_some(valence.clamp(-1.0, 1.0))
}

impl Both {
    /// What both say together. `None` when the emotions were not judged: then VADER's word stands alone.
    pub fn mood(&self) -> Option<Mood> {
        let sentences = self.known_sentences as f64;
        Mood::from_f64((sentences * self.compound.unwrap_or(0.0) + self.valence?) / (sentences + 1.0))
    }

    /// The row of `sentiment_analysis`, with label and confidence as VADER's row has them, and the mood
    /// among the scores as it is set.
    pub fn sentiment(&self, id: Uuid) -> Sentiment {
        let mood = self.mood().map(Mood::value);
        let label = match mood {
            Some(mood) if mood >= 0.05 => "positive",
            Some(mood) if mood <= -0.05 => "negative",
            _ => "neutral",
        };
        let confidence = match (mood, label) {
            (None, _) => 0.0,
            (Some(mood), "neutral") => 1.0 - mood.abs(),
            (Some(mood), _) => mood.abs(),
        };
        let round = |score: f64| (score * 10_000.0).round() / 10_000.0;
        let scores: serde_json::Map<String, Value> =
            [("compound", self.compound.map(round)), ("valence", self.valence.map(round)), ("mood", mood)]
                .into_iter()
                .filter_map(|(name, score)| Some((name.to_string(), score?.into())))
                .collect();
        Sentiment {
            id,
            model_name: MOOD.to_string(),
            label: label.to_string(),
            confidence: rounded(&confidence.to_string(), 4).unwrap_or(0),
            emotions: Some(Value::Object(scores).to_string()),
            analyzed_at: None,
        }
    }
}

/// The model that gave an entry the mood it has: nothing when its writer or an import did, or when no
/// judgement that is kept says so.
pub fn model_of(entry: &Entry) -> Option<&str> {
    let mood = entry.mood.filter(|_| entry.mood_source == Some(MoodSource::Model))?;
    let says = |name: &str, score: &str| {
        let said = entry.sentiments.iter().find(|said| said.model_name == name)?;
        let scores: Value = serde_json::from_str(said.emotions.as_deref()?).ok()?;
        (Mood::from_f64(scores[score].as_f64()?)? == mood).then_some(said.model_name.as_str())
    };
    says(MOOD, "mood").or_else(|| says(sentiment::VADER, "compound"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::emotions::EMOTIONS;

    fn felt(scores: &str, confidence: i64) -> Sentiment {
        Sentiment {
            id: Uuid::nil(),
            model_name: EMOTIONS.into(),
            label: "joy".into(),
            confidence,
            emotions: Some(scores.into()),
            analyzed_at: None,
        }
    }

    const GLAD: &str = r#"{"anger": 0.01, "disgust": 0.01, "fear": 0.02, "joy": 0.7, "sadness": 0.06, "surprise": 0.2, "neutral": 0.1}"#;

    #[test]
    fn the_vectors_count_as_one_sentence() {
        let glad = felt(GLAD, 7000);
        let both = of_text("I love this. The train left at eight.", &glad);
        let hundredths = |score: Option<f64>| score.map(|score| (score * 100.0).round());
        assert_eq!((hundredths(both.compound), hundredths(both.valence)), (Some(64.0), Some(60.0)));
        assert_eq!(both.mood().map(Mood::hundredths), Some(62));
        let row = both.sentiment(Uuid::nil());
        assert_eq!((row.label.as_str(), row.confidence, row.model_name.as_str()), ("positive", 6200, MOOD));
        assert_eq!(row.emotions.as_deref(), Some(r#"{"compound":0.6369,"mood":0.62,"valence":0.6}"#));
        // Four sentences to one: (4 · -0.5719 + 0.6) / 5.
        let long = of_text(&"I hate this. ".repeat(4), &glad);
        assert_eq!((long.known_sentences, long.mood().map(Mood::hundredths)), (4, Some(-34)));
        // Where no word is known the vectors alone speak.
        assert_eq!(of_text("The train left at eight.", &glad).mood().map(Mood::hundredths), Some(60));
    }

    #[test]
    fn what_was_not_judged_has_no_say() {
        let zeros = GLAD.replace("0.7", "0.0");
        for emotions in [felt(&zeros, 0), felt("{}", 9000), felt("[1]", 9000), felt(r#"{"joy": "much"}"#, 9000)] {
            let both = of_text("I love this.", &emotions);
            assert_eq!((both.valence, both.mood()), (None, None));
            assert_eq!(both.sentiment(Uuid::nil()).confidence, 0);
        }
    }

    #[test]
    fn valence_is_held_to_its_range() {
        let all = GLAD.replace("0.7", "0.0").replace("0.01", "0.9").replace("0.06", "0.9");
        assert_eq!(valence(&felt(&all, 9000)), Some(-1.0));
    }
}
