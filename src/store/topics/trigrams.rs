//! An index of the trigrams of topic names.
//!
//! It is a projection that lives in the database and follows the change log as those on disk do: it
//! keeps the row of the log it has come to in the transaction that brought it there, and is made anew
//! when that row is gone or bears another nonce.

use crate::error::Result;
use crate::journal::log::Position;
use crate::journal::trigram::trigrams;
use crate::store::{Store, log};
use rusqlite::{Connection, OptionalExtension};
use std::collections::BTreeMap;

/// The name of the index in `projection_state`.
const PROJECTION: &str = "topic_trigrams";

/// Bytes of a name in a list: its number in four, how many trigrams it has in two.
pub(super) const POSTING: usize = 6;

/// With more rows of the log behind it, the index moves on although no topic has changed: each question
/// looks through them.
const FAR: i64 = 10_000;

/// So many numbers may stand for no name, however few names there are.
const STALE: i64 = 1_000;

/// How far the index has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// No topic has changed since.
    Current,
    /// Topics may have changed after this row of the log.
    Behind(i64),
    /// It is of another history, or has never been made.
    Foreign,
}

impl Store {
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

pub(super) const HAS_CHANGED: &str = "SELECT 1 FROM change_log WHERE seq > ?1 AND +table_name = 'topics'";
pub(super) const CHANGED: &str = "SELECT DISTINCT row_id FROM change_log WHERE seq > ?1 AND +table_name = 'topics'";

pub(super) fn standing(connection: &Connection) -> Result<Standing> {
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
pub(super) fn catch_up(connection: &Connection) -> Result<()> {
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

pub(super) fn rebuild(connection: &Connection) -> Result<()> {
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

pub(super) const LIST: &str = "SELECT postings FROM topic_trigrams WHERE owner = ?1 AND trigram = ?2";

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
