//! What a mirror of the journal asks: a Redis or a Chroma that follows the change log from outside. Where
//! it stands is kept here, for it cannot keep that itself.

use super::Store;
use super::log;
use super::snapshot::Snapshot;
use super::value::{read_timestamp, read_uuid, timestamp};
use crate::error::Result;
use crate::journal::log::Position;
use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use std::collections::{BTreeSet, HashSet};
use uuid::Uuid;

/// The name of the mirrors in `projection_state`: a migration that changes what they hold says so there.
const MIRRORS: &str = "mirrors";

/// Where a mirror stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// The row of the change log that it has come to.
    pub position: Position,
    /// What the mirror wants to know again, in words of its own.
    pub note: Option<String>,
    /// When it came there.
    pub at: Option<DateTime<Utc>>,
}

/// The rows of the change log that a mirror has still to take: those after it stands, up to one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// Where it stands; without it everything is to be taken, whatever the log says.
    pub after: Option<i64>,
    /// The last row to take.
    pub to: i64,
}

/// What vectors are kept of, as tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Entries.
    Entry,
    /// Topics.
    Topic,
    /// Insights.
    Insight,
}

impl Subject {
    fn table(self) -> &'static str {
        match self {
            Subject::Entry => "journal_entries",
            Subject::Topic => "topics",
            Subject::Insight => "psychology_insights",
        }
    }
}

/// A topic or an insight, as a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    /// Its id.
    pub id: Uuid,
    /// Whose it is; nobody's when it is everybody's.
    pub user: Option<Uuid>,
    /// A topic's name, an insight's type.
    pub name: String,
    /// What a model reads: name and description, or the insight as JSON.
    pub text: String,
}

/// The entries that rows of a span touch: by their own row, their passages, or what a model said. Passages
/// are of topics too, which are no entries; what has been deleted is among them.
const ENTRIES: &str = "SELECT row_id AS id FROM change_log
    WHERE seq > :after AND seq <= :to AND +table_name IN ('journal_entries', 'passages')
  UNION SELECT s.entry_id FROM change_log c JOIN sentiment_analysis s ON s.id = c.row_id
    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name = 'sentiment_analysis'
  UNION SELECT json_extract(before, '$.entry_id') FROM change_log
    WHERE seq > :after AND seq <= :to AND +table_name = 'sentiment_analysis' AND before IS NOT NULL";

/// The users whose rows are touched; NULL for a row that is everybody's.
const USERS: &str = "SELECT row_id AS id FROM change_log WHERE seq > :after AND seq <= :to AND +table_name = 'users'
  UNION SELECT e.user_id FROM change_log c JOIN journal_entries e ON e.id = substr(c.row_id, 1, 36)
    WHERE c.seq > :after AND c.seq <= :to
        AND +c.table_name IN ('journal_entries', 'entry_details', 'entry_topics', 'topic_suggestions', 'passages')
  UNION SELECT e.user_id FROM change_log c JOIN sentiment_analysis s ON s.id = c.row_id
        JOIN journal_entries e ON e.id = s.entry_id
    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name = 'sentiment_analysis'
  UNION SELECT e.user_id FROM change_log c JOIN journal_entries e ON e.id = json_extract(c.before, '$.entry_id')
    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name = 'sentiment_analysis' AND c.before IS NOT NULL
  UNION SELECT t.user_id FROM change_log c JOIN topics t ON t.id = c.row_id
    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name IN ('topics', 'passages')
  UNION SELECT i.user_id FROM change_log c JOIN psychology_insights i ON i.id = c.row_id
    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name = 'psychology_insights'
  UNION SELECT json_extract(before, '$.user_id') FROM change_log
    WHERE seq > :after AND seq <= :to AND before IS NOT NULL
        AND +table_name IN ('journal_entries', 'topics', 'psychology_insights')";

/// Entries in which a model still finds something to do: without passages, or without a judgement.
const UNANALYSED: &str =
    "(NOT EXISTS (SELECT 1 FROM passages p WHERE p.collection = 'user_embeddings' AND p.subject_id = e.id)
    OR NOT EXISTS (SELECT 1 FROM sentiment_analysis s WHERE s.entry_id = e.id))";

impl Snapshot {
    /// Where the mirror of this name stands; nothing when it has to take everything anew, for it has never
    /// followed this journal, or stands in another history of it.
    pub fn followed(&self, name: &str) -> Result<Option<Followed>> {
        followed(self.connection(), name)
    }

