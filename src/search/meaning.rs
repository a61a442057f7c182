//! Looking by meaning: the passages nearest to a question, or the entries nearest to an entry.

use super::Parts;
use super::answering::Answering;
use crate::cache::{Cache, Put, text_hash};
use crate::error::{Error, Kind, Result};
use crate::follow::Vectors;
use crate::index::vector::{Candidates, Collection, VectorIndex, dot, normalise};
use crate::journal::filter::Filter;
use crate::model::{InstalledModel, ModelClient};
use std::collections::HashMap;
use std::ops::Range;
use uuid::Uuid;

/// Below this cosine a passage has nothing to do with a question.
///
/// There is no absolute scale. Of the questions and entries of the sample journal, unrelated pairs
/// stay below 0.2, so that "nothing relevant" is a possible answer. A higher line costs what is meant
/// but not said: of ten sleepless nights without the words of "trouble sleeping", 0.25 left three
/// among the first twenty results, 0.2 leaves six.
pub const RELEVANT: f32 = 0.2;

/// A passage that is near, the best of its entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Nearest {
    /// The entry.
    pub subject: Uuid,
    /// Cosine, from -1 to 1.
    pub similarity: f32,
    /// The passage, in bytes of the text that was analysed.
    pub range: Range<usize>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Meaning {
    /// Most similar first; each entry once.
    pub nearest: Vec<Nearest>,
    /// Entries that follow because the query holds of them whatever they mean, newest first.
    pub also: Vec<Uuid>,
    /// The most similar of all, near enough or not.
    pub best: Option<(Uuid, f32)>,
    /// Whether there may be more, less similar.
    pub more: bool,
    /// How the vectors were searched.
    pub how: &'static str,
    /// The name of what answered: the model with its revision, and the rules of its passages.
    pub model: Option<String>,
    /// What may be missing, and why.
    pub reason: Option<String>,
    /// Whether there are entries without vectors, which nothing here says anything about.
    pub unread: bool,
}

impl Meaning {
    /// No question, no answer.
    pub fn nothing() -> Meaning {
        Meaning {
            nearest: Vec::new(),
            also: Vec::new(),
            best: None,
            more: false,
            how: "none",
            model: None,
            reason: None,
            unread: false,
        }
    }
}

/// The vector of a question, from the cache or the model; what was computed is to be cached.
pub fn question(
    cache: &Cache,
    model: &InstalledModel,
    text: &str,
    now: u64,
    connect: &mut dyn FnMut() -> Result<ModelClient>,
) -> Result<(Vec<f32>, Option<Put>)> {
    let hash = text_hash(&model.name, text);
    if let Some(vector) = cache.get_vectors(&[&hash], model.dimensions, now).pop().flatten() {
        return Ok((vector, None));
    }
    let vector = connect()?
        .embed(&model.reference(), &[text.to_string()])?
        .pop()
        .ok_or_else(|| Error::new(Kind::ModelUnavailable, "the model server gave no answer"))?;
    let put = Put::vector(&hash, &vector);
    Ok((vector, Some(put)))
}

