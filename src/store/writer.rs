//! Writing entries inside one transaction, by the rules of the schema in words.

use super::topics::{self, TopicBook};
use super::value::timestamp;
use super::{Clock, sentiments};
use crate::error::{Error, Kind, Result};
use crate::journal::entry::{Entry, EntryTopic, MAX_TITLE, NewEntry, Sentiment, full_text};
use crate::journal::lexemes::fits_full_text;
use crate::journal::mood::{Mood, MoodSource};
use crate::journal::tag::tags;
use crate::journal::topic::check_name;
use chrono::{DateTime, NaiveDate, Utc};
use rusqlite::Connection;
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use uuid::Uuid;

/// What an edit changes; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Change {
    /// A new title; `Some(None)` takes it away.
    pub title: Option<Option<String>>,
    /// A new text.
    pub content: Option<String>,
    /// Another day.
    pub entry_date: Option<NaiveDate>,
    /// Another instant.
    pub written_at: Option<DateTime<Utc>>,
    /// Another zone.
    pub time_zone: Option<String>,
    /// Another mood and who says so; `Some(None)` takes it away.
    pub mood: Option<Option<(Mood, MoodSource)>>,
    /// Star on or off.
    pub starred: Option<bool>,
    /// Topics to attach.
    pub add_topics: Vec<String>,
    /// Topics to take off.
    pub remove_topics: Vec<String>,
    /// What the built-in model says about the new text.
    pub sentiments: Vec<Sentiment>,
}

/// SHA-256 of title and content, in hexadecimal.
pub fn content_hash(title: Option<&str>, content: &str) -> String {
    let digest = Sha256::digest(full_text(title, content).as_bytes());
    data_encoding::HEXLOWER.encode(&digest)
}

/// Writes entries inside one transaction.
pub struct EntryWriter<'a> {
    pub(super) connection: &'a Connection,
    pub(super) clock: Clock,
    pub(super) user: Uuid,
    pub(super) book: TopicBook,
    /// The entries that lines of this file stand for: each stands for one of its own.
    pub(super) used: HashSet<Uuid>,
}

impl<'a> EntryWriter<'a> {
    pub(super) fn new(connection: &'a Connection, clock: Clock, user: Uuid) -> Self {
        EntryWriter { connection, clock, user, book: TopicBook::new(user), used: HashSet::new() }
    }

    /// Begins another file: what is there now was there before it.
    pub fn begin_file(&mut self) {
        self.used.clear();
    }

    fn run(&self, sql: &str) -> Result<()> {
        self.connection.prepare_cached(sql)?.execute([])?;
        Ok(())
    }

    /// Writes an entry with its details, sentiments and topics.
    ///
    /// Everything that can be wrong with it is looked for before anything is written, so that nothing need be
    /// taken back: a savepoint for each entry copies every page it touches, a quarter of an import's time.
    ///
    /// # Errors
    /// Usage when the entry breaks a rule of the schema, naming the rule. After any other error the transaction
    /// must end.
    pub fn insert(&mut self, new: &NewEntry) -> Result<Uuid> {
        let topics = new.all_topics();
        check(new.title.as_deref(), &new.content)?;
        date_text(new.entry_date)?;
        topics.iter().try_for_each(|topic| check_name(&topic.name))?;
        sentiments::check_new(self.connection, &new.sentiments)?;
        self.insert_parts(new, &topics).map_err(|error| match error.kind() {
            Kind::Usage => Error::failure(format!("an entry was written in part: {error}")),
            _ => error,
        })
    }

    /// What is refused half way leaves nothing behind: the entries before it and after it stand.
    pub(super) fn all_or_nothing<T>(&mut self, work: impl FnOnce(&mut Self) -> Result<T>) -> Result<T> {
        self.run("SAVEPOINT entry")?;
        let outcome = work(self);
        if outcome.is_err() {
            self.run("ROLLBACK TO entry")?;
            // Topics that it made are gone again.
            self.book = TopicBook::new(self.user);
        }
        self.run("RELEASE entry")?;
        outcome
    }

