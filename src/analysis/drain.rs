//! Doing what is pending: index, sentiments, statistics, vectors, emotions. Nothing here keeps a queue:
//! what is pending is what has no result, so a run that is killed at any instruction is simply continued
//! by the next.

use crate::analysis::classify::{Judged, judge_all};
use crate::analysis::embed::{Embedder, Sources};
use crate::analysis::{emotions, sentiment};
use crate::cache::{Cache, Namespace, Put};
use crate::error::{Error, Kind, Result};
use crate::follow;
use crate::index::LockWait;
use crate::index::text::TextIndex;
use crate::index::vector::{Collection, LockPolicy, VectorIndex};
use crate::journal::passage::kept_as;
use crate::model::{InstalledModel, ModelClient};
use crate::store::Store;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use uuid::Uuid;

/// Texts handed to the model between two commits: small enough that Ctrl-C and progress are prompt,
/// large enough that the model is kept busy.
const BATCH: usize = 32;

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
    /// The model, when one is installed.
    pub model: Option<&'a InstalledModel>,
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
    /// The vectors of the installed model, and their index.
    Vectors,
    /// What [`emotions::EMOTIONS`] reads from the vectors that are there.
    Emotions,
    /// What the classifiers say of entries.
    Classifiers,
}

impl Work {
    fn is(self, part: Work) -> bool {
        self == Work::All || self == part
    }
}

/// Entries of the cache to be removed, by namespace and id, and values to be put.
pub type Kept = (Vec<(Namespace, String)>, Vec<Put>);

/// How far the work is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// What is being done: `text index`, `vectors`, `vector index`, `emotions`, the id of a classifier, `done`.
    pub step: String,
    /// Texts done of this step.
    pub done: u64,
    /// Texts of this step in all.
    pub total: u64,
    /// When this was said, in seconds since 1970.
    pub at: i64,
}

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
    /// Passages whose vectors the model made.
    pub inferred: u64,
    /// Passages whose vectors were in the cache.
    pub from_cache: u64,
    /// Passages whose vectors were in the journal.
    pub from_store: u64,
    /// Entries whose emotions were read from their vectors.
    pub emotions: u64,
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
    let Some(model) = parts.model else {
        report.without_model = Some("no embedding model is installed".into());
        return Ok(());
    };
    if parts.work.is(Work::Vectors) {
        vectors(parts, model, report, puts, &mut say)?;
        let kept = kept_as(&model.name);
        // Here a change of the model ends: until now the old vectors answered, from now on the new ones do.
        let alone = parts.store.may_replace(&kept)?;
        if alone {
            parts.store.sweep_vectors(&kept)?;
        }
        for collection in [Collection::User, Collection::Topic] {
            let index = VectorIndex::new(parts.vectors, collection, &kept, model.dimensions);
            if alone {
                index.forget_others();
            }
            follow::compact_vectors(parts.data, &index, LockPolicy::Wait, false, &mut |done, total| {
                say("vector index", done, total);
                stop_if(interrupted)
            })?;
        }
    }
    if parts.work.is(Work::Emotions) && emotions::reads(&model.id) {
        report.emotions = felt(parts, model, &mut say)?;
    }
    Ok(())
}

/// Reads the emotions of entries that have vectors and no row of the emotion model.
fn felt(parts: &mut Parts, model: &InstalledModel, say: &mut dyn FnMut(&str, u64, u64)) -> Result<u64> {
    let total = parts.store.count_without_sentiment(emotions::EMOTIONS)?;
    let mut done = 0;
    loop {
        stop_if(parts.interrupted)?;
        let pending = parts.store.without_judgement_of_vectors(emotions::EMOTIONS, &kept_as(&model.name), 500)?;
        if pending.is_empty() {
            return Ok(done);
        }
        let mut judged = Vec::new();
        for entry in pending {
            let row = emotions::of_entry(&entry).sentiment((parts.new_id)((parts.now)()));
            judged.push((entry.entry, entry.text, row));
        }
        done += parts.store.save_judgements_of_vectors(&judged)? as u64;
        say("emotions", done, total.max(done));
    }
}

/// Judges entries that have no row of the built-in model: written or changed by another program.
fn sentiments(parts: &mut Parts) -> Result<u64> {
    let mut done = 0;
    loop {
        stop_if(parts.interrupted)?;
        let pending = parts.store.without_sentiment(sentiment::VADER, 500)?;
        if pending.is_empty() {
            return Ok(done);
        }
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

fn vectors(
    parts: &mut Parts,
    model: &InstalledModel,
    report: &mut Report,
    puts: &mut Vec<Put>,
    say: &mut dyn FnMut(&str, u64, u64),
) -> Result<()> {
    let kept = kept_as(&model.name);
    let (entries, topics) = parts.store.pending_vectors(&kept)?;
    if entries + topics == 0 {
        return Ok(());
    }
    let reference = model.reference();
    let window = model.max_pieces.saturating_sub(2).max(1);
    let mut embedder = Embedder {
        connect: &mut *parts.connect,
        client: None,
        sources: Sources::default(),
        model: &reference,
        window,
        dimensions: model.dimensions,
    };
    let mut skip: Vec<Uuid> = Vec::new();
    loop {
        stop_if(parts.interrupted)?;
        let texts = parts.store.pending_texts(&kept, BATCH, &skip)?;
        if texts.is_empty() {
            break;
        }
        say("vectors", report.analysed, (entries + topics).max(report.analysed + texts.len() as u64));
        let subjects: Vec<Uuid> = texts.iter().map(|text| text.subject).collect();
        match embedder.embed(parts.store, parts.cache, unix(parts.now), texts) {
            Ok((stored, more)) => {
                report.analysed += parts.store.save_passages(&model.name, &kept, &stored)? as u64;
                puts.extend(more);
            }
            // A server that is gone fails everything; a text that the model cannot take fails alone.
            Err(error) if error.kind() == Kind::ModelUnavailable || subjects.len() == 1 => {
                if error.kind() == Kind::ModelUnavailable {
                    return Err(error);
                }
                report.failed.push(format!("{}: {error}", subjects[0]));
                skip.extend(subjects);
            }
            Err(_) => {
                for text in parts.store.pending_texts(&kept, BATCH, &skip)? {
                    let subject = text.subject;
                    match embedder.embed(parts.store, parts.cache, unix(parts.now), vec![text]) {
                        Ok((stored, more)) => {
                            report.analysed += parts.store.save_passages(&model.name, &kept, &stored)? as u64;
                            puts.extend(more);
                        }
                        Err(error) if error.kind() == Kind::ModelUnavailable => return Err(error),
                        Err(error) => {
                            report.failed.push(format!("{subject}: {error}"));
                            skip.push(subject);
                        }
                    }
                }
            }
        }
        let Sources { inferred, from_cache, from_store } = embedder.sources;
        (report.inferred, report.from_cache, report.from_store) = (inferred, from_cache, from_store);
        say("vectors", report.analysed, (entries + topics).max(report.analysed));
    }
    Ok(())
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
