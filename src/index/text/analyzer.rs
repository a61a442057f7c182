//! From text to terms, in one way for entries and for queries.
//!
//! A text is cut into pieces, and each piece has a position of its own, so that phrases hold across
//! scripts:
//!
//! - **Words** are runs of letters and digits. They are folded (compatibility forms, case, accents:
//!   `Café` and `ｃａｆｅ` are `cafe`), and an apostrophe parts them as in PostgreSQL (`O'Brien` is
//!   `o`, `brien`), save that the endings of contractions and genitives (`'s`, `'t`, `'ll`, …) belong
//!   to the word before. PostgreSQL's 127 English stop words leave a gap; the rest is stemmed.
//! - **Dense** scripts (Han, Kana, Hangul, Thai, Lao, Khmer, Burmese) put no space where a reader
//!   looks for a word. Each character is a piece; the index holds every character and every pair of
//!   neighbours. A query of two characters is one pair, a longer one a phrase of overlapping pairs, a
//!   single one that character: so any substring is found, and nothing that is not one.
//! - **Symbols**, emoji above all, are one piece per grapheme (families and flags stay whole), without
//!   presentation selectors and skin tones.
//!
//! A change here changes what an index holds: raise [`super::schema::VERSION`] with it.

use std::collections::HashMap;

use tantivy::tokenizer::{Language, RawTokenizer, Stemmer, TextAnalyzer, TokenStream};

use super::packed::Packed;
use super::pieces::{Piece, PieceKind, pieces};

/// Stems remembered at most; a journal of 10,000 entries has some 30,000 distinct words.
const MAX_STEMS: usize = 65_536;

/// Turns pieces into terms. Keeps what it has stemmed, so one serves many texts.
pub(super) struct Analyzer {
    stemmer: TextAnalyzer,
    stems: HashMap<String, String>,
}

impl Analyzer {
    pub(super) fn new() -> Analyzer {
        let stemmer = TextAnalyzer::builder(RawTokenizer::default()).filter(Stemmer::new(Language::English)).build();
        Analyzer { stemmer, stems: HashMap::new() }
    }

    /// The stem of a folded word.
    pub(super) fn stem(&mut self, word: &str) -> &str {
        if !self.stems.contains_key(word) {
            let mut stream = self.stemmer.token_stream(word);
            let stem = if stream.advance() { stream.token().text.clone() } else { word.to_owned() };
            drop(stream);
            if self.stems.len() >= MAX_STEMS {
                self.stems.clear();
            }
            self.stems.insert(word.to_owned(), stem);
        }
        self.stems.get(word).map_or("", String::as_str)
    }

    /// What the index holds of a text: the terms that are searched, and the words as written
    /// (folded) for prefixes and near misses.
    pub(super) fn index_terms(&mut self, text: &str) -> (Packed, Packed) {
        let pieces = pieces(text);
        let (mut terms, mut words) = (Packed::default(), Packed::default());
        for (place, piece) in pieces.iter().enumerate() {
            match piece.kind {
                PieceKind::StopWord => {}
                PieceKind::Word => {
                    terms.push(place, self.stem(&piece.text));
                    words.push(place, &piece.text);
                }
                PieceKind::Symbol => terms.push(place, &piece.text),
                PieceKind::Dense { .. } => {
                    terms.push(place, &piece.text);
                    if let Some(next) = pieces.get(place + 1).filter(|next| follows(next)) {
                        terms.push(place, &format!("{}{}", piece.text, next.text));
                    }
                }
            }
        }
        (terms, words)
    }

    /// The terms to look for, each with its place in the phrase they form. Empty when there are only
    /// stop words and separators.
    pub(super) fn query_terms(&mut self, pieces: &[Piece]) -> Vec<(usize, String)> {
        let mut terms = Vec::new();
        for (position, piece) in pieces.iter().enumerate() {
            match piece.kind {
                PieceKind::StopWord => {}
                PieceKind::Word => terms.push((position, self.stem(&piece.text).to_owned())),
                PieceKind::Symbol => terms.push((position, piece.text.clone())),
                PieceKind::Dense { joined } => match pieces.get(position + 1).filter(|next| follows(next)) {
                    Some(next) => terms.push((position, format!("{}{}", piece.text, next.text))),
                    // The last of a run is held by the pair before it.
                    None if joined => {}
                    None => terms.push((position, piece.text.clone())),
                },
            }
        }
        terms
    }
}

fn follows(piece: &Piece) -> bool {
    piece.kind == PieceKind::Dense { joined: true }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::text::packed::unpacked;
    use crate::index::text::pieces::MAX_TERM_BYTES;
    use proptest::prelude::*;

    fn terms(text: &str) -> Vec<(usize, String)> {
        Analyzer::new().query_terms(&pieces(text))
    }

    fn term_texts(text: &str) -> Vec<String> {
        terms(text).into_iter().map(|(_, term)| term).collect()
    }

    #[test]
    fn inflections_have_one_stem_and_stop_words_leave_gaps() {
        assert_eq!(term_texts("run runs running"), ["run", "run", "run"]);
        assert_eq!(terms("end of the world"), [(0, "end".to_owned()), (3, "world".to_owned())]);
        assert!(terms("to be or not to be").is_empty());
    }

    #[test]
    fn dense_scripts_become_overlapping_pairs() {
        assert_eq!(term_texts("東京都"), ["東京", "京都"]);
        assert_eq!(term_texts("京"), ["京"]);
        assert_eq!(terms("東京Tower京"), [(0, "東京".into()), (2, "tower".into()), (3, "京".into())]);
        assert_eq!(term_texts("東、京"), ["東", "京"]);
        assert_eq!(term_texts("ﾄｳｷｮｳ"), term_texts("トウキョウ"));
        assert_eq!(term_texts("\u{1112}\u{1161}\u{11ab}국"), ["한국"]);
        let (indexed, words) = Analyzer::new().index_terms("東京へ go");
        let indexed = unpacked(&indexed.into_text());
        let indexed: Vec<_> = indexed.iter().map(|(place, term)| (*place, term.as_str())).collect();
        assert_eq!(indexed, [(0, "東"), (0, "東京"), (1, "京"), (1, "京へ"), (2, "へ"), (3, "go")]);
        assert_eq!(words.count, 1);
    }

    #[test]
    fn long_words_are_cut_alike() {
        let long = "é".repeat(10_000);
        let (terms, words) = Analyzer::new().index_terms(&long);
        let (terms, words) = (unpacked(&terms.into_text()), unpacked(&words.into_text()));
        assert!(terms[0].1.len() <= MAX_TERM_BYTES && words[0].1.len() <= MAX_TERM_BYTES);
        assert_eq!(term_texts(&long), [terms[0].1.clone()]);
    }

    proptest! {
        /// Whatever two neighbouring characters of a text without spaces are looked for, the index
        /// of the text holds their pair.
        #[test]
        fn every_pair_of_a_dense_text_is_indexed(text in "[ぁ-んァ-ヶ一-龠가-힣]{2,40}", at in 0_usize..40) {
            let chars: Vec<char> = text.chars().collect();
            let at = at % (chars.len() - 1);
            let pair: String = chars[at..at + 2].iter().collect();
            let indexed = unpacked(&Analyzer::new().index_terms(&text).0.into_text());
            for (_, term) in terms(&pair) {
                prop_assert!(indexed.iter().any(|(_, known)| *known == term));
            }
        }
    }
}
