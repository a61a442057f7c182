//! How SQLite runs a statement: its plan, the indexes it reads, the tables it reads from end to end.

use super::Store;
use crate::error::Result;
use rusqlite::Connection;
use std::collections::{BTreeSet, HashMap};

/// How a statement is run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The lines of `EXPLAIN QUERY PLAN`, indented by what they are part of.
    pub lines: Vec<String>,
    /// Indexes that are searched or walked, also by triggers and foreign keys.
    pub indexes: BTreeSet<String>,
    /// Tables that are read from end to end.
    pub scanned: BTreeSet<String>,
}

/// An index that only makes reading faster: none that keeps values unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Index {
    /// Its table.
    pub table: String,
    /// Its name.
    pub name: String,
}

/// The instructions that look something up through a cursor.
const LOOKS_UP: [&str; 11] =
    ["SeekGE", "SeekGT", "SeekLE", "SeekLT", "SeekScan", "Found", "NotFound", "NoConflict", "Rewind", "Last", "Count"];

/// `SQLITE_STMTSTATUS_FULLSCAN_STEP`: the mark of a step to the next row where nothing narrows them.
const FULL_SCAN: i64 = 1;

impl Store {
    /// How a statement is run; nothing when it cannot be, because its tables are no longer as they were.
    pub fn plan(&self, query: &str) -> Option<Plan> {
        explain(&self.connection, query).ok()
    }

    /// Every index that only makes reading faster.
    pub fn indexes(&self) -> Result<Vec<Index>> {
        let mut statement = self.connection.prepare(
            "SELECT m.name, l.name FROM sqlite_schema m, pragma_index_list(m.name) l
             WHERE m.type = 'table' AND l.\"unique\" = 0 AND l.origin = 'c' ORDER BY 1, 2",
        )?;
        let rows = statement.query_map([], |row| Ok(Index { table: row.get(0)?, name: row.get(1)? }))?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    /// How many rows a table has.
    pub fn rows_of(&self, table: &str) -> Result<u64> {
        Ok(self.connection.query_row(&format!("SELECT count(*) FROM \"{table}\""), [], |row| row.get(0))?)
    }
}

fn explain(connection: &Connection, query: &str) -> rusqlite::Result<Plan> {
    let mut plan = Plan::default();
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {query}"))?;
    let mut rows = statement.raw_query();
    let mut depths: HashMap<i64, usize> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (id, parent, detail): (i64, i64, String) = (row.get(0)?, row.get(1)?, row.get(3)?);
        let depth = depths.get(&parent).map_or(0, |depth| depth + 1);
        depths.insert(id, depth);
        plan.lines.push(format!("{}{detail}", "  ".repeat(depth)));
    }
    drop(rows);

    // The plan in words leaves out triggers and foreign keys; the instructions do not.
    let mut roots: HashMap<i64, (String, bool)> = HashMap::new();
    let mut statement =
        connection.prepare("SELECT rootpage, name, type = 'index' FROM sqlite_schema WHERE rootpage > 0")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        roots.insert(row.get(0)?, (row.get(1)?, row.get(2)?));
    }
    drop(rows);
    let mut statement = connection.prepare(&format!("EXPLAIN {query}"))?;
    let mut rows = statement.raw_query();
    let mut cursors: HashMap<i64, &(String, bool)> = HashMap::new();
    while let Some(row) = rows.next()? {
        let (address, opcode): (i64, String) = (row.get(0)?, row.get(1)?);
        let (p1, p2, p3, p5): (i64, i64, i64, i64) = (row.get(2)?, row.get(3)?, row.get(4)?, row.get(6)?);
        if address == 0 {
            // Each trigger is a program of its own, with cursors of its own.
            cursors.clear();
        }
        match opcode.as_str() {
            "OpenRead" | "OpenWrite" | "ReopenIdx" if p3 == 0 => {
                cursors.remove(&p1);
                cursors.extend(roots.get(&p2).map(|root| (p1, root)));
            }
            "Next" | "Prev" if p5 == FULL_SCAN => {
                if let Some((name, false)) = cursors.get(&p1) {
                    plan.scanned.insert(name.clone());
                }
            }
            opcode if LOOKS_UP.contains(&opcode) => {
                if let Some((name, true)) = cursors.get(&p1) {
                    plan.indexes.insert(name.clone());
                }
            }
            _ => {}
        }
    }
    Ok(plan)
}
