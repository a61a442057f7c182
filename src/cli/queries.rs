//! `journal doctor --queries`, and what every command leaves for it.

use crate::app::App;
use crate::care::queries::{Report, report};
use crate::care::statements::{self, milliseconds};
use crate::error::{Error, Result};
use crate::output::text;
use crate::store::{Statement, take_statements};
use console::Style;
use serde_json::{Value, json};
use std::time::Duration;

/// Leaves the costs of this command's statements. A failure here is none of the command's.
pub(super) fn record(app: &App) {
    let statements = take_statements();
    if statements.is_empty() {
        return;
    }
    let _ = statements::record(&app.paths.statements_log(), &statements, app.now());
    let bound = Duration::from_millis(app.config.slow_statement_ms);
    let slow: Vec<&Statement> = statements.iter().filter(|one| one.max >= bound).collect();
    if !slow.is_empty() {
        let plan = |query: &str| Some(app.store_if_open()?.plan(query)?.lines);
        let _ = statements::record_slow(&app.paths.slow_log(), &slow, plan, app.now());
    }
}

/// Shows what was recorded.
pub(super) fn show(app: &mut App, limit: usize) -> Result<()> {
    let path = app.paths.statements_log();
    let recorded = statements::read(&path).map_err(|error| Error::io("cannot read", &path, error))?;
    let report = report(app.store()?, recorded)?;
    if app.printer.is_json() {
        return app.printer.json(&document(&report, limit));
    }
    if report.queries.is_empty() {
        return app.printer.line("Nothing has been recorded yet: every command leaves what its statements cost.");
    }
    let since = report.since.as_deref().map(|since| format!(" since {}", since.get(..10).unwrap_or(since)));
    app.printer.line(&format!(
        "{} calls of {} statements{}.",
        report.calls,
        report.queries.len(),
        since.unwrap_or_default()
    ))?;
    let width = app.printer.width();
    let bold = Style::new().bold();
    app.printer.line(&format!("\n{}", bold.apply_to("Slowest statements (times in ms)")))?;
    let rows = report.queries.iter().take(limit).map(|query| {
        let one = &query.statement;
        let plan = query.plan.as_ref().map_or("cannot be run on this schema".into(), |plan| plan.lines.join("; "));
        vec![
            format!("{:.1}", milliseconds(one.total)),
            one.calls.to_string(),
            format!("{:.3}", milliseconds(one.total) / one.calls.max(1) as f64),
            one.query.clone(),
            plan,
        ]
    });
    let table = text::table(&["Total", "Calls", "Mean", "Query", "Plan"], rows.collect(), width);
    app.printer.raw(&table)?;

    app.printer.line(&format!("\n{}", bold.apply_to("Indexes that none of them reads")))?;
    if report.unused.is_empty() {
        app.printer.line("None.")?;
    } else {
        let rows = report
            .unused
            .iter()
            .map(|unused| vec![unused.table.clone(), unused.index.clone(), unused.calls.to_string()]);
        let table = text::table(&["Table", "Index", "Calls on the table"], rows.collect(), width);
        app.printer.raw(&table)?;
        app.printer.line("An index that was not read so far may serve a command that was not used so far.")?;
    }

    app.printer.line(&format!("\n{}", bold.apply_to("Tables read from end to end")))?;
    if report.scanned.is_empty() {
        return app.printer.line("None.");
    }
    let rows = report.scanned.iter().take(limit).map(|table| {
        vec![
            table.table.clone(),
            table.scans.to_string(),
            table.scanned_rows.to_string(),
            format!("{:.0}", table.scanned_rows as f64 / table.scans.max(1) as f64),
            table.rows.to_string(),
            table.queries.join("; "),
        ]
    });
    let table = text::table(&["Table", "Scans", "Rows read", "Per scan", "Rows now", "Queries"], rows.collect(), width);
    app.printer.raw(&table)
}

/// Columns are named as in the server's statistics.
fn document(report: &Report, limit: usize) -> Value {
    let statements: Vec<Value> = report
        .queries
        .iter()
        .take(limit)
        .map(|query| {
            let one = &query.statement;
            json!({
                "query": one.query, "calls": one.calls, "total_time": milliseconds(one.total),
                "mean_time": milliseconds(one.total) / one.calls.max(1) as f64, "max_time": milliseconds(one.max),
                "plan": query.plan.as_ref().map(|plan| &plan.lines),
            })
        })
        .collect();
    let unused: Vec<Value> = report
        .unused
        .iter()
        .map(|unused| json!({"tablename": unused.table, "indexname": unused.index, "calls": unused.calls}))
        .collect();
    let scanned: Vec<Value> = report
        .scanned
        .iter()
        .take(limit)
        .map(|table| {
            json!({
                "tablename": table.table, "seq_scan": table.scans, "seq_tup_read": table.scanned_rows,
                "avg_rows_per_scan": table.scanned_rows / table.scans.max(1), "rows": table.rows,
                "queries": table.queries,
            })
        })
        .collect();
    json!({
        "statements": statements, "unused_indexes": unused, "table_scans": scanned,
        "calls": report.calls, "since": report.since,
    })
}

/// Forgets what was recorded.
pub(super) fn reset(app: &mut App) -> Result<()> {
    statements::reset(&app.paths.statements_log())?;
    if app.printer.is_json() {
        return app.printer.json(&json!({"statements": []}));
    }
    app.printer.note("What statements have cost is forgotten; recording begins anew.");
    Ok(())
}
