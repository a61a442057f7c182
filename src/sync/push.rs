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
use super::stage::{Others, Outcome, Stage};
use crate::error::{Error, Kind, Result};
use crate::store::{Direction, Pending, REPLICATED, RowKey, Snapshot, Store, Table, Tally, Waiting};
use postgres::Transaction;
use std::collections::VecDeque;
use uuid::Uuid;

/// How many rows go at once where they are new, and where they are compared.
const CHUNK: usize = 5000;
const COMPARED_CHUNK: usize = 2000;

/// So many rows are still one transaction.
const ONE_TRANSACTION: usize = 20_000;

/// So many rows that were not taken are remembered.
pub(super) const LEFT_AT_MOST: usize = 10_000;

/// The number of the advisory lock: `jpushing` in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"jpushing");

/// What was given.
#[derive(Debug, Default)]
pub struct Pushed {
    /// Rows that are new there.
    pub inserted: Tally,
    /// Rows that were changed there.
    pub updated: Tally,
    /// Rows that are gone there.
    pub deleted: Tally,
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
        self.inserted.add(more.inserted);
        self.updated.add(more.updated);
        self.deleted.add(more.deleted);
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
        let Taken { pending, cursor, compared, applied, left, held } = taken;
        let pushed = self.give(pending, held, cursor.snapshot.clone(), origin, dry_run, watcher)?;
        if compared && !dry_run {
            match purpose {
                Purpose::Take => self.end_comparison(&cursor, &applied.waiting)?,
                // Where only one way was asked for, what is there was not taken, and waits for the next pull. If
                // it is much, it is found again.
                Purpose::Give => {
                    if let Some(left) = left.filter(|left| left.len() <= LEFT_AT_MOST) {
                        self.end_comparison(&cursor, &left)?;
                    }
                }
            }
        }
        Ok(pushed)
    }

    fn give(
        &mut self,
        mut pending: Pending,
        held: Vec<Waiting>,
        known: String,
        origin: Uuid,
        dry_run: bool,
        watcher: &mut Watcher,
    ) -> Result<Pushed> {
        let Session { remote, store, id, users, .. } = self;
        let state = store.sync_state(id)?.ok_or_else(|| Error::failure("the deployment is not known"))?;
        let tally = || Tally::new(dry_run);
        let mut pushed = Pushed { inserted: tally(), updated: tally(), deleted: tally(), waiting: held };
        store.extend_pending(id, &mut pending)?;
        if pending.is_empty() {
            if !dry_run && (state.pushed != pending.upto || store.waiting(id, Direction::Push)? != pushed.waiting) {
                store.pushed(id, pending.upto, None, &pushed.waiting)?;
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
        // What waits for a pull waits whatever was done to it meanwhile.
        pushed.waiting.iter().for_each(|row| pending.settle(&row.key));
        let (gone, there) = sort_out(&here, &pending, users)?;
        let mut ours = store.pushes(id)?;
        ours.push(origin);
        let terms = Terms { users: users.clone(), ours, known, origin };
        let mut jobs = jobs(&gone, &there, &pending);
        if jobs.is_empty() {
            if !dry_run {
                store.pushed(id, pending.upto, None, &pushed.waiting)?;
            }
            return Ok(pushed);
        }
        let mut total = gone.len() + there.len();
        for table in pending.tables() {
            total += usize::try_from(here.count_replicated(table, users)?).unwrap_or(0);
        }
        let in_one = dry_run || total <= ONE_TRANSACTION;
        let (mut done, mut others) = (0, Others::since(&terms.known));
        let xid = loop {
            let (mut transaction, xid) = begin(&mut remote.client, &terms)?;
            while let Some(job) = jobs.pop_front() {
                let step = &mut |rows| watcher(Progress { done: done + rows, total, doing: Doing::Pushing });
                let mut stage =
                    Stage { transaction: &mut transaction, terms: &terms, here: &here, others: &mut others, step };
                let (outcome, rows) = job.run(&mut stage, &pending, &mut jobs).map_err(Stop::into_error)?;
                take(outcome, &pending, &mut pushed);
                done += rows;
                watcher(Progress { done, total, doing: Doing::Pushing })?;
                if !in_one {
                    break;
                }
            }
            if jobs.is_empty() {
                let upto = if pushed.waiting.is_empty() { pending.upto } else { state.pushed };
                note(&mut transaction, state.replica, (upto.seq, upto.nonce), origin)?;
            }
            if dry_run {
                transaction.rollback().map_err(|error| explain(&error))?;
                return Ok(pushed);
            }
            transaction.commit().map_err(|error| explain(&error))?;
            if jobs.is_empty() {
                break xid;
            }
        };
        drop(here);
        store.pushed(id, pending.upto, Some((origin, xid.as_str())), &pushed.waiting)?;
        Ok(pushed)
    }
}

/// What is to be done there with rows of one table.
#[derive(Debug, Clone, Copy)]
enum Job<'a> {
    /// They go.
    Delete(&'a [RowKey]),
    /// They come, and were never there.
    Add(&'a [RowKey]),
    /// All of a table come, of which nothing was ever there; those after this one are left.
    AddTable(&'static Table, Option<RowKey>),
    /// They come or change.
    Write(&'a [RowKey]),
}

impl Job<'_> {
    /// Does it, and tells how many rows it was. What is left to do comes first of all that is left.
    fn run(
        self,
        stage: &mut Stage<'_, '_>,
        pending: &Pending,
        left: &mut VecDeque<Self>,
    ) -> Result<(Outcome, usize), Stop> {
        Ok(match self {
            Job::Delete(keys) => (stage.delete(keys)?, keys.len()),
            Job::Add(keys) => (stage.write_new(keys, pending)?, keys.len()),
            Job::Write(keys) => (stage.write(keys)?, keys.len()),
            Job::AddTable(table, after) => {
                let (outcome, last) = stage.write_next(table, after, CHUNK, pending)?;
                if last.is_some() {
                    left.push_front(Job::AddTable(table, last));
                }
                let rows = outcome.inserted.len();
                (outcome, rows)
            }
        })
    }
}

/// What goes first, then what comes, parents first.
fn jobs<'a>(gone: &'a [RowKey], there: &'a [RowKey], pending: &Pending) -> VecDeque<Job<'a>> {
    let mut jobs = VecDeque::new();
    for keys in gone.chunk_by(|one, next| one.order() == next.order()) {
        jobs.extend(keys.chunks(CHUNK).map(Job::Delete));
    }
    for (order, table) in REPLICATED.into_iter().enumerate() {
        if pending.tables().any(|whole| whole.name == table.name) {
            jobs.push_back(Job::AddTable(table, None));
        }
        let is_of = |key: &RowKey| key.order() == order;
        let of_table = &there[there.partition_point(|key| key.order() < order)..];
        let of_table = &of_table[..of_table.partition_point(is_of)];
        let (new, other) = of_table.split_at(of_table.partition_point(|key| pending.is_new(key)));
        jobs.extend(new.chunks(CHUNK).map(Job::Add));
        jobs.extend(other.chunks(COMPARED_CHUNK).map(Job::Write));
    }
    jobs
}

/// What is gone here, children first, and what is here: parents first, and of a table what is new first. What
/// belongs to nobody of these users stays here.
fn sort_out(here: &Snapshot, pending: &Pending, users: &[Uuid]) -> Result<(Vec<RowKey>, Vec<RowKey>)> {
    let (mut gone, mut there) = (Vec::new(), Vec::new());
    for key in pending.keys() {
        // What is new was just read; if it went since, it is not there either.
        if pending.is_new(&key) || here.has_replicated_row(&key, users)? {
            there.push(key);
        } else if !here.has_row(&key)? {
            gone.push(key);
        }
    }
    gone.reverse();
    there.sort_by_key(|key| (key.order(), !pending.is_new(key)));
    Ok((gone, there))
}

fn take(outcome: Outcome, pending: &Pending, pushed: &mut Pushed) {
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
