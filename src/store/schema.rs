//! The schema of a journal: what it is, and its way up and down.
//!
//! A store is brought up to date when it is opened, with a copy of it kept first. Each migration is one
//! transaction with its number, so a process killed at any moment leaves the journal before it or after
//! it, and the next one goes on from there.

use super::connection::{self, FILE_NAME};
use super::migrations::{self, LATEST, MIGRATIONS, Migration, PROGRAM};
use super::{Clock, copy};
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where a migration stands in a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is applied.
    Applied,
    /// It is not.
    Pending,
    /// It is applied, and this program does not know it.
    Unknown,
}

impl Standing {
    /// The word shown to people and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Applied => "applied",
            Standing::Pending => "pending",
            Standing::Unknown => "unknown",
        }
    }
}

/// A migration and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// Its number.
    pub number: i64,
    /// Its name, number and all.
    pub name: String,
    /// Where it stands.
    pub standing: Standing,
    /// When it was applied, as the database says it.
    pub applied_at: Option<String>,
    /// The version of the program that applied it.
    pub program: Option<String>,
}

/// What the schema of a journal is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schema {
    /// The database.
    pub path: PathBuf,
    /// `PRAGMA user_version`; 0 when there is no journal yet.
    pub version: i64,
    /// Every migration that this program or the journal knows, oldest first.
    pub steps: Vec<Step>,
    /// The program that a newer journal takes, when it says so.
    pub program_needed: Option<String>,
    /// The copies that were kept before migrations, oldest first.
    pub backups: Vec<PathBuf>,
}

/// What was done to the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// The names of the migrations, in the order in which they were applied or taken back.
    pub names: Vec<&'static str>,
    /// The copy that was kept.
    pub backup: Option<PathBuf>,
    /// What went with the migrations that were taken back.
    pub lost: Vec<Loss>,
}

/// What a migration that is taken back takes with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Loss {
    /// The table.
    pub table: String,
    /// The columns that go; empty when the table goes, or only rows of it.
    pub columns: Vec<String>,
    /// Rows that go, or rows that lose these columns.
    pub rows: u64,
}

/// How the schema is changed.
#[derive(Clone, Copy)]
pub struct How {
    /// The migration that is the last to stay or to be applied; the newest without one.
    pub to: Option<&'static Migration>,
    /// Whether a copy of the journal is kept first.
    pub backup: bool,
}

/// What the schema of the journal in this folder is. Changes nothing, and reads any version.
///
/// # Errors
/// Corrupt, or a failure that names the path.
pub fn inspect(folder: &Path) -> Result<Schema> {
    let path = folder.join(FILE_NAME);
    let mut schema = Schema { path, version: 0, steps: Vec::new(), program_needed: None, backups: copy::list(folder) };
    let mut signed = BTreeMap::new();
    if schema.path.exists() {
        let connection = connection::open_any_version(&schema.path)?;
        schema.version = migrations::version(&connection)?;
        signed = signatures(&connection)?;
        schema.program_needed = (schema.version > LATEST).then(|| newest_program(&connection)).transpose()?.flatten();
    }
    for migration in &MIGRATIONS {
        let standing = if migration.version() <= schema.version { Standing::Applied } else { Standing::Pending };
        let (_, applied_at, program) = signed.remove(&migration.number()).unwrap_or_default();
        let name = migration.name.to_string();
        schema.steps.push(Step { number: migration.number(), name, standing, applied_at, program });
    }
    for (number, (name, applied_at, program)) in signed {
        schema.steps.push(Step { number, name, standing: Standing::Unknown, applied_at, program });
    }
    schema.steps.sort_by_key(|step| step.number);
    Ok(schema)
}

/// Name, time and program of each migration that the journal knows of.
type Signatures = BTreeMap<i64, (String, Option<String>, Option<String>)>;

fn signatures(connection: &Connection) -> Result<Signatures> {
    if !migrations::is_signed(connection)? {
        return Ok(Signatures::new());
    }
    let mut statement = connection.prepare("SELECT number, name, applied_at, program FROM schema_migrations")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?))))?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

fn newest_program(connection: &Connection) -> Result<Option<String>> {
    if !migrations::is_signed(connection)? {
        return Ok(None);
    }
    let program = connection
        .query_row("SELECT program FROM schema_migrations ORDER BY number DESC LIMIT 1", [], |row| row.get(0))
        .optional()?;
    Ok(program.flatten())
}

/// Why this program leaves a newer journal alone.
pub(super) fn newer(path: &Path, connection: &Connection, version: i64) -> Error {
    let program = newest_program(connection).ok().flatten();
    let needs = match &program {
        Some(program) => format!("needs journal {program} or later"),
        None => "needs a newer journal".to_string(),
    };
    Error::failure(format!(
        "the journal {} {needs}: its schema version is {version}, and this journal {PROGRAM} understands up to {LATEST}",
        path.display()
    ))
    .hint(format!(
        "install that version; or, to go on with this one, run `journal migrate down --to {:03}` with the newer program",
        LATEST - 1
    ))
}

