use super::analyze_status::{Pending, pending};
use crate::app::App;
use crate::error::Result;
use crate::output::text;
use serde_json::json;

/// Show what is pending, and why
///
/// Entries and topics are each read by a model of their own; --json names it.
#[derive(Debug, clap::Args)]
pub(super) struct TasksArgs {}

pub(super) fn run(_: &TasksArgs, app: &mut App) -> Result<()> {
    let tasks = pending(app)?;
    if app.printer.is_json() {
        let items: Vec<_> = tasks
            .iter()
            .map(|task| json!({"task_id": task.id, "model_name": task.model, "pending": task.count, "state": task.state, "reason": task.reason}))
            .collect();
        return match app.printer.format() {
            crate::output::Format::JsonLines => app.printer.json_list(&items),
            _ => app.printer.json(&json!({"tasks": items, "running": app.analysis_runs()})),
        };
    }
    let row =
        |task: &Pending| vec![task.id.to_string(), task.count.to_string(), task.state.to_string(), task.reason.clone()];
    if !app.printer.on_terminal() {
        let lines: String = tasks.iter().map(|task| row(task).join("\t") + "\n").collect();
        return app.printer.raw(&lines);
    }
    let table = text::table(&["Task", "Pending", "State", "Why"], tasks.iter().map(row).collect(), app.printer.width());
    app.printer.raw(&table)
}
