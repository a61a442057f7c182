//! Lists of entries: filtered, sorted, a page at a time.

use super::filtering::conditions;
use super::value::{read_date, read_timestamp, read_uuid, timestamp};
use super::{Store, row};
use crate::error::{Error, Result};
use crate::journal::entry::Entry;
use crate::journal::filter::Filter;
use crate::journal::mood::Mood;
use chrono::{Datelike, NaiveDate};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, params_from_iter};
use uuid::Uuid;

/// What a list is sorted by. Ties are broken by creation time, then by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SortKey {
    /// `entry_date`.
    #[default]
    Date,
    /// `created_at`.
    Created,
    /// `mood_score`; entries without one come last.
    Mood,
    /// `word_count`.
    Words,
}

impl SortKey {
    fn column(self) -> &'static str {
        match self {
            SortKey::Date => "e.entry_date",
            SortKey::Created => "e.created_at",
            SortKey::Mood => "coalesce(e.mood_score, -9)",
            SortKey::Words => "coalesce(e.word_count, 0)",
        }
    }

    fn name(self) -> &'static str {
        match self {
            SortKey::Date => "date",
            SortKey::Created => "created",
            SortKey::Mood => "mood",
            SortKey::Words => "words",
        }
    }
}

/// The order of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sort {
    /// What is compared.
    pub key: SortKey,
    /// Smallest first instead of largest first.
    pub ascending: bool,
}

/// Where a page ended: names the last entry shown, so that the next page begins after it whatever
/// has been added or deleted meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// The text a person passes to `--cursor`.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// The cursor of the list in this order that goes on after this entry.
    pub fn after(entry: &Entry, sort: Sort) -> Cursor {
        let value = match sort.key {
            SortKey::Date => entry.entry_date.to_string(),
            SortKey::Created => timestamp(entry.created_at),
            SortKey::Mood => entry.mood.map_or(-9.0, |mood| mood.value()).to_string(),
            SortKey::Words => entry.word_count.to_string(),
        };
        let parts = [sort.key.name(), &value, &timestamp(entry.created_at), &entry.id.to_string()].join("|");
        Cursor(data_encoding::BASE64URL_NOPAD.encode(parts.as_bytes()))
    }

    fn read(text: &str, sort: Sort) -> Result<[Value; 3]> {
        let wrong = || {
            Error::usage(format!("'{text}' is not a cursor of a list sorted by {}", sort.key.name()))
                .hint("pass the `cursor` of the last entry of the page before, with the same --sort")
        };
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).map_err(|_| wrong())?;
        let decoded = String::from_utf8(bytes).map_err(|_| wrong())?;
        let [name, value, created, id]: [&str; 4] =
            decoded.split('|').collect::<Vec<_>>().try_into().map_err(|_| wrong())?;
        if name != sort.key.name() {
            return Err(wrong());
        }
        let value = match sort.key {
            SortKey::Date | SortKey::Created => Value::Text(value.to_string()),
            SortKey::Mood => Value::Real(value.parse().map_err(|_| wrong())?),
            SortKey::Words => Value::Integer(value.parse().map_err(|_| wrong())?),
        };
        Ok([value, Value::Text(created.to_string()), Value::Text(id.to_string())])
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct Page {
    /// The entries, in order.
    pub entries: Vec<Entry>,
    /// Where the next page begins; absent on the last page.
    pub next: Option<Cursor>,
}

impl Store {
    /// A page of at most `limit` entries that pass the filter, after `cursor`.
    ///
    /// # Errors
    /// Usage when the cursor is not one of this list; not found when a topic of the filter is not
    /// known.
    pub fn list(&self, user: Uuid, filter: &Filter, sort: Sort, cursor: Option<&str>, limit: usize) -> Result<Page> {
        let mut entries = Vec::new();
        let next = walk(&self.connection, user, filter, sort, cursor, limit, &mut |entry| {
            entries.push(entry);
            Ok(true)
        })?;
        Ok(Page { entries, next })
    }

    /// The first `limit` entries that pass the filter, as [`list`](Store::list) gives them by date: each
    /// with a number that falls as the list goes on, the day and, within it, the second of writing.
    pub fn ids_by_date(&self, user: Uuid, filter: &Filter, limit: usize) -> Result<Vec<(Uuid, f64)>> {
        let (clauses, mut values) = conditions(&self.connection, user, filter)?;
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        let mut statement = self.connection.prepare(&format!(
            "SELECT e.id, e.entry_date, e.created_at FROM journal_entries e
             LEFT JOIN entry_details d ON d.entry_id = e.id WHERE {}
             ORDER BY e.entry_date DESC, e.created_at DESC, e.id DESC LIMIT ?",
            clauses.join(" AND ")
        ))?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut ids = Vec::new();
        while let Some(row) = rows.next()? {
            let day = i64::from(read_date(&row.get::<_, String>(1)?)?.num_days_from_ce());
            let second = read_timestamp(&row.get::<_, String>(2)?)?.timestamp().clamp(0, (1 << 33) - 1);
            // 20 bits for the day and 33 for the second: as many as a double holds exactly.
            ids.push((read_uuid(&row.get::<_, String>(0)?)?, (day * (1 << 33) + second) as f64));
        }
        Ok(ids)
    }

