//! The parts of a text that show why it was found.
//!
//! The rule is that of the seed's `ts_headline('MaxWords=35, MinWords=15, MaxFragments=3')`: a text of
//! at most 35 words is shown whole; of a longer one up to three fragments of 15 to 35 words, which do
//! not overlap, are chosen for what they cover and shown in the order of the text.
//!
//! A word is what stands between spaces. Where a script puts none, two characters count as a word, and
//! of anything else without a space every 30 characters do, so that no fragment becomes a page.
//! Fragments begin and end between words so counted, never inside a character.

use std::collections::HashMap;
use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

/// How much is shown. The default is the seed's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Words in a fragment at most; at least 1.
    pub max_words: usize,
    /// Words in a fragment at least, when the text has them.
    pub min_words: usize,
    /// Fragments at most.
    pub max_fragments: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { max_words: 35, min_words: 15, max_fragments: 3 }
    }
}

/// What is shown of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// In the order of the text. Empty when the text is.
    pub fragments: Vec<Fragment>,
    /// Whether the fragments were chosen for a match. Otherwise they are the beginning of the text.
    pub matched: bool,
}

/// One part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fragment {
    /// The words, with one space for any spaces and line breaks between them.
    pub text: String,
    /// What matched, in bytes of `text`, in order.
    pub highlights: Vec<Range<usize>>,
    /// Where it stands in the whole text, in bytes.
    pub source: Range<usize>,
    /// Whether there is more before it.
    pub cut_before: bool,
    /// Whether there is more after it.
    pub cut_after: bool,
}

/// Chooses what to show. `matches` are parts of the text in bytes, in order and apart, as the text
/// index's highlighter gives them; what lies outside the text or inside a character is moved to the
/// next border.
pub fn snippet(text: &str, matches: &[Range<usize>], limits: Limits) -> Snippet {
    let words = words(text);
    let limits = Limits { max_words: limits.max_words.max(1), ..limits };
    let matches: Vec<Range<usize>> = matches
        .iter()
        .map(|range| text.floor_char_boundary(range.start)..text.ceil_char_boundary(range.end))
        .filter(|range| range.start < range.end)
        .collect();
    let matched = matched_words(text, &words, &matches);
    let mut chosen = if words.is_empty() {
        Vec::new()
    } else if words.len() <= limits.max_words {
        vec![0..words.len()]
    } else if matched.is_empty() {
        vec![0..beginning(text, &words, limits)]
    } else {
        choose(&matched, words.len(), limits)
    };
    chosen.sort_unstable_by_key(|range| range.start);
    let fragments = chosen.into_iter().map(|range| fragment(text, &words, range, &matches)).collect();
    Snippet { fragments, matched: !matched.is_empty() }
}

/// Characters that count as one word where there is no space.
const LONG_WORD: usize = 30;

/// The words of a text, as counted here, in bytes.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut words = Vec::new();
    for chunk in text.split_whitespace() {
        let start = chunk.as_ptr() as usize - text.as_ptr() as usize;
        if chunk.is_ascii() && chunk.len() <= LONG_WORD {
            words.push(start..start + chunk.len());
            continue;
        }
        let mut begun = start;
        let mut weight = 0;
        for (at, grapheme) in chunk.grapheme_indices(true) {
            let own = if grapheme.starts_with(is_spaceless) { LONG_WORD / 2 } else { 1 };
            if weight + own > LONG_WORD {
                words.push(begun..start + at);
                begun = start + at;
                weight = 0;
            }
            weight += own;
        }
        words.push(begun..start + chunk.len());
    }
    words
}

/// Scripts that put no space between words: Thai, Lao, Burmese, Khmer, Kana, Han.
fn is_spaceless(c: char) -> bool {
    matches!(c, '\u{e00}'..='\u{eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}' | '\u{2e80}'..='\u{312f}'
        | '\u{31a0}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ff9f}' | '\u{20000}'..='\u{3ffff}')
}

/// A word that matches, with a number that is the same for equal matches.
struct MatchedWord {
    word: usize,
    what: usize,
}

fn matched_words(text: &str, words: &[Range<usize>], matches: &[Range<usize>]) -> Vec<MatchedWord> {
    let mut kinds: HashMap<String, usize> = HashMap::new();
    let mut matched: Vec<MatchedWord> = Vec::new();
    for range in matches {
        let next = kinds.len();
        let what = *kinds.entry(text[range.clone()].to_lowercase()).or_insert(next);
        let first = words.partition_point(|word| word.end <= range.start);
        let touched = words[first..].iter().take_while(|word| word.start < range.end).count();
        matched.extend((first..first + touched).map(|word| MatchedWord { word, what }));
    }
    matched
}

