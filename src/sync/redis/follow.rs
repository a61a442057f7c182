//! What goes to Redis after a sync: the architecture's keys, for the architecture's times.
//!
//! - Write-through and invalidation, for each user whose rows have changed: `api:user_data` is written,
//!   `api:analytics` and `models:topics` are removed, and so is every `api:response` whose `route_hash` names
//!   the user. (The architecture does not say what a route is hashed from. Where the user is not told by the
//!   key, five minutes tell.)
//! - Warm-up: `models:embeddings` and `models:sentiment` of the newest entries that have changed. They live
//!   for a day, so that more would be gone before anybody asks.
//! - Tasks: see [`super::tasks`].
//!
//! `auth:*` is no business of a journal, and never touched.
//!
//! A `text_hash` is that of the local cache, SHA-256 of the model's full name, a NUL and the text: a result
//! never outlives the model that made it. A worker of the deployment computes it as
//! `sha256(f"{model}\0{text}")`.

use super::line::{Batch, Line};
use super::marker::Marker;
use super::{Address, tasks};
use crate::cache::{Namespace, text_hash};
use crate::error::Result;
use crate::index::vector::Collection;
use crate::journal::entry::{Entry, Sentiment};
use crate::store::{Snapshot, Span};
use crate::sync::mirror::{Job, mean, model_name};
use serde_json::json;
use serde_json::value::RawValue;
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many entries are warmed up at most.
const NEWEST: usize = 2000;

/// How many keys are looked at in one step of a walk.
const WALK: usize = 1000;

/// What was done, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Users whose profile was written through, and what else is kept of them removed.
    pub users: u64,
    /// Whole answers that were removed.
    pub answers: u64,
    /// Vectors that were put there.
    pub embeddings: u64,
    /// Judgements that were put there.
    pub sentiments: u64,
    /// Entries that were put into the queue of those to be analysed.
    pub queued: u64,
    /// Entries that were taken out of it: they have been analysed here, or are gone.
    pub withdrawn: u64,
    /// Whether everything was sent anew.
    pub anew: bool,
}

/// Brings Redis up to the row of the log that the job names; what is only counted is asked for, and not sent.
///
/// # Errors
/// Network when Redis cannot be reached, is full, or refuses to be written to; then the cursor stays, and the
/// next run takes everything again.
pub fn follow(address: &Address, job: &mut Job<'_>) -> Result<Report> {
    let (snapshot, followed, mut span) = job.open(address.name())?;
    let mut line = address.line()?;
    let marker = Marker::look(&mut line, address.role, followed.as_ref(), job.to)?;
    if !marker.is_whole {
        span.after = None;
    }
    let is_behind = span.after.is_none_or(|after| after < span.to);
    if is_behind && !marker.is_whole && !job.dry_run {
        marker.begin(&mut line)?;
    }
    let had_tasks = marker.had_tasks();
    let mut line = Some(line);
    let mut report = work(address, job, &snapshot, span, &mut line)?;
    if let Some(line) = line.as_mut().filter(|_| is_behind) {
        if had_tasks {
            report.withdrawn += tasks::leave(line, job)?;
        }
        if !job.dry_run {
            marker.keep(line, job.store, address, job.to)?;
        }
    }
    Ok(report)
}

/// Counts what would be sent as far as it is known without asking Redis: neither what it has lost, nor what it
/// has besides.
///
/// # Errors
/// What the database fails with.
pub fn estimate(address: &Address, job: &mut Job<'_>) -> Result<Report> {
    let (snapshot, _, span) = job.open(address.name())?;
    work(address, job, &snapshot, span, &mut None)
}

/// What is to be done about a span of the log; without a line nothing is asked.
fn work(
    address: &Address,
    job: &mut Job<'_>,
    snapshot: &Snapshot,
    span: Span,
    line: &mut Option<Line>,
) -> Result<Report> {
    let mut report = Report { anew: span.after.is_none(), ..Report::default() };
    if span.after.is_some_and(|after| after >= span.to) {
        return Ok(report);
    }
    let newest = snapshot.newest_touched(span, NEWEST)?;
    if address.role.has_cache() {
        forget(line, job, snapshot, span, &mut report)?;
        warm_up(line, job, snapshot, &newest, &mut report)?;
    }
    if address.role.has_tasks() {
        tasks::follow(line, job, snapshot, span, &newest, &mut report)?;
    }
    Ok(report)
}

/// Writes through the profiles of the users that a span touches, and removes what else is kept of them.
fn forget(
    line: &mut Option<Line>,
    job: &mut Job<'_>,
    snapshot: &Snapshot,
    span: Span,
    report: &mut Report,
) -> Result<()> {
    let mut users: BTreeSet<Uuid> = snapshot.users_touched(span)?;
    // Who is gone has no rows here, and so no owner: what is kept of them goes.
    let mut gone = BTreeSet::new();
    for user in &users {
        if !snapshot.has_user(*user)? {
            gone.insert(*user);
        }
    }
    users.retain(|user| job.owners.contains(user) || gone.contains(user));
    report.users = users.len() as u64;
    let Some(line) = line else { return Ok(()) };
    if !job.dry_run {
        write_through(line, job, snapshot, &users, &gone)?;
    }
    report.answers = forget_answers(line, &users, job.dry_run)?;
    Ok(())
}

