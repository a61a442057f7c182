use crate::app::App;
use crate::error::Result;
use crate::output::json;

/// Take back the last change, one after another; --redo takes that back
#[derive(Debug, clap::Args)]
pub(super) struct UndoArgs {
    /// Do again what was undone last
    #[arg(long)]
    redo: bool,
}

pub(super) fn run(args: &UndoArgs, app: &mut App) -> Result<()> {
    let user = if args.redo { app.user()? } else { app.undoing_user()? };
    let undone = app.store()?.undo(user, args.redo)?;
    app.wake_analysis();
    if app.printer.is_json() {
        return app.printer.json(&serde_json::json!({
            "operation": json::operation(&undone.operation),
            "rows": undone.rows,
            "redo": args.redo,
        }));
    }
    // The record of an undo reads `undo: deleted …`; a redo speaks of what was undone.
    let summary = undone.operation.summary.trim_start_matches("undo: ");
    let verb = if args.redo { "Done again" } else { "Taken back" };
    app.printer.note(&format!("{verb}: {summary}."));
    Ok(())
}
