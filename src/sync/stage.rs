//! Rows on their way into one table of the deployment: staged, locked, compared, written. What was never there
//! is copied to its place at once, as long as nothing speaks against it.

use super::postgres::Stop;
use super::push::Terms;
use super::rows::{among, copy_line, key, key_text, owned, place, same_key, split};
use crate::error::{Error, Result};
use crate::store::{Pending, RowKey, Snapshot, Table, Values};
use postgres::{CopyInWriter, Row, Transaction};
use std::collections::BTreeSet;
use std::io::Write;
use uuid::Uuid;

/// From so many rows on the server is told how many there are.
const MANY: usize = 500;

/// How many rows are read here while the server has others to write.
const READ_AT_ONCE: usize = 500;

/// Gives the next rows; none when there are no more.
type Next<'a> = dyn FnMut() -> Result<Vec<(RowKey, Values)>> + 'a;

/// A row, and its reason to wait when it was refused.
type Held = (RowKey, Option<String>);

/// What became of some rows.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) inserted: Vec<RowKey>,
    pub(super) updated: Vec<RowKey>,
    pub(super) deleted: Vec<RowKey>,
    pub(super) waiting: Vec<Held>,
}

impl Outcome {
    fn add(&mut self, more: Outcome) {
        self.inserted.extend(more.inserted);
        self.updated.extend(more.updated);
        self.deleted.extend(more.deleted);
        self.waiting.extend(more.waiting);
    }
}

/// Rows on their way, in a transaction of the server.
pub(super) struct Stage<'a, 'b> {
    pub(super) transaction: &'a mut Transaction<'b>,
    pub(super) terms: &'a Terms,
    /// The journal as it is pushed.
    pub(super) here: &'a Snapshot,
    /// What others have done meanwhile.
    pub(super) others: &'a mut Others,
    /// Told how many rows of a long copy are on their way; an error ends it.
    pub(super) step: &'a mut dyn FnMut(usize) -> Result<()>,
}

/// The tables in which others have changed rows that we have not pulled.
pub(super) struct Others {
    tables: BTreeSet<String>,
    /// The transactions that were looked at already.
    seen: String,
}

impl Others {
    /// Nothing yet; the changes of these transactions are known.
    pub(super) fn since(known: &str) -> Others {
        Others { tables: BTreeSet::new(), seen: known.to_string() }
    }
}

/// A note of a change that we have not pulled, in terms of the parameters one and two.
const UNKNOWN: &str =
    "NOT pg_visible_in_snapshot(c.xid, $1::text::pg_snapshot) AND (c.origin IS NULL OR c.origin <> ALL($2))";

impl Stage<'_, '_> {
    /// Writes rows of one table. A row that the server refuses does not keep the others back.
    pub(super) fn write(&mut self, keys: &[RowKey]) -> Result<Outcome, Stop> {
        let rows = read(self.here, keys, &self.terms.users)?;
        self.write_rows(&rows)
    }

    fn write_rows(&mut self, rows: &[(RowKey, Values)]) -> Result<Outcome, Stop> {
        if rows.is_empty() {
            return Ok(Outcome::default());
        }
        self.or_by_halves(rows, |stage, rows| stage.write_all(rows), |row| row.0)
    }

    /// Writes rows of one table that were never there. Where it turns out that there is more to it, they are
    /// written as all others are.
    pub(super) fn write_new(&mut self, keys: &[RowKey], pending: &Pending) -> Result<Outcome, Stop> {
        let Some(table) = keys.first().map(RowKey::table) else { return Ok(Outcome::default()) };
        let (here, users) = (self.here, &self.terms.users);
        let mut parts = keys.chunks(READ_AT_ONCE);
        let copied = self.copy_or_not(table, pending, &mut || read(here, parts.next().unwrap_or_default(), users))?;
        copied.map_or_else(|| self.write(keys), Ok)
    }

    /// The same for the next rows of a table of which nothing was ever there, after this one and at most so many.
    /// Gives the last of them too; none when these were all.
    pub(super) fn write_next(
        &mut self,
        table: &'static Table,
        after: Option<RowKey>,
        limit: usize,
        pending: &Pending,
    ) -> Result<(Outcome, Option<RowKey>), Stop> {
        let (here, users) = (self.here, &self.terms.users);
        let (mut last, mut left) = (after, limit);
        let copied = self.copy_or_not(table, pending, &mut || {
            let rows = here.rows_after(table, users, last, left.min(READ_AT_ONCE))?;
            left -= rows.len();
            last = rows.last().map_or(last, |(key, _)| Some(*key));
            Ok(rows)
        })?;
        if let Some(outcome) = copied {
            return Ok((outcome, last.filter(|_| left == 0)));
        }
        let rows = here.rows_after(table, users, after, limit)?;
        let last = rows.last().map(|(key, _)| *key).filter(|_| rows.len() == limit);
        Ok((self.write_rows(&rows)?, last))
    }

