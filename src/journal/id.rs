//! Short names for entries: the tail of the id, in base 32.
//!
//! Ids are UUIDv7: their head is the time, their tail is random, so the tail is what tells two
//! entries apart. It is written in Crockford's base 32 (no `i`, `l`, `o`, `u`), least significant
//! digits last, so that four characters stand for the last twenty bits.

use crate::error::{Error, Result};
use uuid::Uuid;

/// The shortest tail that is shown or accepted.
pub const MIN_TAIL: usize = 4;

/// How many base-32 digits a whole id has (130 bits, the first digit holds three).
const DIGITS: usize = 26;

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The whole id in base 32: 26 characters.
pub fn base32(id: Uuid) -> String {
    let number = id.as_u128();
    (0..DIGITS)
        .rev()
        .map(|digit| {
            let shift = 5 * digit;
            ALPHABET[((number >> shift) & 31) as usize] as char
        })
        .collect()
}

/// The last `length` characters of the id in base 32.
pub fn tail(id: Uuid, length: usize) -> String {
    base32(id).split_off(DIGITS - length.clamp(MIN_TAIL, DIGITS))
}

/// The shortest tail, of at least [`MIN_TAIL`] characters, that no other id in `others` ends with.
pub fn shortest_tail(id: Uuid, others: &[Uuid]) -> String {
    let own = base32(id);
    let shared = others
        .iter()
        .filter(|other| **other != id)
        .map(|other| {
            let other = base32(*other);
            own.bytes().rev().zip(other.bytes().rev()).take_while(|(a, b)| a == b).count()
        })
        .max()
        .unwrap_or(0);
    tail(id, shared + 1)
}

/// What a person typed to name an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IdText {
    /// A whole UUID.
    Whole(Uuid),
    /// A tail in base 32: its digits, and how many bits they stand for.
    Tail {
        /// The characters as they are shown: lower case, look-alikes resolved.
        text: String,
        /// The value of the last `bits` bits of the id.
        value: u128,
        /// Five for each character.
        bits: u32,
    },
}

impl IdText {
    /// Reads a whole UUID or a tail of at least four characters; a leading `@` is allowed.
    ///
    /// # Errors
    /// A usage error that names the text and says what an id looks like.
    pub fn parse(text: &str) -> Result<IdText> {
        let bare = text.strip_prefix('@').unwrap_or(text).trim();
        if bare.len() >= 32
            && let Ok(id) = Uuid::try_parse(bare)
        {
            return Ok(IdText::Whole(id));
        }
        let wrong = |why: &str| {
            Error::usage(format!("'{text}' is not an entry id: {why}"))
                .hint("an id is the short code that `journal list` shows, like 7f3k, or a whole UUID")
        };
        if bare.chars().count() < MIN_TAIL {
            return Err(wrong("it has fewer than four characters"));
        }
        if bare.len() > DIGITS {
            return Err(wrong("it is too long"));
        }
        let mut value = 0u128;
        let mut shown = String::new();
        for letter in bare.chars() {
            let letter = match letter.to_ascii_lowercase() {
                'o' => '0',
                'i' | 'l' => '1',
                other => other,
            };
            let digit = u8::try_from(letter)
                .ok()
                .and_then(|byte| ALPHABET.iter().position(|known| *known == byte))
                .ok_or_else(|| wrong(&format!("it contains '{letter}'")))?;
            value = (value << 5) | digit as u128;
            shown.push(letter);
        }
        Ok(IdText::Tail { bits: 5 * shown.len() as u32, text: shown, value })
    }

    /// Whether this names the id.
    pub fn matches(&self, id: Uuid) -> bool {
        match self {
            IdText::Whole(whole) => *whole == id,
            IdText::Tail { value, bits, .. } if *bits >= 128 => *value == id.as_u128(),
            IdText::Tail { value, bits, .. } => id.as_u128() & ((1u128 << bits) - 1) == *value,
        }
    }

    /// The last five hexadecimal digits that every id named by this ends with: what the store has
    /// an index on.
    pub fn hex_tail(&self) -> String {
        let number = match self {
            IdText::Whole(id) => id.as_u128(),
            IdText::Tail { value, .. } => *value,
        };
        format!("{:05x}", number & 0xf_ffff)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_tail_shared_with_another_id_grows() {
        let a = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0001_2345);
        let b = Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0011_2345);
        assert_eq!(tail(a, 4), shortest_tail(a, &[a]));
        let (short_a, short_b) = (shortest_tail(a, &[a, b]), shortest_tail(b, &[a, b]));
        assert_eq!(short_a.len(), 5);
        assert_ne!(short_a, short_b);
    }

    #[test]
    fn words_that_are_no_ids_are_refused_with_a_reason() {
        for wrong in ["", "abc", "abcu", "日本語日本", "zzzzzzzzzzzzzzzzzzzzzzzzzzzzz"] {
            assert!(IdText::parse(wrong).is_err(), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_tail_names_its_id(number: u128, length in 4usize..=26) {
            let id = Uuid::from_u128(number);
            let named = IdText::parse(&tail(id, length)).unwrap();
            prop_assert!(named.matches(id));
            prop_assert!(id.to_string().ends_with(&named.hex_tail()));
            prop_assert!(IdText::parse(&id.to_string()).unwrap().matches(id));
        }

        #[test]
        fn any_text_is_an_id_or_an_error(text: String) {
            let _ = IdText::parse(&text);
        }
    }
}
