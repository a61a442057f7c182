use super::answers::answered;
use super::filters::FilterArgs;
use crate::analysis::statistics::statistics;
use crate::app::App;
use crate::error::Result;
use crate::journal::filter::Filter;
use crate::output::Format;
use crate::output::statistics::Shown;
use crate::store::Store;
use chrono::{DateTime, Days, NaiveDate, Utc};
use serde_json::Value;
use uuid::Uuid;

/// Show how much you write, and when: streaks, days, weekdays, hours, months, topics
///
/// A streak is a run of days with an entry; one that ended yesterday is still current, for today is
/// not over. Hours are local where you were; an entry that was given a bare date has none. Words are
/// counted as the schema counts them, between single spaces.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal stats
  journal stats --on 2025 --topic work
  journal stats --json | jq .user_statistics
  journal stats | awk -F'\\t' '$1 == \"month\"'      tab-separated in a pipe")]
pub(super) struct StatsArgs {
    #[command(flatten)]
    filter: FilterArgs,
}

/// How many topics are shown.
const TOPICS: usize = 5;

pub(super) fn run(args: &StatsArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let (user, today) = (app.user()?, app.today());
    if filter.is_open() && app.printer.format() == Format::Json {
        let text = super::analytics::statistics(app, user)?;
        return app.printer.line(&text);
    }
    let sessions = [filter.since, filter.until.and_then(|until| until.checked_add_days(Days::new(1)))]
        .map(|date| date.map(|date| start_of(date, app)));
    let asked = format!("{filter:?}");
    let text = answered(app, user, "stats", &asked, |app| {
        let counts = app.store()?.counts(user, &filter, TOPICS, sessions)?;
        let found = statistics(&counts.days, today, filter.since, filter.until);
        let shown = Shown {
            user,
            statistics: &found,
            counts: &counts,
            last: filter.until.map_or(today, |until| until.min(today)),
            with_sessions: filter.is_by_day(),
        };
        match app.printer.width() {
            _ if app.printer.is_json() => app.printer.json_text(&shown.json()),
            Some(_) if found.total_entries == 0 => Ok(String::new()),
            Some(width) => Ok(shown.page(width)),
            None => Ok(shown.rows()),
        }
    })?;
    match app.printer.width() {
        Some(_) if text.is_empty() => super::list::nothing(app, user),
        Some(_) if !app.printer.is_json() => app.printer.page(&text),
        _ => app.printer.raw(&text),
    }
}

/// The document of all entries of a user.
pub(super) fn document(store: &mut Store, user: Uuid, today: NaiveDate) -> Result<Value> {
    let counts = store.counts(user, &Filter::default(), TOPICS, [None, None])?;
    let found = statistics(&counts.days, today, None, None);
    Ok(Shown { user, statistics: &found, counts: &counts, last: today, with_sessions: true }.json())
}

/// The instant at which a day begins.
fn start_of(date: NaiveDate, app: &App) -> DateTime<Utc> {
    app.instant(date, app.config.day_start, app.zone())
}
