//! Topics, and how they are attached to entries.

mod change;
mod read;
mod similar;
mod suggested;
pub(super) mod trigrams;

#[cfg(test)]
mod topic_tests;

pub use change::{Merged, TopicAdded};
pub use read::TopicOrder;
pub(super) use read::unknown;
pub use similar::Similar;
pub use suggested::{Suggested, TopicSum};

use super::value::{read_timestamp, read_uuid, timestamp};
use super::{Clock, Store};
use crate::error::Result;
use crate::journal::entry::EntryTopic;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use std::collections::{BTreeMap, HashMap};
use unicode_normalization::UnicodeNormalization;
use uuid::Uuid;

/// Two names that fold to the same text are the same topic to a person: NFC, without regard to case.
pub fn fold(name: &str) -> String {
    name.nfc().collect::<String>().to_lowercase()
}

/// The topics of a user by folded name, for one transaction. They are all read only when a name is not
/// found as it is written: someone with very many topics would wait for it at every entry.
pub(super) struct TopicBook {
    user: Uuid,
    by_name: HashMap<String, Uuid>,
    whole: bool,
}

impl TopicBook {
    /// The user's own topics, and the system topics where the user has none of that name.
    pub(super) fn new(user: Uuid) -> TopicBook {
        TopicBook { user, by_name: HashMap::new(), whole: false }
    }

    /// The topic of this name, when there is one.
    pub(super) fn find(&mut self, connection: &Connection, name: &str) -> Result<Option<Uuid>> {
        let folded = fold(name);
        if let Some(id) = self.by_name.get(&folded) {
            return Ok(Some(*id));
        }
        if self.whole {
            return Ok(None);
        }
        let own: Option<String> = connection
            .prepare_cached("SELECT id FROM topics WHERE user_id = ?1 AND name = ?2")?
            .query_row((self.user.to_string(), name), |row| row.get(0))
            .optional()?;
        if let Some(own) = own {
            return Ok(Some(*self.by_name.entry(folded).insert_entry(read_uuid(&own)?).get()));
        }
        let mut statement = connection.prepare_cached(
            "SELECT name, id FROM topics WHERE user_id = ?1 UNION ALL SELECT name, id FROM topics WHERE user_id IS NULL",
        )?;
        let mut rows = statement.query([self.user.to_string()])?;
        while let Some(row) = rows.next()? {
            let id = read_uuid(row.get_ref(1)?.as_str().unwrap_or_default())?;
            self.by_name.entry(fold(row.get_ref(0)?.as_str().unwrap_or_default())).or_insert(id);
        }
        self.whole = true;
        Ok(self.by_name.get(&folded).copied())
    }

    /// The topic of this name, created as the user's own when there is none.
    fn ensure(&mut self, connection: &Connection, clock: &Clock, now: DateTime<Utc>, name: &str) -> Result<Uuid> {
        if let Some(id) = self.find(connection, name)? {
            return Ok(id);
        }
        let id = (clock.new_id)(now);
        connection
            .prepare_cached("INSERT INTO topics(id, name, user_id, created_at) VALUES (?1, ?2, ?3, ?4)")?
            .execute((id.to_string(), name, self.user.to_string(), timestamp(now)))?;
        self.by_name.insert(fold(name), id);
        Ok(id)
    }

    /// Attaches a topic to an entry; one that is attached keeps the higher relevance.
    pub(super) fn attach(
        &mut self,
        connection: &Connection,
        clock: &Clock,
        now: DateTime<Utc>,
        entry: Uuid,
        topic: &EntryTopic,
    ) -> Result<()> {
        let id = self.ensure(connection, clock, now, &topic.name)?;
        connection
            .prepare_cached(
                "INSERT INTO entry_topics(entry_id, topic_id, relevance_score, added_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT DO UPDATE SET relevance_score = excluded.relevance_score
                 WHERE excluded.relevance_score > relevance_score OR relevance_score IS NULL",
            )?
            .execute((
                entry.to_string(),
                id.to_string(),
                topic.relevance.map(|hundredths| hundredths as f64 / 100.0),
                timestamp(topic.added_at.unwrap_or(now)),
            ))?;
        if let (Some(model), Some(relevance)) = (&topic.suggested_by, topic.relevance) {
            suggested::mark(connection, entry, id, relevance, model)?;
        }
        Ok(())
    }

