//! VADER: how a sentence sounds, from a lexicon of rated words and rules for what changes their
//! rating (Hutto & Gilbert 2014; see LICENSE-VADER.txt).
//!
//! The scores are meant to be those of the authors' program, vaderSentiment 3.3.2, to the four
//! decimals it prints, also where its rules are odd: scores are comparable with what others publish
//! only if they are the same. tests/fixtures/vader/expected.jsonl, made with that program by
//! scripts/reference-vader.py, holds this to it.
//!
//! Made for one English sentence; [`super::sentiment`] applies it to whole entries.

mod lexicon;
mod modifiers;
mod rules;
mod tokens;

use tokens::{describe_emoji, tokens};

/// What makes a sum of valences a score: where the score begins to flatten towards -1 and 1.
const FLATTENING: f64 = 15.0;
/// What an exclamation mark adds to the sum's distance from zero, and how many count.
const EXCLAMATION: (f64, usize) = (0.292, 4);
/// What each of two or three question marks adds; and what four or more add together.
const QUESTION: (f64, f64) = (0.18, 0.96);

/// The scores of one sentence.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Scores {
    /// From -1, as negative as can be, to 1. From 0.05 a sentence counts as positive, from -0.05
    /// downwards as negative.
    pub compound: f64,
    /// Share of the sentence that is negative, 0 to 1, weighted by strength.
    pub negative: f64,
    /// Share of the sentence that is neither. The three shares add up to 1, or are all 0 when there
    /// is no token.
    pub neutral: f64,
    /// Share of the sentence that is positive.
    pub positive: f64,
    /// Whether the lexicon has any token of the sentence, emoticons and the words that describe an
    /// emoji included. If not, the other figures are no judgement.
    pub known: bool,
}

/// Scores a sentence.
pub fn score(sentence: &str) -> Scores {
    let text = describe_emoji(sentence);
    let tokens = tokens(&text);
    if tokens.is_empty() {
        return Scores::default();
    }
    let valences = rules::valences(&tokens);
    let emphasis = punctuation_emphasis(&text);

    let sum = valences.iter().fold(0.0, |sum, valence| sum + valence);
    // Emphasis strengthens what is there; it does not choose a side.
    let sum = match sum {
        sum if sum > 0.0 => sum + emphasis,
        sum if sum < 0.0 => sum - emphasis,
        sum => sum,
    };

    // A neutral token counts as 1, so a coloured one counts as 1 and its strength.
    let (mut positive, mut negative) = (0.0, 0.0);
    for valence in &valences {
        if *valence > 0.0 {
            positive += valence + 1.0;
        } else if *valence < 0.0 {
            negative += 1.0 - valence;
        }
    }
    let neutral = valences.iter().filter(|valence| **valence == 0.0).count() as f64;
    if positive > negative {
        positive += emphasis;
    } else if negative > positive {
        negative += emphasis;
    }
    let total = positive + negative + neutral;
    Scores {
        compound: (sum / (sum * sum + FLATTENING).sqrt()).clamp(-1.0, 1.0),
        negative: negative / total,
        neutral: neutral / total,
        positive: positive / total,
        known: tokens.iter().any(|token| token.valence.is_some()),
    }
}

/// What the sentence's exclamation and question marks add to its strength. A single question mark
/// asks; only more of them emphasise.
fn punctuation_emphasis(text: &str) -> f64 {
    let count = |mark: u8| text.bytes().filter(|byte| *byte == mark).count();
    let (each, most) = EXCLAMATION;
    let exclamations = count(b'!').min(most) as f64 * each;
    let (each, many) = QUESTION;
    let questions = match count(b'?') {
        0 | 1 => 0.0,
        few @ 2..=3 => few as f64 * each,
        _ => many,
    };
    exclamations + questions
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scores_are_those_of_the_reference() {
        let expected = include_str!("../../../tests/fixtures/vader/expected.jsonl");
        let mut compared = 0;
        for line in expected.lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = line["text"].as_str().unwrap();
            let ours = score(text);
            for (name, figure, decimals) in [
                ("compound", ours.compound, 4),
                ("neg", ours.negative, 3),
                ("neu", ours.neutral, 3),
                ("pos", ours.positive, 3),
            ] {
                // Both print the decimal nearest to the exact binary number; -0 is 0.
                let printed: f64 = format!("{figure:.decimals$}").parse().unwrap();
                assert_eq!(printed, line[name].as_f64().unwrap(), "{name} of {text:?}");
            }
            assert_eq!(ours.known, line["known"].as_bool().unwrap(), "known of {text:?}");
            compared += 1;
        }
        assert!(compared > 350, "only {compared} lines compared");
    }

    #[test]
    fn a_known_word_is_known_when_its_rating_is_nothing() {
        // "Stop" is rated, and the idiom "bus stop" takes its rating away.
        let cancelled = score("She waits at the bus stop.");
        assert_eq!((cancelled.compound, cancelled.positive, cancelled.negative), (0.0, 0.0, 0.0));
        assert!(cancelled.known);
        for text in [":)", "😀", "no"] {
            assert!(score(text).known, "{text}");
        }
        for text in ["", " \n", "東京に行きました。", "Very much so", "the table"] {
            assert!(!score(text).known, "{text}");
        }
    }

    /// The words the rules look for, in any order, with capitals and punctuation.
    fn sentence() -> impl Strategy<Value = String> {
        const WORDS: [&str; 32] = [
            "never", "so", "this", "without", "doubt", "least", "at", "very", "but", "kind", "of", "no", "nor", "or",
            "not", "good", "bad", "great", "ass", "the", "shit", "yeah", "right", "kiss", "death", "isn't", "hardly",
            ":)", "😀", "❤️", "İß", "table",
        ];
        let word = (prop::sample::select(WORDS.to_vec()), any::<bool>(), "[!?.,]{0,3}")
            .prop_map(|(word, capitals, end)| if capitals { word.to_uppercase() } else { word.to_string() } + &end);
        prop::collection::vec(word, 0..12).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn any_text_has_scores_in_range(text in prop_oneof![any::<String>(), sentence()]) {
            let scores = score(&text);
            prop_assert!((-1.0..=1.0).contains(&scores.compound), "{:?}", scores);
            let shares = [scores.negative, scores.neutral, scores.positive];
            prop_assert!(shares.iter().all(|share| (0.0..=1.0).contains(share)), "{:?}", scores);
            let sum: f64 = shares.iter().sum();
            prop_assert!(sum == 0.0 || (sum - 1.0).abs() < 1e-9, "{:?}", scores);
            prop_assert!(scores.known || scores.compound == 0.0, "{:?}", scores);
        }
    }
}
