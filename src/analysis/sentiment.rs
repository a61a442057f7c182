//! Sentiment by VADER, built in: a lexicon and rules for negation, emphasis and emoji
//! (Hutto & Gilbert 2014). English only, no model, microseconds a sentence.

use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, rounded};
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation;
use uuid::Uuid;
use vader_sentimental::SentimentIntensityAnalyzer;

/// The name results are stored under.
pub const VADER: &str = "vader";

/// What VADER says about a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vader {
    /// Mean over the sentences of the compound score, from -1 to 1.
    pub compound: f64,
    /// Mean share of negative, neutral and positive words.
    pub shares: [f64; 3],
    /// How many sentences have a word that VADER knows.
    pub known_sentences: usize,
}

/// Judges a text sentence by sentence.
///
/// The compound score is made for single sentences and saturates on longer texts, so the text's
/// score is the mean over the sentences in which VADER knows at least one word.
pub fn vader(text: &str) -> Vader {
    let analyzer = SentimentIntensityAnalyzer::new();
    let mut sum = Vader { compound: 0.0, shares: [0.0, 0.0, 0.0], known_sentences: 0 };
    for sentence in text.unicode_sentences().filter(|sentence| !sentence.trim().is_empty()) {
        let scores = analyzer.polarity_scores(sentence);
        // Without a known word VADER answers "all neutral", which is no judgement.
        if scores.pos == 0.0 && scores.neg == 0.0 {
            continue;
        }
        sum.compound += scores.compound;
        for (share, score) in sum.shares.iter_mut().zip([scores.neg, scores.neu, scores.pos]) {
            *share += score;
        }
        sum.known_sentences += 1;
    }
    if sum.known_sentences > 0 {
        let count = sum.known_sentences as f64;
        sum.compound /= count;
        sum.shares = sum.shares.map(|share| share / count);
    }
    sum
}

impl Vader {
    /// The mood this stands for: the compound score. `None` when VADER knows no word of the text, as
    /// in another language: no judgement is not a neutral mood.
    pub fn mood(&self) -> Option<Mood> {
        (self.known_sentences > 0).then(|| Mood::from_f64(self.compound))?
    }

    /// The row of `sentiment_analysis`.
    ///
    /// The label follows VADER's published thresholds: positive from 0.05, negative to -0.05. The
    /// confidence is the distance of the score from the other labels' side, |compound| for a
    /// coloured text and 1 - |compound| for a neutral one; 0 when no word is known.
    pub fn sentiment(&self, id: Uuid) -> Sentiment {
        let label = match self.compound {
            _ if self.known_sentences == 0 => "neutral",
            score if score >= 0.05 => "positive",
            score if score <= -0.05 => "negative",
            _ => "neutral",
        };
        let confidence = match (self.known_sentences, label) {
            (0, _) => 0.0,
            (_, "neutral") => 1.0 - self.compound.abs(),
            _ => self.compound.abs(),
        };
        let round = |score: f64| (score * 10_000.0).round() / 10_000.0;
        let [negative, neutral, positive] = self.shares.map(round);
        Sentiment {
            id,
            model_name: VADER.to_string(),
            label: label.to_string(),
            confidence: rounded(&confidence.clamp(0.0, 1.0).to_string(), 4).unwrap_or(0),
            emotions: Some(
                json!({"negative": negative, "neutral": neutral, "positive": positive, "compound": round(self.compound)})
                    .to_string(),
            ),
            analyzed_at: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_examples_agree() {
        // Scores printed in the README of the reference implementation.
        for (text, compound) in [
            ("VADER is smart, handsome, and funny.", 0.8316),
            ("VADER is smart, handsome, and funny!", 0.8439),
            ("VADER is not smart, handsome, nor funny.", -0.7424),
            ("The book was only kind of good.", 0.3832),
            ("Today SUX!", -0.5461),
        ] {
            let score = vader(text).compound;
            assert!((score - compound).abs() < 0.0005, "{text}: {score}");
        }
    }

    #[test]
    fn no_known_word_is_no_mood() {
        for text in ["", "東京に行きました。", "Der Zug fuhr um acht."] {
            assert_eq!(vader(text).mood(), None, "{text}");
            assert_eq!(vader(text).sentiment(Uuid::nil()).confidence, 0);
        }
    }

    #[test]
    fn a_long_text_is_the_mean_of_its_sentences() {
        let mixed = vader("I love this. I hate that.");
        assert!(mixed.compound.abs() < 0.1, "{mixed:?}");
        let long = vader(&"The walk was nice. ".repeat(200));
        let one = vader("The walk was nice. ");
        assert!((long.compound - one.compound).abs() < 1e-9, "{long:?} {one:?}");
    }

    proptest::proptest! {
        #[test]
        fn any_text_has_a_score_in_range(text: String) {
            let score = vader(&text);
            proptest::prop_assert!((-1.0..=1.0).contains(&score.compound));
            let confidence = score.sentiment(Uuid::nil()).confidence;
            proptest::prop_assert!((0..=10_000).contains(&confidence));
        }
    }
}
