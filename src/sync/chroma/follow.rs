//! Bringing the collections of the deployment's Chroma up to date with the journal.
//!
//! What is sent is decided by what is there: a record bears the hashes of its vector and of the rest, and only
//! what differs goes. To change a vector is slow there (a tenth of the speed of adding), so such a record is
//! deleted and added. A collection that holds vectors of another model, or measures another distance, is made
//! anew: it is a projection. Its id is then another one, by which every other journal that sends there notices
//! that it has to send everything again.

use super::Address;
use super::collection::{BATCH, Found};
use super::document::{Fate, fate, subject_of};
use crate::cache::text_hash;
use crate::error::Result;
use crate::index::vector::Collection;
use crate::store::{Followed, Snapshot, Span};
use crate::sync::mirror::{Job, model_name};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use uuid::Uuid;

/// A request has at most about so many bytes of vectors and texts.
const MOST_BYTES: usize = 8 << 20;

/// What was done, or would be.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Records that were added, or put in the place of one with another vector.
    pub added: u64,
    /// Records that have another text or other metadata, and the same vector.
    pub updated: u64,
    /// Records that were taken away.
    pub deleted: u64,
    /// Records that were looked at and are there as they should be.
    pub unchanged: u64,
    /// Collections that were made anew, each with the reason.
    pub remade: Vec<String>,
    /// Whether everything was compared.
    pub anew: bool,
}

/// What is remembered of a collection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    id: String,
    kept: Option<String>,
}

type Memory = BTreeMap<String, Known>;

/// Brings Chroma up to the row of the log that the job names.
///
/// # Errors
/// Network when Chroma cannot be reached; then the cursor stays, and the next run compares again what is after it.
pub fn follow(address: &Address, job: &mut Job<'_>) -> Result<Report> {
    let name = address.name();
    // A database that is not there has no collections either.
    let there = address.collections()?;
    let is_there = |collection: &Collection| there.iter().any(|found| found.name == collection.name());
    if !Collection::ALL.iter().all(is_there) && !job.dry_run && !address.has_database()? {
        address.make_database()?;
    }
    let (snapshot, followed, span) = job.open(name)?;
    let memory = remembered(followed.as_ref());
    let mut report = Report::default();
    let mut known = Memory::new();
    for collection in Collection::ALL {
        let kept = job.answering(&snapshot, collection)?;
        let found = there.iter().find(|found| found.name == collection.name()).cloned();
        let (found, is_new) = fitting(address, job, &snapshot, collection, kept.as_deref(), found, &mut report)?;
        let now = found.as_ref().map(|found| Known { id: found.id.clone(), kept: kept.clone() });
        let anew = span.after.is_none() || now.is_none() || memory.get(collection.name()) != now.as_ref();
        report.anew |= anew;
        let span = if anew { Span { after: None, ..span } } else { span };
        if span.after.is_none_or(|after| after < span.to) {
            let mut work = Work { address, snapshot: &snapshot, collection, kept: kept.as_deref(), found, is_new };
            work.run(job, span, &mut report)?;
        }
        known.extend(now.map(|now| (collection.name().to_string(), now)));
    }
    let moved = followed.as_ref().is_none_or(|followed| followed.position != job.to) || memory != known;
    let behind = followed.as_ref().is_some_and(|followed| followed.position.seq > job.to.seq);
    if !job.dry_run && moved && !behind {
        let note = serde_json::to_string(&known).unwrap_or_default();
        job.store.follow(name, job.to, Some(&note))?;
    }
    Ok(report)
}

/// Counts what would be sent as far as it is known without asking Chroma: what has changed here since it last
/// followed. What it has lost is not known, nor what is there as it should be, nor what another machine has sent.
///
/// # Errors
/// What the database fails with.
pub fn estimate(address: &Address, job: &mut Job<'_>) -> Result<Report> {
    let (snapshot, followed, span) = job.open(address.name())?;
    let memory = remembered(followed.as_ref());
    let mut report = Report::default();
    for collection in Collection::ALL {
        let name = collection.name();
        let kept = job.answering(&snapshot, collection)?;
        let anew = span.after.is_none() || memory.get(name).is_none_or(|known| known.kept != kept);
        report.anew |= anew;
        let span = if anew { Span { after: None, ..span } } else { span };
        if span.after.is_some_and(|after| after >= span.to) {
            continue;
        }
        let read = snapshot.subjects_read(span)?;
        let subjects = snapshot.subjects_touched(subject_of(collection), name, span)?;
        for (done, id) in subjects.iter().enumerate() {
            job.step(&format!("{} in Chroma", collection.subjects()), done, subjects.len())?;
            match fate(&snapshot, collection, kept.as_deref(), job.owners, *id)? {
                Fate::There(_) if anew || read.contains(id) => report.added += 1,
                Fate::There(_) => report.updated += 1,
                // There is a record of what had a vector here, gone since.
                Fate::Gone(_) | Fate::Unread { .. } => {
                    report.deleted += u64::from(!anew && kept.is_some() && read.contains(id));
                }
            }
        }
    }
    Ok(report)
}

/// What was written down when it last followed.
fn remembered(followed: Option<&Followed>) -> Memory {
    let note = followed.and_then(|followed| followed.note.as_deref());
    note.and_then(|note| serde_json::from_str(note).ok()).unwrap_or_default()
}