/// The best fragments, best first: each time the window with the most different matches, then the
/// most matches, then the earliest, in the parts of the text not taken yet.
fn choose(matched: &[MatchedWord], count: usize, limits: Limits) -> Vec<Range<usize>> {
    let mut chosen: Vec<Range<usize>> = Vec::new();
    let mut gaps = vec![0..count];
    while chosen.len() < limits.max_fragments.max(1) {
        let candidates = gaps.iter().enumerate().filter_map(|(index, gap)| {
            let best = best_window(matched, gap, limits.max_words)?;
            Some((best.0, std::cmp::Reverse(gap.start), index, best.1))
        });
        let Some((.., index, cover)) = candidates.max_by_key(|(score, first, ..)| (*score, *first)) else { break };
        let gap = gaps.swap_remove(index);
        let fragment = stretch(cover, &gap, limits.max_words);
        // What is left between two fragments may be too short to be one.
        let long_enough = |gap: &Range<usize>| gap.len() >= limits.min_words.min(limits.max_words).max(1);
        gaps.extend([gap.start..fragment.start, fragment.end..gap.end].into_iter().filter(long_enough));
        chosen.push(fragment);
    }
    chosen
}

/// The words from the first to the last match of the best window in a gap, and how good it is.
fn best_window(matched: &[MatchedWord], gap: &Range<usize>, width: usize) -> Option<((usize, usize), Range<usize>)> {
    let from = matched.partition_point(|m| m.word < gap.start);
    let to = matched.partition_point(|m| m.word < gap.end);
    let inside = &matched[from..to];
    let mut held: HashMap<usize, usize> = HashMap::new();
    let mut end = 0;
    let mut best: Option<((usize, usize), Range<usize>)> = None;
    for (start, first) in inside.iter().enumerate() {
        while let Some(next) = inside.get(end).filter(|next| next.word < first.word + width) {
            *held.entry(next.what).or_default() += 1;
            end += 1;
        }
        let score = (held.len(), end - start);
        if best.as_ref().is_none_or(|(so_far, _)| score > *so_far) {
            best = Some((score, first.word..inside[end - 1].word + 1));
        }
        if let Some(times) = held.get_mut(&first.what) {
            *times -= 1;
            if *times == 0 {
                held.remove(&first.what);
            }
        }
    }
    best
}

/// Adds words on both sides, as many as fit.
fn stretch(cover: Range<usize>, gap: &Range<usize>, width: usize) -> Range<usize> {
    let width = width.min(gap.len());
    let before = width.saturating_sub(cover.len()) / 2;
    let start = cover.start.saturating_sub(before).max(gap.start).min(gap.end - width);
    start..start + width
}

/// How many words to show of a text where nothing matches: up to the end of a sentence, if one ends
/// soon enough.
fn beginning(text: &str, words: &[Range<usize>], limits: Limits) -> usize {
    let last = limits.max_words.min(words.len());
    let first = limits.min_words.clamp(1, last);
    let ends = |count: &usize| text[words[count - 1].clone()].ends_with(['.', '!', '?', '…', '。', '！', '？']);
    (first..=last).rev().find(ends).unwrap_or(last)
}

