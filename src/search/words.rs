//! Looking by words: the text index, and what to show of a text.

use super::question::Question;
use super::{MeaningEvidence, Parts, Request, snippet};
use crate::error::{Error, Kind, Result};
use crate::follow;
use crate::index::text::{Highlighter, TextHit, TextRequest};
use crate::index::{LockWait, Progress};
use crate::journal::entry::Entry;
use crate::journal::log::Position;
use crate::journal::query::{Query, Scope};
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::time::Duration;
use uuid::Uuid;

/// How long a search waits for another process that is bringing the index up to date.
const PATIENCE: Duration = Duration::from_secs(5);

/// A passage is shown by its beginning.
pub const ONE_FRAGMENT: snippet::Limits = snippet::Limits { max_words: 35, min_words: 15, max_fragments: 1 };

/// What the words found.
#[derive(Debug)]
pub struct Words {
    /// Best first.
    pub hits: Vec<TextHit>,
    /// The query had nothing to look for: only stop words and punctuation.
    pub nothing_to_search: bool,
    /// What may be missing, and why.
    pub reason: Option<String>,
    /// Where the index stood.
    pub position: Position,
}

/// Brings the index up to date. Gives what may be missing and why, and the failure when there was one.
pub(super) fn bring_up(parts: &Parts) -> (Option<String>, Option<Error>) {
    if parts.store.log_head().is_ok_and(|head| parts.text.stands_at(head)) {
        return (None, None);
    }
    let mut progress = |progress: Progress| {
        (parts.catching_up)(progress.done, progress.total);
        Ok(())
    };
    match follow::catch_up_text(parts.data, parts.text, LockWait::UpTo(PATIENCE), &mut progress) {
        Ok(report) => (report.rebuilt.map(|why| format!("the text index was built anew: {why}")), None),
        Err(error) if error.kind() == Kind::Busy => (
            Some(
                "the text index is being brought up to date by another process: the newest entries may be missing"
                    .into(),
            ),
            None,
        ),
        Err(error) => (Some(format!("the text index could not be brought up to date: {error}")), Some(error)),
    }
}

impl Words {
    /// The hits with their scores.
    pub fn ranked(&self) -> Vec<(Uuid, f64)> {
        self.hits.iter().map(|hit| (hit.id, f64::from(hit.score))).collect()
    }
}

/// Brings the index up to date and asks it. The entries `without` are passed over, as if they were not
/// there.
///
/// # Errors
/// Corrupt when the index can neither be read nor rebuilt.
pub(super) fn find(
    parts: &Parts,
    request: &Request,
    question: &Question,
    without: &HashSet<Uuid>,
    limit: usize,
) -> Result<Words> {
    let (mut reason, failure) = bring_up(parts);
    let (query, filter) = (&question.query, &question.filter);
    let asked = TextRequest { user: request.user, query, filter, without, limit, relax: true };
    let results = match parts.text.search(&asked) {
        Ok(results) => results,
        Err(error) if error.kind() == Kind::Corrupt => {
            follow::rebuild_text(parts.data, parts.text, &mut |progress: Progress| {
                (parts.catching_up)(progress.done, progress.total);
                Ok(())
            })?;
            reason = Some(format!("the text index was built anew: {error}"));
            parts.text.search(&asked)?
        }
        // That there is no index follows from why none could be made.
        Err(error) if error.kind() == Kind::NotFound => return Err(failure.unwrap_or(error)),
        Err(error) => return Err(error),
    };
    // Building anew for the first time is how every index begins.
    let mut reason = reason.filter(|reason| !reason.ends_with("there was none"));
    if results.nothing_to_search {
        reason = reason.or_else(|| {
            Some(match question.whole.is_empty() {
                true => format!("there is nothing to look for in '{}'", request.text),
                false => format!("'{}' holds only words too common to be searched for", request.text),
            })
        });
    }
    Ok(Words { hits: results.hits, nothing_to_search: results.nothing_to_search, reason, position: results.position })
}

/// The entries of a user in which a query holds, by their words alone; nothing when it says nothing, as stop words do.
///
/// # Errors
/// As [`find`].
pub(super) fn written(parts: &Parts, request: &Request, query: &Query) -> Result<Option<BTreeSet<Uuid>>> {
    let asked = TextRequest {
        user: request.user,
        query,
        filter: request.filter,
        without: &HashSet::new(),
        limit: 1_000_000,
        relax: false,
    };
    let found = parts.text.search(&asked)?;
    Ok((!found.nothing_to_search).then(|| found.hits.into_iter().map(|hit| hit.id).collect()))
}

/// What to show of an entry: where its words match, or the passage that is close in meaning, or its
/// first words.
pub fn fragments(
    entry: &Entry,
    highlighter: &mut Highlighter,
    meaning: Option<&MeaningEvidence>,
) -> Vec<snippet::Fragment> {
    match meaning {
        Some(meaning) => passage(entry, &meaning.range, Some(highlighter)),
        None => {
            let ranges = highlighter.ranges(Scope::Content, &entry.content);
            snippet::snippet(&entry.content, &ranges, snippet::Limits::default()).fragments
        }
    }
}

/// The beginning of a passage of the analysed text, with what matches in it. That text begins with the
/// title, which is shown anyway.
pub fn passage(entry: &Entry, range: &Range<usize>, highlighter: Option<&mut Highlighter>) -> Vec<snippet::Fragment> {
    let before = entry.full_text().len() - entry.content.len();
    let within = range.start.saturating_sub(before)..range.end.saturating_sub(before);
    let text = entry.content.get(within).filter(|text| !text.trim().is_empty()).unwrap_or(&entry.content);
    let ranges = highlighter.map(|highlighter| highlighter.ranges(Scope::Content, text)).unwrap_or_default();
    snippet::snippet(text, &ranges, ONE_FRAGMENT).fragments
}
