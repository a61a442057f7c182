use super::{analytics, progress};
use crate::analysis::drain::{Parts, Report, Status, TASK, Work, drain};
use crate::analysis::emotions::{self, EMOTIONS, VECTORS_OF};
use crate::analysis::sentiment::VADER;
use crate::app::{App, new_id, now};
use crate::cache::{Cache, Namespace, Put};
use crate::error::{Error, Kind, Result};
use crate::index::vector::Collection;
use crate::model::InstalledModel;
use crate::model::registry::{self, MODELS};
use crate::store::Store;
use indicatif::ProgressBar;
use std::fs::{File, TryLockError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Do what is pending: bring the indexes up to date and compute what entries mean
///
/// A passage that the model has seen is not given to it again: its vector is taken from the journal or,
/// for a day, from the cache; --json says how many were.
///
/// This happens in the background after every change, unless the configuration says
/// `analyze = "manual"`. Ctrl-C keeps what is done; the next run goes on from there.
///
/// Each model leaves its own result, under its name; `journal show --analysis` shows them. A classifier
/// judges every entry when the setting `classifiers` names it, or when --model does; a text that it has
/// judged within a day is not given to it again. No model overwrites a mood that you gave.
#[derive(Debug, clap::Args)]
pub(super) struct AnalyzeArgs {
    /// Give way to an analysis that runs, and look once more when done
    #[arg(long, hide = true)]
    background: bool,
    /// Do the work of one model alone: vader (sentiment), minilm-emotions-1 (emotions, from vectors of
    /// all-MiniLM-L6-v2, and moods made of them), an embedding model that reads entries or topics (vectors), or an installed classifier
    #[arg(long, value_name = "MODEL", conflicts_with = "background")]
    model: Option<String>,
}

/// How often the state is left where `journal tasks` reads it.
const SAY_EVERY: Duration = Duration::from_secs(2);

pub(super) fn run(args: &AnalyzeArgs, app: &mut App) -> Result<u8> {
    if args.background {
        return background(app).map(|()| 0);
    }
    let (work, classifier) = args.model.as_deref().map_or(Ok((Work::All, None)), |name| work_of(name, app))?;
    // At the very first use there is no folder yet for the lock to lie in.
    app.store()?;
    let lock = app.analysis_lock()?;
    if let Err(TryLockError::WouldBlock) = lock.try_lock() {
        app.printer.note("An analysis is running; waiting for it.");
        lock.lock().map_err(|error| Error::failure(format!("cannot lock the analysis: {error}")))?;
    }
    let report = drain_and_release(app, lock, work, classifier)?;
    for failed in &report.failed {
        app.printer.warn(&format!("not analysed: {failed}"));
    }
    if app.printer.is_json() {
        app.printer.json(&report)?;
    } else {
        app.printer.line(&summary(&report, work))?;
    }
    if let Some(without) = &report.without_model {
        app.printer.note(&format!("Without meaning: {without}. `journal models install` says how to get one."));
    }
    for without in &report.without_classifiers {
        app.printer.note(&format!("Without a classifier: {without}."));
    }
    if work == Work::Emotions
        && let Some(model) = app.installed(VECTORS_OF)?
    {
        let left = app.store()?.count_without_sentiment(&emotions::judge(&model.name))?;
        if left > 0 {
            app.printer.note(&format!(
                "Without vectors that emotions could be read from: {left}. `journal analyze` makes them."
            ));
        }
    }
    Ok(if report.failed.is_empty() { 0 } else { Kind::Partial.exit_code() })
}

/// The work of the model that is named, and the model when it is a classifier.
///
/// # Errors
/// Usage when no model has the name; model unavailable when it, or the one it reads, is not installed.
fn work_of(name: &str, app: &mut App) -> Result<(Work, Option<InstalledModel>)> {
    match name {
        VADER => return Ok((Work::Sentiments, None)),
        EMOTIONS if app.installed(VECTORS_OF)?.is_some() => return Ok((Work::Emotions, None)),
        EMOTIONS => {
            let message = format!("{EMOTIONS} reads the vectors of {VECTORS_OF}, which is not installed");
            return Err(Error::new(Kind::ModelUnavailable, message)
                .hint(format!("install it: journal models install {VECTORS_OF}")));
        }
        _ => {}
    }
    let readers = app.readers()?;
    let reads = |collection: Collection| {
        let mut those = readers.iter().filter(|(of, _)| *of == collection);
        those.any(|(_, model)| model.as_ref().is_ok_and(|model| model.id == name || model.name == name))
    };
    match (reads(Collection::User), reads(Collection::Topic)) {
        (true, true) => return Ok((Work::Vectors(&Collection::READ), None)),
        (true, false) => return Ok((Work::Vectors(&[Collection::User]), None)),
        (false, true) => return Ok((Work::Vectors(&[Collection::Topic]), None)),
        (false, false) => {}
    }
    let folders = app.model_folders();
    // By its name with the hash, too, as results are filed under.
    let id = name.split_once('@').map_or(name, |(id, _)| id);
    match folders.locate(id) {
        Ok(model) if model.id != name && model.name != name => {}
        Ok(model) if model.classifier.is_some() => return Ok((Work::Classifiers, Some(model))),
        Ok(_) => {
            let message = format!("the model {name} is installed, and reads nothing");
            return Err(Error::new(Kind::ModelUnavailable, message)
                .hint("`journal config set entry_model …` and `topic_model` say what reads entries and topics"));
        }
        Err(error) if error.kind() != Kind::NotFound => return Err(error),
        Err(_) => {}
    }
    if MODELS.iter().any(|model| model.id == name) {
        return Err(Error::new(Kind::ModelUnavailable, format!("the model {name} is not installed"))
            .hint(format!("install it: journal models install {name}")));
    }
    let listed = folders.list().unwrap_or_default();
    let brought = listed.iter().map(|model| model.id.as_str()).filter(|id| registry::find(id).is_err());
    let known: Vec<&str> =
        [VADER, EMOTIONS].into_iter().chain(MODELS.iter().map(|model| model.id)).chain(brought).collect();
    Err(Error::usage(format!("there is no model '{name}'")).hint(format!("known are {}", known.join(", "))))
}

fn summary(report: &Report, work: Work) -> String {
    let mut parts = Vec::new();
    for (count, what) in [
        (report.analysed, "texts analysed"),
        (report.indexed, "entries indexed"),
        (report.sentiments, "sentiments judged"),
        (report.emotions, "emotions read"),
        (report.moods, "moods made of words and emotions"),
    ] {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    for judged in report.classifiers.iter().filter(|judged| judged.entries > 0) {
        parts.push(format!("{} entries judged by {}", judged.entries, judged.model_name));
    }
    let known = report.from_cache + report.from_store;
    if known > 0 {
        parts.push(format!("of {} passages {known} known before", known + report.inferred));
    }
    match work {
        _ if !parts.is_empty() => format!("Done: {}.", parts.join(", ")),
        Work::All => "Nothing is pending.".into(),
        _ => "There was nothing to do for this model.".into(),
    }
}

/// One analysis at a time. After the lock is released the log is looked at once more, so that a change
/// committed just before, whose writer saw the lock held, does not wait for the next one.
fn background(app: &mut App) -> Result<()> {
    loop {
        let before = app.store()?.log_head()?;
        let lock = app.analysis_lock()?;
        if !taken(&lock) {
            return Ok(());
        }
        let outcome = drain_locked(app, Work::All, None);
        drop(lock);
        if let Err(error) = outcome {
            let failed = serde_json::json!({"error": error.message()});
            let puts: Vec<Put> = Put::json(Namespace::TasksResults, TASK, &failed).into_iter().collect();
            let _ = app.cache().put_many(&puts, unix(app));
            return Err(error);
        }
        if app.store()?.log_head()? == before {
            return Ok(());
        }
    }
}

/// Takes the lock unless an analysis holds it. One that only looks whether an analysis runs holds it too,
/// for an instant: so it is tried more than once.
fn taken(lock: &File) -> bool {
    (0..5).any(|attempt| {
        std::thread::sleep(Duration::from_millis(2 * attempt));
        lock.try_lock().is_ok()
    })
}

/// Does what is pending before a command that needs it.
pub(super) fn drain_now(app: &mut App) -> Result<Report> {
    let lock = app.analysis_lock()?;
    lock.lock().map_err(|error| Error::failure(format!("cannot lock the analysis: {error}")))?;
    drain_and_release(app, lock, Work::All, None)
}

/// Does what is pending. Whoever wrote meanwhile saw the lock held and left the work to us: if the log
/// has grown, a background analysis looks once more, as one does itself.
fn drain_and_release(app: &mut App, lock: File, work: Work, classifier: Option<InstalledModel>) -> Result<Report> {
    let before = app.store()?.log_head()?;
    let outcome = drain_locked(app, work, classifier);
    drop(lock);
    if app.store()?.log_head()? != before {
        app.wake_analysis();
    }
    outcome
}

/// `classifier` is the one to judge; otherwise those of the configuration do.
fn drain_locked(app: &mut App, work: Work, classifier: Option<InstalledModel>) -> Result<Report> {
    let (classifiers, missing) = match classifier {
        Some(classifier) => (vec![classifier], Vec::new()),
        None => app.classifiers(),
    };
    let (readers, emotions) = (app.readers()?, app.installed(VECTORS_OF)?);
    let interrupted = app.interrupted()?;
    let (text, cache) = (app.text_index(), app.cache());
    let (data, vectors) = (app.paths.data.clone(), app.paths.vector_index());
    let mut connect = app.model_connector();
    let mut bar: Option<(String, ProgressBar)> = None;
    let draws = app.printer.draws_progress();
    let mut said = Instant::now();
    let mut say = |status: &Status| {
        if draws {
            show(&mut bar, status);
        }
        if said.elapsed() > SAY_EVERY {
            said = Instant::now();
            leave(&cache, status);
        }
    };
    let (user, today) = (app.chosen_if_any().ok().flatten(), app.today());
    let mut keep = |store: &mut Store| {
        let kept =
            user.map(|user| analytics::kept(store, &cache, user, today, now().timestamp().max(0).unsigned_abs()));
        // What cannot be computed is not kept.
        kept.and_then(Result::ok).unwrap_or_default()
    };
    let mut parts = Parts {
        data: &data,
        store: app.store()?,
        text: &text,
        vectors: &vectors,
        cache: &cache,
        readers: &readers,
        emotions: emotions.as_ref(),
        classifiers: &classifiers,
        connect: &mut connect,
        keep: &mut keep,
        now,
        new_id,
        interrupted: &interrupted,
        work,
    };
    let outcome = drain(&mut parts, &mut say).map(|mut report| {
        if work == Work::All {
            report.without_classifiers = missing.iter().map(|(_, why)| why.message().to_string()).collect();
        }
        report
    });
    if let Some((_, bar)) = bar {
        bar.finish_and_clear();
    }
    if outcome.is_ok() {
        let used = app.store()?.vector_models()?;
        // What cannot be removed costs some room, and no answer.
        let _ = app.model_folders().remove_replaced(&used);
    }
    outcome
}

/// Ends the work when Ctrl-C was pressed.
pub(super) fn stop_if(interrupted: &AtomicBool) -> Result<()> {
    if interrupted.load(Ordering::Relaxed) {
        return Err(Error::new(Kind::Interrupted, "interrupted").hint("what was there before still is"));
    }
    Ok(())
}

fn show(bar: &mut Option<(String, ProgressBar)>, status: &Status) {
    if bar.as_ref().is_none_or(|(step, _)| *step != status.step) {
        if let Some((_, old)) = bar.take() {
            old.finish_and_clear();
        }
        *bar = Some((status.step.clone(), progress::visible(&status.step, status.total)));
    }
    if let Some((_, bar)) = bar {
        bar.set_length(status.total);
        bar.set_position(status.done);
    }
}

fn leave(cache: &Cache, status: &Status) {
    let puts: Vec<Put> = Put::json(Namespace::TasksStatus, TASK, status).into_iter().collect();
    let _ = cache.put_many(&puts, status.at.max(0).unsigned_abs());
}

fn unix(app: &App) -> u64 {
    app.now().timestamp().max(0).unsigned_abs()
}
