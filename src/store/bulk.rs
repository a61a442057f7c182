//! Many moods or judgements in one transaction, as the architecture's bulk operations write them.

use super::row::read;
use super::writer::{Change, apply};
use super::{Store, sentiments};
use crate::error::Result;
use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, MoodSource};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

/// A mood for an entry that has not been changed since it was seen.
#[derive(Debug, Clone, PartialEq)]
pub struct MoodUpdate {
    /// The entry.
    pub entry: Uuid,
    /// Its new mood; `None` takes it away.
    pub mood: Option<Mood>,
    /// `updated_at` of the entry as it was seen.
    pub seen: DateTime<Utc>,
}

/// An update that came too late: the entry has been changed since.
#[derive(Debug, Clone, PartialEq)]
pub struct Stale {
    /// The update.
    pub update: MoodUpdate,
    /// When the entry was changed.
    pub updated_at: DateTime<Utc>,
    /// The mood it has.
    pub mood: Option<Mood>,
}

/// What became of a bulk write.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bulk {
    /// Entries that were written.
    pub written: Vec<Uuid>,
    /// Entries that were so already.
    pub unchanged: Vec<Uuid>,
    /// Updates that were not applied.
    pub stale: Vec<Stale>,
    /// Entries that are not there, or belong to somebody else.
    pub missing: Vec<Uuid>,
}

impl Store {
    /// Sets moods as the writer's own, in one transaction and one step of undo. An update of an entry
    /// that has been changed since it was seen is reported and not applied (optimistic locking).
    pub fn set_moods(&mut self, user: Uuid, updates: &[MoodUpdate], dry_run: bool) -> Result<Bulk> {
        let clock = self.clock;
        let work = |connection: &Connection| {
            let mut bulk = Bulk::default();
            for update in updates {
                let Some(entry) = read(connection, update.entry)?.filter(|entry| entry.user_id == user) else {
                    bulk.missing.push(update.entry);
                    continue;
                };
                if entry.updated_at != update.seen {
                    let (updated_at, mood) = (entry.updated_at, entry.mood);
                    bulk.stale.push(Stale { update: update.clone(), updated_at, mood });
                    continue;
                }
                let said = update.mood.map(|mood| (mood, MoodSource::User));
                if said == entry.mood.zip(entry.mood_source) {
                    bulk.unchanged.push(entry.id);
                    continue;
                }
                apply(connection, clock, &entry, &Change { mood: Some(said), ..Change::default() })?;
                bulk.written.push(entry.id);
            }
            let summary = summary(&bulk, "moods set");
            Ok((bulk, summary))
        };
        if dry_run { self.rehearse(work) } else { self.write(Some((user, "bulk moods")), work) }
    }

    /// Keeps what models said about entries, in one transaction and one step of undo; what the same
    /// model said before gives way.
    pub fn put_sentiments(&mut self, user: Uuid, judged: &[(Uuid, Sentiment)], dry_run: bool) -> Result<Bulk> {
        let now = (self.clock.now)();
        let work = |connection: &Connection| {
            let mut bulk = Bulk::default();
            for (id, sentiment) in judged {
                let Some(entry) = read(connection, *id)?.filter(|entry| entry.user_id == user) else {
                    bulk.missing.push(*id);
                    continue;
                };
                let known = entry.sentiments.iter().find(|known| known.model_name == sentiment.model_name);
                let same = known.is_some_and(|known| {
                    let at = sentiment.analyzed_at.or(known.analyzed_at);
                    *known == Sentiment { id: known.id, analyzed_at: at, ..sentiment.clone() }
                });
                if same {
                    bulk.unchanged.push(*id);
                } else {
                    sentiments::put(connection, *id, sentiment, now)?;
                    bulk.written.push(*id);
                }
            }
            let summary = summary(&bulk, "sentiments kept");
            Ok((bulk, summary))
        };
        if dry_run { self.rehearse(work) } else { self.write(Some((user, "bulk sentiments")), work) }
    }
}

fn summary(bulk: &Bulk, what: &str) -> String {
    if bulk.written.is_empty() { String::new() } else { format!("{} {what}", bulk.written.len()) }
}
