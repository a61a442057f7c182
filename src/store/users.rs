//! Which users there are, and which one a command is for.

use super::Store;
use super::accounts::insert;
use super::value::read_uuid;
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
            let hint = if self.deleted_user(Some(email)).is_ok_and(|user| user.is_some()) {
                "it was deleted; `journal undo` with the same --user brings it back".to_string()
            } else if known.is_empty() {
                "this journal has no user yet; `journal user add` makes one".to_string()
            } else {
                format!("the users of this journal are: {known}; `journal user use` chooses one")
            };
            Error::not_found(format!("there is no user '{email}'")).hint(hint)
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
            insert(connection, id, now, email, NO_PASSWORD, None)?;
            Ok((id, String::new()))
        })
    }

    /// The first user, when there is one.
    pub fn first_user(&self) -> Result<Option<Uuid>> {
        first(&self.connection)
    }

    /// The user who deleted themselves, with that as the last thing they did, so that only an undo can
    /// bring them back: the one with this e-mail address, or else the last, if nobody has done
    /// anything since.
    pub fn deleted_user(&self, email: Option<&str>) -> Result<Option<Uuid>> {
        // An operation on the log of changes bears who ran it; the row that went bears the address.
        let sql = "SELECT o.user_id FROM operations o
             JOIN change_log c ON c.seq BETWEEN o.first_seq AND o.last_seq
                AND +c.table_name = 'users' AND c.op = 'delete' AND c.row_id = o.user_id
             WHERE o.command = 'user delete' AND NOT EXISTS (SELECT 1 FROM users u WHERE u.id = o.user_id)
                AND NOT EXISTS (SELECT 1 FROM operations u WHERE u.undoes = o.id
                    AND NOT EXISTS (SELECT 1 FROM operations r WHERE r.undoes = u.id))
                AND CASE WHEN ?1 IS NULL THEN
                    NOT EXISTS (SELECT 1 FROM operations n WHERE n.id > o.id AND n.command NOT IN ('undo', 'redo'))
                ELSE
                    json_extract(c.before, '$.email') = ?1
                    AND NOT EXISTS (SELECT 1 FROM operations n JOIN users u ON u.id = n.user_id
                        WHERE u.email = ?1 AND n.id > o.id)
                END
             ORDER BY o.id DESC LIMIT 1";
        let id: Option<String> = self.connection.query_row(sql, [email], |row| row.get(0)).optional()?;
        id.map(|id| read_uuid(&id)).transpose()
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

pub(super) fn find(connection: &Connection, email: &str) -> Result<Option<Uuid>> {
    let id: Option<String> =
        connection.query_row("SELECT id FROM users WHERE email = ?1", [email], |row| row.get(0)).optional()?;
    id.map(|id| read_uuid(&id)).transpose()
}