    fn insert_parts(&mut self, new: &NewEntry, topics: &[EntryTopic]) -> Result<Uuid> {
        let now = (self.clock.now)();
        let created = new.created_at.unwrap_or(now);
        let id = new.id.unwrap_or_else(|| (self.clock.new_id)(created));
        self.connection
            .prepare_cached(
                "INSERT INTO journal_entries(id, user_id, title, content, entry_date, created_at, updated_at, mood_score)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            )?
            .execute((
                id.to_string(),
                self.user.to_string(),
                &new.title,
                &new.content,
                date_text(new.entry_date)?,
                timestamp(created),
                timestamp(new.updated_at.unwrap_or(created)),
                new.mood.map(Mood::value),
            ))?;
        self.connection
            .prepare_cached(
                "INSERT INTO entry_details(entry_id, written_at, time_zone, starred, mood_source, import_source, import_id,
                 metadata, content_hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )?
            .execute((
                id.to_string(),
                timestamp(new.written_at.unwrap_or(created)),
                new.time_zone.as_deref().unwrap_or("UTC"),
                new.starred,
                new.mood.and(new.mood_source).map(MoodSource::name),
                &new.import_source,
                &new.import_id,
                &new.metadata,
                content_hash(new.title.as_deref(), &new.content),
            ))?;
        for sentiment in &new.sentiments {
            sentiments::put(self.connection, id, sentiment, now)?;
        }
        for topic in topics {
            self.book.attach(self.connection, &self.clock, now, id, topic)?;
        }
        self.used.insert(id);
        Ok(id)
    }
}

/// The rules of the schema that a person can break, in words.
fn check(title: Option<&str>, content: &str) -> Result<()> {
    if content.trim_matches(' ').is_empty() {
        return Err(Error::usage("the entry is empty").hint("write something, or leave it be"));
    }
    for (what, text) in [("text", content), ("title", title.unwrap_or_default())] {
        if let Some(at) = text.find('\0') {
            return Err(Error::usage(format!("the {what} contains a NUL character at offset {at}"))
                .hint("is it really text? remove the NUL, for example with `tr -d '\\0'`"));
        }
    }
    if !fits_full_text(content) {
        return Err(Error::usage("the text has more different words than a full-text index holds (1 MB)")
            .hint("make two entries of it, or keep what is no prose in a file beside the journal"));
    }
    if title.is_some_and(|title| title.chars().count() > MAX_TITLE) {
        return Err(
            Error::usage(format!("the title is longer than {MAX_TITLE} characters")).hint("put the rest into the text")
        );
    }
    Ok(())
}

/// ISO, for years 1 to 9999: what both sides of the schema can hold.
fn date_text(date: NaiveDate) -> Result<String> {
    use chrono::Datelike;
    if !(1..=9999).contains(&date.year()) {
        return Err(Error::usage(format!("the year of {date} is outside 1 to 9999")));
    }
    Ok(date.format("%Y-%m-%d").to_string())
}

/// Changes an entry as asked, its tags with its text.
pub(super) fn apply(connection: &Connection, clock: Clock, current: &Entry, change: &Change) -> Result<()> {
    let title = change.title.clone().unwrap_or_else(|| current.title.clone());
    let content = change.content.as_deref().unwrap_or(&current.content);
    check(title.as_deref(), content)?;
    let now = (clock.now)();
    // A clock that stands still or runs back must not hide a change from replication.
    let updated = now.max(current.updated_at + chrono::Duration::microseconds(1));
    let mood = change.mood.unwrap_or(current.mood.zip(current.mood_source));
    let unsourced = change.mood.is_none() && current.mood_source.is_none();
    let score = if unsourced { current.mood } else { mood.map(|(mood, _)| mood) };
    let id = current.id.to_string();
    connection.execute(
        "UPDATE journal_entries SET title = ?2, content = ?3, entry_date = ?4, updated_at = ?5, mood_score = ?6 WHERE id = ?1",
        (&id, &title, content, date_text(change.entry_date.unwrap_or(current.entry_date))?, timestamp(updated), score.map(Mood::value)),
    )?;
    connection.execute(
        "INSERT INTO entry_details(entry_id, written_at, time_zone, starred, mood_source, content_hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO UPDATE SET written_at = excluded.written_at, time_zone = excluded.time_zone,
            starred = excluded.starred, mood_source = excluded.mood_source, content_hash = excluded.content_hash",
        (
            &id,
            timestamp(change.written_at.or(current.written_at).unwrap_or(current.created_at)),
            change.time_zone.as_deref().or(current.time_zone.as_deref()).unwrap_or("UTC"),
            change.starred.unwrap_or(current.starred),
            if unsourced { None } else { mood.map(|(_, source)| source.name()) },
            content_hash(title.as_deref(), content),
        ),
    )?;
    for sentiment in &change.sentiments {
        sentiments::put(connection, current.id, sentiment, now)?;
    }
    // A tag that stays in the text says nothing new: its topic may bear another name by now, or have been
    // taken off.
    let (old_tags, mut new_tags) = (tags(&current.content), tags(content));
    let fold_all = |tags: &[String]| tags.iter().map(|tag| topics::fold(tag)).collect::<Vec<_>>();
    let (old_folded, new_folded) = (fold_all(&old_tags), fold_all(&new_tags));
    new_tags.retain(|tag| !old_folded.contains(&topics::fold(tag)));
    let dropped = old_tags.into_iter().filter(|tag| !new_folded.contains(&topics::fold(tag)));
    let removed: Vec<String> = dropped.chain(change.remove_topics.iter().cloned()).collect();
    if removed.is_empty() && new_tags.is_empty() && change.add_topics.is_empty() {
        return Ok(());
    }
    let mut book = TopicBook::new(current.user_id);
    for name in removed {
        if let Some(topic) = book.find(connection, &name)? {
            topics::detach(connection, current.id, topic)?;
        }
    }
    for name in new_tags.into_iter().chain(change.add_topics.iter().cloned()) {
        check_name(&name)?;
        let topic = EntryTopic { name, relevance: Some(100), added_at: None, suggested_by: None };
        book.attach(connection, &clock, now, current.id, &topic)?;
    }
    Ok(())
}
