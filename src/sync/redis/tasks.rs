//! Entries that are still to be analysed, as tasks for the deployment's workers.
//!
//! `tasks:queue:ai_analysis` is a list: tasks are put in at its left and taken from its right. Each is JSON
//! with `task_id`, `task`, `entry_id` and `user_id`. The id of a task is that of the entry with the beginning
//! of the hash of its text, so that a changed text is another task, and the same text the same one.
//!
//! A task is put there once: together with its `tasks:status`, and only where there is neither that nor the
//! task itself, nor `tasks:results` of it, which another machine may have left. An entry that has been analysed
//! here, or is gone, is taken out of the queue; where it was analysed its `tasks:status` says so, and
//! `tasks:results` what came of it.

use super::follow::{Report, judgement, vectors};
use super::line::{BATCH, Batch, Line};
use crate::cache::{Namespace, text_hash};
use crate::error::Result;
use crate::index::vector::Collection;
use crate::journal::entry::Entry;
use crate::store::{Snapshot, Span};
use crate::sync::mirror::{Job, model_name};
use chrono::SecondsFormat;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::HashSet;
use uuid::Uuid;

/// The key of the queue.
pub(super) const QUEUE: &str = "tasks:queue:ai_analysis";

/// The name of the work.
const TASK: &str = "ai_analysis";

/// Digits of the text's hash in the id of a task.
const DIGITS: usize = 16;

/// How many tasks are read at once.
const PAGE: isize = 1000;

/// Puts tasks into the queue, each only with its status, and only where it has neither status nor results: both
/// or nothing.
const PUT: &str = "local put = 0
for i = 2, #KEYS, 2 do
    if redis.call('EXISTS', KEYS[i + 1]) == 0 and redis.call('SET', KEYS[i], ARGV[i], 'NX', 'EX', ARGV[1]) then
        redis.call('LPUSH', KEYS[1], ARGV[i + 1])
        put = put + 1
    end
end
return put";

/// Counts the tasks that [`PUT`] would put.
const WOULD_PUT: &str = "local put = 0
for i = 2, #KEYS, 2 do
    if redis.call('EXISTS', KEYS[i], KEYS[i + 1]) == 0 then put = put + 1 end
end
return put";

