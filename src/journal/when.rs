//! Dates in words. `today` and `now` are arguments: nothing here reads a clock.
//!
//! A journal looks back, so every word that could mean the past or the future means the past:
//! `friday` is the last one, `march` the last March, `3 april` the last 3 April. What could mean
//! two different days (`03/04/2024`) is refused, naming both.

use crate::error::{Error, Result};
use chrono::{DateTime, Datelike, Days, Duration, Months, NaiveDate, NaiveTime, TimeZone, Weekday};
use interim::Interval;

/// A run of local dates, both ends included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
}

impl Span {
    fn day(day: NaiveDate) -> Span {
        Span { first: day, last: day }
    }

    /// From `first` up to the day before `next`.
    fn until(first: NaiveDate, next: Option<NaiveDate>) -> Option<Span> {
        Some(Span { first, last: next?.pred_opt()? })
    }
}

/// A day, with a time of day when one was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The local date.
    pub date: NaiveDate,
    /// The local time.
    pub time: Option<NaiveTime>,
}

/// Reads a day or a longer time: `2024-05-03`, `2024-05`, `2024`, `yesterday`, `friday`,
/// `last week`, `last spring`, `3 april 2023`, `march`, `2 weeks ago`, `last 30 days`.
///
/// # Errors
/// A usage error that names the text: not understood, or ambiguous with both readings.
pub fn parse_span(text: &str, today: NaiveDate) -> Result<Span> {
    let plain = plain(text);
    ambiguous(&plain)?;
    span(&plain, today).ok_or_else(|| not_understood(text))
}

/// Reads a day with an optional time of day: everything [`parse_span`] reads that is one day, then
/// `18:00`, `6pm`, `6:30 pm`, `noon` or `midnight`; a time alone is today's; `2 hours ago`;
/// `2024-05-03T18:00` and RFC 3339.
///
/// # Errors
/// A usage error that names the text: not understood, ambiguous, or longer than a day.
pub fn parse_moment<Tz: TimeZone>(text: &str, now: &DateTime<Tz>, today: NaiveDate) -> Result<Moment> {
    let plain = plain(text);
    ambiguous(&plain)?;
    if let Ok(exact) = DateTime::parse_from_rfc3339(text.trim()) {
        let local = exact.with_timezone(&now.timezone()).naive_local();
        return Ok(Moment { date: local.date(), time: Some(local.time()) });
    }
    if let Some(span) = span(&plain, today) {
        if span.first != span.last {
            return Err(Error::usage(format!("'{text}' is not one day: it runs from {} to {}", span.first, span.last))
                .hint("name a day, such as 2024-05-03, yesterday or 'last friday'"));
        }
        return Ok(Moment { date: span.first, time: None });
    }
    if let Some(Interval::Seconds(seconds)) = ago(&plain)
        && let Some(then) =
            Duration::try_seconds(i64::from(seconds)).and_then(|ago| now.clone().checked_add_signed(ago))
    {
        let local = then.naive_local();
        return Ok(Moment { date: local.date(), time: Some(local.time()) });
    }
    let words: Vec<&str> = plain.split([' ', 't']).filter(|word| !word.is_empty() && *word != "at").collect();
    // A time of day is the last word, or the last two (`6 pm`); what stands before it is the day.
    let spaced: Vec<&str> = plain.split(' ').filter(|word| !word.is_empty() && *word != "at").collect();
    for (words, count) in [(&spaced, 1), (&spaced, 2), (&words, 1)] {
        let Some(split) = words.len().checked_sub(count) else { continue };
        let Some(time) = time_of_day(&words[split..].concat()) else { continue };
        let day = words[..split].join(" ");
        let day = if day.is_empty() { Some(Span::day(today)) } else { span(&day, today) };
        if let Some(day) = day.filter(|day| day.first == day.last) {
            return Ok(Moment { date: day.first, time: Some(time) });
        }
    }
    Err(not_understood(text))
}

fn not_understood(text: &str) -> Error {
    Error::usage(format!("'{text}' is not a date I understand")).hint(
        "use an ISO date (2024-05-03, 2024-05, 2024) or words like yesterday, friday, 'last week', 'last spring', '3 april 2023', '2 weeks ago'",
    )
}

/// Lower case, commas as spaces, single spaces, no filler words in front.
fn plain(text: &str) -> String {
    let words = text.to_lowercase().replace(',', " ");
    let words: Vec<&str> = words.split_whitespace().collect();
    let skip = words.iter().take_while(|word| matches!(**word, "on" | "in" | "the" | "since" | "from")).count();
    // `the day before yesterday` keeps its article-free form.
    words[skip.min(words.len())..].join(" ")
}

