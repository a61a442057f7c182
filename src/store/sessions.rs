//! Sessions: when a user sat down to write, and for how long. They are no steps of undo.

use super::Store;
use super::value::{read_timestamp, read_uuid, timestamp};
use crate::error::{Error, Result};
use chrono::{DateTime, Utc};
use rusqlite::{OptionalExtension, Row};
use uuid::Uuid;

/// One time of writing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: Uuid,
    /// Whose it is.
    pub user_id: Option<Uuid>,
    /// When it began.
    pub start: Option<DateTime<Utc>>,
    /// When it ended; absent while it lasts.
    pub end: Option<DateTime<Utc>>,
    /// What was done, as JSON: `pages_visited`, `time_spent` in seconds.
    pub activities: Option<String>,
    /// From where; absent for what was done at this machine.
    pub ip_address: Option<String>,
    /// By which program.
    pub user_agent: Option<String>,
}

const COLUMNS: &str =
    "SELECT id, user_id, session_start, session_end, activities, ip_address, user_agent FROM user_sessions";

/// Sessions that last; the index on them holds no others.
const OPEN: &str = "WHERE user_id = ?1 AND session_end IS NULL ORDER BY session_start DESC";

impl Session {
    /// The text to pass to `--cursor` to go on after this session.
    pub fn cursor(&self) -> String {
        let parts = format!("{}|{}", self.start.map(timestamp).unwrap_or_default(), self.id);
        data_encoding::BASE64URL_NOPAD.encode(parts.as_bytes())
    }
}

impl Store {
    /// A session begins now.
    pub fn begin_session(&mut self, id: Uuid, user: Uuid, user_agent: &str, activities: &str) -> Result<()> {
        let now = timestamp((self.clock.now)());
        self.write(None, |connection| {
            connection.execute(
                "INSERT INTO user_sessions(id, user_id, session_start, activities, user_agent) VALUES (?1, ?2, ?3, ?4, ?5)",
                (id.to_string(), user.to_string(), now, activities, user_agent),
            )?;
            Ok(((), String::new()))
        })
    }

    /// A session has ended at this time, or, when the clock was put back meanwhile, when it began.
    pub fn end_session(&mut self, id: Uuid, end: DateTime<Utc>, activities: &str) -> Result<()> {
        self.write(None, |connection| {
            connection.execute(
                "UPDATE user_sessions SET session_end = max(session_start, ?2), activities = ?3
                 WHERE id = ?1 AND session_end IS NULL",
                (id.to_string(), timestamp(end), activities),
            )?;
            Ok(((), String::new()))
        })
    }

    /// The session ended in a way nobody saw: when is not known, so it counts for nothing.
    pub fn abandon_session(&mut self, id: Uuid) -> Result<()> {
        self.write(None, |connection| {
            connection.execute(
                "UPDATE user_sessions SET session_end = session_start,
                    activities = json_set(coalesce(activities, '{}'), '$.interrupted', json('true'))
                 WHERE id = ?1 AND session_end IS NULL",
                [id.to_string()],
            )?;
            Ok(((), String::new()))
        })
    }

    /// The sessions of a user that have not ended, newest first.
    pub fn open_sessions(&self, user: Uuid) -> Result<Vec<Session>> {
        let mut statement = self.connection.prepare_cached(&format!("{COLUMNS} {OPEN}"))?;
        let mut rows = statement.query([user.to_string()])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
    }

    /// The sessions of a user that began at or after `since` and before `until`, newest first.
    ///
    /// # Errors
    /// Usage when the cursor is not one.
    pub fn sessions(
        &self,
        user: Uuid,
        since: Option<DateTime<Utc>>,
        until: Option<DateTime<Utc>>,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Session>> {
        let after = cursor.map(read_cursor).transpose()?;
        let (start, id) = after.unzip();
        let mut statement = self.connection.prepare_cached(&format!(
            "{COLUMNS} WHERE user_id = ?1 AND (?2 IS NULL OR session_start >= ?2) AND (?3 IS NULL OR session_start < ?3)
                AND (?4 IS NULL OR (coalesce(session_start, ''), id) < (?4, ?5))
             ORDER BY coalesce(session_start, '') DESC, id DESC LIMIT ?6"
        ))?;
        let bounds = (since.map(timestamp), until.map(timestamp));
        let mut rows = statement.query((user.to_string(), bounds.0, bounds.1, start, id, limit))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(session(row)?);
        }
        Ok(found)
    }

