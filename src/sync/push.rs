//! Gives what was changed here.
//!
//! Rows go as text into temporary tables and from there, compared first, to where they belong: only rows that
//! differ are written, since the server parses the text of every entry that an upsert merely meets. What was
//! deleted here goes first, children before parents, so that unique keys are free for what comes.
//!
//! A row that somebody else has changed there since our last pull is held back: the next pull decides. A
//! small push is one transaction; a large one is a transaction for so many rows, since an interrupted first
//! push should not begin with nothing again, and rows that are there already cost little.

use super::postgres::{Stop, explain};
use super::pull::{Purpose, Taken};
use super::session::{Doing, Progress, Session, Watcher};
use super::stage::Stage;
use crate::error::{Error, Kind, Result};
use crate::store::{Pending, RowKey, Snapshot, Store, Values, Waiting};
use postgres::Transaction;
use uuid::Uuid;

/// How many rows go at once.
const CHUNK: usize = 5000;

/// So many rows are still one transaction.
const ONE_TRANSACTION: usize = 20_000;

/// The number of the advisory lock: `jpushing` in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"jpushing");

/// What was given.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Rows that are new there.
    pub inserted: Vec<RowKey>,
    /// Rows that were changed there.
    pub updated: Vec<RowKey>,
    /// Rows that are gone there.
    pub deleted: Vec<RowKey>,
    /// Rows that were refused, or that another change has to come before.
    pub waiting: Vec<Waiting>,
}

impl Pushed {
    /// Whether some rows only wait for a pull.
    pub fn holds_back(&self) -> bool {
        self.waiting.iter().any(|row| row.reason.is_none())
    }

    /// How many rows were written.
    pub fn rows(&self) -> usize {
        self.inserted.len() + self.updated.len() + self.deleted.len()
    }

    /// Adds what another round gave; what waits is what waits now.
    pub fn add(&mut self, more: Pushed) {
        self.inserted.extend(more.inserted);
        self.updated.extend(more.updated);
        self.deleted.extend(more.deleted);
        self.waiting = more.waiting;
    }
}

/// What one push needs to know.
pub(super) struct Terms {
    pub(super) users: Vec<Uuid>,
    /// The marks of our own changes.
    pub(super) ours: Vec<Uuid>,
    /// The transactions there that are known here.
    pub(super) known: String,
    pub(super) origin: Uuid,
}

impl Session<'_> {
    /// Gives what the last pull has found to be known here alone.
    ///
    /// # Errors
    /// Busy when another push goes on for too long; network when the server goes away; a failure of the server
    /// as a whole, such as a full disk. What was not committed there was not noted here.
    pub fn push(
        &mut self,
        taken: Taken,
        purpose: Purpose,
        origin: Uuid,
        dry_run: bool,
        watcher: &mut Watcher,
    ) -> Result<Pushed> {
        let Taken { pending, cursor, compared, applied } = taken;
        let pushed = self.give(pending, cursor.snapshot.clone(), origin, dry_run, watcher)?;
        // Where only one way was asked for, what is there was not taken.
        if compared && !dry_run && purpose == Purpose::Take {
            self.end_comparison(&cursor, &applied.waiting)?;
        }
        Ok(pushed)
    }

    fn give(
        &mut self,
        mut pending: Pending,
        known: String,
        origin: Uuid,
        dry_run: bool,
        watcher: &mut Watcher,
    ) -> Result<Pushed> {
        let Session { remote, store, id, users, .. } = self;
        let state = store.sync_state(id)?.ok_or_else(|| Error::failure("the deployment is not known"))?;
        let mut pushed = Pushed::default();
        store.extend_pending(id, &mut pending)?;
        if pending.is_empty() {
            if !dry_run && state.pushed != pending.upto {
                store.pushed(id, pending.upto, None, &[])?;
            }
            return Ok(pushed);
        }
        if !dry_run {
            store.note_push(id, origin)?;
        }
        // One unchanging view of what is here: what comes later is pushed later. Nothing is written here while
        // it is open: a journal that was put back from a copy may lock readers and writers out of each other.
        let here = Store::snapshot(store.folder(), "sync")?;
        here.extend_pending(id, &mut pending)?;
        let (gone, there) = sort_out(&here, pending.keys(), users)?;
        let mut ours = store.pushes(id)?;
        ours.push(origin);
        let terms = Terms { users: users.clone(), ours, known, origin };
        let chunks = chunks(&gone, &there);
        let total = gone.len() + there.len();
        let in_one = dry_run || total <= ONE_TRANSACTION;
        let mut done = 0;
        let mut xid = String::new();
        let mut left = chunks.len();
        for group in chunks.chunks(if in_one { chunks.len().max(1) } else { 1 }) {
            let mut transaction;
            (transaction, xid) = begin(&mut remote.client, &terms)?;
            for (keys, deletes) in group {
                let rows = if *deletes { Vec::new() } else { read(&here, keys, users)? };
                let mut stage = Stage { transaction: &mut transaction, terms: &terms };
                let outcome = if *deletes { stage.delete(keys) } else { stage.write(&rows) };
                take(outcome.map_err(Stop::into_error)?, &pending, &mut pushed);
                done += keys.len();
                watcher(Progress { done, total, doing: Doing::Pushing })?;
            }
            left -= group.len();
            if left == 0 {
                let upto = if pushed.waiting.is_empty() { pending.upto } else { state.pushed };
                note(&mut transaction, state.replica, (upto.seq, upto.nonce), origin)?;
            }
            if dry_run {
                transaction.rollback().map_err(|error| explain(&error))?;
                return Ok(pushed);
            }
            transaction.commit().map_err(|error| explain(&error))?;
        }
        drop(here);
        store.pushed(id, pending.upto, (!chunks.is_empty()).then_some((origin, xid.as_str())), &pushed.waiting)?;
        Ok(pushed)
    }
}

