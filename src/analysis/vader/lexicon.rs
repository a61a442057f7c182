//! The two lexicons of VADER, as their authors publish them: tokens with their mean rating, and
//! emoji with their description.
//!
//! The build script makes a hash table of each: nothing is to be read or built when the program starts, nor at
//! the first sentence. (A binary search in the sorted text took a third of a judgement.)

include!("lexicon_hash.rs");

/// A text of lines "key TAB value", and a table of where each line begins: at the place that the hash of its key
/// says, or at one of those that follow.
struct Lexicon {
    text: &'static str,
    slots: &'static [u32],
}

/// A place without a line.
const EMPTY: u32 = u32::MAX;

/// The mean ratings of tokens.
static RATINGS: Lexicon = Lexicon {
    text: include_str!(concat!(env!("OUT_DIR"), "/vader_lexicon.txt")),
    slots: &include!(concat!(env!("OUT_DIR"), "/vader_lexicon.slots")),
};

/// The descriptions of emoji. Most are sequences of several characters; only single characters are
/// ever looked up, as in the reference.
static DESCRIPTIONS: Lexicon = Lexicon {
    text: include_str!(concat!(env!("OUT_DIR"), "/emoji_utf8_lexicon.txt")),
    slots: &include!(concat!(env!("OUT_DIR"), "/emoji_utf8_lexicon.slots")),
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

impl Lexicon {
    /// What follows the tab in the line that begins with this key.
    fn look_up(&self, key: &str) -> Option<&'static str> {
        let first = lexicon_hash(key.as_bytes()) as usize % self.slots.len();
        for start in self.slots[first..].iter().chain(&self.slots[..first]).take_while(|start| **start != EMPTY) {
            let line = &self.text[*start as usize..];
            if let Some(value) = line.strip_prefix(key).and_then(|rest| rest.strip_prefix('\t')) {
                return value.lines().next();
            }
        }
        None
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