/// Refuses `03/04/2024` and years of two digits.
fn ambiguous(text: &str) -> Result<()> {
    let Some(parts) = slashed(text) else { return Ok(()) };
    let [a, b, year] = parts;
    if year < 100 {
        return Err(Error::usage(format!("'{text}' is ambiguous: the year has two digits"))
            .hint("write the date as 2024-04-03"));
    }
    if a <= 12 && b <= 12 && a != b {
        return Err(Error::usage(format!(
            "'{text}' is ambiguous: it could be {year}-{b:02}-{a:02} or {year}-{a:02}-{b:02}"
        ))
        .hint(format!("write {year}-{b:02}-{a:02} or {year}-{a:02}-{b:02}")));
    }
    Ok(())
}

/// The three numbers of a date with slashes; the year is last.
fn slashed(text: &str) -> Option<[u32; 3]> {
    let parts: Vec<u32> = text.split('/').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [a, b, c]: [u32; 3] = parts.try_into().ok()?;
    (a <= 31 && b <= 31).then_some([a, b, c])
}

fn span(text: &str, today: NaiveDate) -> Option<Span> {
    numeric(text)
        .or_else(|| single_day(text, today).map(Span::day))
        .or_else(|| relative_span(text, today))
        .or_else(|| named_span(text, today))
}

/// Dates made of digits: ISO days, months and years; slashes when one reading is possible; dots
/// with the day first.
fn numeric(text: &str) -> Option<Span> {
    let year_of = |text: &str| text.parse::<i32>().ok().filter(|_| text.len() == 4);
    let parts: Vec<&str> = text.split('-').collect();
    match parts[..] {
        [year] if year_of(year).is_some() => {
            let first = NaiveDate::from_ymd_opt(year_of(year)?, 1, 1)?;
            return Span::until(first, first.checked_add_months(Months::new(12)));
        }
        [year, month] => {
            let first = NaiveDate::from_ymd_opt(year_of(year)?, month.parse().ok().filter(|_| month.len() <= 2)?, 1)?;
            return Span::until(first, first.checked_add_months(Months::new(1)));
        }
        [year, month, day] => {
            let day = NaiveDate::from_ymd_opt(year_of(year)?, month.parse().ok()?, day.parse().ok()?)?;
            return Some(Span::day(day));
        }
        _ => {}
    }
    if let Some([a, b, year]) = slashed(text) {
        let (day, month) = if a > 12 { (a, b) } else { (b, a) };
        return NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).map(Span::day);
    }
    let parts: Vec<u32> = text.split('.').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let [day, month, year]: [u32; 3] = parts.try_into().ok()?;
    if year < 100 {
        return None;
    }
    NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day).map(Span::day)
}

/// `3 days ago`, `two hours ago`. Without `ago` the library reads the future, which a journal never means.
fn ago(text: &str) -> Option<Interval> {
    text.ends_with(" ago").then(|| interim::parse_duration(text).ok())?
}

fn single_day(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    match text {
        "today" | "now" => return Some(today),
        "yesterday" | "last night" => return today.pred_opt(),
        "tomorrow" => return today.succ_opt(),
        "day before yesterday" => return today.checked_sub_days(Days::new(2)),
        _ => {}
    }
    let (last, name) = match text.strip_prefix("last ") {
        Some(name) => (true, name),
        None => (false, text.strip_prefix("this ").unwrap_or(text)),
    };
    if let Ok(weekday) = name.parse::<Weekday>() {
        let back = today.weekday().days_since(weekday);
        let back = if last && back == 0 { 7 } else { back };
        return today.checked_sub_days(Days::new(u64::from(back)));
    }
    match ago(text) {
        Some(Interval::Days(days)) => return today.checked_add_signed(Duration::try_days(i64::from(days))?),
        Some(Interval::Months(months)) if months < 0 => {
            return today.checked_sub_months(Months::new(months.unsigned_abs()));
        }
        _ => {}
    }
    day_and_month(text, today)
}

/// `3 april`, `april 3rd`, with or without a year; without one, the last such day.
fn day_and_month(text: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (mut day, mut month, mut year) = (None, None, None);
    for word in text.split(' ').filter(|word| *word != "of") {
        if let Some(number) = month_number(word) {
            month = Some(number).filter(|_| month.is_none());
        } else {
            let digits = word.trim_end_matches(['s', 't', 'n', 'd', 'r', 'h']);
            let number: u32 = digits.parse().ok()?;
            match digits.len() {
                1 | 2 if day.is_none() => day = Some(number),
                4 if year.is_none() => year = Some(i32::try_from(number).ok()?),
                _ => return None,
            }
        }
    }
    let (day, month) = (day?, month?);
    match year {
        Some(year) => NaiveDate::from_ymd_opt(year, month, day),
        // A leap day may be up to eight years back.
        None => (0..=8)
            .find_map(|back| NaiveDate::from_ymd_opt(today.year() - back, month, day).filter(|day| *day <= today)),
    }
}

