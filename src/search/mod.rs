//! From a question to a ranked list: by words, by meaning, or by both, with the evidence for each
//! hit, and with an honest word about what it had to do without.

pub mod answering;
pub mod fuse;
pub mod meaning;
pub mod snippet;
pub mod words;

use crate::cache::{Cache, Put, text_hash};
use crate::config::SearchMode;
use crate::error::{Error, Kind, Result};
use crate::index::text::{Matched, TextIndex};
use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::query::Query;
use crate::model::{InstalledModel, ModelClient};
use crate::store::Store;
use answering::{Answering, Compared, answering};
use meaning::{Meaning, Nearest};
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use uuid::Uuid;

/// How many hits of each list are fused at first.
///
/// What is not among the first of either list comes after all that is: so a page far down asks for lists
/// twice as long, and again, and nothing that was shown before changes its place.
const DEPTH: usize = 200;

/// How many hits a page's end names. When the last of them has been deleted, the one before it will do.
const NAMED: usize = 4;

/// What a search works on.
pub struct Parts<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The truth.
    pub store: &'a Store,
    /// The text index.
    pub text: &'a TextIndex,
    /// Where vector snapshots lie.
    pub vectors: &'a Path,
    /// The cache.
    pub cache: &'a Cache,
    /// The model that reads entries, when it is installed.
    pub model: Option<&'a InstalledModel>,
    /// Every installed model. Asked only when vectors of entries by another are there.
    pub installed: &'a dyn Fn() -> Vec<InstalledModel>,
    /// Connects to the model server, starting it when nobody listens.
    pub connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    /// The time, in seconds since 1970.
    pub now: u64,
    /// Told how far the text index is while it is brought up to date: entries done, entries in all.
    pub catching_up: &'a dyn Fn(u64, u64),
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Request<'a> {
    /// Whose entries.
    pub user: Uuid,
    /// What was typed.
    pub text: &'a str,
    /// Which entries may be found.
    pub filter: &'a Filter,
    /// How to look.
    pub mode: SearchMode,
    /// How many hits.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<After>,
}

/// Where a page ended.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct After {
    /// What the last hit was ranked by.
    pub score: f64,
    /// The last hits, the very last one first.
    pub hits: Vec<Uuid>,
    /// What tells the model that ranked it from others; 0 when none did.
    pub model: u64,
    /// The state of the journal at the first page. What has been added since is passed over, as if it
    /// were not there: it would move what has been shown and what has not.
    pub position: Position,
}

/// Found by its words.
#[derive(Debug, Clone, PartialEq)]
pub struct WordEvidence {
    /// Place in the list by words, from 1.
    pub rank: usize,
    /// BM25; comparable within this search only.
    pub score: f32,
    /// Whether all words were there.
    pub matched: Matched,
    /// The words that were.
    pub terms: Vec<String>,
}

/// Found by its meaning.
#[derive(Debug, Clone, PartialEq)]
pub struct MeaningEvidence {
    /// Place in the list by meaning, from 1.
    pub rank: usize,
    /// Cosine of the question and the passage.
    pub similarity: f32,
    /// The passage, in bytes of title, blank line and content.
    pub range: Range<usize>,
    /// The passage itself.
    pub passage: String,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The entry.
    pub entry: Entry,
    /// What it was ranked by: the fused score, BM25, or the similarity.
    pub score: f64,
    /// How its words speak for it.
    pub words: Option<WordEvidence>,
    /// How its meaning does.
    pub meaning: Option<MeaningEvidence>,
    /// Parts of the text to show.
    pub fragments: Vec<snippet::Fragment>,
    /// A page that goes on after this hit says so.
    pub after: After,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Whether there are more.
    pub more: bool,
    /// How it was asked to look.
    pub mode_requested: SearchMode,
    /// How it looked.
    pub mode_used: SearchMode,
    /// Why not as asked, or what may be missing.
    pub reason: Option<String>,
    /// How the vectors were searched: exact, hnsw, hnsw+delta.
    pub vectors: Option<&'static str>,
    /// The name of the model whose vectors they were.
    pub model: Option<String>,
}

