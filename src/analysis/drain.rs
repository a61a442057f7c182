//! Doing what is pending: index, sentiments, statistics, vectors, emotions. Nothing here keeps a queue:
//! what is pending is what has no result, so a run that is killed at any instruction is simply continued
//! by the next.

use crate::analysis::classify::{Judged, judge_all};
use crate::analysis::embed::{Embedder, Failed, Sources};
use crate::analysis::mood::{self, MOOD};
use crate::analysis::{emotions, sentiment};
use crate::cache::{Cache, Namespace, Put};
use crate::error::{Error, Kind, Result};
use crate::follow;
use crate::index::LockWait;
use crate::index::text::TextIndex;
use crate::index::vector::{Collection, LockPolicy, VectorIndex};
use crate::journal::passage::kept_as;
use crate::model::{InstalledModel, ModelClient};
use crate::store::{EntryVectors, MoodModel, PendingText, Settled, Store, StoredPassage};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// Texts handed to the model between two commits: small enough that Ctrl-C and progress are prompt,
/// large enough that the model is kept busy.
const BATCH: usize = 32;

/// Entries that are judged between two commits, where no model is asked.
const WALK: usize = 500;

/// Values for the cache that are held until they are written in one go: at 3 kB for a vector, some 10 MB.
const HELD: usize = 4096;

/// What the work needs.
pub struct Parts<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The truth.
    pub store: &'a mut Store,
    /// The text index.
    pub text: &'a TextIndex,
    /// Where vector snapshots lie.
    pub vectors: &'a Path,
    /// The cache.
    pub cache: &'a Cache,
    /// What reads each collection, or why nothing does.
    pub readers: &'a [(Collection, Result<InstalledModel>)],
    /// The model whose vectors emotions are read from, when it is installed.
    pub emotions: Option<&'a InstalledModel>,
    /// The classifiers that are to judge entries.
    pub classifiers: &'a [InstalledModel],
    /// Connects to the model server, starting it when nobody listens.
    pub connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    /// What else is to be kept when everything is done, in the same transaction of the cache: entries
    /// that are not valid any more, and values.
    pub keep: &'a mut dyn FnMut(&mut Store) -> Kept,
    /// The time.
    pub now: fn() -> DateTime<Utc>,
    /// A new id.
    pub new_id: fn(DateTime<Utc>) -> Uuid,
    /// Set by Ctrl-C: stop after what is being done.
    pub interrupted: &'a AtomicBool,
    /// Whose work is done.
    pub work: Work,
}

/// What of the pending work is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work {
    /// Everything.
    All,
    /// What [`sentiment::VADER`] says of entries.
    Sentiments,
    /// The vectors of these collections, and their indexes.
    Vectors(&'static [Collection]),
    /// What [`emotions::EMOTIONS`] reads from vectors of entries.
    Emotions,
    /// What the classifiers say of entries.
    Classifiers,
}

impl Work {
    fn is(self, part: Work) -> bool {
        self == Work::All || self == part
    }

    fn reads(self, collection: Collection) -> bool {
        match self {
            Work::All => true,
            Work::Vectors(collections) => collections.contains(&collection),
            Work::Sentiments | Work::Emotions | Work::Classifiers => false,
        }
    }
}

/// Entries of the cache to be removed, by namespace and id, and values to be put.
pub type Kept = (Vec<(Namespace, String)>, Vec<Put>);

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What is being done: `text index`, `entry vectors`, `topic vectors`, `vector index`, `emotions`, `moods`, the
    /// id of a classifier, `done`.
    pub step: String,
    /// Texts done of this step.
    pub done: u64,
    /// Texts of this step in all.
    pub total: u64,
    /// When this was said, in seconds since 1970.
    pub at: i64,
}

/// What makes moods of words and emotions.
pub const MOODS: MoodModel = MoodModel { name: MOOD, reads: emotions::EMOTIONS };

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Entries brought into the text index.
    pub indexed: u64,
    /// Why the text index was built from nothing, when it was.
    pub rebuilt: Option<String>,
    /// Entries judged by the built-in sentiment model.
    pub sentiments: u64,
    /// Entries and topics that have their vectors now.
    pub analysed: u64,
    /// The entries of these.
    pub entries: u64,
    /// The topics of these.
    pub topics: u64,
    /// Passages whose vectors the model made.
    pub inferred: u64,
    /// Passages whose vectors were in the cache.
    pub from_cache: u64,
    /// Passages whose vectors were in the journal.
    pub from_store: u64,
    /// Entries whose emotions were read from their vectors.
    pub emotions: u64,
    /// Entries whose mood was made of words and emotions together.
    #[serde(default)]
    pub moods: u64,
    /// What each classifier has done.
    #[serde(default)]
    pub classifiers: Vec<Judged>,
    /// The classifiers of the configuration that could not judge, and why.
    #[serde(default)]
    pub without_classifiers: Vec<String>,
    /// What could not be analysed, and why.
    pub failed: Vec<String>,
    /// Why there was no semantic work, when there was none to be had.
    pub without_model: Option<String>,
}

