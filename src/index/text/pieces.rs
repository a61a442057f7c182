//! Cutting a text into pieces: words, characters of scripts without spaces, symbols.
//!
//! The rules are told in [`super::analyzer`].

use std::ops::Range;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use unicode_segmentation::UnicodeSegmentation;

use super::stop_words::{ENDINGS, NEGATED, is_stop_word};

/// Longer words are cut to this many bytes, in entries and queries alike: they are still found.
pub(super) const MAX_TERM_BYTES: usize = 255;

/// What a piece is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PieceKind {
    Word,
    /// A word that is never looked for.
    StopWord,
    /// One character of a script without spaces; `joined` when it directly follows another.
    Dense {
        joined: bool,
    },
    Symbol,
}

/// One piece of a text. Its position is its index in the row of pieces.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Piece {
    /// Where it stands in the text, in bytes.
    pub(super) range: Range<usize>,
    pub(super) kind: PieceKind,
    /// Folded, not stemmed.
    pub(super) text: String,
}

/// Cuts a text into pieces.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Pieces { text, list: Vec::new(), word: None, contracted: false };
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        // Two ASCII bytes in a row: the first is a grapheme by itself.
        let plain = bytes[at].is_ascii() && bytes.get(at + 1).is_none_or(u8::is_ascii);
        let grapheme = if plain { &text[at..=at] } else { text[at..].graphemes(true).next().unwrap_or(&text[at..]) };
        let class = class(grapheme);
        // Letters and signs can form one grapheme in some scripts, and yet must be what they are apart.
        let length = match class {
            Class::Apostrophe | Class::Separator => grapheme.chars().next().map_or(1, char::len_utf8),
            Class::Word => grapheme.find(|c| !is_in_word(c)).unwrap_or(grapheme.len()),
            Class::Dense | Class::Symbol => grapheme.len(),
        };
        let end = at + length;
        match class {
            Class::Word => {
                pieces.word.get_or_insert(at);
            }
            Class::Apostrophe => pieces.end_word(at, text[end..].starts_with(char::is_alphanumeric)),
            Class::Separator => pieces.end_word(at, false),
            Class::Dense => {
                pieces.end_word(at, false);
                pieces.push_dense(at, grapheme);
            }
            Class::Symbol => {
                pieces.end_word(at, false);
                pieces.push(at..end, PieceKind::Symbol, symbol(grapheme));
            }
        }
        at = end;
    }
    pieces.end_word(bytes.len(), false);
    pieces.list
}

/// Folds a word: compatibility forms, case and accents make no difference.
pub(super) fn fold(word: &str) -> String {
    let mut folded = if word.is_ascii() {
        word.to_ascii_lowercase()
    } else {
        let mut base = ' ';
        let mut letters = String::with_capacity(word.len());
        for c in word.nfkd().flat_map(char::to_lowercase) {
            // й is a letter, not an accented и.
            if is_accent(c) && !(base == 'и' && c == '\u{306}') {
                continue;
            }
            base = c;
            match c {
                'ß' => letters.push_str("ss"),
                'æ' => letters.push_str("ae"),
                'œ' => letters.push_str("oe"),
                'þ' => letters.push_str("th"),
                'ø' => letters.push('o'),
                'ł' => letters.push('l'),
                'đ' | 'ð' => letters.push('d'),
                'ı' => letters.push('i'),
                'ς' => letters.push('σ'),
                c => letters.push(c),
            }
        }
        letters.nfc().collect()
    };
    truncate(&mut folded);
    folded
}

/// Combining marks that are left out: those of Latin, Greek and Cyrillic, and the optional vowel
/// points of Hebrew and Arabic. Kana voicing and the vowel signs of Indic scripts are letters.
fn is_accent(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{591}'..='\u{5c7}' | '\u{610}'..='\u{61a}' | '\u{640}' | '\u{64b}'..='\u{65f}' | '\u{670}')
}

/// Letters, digits, and what stands on or between them: marks and the two joiners.
fn is_in_word(c: char) -> bool {
    c.is_alphanumeric() || is_combining_mark(c) || matches!(c, '\u{200c}' | '\u{200d}')
}

