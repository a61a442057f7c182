//! Making the snapshot follow the truth: built, brought up to date, or left alone.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result};
use crate::index::vector::codes;
use crate::index::vector::graph::Graph;
use crate::index::vector::header::Form;
use crate::index::vector::search::{difference, other_history};
use crate::index::vector::snapshot::{self, Snapshot, Unusable};
use crate::index::vector::{VectorIndex, VectorSource, scan};

/// So many changes are always tolerated: scanning them exactly costs a few milliseconds.
const TOLERATED: usize = 1000;
/// Beyond [`TOLERATED`], one change in so many live keys.
const TOLERATED_SHARE: usize = 20;
/// A graph of which more than one key in so many is gone is built anew rather than patched.
const PATCHABLE_SHARE: usize = 4;
/// A graph of fewer vectors is built by one thread, in some seconds.
const SMALL: usize = 5_000;
/// Vectors handed to a building thread at once.
const BATCH: usize = 64;

/// Up to so many live keys the snapshot is a graph; beyond, sign codes.
///
/// A search reads and checks the whole snapshot, which is 930 bytes a vector of 384 numbers as a graph and 60
/// as codes. Where it is small the graph gives the nearest ten sooner: 1.7 ms against 2.1 of 10,000 vectors, but
/// 2.8 against 2.5 of 20,000 and 13 against 5.5 of 100,000 (`benches/vector.rs`, BENCHMARKS.md).
pub const GRAPH_UP_TO: usize = 15_000;

/// What to do when another process holds the index's lock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockPolicy {
    /// Wait until it is free.
    Wait,
    /// Do nothing: whoever holds it is doing this work.
    Skip,
}

/// What a compaction came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The snapshot was built from nothing.
    Built,
    /// The old snapshot was changed and written anew.
    Updated,
    /// The snapshot is near enough to the truth.
    Current,
    /// Nothing is live, and no snapshot is kept.
    Empty,
    /// Another process holds the lock.
    Busy,
}

/// What a compaction found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompactReport {
    /// What was done.
    pub outcome: Outcome,
    /// Why the old snapshot could not be used, when there was one.
    pub reason: Option<String>,
    /// Live keys.
    pub live: usize,
    /// Live keys the snapshot did not hold when compaction began.
    pub added: usize,
    /// Keys the snapshot held that are not live any more.
    pub removed: usize,
    /// The length of the file written; 0 when none was.
    pub bytes: u64,
    /// Temporary files of killed runs that were removed.
    pub swept: usize,
}

/// Told how many vectors of how many are done; an error from it ends the work and changes nothing.
type Progress<'a> = &'a mut dyn FnMut(u64, u64) -> Result<()>;

impl VectorIndex {
    /// Whether so many differences between snapshot and truth call for a compaction.
    pub(super) fn is_due(live: usize, differences: usize) -> bool {
        differences > TOLERATED.max(live / TOLERATED_SHARE)
    }

    /// Brings the snapshot up to date with the truth if it is missing, unusable, or too far behind;
    /// with `force`, builds it from nothing whatever its state.
    ///
    /// The source is opened after the lock is held, so that what is published is never older than
    /// what another process published meanwhile. Killed at any instruction, the old snapshot stands.
    ///
    /// Errors: the folder cannot be written, the disk is full, a stored vector is missing or cannot
    /// be used (`Corrupt`), or what the source or `progress` fails with.
    pub fn compact<S: VectorSource>(
        &self,
        open_source: impl FnOnce() -> Result<S>,
        lock: LockPolicy,
        force: bool,
        progress: &mut dyn FnMut(u64, u64) -> Result<()>,
    ) -> Result<CompactReport> {
        let mut report =
            CompactReport { outcome: Outcome::Busy, reason: None, live: 0, added: 0, removed: 0, bytes: 0, swept: 0 };
        let Some(_lock) = self.lock(lock)? else { return Ok(report) };
        report.swept = snapshot::sweep(self);
        let mut source = open_source()?;
        let source: &mut dyn VectorSource = &mut source;
        let position = source.head()?;
        let live = source.live_after(0)?;
        report.live = live.len();

        let old = match Snapshot::open(self) {
            Ok(old) if source.holds(old.position())? => Ok(old),
            Ok(_) => Err(other_history()),
            Err(unusable) => Err(unusable),
        };
        if let Err(unusable @ Unusable::Because(_)) = &old {
            report.reason = Some(unusable.reason(self));
        }
        let held = old.as_ref().map_or(&[][..], |old| old.keys());
        let change = difference(&live, held);
        (report.added, report.removed) = (change.outside.len(), change.dead);

        if live.is_empty() {
            self.remove()?;
            report.outcome = Outcome::Empty;
            return Ok(report);
        }
        let form = if live.len() <= self.graph_up_to { Form::Graph } else { Form::Codes };
        let mut patched = None;
        if let Ok(old) = &old
            && !force
        {
            if !Self::is_due(live.len(), change.outside.len() + change.dead) {
                report.outcome = Outcome::Current;
                return Ok(report);
            }
            let patchable = old.form() == Form::Graph && form == Form::Graph;
            if patchable && change.dead * PATCHABLE_SHARE <= held.len() {
                patched = self.patch(source, old, &live, &change.outside, progress)?;
                if patched.is_none() {
                    report.reason = Some(other_history().reason(self));
                }
            }
        }
        let (image, entries) = match patched {
            Some((graph, entries)) => {
                report.outcome = Outcome::Updated;
                (graph.image()?, entries)
            }
            None => {
                report.outcome = Outcome::Built;
                match form {
                    Form::Codes => self.encode(source, &live, progress)?,
                    Form::Graph => {
                        let (graph, entries) = self.build(source, &live, progress)?;
                        (graph.image()?, entries)
                    }
                }
            }
        };
        report.bytes = snapshot::write(self, position, &entries, form, &image)?;
        Ok(report)
    }