impl Report {
    fn count(&mut self, sources: Sources) {
        self.inferred += sources.inferred;
        self.from_cache += sources.from_cache;
        self.from_store += sources.from_store;
    }

    fn of(&mut self, collection: Collection) -> &mut u64 {
        match collection {
            Collection::Topic => &mut self.topics,
            _ => &mut self.entries,
        }
    }
}

/// The id under which the cache holds the state of the analysis.
pub const TASK: &str = "analyze";

/// Does everything that is pending. `progress` is called with every step.
///
/// # Errors
/// Interrupted, after what was done has been kept; model unavailable when the server fails; what the
/// store fails with.
pub fn drain(parts: &mut Parts, progress: &mut dyn FnMut(&Status)) -> Result<Report> {
    let mut report = Report::default();
    let mut puts: Vec<Put> = Vec::new();
    let outcome =
        work(parts, &mut report, &mut puts, progress).and_then(|()| judge_all(parts, &mut report, &mut puts, progress));
    let status =
        Status { step: "done".into(), done: report.analysed, total: report.analysed, at: (parts.now)().timestamp() };
    puts.extend(Put::json(Namespace::TasksStatus, TASK, &status));
    puts.extend(Put::json(Namespace::TasksResults, TASK, &report));
    let (removed, more) = if outcome.is_ok() { (parts.keep)(parts.store) } else { Kept::default() };
    puts.extend(more);
    let removed: Vec<(Namespace, &str)> = removed.iter().map(|(namespace, id)| (*namespace, id.as_str())).collect();
    // The cache is a convenience: how it fares is nobody's concern here.
    let _ = parts.cache.change(&removed, &puts, unix(parts.now));
    outcome.map(|()| report)
}

fn work(parts: &mut Parts, report: &mut Report, puts: &mut Vec<Put>, progress: &mut dyn FnMut(&Status)) -> Result<()> {
    let now = parts.now;
    let mut say = |step: &str, done: u64, total: u64| {
        progress(&Status { step: step.to_string(), done, total, at: now().timestamp() });
    };
    let interrupted = parts.interrupted;
    if parts.work.is(Work::All) {
        let text = follow::catch_up_text(parts.data, parts.text, LockWait::Forever, &mut |progress| {
            say("text index", progress.done, progress.total);
            stop_if(interrupted)
        })?;
        report.indexed = text.applied;
        report.rebuilt = text.rebuilt;
    }
    if parts.work.is(Work::Sentiments) {
        report.sentiments = sentiments(parts)?;
    }
    if parts.work.is(Work::All) {
        // Other clients read the statistics too, and do not catch them up.
        parts.store.catch_up_statistics()?;
    }
    if matches!(parts.work, Work::Sentiments | Work::Classifiers) {
        return Ok(());
    }
    let mut missing: Vec<(String, &str)> = Vec::new();
    let (readers, work) = (parts.readers, parts.work);
    for (collection, model) in readers.iter().filter(|(collection, _)| work.reads(*collection)) {
        match model {
            Ok(model) => read(parts, *collection, model, report, puts, &mut say)?,
            Err(error) => missing.push((error.to_string(), collection.subjects())),
        }
    }
    report.without_model = missing.first().map(|(why, _)| {
        let unread: Vec<&str> = missing.iter().map(|(_, what)| *what).collect();
        format!("{why}, so that {} are not read", unread.join(" and "))
    });
    if work == Work::All || matches!(work, Work::Vectors(_)) {
        parts.store.sweep_vectors()?;
    }
    if work.is(Work::Emotions)
        && let Some(model) = parts.emotions
    {
        // What reads the entries anyway is not asked twice.
        let mut of_entries = readers.iter().filter(|(collection, _)| *collection == Collection::User);
        let reads_entries = of_entries.any(|(_, reader)| reader.as_ref().is_ok_and(|reader| reader.name == model.name));
        felt(parts, model, !reads_entries, report, puts, &mut say)?;
    }
    if work.is(Work::Emotions) {
        report.moods = moods(parts, &mut say)?;
    }
    if work == Work::All {
        if report.moods > 0 {
            // The index holds moods, for filters.
            follow::catch_up_text(parts.data, parts.text, LockWait::Forever, &mut |progress| {
                say("text index", progress.done, progress.total);
                stop_if(interrupted)
            })?;
        }
        parts.text.settle()?;
    }
    Ok(())
}

