//! What is known about a user, and changing it.

use super::users::{NO_PASSWORD, find};
use super::value::{read_timestamp, read_uuid, timestamp};
use super::{Clock, Store};
use crate::error::{Error, Result};
use crate::journal::email;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use std::fmt;
use uuid::Uuid;

/// A user, without the hash of the password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: Uuid,
    /// The e-mail address, which names the user.
    pub email: String,
    /// Whether there is a password.
    pub has_password: bool,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// When it was changed last.
    pub updated_at: Option<DateTime<Utc>>,
    /// Whether it may be used.
    pub is_active: bool,
    /// What the user says about themselves, a JSON object.
    pub profile: Option<String>,
}

/// What decides whether a command may be for a user. It is never printed.
#[derive(Clone)]
pub struct Credentials {
    /// The user.
    pub id: Uuid,
    /// The e-mail address.
    pub email: String,
    /// Whether the user may be used.
    pub is_active: bool,
    /// What a password is checked against; absent when there is none.
    pub password_hash: Option<String>,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("email", &self.email).finish_non_exhaustive()
    }
}

/// How much belongs to a user: what goes when the user goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Holdings {
    /// Entries.
    pub entries: u64,
    /// Topics of the user's own.
    pub topics: u64,
    /// What models said about the entries.
    pub sentiments: u64,
    /// Insights.
    pub insights: u64,
    /// Sessions.
    pub sessions: u64,
    /// Passages that have a vector.
    pub vectors: u64,
}

/// What an edit of a user changes; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountChange {
    /// Another address.
    pub email: Option<String>,
    /// Another profile; `Some(None)` takes it away.
    pub profile: Option<Option<String>>,
    /// Whether the user may be used.
    pub is_active: Option<bool>,
}

const COLUMNS: &str = "SELECT id, email, password_hash <> '!', created_at, updated_at, coalesce(is_active, 1), profile
    FROM users";

impl Store {
    /// Every user, in the order in which they were made, with the number of their entries.
    pub fn accounts(&self) -> Result<Vec<(Account, u64)>> {
        let mut statement = self.connection.prepare(&format!("{COLUMNS} ORDER BY created_at, id"))?;
        let mut count = self.connection.prepare("SELECT count(*) FROM journal_entries WHERE user_id = ?1")?;
        let mut rows = statement.query([])?;
        let mut accounts = Vec::new();
        while let Some(row) = rows.next()? {
            let account = account(row)?;
            let entries = count.query_row([account.id.to_string()], |row| row.get(0))?;
            accounts.push((account, entries));
        }
        Ok(accounts)
    }

    /// What is known about a user.
    pub fn account(&self, user: Uuid) -> Result<Account> {
        read(&self.connection, user)
    }

    /// What decides whether a command may be for this user.
    pub fn credentials(&self, user: Uuid) -> Result<Credentials> {
        self.connection
            .prepare_cached("SELECT email, coalesce(is_active, 1), password_hash FROM users WHERE id = ?1")?
            .query_row([user.to_string()], |row| {
                let hash: String = row.get(2)?;
                Ok(Credentials {
                    id: user,
                    email: row.get(0)?,
                    is_active: row.get(1)?,
                    password_hash: Some(hash).filter(|hash| hash != NO_PASSWORD),
                })
            })
            .optional()?
            .ok_or_else(gone)
    }

    /// How much belongs to a user.
    pub fn holdings(&self, user: Uuid) -> Result<Holdings> {
        holdings(&self.connection, user)
    }

    /// Makes a user. The step of undo is one of `by`, or of the new user when nobody was there before.
    ///
    /// # Errors
    /// Usage when the address cannot be one, or is taken.
    pub fn add_user(
        &mut self,
        by: Option<Uuid>,
        email: &str,
        password_hash: Option<&str>,
        profile: Option<&str>,
    ) -> Result<Account> {
        let now = (self.clock.now)();
        let id = (self.clock.new_id)(now);
        self.write(Some((by.unwrap_or(id), "user add")), |connection| {
            insert(connection, id, now, email, password_hash.unwrap_or(NO_PASSWORD), profile)?;
            Ok((read(connection, id)?, format!("added the user {email}")))
        })
    }

    /// Changes a user, as a step of undo of `by`.
    ///
    /// # Errors
    /// Usage when the address cannot be one, or is taken; not found when the user is gone.
    pub fn edit_user(&mut self, by: Uuid, user: Uuid, change: &AccountChange) -> Result<Account> {
        let clock = self.clock;
        self.write(Some((by, "user edit")), |connection| {
            let before = read(connection, user)?;
            let email = change.email.as_deref().unwrap_or(&before.email);
            free(connection, user, email)?;
            let profile = change.profile.as_ref().unwrap_or(&before.profile);
            let after = (email, profile, change.is_active.unwrap_or(before.is_active));
            if after == (before.email.as_str(), &before.profile, before.is_active) {
                return Ok((before, String::new()));
            }
            connection.execute(
                "UPDATE users SET email = ?2, profile = ?3, is_active = ?4, updated_at = ?5 WHERE id = ?1",
                (user.to_string(), after.0, after.1, after.2, timestamp(later(clock, &before))),
            )?;
            Ok((read(connection, user)?, format!("changed the user {}", before.email)))
        })
    }

