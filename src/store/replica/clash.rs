//! Unique keys that two sides have used for rows with different ids: the id of the deployment wins.

use super::super::rows::Refusal;
use super::super::tables::{REPLICATED, Table};
use super::apply::{Work, put};
use super::conflicts::Side;
use super::{RowKey, Values, read};
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// What is written after the rows that the deployment knows, and goes back to it.
pub(super) enum Later {
    /// A row with other values than it has there.
    Put(RowKey, Values),
    /// Everything that hangs on one topic belongs to another now.
    Move { from: Uuid, to: Uuid },
    /// An entry that another program has written has no details.
    Details(Uuid),
    /// Another program has given an entry a mood, or taken it away: it is no model's, and nobody's here.
    Mood(Uuid),
}

/// Makes room for a row whose unique key is taken. Whether it did.
pub(super) fn make_room(work: &mut Work, key: &RowKey, row: &Values, refusal: &Refusal) -> Result<bool> {
    let Refusal::Constraint { name, .. } = refusal else { return Ok(false) };
    match name.as_str() {
        "sentiment_analysis_entry_id_model_name_key" => for_sentiment(work, key, row),
        "topics_user_id_name_key" => for_topic(work, key, row),
        _ => Ok(false),
    }
}

fn column<'a>(table: &Table, row: &'a Values, name: &str) -> Option<&'a str> {
    let at = table.columns.iter().position(|column| column.name == name)?;
    row.get(at)?.as_deref()
}

fn with_column(table: &Table, row: &Values, name: &str, value: Option<String>) -> Values {
    let mut row = row.clone();
    if let Some(at) = table.columns.iter().position(|column| column.name == name) {
        row[at] = value;
    }
    row
}

/// Two machines have given the same entry to the same model: one judgement stays, the later one.
fn for_sentiment(work: &mut Work, key: &RowKey, row: &Values) -> Result<bool> {
    let table = key.table();
    let (entry, model) = (column(table, row, "entry_id"), column(table, row, "model_name"));
    let Some(other) = other_id(
        work.connection,
        "SELECT id FROM sentiment_analysis WHERE entry_id = ?1 AND model_name = ?2 AND id <> ?3",
        (entry, model, key.id()),
    )?
    else {
        return Ok(false);
    };
    let other = known(table, &other)?;
    if let Some(ours) = read(work.connection, &other)?
        && work.pending.contains(&other)
        && column(table, &ours, "analyzed_at") > column(table, row, "analyzed_at")
    {
        work.later.push(Later::Put(*key, with_column(table, &ours, "id", Some(key.id()))));
    }
    work.connection.prepare_cached("DELETE FROM sentiment_analysis WHERE id = ?1")?.execute([other.id()])?;
    Ok(true)
}

/// Both have made a topic of this name: what hangs on ours goes over to theirs.
fn for_topic(work: &mut Work, key: &RowKey, row: &Values) -> Result<bool> {
    let table = key.table();
    let Some(other) = other_id(
        work.connection,
        "SELECT id FROM topics WHERE user_id = ?1 AND name = ?2 AND id <> ?3",
        (column(table, row, "user_id"), column(table, row, "name"), key.id()),
    )?
    else {
        return Ok(false);
    };
    let other = known(table, &other)?;
    let Some(ours) = read(work.connection, &other)? else { return Ok(false) };
    // Out of the way: an id is nobody's name.
    work.connection.prepare_cached("UPDATE topics SET name = id WHERE id = ?1")?.execute([other.id()])?;
    if work.incoming.contains(&other) && !work.pending.contains(&other) {
        // It comes with a name of its own.
        return Ok(true);
    }
    work.later.push(Later::Move { from: other.first(), to: key.first() });
    let (our_words, their_words) = (column(table, &ours, "description"), column(table, row, "description"));
    if our_words.is_some() && our_words != their_words {
        let kept = with_column(table, row, "description", our_words.map(str::to_string));
        work.conflict(*key, Side::Theirs, Some(&kept))?;
    }
    Ok(true)
}

fn other_id(connection: &Connection, sql: &str, key: (Option<&str>, Option<&str>, String)) -> Result<Option<String>> {
    Ok(connection.prepare_cached(sql)?.query_row(key, |row| row.get(0)).optional()?)
}

fn known(table: &Table, id: &str) -> Result<RowKey> {
    RowKey::parse(table.name, id)?.ok_or_else(|| Error::failure(format!("{} is not replicated", table.name)))
}

/// The details of an entry `r` that another program has written.
const DETAILS: &str = "INSERT INTO entry_details(entry_id, written_at, mood_source)
     SELECT r.id, coalesce(r.created_at, r.entry_date || 'T12:00:00.000000Z'),
         CASE WHEN r.mood_score IS NOT NULL THEN 'import' END
     FROM journal_entries r";

/// Gives details to every entry of these users that has none.
pub(super) fn add_missing_details(connection: &Connection, users: &[Uuid]) -> Result<()> {
    let marks = vec!["?"; users.len()].join(", ");
    let sql = format!(
        "{DETAILS} WHERE r.user_id IN ({marks}) AND NOT EXISTS (SELECT 1 FROM entry_details d WHERE d.entry_id = r.id)"
    );
    connection.execute(&sql, rusqlite::params_from_iter(users.iter().map(Uuid::to_string)))?;
    Ok(())
}

/// Does what comes after.
pub(super) fn do_later(connection: &Connection, later: &Later) -> Result<()> {
    match later {
        Later::Put(key, values) => {
            let exists = read(connection, key)?.is_some();
            // It stood here before under another id: nothing refuses it.
            put(connection, key.table(), key, values, exists)?
                .map_err(|refusal| Error::failure(refusal.to_string()))?;
            Ok(())
        }
        // The text has no hash: it is computed when it is needed.
        Later::Details(entry) => {
            let sql = format!("{DETAILS} WHERE r.id = ?1 ON CONFLICT DO NOTHING");
            connection.prepare_cached(&sql)?.execute([entry.to_string()])?;
            Ok(())
        }
        Later::Mood(entry) => {
            connection
                .prepare_cached(
                    "UPDATE entry_details SET mood_source = m.source
                     FROM (SELECT CASE WHEN mood_score IS NOT NULL THEN 'import' END AS source FROM journal_entries
                         WHERE id = ?1) m
                     WHERE entry_id = ?1 AND mood_source IS NOT m.source",
                )?
                .execute([entry.to_string()])?;
            Ok(())
        }
        Later::Move { from, to } => {
            for table in REPLICATED.iter().filter(|table| table.key.contains(&"topic_id")) {
                let columns: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
                let moved: Vec<&str> =
                    columns.iter().map(|name| if *name == "topic_id" { "?2" } else { *name }).collect();
                connection.execute(
                    &format!(
                        "INSERT INTO {0}({1}) SELECT {2} FROM {0} WHERE topic_id = ?1 ON CONFLICT DO NOTHING",
                        table.name,
                        columns.join(", "),
                        moved.join(", ")
                    ),
                    (from.to_string(), to.to_string()),
                )?;
            }
            connection.execute("DELETE FROM topics WHERE id = ?1", [from.to_string()])?;
            Ok(())
        }
    }
}
