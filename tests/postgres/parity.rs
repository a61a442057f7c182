//! The same rows and operations on both sides: accepted alike, refused for the same constraint, kept
//! equal.
//!
//! 2,000 cases of up to 12 operations; `PROPTEST_CASES` asks for more.

use std::cell::RefCell;
use std::collections::HashMap;

use journaling_ai::store::{ColumnType, ConstraintKind, Refusal, RowWriter, Store, TABLES, Table, Written};
use postgres::types::ToSql;
use postgres::{Client, Statement};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};
use uuid::Uuid;

use crate::server::server;
use crate::support::clock;
use crate::values::{self, IDS, Values, id};

const CASES: u32 = 2000;

#[derive(Clone)]
enum Operation {
    Insert(&'static Table, Values),
    Update(&'static Table, Vec<String>, Values),
    Delete(&'static Table, Vec<String>),
}

impl std::fmt::Debug for Operation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Operation::Insert(table, row) => write!(f, "insert into {} {row:?}", table.name),
            Operation::Update(table, key, changes) => write!(f, "update {} {key:?} {changes:?}", table.name),
            Operation::Delete(table, key) => write!(f, "delete from {} {key:?}", table.name),
        }
    }
}

/// One operation, or a row and another like it under its own id.
fn operations() -> impl Strategy<Value = Vec<Operation>> {
    // Parents more often, so that there is something to belong to.
    let table = prop_oneof![
        5 => Just(0usize), 5 => Just(1), 3 => Just(2), 3 => Just(3), 2 => Just(4), 2 => Just(5), 2 => Just(6)
    ];
    table.prop_flat_map(|table| {
        let table = &TABLES[table];
        prop_oneof![
            8 => values::row(table).prop_map(move |row| vec![Operation::Insert(table, row)]),
            2 => (key(table), values::changes(table)).prop_map(move |(key, changes)| vec![Operation::Update(table, key, changes)]),
            1 => key(table).prop_map(move |key| vec![Operation::Delete(table, key)]),
            1 => (values::row(table), 0..2 * IDS).prop_map(move |(row, number)| {
                let mut twin = row.clone();
                if let Some((_, own)) = twin.iter_mut().find(|(name, _)| *name == "id") {
                    *own = Some(id(table.name, number));
                }
                vec![Operation::Insert(table, row), Operation::Insert(table, twin)]
            }),
        ]
    })
}

fn key(table: &'static Table) -> impl Strategy<Value = Vec<String>> {
    let parts: Vec<_> = table
        .key
        .iter()
        .map(|column| {
            let foreign = table.foreign.iter().find(|(_, name, _)| name == column);
            let of = foreign.map_or(table.name, |(_, _, parent)| *parent);
            (0..IDS).prop_map(move |number| id(of, number))
        })
        .collect();
    parts
}

