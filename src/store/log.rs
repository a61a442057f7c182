//! The change log as history: versions of an entry, operations that can be undone.

use super::Store;
use super::row::read;
use super::value::{read_timestamp, read_uuid, timestamp};
use crate::error::{Error, Result};
use crate::journal::log::Position;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashSet;
use uuid::Uuid;

/// One command that wrote: the unit of undo.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Number, rising.
    pub id: i64,
    /// When it was committed.
    pub at: DateTime<Utc>,
    /// The verb: add, edit, delete, import, undo, redo.
    pub command: String,
    /// What it did, in words.
    pub summary: String,
    /// The operation it took back.
    pub undoes: Option<i64>,
    /// Whether it has been taken back.
    pub undone: bool,
}

/// An entry as it was at some time.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// 1 is the oldest.
    pub number: usize,
    /// When this version was written.
    pub at: Option<DateTime<Utc>>,
    /// Its title.
    pub title: Option<String>,
    /// Its text.
    pub content: String,
    /// Its day.
    pub entry_date: String,
    /// Its mood.
    pub mood_score: Option<f64>,
    /// `journal_entries.updated_at` as it stood then.
    pub updated_at: Option<String>,
    /// When it gave way; absent for the version that stands.
    pub until: Option<DateTime<Utc>>,
    /// Whether it gave way because the entry was deleted.
    pub deleted: bool,
}

