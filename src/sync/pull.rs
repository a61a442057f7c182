//! Takes what was changed there.
//!
//! Everything is read in one unchanging view of the server and written here in transactions of bounded size;
//! the cursor moves last, and what is repeated after an interruption is found to be the same.

use super::changes::{Changed, Cursor, since};
use super::compare::compare;
use super::postgres::explain;
use super::push::LEFT_AT_MOST;
use super::rows::{Readable, count, fetch, next_of, open_all};
use super::session::{Doing, Progress, Session, Watcher};
use crate::error::{Error, Result};
use crate::store::{Applied, Direction, Incoming, Pending, Pulled, REPLICATED, RowKey, Store, Table, Waiting};
use postgres::{IsolationLevel, Transaction};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// How many rows are written in one transaction here.
const BATCH: usize = 1000;

/// What came of a pull.
pub struct Taken {
    /// What the deployment does not know as it is here.
    pub pending: Pending,
    /// What was done here.
    pub applied: Applied,
    /// Where the deployment stood.
    pub(super) cursor: Cursor,
    /// Whether everything was compared.
    pub(super) compared: bool,
    /// What a comparison has found to be another there, and nobody has taken; nothing when that is whole tables.
    pub(super) left: Option<Vec<Waiting>>,
    /// What was changed on both sides, and waits for a pull.
    pub(super) held: Vec<Waiting>,
}

/// Which way a pull is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Rows from there are written here, and a push may follow.
    Take,
    /// Only what is to be pushed is wanted: nothing is written here, and what was changed on both sides waits.
    Give,
}

impl Session<'_> {
    /// Takes what was changed there, and tells what the deployment does not know as it is here.
    ///
    /// # Errors
    /// Network when the server goes away; what the watcher fails with. Nothing is half done then.
    pub fn pull(&mut self, purpose: Purpose, dry_run: bool, watcher: &mut Watcher) -> Result<Taken> {
        let Session { remote, store, id, users, server, accept_deletions } = self;
        let mut transaction = remote
            .client
            .build_transaction()
            .isolation_level(IsolationLevel::RepeatableRead)
            .read_only(true)
            .start()
            .map_err(|error| explain(&error))?;
        let now = Cursor::now(&mut transaction, server)?;
        let cursor = store.sync_state(id)?.and_then(|state| Cursor::read(&state.pulled?));
        let cursor = match cursor {
            Some(cursor) if cursor.holds(&mut transaction, &now)? => Some(cursor),
            _ => None,
        };
        let known = if cursor.is_some() { store.pending(id)? } else { None };
        if let (Purpose::Give, Some(cursor), Some(_)) = (purpose, &cursor, &known) {
            let (cursor, mut pending) = (cursor.clone(), known.unwrap_or_default());
            let left = store.waiting(id, Direction::Pull)?;
            let held = hold(&mut pending, left.iter().map(|row| row.key));
            let left = Some(left);
            return Ok(Taken { pending, applied: Applied::default(), cursor, compared: false, left, held });
        }
        let compared = cursor.is_none() || known.is_none();
        let mut whole = Vec::new();
        let (mut pending, changed) = match (cursor, known) {
            (Some(cursor), Some(pending)) => {
                let ours = store.pushes(id)?;
                let mut changed = since(&mut transaction, &cursor, &ours, users)?;
                add_waiting(&mut changed, store.waiting(id, Direction::Pull)?);
                (pending, changed)
            }
            _ => {
                let here = Store::snapshot(store.folder(), "sync")?;
                let mut pending = Pending::none(here.head()?);
                let found = compare(&mut transaction, &here, users, &mut pending, watcher)?;
                whole = found.tables;
                let there =
                    found.there.into_iter().map(|key| Changed { key, is_gone: false, at: None, is_foreign: false });
                let gone =
                    found.gone.into_iter().map(|key| Changed { key, is_gone: true, at: None, is_foreign: false });
                (pending, there.chain(gone).collect())
            }
        };
        if purpose == Purpose::Give {
            let held = hold(&mut pending, changed.iter().map(|row| row.key));
            let left = changed.iter().map(|row| Waiting { key: row.key, base_seq: 0, reason: None });
            let left = whole.is_empty().then(|| left.collect());
            transaction.commit().map_err(|error| explain(&error))?;
            return Ok(Taken { pending, applied: Applied::default(), cursor: now, compared, left, held });
        }
        if !dry_run && !*accept_deletions {
            refuse_to_lose_most(store, users, &changed)?;
        }
        let mut run = Run {
            transaction: &mut transaction,
            store,
            remote: id,
            users,
            incoming: Incoming::new(changed.iter().map(|row| row.key), flags(&whole)),
            foreign: changed.iter().filter(|row| row.is_foreign).map(|row| row.key).collect(),
            times: changed.iter().filter_map(|row| Some((row.key, row.at.clone()?))).collect(),
            pending: &mut pending,
            done: Applied::default(),
            dry_run,
        };
        run.take(&changed, &whole, watcher)?;
        let applied = run.done;
        if !dry_run && whole.iter().any(|table| table.name == "entry_details") {
            // What is missing among them was not seen one by one.
            store.add_missing_details(users)?;
        }
        transaction.commit().map_err(|error| explain(&error))?;
        let mut taken = Taken { pending, applied, cursor: now, compared, left: None, held: Vec::new() };
        if !dry_run {
            store.extend_pending(id, &mut taken.pending)?;
            // What a comparison has found is known only until the push has ended.
            if !compared {
                self.note_pulled(&taken)?;
            }
        }
        Ok(taken)
    }

    /// Notes here where the deployment stood.
    fn note_pulled(&mut self, taken: &Taken) -> Result<()> {
        let (store, id) = (&mut *self.store, self.id.as_str());
        let stood = store.sync_state(id)?.and_then(|state| Cursor::read(&state.pulled?));
        if stood.as_ref() != Some(&taken.cursor) || store.waiting(id, Direction::Pull)? != taken.applied.waiting {
            store.pulled(id, &taken.cursor.text()?, taken.cursor.oldest(), &taken.applied.waiting)?;
        }
        Ok(())
    }

    /// How many rows were changed there and are not here yet; nothing when everything has to be compared.
    pub fn changed_there(&mut self) -> Result<Option<usize>> {
        let Session { remote, store, id, users, server, .. } = self;
        let mut transaction = remote.client.transaction().map_err(|error| explain(&error))?;
        let now = Cursor::now(&mut transaction, server)?;
        let Some(cursor) = store.sync_state(id)?.and_then(|state| Cursor::read(&state.pulled?)) else {
            return Ok(None);
        };
        if !cursor.holds(&mut transaction, &now)? {
            return Ok(None);
        }
        let mut changed = since(&mut transaction, &cursor, &store.pushes(id)?, users)?;
        add_waiting(&mut changed, store.waiting(id, Direction::Pull)?);
        Ok(Some(changed.len()))
    }

    /// After a pull without a push: what a comparison has found waits for the push.
    pub fn keep_pending(&mut self, taken: &Taken) -> Result<()> {
        if !taken.compared {
            return Ok(());
        }
        let mut keys = taken.pending.keys();
        let here = Store::snapshot(self.store.folder(), "sync")?;
        for table in taken.pending.tables() {
            let rows = here.rows_after(table, &self.users, None, LEFT_AT_MOST)?;
            if rows.len() == LEFT_AT_MOST {
                // Too many to be noted: they are found again.
                return Ok(());
            }
            keys.extend(rows.into_iter().map(|(key, _)| key));
        }
        drop(here);
        let waiting: Vec<Waiting> =
            keys.into_iter().map(|key| Waiting { key, base_seq: taken.pending.base_seq(&key), reason: None }).collect();
        self.store.pushed(&self.id, taken.pending.upto, None, &waiting)?;
        self.note_pulled(taken)
    }

    /// After the push that follows a comparison.
    pub(super) fn end_comparison(&mut self, cursor: &Cursor, waiting: &[Waiting]) -> Result<()> {
        self.store.pulled(&self.id, &cursor.text()?, cursor.oldest(), waiting)
    }
}

