use crate::analysis::trends::{Period, mood_trends};
use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::when::parse_span;
use crate::output::{json, moods, text};
use chrono::Months;
use clap::ValueEnum;

/// Show how the entries felt over time
///
/// Average of the mood scores, number of entries and sample standard deviation of each period, the
/// last six months unless --since says otherwise. A score you gave counts as you gave it; the others
/// are read from the words of the entry, and say how the entry sounds rather than how you were.
#[derive(Debug, clap::Args)]
pub(super) struct MoodArgs {
    /// Length of a period
    #[arg(long, value_enum, default_value = "week")]
    by: PeriodArg,
    /// From this day on
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// Up to this day
    #[arg(long, value_name = "WHEN")]
    until: Option<String>,
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
    let since = match &args.since {
        Some(text) => parse_span(text, today)?.first,
        None => today.checked_sub_months(Months::new(6)).unwrap_or(today),
    };
    let until = args
        .until
        .as_deref()
        .map(|text| parse_span(text, today))
        .transpose()?
        .map_or(chrono::NaiveDate::MAX, |span| span.last);
    if since > until {
        return Err(Error::usage(format!("--since {since} is after --until {until}")).hint("exchange them"));
    }
    let user = app.user()?;
    let until = until.min(chrono::NaiveDate::from_ymd_opt(9999, 12, 31).unwrap_or(until));
    let rows = mood_trends(&app.store()?.moods(user, since, until)?, period);
    if app.printer.is_json() {
        let items: Vec<_> = rows.iter().map(|row| json::mood_period(period, row)).collect();
        return app.printer.json_list(&items);
    }
    if rows.is_empty() {
        app.printer.note(&format!("No entries since {since}."));
        return Ok(());
    }
    let Some(width) = app.printer.width() else {
        let lines: String = moods::rows(&rows, false).iter().map(|row| row.join("\t") + "\n").collect();
        return app.printer.raw(&lines);
    };
    if width < WIDTH_OF_BARS {
        let table = text::table(&[period.name(), "mood", "entries", "spread"], moods::rows(&rows, false), Some(width));
        return app.printer.page(&table);
    }
    let bar = format!("{:<12}{:>13}", "−1", "+1");
    let table = text::table(&[period.name(), "mood", &bar, "entries", "spread"], moods::rows(&rows, true), Some(width));
    app.printer.page(&table)
}
