//! The schema of the deployment: the same numbered files as `migrations/postgres`, applied with
//! bookkeeping in the schema `journal_cli`, so that other clients see exactly the architecture's tables.
//!
//! Each migration is one transaction with its row in `journal_cli.migrations`, under an advisory lock: two
//! machines at once do no harm, and a process killed at any moment leaves it before or after.

use super::postgres::{Remote, explain};
use super::{adopt, dump};
use crate::error::{Error, Result};
use crate::store::{Loss, PROGRAM, Standing, Step};
use chrono::{DateTime, SecondsFormat, Utc};
use postgres::{GenericClient, Transaction};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// One step of the deployment's schema, with the way back.
pub struct Migration {
    /// The folder's name.
    pub name: &'static str,
    pub(super) up: &'static str,
    down: &'static str,
}

impl Migration {
    /// The number that the name begins with.
    pub fn number(&self) -> i64 {
        self.name
            .chars()
            .take_while(char::is_ascii_digit)
            .fold(0, |number, digit| number * 10 + i64::from(digit.to_digit(10).unwrap_or_default()))
    }

    /// Whether it is of the architecture; what is not stands in the schema `journal_cli`.
    pub(super) fn is_of_the_architecture(&self) -> bool {
        self.number() < 4
    }

    /// SHA-256 of the way up: what was applied can be told from what is here.
    pub fn checksum(&self) -> String {
        data_encoding::HEXLOWER.encode(&Sha256::digest(self.up.as_bytes()))
    }
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            up: include_str!(concat!("../../migrations/postgres/", $name, "/up.sql")),
            down: include_str!(concat!("../../migrations/postgres/", $name, "/down.sql")),
        }
    };
}

/// Every migration of the deployment, oldest first.
pub const MIGRATIONS: [Migration; 5] = [
    migration!("000_initial_schema"),
    migration!("001_indexes"),
    migration!("002_user_statistics"),
    migration!("003_system_topics"),
    migration!("004_journal_cli"),
];

/// The tables of the architecture.
pub(super) const TABLES: [&str; 7] = [
    "users",
    "journal_entries",
    "sentiment_analysis",
    "topics",
    "entry_topics",
    "user_sessions",
    "psychology_insights",
];

/// The number of the advisory lock: `journal_` in ASCII.
const LOCK: i64 = i64::from_be_bytes(*b"journal_");

/// How long another machine is waited for.
const LOCK_TIMEOUT: &str = "30s";

const BOOKKEEPING: &str = "
    CREATE SCHEMA IF NOT EXISTS journal_cli;
    CREATE TABLE IF NOT EXISTS journal_cli.migrations (
        number INTEGER PRIMARY KEY,
        name TEXT NOT NULL,
        checksum TEXT NOT NULL,
        applied_at TIMESTAMP WITH TIME ZONE NOT NULL DEFAULT now(),
        program TEXT NOT NULL
    )";

/// What the schema of the deployment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteSchema {
    /// Every migration that this program or the deployment knows, oldest first.
    pub steps: Vec<Step>,
    /// Names of migrations that were applied with another text than this program has.
    pub changed: Vec<String>,
    /// Tables of the architecture that are there although no migration was applied.
    pub found: Vec<String>,
    /// The program that a newer deployment takes.
    pub program_needed: Option<String>,
}

/// What was done to the schema of the deployment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RemoteMigrated {
    /// The names of the migrations, in the order in which they were applied or taken back.
    pub names: Vec<&'static str>,
    /// Those whose tables were there already, made of the same statements, and were only written down.
    pub adopted: Vec<&'static str>,
    /// The dump that was taken.
    pub backup: Option<PathBuf>,
    /// What went with the migrations that were taken back.
    pub lost: Vec<Loss>,
}

/// How the schema is changed.
#[derive(Clone, Copy)]
pub struct How<'a> {
    /// The migration that is the last to stay or to be applied; the newest without one.
    pub to: Option<&'static Migration>,
    /// Where a dump of the database goes first, when there is something in it.
    pub backups: Option<&'a Path>,
    /// The time.
    pub now: DateTime<Utc>,
}

