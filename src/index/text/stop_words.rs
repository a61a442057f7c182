//! The English words that are never looked for.

/// What follows the apostrophe of an English contraction or genitive.
pub(super) const ENDINGS: [&str; 7] = ["s", "t", "ll", "ve", "re", "d", "m"];

/// What stands before `'t` in an English negation.
pub(super) const NEGATED: [&str; 20] = [
    "ain", "aren", "can", "couldn", "didn", "doesn", "don", "hadn", "hasn", "haven", "isn", "mightn", "mustn", "needn",
    "shan", "shouldn", "wasn", "weren", "won", "wouldn",
];

/// The stop words of PostgreSQL's `english` configuration, in order.
#[rustfmt::skip]
pub(super) const STOP_WORDS: [&str; 127] = [
    "a", "about", "above", "after", "again", "against", "all", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "being", "below", "between", "both", "but", "by", "can", "did", "do", "does",
    "doing", "don", "down", "during", "each", "few", "for", "from", "further", "had", "has", "have", "having", "he",
    "her", "here", "hers", "herself", "him", "himself", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "itself", "just", "me", "more", "most", "my", "myself", "no", "nor", "not", "now", "of", "off", "on", "once",
    "only", "or", "other", "our", "ours", "ourselves", "out", "over", "own", "s", "same", "she", "should", "so",
    "some", "such", "t", "than", "that", "the", "their", "theirs", "them", "themselves", "then", "there", "these",
    "they", "this", "those", "through", "to", "too", "under", "until", "up", "very", "was", "we", "were", "what",
    "when", "where", "which", "while", "who", "whom", "why", "will", "with", "you", "your", "yours", "yourself",
    "yourselves",
];

/// Where among the stop words those begin that begin with each letter.
static INITIALS: [u8; 27] = {
    let mut starts = [0; 27];
    let mut at = 0;
    while at < STOP_WORDS.len() {
        starts[(STOP_WORDS[at].as_bytes()[0] - b'a') as usize + 1] += 1;
        at += 1;
    }
    let mut letter = 1;
    while letter < starts.len() {
        starts[letter] += starts[letter - 1];
        letter += 1;
    }
    starts
};

/// Whether a folded word is one of them. It is asked of every word of every text.
pub(super) fn is_stop_word(word: &str) -> bool {
    let Some(initial @ b'a'..=b'z') = word.bytes().next() else { return false };
    let letter = usize::from(initial - b'a');
    STOP_WORDS[INITIALS[letter].into()..INITIALS[letter + 1].into()].contains(&word)
}
