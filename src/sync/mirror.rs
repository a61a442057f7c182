//! What the mirrors of the journal have in common: Redis and Chroma follow the change log as every projection
//! does, with a cursor of their own, up to the row that the deployment's PostgreSQL has taken.
//!
//! A mirror that is away, or fails in the middle, is behind and nothing else: its cursor moves when it has
//! taken everything, and taking a row twice changes nothing.

use crate::error::{Error, Kind, Result};
use crate::index::vector::{Collection, normalise};
use crate::journal::log::Position;
use crate::journal::passage::model_of;
use crate::store::{Followed, Snapshot, Span, Store};
use chrono::{DateTime, Utc};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use uuid::Uuid;

/// What a mirror needs to follow.
pub struct Job<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// Where the cursors are kept.
    pub store: &'a mut Store,
    /// The last row of the change log to take: the one that PostgreSQL has come to.
    pub to: Position,
    /// Whose rows go there.
    pub owners: &'a BTreeSet<Uuid>,
    /// The name that the passages of each collection are kept under by the model that reads it.
    pub readers: &'a [(Collection, String)],
    /// The judge that reads an entry without its title, by name.
    pub reads_content: &'a str,
    /// The time.
    pub now: DateTime<Utc>,
    /// Only ask, and count what would be done.
    pub dry_run: bool,
    /// Set by Ctrl-C: stop before the next batch.
    pub interrupted: &'a AtomicBool,
    /// Told what is being done, how much of it is, and of how much.
    pub progress: &'a mut dyn FnMut(&str, u64, u64),
}

impl Job<'_> {
    /// A view of the journal, where the mirror of this name stands in it, and the rows it has still to take.
    pub(super) fn open(&self, name: &str) -> Result<(Snapshot, Option<Followed>, Span)> {
        let snapshot = Store::snapshot(self.data, "mirrors")?;
        let followed = snapshot.followed(name)?;
        let after = followed.as_ref().map(|followed| followed.position.seq);
        Ok((snapshot, followed, Span { after, to: self.to.seq }))
    }

    /// Ends the work when Ctrl-C was pressed, or else says how far it is.
    pub(super) fn step(&mut self, doing: &str, done: usize, total: usize) -> Result<()> {
        if self.interrupted.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Interrupted, "interrupted")
                .hint("what was sent stays; the next `journal sync` goes on"));
        }
        (self.progress)(doing, done as u64, total as u64);
        Ok(())
    }

    /// The name under which the passages of a collection are kept by the model that answers for it: the one
    /// that reads it when it has read as much as any other, else the one which has read most. As long as a
    /// change of the model is under way, that is the old one, as for `journal similar`.
    pub(super) fn answering(&self, snapshot: &Snapshot, collection: Collection) -> Result<Option<String>> {
        let wanted = self.readers.iter().find(|(reads, _)| *reads == collection).map(|(_, kept)| kept);
        let mut best: Option<(u64, bool, String)> = None;
        for name in snapshot.passage_names(collection.name())? {
            let count = snapshot.analysed(collection.name(), &name)?;
            let found = (count, Some(&name) == wanted, name);
            if best.as_ref().is_none_or(|best| found > *best) {
                best = Some(found);
            }
        }
        if let (Some(wanted), Some((_, false, other))) = (wanted, &best)
            && snapshot.analysed(collection.name(), wanted)? > 0
            && snapshot.covers(collection.name(), wanted, other)?
        {
            return Ok(Some(wanted.clone()));
        }
        Ok(best.map(|(.., name)| name))
    }
}

/// The vector that stands for a whole text: the mean of its passages at length one. The vector of a text with
/// one passage is that of the passage, number for number.
pub(super) fn mean<'a>(passages: impl ExactSizeIterator<Item = &'a [f32]>) -> Option<Vec<f32>> {
    let count = passages.len();
    let mut sum: Vec<f32> = Vec::new();
    for vector in passages {
        if sum.is_empty() {
            sum = vector.to_vec();
        } else {
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
        }
    }
    match count {
        0 => None,
        1 => Some(sum),
        _ => normalise(&sum),
    }
}

/// The model's name in the name that its passages are kept under.
pub(super) fn model_name(kept: &str) -> &str {
    model_of(kept)
}

/// A URL without one of the settings in its query, and what that is set to.
pub(super) fn parted(url: &str, setting: &str) -> (String, Option<String>) {
    let Some((address, query)) = url.split_once('?') else { return (url.to_string(), None) };
    let value = |pair: &str| Some(pair.strip_prefix(setting)?.strip_prefix('=')?.to_string());
    let found = query.split('&').find_map(value);
    let rest: Vec<&str> = query.split('&').filter(|pair| value(pair).is_none()).collect();
    let plain = if rest.is_empty() { address.to_string() } else { format!("{address}?{}", rest.join("&")) };
    (plain, found)
}

/// A time that a URL gives in seconds; an hour at most.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    text.parse().ok().filter(|seconds| (1..=3600).contains(seconds)).map(Duration::from_secs)
}

/// What is known of a mirror without sending anything there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// How many rows of the change log it has still to take; nothing when it has to take everything.
    pub behind: Option<u64>,
    /// When it last took everything there was.
    pub at: Option<DateTime<Utc>>,
}

/// Where the mirror of this name stands.
///
/// # Errors
/// What the database fails with.
pub fn standing(store: &Store, name: &str) -> Result<Standing> {
    Ok(match store.followed(name)? {
        Some(followed) => Standing { behind: Some(store.log_rows_after(followed.position.seq)?), at: followed.at },
        None => Standing { behind: None, at: None },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_is_taken_out_of_a_url() {
        let parts = |url, setting| {
            let (plain, value) = parted(url, setting);
            (plain, value.unwrap_or_default())
        };
        let both = "rediss://h?sslrootcert=/ca&protocol=3";
        assert_eq!(parts(both, "sslrootcert"), ("rediss://h?protocol=3".into(), "/ca".into()));
        assert_eq!(parts(both, "timeout"), (both.into(), String::new()));
        assert_eq!(parts("http://h/?timeout=5", "timeout"), ("http://h/".into(), "5".into()));
        assert_eq!(parts("http://h?timeouts=5", "timeout"), ("http://h?timeouts=5".into(), String::new()));
    }
}
