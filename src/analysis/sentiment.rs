//! Sentiment of a whole text by VADER, a lexicon and rules for sentences: see [`crate::analysis::vader`].
//! English only, no model, microseconds a sentence.

use crate::analysis::vader;
use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, rounded};
use serde_json::json;
use unicode_segmentation::UnicodeSegmentation;
use uuid::Uuid;

/// The name results are stored under.
pub const VADER: &str = "vader";

/// What VADER says about a text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Vader {
    /// Mean over the sentences of the compound score, from -1 to 1.
    pub compound: f64,
    /// Mean share of negative, neutral and positive words, over the same sentences.
    pub shares: [f64; 3],
    /// How many sentences have a word, emoticon or emoji that VADER knows.
    pub known_sentences: usize,
}

/// Judges a text sentence by sentence.
///
/// The compound score is made for single sentences and saturates on longer texts, so the text's
/// score is the mean over the sentences in which VADER knows at least one word. Pearson's r with the
/// mean of what people said of the sentences, for stretches of 5, 15 and 40 sentences of EmoBank's
/// documents, for Amazon reviews (10) and for 8 tweets at a time; and the share of entries beyond 0.9
/// in Barbellion's diary, a sign of saturation:
///
/// | combined by | 5 | 15 | 40 | reviews | tweets | beyond 0.9 |
/// | --- | --- | --- | --- | --- | --- | --- |
/// | whole text at once | 0.549 | 0.587 | 0.506 | 0.633 | 0.626 | 34.5 % |
/// | mean of known sentences | 0.569 | 0.689 | 0.735 | 0.762 | 0.864 | 0.2 % |
/// | the same, weighted by its strength | 0.560 | 0.665 | 0.702 | 0.735 | 0.836 | 0.2 % |
/// | median of known sentences | 0.546 | 0.657 | 0.682 | 0.716 | 0.725 | 0.2 % |
/// | strongest sentence | 0.504 | 0.518 | 0.475 | 0.505 | 0.453 | 15.4 % |
/// | mean of all sentences | 0.610 | 0.697 | 0.723 | 0.779 | 0.868 | 0 % |
/// | sum of known / √(known · all) | 0.610 | 0.707 | 0.737 | 0.783 | 0.868 | 0 % |
///
/// The last two count sentences without a known word as neutral. That gains little where the truth is
/// itself a mean over all sentences, and washes out the mood of an entry that tells much and says in
/// one sentence how it was: so it is not done.
///
/// A text that is plainly in another language is not judged: German "war" is not English war.
pub fn vader(text: &str) -> Vader {
    let mut sum = Vader { compound: 0.0, shares: [0.0, 0.0, 0.0], known_sentences: 0 };
    if in_another_language(text) {
        return sum;
    }
    let text = as_typed_on_any_keyboard(text);
    // Without a known word VADER answers "all neutral", which is no judgement.
    for scores in text.unicode_sentences().map(vader::score).filter(|scores| scores.known) {
        sum.compound += scores.compound;
        for (share, score) in sum.shares.iter_mut().zip([scores.negative, scores.neutral, scores.positive]) {
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

/// Words of English that no other language of the detector writes so.
const PLAINLY_ENGLISH: [&str; 16] = [
    "the", "and", "that", "with", "my", "this", "have", "you", "but", "from", "they", "she", "her", "what", "when",
    "which",
];

/// How many words at the beginning of a text are looked at, and how many of them must be plainly English. In
/// English text every sixth or seventh is.
const LOOKED_AT: usize = 100;
const ENOUGH: usize = 6;

/// Whether a text is certainly not English. Short texts say too little to tell.
pub(super) fn in_another_language(text: &str) -> bool {
    // The detector takes a third of the time of a whole judgement, and most texts need none.
    let words = text.split_whitespace().take(LOOKED_AT);
    if words.filter(|word| PLAINLY_ENGLISH.contains(word)).take(ENOUGH).count() == ENOUGH {
        return false;
    }
    whatlang::detect(text).is_some_and(|found| found.lang() != whatlang::Lang::Eng && found.is_reliable())
}

/// The reference reads neither the curly apostrophe that phones type ("don’t like" would be a
/// liking) nor a heart with the variation selector that makes it red.
fn as_typed_on_any_keyboard(text: &str) -> String {
    text.replace('\u{2019}', "'").replace('\u{fe0f}', "")
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
    fn another_language_is_not_judged_by_english_words() {
        let german = "Der Zug fuhr um acht, und alles war gut. Danach sind wir noch lange am Fluss entlang gegangen, \
            bis es dunkel wurde und die Laternen angingen. Zu Hause gab es Suppe, und keiner wollte schlafen gehen.";
        assert_eq!(vader(german).mood(), None);
        assert!(vader("Curtains, and I love them.").mood().is_some(), "a short text is taken for English");
    }

    #[test]
    fn phones_type_other_characters() {
        assert_eq!(vader("I don\u{2019}t like it.").compound, vader("I don't like it.").compound);
        assert!(vader("\u{2764}\u{fe0f} this").compound > 0.5);
    }

    #[test]
    fn one_sentence_has_the_score_of_vader() {
        // Scores printed by the reference implementation.
        for (text, compound) in [
            ("VADER is very smart, handsome, and funny.", 0.8545),
            ("VADER is not smart, handsome, nor funny.", -0.7424),
            ("Make sure you :) or :D today!", 0.8633),
            ("Today SUX!", -0.5461),
        ] {
            let result = vader(text);
            assert!((result.compound - compound).abs() < 0.00005, "{text}: {result:?}");
            assert_eq!(result.known_sentences, 1);
        }
    }

    #[test]
    fn a_known_word_is_a_judgement_when_its_rating_is_nothing() {
        // "Stop" is rated, and the idiom "bus stop" takes its rating away.
        let result = vader("She waits at the bus stop.");
        assert_eq!((result.compound, result.known_sentences), (0.0, 1));
        assert_eq!(result.mood(), Mood::from_f64(0.0));
        assert_eq!(result.sentiment(Uuid::nil()).confidence, 10_000);
        // A sentence without a known word does not count.
        assert_eq!(vader("I love this. The train left at eight."), vader("I love this."));
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
