//! How much of a text a full-text index of PostgreSQL can hold.
//!
//! A `tsvector` holds at most 1,048,575 bytes of distinct words with their positions, and a row whose
//! text has more is refused (SQLSTATE 54000). Prose never comes near: it takes some 100,000 different
//! words, as in a pasted log or a table of checksums.

use std::collections::HashMap;

/// Bytes of words and positions in one `tsvector`.
const MAX_BYTES: usize = 1_048_575;

/// A title has 500 characters at most: its words and positions fit in this.
const TITLE: usize = 16 * 1024;

/// Positions kept for one word, of two bytes each.
const MAX_POSITIONS: usize = 255;

/// Longer words are not indexed.
const MAX_WORD: usize = 2047;

/// Whether a text surely fits, with any title. A text of less than 200 kB always does.
///
/// The bound is on the safe side: what PostgreSQL's parser makes of addresses, paths and compounds is
/// estimated from above.
pub fn fits_full_text(content: &str) -> bool {
    if content.len() < 200_000 {
        return true;
    }
    let mut words: HashMap<&str, usize> = HashMap::new();
    for chunk in content.split_whitespace() {
        *words.entry(chunk.trim_matches(|c: char| !c.is_alphanumeric())).or_default() += 1;
    }
    let bytes: usize = words
        .iter()
        .map(|(word, count)| {
            let parts = word.split(|c: char| !c.is_alphanumeric()).count();
            let positions = 2 * count.min(&MAX_POSITIONS);
            // A compound stands there whole and in parts; an address without its scheme, its host and
            // its path.
            if parts == 1 { word.len().min(MAX_WORD) + 4 + positions } else { 2 * word.len() + parts * (4 + positions) }
        })
        .sum();
    bytes <= MAX_BYTES - TITLE
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_fits_and_a_heap_of_checksums_does_not() {
        assert!(fits_full_text(&"the same words over and over again. ".repeat(200_000)));
        let checksums: String =
            (0..30_000).map(|number| format!("{:032x} ", u128::from(number as u32) * 0x9e37_79b9_7f4a_7c15)).collect();
        assert!(!fits_full_text(&checksums));
        assert!(fits_full_text(&checksums[..400_000]));
    }
}
