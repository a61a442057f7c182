//! What an undo has to mind about users: they take everything along, their passwords are changed for
//! good, and their addresses may be taken.

use super::users::NO_PASSWORD;
use crate::error::{Error, Result};
use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

/// Tables whose rows somebody has written for a user.
pub(super) const OF_A_USER: [&str; 3] = ["journal_entries", "topics", "psychology_insights"];

/// A user who would go takes everything along. One who has more than the `known` rows of the
/// operation has written since, and stays.
pub(super) fn refuse_if_more_would_go(connection: &Connection, user: &str, known: usize) -> Result<()> {
    let counts = OF_A_USER.map(|table| format!("(SELECT count(*) FROM {table} WHERE user_id = ?1)")).join(" + ");
    let there: usize = connection.query_row(&format!("SELECT {counts}"), [user], |row| row.get(0))?;
    if there <= known {
        return Ok(());
    }
    Err(Error::failure("the user has written since").hint("`journal user delete` shows what would go, and asks"))
}

/// Before the image of a user is put back: one who is there keeps the password; one who comes back
/// takes the address again from a user who was made in the meantime and has nothing, as the first
/// command after the deletion makes one.
///
/// # Errors
/// Failure when somebody else has the address for good.
pub(super) fn make_room(connection: &Connection, user: &str, image: &mut Map<String, Value>) -> Result<()> {
    let hash: Option<String> =
        connection.query_row("SELECT password_hash FROM users WHERE id = ?1", [user], |row| row.get(0)).optional()?;
    if let Some(hash) = hash {
        image.insert("password_hash".into(), Value::String(hash));
    }
    let email = image["email"].as_str().unwrap_or_default();
    connection.execute(
        "DELETE FROM users WHERE email = ?1 AND id <> ?2 AND password_hash = ?3 AND profile IS NULL
            AND NOT EXISTS (SELECT 1 FROM journal_entries WHERE user_id = users.id)
            AND NOT EXISTS (SELECT 1 FROM topics WHERE user_id = users.id)
            AND NOT EXISTS (SELECT 1 FROM psychology_insights WHERE user_id = users.id)
            AND NOT EXISTS (SELECT 1 FROM operations WHERE user_id = users.id)",
        (email, user, NO_PASSWORD),
    )?;
    let taken: bool = connection.query_row(
        "SELECT EXISTS (SELECT 1 FROM users WHERE email = ?1 AND id <> ?2)",
        (email, user),
        |row| row.get(0),
    )?;
    if taken {
        return Err(Error::failure(format!("another user has the address '{email}' now"))
            .hint(format!("`journal user edit {email} --email OTHER` makes room")));
    }
    Ok(())
}
