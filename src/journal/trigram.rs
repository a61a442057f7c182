//! How alike two names are, as PostgreSQL's `pg_trgm` measures it: the share of their trigrams that
//! they have in common.
//!
//! A text is cut into words, each is put into lower case letter by letter and padded to `"  word "`,
//! and the set of its three-letter windows is taken. What is a letter was measured on a server
//! (PostgreSQL 15, ctype C.UTF-8, glibc 2.36), code point by code point.

/// What `%` and the architecture's query ask for, at least (`pg_trgm.similarity_threshold`).
pub const THRESHOLD: f32 = 0.3;

/// Letters that Unicode has gained, or has called so, since the server's tables were made: scripts that
/// few people write. They are left out here as they are there.
const LATER: [(u32, u32); 68] = [
    (0x363, 0x36f),
    (0x88f, 0x88f),
    (0x897, 0x897),
    (0xc04, 0xc04),
    (0xc5c, 0xc5c),
    (0xcdc, 0xcdc),
    (0xcf3, 0xcf3),
    (0xf82, 0xf83),
    (0x1c89, 0x1c8a),
    (0x1dd3, 0x1de6),
    (0xa7cb, 0xa7cf),
    (0xa7d2, 0xa7d2),
    (0xa7d4, 0xa7d4),
    (0xa7da, 0xa7dc),
    (0xa7f1, 0xa7f1),
    (0x105c0, 0x105f3),
    (0x10940, 0x10959),
    (0x10d4a, 0x10d65),
    (0x10d69, 0x10d69),
    (0x10d6f, 0x10d85),
    (0x10ec2, 0x10ec7),
    (0x10efa, 0x10efc),
    (0x11080, 0x11081),
    (0x1123f, 0x11241),
    (0x11380, 0x11389),
    (0x1138b, 0x1138b),
    (0x1138e, 0x1138e),
    (0x11390, 0x113b5),
    (0x113b7, 0x113c0),
    (0x113c2, 0x113c2),
    (0x113c5, 0x113c5),
    (0x113c7, 0x113ca),
    (0x113cc, 0x113cd),
    (0x113d1, 0x113d1),
    (0x113d3, 0x113d3),
    (0x11b60, 0x11b67),
    (0x11bc0, 0x11be0),
    (0x11db0, 0x11ddb),
    (0x11f00, 0x11f10),
    (0x11f12, 0x11f3a),
    (0x11f3e, 0x11f40),
    (0x1342f, 0x1342f),
    (0x13441, 0x13446),
    (0x13460, 0x143fa),
    (0x16100, 0x1612e),
    (0x16d40, 0x16d6c),
    (0x16ea0, 0x16eb8),
    (0x16ebb, 0x16ed3),
    (0x16ff2, 0x16ff6),
    (0x187f8, 0x187ff),
    (0x18cff, 0x18cff),
    (0x18d09, 0x18d1e),
    (0x18d80, 0x18df2),
    (0x1b132, 0x1b132),
    (0x1b155, 0x1b155),
    (0x1df25, 0x1df2a),
    (0x1e030, 0x1e06d),
    (0x1e08f, 0x1e08f),
    (0x1e4d0, 0x1e4eb),
    (0x1e5d0, 0x1e5ed),
    (0x1e5f0, 0x1e5f0),
    (0x1e6c0, 0x1e6de),
    (0x1e6e0, 0x1e6f5),
    (0x1e6fe, 0x1e6ff),
    (0x2b739, 0x2b73f),
    (0x2cea2, 0x2cead),
    (0x2ebf0, 0x2ee5d),
    (0x31350, 0x33479),
];

/// The zero of each run of decimal digits; superscripts, fractions and circled numbers are no digits.
const DIGITS: [u32; 66] = [
    0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50, 0xa620,
    0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0xff10, 0x104a0, 0x10d30, 0x11066, 0x110f0, 0x11136, 0x111d0,
    0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x11730, 0x118e0, 0x11950, 0x11c50, 0x11d50, 0x11da0, 0x16a60,
    0x16ac0, 0x16b50, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e950, 0x1fbf0,
];

