//! Topics whose names are like a text, from an index of their trigrams.
//!
//! The index is a projection that lives in the database and follows the change log as those on disk do:
//! it keeps the row of the log it has come to in the transaction that brought it there, and is made
//! anew when that row is gone or bears another nonce. Where it cannot be used, as in a journal that
//! cannot be written, every name is read instead.
//!
//! A question counts, for each name, how many of its trigrams the lists of the text's trigrams hold.
//! With 100,000 names that reads some 100 kB, which is faster than finding out which lists could be
//! left out.

use super::read::{all_sql, topic};
use crate::error::Result;
use crate::journal::log::Position;
use crate::journal::topic::{Topic, TopicHit};
use crate::journal::trigram::{least_shared, share, similarity, trigrams};
use crate::store::{Store, log};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;
use uuid::Uuid;

/// The name of the index in `projection_state`.
const PROJECTION: &str = "topic_trigrams";

/// Bytes of a name in a list: its number in four, how many trigrams it has in two.
const POSTING: usize = 6;

/// With more rows of the log behind it, the index moves on although no topic has changed: each question
/// looks through them.
const FAR: i64 = 10_000;

/// So many numbers may stand for no name, however few names there are.
const STALE: i64 = 1_000;

/// Names found to be like a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Similar {
    /// The topics: most similar first, then by name, then by id.
    pub hits: Vec<TopicHit>,
    /// Why every name was read instead of the index, when that was so.
    pub scanned: Option<String>,
}

/// How far the index has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// No topic has changed since.
    Current,
    /// Topics may have changed after this row of the log.
    Behind(i64),
    /// It is of another history, or has never been made.
    Foreign,
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

    /// Makes the index of topic names anew. Returns how many names it holds.
    pub fn rebuild_topic_index(&mut self) -> Result<u64> {
        self.write(None, |connection| {
            rebuild(connection)?;
            let names = connection.query_row("SELECT count(*) FROM topic_trigram_names", [], |row| row.get(0))?;
            Ok((names, String::new()))
        })
    }
}

