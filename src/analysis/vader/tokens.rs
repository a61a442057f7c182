//! A sentence as VADER sees it: emoji told in words, then what stands between spaces, without the
//! punctuation around it.

use super::lexicon;
use std::borrow::Cow;

/// A word or an emoticon.
#[derive(Debug)]
pub(super) struct Token<'t> {
    /// In lower case, as the lexicon and the rules have it.
    pub(super) lower: Cow<'t, str>,
    /// Whether it is written in capitals.
    pub(super) capitals: bool,
    /// Its rating in the lexicon, if it has one.
    pub(super) valence: Option<f64>,
}

/// Replaces each emoji by its description, set off by a space before it but not after it.
pub(super) fn describe_emoji(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|character| lexicon::emoji_description(character).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut described = String::with_capacity(text.len() * 2);
    let mut after_space = true;
    for character in text.chars() {
        if let Some(description) = lexicon::emoji_description(character) {
            if !after_space {
                described.push(' ');
            }
            described.push_str(description);
            after_space = false;
        } else {
            described.push(character);
            after_space = character == ' ';
        }
    }
    Cow::Owned(described)
}

/// The tokens of a text, in order.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    text.split(is_space).filter(|part| !part.is_empty()).map(token).collect()
}

/// Space as the reference has it: that of Unicode and the four ASCII separators.
fn is_space(character: char) -> bool {
    character.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&character)
}

/// One token, of text without spaces.
fn token(text: &str) -> Token<'_> {
    let stripped = text.trim_matches(|character: char| character.is_ascii_punctuation());
    // Where hardly anything is left it was an emoticon, such as ":D", and stays whole. So do "no!" and
    // "so,", which are then neither rated nor modifiers.
    let word = if stripped.chars().take(3).count() < 3 { text } else { stripped };
    let plain = word.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase());
    let lower = if plain { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) };
    Token { capitals: in_capitals(word), valence: lexicon::valence(&lower), lower }
}

/// Whether a word has capital letters and no small ones. Digits and punctuation are neither.
fn in_capitals(word: &str) -> bool {
    let small = |character: char| {
        // Beside small letters there are those in title case, such as "ǅ": not capitals, though they
        // have a small form.
        character.is_lowercase() || (!character.is_uppercase() && !character.to_lowercase().eq([character]))
    };
    word.chars().any(char::is_uppercase) && !word.chars().any(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        tokens(text).into_iter().map(|token| token.lower.into_owned()).collect()
    }

    #[test]
    fn punctuation_goes_from_words_and_stays_with_emoticons() {
        assert_eq!(
            words("\"Well,\" she said (don't!) :D ;-) no! yes!\u{1F}*wow*\u{3000}..."),
            ["well", "she", "said", "don't", ":d", ";-)", "no!", "yes", "wow", "..."]
        );
        assert!(words(" \n\t").is_empty());
    }

    #[test]
    fn emoji_become_words() {
        assert_eq!(describe_emoji("so 😁"), "so beaming face with smiling eyes");
        assert_eq!(describe_emoji("so😁 😁"), "so beaming face with smiling eyes beaming face with smiling eyes");
        assert!(matches!(describe_emoji("“so” – 東京"), Cow::Borrowed(_)));
    }

    #[test]
    fn capitals_need_a_letter_and_no_small_one() {
        for (word, capitals) in
            [("GOOD", true), ("ÄH", true), ("B-52", true), ("I", true), ("Good", false), ("52", false), ("AǅB", false)]
        {
            assert_eq!(in_capitals(word), capitals, "{word}");
        }
    }
}
