//! The truth: one SQLite database. The only place that names rusqlite.
//!
//! A write returns after its commit is on the disk. Every change leaves a row in the change log by
//! trigger, so everything else can follow (see `journal::log`). Nothing here prints, reads the clock
//! or knows another engine.
//!
//! The unary plus in some queries keeps the planner from an index that would be far less selective:
//! without statistics it cannot know that a user has many entries and an id tail few.

mod accounts;
mod bulk;
mod columns;
mod connection;
mod copy;
mod entries;
mod filtering;
mod judging;
mod keys;
mod known;
mod listing;
mod log;
mod meaning;
mod migrations;
mod mirror;
mod monitor;
mod moods;
mod plan;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod plan_tests;
mod replica;
mod row;
mod rows;
mod schema;
mod sentiments;
mod sessions;
mod snapshot;
mod statistics;
mod tables;
mod topics;
mod undo;
mod undo_user;
mod users;
mod value;
mod verify;
mod writer;

pub use accounts::{Account, AccountChange, Credentials, Holdings};
pub use bulk::{Bulk, MoodUpdate, Stale};
pub use columns::{ColumnType, Misfit};
pub use connection::FILE_NAME;
pub use judging::{EntryVectors, Judged};
pub use known::Known;
pub use listing::{Cursor, Page, Sort, SortKey};
pub use log::{Operation, Version};
pub use meaning::{PassageVector, PendingText, StoredPassage};
pub use migrations::{LATEST, MIGRATIONS, Migration, PROGRAM};
pub use mirror::{Described, Followed, Span, Subject};
pub use monitor::{Statement, take_statements};
pub use moods::{MoodModel, Settled, Unsettled};
pub use plan::{Index, Plan};
pub use replica::{
    Applied, Base, Conflict, Direction, Incoming, Pending, Pulled, RowKey, Side, SyncState, Tally, Values, Waiting,
    canonical,
};
pub use rows::{ConstraintKind, Refusal, Row, RowWriter, Written};
pub use schema::{How, Loss, Migrated, Schema, Standing, Step, find_migration, inspect, migrate_down, migrate_up};
pub use sessions::Session;
pub use snapshot::{Passage, Snapshot};
pub use statistics::Counts;
pub use tables::{Column, ENTRY_DETAILS, REPLICATED, TABLES, Table};
pub use topics::{Merged, Similar, Suggested, TopicAdded, TopicOrder, TopicSum, fold};
pub use undo::Undone;
pub use users::NO_PASSWORD;
pub use value::timestamp;
pub use verify::Finding;
pub use writer::{Change, EntryWriter, content_hash};

use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use connection::Opened;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Where time and randomness come from.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    /// The time.
    pub now: fn() -> DateTime<Utc>,
    /// A new id whose head is this time.
    pub new_id: fn(DateTime<Utc>) -> Uuid,
}

/// An open journal.
pub struct Store {
    connection: Connection,
    /// Why nothing can be written, when nothing can.
    unwritable: Option<Error>,
    clock: Clock,
    folder: PathBuf,
    migrated: Option<Migrated>,
}

impl Store {
    /// Opens the journal in this folder, creating folder and database when needed.
    ///
    /// # Errors
    /// Corrupt, busy, or a failure that names the path: no space, no permission, a newer schema.
    pub fn open(folder: &Path, clock: Clock) -> Result<Store> {
        let Opened { connection, unwritable, migrated } = connection::open(folder, clock)?;
        Ok(Store { connection, unwritable, clock, folder: folder.to_path_buf(), migrated })
    }

    /// What was done to the schema of an older journal when it was opened; told once. Nothing for a new
    /// journal.
    pub fn take_migrated(&mut self) -> Option<Migrated> {
        self.migrated.take().filter(|migrated| migrated.backup.is_some())
    }

    /// Runs `work` in one transaction that holds the write lock from its start, and commits.
    ///
    /// With `operation`, the changes become one step of undo, described by the summary that `work`
    /// returns; an empty summary leaves no step.
    fn write<T>(
        &mut self,
        operation: Option<(Uuid, &str)>,
        work: impl FnOnce(&Connection) -> Result<(T, String)>,
    ) -> Result<T> {
        let transaction = self.begin()?;
        let before = log::last_seq(&transaction)?;
        let (value, summary) = work(&transaction)?;
        let after = log::last_seq(&transaction)?;
        if let Some((user, command)) = operation
            && after > before
            && !summary.is_empty()
        {
            log::record(&transaction, user, command, &summary, before + 1, after)?;
        }
        transaction.commit()?;
        Ok(value)
    }

    /// Runs `work` as [`Store::write`] does, and takes everything back.
    fn rehearse<T>(&mut self, work: impl FnOnce(&Connection) -> Result<(T, String)>) -> Result<T> {
        let transaction = self.begin()?;
        let (value, _) = work(&transaction)?;
        transaction.rollback()?;
        Ok(value)
    }

    /// A transaction that holds the write lock from its start.
    fn begin(&mut self) -> Result<Transaction<'_>> {
        if let Some(error) = &self.unwritable {
            return Err(error.again());
        }
        Ok(self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
    }

    /// A second, reading connection that sees the journal as it is now, whatever is written later.
    pub fn snapshot(folder: &Path, projection: &'static str) -> Result<Snapshot> {
        Snapshot::open(folder, projection)
    }

    /// The data folder this journal lives in.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}