impl How<'_> {
    fn last(&self) -> i64 {
        self.to.or(MIGRATIONS.last()).map_or(0, Migration::number)
    }
}

/// A row of the bookkeeping.
struct Row {
    name: String,
    checksum: String,
    applied_at: DateTime<Utc>,
    program: String,
}

/// What the schema of the deployment is. Changes nothing.
///
/// # Errors
/// What the server refuses with.
pub fn inspect(remote: &mut Remote) -> Result<RemoteSchema> {
    let mut applied = applied(&mut **remote.client)?;
    let found = if applied.is_empty() { tables_there(&mut **remote.client)? } else { Vec::new() };
    let program_needed = newer(&applied).map(|row| row.program.clone());
    let mut schema = RemoteSchema { steps: Vec::new(), changed: Vec::new(), found, program_needed };
    for migration in &MIGRATIONS {
        let row = applied.remove(&migration.number());
        if row.as_ref().is_some_and(|row| row.checksum != migration.checksum()) {
            schema.changed.push(migration.name.to_string());
        }
        let standing = if row.is_some() { Standing::Applied } else { Standing::Pending };
        let name = migration.name.to_string();
        schema.steps.push(step(migration.number(), name, standing, row.as_ref()));
    }
    for (number, row) in applied {
        schema.steps.push(step(number, row.name.clone(), Standing::Unknown, Some(&row)));
    }
    schema.steps.sort_by_key(|step| step.number);
    Ok(schema)
}

fn step(number: i64, name: String, standing: Standing, row: Option<&Row>) -> Step {
    let applied_at = row.map(|row| row.applied_at.to_rfc3339_opts(SecondsFormat::Micros, true));
    Step { number, name, standing, applied_at, program: row.map(|row| row.program.clone()) }
}

/// Applies what is missing, up to a migration. Tables that are there already and were made of the same
/// statements are taken over as they are.
///
/// # Errors
/// A newer deployment; tables of another make; no backup; what the server refuses with. What was applied
/// before stays.
pub fn up(remote: &mut Remote, how: &How) -> Result<RemoteMigrated> {
    remote.keeps_text()?;
    let mut done = RemoteMigrated::default();
    loop {
        let address = remote.address().clone();
        let mut transaction = begin(remote)?;
        let applied = applied(&mut transaction)?;
        refuse_newer(&applied)?;
        let last = how.last();
        if let Some((number, row)) = applied.range(last + 1..).next_back()
            && done.names.is_empty()
        {
            return Err(Error::usage(format!("the deployment is beyond {last:03}: it has come to {}", row.name)).hint(
                format!("`journal migrate down --remote --to {last:03}` takes back what came later, {number:03} last"),
            ));
        }
        if applied.is_empty() {
            let found = tables_there(&mut transaction)?;
            if !found.is_empty() {
                done.adopted = adopt::adopt(&mut transaction, &found)?;
                bookkeeping(&mut transaction)?;
                for migration in MIGRATIONS.iter().filter(|migration| done.adopted.contains(&migration.name)) {
                    write_down(&mut transaction, migration)?;
                }
                transaction.commit().map_err(|error| explain(&error))?;
                continue;
            }
        }
        let next = MIGRATIONS
            .iter()
            .find(|migration| migration.number() <= last && !applied.contains_key(&migration.number()));
        let Some(next) = next else { return Ok(done) };
        // What this run has made itself holds nothing yet.
        if let Some(folder) = how.backups
            && !applied.is_empty()
            && done.names.is_empty()
        {
            done.backup = Some(dump::before(&address, folder, next.number(), how.now)?);
        }
        bookkeeping(&mut transaction)?;
        transaction.batch_execute(next.up).map_err(|error| {
            explain(&error).context(format_args!("cannot apply the migration {} in the deployment", next.name))
        })?;
        write_down(&mut transaction, next)?;
        transaction.commit().map_err(|error| explain(&error))?;
        done.names.push(next.name);
        prune(how, &done);
    }
}

