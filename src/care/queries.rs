//! Which statements are slow, which indexes nobody reads, which tables are read from end to end: what the
//! architecture's monitoring queries ask a server, asked of the journal.

use super::statements::Recorded;
use crate::error::Result;
use crate::store::{Plan, Statement, Store};
use std::collections::{BTreeMap, BTreeSet};

/// A recorded statement and how it is run.
#[derive(Debug)]
pub struct Query {
    /// What it has cost.
    pub statement: Statement,
    /// How it is run; nothing when the schema has changed since so that it cannot be.
    pub plan: Option<Plan>,
}

/// An index that no recorded statement reads.
#[derive(Debug, PartialEq, Eq)]
pub struct Unused {
    /// Its table.
    pub table: String,
    /// Its name.
    pub index: String,
    /// How many recorded calls of statements touch the table in their words: what the verdict rests on.
    pub calls: u64,
}

/// A table that is read from end to end.
#[derive(Debug, PartialEq, Eq)]
pub struct Scanned {
    /// Its name.
    pub table: String,
    /// How many runs did.
    pub scans: u64,
    /// The rows they went through.
    pub scanned_rows: u64,
    /// The rows it has now.
    pub rows: u64,
    /// The statements.
    pub queries: Vec<String>,
}

/// What the recorded statements say.
#[derive(Debug)]
pub struct Report {
    /// Since when they were recorded.
    pub since: Option<String>,
    /// How many calls there are in all.
    pub calls: u64,
    /// Every statement; those that took longest in all first.
    pub queries: Vec<Query>,
    /// Indexes that none of them reads, by table and name.
    pub unused: Vec<Unused>,
    /// Tables that are read from end to end; those with most rows read first.
    pub scanned: Vec<Scanned>,
}

/// Judges what was recorded by the plans that the journal's statements have now.
///
/// # Errors
/// What the store fails with while it is read.
pub fn report(store: &Store, recorded: Recorded) -> Result<Report> {
    let queries: Vec<Query> = recorded
        .statements
        .into_iter()
        .map(|statement| Query { plan: store.plan(&statement.query), statement })
        .collect();
    let used: BTreeSet<&String> =
        queries.iter().filter_map(|query| query.plan.as_ref()).flat_map(|plan| &plan.indexes).collect();
    let unused = store
        .indexes()?
        .into_iter()
        .filter(|index| !used.contains(&index.name))
        .map(|index| Unused { calls: calls_on(&queries, &index.table), table: index.table, index: index.name })
        .collect();
    let mut scanned: BTreeMap<&String, Scanned> = BTreeMap::new();
    for query in queries.iter().filter(|query| query.statement.scans > 0) {
        for table in query.plan.iter().flat_map(|plan| &plan.scanned) {
            let entry = scanned.entry(table).or_insert_with(|| Scanned {
                table: table.clone(),
                scans: 0,
                scanned_rows: 0,
                rows: 0,
                queries: Vec::new(),
            });
            entry.scans += query.statement.scans;
            entry.scanned_rows += query.statement.scanned_rows;
            entry.queries.push(query.statement.query.clone());
        }
    }
    let mut scanned: Vec<Scanned> = scanned.into_values().collect();
    for table in &mut scanned {
        table.rows = store.rows_of(&table.table)?;
    }
    scanned.sort_by(|one, other| other.scanned_rows.cmp(&one.scanned_rows).then_with(|| one.table.cmp(&other.table)));
    let calls = queries.iter().map(|query| query.statement.calls).sum();
    Ok(Report { since: recorded.since, calls, unused, scanned, queries })
}

fn calls_on(queries: &[Query], table: &str) -> u64 {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let named = |query: &&Query| query.statement.query.split(|c| !is_word(c)).any(|word| word == table);
    queries.iter().filter(named).map(|query| query.statement.calls).sum()
}
