//! One user under another id: the account of a deployment that was made at another machine.

use super::super::Store;
use super::super::tables::TABLES;
use super::super::users::NO_PASSWORD;
use super::super::value::timestamp;
use super::apply::put;
use super::{RowKey, Values, read};
use crate::error::{Error, Kind, Result};
use rusqlite::Connection;
use uuid::Uuid;

/// Where a user is named, beside `users`.
const NAMED: [&str; 4] = ["journal_entries", "topics", "user_sessions", "psychology_insights"];

impl Store {
    /// From now on this user is the account with this row: everything that is theirs goes over to its id, and
    /// address, password and profile are those of the account. What the account has none of stays.
    ///
    /// # Errors
    /// A failure when the account is another user of this journal already.
    pub fn become_account(&mut self, user: Uuid, account: &Values) -> Result<Uuid> {
        let table = &TABLES[0];
        let key = RowKey::of(table, account)?;
        if key.first() == user {
            return Ok(user);
        }
        let now = timestamp((self.clock.now)());
        let text = |name: &str| {
            let at = table.columns.iter().position(|column| column.name == name);
            at.and_then(|at| account.get(at)?.clone())
        };
        let email = text("email").unwrap_or_default();
        self.write(None, |connection| {
            if read(connection, &key)?.is_some() {
                return Err(Error::failure(format!("the account '{email}' is another user of this journal already"))
                    .hint(format!("`journal sync init --user {email}` links that one")));
            }
            let old = RowKey::parse("users", &user.to_string())?;
            let ours = old.map(|old| read(connection, &old)).transpose()?.flatten();
            let ours = ours.ok_or_else(|| Error::new(Kind::NotFound, "the user is gone"))?;
            connection.pragma_update(None, "defer_foreign_keys", true)?;
            rename(connection, user, key.first())?;
            let mut row = account.clone();
            for (at, column) in table.columns.iter().enumerate() {
                let has_none = match column.name {
                    "password_hash" => row[at].as_deref() == Some(NO_PASSWORD),
                    "profile" => row[at].is_none(),
                    _ => false,
                };
                if has_none && row[at] != ours[at] {
                    row[at].clone_from(&ours[at]);
                    if let Some(updated) = table.columns.iter().position(|column| column.name == "updated_at") {
                        row[updated] = Some(now.clone());
                    }
                }
            }
            put(connection, table, &key, &row, true)?.map_err(|refusal| {
                Error::failure(format!("this journal cannot hold the account '{email}': {refusal}"))
            })?;
            Ok((key.first(), String::new()))
        })
    }
}

fn rename(connection: &Connection, from: Uuid, to: Uuid) -> Result<()> {
    let ids = (from.to_string(), to.to_string());
    connection.execute("UPDATE users SET id = ?2 WHERE id = ?1", (&ids.0, &ids.1))?;
    for table in NAMED.iter().chain(&["operations"]) {
        connection.execute(&format!("UPDATE {table} SET user_id = ?2 WHERE user_id = ?1"), (&ids.0, &ids.1))?;
    }
    Ok(())
}
