//! Migrations: numbered files, never edited, each in one transaction with its version number.
//!
//! The schema version (`PRAGMA user_version`) is the number of the last migration plus one, so that 0 is an
//! empty file. What is applied follows the order of [`MIGRATIONS`].

use super::value::timestamp;
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use rusqlite::Connection;

/// One step of the schema, with the way back.
pub struct Migration {
    /// The folder's name.
    pub name: &'static str,
    up: &'static str,
    down: &'static str,
}

impl Migration {
    /// The number that the name begins with.
    pub const fn number(&self) -> i64 {
        let digits = self.name.as_bytes();
        let (mut at, mut number) = (0, 0);
        while at < digits.len() && digits[at].is_ascii_digit() {
            number = number * 10 + (digits[at] - b'0') as i64;
            at += 1;
        }
        number
    }

    /// The schema version when this migration is the last.
    pub const fn version(&self) -> i64 {
        self.number() + 1
    }
}

macro_rules! migration {
    ($name:literal) => {
        Migration {
            name: $name,
            up: include_str!(concat!("../../migrations/sqlite/", $name, "/up.sql")),
            down: include_str!(concat!("../../migrations/sqlite/", $name, "/down.sql")),
        }
    };
}

/// Every migration, oldest first.
pub const MIGRATIONS: [Migration; 11] = [
    migration!("000_initial_schema"),
    migration!("001_change_log"),
    migration!("002_entry_details"),
    migration!("003_meaning"),
    migration!("004_sync_state"),
    migration!("005_topics"),
    migration!("006_user_statistics"),
    migration!("007_session_index"),
    migration!("008_schema_migrations"),
    migration!("011_topic_suggestions"),
    migration!("012_replication"),
];

/// The schema version (`PRAGMA user_version`) after the last migration.
pub const LATEST: i64 = MIGRATIONS[MIGRATIONS.len() - 1].version();

/// The version of this program, as a migration it applies is signed with.
pub const PROGRAM: &str = env!("CARGO_PKG_VERSION");

pub(super) fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// The migrations that lead from one schema version up to another, oldest first.
pub(super) fn between(from: i64, to: i64) -> impl DoubleEndedIterator<Item = &'static Migration> {
    MIGRATIONS.iter().filter(move |migration| migration.version() > from && migration.version() <= to)
}

/// Applies one migration of a run that began at version `from`. The caller holds a write transaction, so
/// that a step and its number are one.
pub(super) fn apply(connection: &Connection, migration: &Migration, from: i64, at: DateTime<Utc>) -> Result<()> {
    connection
        .execute_batch(migration.up)
        .and_then(|()| connection.pragma_update(None, "user_version", migration.version()))
        .and_then(|()| sign(connection, migration, from, at))
        .map_err(|error| Error::from(error).context(format_args!("cannot apply the migration {}", migration.name)))
}

/// Takes one migration back, in a write transaction of the caller.
pub(super) fn take_back(connection: &Connection, migration: &Migration) -> Result<()> {
    let below = MIGRATIONS.iter().map(Migration::version).filter(|version| *version < migration.version()).max();
    let forget = || -> rusqlite::Result<()> {
        if is_signed(connection)? {
            connection.execute("DELETE FROM schema_migrations WHERE number >= ?1", [migration.number()])?;
        }
        Ok(())
    };
    connection
        .execute_batch(migration.down)
        .and_then(|()| connection.pragma_update(None, "user_version", below.unwrap_or(0)))
        .and_then(|()| forget())
        .map_err(|error| Error::from(error).context(format_args!("cannot take back {}", migration.name)))
}

/// Whether this journal says which program applied which migration.
pub(super) fn is_signed(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migrations')",
        [],
        |row| row.get(0),
    )
}

/// Writes down who has applied what: also the migrations before the table was there, as far as known.
fn sign(connection: &Connection, migration: &Migration, from: i64, at: DateTime<Utc>) -> rusqlite::Result<()> {
    if !is_signed(connection)? {
        return Ok(());
    }
    let mut insert = connection.prepare(
        "INSERT INTO schema_migrations(number, name, applied_at, program) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT DO NOTHING",
    )?;
    for done in between(0, migration.version()) {
        let ours = (done.version() > from).then(|| (timestamp(at), PROGRAM));
        let (at, program) = ours.unzip();
        insert.execute((done.number(), done.name, at, program))?;
    }
    Ok(())
}

/// Applies every migration that is missing.
#[cfg(test)]
pub(super) fn up(connection: &Connection) -> Result<()> {
    let from = version(connection)?;
    between(from, LATEST).try_for_each(|migration| apply(connection, migration, from, DateTime::UNIX_EPOCH))
}