/// `last 30 days`, `last week`, `this month`, `last weekend`.
fn relative_span(text: &str, today: NaiveDate) -> Option<Span> {
    let words: Vec<&str> = text.split(' ').collect();
    if let ["last" | "past", count, unit] = words[..]
        && let Ok(count) = count.parse::<u32>()
    {
        let start = match unit.trim_end_matches('s') {
            "day" => today.checked_sub_days(Days::new(u64::from(count.checked_sub(1)?)))?,
            "week" => today.checked_sub_days(Days::new(u64::from(count) * 7))?.succ_opt()?,
            "month" => today.checked_sub_months(Months::new(count))?.succ_opt()?,
            "year" => today.checked_sub_months(Months::new(count.checked_mul(12)?))?.succ_opt()?,
            _ => return None,
        };
        return Some(Span { first: start, last: today });
    }
    let [which @ ("last" | "past" | "this"), unit] = words[..] else { return None };
    let back = u32::from(which != "this");
    match unit {
        "week" => {
            let monday =
                today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday() + 7 * back)))?;
            Span::until(monday, monday.checked_add_days(Days::new(7)))
        }
        "weekend" => {
            // The last weekend that is over, or the one that is going on or ahead.
            let monday = today.checked_sub_days(Days::new(u64::from(today.weekday().num_days_from_monday())))?;
            let saturday = monday.checked_add_days(Days::new(5))?.checked_sub_days(Days::new(u64::from(7 * back)))?;
            Span::until(saturday, saturday.checked_add_days(Days::new(2)))
        }
        "month" => {
            let first = today.with_day(1)?.checked_sub_months(Months::new(back))?;
            Span::until(first, first.checked_add_months(Months::new(1)))
        }
        "year" => {
            let first = NaiveDate::from_ymd_opt(today.year() - back as i32, 1, 1)?;
            Span::until(first, first.checked_add_months(Months::new(12)))
        }
        _ => None,
    }
}

/// Months and seasons, with a year or the last one that has begun; with `last`, the last one that
/// is over. Seasons are the meteorological ones of the northern half; winter has the year it ends in.
fn named_span(text: &str, today: NaiveDate) -> Option<Span> {
    let (over, name) = match text.strip_prefix("last ") {
        Some(name) => (true, name),
        None => (false, text.strip_prefix("this ").unwrap_or(text)),
    };
    let (name, year) = match name.rsplit_once(' ') {
        Some((name, year)) => (name, Some(year.parse::<i32>().ok().filter(|_| year.len() == 4)?)),
        None => (name, None),
    };
    let (month, length) = match name {
        "spring" => (3, 3),
        "summer" => (6, 3),
        "autumn" | "fall" => (9, 3),
        "winter" => (12, 3),
        _ => (month_number(name)?, 1),
    };
    let in_year = |year: i32| {
        let first = NaiveDate::from_ymd_opt(if month == 12 && length == 3 { year - 1 } else { year }, month, 1)?;
        Span::until(first, first.checked_add_months(Months::new(length)))
    };
    match year {
        Some(year) => in_year(year),
        None => (-1..=2).find_map(|back| {
            in_year(today.year() - back).filter(|span| if over { span.last < today } else { span.first <= today })
        }),
    }
}

fn month_number(name: &str) -> Option<u32> {
    name.parse::<chrono::Month>().ok().map(|month| month.number_from_month())
}