/// First everything goes, then the profile comes: whoever reads in between finds nothing, and asks PostgreSQL.
fn write_through(
    line: &mut Line,
    job: &mut Job<'_>,
    snapshot: &Snapshot,
    users: &BTreeSet<Uuid>,
    gone: &BTreeSet<Uuid>,
) -> Result<()> {
    let mut batch = Batch::new(line);
    for (done, user) in users.iter().enumerate() {
        job.step("profiles", done, users.len())?;
        let id = user.to_string();
        batch.delete(&Namespace::OF_A_USER.map(|namespace| namespace.key(&id)));
        if !gone.contains(user) {
            // The JSON of the column, as the local cache keeps it.
            let profile = snapshot.profile(*user)?.unwrap_or_else(|| "null".into());
            batch.set(Namespace::ApiUserData, &id, profile.as_bytes())?;
        }
    }
    batch.send()
}

/// Removes the answers whose key names one of these users, or counts them.
fn forget_answers(line: &mut Line, users: &BTreeSet<Uuid>, dry_run: bool) -> Result<u64> {
    if users.is_empty() {
        return Ok(0);
    }
    let names: Vec<String> = users.iter().map(Uuid::to_string).collect();
    let pattern = Namespace::ApiResponse.key("*");
    let (mut cursor, mut removed) = (0_u64, 0);
    loop {
        let mut walk = redis::cmd("SCAN");
        walk.arg(cursor).arg("MATCH").arg(&pattern).arg("COUNT").arg(WALK);
        let (next, keys): (u64, Vec<Vec<u8>>) = line.ask(&walk)?;
        let is_theirs = |key: &Vec<u8>| {
            let key = String::from_utf8_lossy(key);
            names.iter().any(|name| key.contains(name.as_str()))
        };
        let theirs: Vec<Vec<u8>> = keys.into_iter().filter(is_theirs).collect();
        if dry_run {
            removed += theirs.len() as u64;
        } else if !theirs.is_empty() {
            removed += line.ask::<u64>(redis::cmd("UNLINK").arg(theirs))?;
        }
        cursor = next;
        if cursor == 0 {
            return Ok(removed);
        }
    }
}

/// The vectors and judgements of these entries. A vector is put for each passage, and for the whole text when
/// it has more than one.
fn warm_up(
    line: &mut Option<Line>,
    job: &mut Job<'_>,
    snapshot: &Snapshot,
    newest: &[Uuid],
    report: &mut Report,
) -> Result<()> {
    let kept = job.answering(snapshot, Collection::User)?;
    let mut batch = line.as_mut().filter(|_| !job.dry_run).map(Batch::new);
    for (done, id) in newest.iter().enumerate() {
        job.step("vectors and judgements", done, newest.len())?;
        let Some(entry) = snapshot.entry(*id)?.filter(|entry| job.owners.contains(&entry.user_id)) else { continue };
        if let Some(kept) = &kept {
            for (hash, vector) in vectors(snapshot, &entry, kept)? {
                report.embeddings += 1;
                let value: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
                batch.as_mut().map_or(Ok(()), |batch| batch.set(Namespace::ModelsEmbeddings, &hash, &value))?;
            }
        }
        for sentiment in &entry.sentiments {
            report.sentiments += 1;
            let text =
                if sentiment.model_name == job.reads_content { entry.content.clone() } else { entry.full_text() };
            let hash = text_hash(&sentiment.model_name, &text);
            let value = judgement(sentiment).to_string();
            batch.as_mut().map_or(Ok(()), |batch| batch.set(Namespace::ModelsSentiment, &hash, value.as_bytes()))?;
        }
    }
    batch.as_mut().map_or(Ok(()), Batch::send)
}

/// The vectors of an entry by the hash of what they are of.
pub(super) fn vectors(snapshot: &Snapshot, entry: &Entry, kept: &str) -> Result<Vec<(String, Vec<f32>)>> {
    let mut found = snapshot.hashed_vectors(entry.id, kept)?;
    if found.len() > 1
        && let Some(mean) = mean(found.iter().map(|(_, vector)| vector.as_slice()))
    {
        found.push((text_hash(model_name(kept), &entry.full_text()), mean));
    }
    Ok(found)
}

/// What a model said, in the words of the schema: as the local cache keeps it.
pub(super) fn judgement(sentiment: &Sentiment) -> serde_json::Value {
    let emotions = sentiment.emotions.as_deref().and_then(|text| serde_json::from_str::<Box<RawValue>>(text).ok());
    json!({
        "sentiment_label": sentiment.label,
        "confidence_score": sentiment.confidence as f64 / 10_000.0,
        "emotions": emotions,
    })
}