/// Looks.
///
/// # Errors
/// Model unavailable when only meaning was asked for and there is none to be had; corrupt when only
/// words were asked for and the index cannot be read or rebuilt.
pub fn search(parts: &mut Parts, request: &Request) -> Result<Found> {
    let query = Query::parse(request.text);
    let newer = match &request.after {
        Some(after) => parts.store.entries_added_since(after.position)?,
        None => HashSet::new(),
    };
    let head = parts.store.log_head()?;
    let mut depth = DEPTH;
    // Chosen once: every list of this answer is of one model.
    let mut chosen = None;
    let mut asked = ask(parts, request, &query, &newer, depth, &mut chosen)?;
    let mut reasons = std::mem::take(&mut asked.reasons);
    let mut ranked = asked.ranked();
    while asked.more && after(&ranked, request.after.as_ref()).len() <= request.limit {
        depth = depth.saturating_mul(2);
        asked = ask(parts, request, &query, &newer, depth, &mut chosen)?;
        let known: HashSet<Uuid> = ranked.iter().map(|(id, _)| *id).collect();
        ranked.extend(asked.ranked().into_iter().filter(|(id, _)| !known.contains(id)));
    }
    let position = match (&request.after, &asked.by_words) {
        (Some(after), _) => after.position,
        (None, Some(words)) => words.position,
        (None, None) => head,
    };
    let mode_used = asked.mode();
    let model = asked.by_meaning.as_ref().and_then(|found| found.model.as_deref()).map_or(0, mark);
    if request.after.as_ref().is_some_and(|after| ![0, model].contains(&after.model)) {
        reasons.push("another model ranked the pages before: what they showed may come again, or be missing".into());
    }
    let (word_ids, meaning_ids) = (asked.word_ids(), asked.meaning_ids());
    let Asked { by_words, by_meaning, .. } = asked;
    let rest = after(&ranked, request.after.as_ref());
    let skipped = ranked.len() - rest.len();
    let mut rest = rest.iter().copied().enumerate();
    let mut highlighter = crate::index::text::Highlighter::new(&query);
    let mut hits = Vec::new();
    while hits.len() < request.limit {
        let Some((place, (id, score))) = rest.next() else { break };
        // What has been deleted since the index looked is gone.
        let Some(entry) = parts.store.entry_if_there(id)?.filter(|entry| entry.user_id == request.user) else {
            continue;
        };
        let words = word_ids.iter().position(|known| *known == id).zip(by_words.as_ref()).map(|(index, found)| {
            let hit = &found.hits[index];
            let terms = highlighter.matched(entry.title.as_deref().unwrap_or_default(), &entry.content);
            WordEvidence { rank: index + 1, score: hit.score, matched: hit.matched, terms }
        });
        let meaning = meaning_ids
            .iter()
            .position(|known| *known == id)
            .zip(by_meaning.as_ref())
            .and_then(|(index, found)| evidence(index, &found.nearest[index], &entry));
        let fragments = words::fragments(&entry, &mut highlighter, meaning.as_ref().filter(|_| words.is_none()));
        let last = ranked[..=skipped + place].iter().rev().take(NAMED).map(|(id, _)| *id).collect();
        let after = After { score, hits: last, model, position };
        hits.push(Hit { entry, score, words, meaning, fragments, after });
    }
    Ok(Found {
        more: rest.next().is_some(),
        hits,
        mode_requested: request.mode,
        mode_used,
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        vectors: by_meaning.as_ref().map(|found| found.how),
        model: by_meaning.and_then(|found| found.model),
    })
}

/// Tells names of models apart in a cursor.
fn mark(model: &str) -> u64 {
    let hash = text_hash(model, "");
    u64::from_str_radix(hash.get(..16).unwrap_or_default(), 16).unwrap_or(1).max(1)
}

/// The two lists.
struct Asked {
    by_words: Option<words::Words>,
    by_meaning: Option<Meaning>,
    reasons: Vec<String>,
    /// Whether longer lists would hold more.
    more: bool,
}

impl Asked {
    fn mode(&self) -> SearchMode {
        match (&self.by_words, &self.by_meaning) {
            (Some(_), Some(_)) => SearchMode::Hybrid,
            (None, Some(_)) => SearchMode::Meaning,
            _ => SearchMode::Words,
        }
    }

    fn word_ids(&self) -> Vec<Uuid> {
        self.by_words.iter().flat_map(|found| found.hits.iter().map(|hit| hit.id)).collect()
    }

    fn meaning_ids(&self) -> Vec<Uuid> {
        self.by_meaning.iter().flat_map(|found| found.nearest.iter().map(|near| near.subject)).collect()
    }

    /// One list, best first, with what each was ranked by.
    fn ranked(&self) -> Vec<(Uuid, f64)> {
        match self.mode() {
            SearchMode::Hybrid => fuse::fuse(&[&self.word_ids(), &self.meaning_ids()]),
            SearchMode::Words => {
                let hits = self.by_words.iter().flat_map(|found| &found.hits);
                hits.map(|hit| (hit.id, f64::from(hit.score))).collect()
            }
            SearchMode::Meaning => {
                let nearest = self.by_meaning.iter().flat_map(|found| &found.nearest);
                nearest.map(|near| (near.subject, f64::from(near.similarity))).collect()
            }
        }
    }
}

