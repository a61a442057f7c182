//! The two lexicons of VADER, as their authors publish them: tokens with their mean rating, and
//! emoji with their description.
//!
//! The build script sorts them, and looking up is a binary search in the sorted text: nothing is to be
//! read or built when the program starts, nor at the first sentence.

use std::cmp::Ordering;

/// A text of lines "key TAB value", and where each line begins, sorted by key.
struct Sorted {
    text: &'static str,
    starts: &'static [u32],
}

/// The mean ratings of tokens.
static RATINGS: Sorted = Sorted {
    text: include_str!(concat!(env!("OUT_DIR"), "/vader_lexicon.txt")),
    starts: &include!(concat!(env!("OUT_DIR"), "/vader_lexicon.starts")),
};

/// The descriptions of emoji. Most are sequences of several characters; only single characters are
/// ever looked up, as in the reference.
static DESCRIPTIONS: Sorted = Sorted {
    text: include_str!(concat!(env!("OUT_DIR"), "/emoji_utf8_lexicon.txt")),
    starts: &include!(concat!(env!("OUT_DIR"), "/emoji_utf8_lexicon.starts")),
};

/// The mean rating of a token in lower case, from -4 to 4 and never 0. `None` for one without.
pub(super) fn valence(token: &str) -> Option<f64> {
    RATINGS.look_up(token)?.parse().ok()
}

/// What an emoji shows, in English. `None` for any other character.
pub(super) fn emoji_description(character: char) -> Option<&'static str> {
    // The ranges in which there are emoji leave out nearly all that is text in any language.
    let perhaps = matches!(character, '©' | '®' | '‼'..='〽' | '㊗' | '㊙' | '\u{1F004}'..);
    if perhaps { DESCRIPTIONS.look_up(character.encode_utf8(&mut [0; 4])) } else { None }
}

impl Sorted {
    /// What follows the tab in the line that begins with this key.
    fn look_up(&self, key: &str) -> Option<&'static str> {
        let (text, key) = (self.text.as_bytes(), key.as_bytes());
        // The tab after a line's key sorts before all that a longer key could go on with, so nothing need
        // be searched for in the lines that are passed.
        let against = |start: u32| {
            let line = &text[start as usize..];
            let end = key.len().min(line.len());
            line[..end].cmp(key).then_with(|| line.get(end).map_or(Ordering::Less, |next| next.cmp(&b'\t')))
        };
        let index = self.starts.binary_search_by(|start| against(*start)).ok()?;
        self.text[self.starts[index] as usize + key.len() + 1..].lines().next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rating_is_found() {
        let mut count = 0;
        for line in RATINGS.text.lines() {
            let (token, rating) = line.split_once('\t').expect("a tab");
            let rating: f64 = rating.parse().expect("a number");
            assert_eq!(valence(token), Some(rating), "{token}");
            assert!(rating != 0.0 && rating.abs() <= 4.0, "{token}");
            count += 1;
        }
        // 7,520 lines are published, of which 14 give a token again.
        assert_eq!(count, 7506);
    }

    #[test]
    fn every_emoji_of_one_character_is_found() {
        let mut count = 0;
        for line in DESCRIPTIONS.text.lines() {
            let (emoji, description) = line.split_once('\t').expect("a tab");
            let mut characters = emoji.chars();
            if let (Some(character), None) = (characters.next(), characters.next()) {
                assert_eq!(emoji_description(character), Some(description), "{emoji}");
                count += 1;
            }
        }
        assert_eq!(count, 1212);
        assert_eq!(emoji_description('’'), None);
    }

    #[test]
    fn the_last_rating_of_a_token_counts() {
        for (token, rating) in [("lol", 1.8), ("great", 3.1), ("zealous", 0.5), ("$:", -1.5), ("|o:", -0.9)] {
            assert_eq!(valence(token), Some(rating), "{token}");
        }
        for token in ["", "\t", "table", "grea", "greatt", "\u{10FFFF}", " "] {
            assert_eq!(valence(token), None, "{token}");
        }
    }
}
