//! Everything here and everything there, row by row: for the first sync, and whenever no cursor holds.

use super::digest::{Parts, differing, ending};
use super::postgres::explain;
use super::rows::{as_fingerprint, key, key_text, place, readable};
use super::session::{Doing, Progress, Watcher};
use crate::error::Result;
use crate::store::{ColumnType, Pending, REPLICATED, RowKey, Snapshot, Table, Values, canonical};
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
    /// Tables of which nothing was ever here: all of them that is there is new here.
    pub(super) tables: Vec<&'static Table>,
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
    let parts = differing(transaction, here, users, watcher)?;
    for (table, parts) in REPLICATED.into_iter().zip(parts) {
        match &parts {
            Parts::OnlyHere => {
                pending.add_table(table);
                continue;
            }
            Parts::OnlyThere => {
                found.tables.push(table);
                continue;
            }
            Parts::Ending(endings) if endings.is_empty() => continue,
            Parts::All | Parts::Ending(_) => {}
        }
        let endings = parts.endings();
        let only_these = endings
            .as_deref()
            .and_then(|endings| endings.first())
            .map_or("$2::text[] IS NULL".into(), |one| format!("{} = ANY($2)", ending(table, one.len())));
        let mut only_here = Vec::new();
        let sql = format!(
            "SELECT {}, {} FROM {} t WHERE {} AND {only_these} ORDER BY {}",
            as_fingerprint(table),
            key_text(table, "t"),
            place(table),
            readable(table, "$1"),
            table.key.iter().map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ")
        );
        let parameters: [&(dyn ToSql + Sync); 2] = [&users, &endings];
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
        here.replicated_rows(table, users, endings.as_deref(), &mut |key, row| {
            while let Some((other, _)) = there.next.take_if(|(other, _)| *other < key) {
                step(&mut done)?;
                only_there(here, other, pending, &mut found)?;
                there.advance()?;
            }
            step(&mut done)?;
            let is_everybodys = is_everybodys(table, &row);
            match there.next.take_if(|(other, _)| *other == key) {
                Some((_, theirs)) => {
                    if !is_same(table, &fingerprint(table, row), &theirs) {
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
        keys.iter().for_each(|key| pending.add_new(*key));
        let ids: Vec<String> = keys.iter().map(RowKey::id).collect();
        let rows = transaction
            .query(
                "SELECT row_id FROM journal_cli.tombstones WHERE table_name = $1 AND row_id = ANY($2)",
                &[&table.name, &ids],
            )
            .map_err(|error| explain(&error))?;
        for row in rows {
            let key = key(table, row.get(0))?;
            pending.add_compared(key);
            found.gone.push(key);
        }
    }
    Ok(())
}

/// Whether a row there, as the server writes it, is this one. Most values are the same letter by letter, and
/// need not be understood.
fn is_same(table: &Table, ours: &Values, theirs: &Values) -> bool {
    table.columns.iter().zip(ours.iter().zip(theirs)).all(|(column, (ours, theirs))| match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            ours == theirs
                || (column.kind != ColumnType::IndexedText
                    && canonical(column.kind, theirs).is_ok_and(|theirs| theirs.as_ref() == Some(ours)))
        }
        (ours, theirs) => ours == theirs,
    })
}

/// The rows there, one after the other, as the server writes them.
struct There<'a> {
    table: &'static Table,
    rows: RowIter<'a>,
    next: Option<(RowKey, Values)>,
}

impl There<'_> {
    fn advance(&mut self) -> Result<()> {
        self.next = match self.rows.next().map_err(|error| explain(&error))? {
            None => None,
            Some(row) => {
                let key = key(self.table, row.get(self.table.columns.len()))?;
                let mut values = Values::with_capacity(self.table.columns.len());
                for at in 0..self.table.columns.len() {
                    values.push(row.try_get(at).map_err(|error| explain(&error))?);
                }
                Some((key, values))
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
