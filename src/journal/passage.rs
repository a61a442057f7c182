//! Cutting a long text into passages that fit a model's window.
//!
//! A model sees only its window and drops the rest without a word; so a longer text is cut on
//! sentence boundaries, with one sentence of overlap so that a thought across a cut is seen whole
//! once. A sentence longer than the window is cut between words, a word longer than the window
//! between characters.

use std::ops::Range;
use unicode_segmentation::UnicodeSegmentation;

/// The version of the rules by which texts become passages: how title and content are joined, and how
/// the whole is cut. Raised with any change of them, so that everything is read again under the new.
const RULES: u32 = 1;

/// What sets the version of the rules apart in [`kept_as`].
const RULES_MARK: &str = "+p";

/// The name under which the passages of a model are kept: the model's, and the version of the rules
/// from the second on.
pub fn kept_as(model: &str) -> String {
    under_rules(model, RULES)
}

fn under_rules(model: &str, rules: u32) -> String {
    if rules == 1 { model.to_string() } else { format!("{model}{RULES_MARK}{rules}") }
}

/// The model in a name that [`kept_as`] gave, now or under other rules.
pub fn model_of(kept: &str) -> &str {
    match kept.rsplit_once(RULES_MARK) {
        Some((model, rules)) if rules.parse::<u32>().is_ok() => model,
        _ => kept,
    }
}

/// The smallest pieces a text may be cut into, as byte ranges that cover the whole text: sentences,
/// or parts of a sentence of more than `max_chars` characters.
///
/// A word piece is at least one character, so with `max_chars` at the model's window a unit always
/// fits it.
pub fn units(text: &str, max_chars: usize) -> Vec<Range<usize>> {
    let mut units = Vec::new();
    for (start, sentence) in text.split_sentence_bound_indices() {
        if sentence.chars().count() <= max_chars {
            units.push(start..start + sentence.len());
            continue;
        }
        let mut from = start;
        let mut length = 0;
        for (at, word) in sentence.split_word_bound_indices() {
            let chars = word.chars().count();
            if length > 0 && length + chars > max_chars {
                units.push(from..start + at);
                (from, length) = (start + at, 0);
            }
            length += chars;
            // A word that alone is too long, such as a pasted key, is cut between characters.
            while length > max_chars {
                let rest = &text[from..start + at + word.len()];
                let cut = rest.char_indices().nth(max_chars).map_or(rest.len(), |(cut, _)| cut);
                units.push(from..from + cut);
                from += cut;
                length -= max_chars;
            }
        }
        if from < start + sentence.len() {
            units.push(from..start + sentence.len());
        }
    }
    units
}

/// Packs units into passages of at most `window` word pieces, each but the first beginning with the
/// last unit of the one before where that fits.
///
/// `pieces` has the number of word pieces of each unit. The ranges cover the whole text.
pub fn pack(units: &[Range<usize>], pieces: &[usize], window: usize) -> Vec<Range<usize>> {
    let mut passages = Vec::new();
    let (mut first, mut total) = (0, 0);
    for next in 0..units.len() {
        if next > first && total + pieces[next] > window {
            passages.push(units[first].start..units[next - 1].end);
            // The overlap is one unit, unless it would not leave room for the next one, or would
            // not move on.
            let overlap = next - 1 > first && pieces[next - 1] + pieces[next] <= window;
            first = if overlap { next - 1 } else { next };
            total = if overlap { pieces[next - 1] } else { 0 };
        }
        total += pieces[next];
    }
    if first < units.len() {
        passages.push(units[first].start..units[units.len() - 1].end);
    }
    passages
}

/// The vector that stands for a whole text: the mean of those of its passages, each counted by its length
/// in bytes, at length one. `None` when there is none, or they cancel out.
pub fn weighted_mean<'a>(passages: impl IntoIterator<Item = (usize, &'a [f32])>) -> Option<Vec<f32>> {
    let mut mean: Vec<f32> = Vec::new();
    for (bytes, vector) in passages {
        mean.resize(vector.len().max(mean.len()), 0.0);
        mean.iter_mut().zip(vector).for_each(|(sum, number)| *sum += bytes.max(1) as f32 * number);
    }
    let length = mean.iter().map(|number| number * number).sum::<f32>().sqrt();
    (length.is_finite() && length > 0.0).then(|| mean.iter().map(|number| number / length).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn other_rules_are_another_name_of_the_same_model() {
        assert_eq!(under_rules("m@0123", 1), "m@0123");
        assert_eq!(under_rules("m@0123", 2), "m@0123+p2");
        for name in ["m@0123", "m@0123+p2", "m@0123+p17"] {
            assert_eq!(model_of(name), "m@0123");
        }
        assert_eq!(model_of("m+plus@0123"), "m+plus@0123");
    }

    #[test]
    fn short_texts_are_one_passage() {
        let text = "Slept badly. The talk went well.";
        let units = units(text, 254);
        assert_eq!(units.len(), 2);
        assert_eq!(pack(&units, &[4, 6], 254), vec![0..text.len()]);
    }

    #[test]
    fn a_cut_repeats_one_sentence() {
        let units = [0..10, 10..20, 20..30];
        assert_eq!(pack(&units, &[5, 5, 5], 10), vec![0..20, 10..30]);
        assert_eq!(pack(&units, &[10, 10, 10], 10), vec![0..10, 10..20, 20..30]);
    }

    proptest! {
        #[test]
        fn passages_cover_the_text_and_fit_the_window(text in "(\\PC{0,12}[. \n]?){0,60}", window in 4usize..40) {
            let units = units(&text, window);
            let pieces: Vec<usize> = units.iter().map(|unit| text[unit.clone()].chars().count()).collect();
            let passages = pack(&units, &pieces, window);
            let mut reached = 0;
            for (index, passage) in passages.iter().enumerate() {
                prop_assert!(text[passage.clone()].chars().count() <= window);
                prop_assert!(passage.start <= reached && passage.end > reached, "{index}");
                reached = passage.end;
            }
            prop_assert_eq!(reached, text.len());
        }
    }
}
