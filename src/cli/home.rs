//! `journal` alone: today, and the last few entries.

use crate::app::App;
use crate::error::Result;
use crate::journal::filter::Filter;
use crate::output::json::EntryJson;
use crate::output::text;
use crate::store::Sort;
use console::Style;
use unicode_width::UnicodeWidthStr;

/// Entries shown.
const RECENT: usize = 7;

pub(super) fn run(app: &mut App) -> Result<()> {
    let today = app.today();
    let user = app.user()?;
    let on_today = Filter { since: Some(today), until: Some(today), ..Filter::default() };
    let store = app.store()?;
    let all = store.count(user, &Filter::default())?;
    let written = store.count(user, &on_today)?;
    let recent = store.list(user, &Filter::default(), Sort::default(), None, RECENT)?.entries;
    let named = super::list::with_ids(app, user, &recent)?;
    if app.printer.is_json() {
        let items: Vec<EntryJson> = named.iter().map(|(id, entry)| EntryJson::brief(entry, Some(id.clone()))).collect();
        return app.printer.json_list(&items);
    }
    let width = app.printer.width();
    if width.is_none() {
        let list = text::list(&named, None);
        return app.printer.raw(&list);
    }
    let count = match written {
        0 => "nothing written yet".to_string(),
        1 => "1 entry".to_string(),
        many => format!("{many} entries"),
    };
    let head = today.format("%A, %-d %B %Y").to_string();
    let counts = format!("{count} today · {all} in all");
    let break_line = width.is_some_and(|width| head.width() + 3 + counts.width() > width);
    let between = if break_line { "\n" } else { " · " };
    app.printer.line(&format!("{}{between}{counts}", Style::new().bold().apply_to(head)))?;
    if recent.is_empty() {
        return app.printer.line("\n`journal add` writes the first entry; `journal --help` shows the rest.");
    }
    let list = text::list(&named, width);
    app.printer.raw(&format!("\n{list}"))
}
