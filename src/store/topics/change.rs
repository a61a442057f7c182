//! Changing topics: each change is one transaction and one step of undo.

use super::read::{entry_count, find, resolve};
use super::{Store, detach};
use crate::error::{Error, Result};
use crate::journal::topic::{Topic, check_description, check_name};
use crate::store::value::timestamp;
use rusqlite::Connection;
use uuid::Uuid;

/// The verb under which the steps stand in the history.
const COMMAND: &str = "topics";

/// A topic that was made, or has a new name.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicAdded {
    /// The topic.
    pub topic: Topic,
    /// How many entries came to it from the system topic of the same name.
    pub moved: u64,
}

/// What a merge did.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// The topic that has the entries now.
    pub into: Topic,
    /// The topics they came from. Those of the user's own are gone.
    pub from: Vec<Topic>,
    /// How many entries have the topic now.
    pub entry_count: u64,
}

impl Store {
    /// Makes a topic of the user's own. One that has the name of a system topic stands in front of it,
    /// and takes over the user's entries that have that one.
    ///
    /// # Errors
    /// Usage when the name breaks a rule; failure, naming it, when the user has a topic of this name.
    pub fn add_topic(&mut self, user: Uuid, name: &str, description: &str) -> Result<TopicAdded> {
        check_name(name)?;
        let description = check_description(description)?;
        let now = (self.clock.now)();
        let id = (self.clock.new_id)(now);
        self.write(Some((user, COMMAND)), |connection| {
            if let Some(there) = find(connection, user, false, name)? {
                return Err(taken(&there));
            }
            connection.execute(
                "INSERT INTO topics(id, name, description, user_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5)",
                (id.to_string(), name, description, user.to_string(), timestamp(now)),
            )?;
            let moved = take_over(connection, user, id, name)?;
            let topic = resolve(connection, user, name)?;
            Ok((TopicAdded { topic, moved }, format!("added the topic {}", quoted(name))))
        })
    }

    /// Gives a topic of the user's own another name. Texts stay as they are written.
    ///
    /// # Errors
    /// Not found; usage for a system topic or a name that breaks a rule; failure when another topic of
    /// the user has the name.
    pub fn rename_topic(&mut self, user: Uuid, old: &str, new: &str) -> Result<TopicAdded> {
        check_name(new)?;
        self.write(Some((user, COMMAND)), |connection| {
            let topic = own(connection, user, old, "renamed")?;
            if let Some(there) = find(connection, user, false, new)?.filter(|there| there.id != topic.id) {
                return Err(taken(&there));
            }
            if topic.name != new {
                connection.execute("UPDATE topics SET name = ?2 WHERE id = ?1", (topic.id.to_string(), new))?;
            }
            let moved = take_over(connection, user, topic.id, new)?;
            let summary = format!("renamed the topic {} to {}", quoted(&topic.name), quoted(new));
            Ok((TopicAdded { topic: Topic { name: new.to_string(), ..topic }, moved }, summary))
        })
    }

    /// Says what a topic of the user's own is about; an empty text takes the description away.
    ///
    /// # Errors
    /// Not found; usage for a system topic or a text with a NUL character.
    pub fn describe_topic(&mut self, user: Uuid, name: &str, description: &str) -> Result<Topic> {
        let description = check_description(description)?;
        self.write(Some((user, COMMAND)), |connection| {
            let topic = own(connection, user, name, "described")?;
            if topic.description.as_deref() != description {
                connection
                    .execute("UPDATE topics SET description = ?2 WHERE id = ?1", (topic.id.to_string(), description))?;
            }
            let summary = format!("described the topic {}", quoted(&topic.name));
            Ok((Topic { description: description.map(str::to_string), ..topic }, summary))
        })
    }

    /// Gives the user's entries that have one of these topics the topic `into` instead. An entry that
    /// has both keeps the higher relevance. Topics of the user's own are gone then; a system topic only
    /// loses the user's entries.
    ///
    /// # Errors
    /// Not found, naming what is unknown; usage when a topic is to be merged into itself.
    pub fn merge_topics(&mut self, user: Uuid, from: &[String], into: &str) -> Result<Merged> {
        self.write(Some((user, COMMAND)), |connection| {
            let into = resolve(connection, user, into)?;
            let mut merged: Vec<Topic> = Vec::new();
            for name in from {
                let topic = resolve(connection, user, name)?;
                if topic.id == into.id {
                    return Err(Error::usage(format!("'{name}' cannot be merged into itself"))
                        .hint("name the other topics first: journal topics merge OTHER --into NAME"));
                }
                if merged.iter().all(|known| known.id != topic.id) {
                    merged.push(topic);
                }
            }
            for topic in &merged {
                move_entries(connection, user, topic.id, into.id)?;
                if !topic.is_shared() {
                    remove(connection, topic.id)?;
                }
            }
            let names: Vec<String> = merged.iter().map(|topic| quoted(&topic.name)).collect();
            let topics = if names.len() == 1 { "topic" } else { "topics" };
            let summary = format!("merged the {topics} {} into {}", names.join(", "), quoted(&into.name));
            let entry_count = entry_count(connection, user, into.id)?;
            Ok((Merged { into, from: merged, entry_count }, summary))
        })
    }

