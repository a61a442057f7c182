//! Topics worth attaching: those whose names, and whose entries, mean what an entry means.
//!
//! How relevant a topic is to an entry is
//!
//! `(4 · cos(entry, name) + n · cos(entry, entries)) / (4 + n)`,
//!
//! where `name` is the vector of the topic's name and description, `entries` the sum of the vectors of the
//! `n` entries that have it, and each vector is taken from the middle of its kind: entries from the mean of
//! the latest [`LATEST`], topics from the mean of all topics. Without that everything is near everything:
//! what all entries of one person have in common is most of what a vector says. Names and entries are
//! compared each among vectors of one model, so the two may be read by different ones.
//!
//! Measured on the sample journal without its tags: its own 163 tags, each sought with the entry left out,
//! and 58 entries judged by hand against all 30 topics (105 pairs). Average precision over all pairs of
//! entry and topic:
//!
//! | | tags | judged |
//! | --- | --- | --- |
//! | names, cosine of the best passage | 0.213 | 0.237 |
//! | names, from the middle | 0.245 | 0.317 |
//! | sum of the entries | 0.234 | 0.206 |
//! | sum of the entries, from the middle | 0.414 | 0.330 |
//! | the nearest 3 entries | 0.200 | 0.200 |
//! | names and entries, from the middle, the better one | 0.422 | 0.448 |
//! | the same as a mean, as above | **0.435** | **0.442** |
//!
//! The three best topics of an entry from a relevance of:
//!
//! | | tags: right, found | judged: right, found |
//! | --- | --- | --- |
//! | 0.15 | 48 %, 50 % | 51 %, 47 % |
//! | 0.20 | 53 %, 34 % | 54 %, 28 % |
//! | 0.25 | 64 %, 26 % | 70 %, 20 % |
//! | 0.30 | 70 %, 14 % | 83 %, 10 % |
//!
//! People tag sparingly, so that some of what counts as wrong is not. A suggestion that is wrong is a
//! nuisance, one that is missing is not missed: hence [`THRESHOLD`].

use crate::analysis::embed::Embedder;
use crate::cache::{Cache, Put};
use crate::error::Result;
use crate::journal::passage::{kept_as, weighted_mean};
use crate::journal::topic::Topic;
use crate::model::{InstalledModel, ModelClient};
use crate::store::{Store, Suggested, TopicOrder, TopicSum};
use std::collections::HashMap;
use uuid::Uuid;

/// A topic is suggested from this relevance on.
pub const THRESHOLD: f64 = 0.25;

/// At most so many topics are suggested for an entry.
pub const PER_ENTRY: usize = 3;

/// So many of the latest entries are looked at, and say what entries have in common.
pub const LATEST: usize = 50;

/// A topic's name counts as much as so many entries.
const NAME_COUNTS: f64 = 4.0;

/// What the work needs.
pub struct Parts<'a> {
    /// The truth.
    pub store: &'a Store,
    /// The cache.
    pub cache: &'a Cache,
    /// The model that reads entries.
    pub entry_model: &'a InstalledModel,
    /// The model that reads topics.
    pub topic_model: &'a InstalledModel,
    /// Connects to the model server, starting it when nobody listens.
    pub connect: &'a mut dyn FnMut() -> Result<ModelClient>,
    /// The time, in seconds since 1970.
    pub now: u64,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// For each entry its topics, most relevant first.
    pub suggested: Vec<Suggested>,
    /// The topics that are named.
    pub topics: HashMap<Uuid, Topic>,
    /// Vectors that the model made, for the cache.
    pub puts: Vec<Put>,
    /// Entries that could not be looked at, for nothing has read them yet.
    pub unread: usize,
}

/// Suggests topics for these entries of a user, from this relevance on.
///
/// # Errors
/// Model unavailable when the server is needed and fails; what the store fails with.
pub fn suggest(parts: &mut Parts, user: Uuid, entries: &[Uuid], threshold: f64) -> Result<Found> {
    let store = parts.store;
    let latest = store.latest_entries(user, LATEST)?;
    let mut wanted: Vec<Uuid> = entries.to_vec();
    wanted.extend(latest.iter().filter(|id| !entries.contains(id)));
    let kept = kept_as(&parts.entry_model.name);
    let own = store.mean_vectors("user_embeddings", &kept, &wanted)?;
    let kept_topics = kept_as(&parts.topic_model.name);
    let mut found = Found::default();
    // To be compared with topics, entries have to be read by the model of topics.
    let mut as_topics =
        if kept == kept_topics { own.clone() } else { store.mean_vectors("user_embeddings", &kept_topics, &wanted)? };
    let missing: Vec<Uuid> =
        wanted.iter().filter(|id| own.contains_key(id) && !as_topics.contains_key(id)).copied().collect();
    if !missing.is_empty() {
        as_topics.extend(read(parts, &missing, &mut found.puts)?);
    }
    let topics = store.topics(user, true, TopicOrder::Name)?;
    let ids: Vec<Uuid> = topics.iter().map(|used| used.topic.id).collect();
    let names = store.mean_vectors("topic_embeddings", &kept_topics, &ids)?;
    let among_entries = Middle::of(latest.iter().filter_map(|id| own.get(id)));
    let among_topics = Middle::of(latest.iter().filter_map(|id| as_topics.get(id)));
    let of_names = Middle::of(names.values());
    let names: HashMap<Uuid, Vec<f32>> = names.iter().map(|(id, name)| (*id, of_names.from(name, 1))).collect();
    let uses: HashMap<Uuid, (u32, Vec<f32>)> = store
        .topic_sums(user, &kept)?
        .into_iter()
        .map(|(id, TopicSum { entries, sum })| (id, (entries, among_entries.from(&sum, entries))))
        .collect();
    for entry in entries {
        let (Some(vector), Some(read)) = (own.get(entry), as_topics.get(entry)) else {
            found.unread += 1;
            continue;
        };
        let (vector, read) = (among_entries.from(vector, 1), among_topics.from(read, 1));
        let settled = store.topics_not_to_suggest(*entry)?;
        let mut relevant: Vec<(i64, &Topic)> = topics
            .iter()
            .filter(|used| !settled.contains(&used.topic.id))
            .map(|used| {
                let name = names.get(&used.topic.id).map_or(0.0, |name| cosine(&read, name));
                let (count, near) =
                    uses.get(&used.topic.id).map_or((0, 0.0), |(count, sum)| (*count, cosine(&vector, sum)));
                (hundredths(relevance(name, count, near)), &used.topic)
            })
            .filter(|(relevance, _)| *relevance > 0 && *relevance as f64 / 100.0 >= threshold)
            .collect();
        relevant.sort_by(|one, other| other.0.cmp(&one.0).then_with(|| one.1.name.cmp(&other.1.name)));
        for (relevance, topic) in relevant.into_iter().take(PER_ENTRY) {
            found.topics.entry(topic.id).or_insert_with(|| topic.clone());
            found.suggested.push(Suggested { entry: *entry, topic: topic.id, relevance });
        }
    }
    Ok(found)
}

