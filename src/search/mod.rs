//! From a question to a ranked list: by words, by meaning, or by both, with the evidence for each
//! hit, and with an honest word about what it had to do without.

pub mod fuse;
pub mod meaning;
pub mod snippet;
pub mod words;

use crate::cache::{Cache, Put};
use crate::config::SearchMode;
use crate::error::{Error, Kind, Result};
use crate::index::text::{Matched, TextIndex};
use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::query::Query;
use crate::model::{InstalledModel, ModelClient};
use crate::store::Store;
use meaning::{Meaning, Nearest};
use std::ops::Range;
use std::path::Path;
use uuid::Uuid;

/// How many hits of each list are fused, at least.
const DEPTH: usize = 200;

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
    /// The model, when one is installed.
    pub model: Option<&'a InstalledModel>,
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
    /// The last hit of the page before: its score and id.
    pub after: Option<(f64, Uuid)>,
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
}

/// Looks.
///
/// # Errors
/// Model unavailable when only meaning was asked for and there is none to be had; corrupt when only
/// words were asked for and the index cannot be read or rebuilt.
pub fn search(parts: &mut Parts, request: &Request) -> Result<Found> {
    let query = Query::parse(request.text);
    let depth = DEPTH.max(request.limit.saturating_mul(3));
    let mut reasons: Vec<String> = Vec::new();
    let mut without_words = None;
    let by_words = match request.mode {
        SearchMode::Meaning => None,
        _ => match words::find(parts, request, &query, depth) {
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
        _ => match ask_meaning(parts, request, &query, depth) {
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
    let mode_used = match (&by_words, &by_meaning) {
        (Some(_), Some(_)) => SearchMode::Hybrid,
        (None, Some(_)) => SearchMode::Meaning,
        _ => SearchMode::Words,
    };
    let word_ids: Vec<Uuid> = by_words.iter().flat_map(|found| found.hits.iter().map(|hit| hit.id)).collect();
    let meaning_ids: Vec<Uuid> =
        by_meaning.iter().flat_map(|found| found.nearest.iter().map(|near| near.subject)).collect();
    let ranked: Vec<(Uuid, f64)> = match mode_used {
        SearchMode::Hybrid => fuse::fuse(&[&word_ids, &meaning_ids]),
        SearchMode::Words => {
            by_words.iter().flat_map(|found| found.hits.iter().map(|hit| (hit.id, f64::from(hit.score)))).collect()
        }
        SearchMode::Meaning => by_meaning
            .iter()
            .flat_map(|found| found.nearest.iter().map(|near| (near.subject, f64::from(near.similarity))))
            .collect(),
    };
    let mut rest = after(ranked, request.after).into_iter();
    let mut highlighter = crate::index::text::Highlighter::new(&query);
    let mut hits = Vec::new();
    while hits.len() < request.limit {
        let Some((id, score)) = rest.next() else { break };
        // What has been deleted since the index looked is gone.
        let entry = match parts.store.entry(id) {
            Ok(entry) if entry.user_id == request.user => entry,
            Ok(_) => continue,
            Err(error) if error.kind() == Kind::NotFound => continue,
            Err(error) => return Err(error),
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
        hits.push(Hit { entry, score, words, meaning, fragments });
    }
    Ok(Found {
        more: rest.next().is_some(),
        hits,
        mode_requested: request.mode,
        mode_used,
        reason: (!reasons.is_empty()).then(|| reasons.join("; ")),
        vectors: by_meaning.map(|found| found.how),
    })
}

/// Goes on after the last hit of the page before.
fn after(ranked: Vec<(Uuid, f64)>, last: Option<(f64, Uuid)>) -> Vec<(Uuid, f64)> {
    let Some((score, id)) = last else { return ranked };
    match ranked.iter().position(|(known, _)| *known == id) {
        Some(index) => ranked.into_iter().skip(index + 1).collect(),
        // The last hit is gone: what scored less comes after it.
        None => ranked.into_iter().filter(|(_, other)| *other < score).collect(),
    }
}

fn evidence(index: usize, near: &Nearest, entry: &Entry) -> Option<MeaningEvidence> {
    let text = entry.full_text();
    // An entry that was edited a moment ago has another text than was analysed.
    let passage = text.get(near.range.clone())?.to_string();
    Some(MeaningEvidence { rank: index + 1, similarity: near.similarity, range: near.range.clone(), passage })
}

fn ask_meaning(parts: &mut Parts, request: &Request, query: &Query, depth: usize) -> Result<Meaning> {
    let model = parts.model.ok_or_else(|| no_model())?;
    let text = query.words_for_meaning();
    if text.is_empty() {
        return Ok(Meaning::nothing());
    }
    let (vector, put) = meaning::question(parts.cache, model, &text, parts.now, parts.connect)?;
    let excluded = words::excluded(parts, request, query)?;
    let filter = words::narrowed(request.filter, query);
    let mut found = meaning::nearest(parts, model, request.user, &filter, &vector, depth)?;
    found.nearest.retain(|near| near.similarity >= meaning::RELEVANT && !excluded.contains(&near.subject));
    // The question is likely to be asked again. How the cache fares is nobody's concern here.
    let _ = parts.cache.put_many(&put.into_iter().collect::<Vec<Put>>(), parts.now);
    Ok(found)
}

/// There is no model, and what to do about it.
pub fn no_model() -> Error {
    Error::new(Kind::ModelUnavailable, "no embedding model is installed")
        .hint("`journal models install` says how to get one")
}