    /// Copies rows to their place, or does nothing where something speaks against it.
    fn copy_or_not(&mut self, table: &Table, pending: &Pending, next: &mut Next) -> Result<Option<Outcome>, Stop> {
        if self.others_were_at_it(table)? {
            return Ok(None);
        }
        self.transaction.batch_execute("SAVEPOINT rows")?;
        match self.copy_new(table, pending, next) {
            Ok(Some(outcome)) => {
                self.transaction.batch_execute("RELEASE rows")?;
                Ok(Some(outcome))
            }
            Ok(None) | Err(Stop::Row(_)) => {
                self.transaction.batch_execute("ROLLBACK TO rows; RELEASE rows")?;
                Ok(None)
            }
            Err(stop) => Err(stop),
        }
    }

    /// Whether somebody has changed rows of this table that we have not pulled. Each look is at what came since
    /// the one before it: a long push makes many notes of its own.
    fn others_were_at_it(&mut self, table: &Table) -> Result<bool, Stop> {
        let row = self.transaction.query_one(
            &format!(
                "SELECT coalesce(array_agg(DISTINCT c.table_name), '{{}}'), pg_current_snapshot()::text
                 FROM journal_cli.changes c WHERE c.xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND {UNKNOWN}"
            ),
            &[&self.others.seen, &self.terms.ours],
        )?;
        self.others.tables.extend(row.get::<_, Vec<String>>(0));
        self.others.seen = row.get(1);
        Ok(self.others.tables.contains(table.name))
    }

    /// Copies rows to their place until there are no more; nothing when a judgement is of an entry that others may
    /// have judged. The server works while the next rows are read here.
    fn copy_new(&mut self, table: &Table, pending: &Pending, next: &mut Next) -> Result<Option<Outcome>, Stop> {
        let columns = names(table);
        let mut writer = self.transaction.copy_in(&format!("COPY {} ({columns}) FROM STDIN", place(table)))?;
        let mut outcome = Outcome::default();
        let mut line = String::new();
        loop {
            let rows = next()?;
            if rows.is_empty() {
                break;
            }
            for (key, row) in rows {
                if table.name == "sentiment_analysis" && !is_of_new_entry(&row, pending)? {
                    return Ok(None);
                }
                line.clear();
                copy_line(&row, None, &mut line);
                send(&mut writer, &line)?;
                outcome.inserted.push(key);
            }
            (self.step)(outcome.inserted.len())?;
        }
        writer.finish()?;
        Ok(Some(outcome))
    }

    /// Deletes rows of one table.
    pub(super) fn delete(&mut self, keys: &[RowKey]) -> Result<Outcome, Stop> {
        if keys.is_empty() {
            return Ok(Outcome::default());
        }
        self.or_by_halves(keys, |stage, keys| stage.delete_all(keys), |key| *key)
    }

    /// Does it for all at once; when that fails because of a row, for each half.
    fn or_by_halves<T>(
        &mut self,
        rows: &[T],
        work: impl Fn(&mut Self, &[T]) -> Result<Outcome, Stop> + Copy,
        key: impl Fn(&T) -> RowKey + Copy,
    ) -> Result<Outcome, Stop> {
        self.transaction.batch_execute("SAVEPOINT rows")?;
        match work(self, rows) {
            Ok(outcome) => {
                self.transaction.batch_execute("RELEASE rows")?;
                Ok(outcome)
            }
            Err(Stop::Row(reason)) => {
                self.transaction.batch_execute("ROLLBACK TO rows; RELEASE rows")?;
                if let [row] = rows {
                    return Ok(Outcome { waiting: vec![(key(row), Some(reason))], ..Outcome::default() });
                }
                let (one, other) = rows.split_at(rows.len() / 2);
                let mut outcome = self.or_by_halves(one, work, key)?;
                outcome.add(self.or_by_halves(other, work, key)?);
                Ok(outcome)
            }
            Err(stop) => Err(stop),
        }
    }