/// `18:00`, `18:00:30`, `6pm`, `6:30pm`, `noon`, `midnight`.
fn time_of_day(text: &str) -> Option<NaiveTime> {
    match text {
        "noon" => return NaiveTime::from_hms_opt(12, 0, 0),
        "midnight" => return NaiveTime::from_hms_opt(0, 0, 0),
        _ => {}
    }
    let (digits, afternoon) = match (text.strip_suffix("am"), text.strip_suffix("pm")) {
        (Some(digits), _) => (digits, Some(false)),
        (_, Some(digits)) => (digits, Some(true)),
        _ => (text, None),
    };
    let parts: Vec<u32> = digits.split(':').map(|part| part.parse().ok()).collect::<Option<_>>()?;
    let (hour, minute, second) = match (parts[..].first().copied(), &parts[1..]) {
        (Some(hour), []) if afternoon.is_some() => (hour, 0, 0),
        (Some(hour), [minute]) => (hour, *minute, 0),
        (Some(hour), [minute, second]) => (hour, *minute, *second),
        _ => return None,
    };
    let hour = match afternoon {
        Some(_) if hour == 0 || hour > 12 => return None,
        Some(afternoon) => hour % 12 + if afternoon { 12 } else { 0 },
        None => hour,
    };
    NaiveTime::from_hms_opt(hour, minute, second)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use chrono::Utc;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    /// Wednesday.
    fn today() -> NaiveDate {
        day("2026-11-18")
    }

    #[test]
    fn words_mean_the_past() {
        for (text, first, last) in [
            ("2024-02-29", "2024-02-29", "2024-02-29"),
            ("2024-02", "2024-02-01", "2024-02-29"),
            ("2024", "2024-01-01", "2024-12-31"),
            ("Today", "2026-11-18", "2026-11-18"),
            ("the day before yesterday", "2026-11-16", "2026-11-16"),
            ("wednesday", "2026-11-18", "2026-11-18"),
            ("last Wednesday", "2026-11-11", "2026-11-11"),
            ("friday", "2026-11-13", "2026-11-13"),
            ("3 days ago", "2026-11-15", "2026-11-15"),
            ("2 weeks ago", "2026-11-04", "2026-11-04"),
            ("6 months ago", "2026-05-18", "2026-05-18"),
            ("last 7 days", "2026-11-12", "2026-11-18"),
            ("last week", "2026-11-09", "2026-11-15"),
            ("this week", "2026-11-16", "2026-11-22"),
            ("last weekend", "2026-11-14", "2026-11-15"),
            ("last month", "2026-10-01", "2026-10-31"),
            ("this year", "2026-01-01", "2026-12-31"),
            ("last spring", "2026-03-01", "2026-05-31"),
            ("winter", "2025-12-01", "2026-02-28"),
            ("winter 2024", "2023-12-01", "2024-02-29"),
            ("autumn", "2026-09-01", "2026-11-30"),
            ("last autumn", "2025-09-01", "2025-11-30"),
            ("december", "2025-12-01", "2025-12-31"),
            ("March 2024", "2024-03-01", "2024-03-31"),
            ("3 april", "2026-04-03", "2026-04-03"),
            ("Dec 24th", "2025-12-24", "2025-12-24"),
            ("29 february", "2024-02-29", "2024-02-29"),
            ("April 3rd, 2023", "2023-04-03", "2023-04-03"),
            ("24/12/2023", "2023-12-24", "2023-12-24"),
            ("12/24/2023", "2023-12-24", "2023-12-24"),
            ("03.04.2024", "2024-04-03", "2024-04-03"),
        ] {
            let span = parse_span(text, today()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((span.first, span.last), (day(first), day(last)), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_days_is_refused_by_name() {
        let error = parse_span("03/04/2024", today()).unwrap_err();
        assert!(error.message().contains("2024-04-03") && error.message().contains("2024-03-04"), "{error}");
        assert!(parse_span("13/12/24", today()).is_err());
        for wrong in [
            "",
            "someday",
            "2024-13",
            "2024-02-30",
            "32/12/2023",
            "31 february 2024",
            "in",
            "last",
            "99999999999999 days ago",
            "0000-00-00",
        ] {
            assert!(parse_span(wrong, today()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn moments_have_a_day_and_perhaps_a_time() {
        let now = Utc.with_ymd_and_hms(2026, 11, 18, 21, 30, 0).unwrap();
        for (text, date, time) in [
            ("yesterday", "2026-11-17", None),
            ("yesterday 18:00", "2026-11-17", Some("18:00:00")),
            ("last friday at 6:30 pm", "2026-11-13", Some("18:30:00")),
            ("6pm", "2026-11-18", Some("18:00:00")),
            ("2024-05-03T07:05", "2024-05-03", Some("07:05:00")),
            ("2024-05-03T23:05:00+00:00", "2024-05-03", Some("23:05:00")),
            ("2 hours ago", "2026-11-18", Some("19:30:00")),
            ("3 april 2024 noon", "2024-04-03", Some("12:00:00")),
        ] {
            let moment = parse_moment(text, &now, today()).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(moment.date, day(date), "{text}");
            assert_eq!(moment.time, time.map(|time| time.parse().unwrap()), "{text}");
        }
        for wrong in ["last week", "25:00", "13pm", "at", "yesterday 18:00 and more"] {
            assert!(parse_moment(wrong, &now, today()).is_err(), "{wrong}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_date_or_an_error(text in "\\PC{0,30}|[0-9a-z /.:-]{0,20}") {
            let now = Utc.with_ymd_and_hms(2026, 11, 18, 21, 30, 0).unwrap();
            let _ = parse_span(&text, today());
            let _ = parse_moment(&text, &now, today());
        }
    }
}
