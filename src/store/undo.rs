//! Taking back the last operation, and taking that back.
//!
//! The change log holds the image of each row before each change. An operation is taken back by
//! putting every row it touched into the state it had before the first change to it.

use super::log::{self, OPERATIONS, operation};
use super::undo_user::{self, OF_A_USER};
use super::value::{read_timestamp, timestamp};
use super::{Operation, Store};
use crate::error::{Error, Kind, Result};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::{Map, Value};
use uuid::Uuid;

/// Tables that undo restores, parents first: columns of the key, and whether what is there now must
/// be what the operation left behind. (Analysis is made again when it is lost, so it is put back
/// without asking.)
const TABLES: [(&str, &[&str], bool); 9] = [
    ("users", &["id"], true),
    ("topics", &["id"], true),
    ("journal_entries", &["id"], true),
    ("entry_details", &["entry_id"], true),
    ("entry_topics", &["entry_id", "topic_id"], true),
    ("topic_suggestions", &["entry_id", "topic_id"], true),
    ("sentiment_analysis", &["id"], false),
    ("user_sessions", &["id"], true),
    ("psychology_insights", &["id"], true),
];

/// What was taken back.
#[derive(Debug, Clone, PartialEq)]
pub struct Undone {
    /// The operation that no longer stands, or stands again.
    pub operation: Operation,
    /// How many rows were put back.
    pub rows: usize,
}

struct Row {
    table: usize,
    id: String,
    /// What it was before the operation; `None` when it was not there.
    before: Option<Map<String, Value>>,
}

impl Store {
    /// Takes back the last operation of this user that stands, or, with `redo`, the last undo.
    ///
    /// # Errors
    /// Not found when there is nothing to take back; failure when a row was changed again since, by
    /// something that is not undone first.
    pub fn undo(&mut self, user: Uuid, redo: bool) -> Result<Undone> {
        let clock = self.clock;
        let wanted = if redo { "o.command = 'undo'" } else { "o.command NOT IN ('undo', 'redo')" };
        // A redo is possible only while nothing else was done since the undo.
        let barrier = if redo {
            "AND NOT EXISTS (SELECT 1 FROM operations n WHERE n.id > o.id AND n.user_id = o.user_id AND n.command NOT IN ('undo', 'redo'))"
        } else {
            ""
        };
        let sql = format!(
            "SELECT * FROM ({OPERATIONS} WHERE o.user_id = ?1 AND {wanted} {barrier}) WHERE undone = 0 ORDER BY id DESC LIMIT 1"
        );
        self.write(None, |connection| {
            let (operation, first, last) = connection
                .prepare(&sql)?
                .query_row([user.to_string()], |row| Ok((operation(row), row.get::<_, i64>(6)?, row.get::<_, i64>(7)?)))
                .optional()?
                .map(|(operation, first, last)| operation.map(|operation| (operation, first, last)))
                .transpose()?
                .ok_or_else(|| {
                    Error::not_found(if redo { "there is nothing to redo" } else { "there is nothing to undo" })
                })?;
            let rows = touched(connection, first, last)?;
            for row in &rows {
                refuse_if_changed_since(connection, row, last)?;
                if TABLES[row.table].0 == "users" && row.before.is_none() {
                    let known = rows.iter().filter(|row| OF_A_USER.contains(&TABLES[row.table].0)).count();
                    undo_user::refuse_if_more_would_go(connection, &row.id, known)?;
                }
            }
            let before = log::last_seq(connection)?;
            restore(connection, &rows, &timestamp((clock.now)()))?;
            let after = log::last_seq(connection)?;
            let verb = if redo { "redo" } else { "undo" };
            let what = operation.summary.strip_prefix("undo: ").unwrap_or(&operation.summary);
            let record = log::record(connection, user, verb, &format!("{verb}: {what}"), before + 1, after)?;
            connection.execute("UPDATE operations SET undoes = ?2 WHERE id = ?1", (record, operation.id))?;
            Ok((Undone { operation, rows: rows.len() }, String::new()))
        })
    }
}

/// The rows an operation touched, each with its state before the first change to it.
fn touched(connection: &Connection, first: i64, last: i64) -> Result<Vec<Row>> {
    let mut statement = connection.prepare(
        "SELECT table_name, row_id, before FROM change_log WHERE seq IN
            (SELECT min(seq) FROM change_log WHERE seq BETWEEN ?1 AND ?2 GROUP BY table_name, row_id) ORDER BY seq",
    )?;
    let mut found = statement.query([first, last])?;
    let mut rows = Vec::new();
    while let Some(row) = found.next()? {
        let name: String = row.get(0)?;
        // Passages are made again by analysis; they are not history.
        let Some(table) = TABLES.iter().position(|(table, _, _)| *table == name) else { continue };
        let before: Option<String> = row.get(2)?;
        rows.push(Row { table, id: row.get(1)?, before: before.map(|image| parse(&image)).transpose()? });
    }
    Ok(rows)
}

fn parse(image: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(image)
        .map_err(|error| Error::new(Kind::Corrupt, "the change log holds an image that cannot be read").source(error))
}

