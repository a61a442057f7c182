//! What topic suggestions are made of, and how they are attached.

use super::Store;
use crate::error::Result;
use crate::journal::passage::weighted_mean;
use crate::store::snapshot::read_vector;
use crate::store::value::{read_uuid, timestamp};
use rusqlite::{Connection, Row};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The vectors of the entries that have a topic, added up.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct TopicSum {
    /// How many entries there are.
    pub entries: u32,
    /// The sum of their vectors, each of length one.
    pub sum: Vec<f32>,
}

/// A topic that is suggested for an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suggested {
    /// The entry.
    pub entry: Uuid,
    /// The topic.
    pub topic: Uuid,
    /// How relevant, in hundredths, below 100.
    pub relevance: i64,
}

/// Condition on a row `et` of `entry_topics` and `s` of `topic_suggestions`: what is attached is what was
/// suggested.
pub(in crate::store) const IS_SUGGESTED: &str =
    "s.entry_id = et.entry_id AND s.topic_id = et.topic_id AND s.relevance_score = et.relevance_score";

impl Store {
    /// The ids of the latest entries of a user, newest first.
    pub fn latest_entries(&self, user: Uuid, limit: usize) -> Result<Vec<Uuid>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id FROM journal_entries WHERE user_id = ?1 ORDER BY created_at DESC, id DESC LIMIT ?2",
        )?;
        let mut rows = statement.query((user.to_string(), limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(read_uuid(&row.get::<_, String>(0)?)?);
        }
        Ok(found)
    }

    /// The vector of each of these entries or topics: the mean of its passages, at length one. One that has
    /// not been read under this name is missing.
    pub fn mean_vectors(&self, collection: &str, kept: &str, subjects: &[Uuid]) -> Result<HashMap<Uuid, Vec<f32>>> {
        let mut statement = self.connection.prepare_cached(
            "SELECT p.byte_end - p.byte_start, x.id, x.vector FROM passages p JOIN embeddings x ON x.id = p.embedding_id
             WHERE p.collection = ?1 AND p.subject_id = ?2 AND p.model = ?3 ORDER BY p.ordinal",
        )?;
        let mut found = HashMap::new();
        for subject in subjects {
            let mut rows = statement.query((collection, subject.to_string(), kept))?;
            let mut passages = Vec::new();
            while let Some(row) = rows.next()? {
                passages.push(passage(row, 0)?);
            }
            let mean = weighted_mean(passages.iter().map(|(length, vector)| (*length, vector.as_slice())));
            found.extend(mean.map(|mean| (*subject, mean)));
        }
        Ok(found)
    }

    /// The vectors of a user's entries added up by topic, without the topics that were suggested: what a
    /// model attached must not prove it right.
    pub fn topic_sums(&self, user: Uuid, kept: &str) -> Result<HashMap<Uuid, TopicSum>> {
        let mut statement = self.connection.prepare_cached(&format!(
            "SELECT et.topic_id, et.entry_id, p.byte_end - p.byte_start, x.id, x.vector FROM entry_topics et
             JOIN journal_entries e ON e.id = et.entry_id
             JOIN passages p ON p.collection = 'user_embeddings' AND p.subject_id = et.entry_id AND p.model = ?2
             JOIN embeddings x ON x.id = p.embedding_id
             WHERE e.user_id = ?1 AND NOT EXISTS (SELECT 1 FROM topic_suggestions s WHERE {IS_SUGGESTED})
             ORDER BY et.topic_id, et.entry_id, p.ordinal"
        ))?;
        let mut rows = statement.query((user.to_string(), kept))?;
        let mut sums: HashMap<Uuid, TopicSum> = HashMap::new();
        let mut current: Option<(Uuid, Uuid)> = None;
        let mut passages: Vec<(usize, Vec<f32>)> = Vec::new();
        let mut close = |pair: Option<(Uuid, Uuid)>, passages: &mut Vec<(usize, Vec<f32>)>| {
            let mean = weighted_mean(passages.iter().map(|(length, vector)| (*length, vector.as_slice())));
            if let (Some((topic, _)), Some(mean)) = (pair, mean) {
                let sum = sums.entry(topic).or_default();
                sum.sum.resize(mean.len(), 0.0);
                sum.sum.iter_mut().zip(&mean).for_each(|(sum, number)| *sum += number);
                sum.entries += 1;
            }
            passages.clear();
        };
        while let Some(row) = rows.next()? {
            let pair = (
                read_uuid(row.get_ref(0)?.as_str().unwrap_or_default())?,
                read_uuid(row.get_ref(1)?.as_str().unwrap_or_default())?,
            );
            if current != Some(pair) {
                close(current, &mut passages);
                current = Some(pair);
            }
            passages.push(passage(row, 2)?);
        }
        close(current, &mut passages);
        Ok(sums)
    }

    /// The topics that are not to be suggested for an entry: those it has, and those it once had by
    /// suggestion and lost.
    pub fn topics_not_to_suggest(&self, entry: Uuid) -> Result<HashSet<Uuid>> {
        settled(&self.connection, entry)
    }

    /// Attaches what this model suggests, marked as suggested, in one transaction and one step of undo. What
    /// has been attached or declined meanwhile is passed over. Returns what was attached.
    pub fn attach_suggested(&mut self, user: Uuid, model: &str, suggested: &[Suggested]) -> Result<Vec<Suggested>> {
        let now = (self.clock.now)();
        self.write(Some((user, "topics suggest")), |connection| {
            let mut attached: Vec<Suggested> = Vec::new();
            for suggestion in suggested {
                let Suggested { entry, topic, relevance } = suggestion;
                let there: bool = connection
                    .prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM journal_entries WHERE id = ?1 AND user_id = ?3)
                         AND EXISTS (SELECT 1 FROM topics WHERE id = ?2)",
                    )?
                    .query_row((entry.to_string(), topic.to_string(), user.to_string()), |row| row.get(0))?;
                if !there || settled(connection, *entry)?.contains(topic) {
                    continue;
                }
                connection
                    .prepare_cached(
                        "INSERT INTO entry_topics(entry_id, topic_id, relevance_score, added_at) VALUES (?1, ?2, ?3, ?4)",
                    )?
                    .execute((entry.to_string(), topic.to_string(), *relevance as f64 / 100.0, timestamp(now)))?;
                mark(connection, *entry, *topic, *relevance, model)?;
                attached.push(*suggestion);
            }
            let entries: HashSet<Uuid> = attached.iter().map(|suggested| suggested.entry).collect();
            let topics = if attached.len() == 1 { "topic" } else { "topics" };
            let on = if entries.len() == 1 { "1 entry".into() } else { format!("{} entries", entries.len()) };
            let summary = match attached.len() {
                0 => String::new(),
                count => format!("attached {count} suggested {topics} to {on}"),
            };
            Ok((attached, summary))
        })
    }
}