    fn write_all(&mut self, rows: &[(RowKey, Values)]) -> Result<Outcome, Stop> {
        let Some(table) = rows.first().map(|(key, _)| key.table()) else { return Ok(Outcome::default()) };
        let (place, same) = (place(table), same_key(table, "t", "s"));
        self.copy(table, &place, rows)?;
        let mut outcome = Outcome::default();
        // Whoever is changing one of these rows ends first, and has noted it then.
        self.transaction.execute(
            &format!(
                "SELECT count(*) FROM (SELECT FROM {place} t JOIN journal_stage s ON {same} ORDER BY {} FOR UPDATE OF t) locked",
                table.key.iter().map(|column| format!("t.{column}")).collect::<Vec<_>>().join(", ")
            ),
            &[],
        )?;
        let held = self.transaction.query(
            &format!(
                "DELETE FROM journal_stage s WHERE EXISTS (SELECT FROM journal_cli.changes c
                    WHERE c.table_name = $3 AND c.row_id = s.row_id AND {UNKNOWN}) RETURNING s.row_id"
            ),
            &[&self.terms.known, &self.terms.ours, &table.name],
        )?;
        outcome.waiting.extend(keys(table, &held)?.into_iter().map(|key| (key, None)));
        outcome.updated = self.update(table, &place, &same)?;
        outcome.inserted = self.insert(table, &place, &same)?;
        // Its unique key is taken by a row that we do not know yet, or what it belongs to is not there.
        let missing = self.transaction.query(
            &format!("SELECT s.row_id FROM journal_stage s WHERE NOT EXISTS (SELECT FROM {place} t WHERE {same})"),
            &[],
        )?;
        outcome.waiting.extend(keys(table, &missing)?.into_iter().map(|key| (key, None)));
        Ok(outcome)
    }

    /// Puts rows into a temporary table of this one's types.
    fn copy(&mut self, table: &Table, place: &str, rows: &[(RowKey, Values)]) -> Result<(), Stop> {
        let columns = names(table);
        self.transaction.batch_execute(&format!(
            "DROP TABLE IF EXISTS pg_temp.journal_stage;
             CREATE TEMPORARY TABLE journal_stage ON COMMIT DROP AS
                SELECT {columns}, NULL::text AS row_id FROM {place} LIMIT 0"
        ))?;
        let mut writer =
            self.transaction.copy_in(&format!("COPY pg_temp.journal_stage ({columns}, row_id) FROM STDIN"))?;
        let mut line = String::new();
        for (key, row) in rows {
            line.clear();
            copy_line(row, Some(key), &mut line);
            send(&mut writer, &line)?;
        }
        writer.finish()?;
        if rows.len() > MANY {
            self.transaction.batch_execute("ANALYZE pg_temp.journal_stage")?;
        }
        Ok(())
    }

    fn update(&mut self, table: &'static Table, place: &str, same: &str) -> Result<Vec<RowKey>, Stop> {
        let names: Vec<&str> =
            table.columns.iter().map(|column| column.name).filter(|name| !table.key.contains(name)).collect();
        let list = |row: &str| names.iter().map(|name| format!("{row}.{name}")).collect::<Vec<_>>().join(", ");
        let differs = format!("({}) IS DISTINCT FROM ({})", list("t"), list("s"));
        let owned = owned(table, "$1");
        if table.name == "topics" {
            // Two that swap their names would meet: an id is nobody's name.
            self.transaction.execute(
                &format!(
                    "UPDATE {place} t SET name = t.id::text FROM journal_stage s WHERE {same} AND t.name <> s.name AND {owned}
                        AND EXISTS (SELECT FROM {place} o WHERE o.user_id = s.user_id AND o.name = s.name AND o.id <> s.id)
                        AND EXISTS (SELECT FROM journal_stage o WHERE o.id <> s.id AND o.user_id = s.user_id)"
                ),
                &[&self.terms.users],
            )?;
        }
        let sets = names.iter().map(|name| format!("{name} = s.{name}")).collect::<Vec<_>>().join(", ");
        let rows = self.transaction.query(
            &format!(
                "UPDATE {place} t SET {sets} FROM journal_stage s WHERE {same} AND {differs} AND {owned} RETURNING s.row_id"
            ),
            &[&self.terms.users],
        )?;
        keys(table, &rows)
    }

    fn insert(&mut self, table: &'static Table, place: &str, same: &str) -> Result<Vec<RowKey>, Stop> {
        if table.name == "sentiment_analysis" {
            // One judgement of each model: ours is of the text as it is now.
            self.transaction.execute(
                &format!(
                    "DELETE FROM {place} t USING journal_stage s
                     WHERE t.entry_id = s.entry_id AND t.model_name = s.model_name AND t.id <> s.id
                        AND NOT EXISTS (SELECT FROM journal_cli.changes c
                            WHERE c.table_name = $3 AND c.row_id = t.id::text AND {UNKNOWN})"
                ),
                &[&self.terms.known, &self.terms.ours, &table.name],
            )?;
        }
        let columns = table.columns.iter().map(|column| column.name);
        let (names, ours): (Vec<&str>, Vec<String>) = columns.map(|name| (name, format!("s.{name}"))).unzip();
        // A key alone is a parameter to the planner, a join is not: the whole table need not be read.
        let parents: String = table
            .foreign
            .iter()
            .map(|(_, column, parent)| format!(" AND EXISTS (SELECT FROM {parent} p WHERE p.id = s.{column})"))
            .collect();
        let rows = self.transaction.query(
            &format!(
                "INSERT INTO {place} AS t ({}) SELECT {} FROM journal_stage s
                 WHERE NOT EXISTS (SELECT FROM {place} t WHERE {same}){parents} ORDER BY s.row_id
                 ON CONFLICT DO NOTHING RETURNING {}",
                names.join(", "),
                ours.join(", "),
                key_text(table, "t")
            ),
            &[],
        )?;
        keys(table, &rows)
    }

    fn delete_all(&mut self, gone: &[RowKey]) -> Result<Outcome, Stop> {
        let Some(table) = gone.first().map(RowKey::table) else { return Ok(Outcome::default()) };
        let place = place(table);
        let (first, second) = split(gone);
        let (among, owned) = (among(table, 1), owned(table, "$3"));
        self.transaction.execute(
            &format!("SELECT FROM {place} t WHERE {among} AND {owned} FOR UPDATE OF t"),
            &[&first, &second, &self.terms.users],
        )?;
        let held = self.transaction.query(
            &format!(
                "SELECT DISTINCT c.row_id FROM journal_cli.changes c
                 WHERE c.table_name = $3 AND c.row_id = ANY($4) AND {UNKNOWN}"
            ),
            &[&self.terms.known, &self.terms.ours, &table.name, &gone.iter().map(RowKey::id).collect::<Vec<_>>()],
        )?;
        let held = keys(table, &held)?;
        let go: Vec<RowKey> = gone.iter().filter(|key| !held.contains(key)).copied().collect();
        let (first, second) = split(&go);
        let rows = self.transaction.query(
            &format!("DELETE FROM {place} t WHERE {among} AND {owned} RETURNING {}", key_text(table, "t")),
            &[&first, &second, &self.terms.users],
        )?;
        let waiting = held.into_iter().map(|key| (key, None)).collect();
        Ok(Outcome { deleted: keys(table, &rows)?, waiting, ..Outcome::default() })
    }
}