/// The number of the last row of the log, also when the log has been pruned.
pub(super) fn last_seq(connection: &Connection) -> Result<i64> {
    Ok(connection
        .prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = 'change_log'")?
        .query_row([], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}

/// The last row of the log.
pub(super) fn head(connection: &Connection) -> Result<Position> {
    Ok(connection
        .prepare_cached("SELECT seq, nonce FROM change_log ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| Ok(Position { seq: row.get(0)?, nonce: row.get(1)? }))
        .optional()?
        .unwrap_or(Position::START))
}

/// Whether a projection that stands here can go on from here: the row is there, bears this nonce, and
/// no migration has changed since what the projection holds.
pub(super) fn holds(connection: &Connection, projection: &str, position: Position) -> Result<bool> {
    if position == Position::START {
        return Ok(true);
    }
    let valid_from: i64 = connection
        .prepare_cached("SELECT valid_from FROM projection_state WHERE name = ?1")?
        .query_row([projection], |row| row.get(0))
        .optional()?
        .unwrap_or(0);
    let nonce: Option<i64> = connection
        .prepare_cached("SELECT nonce FROM change_log WHERE seq = ?1")?
        .query_row([position.seq], |row| row.get(0))
        .optional()?;
    Ok(position.seq >= valid_from && nonce == Some(position.nonce))
}

pub(super) fn record(
    connection: &Connection,
    user: Uuid,
    command: &str,
    summary: &str,
    first: i64,
    last: i64,
) -> Result<i64> {
    connection
        .prepare_cached(
            "INSERT INTO operations(user_id, command, summary, first_seq, last_seq) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute((user.to_string(), command, summary, first, last))?;
    Ok(connection.last_insert_rowid())
}

/// Operation columns, with whether the operation stands undone: taken back by an undo that was not
/// itself taken back by a redo.
pub(super) const OPERATIONS: &str = "SELECT o.id, o.at, o.command, o.summary, o.undoes,
    EXISTS (SELECT 1 FROM operations u WHERE u.undoes = o.id
        AND NOT EXISTS (SELECT 1 FROM operations r WHERE r.undoes = u.id)) AS undone,
    o.first_seq, o.last_seq FROM operations o";

pub(super) fn operation(row: &rusqlite::Row) -> Result<Operation> {
    Ok(Operation {
        id: row.get(0)?,
        at: read_timestamp(&row.get::<_, String>(1)?)?,
        command: row.get(2)?,
        summary: row.get(3)?,
        undoes: row.get(4)?,
        undone: row.get(5)?,
    })
}

impl Store {
    /// The last row of the change log.
    pub fn log_head(&self) -> Result<Position> {
        head(&self.connection)
    }

    /// The entries that were not there when the log stood here. None when this log never stood here.
    pub fn entries_added_since(&self, position: Position) -> Result<HashSet<Uuid>> {
        if !holds(&self.connection, "", position)? {
            return Ok(HashSet::new());
        }
        // Of a bare column beside min(), SQLite gives the value of that row. An entry whose first change
        // is another one was there, whatever came of it.
        let mut statement = self.connection.prepare_cached(
            "SELECT row_id, op, min(seq) FROM change_log WHERE seq > ?1 AND +table_name = 'journal_entries'
             GROUP BY row_id",
        )?;
        let mut rows = statement.query([position.seq])?;
        let mut added = HashSet::new();
        while let Some(row) = rows.next()? {
            if row.get_ref(1)?.as_str().is_ok_and(|op| op == "insert") {
                added.insert(read_uuid(&row.get::<_, String>(0)?)?);
            }
        }
        Ok(added)
    }

    /// How many entries rows after `seq` touch.
    pub fn entries_changed_since(&self, seq: i64) -> Result<u64> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT count(DISTINCT substr(row_id, 1, 36)) FROM change_log
                 WHERE seq > ?1 AND +table_name IN ('journal_entries', 'entry_details', 'entry_topics')",
            )?
            .query_row([seq], |row| row.get(0))?)
    }

    /// The last operations of a user, newest first.
    pub fn operations(&self, user: Uuid, limit: usize) -> Result<Vec<Operation>> {
        let mut statement =
            self.connection.prepare(&format!("{OPERATIONS} WHERE o.user_id = ?1 ORDER BY o.id DESC LIMIT ?2"))?;
        let mut rows = statement.query((user.to_string(), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(operation(row)?);
        }
        Ok(found)
    }

    /// Every version of an entry that differs in title, text, day or mood, oldest first; also of an
    /// entry that is deleted. A mood that a model gave or changed later belongs to the version it is of.
    pub fn versions(&self, id: Uuid) -> Result<Vec<Version>> {
        let mut statement = self.connection.prepare(
            "SELECT at, op, before FROM change_log WHERE table_name = 'journal_entries' AND row_id = ?1 ORDER BY seq",
        )?;
        let mut rows = statement.query([id.to_string()])?;
        let mut versions: Vec<Version> = Vec::new();
        let mut since = None;
        while let Some(row) = rows.next()? {
            let at = read_timestamp(&row.get::<_, String>(0)?)?;
            let op: String = row.get(1)?;
            if let Some(before) = row.get::<_, Option<String>>(2)? {
                let mut version = past_version(&before)?;
                (version.at, version.until, version.deleted) = (since, Some(at), op == "delete");
                push(&mut versions, version);
            }
            since = Some(at);
        }
        if let Some(entry) = read(&self.connection, id)? {
            push(
                &mut versions,
                Version {
                    number: 0,
                    at: since,
                    title: entry.title,
                    content: entry.content,
                    entry_date: entry.entry_date.to_string(),
                    mood_score: entry.mood.map(|mood| mood.value()),
                    updated_at: Some(timestamp(entry.updated_at)),
                    until: None,
                    deleted: false,
                },
            );
        }
        for (index, version) in versions.iter_mut().enumerate() {
            version.number = index + 1;
        }
        Ok(versions)
    }

    /// The deleted entry of a user that a person means by an id or its tail.
    pub fn resolve_deleted(&self, user: Uuid, text: &str) -> Result<Option<Uuid>> {
        let wanted = crate::journal::id::IdText::parse(text)?;
        let mut statement = self.connection.prepare(
            "SELECT DISTINCT row_id FROM change_log WHERE table_name = 'journal_entries' AND op = 'delete'
             AND substr(row_id, 32) = ?1 AND json_extract(before, '$.user_id') = ?2",
        )?;
        let mut rows = statement.query((wanted.hex_tail(), user.to_string()))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        found.retain(|id| wanted.matches(*id));
        match found[..] {
            [id] => Ok(Some(id)),
            [] => Ok(None),
            _ => Err(Error::usage(format!("'{text}' names {} deleted entries", found.len())).hint("use a longer id")),
        }
    }
}

/// A version equal to the one before it only lengthens that one. So does one that was not changed by
/// anybody but has another mood: a model gave it (see [`super::moods`]).
fn push(versions: &mut Vec<Version>, version: Version) {
    if let Some(last) = versions.last_mut()
        && !last.deleted
        && (&last.title, &last.content, &last.entry_date) == (&version.title, &version.content, &version.entry_date)
        && (last.mood_score == version.mood_score || last.updated_at == version.updated_at)
    {
        (last.until, last.deleted) = (version.until, version.deleted);
        (last.mood_score, last.updated_at) = (version.mood_score, version.updated_at);
        return;
    }
    versions.push(version);
}

fn past_version(before: &str) -> Result<Version> {
    let image: serde_json::Value = serde_json::from_str(before)
        .map_err(|error| Error::failure("the change log holds an image that cannot be read").source(error))?;
    let text = |name: &str| image[name].as_str().map(str::to_string);
    Ok(Version {
        number: 0,
        at: None,
        title: text("title"),
        content: text("content").unwrap_or_default(),
        entry_date: text("entry_date").unwrap_or_default(),
        mood_score: image["mood_score"].as_f64(),
        updated_at: text("updated_at"),
        until: None,
        deleted: false,
    })
}
