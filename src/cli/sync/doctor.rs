//! Whether the deployment can be used, and what is there and here.

use crate::app::App;
use crate::error::{Kind, Result};
use crate::output::text;
use crate::store::{Direction, REPLICATED};
use crate::sync::health::{Check, counts, examine};
use crate::sync::session::identify;
use serde_json::{Value, json};

pub(super) fn run(app: &mut App) -> Result<u8> {
    let address = app.deployment()?;
    app.user()?;
    let mut remote = address.connect()?;
    let mut checks = examine(&mut remote, app.now())?;
    let mut tables: Vec<(&str, u64, u64)> = Vec::new();
    let mut refused = Vec::new();
    if let Ok(id) = identify(&mut remote) {
        let store = app.store()?;
        let users = store.linked_users(&id)?;
        let linked = !users.is_empty();
        checks.push(Check {
            name: "link",
            is_well: linked,
            detail: if linked { "this journal is linked".into() } else { "this journal is not linked".into() },
            hint: (!linked).then(|| "run `journal sync init`".into()),
        });
        if linked {
            let there = counts(&mut remote, &users)?;
            for (table, (name, there)) in REPLICATED.into_iter().zip(there) {
                tables.push((name, store.count_replicated(table, &users)?, there));
            }
            for direction in [Direction::Push, Direction::Pull] {
                let rows = store.waiting(&id, direction)?.into_iter();
                refused.extend(rows.filter_map(|row| Some((direction, row.key, row.reason?))));
            }
            checks.push(Check {
                name: "refused",
                is_well: refused.is_empty(),
                detail: format!("{} rows were refused", refused.len()),
                hint: (!refused.is_empty()).then(|| "correct them; each sync tries again".into()),
            });
        }
    }
    let is_well = checks.iter().all(|check| check.is_well);
    if app.printer.is_json() {
        let checks: Vec<Value> = checks
            .iter()
            .map(|check| json!({"name": check.name, "ok": check.is_well, "detail": check.detail, "hint": check.hint}))
            .collect();
        let tables: Vec<Value> =
            tables.iter().map(|(name, here, there)| json!({"table": name, "here": here, "there": there})).collect();
        let refused: Vec<Value> = refused
            .iter()
            .map(|(direction, key, reason)| {
                json!({"direction": direction.name(), "table": key.table().name, "id": key.id(), "reason": reason})
            })
            .collect();
        app.printer.json(&json!({"checks": checks, "tables": tables, "refused": refused, "clean": is_well}))?;
        return Ok(if is_well { 0 } else { Kind::Partial.exit_code() });
    }
    for check in &checks {
        let mark = if check.is_well { "ok" } else { "!!" };
        app.printer.line(&format!("{mark}  {}: {}", check.name, check.detail))?;
        if let Some(hint) = &check.hint {
            app.printer.line(&format!("      {hint}"))?;
        }
    }
    for (direction, key, reason) in &refused {
        app.printer.line(&format!("      {} {key}: {reason}", direction.name()))?;
    }
    if !tables.is_empty() {
        let rows = tables.iter().map(|(name, here, there)| vec![name.to_string(), here.to_string(), there.to_string()]);
        let table = text::table(&["Rows of", "Here", "There"], rows.collect(), app.printer.width());
        app.printer.raw(&table)?;
    }
    Ok(if is_well { 0 } else { Kind::Partial.exit_code() })
}
