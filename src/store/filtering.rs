//! Filters as SQL.

use super::topics::{self, fold};
use crate::error::Result;
use crate::journal::filter::{Condition, Filter, Part, Test, TopicTest};
use rusqlite::Connection;
use rusqlite::types::Value;
use std::collections::HashSet;
use uuid::Uuid;

/// The filter as SQL over `e` (entries) and `d` (details).
pub(super) fn conditions(connection: &Connection, user: Uuid, filter: &Filter) -> Result<(Vec<String>, Vec<Value>)> {
    let mut clauses = vec!["e.user_id = ?".to_string()];
    let mut values = vec![Value::Text(user.to_string())];
    if let Some(since) = filter.since {
        clauses.push("e.entry_date >= ?".into());
        values.push(Value::Text(since.to_string()));
    }
    if let Some(until) = filter.until {
        clauses.push("e.entry_date <= ?".into());
        values.push(Value::Text(until.to_string()));
    }
    if let Some(mood) = filter.mood {
        clauses.push("e.mood_score BETWEEN ? AND ?".into());
        values.push(Value::Real(mood.min as f64 / 100.0));
        values.push(Value::Real(mood.max as f64 / 100.0));
    }
    if let Some(starred) = filter.starred {
        clauses.push("coalesce(d.starred, 0) = ?".into());
        values.push(Value::Integer(i64::from(starred)));
    }
    for TopicTest { any_of, negated } in &filter.topics {
        let not = if *negated { "NOT " } else { "" };
        clauses.push(format!("{not}{}", has_topic(connection, user, any_of, &mut values)?));
    }
    for condition in &filter.conditions {
        clauses.push(condition_sql(connection, user, condition, &mut values)?);
    }
    Ok((clauses, values))
}

/// A condition as SQL that is true or false, never unknown, so that it can be turned round.
fn condition_sql(
    connection: &Connection,
    user: Uuid,
    condition: &Condition,
    values: &mut Vec<Value>,
) -> Result<String> {
    let (parts, between, of_none) = match condition {
        Condition::Test(test) => return test_sql(connection, user, test, values),
        Condition::Not(inner) => return Ok(format!("NOT {}", condition_sql(connection, user, inner, values)?)),
        Condition::All(parts) => (parts, " AND ", "1"),
        Condition::Any(parts) => (parts, " OR ", "0"),
    };
    let parts: Vec<String> =
        parts.iter().map(|part| condition_sql(connection, user, part, values)).collect::<Result<_>>()?;
    Ok(if parts.is_empty() { of_none.to_string() } else { format!("({})", parts.join(between)) })
}

fn test_sql(connection: &Connection, user: Uuid, test: &Test, values: &mut Vec<Value>) -> Result<String> {
    Ok(match test {
        Test::Topic(name) => return has_topic(connection, user, std::slice::from_ref(name), values),
        Test::Mood(range) => {
            values.extend([range.min, range.max].map(|bound| Value::Real(bound as f64 / 100.0)));
            "coalesce(e.mood_score BETWEEN ? AND ?, 0)".into()
        }
        Test::Since(day) => {
            values.push(Value::Text(day.to_string()));
            "(e.entry_date >= ?)".into()
        }
        Test::Until(day) => {
            values.push(Value::Text(day.to_string()));
            "(e.entry_date <= ?)".into()
        }
        Test::Starred => "(coalesce(d.starred, 0) = 1)".into(),
        Test::Has(Part::Title) => "(trim(coalesce(e.title, '')) <> '')".into(),
        Test::Has(Part::Mood) => "(e.mood_score IS NOT NULL)".into(),
        Test::Has(Part::Topic) => "EXISTS (SELECT 1 FROM entry_topics et WHERE et.entry_id = e.id)".into(),
        // Nobody said which entries those are.
        Test::Like(_) => "0".into(),
        Test::Among(ids) => {
            let ids: Vec<String> = ids.iter().map(|id| format!("\"{id}\"")).collect();
            values.push(Value::Text(format!("[{}]", ids.join(","))));
            "(e.id IN (SELECT value FROM json_each(?)))".into()
        }
    })
}

/// That an entry has one of these topics.
///
/// # Errors
/// Not found when one of them is not known.
fn has_topic(connection: &Connection, user: Uuid, names: &[String], values: &mut Vec<Value>) -> Result<String> {
    let wanted: Vec<String> = names.iter().map(|name| fold(name)).collect();
    let mut ids = Vec::new();
    let mut found = HashSet::new();
    let mut statement =
        connection.prepare_cached("SELECT name, id FROM topics WHERE user_id = ?1 OR user_id IS NULL")?;
    let mut rows = statement.query([user.to_string()])?;
    while let Some(row) = rows.next()? {
        let name = fold(&row.get::<_, String>(0)?);
        if wanted.contains(&name) {
            ids.push(Value::Text(row.get(1)?));
            found.insert(name);
        }
    }
    if let Some(unknown) = names.iter().find(|name| !found.contains(&fold(name))) {
        return Err(topics::unknown(connection, user, unknown)?);
    }
    let marks = vec!["?"; ids.len()].join(", ");
    values.extend(ids);
    Ok(format!("EXISTS (SELECT 1 FROM entry_topics et WHERE et.entry_id = e.id AND et.topic_id IN ({marks}))"))
}