/// Asks for the first `depth` by words and by meaning, as the mode wants it.
fn ask(
    parts: &mut Parts,
    request: &Request,
    query: &Query,
    newer: &HashSet<Uuid>,
    depth: usize,
    chosen: &mut Option<Answering>,
) -> Result<Asked> {
    let mut reasons: Vec<String> = Vec::new();
    let mut without_words = None;
    let by_words = match request.mode {
        SearchMode::Meaning => None,
        _ => match words::find(parts, request, query, newer, depth) {
            Ok(found) => {
                reasons.extend(found.reason.clone());
                Some(found)
            }
            Err(error) if request.mode == SearchMode::Words => return Err(error),
            Err(error) => {
                reasons.push(format!("words were not searched: {error}"));
                without_words = Some(error);
                None
            }
        },
    };
    let by_meaning = match request.mode {
        SearchMode::Words => None,
        _ => match ask_meaning(parts, request, query, newer, depth, chosen) {
            Ok(found) => {
                reasons.extend(found.reason.clone());
                Some(found)
            }
            // When nothing works, the words' failure is the graver one: they need no model.
            Err(error) if by_words.is_none() => return Err(without_words.unwrap_or(error)),
            Err(error) => {
                reasons.push(match error.hint_text() {
                    Some(hint) => format!("searched by words only: {error} ({hint})"),
                    None => format!("searched by words only: {error}"),
                });
                None
            }
        },
    };
    let more = by_words.as_ref().is_some_and(|found| found.hits.len() >= depth)
        || by_meaning.as_ref().is_some_and(|found| found.more);
    Ok(Asked { by_words, by_meaning, reasons, more })
}

/// What comes after the page before.
fn after<'a>(ranked: &'a [(Uuid, f64)], last: Option<&After>) -> &'a [(Uuid, f64)] {
    let Some(last) = last else { return ranked };
    let place = |id: &Uuid| ranked.iter().position(|(known, _)| known == id);
    match last.hits.iter().find_map(place) {
        Some(place) => &ranked[place + 1..],
        // All that were named are gone: what scored less comes after them.
        None => &ranked[ranked.iter().position(|(_, score)| *score < last.score).unwrap_or(ranked.len())..],
    }
}

fn evidence(index: usize, near: &Nearest, entry: &Entry) -> Option<MeaningEvidence> {
    let text = entry.full_text();
    // An entry that was edited a moment ago has another text than was analysed.
    let passage = text.get(near.range.clone())?.to_string();
    Some(MeaningEvidence { rank: index + 1, similarity: near.similarity, range: near.range.clone(), passage })
}

fn ask_meaning(
    parts: &mut Parts,
    request: &Request,
    query: &Query,
    newer: &HashSet<Uuid>,
    depth: usize,
    chosen: &mut Option<Answering>,
) -> Result<Meaning> {
    let chosen = match chosen {
        Some(chosen) => chosen,
        None => chosen.insert(answering(parts, Compared::Text)?),
    };
    let model = chosen.model.as_ref().ok_or_else(|| no_model())?;
    let text = query.words_for_meaning();
    if text.is_empty() {
        return Ok(Meaning::nothing());
    }
    let (vector, put) = meaning::question(parts.cache, model, &text, parts.now, parts.connect)?;
    let excluded = words::excluded(parts, request, query)?;
    let filter = words::narrowed(request.filter, query);
    let mut found = meaning::nearest(parts, chosen, request.user, &filter, &vector, depth + newer.len())?;
    // Below that line there is nothing more to be had.
    found.more &= found.nearest.last().is_some_and(|near| near.similarity >= meaning::RELEVANT);
    found.nearest.retain(|near| {
        near.similarity >= meaning::RELEVANT && !excluded.contains(&near.subject) && !newer.contains(&near.subject)
    });
    found.more |= found.nearest.len() > depth;
    found.nearest.truncate(depth);
    // The question is likely to be asked again. How the cache fares is nobody's concern here.
    let _ = parts.cache.put_many(&put.into_iter().collect::<Vec<Put>>(), parts.now);
    Ok(found)
}

/// There is no model, and what to do about it.
pub fn no_model() -> Error {
    Error::new(Kind::ModelUnavailable, "no embedding model is installed")
        .hint("`journal models install` says how to get one")
}
