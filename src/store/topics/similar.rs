//! Topics whose names are like a text.
//!
//! A question counts, for each name, how many of its trigrams the lists of the text's trigrams hold.
//! With 100,000 names that reads some 100 kB, which is faster than finding out which lists could be
//! left out. Where the index cannot be used, as in a journal that cannot be written, every name is read.

use super::read::{all_sql, topic};
use super::trigrams::{LIST, POSTING, Standing, catch_up, rebuild, standing};
use crate::error::Result;
use crate::journal::topic::{Topic, TopicHit};
use crate::journal::trigram::{least_shared, share, similarity, trigrams};
use crate::store::Store;
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// Names found to be like a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The topics: most similar first, then by name, then by id.
    pub hits: Vec<TopicHit>,
    /// Why every name was read instead of the index, when that was so.
    pub scanned: Option<String>,
}

impl Store {
    /// The user's own topics and the system topics whose names are at least this similar to the text,
    /// most similar first, at most `limit`. The index is brought up to date before.
    pub fn similar_topics(&mut self, user: Uuid, text: &str, threshold: f32, limit: usize) -> Result<Similar> {
        let mut trouble = None;
        if standing(&self.connection)? != Standing::Current {
            trouble = self.write(None, |connection| Ok((catch_up(connection)?, String::new()))).err();
        }
        let (mut hits, mut indexed) = look(&self.connection, user, text, threshold, limit)?;
        if !indexed && trouble.is_none() {
            // It stands where it should and cannot be read: it is damaged.
            trouble = self.write(None, |connection| Ok((rebuild(connection)?, String::new()))).err();
            (hits, indexed) = look(&self.connection, user, text, threshold, limit)?;
        }
        let reason =
            || trouble.map_or_else(|| "the topics have just been changed".into(), |error| error.message().into());
        Ok(Similar { hits, scanned: (!indexed).then(reason) })
    }
}

/// The topics like a text, by the index as it is, or else by reading every name. Writes nothing.
pub(super) fn like(
    connection: &Connection,
    user: Uuid,
    text: &str,
    threshold: f32,
    limit: usize,
) -> Result<Vec<TopicHit>> {
    Ok(look(connection, user, text, threshold, limit)?.0)
}

/// The topics like a text, and whether the index has found them. All that is read is of one moment.
fn look(
    connection: &Connection,
    user: Uuid,
    text: &str,
    threshold: f32,
    limit: usize,
) -> Result<(Vec<TopicHit>, bool)> {
    // Inside a write transaction the view is fixed already.
    let view = if connection.is_autocommit() { Some(connection.unchecked_transaction()?) } else { None };
    let indexed = match standing(connection)? {
        Standing::Current => ask(connection, user, text, threshold, limit).unwrap_or(None),
        _ => None,
    };
    let found = match indexed {
        Some(hits) => (hits, true),
        None => (scan(connection, user, text, threshold, limit)?, false),
    };
    drop(view);
    Ok(found)
}

pub(super) const NAME: &str = "SELECT topic_id, name FROM topic_trigram_names WHERE number = ?1";

/// What the index says, or nothing when it is damaged.
fn ask(connection: &Connection, user: Uuid, text: &str, threshold: f32, limit: usize) -> Result<Option<Vec<TopicHit>>> {
    let wanted = trigrams(text);
    // By number: trigrams in common, and trigrams of the name.
    let last: u32 = connection.query_row("SELECT last_number FROM topic_trigram_state", [], |row| row.get(0))?;
    let mut counts = vec![(0u16, 0u16); last as usize + 1];
    let mut met = Vec::new();
    let mut statement = connection.prepare_cached(LIST)?;
    for owner in [user.to_string(), String::new()] {
        for trigram in &wanted {
            let mut rows = statement.query((&owner, trigram))?;
            let Some(row) = rows.next()? else { continue };
            let (postings, rest) = row.get_ref(0)?.as_blob().unwrap_or(&[0]).as_chunks::<POSTING>();
            if !rest.is_empty() {
                return Ok(None);
            }
            let mut before = 0;
            for [a, b, c, d, e, f] in postings {
                let number = u32::from_le_bytes([*a, *b, *c, *d]);
                let Some((shared, size)) = counts.get_mut(number as usize) else { return Ok(None) };
                if number <= before {
                    return Ok(None);
                }
                before = number;
                if *shared == 0 {
                    met.push(number);
                    *size = u16::from_le_bytes([*e, *f]);
                }
                *shared = shared.saturating_add(1);
            }
        }
    }
    let least = least_shared(threshold, wanted.len());
    let mut candidates = Vec::new();
    for number in met {
        let (shared, size) = counts[number as usize];
        let (shared, size) = (usize::from(shared), usize::from(size));
        let similarity = share(shared, wanted.len(), size);
        if shared >= least && similarity >= threshold {
            candidates.push((similarity, number));
        }
    }
    candidates.sort_unstable_by(|(a, _), (b, _)| b.total_cmp(a));
    let mut names = Vec::new();
    let mut statement = connection.prepare_cached(NAME)?;
    for (similarity, number) in candidates {
        // Names as similar as the last that is wanted are read too: names decide among them.
        if names.len() >= limit && names.last().is_some_and(|(last, _, _)| *last != similarity) {
            break;
        }
        let found = statement.query_row([number], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
        names.extend(found.map(|(id, name): (String, String)| (similarity, name, id)));
    }
    names.sort_unstable_by(|(a, a_name, a_id), (b, b_name, b_id)| {
        b.total_cmp(a).then_with(|| (a_name, a_id).cmp(&(b_name, b_id)))
    });
    names.truncate(limit);
    let mut hits = Vec::new();
    for (similarity, _, id) in names {
        let Some(topic) = by_id(connection, &id)? else { return Ok(None) };
        hits.push(TopicHit { topic, similarity });
    }
    Ok(Some(hits))
}

/// The columns of a topic, by its id.
pub(super) const BY_ID: &str =
    "SELECT t.id, t.name, t.description, t.user_id, t.created_at, t.is_system_topic FROM topics t WHERE t.id = ?1";

fn by_id(connection: &Connection, id: &str) -> Result<Option<Topic>> {
    let mut statement = connection.prepare_cached(BY_ID)?;
    let mut rows = statement.query([id])?;
    rows.next()?.map(topic).transpose()
}

/// The same answer from the names themselves.
pub(super) fn scan(
    connection: &Connection,
    user: Uuid,
    text: &str,
    threshold: f32,
    limit: usize,
) -> Result<Vec<TopicHit>> {
    let mut hits = Vec::new();
    for shared in [false, true] {
        let mut statement = connection.prepare_cached(&all_sql(shared))?;
        let mut rows = statement.query([user.to_string()])?;
        while let Some(row) = rows.next()? {
            let similarity = similarity(row.get_ref(1)?.as_str().unwrap_or_default(), text);
            if similarity > 0.0 && similarity >= threshold {
                hits.push(TopicHit { topic: topic(row)?, similarity });
            }
        }
    }
    hits.sort_by(|a, b| {
        b.similarity
            .total_cmp(&a.similarity)
            .then_with(|| (&a.topic.name, a.topic.id).cmp(&(&b.topic.name, b.topic.id)))
    });
    hits.truncate(limit);
    Ok(hits)
}
