//! What the log says has changed since a deployment was told.

use super::super::{REPLICATED, Snapshot, Store, Table, log};
use super::state::{Direction, waiting};
use super::{RowKey, Values};
use crate::error::{Error, Result};
use crate::journal::log::Position;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};
use uuid::Uuid;

/// The first row of the log of a change is unknown: the two sides were compared without one.
const COMPARED: i64 = -1;

/// The same, and the row has never been there.
const COMPARED_NEW: i64 = -2;

/// The last version of a row that both sides knew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Base {
    /// Nobody knows.
    Unknown,
    /// It was not there.
    Absent,
    /// This one.
    Row(Values),
}

/// The rows that a deployment does not know as they are here.
#[derive(Debug, Default)]
pub struct Pending {
    rows: HashMap<RowKey, i64>,
    /// Tables of which nothing was ever there: all of them that is here is new there.
    tables: [bool; REPLICATED.len()],
    /// Entries that were changed there and stand here with another text.
    pub(super) texts: HashSet<Uuid>,
    /// The row of the log up to which this holds.
    pub upto: Position,
}

impl Pending {
    /// Nothing, as of this position.
    pub fn none(upto: Position) -> Pending {
        Pending { upto, ..Pending::default() }
    }

    /// Whether this row is among them.
    pub fn contains(&self, key: &RowKey) -> bool {
        self.tables[key.order()] || self.rows.contains_key(key)
    }

    /// How many there are, as far as they are known one by one.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty() && self.tables().next().is_none()
    }

    /// The rows that are known one by one, parents first; of [`tables`](Pending::tables) there are none.
    pub fn keys(&self) -> Vec<RowKey> {
        let mut keys: Vec<RowKey> = self.rows.keys().filter(|key| !self.tables[key.order()]).copied().collect();
        keys.sort_unstable();
        keys
    }

    /// The tables of which everything is new there, parents first.
    pub fn tables(&self) -> impl Iterator<Item = &'static Table> {
        REPLICATED.into_iter().zip(self.tables).filter(|(_, is_new)| *is_new).map(|(table, _)| table)
    }

    /// Adds everything of a table of which nothing was ever there.
    pub fn add_table(&mut self, table: &Table) {
        let known = REPLICATED.into_iter().zip(&mut self.tables).find(|(known, _)| known.name == table.name);
        known.into_iter().for_each(|(_, is_new)| *is_new = true);
    }

    /// Those of an entry.
    pub(super) fn keys_of_entry(&self, entry: Uuid) -> impl Iterator<Item = RowKey> {
        self.rows.keys().copied().filter(move |key| key.first() == entry)
    }

    /// The first row of the log that the deployment does not know of this row.
    pub fn base_seq(&self, key: &RowKey) -> i64 {
        let whole = if self.tables[key.order()] { COMPARED_NEW } else { COMPARED };
        self.rows.get(key).copied().unwrap_or(whole)
    }

    /// Adds a row that a comparison has found to be another here than there.
    pub fn add_compared(&mut self, key: RowKey) {
        self.rows.insert(key, COMPARED);
    }

    /// Adds a row that a comparison has found here alone, and that was never there.
    pub fn add_new(&mut self, key: RowKey) {
        self.rows.insert(key, COMPARED_NEW);
    }

    /// Whether a comparison has found this row here alone, and that it was never there.
    pub fn is_new(&self, key: &RowKey) -> bool {
        self.tables[key.order()] || self.rows.get(key) == Some(&COMPARED_NEW)
    }

    /// Takes away a row that is the same on both sides.
    pub fn settle(&mut self, key: &RowKey) {
        self.rows.remove(key);
    }

    fn add_waiting(&mut self, connection: &Connection, remote: &str) -> Result<()> {
        for row in waiting(connection, remote, Direction::Push)? {
            self.rows.insert(row.key, row.base_seq);
        }
        Ok(())
    }

    /// Goes on with the log to its end.
    pub(super) fn extend(&mut self, connection: &Connection, remote: &str) -> Result<()> {
        let ranges = ranges(connection, remote, self.upto.seq)?;
        let mut statement = connection
            .prepare_cached("SELECT seq, nonce, table_name, row_id FROM change_log WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([self.upto.seq])?;
        while let Some(row) = rows.next()? {
            let seq: i64 = row.get(0)?;
            self.upto = Position { seq, nonce: row.get(1)? };
            let (table, id) = (row.get_ref(2)?, row.get_ref(3)?);
            let text = |value: rusqlite::types::ValueRef<'_>| value.as_str().unwrap_or_default().to_string();
            // Passages are most of the log, and stay here.
            if table.as_str().is_ok_and(|name| name == "passages") {
                continue;
            }
            let Some(key) = RowKey::parse(&text(table), &text(id))? else { continue };
            if is_in(&ranges, seq) {
                if says_something(connection, &key, seq)? {
                    self.rows.remove(&key);
                }
            } else {
                self.rows.entry(key).or_insert(seq);
            }
        }
        Ok(())
    }

    /// After a pull has written the last rows of the log: what it wrote is known there.
    pub(super) fn applied(&mut self, connection: &Connection) -> Result<()> {
        let mut statement = connection
            .prepare_cached("SELECT seq, nonce, table_name, row_id FROM change_log WHERE seq > ?1 ORDER BY seq")?;
        let mut rows = statement.query([self.upto.seq])?;
        while let Some(row) = rows.next()? {
            let seq = row.get(0)?;
            self.upto = Position { seq, nonce: row.get(1)? };
            if let Some(key) = RowKey::parse(&row.get::<_, String>(2)?, &row.get::<_, String>(3)?)?
                && says_something(connection, &key, seq)?
            {
                self.rows.remove(&key);
            }
        }
        Ok(())
    }
}