/// The entries of a user nearest to a vector of length one. The filter is applied before ranking.
///
/// # Errors
/// Model unavailable when nothing has been analysed yet.
pub fn nearest(
    parts: &Parts,
    answering: &Answering,
    user: Uuid,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Meaning> {
    // Several passages may be of one entry, so more of them are asked for than entries.
    let wanted = (limit.saturating_mul(2), limit.saturating_add(1));
    let (mut found, hits) = near_passages(parts, answering, user, filter, vector, wanted)?;
    found.more = hits >= limit.saturating_mul(2) || found.nearest.len() > limit;
    found.nearest.truncate(limit);
    Ok(found)
}

/// Passages that are looked at for each entry that is wanted, and at least, when whole entries are
/// compared.
const PASSAGES_EACH: usize = 4;
const PASSAGES_LEAST: usize = 256;

/// The entries of a user nearest to a vector of length one, each compared as a whole: by the vector that
/// stands for all of it, the mean of its passages, as the architecture's `find_similar_entries` compares
/// one vector per entry. The range is that of the passage which is nearest.
///
/// By its best passage a long entry would have as many chances as it has passages, and two entries would
/// be alike for one sentence in common; whoever asks what is like an entry means all of it. (A question
/// is another matter: its answer may be one sentence, and there [`nearest`] serves.)
///
/// The entries are those of the passages nearest to the vector: at least 256, and four for each entry
/// wanted. What has no passage among those is not compared: it would have to be nearer as a whole than
/// in any of its parts. Of a journal of fewer passages every entry is compared.
///
/// # Errors
/// As [`nearest`].
pub fn alike(
    parts: &Parts,
    answering: &Answering,
    user: Uuid,
    filter: &Filter,
    vector: &[f32],
    limit: usize,
) -> Result<Meaning> {
    let wanted = limit.saturating_mul(PASSAGES_EACH).max(PASSAGES_LEAST);
    let (mut found, hits) = near_passages(parts, answering, user, filter, vector, (wanted, wanted))?;
    let subjects: Vec<Uuid> = found.nearest.iter().map(|near| near.subject).collect();
    let sums = answering.snapshot.sums_of_subjects(Collection::User.name(), &answering.kept, &subjects)?;
    for near in &mut found.nearest {
        if let Some(mean) = sums.get(&near.subject).and_then(|sum| normalise(sum)) {
            near.similarity = dot(vector, &mean);
        }
    }
    sort(&mut found.nearest);
    found.best = found.nearest.first().map(|near| (near.subject, near.similarity));
    found.more = hits >= wanted || found.nearest.len() > limit;
    found.nearest.truncate(limit);
    Ok(found)
}

/// Passages whose entries are looked up at once.
const LOOKED_UP: usize = 64;

fn sort(nearest: &mut [Nearest]) {
    nearest.sort_by(|a, b| b.similarity.total_cmp(&a.similarity).then(b.subject.cmp(&a.subject)));
}

/// The entries of the `wanted` passages nearest to a vector, at least `enough` of them, each with its best; and how
/// many passages were found. The filter is applied before ranking.
fn near_passages(
    parts: &Parts,
    answering: &Answering,
    user: Uuid,
    filter: &Filter,
    vector: &[f32],
    (wanted, enough): (usize, usize),
) -> Result<(Meaning, usize)> {
    let Answering { snapshot, kept, .. } = answering;
    let collection = Collection::User;
    let analysed = snapshot.analysed(collection.name(), kept)?;
    let pending = snapshot.entry_count()?.saturating_sub(analysed);
    if analysed == 0 && pending > 0 {
        return Err(Error::new(Kind::ModelUnavailable, format!("{} not been analysed yet", entries_have(pending)))
            .hint("run `journal analyze`"));
    }
    // Without a filter and with one user every vector is a candidate, and nothing need be looked up.
    let allowed = match filter.is_open() && snapshot.has_one_user()? {
        true => None,
        false => Some(snapshot.entry_ids(user, filter)?),
    };
    let keys = match &allowed {
        None => Vec::new(),
        Some(allowed) => snapshot.keys_of(collection.name(), kept, allowed)?,
    };
    let candidates = if allowed.is_some() { Candidates::Keys(&keys) } else { Candidates::All };
    let index = VectorIndex::new(parts.vectors, collection, kept, answering.dimensions);
    let mut source = Vectors { snapshot, collection, model: kept };
    let found = index.search(&mut source, vector, candidates, wanted)?;
    let mut reasons: Vec<String> = answering.reason.iter().cloned().collect();
    if pending > 0 {
        let by_it = if answering.leaving { "by it" } else { "yet" };
        reasons.push(format!("{} not been analysed {by_it} and could be found by words only", entries_have(pending)));
    } else {
        reasons.extend(found.reason);
    }
    let is_allowed = |subject: &Uuid| allowed.as_ref().is_none_or(|allowed| allowed.contains(subject));
    let mut best: HashMap<Uuid, Nearest> = HashMap::new();
    for hits in found.hits.chunks(LOOKED_UP) {
        if best.len() >= enough {
            break;
        }
        let keys: Vec<i64> = hits.iter().map(|hit| hit.key).collect();
        let passages = snapshot.passages(collection.name(), kept, &keys)?;
        for hit in hits {
            for passage in passages.get(&hit.key).into_iter().flatten().filter(|passage| is_allowed(&passage.subject)) {
                let (subject, range) = (passage.subject, passage.range.clone());
                best.entry(subject).or_insert(Nearest { subject, similarity: hit.similarity, range });
            }
        }
    }
    let mut nearest: Vec<Nearest> = best.into_values().collect();
    sort(&mut nearest);
    let reason = (!reasons.is_empty()).then(|| reasons.join("; "));
    let how = found.how.name();
    let (best, model) = (nearest.first().map(|near| (near.subject, near.similarity)), Some(kept.clone()));
    Ok((
        Meaning { nearest, also: Vec::new(), best, more: false, how, model, reason, unread: pending > 0 },
        found.hits.len(),
    ))
}

/// The vector that stands for a whole entry or topic: the mean of its passages, at length one.
///
/// `None` when it has not been analysed.
pub fn own_vector(answering: &Answering, collection: Collection, subject: Uuid) -> Result<Option<Vec<f32>>> {
    let keys = answering.snapshot.keys_of_subject(collection.name(), &answering.kept, subject)?;
    let mut sum = vec![0.0f32; answering.dimensions];
    answering.snapshot.vectors(&keys, &mut |_, vector| {
        sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
        Ok(())
    })?;
    Ok(if keys.is_empty() { None } else { normalise(&sum) })
}

fn entries_have(count: u64) -> String {
    if count == 1 { "1 entry has".to_string() } else { format!("{count} entries have") }
}
