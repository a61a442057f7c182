//! What is pending, derived from what is missing.

use crate::analysis::classify::judged_by;
use crate::analysis::drain::{Status, TASK};
use crate::analysis::emotions::{self, EMOTIONS, VECTORS_OF};
use crate::analysis::sentiment::VADER;
use crate::app::App;
use crate::cache::Namespace;
use crate::error::Result;
use crate::journal::passage::kept_as;

/// Work of one kind.
pub(super) struct Pending {
    /// What it is.
    pub(super) id: String,
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
    let model = app.model_if_installed()?;
    let waiting = if app.config.analyze_in_background {
        "the next change, or `journal analyze`, starts it"
    } else {
        "analyze = manual: `journal analyze` starts it"
    };
    let mut tasks = Vec::new();
    let mut push = |id: &str, count: u64, blocked: Option<String>| {
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
        tasks.push(Pending { id: id.to_string(), count, state, reason });
    };
    let text = app.text_index().position();
    let behind = app.store()?.entries_changed_since(text.unwrap_or_default().seq)?;
    push("text_index", behind, None);
    push("sentiments", app.store()?.count_without_sentiment(VADER)?, None);
    let unread = app.store()?.count_without_sentiment(EMOTIONS)?;
    match model {
        Some(model) => {
            let (entries, topics) = app.store()?.pending_vectors(&kept_as(&model.name))?;
            let blocked = app.model_server().err().map(|error| error.to_string());
            push("vectors", entries + topics, blocked.clone());
            let foreign = format!("{EMOTIONS} reads the vectors of {VECTORS_OF}, and {} is installed", model.id);
            let blocked = if emotions::reads(&model.id) { blocked.filter(|_| entries > 0) } else { Some(foreign) };
            push("emotions", unread, blocked);
        }
        None => {
            let (entries, topics) = app.store()?.pending_vectors("")?;
            let without = "no embedding model is installed: `journal models install` says how to get one";
            push("vectors", entries + topics, Some(without.into()));
            push("emotions", unread, Some(format!("they are read from vectors, and {without}")));
        }
    }
    let (there, missing) = app.classifiers();
    let server = if there.is_empty() { None } else { app.model_server().err().map(|error| error.to_string()) };
    for model in there {
        let damaged = failed.iter().find(|failed| failed.starts_with(&judged_by(&model.id))).cloned();
        push(&model.id, app.store()?.count_without_sentiment(&model.name)?, server.clone().or(damaged));
    }
    for (name, why) in missing {
        let hint = why.hint_text().map(|hint| format!(": {hint}")).unwrap_or_default();
        push(&name, app.store()?.count_without_sentiment(&name)?, Some(format!("{}{hint}", why.message())));
    }
    Ok(tasks)
}
