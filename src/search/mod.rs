//! From a question to a ranked list: by words, by meaning, or by both, with the evidence for each
//! hit, and with an honest word about what it had to do without.

pub mod answering;
#[cfg(test)]
mod differential_tests;
pub mod fuse;
mod lists;
pub mod meaning;
mod question;
pub mod snippet;
pub mod suggest;
pub mod words;

use crate::cache::{Cache, text_hash};
use crate::config::SearchMode;
use crate::error::{Error, Kind, Result};
use crate::index::text::{Matched, TextIndex};
use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::model::{InstalledModel, ModelClient};
use crate::store::Store;
use chrono::NaiveDate;
use lists::{Asked, UNRANKED, ask};
use meaning::Nearest;
use question::Question;
use std::collections::HashSet;
use std::ops::Range;
use std::path::Path;
use suggest::Suggestion;
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
    /// The filter without one of the flags that made it, each with the flag as it was typed: what is
    /// suggested when nothing is found.
    pub without: &'a [(String, Filter)],
    /// What dates in words count from.
    pub today: NaiveDate,
    /// How to look.
    pub mode: SearchMode,
    /// How near in meaning a hit must be, from -1 to 1; [`meaning::RELEVANT`] unless said.
    pub threshold: Option<f32>,
    /// How many hits.
    pub limit: usize,
    /// Where the page before ended.
    pub after: Option<After>,
}

impl Request<'_> {
    /// How near in meaning a hit must be.
    fn relevant(&self) -> f32 {
        self.threshold.unwrap_or(meaning::RELEVANT)
    }
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

/// Found by a `like:`.
#[derive(Debug, Clone, PartialEq)]
pub struct LikeEvidence {
    /// The entry it is like.
    pub entry: Uuid,
    /// Place in the list of those like it, from 1.
    pub rank: usize,
    /// Cosine of the two entries.
    pub similarity: f32,
    /// The passage that is nearest, in bytes of title, blank line and content.
    pub range: Range<usize>,
}

/// An entry that was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Hit {
    /// The entry.
    pub entry: Entry,
    /// What it was ranked by: the fused score, BM25, or the similarity. Nothing when only filters speak
    /// for it: such entries come last, newest first.
    pub score: Option<f64>,
    /// How its words speak for it.
    pub words: Option<WordEvidence>,
    /// How its meaning does.
    pub meaning: Option<MeaningEvidence>,
    /// The entry of the query that it is like.
    pub like: Option<LikeEvidence>,
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
    /// How the vectors were searched: exact, codes, codes+delta, hnsw, hnsw+delta.
    pub vectors: Option<&'static str>,
    /// The name of the model whose vectors they were.
    pub model: Option<String>,
    /// How the query was understood, in its canonical form.
    pub query: String,
    /// The nearest in meaning, when none was near enough.
    pub best: Option<(Uuid, f32)>,
    /// What could be asked instead, when nothing was found.
    pub suggestions: Vec<Suggestion>,
}

/// Looks.
///
/// # Errors
/// Usage when a field of the query has a wrong value; not found when there is no topic or entry that it
/// names. Model unavailable when only meaning was asked for and there is none to be had; corrupt when only
/// words were asked for and the index cannot be read or rebuilt.
pub fn search(parts: &mut Parts, request: &Request) -> Result<Found> {
    let question = Question::of(parts, request)?;
    let newer = match &request.after {
        Some(after) => parts.store.entries_added_since(after.position)?,
        None => HashSet::new(),
    };
    let head = parts.store.log_head()?;
    let mut depth = DEPTH;
    // Chosen once: every list of this answer is of one model.
    let mut chosen = None;
    let mut asked = ask(parts, request, &question, &newer, depth, &mut chosen)?;
    let mut reasons = std::mem::take(&mut asked.reasons);
    let mut ranked = asked.ranked();
    while asked.more && after(&ranked, request.after.as_ref()).len() <= request.limit {
        depth = depth.saturating_mul(2);
        asked = ask(parts, request, &question, &newer, depth, &mut chosen)?;
        let known: HashSet<Uuid> = ranked.iter().map(|(id, _)| *id).collect();
        ranked.extend(asked.ranked().into_iter().filter(|(id, _)| !known.contains(id)));
    }
    let position = match (&request.after, &asked.by_words) {
        (Some(after), _) => after.position,
        (None, Some(words)) => words.position,
        (None, None) => head,
    };
    let mode_used = asked.mode();
    let by_like = question.likes.first();
    let model_name = match &asked.by_meaning {
        Some(found) => found.model.clone(),
        None => by_like.and_then(|like| like.model.clone()),
    };
    let model = model_name.as_deref().map_or(0, mark);
    if request.after.as_ref().is_some_and(|after| ![0, model].contains(&after.model)) {
        reasons.push("another model ranked the pages before: what they showed may come again, or be missing".into());
    }
    let (word_ids, meaning_ids) = (asked.word_ids(), asked.meaning_ids());
    let suggestions = match ranked.is_empty() && request.after.is_none() {
        true => suggest::suggest(parts, request, &question, &asked, &mut chosen)?,
        false => Vec::new(),
    };
    let Asked { by_words, by_meaning, .. } = asked;
    let best = by_meaning.as_ref().and_then(|found| found.best).filter(|_| ranked.is_empty());
    let rest = after(&ranked, request.after.as_ref());
    let skipped = ranked.len() - rest.len();
    let mut rest = rest.iter().copied().enumerate();
    let mut highlighter = crate::index::text::Highlighter::new(&question.whole);
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
            .and_then(|(index, found)| evidence(index, found.nearest.get(index)?, &entry));
        let like = question.likes.iter().find_map(|like| {
            let index = like.nearest.iter().position(|near| near.subject == id)?;
            let Nearest { similarity, range, .. } = like.nearest[index].clone();
            Some(LikeEvidence { entry: like.entry, rank: index + 1, similarity, range })
        });
        let fragments = match (&words, &meaning, &like) {
            (None, None, Some(like)) => words::passage(&entry, &like.range, Some(&mut highlighter)),
            _ => words::fragments(&entry, &mut highlighter, meaning.as_ref().filter(|_| words.is_none())),
        };
        let last = ranked[..=skipped + place].iter().rev().take(NAMED).map(|(id, _)| *id).collect();
        let after = After { score, hits: last, model, position };
        let score = Some(score).filter(|_| mode_used != SearchMode::Filter && score != UNRANKED);
        hits.push(Hit { entry, score, words, meaning, like, fragments, after });
    }
    Ok(Found {
        more: rest.next().is_some(),
        hits,
        mode_requested: request.mode,
        mode_used,
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        vectors: by_meaning.as_ref().map(|found| found.how).or(by_like.map(|like| like.how)),
        model: model_name,
        query: question.whole.to_string(),
        best,
        suggestions,
    })
}

/// Tells names of models apart in a cursor.
fn mark(model: &str) -> u64 {
    let hash = text_hash(model, "");
    u64::from_str_radix(hash.get(..16).unwrap_or_default(), 16).unwrap_or(1).max(1)
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

/// There is no model, and what to do about it.
pub fn no_model() -> Error {
    Error::new(Kind::ModelUnavailable, "no embedding model is installed")
        .hint("`journal models install` says how to get one")
}
