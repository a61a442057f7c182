//! What becomes of the ratings in the company of other words.
//!
//! Where the reference's behaviour is stranger than the published rule, the behaviour is followed
//! and the strangeness named.

use super::modifiers::{boost, idiom, negates, pair_boost};
use super::tokens::Token;

/// What capitals add to a rating's distance from zero, in a sentence not all in capitals.
const CAPITALS: f64 = 0.733;
/// What a rating is multiplied with when it is negated.
const NEGATED: f64 = -0.74;
/// What "never so" and "never this" multiply a rating with.
const NEVER_SO: f64 = 1.25;
/// How much of a modifier's effect is left one, two and three tokens away.
const DAMPING: [f64; 3] = [1.0, 0.95, 0.9];
/// What ratings before and after "but" are multiplied with.
const AROUND_BUT: (f64, f64) = (0.5, 1.5);

/// The valence of each token in its sentence: 0 for all that are not rated.
pub(super) fn valences(tokens: &[Token]) -> Vec<f64> {
    let capitals = tokens.iter().filter(|token| token.capitals).count();
    let sentence = Sentence { tokens, capitals_emphasise: 0 < capitals && capitals < tokens.len() };
    let mut valences: Vec<f64> = (0..tokens.len()).map(|at| sentence.valence(at)).collect();
    if let Some(but) = tokens.iter().position(|token| token.lower == "but") {
        weigh_around(but, &mut valences);
    }
    valences
}

/// Halves what comes before "but" and strengthens what comes after.
///
/// The reference finds each valence by its value, so that of two equal ones the first is weighted. It
/// makes a difference where a valence, once weighted, equals a later one.
fn weigh_around(but: usize, valences: &mut [f64]) {
    let (before, after) = AROUND_BUT;
    for at in 0..valences.len() {
        let valence = valences[at];
        let first = valences.iter().position(|other| *other == valence).unwrap_or(at);
        if first < but {
            valences[first] *= before;
        } else if first > but {
            valences[first] *= after;
        }
    }
}

struct Sentence<'s> {
    tokens: &'s [Token<'s>],
    /// Whether some, but not all of the tokens are in capitals.
    capitals_emphasise: bool,
}