    /// The index's lock, or nothing if it is held elsewhere and the policy is not to wait. Released
    /// when the file is closed, so also when the process is killed.
    fn lock(&self, policy: LockPolicy) -> Result<Option<File>> {
        crate::index::make_folder(self.dir())?;
        let path = self.lock_path();
        let fault = |error| Error::io("locking", &path, error);
        let file =
            OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path).map_err(fault)?;
        match policy {
            LockPolicy::Wait => file.lock().map_err(fault)?,
            LockPolicy::Skip => match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => return Err(fault(error)),
            },
        }
        Ok(Some(file))
    }

    fn remove(&self) -> Result<()> {
        match fs::remove_file(self.path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("removing", &self.path(), error)),
            _ => Ok(()),
        }
    }

    /// The old graph with dead keys taken out and new ones added. Nothing if a vector it holds is
    /// not the one the truth has, which means that all of it is of another history.
    ///
    /// One thread only: the engine has an open defect with concurrent changes of freed places.
    fn patch(
        &self,
        source: &mut dyn VectorSource,
        old: &Snapshot,
        live: &[i64],
        new: &[i64],
        progress: Progress<'_>,
    ) -> Result<Option<Built>> {
        let graph = old.graph_to_change(self)?;
        graph.reserve(live.len().max(old.keys().len()) + new.len(), 1)?;
        for &key in old.keys() {
            if live.binary_search(&key).is_err() {
                graph.remove(key)?;
            }
        }
        let mut entries = Vec::with_capacity(live.len());
        let mut contradicted = false;
        scan::each_vector(source, live, self.dims, &mut |key, vector| {
            contradicted |= old.contradicts(key, vector);
            if !contradicted && new.binary_search(&key).is_ok() {
                graph.add(key, vector)?;
            }
            entries.push((key, snapshot::mark(vector)));
            report_each(entries.len(), live.len(), progress)
        })?;
        if contradicted {
            return Ok(None);
        }
        entries.sort_unstable();
        Ok(Some((graph, entries)))
    }

    /// The sign codes of these keys.
    fn encode(
        &self,
        source: &mut dyn VectorSource,
        live: &[i64],
        progress: Progress<'_>,
    ) -> Result<(Vec<u8>, Vec<(i64, u32)>)> {
        let (mut image, mut entries) = (Vec::new(), Vec::with_capacity(live.len()));
        scan::each_vector(source, live, self.dims, &mut |key, vector| {
            codes::push(&mut image, vector);
            entries.push((key, snapshot::mark(vector)));
            report_each(entries.len(), live.len(), progress)
        })?;
        if !entries.is_sorted() {
            return Err(Error::failure("the vector index: the vectors were not read in the order of their keys"));
        }
        Ok((image, entries))
    }

    /// A graph of these keys from nothing, on two threads where there are two and it is worth it.
    fn build(&self, source: &mut dyn VectorSource, live: &[i64], progress: Progress<'_>) -> Result<Built> {
        let threads = match live.len() {
            // One thread makes the same graph of the same vectors each time; two make one that depends on who
            // came first, and may miss a neighbour more.
            ..SMALL => 1,
            _ => std::thread::available_parallelism().map_or(1, |n| n.get().min(2)),
        };
        let graph = Graph::with_capacity(self.dims, live.len(), threads)?;
        let mut entries = Vec::with_capacity(live.len());
        let failure = Mutex::new(None);
        let (sender, receiver) = sync_channel::<Batch>(2 * threads);
        let receiver = Mutex::new(receiver);
        std::thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| add_batches(&graph, &receiver, &failure));
            }
            // Moved in here so that the threads see the end of the work however it ends.
            let sender = sender;
            let mut batch = Vec::with_capacity(BATCH);
            let send = |batch: &mut Vec<_>| match lock(&failure).take() {
                Some(error) => Err(error),
                None => sender
                    .send(std::mem::replace(batch, Vec::with_capacity(BATCH)))
                    .map_err(|_| Error::failure("the vector graph: its builders have stopped")),
            };
            scan::each_vector(source, live, self.dims, &mut |key, vector| {
                entries.push((key, snapshot::mark(vector)));
                batch.push((key, vector.to_vec()));
                if batch.len() == BATCH {
                    send(&mut batch)?;
                }
                report_each(entries.len(), live.len(), progress)
            })?;
            send(&mut batch)
        })?;
        if let Some(error) = lock(&failure).take() {
            return Err(error);
        }
        if graph.len() != live.len() {
            return Err(Error::failure(format!("the vector graph: holds {} of {} vectors", graph.len(), live.len())));
        }
        entries.sort_unstable();
        Ok((graph, entries))
    }
}

/// A graph, its keys in order, and the marks of their vectors.
type Built = (Graph, Vec<(i64, u32)>);

/// Keys and their vectors.
type Batch = Vec<(i64, Vec<f32>)>;

/// Adds what it receives until there is no more. After a failure it goes on receiving, so that
/// the sender never waits for nobody.
fn add_batches(graph: &Graph, receiver: &Mutex<Receiver<Batch>>, failure: &Mutex<Option<Error>>) {
    loop {
        let batch = match lock(receiver).recv() {
            Ok(batch) => batch,
            Err(_) => return,
        };
        for (key, vector) in batch {
            if let Err(error) = graph.add(key, &vector) {
                lock(failure).get_or_insert(error);
                break;
            }
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn report_each(done: usize, total: usize, progress: Progress<'_>) -> Result<()> {
    if done.is_multiple_of(BATCH) || done == total {
        progress(done as u64, total as u64)?;
    }
    Ok(())
}