fn fragment(text: &str, words: &[Range<usize>], range: Range<usize>, matches: &[Range<usize>]) -> Fragment {
    let source = words[range.start].start..words[range.end - 1].end;
    let mut shown = String::with_capacity(source.len());
    let mut highlights: Vec<Range<usize>> = Vec::new();
    let first = matches.partition_point(|found| found.end <= source.start);
    let mut matches = matches[first..].iter().peekable();
    for (at, c) in text[source.clone()].char_indices().map(|(at, c)| (source.start + at, c)) {
        if c.is_whitespace() && shown.ends_with(' ') {
            continue;
        }
        while matches.next_if(|found| found.end <= at).is_some() {}
        let from = shown.len();
        shown.push(if c.is_whitespace() { ' ' } else { c });
        if matches.peek().is_some_and(|found| found.start <= at) {
            match highlights.last_mut() {
                Some(last) if last.end == from => last.end = shown.len(),
                _ => highlights.push(from..shown.len()),
            }
        }
    }
    let (cut_before, cut_after) = (range.start > 0, range.end < words.len());
    Fragment { text: shown, highlights, source, cut_before, cut_after }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Marks every occurrence of the needles in a text.
    fn find(text: &str, needles: &[&str]) -> Vec<Range<usize>> {
        let at = |needle: &&str| text.match_indices(*needle).map(|(at, s)| at..at + s.len()).collect::<Vec<_>>();
        let mut ranges: Vec<Range<usize>> = needles.iter().flat_map(at).collect();
        ranges.sort_by_key(|range| range.start);
        ranges
    }

    fn numbered(count: usize, special: &[(usize, &str)]) -> String {
        let word =
            |at| special.iter().find(|(place, _)| *place == at).map_or(format!("w{at}"), |(_, s)| (*s).to_owned());
        (0..count).map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn a_short_text_is_shown_whole_with_its_matches() {
        let text = "A fox\n\ncame  by.\tThe fox left";
        let shown = snippet(text, &find(text, &["fox"]), Limits::default());
        assert_eq!(shown.fragments.len(), 1);
        let Fragment { text, highlights, cut_before, cut_after, .. } = &shown.fragments[0];
        assert_eq!((text.as_str(), cut_before, cut_after), ("A fox came by. The fox left", &false, &false));
        assert_eq!(highlights, &[2..5, 19..22]);
        assert!(shown.matched);
    }

    #[test]
    fn without_a_match_the_beginning_is_shown() {
        let text = numbered(100, &[(20, "end.")]);
        let shown = snippet(&text, &[], Limits::default());
        assert!(!shown.matched);
        assert_eq!(shown.fragments.len(), 1);
        assert!(shown.fragments[0].text.ends_with("w19 end.") && shown.fragments[0].cut_after);
        assert_eq!(snippet("", &[], Limits::default()).fragments, []);
        assert_eq!(snippet(" \n ", &[], Limits::default()).fragments, []);
    }

    #[test]
    fn the_best_cover_comes_first_in_choice_and_the_text_first_in_order() {
        let text = numbered(400, &[(10, "fox"), (100, "fox"), (200, "fox"), (205, "owl"), (300, "fox"), (303, "fox")]);
        let limits = Limits { max_fragments: 1, ..Limits::default() };
        let one = snippet(&text, &find(&text, &["fox", "owl"]), limits);
        assert!(one.fragments[0].text.contains("fox w201") && one.fragments[0].text.contains("owl"));
        let three = snippet(&text, &find(&text, &["fox", "owl"]), Limits::default());
        let places: Vec<&str> = three.fragments.iter().map(|f| f.text.as_str()).collect();
        assert_eq!(places.len(), 3);
        assert!(places[0].starts_with("w0 ") && places[0].contains("fox"));
        assert!(places[1].contains("owl") && places[2].contains("fox w301 w302 fox"));
    }

    #[test]
    fn text_without_spaces_is_cut_too() {
        let text = "日本語の文章".repeat(900);
        let shown = snippet(&text, &find(&text, &["本語"])[300..301], Limits::default());
        assert_eq!(shown.fragments[0].text.chars().count(), 70);
        assert_eq!(&shown.fragments[0].text[shown.fragments[0].highlights[0].clone()], "本語");
        let url = format!("x {} y", "a".repeat(5_000));
        assert!(snippet(&url, &[], Limits::default()).fragments[0].text.len() <= 35 * (LONG_WORD + 1));
    }

    fn any_text() -> impl Strategy<Value = String> {
        let word = prop_oneof![
            4 => "[a-d]{1,3}", 1 => Just("fox".to_owned()), 1 => "[ぁ-んé🎉]{1,9}", 1 => "\\PC{1,4}", 1 => Just("\n\n".to_owned()),
        ];
        prop::collection::vec(word, 0..220).prop_map(|words| words.join(" "))
    }

    proptest! {
        #[test]
        fn fragments_keep_the_rule(text in any_text(), extra in prop::collection::vec(0_usize..3000, 0..4)) {
            let mut matches = find(&text, &["fox", "a"]);
            matches.extend(extra.iter().map(|at| *at..at + 3));
            matches.sort_by_key(|range| range.start);
            matches.dedup_by(|next, before| next.start < before.end);
            let limits = Limits::default();
            let total = words(&text).len();
            let shown = snippet(&text, &matches, limits);
            prop_assert!(shown.fragments.len() <= limits.max_fragments);
            prop_assert_eq!(shown.fragments.is_empty(), total == 0);
            let mut end = 0;
            for fragment in &shown.fragments {
                prop_assert!(fragment.source.start >= end);
                end = fragment.source.end;
                let length = words(&text[fragment.source.clone()]).len();
                // A cut inside what has no spaces may count one word more.
                prop_assert!(length <= limits.max_words + 1, "{} words", length);
                prop_assert!(length + 1 >= limits.min_words.min(total), "{} of {} words", length, total);
                prop_assert!(!fragment.text.contains('\n') && !fragment.text.contains("  "));
                if shown.matched && total > limits.max_words {
                    prop_assert!(!fragment.highlights.is_empty());
                }
                let mut last = 0;
                for range in &fragment.highlights {
                    prop_assert!(fragment.text.get(range.clone()).is_some_and(|s| !s.is_empty()));
                    prop_assert!(range.start >= last);
                    last = range.end;
                }
            }
        }
    }
}
