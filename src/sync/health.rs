//! Whether a deployment can be used, and what is there.

use super::migrations::inspect;
use super::postgres::{Remote, explain};
use super::rows::{owned, place};
use crate::error::Result;
use crate::store::{REPLICATED, Standing};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// So many seconds two clocks may differ without a word.
const CLOCKS_MAY_DIFFER: i64 = 120;

/// How many triggers note changes: four for each table.
const TRIGGERS: i64 = 4 * REPLICATED.len() as i64;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// What.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub is_well: bool,
    /// What it is.
    pub detail: String,
    /// What to do when it is not.
    pub hint: Option<String>,
}

fn check(name: &'static str, is_well: bool, detail: impl Into<String>, hint: impl Into<String>) -> Check {
    let hint = Some(hint.into()).filter(|hint| !is_well && !hint.is_empty());
    Check { name, is_well, detail: detail.into(), hint }
}

/// Looks at everything; changes nothing.
///
/// # Errors
/// Network when the server goes away meanwhile.
pub fn examine(remote: &mut Remote, now: DateTime<Utc>) -> Result<Vec<Check>> {
    let mut checks = Vec::new();
    let version = remote.server_version();
    let row = remote
        .client
        .query_one(
            "SELECT coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false), clock_timestamp(),
                current_user::text, current_setting('transaction_read_only') = 'on', pg_is_in_recovery(),
                has_database_privilege(current_database(), 'CREATE'),
                EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm'),
                EXISTS (SELECT FROM pg_available_extensions WHERE name = 'pg_trgm')",
            &[],
        )
        .map_err(|error| explain(&error))?;
    let (encrypted, there, user): (bool, DateTime<Utc>, String) = (row.get(0), row.get(1), row.get(2));
    let (read_only, standby, may_create): (bool, bool, bool) = (row.get(3), row.get(4), row.get(5));
    let (has_trgm, could_have_trgm): (bool, bool) = (row.get(6), row.get(7));
    let how = if encrypted { "encrypted" } else { "not encrypted" };
    let address = remote.address().shown().to_string();
    checks.push(check("connection", true, format!("{address}, PostgreSQL {version}, {how}"), ""));
    let text = remote.keeps_text();
    let detail = text.as_ref().map_or_else(|error| error.message().to_string(), |()| "UTF-8".into());
    let hint = text.as_ref().err().and_then(|error| error.hint_text().map(str::to_string)).unwrap_or_default();
    checks.push(check("encoding", text.is_ok(), detail, hint));
    let writable = match (standby, read_only) {
        (true, _) => "it is a standby",
        (_, true) => "default_transaction_read_only is on",
        _ => "it takes changes",
    };
    checks.push(check("writable", !standby && !read_only, writable, "name the primary in JOURNAL_POSTGRES_URL"));
    let apart = (there - now).num_seconds();
    let clocks = match apart {
        0 => "the same".to_string(),
        ahead if ahead > 0 => format!("the server is {ahead} s ahead"),
        behind => format!("the server is {} s behind", -behind),
    };
    checks.push(check(
        "clock",
        apart.abs() <= CLOCKS_MAY_DIFFER,
        clocks,
        "set both clocks by the network: where both sides change one row, the later change stands",
    ));
    let hint = if could_have_trgm { "run `journal sync init`" } else { "install PostgreSQL's contributed modules" };
    let detail = if has_trgm { "pg_trgm is there" } else { "pg_trgm is missing" };
    checks.push(check("extension", has_trgm, detail, hint));
    let schema = inspect(remote)?;
    let pending: Vec<&str> =
        schema.steps.iter().filter(|step| step.standing == Standing::Pending).map(|step| step.name.as_str()).collect();
    let detail = match (&schema.program_needed, pending.is_empty()) {
        (Some(program), _) => format!("it needs journal {program} or later"),
        (None, true) => "up to date".into(),
        (None, false) => format!("missing: {}", pending.join(", ")),
    };
    let is_well = schema.program_needed.is_none() && pending.is_empty();
    checks.push(check("schema", is_well, detail, "run `journal sync init`, with the newest program"));
    if is_well {
        checks.push(triggers(remote)?);
        checks.push(rights(remote, &user, may_create)?);
    }
    Ok(checks)
}

fn triggers(remote: &mut Remote) -> Result<Check> {
    let names: Vec<String> = REPLICATED.iter().map(|table| place(table)).collect();
    let row = remote
        .client
        .query_one(
            "SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'journal\\_cli\\_%' AND tgenabled IN ('O', 'A')
                AND tgfoid = 'journal_cli.note_change'::regproc
                AND tgrelid IN (SELECT to_regclass(name) FROM unnest($1::text[]) AS name)",
            &[&names],
        )
        .map_err(|error| explain(&error))?;
    let there: i64 = row.get(0);
    let hint = "somebody has taken them away or switched them off: what is changed there meanwhile is not seen. \
                `journal migrate down --remote --to 003` and `journal sync init` make them again, and `journal sync reset` \
                compares everything";
    Ok(check("triggers", there == TRIGGERS, format!("{there} of {TRIGGERS} note changes"), hint))
}

fn rights(remote: &mut Remote, user: &str, may_create: bool) -> Result<Check> {
    let names: Vec<String> =
        REPLICATED.iter().map(|table| place(table)).chain(["journal_cli.replicas".to_string()]).collect();
    let row = remote
        .client
        .query_one(
            "SELECT coalesce(string_agg(name, ', '), '') FROM unnest($1::text[]) AS name
             WHERE NOT has_table_privilege(name, 'SELECT') OR NOT has_table_privilege(name, 'INSERT')
                OR NOT has_table_privilege(name, 'UPDATE') OR NOT has_table_privilege(name, 'DELETE')",
            &[&names],
        )
        .map_err(|error| explain(&error))?;
    let missing: String = row.get(0);
    let detail = if missing.is_empty() {
        let create = if may_create { "" } else { ", not change the schema" };
        format!("{user} may read and write{create}")
    } else {
        format!("{user} may not read and write {missing}")
    };
    Ok(check("rights", missing.is_empty(), detail, "GRANT SELECT, INSERT, UPDATE, DELETE on these tables to that user"))
}

/// How many rows of each table belong to these users there.
///
/// # Errors
/// What the server refuses with.
pub fn counts(remote: &mut Remote, users: &[Uuid]) -> Result<Vec<(&'static str, u64)>> {
    let mut counts = Vec::new();
    for table in REPLICATED {
        let sql = format!("SELECT count(*) FROM {} t WHERE {}", place(table), owned(table, "$1"));
        let row = remote.client.query_one(&sql, &[&users]).map_err(|error| explain(&error))?;
        counts.push((table.name, row.get::<_, i64>(0).unsigned_abs()));
    }
    Ok(counts)
}
