use crate::analysis::emotions;
use crate::app::App;
use crate::error::Result;
use crate::journal::entry::Entry;
use crate::output::json::EntryJson;
use crate::output::judgements;
use crate::output::text;

/// Show entries whole
#[derive(Debug, clap::Args)]
pub(super) struct ShowArgs {
    /// Ids as `list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// Also what each model said about the entry, with the model's name and how sure it is; JSON
    /// has it always
    #[arg(long)]
    analysis: bool,
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
    let whole: Vec<String> = named
        .iter()
        .map(|(id, entry)| {
            let said = if args.analysis { judgements::table_of(&entry.sentiments, width) } else { String::new() };
            format!("{}{said}", text::whole(entry, id, zone, width))
        })
        .collect();
    let unread = |entry: &Entry| !entry.sentiments.iter().any(|said| emotions::is_ours(&said.model_name));
    if args.analysis && named.iter().any(|(_, entry)| unread(entry)) {
        app.printer.note("Emotions are missing: `journal tasks` says why.");
    }
    app.printer.page(&whole.join("\n"))
}
