//! How far each deployment has come, and what has to be remembered of it.

use super::super::value::{read_uuid, timestamp};
use super::super::{Store, log};
use super::RowKey;
use crate::error::Result;
use crate::journal::log::Position;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// How far a deployment has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyncState {
    /// The id under which the deployment knows this journal.
    pub replica: Uuid,
    /// The mark of the last push that has ended.
    pub origin: Option<Uuid>,
    /// The row of the log that was pushed last.
    pub pushed: Position,
    /// Where the deployment stood when it was pulled from last; nothing when everything has to be compared.
    pub pulled: Option<String>,
    /// When the last sync ended.
    pub synced_at: Option<String>,
}

/// Which way a row was to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Into the deployment.
    Push,
    /// From it.
    Pull,
}

impl Direction {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Push => "push",
            Direction::Pull => "pull",
        }
    }
}

/// A row that could not go, and is tried again by each sync.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The row.
    pub key: RowKey,
    /// The first row of the log that the deployment does not know.
    pub base_seq: i64,
    /// Why it was refused; nothing when another change has to come first.
    pub reason: Option<String>,
}

impl Store {
    /// How far a deployment has come; nothing when this journal has never met it.
    pub fn sync_state(&self, remote: &str) -> Result<Option<SyncState>> {
        self.connection
            .query_row(
                "SELECT replica, pushed_seq, pushed_nonce, pulled_cursor, synced_at, origin FROM sync_state
                 WHERE remote = ?1",
                [remote],
                |row| {
                    let position = Position { seq: row.get(1)?, nonce: row.get(2)? };
                    Ok((
                        row.get::<_, Option<String>>(0)?,
                        position,
                        row.get(3)?,
                        row.get(4)?,
                        row.get::<_, Option<String>>(5)?,
                    ))
                },
            )
            .optional()?
            .map(|(replica, pushed, pulled, synced_at, origin)| {
                let replica = replica.map(|id| read_uuid(&id)).transpose()?.unwrap_or_default();
                let origin = origin.map(|id| read_uuid(&id)).transpose()?;
                Ok(SyncState { replica, origin, pushed, pulled, synced_at })
            })
            .transpose()
    }

    /// Links a user with a deployment. What either side has is compared by the next sync.
    pub fn link(&mut self, remote: &str, replica: Uuid, user: Uuid) -> Result<()> {
        self.write(None, |connection| {
            connection.execute(
                "INSERT INTO sync_state(remote, replica) VALUES (?1, ?2)
                 ON CONFLICT DO UPDATE SET replica = coalesce(replica, excluded.replica)",
                (remote, replica.to_string()),
            )?;
            let added = connection.execute(
                "INSERT INTO sync_accounts(remote, user_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
                (remote, user.to_string()),
            )?;
            if added > 0 {
                forget(connection, remote)?;
            }
            Ok(((), String::new()))
        })
    }

