//! Following the log, and building again from nothing.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use rustix::fs::{CWD, RenameFlags, renameat_with};
use tantivy::index::{IndexMeta, SegmentId};
use tantivy::indexer::{LogMergePolicy, NoMergePolicy};
use tantivy::{Index, IndexWriter, TantivyDocument};

use super::analyzer::Analyzer;
use super::lock::{self, Lock, beside};
use super::open::{self, Opened};
use super::packed;
use super::schema::{Fields, write_note};
use super::seal;
use super::trouble::Trouble;
use crate::error::{Error, Result};
use crate::index::{LockWait, OnProgress, OpenSource, Progress, Report, TextSource};
use crate::journal::log::Position;

/// The least the library works with: enough for a day's entries.
const SMALL_HEAP: usize = 15_000_000;

/// Memory for a rebuild, over both threads.
const LARGE_HEAP: usize = 80_000_000;

/// From this many changed entries on, the large heap pays.
const MANY: usize = 500;

/// So many segments are many, if the entries beside those of the greatest are one in so many at least.
const SCATTERED: usize = 3;
const WORTH_SHARE: u64 = 20;

/// A segment of more entries is left as it is while somebody waits: [`settle`] sees to it.
const MERGED_AT_ONCE: usize = 5_000;

/// How often progress is told, in entries.
const TELL_EVERY: u64 = 64;

/// Brings the index in `dir` to the head of the log.
pub(super) fn catch_up(
    dir: &Path,
    fields: &Fields,
    open_source: &mut OpenSource<'_>,
    wait: LockWait,
    on_progress: &mut OnProgress<'_>,
) -> Result<Report> {
    let mut current = None;
    if let Ok(opened) = open::for_reading(dir, fields)
        && open_source()?.head()? == opened.position
    {
        let report = Report { applied: 0, rebuilt: None, position: opened.position };
        if opened.sealed {
            return Ok(report);
        }
        current = Some(report);
    }
    let wait = if current.is_some() { LockWait::No } else { wait };
    let lock = match (Lock::take(dir, wait), current) {
        // Only the seal is missing. Where it cannot be written, the files were checked all the same.
        (Err(_), Some(report)) => return Ok(report),
        (lock, _) => lock?,
    };
    sweep(dir)?;
    let mut source = open_source()?;
    let work = || follow(dir, fields, &mut *source, on_progress);
    let reason = match catch_unwind(AssertUnwindSafe(work)) {
        Ok(Ok(report)) => return Ok(report),
        Ok(Err(Trouble::Final(error))) => return Err(error),
        Ok(Err(Trouble::Missing)) => "there was none".to_owned(),
        Ok(Err(Trouble::Unusable(reason))) => reason,
        // The index library panics on some damage.
        Err(_) => "it could not be read".to_owned(),
    };
    build(dir, fields, &mut *source, reason, on_progress, &lock)
}

/// Builds the index again from nothing, whatever state it is in.
pub(super) fn rebuild(
    dir: &Path,
    fields: &Fields,
    open_source: &mut OpenSource<'_>,
    wait: LockWait,
    on_progress: &mut OnProgress<'_>,
) -> Result<Report> {
    let lock = Lock::take(dir, wait)?;
    sweep(dir)?;
    build(dir, fields, &mut *open_source()?, "it was asked for".to_owned(), on_progress, &lock)
}

/// Makes one segment of all, when there are many and those beside the greatest hold enough to be worth it. Returns
/// whether it did.
pub(super) fn settle(dir: &Path, fields: &Fields) -> Result<bool> {
    let lock = Lock::take(dir, LockWait::Forever)?;
    let work = || -> Result<bool, Trouble> {
        let opened = open::for_writing(dir, fields)?;
        if !is_scattered(opened.metas.segments.iter().map(|segment| segment.num_docs())) {
            return Ok(false);
        }
        // What is read into a new segment gets a good checksum there: so damage must be known before.
        opened.searcher(dir)?;
        let trouble = |error| Trouble::of("cannot write the text index in", dir, error);
        let Opened { index, metas, .. } = opened;
        make_one(&index, ids(metas)).map_err(trouble)?;
        seal::write(dir, &index.load_metas().map_err(trouble)?);
        Ok(true)
    };
    let settled = catch_unwind(AssertUnwindSafe(work));
    drop(lock);
    match settled {
        Ok(Ok(settled)) => Ok(settled),
        Ok(Err(Trouble::Final(error))) => Err(error),
        // The next catch-up heals it.
        Ok(Err(_)) | Err(_) => Ok(false),
    }
}