/// A well-formed user, entry and topic, so that not every case begins with nothing to belong to.
fn first_rows() -> Vec<Operation> {
    let row =
        |cells: &[(&'static str, &str)]| cells.iter().map(|(name, text)| (*name, Some(text.to_string()))).collect();
    let at = "2025-03-01T08:00:00Z";
    vec![
        Operation::Insert(
            &TABLES[0],
            row(&[
                ("id", &id("users", 0)),
                ("email", "first@b.c"),
                ("password_hash", "!"),
                ("created_at", at),
                ("updated_at", at),
            ]),
        ),
        Operation::Insert(
            &TABLES[1],
            row(&[
                ("id", &id("journal_entries", 0)),
                ("user_id", &id("users", 0)),
                ("content", "x"),
                ("entry_date", "2025-03-01"),
                ("created_at", at),
                ("updated_at", at),
            ]),
        ),
        Operation::Insert(
            &TABLES[3],
            row(&[("id", &id("topics", 0)), ("name", "first"), ("user_id", &id("users", 0)), ("created_at", at)]),
        ),
    ]
}

/// What one side said: rows written, or the SQLSTATE and what PostgreSQL calls the constraint.
#[derive(Debug, PartialEq)]
enum Said {
    Wrote(u64),
    Refused(String, Option<String>),
}

/// PostgreSQL's side, inside one transaction.
struct Remote {
    client: Client,
    statements: HashMap<String, Statement>,
}

impl Remote {
    fn run(&mut self, sql: &str, values: &[Option<&str>]) -> Said {
        if !self.statements.contains_key(sql) {
            let statement = self.client.prepare(sql).unwrap_or_else(|error| panic!("{sql}: {error:?}"));
            self.statements.insert(sql.to_owned(), statement);
        }
        let statement = &self.statements[sql];
        let values: Vec<&(dyn ToSql + Sync)> = values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        self.client.batch_execute("SAVEPOINT operation").unwrap();
        match self.client.execute(statement, &values) {
            Ok(rows) => {
                self.client.batch_execute("RELEASE operation").unwrap();
                Said::Wrote(rows)
            }
            Err(error) => {
                let error = error.as_db_error().unwrap_or_else(|| panic!("{sql}: {error:?}")).clone();
                self.client.batch_execute("ROLLBACK TO operation").unwrap();
                let column = error.table().zip(error.column()).map(|(table, column)| format!("{table}.{column}"));
                let name = error.constraint().map(str::to_owned).or(column);
                Said::Refused(error.code().code().to_owned(), name)
            }
        }
    }

    fn apply(&mut self, operation: &Operation) -> Said {
        match operation {
            Operation::Insert(table, row) => {
                let names: Vec<&str> = row.iter().map(|(name, _)| *name).collect();
                let marks: Vec<String> =
                    row.iter().enumerate().map(|(at, (name, _))| mark(table, name, at + 1)).collect();
                let sql = format!("INSERT INTO {}({}) VALUES ({})", table.name, names.join(", "), marks.join(", "));
                self.run(&sql, &texts(row))
            }
            Operation::Update(table, key, changes) => {
                let sets: Vec<String> = changes
                    .iter()
                    .enumerate()
                    .map(|(at, (name, _))| format!("{name} = {}", mark(table, name, at + 1)))
                    .collect();
                let sql =
                    format!("UPDATE {} SET {} WHERE {}", table.name, sets.join(", "), key_test(table, changes.len()));
                let mut values = texts(changes);
                values.extend(key.iter().map(|part| Some(part.as_str())));
                let before = self.text_of(table, key);
                let said = self.run(&sql, &values);
                // A changed text loses its analysis in the embedded store, whoever changed it; on the
                // server replication takes it away.
                if before != self.text_of(table, key) {
                    self.run("DELETE FROM sentiment_analysis WHERE entry_id = $1::text::uuid", &[Some(&key[0])]);
                }
                said
            }
            Operation::Delete(table, key) => {
                let values: Vec<Option<&str>> = key.iter().map(|part| Some(part.as_str())).collect();
                self.run(&format!("DELETE FROM {} WHERE {}", table.name, key_test(table, 0)), &values)
            }
        }
    }

    fn text_of(&mut self, table: &Table, key: &[String]) -> Option<(Option<String>, String)> {
        if table.name != "journal_entries" {
            return None;
        }
        let sql = "SELECT title::text, content FROM journal_entries WHERE id = $1::text::uuid";
        self.client.query_opt(sql, &[&key[0]]).unwrap().map(|row| (row.get(0), row.get(1)))
    }

    fn rows(&mut self, table: &Table) -> Vec<Vec<Option<String>>> {
        let columns: Vec<String> = table
            .columns
            .iter()
            .map(|column| match column.kind {
                ColumnType::Timestamp => {
                    format!("to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')", column.name)
                }
                _ => format!("{}::text", column.name),
            })
            .chain(generated(table).iter().map(|name| format!("{name}::text")))
            .collect();
        let sql = format!("SELECT {} FROM {} ORDER BY {}", columns.join(", "), table.name, table.key.join(", "));
        let rows = self.client.query(&sql, &[]).unwrap();
        rows.iter().map(|row| (0..columns.len()).map(|at| row.get(at)).collect()).collect()
    }

    /// What PostgreSQL makes of a text: JSON and addresses are compared in its own form.
    fn canonical(&mut self, kind: &str, texts: &[String]) -> HashMap<String, String> {
        let sql = format!("SELECT t, t::{kind}::text FROM unnest($1::text[]) t");
        self.client.query(&sql, &[&texts]).unwrap().iter().map(|row| (row.get(0), row.get(1))).collect()
    }
}

fn texts(row: &Values) -> Vec<Option<&str>> {
    row.iter().map(|(_, value)| value.as_deref()).collect()
}

fn mark(table: &Table, name: &str, number: usize) -> String {
    match table.column(name).unwrap().kind {
        ColumnType::Text | ColumnType::IndexedText | ColumnType::Varchar(_) => format!("${number}::text"),
        kind => format!("${number}::text::{}", type_name(kind)),
    }
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Uuid => "uuid",
        ColumnType::Text | ColumnType::IndexedText | ColumnType::Varchar(_) => "text",
        ColumnType::Date => "date",
        ColumnType::Timestamp => "timestamptz",
        ColumnType::Decimal(..) => "numeric",
        ColumnType::Boolean => "boolean",
        ColumnType::Json => "jsonb",
        ColumnType::Inet => "inet",
    }
}

fn key_test(table: &Table, before: usize) -> String {
    let tests: Vec<String> =
        table.key.iter().enumerate().map(|(at, name)| format!("{name} = ${}::text::uuid", before + at + 1)).collect();
    tests.join(" AND ")
}

fn generated(table: &Table) -> &'static [&'static str] {
    if table.name == "journal_entries" { &["word_count"] } else { &[] }
}

