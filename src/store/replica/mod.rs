//! The journal as one of several copies: what it has that a deployment does not, and what it takes from
//! there. Knows no server: rows come and go as text, column by column, as PostgreSQL prints them.
//!
//! - [`state`]: how far each deployment has come, and what has to be remembered of it.
//! - [`pending`]: the rows that the log says have changed since.
//! - [`rule`]: what becomes of a row that was changed there. Pure.
//! - [`apply`]: writes what was pulled ([`incoming`]); [`clash`] makes room where a unique key is taken.
//! - [`tally`]: what was done, counted. [`conflicts`]: the versions that gave way. [`account`]: one user under another id.

mod account;
mod apply;
mod clash;
mod conflicts;
mod incoming;
mod pending;
mod rule;
mod state;
mod tally;

pub use apply::{Applied, Pulled};
pub use conflicts::{Conflict, Side};
pub use incoming::Incoming;
pub use pending::{Base, Pending};
pub use state::{Direction, SyncState, Waiting};
pub use tally::Tally;

use super::columns::{ColumnType, Misfit, json_or_as_it_is};
use super::tables::{REPLICATED, Table};
use super::value::read_uuid;
use crate::error::{Error, Result};
use rusqlite::{Connection, params_from_iter};
use std::fmt;
use uuid::Uuid;

/// A row in the order of its table's columns, each as PostgreSQL prints it.
pub type Values = Vec<Option<String>>;

/// Which row: its table, and the one or two ids of its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RowKey {
    table: u8,
    first: Uuid,
    second: Uuid,
}

impl RowKey {
    /// From a table's name and the key as the change log writes it; nothing for what is not replicated.
    ///
    /// # Errors
    /// Corrupt when the key is no id.
    pub fn parse(table: &str, id: &str) -> Result<Option<RowKey>> {
        let Some(index) = REPLICATED.iter().position(|known| known.name == table) else { return Ok(None) };
        let (first, second) = match id.split_once('/') {
            Some((first, second)) => (read_uuid(first)?, read_uuid(second)?),
            None => (read_uuid(id)?, Uuid::nil()),
        };
        Ok(Some(RowKey { table: index as u8, first, second }))
    }

    /// The key of a row with these values.
    pub fn of(table: &'static Table, values: &Values) -> Result<RowKey> {
        let part = |column: &&str| {
            let at = table.columns.iter().position(|known| known.name == *column);
            at.and_then(|at| values.get(at)?.clone()).unwrap_or_default()
        };
        let id = table.key.iter().map(part).collect::<Vec<_>>().join("/");
        RowKey::parse(table.name, &id)?.ok_or_else(|| Error::failure(format!("{} is not replicated", table.name)))
    }

    /// Its table.
    pub fn table(&self) -> &'static Table {
        REPLICATED[self.order()]
    }

    /// The place of its table, parents first.
    pub fn order(&self) -> usize {
        usize::from(self.table) % REPLICATED.len()
    }

    /// The ids of the key.
    pub fn parts(&self) -> Vec<String> {
        let mut parts = vec![self.first.to_string()];
        if self.table().key.len() > 1 {
            parts.push(self.second.to_string());
        }
        parts
    }

    /// The first id of the key: of a child of an entry, the entry.
    pub fn first(&self) -> Uuid {
        self.first
    }

    /// The second id of the key; nil when there is none.
    pub fn second(&self) -> Uuid {
        self.second
    }

    /// The key as the change log writes it.
    pub fn id(&self) -> String {
        self.parts().join("/")
    }
}

impl fmt::Display for RowKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.table().name, self.id())
    }
}

/// A value from the server as it would be read back from here.
///
/// # Errors
/// Why the journal cannot hold it.
pub fn canonical(kind: ColumnType, text: &str) -> Result<Option<String>, Misfit> {
    kind.read(text).map(|value| kind.print(value))
}

/// The condition that a row `r` of a table belongs to one of so many users. Rows are read by their key, and
/// most belong to one: the plus keeps the planner from sorting those of a user instead.
fn owned(table: &Table, users: usize) -> String {
    let marks = vec!["?"; users].join(", ");
    match table.name {
        "users" => format!("r.id IN ({marks})"),
        "journal_entries" | "topics" | "user_sessions" | "psychology_insights" => format!("+r.user_id IN ({marks})"),
        _ => format!("EXISTS (SELECT 1 FROM journal_entries e WHERE e.id = r.entry_id AND +e.user_id IN ({marks}))"),
    }
}