/// These rows as they are here; what has gone meanwhile is left out.
fn read(here: &Snapshot, keys: &[RowKey], users: &[Uuid]) -> Result<Vec<(RowKey, Values)>> {
    let mut rows = Vec::with_capacity(keys.len());
    for key in keys {
        rows.extend(here.replicated_row(key, users)?.map(|row| (*key, row)));
    }
    Ok(rows)
}

/// A judgement's second column is the entry that was judged.
fn is_of_new_entry(row: &Values, pending: &Pending) -> Result<bool> {
    let entry =
        row.get(1).and_then(Option::as_deref).map(|entry| RowKey::parse("journal_entries", entry)).transpose()?;
    Ok(entry.flatten().is_some_and(|entry| pending.is_new(&entry)))
}

fn names(table: &Table) -> String {
    table.columns.iter().map(|column| column.name).collect::<Vec<_>>().join(", ")
}

fn send(writer: &mut CopyInWriter<'_>, line: &str) -> Result<(), Stop> {
    writer.write_all(line.as_bytes()).map_err(|error| match error.downcast::<postgres::Error>() {
        Ok(error) => Stop::from(error),
        Err(error) => Stop::Server(Error::new(crate::error::Kind::Network, error.to_string())),
    })
}

fn keys(table: &'static Table, rows: &[Row]) -> Result<Vec<RowKey>, Stop> {
    rows.iter().map(|row| Ok(key(table, row.get(0))?)).collect()
}