fn apply_here(writer: &mut RowWriter, operation: &Operation) -> journaling_ai::error::Result<Written> {
    fn borrowed(row: &Values) -> Vec<(&str, Option<&str>)> {
        row.iter().map(|(name, value)| (*name, value.as_deref())).collect()
    }
    fn key(parts: &[String]) -> Vec<&str> {
        parts.iter().map(String::as_str).collect()
    }
    match operation {
        Operation::Insert(table, row) => writer.insert(table, &borrowed(row)),
        Operation::Update(table, id, changes) => writer.update(table, &key(id), &borrowed(changes)),
        Operation::Delete(table, id) => Ok(Ok(usize::from(writer.delete(table, &key(id))?))),
    }
}

/// Whether both sides said the same.
fn agree(ours: &Written, theirs: &Said) -> bool {
    match (ours, theirs) {
        (Ok(rows), Said::Wrote(count)) => *rows as u64 == *count,
        (Err(refusal), Said::Refused(state, name)) => {
            refusal.sqlstate().contains(&state.as_str())
                && match refusal {
                    Refusal::Misfit { .. } => true,
                    Refusal::NotNull { column } => name.as_ref() == Some(column),
                    Refusal::Constraint { name: ours, .. } => name.as_ref() == Some(ours),
                }
        }
        _ => false,
    }
}

/// Counts what the cases met, so that a generator that has gone dull is noticed.
#[derive(Debug, Default)]
struct Tally {
    wrote: usize,
    changed: usize,
    cascaded: usize,
    refused: HashMap<String, usize>,
}

impl Tally {
    fn note(&mut self, operation: &Operation, ours: &Written) {
        match (ours, operation) {
            (Ok(0), _) => {}
            (Ok(_), Operation::Insert(..)) => self.wrote += 1,
            (Ok(_), Operation::Update(..)) => self.changed += 1,
            (Ok(_), Operation::Delete(..)) => self.cascaded += 1,
            (Err(Refusal::Constraint { name, .. }), _) => *self.refused.entry(name.clone()).or_default() += 1,
            (Err(Refusal::NotNull { .. }), _) => *self.refused.entry("not null".into()).or_default() += 1,
            (Err(Refusal::Misfit { reason, .. }), _) => *self.refused.entry(format!("{reason:?}")).or_default() += 1,
        }
    }
}

/// Runs the operations of one case on both sides and compares; everything is taken back afterwards.
fn case(
    store: &mut Store,
    remote: &mut Remote,
    tally: &mut Tally,
    operations: &[Operation],
) -> Result<(), TestCaseError> {
    remote.client.batch_execute("BEGIN").unwrap();
    let outcome = store.rows(Uuid::nil(), "test", true, |writer| {
        let outcome = both(writer, remote, tally, operations);
        Ok((outcome, String::new()))
    });
    remote.client.batch_execute("ROLLBACK").unwrap();
    outcome.map_err(|error| TestCaseError::fail(error.to_string()))?
}

fn both(
    writer: &mut RowWriter,
    remote: &mut Remote,
    tally: &mut Tally,
    operations: &[Operation],
) -> Result<(), TestCaseError> {
    for operation in first_rows().iter().chain(operations) {
        let theirs = remote.apply(operation);
        let ours =
            apply_here(writer, operation).map_err(|error| TestCaseError::fail(format!("{operation:?}: {error}")))?;
        prop_assert!(agree(&ours, &theirs), "{:?}\n  SQLite: {:?}\n  PostgreSQL: {:?}", operation, ours, theirs);
        tally.note(operation, &ours);
    }
    for table in &TABLES {
        let theirs = remote.rows(table);
        let mut ours = writer.rows(table, generated(table)).map_err(|error| TestCaseError::fail(error.to_string()))?;
        for (at, column) in table.columns.iter().enumerate() {
            let kind = match column.kind {
                ColumnType::Json => "jsonb",
                ColumnType::Inet => "inet",
                _ => continue,
            };
            let texts: Vec<String> = ours.iter().filter_map(|row| row[at].clone()).collect();
            let known = remote.canonical(kind, &texts);
            for row in &mut ours {
                row[at] = row[at].as_ref().map(|text| known[text].clone());
            }
        }
        prop_assert_eq!(ours, theirs, "{}", table.name);
    }
    Ok(())
}

