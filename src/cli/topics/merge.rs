use super::{bare, entries, quoted};
use crate::app::App;
use crate::error::Result;
use crate::output::json;
use serde_json::{Value, json as value};

/// Make one topic of several
///
/// Entries that have any of the topics get the one named by --into; an entry that has several keeps the
/// highest relevance. The others are gone then, except that a system topic stays and only loses your
/// entries. Texts stay as you wrote them.
#[derive(Debug, clap::Args)]
pub(super) struct MergeArgs {
    /// The topics that go
    #[arg(required = true, value_name = "FROM")]
    from: Vec<String>,
    /// The topic that stays
    #[arg(long, value_name = "NAME")]
    into: String,
}

pub(super) fn run(args: &MergeArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let from: Vec<String> = args.from.iter().map(|name| bare(name)).collect();
    let merged = app.store()?.merge_topics(user, &from, &bare(&args.into))?;
    app.wake_analysis();
    if app.printer.is_json() {
        let from: Vec<Value> = merged.from.iter().map(json::topic).collect();
        return app.printer.json(&value!({
            "merged": from,
            "into": json::topic(&merged.into),
            "entry_count": merged.entry_count,
        }));
    }
    let names: Vec<String> = merged.from.iter().map(|topic| quoted(&topic.name)).collect();
    app.printer.note(&format!(
        "Merged {} into {}, now on {}. `journal undo` takes it back.",
        names.join(", "),
        quoted(&merged.into.name),
        entries(merged.entry_count),
    ));
    Ok(())
}
