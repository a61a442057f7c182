use super::answers::answered;
use super::filters::FilterArgs;
use crate::analysis::trends::{MoodPeriod, Period, mood_trends};
use crate::app::App;
use crate::error::{Error, Result};
use crate::output::{json, moods, text};
use chrono::Months;
use clap::ValueEnum;

/// Show how the entries felt over time
///
/// Average of the mood scores, number of entries and sample standard deviation of each period, the
/// last six months unless --since says otherwise. A score you gave counts as you gave it; the others
/// are read from the words of the entry, and say how the entry sounds rather than how you were.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal mood --by month --since 2024
  journal mood --on \"last year\" --topic work
  journal mood --json | jq -r '.[] | [.week, .avg_mood] | @tsv'")]
pub(super) struct MoodArgs {
    /// Length of a period
    #[arg(long, value_enum, default_value = "week")]
    by: PeriodArg,
    #[command(flatten)]
    filter: FilterArgs,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum PeriodArg {
    Day,
    Week,
    Month,
}

/// On a narrower terminal the numbers stand alone.
const WIDTH_OF_BARS: usize = 64;

pub(super) fn run(args: &MoodArgs, app: &mut App) -> Result<()> {
    let today = app.today();
    let period = match args.by {
        PeriodArg::Day => Period::Day,
        PeriodArg::Week => Period::Week,
        PeriodArg::Month => Period::Month,
    };
    let mut filter = args.filter.resolve(app)?;
    let since = filter.since.unwrap_or_else(|| today.checked_sub_months(Months::new(6)).unwrap_or(today));
    if let Some(until) = filter.until.filter(|until| *until < since) {
        return Err(Error::usage(format!("--until {until} is before the last six months"))
            .hint("say --since as well, or --on for a single span"));
    }
    filter.since = Some(since);
    let user = app.user()?;
    let text = answered(app, user, "mood", &format!("{period:?} {filter:?}"), |app| {
        let rows = mood_trends(&app.store()?.moods(user, &filter)?, period);
        if app.printer.is_json() {
            let items: Vec<_> = rows.iter().map(|row| json::mood_period(period, row)).collect();
            return app.printer.json_list_text(&items);
        }
        Ok(shown(&rows, period, app.printer.width()))
    })?;
    if app.printer.is_json() {
        return app.printer.raw(&text);
    }
    if text.is_empty() {
        app.printer.note(&match filter.is_by_day() {
            true => format!("No entries since {since}."),
            false => format!("No entries since {since} pass these filters."),
        });
        return Ok(());
    }
    app.printer.page(&text)
}

/// A table, with bars where there is room for them; lines in a pipe. Nothing of nothing.
fn shown(rows: &[MoodPeriod], period: Period, width: Option<usize>) -> String {
    let header = [period.name(), "mood", "entries", "spread"];
    match width {
        _ if rows.is_empty() => String::new(),
        None => moods::rows(rows, false).iter().map(|row| row.join("\t") + "\n").collect(),
        Some(width) if width < WIDTH_OF_BARS => text::table(&header, moods::rows(rows, false), Some(width)),
        Some(width) => {
            let bar = format!("{:<12}{:>13}", "−1", "+1");
            let header = [period.name(), "mood", &bar, "entries", "spread"];
            text::table(&header, moods::rows(rows, true), Some(width))
        }
    }
}
