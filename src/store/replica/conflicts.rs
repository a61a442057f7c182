//! The versions that gave way where both sides had changed the same row: kept whole, shown, and put back on
//! demand.

use super::super::Store;
use super::super::rows::RowWriter;
use super::super::tables::{ENTRY_DETAILS, TABLES};
use super::super::value::timestamp;
use super::apply::put;
use super::pending::from_image;
use super::{RowKey, Values, read};
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, Row};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Whose version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// This journal's.
    Ours,
    /// The deployment's.
    Theirs,
}

impl Side {
    /// The word a person uses for it.
    pub fn name(self) -> &'static str {
        match self {
            Side::Ours => "ours",
            Side::Theirs => "theirs",
        }
    }

    fn stored(self) -> &'static str {
        match self {
            Side::Ours => "local",
            Side::Theirs => "remote",
        }
    }

    /// The other one.
    pub fn other(self) -> Side {
        match self {
            Side::Ours => Side::Theirs,
            Side::Theirs => Side::Ours,
        }
    }
}

/// A row that both sides had changed.
#[derive(Debug, Clone, PartialEq)]
pub struct Conflict {
    /// Its number.
    pub id: i64,
    /// The deployment.
    pub remote: String,
    /// The row.
    pub key: RowKey,
    /// Whose version stands.
    pub kept: Side,
    /// The version that gave way: an object with `row`, and for an entry `details` and `topics`.
    pub other: Value,
    /// What stands now; nothing when it was deleted.
    pub standing: Option<Value>,
    /// When it was found.
    pub found_at: String,
    /// When somebody looked at it.
    pub resolved_at: Option<String>,
}

/// A row as an object of texts.
fn object(key: &RowKey, row: &Values) -> Value {
    let fields = key.table().columns.iter().zip(row);
    Value::Object(fields.map(|(column, value)| (column.name.to_string(), json!(value))).collect())
}

fn row_of(key: &RowKey, object: &Value) -> Values {
    key.table().columns.iter().map(|column| object[column.name].as_str().map(str::to_string)).collect()
}

/// Keeps a version that gives way, once.
pub(super) fn keep(
    connection: &Connection,
    remote: &str,
    key: &RowKey,
    stands: Side,
    other: &Values,
    now: &str,
) -> Result<()> {
    let mut kept = Map::from_iter([("row".to_string(), object(key, other))]);
    if key.table().name == "journal_entries" {
        let (details, topics) = companions(connection, key)?;
        kept.extend(details.map(|details| ("details".to_string(), details)));
        kept.insert("topics".into(), Value::Array(topics));
    }
    let kept = Value::Object(kept).to_string();
    connection
        .prepare_cached(
            "INSERT INTO sync_conflicts(remote, table_name, row_id, kept, other, found_at)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (SELECT 1 FROM sync_conflicts
                WHERE remote = ?1 AND table_name = ?2 AND row_id = ?3 AND other = ?5 AND resolved_at IS NULL)",
        )?
        .execute((remote, key.table().name, key.id(), stands.stored(), kept, now))?;
    Ok(())
}

