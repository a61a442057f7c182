//! What the statements of this process have cost: their text, never their values.
//!
//! The time of a statement goes from its first step until it is done with, so it includes what is done
//! with each row in between. SQLite's own clock for this counts whole milliseconds; ours does not.

use rusqlite::trace::{StmtRef, TraceEvent, TraceEventCodes};
use rusqlite::{Connection, StatementStatus};
use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};
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
static COLLECTED: LazyLock<Mutex<Collector>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Collector {
    /// Never shortened: a place in it stays what it is.
    statements: Vec<Statement>,
    by_text: HashMap<String, usize>,
    /// By where SQLite keeps the text: quicker than by the text, which is compared all the same.
    by_address: HashMap<usize, usize>,
}

/// A statement that is running.
struct Running {
    address: usize,
    /// Its place in the collector.
    place: usize,
    since: Instant,
    scanned: i32,
}

/// Collects the costs of every statement on this connection.
///
/// It is called twice for each run of a statement. A `list` takes 0.07 ms of 11 more with it, an `add` 0.1 of
/// 13, what is left in `statements.log` included; on an import it cannot be measured.
pub(super) fn watch(connection: &mut Connection) -> rusqlite::Result<()> {
    let mut running: Vec<Running> = Vec::new();
    let trace = move |event: TraceEvent<'_>| match event {
        TraceEvent::Stmt(statement, text) => {
            let query = statement.sql();
            // A trigger says its name in a comment, and is part of the statement that fired it.
            if text.starts_with("--") && text != query {
                return;
            }
            let address = query.as_ptr() as usize;
            let Some(place) = COLLECTED.lock().ok().map(|mut collected| collected.place(address, &query)) else {
                return;
            };
            running.retain(|other| other.address != address);
            running.push(Running { address, place, since: Instant::now(), scanned: scanned(&statement) });
        }
        TraceEvent::Profile(statement, _) => {
            let index = match running.len() {
                // What else could it be.
                1 => Some(0),
                _ => {
                    let address = statement.sql().as_ptr() as usize;
                    running.iter().rposition(|other| other.address == address)
                }
            };
            let Some(run) = index.map(|index| running.swap_remove(index)) else { return };
            let steps = (scanned(&statement) - run.scanned).max(0).unsigned_abs();
            if let Ok(mut collected) = COLLECTED.lock() {
                collected.add(run.place, run.since.elapsed(), steps);
            }
        }
        _ => {}
    };
    connection.trace_v2(TraceEventCodes::SQLITE_TRACE_STMT | TraceEventCodes::SQLITE_TRACE_PROFILE, Some(trace))
}

fn scanned(statement: &StmtRef<'_>) -> i32 {
    statement.get_status(StatementStatus::FullscanStep)
}

impl Collector {
    fn place(&mut self, address: usize, query: &str) -> usize {
        if let Some(place) = self.by_address.get(&address)
            && self.statements[*place].query == query
        {
            return *place;
        }
        let place = match self.by_text.get(query) {
            Some(place) => *place,
            None => {
                self.statements.push(Statement { query: query.to_string(), ..Statement::default() });
                self.by_text.insert(query.to_string(), self.statements.len() - 1);
                self.statements.len() - 1
            }
        };
        self.by_address.insert(address, place);
        place
    }

    fn add(&mut self, place: usize, took: Duration, scanned: u32) {
        let statement = &mut self.statements[place];
        statement.calls += 1;
        statement.total += took;
        statement.max = statement.max.max(took);
        statement.scans += u64::from(scanned > 0);
        statement.scanned_rows += u64::from(scanned);
    }
}

/// What makes, describes or configures the database is not what a journal is waited for.
fn is_told(statement: &Statement) -> bool {
    let start = statement.query.trim_start();
    statement.calls > 0
        && !["PRAGMA", "CREATE", "DROP", "ALTER", "EXPLAIN", "--"].iter().any(|word| start.starts_with(word))
        && !statement.query.contains("sqlite_schema")
}

/// What has been collected since this was asked last, on one line each, the dearest first.
pub fn take_statements() -> Vec<Statement> {
    let Ok(mut collected) = COLLECTED.lock() else { return Vec::new() };
    let mut statements: Vec<Statement> =
        collected.statements.iter().filter(|statement| is_told(statement)).cloned().collect();
    for statement in &mut collected.statements {
        *statement = Statement { query: std::mem::take(&mut statement.query), ..Statement::default() };
    }
    drop(collected);
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
