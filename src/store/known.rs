//! Entries that an import brings again: whether they are there, whether they differ, and what an update
//! of them writes.

use super::row::{gone, read};
use super::topics::{self, TopicBook};
use super::value::{read_uuid, timestamp};
use super::writer::{Change, EntryWriter, apply, content_hash};
use crate::error::{Error, Result};
use crate::journal::entry::{Entry, Given, NewEntry, Sentiment};
use crate::journal::mood::MoodSource;
use crate::journal::topic::check_name;
use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;
use uuid::Uuid;

/// Whether an entry is new to the journal.
#[derive(Debug, Clone, PartialEq)]
pub enum Known {
    /// Nothing like it is there.
    New,
    /// The same entry is there, equal in every field that is given.
    Same(Uuid),
    /// The entry is there and differs.
    Changed(Uuid),
}

impl EntryWriter<'_> {
    /// Whether an entry is there already: by its id, by where it was imported from, or else by date,
    /// title and text. Of several equal entries in one file, as many are there as were there before
    /// the file: someone may write the same line twice on one day.
    pub fn known(&mut self, new: &NewEntry, given: Given) -> Result<Known> {
        let has_origin = new.id.is_some() || new.import_id.is_some();
        let candidates = if has_origin { self.same_origin(new)?.into_iter().collect() } else { self.equal(new)? };
        let mut known = Known::New;
        for id in candidates {
            let entry = read(self.connection, id)?.ok_or_else(|| Error::failure("an entry vanished"))?;
            if entry.user_id != self.user {
                return Err(Error::usage(format!("the id {id} belongs to an entry of another user")));
            }
            if !differs(&entry, new, given) {
                known = Known::Same(id);
                break;
            }
            if known == Known::New {
                known = Known::Changed(id);
            }
        }
        if let Known::Same(id) | Known::Changed(id) = known {
            self.used.insert(id);
        }
        Ok(known)
    }

    /// The entry with this id, or imported from the same place.
    fn same_origin(&self, new: &NewEntry) -> Result<Option<Uuid>> {
        let found = match (&new.id, &new.import_source, &new.import_id) {
            (Some(id), _, _) => self
                .connection
                .prepare_cached("SELECT id FROM journal_entries WHERE id = ?1")?
                .query_row([id.to_string()], |row| row.get::<_, String>(0))
                .optional()?,
            (None, Some(source), Some(source_id)) => self
                .connection
                .prepare_cached(
                    "SELECT d.entry_id FROM entry_details d JOIN journal_entries e ON e.id = d.entry_id
                     WHERE d.import_source = ?1 AND d.import_id = ?2 AND +e.user_id = ?3",
                )?
                .query_row((source, source_id, self.user.to_string()), |row| row.get::<_, String>(0))
                .optional()?,
            _ => None,
        };
        found.map(|id| read_uuid(&id)).transpose()
    }

    /// The entries of this date, title and text that no line of the file stands for yet.
    fn equal(&self, new: &NewEntry) -> Result<Vec<Uuid>> {
        // A text that another client has changed has no hash.
        let mut statement = self.connection.prepare_cached(
            "SELECT e.id FROM entry_details d JOIN journal_entries e ON e.id = d.entry_id
             WHERE (d.content_hash = ?1 OR d.content_hash IS NULL)
             AND +e.user_id = ?2 AND +e.entry_date = ?3 AND e.title IS ?4 AND e.content = ?5 ORDER BY e.id",
        )?;
        let hash = content_hash(new.title.as_deref(), &new.content);
        let mut rows =
            statement.query((hash, self.user.to_string(), new.entry_date.to_string(), &new.title, &new.content))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        ids.retain(|id| !self.used.contains(id));
        Ok(ids)
    }

    /// Changes an entry that is there to what an import brings: every field that is given. What models
    /// said of another text gives way to the sentiments and the inferred mood of `new`.
    pub fn update(&mut self, id: Uuid, new: &NewEntry, given: Given) -> Result<()> {
        self.all_or_nothing(|writer| writer.update_parts(id, new, given))
    }

    fn update_parts(&mut self, id: Uuid, new: &NewEntry, given: Given) -> Result<()> {
        let now = (self.clock.now)();
        let current = read(self.connection, id)?.ok_or_else(|| gone(id))?;
        let title = if given.title { new.title.clone() } else { current.title.clone() };
        let rewritten = new.content != current.content;
        // What models said of title and text is forgotten with them, by trigger.
        let forgotten = rewritten || title != current.title;
        let there = current.mood.zip(current.mood_source);
        let mood = match given.mood {
            true if new.mood == current.mood && !given.mood_source => there,
            true => new.mood.zip(new.mood_source),
            // Without a word about it in the file, a mood that was inferred follows the text.
            false if rewritten && is_inferred(&current) => new.mood.zip(new.mood_source),
            false => there,
        };
        let is_there = |new: &&Sentiment| current.sentiments.iter().any(|there| says_the_same(there, new));
        let change = Change {
            title: Some(title),
            content: Some(new.content.clone()),
            entry_date: Some(new.entry_date),
            written_at: new.written_at,
            time_zone: new.time_zone.clone(),
            mood: if mood == there { None } else { Some(mood) },
            starred: given.starred.then_some(new.starred),
            add_topics: Vec::new(),
            remove_topics: Vec::new(),
            sentiments: new.sentiments.iter().filter(|new| forgotten || !is_there(new)).cloned().collect(),
        };
        apply(self.connection, self.clock, &current, &change)?;
        // The text may have brought topics that the book does not know.
        self.book = TopicBook::new(self.user);
        self.connection
            .prepare_cached(
                "UPDATE journal_entries SET created_at = coalesce(?2, created_at), updated_at = coalesce(?3, updated_at)
                 WHERE id = ?1 AND (?2 IS NOT NULL OR ?3 IS NOT NULL)",
            )?
            .execute((id.to_string(), new.created_at.map(timestamp), new.updated_at.map(timestamp)))?;
        let or_current = |given: bool, new: &Option<String>, current: &Option<String>| {
            if given { new.clone() } else { current.clone() }
        };
        self.connection
            .prepare_cached(
                "UPDATE entry_details SET import_source = ?2, import_id = ?3, metadata = ?4 WHERE entry_id = ?1
                 AND (import_source IS NOT ?2 OR import_id IS NOT ?3 OR metadata IS NOT ?4)",
            )?
            .execute((
                id.to_string(),
                or_current(given.import_source, &new.import_source, &current.import_source),
                or_current(given.import_id, &new.import_id, &current.import_id),
                or_current(given.metadata, &new.metadata, &current.metadata),
            ))?;
        if given.topics {
            let topics = new.all_topics();
            topics.iter().try_for_each(|topic| check_name(&topic.name))?;
            let (connection, clock) = (self.connection, self.clock);
            self.book.set(connection, &clock, now, id, &topics)?;
        }
        Ok(())
    }
}