/// How many topics an index that is up to date does not know, or knows by another name.
pub(in crate::store) fn strays(connection: &Connection) -> Result<u64> {
    if standing(connection)? != Standing::Current {
        return Ok(0);
    }
    Ok(connection.query_row(
        "SELECT count(*) FROM topics t LEFT JOIN topic_trigram_names n ON n.topic_id = t.id
         WHERE n.name IS NOT t.name OR n.owner IS NOT coalesce(t.user_id, '')",
        [],
        |row| row.get(0),
    )?)
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

pub(super) const HAS_CHANGED: &str = "SELECT 1 FROM change_log WHERE seq > ?1 AND +table_name = 'topics'";
pub(super) const CHANGED: &str = "SELECT DISTINCT row_id FROM change_log WHERE seq > ?1 AND +table_name = 'topics'";

fn standing(connection: &Connection) -> Result<Standing> {
    let stored = connection
        .prepare_cached("SELECT seq, nonce FROM topic_trigram_state")?
        .query_row([], |row| Ok(Position { seq: row.get(0)?, nonce: row.get(1)? }))
        .optional()?;
    let Some(position) = stored else { return Ok(Standing::Foreign) };
    if !log::holds(connection, PROJECTION, position)? {
        return Ok(Standing::Foreign);
    }
    let far = log::head(connection)?.seq - position.seq > FAR;
    let changed = far || connection.prepare_cached(HAS_CHANGED)?.exists([position.seq])?;
    Ok(if changed { Standing::Behind(position.seq) } else { Standing::Current })
}

/// Names to be put into lists: for each owner and trigram the numbers and sizes, ascending.
type Lists = BTreeMap<(String, u32), Vec<u8>>;

fn add_to(lists: &mut Lists, owner: &str, number: u32, name: &str) {
    let trigrams = trigrams(name);
    let size = u16::try_from(trigrams.len()).unwrap_or(u16::MAX);
    for trigram in trigrams {
        let list = lists.entry((owner.to_string(), trigram)).or_default();
        list.extend(number.to_le_bytes());
        list.extend(size.to_le_bytes());
    }
}

/// Brings the index up to date, in a transaction of the caller.
fn catch_up(connection: &Connection) -> Result<()> {
    let from = match standing(connection)? {
        Standing::Current => return Ok(()),
        Standing::Foreign => return rebuild(connection),
        Standing::Behind(from) => from,
    };
    let head = log::head(connection)?;
    let (mut number, mut stale): (u32, i64) =
        connection.query_row("SELECT last_number, stale FROM topic_trigram_state", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })?;
    let mut lists = Lists::new();
    let mut changed = connection.prepare_cached(CHANGED)?;
    let mut rows = changed.query([from])?;
    while let Some(row) = rows.next()? {
        let id: String = row.get(0)?;
        let named = |sql: &str| -> Result<Option<(String, String)>> {
            let mut statement = connection.prepare_cached(sql)?;
            Ok(statement.query_row([&id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
        };
        let before = named("SELECT owner, name FROM topic_trigram_names WHERE topic_id = ?1")?;
        let now = named("SELECT coalesce(user_id, ''), name FROM topics WHERE id = ?1")?;
        if before == now {
            continue;
        }
        if before.is_some() {
            connection.prepare_cached("DELETE FROM topic_trigram_names WHERE topic_id = ?1")?.execute([&id])?;
            stale += 1;
        }
        if let Some((owner, name)) = now {
            number += 1;
            insert_name(connection, number, &id, &owner, &name)?;
            add_to(&mut lists, &owner, number, &name);
        }
    }
    if stale > STALE.max(i64::from(number) / 2) || !append(connection, lists)? {
        return rebuild(connection);
    }
    save(connection, head, number, stale)
}

fn rebuild(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "DELETE FROM topic_trigram_state; DELETE FROM topic_trigrams; DELETE FROM topic_trigram_names;",
    )?;
    let head = log::head(connection)?;
    let mut lists = Lists::new();
    let mut number = 0;
    let mut statement = connection.prepare("SELECT id, coalesce(user_id, ''), name FROM topics")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (id, owner, name): (String, String, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
        number += 1;
        insert_name(connection, number, &id, &owner, &name)?;
        add_to(&mut lists, &owner, number, &name);
    }
    append(connection, lists)?;
    save(connection, head, number, 0)
}

fn insert_name(connection: &Connection, number: u32, id: &str, owner: &str, name: &str) -> Result<()> {
    connection
        .prepare_cached("INSERT INTO topic_trigram_names(number, topic_id, owner, name) VALUES (?1, ?2, ?3, ?4)")?
        .execute((number, id, owner, name))?;
    Ok(())
}

/// Lengthens the lists. False when one of them is not a list.
fn append(connection: &Connection, lists: Lists) -> Result<bool> {
    let mut read = connection.prepare_cached(LIST)?;
    let mut write = connection.prepare_cached(
        "INSERT INTO topic_trigrams(owner, trigram, postings) VALUES (?1, ?2, ?3)
         ON CONFLICT DO UPDATE SET postings = excluded.postings",
    )?;
    for ((owner, trigram), new) in lists {
        let mut list: Vec<u8> = read.query_row((&owner, trigram), |row| row.get(0)).optional()?.unwrap_or_default();
        if list.len() % POSTING != 0 {
            return Ok(false);
        }
        list.extend(new);
        write.execute((&owner, trigram, list))?;
    }
    Ok(true)
}

fn save(connection: &Connection, head: Position, last_number: u32, stale: i64) -> Result<()> {
    connection.execute(
        "INSERT INTO topic_trigram_state(id, seq, nonce, last_number, stale) VALUES (1, ?1, ?2, ?3, ?4)
         ON CONFLICT DO UPDATE SET seq = excluded.seq, nonce = excluded.nonce, last_number = excluded.last_number,
            stale = excluded.stale",
        (head.seq, head.nonce, last_number, stale),
    )?;
    Ok(())
}

pub(super) const LIST: &str = "SELECT postings FROM topic_trigrams WHERE owner = ?1 AND trigram = ?2";
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