/// Takes tasks out of the queue, however many there are and whoever puts or takes at the same time.
const TAKE_OUT: &str = "local gone, kept, taken = {}, {}, 0
for _, task in ipairs(ARGV) do gone[task] = true end
for _, task in ipairs(redis.call('LRANGE', KEYS[1], 0, -1)) do
    if gone[task] then taken = taken + 1 else kept[#kept + 1] = task end
end
if taken > 0 then
    redis.call('DEL', KEYS[1])
    for i = 1, #kept, 1000 do
        redis.call('RPUSH', KEYS[1], unpack(kept, i, math.min(i + 999, #kept)))
    end
end
return taken";

/// A task as it stands in the queue. Others put theirs there too, which are let be.
#[derive(Debug, Serialize, Deserialize)]
struct Task {
    task_id: String,
    task: String,
    entry_id: Uuid,
    user_id: Uuid,
}

impl Task {
    fn of(entry: &Entry) -> Task {
        let hash = text_hash("", &entry.full_text());
        Task {
            task_id: format!("{}:{}", entry.id, &hash[..DIGITS]),
            task: TASK.into(),
            entry_id: entry.id,
            user_id: entry.user_id,
        }
    }

    fn status(&self, status: &str, at: &str) -> String {
        let Task { task_id, task, entry_id, user_id } = self;
        json!({"task_id": task_id, "task": task, "status": status, "entry_id": entry_id, "user_id": user_id,
            "updated_at": at})
        .to_string()
    }
}

/// Brings queue, status and results up to date.
pub(super) fn follow(
    line: &mut Option<Line>,
    job: &mut Job<'_>,
    snapshot: &Snapshot,
    span: Span,
    newest: &[Uuid],
    report: &mut Report,
) -> Result<()> {
    let pending = snapshot.unanalysed(span)?;
    let Some(line) = line else {
        for id in &pending {
            let is_ours = snapshot.entry(*id)?.is_some_and(|entry| job.owners.contains(&entry.user_id));
            report.queued += u64::from(is_ours);
        }
        return Ok(());
    };
    let queued = waiting(line)?;
    report.withdrawn = take_out(line, &obsolete(job, snapshot, span, &queued)?, job.dry_run)?;
    let known: HashSet<&str> = queued.iter().map(|(_, task)| task.task_id.as_str()).collect();
    let at = job.now.to_rfc3339_opts(SecondsFormat::Micros, true);
    for (done, ids) in pending.chunks(BATCH).enumerate() {
        job.step("tasks", done * BATCH, pending.len())?;
        let mut tasks = Vec::new();
        for id in ids {
            let entry = snapshot.entry(*id)?.filter(|entry| job.owners.contains(&entry.user_id));
            let task = entry.as_ref().map(Task::of);
            tasks.extend(task.filter(|task| !known.contains(task.task_id.as_str())));
        }
        report.queued += put(line, &tasks, &at, job.dry_run)?;
    }
    if job.dry_run {
        return Ok(());
    }
    let unanalysed: HashSet<Uuid> = pending.into_iter().collect();
    let kept = job.answering(snapshot, Collection::User)?;
    let mut batch = Batch::new(line);
    for (done, id) in newest.iter().filter(|id| !unanalysed.contains(id)).enumerate() {
        job.step("results", done, newest.len())?;
        let Some(entry) = snapshot.entry(*id)?.filter(|entry| job.owners.contains(&entry.user_id)) else { continue };
        let task = Task::of(&entry);
        let results = results(&task, snapshot, &entry, kept.as_deref())?;
        batch.set(Namespace::TasksResults, &task.task_id, results.to_string().as_bytes())?;
        batch.set(Namespace::TasksStatus, &task.task_id, task.status("completed", &at).as_bytes())?;
    }
    batch.send()
}

/// Takes the journal's tasks out of a queue that is none any more, for they go to another Redis; their status too,
/// which would keep them from being put here should they come back.
pub(super) fn leave(line: &mut Line, job: &Job<'_>) -> Result<u64> {
    let queued = waiting(line)?;
    let ours: Vec<&(Vec<u8>, Task)> = queued.iter().filter(|(_, task)| job.owners.contains(&task.user_id)).collect();
    let taken = take_out(line, &ours.iter().map(|(item, _)| item.as_slice()).collect::<Vec<_>>(), job.dry_run)?;
    if !job.dry_run {
        let mut batch = Batch::new(line);
        for tasks in ours.chunks(BATCH) {
            let keys: Vec<String> = tasks.iter().map(|(_, task)| Namespace::TasksStatus.key(&task.task_id)).collect();
            batch.delete(&keys);
        }
        batch.send()?;
    }
    Ok(taken)
}

/// The journal's tasks in the queue, each as it is written there.
fn waiting(line: &mut Line) -> Result<Vec<(Vec<u8>, Task)>> {
    let mut found = Vec::new();
    let mut from = 0_isize;
    loop {
        let page: Vec<Vec<u8>> = line.ask(redis::cmd("LRANGE").arg(QUEUE).arg(from).arg(from + PAGE - 1))?;
        let read = page.len();
        for item in page {
            if let Some(task) = serde_json::from_slice::<Task>(&item).ok().filter(|task| task.task == TASK) {
                found.push((item, task));
            }
        }
        if read < PAGE as usize {
            return Ok(found);
        }
        from += PAGE;
    }
}

/// The tasks of entries that a span touches, when there is nothing to do for them any more, or the text is another.
fn obsolete<'a>(
    job: &Job<'_>,
    snapshot: &Snapshot,
    span: Span,
    queued: &'a [(Vec<u8>, Task)],
) -> Result<Vec<&'a [u8]>> {
    if queued.is_empty() {
        return Ok(Vec::new());
    }
    let touched = if span.after.is_some() { Some(snapshot.entries_touched(span)?) } else { None };
    let mut obsolete: Vec<&[u8]> = Vec::new();
    for (item, task) in queued {
        // Of the entries of others nothing is known here. Whose entry it was is not asked of one that is gone.
        let is_asked = match &touched {
            Some(touched) => touched.contains(&task.entry_id),
            None => job.owners.contains(&task.user_id),
        };
        if !is_asked {
            continue;
        }
        let stays = snapshot.is_unanalysed(task.entry_id)?
            && snapshot.entry(task.entry_id)?.is_some_and(|entry| Task::of(&entry).task_id == task.task_id);
        if !stays {
            obsolete.push(item);
        }
    }
    Ok(obsolete)
}

fn take_out(line: &mut Line, tasks: &[&[u8]], dry_run: bool) -> Result<u64> {
    if dry_run {
        return Ok(tasks.len() as u64);
    }
    let mut taken = 0;
    for tasks in tasks.chunks(PAGE as usize) {
        taken += line.ask::<u64>(redis::cmd("EVAL").arg(TAKE_OUT).arg(1).arg(QUEUE).arg(tasks))?;
    }
    Ok(taken)
}

fn put(line: &mut Line, tasks: &[Task], at: &str, dry_run: bool) -> Result<u64> {
    if tasks.is_empty() {
        return Ok(0);
    }
    let mut script = redis::cmd("EVAL");
    script.arg(if dry_run { WOULD_PUT } else { PUT }).arg(2 * tasks.len() + 1).arg(QUEUE);
    for task in tasks {
        script.arg(Namespace::TasksStatus.key(&task.task_id)).arg(Namespace::TasksResults.key(&task.task_id));
    }
    script.arg(Namespace::TasksStatus.ttl());
    for task in tasks {
        script.arg(task.status("queued", at)).arg(json!(task).to_string());
    }
    line.ask(&script)
}

/// What came of the analysis of an entry.
fn results(task: &Task, snapshot: &Snapshot, entry: &Entry, kept: Option<&str>) -> Result<Value> {
    let sentiments: Vec<Value> = entry
        .sentiments
        .iter()
        .map(|sentiment| {
            let mut value = judgement(sentiment);
            value["model_name"] = json!(sentiment.model_name);
            value
        })
        .collect();
    let topics: Vec<Value> = entry
        .topics
        .iter()
        .map(|topic| json!({"name": topic.name, "relevance_score": topic.relevance.map(|score| score as f64 / 100.0)}))
        .collect();
    // The vector itself is under a key of its own; the last is that of the whole text.
    let embedding = match kept {
        Some(kept) => vectors(snapshot, entry, kept)?.pop().map(|(hash, vector)| {
            json!({"model_name": model_name(kept), "dimensions": vector.len(),
                "key": Namespace::ModelsEmbeddings.key(&hash)})
        }),
        None => None,
    };
    Ok(json!({
        "task_id": task.task_id, "entry_id": task.entry_id, "user_id": task.user_id,
        "mood_score": entry.mood.map(|mood| mood.value()), "sentiments": sentiments, "topics": topics,
        "embedding": embedding,
    }))
}