fn symbol(grapheme: &str) -> String {
    let kept = |c: &char| !matches!(c, '\u{fe0e}' | '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}');
    let mut text: String = grapheme.chars().filter(kept).collect();
    if text.is_empty() {
        text = grapheme.to_owned();
    }
    truncate(&mut text);
    text
}

fn truncate(text: &mut String) {
    if text.len() > MAX_TERM_BYTES {
        text.truncate(text.floor_char_boundary(MAX_TERM_BYTES));
    }
}

enum Class {
    Word,
    Dense,
    Symbol,
    Apostrophe,
    Separator,
}

fn class(grapheme: &str) -> Class {
    let first = grapheme.chars().next().unwrap_or(' ');
    match first {
        'a'..='z' | 'A'..='Z' | '0'..='9' if grapheme.len() == 1 => Class::Word,
        '\'' | '\u{2019}' | '\u{2bc}' | '\u{ff07}' => Class::Apostrophe,
        '0'..='9' | '#' | '*' if grapheme.contains('\u{20e3}') => Class::Symbol,
        // A letter or sign that asks to be shown as a picture.
        '\u{203c}'..='\u{3299}' if grapheme.contains('\u{fe0f}') && !is_dense(first) => Class::Symbol,
        '\u{a9}' | '\u{ae}' | '\u{2122}' | '\u{2190}'..='\u{245f}' | '\u{25a0}'..='\u{2bff}' => Class::Symbol,
        '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}' | '\u{1f000}'..='\u{1faff}' => Class::Symbol,
        c if is_dense(c) => Class::Dense,
        c if c.is_alphanumeric() => Class::Word,
        _ => Class::Separator,
    }
}

fn is_dense(c: char) -> bool {
    matches!(c,
        '\u{e01}'..='\u{e3e}' | '\u{e40}'..='\u{edf}' // Thai, Lao
        | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17d3}' | '\u{17e0}'..='\u{17f9}' // Burmese, Khmer
        | '\u{1100}'..='\u{11ff}' | '\u{3131}'..='\u{318e}' | '\u{a960}'..='\u{a97c}' | '\u{ac00}'..='\u{d7fb}' // Hangul
        | '\u{2e80}'..='\u{2fd5}' | '\u{3005}'..='\u{3007}' | '\u{3021}'..='\u{3029}' | '\u{3031}'..='\u{3035}'
        | '\u{3041}'..='\u{309f}' | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Kana
        | '\u{3105}'..='\u{312f}' | '\u{31a0}'..='\u{31bf}' // Bopomofo
        | '\u{3200}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{ff66}'..='\u{ffdc}' | '\u{1b000}'..='\u{1b16f}' | '\u{20000}'..='\u{3ffff}')
}

struct Pieces<'a> {
    text: &'a str,
    list: Vec<Piece>,
    /// Where the word begins that is being read.
    word: Option<usize>,
    /// Whether an apostrophe joins that word to the piece before it.
    contracted: bool,
}