/// The segments of a commit. The list itself goes with it: while it is held, the library keeps their files.
fn ids(metas: IndexMeta) -> Vec<SegmentId> {
    metas.segments.iter().map(|segment| segment.id()).collect()
}

/// Makes one segment of these. Nobody else may be merging.
fn make_one(index: &Index, segments: Vec<SegmentId>) -> tantivy::Result<()> {
    let mut writer: IndexWriter<TantivyDocument> = index.writer_with_num_threads(1, SMALL_HEAP)?;
    writer.set_merge_policy(Box::new(NoMergePolicy));
    writer.merge(&segments).wait()?;
    writer.garbage_collect_files().wait()?;
    writer.wait_merging_threads()
}

/// Whether segments of so many entries are worth making one of.
fn is_scattered(segments: impl ExactSizeIterator<Item = u32> + Clone) -> bool {
    let (all, greatest) = (segments.clone().map(u64::from).sum::<u64>(), segments.clone().max().unwrap_or(0));
    segments.len() >= SCATTERED && (all - u64::from(greatest)) * WORTH_SHARE >= all
}

/// Removes what killed processes left.
fn sweep(dir: &Path) -> Result<()> {
    lock::remove(&beside(dir, ".new"))?;
    lock::remove(&beside(dir, ".old"))?;
    seal::sweep(dir);
    Ok(())
}

/// Applies what the log has after the index's position.
fn follow(
    dir: &Path,
    fields: &Fields,
    source: &mut dyn TextSource,
    on_progress: &mut OnProgress<'_>,
) -> Result<Report, Trouble> {
    let opened = open::for_writing(dir, fields)?;
    seal::remove_strays(dir, opened.index.directory());
    if !opened.sealed {
        opened.searcher(dir)?;
    }
    let Opened { index, metas, position, sealed } = opened;
    let head = source.head()?;
    if position == head {
        if !sealed {
            seal::write(dir, &metas);
        }
        return Ok(Report { applied: 0, rebuilt: None, position });
    }
    if position.seq > head.seq || !source.holds(position)? {
        return Err(Trouble::Unusable("the journal it was built from is not this one".to_owned()));
    }
    let changed = source.changed(position.seq)?;
    let trouble = |error| Trouble::of("cannot write the text index in", dir, error);
    let mut writer = writer(&index, changed.len() >= MANY).map_err(trouble)?;
    let mut analyzer = Analyzer::new();
    let total = changed.len() as u64;
    for (done, id) in (0..).zip(changed) {
        if done % TELL_EVERY == 0 {
            on_progress(Progress { done, total })?;
        }
        writer.delete_term(fields.id_term(id));
        if let Some(entry) = source.document(id)? {
            writer.add_document(fields.document(&entry, &mut analyzer)).map_err(trouble)?;
        }
    }
    commit(&mut writer, head).map_err(trouble)?;
    on_progress(Progress { done: total, total })?;
    // Dropping the writer would kill the merges it has begun, and the number of segments would grow
    // with every commit. A merge that fails leaves a good commit.
    let _ = writer.wait_merging_threads();
    if let Ok(metas) = index.load_metas() {
        seal::write(dir, &metas);
    }
    Ok(Report { applied: total, rebuilt: None, position: head })
}

