use crate::app::App;
use crate::error::Result;
use crate::journal::id::{IdText, shortest_tail};
use crate::journal::when::parse_span;
use crate::output::json::{session, timestamp};
use crate::output::text;
use crate::store::Session;
use chrono::{DateTime, Days, NaiveDate, Utc};
use chrono_tz::Tz;
use serde_json::Value;

/// When you sat down to write, and for how long
///
/// Time in the editor and at questions is kept beside the entries, on this machine like everything
/// else. It is no change that `journal undo` takes back.
#[derive(Debug, clap::Args)]
pub(super) struct SessionArgs {
    #[command(subcommand)]
    verb: SessionVerb,
}

#[derive(Debug, clap::Subcommand)]
enum SessionVerb {
    /// List sessions, newest first
    List(ListArgs),
}

#[derive(Debug, clap::Args)]
struct ListArgs {
    /// From this day on: 2024-05-03, 2024-05, yesterday, "last spring"
    #[arg(long, value_name = "WHEN", alias = "from")]
    since: Option<String>,
    /// Up to this day
    #[arg(long, value_name = "WHEN", alias = "to")]
    until: Option<String>,
    /// Only those that last
    #[arg(long, conflicts_with_all = ["since", "until", "cursor"])]
    open: bool,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Go on after the session with this cursor
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

pub(super) fn run(args: &SessionArgs, app: &mut App) -> Result<()> {
    let SessionVerb::List(args) = &args.verb;
    let today = app.today();
    let span = |text: &Option<String>| text.as_deref().map(|text| parse_span(text, today)).transpose();
    let (since, until) = (span(&args.since)?.map(|span| span.first), span(&args.until)?.map(|span| span.last));
    let user = app.user()?;
    let limit = args.limit.unwrap_or(app.config.list_limit);
    let mut found = if args.open {
        app.store()?.open_sessions(user)?
    } else {
        let since = since.map(|day| begins(app, day));
        let until = until.and_then(|day| day.checked_add_days(Days::new(1))).map(|day| begins(app, day));
        // One more tells whether there are more.
        app.store()?.sessions(user, since, until, args.cursor.as_deref(), limit.saturating_add(1))?
    };
    let more = found.len() > limit;
    found.truncate(limit);
    if app.printer.is_json() {
        let items: Vec<Value> = found.iter().map(session).collect();
        return app.printer.json_list(&items);
    }
    if found.is_empty() {
        app.printer.note("No session. Time in the editor is kept as one.");
        return Ok(());
    }
    let zone = app.zone();
    let Some(width) = app.printer.width() else {
        let lines: String = found.iter().map(line).collect();
        return app.printer.raw(&lines);
    };
    let rows = found.iter().map(|session| row(session, zone)).collect();
    let table = text::table(&["Began", "Ended", "Time", "What", "Entries"], rows, Some(width));
    app.printer.page(&table)?;
    if let Some(last) = found.last().filter(|_| more) {
        app.printer.note(&format!("more: --cursor {}", last.cursor()));
    }
    Ok(())
}

/// When a day begins where the writer is.
fn begins(app: &App, day: NaiveDate) -> DateTime<Utc> {
    app.instant(day, app.config.day_start, app.zone())
}

/// For `cut` and `grep`: began, ended, seconds, what, by which program.
fn line(session: &Session) -> String {
    let seen = Seen::of(session);
    let time = |at: Option<DateTime<Utc>>| at.map(timestamp).unwrap_or_default();
    let agent = text::first_words(session.user_agent.as_deref().unwrap_or_default(), 80);
    format!("{}\t{}\t{}\t{}\t{agent}\n", time(session.start), time(session.end), seen.seconds, seen.pages)
}

fn row(session: &Session, zone: Tz) -> Vec<String> {
    let seen = Seen::of(session);
    let local = |at: DateTime<Utc>, form: &str| at.with_timezone(&zone).format(form).to_string();
    let end = match (session.start, session.end) {
        (_, None) => "open".to_string(),
        (_, Some(_)) if seen.interrupted => "unknown".to_string(),
        (Some(start), Some(end)) if local(start, "%F") == local(end, "%F") => local(end, "%H:%M"),
        (_, Some(end)) => local(end, "%Y-%m-%d %H:%M"),
    };
    vec![
        session.start.map(|at| local(at, "%Y-%m-%d %H:%M")).unwrap_or_default(),
        end,
        if session.end.is_some() { duration(seen.seconds) } else { String::new() },
        seen.pages,
        seen.entries,
    ]
}

/// What the activities say, whoever wrote them.
struct Seen {
    pages: String,
    seconds: u64,
    entries: String,
    interrupted: bool,
}

impl Seen {
    fn of(session: &Session) -> Seen {
        let activities: Value =
            session.activities.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let words = |name: &str| -> Vec<&str> {
            activities[name].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
        };
        let entries: Vec<String> = words("entries")
            .into_iter()
            .filter_map(|id| match IdText::parse(id) {
                Ok(IdText::Whole(id)) => Some(shortest_tail(id, &[id])),
                _ => None,
            })
            .collect();
        let lasted = session.start.zip(session.end).map(|(start, end)| (end - start).num_seconds());
        Seen {
            pages: text::first_words(&words("pages_visited").join(", "), 40),
            seconds: activities["time_spent"].as_u64().unwrap_or(lasted.unwrap_or(0).max(0).unsigned_abs()),
            entries: text::first_words(&entries.join(" "), 40),
            interrupted: activities["interrupted"] == true,
        }
    }
}

/// Seconds as a person says them.
fn duration(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s"),
        60..3600 => format!("{} min", seconds / 60),
        _ => format!("{} h {:02} min", seconds / 3600, seconds / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_as_it_is_said() {
        assert_eq!(
            [0, 59, 60, 3599, 3600, 7530].map(duration),
            ["0 s", "59 s", "1 min", "59 min", "1 h 00 min", "2 h 05 min"]
        );
    }
}
