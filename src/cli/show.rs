use crate::app::App;
use crate::error::Result;
use crate::output::json::EntryJson;
use crate::output::text;

/// Show entries whole
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Ids as `list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &ShowArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let store = app.store()?;
    let mut entries = Vec::new();
    for id in &args.ids {
        entries.push(store.entry(store.resolve(user, id)?)?);
    }
    let named = super::list::with_ids(app, user, &entries)?;
    if app.printer.is_json() {
        let mut items: Vec<EntryJson> =
            named.iter().map(|(id, entry)| EntryJson::full(entry, Some(id.clone()))).collect();
        // One id, one object; several, an array.
        return match (items.len(), app.printer.format()) {
            (1, crate::output::Format::Json) => app.printer.json(&items.remove(0)),
            _ => app.printer.json_list(&items),
        };
    }
    let (zone, width) = (app.zone(), app.printer.width());
    let whole: Vec<String> = named.iter().map(|(id, entry)| text::whole(entry, id, zone, width)).collect();
    app.printer.page(&whole.join("\n"))
}