/// Takes back every migration above a version.
#[cfg(test)]
pub(super) fn down(connection: &Connection, to: i64) -> Result<()> {
    between(to, LATEST).rev().try_for_each(|migration| take_back(connection, migration))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn schema(connection: &Connection) -> Vec<String> {
        let mut statement = connection
            .prepare("SELECT type || ' ' || name || ' ' || coalesce(sql, '') FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY 1")
            .unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    #[test]
    fn every_step_can_be_taken_back_and_taken_again() {
        let connection = Connection::open_in_memory().unwrap();
        let mut schemas = vec![schema(&connection)];
        for migration in &MIGRATIONS {
            apply(&connection, migration, 0, DateTime::UNIX_EPOCH).unwrap();
            assert!(
                migration.up.starts_with("-- ") && migration.down.starts_with("-- "),
                "{} says why",
                migration.name
            );
            assert_eq!(version(&connection).unwrap(), migration.version());
            schemas.push(schema(&connection));
        }
        for (index, migration) in MIGRATIONS.iter().enumerate().rev() {
            take_back(&connection, migration).unwrap();
            assert_eq!(schema(&connection), schemas[index], "without {}", migration.name);
        }
        assert_eq!(version(&connection).unwrap(), 0);
        up(&connection).unwrap();
        assert_eq!(schema(&connection), schemas[MIGRATIONS.len()]);
    }

    #[test]
    fn every_folder_is_listed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/sqlite");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.collect();
        names.sort();
        assert_eq!(names, MIGRATIONS.each_ref().map(|migration| migration.name));
    }

    #[test]
    fn numbers_rise_and_those_of_the_first_release_stay() {
        assert!(MIGRATIONS.is_sorted_by(|one, next| one.number() < next.number()));
        let first: Vec<i64> = MIGRATIONS[..5].iter().map(Migration::version).collect();
        assert_eq!(first, [1, 2, 3, 4, 5]);
    }

    #[test]
    fn every_migration_is_signed_also_those_before_the_table_was_there() {
        let connection = Connection::open_in_memory().unwrap();
        up(&connection).unwrap();
        let signed: i64 = connection.query_row("SELECT count(*) FROM schema_migrations", [], |row| row.get(0)).unwrap();
        assert_eq!(signed, MIGRATIONS.len() as i64);
        let program: String = connection
            .query_row("SELECT program FROM schema_migrations ORDER BY number LIMIT 1", [], |row| row.get(0))
            .unwrap();
        assert_eq!(program, PROGRAM);

        // Nobody knows who made the first five of an older journal.
        let older = Connection::open_in_memory().unwrap();
        between(0, 5).for_each(|migration| apply(&older, migration, 0, DateTime::UNIX_EPOCH).unwrap());
        between(5, LATEST).for_each(|migration| apply(&older, migration, 5, DateTime::UNIX_EPOCH).unwrap());
        let unknown: i64 = older
            .query_row("SELECT count(*) FROM schema_migrations WHERE program IS NULL", [], |row| row.get(0))
            .unwrap();
        assert_eq!(unknown, 5);
    }

    #[test]
    fn every_table_of_the_architecture_is_there_with_its_columns() {
        let connection = Connection::open_in_memory().unwrap();
        up(&connection).unwrap();
        for (table, columns) in [
            ("users", "id email password_hash created_at updated_at is_active profile"),
            ("journal_entries", "id user_id title content entry_date created_at updated_at mood_score word_count"),
            ("sentiment_analysis", "id entry_id model_name sentiment_label confidence_score emotions analyzed_at"),
            ("topics", "id name description user_id created_at is_system_topic"),
            ("entry_topics", "entry_id topic_id relevance_score added_at"),
            ("user_sessions", "id user_id session_start session_end activities ip_address user_agent"),
            ("psychology_insights", "id user_id insight_type insight_data confidence_level generated_at is_active"),
        ] {
            let mut statement = connection.prepare("SELECT name FROM pragma_table_xinfo(?1)").unwrap();
            let found: Vec<String> =
                statement.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            assert_eq!(found.join(" "), columns, "{table}");
        }
    }

    #[test]
    fn the_business_constraints_hold() {
        let connection = Connection::open_in_memory().unwrap();
        up(&connection).unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON; INSERT INTO users(id, email, password_hash) VALUES ('0190a000-0000-7000-8000-000000000001', 'a', 'b')").unwrap();
        let add = |content: &str, date: &str, mood: Option<f64>| {
            connection.execute(
                "INSERT INTO journal_entries(user_id, content, entry_date, mood_score) VALUES ('0190a000-0000-7000-8000-000000000001', ?1, ?2, ?3)",
                (content, date, mood),
            )
        };
        for mood in -100..=100 {
            add("x", "2024-02-29", Some(f64::from(mood) / 100.0)).unwrap();
        }
        for (content, date, mood, constraint) in [
            ("   ", "2024-01-01", None, "check_content_not_empty"),
            ("x", "2023-02-29", None, "is_date"),
            ("x", "0000-01-01", None, "is_date"),
            ("x", "2024-1-01", None, "is_date"),
            ("x", "2024-01-01", Some(1.01), "check_mood_range"),
            ("x", "2024-01-01", Some(0.001), "is_decimal"),
            ("a\0b", "2024-01-01", None, "has_no_nul"),
        ] {
            let error = add(content, date, mood).unwrap_err().to_string();
            assert!(error.contains(constraint), "{content:?} {date} {mood:?}: {error}");
        }
        // PostgreSQL's count of array_length(string_to_array(trim(content), ' '), 1).
        for (content, words) in [(" a  b ", 3), ("a\nb c\td", 2), ("\n a b \n", 4), ("\t", 1)] {
            add(content, "2024-01-01", None).unwrap();
            let counted: i64 = connection
                .query_row("SELECT word_count FROM journal_entries ORDER BY rowid DESC LIMIT 1", [], |row| row.get(0))
                .unwrap();
            assert_eq!(counted, words, "{content:?}");
        }
    }
}