/// The collection, made where there is none and made anew where it cannot hold these vectors, and whether there is
/// nothing in it. Nothing when that is only counted.
fn fitting(
    address: &Address,
    job: &Job<'_>,
    snapshot: &Snapshot,
    collection: Collection,
    kept: Option<&str>,
    found: Option<Found>,
    report: &mut Report,
) -> Result<(Option<Found>, bool)> {
    let name = collection.name();
    let model = kept.map(model_name);
    let dimension = match kept {
        Some(kept) => snapshot.dimensions(name, kept)?,
        None => None,
    };
    if let Some(found) = found {
        let misfit = model.zip(dimension).and_then(|(model, dimension)| found.misfit(model, dimension));
        let Some(reason) = misfit else {
            if let (None, Some(model), false) = (&found.model, model, job.dry_run) {
                found.name_model(address, model)?;
            }
            return Ok((Some(found), false));
        };
        report.remade.push(format!("{name} was made anew: {reason}"));
        if job.dry_run {
            return Ok((None, true));
        }
        address.drop_collection(name)?;
    }
    if job.dry_run {
        return Ok((None, true));
    }
    address.make_collection(name, model).map(|made| (Some(made), true))
}

/// The work on one collection.
struct Work<'a> {
    address: &'a Address,
    snapshot: &'a Snapshot,
    collection: Collection,
    kept: Option<&'a str>,
    /// Nothing when the work is only counted, and there is none.
    found: Option<Found>,
    /// Whether there is nothing in it.
    is_new: bool,
}

impl Work<'_> {
    fn run(&mut self, job: &mut Job<'_>, span: Span, report: &mut Report) -> Result<()> {
        let name = self.collection.name();
        let mut subjects = self.snapshot.subjects_touched(subject_of(self.collection), name, span)?;
        if span.after.is_none() {
            self.add_known_there(job, &mut subjects)?;
        }
        let mut batch = BATCH;
        if !subjects.is_empty() && !job.dry_run {
            batch = self.address.batch()?;
        }
        let doing = format!("{} in Chroma", self.collection.subjects());
        let (mut held, mut bytes) = (Vec::new(), 0);
        for (done, id) in subjects.iter().enumerate() {
            let fate = fate(self.snapshot, self.collection, self.kept, job.owners, *id)?;
            if let Fate::There(document) = &fate {
                bytes += document.vector.len() * 6 + document.text.len();
            }
            held.push(fate);
            if held.len() >= batch || bytes > MOST_BYTES {
                job.step(&doing, done, subjects.len())?;
                self.send(job.dry_run, &held, report)?;
                held.clear();
                bytes = 0;
            }
        }
        job.step(&doing, subjects.len(), subjects.len())?;
        self.send(job.dry_run, &held, report)
    }

    /// Adds the records of our users that are there and have no vector here: some are of what is gone.
    fn add_known_there(&self, job: &Job<'_>, subjects: &mut Vec<Uuid>) -> Result<()> {
        let Some(found) = self.found.as_ref().filter(|_| !self.is_new) else { return Ok(()) };
        let here: HashSet<Uuid> = subjects.iter().copied().collect();
        let mut conditions: Vec<_> = job.owners.iter().map(|owner| json!({"user_id": owner})).collect();
        if self.collection == Collection::Topic {
            conditions.push(json!({"is_system_topic": true}));
        }
        for condition in conditions {
            let ids = found.ids_where(self.address, &condition)?;
            // An id that is none of ours is no record of ours either.
            let ids = ids.iter().filter_map(|id| id.parse().ok());
            subjects.extend(ids.filter(|id| !here.contains(id)));
        }
        Ok(())
    }

    /// Sends what differs of some records, and takes away what is not to be there.
    fn send(&self, dry_run: bool, fates: &[Fate], report: &mut Report) -> Result<()> {
        let ids: Vec<String> = fates.iter().map(|fate| fate.id().to_string()).collect();
        let there = match &self.found {
            Some(found) if !self.is_new && !ids.is_empty() => found.hashes(self.address, &ids)?,
            _ => Default::default(),
        };
        let model = self.kept.map(model_name).or_else(|| self.found.as_ref()?.model.as_deref()).unwrap_or_default();
        let (mut add, mut update, mut delete) = (Vec::new(), Vec::new(), Vec::new());
        for fate in fates {
            match (fate, there.get(fate.id())) {
                (Fate::There(document), None) => add.push(document),
                (Fate::There(document), Some(hashes)) => {
                    let same = |name: &str, hash: &str| document.metadata.get(name).is_some_and(|own| own == hash);
                    match hashes {
                        Some(hashes) if !same("vector_hash", &hashes.vector) => {
                            delete.push(document.id.clone());
                            add.push(document);
                        }
                        Some(hashes) if same("content_hash", &hashes.content) => report.unchanged += 1,
                        Some(_) => update.push(document),
                        None => {
                            delete.push(document.id.clone());
                            add.push(document);
                        }
                    }
                }
                (_, None) => {}
                (Fate::Unread { text, .. }, Some(Some(hashes))) if hashes.text == text_hash(model, text) => {
                    report.unchanged += 1;
                }
                (_, Some(_)) => {
                    delete.push(fate.id().to_string());
                    report.deleted += 1;
                }
            }
        }
        report.added += add.len() as u64;
        report.updated += update.len() as u64;
        let (Some(found), false) = (&self.found, dry_run) else { return Ok(()) };
        found.delete(self.address, &delete)?;
        if !add.is_empty() {
            found.add(self.address, &add)?;
        }
        if !update.is_empty() {
            found.update(self.address, &update)?;
        }
        Ok(())
    }
}