#[test]
fn the_same_rows_are_taken_refused_and_kept_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let store = RefCell::new(Store::open(folder.path(), clock()).unwrap());
    let mut client = server().database().client();
    // With values known beforehand, some would be read when the statement is planned, out of order.
    client.batch_execute("SET plan_cache_mode = force_generic_plan").unwrap();
    let remote = RefCell::new(Remote { client, statements: HashMap::new() });
    let tally = RefCell::new(Tally::default());
    let is_long = std::env::var_os("PROPTEST_CASES").is_some();
    let cases = if is_long { Config::default().cases } else { CASES };
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    // The long run looks for what nobody has thought of; the short one holds what is known, each time the same.
    let rng = if is_long { None } else { Some(TestRng::deterministic_rng(RngAlgorithm::ChaCha)) };
    let mut runner = match rng {
        Some(rng) => TestRunner::new_with_rng(config, rng),
        None => TestRunner::new(config),
    };
    runner
        .run(&proptest::collection::vec(operations(), 1..=12), |operations| {
            let operations = operations.concat();
            case(&mut store.borrow_mut(), &mut remote.borrow_mut(), &mut tally.borrow_mut(), &operations)
        })
        .unwrap_or_else(|error| panic!("{error}"));
    let tally = tally.into_inner();
    println!("{cases} cases: {tally:#?}");
    let constraints: Vec<&str> = TABLES
        .iter()
        .flat_map(|table| {
            table.unique.iter().map(|(name, _)| *name).chain(table.foreign.iter().map(|(name, _, _)| *name))
        })
        .chain(["check_mood_range", "check_confidence_range", "check_content_not_empty", "check_session_duration"])
        .collect();
    let met = |name: &str| tally.refused.get(name).is_some_and(|count| *count > 0);
    let unmet: Vec<&str> = constraints.into_iter().filter(|name| !met(name)).collect();
    assert!(unmet.is_empty() || cases < CASES, "no case was refused for {unmet:?}");
    assert!(tally.wrote as u32 > cases && tally.changed > 0 && tally.cascaded > 0);
}

#[test]
fn a_refusal_says_what_is_wrong_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), clock()).unwrap();
    let entries = Table::named("journal_entries").unwrap();
    let refusal = store
        .rows(Uuid::nil(), "test", true, |writer| {
            Ok((writer.insert(entries, &[("content", Some(" ")), ("entry_date", Some("2025-01-01"))])?, String::new()))
        })
        .unwrap()
        .unwrap_err();
    let expected = Refusal::Constraint { kind: ConstraintKind::Check, name: "check_content_not_empty".into() };
    assert_eq!(refusal, expected);
    assert_eq!(refusal.to_string(), "it breaks the rule check_content_not_empty");
}

#[test]
fn a_text_that_is_taken_here_is_never_too_much_for_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let mut store = Store::open(folder.path(), clock()).unwrap();
    let mut client = server().database().client();
    let entries = Table::named("journal_entries").unwrap();
    let title = "title ".repeat(83);
    let word = |number: u64| number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let prose = "We went for a long walk by the river, and then home again. ".repeat(120_000);
    let logs = |lines: u64| -> String {
        (0..lines)
            .map(|n| {
                format!(
                    "10.0.{}.{} GET https://host{n}.example.com/a/{:x}?q={:x} {:x}-{:x}\n",
                    n / 256,
                    n % 256,
                    word(n),
                    word(n + 1),
                    word(n + 2),
                    word(n + 3)
                )
            })
            .collect()
    };
    let words = |count: u64| -> String { (0..count).map(|n| format!("{:x} ", word(n))).collect() };
    let mut taken = 0;
    for text in [
        prose,
        words(10_000),
        words(40_000),
        words(46_000),
        words(60_000),
        logs(1_500),
        logs(2_500),
        logs(10_000),
        "日本語".repeat(200_000),
        "é ".repeat(400_000),
    ] {
        let row =
            [("title", Some(title.as_str())), ("content", Some(text.as_str())), ("entry_date", Some("2025-01-01"))];
        let ours =
            store.rows(Uuid::nil(), "test", true, |writer| Ok((writer.insert(entries, &row)?, String::new()))).unwrap();
        let sql = "INSERT INTO journal_entries(title, content, entry_date) VALUES ($1, $2, DATE '2025-01-01')";
        let theirs = client.execute(sql, &[&title, &text]);
        let start: String = text.chars().take(40).collect();
        println!("{start:?} {} bytes: {ours:?}, {theirs:?}", text.len());
        if ours.is_ok() {
            taken += 1;
            assert!(theirs.is_ok(), "{start:?} of {} bytes: {theirs:?}", text.len());
        } else {
            assert!(theirs.is_err() || text.len() > 400_000, "refused for nothing: {start:?} of {} bytes", text.len());
        }
    }
    assert!(taken >= 6, "only {taken}");
}