impl Pieces<'_> {
    fn push(&mut self, range: Range<usize>, kind: PieceKind, text: String) {
        if !text.is_empty() {
            self.list.push(Piece { range, kind, text });
        }
    }

    fn push_dense(&mut self, start: usize, grapheme: &str) {
        for c in grapheme.nfkc() {
            if c.is_ascii_punctuation() || c.is_whitespace() {
                continue;
            }
            let joined = self
                .list
                .last()
                .is_some_and(|last| matches!(last.kind, PieceKind::Dense { .. }) && last.range.end >= start);
            self.push(start..start + grapheme.len(), PieceKind::Dense { joined }, c.to_lowercase().collect());
        }
    }

    /// Ends the word being read, if any, before `end`. `joined`: an apostrophe and a letter follow.
    fn end_word(&mut self, end: usize, joined: bool) {
        let Some(start) = self.word.take() else {
            self.contracted = false;
            return;
        };
        let text = fold(&self.text[start..end]);
        let contracted = std::mem::replace(&mut self.contracted, joined);
        if contracted
            && !joined
            && ENDINGS.contains(&text.as_str())
            && let Some(before) = self.list.last_mut()
        {
            before.range.end = end;
            if text == "t" && NEGATED.contains(&before.text.as_str()) {
                before.kind = PieceKind::StopWord;
            }
            return;
        }
        let kind = if is_stop_word(&text) { PieceKind::StopWord } else { PieceKind::Word };
        self.push(start..end, kind, text);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::text::stop_words::STOP_WORDS;
    use proptest::prelude::*;

    fn words(text: &str) -> Vec<String> {
        let kept = |piece: &Piece| piece.kind != PieceKind::StopWord;
        pieces(text).into_iter().filter(kept).map(|piece| piece.text).collect()
    }

    #[test]
    fn stop_words_are_in_order() {
        assert!(STOP_WORDS.is_sorted());
        assert!(STOP_WORDS.iter().all(|word| is_stop_word(word)));
        assert!(!["", "thes", "th", "zebra", "été", "7"].iter().any(|word| is_stop_word(word)));
    }

    #[test]
    fn words_are_folded() {
        for (text, folded) in [
            ("Café CAFE\u{301} ｃａｆｅ", "cafe cafe cafe"),
            ("Straße STRASSE", "strasse strasse"),
            ("İstanbul Łódź Ærø", "istanbul lodz aero"),
            ("мой Ёлка ΣΊΣΥΦΟΣ", "мой елка σισυφοσ"),
            ("e-mail 12:30 x.y a_b", "e mail 12 30 x y b"),
            ("ﬁne ﾊﾟ", "fine パ"),
        ] {
            assert_eq!(words(text).join(" "), folded, "{text}");
        }
    }

    #[test]
    fn apostrophes_part_names_and_end_contractions() {
        assert_eq!(words("O'Brien and O\u{2019}Brien"), ["o", "brien", "o", "brien"]);
        assert_eq!(words("Don't, can't, won't, isn't, we'll"), [""; 0]);
        assert_eq!(words("John's dog's"), ["john", "dog"]);
        assert_eq!(words("l'amour 'quoted' rock'n'roll"), ["l", "amour", "quoted", "rock", "n", "roll"]);
        let johns = pieces("John's");
        assert_eq!(johns[0].range, 0..6);
    }

    #[test]
    fn what_hangs_on_a_sign_is_read_without_it() {
        assert_eq!(words("\u{600}١٢ \"\u{ac8}x"), ["١٢", "\u{ac8}x"]);
        assert_eq!(words("\u{11941}\" नमस्ते क्षत्रिय"), ["\u{11941}", "नमस्ते", "क्षत्रिय"]);
        assert_eq!(words("\"\u{fe0f} a \u{fe0f}"), [""; 0]);
    }

    #[test]
    fn emoji_are_whole_and_found_in_any_dress() {
        assert_eq!(words("a🎉b"), ["🎉", "b"]);
        assert_eq!(words("👩\u{200d}👩\u{200d}👧🇩🇪🇫🇷"), ["👩\u{200d}👩\u{200d}👧", "🇩🇪", "🇫🇷"]);
        assert_eq!(words("❤\u{fe0f} ❤ 👍🏽 👍"), ["❤", "❤", "👍", "👍"]);
        assert_eq!(words("1\u{fe0f}\u{20e3}").len(), 1);
    }

    proptest! {
        #[test]
        fn pieces_lie_in_order_on_character_borders(text in "\\PC*") {
            let mut end = 0;
            for piece in pieces(&text) {
                prop_assert!(text.get(piece.range.clone()).is_some());
                prop_assert!(piece.range.end >= end && !piece.text.is_empty());
                prop_assert!(piece.text.len() <= MAX_TERM_BYTES);
                end = piece.range.end;
            }
        }

        #[test]
        fn folding_twice_changes_nothing(text in "\\PC*") {
            let once = fold(&text);
            prop_assert_eq!(fold(&once), once);
        }
    }
}