/// Makes the moods of entries whose emotions have been read, each once: a mood that cannot be settled now
/// waits for the next run.
fn moods(parts: &mut Parts, say: &mut dyn FnMut(&str, u64, u64)) -> Result<u64> {
    let (mut done, mut total, mut after) = (0, None, None);
    let began = parts.store.log_head()?;
    loop {
        stop_if(parts.interrupted)?;
        let unsettled = parts.store.unsettled_moods(MOODS, after, WALK)?;
        let Some(last) = unsettled.last() else { break };
        let total = match total {
            Some(total) => total,
            None => *total.insert(parts.store.count_unsettled_moods(MOODS)?),
        };
        after = Some(last.entry);
        let settled: Vec<Settled> = unsettled
            .into_iter()
            .map(|judged| {
                let both = mood::of_text(&judged.content, &judged.read);
                let said = both.sentiment((parts.new_id)((parts.now)()));
                Settled { judged, said, mood: both.mood(), may_fill: both.compound.is_none() }
            })
            .collect();
        done += parts.store.settle_moods(&settled)? as u64;
        say("moods", done, total.max(done));
    }
    parts.store.moods_are_settled(MOODS, began)?;
    if done > 0 {
        parts.store.catch_up_statistics()?;
    }
    Ok(done)
}

/// Makes the vectors of a collection that are missing, and brings their index up to date.
fn read(
    parts: &mut Parts,
    collection: Collection,
    model: &InstalledModel,
    report: &mut Report,
    puts: &mut Vec<Put>,
    say: &mut dyn FnMut(&str, u64, u64),
) -> Result<()> {
    vectors(parts, collection, model, report, puts, say)?;
    let kept = kept_as(&model.name);
    // Here a change of the model ends: until now the old vectors answered, from now on the new ones do.
    let alone = parts.store.may_replace(collection.name(), &kept)?;
    if alone {
        if collection == Collection::User
            && parts.work == Work::All
            && let Some(head) = parts.emotions
            && parts.store.is_changing_model(collection.name(), &kept)?
        {
            // What is to be read from the vectors that go now would cost an inference later.
            felt(parts, head, false, report, puts, say)?;
        }
        parts.store.sweep_passages(collection.name(), &kept)?;
    }
    let index = VectorIndex::new(parts.vectors, collection, &kept, model.dimensions);
    if alone {
        index.forget_others();
    }
    let interrupted = parts.interrupted;
    follow::compact_vectors(parts.data, &index, LockPolicy::Wait, false, &mut |done, total| {
        say("vector index", done, total);
        stop_if(interrupted)
    })?;
    Ok(())
}

/// Reads the emotions of entries that this head and this revision of the model have not judged: from the
/// vectors the journal has, and, if the model may be asked, from those it makes for this alone. The latter
/// are not kept as passages: the entries are read by another model, and a search would take them for a
/// change under way.
fn felt(
    parts: &mut Parts,
    model: &InstalledModel,
    may_ask: bool,
    report: &mut Report,
    puts: &mut Vec<Put>,
    say: &mut dyn FnMut(&str, u64, u64),
) -> Result<()> {
    let judge = emotions::judge(&model.name);
    let total = parts.store.count_without_sentiment(&judge)?;
    if total == 0 {
        return Ok(());
    }
    let reference = model.reference();
    let mut embedder = Embedder::new(&mut *parts.connect, &reference, model);
    let (store, now, new_id) = (&mut *parts.store, parts.now, parts.new_id);
    let mut keep = |store: &mut Store, entries: &[EntryVectors], report: &mut Report| -> Result<()> {
        let row = |entry: &EntryVectors| {
            let said = emotions::of_entry(entry).sentiment(new_id(now()), &judge);
            (entry.entry, entry.text.clone(), said)
        };
        let judged: Vec<_> = entries.iter().map(row).collect();
        report.emotions += store.save_judgements(&judged, emotions::ALL_EMOTIONS)? as u64;
        say("emotions", report.emotions, total.max(report.emotions));
        Ok(())
    };
    let mut after = None;
    loop {
        stop_if(parts.interrupted)?;
        let found = store.without_judgement_of_vectors(&judge, &kept_as(&model.name), after, WALK)?;
        let Some(last) = found.last() else { break };
        after = Some(last.entry);
        let (ready, bare): (Vec<_>, Vec<_>) =
            found.into_iter().partition(|entry| !entry.passages.is_empty() || !emotions::is_read(&entry.text));
        keep(store, &ready, report)?;
        for batch in bare.chunks(BATCH).filter(|_| may_ask) {
            stop_if(parts.interrupted)?;
            let texts = batch.iter().map(|entry| PendingText {
                collection: Collection::User.name(),
                subject: entry.entry,
                text: entry.text.clone(),
            });
            let (read, failed) = each(&mut embedder, store, parts.cache, unix(now), texts.collect(), puts)?;
            report.failed.extend(failed.into_iter().map(|(_, why)| why));
            let read: Vec<EntryVectors> = read.into_iter().map(entry_vectors).collect();
            keep(store, &read, report)?;
        }
    }
    report.count(embedder.sources);
    Ok(())
}