    /// The entry at this place, counted from 0, among those that pass the filter, in the order of their
    /// ids.
    pub fn nth(&self, user: Uuid, filter: &Filter, place: u64) -> Result<Option<Uuid>> {
        let (clauses, mut values) = conditions(&self.connection, user, filter)?;
        values.push(Value::Integer(i64::try_from(place).unwrap_or(i64::MAX)));
        let sql = format!(
            "SELECT e.id FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id
             WHERE {} ORDER BY e.id LIMIT 1 OFFSET ?",
            clauses.join(" AND ")
        );
        let found: Option<String> =
            self.connection.query_row(&sql, params_from_iter(values), |row| row.get(0)).optional()?;
        found.map(|id| read_uuid(&id)).transpose()
    }

    /// The day of the user's first entry.
    pub fn first_day(&self, user: Uuid) -> Result<Option<NaiveDate>> {
        let first: Option<String> = self.connection.query_row(
            "SELECT min(entry_date) FROM journal_entries WHERE user_id = ?1",
            [user.to_string()],
            |row| row.get(0),
        )?;
        first.map(|day| read_date(&day)).transpose()
    }

    /// How many entries pass the filter.
    pub fn count(&self, user: Uuid, filter: &Filter) -> Result<u64> {
        count(&self.connection, user, filter)
    }

    /// The local date and mood of each entry that passes, oldest first: what trends are made of.
    pub fn moods(&self, user: Uuid, filter: &Filter) -> Result<Vec<(NaiveDate, Option<Mood>)>> {
        let (clauses, values) = conditions(&self.connection, user, filter)?;
        let mut statement = self.connection.prepare(&format!(
            "SELECT e.entry_date, e.mood_score FROM journal_entries e
             LEFT JOIN entry_details d ON d.entry_id = e.id WHERE {} ORDER BY e.entry_date, e.id",
            clauses.join(" AND ")
        ))?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut moods = Vec::new();
        while let Some(row) = rows.next()? {
            let mood = row.get::<_, Option<f64>>(1)?.and_then(Mood::from_f64);
            moods.push((read_date(&row.get::<_, String>(0)?)?, mood));
        }
        Ok(moods)
    }
}

/// Hands over, one by one, at most `limit` entries that pass the filter, after `cursor`, until `visit`
/// says no. Returns where to go on when there are more than `limit`.
pub(super) fn walk(
    connection: &Connection,
    user: Uuid,
    filter: &Filter,
    sort: Sort,
    cursor: Option<&str>,
    limit: usize,
    visit: &mut dyn FnMut(Entry) -> Result<bool>,
) -> Result<Option<Cursor>> {
    let (mut clauses, mut values) = conditions(connection, user, filter)?;
    let (column, order, than) =
        (sort.key.column(), if sort.ascending { "ASC" } else { "DESC" }, if sort.ascending { ">" } else { "<" });
    if let Some(cursor) = cursor {
        clauses.push(format!("({column}, e.created_at, e.id) {than} (?, ?, ?)"));
        values.extend(Cursor::read(cursor, sort)?);
    }
    values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX - 1).saturating_add(1)));
    let sql = format!(
        "{} WHERE {} ORDER BY {column} {order}, e.created_at {order}, e.id {order} LIMIT ?",
        row::columns(),
        clauses.join(" AND ")
    );
    let mut statement = connection.prepare(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut last = None;
    for _ in 0..limit {
        let Some(row) = rows.next()? else { return Ok(None) };
        let entry = row::entry(connection, row)?;
        last = Some(Cursor::after(&entry, sort));
        if !visit(entry)? {
            return Ok(None);
        }
    }
    Ok(if rows.next()?.is_some() { last } else { None })
}

pub(super) fn count(connection: &Connection, user: Uuid, filter: &Filter) -> Result<u64> {
    let (clauses, values) = conditions(connection, user, filter)?;
    let sql = format!(
        "SELECT count(*) FROM journal_entries e LEFT JOIN entry_details d ON d.entry_id = e.id WHERE {}",
        clauses.join(" AND ")
    );
    Ok(connection.query_row(&sql, params_from_iter(values), |row| row.get(0))?)
}
