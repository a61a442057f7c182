//! The account in the deployment that a user of this journal is.

use super::postgres::{Remote, explain};
use super::rows::{as_text, read};
use crate::error::{Error, Result};
use crate::store::{REPLICATED, Snapshot, TABLES, Values};
use uuid::Uuid;

/// An account there.
#[derive(Debug, Clone)]
pub struct RemoteAccount {
    /// Its id.
    pub id: Uuid,
    /// Its e-mail address.
    pub email: String,
    /// What a password is checked against.
    pub password_hash: String,
    /// The whole row.
    pub row: Values,
}

/// The accounts there with this id or this address: one, or none, or two when they are not the same.
///
/// # Errors
/// A failure when the journal cannot hold one.
pub fn accounts(remote: &mut Remote, id: Uuid, email: &str) -> Result<Vec<RemoteAccount>> {
    let table = &TABLES[0];
    let sql = format!("SELECT {} FROM users t WHERE t.id = $1 OR t.email = $2", as_text(table));
    let rows = remote.client.query(&sql, &[&id, &email]).map_err(|error| explain(&error))?;
    let mut found = Vec::new();
    for row in rows {
        let values = read(table, &row)?.map_err(|reason| {
            Error::failure(format!("this journal cannot hold the account '{email}' of the deployment: {reason}"))
        })?;
        let text = |at: usize| values[at].clone().unwrap_or_default();
        let id = text(0).parse().map_err(|_| Error::failure("the deployment has an account without an id"))?;
        found.push(RemoteAccount { id, email: text(1), password_hash: text(2), row: values.clone() });
    }
    Ok(found)
}

/// Adds this account, and forgets that rows of it were deleted there: what is here goes there.
pub fn add(remote: &mut Remote, here: &Snapshot, row: &Values, origin: Uuid) -> Result<()> {
    let mut transaction = remote.client.transaction().map_err(|error| explain(&error))?;
    let run = |error: postgres::Error| explain(&error);
    transaction.execute("SELECT set_config('journal_cli.origin', $1, true)", &[&origin.to_string()]).map_err(run)?;
    let columns: Vec<&str> = TABLES[0].columns.iter().map(|column| column.name).collect();
    // As text, so that the server reads each by the type of its column.
    transaction
        .execute(
            &format!(
                "INSERT INTO users({}) SELECT $1::text::uuid, $2, $3, $4::text::timestamptz, $5::text::timestamptz,
                    $6::text::boolean, $7::text::jsonb",
                columns.join(", ")
            ),
            &[&row[0], &row[1], &row[2], &row[3], &row[4], &row[5], &row[6]],
        )
        .map_err(|error| explain(&error).context("cannot add the account to the deployment"))?;
    let user: Uuid = row[0].as_deref().unwrap_or_default().parse().unwrap_or_default();
    for table in REPLICATED {
        let mut ids = Vec::new();
        here.replicated_rows(table, &[user], None, &mut |key, _| {
            ids.push(key.id());
            Ok(())
        })?;
        transaction
            .execute(
                "DELETE FROM journal_cli.tombstones WHERE table_name = $1 AND row_id = ANY($2)",
                &[&table.name, &ids],
            )
            .map_err(run)?;
    }
    transaction.commit().map_err(run)
}
