//! Topics as they are read: one by its name, or all with what a user has written about them.

use super::similar;
use super::{Store, fold};
use crate::error::{Error, Result};
use crate::journal::topic::{Topic, TopicUse};
use crate::store::value::{read_date, read_timestamp, read_uuid};
use rusqlite::{Connection, Row};
use std::cmp::Ordering;
use std::collections::HashSet;
use uuid::Uuid;

/// What a list of topics is sorted by; ties by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TopicOrder {
    /// Most entries first.
    #[default]
    Entries,
    /// By name, without regard to case.
    Name,
    /// Best mood first; topics without one come last.
    Mood,
}

pub(super) const COLUMNS: &str = "t.id, t.name, t.description, t.user_id, t.created_at, t.is_system_topic";

/// The topics of a user, or those of everybody, each with the user's entries. The grouping walks the
/// index that finds the topics, so nothing is sorted.
pub(super) fn uses_sql(shared: bool) -> String {
    let whose = if shared { "t.user_id IS NULL GROUP BY t.name" } else { "t.user_id = ?1 GROUP BY t.user_id, t.name" };
    format!(
        "SELECT {COLUMNS}, count(e.id), avg(e.mood_score), max(e.entry_date) FROM topics t
         LEFT JOIN entry_topics et ON et.topic_id = t.id
         LEFT JOIN journal_entries e ON e.id = et.entry_id AND e.user_id = ?1 WHERE {whose}"
    )
}

/// A topic by its exact name: of a user, or of everybody.
pub(super) fn exact_sql(shared: bool) -> String {
    let whose = if shared { "t.user_id IS NULL AND ?1 IS NOT NULL" } else { "t.user_id = ?1" };
    format!("SELECT {COLUMNS} FROM topics t WHERE {whose} AND t.name = ?2")
}

/// The topics of a user, or of everybody, by name.
pub(super) fn all_sql(shared: bool) -> String {
    let whose = if shared { "t.user_id IS NULL AND ?1 IS NOT NULL" } else { "t.user_id = ?1" };
    format!("SELECT {COLUMNS} FROM topics t WHERE {whose} ORDER BY t.name")
}

impl Store {
    /// The user's own topics, and the system topics: those in use, or, with `all`, every one that no
    /// topic of the user's own stands in front of.
    pub fn topics(&self, user: Uuid, all: bool, order: TopicOrder) -> Result<Vec<TopicUse>> {
        let mut found = uses(&self.connection, user, false)?;
        let own: HashSet<String> = found.iter().map(|used| fold(&used.topic.name)).collect();
        let shared = uses(&self.connection, user, true)?;
        found.extend(
            shared.into_iter().filter(|used| used.entry_count > 0 || all && !own.contains(&fold(&used.topic.name))),
        );
        let by_name = |a: &TopicUse, b: &TopicUse| {
            fold(&a.topic.name).cmp(&fold(&b.topic.name)).then_with(|| a.topic.name.cmp(&b.topic.name))
        };
        match order {
            TopicOrder::Name => found.sort_by(by_name),
            TopicOrder::Entries => found.sort_by(|a, b| b.entry_count.cmp(&a.entry_count).then_with(|| by_name(a, b))),
            TopicOrder::Mood => found.sort_by(|a, b| best_first(a.avg_mood, b.avg_mood).then_with(|| by_name(a, b))),
        }
        Ok(found)
    }

    /// The topics a person means by these names, once each, with how many of the user's entries have
    /// them.
    ///
    /// # Errors
    /// Not found, naming the first that is unknown and what is like it.
    pub fn topics_named(&self, user: Uuid, names: &[String]) -> Result<Vec<(Topic, u64)>> {
        let mut found: Vec<(Topic, u64)> = Vec::new();
        for name in names {
            let topic = resolve(&self.connection, user, name)?;
            if found.iter().all(|(known, _)| known.id != topic.id) {
                let entries = entry_count(&self.connection, user, topic.id)?;
                found.push((topic, entries));
            }
        }
        Ok(found)
    }
}

fn uses(connection: &Connection, user: Uuid, shared: bool) -> Result<Vec<TopicUse>> {
    let mut statement = connection.prepare_cached(&uses_sql(shared))?;
    let mut rows = statement.query([user.to_string()])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(TopicUse {
            topic: topic(row)?,
            entry_count: row.get(6)?,
            avg_mood: row.get(7)?,
            last_entry_date: row.get::<_, Option<String>>(8)?.map(|date| read_date(&date)).transpose()?,
        });
    }
    Ok(found)
}

fn best_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => b.total_cmp(&a),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

pub(super) const ENTRY_COUNT: &str = "SELECT count(*) FROM entry_topics et JOIN journal_entries e ON e.id = et.entry_id
    WHERE et.topic_id = ?1 AND +e.user_id = ?2";

/// How many of the user's entries have a topic.
pub(super) fn entry_count(connection: &Connection, user: Uuid, topic: Uuid) -> Result<u64> {
    Ok(connection.prepare_cached(ENTRY_COUNT)?.query_row((topic.to_string(), user.to_string()), |row| row.get(0))?)
}

/// Reads a row of [`COLUMNS`].
pub(super) fn topic(row: &Row) -> Result<Topic> {
    let user: Option<String> = row.get(3)?;
    let created: Option<String> = row.get(4)?;
    Ok(Topic {
        id: read_uuid(&row.get::<_, String>(0)?)?,
        name: row.get(1)?,
        description: row.get(2)?,
        user_id: user.map(|id| read_uuid(&id)).transpose()?,
        created_at: created.map(|at| read_timestamp(&at)).transpose()?,
        is_system_topic: row.get::<_, Option<bool>>(5)?.unwrap_or(false),
    })
}

/// The topic of the user, or of everybody, that has this name: as it is written, or else folded.
pub(super) fn find(connection: &Connection, user: Uuid, shared: bool, name: &str) -> Result<Option<Topic>> {
    let mut statement = connection.prepare_cached(&exact_sql(shared))?;
    let mut rows = statement.query((user.to_string(), name))?;
    if let Some(row) = rows.next()? {
        return Ok(Some(topic(row)?));
    }
    let wanted = fold(name);
    let mut statement = connection.prepare_cached(&all_sql(shared))?;
    let mut rows = statement.query([user.to_string()])?;
    while let Some(row) = rows.next()? {
        if fold(row.get_ref(1)?.as_str().unwrap_or_default()) == wanted {
            return Ok(Some(topic(row)?));
        }
    }
    Ok(None)
}

/// The topic a person means by a name: their own before everybody's.
pub(super) fn resolve(connection: &Connection, user: Uuid, name: &str) -> Result<Topic> {
    for shared in [false, true] {
        if let Some(topic) = find(connection, user, shared, name)? {
            return Ok(topic);
        }
    }
    Err(unknown(connection, user, name)?)
}

/// How like an unknown name a topic must be to be what was meant: two letters that changed places in
/// a short word leave no more.
const MEANT: f32 = 0.1;

/// There is no such topic, and which there are that look like it.
pub(in crate::store) fn unknown(connection: &Connection, user: Uuid, name: &str) -> Result<Error> {
    let near = similar::like(connection, user, name, MEANT, 3)?;
    let near: Vec<String> = near.iter().map(|hit| format!("'{}'", hit.topic.name)).collect();
    let hint = match &near[..] {
        [] => "`journal topics` lists them".to_string(),
        near => format!("did you mean {}? `journal topics` lists them all", near.join(" or ")),
    };
    Ok(Error::not_found(format!("there is no topic '{name}'")).hint(hint))
}