/// The trigrams of a text, ascending and each once, as the numbers that `pg_trgm` keeps: the three
/// bytes themselves, or three bytes of a checksum where a letter takes more than one.
///
/// Two trigrams of the same number are the same trigram to the server, and so they are here.
pub fn trigrams(text: &str) -> Vec<u32> {
    let mut found = Vec::new();
    let mut padded = String::new();
    let mut starts = Vec::new();
    for word in text.split(|letter| !is_letter(letter)).filter(|word| !word.is_empty()) {
        padded.clear();
        padded.push_str("  ");
        padded.extend(word.chars().map(lower));
        padded.push(' ');
        starts.clear();
        starts.extend(padded.char_indices().map(|(at, _)| at));
        starts.push(padded.len());
        found.extend(starts.windows(4).map(|window| number(&padded.as_bytes()[window[0]..window[3]])));
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// How alike two texts are, from 0 to 1.
pub fn similarity(a: &str, b: &str) -> f32 {
    let (a, b) = (trigrams(a), trigrams(b));
    let shared = a.iter().filter(|trigram| b.binary_search(trigram).is_ok()).count();
    share(shared, a.len(), b.len())
}

/// The similarity of two sets of these sizes that have so many trigrams in common.
pub fn share(shared: usize, a: usize, b: usize) -> f32 {
    if a == 0 || b == 0 {
        return 0.0;
    }
    shared as f32 / (a + b - shared) as f32
}

/// How many trigrams a name must share with a text of so many to be this similar: its union with
/// them is no smaller than they are.
pub fn least_shared(threshold: f32, trigrams: usize) -> usize {
    (1..=trigrams).find(|shared| share(*shared, trigrams, *shared) >= threshold).unwrap_or(trigrams + 1)
}

fn is_letter(letter: char) -> bool {
    let code = u32::from(letter);
    if letter.is_ascii() {
        return letter.is_ascii_alphanumeric();
    }
    if letter.is_alphabetic() {
        let after = LATER.partition_point(|(_, last)| *last < code);
        return LATER.get(after).is_none_or(|(first, _)| code < *first);
    }
    let after = DIGITS.partition_point(|zero| *zero <= code);
    after > 0 && code - DIGITS[after - 1] < 10
}

/// One letter for each letter; only `İ` would become two.
fn lower(letter: char) -> char {
    let mut lower = letter.to_lowercase();
    lower.next().unwrap_or(letter)
}

/// Three bytes of the trigram, or of the checksum that the server calls its legacy CRC-32: the table of
/// the reflected polynomial, walked in the direction of the other.
fn number(trigram: &[u8]) -> u32 {
    let bytes = match trigram {
        [first, second, third] => [*first, *second, *third, 0],
        longer => {
            let step = |sum: u32, byte: &u8| TABLE[((sum >> 24) as u8 ^ byte) as usize] ^ (sum << 8);
            (!longer.iter().fold(u32::MAX, step)).to_le_bytes()
        }
    };
    u32::from_be_bytes([0, bytes[0], bytes[1], bytes[2]])
}

const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut sum, mut bit) = (byte as u32, 0);
        while bit < 8 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        table[byte] = sum;
        byte += 1;
    }
    table
};

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn trigrams_are_the_servers_numbers() {
        // show_trgm('仕事') and show_trgm('ab').
        assert_eq!(trigrams("仕事"), [0x06_2668, 0x2b_90cb, 0xed_8357]);
        assert_eq!(trigrams("ab"), [0x20_2061, 0x20_6162, 0x61_6220]);
        assert_eq!(trigrams("AB, ab!"), trigrams("ab"));
        for none in ["", "  ", "🙂", "², ½", "-_'"] {
            assert!(trigrams(none).is_empty(), "{none}");
        }
    }

    #[test]
    fn similarities_are_the_servers() {
        // Each measured with similarity(a, b).
        for (a, b, expected) in [
            ("work", "work", 1.0),
            ("work", "working", 0.444_444_45),
            ("word", "two words", 0.363_636_37),
            ("仕事", "仕事場", 0.4),
            ("CAFÉ", "café", 1.0),
            ("cafe", "café", 0.428_571_43),
            ("İstanbul", "istanbul", 1.0),
            ("٣٤", "34", 0.0),
            ("", "", 0.0),
            ("🙂", "🙂", 0.0),
        ] {
            assert_eq!(similarity(a, b), expected, "{a} {b}");
        }
        assert!(similarity("abcdef", "abcxy") >= THRESHOLD, "three of ten are enough");
    }

    #[test]
    fn tables_are_in_order() {
        assert!(LATER.is_sorted() && LATER.iter().all(|(first, last)| first <= last));
        assert!(DIGITS.is_sorted());
        for digit in DIGITS.iter().flat_map(|zero| *zero..zero + 10).filter_map(char::from_u32) {
            assert!(digit.is_numeric() && !digit.is_alphabetic(), "{digit}");
        }
    }

    proptest! {
        #[test]
        fn similarity_is_a_share(a: String, b: String) {
            let score = similarity(&a, &b);
            prop_assert!((0.0..=1.0).contains(&score));
            prop_assert_eq!(score, similarity(&b, &a));
            prop_assert_eq!(similarity(&a, &a), if trigrams(&a).is_empty() { 0.0 } else { 1.0 });
        }

        #[test]
        fn nothing_similar_shares_less_than_the_least(own in 1usize..200, other in 1usize..200, shared in 0usize..200) {
            let shared = shared.min(own).min(other);
            for threshold in [0.05, 0.1, THRESHOLD, 0.7, 1.0] {
                let least = least_shared(threshold, own);
                prop_assert!(share(shared, own, other) < threshold || shared >= least);
            }
        }
    }
}
