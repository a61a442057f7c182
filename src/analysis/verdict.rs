//! What the scores of a classifier come to: one judgement of a whole text, under labels that people
//! understand. Pure.

use crate::error::{Error, Kind, Result};
use crate::journal::entry::Sentiment;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

/// A judgement, in the words of the schema: what the cache keeps of a text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// `positive`, `negative` or `neutral` when the model's labels say so; else the model's own label.
    pub sentiment_label: String,
    /// The probability of this label, from 0 to 1, with four digits.
    pub confidence_score: f64,
    /// The probability of each label under the model's own name for it. Absent when the text was not judged.
    pub emotions: Option<Map<String, Value>>,
}

/// Which way a label points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Negative,
    Neutral,
    Positive,
}

impl Way {
    const ALL: [Way; 3] = [Way::Negative, Way::Neutral, Way::Positive];

    fn name(self) -> &'static str {
        match self {
            Way::Negative => "negative",
            Way::Neutral => "neutral",
            Way::Positive => "positive",
        }
    }

    /// The way of a label that says it: by its word, or by stars, of which three are the middle. `LABEL_1` says
    /// nothing, and joy is no judgement of a text.
    fn of(label: &str) -> Option<Way> {
        Some(match label.trim().to_lowercase().replace('_', " ").as_str() {
            "negative" | "neg" | "very negative" | "1 star" | "2 stars" => Way::Negative,
            "neutral" | "neu" | "3 stars" => Way::Neutral,
            "positive" | "pos" | "very positive" | "4 stars" | "5 stars" => Way::Positive,
            _ => return None,
        })
    }
}

impl Verdict {
    /// Of a text that the model has nothing to say about: neutral, with a confidence of nothing.
    pub fn none() -> Verdict {
        Verdict { sentiment_label: Way::Neutral.name().into(), confidence_score: 0.0, emotions: None }
    }

    /// Whether the schema holds it. What comes from the cache may be anybody's.
    pub fn is_sound(&self) -> bool {
        let label = self.sentiment_label.chars().count();
        (1..=50).contains(&label) && (0.0..=1.0).contains(&self.confidence_score)
    }

    /// Puts the scores of a text's passages together; each has its length in bytes. The text is what its
    /// passages are on the average, each counted by its length.
    ///
    /// For sentiment the mean followed best what people said (see [`crate::analysis::sentiment::vader`]). For labels
    /// that are judged each for itself it was tried with the scores of [`crate::analysis::emotions`], for these
    /// models cannot be had here: texts of 20, 30 and 60 online comments in passages of 10, of which 30 %, 60 % or
    /// none had one emotion and the rest was neutral; how often the strongest label was the right one:
    ///
    /// | put together by | 30 % | 60 % | none | mean |
    /// | --- | --- | --- | --- | --- |
    /// | mean | 0.34 | 0.71 | 0.56 | 0.54 |
    /// | square root of the mean of squares | 0.39 | 0.75 | 0.49 | 0.54 |
    /// | highest | 0.40 | 0.74 | 0.40 | 0.52 |
    /// | highest, and the lowest of neutral | 0.46 | 0.80 | 0.08 | 0.44 |
    ///
    /// The last would say that a label holds of a text when it holds of a passage, and that nothing is there when
    /// nothing is anywhere: of long texts it always finds something.
    ///
    /// When every label says which way it points, the label of the whole is `negative`, `neutral` or
    /// `positive`, by the sum of their scores; otherwise it is the strongest one, as the model calls it. The
    /// scores are always kept under the model's own names.
    pub fn of(labels: &[String], apart: bool, passages: &[(usize, Vec<f32>)]) -> Verdict {
        let length: usize = passages.iter().map(|(length, _)| length.max(&1)).sum();
        let score = |index: usize| -> f64 {
            let parts = passages.iter().map(|(bytes, scores)| (*bytes).max(1) as f64 * f64::from(scores[index]));
            parts.sum::<f64>() / length as f64
        };
        let scores: Vec<f64> = (0..labels.len()).map(score).collect();
        let ways: Option<Vec<Way>> = labels.iter().map(|label| Way::of(label)).collect();
        let points = |ways: &Vec<Way>| !apart && ways.contains(&Way::Positive) && ways.contains(&Way::Negative);
        let candidates: Vec<(&str, f64)> = match ways.filter(points) {
            Some(ways) => Way::ALL
                .into_iter()
                .filter(|way| ways.contains(way))
                .map(|way| (way.name(), ways.iter().zip(&scores).filter(|(of, _)| **of == way).map(|(_, s)| s).sum()))
                .collect(),
            None => labels.iter().map(String::as_str).zip(scores.iter().copied()).collect(),
        };
        // Of equal ones the first, so that the same text has the same label.
        let best = candidates.iter().copied().reduce(|best, next| if next.1 > best.1 { next } else { best });
        let (label, score) = best.unwrap_or((Way::Neutral.name(), 0.0));
        let emotions = labels.iter().cloned().zip(scores.iter().map(|score| digits(*score).into())).collect();
        Verdict { sentiment_label: label.into(), confidence_score: digits(score), emotions: Some(emotions) }
    }