    /// The users whose rows are touched by a span; everybody when a row is that is everybody's, such as a
    /// system topic. Who is deleted is among them.
    pub fn users_touched(&self, span: Span) -> Result<BTreeSet<Uuid>> {
        let mut everybody = span.after.is_none();
        let mut users = BTreeSet::new();
        if !everybody {
            for id in self.ids(USERS, span)? {
                match id {
                    Some(id) => drop(users.insert(id)),
                    None => everybody = true,
                }
            }
        }
        if everybody {
            let mut statement = self.connection().prepare_cached("SELECT id FROM users")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                users.extend(id(row)?);
            }
        }
        Ok(users)
    }

    /// The profile of a user, as the column has it.
    pub fn profile(&self, user: Uuid) -> Result<Option<String>> {
        let sql = "SELECT profile FROM users WHERE id = ?1";
        Ok(self.connection().prepare_cached(sql)?.query_row([user.to_string()], |row| row.get(0)).optional()?.flatten())
    }

    /// Whether there is such a user.
    pub fn has_user(&self, user: Uuid) -> Result<bool> {
        Ok(self.connection().prepare_cached("SELECT 1 FROM users WHERE id = ?1")?.exists([user.to_string()])?)
    }

    /// The newest entries among those that a span touches.
    pub fn newest_touched(&self, span: Span, limit: usize) -> Result<Vec<Uuid>> {
        let sql = match span.after {
            None => format!(
                "SELECT e.id FROM journal_entries e WHERE :after = 0 AND :to >= 0 ORDER BY e.created_at DESC LIMIT {limit}"
            ),
            Some(_) => format!(
                "SELECT e.id FROM journal_entries e WHERE e.id IN ({ENTRIES}) ORDER BY e.created_at DESC LIMIT {limit}"
            ),
        };
        Ok(self.ids(&sql, span)?.into_iter().flatten().collect())
    }

    /// The entries among those that a span touches which are not analysed yet, oldest first.
    pub fn unanalysed(&self, span: Span) -> Result<Vec<Uuid>> {
        let touched = match span.after {
            None => ":after = 0 AND :to >= 0".to_string(),
            Some(_) => format!("e.id IN ({ENTRIES})"),
        };
        let sql = format!("SELECT e.id FROM journal_entries e WHERE {touched} AND {UNANALYSED} ORDER BY e.created_at");
        Ok(self.ids(&sql, span)?.into_iter().flatten().collect())
    }

    /// Whether an entry is there and still to be analysed.
    pub fn is_unanalysed(&self, entry: Uuid) -> Result<bool> {
        let sql = format!("SELECT 1 FROM journal_entries e WHERE e.id = ?1 AND {UNANALYSED}");
        Ok(self.connection().prepare_cached(&sql)?.exists([entry.to_string()])?)
    }

    /// The entries that a span touches, those that are gone among them.
    pub fn entries_touched(&self, span: Span) -> Result<HashSet<Uuid>> {
        Ok(self.ids(ENTRIES, span)?.into_iter().flatten().collect())
    }

    /// The entries, topics or insights of which there may be another document or vector: those that a span
    /// touches, or all that have passages in the collection. Those that are gone are among the first.
    pub fn subjects_touched(&self, subject: Subject, collection: &str, span: Span) -> Result<Vec<Uuid>> {
        let sql = match span.after {
            None => format!(
                "SELECT DISTINCT subject_id FROM passages WHERE collection = '{collection}' AND :after = 0 AND :to >= 0"
            ),
            Some(_) => format!(
                "SELECT row_id FROM change_log WHERE seq > :after AND seq <= :to AND +table_name = '{table}'
                 UNION SELECT c.row_id FROM change_log c JOIN {table} t ON t.id = c.row_id
                    WHERE c.seq > :after AND c.seq <= :to AND +c.table_name = 'passages'",
                table = subject.table()
            ),
        };
        Ok(self.ids(&sql, span)?.into_iter().flatten().collect())
    }

    /// The entries, topics and insights that a model has read within a span, or of which vectors have gone.
    pub fn subjects_read(&self, span: Span) -> Result<HashSet<Uuid>> {
        let sql = "SELECT row_id FROM change_log WHERE seq > :after AND seq <= :to AND +table_name = 'passages'";
        Ok(self.ids(sql, span)?.into_iter().flatten().collect())
    }

    /// A topic or an insight; nothing when there is none.
    pub fn described(&self, subject: Subject, wanted: Uuid) -> Result<Option<Described>> {
        let sql = match subject {
            Subject::Insight => "SELECT id, user_id, insight_type, insight_data FROM psychology_insights WHERE id = ?1",
            _ => "SELECT id, user_id, name, trim(name || ' ' || coalesce(description, '')) FROM topics WHERE id = ?1",
        };
        let mut statement = self.connection().prepare_cached(sql)?;
        let mut rows = statement.query([wanted.to_string()])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let user = row.get::<_, Option<String>>(1)?.map(|id| read_uuid(&id)).transpose()?;
        Ok(Some(Described { id: wanted, user, name: row.get(2)?, text: row.get(3)? }))
    }

    /// The vectors of the passages of an entry, each with the hash of its text, in the order of the text.
    pub fn hashed_vectors(&self, entry: Uuid, model: &str) -> Result<Vec<(String, Vec<f32>)>> {
        let mut statement = self.connection().prepare_cached(
            "SELECT x.text_hash, x.id, x.vector FROM passages p JOIN embeddings x ON x.id = p.embedding_id
             WHERE p.collection = 'user_embeddings' AND p.subject_id = ?1 AND p.model = ?2 ORDER BY p.ordinal",
        )?;
        let mut rows = statement.query((entry.to_string(), model))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            let mut vector = Vec::new();
            super::snapshot::read_vector(&row.get::<_, Vec<u8>>(2)?, row.get(1)?, &mut vector)?;
            found.push((row.get(0)?, vector));
        }
        Ok(found)
    }

    /// The first column of what a statement over a span gives, as ids.
    fn ids(&self, sql: &str, span: Span) -> Result<Vec<Option<Uuid>>> {
        let mut statement = self.connection().prepare(sql)?;
        let mut rows = statement.query(&[(":after", &span.after.unwrap_or(0)), (":to", &span.to)][..])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(id(row)?);
        }
        Ok(found)
    }
}

