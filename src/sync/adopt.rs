//! Tables of the architecture that no migration of ours has made.
//!
//! The migrations are applied once more in a schema of their own, inside the transaction, and the two are
//! compared by what the server says of them: columns, constraints, indexes, views. Equal ones are taken over
//! as they are; others are left alone, and the differences told.

use super::migrations::{MIGRATIONS, Migration, TABLES};
use super::postgres::explain;
use crate::error::{Error, Result};
use postgres::{GenericClient, Transaction};
use std::collections::BTreeSet;

/// The schema for comparison; it never outlives the transaction.
const PROBE: &str = "journal_cli_probe";

/// How many differences are told.
const TOLD: usize = 5;

/// How many characters of each.
const LENGTH: usize = 90;

/// The migrations that the tables there are equal to; the longest run of them from the first.
///
/// # Errors
/// When they are equal to none: then nothing was changed.
pub(super) fn adopt(transaction: &mut Transaction<'_>, found: &[String]) -> Result<Vec<&'static str>> {
    let theirs = facts(transaction, None)?;
    let home: String = transaction
        .query_one(
            "SELECT n.nspname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
             WHERE c.relname = $1 AND pg_table_is_visible(c.oid)",
            &[&found[0]],
        )
        .map_err(|error| explain(&error))?
        .get(0);
    let mut closest: Option<Vec<String>> = None;
    let mut adopted = None;
    let mut probe = transaction.transaction().map_err(|error| explain(&error))?;
    probe
        .batch_execute(&format!(
            "CREATE EXTENSION IF NOT EXISTS pg_trgm; CREATE SCHEMA {PROBE}; \
             SELECT set_config('search_path', '{PROBE}, ' || current_setting('search_path'), true)"
        ))
        .map_err(|error| explain(&error))?;
    for (index, migration) in MIGRATIONS.iter().enumerate().filter(|(_, one)| one.is_of_the_architecture()) {
        probe.batch_execute(migration.up).map_err(|error| explain(&error))?;
        let ours = facts(&mut probe, Some(PROBE))?;
        let differences: Vec<String> = ours
            .difference(&theirs)
            .map(|fact| format!("there is no {fact}"))
            .chain(theirs.difference(&ours).map(|fact| format!("there is {fact}")))
            .collect();
        if differences.is_empty() {
            // A migration may add rows alone: it was not applied where they are not.
            if !has_rows_of(&mut probe, &home)? {
                break;
            }
            adopted = Some(index);
        } else if closest.as_ref().is_none_or(|closest| differences.len() < closest.len()) {
            closest = Some(differences);
        }
    }
    probe.rollback().map_err(|error| explain(&error))?;
    if let Some(last) = adopted {
        return Ok(MIGRATIONS[..=last].iter().map(|migration: &Migration| migration.name).collect());
    }
    let differences = closest.unwrap_or_default();
    let short = |fact: &String| match fact.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &fact[..end]),
        None => fact.clone(),
    };
    let mut told = differences.iter().take(TOLD).map(short).collect::<Vec<_>>().join("; ");
    if differences.len() > TOLD {
        told += &format!("; and {} more", differences.len() - TOLD);
    }
    Err(Error::failure(format!(
        "the database has tables that journal has not made ({}), and they are not as it would make them: {told}. \
         Nothing was changed",
        found.join(", ")
    ))
    .hint(
        "create an empty database, name it in JOURNAL_POSTGRES_URL and run `journal migrate up --remote`; then copy the \
         rows: `pg_dump --data-only --column-inserts OLD | psql NEW`",
    ))
}

/// Whether every row that the migrations make is there.
fn has_rows_of(probe: &mut impl GenericClient, home: &str) -> Result<bool> {
    for table in TABLES.iter().filter(|table| **table != "entry_topics") {
        let missing = format!(
            "SELECT count(*) FROM {PROBE}.{table} ours
             WHERE NOT EXISTS (SELECT 1 FROM \"{home}\".{table} theirs WHERE theirs.id = ours.id)"
        );
        let missing: i64 = probe.query_one(&missing, &[]).map_err(|error| explain(&error))?.get(0);
        if missing > 0 {
            return Ok(false);
        }
    }
    Ok(true)
}

/// What the server says of the architecture's tables, without the names of schemas.
fn facts(client: &mut impl GenericClient, schema: Option<&str>) -> Result<BTreeSet<String>> {
    let mut names: Vec<String> = TABLES.iter().map(ToString::to_string).collect();
    names.push("user_statistics".into());
    let rows = client
        .query(
            "WITH t AS (
                SELECT c.oid, c.relname, c.relkind, n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE c.relname = ANY($1) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
                    AND CASE WHEN $2::text IS NULL THEN pg_table_is_visible(c.oid) ELSE n.nspname = $2 END
            )
            SELECT nspname::text, 'column ' || relname || '.' || attname || ' '
                || format_type(atttypid, atttypmod) || CASE WHEN attnotnull THEN ' not null' ELSE '' END
                || coalesce(' default ' || pg_get_expr(adbin, adrelid), '') || CASE attgenerated WHEN '' THEN '' ELSE ' generated' END
            FROM t JOIN pg_attribute a ON a.attrelid = t.oid AND attnum > 0 AND NOT attisdropped
                LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
            UNION ALL
            SELECT nspname::text, 'constraint ' || conname || ' of ' || relname || ' ' || pg_get_constraintdef(k.oid)
            FROM t JOIN pg_constraint k ON k.conrelid = t.oid AND k.contype <> 'n'
            UNION ALL
            SELECT nspname::text, 'index ' || pg_get_indexdef(i.indexrelid) FROM t JOIN pg_index i ON i.indrelid = t.oid
            UNION ALL
            SELECT nspname::text, 'view ' || relname || ' ' || pg_get_viewdef(oid) FROM t WHERE relkind IN ('m', 'v')",
            &[&names, &schema],
        )
        .map_err(|error| explain(&error))?;
    Ok(rows
        .iter()
        .map(|row| {
            let (schema, fact): (String, String) = (row.get(0), row.get(1));
            fact.replace(&format!("{schema}."), "").split_whitespace().collect::<Vec<_>>().join(" ")
        })
        .collect())
}
