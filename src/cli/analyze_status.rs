//! What is pending, derived from what is missing.

use crate::analysis::classify::judged_by;
use crate::analysis::drain::{MOODS, Status, TASK};
use crate::analysis::emotions::{self, ALL_EMOTIONS, EMOTIONS, VECTORS_OF};
use crate::analysis::sentiment::VADER;
use crate::app::App;
use crate::cache::Namespace;
use crate::error::Result;
use crate::index::vector::Collection;
use crate::journal::passage::kept_as;

/// Work of one kind.
pub(super) struct Pending {
    /// What it is.
    pub(super) id: String,
    /// The name of the model that does it; nothing where it needs none, or has none.
    pub(super) model: Option<String>,
    /// How much of it.
    pub(super) count: u64,
    /// done, waiting, running or blocked.
    pub(super) state: &'static str,
    /// Why it is not done.
    pub(super) reason: String,
}

/// The work of each kind.
pub(super) fn pending(app: &mut App) -> Result<Vec<Pending>> {
    let running = app.analysis_runs();
    let now = app.now().timestamp().max(0).unsigned_abs();
    let cache = app.cache();
    let status: Option<Status> = if running { cache.get_json(Namespace::TasksStatus, TASK, now) } else { None };
    let results: Option<serde_json::Value> = cache.get_json(Namespace::TasksResults, TASK, now);
    let failed: Vec<String> = results
        .iter()
        .filter_map(|results| serde_json::from_value::<Vec<String>>(results.get("failed")?.clone()).ok())
        .flatten()
        .collect();
    let failure = results.and_then(|result| Some(result.get("error")?.as_str()?.to_string()));
    let waiting = if app.config.analyze_in_background {
        "the next change, or `journal analyze`, starts it"
    } else {
        "analyze = manual: `journal analyze` starts it"
    };
    let mut tasks = Vec::new();
    let mut push = |id: &str, model: Option<String>, count: u64, blocked: Option<String>| {
        let at_work = status.as_ref().filter(|status| status.step == id || status.step == id.replace('_', " "));
        let (state, reason) = match (count, blocked) {
            (0, _) => ("done", String::new()),
            (_, Some(reason)) => ("blocked", reason),
            (_, None) if running => {
                ("running", at_work.map(|status| format!("{} of {}", status.done, status.total)).unwrap_or_default())
            }
            (_, None) => (
                "waiting",
                failure.as_ref().map_or(waiting.to_string(), |error| format!("the last attempt failed: {error}")),
            ),
        };
        tasks.push(Pending { id: id.to_string(), model, count, state, reason });
    };
    let text = app.text_index().position();
    let behind = app.store()?.entries_changed_since(text.unwrap_or_default().seq)?;
    push("text_index", None, behind, None);
    push("sentiments", Some(VADER.into()), app.store()?.count_without_sentiment(VADER)?, None);
    let no_server = app.model_server().err().map(|error| error.to_string());
    let (mut unread_entries, mut reads_entries) = (0, None);
    for (collection, model) in app.readers()? {
        let (name, blocked) = match &model {
            Ok(model) => (Some(model.name.clone()), no_server.clone()),
            Err(error) => (None, Some(format!("{error}: `journal models install` says how to get one"))),
        };
        let kept = name.as_deref().map(kept_as).unwrap_or_default();
        let count = app.store()?.pending_vectors(collection.name(), &kept)?;
        let id = match collection {
            Collection::Topic => "topic_vectors",
            _ => "entry_vectors",
        };
        if collection == Collection::User {
            (unread_entries, reads_entries) = (count, name.clone());
        }
        push(id, name, count, blocked);
    }
    match app.installed(VECTORS_OF)? {
        Some(model) => {
            let judge = emotions::judge(&model.name);
            let count = app.store()?.count_without_sentiment(&judge)?;
            // Where other vectors are asked for, or are still to be made, it takes the server.
            let asks = reads_entries.as_ref() != Some(&model.name) || unread_entries > 0;
            push("emotions", Some(judge), count, no_server.filter(|_| asks));
        }
        None => {
            let count = app.store()?.count_without_any_sentiment(ALL_EMOTIONS)?;
            let blocked = format!(
                "{EMOTIONS} reads the vectors of {VECTORS_OF}, which is not installed: `journal models install {VECTORS_OF}`"
            );
            push("emotions", None, count, Some(blocked));
        }
    }
    push("moods", Some(MOODS.name.into()), app.store()?.count_unsettled_moods(MOODS)?, None);
    let (there, missing) = app.classifiers();
    let server = if there.is_empty() { None } else { app.model_server().err().map(|error| error.to_string()) };
    for model in there {
        let damaged = failed.iter().find(|failed| failed.starts_with(&judged_by(&model.id))).cloned();
        push(
            &model.id,
            Some(model.name.clone()),
            app.store()?.count_without_sentiment(&model.name)?,
            server.clone().or(damaged),
        );
    }
    for (name, why) in missing {
        let hint = why.hint_text().map(|hint| format!(": {hint}")).unwrap_or_default();
        push(&name, None, app.store()?.count_without_sentiment(&name)?, Some(format!("{}{hint}", why.message())));
    }
    Ok(tasks)
}