    /// The row of `sentiment_analysis`.
    pub fn sentiment(&self, id: Uuid, model_name: &str) -> Sentiment {
        Sentiment {
            id,
            model_name: model_name.to_string(),
            label: self.sentiment_label.clone(),
            confidence: (self.confidence_score * 10_000.0).round() as i64,
            emotions: self.emotions.as_ref().map(|emotions| Value::Object(emotions.clone()).to_string()),
            analyzed_at: None,
        }
    }
}

/// Fails unless the server judged by the labels that were installed.
pub(super) fn check_labels(installed: &[String], answered: &[String], model: &str) -> Result<()> {
    if installed == answered {
        return Ok(());
    }
    Err(Error::new(Kind::Corrupt, format!("the model {model} has other labels than when it was installed"))
        .hint(format!("check its files: journal models verify {model}")))
}

/// Four digits, as the column has.
fn digits(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    fn verdict(names: &[&str], apart: bool, passages: &[(usize, &[f32])]) -> (String, f64) {
        let passages: Vec<(usize, Vec<f32>)> = passages.iter().map(|(length, s)| (*length, s.to_vec())).collect();
        let verdict = Verdict::of(&labels(names), apart, &passages);
        let emotions = verdict.emotions.unwrap_or_default();
        assert_eq!(
            emotions.keys().map(String::as_str).collect::<std::collections::BTreeSet<_>>(),
            names.iter().copied().collect()
        );
        (verdict.sentiment_label, verdict.confidence_score)
    }

    #[test]
    fn only_labels_that_say_it_are_positive_or_negative() {
        assert_eq!(verdict(&["NEGATIVE", "POSITIVE"], false, &[(9, &[0.2, 0.8])]), ("positive".into(), 0.8));
        assert_eq!(verdict(&["neg", "neu", "pos"], false, &[(9, &[0.5, 0.3, 0.2])]), ("negative".into(), 0.5));
        assert_eq!(verdict(&["LABEL_0", "LABEL_1"], false, &[(9, &[0.2, 0.8])]), ("LABEL_1".into(), 0.8));
        assert_eq!(verdict(&["joy", "anger"], false, &[(9, &[0.2, 0.8])]), ("anger".into(), 0.8));
        // Neutral alone points nowhere.
        assert_eq!(verdict(&["neutral", "positive"], false, &[(9, &[0.2, 0.8])]), ("positive".into(), 0.8));
        assert_eq!(verdict(&["neutral", "Negative", "joy"], false, &[(9, &[0.2, 0.5, 0.3])]), ("Negative".into(), 0.5));
        // Judged each for itself, they are no scale.
        assert_eq!(verdict(&["Positive", "Negative"], true, &[(9, &[0.9, 0.8])]), ("Positive".into(), 0.9));
    }

    #[test]
    fn stars_and_degrees_are_added_up() {
        let stars = ["1 star", "2 stars", "3 stars", "4 stars", "5 stars"];
        assert_eq!(verdict(&stars, false, &[(9, &[0.05, 0.05, 0.4, 0.3, 0.2])]), ("positive".into(), 0.5));
        assert_eq!(verdict(&stars, false, &[(9, &[0.1, 0.1, 0.5, 0.2, 0.1])]), ("neutral".into(), 0.5));
        let degrees = ["Very Negative", "Negative", "Neutral", "Positive", "Very Positive"];
        assert_eq!(verdict(&degrees, false, &[(9, &[0.3, 0.3, 0.4, 0.0, 0.0])]), ("negative".into(), 0.6));
    }

    #[test]
    fn a_long_text_is_the_mean_of_its_passages_each_by_its_length() {
        let long: [(usize, &[f32]); 2] = [(300, &[0.9, 0.1]), (100, &[0.1, 0.9])];
        assert_eq!(verdict(&["negative", "positive"], false, &long), ("negative".into(), 0.7));
        let apart: [(usize, &[f32]); 2] = [(300, &[0.2, 0.6]), (100, &[1.0, 0.2])];
        assert_eq!(verdict(&["joy", "neutral"], true, &apart), ("neutral".into(), 0.5));
        assert_eq!(verdict(&["joy", "neutral"], true, &apart[1..]), ("joy".into(), 1.0));
    }

    #[test]
    fn a_row_has_four_digits_and_the_models_name() {
        let verdict = Verdict::of(&labels(&["bad", "good"]), false, &[(1, vec![1.0 / 3.0, 2.0 / 3.0])]);
        let row = verdict.sentiment(Uuid::nil(), "mine@01234567");
        assert_eq!((row.label.as_str(), row.confidence, row.model_name.as_str()), ("good", 6667, "mine@01234567"));
        assert_eq!(row.emotions.as_deref(), Some(r#"{"bad":0.3333,"good":0.6667}"#));
        let none = Verdict::none().sentiment(Uuid::nil(), "m");
        assert_eq!((none.label.as_str(), none.confidence, none.emotions), ("neutral", 0, None));
    }
}
