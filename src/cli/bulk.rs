use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::exchange::bulk;
use crate::output::json::timestamp;
use crate::store::{Bulk, MoodUpdate};
use clap::Subcommand;
use serde_json::json;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use uuid::Uuid;

/// Write many moods or sentiments at once
///
/// All lines are one transaction and one step of undo. A line that cannot be read stops everything
/// before anything is written. What could not be applied is reported, and the exit code is 8.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal list --json -n 1000 | jq -c '.[] | .mood_score = 0.5' | journal bulk moods -
  my-model < texts | journal bulk sentiments - --dry-run --json")]
pub(super) struct BulkArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Set moods: lines of {"id", "mood_score", "updated_at"}
    ///
    /// `updated_at` says which version of the entry the mood is for. An entry that has been changed
    /// since keeps its mood and is reported as stale.
    Moods(FileArgs),
    /// Keep what models said: lines of {"entry_id", "model_name", "sentiment_label", "confidence_score"}
    ///
    /// And if known `emotions` (an object of scores), `analyzed_at`, `id`. What the same model said
    /// before about the entry gives way.
    Sentiments(FileArgs),
}

#[derive(Debug, clap::Args)]
struct FileArgs {
    /// A file; `-` reads standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Do everything, report, and take it back
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &BulkArgs, app: &mut App) -> Result<u8> {
    let user = app.user()?;
    let (bulk, dry_run, verb) = match &args.what {
        What::Moods(args) => {
            let mut updates = Vec::new();
            let mut unknown = Vec::new();
            for (number, line) in lines(&args.file)? {
                let read = bulk::read_mood(&line).map_err(|error| at(error, &args.file, number))?;
                match entry(app, user, &read.entry)? {
                    Some(entry) => updates.push(MoodUpdate { entry, mood: read.mood, seen: read.seen }),
                    None => unknown.push(read.entry),
                }
            }
            ((app.store()?.set_moods(user, &updates, args.dry_run)?, unknown), args.dry_run, "set")
        }
        What::Sentiments(args) => {
            let mut judged = Vec::new();
            let mut unknown = Vec::new();
            for (number, line) in lines(&args.file)? {
                let (name, sentiment) =
                    bulk::read_sentiment(&line, || app.new_id()).map_err(|error| at(error, &args.file, number))?;
                match entry(app, user, &name)? {
                    Some(entry) => judged.push((entry, sentiment)),
                    None => unknown.push(name),
                }
            }
            ((app.store()?.put_sentiments(user, &judged, args.dry_run)?, unknown), args.dry_run, "kept")
        }
    };
    report(app, user, &bulk, dry_run, verb)
}

/// What was done, and the entries that nobody knows by the name they were given.
type Done = (Bulk, Vec<String>);

/// The entry a line names; `None` when there is none. A name that fits several is an error.
fn entry(app: &mut App, user: Uuid, name: &str) -> Result<Option<Uuid>> {
    match app.store()?.resolve(user, name) {
        Ok(id) => Ok(Some(id)),
        Err(error) if error.kind() == Kind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn at(error: Error, file: &Path, number: usize) -> Error {
    error.context(format_args!("{}:{number}", file.display()))
}

/// The lines that hold anything, with their numbers.
fn lines(file: &Path) -> Result<Vec<(usize, String)>> {
    let unreadable = |error| Error::io("cannot read", file, error);
    let text = if file == Path::new("-") {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        text
    } else {
        fs::read_to_string(file).map_err(unreadable)?
    };
    let lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    Ok(lines.filter(|(_, line)| !line.trim().is_empty()).map(|(at, line)| (at + 1, line.to_string())).collect())
}

fn report(app: &mut App, user: Uuid, (bulk, unknown): &Done, dry_run: bool, verb: &str) -> Result<u8> {
    let missing: Vec<String> = unknown.iter().cloned().chain(bulk.missing.iter().map(Uuid::to_string)).collect();
    let code = if bulk.stale.is_empty() && missing.is_empty() { 0 } else { Kind::Partial.exit_code() };
    if app.printer.is_json() {
        let stale: Vec<_> = bulk
            .stale
            .iter()
            .map(|stale| {
                json!({
                    "id": stale.update.entry,
                    "seen": timestamp(stale.update.seen),
                    "updated_at": timestamp(stale.updated_at),
                    "mood_score": stale.mood.map(|mood| mood.value()),
                })
            })
            .collect();
        app.printer.json(&json!({
            "written": bulk.written, "unchanged": bulk.unchanged, "stale": stale, "missing": missing, "dry_run": dry_run,
        }))?;
        return Ok(code);
    }
    for stale in &bulk.stale {
        let id = app.store()?.short_id(user, stale.update.entry)?;
        app.printer.warn(&format!("{id} has been changed since {}: not applied", timestamp(stale.update.seen)));
    }
    for name in &missing {
        app.printer.warn(&format!("there is no entry '{name}'"));
    }
    let mut parts = vec![format!("{} {}{verb}", bulk.written.len(), if dry_run { "would be " } else { "" })];
    for (count, what) in
        [(bulk.unchanged.len(), "unchanged"), (bulk.stale.len(), "stale"), (missing.len(), "not found")]
    {
        if count > 0 {
            parts.push(format!("{count} {what}"));
        }
    }
    app.printer.line(&format!("{}.", parts.join(", ")))?;
    Ok(code)
}
