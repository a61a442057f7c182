//! A journal with vectors of the test's own, and what follows it.

use crate::support::{Sandbox, clock};
use chrono::{DateTime, Utc};
use journaling_ai::analysis::sentiment::VADER;
use journaling_ai::error::Result;
use journaling_ai::journal::entry::full_text;
use journaling_ai::journal::log::Position;
use journaling_ai::store::{PassageVector, PendingText, Store, StoredPassage};
use journaling_ai::sync::mirror::Job;
use journaling_ai::sync::{chroma, redis};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use uuid::Uuid;

/// The model that the vectors are said to be of.
pub(crate) const MODEL: &str = "test-model@01234567";

/// The journal of a sandbox, without the program.
pub(crate) fn store(sandbox: &Sandbox) -> Store {
    Store::open(sandbox.data(), clock()).unwrap()
}

/// The one user.
pub(crate) fn user(sandbox: &Sandbox) -> Uuid {
    store(sandbox).first_user().unwrap().unwrap()
}

/// A vector of length one that is the text's alone.
pub(crate) fn vector(text: &str, dimensions: usize) -> Vec<f32> {
    let mut state = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mut numbers = Vec::with_capacity(dimensions);
    for _ in 0..dimensions {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        numbers.push((state >> 40) as f32 / (1 << 24) as f32 - 0.5);
    }
    let length = numbers.iter().map(|number| number * number).sum::<f32>().sqrt();
    numbers.iter().map(|number| number / length).collect()
}

/// Gives an entry the vectors of a model: one for each of these parts of its text.
pub(crate) fn read(store: &mut Store, id: &str, model: &str, dimensions: usize, parts: usize) -> Vec<Vec<f32>> {
    let id: Uuid = id.parse().unwrap();
    let entry = store.entry_if_there(id).unwrap().unwrap();
    let text = full_text(entry.title.as_deref(), &entry.content);
    let length = text.len() / parts;
    let passages: Vec<PassageVector> = (0..parts)
        .map(|part| {
            let range = part * length..if part + 1 == parts { text.len() } else { (part + 1) * length };
            let passage = &text[range.clone()];
            let text_hash = journaling_ai::cache::text_hash(model, passage);
            PassageVector { range: range.clone(), text_hash, vector: vector(passage, dimensions) }
        })
        .collect();
    let vectors = passages.iter().map(|passage| passage.vector.clone()).collect();
    let pending = PendingText { collection: "user_embeddings", subject: id, text };
    assert_eq!(store.save_passages(model, model, &[StoredPassage { pending, passages }]).unwrap(), 1);
    vectors
}

/// Gives a topic a vector of a model.
pub(crate) fn read_topic(store: &mut Store, id: Uuid, model: &str, dimensions: usize) {
    let pending = store.texts_of("topic_embeddings", &[id]).unwrap().pop().unwrap();
    let text = pending.text.clone();
    let text_hash = journaling_ai::cache::text_hash(model, &text);
    let passages = vec![PassageVector { range: 0..text.len(), text_hash, vector: vector(&text, dimensions) }];
    assert_eq!(store.save_passages(model, model, &[StoredPassage { pending, passages }]).unwrap(), 1);
}

/// A time that does not pass.
fn now() -> DateTime<Utc> {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn with_job<T>(sandbox: &Sandbox, dry_run: bool, work: impl FnOnce(&mut Job<'_>) -> Result<T>) -> Result<T> {
    with_job_that_tells(sandbox, dry_run, &mut |_, _, _| {}, work)
}

fn with_job_that_tells<T>(
    sandbox: &Sandbox,
    dry_run: bool,
    progress: &mut dyn FnMut(&str, u64, u64),
    work: impl FnOnce(&mut Job<'_>) -> Result<T>,
) -> Result<T> {
    let mut store = store(sandbox);
    let to: Position = store.log_head()?;
    let owners: BTreeSet<Uuid> = store.accounts()?.into_iter().map(|(account, _)| account.id).collect();
    let mut job = Job {
        data: sandbox.data(),
        store: &mut store,
        to,
        owners: &owners,
        readers: &[],
        reads_content: VADER,
        now: now(),
        dry_run,
        interrupted: &AtomicBool::new(false),
        progress,
    };
    work(&mut job)
}

/// Lets Redis follow the journal.
pub(crate) fn to_redis(sandbox: &Sandbox, url: &str) -> Result<redis::Report> {
    let address = redis::Address::parse(url)?;
    with_job(sandbox, false, |job| redis::follow(&address, job))
}

/// Lets Redis follow the journal, and something else happen while it does.
pub(crate) fn to_redis_while(sandbox: &Sandbox, url: &str, mut happens: impl FnMut(&str)) -> Result<redis::Report> {
    let address = redis::Address::parse(url)?;
    with_job_that_tells(sandbox, false, &mut |doing, _, _| happens(doing), |job| redis::follow(&address, job))
}

/// Counts what would go to Redis.
pub(crate) fn would_go_to_redis(sandbox: &Sandbox, url: &str) -> redis::Report {
    let address = redis::Address::parse(url).unwrap();
    with_job(sandbox, true, |job| redis::follow(&address, job)).unwrap()
}

/// Lets Chroma follow the journal.
pub(crate) fn to_chroma(sandbox: &Sandbox, url: &str) -> Result<chroma::Report> {
    let address = chroma::Address::parse(url)?;
    with_job(sandbox, false, |job| chroma::follow(&address, job))
}

/// Counts what would go to Chroma.
pub(crate) fn would_go_to_chroma(sandbox: &Sandbox, url: &str) -> chroma::Report {
    let address = chroma::Address::parse(url).unwrap();
    with_job(sandbox, true, |job| chroma::follow(&address, job)).unwrap()
}
