use super::{bare, entries, quoted};
use crate::app::App;
use crate::cli::ask;
use crate::error::{Error, Result};
use crate::journal::topic::Topic;
use crate::output::json;
use serde_json::{Value, json as value};

/// Delete topics of your own; their entries stay, and `journal undo` brings them back
#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// The topics
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn run(args: &DeleteArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let names: Vec<String> = args.names.iter().map(|name| bare(name)).collect();
    let named = app.store()?.topics_named(user, &names)?;
    if !args.yes && named.iter().all(|(topic, _)| !topic.is_shared()) {
        if !app.can_ask() {
            return Err(Error::usage("deleting needs a yes").hint("pass --yes"));
        }
        let list: Vec<String> = named.iter().map(told).collect();
        app.printer.note(&list.join("\n"));
        let question = match &named[..] {
            [_] => "Delete this topic?".to_string(),
            many => format!("Delete these {} topics?", many.len()),
        };
        if !ask::confirm(app, &question, "nothing was deleted")? {
            app.printer.note("Nothing deleted.");
            return Ok(());
        }
    }
    let deleted = app.store()?.delete_topics(user, &names)?;
    app.wake_analysis();
    if app.printer.is_json() {
        let deleted: Vec<Value> = deleted
            .iter()
            .map(|(topic, count)| {
                let mut shown = json::topic(topic);
                shown["entry_count"] = value!(count);
                shown
            })
            .collect();
        return app.printer.json(&value!({"deleted": deleted}));
    }
    for topic in &deleted {
        app.printer.note(&format!("Deleted {}.", told(topic)));
    }
    app.printer.note("`journal undo` brings it back.");
    Ok(())
}

fn told((topic, count): &(Topic, u64)) -> String {
    let lose = if *count == 1 { "loses" } else { "lose" };
    format!("the topic {}: {} {lose} it", quoted(&topic.name), entries(*count))
}
