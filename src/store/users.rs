//! Users.

use super::Store;
use super::value::{read_uuid, timestamp};
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension};
use uuid::Uuid;

/// What stands in `password_hash` for a user without a password: no hash has this form, so nobody
/// can log in with it anywhere.
pub const NO_PASSWORD: &str = "!";

impl Store {
    /// The user with this e-mail address.
    ///
    /// # Errors
    /// Not found, naming the address and the users there are.
    pub fn user(&self, email: &str) -> Result<Uuid> {
        find(&self.connection, email)?.ok_or_else(|| {
            let known = self.emails().unwrap_or_default().join(", ");
            Error::not_found(format!("there is no user '{email}'"))
                .hint(format!("the users of this journal are: {known}"))
        })
    }

    /// The user a command is for when none is named: the first one. Created with this e-mail address
    /// at first use, so that nobody is asked for anything before the first entry.
    pub fn default_user(&mut self, email: &str) -> Result<Uuid> {
        if let Some(id) = first(&self.connection)? {
            return Ok(id);
        }
        let now = (self.clock.now)();
        let id = (self.clock.new_id)(now);
        self.write(None, |connection| {
            // Another process may have been first.
            if let Some(id) = first(connection)? {
                return Ok((id, String::new()));
            }
            connection.execute(
                "INSERT INTO users(id, email, password_hash, created_at, updated_at) VALUES (?1, ?2, ?3, ?4, ?4)",
                (id.to_string(), email, NO_PASSWORD, timestamp(now)),
            )?;
            Ok((id, String::new()))
        })
    }

    /// The first user, when there is one.
    pub fn first_user(&self) -> Result<Option<Uuid>> {
        first(&self.connection)
    }

    fn emails(&self) -> Result<Vec<String>> {
        let mut statement = self.connection.prepare("SELECT email FROM users ORDER BY created_at, id")?;
        Ok(statement.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
    }
}

fn first(connection: &Connection) -> Result<Option<Uuid>> {
    let id: Option<String> = connection
        .query_row("SELECT id FROM users ORDER BY created_at, id LIMIT 1", [], |row| row.get(0))
        .optional()?;
    id.map(|id| read_uuid(&id)).transpose()
}

fn find(connection: &Connection, email: &str) -> Result<Option<Uuid>> {
    let id: Option<String> =
        connection.query_row("SELECT id FROM users WHERE email = ?1", [email], |row| row.get(0)).optional()?;
    id.map(|id| read_uuid(&id)).transpose()
}