/// The vectors of entries by the model of topics, from the journal, the cache or the model.
fn read(parts: &mut Parts, entries: &[Uuid], puts: &mut Vec<Put>) -> Result<HashMap<Uuid, Vec<f32>>> {
    let reference = parts.topic_model.reference();
    let mut embedder = Embedder::new(&mut *parts.connect, &reference, parts.topic_model);
    let texts = parts.store.texts_of("user_embeddings", entries)?;
    let (read, more) = embedder.embed(parts.store, parts.cache, parts.now, texts)?;
    puts.extend(more);
    let mean = |passages: &[crate::store::PassageVector]| {
        weighted_mean(passages.iter().map(|passage| (passage.range.len(), passage.vector.as_slice())))
    };
    Ok(read.into_iter().filter_map(|text| Some((text.pending.subject, mean(&text.passages)?))).collect())
}

/// How relevant a topic is: see the head of this module.
fn relevance(name: f64, entries: u32, near: f64) -> f64 {
    let entries = f64::from(entries);
    (NAME_COUNTS * name + entries * near) / (NAME_COUNTS + entries)
}

/// In hundredths, and below 1: that is what a writer says.
fn hundredths(relevance: f64) -> i64 {
    (relevance.clamp(0.0, 0.99) * 100.0).round() as i64
}

/// What vectors have in common.
struct Middle(Vec<f32>);

impl Middle {
    /// Their mean. One vector has nothing in common with others: its middle is nowhere.
    fn of<'a>(vectors: impl Iterator<Item = &'a Vec<f32>>) -> Middle {
        let (mut sum, mut count): (Vec<f32>, u32) = (Vec::new(), 0);
        for vector in vectors {
            sum.resize(vector.len().max(sum.len()), 0.0);
            sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
            count += 1;
        }
        let mean = sum.iter().map(|number| number / count as f32);
        Middle(if count > 1 { mean.collect() } else { Vec::new() })
    }

    /// A vector, or the sum of several, from here.
    fn from(&self, vector: &[f32], count: u32) -> Vec<f32> {
        let middle = self.0.iter().copied().chain(std::iter::repeat(0.0));
        vector.iter().zip(middle).map(|(number, middle)| number - count as f32 * middle).collect()
    }
}

fn cosine(one: &[f32], other: &[f32]) -> f64 {
    let dot = |one: &[f32], other: &[f32]| -> f64 {
        one.iter().zip(other).map(|(one, other)| f64::from(*one) * f64::from(*other)).sum()
    };
    let length = (dot(one, one) * dot(other, other)).sqrt();
    if length > 0.0 { dot(one, other) / length } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_counts_like_four_entries() {
        assert!((relevance(0.4, 0, 0.0) - 0.4).abs() < 1e-12);
        assert!((relevance(0.4, 4, 0.8) - 0.6).abs() < 1e-12);
        assert!((relevance(0.0, 12, 0.8) - 0.6).abs() < 1e-12);
        assert_eq!((hundredths(1.0), hundredths(-0.5), hundredths(0.255)), (99, 0, 26));
    }

    #[test]
    fn what_all_have_in_common_is_taken_away() {
        let (one, other) = (vec![1.0, 0.1], vec![1.0, -0.1]);
        let middle = Middle::of([&one, &other].into_iter());
        assert!(cosine(&one, &other) > 0.9 && cosine(&middle.from(&one, 1), &middle.from(&other, 1)) < -0.9);
        // Of a sum it is taken away as often as there are vectors in it.
        let sum: Vec<f32> = one.iter().zip(&one).map(|(a, b)| a + b).collect();
        assert!(cosine(&middle.from(&sum, 2), &middle.from(&one, 1)) > 0.999);
        // A single one is left as it is.
        assert_eq!(Middle::of([&one].into_iter()).from(&one, 1), one);
    }
}
