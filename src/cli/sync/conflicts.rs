//! What both sides have changed.

use super::{ConflictsArgs, ConflictsVerb, Keep};
use crate::app::App;
use crate::error::{Error, Result};
use crate::output::text;
use crate::store::{Conflict, RowKey, Side};
use serde_json::{Value, json};
use uuid::Uuid;

pub(super) fn run(args: &ConflictsArgs, app: &mut App) -> Result<()> {
    match args.verb {
        None => list(app, false),
        Some(ConflictsVerb::List { all }) => list(app, all),
        Some(ConflictsVerb::Show { id }) => show(app, id),
        Some(ConflictsVerb::Resolve { id, keep }) => resolve(app, id, keep),
    }
}

/// What a version is of, as a person knows it.
fn name(conflict: &Conflict) -> String {
    let row = &conflict.other["row"];
    let text = ["title", "name", "email", "content", "insight_type"].iter().find_map(|column| row[*column].as_str());
    match text {
        Some(text) => text::first_words(text, 40),
        None => conflict.key.id(),
    }
}

fn is_of(app: &mut App, conflict: &Conflict, user: Uuid) -> Result<bool> {
    let row = &conflict.other["row"];
    let owner = match conflict.key.table().name {
        "users" => row["id"].as_str(),
        _ => row["user_id"].as_str(),
    };
    if let Some(owner) = owner {
        return Ok(owner == user.to_string());
    }
    let entry = RowKey::parse("journal_entries", &conflict.key.first().to_string())?;
    Ok(match entry {
        Some(entry) => app.store()?.replicated_row(&entry, &[user])?.is_some(),
        None => false,
    })
}

fn mine(app: &mut App, id: i64) -> Result<(Uuid, Conflict)> {
    let user = app.user()?;
    let conflict = app.store()?.conflict(id)?;
    if !is_of(app, &conflict, user)? {
        return Err(Error::not_found(format!("there is no conflict {id}")).hint("`journal sync conflicts` lists them"));
    }
    Ok((user, conflict))
}

fn document(conflict: &Conflict) -> Value {
    json!({
        "id": conflict.id, "table": conflict.key.table().name, "row_id": conflict.key.id(), "stands": conflict.kept.name(),
        "standing": conflict.standing, "other": conflict.other, "found_at": conflict.found_at,
        "resolved_at": conflict.resolved_at,
    })
}

fn list(app: &mut App, all: bool) -> Result<()> {
    let user = app.user()?;
    let mut conflicts = app.store()?.conflicts(all)?;
    let mut kept = Vec::new();
    for conflict in conflicts.drain(..) {
        if is_of(app, &conflict, user)? {
            kept.push(conflict);
        }
    }
    if app.printer.is_json() {
        return app.printer.json_list(&kept.iter().map(document).collect::<Vec<_>>());
    }
    if kept.is_empty() {
        app.printer.note("Nothing was changed on both sides.");
        return Ok(());
    }
    let rows = kept.iter().map(|conflict| {
        let found = conflict.found_at.get(..16).unwrap_or_default().replace('T', " ");
        let state = if conflict.resolved_at.is_some() { "settled" } else { "" };
        let stands = match (&conflict.standing, conflict.kept) {
            (None, side) => format!("{}: deleted", side.name()),
            (Some(_), side) => side.name().to_string(),
        };
        vec![conflict.id.to_string(), conflict.key.table().name.into(), name(conflict), stands, found, state.into()]
    });
    let table =
        text::table(&["No", "In", "Version that gave way", "Stands", "Found", ""], rows.collect(), app.printer.width());
    app.printer.raw(&table)?;
    app.printer.note("`journal sync conflicts show NO` shows both; `resolve NO --keep ours|theirs` settles one.");
    Ok(())
}

fn show(app: &mut App, id: i64) -> Result<()> {
    let (_, conflict) = mine(app, id)?;
    if app.printer.is_json() {
        return app.printer.json(&document(&conflict));
    }
    let other = conflict.kept.other();
    app.printer.line(&format!("Conflict {id}: {} {}", conflict.key.table().name, conflict.key.id()))?;
    app.printer.line(&format!("\nStands ({}):", conflict.kept.name()))?;
    match &conflict.standing {
        Some(row) => fields(app, row, Some(&conflict.other["row"]))?,
        None => app.printer.line("  deleted")?,
    }
    app.printer.line(&format!("\nGave way ({}):", other.name()))?;
    fields(app, &conflict.other["row"], conflict.standing.as_ref())?;
    if conflict.standing.is_none()
        && let Some(topics) = conflict.other["topics"].as_array().filter(|topics| !topics.is_empty())
    {
        app.printer.line(&format!("  with {} topics", topics.len()))?;
    }
    if conflict.resolved_at.is_none() {
        let command = format!("journal sync conflicts resolve {id} --keep {}", other.name());
        app.printer.note(&format!("`{command}` puts it in the place of what stands."));
    }
    Ok(())
}

/// The fields in which two versions differ; all of one that stands alone.
fn fields(app: &mut App, row: &Value, other: Option<&Value>) -> Result<()> {
    for (name, value) in row.as_object().into_iter().flatten() {
        let differs = other.is_none_or(|other| other[name] != *value);
        if !differs || (value.is_null() && other.is_none()) || name == "password_hash" {
            continue;
        }
        let value = value.as_str().unwrap_or("–").replace('\n', "\n    ");
        app.printer.line(&format!("  {name}: {value}"))?;
    }
    Ok(())
}

fn resolve(app: &mut App, id: i64, keep: Keep) -> Result<()> {
    let (user, conflict) = mine(app, id)?;
    let keep = match keep {
        Keep::Ours => Side::Ours,
        Keep::Theirs => Side::Theirs,
    };
    let written = app.store()?.resolve_conflict(user, id, keep)?;
    if written {
        app.wake_analysis();
    }
    if app.printer.is_json() {
        return app.printer.json(&json!({"id": id, "keep": keep.name(), "changed": written}));
    }
    app.printer.line(&if written {
        format!("“{}” stands now; the next sync takes it to the deployment.", name(&conflict))
    } else {
        "Settled: what stands, stands.".to_string()
    })
}