/// Whether what an import gives is not what is there.
fn differs(entry: &Entry, new: &NewEntry, given: Given) -> bool {
    // As they are stored: with microseconds.
    let other_time = |new: Option<DateTime<Utc>>, there: Option<DateTime<Utc>>| {
        new.is_some_and(|new| Some(timestamp(new)) != there.map(timestamp))
    };
    entry.content != new.content
        || entry.entry_date != new.entry_date
        || given.title && entry.title != new.title
        || given.mood && entry.mood != new.mood
        || given.mood_source && entry.mood_source != new.mood_source
        || given.starred && entry.starred != new.starred
        || other_time(new.created_at, Some(entry.created_at))
        || other_time(new.updated_at, Some(entry.updated_at))
        || other_time(new.written_at, entry.written_at)
        || new.time_zone.is_some() && entry.time_zone != new.time_zone
        || given.import_source && entry.import_source != new.import_source
        || given.import_id && entry.import_id != new.import_id
        || given.metadata && !same_json(entry.metadata.as_deref(), new.metadata.as_deref())
        || given.topics
            && !topics::are_same(&new.all_topics(), &entry.topics)
            && !topics::are_same(&new.topics, &entry.topics)
        || new.sentiments.iter().any(|new| !entry.sentiments.iter().any(|there| says_the_same(there, new)))
}

/// Whether a mood is what a model thinks, or none.
fn is_inferred(entry: &Entry) -> bool {
    entry.mood.is_none() || entry.mood_source == Some(MoodSource::Model)
}

fn says_the_same(there: &Sentiment, new: &Sentiment) -> bool {
    there.model_name == new.model_name
        && (&there.label, there.confidence) == (&new.label, new.confidence)
        && same_json(there.emotions.as_deref(), new.emotions.as_deref())
        && new.analyzed_at.is_none_or(|at| Some(timestamp(at)) == there.analyzed_at.map(timestamp))
}

/// Whether two JSON texts mean the same, however they are spaced.
fn same_json(one: Option<&str>, other: Option<&str>) -> bool {
    let (Some(one), Some(other)) = (one, other) else { return one == other };
    let parse = |text| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || parse(one).is_some_and(|one| Some(one) == parse(other))
}