    /// Sets what a password is checked against, or takes it away. It is no step of undo: nobody would
    /// get an old password back by it.
    pub fn set_password(&mut self, user: Uuid, password_hash: Option<&str>) -> Result<()> {
        let clock = self.clock;
        self.write(None, |connection| {
            let before = read(connection, user)?;
            connection.execute(
                "UPDATE users SET password_hash = ?2, updated_at = ?3 WHERE id = ?1",
                (user.to_string(), password_hash.unwrap_or(NO_PASSWORD), timestamp(later(clock, &before))),
            )?;
            Ok(((), String::new()))
        })
    }

    /// Deletes a user with everything that is theirs, as a step of undo of `by`. Says what went.
    pub fn delete_user(&mut self, by: Uuid, user: Uuid) -> Result<Holdings> {
        self.write(Some((by, "user delete")), |connection| {
            let account = read(connection, user)?;
            let held = holdings(connection, user)?;
            connection.execute("DELETE FROM users WHERE id = ?1", [user.to_string()])?;
            let entries = if held.entries == 1 { "1 entry".into() } else { format!("{} entries", held.entries) };
            Ok((held, format!("deleted the user {} with {entries}", account.email)))
        })
    }
}

pub(super) fn insert(
    connection: &Connection,
    id: Uuid,
    now: DateTime<Utc>,
    email: &str,
    password_hash: &str,
    profile: Option<&str>,
) -> Result<()> {
    free(connection, id, email)?;
    // The first user is the one made first: a clock that was put back must not make it another.
    let last: Option<String> = connection.query_row("SELECT max(created_at) FROM users", [], |row| row.get(0))?;
    let last = last.map(|at| read_timestamp(&at)).transpose()?;
    let now = last.map_or(now, |last| now.max(last + chrono::Duration::microseconds(1)));
    connection.execute(
        "INSERT INTO users(id, email, password_hash, created_at, updated_at, profile) VALUES (?1, ?2, ?3, ?4, ?4, ?5)",
        (id.to_string(), email, password_hash, timestamp(now), profile),
    )?;
    Ok(())
}

/// Whether this user may have this address.
fn free(connection: &Connection, user: Uuid, email: &str) -> Result<()> {
    email::check(email)?;
    match find(connection, email)? {
        Some(other) if other != user => Err(Error::usage(format!("there is a user '{email}' already"))
            .hint("`journal user list` shows the users; an address belongs to one of them")),
        _ => Ok(()),
    }
}

/// A clock that stands still or runs back must not hide a change from replication.
fn later(clock: Clock, before: &Account) -> DateTime<Utc> {
    let now = (clock.now)();
    before.updated_at.map_or(now, |at| now.max(at + chrono::Duration::microseconds(1)))
}

fn read(connection: &Connection, user: Uuid) -> Result<Account> {
    let mut statement = connection.prepare_cached(&format!("{COLUMNS} WHERE id = ?1"))?;
    let mut rows = statement.query([user.to_string()])?;
    rows.next()?.map(account).transpose()?.ok_or_else(gone)
}

fn account(row: &Row) -> Result<Account> {
    let time = |column: usize| -> Result<Option<DateTime<Utc>>> {
        row.get::<_, Option<String>>(column)?.map(|at| read_timestamp(&at)).transpose()
    };
    Ok(Account {
        id: read_uuid(&row.get::<_, String>(0)?)?,
        email: row.get(1)?,
        has_password: row.get(2)?,
        created_at: time(3)?,
        updated_at: time(4)?,
        is_active: row.get(5)?,
        profile: row.get(6)?,
    })
}

fn holdings(connection: &Connection, user: Uuid) -> Result<Holdings> {
    let sql = "WITH
            entries AS (SELECT id FROM journal_entries WHERE user_id = ?1),
            own AS (SELECT id FROM topics WHERE user_id = ?1),
            insights AS (SELECT id FROM psychology_insights WHERE user_id = ?1)
        SELECT (SELECT count(*) FROM entries), (SELECT count(*) FROM own),
            (SELECT count(*) FROM sentiment_analysis WHERE entry_id IN (SELECT id FROM entries)),
            (SELECT count(*) FROM insights),
            (SELECT count(*) FROM user_sessions WHERE user_id = ?1),
            (SELECT count(*) FROM passages WHERE subject_id IN
                (SELECT id FROM entries UNION ALL SELECT id FROM own UNION ALL SELECT id FROM insights))";
    Ok(connection.query_row(sql, [user.to_string()], |row| {
        Ok(Holdings {
            entries: row.get(0)?,
            topics: row.get(1)?,
            sentiments: row.get(2)?,
            insights: row.get(3)?,
            sessions: row.get(4)?,
            vectors: row.get(5)?,
        })
    })?)
}

fn gone() -> Error {
    Error::not_found("the user is not there any more").hint("`journal undo` brings back who was deleted last")
}