/// The details and topics of an entry: as they are, or as they were when it was deleted.
fn companions(connection: &Connection, entry: &RowKey) -> Result<(Option<Value>, Vec<Value>)> {
    let id = entry.id();
    let child = |table: &str, id: &str| -> Result<RowKey> {
        RowKey::parse(table, id)?.ok_or_else(|| Error::failure(format!("{table} is not replicated")))
    };
    let details_key = child(ENTRY_DETAILS.name, &id)?;
    let is_there = read(connection, entry)?.is_some();
    let image = |table: &str, id: &str| -> Result<Option<String>> {
        Ok(connection
            .prepare_cached(
                "SELECT before FROM change_log WHERE table_name = ?1 AND row_id = ?2 AND op = 'delete'
                 ORDER BY seq DESC LIMIT 1",
            )?
            .query_row((table, id), |row| row.get(0))
            .optional()?)
    };
    let details = if is_there {
        read(connection, &details_key)?
    } else {
        image(ENTRY_DETAILS.name, &id)?.map(|image| from_image(&details_key, &image)).transpose()?
    };
    // The links that went with it are those of the same command.
    let sql = if is_there {
        "SELECT entry_id || '/' || topic_id FROM entry_topics WHERE entry_id = ?1 ORDER BY topic_id"
    } else {
        "SELECT DISTINCT c.row_id FROM change_log c
         JOIN (SELECT max(seq) AS seq FROM change_log WHERE table_name = 'journal_entries' AND row_id = ?1 AND op = 'delete') d
         LEFT JOIN operations o ON d.seq BETWEEN o.first_seq AND o.last_seq
         WHERE c.table_name = 'entry_topics' AND c.op = 'delete' AND c.row_id > ?1 || '/' AND c.row_id < ?1 || '0'
            AND c.seq BETWEEN coalesce(o.first_seq, d.seq - 200) AND coalesce(o.last_seq, d.seq + 200)
         ORDER BY c.row_id"
    };
    let mut statement = connection.prepare_cached(sql)?;
    let ids: Vec<String> = statement.query_map([&id], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    let mut topics = Vec::new();
    for id in ids {
        let key = child("entry_topics", &id)?;
        let link = match read(connection, &key)? {
            Some(link) => Some(link),
            None => image("entry_topics", &id)?.map(|image| from_image(&key, &image)).transpose()?,
        };
        topics.extend(link.map(|link| object(&key, &link)));
    }
    Ok((details.map(|details| object(&details_key, &details)), topics))
}

const COLUMNS: &str = "SELECT id, remote, table_name, row_id, kept, other, found_at, resolved_at FROM sync_conflicts";

fn conflict(connection: &Connection, row: &Row) -> Result<Option<Conflict>> {
    let Some(key) = RowKey::parse(&row.get::<_, String>(2)?, &row.get::<_, String>(3)?)? else { return Ok(None) };
    let other: String = row.get(5)?;
    let other = serde_json::from_str(&other)
        .map_err(|error| Error::failure("a conflict in the journal cannot be read").source(error))?;
    let kept = if row.get_ref(4)?.as_str().is_ok_and(|kept| kept == "local") { Side::Ours } else { Side::Theirs };
    Ok(Some(Conflict {
        id: row.get(0)?,
        remote: row.get(1)?,
        standing: read(connection, &key)?.map(|values| object(&key, &values)),
        key,
        kept,
        other,
        found_at: row.get(6)?,
        resolved_at: row.get(7)?,
    }))
}

impl Store {
    /// The conflicts nobody has looked at; with `all` those that are settled too.
    pub fn conflicts(&self, all: bool) -> Result<Vec<Conflict>> {
        let only = if all { "" } else { "WHERE resolved_at IS NULL" };
        let mut statement = self.connection.prepare(&format!("{COLUMNS} {only} ORDER BY id"))?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.extend(conflict(&self.connection, row)?);
        }
        Ok(found)
    }

    /// One of them.
    ///
    /// # Errors
    /// Not found, naming the number.
    pub fn conflict(&self, id: i64) -> Result<Conflict> {
        let mut statement = self.connection.prepare(&format!("{COLUMNS} WHERE id = ?1"))?;
        let mut rows = statement.query([id])?;
        let found = match rows.next()? {
            Some(row) => conflict(&self.connection, row)?,
            None => None,
        };
        found.ok_or_else(|| {
            Error::not_found(format!("there is no conflict {id}")).hint("`journal sync conflicts` lists them")
        })
    }

    /// Settles a conflict. The version that gave way, when it is the one to keep, is written as a change of
    /// this user, which an undo takes back and the next push takes along.
    ///
    /// # Errors
    /// Usage when it is settled already; a failure when the version breaks a rule by now.
    pub fn resolve_conflict(&mut self, user: Uuid, id: i64, keep: Side) -> Result<bool> {
        let found = self.conflict(id)?;
        if found.resolved_at.is_some() {
            return Err(Error::usage(format!("the conflict {id} is settled already"))
                .hint("`journal undo` takes back what was written then"));
        }
        let now = timestamp((self.clock.now)());
        let writes = keep != found.kept;
        let summary = format!("resolve conflict {id}: keep {}", keep.name());
        self.write(Some((user, "sync resolve")), |connection| {
            if writes {
                bring_back(connection, &found, &now)?;
            }
            connection.execute("UPDATE sync_conflicts SET resolved_at = ?2 WHERE id = ?1", (id, &now))?;
            Ok((writes, if writes { summary } else { String::new() }))
        })
    }
}

fn bring_back(connection: &Connection, found: &Conflict, now: &str) -> Result<()> {
    let table = found.key.table();
    let mut row = row_of(&found.key, &found.other["row"]);
    // It is written now, so that it is the later one wherever it is met.
    if let Some(at) = table.columns.iter().position(|column| column.name == "updated_at") {
        let latest = row[at].clone().filter(|at| at.as_str() > now).unwrap_or_else(|| now.to_string());
        row[at] = Some(latest);
    }
    let refused = |refusal: super::super::rows::Refusal| {
        Error::failure(format!("the version that gave way cannot be put back: {refusal}"))
            .hint("`journal sync conflicts show` prints it; make room for it, or write it anew")
    };
    let exists = read(connection, &found.key)?.is_some();
    put(connection, table, &found.key, &row, exists)?.map_err(refused)?;
    if table.name != "journal_entries" {
        return Ok(());
    }
    if let Some(details) = found.other.get("details")
        && let Some(key) = RowKey::parse(ENTRY_DETAILS.name, &found.key.id())?
    {
        let exists = read(connection, &key)?.is_some();
        put(connection, &ENTRY_DETAILS, &key, &row_of(&key, details), exists)?.map_err(refused)?;
    }
    if exists {
        // Its topics were never in question.
        return Ok(());
    }
    for link in found.other["topics"].as_array().into_iter().flatten() {
        let pairs: Vec<(&str, Option<&str>)> =
            TABLES[4].columns.iter().map(|column| (column.name, link[column.name].as_str())).collect();
        // A topic that is gone by now stays gone.
        let _ = RowWriter::on(connection).insert(&TABLES[4], &pairs)?;
    }
    Ok(())
}
