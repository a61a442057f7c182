//! Migrations: numbered files, never edited, each in one transaction with its version number.

use crate::error::{Error, Result};
use rusqlite::Connection;

/// One step of the schema, with the way back.
pub struct Migration {
    /// The folder's name.
    pub name: &'static str,
    up: &'static str,
    down: &'static str,
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
pub const MIGRATIONS: [Migration; 8] = [
    migration!("000_initial_schema"),
    migration!("001_change_log"),
    migration!("002_entry_details"),
    migration!("003_meaning"),
    migration!("004_sync_state"),
    migration!("005_topics"),
    migration!("006_user_statistics"),
    migration!("007_session_index"),
];

/// The schema version (`PRAGMA user_version`) after the last migration.
pub const LATEST: i64 = MIGRATIONS.len() as i64;

fn version(connection: &Connection) -> Result<i64> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Applies what is missing. The caller holds a write transaction, so that a step and its number are
/// one.
pub(super) fn up(connection: &Connection) -> Result<()> {
    for (index, migration) in MIGRATIONS.iter().enumerate().skip(version(connection)?.max(0) as usize) {
        connection
            .execute_batch(migration.up)
            .and_then(|()| connection.pragma_update(None, "user_version", index as i64 + 1))
            .map_err(|error| {
                Error::from(error).context(format_args!("cannot apply the migration {}", migration.name))
            })?;
    }
    Ok(())
}

/// Takes back every migration above `target`, newest first, in a transaction of the caller.
#[cfg_attr(not(test), allow(dead_code))]
pub(super) fn down(connection: &Connection, target: i64) -> Result<()> {
    for (index, migration) in MIGRATIONS.iter().enumerate().rev() {
        if (index as i64) < target || index as i64 >= version(connection)? {
            continue;
        }
        connection
            .execute_batch(migration.down)
            .and_then(|()| connection.pragma_update(None, "user_version", index as i64))
            .map_err(|error| Error::from(error).context(format_args!("cannot take back {}", migration.name)))?;
    }
    Ok(())
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
            connection.execute_batch(migration.up).unwrap();
            assert!(
                migration.up.starts_with("-- ") && migration.down.starts_with("-- "),
                "{} says why",
                migration.name
            );
            schemas.push(schema(&connection));
        }
        connection.pragma_update(None, "user_version", LATEST).unwrap();
        for target in (0..LATEST).rev() {
            down(&connection, target).unwrap();
            assert_eq!(schema(&connection), schemas[target as usize]);
        }
        up(&connection).unwrap();
        assert_eq!(schema(&connection), schemas[LATEST as usize]);
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
