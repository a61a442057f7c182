//! The same day in other years.

use super::when::Span;
use chrono::{Datelike, Days, NaiveDate};

/// The days that a date is remembered by in each earlier year, the last year first, down to that of
/// `first`: the day itself, and so many before and after it.
///
/// In a year without a 29th of February the 28th stands for it too: asked on such a 28th, leap years give
/// both days; asked on a 29th, years without one have no day. So every entry has its day once a year.
pub fn anniversaries(date: NaiveDate, around: u64, first: NaiveDate) -> Vec<(i32, Span)> {
    let around = Days::new(around);
    // Days of the first year may belong to the turn of the year before it.
    let years = (first.year() - 1..date.year()).rev();
    let span = |year: i32| {
        let (from, to) = days_of(date, year, around == Days::new(0))?;
        Some((year, Span { first: from.checked_sub_days(around)?, last: to.checked_add_days(around)? }))
    };
    years.filter_map(span).filter(|(_, span)| span.last >= first).collect()
}

/// The first and the last day that stand for a date in a year.
fn days_of(date: NaiveDate, year: i32, alone: bool) -> Option<(NaiveDate, NaiveDate)> {
    let same = NaiveDate::from_ymd_opt(year, date.month(), date.day());
    match (date.month(), date.day(), same) {
        (2, 29, None) if alone => None,
        // Around a day that is not there: from the 1st of March back, from the 28th on.
        (2, 29, None) => Some((NaiveDate::from_ymd_opt(year, 3, 1)?, NaiveDate::from_ymd_opt(year, 2, 28)?)),
        (2, 28, Some(day)) if !date.leap_year() && day.leap_year() => Some((day, day.succ_opt()?)),
        (_, _, day) => day.map(|day| (day, day)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn spans(date: &str, around: u64, first: &str) -> Vec<String> {
        let spans = anniversaries(day(date), around, day(first));
        spans.into_iter().map(|(_, span)| format!("{}..{}", span.first, span.last)).collect()
    }

    #[test]
    fn leap_days_have_their_day() {
        assert_eq!(spans("2026-03-16", 0, "2024-06-01"), ["2025-03-16..2025-03-16"]);
        assert_eq!(spans("2025-02-28", 0, "2023-01-01"), ["2024-02-28..2024-02-29", "2023-02-28..2023-02-28"]);
        assert_eq!(spans("2024-02-28", 0, "2020-01-01")[3], "2020-02-28..2020-02-28");
        assert_eq!(spans("2024-02-29", 0, "2019-01-01"), ["2020-02-29..2020-02-29"]);
        assert_eq!(spans("2024-02-29", 1, "2023-01-01"), ["2023-02-28..2023-03-01"]);
        assert_eq!(spans("2026-01-01", 2, "2024-12-30"), ["2024-12-30..2025-01-03"]);
        assert!(spans("2026-01-01", 0, "2026-01-01").is_empty());
    }

    #[test]
    fn every_day_is_remembered_once_in_each_later_year() {
        let first = day("2019-12-25");
        let mut shown: HashMap<(i32, NaiveDate), u32> = HashMap::new();
        let mut asked = day("2020-01-01");
        while asked < day("2029-01-01") {
            for (_, span) in anniversaries(asked, 0, first) {
                span.first.iter_days().take_while(|day| *day <= span.last).for_each(|day| {
                    *shown.entry((asked.year(), day)).or_default() += 1;
                });
            }
            asked = asked.succ_opt().unwrap();
        }
        for year in 2020..2029 {
            for day in first.iter_days().take_while(|day| day.year() < year) {
                assert_eq!(
                    shown.get(&(year, day)),
                    Some(&1).filter(|_| day.year() > 2019 || day >= first),
                    "{year} {day}"
                );
            }
        }
    }
}