/// Whether a row of the log is of a change to what is replicated. A new text takes the hash out of the details
/// of its entry, by trigger, and leaves everything else in them as it was.
fn says_something(connection: &Connection, key: &RowKey, seq: i64) -> Result<bool> {
    if key.table().name != "entry_details" {
        return Ok(true);
    }
    let images: Vec<(i64, Option<String>)> = connection
        .prepare_cached(
            "SELECT seq, before FROM change_log WHERE table_name = ?1 AND row_id = ?2 AND seq >= ?3 ORDER BY seq LIMIT 2",
        )?
        .query_map((key.table().name, key.id(), seq), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let image = |at: usize| -> Result<Option<Values>> {
        images.get(at).and_then(|(_, image)| image.as_ref()).map(|image| from_image(key, image)).transpose()
    };
    let before = image(0)?;
    let after = if images.len() > 1 { image(1)? } else { super::read(connection, key)? };
    Ok(before != after)
}

fn ranges(connection: &Connection, remote: &str, after: i64) -> Result<Vec<(i64, i64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT first_seq, last_seq FROM sync_applied WHERE remote = ?1 AND last_seq > ?2 ORDER BY first_seq",
    )?;
    let ranges = statement.query_map((remote, after), |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(ranges.collect::<rusqlite::Result<_>>()?)
}

fn is_in(ranges: &[(i64, i64)], seq: i64) -> bool {
    let after = ranges.partition_point(|(first, _)| *first <= seq);
    after > 0 && ranges[after - 1].1 >= seq
}

/// The version of a row before the log row with this number, which is of it.
pub(super) fn base(connection: &Connection, key: &RowKey, seq: i64) -> Result<Base> {
    if seq == COMPARED || seq == COMPARED_NEW {
        return Ok(Base::Unknown);
    }
    let found: Option<(String, Option<String>)> = connection
        .prepare_cached("SELECT op, before FROM change_log WHERE seq = ?1 AND table_name = ?2 AND row_id = ?3")?
        .query_row((seq, key.table().name, key.id()), |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(match found {
        None => Base::Unknown,
        Some((_, Some(image))) => Base::Row(from_image(key, &image)?),
        Some((_, None)) => Base::Absent,
    })
}

/// Whether a row once was this here.
pub(super) fn was_once(connection: &Connection, key: &RowKey, row: &Values) -> Result<bool> {
    let mut statement = connection.prepare_cached(
        "SELECT before FROM change_log WHERE table_name = ?1 AND row_id = ?2 AND before IS NOT NULL ORDER BY seq DESC",
    )?;
    let mut rows = statement.query((key.table().name, key.id()))?;
    while let Some(image) = rows.next()? {
        if from_image(key, &image.get::<_, String>(0)?)? == *row {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The row that an image of the log shows.
pub(super) fn from_image(key: &RowKey, image: &str) -> Result<Values> {
    let image: Map<String, Value> = serde_json::from_str(image)
        .map_err(|error| Error::failure("the change log holds an image that cannot be read").source(error))?;
    let value = |name: &str| match image.get(name) {
        None | Some(Value::Null) => Sql::Null,
        Some(Value::Bool(truth)) => Sql::Integer(i64::from(*truth)),
        Some(Value::Number(number)) => match number.as_i64() {
            Some(whole) => Sql::Integer(whole),
            None => Sql::Real(number.as_f64().unwrap_or_default()),
        },
        Some(Value::String(text)) => Sql::Text(text.clone()),
        Some(other) => Sql::Text(other.to_string()),
    };
    let columns = key.table().columns.iter();
    Ok(columns.map(|column| column.kind.print_image(value(column.name))).collect())
}

impl Store {
    /// The rows that a deployment does not know as they are here; nothing when the log does not reach back to
    /// what was pushed last, and everything has to be compared.
    pub fn pending(&self, remote: &str) -> Result<Option<Pending>> {
        let Some(state) = self.sync_state(remote)? else { return Ok(None) };
        if state.pulled.is_none() || !log::holds(&self.connection, "sync", state.pushed)? {
            return Ok(None);
        }
        let mut pending = Pending::none(state.pushed);
        pending.add_waiting(&self.connection, remote)?;
        pending.extend(&self.connection, remote)?;
        Ok(Some(pending))
    }

    /// Goes on with the log to its end.
    pub fn extend_pending(&self, remote: &str, pending: &mut Pending) -> Result<()> {
        pending.extend(&self.connection, remote)
    }
}

impl Snapshot {
    /// Goes on with the log to its end in this view.
    pub fn extend_pending(&self, remote: &str, pending: &mut Pending) -> Result<()> {
        pending.extend(self.connection(), remote)
    }
}
