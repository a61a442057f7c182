//! Writes what was pulled, by the rule, in one transaction.
//!
//! The rows of the log that this leaves are noted as known to the deployment. What has to be told there all
//! the same, such as links that moved to another topic, is written after them.

use super::super::rows::{ConstraintKind, Refusal, RowWriter, Written};
use super::super::tables::Table;
use super::super::value::timestamp;
use super::super::{Store, log};
use super::clash::{self, Later};
use super::conflicts::{self, Side};
use super::incoming::Incoming;
use super::pending::{self, Base, Pending};
use super::rule::{Case, Verdict, both_in_one, decide, same_text, time_column};
use super::state::Waiting;
use super::{RowKey, Tally, Values, read, read_owned};
use crate::error::Result;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// A row that was changed there.
#[derive(Debug, Clone)]
pub struct Pulled {
    /// Which.
    pub key: RowKey,
    /// What it is there; nothing when it is gone.
    pub row: Option<Values>,
    /// When that was noted there.
    pub at: Option<String>,
    /// Whether another program than a journal has written it.
    pub is_foreign: bool,
}

/// What became of rows that were changed there.
#[derive(Debug, Clone, Default)]
pub struct Applied {
    /// Rows that are new here.
    pub inserted: Tally,
    /// Rows that were changed here.
    pub updated: Tally,
    /// Rows that are gone here.
    pub deleted: Tally,
    /// Rows of which one version had to give way, and the side that stands.
    pub conflicts: Vec<(RowKey, Side)>,
    /// Rows that could not be written.
    pub waiting: Vec<Waiting>,
}

impl Applied {
    /// Nothing; with `remembers` it will be known which rows it was.
    fn new(remembers: bool) -> Applied {
        let tally = || Tally::new(remembers);
        Applied { inserted: tally(), updated: tally(), deleted: tally(), ..Applied::default() }
    }

    /// Adds what became of more rows.
    pub fn add(&mut self, more: Applied) {
        self.inserted.add(more.inserted);
        self.updated.add(more.updated);
        self.deleted.add(more.deleted);
        self.conflicts.extend(more.conflicts);
        self.waiting.extend(more.waiting);
    }

    /// Whether nothing was changed here.
    pub fn is_nothing(&self) -> bool {
        self.inserted.is_empty() && self.updated.is_empty() && self.deleted.is_empty()
    }

    /// How many rows were written.
    pub fn rows(&self) -> usize {
        self.inserted.len() + self.updated.len() + self.deleted.len()
    }
}

/// One transaction of a pull.
pub(super) struct Work<'a> {
    pub(super) connection: &'a Connection,
    pub(super) remote: &'a str,
    pub(super) users: &'a [Uuid],
    /// Every row of this pull.
    pub(super) incoming: &'a Incoming,
    pub(super) pending: &'a mut Pending,
    pub(super) later: Vec<Later>,
    pub(super) done: Applied,
    pub(super) now: String,
    rehearse: bool,
}

impl Store {
    /// Writes rows that were changed there; with `rehearse` only tells what would be written.
    ///
    /// # Errors
    /// A failure of the database; that a row is refused is told in what is returned.
    pub fn apply_pulled(
        &mut self,
        remote: &str,
        users: &[Uuid],
        pulled: &[Pulled],
        incoming: &Incoming,
        pending: &mut Pending,
        rehearse: bool,
    ) -> Result<Applied> {
        let now = timestamp((self.clock.now)());
        let run = |connection: &Connection| {
            pending.extend(connection, remote)?;
            let start = log::last_seq(connection)?;
            let mut work = Work {
                connection,
                remote,
                users,
                incoming,
                pending,
                later: Vec::new(),
                done: Applied::new(rehearse),
                now,
                rehearse,
            };
            pulled.iter().try_for_each(|row| work.row(row))?;
            note_applied(connection, remote, start)?;
            if !rehearse {
                work.pending.applied(connection)?;
            }
            for later in std::mem::take(&mut work.later) {
                clash::do_later(connection, &later)?;
            }
            Ok((work.done, String::new()))
        };
        if rehearse { self.rehearse(run) } else { self.write(None, run) }
    }

    /// Gives details to the entries of these users that have none, since another program has written them.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn add_missing_details(&mut self, users: &[Uuid]) -> Result<()> {
        self.write(None, |connection| Ok((clash::add_missing_details(connection, users)?, String::new())))
    }
}

