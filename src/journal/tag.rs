//! Tags inside a text: `#work` names a topic.

/// A topic's name has at most this many characters (VARCHAR(200) in the architecture).
pub const MAX_NAME: usize = 200;

/// The names tagged in a text, without the `#`, in order of appearance and once each (names that
/// differ in case only are the same).
///
/// A tag begins with `#` at the start or after white space or an opening bracket or quote, and goes
/// on over letters, digits, marks, `_`, `-` and `/`; it needs at least one letter, so that `#1` is
/// no tag, and neither is the `#` of an address or of a Markdown heading.
pub fn tags(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    if !text.contains('#') {
        return found;
    }
    let mut before = None;
    let mut rest = text.char_indices().peekable();
    while let Some((start, letter)) = rest.next() {
        let opens = before.is_none_or(|b: char| b.is_whitespace() || "([{\"'«„“‘「（、。".contains(b));
        before = Some(letter);
        if letter != '#' || !opens {
            continue;
        }
        let mut end = start + 1;
        while let Some((at, next)) = rest.peek().copied() {
            if !(next.is_alphanumeric() || is_mark(next) || "_-/".contains(next)) {
                break;
            }
            end = at + next.len_utf8();
            before = Some(next);
            rest.next();
        }
        let name = text[start + 1..end].trim_end_matches(['-', '/']);
        let known = found.iter().any(|other| other.to_lowercase() == name.to_lowercase());
        if name.chars().any(char::is_alphabetic) && name.chars().count() <= MAX_NAME && !known {
            found.push(name.to_string());
        }
    }
    found
}

/// Combining marks belong to the letter before them.
fn is_mark(letter: char) -> bool {
    unicode_normalization::char::is_combining_mark(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_a_tag_and_what_is_not() {
        for (text, expected) in [
            ("Slept badly. #work and #Work, (#home-office)", vec!["work", "home-office"]),
            ("# Heading, #1, a#b, http://x.y/#frag, ##double", vec![]),
            ("#café #仕事 #caf\u{65}\u{301}", vec!["café", "仕事", "caf\u{65}\u{301}"]),
            ("#trip/lisbon- end", vec!["trip/lisbon"]),
            ("", vec![]),
        ] {
            assert_eq!(tags(text), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_a_fault(text: String) {
            for tag in tags(&text) {
                proptest::prop_assert!(text.contains(&tag));
            }
        }
    }
}