/// Takes out what was changed there too: only a pull can tell what becomes of it.
fn hold(pending: &mut Pending, changed: impl Iterator<Item = RowKey>) -> Vec<Waiting> {
    let both: Vec<RowKey> = changed.filter(|key| pending.contains(key)).collect();
    let held: Vec<Waiting> =
        both.iter().map(|key| Waiting { key: *key, base_seq: pending.base_seq(key), reason: None }).collect();
    both.iter().for_each(|key| pending.settle(key));
    held
}

/// So many entries may always go.
const FEW_ENTRIES: usize = 50;

/// A table that was emptied there by mistake would empty every journal: that most entries go is asked for.
fn refuse_to_lose_most(store: &Store, users: &[Uuid], changed: &[Changed]) -> Result<()> {
    let Some(entries) = REPLICATED.iter().find(|table| table.name == "journal_entries") else { return Ok(()) };
    let gone = changed.iter().filter(|row| row.is_gone && row.key.table().name == entries.name);
    let mut going = 0;
    for row in gone {
        going += u64::from(store.replicated_row(&row.key, users)?.is_some());
    }
    let here = store.count_replicated(entries, users)?;
    if going <= FEW_ENTRIES as u64 || going * 2 <= here {
        return Ok(());
    }
    Err(Error::failure(format!(
        "{going} of the {here} entries here were deleted in the deployment; nothing was changed here"
    ))
    .hint(
        "if that was meant, pass --accept-deletions; if not, put the deployment's backup back, and run `journal sync`",
    ))
}

/// Rows that could not be written are looked at again.
fn add_waiting(changed: &mut Vec<Changed>, waiting: Vec<Waiting>) {
    let known: HashSet<RowKey> = changed.iter().map(|row| row.key).collect();
    let again = waiting.into_iter().map(|row| row.key).filter(|key| !known.contains(key));
    changed.extend(again.map(|key| Changed { key, is_gone: false, at: None, is_foreign: false }));
    changed.sort_by_key(|row| row.key);
}