/// As [`owned`], with what is everybody's.
fn readable(table: &Table, users: usize) -> String {
    let owned = owned(table, users);
    if table.name == "topics" { format!("({owned} OR r.user_id IS NULL)") } else { owned }
}

/// The columns of the key of a row `r`.
fn key_columns(table: &Table) -> String {
    table.key.iter().map(|column| format!("r.{column}")).collect::<Vec<_>>().join(", ")
}

fn columns(table: &Table) -> String {
    table.columns.iter().map(|column| format!("r.{}", column.name)).collect::<Vec<_>>().join(", ")
}

fn key_test(table: &Table) -> String {
    table.key.iter().map(|column| format!("r.{column} = ?")).collect::<Vec<_>>().join(" AND ")
}

fn values(table: &Table, row: &rusqlite::Row) -> Result<Values> {
    let mut values = Vec::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        let text = column.kind.print(row.get(at)?);
        values.push(match (column.kind, text) {
            (ColumnType::Json, Some(text)) => Some(json_or_as_it_is(&text)),
            (_, text) => text,
        });
    }
    Ok(values)
}

/// A row as it is now, whoever it belongs to.
fn read(connection: &Connection, key: &RowKey) -> Result<Option<Values>> {
    let table = key.table();
    let sql = format!("SELECT {} FROM {} r WHERE {}", columns(table), table.name, key_test(table));
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(key.parts()))?;
    rows.next()?.map(|row| values(table, row)).transpose()
}

/// A row as it is now, if it belongs to one of these users.
fn read_owned(connection: &Connection, key: &RowKey, users: &[Uuid]) -> Result<Option<Values>> {
    let table = key.table();
    let owned = owned(table, users.len());
    let sql = format!("SELECT {} FROM {} r WHERE {} AND {owned}", columns(table), table.name, key_test(table));
    let mut statement = connection.prepare_cached(&sql)?;
    let wanted = key.parts().into_iter().chain(users.iter().map(Uuid::to_string));
    let mut rows = statement.query(params_from_iter(wanted))?;
    rows.next()?.map(|row| values(table, row)).transpose()
}

fn count(connection: &Connection, table: &Table, users: &[Uuid]) -> Result<u64> {
    let sql = format!("SELECT count(*) FROM {} r WHERE {}", table.name, owned(table, users.len()));
    Ok(connection.query_row(&sql, params_from_iter(users.iter().map(Uuid::to_string)), |row| row.get(0))?)
}

impl super::Store {
    /// How many rows of a table belong to these users.
    pub fn count_replicated(&self, table: &'static Table, users: &[Uuid]) -> Result<u64> {
        count(&self.connection, table, users)
    }

    /// A row as it is now, if it belongs to one of these users.
    pub fn replicated_row(&self, key: &RowKey, users: &[Uuid]) -> Result<Option<Values>> {
        read_owned(&self.connection, key, users)
    }
}

impl super::Snapshot {
    /// A row as it is in this view, if it belongs to one of these users.
    pub fn replicated_row(&self, key: &RowKey, users: &[Uuid]) -> Result<Option<Values>> {
        read_owned(self.connection(), key, users)
    }

