//! Words of the index that are like one that is not in it.

use std::collections::HashMap;

use tantivy::collector::Count;
use tantivy::query::{BooleanQuery, Occur, Query as IndexQuery, TermQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{Searcher, Term};
use uuid::Uuid;

use super::pieces::{Piece, PieceKind, pieces};
use super::schema::Fields;
use crate::journal::spelling::apart;

/// A word of somebody's entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NearWord {
    /// The word, folded.
    pub word: String,
    /// How many letters it is away.
    pub distance: usize,
    /// How many entries of the user have it.
    pub entries: u64,
}

/// Candidates whose entries are counted; the rest is rarer or farther away.
const COUNTED: usize = 24;

/// Suggestions for one word.
const MOST: usize = 3;

/// Letters from which on a word may be two letters away: of shorter ones too many are.
const LONG: usize = 5;

/// The words of a user's entries that are one or two letters away from this one, nearest first, then the
/// more frequent. None when the word itself is there, or is not one word.
///
/// All words are looked at, some 20 ms for 200,000 of them: it is asked only when nothing was found.
pub(super) fn near_words(
    searcher: &Searcher,
    fields: &Fields,
    user: Uuid,
    word: &str,
) -> tantivy::Result<Vec<NearWord>> {
    let [Piece { kind: PieceKind::Word, text, .. }] = &pieces(word)[..] else { return Ok(Vec::new()) };
    let letters: Vec<char> = text.chars().collect();
    let most = match letters.len() {
        0..3 => return Ok(Vec::new()),
        length if length < LONG => 1,
        _ => 2,
    };
    let mut candidates: HashMap<String, (usize, u64)> = HashMap::new();
    for segment in searcher.segment_readers() {
        for field in [fields.title_words, fields.content_words] {
            let index = segment.inverted_index(field)?;
            let mut terms = index.terms().stream()?;
            while terms.advance() {
                // A letter has four bytes at most.
                if terms.key().len() > 4 * (letters.len() + most) {
                    continue;
                }
                let Ok(known) = std::str::from_utf8(terms.key()) else { continue };
                if let Some(distance) = apart(&letters, known, most) {
                    let count = u64::from(terms.value().doc_freq);
                    candidates.entry(known.to_owned()).or_insert((distance, 0)).1 += count;
                }
            }
        }
    }
    let mut found: Vec<NearWord> =
        candidates.into_iter().map(|(word, (distance, entries))| NearWord { word, distance, entries }).collect();
    let best_first = |found: &mut Vec<NearWord>| {
        found.sort_by(|a, b| (a.distance, b.entries, &a.word).cmp(&(b.distance, a.entries, &b.word)));
    };
    best_first(&mut found);
    found.truncate(COUNTED);
    // The index holds everybody's words; nobody is told those of another.
    for near in &mut found {
        near.entries = entries_of(searcher, fields, user, &near.word)?;
    }
    found.retain(|near| near.entries > 0);
    if found.iter().any(|near| near.distance == 0) {
        return Ok(Vec::new());
    }
    best_first(&mut found);
    found.truncate(MOST);
    Ok(found)
}

fn entries_of(searcher: &Searcher, fields: &Fields, user: Uuid, word: &str) -> tantivy::Result<u64> {
    let term = |term| -> Box<dyn IndexQuery> { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
    let either = [fields.title_words, fields.content_words].map(|field| term(Term::from_field_text(field, word)));
    let query = BooleanQuery::new(vec![
        (Occur::Must, term(Term::from_field_bytes(fields.user, user.as_bytes()))),
        (Occur::Must, Box::new(BooleanQuery::union(either.into()))),
    ]);
    searcher.search(&query, &Count).map(|count| count as u64)
}

/// A text with every occurrence of a word exchanged.
pub fn exchanged(text: &str, word: &str, other: &str) -> String {
    let [Piece { text: folded, .. }] = &pieces(word)[..] else { return text.to_owned() };
    let mut changed = String::new();
    let mut at = 0;
    for piece in pieces(text).into_iter().filter(|piece| piece.text == *folded) {
        changed.push_str(&text[at..piece.range.start]);
        changed.push_str(other);
        at = piece.range.end;
    }
    changed.push_str(&text[at..]);
    changed
}