/// Rows of one table, and whether they go.
type Chunk<'a> = (&'a [RowKey], bool);

fn chunks<'a>(gone: &'a [RowKey], there: &'a [RowKey]) -> Vec<Chunk<'a>> {
    let cut = |keys: &'a [RowKey], deletes: bool| {
        let tables = keys.chunk_by(|one, next| one.order() == next.order());
        tables.flat_map(|keys| keys.chunks(CHUNK)).map(move |keys| (keys, deletes)).collect::<Vec<_>>()
    };
    let mut chunks = cut(gone, true);
    chunks.extend(cut(there, false));
    chunks
}

/// What is gone here, children first, and what is here, parents first. What belongs to nobody of these users
/// stays here.
fn sort_out(here: &Snapshot, keys: Vec<RowKey>, users: &[Uuid]) -> Result<(Vec<RowKey>, Vec<RowKey>)> {
    let (mut gone, mut there) = (Vec::new(), Vec::new());
    for key in keys {
        if here.has_replicated_row(&key, users)? {
            there.push(key);
        } else if !here.has_row(&key)? {
            gone.push(key);
        }
    }
    gone.reverse();
    Ok((gone, there))
}

fn read(here: &Snapshot, keys: &[RowKey], users: &[Uuid]) -> Result<Vec<(RowKey, Values)>> {
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        rows.extend(here.replicated_row(key, users)?.map(|row| (*key, row)));
    }
    Ok(rows)
}

fn take(outcome: super::stage::Outcome, pending: &Pending, pushed: &mut Pushed) {
    pushed.inserted.extend(outcome.inserted);
    pushed.updated.extend(outcome.updated);
    pushed.deleted.extend(outcome.deleted);
    let waiting = outcome.waiting.into_iter();
    pushed.waiting.extend(waiting.map(|(key, reason)| Waiting { key, base_seq: pending.base_seq(&key), reason }));
}

/// A transaction that no other push shares with, and its number.
fn begin<'a>(client: &'a mut postgres::Client, terms: &Terms) -> Result<(Transaction<'a>, String)> {
    let mut transaction = client.transaction().map_err(|error| explain(&error))?;
    let busy = |error: postgres::Error| {
        let error = explain(&error);
        if error.kind() == Kind::Busy { error.context("another sync is at work in the deployment") } else { error }
    };
    transaction
        .batch_execute(&format!(
            "SELECT set_config('lock_timeout', CASE current_setting('lock_timeout') WHEN '0' THEN '30s'
                 ELSE current_setting('lock_timeout') END, true);
             SELECT set_config('journal_cli.origin', '{}', true);
             SET LOCAL client_min_messages = warning;
             SELECT pg_advisory_xact_lock({LOCK})",
            terms.origin
        ))
        .map_err(busy)?;
    let row = transaction.query_one("SELECT pg_current_xact_id()::text", &[]).map_err(|error| explain(&error))?;
    Ok((transaction, row.get(0)))
}

/// Notes there how far we have come, with the rows themselves.
fn note(transaction: &mut Transaction<'_>, replica: Uuid, (seq, nonce): (i64, i64), origin: Uuid) -> Result<()> {
    transaction
        .execute(
            "INSERT INTO journal_cli.replicas(id, pushed_seq, pushed_nonce, origin, program) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (id) DO UPDATE SET pushed_seq = excluded.pushed_seq, pushed_nonce = excluded.pushed_nonce,
                 origin = excluded.origin, seen_at = clock_timestamp(), program = excluded.program",
            &[&replica, &seq, &nonce, &origin, &crate::store::PROGRAM],
        )
        .map_err(|error| explain(&error))?;
    Ok(())
}
