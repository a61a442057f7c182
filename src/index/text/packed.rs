//! Terms on their way into the index.
//!
//! The library takes a text that is cut already as a list of tokens, which it writes as JSON and reads again: a
//! quarter of the time of building an index. So the terms go as one text, and what it takes for a tokenizer takes
//! them apart.

use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};

/// Stands before a term, once for each place that it is further on than the one before: never for one at the same
/// place. No term has such a character in it.
const STEP: char = '\u{1e}';

/// Ends each term.
const END: char = '\u{1f}';

/// The name under which the schema has it: of the tokenizer that it takes the place of, and equals for a text
/// without any of the two characters.
const NAME: &str = "raw";

/// Terms of one field of an entry, in the order of their places.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Packed {
    text: String,
    /// How many there are.
    pub(super) count: u64,
    /// One more than the place of the last.
    reached: usize,
}

impl Packed {
    /// Adds a term at a place that is not before the last.
    pub(super) fn push(&mut self, place: usize, term: &str) {
        for _ in self.reached..=place {
            self.text.push(STEP);
        }
        self.reached = self.reached.max(place + 1);
        self.text.push_str(term);
        self.text.push(END);
        self.count += 1;
    }

    /// As the index takes it.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}

/// Lets an index take packed terms.
pub(super) fn register(tokenizers: &TokenizerManager) {
    tokenizers.register(NAME, TextAnalyzer::from(Unpack));
}

/// Takes packed terms apart. A text that is none of ours is one term.
#[derive(Debug, Clone)]
struct Unpack;

struct Unpacked<'a> {
    rest: &'a str,
    /// One more than the place of the last term.
    reached: usize,
    token: Token,
}

impl Tokenizer for Unpack {
    type TokenStream<'a> = Unpacked<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Unpacked<'a> {
        Unpacked { rest: text, reached: 0, token: Token::default() }
    }
}

impl TokenStream for Unpacked<'_> {
    fn advance(&mut self) -> bool {
        if self.rest.is_empty() {
            return false;
        }
        let term = self.rest.trim_start_matches(STEP);
        self.reached += self.rest.len() - term.len();
        let (term, rest) = term.split_once(END).unwrap_or((term, ""));
        self.rest = rest;
        self.token.position = self.reached.saturating_sub(1);
        self.token.text.clear();
        self.token.text.push_str(term);
        true
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

/// The terms with their places.
#[cfg(test)]
pub(super) fn unpacked(text: &str) -> Vec<(usize, String)> {
    let mut terms = Vec::new();
    let mut stream = Unpacked { rest: text, reached: 0, token: Token::default() };
    while stream.advance() {
        terms.push((stream.token.position, stream.token.text.clone()));
    }
    terms
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_text_that_is_not_packed_is_one_term() {
        assert_eq!(unpacked("familía"), [(0, "familía".to_string())]);
        assert!(unpacked("").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_at_its_places(
            steps in proptest::collection::vec((0_usize..4, "[a-z東🎉]{1,5}"), 0..30)
        ) {
            let (mut packed, mut terms, mut place) = (Packed::default(), Vec::new(), 0);
            for (step, term) in steps {
                place += step;
                packed.push(place, &term);
                terms.push((place, term));
            }
            prop_assert_eq!(packed.count, terms.len() as u64);
            prop_assert_eq!(unpacked(&packed.into_text()), terms);
        }
    }
}