    /// Makes these the topics of an entry, with their relevances, and no others. A topic that does not
    /// say when it was attached keeps the time it has.
    pub(super) fn set(
        &mut self,
        connection: &Connection,
        clock: &Clock,
        now: DateTime<Utc>,
        entry: Uuid,
        topics: &[EntryTopic],
    ) -> Result<()> {
        let mut wanted = by_name(topics);
        for attached in of_entry(connection, entry)? {
            let topic = wanted.remove(&fold(&attached.name));
            if topic.as_ref().is_some_and(|topic| is_same(topic, &attached)) {
                continue;
            }
            connection
                .prepare_cached(
                    "DELETE FROM entry_topics WHERE entry_id = ?1 AND topic_id IN
                        (SELECT et.topic_id FROM entry_topics et JOIN topics t ON t.id = et.topic_id
                         WHERE et.entry_id = ?1 AND t.name = ?2)",
                )?
                .execute((entry.to_string(), &attached.name))?;
            if let Some(topic) = topic {
                let topic = EntryTopic { added_at: topic.added_at.or(attached.added_at), ..topic };
                self.attach(connection, clock, now, entry, &topic)?;
            }
        }
        wanted.values().try_for_each(|topic| self.attach(connection, clock, now, entry, topic))
    }
}

/// Topics by folded name; of two with the same, the one of higher relevance.
fn by_name(topics: &[EntryTopic]) -> BTreeMap<String, EntryTopic> {
    let mut named: BTreeMap<String, EntryTopic> = BTreeMap::new();
    for topic in topics {
        let known = named.entry(fold(&topic.name)).or_insert_with(|| topic.clone());
        known.relevance = known.relevance.max(topic.relevance);
    }
    named
}

/// Whether these are the topics of an entry, as far as they say.
pub(super) fn are_same(wanted: &[EntryTopic], attached: &[EntryTopic]) -> bool {
    let (wanted, attached) = (by_name(wanted), by_name(attached));
    wanted.len() == attached.len()
        && wanted.iter().all(|(name, topic)| attached.get(name).is_some_and(|other| is_same(topic, other)))
}

fn is_same(wanted: &EntryTopic, attached: &EntryTopic) -> bool {
    wanted.relevance == attached.relevance
        && wanted.added_at.is_none_or(|at| Some(timestamp(at)) == attached.added_at.map(timestamp))
}

impl Store {
    /// The topic a person means by this name.
    ///
    /// # Errors
    /// Not found, naming it and what is like it.
    pub fn topic(&self, user: Uuid, name: &str) -> Result<Uuid> {
        match TopicBook::new(user).find(&self.connection, name)? {
            Some(id) => Ok(id),
            None => Err(unknown(&self.connection, user, name)?),
        }
    }
}

/// Takes a topic off an entry. Returns whether it was there.
pub(super) fn detach(connection: &Connection, entry: Uuid, topic: Uuid) -> Result<bool> {
    let count = connection
        .prepare_cached("DELETE FROM entry_topics WHERE entry_id = ?1 AND topic_id = ?2")?
        .execute((entry.to_string(), topic.to_string()))?;
    Ok(count > 0)
}

/// The topics attached to an entry, most relevant first.
pub(super) fn of_entry(connection: &Connection, entry: Uuid) -> Result<Vec<EntryTopic>> {
    let mut statement = connection.prepare_cached(
        "SELECT t.name, et.relevance_score, et.added_at, s.model_name FROM entry_topics et
         JOIN topics t ON t.id = et.topic_id
         LEFT JOIN topic_suggestions s ON s.entry_id = et.entry_id AND s.topic_id = et.topic_id
            AND s.relevance_score = et.relevance_score
         WHERE et.entry_id = ?1 ORDER BY et.relevance_score DESC, t.name",
    )?;
    let mut rows = statement.query([entry.to_string()])?;
    let mut topics = Vec::new();
    while let Some(row) = rows.next()? {
        let added_at: Option<String> = row.get(2)?;
        topics.push(EntryTopic {
            name: row.get(0)?,
            relevance: row.get::<_, Option<f64>>(1)?.map(|score| (score * 100.0).round() as i64),
            added_at: added_at.map(|at| read_timestamp(&at)).transpose()?,
            suggested_by: row.get(3)?,
        });
    }
    Ok(topics)
}