    /// The users whose rows go to a deployment and come from there.
    pub fn linked_users(&self, remote: &str) -> Result<Vec<Uuid>> {
        let mut statement =
            self.connection.prepare("SELECT user_id FROM sync_accounts WHERE remote = ?1 ORDER BY user_id")?;
        let ids: Vec<String> = statement.query_map([remote], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        ids.iter().map(|id| read_uuid(id)).collect()
    }

    /// A user who is gone on both sides.
    pub fn unlink(&mut self, remote: &str, user: Uuid) -> Result<()> {
        self.write(None, |connection| {
            connection
                .execute("DELETE FROM sync_accounts WHERE remote = ?1 AND user_id = ?2", (remote, user.to_string()))?;
            Ok(((), String::new()))
        })
    }

    /// The deployments this journal has met.
    pub fn remotes(&self) -> Result<Vec<String>> {
        let mut statement =
            self.connection.prepare("SELECT remote FROM sync_state WHERE replica IS NOT NULL ORDER BY remote")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }

    /// Notes the mark of a push before it begins, so that it is known as ours whatever becomes of it.
    pub fn note_push(&mut self, remote: &str, origin: Uuid) -> Result<()> {
        self.write(None, |connection| {
            connection
                .execute("INSERT INTO sync_pushes(origin, remote) VALUES (?1, ?2)", (origin.to_string(), remote))?;
            Ok(((), String::new()))
        })
    }

    /// The marks of our pushes that the deployment's changes may still bear.
    pub fn pushes(&self, remote: &str) -> Result<Vec<Uuid>> {
        let mut statement = self.connection.prepare("SELECT origin FROM sync_pushes WHERE remote = ?1")?;
        let ids: Vec<String> = statement.query_map([remote], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
        ids.iter().map(|id| read_uuid(id)).collect()
    }

    /// A push has ended: the deployment knows everything up to here but the rows that wait.
    pub fn pushed(
        &mut self,
        remote: &str,
        upto: Position,
        marked: Option<(Uuid, &str)>,
        waiting: &[Waiting],
    ) -> Result<()> {
        let at = timestamp((self.clock.now)());
        self.write(None, |connection| {
            connection.execute(
                "UPDATE sync_state SET pushed_seq = ?2, pushed_nonce = ?3 WHERE remote = ?1",
                (remote, upto.seq, upto.nonce),
            )?;
            if let Some((origin, xid)) = marked {
                let origin = origin.to_string();
                connection.execute("UPDATE sync_pushes SET xid = ?2 WHERE origin = ?1", (&origin, xid))?;
                connection.execute("UPDATE sync_state SET origin = ?2 WHERE remote = ?1", (remote, &origin))?;
            }
            connection.execute("DELETE FROM sync_applied WHERE remote = ?1 AND last_seq <= ?2", (remote, upto.seq))?;
            replace_waiting(connection, remote, Direction::Push, waiting, &at)?;
            Ok(((), String::new()))
        })
    }

    /// A pull has ended: what came before this cursor is here but the rows that wait.
    pub fn pulled(&mut self, remote: &str, cursor: &str, before_xid: u64, waiting: &[Waiting]) -> Result<()> {
        let at = timestamp((self.clock.now)());
        self.write(None, |connection| {
            connection.execute("UPDATE sync_state SET pulled_cursor = ?2 WHERE remote = ?1", (remote, cursor))?;
            connection.execute(
                "DELETE FROM sync_pushes WHERE remote = ?1 AND CAST(xid AS INTEGER) < ?2",
                (remote, i64::try_from(before_xid).unwrap_or(i64::MAX)),
            )?;
            replace_waiting(connection, remote, Direction::Pull, waiting, &at)?;
            Ok(((), String::new()))
        })
    }

    /// Writes down when a sync ended.
    pub fn synced(&mut self, remote: &str, at: DateTime<Utc>) -> Result<()> {
        self.write(None, |connection| {
            connection.execute("UPDATE sync_state SET synced_at = ?2 WHERE remote = ?1", (remote, timestamp(at)))?;
            Ok(((), String::new()))
        })
    }

    /// The rows that wait to go this way.
    pub fn waiting(&self, remote: &str, direction: Direction) -> Result<Vec<Waiting>> {
        waiting(&self.connection, remote, direction)
    }

    /// Forgets how far a deployment has come: the next sync compares everything. Nothing is deleted.
    pub fn forget_cursors(&mut self, remote: &str) -> Result<()> {
        self.write(None, |connection| {
            forget(connection, remote)?;
            Ok(((), String::new()))
        })
    }

    /// The deployment has seen a push whose end was not noted here: moves the cursor of pushes on to what it
    /// says it has, if the log knows that row.
    pub fn adopt_pushed(&mut self, remote: &str, origin: Uuid, seq: i64, nonce: i64) -> Result<()> {
        let position = Position { seq, nonce };
        let is_known = position != Position::START && log::holds(&self.connection, "sync", position)?;
        self.write(None, |connection| {
            connection.execute("UPDATE sync_state SET origin = ?2 WHERE remote = ?1", (remote, origin.to_string()))?;
            if is_known {
                connection.execute(
                    "UPDATE sync_state SET pushed_seq = ?2, pushed_nonce = ?3 WHERE remote = ?1 AND pushed_seq < ?2
                        AND pulled_cursor IS NOT NULL",
                    (remote, position.seq, position.nonce),
                )?;
            }
            Ok(((), String::new()))
        })
    }

    /// Whether this mark was made after the last push whose end was noted.
    pub fn is_unfinished_push(&self, remote: &str, origin: Uuid) -> Result<bool> {
        Ok(self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sync_pushes WHERE remote = ?1 AND origin = ?2 AND rowid > coalesce(
                (SELECT p.rowid FROM sync_pushes p JOIN sync_state s ON s.remote = p.remote AND s.origin = p.origin
                 WHERE s.remote = ?1), 0))",
            (remote, origin.to_string()),
            |row| row.get(0),
        )?)
    }

    /// From now on the deployment knows this journal under another id: a copy of it goes on under the old one.
    pub fn part_from_copy(&mut self, remote: &str, replica: Uuid) -> Result<()> {
        self.write(None, |connection| {
            connection.execute(
                "UPDATE sync_state SET replica = ?2, origin = NULL WHERE remote = ?1",
                (remote, replica.to_string()),
            )?;
            forget(connection, remote)?;
            Ok(((), String::new()))
        })
    }
}

fn forget(connection: &Connection, remote: &str) -> Result<()> {
    connection.execute(
        "UPDATE sync_state SET pulled_cursor = NULL, pushed_seq = 0, pushed_nonce = 0 WHERE remote = ?1",
        [remote],
    )?;
    connection.execute("DELETE FROM sync_applied WHERE remote = ?1", [remote])?;
    connection.execute("DELETE FROM sync_waiting WHERE remote = ?1", [remote])?;
    Ok(())
}

pub(super) fn waiting(connection: &Connection, remote: &str, direction: Direction) -> Result<Vec<Waiting>> {
    let mut statement = connection.prepare(
        "SELECT table_name, row_id, base_seq, reason FROM sync_waiting WHERE remote = ?1 AND direction = ?2
         ORDER BY table_name, row_id",
    )?;
    let mut rows = statement.query((remote, direction.name()))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        if let Some(key) = RowKey::parse(&row.get::<_, String>(0)?, &row.get::<_, String>(1)?)? {
            found.push(Waiting { key, base_seq: row.get(2)?, reason: row.get(3)? });
        }
    }
    Ok(found)
}

fn replace_waiting(
    connection: &Connection,
    remote: &str,
    direction: Direction,
    waiting: &[Waiting],
    at: &str,
) -> Result<()> {
    connection.execute("DELETE FROM sync_waiting WHERE remote = ?1 AND direction = ?2", (remote, direction.name()))?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO sync_waiting(remote, direction, table_name, row_id, base_seq, reason, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO UPDATE SET reason = excluded.reason",
    )?;
    for row in waiting {
        let (table, id) = (row.key.table().name, row.key.id());
        insert.execute((remote, direction.name(), table, id, row.base_seq, &row.reason, at))?;
    }
    Ok(())
}