    /// Deletes topics of the user's own, all or none; their entries stay. Gives each with how many
    /// entries have lost it.
    ///
    /// # Errors
    /// Not found; usage for a system topic.
    pub fn delete_topics(&mut self, user: Uuid, names: &[String]) -> Result<Vec<(Topic, u64)>> {
        self.write(Some((user, COMMAND)), |connection| {
            let mut deleted: Vec<(Topic, u64)> = Vec::new();
            for name in names {
                let topic = own(connection, user, name, "deleted")?;
                if deleted.iter().all(|(known, _)| known.id != topic.id) {
                    let entries = entry_count(connection, user, topic.id)?;
                    deleted.push((topic, entries));
                }
            }
            for (topic, _) in &deleted {
                remove(connection, topic.id)?;
            }
            let summary = match &deleted[..] {
                [(topic, _)] => format!("deleted the topic {}", quoted(&topic.name)),
                many => format!("deleted {} topics", many.len()),
            };
            Ok((deleted, summary))
        })
    }

    /// Gives entries a topic with this relevance, in hundredths; one that they have gets the new
    /// relevance. Gives the topic and the entries that were changed.
    ///
    /// # Errors
    /// Not found when there is no such topic.
    pub fn assign_topic(
        &mut self,
        user: Uuid,
        name: &str,
        entries: &[Uuid],
        relevance: i64,
    ) -> Result<(Topic, Vec<Uuid>)> {
        let now = (self.clock.now)();
        self.write(Some((user, COMMAND)), |connection| {
            let topic = resolve(connection, user, name)?;
            let mut changed = Vec::new();
            for entry in entries {
                let count = connection
                    .prepare_cached(
                        "INSERT INTO entry_topics(entry_id, topic_id, relevance_score, added_at) VALUES (?1, ?2, ?3, ?4)
                         ON CONFLICT DO UPDATE SET relevance_score = excluded.relevance_score
                         WHERE relevance_score IS NOT excluded.relevance_score",
                    )?
                    .execute((entry.to_string(), topic.id.to_string(), relevance as f64 / 100.0, timestamp(now)))?;
                changed.extend((count > 0).then_some(*entry));
            }
            let summary = format!("assigned the topic {} to {}", quoted(&topic.name), counted(changed.len()));
            Ok(((topic, changed), summary))
        })
    }

    /// Takes a topic off entries. Gives the topic and the entries that had it.
    ///
    /// # Errors
    /// Not found when there is no such topic.
    pub fn unassign_topic(&mut self, user: Uuid, name: &str, entries: &[Uuid]) -> Result<(Topic, Vec<Uuid>)> {
        self.write(Some((user, COMMAND)), |connection| {
            let topic = resolve(connection, user, name)?;
            let mut changed = Vec::new();
            for entry in entries {
                changed.extend(detach(connection, *entry, topic.id)?.then_some(*entry));
            }
            let summary = format!("took the topic {} off {}", quoted(&topic.name), counted(changed.len()));
            Ok(((topic, changed), summary))
        })
    }
}

/// The user's own topic of this name.
fn own(connection: &Connection, user: Uuid, name: &str, done: &str) -> Result<Topic> {
    let topic = resolve(connection, user, name)?;
    if topic.is_shared() {
        return Err(Error::usage(format!("'{}' is a system topic and cannot be {done}", topic.name)).hint(format!(
            "`journal topics add {0}` makes one of your own in its place, with your entries; then do as you like",
            topic.name
        )));
    }
    Ok(topic)
}

fn taken(there: &Topic) -> Error {
    Error::failure(format!("you have a topic '{}' already", there.name))
        .hint("`journal topics merge OTHER --into NAME` makes one of two")
}

/// Moves the user's entries from the system topic of this name.
fn take_over(connection: &Connection, user: Uuid, topic: Uuid, name: &str) -> Result<u64> {
    match find(connection, user, true, name)? {
        Some(shared) => move_entries(connection, user, shared.id, topic),
        None => Ok(0),
    }
}

pub(super) const COPY_ENTRIES: &str = "INSERT INTO entry_topics(entry_id, topic_id, relevance_score, added_at)
    SELECT et.entry_id, ?2, et.relevance_score, et.added_at FROM entry_topics et
        JOIN journal_entries e ON e.id = et.entry_id WHERE et.topic_id = ?1 AND +e.user_id = ?3
    ON CONFLICT DO UPDATE SET relevance_score = excluded.relevance_score
    WHERE excluded.relevance_score > relevance_score OR relevance_score IS NULL";

/// What was suggested, or declined, is so of the other topic too, unless that says of itself.
pub(super) const COPY_SUGGESTIONS: &str =
    "INSERT INTO topic_suggestions(entry_id, topic_id, relevance_score, model_name)
    SELECT s.entry_id, ?2, s.relevance_score, s.model_name FROM topic_suggestions s
        JOIN journal_entries e ON e.id = s.entry_id WHERE s.topic_id = ?1 AND +e.user_id = ?3
    ON CONFLICT DO NOTHING";

pub(super) const DROP_ENTRIES: &str = "DELETE FROM entry_topics WHERE topic_id = ?1
    AND (SELECT user_id FROM journal_entries WHERE id = entry_id) = ?2";

/// Gives the user's entries that have one topic another. Returns how many there were.
fn move_entries(connection: &Connection, user: Uuid, from: Uuid, to: Uuid) -> Result<u64> {
    let (user, from, to) = (user.to_string(), from.to_string(), to.to_string());
    connection.execute(COPY_ENTRIES, (&from, &to, &user))?;
    connection.execute(COPY_SUGGESTIONS, (&from, &to, &user))?;
    Ok(connection.execute(DROP_ENTRIES, (&from, &user))? as u64)
}

fn remove(connection: &Connection, topic: Uuid) -> Result<()> {
    connection.execute("DELETE FROM topics WHERE id = ?1", [topic.to_string()])?;
    Ok(())
}

/// A name in a summary, cut when it is long.
fn quoted(name: &str) -> String {
    crate::store::row::name_of(None, name)
}

fn counted(entries: usize) -> String {
    if entries == 1 { "1 entry".into() } else { format!("{entries} entries") }
}
