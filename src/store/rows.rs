//! Rows of the seven tables as text, written by the rules of the architecture and refused by their
//! PostgreSQL names: what the comparison with a real server goes through, and replication is to. What
//! people write goes through `writer`, which says the same rules in words.

use super::Store;
use super::columns::Misfit;
use super::tables::{Column, Table};
use crate::error::{Error, Result};
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, params_from_iter};
use std::collections::HashMap;
use std::fmt;
use uuid::Uuid;

/// Values by column; `None` is NULL, and a column that is not named gets its default.
pub type Row<'a> = [(&'a str, Option<&'a str>)];

/// Why a row is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// A value does not fit its column.
    Misfit {
        /// `table.column`.
        column: String,
        /// The reason.
        reason: Misfit,
    },
    /// A column must have a value.
    NotNull {
        /// `table.column`.
        column: String,
    },
    /// A constraint fails.
    Constraint {
        /// What kind of constraint.
        kind: ConstraintKind,
        /// Its name in PostgreSQL.
        name: String,
    },
}

/// Kinds of constraints, as SQLSTATE tells them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConstraintKind {
    /// 23514
    Check,
    /// 23505
    Unique,
    /// 23503
    ForeignKey,
}

impl Refusal {
    /// The SQLSTATE with which PostgreSQL refuses the row.
    pub fn sqlstate(&self) -> &'static [&'static str] {
        match self {
            Refusal::Misfit { reason: Misfit::TooLong, .. } => &["22001"],
            Refusal::Misfit { reason: Misfit::OutOfRange, .. } => &["22003", "22008"],
            Refusal::Misfit { reason: Misfit::Malformed, .. } => &["22P02", "22007"],
            Refusal::Misfit { reason: Misfit::TooManyWords, .. } => &["54000"],
            Refusal::Misfit { reason: Misfit::Nul, .. } => &["22021", "22P05"],
            Refusal::NotNull { .. } => &["23502"],
            Refusal::Constraint { kind: ConstraintKind::Check, .. } => &["23514"],
            Refusal::Constraint { kind: ConstraintKind::Unique, .. } => &["23505"],
            Refusal::Constraint { kind: ConstraintKind::ForeignKey, .. } => &["23503"],
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Misfit { column, reason } => write!(f, "{column} {reason}"),
            Refusal::NotNull { column } => write!(f, "{column} is missing"),
            Refusal::Constraint { kind, name } => match kind {
                ConstraintKind::Check => write!(f, "it breaks the rule {name}"),
                ConstraintKind::Unique => write!(f, "there is such a row already ({name})"),
                ConstraintKind::ForeignKey => write!(f, "what it belongs to does not exist ({name})"),
            },
        }
    }
}

/// Writes rows inside one transaction.
pub struct RowWriter<'a> {
    connection: &'a Connection,
}

/// How many rows were written, or why the row is refused; the transaction goes on either way.
pub type Written = std::result::Result<usize, Refusal>;

impl<'a> RowWriter<'a> {
    /// Writes inside a transaction that the caller holds.
    pub(super) fn on(connection: &'a Connection) -> RowWriter<'a> {
        RowWriter { connection }
    }

    /// Adds a row.
    ///
    /// # Errors
    /// A failure of the database; that the row is refused is not one.
    pub fn insert(&mut self, table: &Table, row: &Row) -> Result<Written> {
        let values = match read(table, row) {
            Ok(values) => values,
            Err(refusal) => return Ok(Err(refusal)),
        };
        let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
        let marks = vec!["?"; names.len()].join(", ");
        let sql = format!("INSERT INTO {}({}) VALUES ({marks})", table.name, names.join(", "));
        self.run(table, &sql, &values, &names, None)
    }

    /// Changes the row with this key; changes nothing when there is none.
    ///
    /// # Errors
    /// As [`RowWriter::insert`].
    pub fn update(&mut self, table: &Table, key: &[&str], changes: &Row) -> Result<Written> {
        let (test, keys) = key_test(table, key);
        let mut values = match read(table, changes) {
            Ok(values) => values,
            // Where there is no row, nothing is read, save that a text with a NUL never arrives.
            Err(refusal) => {
                let arrives = !changes.iter().any(|(_, value)| value.is_some_and(|text| text.contains('\0')));
                let sql = format!("SELECT 1 FROM {} WHERE {test}", table.name);
                let mut statement = self.connection.prepare_cached(&sql)?;
                let is_there = statement.exists(params_from_iter(keys))?;
                return Ok(if arrives && !is_there { Ok(0) } else { Err(refusal) });
            }
        };
        let names: Vec<&str> = changes.iter().map(|(name, _)| *name).collect();
        let sets: Vec<String> = names.iter().map(|name| format!("{name} = ?")).collect();
        values.extend(keys);
        let sql = format!("UPDATE {} SET {} WHERE {test}", table.name, sets.join(", "));
        self.run(table, &sql, &values, &names, Some(key))
    }

    /// Deletes the row with this key, and what belongs to it. Returns whether it was there.
    pub fn delete(&mut self, table: &Table, key: &[&str]) -> Result<bool> {
        let (test, keys) = key_test(table, key);
        let sql = format!("DELETE FROM {} WHERE {test}", table.name);
        Ok(self.connection.prepare_cached(&sql)?.execute(params_from_iter(keys))? > 0)
    }

    /// Every row of a table in the order of its key, each column as PostgreSQL prints it (see
    /// [`super::ColumnType`]), and after them the columns named in `generated`.
    pub fn rows(&self, table: &Table, generated: &[&str]) -> Result<Vec<Vec<Option<String>>>> {
        let names: Vec<&str> =
            table.columns.iter().map(|column| column.name).chain(generated.iter().copied()).collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", names.join(", "), table.name, table.key.join(", "));
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut texts = Vec::with_capacity(names.len());
            for at in 0..names.len() {
                let kind = table.columns.get(at).map_or(super::ColumnType::Text, |column| column.kind);
                texts.push(kind.print(row.get(at)?));
            }
            found.push(texts);
        }
        Ok(found)
    }

