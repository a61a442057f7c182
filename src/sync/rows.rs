//! How the replicated tables look on the server: where they stand, and how their rows become text and back.

use super::postgres::explain;
use crate::error::{Error, Result};
use crate::store::{ColumnType, RowKey, Table, Values, canonical};
use postgres::{GenericClient, Portal, Row, Transaction};
use uuid::Uuid;

/// Where a table stands: the architecture's where the connection finds them, ours in a schema of their own.
pub(super) fn place(table: &Table) -> String {
    match table.name {
        "entry_details" | "topic_suggestions" => format!("journal_cli.{}", table.name),
        name => name.to_string(),
    }
}

/// The columns of a row `t` as text that the journal reads.
pub(super) fn as_text(table: &Table) -> String {
    table.columns.iter().map(|column| text_of(column.kind, column.name)).collect::<Vec<_>>().join(", ")
}

fn text_of(kind: ColumnType, name: &str) -> String {
    match kind {
        // What is outside these years stays as the server writes it, and is refused by name.
        ColumnType::Timestamp => format!(
            "CASE WHEN t.{name} >= '0001-01-01 00:00:00+00' AND t.{name} < '10000-01-01 00:00:00+00' \
             THEN to_char(t.{name} AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') ELSE t.{name}::text END"
        ),
        _ => format!("t.{name}::text"),
    }
}

/// As [`as_text`], but of a long text only what tells it from another.
pub(super) fn as_fingerprint(table: &Table) -> String {
    let column = |column: &crate::store::Column| match column.kind {
        ColumnType::IndexedText => format!("encode(sha256(convert_to(t.{}, 'UTF8')), 'hex')", column.name),
        kind => text_of(kind, column.name),
    };
    table.columns.iter().map(column).collect::<Vec<_>>().join(", ")
}

/// The condition that a row `t` belongs to one of the users in this parameter.
pub(super) fn owned(table: &Table, users: &str) -> String {
    match table.name {
        "users" => format!("t.id = ANY({users})"),
        "journal_entries" | "topics" | "user_sessions" | "psychology_insights" => format!("t.user_id = ANY({users})"),
        _ => format!("EXISTS (SELECT FROM journal_entries e WHERE e.id = t.entry_id AND e.user_id = ANY({users}))"),
    }
}

/// As [`owned`], with what is everybody's.
pub(super) fn readable(table: &Table, users: &str) -> String {
    match table.name {
        "topics" => format!("(t.user_id = ANY({users}) OR t.user_id IS NULL)"),
        _ => owned(table, users),
    }
}

/// The condition that two rows have the same key.
pub(super) fn same_key(table: &Table, one: &str, other: &str) -> String {
    table.key.iter().map(|key| format!("{one}.{key} = {other}.{key}")).collect::<Vec<_>>().join(" AND ")
}

/// The key of a row as the notes of changes write it.
pub(super) fn key_text(table: &Table, row: &str) -> String {
    table.key.iter().map(|key| format!("{row}.{key}::text")).collect::<Vec<_>>().join(" || '/' || ")
}

/// The condition that a row `t` is one of those whose keys are in the parameters one and two.
pub(super) fn among(table: &Table, first: usize) -> String {
    match table.key {
        [one, two] => format!("(t.{one}, t.{two}) IN (SELECT * FROM unnest(${first}::uuid[], ${}::uuid[]))", first + 1),
        // The second parameter has to be named for its type to be known.
        [one, ..] => format!("t.{one} = ANY(${first}::uuid[]) AND ${}::uuid[] IS NOT NULL", first + 1),
        [] => "false".into(),
    }
}

/// The keys as two parameters.
pub(super) fn split(keys: &[RowKey]) -> (Vec<Uuid>, Vec<Uuid>) {
    keys.iter().map(|key| (key.first(), key.second())).unzip()
}

/// A row as the journal would hold it, or why it cannot.
pub(super) type Readable = std::result::Result<Values, String>;

