//! The words that change the rating of other words: which strengthen or weaken, which negate, and
//! the phrases that have a rating of their own. All in lower case.

/// What a strengthening word adds to a rated word's distance from zero; a weakening word takes it
/// away.
const BOOST: f64 = 0.293;

/// Words that strengthen, sorted.
#[rustfmt::skip]
const STRENGTHENING: [&str; 60] = [
    "absolutely", "amazingly", "awfully", "completely", "considerable", "considerably", "decidedly", "deeply",
    "effing", "enormous", "enormously", "entirely", "especially", "exceptional", "exceptionally", "extreme",
    "extremely", "fabulously", "flippin", "flipping", "frackin", "fracking", "frickin", "fricking", "friggin",
    "frigging", "fuckin", "fucking", "fuggin", "fugging", "fully", "greatly", "hella", "highly", "hugely",
    "incredible", "incredibly", "intensely", "major", "majorly", "more", "most", "particularly", "purely", "quite",
    "really", "remarkably", "so", "substantially", "thoroughly", "total", "totally", "tremendous", "tremendously",
    "uber", "unbelievably", "unusually", "utter", "utterly", "very",
];

/// Words that weaken, sorted.
#[rustfmt::skip]
const WEAKENING: [&str; 21] = [
    "almost", "barely", "hardly", "kind-of", "kinda", "kindof", "less", "little", "marginal", "marginally",
    "occasional", "occasionally", "partly", "scarce", "scarcely", "slight", "slightly", "somewhat", "sort-of",
    "sorta", "sortof",
];

/// Words that negate what follows, sorted. So does every word with "n't" in it.
#[rustfmt::skip]
const NEGATING: [&str; 37] = [
    "aint", "arent", "cannot", "cant", "couldnt", "darent", "despite", "didnt", "doesnt", "dont", "hadnt", "hasnt",
    "havent", "isnt", "mightnt", "mustnt", "neednt", "neither", "never", "none", "nope", "nor", "not", "nothing",
    "nowhere", "oughtnt", "rarely", "seldom", "shant", "shouldnt", "uh-uh", "uhuh", "wasnt", "werent", "without",
    "wont", "wouldnt",
];

/// Pairs of words that weaken.
const WEAKENING_PAIRS: [[&str; 2]; 3] = [["just", "enough"], ["kind", "of"], ["sort", "of"]];

/// Phrases around a rated word that give it a rating of their own.
const IDIOMS: [(&[&str], f64); 8] = [
    (&["the", "shit"], 3.0),
    (&["the", "bomb"], 3.0),
    (&["bad", "ass"], 1.5),
    (&["bus", "stop"], 0.0),
    (&["yeah", "right"], -2.0),
    (&["kiss", "of", "death"], -1.5),
    (&["to", "die", "for"], 3.0),
    (&["beating", "heart"], 3.5),
];

/// What a word adds to a positive rating that follows: more than zero for one that strengthens,
/// less for one that weakens, zero for any other.
pub(super) fn boost(word: &str) -> f64 {
    if STRENGTHENING.binary_search(&word).is_ok() {
        BOOST
    } else if WEAKENING.binary_search(&word).is_ok() {
        -BOOST
    } else {
        0.0
    }
}

/// What two words together add to a rating that follows; see [`boost`].
pub(super) fn pair_boost(pair: [&str; 2]) -> f64 {
    if WEAKENING_PAIRS.contains(&pair) { -BOOST } else { 0.0 }
}

/// Whether a word negates what follows.
pub(super) fn negates(word: &str) -> bool {
    word.contains("n't") || NEGATING.binary_search(&word).is_ok()
}

/// The rating of these words together, when they are an idiom.
pub(super) fn idiom<'w>(words: impl Iterator<Item = &'w str> + Clone) -> Option<f64> {
    IDIOMS.iter().find(|(idiom, _)| words.clone().eq(idiom.iter().copied())).map(|(_, valence)| *valence)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_sorted() {
        for list in [&STRENGTHENING[..], &WEAKENING, &NEGATING] {
            assert!(list.is_sorted());
            assert!(list.iter().all(|word| word.to_lowercase() == *word));
        }
    }

    #[test]
    fn modifiers_are_not_rated_themselves() {
        // The rules count on it: a word before a rated one is either rated or a modifier.
        for list in [&STRENGTHENING[..], &WEAKENING, &NEGATING] {
            assert!(list.iter().all(|word| super::super::lexicon::valence(word).is_none()));
        }
    }
}