    /// Whether there is a session with this id that has not ended, and whose it is.
    pub fn open_session_of(&self, id: Uuid) -> Result<Option<Uuid>> {
        let user: Option<String> = self
            .connection
            .query_row(
                "SELECT user_id FROM user_sessions WHERE id = ?1 AND session_end IS NULL",
                [id.to_string()],
                |row| row.get(0),
            )
            .optional()?
            .flatten();
        user.map(|user| read_uuid(&user)).transpose()
    }
}

fn read_cursor(text: &str) -> Result<(String, String)> {
    let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok();
    bytes
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .and_then(|text| text.split_once('|').map(|(start, id)| (start.to_string(), id.to_string())))
        .filter(|(_, id)| Uuid::try_parse(id).is_ok())
        .ok_or_else(|| {
            Error::usage(format!("'{text}' is not a cursor of a list of sessions"))
                .hint("pass the `cursor` of the last session of the page before")
        })
}

fn session(row: &Row) -> Result<Session> {
    let time = |column: usize| -> Result<Option<DateTime<Utc>>> {
        row.get::<_, Option<String>>(column)?.map(|at| read_timestamp(&at)).transpose()
    };
    Ok(Session {
        id: read_uuid(&row.get::<_, String>(0)?)?,
        user_id: row.get::<_, Option<String>>(1)?.map(|id| read_uuid(&id)).transpose()?,
        start: time(2)?,
        end: time(3)?,
        activities: row.get(4)?,
        ip_address: row.get(5)?,
        user_agent: row.get(6)?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::store::Clock;
    use chrono::TimeZone;

    fn store(folder: &std::path::Path) -> Store {
        let now = || Utc.with_ymd_and_hms(2026, 3, 16, 10, 0, 0).unwrap();
        Store::open(folder, Clock { now, new_id: |_| Uuid::new_v4() }).unwrap()
    }

    #[test]
    fn open_sessions_are_found_by_their_index() {
        let folder = tempfile::tempdir().unwrap();
        let store = store(folder.path());
        let plan: Vec<String> = store
            .connection
            .prepare(&format!("EXPLAIN QUERY PLAN {COLUMNS} {OPEN}"))
            .unwrap()
            .query_map(["x"], |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(plan, ["SEARCH user_sessions USING INDEX idx_user_sessions_active (user_id=?)"]);
    }

    #[test]
    fn a_session_begins_and_ends_and_an_abandoned_one_counts_for_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut store = store(folder.path());
        let user = store.default_user("me@localhost").unwrap();
        let (first, second) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let at = |minute| Utc.with_ymd_and_hms(2026, 3, 16, 10, minute, 0).unwrap();
        store.begin_session(first, user, "journal/1", r#"{"pages_visited":["add"],"time_spent":0}"#).unwrap();
        store.begin_session(second, user, "journal/1", "{}").unwrap();
        assert_eq!(store.open_sessions(user).unwrap().len(), 2);
        assert_eq!(store.open_session_of(first).unwrap(), Some(user));
        store.end_session(first, at(20), r#"{"pages_visited":["add"],"time_spent":1200}"#).unwrap();
        store.abandon_session(second).unwrap();
        // What has ended has ended.
        store.end_session(second, at(30), "{}").unwrap();
        store.abandon_session(first).unwrap();
        assert_eq!(store.open_session_of(first).unwrap(), None);
        let all = store.sessions(user, None, None, None, 10).unwrap();
        assert_eq!(
            all.iter().map(|session| (session.id, session.end)).collect::<Vec<_>>(),
            [(second, Some(at(0))), (first, Some(at(20)))]
        );
        assert_eq!(all[0].activities.as_deref(), Some(r#"{"interrupted":true}"#));
        assert!(all[1].activities.as_deref().unwrap().contains("1200"));
        // Pages.
        let page = store.sessions(user, None, None, None, 1).unwrap();
        let next = store.sessions(user, None, None, Some(&page[0].cursor()), 1).unwrap();
        assert_eq!((page[0].id, next[0].id), (second, first));
        assert!(store.sessions(user, None, None, Some(&next[0].cursor()), 1).unwrap().is_empty());
        assert!(store.sessions(user, None, None, Some("nonsense"), 1).is_err());
        assert_eq!(store.sessions(user, Some(at(1)), None, None, 9).unwrap().len(), 0);
        assert_eq!(store.sessions(user, None, Some(at(1)), None, 9).unwrap().len(), 2);
        // A clock that was put back.
        let third = Uuid::from_u128(3);
        store.begin_session(third, user, "journal/1", "{}").unwrap();
        store.end_session(third, at(0) - chrono::Duration::hours(1), "{}").unwrap();
        assert_eq!(store.sessions(user, None, None, None, 1).unwrap()[0].end, Some(at(0)));
        assert!(store.operations(user, 9).unwrap().is_empty(), "no step of undo");
    }
}