/// Reads a row of [`as_text`].
pub(super) fn read(table: &Table, row: &Row) -> Result<Readable> {
    let mut values = Values::with_capacity(table.columns.len());
    for (at, column) in table.columns.iter().enumerate() {
        let text: Option<String> = row.try_get(at).map_err(|error| explain(&error))?;
        values.push(match text {
            None => None,
            Some(text) => match canonical(column.kind, &text) {
                Ok(value) => value,
                Err(reason) => return Ok(Err(format!("{}.{} {reason}", table.name, column.name))),
            },
        });
    }
    Ok(Ok(values))
}

/// The rows with these keys, as far as they are there and readable by these users.
pub(super) fn fetch(
    client: &mut impl GenericClient,
    keys: &[RowKey],
    users: &[Uuid],
) -> Result<Vec<(RowKey, Readable)>> {
    let Some(table) = keys.first().map(RowKey::table) else { return Ok(Vec::new()) };
    let sql = format!(
        "SELECT {}, {} FROM {} t WHERE {} AND {}",
        as_text(table),
        key_text(table, "t"),
        place(table),
        among(table, 1),
        readable(table, "$3")
    );
    let (first, second) = split(keys);
    let rows = client.query(&sql, &[&first, &second, &users]).map_err(|error| explain(&error))?;
    rows.iter().map(|row| Ok((key(table, row.get(table.columns.len()))?, read(table, row)?))).collect()
}

/// Opens all rows of a table that these users may read.
pub(super) fn open_all(transaction: &mut Transaction<'_>, table: &Table, users: &[Uuid]) -> Result<Portal> {
    let sql = format!(
        "SELECT {}, {} FROM {} t WHERE {}",
        as_text(table),
        key_text(table, "t"),
        place(table),
        readable(table, "$1")
    );
    transaction.bind(&sql, &[&users]).map_err(|error| explain(&error))
}

/// The next rows of these, at most so many.
pub(super) fn next_of(
    transaction: &mut Transaction<'_>,
    portal: &Portal,
    table: &Table,
    limit: usize,
) -> Result<Vec<(RowKey, Readable)>> {
    let limit = i32::try_from(limit).unwrap_or(i32::MAX);
    let rows = transaction.query_portal(portal, limit).map_err(|error| explain(&error))?;
    rows.iter().map(|row| Ok((key(table, row.get(table.columns.len()))?, read(table, row)?))).collect()
}

/// How many rows of a table these users may read.
pub(super) fn count(transaction: &mut Transaction<'_>, table: &Table, users: &[Uuid]) -> Result<usize> {
    let sql = format!("SELECT count(*) FROM {} t WHERE {}", place(table), readable(table, "$1"));
    let row = transaction.query_one(&sql, &[&users]).map_err(|error| explain(&error))?;
    Ok(usize::try_from(row.get::<_, i64>(0)).unwrap_or(0))
}

/// The key that a note of a change names.
pub(super) fn key(table: &Table, id: &str) -> Result<RowKey> {
    RowKey::parse(table.name, id)?.ok_or_else(|| Error::failure(format!("{} is not replicated", table.name)))
}

/// A row as a line of COPY, with the key as text behind it where it is asked for.
pub(super) fn copy_line(row: &Values, key: Option<&RowKey>, line: &mut String) {
    for (at, value) in row.iter().enumerate() {
        if at > 0 {
            line.push('\t');
        }
        match value {
            None => line.push_str("\\N"),
            Some(text) => escape(text, line),
        }
    }
    if let Some(key) = key {
        line.push('\t');
        line.push_str(&key.id());
    }
    line.push('\n');
}

fn escape(text: &str, line: &mut String) {
    let mut from = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escaped = match byte {
            b'\\' => "\\\\",
            b'\n' => "\\n",
            b'\r' => "\\r",
            b'\t' => "\\t",
            _ => continue,
        };
        line.push_str(&text[from..at]);
        line.push_str(escaped);
        from = at + 1;
    }
    line.push_str(&text[from..]);
}