struct Run<'a, 'b> {
    transaction: &'a mut Transaction<'b>,
    store: &'a mut Store,
    remote: &'a str,
    users: &'a [Uuid],
    incoming: Incoming,
    foreign: HashSet<RowKey>,
    times: HashMap<RowKey, String>,
    pending: &'a mut Pending,
    done: Applied,
    dry_run: bool,
}

impl Run<'_, '_> {
    /// What is gone goes first, so that what comes finds unique keys free, and parents before children, so
    /// that an entry that has to be kept is kept with what hangs on it.
    fn take(&mut self, changed: &[Changed], whole: &[&'static Table], watcher: &mut Watcher) -> Result<()> {
        let (gone, mut come): (Vec<&Changed>, Vec<&Changed>) = changed.iter().partition(|row| row.is_gone);
        let (mut done, mut total) = (0, changed.len());
        for table in whole {
            total += count(self.transaction, table, self.users)?;
        }
        let mut step = |rows: usize| {
            done += rows;
            watcher(Progress { done, total, doing: Doing::Pulling })
        };
        let gone: Vec<RowKey> = gone.iter().map(|row| row.key).collect();
        let mut back = Vec::new();
        for keys in batches(&gone) {
            let rows = self.fetch(keys)?;
            // A later transaction may have brought it back.
            back.extend(rows.keys().copied());
            let pulled: Vec<Pulled> =
                keys.iter().filter(|key| !rows.contains_key(key)).map(|key| self.pulled(*key, None)).collect();
            self.apply(&pulled)?;
            step(keys.len())?;
        }
        let mut come: Vec<RowKey> = come.drain(..).map(|row| row.key).chain(back).collect();
        come.sort_unstable();
        let mut lost = Vec::new();
        let mut whole = whole.iter().peekable();
        for keys in batches(&come) {
            while let Some(table) = whole.next_if(|table| is_before(table, keys)) {
                self.take_table(table, &mut step)?;
            }
            let mut rows = self.fetch(keys)?;
            let mut pulled = Vec::with_capacity(keys.len());
            for key in keys {
                match rows.remove(key) {
                    Some(Ok(row)) => pulled.push(self.pulled(*key, Some(row))),
                    Some(Err(reason)) => {
                        self.done.waiting.push(Waiting { key: *key, base_seq: 0, reason: Some(reason) });
                    }
                    // Nobody noted that it went, or it has changed hands.
                    None => lost.push(*key),
                }
            }
            self.apply(&pulled)?;
            step(keys.len())?;
        }
        for table in whole {
            self.take_table(table, &mut step)?;
        }
        let lost: Vec<Pulled> = lost.into_iter().map(|key| self.pulled(key, None)).collect();
        lost.chunks(BATCH).try_for_each(|rows| self.apply(rows))
    }

    /// Takes all of a table of which nothing was ever here.
    fn take_table(&mut self, table: &'static Table, step: &mut dyn FnMut(usize) -> Result<()>) -> Result<()> {
        let portal = open_all(self.transaction, table, self.users)?;
        loop {
            let rows = next_of(self.transaction, &portal, table, BATCH)?;
            let (count, mut pulled) = (rows.len(), Vec::with_capacity(rows.len()));
            for (key, row) in rows {
                match row {
                    Ok(row) => pulled.push(self.pulled(key, Some(row))),
                    Err(reason) => self.done.waiting.push(Waiting { key, base_seq: 0, reason: Some(reason) }),
                }
            }
            self.apply(&pulled)?;
            step(count)?;
            if count < BATCH {
                return Ok(());
            }
        }
    }

    fn fetch(&mut self, keys: &[RowKey]) -> Result<HashMap<RowKey, Readable>> {
        Ok(fetch(self.transaction, keys, self.users)?.into_iter().collect())
    }

    fn pulled(&self, key: RowKey, row: Option<crate::store::Values>) -> Pulled {
        Pulled { key, row, at: self.times.get(&key).cloned(), is_foreign: self.foreign.contains(&key) }
    }

    fn apply(&mut self, rows: &[Pulled]) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let applied =
            self.store.apply_pulled(self.remote, self.users, rows, &self.incoming, self.pending, self.dry_run)?;
        self.done.add(applied);
        Ok(())
    }
}

fn flags(tables: &[&Table]) -> [bool; REPLICATED.len()] {
    REPLICATED.map(|known| tables.iter().any(|table| table.name == known.name))
}

/// Whether a table comes before these rows, which are of one.
fn is_before(table: &Table, keys: &[RowKey]) -> bool {
    let order = REPLICATED.iter().position(|known| known.name == table.name);
    keys.first().is_some_and(|key| order.is_some_and(|order| order < key.order()))
}

/// Keys of one table each, in their order.
fn batches(keys: &[RowKey]) -> impl Iterator<Item = &[RowKey]> {
    keys.chunk_by(|one, next| one.order() == next.order()).flat_map(|keys| keys.chunks(BATCH))
}
