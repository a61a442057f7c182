use crate::app::App;
use crate::cli::answers::answered;
use crate::error::Result;
use crate::output::{json, topics};
use crate::store::TopicOrder;
use clap::ValueEnum;

/// List your topics and the system topics in use, with entries, mean mood and day of the last entry
#[derive(Debug, Default, PartialEq, clap::Args)]
pub(super) struct ListArgs {
    /// Also the system topics that no entry of yours has
    #[arg(long)]
    all: bool,
    /// Sort by this [default: entries]
    #[arg(long, value_enum, value_name = "KEY")]
    sort: Option<SortArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum SortArg {
    /// By name
    Name,
    /// Most entries first
    Entries,
    /// Best mood first
    Mood,
}

pub(super) fn run(args: &ListArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let order = match args.sort {
        Some(SortArg::Name) => TopicOrder::Name,
        Some(SortArg::Mood) => TopicOrder::Mood,
        Some(SortArg::Entries) | None => TopicOrder::Entries,
    };
    // Every entry and topic is looked at for this, so the answer is kept while nothing changes.
    let text = answered(app, user, "topics list", &format!("{} {order:?}", args.all), |app| {
        let found = app.store()?.topics(user, args.all, order)?;
        if app.printer.is_json() {
            return app.printer.json_list_text(&found.iter().map(json::topic_use).collect::<Vec<_>>());
        }
        Ok(if found.is_empty() { String::new() } else { topics::uses(&found, app.printer.width()) })
    })?;
    if app.printer.is_json() {
        return app.printer.raw(&text);
    }
    if text.is_empty() {
        app.printer
            .note("No topics yet. A #tag in an entry makes one; `journal topics list --all` shows the system topics.");
        return Ok(());
    }
    app.printer.page(&text)
}