/// Takes back every migration after the one in `how`, newest first. With `rehearse` nothing is changed and
/// only what would go is told.
///
/// # Errors
/// A newer deployment; no backup; what the server refuses with.
pub fn down(remote: &mut Remote, how: &How, rehearse: bool) -> Result<RemoteMigrated> {
    let last = how.last();
    let mut done = RemoteMigrated::default();
    let before = inventory(&mut **remote.client)?;
    if rehearse {
        let mut transaction = begin(remote)?;
        let applied = applied(&mut transaction)?;
        refuse_newer(&applied)?;
        for migration in MIGRATIONS.iter().rev().filter(|migration| migration.number() > last) {
            if applied.contains_key(&migration.number()) {
                take_back(&mut transaction, migration)?;
                done.names.push(migration.name);
            }
        }
        done.lost = losses(&before, &inventory(&mut transaction)?);
        transaction.rollback().map_err(|error| explain(&error))?;
        return Ok(done);
    }
    loop {
        let address = remote.address().clone();
        let mut transaction = begin(remote)?;
        let applied = applied(&mut transaction)?;
        refuse_newer(&applied)?;
        let next = MIGRATIONS
            .iter()
            .rev()
            .find(|migration| migration.number() > last && applied.contains_key(&migration.number()));
        let Some(next) = next else { break };
        if let Some(folder) = how.backups
            && done.backup.is_none()
        {
            done.backup = Some(dump::before(&address, folder, next.number(), how.now)?);
        }
        take_back(&mut transaction, next)?;
        transaction.commit().map_err(|error| explain(&error))?;
        done.names.push(next.name);
    }
    done.lost = losses(&before, &inventory(&mut **remote.client)?);
    prune(how, &done);
    Ok(done)
}

fn prune(how: &How, done: &RemoteMigrated) {
    if let (Some(folder), Some(_)) = (how.backups, &done.backup) {
        dump::prune(folder);
    }
}

/// A transaction that no other program of ours shares with.
fn begin(remote: &mut Remote) -> Result<Transaction<'_>> {
    let mut transaction = remote.client.transaction().map_err(|error| explain(&error))?;
    transaction
        .batch_execute(&format!(
            "SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'; SET LOCAL client_min_messages = warning; \
             SELECT pg_advisory_xact_lock({LOCK})"
        ))
        .map_err(|error| explain(&error).context("another program is migrating the deployment"))?;
    Ok(transaction)
}

fn bookkeeping(transaction: &mut Transaction<'_>) -> Result<()> {
    transaction
        .batch_execute(BOOKKEEPING)
        .map_err(|error| explain(&error).context("cannot keep the schema journal_cli in the deployment"))
}

fn write_down(transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
    transaction
        .execute(
            "INSERT INTO journal_cli.migrations(number, name, checksum, program) VALUES ($1, $2, $3, $4)",
            &[&(migration.number() as i32), &migration.name, &migration.checksum(), &PROGRAM],
        )
        .map_err(|error| explain(&error))?;
    Ok(())
}

fn take_back(transaction: &mut Transaction<'_>, migration: &Migration) -> Result<()> {
    transaction
        .batch_execute(migration.down)
        .and_then(|()| {
            let number = migration.number() as i32;
            transaction.execute("DELETE FROM journal_cli.migrations WHERE number = $1", &[&number])
        })
        .map_err(|error| {
            explain(&error).context(format_args!("cannot take back {} in the deployment", migration.name))
        })?;
    Ok(())
}

fn applied(client: &mut impl GenericClient) -> Result<BTreeMap<i64, Row>> {
    let there: bool = client
        .query_one("SELECT to_regclass('journal_cli.migrations') IS NOT NULL", &[])
        .map_err(|error| explain(&error))?
        .get(0);
    if !there {
        return Ok(BTreeMap::new());
    }
    let rows = client
        .query("SELECT number, name, checksum, applied_at, program FROM journal_cli.migrations", &[])
        .map_err(|error| explain(&error))?;
    Ok(rows
        .iter()
        .map(|row| {
            let number: i32 = row.get(0);
            let row = Row { name: row.get(1), checksum: row.get(2), applied_at: row.get(3), program: row.get(4) };
            (i64::from(number), row)
        })
        .collect())
}

