use super::filters::{FilterArgs, PageArgs};
use crate::app::App;
use crate::error::Result;
use crate::journal::entry::Entry;
use crate::output::json::EntryJson;
use crate::output::text;
use crate::store::Cursor;
use uuid::Uuid;

/// List entries, newest first
///
/// On a terminal a ~ behind a mood says that a model inferred it from the text; `journal show` says which.
#[derive(Debug, clap::Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    filter: FilterArgs,
    #[command(flatten)]
    page: PageArgs,
    /// With the whole text
    #[arg(long)]
    full: bool,
    /// Only how many there are
    #[arg(long, conflicts_with_all = ["full", "limit", "cursor"])]
    count: bool,
}

pub(super) fn run(args: ListArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    if args.count {
        let count = app.store()?.count(user, &filter)?;
        return if app.printer.is_json() {
            app.printer.json(&serde_json::json!({"count": count}))
        } else {
            app.printer.line(&count.to_string())
        };
    }
    let limit = args.page.limit.unwrap_or(app.config.list_limit);
    let sort = args.page.sort();
    let page = app.store()?.list(user, &filter, sort, args.page.cursor.as_deref(), limit)?;
    if app.printer.is_json() {
        let mut items = Vec::with_capacity(page.entries.len());
        for entry in &page.entries {
            let short = Some(app.store()?.short_id(user, entry.id)?);
            let mut item = if args.full { EntryJson::full(entry, short) } else { EntryJson::brief(entry, short) };
            item.cursor = Some(Cursor::after(entry, sort).text().to_string());
            items.push(item);
        }
        return app.printer.json_list(&items);
    }
    if page.entries.is_empty() {
        nothing(app, user)?;
        return Ok(());
    }
    let named = with_ids(app, user, &page.entries)?;
    let width = app.printer.width();
    let shown = if args.full {
        let zone = app.zone();
        let whole: Vec<String> = named.iter().map(|(id, entry)| text::whole(entry, id, zone, width)).collect();
        whole.join("\n")
    } else {
        text::list(&named, width)
    };
    app.printer.page(&shown)?;
    if let Some(next) = page.next
        && app.printer.on_terminal()
    {
        app.printer.note(&format!("more: --cursor {}", next.text()));
    }
    Ok(())
}

/// Says that there is nothing, and what to do about it.
pub(super) fn nothing(app: &mut App, user: Uuid) -> Result<()> {
    let empty = app.store()?.count(user, &crate::journal::filter::Filter::default())? == 0;
    app.printer.note(if empty {
        "The journal is empty. `journal add` writes the first entry."
    } else {
        "No entry passes these filters."
    });
    Ok(())
}

/// Each entry with its shortest id.
pub(super) fn with_ids<'a>(app: &mut App, user: Uuid, entries: &'a [Entry]) -> Result<Vec<(String, &'a Entry)>> {
    let store = app.store()?;
    entries.iter().map(|entry| Ok((store.short_id(user, entry.id)?, entry))).collect()
}
