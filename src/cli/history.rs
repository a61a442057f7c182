use crate::app::App;
use crate::error::{Error, Result};
use crate::output::{json, text};
use crate::store::Version;
use chrono_tz::Tz;

/// Show the versions of an entry, or the last changes to the journal
#[derive(Debug, clap::Args)]
pub(super) struct HistoryArgs {
    /// Id of an entry, also of a deleted one
    id: Option<String>,
    /// Print the text of this version
    #[arg(long, value_name = "N", requires = "id")]
    version: Option<usize>,
    /// At most so many changes
    #[arg(short = 'n', long, value_name = "N", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(args: &HistoryArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let zone = app.zone();
    let Some(id) = &args.id else {
        let operations = app.store()?.operations(user, args.limit)?;
        if app.printer.is_json() {
            let items: Vec<_> = operations.iter().map(json::operation).collect();
            return app.printer.json_list(&items);
        }
        let rows = operations
            .iter()
            .map(|operation| {
                let state = if operation.undone { "undone" } else { "" };
                vec![
                    local(operation.at, zone),
                    operation.command.clone(),
                    text::safe(&operation.summary),
                    state.to_string(),
                ]
            })
            .collect();
        let table = text::table(&["When", "Command", "What", ""], rows, app.printer.width());
        return app.printer.page(&table);
    };
    let store = app.store()?;
    let id = match store.resolve(user, id) {
        Ok(id) => id,
        Err(error) => store.resolve_deleted(user, id)?.ok_or(error)?,
    };
    let versions = store.versions(id)?;
    if let Some(number) = args.version {
        let version = versions.iter().find(|version| version.number == number).ok_or_else(|| {
            Error::not_found(format!("there is no version {number}: the entry has {}", versions.len()))
        })?;
        if app.printer.is_json() {
            return app.printer.json(&json::version(version));
        }
        return app.printer.line(&version.content);
    }
    if app.printer.is_json() {
        let items: Vec<_> = versions.iter().map(json::version).collect();
        return app.printer.json_list(&items);
    }
    let rows = versions.iter().map(|version| row(version, zone)).collect();
    let table = text::table(&["Version", "Written", "Until", "Day", "Mood", "Text"], rows, app.printer.width());
    app.printer.page(&table)
}

fn row(version: &Version, zone: Tz) -> Vec<String> {
    let until = match (version.until, version.deleted) {
        (Some(at), true) => format!("deleted {}", local(at, zone)),
        (Some(at), false) => local(at, zone),
        (None, _) => "now".into(),
    };
    let words = version.title.as_deref().map(|title| format!("{title} — ")).unwrap_or_default() + &version.content;
    vec![
        version.number.to_string(),
        version.at.map(|at| local(at, zone)).unwrap_or_default(),
        until,
        version.entry_date.clone(),
        version.mood_score.map(|score| format!("{score:+.2}")).unwrap_or_default(),
        text::first_words(&words, 60),
    ]
}

fn local(at: chrono::DateTime<chrono::Utc>, zone: Tz) -> String {
    at.with_timezone(&zone).format("%Y-%m-%d %H:%M:%S").to_string()
}