    fn run(
        &mut self,
        table: &Table,
        sql: &str,
        values: &[Value],
        names: &[&str],
        key: Option<&[&str]>,
    ) -> Result<Written> {
        match self.connection.prepare_cached(sql)?.execute(params_from_iter(values)) {
            Ok(rows) => Ok(Ok(rows)),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                let given = names.iter().copied().zip(values.iter().cloned()).collect();
                self.refusal(table, &error.to_string(), given, key).map(Err)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What SQLite's message means. It names checks and missing values; which key is doubled, or which
    /// parent is missing, is looked up in PostgreSQL's order. `key` names the row that was to be
    /// changed.
    fn refusal(
        &self,
        table: &Table,
        message: &str,
        mut given: HashMap<&str, Value>,
        key: Option<&[&str]>,
    ) -> Result<Refusal> {
        let after = |start: &str| message.split_once(start).map(|(_, rest)| rest.trim().to_string());
        if let Some(column) = after("NOT NULL constraint failed:") {
            return Ok(Refusal::NotNull { column });
        }
        if let Some(name) = after("CHECK constraint failed:") {
            return Ok(Refusal::Constraint { kind: ConstraintKind::Check, name });
        }
        if let Some(key) = key {
            self.complete(table, key, &mut given)?;
        }
        let value = |name: &str| given.get(name).cloned().unwrap_or(Value::Null);
        if message.contains("UNIQUE constraint failed") {
            for (name, columns) in table.unique {
                let of_system_topics = *name == "topics_system_name_key";
                if of_system_topics && value("user_id") != Value::Null {
                    continue;
                }
                let tests: Vec<String> = columns.iter().map(|column| format!("{column} = ?")).collect();
                let only = if of_system_topics { " AND user_id IS NULL" } else { "" };
                let mut wanted: Vec<Value> = columns.iter().map(|column| value(column)).collect();
                let mut sql = format!("SELECT 1 FROM {} WHERE {}{only}", table.name, tests.join(" AND "));
                if let Some(key) = key {
                    let (test, keys) = key_test(table, key);
                    sql.push_str(&format!(" AND NOT ({test})"));
                    wanted.extend(keys);
                }
                if self.connection.prepare_cached(&sql)?.exists(params_from_iter(wanted))? {
                    return Ok(Refusal::Constraint { kind: ConstraintKind::Unique, name: name.to_string() });
                }
            }
        }
        for (name, column, parent) in table.foreign {
            let Value::Text(id) = value(column) else { continue };
            let sql = format!("SELECT 1 FROM {parent} WHERE id = ?");
            if !self.connection.prepare_cached(&sql)?.exists([id])? {
                return Ok(Refusal::Constraint { kind: ConstraintKind::ForeignKey, name: name.to_string() });
            }
        }
        Err(Error::failure(format!("the database refused a row of {}: {message}", table.name)))
    }

    /// Adds what the row with this key holds in the columns that are not given.
    fn complete(&self, table: &Table, key: &[&str], given: &mut HashMap<&str, Value>) -> Result<()> {
        let names: Vec<&str> = table.columns.iter().map(|column| column.name).collect();
        let (test, keys) = key_test(table, key);
        let sql = format!("SELECT {} FROM {} WHERE {test}", names.join(", "), table.name);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(keys))?;
        if let Some(row) = rows.next()? {
            for (at, column) in table.columns.iter().enumerate() {
                given.entry(column.name).or_insert(row.get(at)?);
            }
        }
        Ok(())
    }
}

/// The values of a row, in its order. As in PostgreSQL, a NUL is found before anything else.
fn read(table: &Table, row: &Row) -> std::result::Result<Vec<Value>, Refusal> {
    let mut columns: Vec<(&Column, Option<&str>)> = Vec::with_capacity(row.len());
    for (name, value) in row {
        let known = table.column(name).ok_or_else(|| unknown(table, name))?;
        columns.push((known, *value));
    }
    let misfit =
        |column: &Column, reason| Refusal::Misfit { column: format!("{}.{}", table.name, column.name), reason };
    if let Some((column, _)) = columns.iter().find(|(_, value)| value.is_some_and(|text| text.contains('\0'))) {
        return Err(misfit(column, Misfit::Nul));
    }
    columns
        .into_iter()
        .map(|(column, value)| match value {
            None => Ok(Value::Null),
            Some(text) => column.kind.read(text).map_err(|reason| misfit(column, reason)),
        })
        .collect()
}

fn unknown(table: &Table, name: &str) -> Refusal {
    Refusal::Misfit { column: format!("{}.{name}", table.name), reason: Misfit::Malformed }
}

fn key_test(table: &Table, key: &[&str]) -> (String, Vec<Value>) {
    let tests: Vec<String> = table.key.iter().map(|column| format!("{column} = ?")).collect();
    (tests.join(" AND "), key.iter().map(|part| Value::Text(part.to_string())).collect())
}

impl Store {
    /// Writes rows in one transaction: one step of undo of this user, described by the summary that
    /// `work` returns; or, as a dry run, does all of it and takes it back.
    pub fn rows<T>(
        &mut self,
        user: Uuid,
        command: &str,
        dry_run: bool,
        work: impl FnOnce(&mut RowWriter) -> Result<(T, String)>,
    ) -> Result<T> {
        let work = |connection: &Connection| work(&mut RowWriter { connection });
        if dry_run { self.rehearse(work) } else { self.write(Some((user, command)), work) }
    }
}
