//! Everything here and everything there, row by row: for the first sync, and whenever no cursor holds.

use super::postgres::explain;
use super::rows::{as_fingerprint, key, key_text, place, read, readable};
use super::session::{Doing, Progress, Watcher};
use crate::error::Result;
use crate::store::{ColumnType, Pending, REPLICATED, RowKey, Snapshot, Table, Values};
use postgres::fallible_iterator::FallibleIterator;
use postgres::types::ToSql;
use postgres::{RowIter, Transaction};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// How many keys are asked for at once.
const BATCH: usize = 5000;

/// Rows that are not the same here and there.
#[derive(Debug, Default)]
pub(super) struct Differences {
    /// Those whose version there has to be looked at, parents first.
    pub(super) there: Vec<RowKey>,
    /// Those that are gone there.
    pub(super) gone: Vec<RowKey>,
}

/// Compares everything that belongs to these users. What is to be told there is added to `pending`.
pub(super) fn compare(
    transaction: &mut Transaction<'_>,
    here: &Snapshot,
    users: &[Uuid],
    pending: &mut Pending,
    watcher: &mut Watcher,
) -> Result<Differences> {
    let mut found = Differences::default();
    let mut done = 0;
    let total = estimate(transaction)?;
    for table in REPLICATED {
        let mut only_here = Vec::new();
        let sql = format!(
            "SELECT {}, {} FROM {} t WHERE {} ORDER BY {}",
            as_fingerprint(table),
            key_text(table, "t"),
            place(table),
            readable(table, "$1"),
            table.key.iter().map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ")
        );
        let parameters: [&(dyn ToSql + Sync); 1] = [&users];
        let rows = transaction.query_raw(&sql, parameters).map_err(|error| explain(&error))?;
        let mut there = There { table, rows, next: None };
        there.advance()?;
        let mut step = |done: &mut usize| -> Result<()> {
            *done += 1;
            if done.is_multiple_of(BATCH) {
                watcher(Progress { done: *done, total: total.max(*done), doing: Doing::Comparing })?;
            }
            Ok(())
        };
        here.replicated_rows(table, users, &mut |key, row| {
            while let Some((other, _)) = there.next.take_if(|(other, _)| *other < key) {
                step(&mut done)?;
                only_there(here, other, pending, &mut found)?;
                there.advance()?;
            }
            step(&mut done)?;
            let is_everybodys = is_everybodys(table, &row);
            match there.next.take_if(|(other, _)| *other == key) {
                Some((_, theirs)) => {
                    if theirs.as_ref() != Some(&fingerprint(table, row)) {
                        found.there.push(key);
                        if !is_everybodys {
                            pending.add_compared(key);
                        }
                    }
                    there.advance()?;
                }
                None if !is_everybodys => only_here.push(key),
                None => {}
            }
            Ok(())
        })?;
        while let Some((other, _)) = there.next.take() {
            step(&mut done)?;
            only_there(here, other, pending, &mut found)?;
            there.advance()?;
        }
        drop(there);
        sort_out(transaction, table, &only_here, pending, &mut found)?;
    }
    Ok(found)
}

/// A row that is not here: it was never here, or it was deleted here.
fn only_there(here: &Snapshot, key: RowKey, pending: &mut Pending, found: &mut Differences) -> Result<()> {
    found.there.push(key);
    if here.buried(&key)? {
        pending.add_compared(key);
    }
    Ok(())
}

/// Rows that are not there: they were never there, or they were deleted there.
fn sort_out(
    transaction: &mut Transaction<'_>,
    table: &'static Table,
    only_here: &[RowKey],
    pending: &mut Pending,
    found: &mut Differences,
) -> Result<()> {
    for keys in only_here.chunks(BATCH) {
        keys.iter().for_each(|key| pending.add_compared(*key));
        let ids: Vec<String> = keys.iter().map(RowKey::id).collect();
        let rows = transaction
            .query(
                "SELECT row_id FROM journal_cli.tombstones WHERE table_name = $1 AND row_id = ANY($2)",
                &[&table.name, &ids],
            )
            .map_err(|error| explain(&error))?;
        for row in rows {
            found.gone.push(key(table, row.get(0))?);
        }
    }
    Ok(())
}

/// The rows there, one after the other; a row that the journal cannot hold has no values.
struct There<'a> {
    table: &'static Table,
    rows: RowIter<'a>,
    next: Option<(RowKey, Option<Values>)>,
}

impl There<'_> {
    fn advance(&mut self) -> Result<()> {
        self.next = match self.rows.next().map_err(|error| explain(&error))? {
            None => None,
            Some(row) => {
                let key = key(self.table, row.get(self.table.columns.len()))?;
                Some((key, read(self.table, &row)?.ok()))
            }
        };
        Ok(())
    }
}

fn is_everybodys(table: &Table, row: &Values) -> bool {
    table.name == "topics"
        && table.columns.iter().position(|column| column.name == "user_id").is_some_and(|at| row[at].is_none())
}

/// The row as [`as_fingerprint`] shows it.
fn fingerprint(table: &Table, mut row: Values) -> Values {
    for (column, value) in table.columns.iter().zip(&mut row) {
        if column.kind == ColumnType::IndexedText
            && let Some(text) = value
        {
            *text = data_encoding::HEXLOWER.encode(&Sha256::digest(text.as_bytes()));
        }
    }
    row
}

/// About how many rows there are, as far as the server knows without counting.
fn estimate(transaction: &mut Transaction<'_>) -> Result<usize> {
    let names: Vec<String> = REPLICATED.iter().map(|table| place(table)).collect();
    let row = transaction
        .query_one(
            "SELECT coalesce(sum(greatest(reltuples, 0)), 0)::bigint FROM pg_class WHERE oid IN
                (SELECT to_regclass(name)::oid FROM unnest($1::text[]) AS name)",
            &[&names],
        )
        .map_err(|error| explain(&error))?;
    Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}