fn id(row: &Row) -> Result<Option<Uuid>> {
    row.get::<_, Option<String>>(0)?.map(|id| read_uuid(&id)).transpose()
}

fn followed(connection: &Connection, name: &str) -> Result<Option<Followed>> {
    let sql = "SELECT pushed_seq, pushed_nonce, pulled_cursor, synced_at FROM sync_state WHERE remote = ?1";
    let found = connection
        .prepare_cached(sql)?
        .query_row([name], |row| {
            let at: Option<String> = row.get(3)?;
            Ok((Position { seq: row.get(0)?, nonce: row.get(1)? }, row.get(2)?, at))
        })
        .optional()?;
    let Some((position, note, at)) = found else { return Ok(None) };
    if !log::holds(connection, MIRRORS, position)? {
        return Ok(None);
    }
    Ok(Some(Followed { position, note, at: at.map(|at| read_timestamp(&at)).transpose()? }))
}

impl Store {
    /// Where the mirror of this name stands, as [`Snapshot::followed`].
    pub fn followed(&self, name: &str) -> Result<Option<Followed>> {
        followed(&self.connection, name)
    }

    /// How many rows of the change log come after this one.
    pub fn log_rows_after(&self, seq: i64) -> Result<u64> {
        let sql = "SELECT count(*) FROM change_log WHERE seq > ?1";
        Ok(self.connection.prepare_cached(sql)?.query_row([seq], |row| row.get(0))?)
    }

    /// Writes down that a mirror has taken everything up to here.
    pub fn follow(&mut self, name: &str, position: Position, note: Option<&str>) -> Result<()> {
        let now = timestamp((self.clock.now)());
        self.write(None, |connection| {
            connection
                .prepare_cached(
                    "INSERT INTO sync_state(remote, pushed_seq, pushed_nonce, pulled_cursor, synced_at)
                     VALUES (?1, ?2, ?3, ?4, ?5)
                     ON CONFLICT (remote) DO UPDATE SET pushed_seq = excluded.pushed_seq,
                        pushed_nonce = excluded.pushed_nonce, pulled_cursor = excluded.pulled_cursor,
                        synced_at = excluded.synced_at",
                )?
                .execute((name, position.seq, position.nonce, note, now))?;
            Ok(((), String::new()))
        })
    }

    /// Forgets where a mirror stands: it takes everything anew. Returns whether it stood anywhere.
    pub fn unfollow(&mut self, name: &str) -> Result<bool> {
        self.write(None, |connection| {
            let gone = connection.execute("DELETE FROM sync_state WHERE remote = ?1", [name])?;
            Ok((gone > 0, String::new()))
        })
    }
}