/// Notes that the deployment knows what the log has after `start`.
fn note_applied(connection: &Connection, remote: &str, start: i64) -> Result<()> {
    let end = log::last_seq(connection)?;
    if end == start {
        return Ok(());
    }
    let longer = connection
        .execute("UPDATE sync_applied SET last_seq = ?3 WHERE remote = ?1 AND last_seq = ?2", (remote, start, end))?;
    if longer == 0 {
        connection.execute(
            "INSERT INTO sync_applied(remote, first_seq, last_seq) VALUES (?1, ?2, ?3)",
            (remote, start + 1, end),
        )?;
    }
    Ok(())
}

impl Work<'_> {
    fn row(&mut self, pulled: &Pulled) -> Result<()> {
        let key = pulled.key;
        let ours = match &pulled.row {
            Some(_) => read(self.connection, &key)?,
            // What is somebody else's is none of the deployment's business.
            None => read_owned(self.connection, &key, self.users)?,
        };
        if ours.is_none() && pulled.row.is_none() {
            self.pending.settle(&key);
            return Ok(());
        }
        if pulled.row.is_some() && ours.is_none() && self.is_of_another_text(&key, pulled)? {
            // Not taken, and taken away there.
            self.pending.add_compared(key);
            return Ok(());
        }
        let is_pending = self.pending.contains(&key);
        let base = self.base(&key, is_pending, pulled.row.as_ref())?;
        let our_time = if time_column(key.table()).is_none() { self.changed_at(&key)? } else { None };
        let (theirs, their_time) = (pulled.row.as_ref(), pulled.at.clone());
        let case = Case { key, is_pending, base, ours: ours.as_ref(), theirs, our_time, their_time };
        if let Some(merged) = both_in_one(&case) {
            return self.merge(&case, merged, pulled.is_foreign);
        }
        match decide(&case) {
            Verdict::Same => self.pending.settle(&key),
            Verdict::Stand { kept } => {
                self.stands(&case);
                if kept {
                    self.conflict(key, Side::Ours, theirs)?;
                }
            }
            Verdict::Take { kept } => {
                let kept = kept || (theirs.is_none() && self.has_pending_children(&key));
                let before = self.done.waiting.len();
                if kept && ours.is_some() {
                    self.conflict(key, Side::Theirs, ours.as_ref())?;
                }
                self.take(key, ours.as_ref(), theirs, pulled.is_foreign)?;
                if self.done.waiting.len() == before {
                    self.pending.settle(&key);
                }
            }
        }
        Ok(())
    }

    /// Writes both versions in one. What comes from there is written as known there, the rest after it.
    fn merge(&mut self, case: &Case, merged: Values, is_foreign: bool) -> Result<()> {
        let (Some(ours), Some(theirs)) = (case.ours, case.theirs) else { return Ok(()) };
        let is_entry = case.key.table().name == "journal_entries";
        if merged == *ours {
            self.stands(case);
            return Ok(());
        }
        // A text of ours keeps what was said of it.
        if !is_entry || same_text(&merged, theirs) {
            self.take(case.key, Some(ours), Some(theirs), is_foreign)?;
            self.pending.settle(&case.key);
        } else {
            self.stands(case);
            self.done.updated.push(case.key);
        }
        if merged != *theirs {
            self.later.push(Later::Put(case.key, merged));
        }
        Ok(())
    }

    /// An entry whose text here is another than there, and stays.
    fn stands(&mut self, case: &Case) {
        if let (Some(ours), Some(theirs)) = (case.ours, case.theirs)
            && case.key.table().name == "journal_entries"
            && !same_text(ours, theirs)
        {
            self.pending.texts.insert(case.key.first());
        }
    }

    fn base(&self, key: &RowKey, is_pending: bool, theirs: Option<&Values>) -> Result<Base> {
        if !is_pending {
            return Ok(Base::Unknown);
        }
        let base = pending::base(self.connection, key, self.pending.base_seq(key))?;
        // A deployment that was put back from an older copy has what was here before.
        match (base, theirs) {
            (Base::Unknown, Some(theirs)) if pending::was_once(self.connection, key, theirs)? => {
                Ok(Base::Row(theirs.clone()))
            }
            (base, _) => Ok(base),
        }
    }

    /// An entry whose star or topics were changed here was changed here.
    fn has_pending_children(&self, key: &RowKey) -> bool {
        key.table().name == "journal_entries"
            && self.pending.keys_of_entry(key.first()).any(|child| {
                matches!(child.table().name, "entry_details" | "entry_topics") && !self.incoming.contains(&child)
            })
    }

    /// Whether this is a judgement of a text that was changed here since.
    fn is_of_another_text(&self, key: &RowKey, pulled: &Pulled) -> Result<bool> {
        if key.table().name != "sentiment_analysis" {
            return Ok(false);
        }
        let Some(entry) = pulled.row.as_ref().and_then(|row| row.get(1)?.as_deref()) else { return Ok(false) };
        let Some(entry) = RowKey::parse("journal_entries", entry)? else { return Ok(false) };
        if !self.pending.contains(&entry) {
            return Ok(false);
        }
        if self.pending.texts.contains(&entry.first()) {
            return Ok(true);
        }
        let Some(ours) = read(self.connection, &entry)? else { return Ok(false) };
        Ok(match pending::base(self.connection, &entry, self.pending.base_seq(&entry))? {
            Base::Row(base) => !same_text(&base, &ours),
            Base::Absent | Base::Unknown => true,
        })
    }

    /// Whether what this row belongs to was deleted here, and will be there.
    fn is_orphan(&self, key: &RowKey, row: &Values) -> Result<bool> {
        for (_, column, parent) in key.table().foreign {
            let at = key.table().columns.iter().position(|known| known.name == *column);
            let Some(id) = at.and_then(|at| row.get(at)?.as_deref()) else { continue };
            let Some(parent) = RowKey::parse(parent, id)? else { continue };
            if self.pending.contains(&parent) && read(self.connection, &parent)?.is_none() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn changed_at(&self, key: &RowKey) -> Result<Option<String>> {
        Ok(self
            .connection
            .prepare_cached(
                "SELECT at FROM change_log WHERE table_name = ?1 AND row_id = ?2 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row((key.table().name, key.id()), |row| row.get(0))
            .optional()?)
    }

    pub(super) fn conflict(&mut self, key: RowKey, stands: Side, other: Option<&Values>) -> Result<()> {
        if let Some(other) = other {
            conflicts::keep(self.connection, self.remote, &key, stands, other, &self.now)?;
            self.done.conflicts.push((key, stands));
        }
        Ok(())
    }

    fn take(&mut self, key: RowKey, ours: Option<&Values>, theirs: Option<&Values>, is_foreign: bool) -> Result<()> {
        let table = key.table();
        let Some(row) = theirs else {
            if !self.rehearse {
                let parts = key.parts();
                let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
                RowWriter::on(self.connection).delete(table, &parts)?;
            }
            self.done.deleted.push(key);
            return Ok(());
        };
        if !self.rehearse {
            let mut written = self.write(&key, row, ours.is_some())?;
            if let Err(refusal @ Refusal::Constraint { kind: ConstraintKind::Unique, .. }) = &written
                && clash::make_room(self, &key, row, refusal)?
            {
                written = self.write(&key, row, ours.is_some())?;
            }
            if let Err(refusal) = written {
                if self.is_orphan(&key, row)? {
                    return Ok(());
                }
                let comes_later = matches!(refusal, Refusal::Constraint { kind: ConstraintKind::ForeignKey, .. });
                let reason = (!comes_later).then(|| refusal.to_string());
                self.done.waiting.push(Waiting { key, base_seq: 0, reason });
                return Ok(());
            }
        }
        let details = RowKey::parse("entry_details", &key.first().to_string())?;
        if table.name == "journal_entries" && !self.rehearse && details.is_some_and(|key| !self.incoming.contains(&key))
        {
            match ours {
                None => self.later.push(Later::Details(key.first())),
                Some(ours) if is_foreign && ours.last() != row.last() => self.later.push(Later::Mood(key.first())),
                Some(_) => {}
            }
        }
        if ours.is_some() {
            self.done.updated.push(key)
        } else {
            self.done.inserted.push(key)
        }
        Ok(())
    }

    fn write(&mut self, key: &RowKey, row: &Values, exists: bool) -> Result<Written> {
        put(self.connection, key.table(), key, row, exists)
    }
}

/// Writes a row whole.
pub(super) fn put(
    connection: &Connection,
    table: &'static Table,
    key: &RowKey,
    row: &Values,
    exists: bool,
) -> Result<Written> {
    let pairs: Vec<(&str, Option<&str>)> =
        table.columns.iter().map(|column| column.name).zip(row.iter().map(Option::as_deref)).collect();
    let mut writer = RowWriter::on(connection);
    if !exists {
        return writer.insert(table, &pairs);
    }
    let changes: Vec<(&str, Option<&str>)> = pairs.into_iter().filter(|(name, _)| !table.key.contains(name)).collect();
    let parts = key.parts();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    writer.update(table, &parts, &changes)
}