/// Builds a new index beside the old one and exchanges the two, so that no reader sees half.
fn build(
    dir: &Path,
    fields: &Fields,
    source: &mut dyn TextSource,
    reason: String,
    on_progress: &mut OnProgress<'_>,
    _lock: &Lock,
) -> Result<Report> {
    let new = beside(dir, ".new");
    let built = fill(&new, fields, source, on_progress).and_then(|report| {
        put_in_place(&new, dir)?;
        Ok(Report { rebuilt: Some(reason), ..report })
    });
    if built.is_err() {
        // The failure is what matters; the next catch-up sweeps again.
        let _ = lock::remove(&new);
    }
    built
}

fn fill(dir: &Path, fields: &Fields, source: &mut dyn TextSource, on_progress: &mut OnProgress<'_>) -> Result<Report> {
    let fail = |error| match Trouble::of("cannot write the text index in", dir, error) {
        Trouble::Unusable(reason) => {
            Error::failure(format!("cannot build the text index in {}: {reason}", dir.display()))
        }
        trouble => trouble.into_error(dir),
    };
    lock::make_folder(dir)?;
    let position = source.head()?;
    let total = source.count()?;
    let index = Index::create_in_dir(dir, fields.schema.clone()).map_err(fail)?;
    let mut writer = writer(&index, total >= MANY as u64).map_err(fail)?;
    let mut analyzer = Analyzer::new();
    let mut done = 0;
    source.each(&mut |entry| {
        if done % TELL_EVERY == 0 {
            on_progress(Progress { done, total: total.max(done) })?;
        }
        done += 1;
        writer.add_document(fields.document(&entry, &mut analyzer)).map_err(fail)?;
        Ok(())
    })?;
    commit(&mut writer, position).map_err(fail)?;
    writer.wait_merging_threads().map_err(fail)?;
    // Each search would open them all; to make one of them takes a tenth of the time of building.
    let segments = ids(index.load_metas().map_err(fail)?);
    if segments.len() >= SCATTERED {
        make_one(&index, segments).map_err(fail)?;
    }
    on_progress(Progress { done, total: done })?;
    seal::write(dir, &index.load_metas().map_err(fail)?);
    Ok(Report { applied: done, rebuilt: None, position })
}

fn put_in_place(new: &Path, dir: &Path) -> Result<()> {
    let fail = |error: std::io::Error| Error::io("cannot put the new text index in place as", dir, error);
    // Where the file system cannot exchange two names, a reader may find none for an instant, and
    // looks again.
    if fs::symlink_metadata(dir).is_err() {
        fs::rename(new, dir).map_err(fail)?;
    } else if renameat_with(CWD, new, CWD, dir, RenameFlags::EXCHANGE).is_err() {
        let old = beside(dir, ".old");
        fs::rename(dir, &old).map_err(fail)?;
        fs::rename(new, dir).map_err(fail)?;
        lock::remove(&old)?;
    }
    if let Some(parent) = dir.parent().filter(|parent| !parent.as_os_str().is_empty()) {
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(fail)?;
    }
    lock::remove(new)
}

fn writer(index: &Index, large: bool) -> tantivy::Result<IndexWriter<TantivyDocument>> {
    let (threads, heap) = if large { (2, LARGE_HEAP) } else { (1, SMALL_HEAP) };
    packed::register(index.tokenizers());
    let writer = index.writer_with_num_threads(threads, heap)?;
    // The default treats all segments below 10,000 entries as equals, and so would rewrite a whole
    // journal of that size at every seventh commit.
    let mut merges = LogMergePolicy::default();
    merges.set_min_layer_size(200);
    merges.set_max_docs_before_merge(MERGED_AT_ONCE);
    merges.set_del_docs_ratio_before_merge(0.3);
    writer.set_merge_policy(Box::new(merges));
    Ok(writer)
}

fn commit(writer: &mut IndexWriter<TantivyDocument>, position: Position) -> tantivy::Result<()> {
    let mut prepared = writer.prepare_commit()?;
    prepared.set_payload(&write_note(position));
    prepared.commit()?;
    Ok(())
}
