//! What the statements of this process have cost: their text, never their values.
//!
//! The time of a statement goes from its first step until it is done with, so it includes what is done
//! with each row in between. SQLite's own clock for this counts whole milliseconds; ours does not.

use rusqlite::trace::{StmtRef, TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// A statement and what it has cost.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Statement {
    /// Its text, with marks where values are.
    pub query: String,
    /// How often it was run.
    pub calls: u64,
    /// The time of all runs.
    pub total: Duration,
    /// The time of the longest.
    pub max: Duration,
    /// How many runs read a table or an index from end to end.
    pub scans: u64,
    /// The rows they went through.
    pub scanned_rows: u64,
}

/// The costs so far, of every connection of this process.
static COLLECTED: Mutex<Option<HashMap<String, Statement>>> = Mutex::new(None);

/// A statement that is running: where SQLite keeps its text, which no other statement shares.
struct Running {
    text: usize,
    since: Instant,
    scanned: i32,
}

/// Collects the costs of every statement on this connection.
pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    let mut running: Vec<Running> = Vec::new();
    let trace = move |event: TraceEvent<'_>| match event {
        TraceEvent::Stmt(statement, text) => {
            // A trigger says its name in a comment, and is part of the statement that fired it.
            if text.starts_with("--") {
                return;
            }
            let text = address(&statement);
            running.retain(|other| other.text != text);
            running.push(Running { text, since: Instant::now(), scanned: scanned(&statement) });
        }
        TraceEvent::Profile(statement, _) => {
            let text = address(&statement);
            let Some(index) = running.iter().rposition(|other| other.text == text) else { return };
            let run = running.swap_remove(index);
            add(&statement.sql(), run.since.elapsed(), (scanned(&statement) - run.scanned).max(0).unsigned_abs());
        }
        _ => {}
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE, Some(trace))
}

fn address(statement: &StmtRef<'_>) -> usize {
    statement.sql().as_ptr() as usize
}

fn scanned(statement: &StmtRef<'_>) -> i32 {
    statement.get_status(StatementStatus::FullscanStep)
}

fn add(query: &str, took: Duration, scanned: u32) {
    // What makes, describes or configures the database is not what a journal is waited for.
    let start = query.trim_start();
    if ["PRAGMA", "CREATE", "DROP", "ALTER", "EXPLAIN", "--"].iter().any(|word| start.starts_with(word))
        || query.contains("sqlite_schema")
    {
        return;
    }
    let Ok(mut collected) = COLLECTED.lock() else { return };
    let collected = collected.get_or_insert_default();
    let statement = match collected.get_mut(query) {
        Some(statement) => statement,
        None => {
            let new = Statement { query: query.to_string(), ..Statement::default() };
            collected.entry(query.to_string()).or_insert(new)
        }
    };
    statement.calls += 1;
    statement.total += took;
    statement.max = statement.max.max(took);
    statement.scans += u64::from(scanned > 0);
    statement.scanned_rows += u64::from(scanned);
}

/// What has been collected since this was asked last, on one line each, the dearest first.
pub fn take_statements() -> Vec<Statement> {
    let Some(collected) = COLLECTED.lock().ok().and_then(|mut collected| collected.take()) else { return Vec::new() };
    let mut statements: Vec<Statement> = collected.into_values().collect();
    for statement in &mut statements {
        statement.query = one_line(&statement.query);
    }
    statements.sort_by(|one, other| other.total.cmp(&one.total).then_with(|| one.query.cmp(&other.query)));
    statements
}

/// The text without comments, line breaks and indentation.
fn one_line(query: &str) -> String {
    let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
    lines.flat_map(str::split_whitespace).collect::<Vec<_>>().join(" ")
}