    /// Whether a row is there in this view and belongs to one of these users.
    pub fn has_replicated_row(&self, key: &RowKey, users: &[Uuid]) -> Result<bool> {
        let table = key.table();
        let owned = owned(table, users.len());
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {} r WHERE {} AND {owned})", table.name, key_test(table));
        let wanted = key.parts().into_iter().chain(users.iter().map(Uuid::to_string));
        Ok(self.connection().prepare_cached(&sql)?.query_row(params_from_iter(wanted), |row| row.get(0))?)
    }

    /// Whether a row is there in this view, whoever it belongs to.
    pub fn has_row(&self, key: &RowKey) -> Result<bool> {
        let table = key.table();
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {} r WHERE {})", table.name, key_test(table));
        Ok(self.connection().prepare_cached(&sql)?.query_row(params_from_iter(key.parts()), |row| row.get(0))?)
    }

    /// Hands over the rows of a table that belong to these users or to everybody, by key; with `endings` only those
    /// the first id of whose key ends so, all of one length.
    pub fn replicated_rows(
        &self,
        table: &'static Table,
        users: &[Uuid],
        endings: Option<&[&str]>,
        visit: &mut dyn FnMut(RowKey, Values) -> Result<()>,
    ) -> Result<()> {
        let order = key_columns(table);
        let only_these = match endings {
            Some([first, ..]) => {
                let marks = vec!["?"; endings.map_or(0, <[&str]>::len)].join(", ");
                format!("AND substr(r.{}, -{}) IN ({marks})", table.key[0], first.len())
            }
            _ => String::new(),
        };
        let endings = endings.unwrap_or_default().iter().map(|ending| (*ending).to_string());
        // The default of 2 MB reads the pages of a large journal again and again.
        self.connection().pragma_update(None, "cache_size", -32_768)?;
        self.visit(table, users, &format!("{only_these} ORDER BY {order}"), endings, &mut |values| {
            visit(RowKey::of(table, &values)?, values)
        })
    }

    /// Hands over the same rows in no order.
    pub fn each_replicated_row(
        &self,
        table: &'static Table,
        users: &[Uuid],
        visit: &mut dyn FnMut(&Values) -> Result<()>,
    ) -> Result<()> {
        self.visit(table, users, "", std::iter::empty(), &mut |values| visit(&values))
    }

    fn visit(
        &self,
        table: &'static Table,
        users: &[Uuid],
        rest: &str,
        parameters: impl Iterator<Item = String>,
        visit: &mut dyn FnMut(Values) -> Result<()>,
    ) -> Result<()> {
        let readable = readable(table, users.len());
        let sql = format!("SELECT {} FROM {} r WHERE {readable} {rest}", columns(table), table.name);
        let mut statement = self.connection().prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(users.iter().map(Uuid::to_string).chain(parameters)))?;
        while let Some(row) = rows.next()? {
            visit(values(table, row)?)?;
        }
        Ok(())
    }

    /// The rows of a table that belong to these users, by key, after this one: at most so many.
    pub fn rows_after(
        &self,
        table: &'static Table,
        users: &[Uuid],
        after: Option<RowKey>,
        limit: usize,
    ) -> Result<Vec<(RowKey, Values)>> {
        let key = key_columns(table);
        let marks = vec!["?"; table.key.len()].join(", ");
        // No id is the empty text.
        let after = after.map_or_else(|| vec![String::new(); table.key.len()], |key| key.parts());
        let sql = format!(
            "SELECT {} FROM {} r WHERE {} AND ({key}) > ({marks}) ORDER BY {key} LIMIT {limit}",
            columns(table),
            table.name,
            owned(table, users.len())
        );
        let mut statement = self.connection().prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(users.iter().map(Uuid::to_string).chain(after)))?;
        let mut found = Vec::with_capacity(limit);
        while let Some(row) = rows.next()? {
            let values = values(table, row)?;
            found.push((RowKey::of(table, &values)?, values));
        }
        Ok(found)
    }

    /// How many rows of a table belong to these users.
    pub fn count_replicated(&self, table: &'static Table, users: &[Uuid]) -> Result<u64> {
        count(self.connection(), table, users)
    }

    /// Whether a table has rows that belong to these users or to everybody, and whether one was ever deleted.
    pub fn has_some(&self, table: &'static Table, users: &[Uuid]) -> Result<(bool, bool)> {
        let readable = readable(table, users.len());
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {0} r WHERE {readable}),
                EXISTS (SELECT 1 FROM tombstones WHERE table_name = '{0}')",
            table.name
        );
        let users = params_from_iter(users.iter().map(Uuid::to_string));
        Ok(self.connection().query_row(&sql, users, |row| Ok((row.get(0)?, row.get(1)?)))?)
    }

    /// Whether this row was here once and is gone.
    pub fn buried(&self, key: &RowKey) -> Result<bool> {
        Ok(self
            .connection()
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM tombstones WHERE table_name = ?1 AND row_id = ?2)")?
            .query_row((key.table().name, key.id()), |row| row.get(0))?)
    }
}