fn entry_vectors(read: StoredPassage) -> EntryVectors {
    let passages = read.passages.into_iter().map(|passage| (passage.range.len(), passage.vector)).collect();
    EntryVectors { entry: read.pending.subject, text: read.pending.text, passages }
}

/// Judges entries that have no row of the built-in model: written or changed by another program.
fn sentiments(parts: &mut Parts) -> Result<u64> {
    let (mut done, mut after) = (0, None);
    loop {
        stop_if(parts.interrupted)?;
        let pending = parts.store.without_sentiment(sentiment::VADER, after, WALK)?;
        let Some((last, _)) = pending.last() else { return Ok(done) };
        after = Some(*last);
        let judged: Vec<_> = pending
            .into_iter()
            .map(|(id, content)| {
                let score = sentiment::vader(&content);
                let row = score.sentiment((parts.new_id)((parts.now)()));
                (id, content, row, score.mood())
            })
            .collect();
        done += parts.store.save_sentiments(&judged)? as u64;
    }
}

/// Makes the vectors that a collection has not, newest texts first.
fn vectors(
    parts: &mut Parts,
    collection: Collection,
    model: &InstalledModel,
    report: &mut Report,
    puts: &mut Vec<Put>,
    say: &mut dyn FnMut(&str, u64, u64),
) -> Result<()> {
    let kept = kept_as(&model.name);
    let step = match collection {
        Collection::Topic => "topic vectors",
        _ => "entry vectors",
    };
    let reference = model.reference();
    let mut embedder = Embedder::new(&mut *parts.connect, &reference, model);
    let (store, now) = (&mut *parts.store, parts.now);
    let mut tried: HashSet<Uuid> = HashSet::new();
    let mut done = 0;
    loop {
        let mut seen = store.log_head()?.seq;
        let pending: Vec<Uuid> = store
            .pending_subjects(collection.name(), &kept)?
            .into_iter()
            .filter(|subject| !tried.contains(subject))
            .collect();
        if pending.is_empty() {
            break;
        }
        let total = done + pending.len() as u64;
        for batch in pending.chunks(BATCH) {
            stop_if(parts.interrupted)?;
            say(step, done, total);
            let texts = store.texts_of(collection.name(), batch)?;
            let (read, failed) = each(&mut embedder, store, parts.cache, unix(now), texts, puts)?;
            tried.extend(failed.iter().map(|(subject, _)| *subject));
            report.failed.extend(failed.into_iter().map(|(_, why)| why));
            let all = read.len() as u64;
            let saved = store.save_passages(&model.name, &kept, &read)? as u64;
            done += saved;
            *report.of(collection) += saved;
            report.analysed += saved;
            say(step, done, total);
            // What is written meanwhile is the newest, and has its turn at once. A text that was changed while
            // it was read is among it.
            let head = store.log_head()?.seq;
            if store.entries_changed_since(seen)? > 0 {
                break;
            }
            seen = head;
            if saved < all {
                // A topic was changed while it was read: the next analysis sees to it.
                tried.extend(batch);
            }
        }
    }
    report.count(embedder.sources);
    Ok(())
}

/// The passages of texts with their vectors, and the texts that the model cannot take.
fn each(
    embedder: &mut Embedder,
    store: &Store,
    cache: &Cache,
    now: u64,
    texts: Vec<PendingText>,
    puts: &mut Vec<Put>,
) -> Result<(Vec<StoredPassage>, Failed)> {
    // Vectors that are not in the cache yet are few enough to be held.
    if puts.len() >= HELD {
        let _ = cache.put_many(&std::mem::take(puts), now);
    }
    embedder.each(store, cache, now, texts, puts)
}

fn unix(now: fn() -> DateTime<Utc>) -> u64 {
    now().timestamp().max(0).unsigned_abs()
}

fn stop_if(interrupted: &AtomicBool) -> Result<()> {
    if interrupted.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Interrupted, "interrupted")
            .hint("what was done is kept; `journal analyze` goes on from here"));
    }
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "drain_tests.rs"]
mod tests;