impl Sentence<'_> {
    /// The word that stands so many tokens before another; empty before the beginning.
    fn before(&self, at: usize, distance: usize) -> &str {
        at.checked_sub(distance).map_or("", |index| &self.tokens[index].lower)
    }

    /// The token that stands right after another.
    fn after(&self, at: usize) -> Option<&Token<'_>> {
        self.tokens.get(at + 1)
    }

    fn valence(&self, at: usize) -> f64 {
        let token = &self.tokens[at];
        let Some(rating) = token.valence else { return 0.0 };
        // Modifiers are not rated, except that "kind" is when it does not belong to "kind of".
        if token.lower == "kind" && self.after(at).is_some_and(|next| next.lower == "of") {
            return 0.0;
        }
        let mut valence = self.with_no(at, rating);
        if token.capitals && self.capitals_emphasise {
            valence += if valence > 0.0 { CAPITALS } else { -CAPITALS };
        }
        for distance in 1..=DAMPING.len().min(at) {
            let earlier = &self.tokens[at - distance];
            // Rated words speak for themselves.
            if earlier.valence.is_some() {
                continue;
            }
            valence += self.boost(earlier, valence) * DAMPING[distance - 1];
            valence = self.negated(at, distance, valence);
            if distance == 3 {
                valence = self.in_idiom(at, valence);
            }
        }
        // "the least good", but not "at least good".
        if self.before(at, 1) == "least" && !matches!(self.before(at, 2), "at" | "very") {
            valence *= NEGATED;
        }
        valence
    }

    /// "No" has a rating of its own, which gives way when it negates a rated word that follows.
    fn with_no(&self, at: usize, rating: f64) -> f64 {
        let no = |distance| self.before(at, distance) == "no";
        if no(1) || no(2) || (no(3) && matches!(self.before(at, 1), "or" | "nor")) {
            return rating * NEGATED;
        }
        if self.tokens[at].lower == "no" && self.after(at).is_some_and(|next| next.valence.is_some()) {
            return 0.0;
        }
        rating
    }

    /// What an earlier word adds to a valence.
    fn boost(&self, earlier: &Token<'_>, valence: f64) -> f64 {
        let boost = boost(&earlier.lower);
        if boost == 0.0 {
            return 0.0;
        }
        let boost = if valence < 0.0 { -boost } else { boost };
        // Capitals strengthen whatever the word does: "BARELY good" is better than "barely good".
        match earlier.capitals && self.capitals_emphasise {
            true if valence > 0.0 => boost + CAPITALS,
            true => boost - CAPITALS,
            false => boost,
        }
    }

    /// A valence after the word so many tokens earlier has negated it, or not.
    fn negated(&self, at: usize, distance: usize, valence: f64) -> f64 {
        let earlier = self.before(at, distance);
        let between = |words: [&str; 2]| (1..distance).any(|nearer| words.contains(&self.before(at, nearer)));
        // Three tokens away the reference lets "so" or "this" right before the word stand for "never
        // so", whatever the third word is.
        let never_so = match distance {
            1 => false,
            2 => earlier == "never" && between(["so", "this"]),
            _ => matches!(self.before(at, 1), "so" | "this") || (earlier == "never" && between(["so", "this"])),
        };
        if never_so {
            valence * NEVER_SO
        } else if earlier == "without" && between(["doubt", "doubt"]) {
            valence
        } else if negates(earlier) {
            valence * NEGATED
        } else {
            valence
        }
    }

    /// A valence where the words around may be an idiom, or weaken it as a pair. Only asked of a word
    /// with at least three before it.
    fn in_idiom(&self, at: usize, valence: f64) -> f64 {
        let words = |first: usize, last: usize| self.tokens[first..=last].iter().map(|token| &*token.lower);
        let end = self.tokens.len() - 1;
        // The order matters: the first idiom that ends here or before wins, then one that begins here.
        let ending = [(1, 0), (2, 0), (2, 1), (3, 1), (3, 2)]
            .into_iter()
            .find_map(|(first, last)| idiom(words(at - first, at - last)));
        let beginning = [2, 1].into_iter().filter(|more| at + more <= end).find_map(|more| idiom(words(at, at + more)));
        let pair = |distance| pair_boost([self.before(at, distance), self.before(at, distance - 1)]);
        beginning.or(ending).unwrap_or(valence) + pair(3) + pair(2)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tokens::tokens;
    use super::*;

    /// The valence of the rated word, of which each sentence has one.
    fn only(text: &str) -> f64 {
        let valences = valences(&tokens(text));
        let coloured: Vec<f64> = valences.into_iter().filter(|valence| *valence != 0.0).collect();
        assert_eq!(coloured.len(), 1, "{text}: {coloured:?}");
        coloured[0]
    }

    #[test]
    fn each_rule_does_what_it_says() {
        for (text, valence) in [
            ("a good day", 1.9),
            ("a GOOD day", 1.9 + 0.733),
            ("A GOOD DAY", 1.9),
            ("a very good day", 1.9 + 0.293),
            ("a VERY good day", 1.9 + 0.293 + 0.733),
            ("a very long good day", 1.9 + 0.293 * 0.95),
            ("a very long walk good day", 1.9 + 0.293 * 0.9),
            ("a barely bad day", -2.5 + 0.293),
            ("not good", 1.9 * -0.74),
            ("it isn't good", 1.9 * -0.74),
            ("never so good", 1.9 * 1.25 + 0.293 * 1.25),
            ("the least good", 1.9 * -0.74),
            ("at least good", 1.9),
            ("this cake is the shit", 3.0),
            ("it was only kind of good", 1.9 - 0.293),
            ("the cake good but", 0.95),
            ("but the cake good", 2.85),
        ] {
            assert!((only(text) - valence).abs() < 1e-9, "{text}: {} instead of {valence}", only(text));
        }
    }

    #[test]
    fn no_gives_its_rating_to_what_it_negates() {
        assert_eq!(valences(&tokens("no good")), [0.0, 1.9 * NEGATED]);
        assert_eq!(valences(&tokens("no table")), [-1.2, 0.0]);
    }

    #[test]
    fn without_doubt_does_not_negate() {
        // "Doubt" is rated, and negated by "without" as any word is.
        assert_eq!(valences(&tokens("without doubt good")), [0.0, -1.5 * NEGATED, 1.9]);
        assert_eq!(valences(&tokens("without tea good")), [0.0, 0.0, 1.9 * NEGATED]);
    }

    #[test]
    fn equal_valences_around_but_are_weighted_as_the_reference_does() {
        // 3.0 becomes 1.5 before "but", and is then taken for the 1.5 after it.
        let mut valences = [3.0, 0.0, 1.5];
        weigh_around(1, &mut valences);
        assert_eq!(valences, [0.75, 0.0, 1.5]);
    }
}
