//! What has changed there since we looked last.
//!
//! Transactions commit in another order than they took their numbers, so a cursor is the server's own snapshot:
//! what was not to be seen then, and is to be seen now, is new. The last note that it saw stands with it: in a
//! database that was put back from a copy that note is gone, or bears another nonce.

use super::postgres::explain;
use crate::error::{Error, Result};
use crate::store::RowKey;
use postgres::error::SqlState;
use postgres::{GenericClient, Transaction};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Where the deployment stood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cursor {
    /// The transactions that are known, as `pg_current_snapshot` writes them.
    pub(super) snapshot: String,
    /// The last note of one of them.
    seq: i64,
    nonce: i64,
    /// The server and database that number them so.
    server: String,
}

impl Cursor {
    pub(super) fn read(text: &str) -> Option<Cursor> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn text(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::failure(format!("cannot write the cursor: {error}")))
    }

    /// Where the deployment stands in this transaction.
    pub(super) fn now(transaction: &mut Transaction<'_>, server: &str) -> Result<Cursor> {
        let row = transaction
            .query_one(
                "SELECT pg_current_snapshot()::text, coalesce(c.seq, 0), coalesce(c.nonce, 0) FROM (SELECT) one
                 LEFT JOIN LATERAL (SELECT seq, nonce FROM journal_cli.changes ORDER BY seq DESC LIMIT 1) c ON TRUE",
                &[],
            )
            .map_err(|error| explain(&error))?;
        Ok(Cursor { snapshot: row.get(0), seq: row.get(1), nonce: row.get(2), server: server.to_string() })
    }

    /// Every transaction before this one had ended.
    pub(super) fn oldest(&self) -> u64 {
        self.part(0)
    }

    /// `xmin:xmax:running`.
    fn part(&self, at: usize) -> u64 {
        self.snapshot.split(':').nth(at).and_then(|number| number.parse().ok()).unwrap_or(0)
    }

    /// Whether the deployment still is the one that this was read from.
    pub(super) fn holds(&self, transaction: &mut Transaction<'_>, now: &Cursor) -> Result<bool> {
        if self.server != now.server || self.part(1) > now.part(1) || self.oldest() == 0 {
            return Ok(false);
        }
        let row = transaction
            .query_one(
                "SELECT (SELECT nonce FROM journal_cli.changes WHERE seq = $1),
                    (SELECT pruned_upto < $2::text::xid8 FROM journal_cli.meta)",
                &[&self.seq, &self.oldest().to_string()],
            )
            .map_err(|error| explain(&error))?;
        let (nonce, is_whole): (Option<i64>, bool) = (row.get(0), row.get(1));
        Ok(is_whole && (self.seq == 0 || nonce == Some(self.nonce)))
    }
}

/// How long a note of a change is kept. Who has not synced for so long compares everything.
const KEPT: &str = "90 days";

/// Removes notes that are older than [`KEPT`], once a day, but for the last of them, which a cursor may stand at. What was deleted stays noted in
/// `tombstones`, so that it does not come back from a journal that was away.
///
/// # Errors
/// What the server refuses with; that we may not do it is none.
pub(super) fn prune(client: &mut impl GenericClient) -> Result<()> {
    let pruned = client.execute(
        "WITH gone AS (
            DELETE FROM journal_cli.changes c WHERE c.at < now() - $1::text::interval
                AND c.seq < (SELECT max(seq) FROM journal_cli.changes WHERE at < now() - $1::text::interval)
                AND c.xid < pg_snapshot_xmin(pg_current_snapshot())
                AND (SELECT pruned_at < now() - interval '1 day' FROM journal_cli.meta)
            RETURNING c.xid)
         UPDATE journal_cli.meta SET pruned_at = now(),
            pruned_upto = greatest(pruned_upto, (SELECT xid FROM gone ORDER BY xid DESC LIMIT 1))
         WHERE pruned_at < now() - interval '1 day'",
        &[&KEPT],
    );
    match pruned {
        Err(error) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => Ok(()),
        pruned => pruned.map(|_| ()).map_err(|error| explain(&error)),
    }
}

/// A row that was changed there.
#[derive(Debug, Clone)]
pub(super) struct Changed {
    pub(super) key: RowKey,
    /// Whether it was deleted, as far as is noted.
    pub(super) is_gone: bool,
    pub(super) at: Option<String>,
    /// Whether another program than a journal has done it.
    pub(super) is_foreign: bool,
}

/// The rows that were changed since a cursor, by others than us, parents first.
pub(super) fn since(
    transaction: &mut Transaction<'_>,
    from: &Cursor,
    ours: &[Uuid],
    users: &[Uuid],
) -> Result<Vec<Changed>> {
    let rows = transaction
        .query(
            "SELECT table_name, row_id, (array_agg(op ORDER BY seq DESC))[1], (array_agg(origin ORDER BY seq DESC))[1] IS NULL,
                to_char(max(at) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')
             FROM journal_cli.changes
             WHERE xid >= pg_snapshot_xmin($1::text::pg_snapshot) AND NOT pg_visible_in_snapshot(xid, $1::text::pg_snapshot)
                AND (origin IS NULL OR origin <> ALL($2)) AND (user_id IS NULL OR user_id = ANY($3))
             GROUP BY table_name, row_id",
            &[&from.snapshot, &ours, &users],
        )
        .map_err(|error| explain(&error))?;
    let mut changed = Vec::with_capacity(rows.len());
    for row in rows {
        let (table, id, op): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        if let Some(key) = RowKey::parse(&table, &id)? {
            changed.push(Changed { key, is_gone: op == "delete", is_foreign: row.get(3), at: row.get(4) });
        }
    }
    changed.sort_by_key(|row| row.key);
    Ok(changed)
}
