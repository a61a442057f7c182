//! Entries: written, changed, found and read.

use super::Store;
use super::row::{gone, name_of, read};
use super::value::read_uuid;
use super::writer::{Change, EntryWriter, apply};
use crate::error::{Error, Kind, Result};
use crate::journal::entry::{Entry, NewEntry};
use crate::journal::id::{IdText, shortest_tail};
use chrono::{DateTime, Utc};
use rusqlite::Connection;
use uuid::Uuid;

/// What an import keeps of the database at hand, as `PRAGMA cache_size` takes it: KiB, negative.
const IMPORT_CACHE_KIB: i64 = -65_536;

/// What every other command does.
const DEFAULT_CACHE_KIB: i64 = -2_000;

impl Store {
    /// Writes an entry with its details, sentiments and topics in one transaction. When this
    /// returns, the entry is on the disk.
    pub fn add(&mut self, user: Uuid, new: &NewEntry) -> Result<Entry> {
        let clock = self.clock;
        let id = self.write(Some((user, "add")), |connection| {
            let mut writer = EntryWriter::new(connection, clock, user);
            let id = writer.insert(new)?;
            Ok((id, format!("added {}", name_of(new.title.as_deref(), &new.content))))
        })?;
        self.entry(id)
    }

    /// Changes an entry.
    ///
    /// `seen` is when the entry was last changed as the caller knew it: if it has been changed since, by
    /// another process, nothing is written.
    ///
    /// # Errors
    /// Busy when the entry has been changed since; not found when it is gone.
    pub fn edit(&mut self, id: Uuid, seen: DateTime<Utc>, change: &Change) -> Result<Entry> {
        let clock = self.clock;
        let before = self.entry(id)?;
        self.write(Some((before.user_id, "edit")), |connection| {
            let current = read(connection, id)?.ok_or_else(|| gone(id))?;
            if current.updated_at != seen {
                return Err(Error::new(Kind::Busy, "the entry has been changed by another program in the meantime")
                    .hint("look at it with `journal show` and edit again"));
            }
            apply(connection, clock, &current, change)?;
            Ok(((), format!("edited {}", name_of(current.title.as_deref(), &current.content))))
        })?;
        self.entry(id)
    }

    /// Deletes entries, all or none.
    pub fn delete(&mut self, user: Uuid, ids: &[Uuid]) -> Result<()> {
        self.write(Some((user, "delete")), |connection| {
            let mut names = Vec::new();
            for id in ids {
                let entry = read(connection, *id)?.ok_or_else(|| gone(*id))?;
                names.push(name_of(entry.title.as_deref(), &entry.content));
                connection.execute("DELETE FROM journal_entries WHERE id = ?1", [id.to_string()])?;
            }
            let summary = if names.len() == 1 { names.remove(0) } else { format!("{} entries", names.len()) };
            Ok(((), format!("deleted {summary}")))
        })
    }

    /// The entry with this id.
    pub fn entry(&self, id: Uuid) -> Result<Entry> {
        read(&self.connection, id)?.ok_or_else(|| gone(id))
    }

    /// The entry with this id, unless it has been deleted.
    pub fn entry_if_there(&self, id: Uuid) -> Result<Option<Entry>> {
        read(&self.connection, id)
    }

    /// The entry a person means by an id or its tail.
    ///
    /// # Errors
    /// Not found; usage, listing the candidates, when several entries end so.
    pub fn resolve(&self, user: Uuid, text: &str) -> Result<Uuid> {
        let wanted = IdText::parse(text)?;
        let named: Vec<Uuid> =
            self.with_tail(user, &wanted.hex_tail())?.into_iter().filter(|id| wanted.matches(*id)).collect();
        match named[..] {
            [id] => Ok(id),
            [] => Err(Error::not_found(format!("there is no entry '{text}'")).hint("`journal list` shows the ids")),
            _ => {
                let candidates: Vec<String> = named.iter().map(|id| shortest_tail(*id, &named)).collect();
                Err(Error::usage(format!("'{text}' names {} entries: {}", named.len(), candidates.join(", ")))
                    .hint("use one of these longer ids"))
            }
        }
    }

    /// The shortest tail that names this entry among the entries of its user.
    pub fn short_id(&self, user: Uuid, id: Uuid) -> Result<String> {
        Ok(shortest_tail(id, &self.with_tail(user, &IdText::Whole(id).hex_tail())?))
    }

    fn with_tail(&self, user: Uuid, hex_tail: &str) -> Result<Vec<Uuid>> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT id FROM journal_entries WHERE substr(id, 32) = ?1 AND +user_id = ?2")?;
        let mut rows = statement.query((hex_tail, user.to_string()))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            ids.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        Ok(ids)
    }

    /// Writes many entries in one transaction, or, as a dry run, does all of it and takes it back.
    /// `visit` is called with the writer and decides about each entry itself.
    pub fn import<T>(
        &mut self,
        user: Uuid,
        dry_run: bool,
        work: impl FnOnce(&mut EntryWriter) -> Result<(T, String)>,
    ) -> Result<T> {
        let clock = self.clock;
        let work = |connection: &Connection| work(&mut EntryWriter::new(connection, clock, user));
        // Some indexes are in no order of time: with few pages at hand each would be written and read again and again.
        self.connection.pragma_update(None, "cache_size", IMPORT_CACHE_KIB)?;
        let outcome = if dry_run { self.rehearse(work) } else { self.write(Some((user, "import")), work) };
        self.connection.pragma_update(None, "cache_size", DEFAULT_CACHE_KIB)?;
        outcome
    }
}