/// Applies what is missing, up to a migration. Nothing is done, and no copy kept, where nothing is missing.
///
/// # Errors
/// No room for the copy, a newer journal, or what the database fails with: the migrations that were
/// applied before stay.
pub(super) fn up(folder: &Path, connection: &mut Connection, how: How, clock: Clock) -> Result<Option<Migrated>> {
    let path = folder.join(FILE_NAME);
    let _lock = connection::lock(folder)?;
    let failed = |error: rusqlite::Error| connection::cannot("bring up to date", &path, &error);
    connection.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(())).map_err(failed)?;
    let from = migrations::version(connection).map_err(failed)?;
    let to = how.to.map_or(LATEST, Migration::version);
    let mut done = Migrated { names: Vec::new(), backup: None, lost: Vec::new() };
    for migration in migrations::between(from, to) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        // What this very program begins has nothing to keep.
        if how.backup && from > 0 && done.names.is_empty() {
            done.backup = Some(copy::before(folder, migration.number(), (clock.now)())?);
        }
        migrations::apply(&transaction, migration, from, (clock.now)())
            .map_err(|error| error.context(format_args!("cannot bring the journal {} up to date", path.display())))?;
        transaction.commit().map_err(failed)?;
        done.names.push(migration.name);
    }
    if done.backup.is_some() {
        copy::prune(folder);
    }
    Ok((!done.names.is_empty()).then_some(done))
}

/// Brings the journal in this folder up to a migration.
///
/// # Errors
/// As when it is opened; usage when the journal is beyond that migration.
pub fn migrate_up(folder: &Path, how: How, clock: Clock) -> Result<Option<Migrated>> {
    let (mut connection, version) = connection::open_for_migration(folder)?;
    if version > LATEST {
        return Err(newer(&folder.join(FILE_NAME), &connection, version));
    }
    if let Some(to) = how.to.filter(|to| to.version() < version) {
        return Err(beyond(to, version));
    }
    up(folder, &mut connection, how, clock)
}

fn beyond(to: &Migration, version: i64) -> Error {
    Error::usage(format!("the journal is beyond {}: its schema version is {version}", to.name))
        .hint(format!("`journal migrate down --to {:03}` takes back what came later", to.number()))
}

/// Takes back every migration after the one in `how`, newest first. With `rehearse` nothing is changed and
/// only what would go is told.
///
/// # Errors
/// Not found when there is no journal; a newer one; no room for the copy.
pub fn migrate_down(folder: &Path, how: How, rehearse: bool, clock: Clock) -> Result<Migrated> {
    let path = folder.join(FILE_NAME);
    if !path.exists() {
        return Err(Error::not_found(format!("there is no journal in {}", folder.display())));
    }
    let to = how.to.map_or(LATEST, Migration::version);
    let (mut connection, version) = connection::open_for_migration(folder)?;
    if version > LATEST {
        return Err(newer(&path, &connection, version));
    }
    if let Some(to) = how.to.filter(|to| to.version() > version) {
        return Err(Error::usage(format!("the journal has not come to {} yet", to.name))
            .hint(format!("`journal migrate up --to {:03}` applies it", to.number())));
    }
    let _lock = connection::lock(folder)?;
    let failed = |error: rusqlite::Error| connection::cannot("change the schema of", &path, &error);
    let before = inventory(&connection)?;
    let mut done = Migrated { names: Vec::new(), backup: None, lost: Vec::new() };
    if rehearse {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        for migration in migrations::between(to, version).rev() {
            migrations::take_back(&transaction, migration)?;
            done.names.push(migration.name);
        }
        done.lost = losses(&before, &inventory(&transaction)?);
        transaction.rollback().map_err(failed)?;
        return Ok(done);
    }
    for migration in migrations::between(to, version).rev() {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
        if how.backup && done.names.is_empty() {
            done.backup = Some(copy::before(folder, migration.number(), (clock.now)())?);
        }
        migrations::take_back(&transaction, migration)?;
        transaction.commit().map_err(failed)?;
        done.names.push(migration.name);
    }
    done.lost = losses(&before, &inventory(&connection)?);
    if done.backup.is_some() {
        copy::prune(folder);
    }
    Ok(done)
}

/// Rows and columns of each table.
type Inventory = BTreeMap<String, (u64, Vec<String>)>;

fn inventory(connection: &Connection) -> Result<Inventory> {
    let mut statement = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!'")?;
    let names = statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    let mut tables = Inventory::new();
    // What the number of the schema is written down in is no loss of anybody's.
    for name in names.into_iter().filter(|name| name != "schema_migrations") {
        let rows = connection.query_row(&format!("SELECT count(*) FROM \"{name}\""), [], |row| row.get(0))?;
        let mut columns = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
        let columns = columns.query_map([&name], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        tables.insert(name, (rows, columns));
    }
    Ok(tables)
}

fn losses(before: &Inventory, after: &Inventory) -> Vec<Loss> {
    let mut lost = Vec::new();
    for (table, (rows, columns)) in before {
        let Some((left, kept)) = after.get(table) else {
            lost.push(Loss { table: table.clone(), columns: Vec::new(), rows: *rows });
            continue;
        };
        let gone: Vec<String> = columns.iter().filter(|column| !kept.contains(column)).cloned().collect();
        if !gone.is_empty() {
            lost.push(Loss { table: table.clone(), columns: gone, rows: *rows });
        }
        if left < rows {
            lost.push(Loss { table: table.clone(), columns: Vec::new(), rows: rows - left });
        }
    }
    lost
}

/// The migration that a person means by its number or its name.
///
/// # Errors
/// Usage naming the migrations there are.
pub fn find_migration(text: &str) -> Result<&'static Migration> {
    let number = text.parse::<i64>().ok();
    MIGRATIONS.iter().find(|migration| migration.name == text || number == Some(migration.number())).ok_or_else(|| {
        let names: Vec<&str> = MIGRATIONS.iter().map(|migration| migration.name).collect();
        Error::usage(format!("there is no migration '{text}'")).hint(format!("there are {}", names.join(", ")))
    })
}
