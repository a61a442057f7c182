//! Looking by words: the text index, and what to show of a text.

use super::{MeaningEvidence, Parts, Request, snippet};
use crate::error::{Kind, Result};
use crate::follow;
use crate::index::text::{Highlighter, TextHit, TextRequest};
use crate::index::{LockWait, Progress};
use crate::journal::entry::Entry;
use crate::journal::filter::{Filter, TopicTest};
use crate::journal::log::Position;
use crate::journal::query::{Query, Scope};
use std::collections::HashSet;
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
    /// What may be missing, and why.
    pub reason: Option<String>,
    /// Where the index stood.
    pub position: Position,
}

/// Brings the index up to date and asks it. The entries `without` are passed over, as if they were not
/// there.
///
/// # Errors
/// Corrupt when the index can neither be read nor rebuilt.
pub fn find(parts: &Parts, request: &Request, query: &Query, without: &HashSet<Uuid>, limit: usize) -> Result<Words> {
    let mut failure = None;
    let mut progress = |progress: Progress| {
        (parts.catching_up)(progress.done, progress.total);
        Ok(())
    };
    let mut reason = match follow::catch_up_text(parts.data, parts.text, LockWait::UpTo(PATIENCE), &mut progress) {
        Ok(report) => report.rebuilt.map(|why| format!("the text index was built anew: {why}")),
        Err(error) if error.kind() == Kind::Busy => Some(
            "the text index is being brought up to date by another process: the newest entries may be missing".into(),
        ),
        Err(error) => {
            let reason = format!("the text index could not be brought up to date: {error}");
            failure = Some(error);
            Some(reason)
        }
    };
    let asked = TextRequest { user: request.user, query, filter: request.filter, without, limit, relax: true };
    let results = match parts.text.search(&asked) {
        Ok(results) => results,
        Err(error) if error.kind() == Kind::Corrupt => {
            follow::rebuild_text(parts.data, parts.text, &mut progress)?;
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
        reason = reason.or_else(|| Some(format!("'{}' holds only words too common to be searched for", request.text)));
    }
    Ok(Words { hits: results.hits, reason, position: results.position })
}

/// The entries that the negated parts of a query keep out.
pub fn excluded(parts: &Parts, request: &Request, query: &Query) -> Result<HashSet<Uuid>> {
    let mut ids = HashSet::new();
    for negated in query.excluded() {
        let asked = TextRequest {
            user: request.user,
            query: &negated,
            filter: request.filter,
            without: &HashSet::new(),
            limit: 1_000_000,
            relax: false,
        };
        ids.extend(parts.text.search(&asked)?.hits.into_iter().map(|hit| hit.id));
    }
    Ok(ids)
}

/// The filter, and the topics that the query itself asks for.
pub fn narrowed(filter: &Filter, query: &Query) -> Filter {
    let mut filter = filter.clone();
    filter
        .topics
        .extend(query.required_topics().into_iter().map(|name| TopicTest { any_of: vec![name], negated: false }));
    filter
}

/// What to show of an entry: where its words match, or the passage that is close in meaning, or its
/// first words.
pub fn fragments(
    entry: &Entry,
    highlighter: &mut Highlighter,
    meaning: Option<&MeaningEvidence>,
) -> Vec<snippet::Fragment> {
    match meaning {
        Some(meaning) => passage(entry, &meaning.range),
        None => {
            let ranges = highlighter.ranges(Scope::Content, &entry.content);
            snippet::snippet(&entry.content, &ranges, snippet::Limits::default()).fragments
        }
    }
}

/// The beginning of a passage of the analysed text. That text begins with the title, which is shown
/// anyway.
pub fn passage(entry: &Entry, range: &Range<usize>) -> Vec<snippet::Fragment> {
    let before = entry.full_text().len() - entry.content.len();
    let within = range.start.saturating_sub(before)..range.end.saturating_sub(before);
    let text = entry.content.get(within).filter(|text| !text.trim().is_empty()).unwrap_or(&entry.content);
    snippet::snippet(text, &[], ONE_FRAGMENT).fragments
}