/// The last migration that this program does not know.
fn newer(applied: &BTreeMap<i64, Row>) -> Option<&Row> {
    let known = |number: &i64| MIGRATIONS.iter().any(|migration| migration.number() == *number);
    applied.iter().rev().find(|(number, _)| !known(number)).map(|(_, row)| row)
}

/// Refuses a deployment of a newer program.
pub(super) fn refuse_newer_than_known(remote: &mut Remote) -> Result<()> {
    refuse_newer(&applied(&mut **remote.client)?)
}

fn refuse_newer(applied: &BTreeMap<i64, Row>) -> Result<()> {
    let Some(row) = newer(applied) else { return Ok(()) };
    let newest = MIGRATIONS.last().map_or("", |migration| migration.name);
    Err(Error::failure(format!(
        "the deployment needs journal {} or later: its schema has come to {}, and this journal {PROGRAM} knows up to {newest}",
        row.program, row.name
    ))
    .hint("install that version"))
}

/// The architecture's tables that are there.
fn tables_there(client: &mut impl GenericClient) -> Result<Vec<String>> {
    let names: Vec<String> = TABLES.iter().map(ToString::to_string).collect();
    let rows = client
        .query(
            "SELECT relname::text FROM pg_class
             WHERE relname = ANY($1) AND relkind IN ('r', 'p', 'v', 'm', 'f') AND pg_table_is_visible(oid) ORDER BY 1",
            &[&names],
        )
        .map_err(|error| explain(&error))?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// Rows and columns of each table outside the server's own schemas and ours.
type Inventory = BTreeMap<String, (u64, Vec<String>)>;

fn inventory(client: &mut impl GenericClient) -> Result<Inventory> {
    let rows = client
        .query(
            "SELECT c.oid::regclass::text, array_agg(a.attname::text)
             FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relkind IN ('r', 'm') AND a.attnum > 0 AND NOT a.attisdropped AND n.nspname <> 'journal_cli'
                AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%' AND pg_table_is_visible(c.oid)
             GROUP BY c.oid",
            &[],
        )
        .map_err(|error| explain(&error))?;
    let mut tables = Inventory::new();
    for row in rows {
        let (table, columns): (String, Vec<String>) = (row.get(0), row.get(1));
        // The name comes quoted from the server where it has to be.
        let count = client.query_one(&format!("SELECT count(*) FROM {table}"), &[]).map_err(|error| explain(&error))?;
        tables.insert(table, (count.get::<_, i64>(0).unsigned_abs(), columns));
    }
    Ok(tables)
}

fn losses(before: &Inventory, after: &Inventory) -> Vec<Loss> {
    let mut lost = Vec::new();
    for (table, (rows, columns)) in before {
        let gone = match after.get(table) {
            None => Loss { table: table.clone(), columns: Vec::new(), rows: *rows },
            Some((left, kept)) => {
                let columns: Vec<String> = columns.iter().filter(|column| !kept.contains(column)).cloned().collect();
                if columns.is_empty() && left >= rows {
                    continue;
                }
                let rows = if columns.is_empty() { rows - left } else { *rows };
                Loss { table: table.clone(), columns, rows }
            }
        };
        lost.push(gone);
    }
    lost
}

/// The migration of the deployment that a person means by its number or its name.
///
/// # Errors
/// Usage naming the migrations there are.
pub fn find_migration(text: &str) -> Result<&'static Migration> {
    let number = text.parse::<i64>().ok();
    MIGRATIONS.iter().find(|migration| migration.name == text || number == Some(migration.number())).ok_or_else(|| {
        let names: Vec<&str> = MIGRATIONS.iter().map(|migration| migration.name).collect();
        Error::usage(format!("there is no migration '{text}' of the deployment"))
            .hint(format!("there are {}", names.join(", ")))
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_folder_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert_eq!(names, MIGRATIONS.each_ref().map(|migration| migration.name));
    }
}
