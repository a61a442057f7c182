use super::filters::FilterArgs;
use crate::app::App;
use crate::error::Result;
use crate::journal::anniversary::anniversaries;
use crate::journal::entry::Entry;
use crate::journal::filter::Test;
use crate::journal::when::parse_moment;
use crate::output::json::EntryJson;
use crate::output::text;
use crate::store::{Sort, SortKey};
use chrono::{Datelike, NaiveDate};
use console::Style;

/// Show what you wrote on this day in earlier years
///
/// The 29th of February comes with the 28th in years that have none, so that every entry has its day
/// once a year.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal on-this-day
  journal on-this-day \"24 december\" --days 3
  journal on-this-day --topic travel --full")]
pub(super) struct OnThisDayArgs {
    /// The day instead of today: 2024-05-03, yesterday, \"3 april\"
    #[arg(value_name = "DATE")]
    date: Option<String>,
    /// Also so many days before and after it
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u64).range(..=182))]
    days: u64,
    #[command(flatten)]
    filter: FilterArgs,
    /// With the whole text
    #[arg(long)]
    full: bool,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
}

pub(super) fn run(args: &OnThisDayArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let (user, today, zone) = (app.user()?, app.today(), app.zone());
    let date = match &args.date {
        Some(text) => parse_moment(text, &app.now().with_timezone(&zone), today)?.date,
        None => today,
    };
    let limit = args.limit.unwrap_or(usize::MAX);
    let oldest_first = Sort { key: SortKey::Date, ascending: true };
    let store = app.store()?;
    let first = store.first_day(user)?.unwrap_or(date);
    let mut years: Vec<(i32, Vec<Entry>)> = Vec::new();
    let mut left = limit;
    for (year, span) in anniversaries(date, args.days, first) {
        // Both the span and the filter's own dates must hold.
        let that_year = filter.and([Test::Since(span.first).into(), Test::Until(span.last).into()]);
        let entries = store.list(user, &that_year, oldest_first, None, left)?.entries;
        left -= entries.len();
        if !entries.is_empty() {
            years.push((year, entries));
        }
    }
    show(app, args, date, &years)
}

fn show(app: &mut App, args: &OnThisDayArgs, date: NaiveDate, years: &[(i32, Vec<Entry>)]) -> Result<()> {
    let user = app.user()?;
    let ago = |year: i32| date.year() - year;
    if app.printer.is_json() {
        let mut items = Vec::new();
        for (year, entries) in years {
            for (id, entry) in super::list::with_ids(app, user, entries)? {
                let brief = if args.full { EntryJson::full } else { EntryJson::brief };
                let mut item = serde_json::to_value(brief(entry, Some(id))).unwrap_or_default();
                item["years_ago"] = ago(*year).into();
                items.push(item);
            }
        }
        return app.printer.json_list(&items);
    }
    if years.is_empty() {
        let day = date.format("%-d %B");
        app.printer.note(&format!("Nothing of the {day} in earlier years, as far as these filters go."));
        return Ok(());
    }
    let (zone, width) = (app.zone(), app.printer.width());
    let mut shown = String::new();
    for (year, entries) in years {
        let named = super::list::with_ids(app, user, entries)?;
        if width.is_some() {
            let years = if ago(*year) == 1 { "1 year ago".to_string() } else { format!("{} years ago", ago(*year)) };
            let gap = if shown.is_empty() { "" } else { "\n" };
            shown.push_str(&format!("{gap}{}\n", Style::new().bold().apply_to(format!("{year} · {years}"))));
        }
        if args.full {
            let whole: Vec<String> = named.iter().map(|(id, entry)| text::whole(entry, id, zone, width)).collect();
            shown.push_str(&whole.join("\n"));
        } else {
            shown.push_str(&text::list(&named, width));
        }
    }
    app.printer.page(&shown)
}