/// What the operation left behind is the image before the next change of the row, if there was one.
/// When that differs from what is there now, something else has changed the row since.
fn refuse_if_changed_since(connection: &Connection, row: &Row, last: i64) -> Result<()> {
    let (table, key, strict) = TABLES[row.table];
    if !strict {
        return Ok(());
    }
    let later: Option<(String, Option<String>)> = connection
        .prepare_cached(
            "SELECT op, before FROM change_log WHERE table_name = ?1 AND row_id = ?2 AND seq > ?3 ORDER BY seq LIMIT 1",
        )?
        .query_row((table, &row.id, last), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((_, left)) = later else { return Ok(()) };
    let left = left.map(|image| parse(&image)).transpose()?;
    let now = current(connection, table, key, &row.id, left.as_ref())?;
    let inferred = table == "journal_entries" && is_inferred(connection, &row.id)?;
    if without_bookkeeping(left, inferred) == without_bookkeeping(now, inferred) {
        return Ok(());
    }
    Err(Error::failure(format!("the {} {} has been changed since", singular(table), row.id))
        .hint("`journal history` shows what happened to it; undo the later change first, or edit the entry"))
}

fn singular(table: &str) -> &str {
    match table {
        "journal_entries" | "entry_details" | "entry_topics" | "topic_suggestions" => "entry",
        "topics" => "topic",
        "users" => "user",
        _ => "row",
    }
}

/// Whether the mood of an entry is what a model thinks.
fn is_inferred(connection: &Connection, entry: &str) -> Result<bool> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM entry_details WHERE entry_id = ?1 AND mood_source = 'model')")?
        .query_row([entry], |row| row.get(0))?)
}

/// What follows from other changes, or is no step of undo, does not count: neither does a mood that a
/// model gave, nor that it gave one. That a person's mood gave way to it is seen by its source.
fn without_bookkeeping(image: Option<Map<String, Value>>, inferred: bool) -> Option<Map<String, Value>> {
    image.map(|mut image| {
        image.remove("updated_at");
        image.remove("content_hash");
        if inferred {
            image.remove("mood_score");
        }
        if image.get("mood_source").is_some_and(|source| source == "model") {
            image.insert("mood_source".into(), Value::Null);
        }
        // A password is changed for good.
        image.remove("password_hash");
        image
    })
}

/// The row as it is now, with the columns of `like`.
fn current(
    connection: &Connection,
    table: &str,
    key: &[&str],
    id: &str,
    like: Option<&Map<String, Value>>,
) -> Result<Option<Map<String, Value>>> {
    let columns: Vec<&str> = match like {
        Some(like) => like.keys().map(String::as_str).collect(),
        None => key.to_vec(),
    };
    let pairs: Vec<String> = columns.iter().map(|column| format!("'{column}', {column}")).collect();
    let sql = format!("SELECT json_object({}) FROM {table} WHERE {} = ?1", pairs.join(", "), key.join(" || '/' || "));
    let image: Option<String> = connection.query_row(&sql, [id], |row| row.get(0)).optional()?;
    image.map(|image| parse(&image)).transpose()
}

fn restore(connection: &Connection, rows: &[Row], now: &str) -> Result<()> {
    // A child may be put back before its parent is.
    connection.pragma_update(None, "defer_foreign_keys", true)?;
    for (table, (name, key, _)) in TABLES.iter().enumerate() {
        for row in rows.iter().filter(|row| row.table == table) {
            if let Some(image) = &row.before {
                put_back(connection, name, key, &row.id, image, now)?;
            }
        }
    }
    for (table, (name, key, _)) in TABLES.iter().enumerate().rev() {
        for row in rows.iter().filter(|row| row.table == table && row.before.is_none()) {
            let sql = format!("DELETE FROM {name} WHERE {} = ?1", key.join(" || '/' || "));
            connection.prepare_cached(&sql)?.execute([&row.id])?;
        }
    }
    Ok(())
}

fn put_back(
    connection: &Connection,
    table: &str,
    key: &[&str],
    id: &str,
    image: &Map<String, Value>,
    now: &str,
) -> Result<()> {
    if table == "sentiment_analysis" {
        // Analysis may have given the entry a newer row of the same model.
        connection
            .prepare_cached("DELETE FROM sentiment_analysis WHERE entry_id = ?1 AND model_name = ?2 AND id <> ?3")?
            .execute(params_from_iter([
                sql(&image["entry_id"]),
                sql(&image["model_name"]),
                Sql::Text(id.to_string()),
            ]))?;
    }
    let exists: bool = connection
        .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {table} WHERE {} = ?1)", key.join(" || '/' || ")))?
        .query_row([id], |row| row.get(0))?;
    let mut image = image.clone();
    if table == "users" {
        undo_user::make_room(connection, id, &mut image)?;
    }
    if exists && let Some(updated) = image.get("updated_at").and_then(Value::as_str) {
        // Putting an old text back is a new change: replication must see it as the latest.
        let latest = read_timestamp(updated)?.max(read_timestamp(now)?);
        image.insert("updated_at".into(), Value::String(timestamp(latest)));
    }
    let columns: Vec<&str> = image.keys().map(String::as_str).collect();
    let marks = vec!["?"; columns.len()].join(", ");
    let sets: Vec<String> = columns
        .iter()
        .filter(|column| !key.contains(column))
        .map(|column| format!("{column} = excluded.{column}"))
        .collect();
    let statement = format!(
        "INSERT INTO {table}({}) VALUES ({marks}) ON CONFLICT ({}) DO UPDATE SET {}",
        columns.join(", "),
        key.join(", "),
        sets.join(", ")
    );
    connection.prepare_cached(&statement)?.execute(params_from_iter(image.values().map(sql)))?;
    Ok(())
}

fn sql(value: &Value) -> Sql {
    match value {
        Value::Null => Sql::Null,
        Value::Bool(truth) => Sql::Integer(i64::from(*truth)),
        Value::Number(number) => match number.as_i64() {
            Some(whole) => Sql::Integer(whole),
            None => Sql::Real(number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => Sql::Text(text.clone()),
        other => Sql::Text(other.to_string()),
    }
}
