use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::output::text;
use dialoguer::Confirm;

/// Delete entries; `journal undo` brings them back
#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// Ids as `list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(args: &DeleteArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let store = app.store()?;
    let mut ids = Vec::new();
    for id in &args.ids {
        let id = store.resolve(user, id)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut entries = Vec::new();
    for id in &ids {
        entries.push(store.entry(*id)?);
    }
    if !args.yes {
        if !app.can_ask() {
            return Err(Error::usage("deleting needs a yes").hint("pass --yes"));
        }
        let named = super::list::with_ids(app, user, &entries)?;
        let width = app.printer.width().or(Some(80));
        app.printer.note(text::list(&named, width).trim_end());
        let question = if ids.len() == 1 {
            "Delete this entry?".to_string()
        } else {
            format!("Delete these {} entries?", ids.len())
        };
        if !confirm(app, question)? {
            return Ok(());
        }
    }
    app.store()?.delete(user, &ids)?;
    app.wake_analysis();
    if app.printer.is_json() {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        return app.printer.json(&serde_json::json!({"deleted": ids}));
    }
    let what = if ids.len() == 1 { "1 entry".to_string() } else { format!("{} entries", ids.len()) };
    app.printer.note(&format!("Deleted {what}. `journal undo` brings it back."));
    Ok(())
}

/// Asks whether something is to be deleted; says so when it is not.
pub(super) fn confirm(app: &mut App, question: String) -> Result<bool> {
    // Ctrl-C is an answer, and must not leave the terminal without its cursor.
    app.interrupted()?;
    match Confirm::new().with_prompt(question).default(false).interact_opt() {
        Ok(Some(true)) => Ok(true),
        Ok(_) => {
            app.printer.note("Nothing deleted.");
            Ok(false)
        }
        Err(_) => {
            let _ = console::Term::stderr().show_cursor();
            app.printer.note("");
            Err(Error::new(Kind::Interrupted, "interrupted").hint("nothing was deleted"))
        }
    }
}