/// Says of a topic that is attached to an entry that a model suggested it. One that is wholly relevant was
/// not: suggestions are below that.
pub(super) fn mark(connection: &Connection, entry: Uuid, topic: Uuid, relevance: i64, model: &str) -> Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO topic_suggestions(entry_id, topic_id, relevance_score, model_name)
             SELECT ?1, ?2, ?3, ?4 WHERE ?3 < 1
             ON CONFLICT DO UPDATE SET relevance_score = excluded.relevance_score, model_name = excluded.model_name",
        )?
        .execute((entry.to_string(), topic.to_string(), relevance as f64 / 100.0, model))?;
    Ok(())
}

fn settled(connection: &Connection, entry: Uuid) -> Result<HashSet<Uuid>> {
    let mut statement = connection.prepare_cached(
        "SELECT topic_id FROM entry_topics WHERE entry_id = ?1 UNION SELECT topic_id FROM topic_suggestions WHERE entry_id = ?1",
    )?;
    let mut rows = statement.query([entry.to_string()])?;
    let mut found = HashSet::new();
    while let Some(row) = rows.next()? {
        found.insert(read_uuid(&row.get::<_, String>(0)?)?);
    }
    Ok(found)
}

/// Length, key and vector, from this column on.
fn passage(row: &Row, column: usize) -> Result<(usize, Vec<f32>)> {
    let mut vector = Vec::new();
    let bytes = row.get_ref(column + 2)?.as_blob().unwrap_or_default();
    read_vector(bytes, row.get(column + 1)?, &mut vector)?;
    Ok((row.get(column)?, vector))
}
