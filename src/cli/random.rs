use super::filters::FilterArgs;
use crate::app::{App, pick};
use crate::error::Result;
use crate::output::Format;
use crate::output::json::EntryJson;
use crate::output::text;

/// Show one entry, by chance
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal random
  journal random --mood good --until \"last year\"
  journal random --seed 7 --json")]
pub(super) struct RandomArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// The same number gives the same entry, as long as the journal is the same
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

pub(super) fn run(args: &RandomArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    let store = app.store()?;
    let count = store.count(user, &filter)?;
    let entry = match pick(count, args.seed)? {
        Some(place) => store.nth(user, &filter, place)?.map(|id| store.entry(id)).transpose()?,
        None => None,
    };
    let Some(entry) = entry else {
        if app.printer.format() == Format::Json {
            app.printer.json(&serde_json::Value::Null)?;
        }
        return super::list::nothing(app, user);
    };
    let short = app.store()?.short_id(user, entry.id)?;
    if app.printer.is_json() {
        return app.printer.json(&EntryJson::full(&entry, Some(short)));
    }
    let (zone, width) = (app.zone(), app.printer.width());
    app.printer.page(&text::whole(&entry, &short, zone, width))
}
