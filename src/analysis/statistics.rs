//! What a journal's days add up to: sums, streaks, weekdays, hours, months. Pure.

use super::trends::Period;
use crate::journal::day::Day;
use chrono::{Datelike, Days, Months, NaiveDate};

/// Consecutive days with entries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Streak {
    /// The first day.
    pub first: NaiveDate,
    /// The last day.
    pub last: NaiveDate,
}

impl Streak {
    /// How many days.
    pub fn days(self) -> i64 {
        (self.last - self.first).num_days() + 1
    }
}

/// A month in numbers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Month {
    /// Its first day.
    pub start: NaiveDate,
    /// How many entries.
    pub entries: i64,
    /// How many words.
    pub words: i64,
    /// Average of the entries that have a mood.
    pub avg_mood: Option<f64>,
}

/// The first seven are the architecture's `user_statistics`.
#[derive(Debug, Clone, PartialEq)]
pub struct Statistics {
    /// All entries.
    pub total_entries: i64,
    /// Average of the entries that have a mood.
    pub avg_mood: Option<f64>,
    /// The earliest `entry_date`.
    pub first_entry_date: Option<NaiveDate>,
    /// The latest `entry_date`.
    pub last_entry_date: Option<NaiveDate>,
    /// Months with entries.
    pub active_months: usize,
    /// Days with entries.
    pub active_days: usize,
    /// All words.
    pub words: i64,
    /// The streak that ends today, or that ended yesterday: today is not over.
    pub current: Option<Streak>,
    /// The longest streak; of several, the latest.
    pub longest: Option<Streak>,
    /// Entries by weekday, Monday first.
    pub weekdays: [i64; 7],
    /// Entries by local hour of writing, midnight first; those without an hour are in none.
    pub hours: [i64; 24],
    /// The last twelve months, or those of the span that was asked for, with or without entries, from the
    /// first entry on.
    pub months: Vec<Month>,
}

/// Adds up the days, which are in order and each there once.
///
/// `since` and `until` are the bounds of what was asked for.
pub fn statistics(days: &[Day], today: NaiveDate, since: Option<NaiveDate>, until: Option<NaiveDate>) -> Statistics {
    let streaks = streaks(days);
    let mut weekdays = [0; 7];
    let mut hours = [0; 24];
    for day in days {
        weekdays[day.date.weekday().num_days_from_monday() as usize] += day.entries;
        hours.iter_mut().zip(day.hours).for_each(|(sum, count)| *sum += count);
    }
    let mut months: Vec<NaiveDate> = days.iter().map(|day| Period::Month.start(day.date)).collect();
    months.dedup();
    Statistics {
        total_entries: days.iter().map(|day| day.entries).sum(),
        avg_mood: average(days),
        first_entry_date: days.first().map(|day| day.date),
        last_entry_date: days.last().map(|day| day.date),
        active_months: months.len(),
        active_days: days.len(),
        words: days.iter().map(|day| day.words).sum(),
        current: streaks
            .iter()
            .rev()
            .find(|streak| streak.first <= today && today <= streak.last + Days::new(1))
            // Entries may be dated ahead; the streak of today does not count them.
            .map(|streak| Streak { first: streak.first, last: streak.last.min(today) }),
        longest: streaks.iter().copied().max_by_key(|streak| streak.days()),
        weekdays,
        hours,
        months: by_month(days, today, since, until),
    }
}

/// Sum by sum, so that a day with many entries weighs as much as they do.
fn average(days: &[Day]) -> Option<f64> {
    let (sum, count) = days.iter().fold((0, 0), |(sum, count), day| (sum + day.mood_sum, count + day.mood_count));
    (count > 0).then(|| sum as f64 / 100.0 / count as f64)
}

fn streaks(days: &[Day]) -> Vec<Streak> {
    let mut streaks: Vec<Streak> = Vec::new();
    for day in days {
        match streaks.last_mut() {
            Some(streak) if streak.last.succ_opt() == Some(day.date) => streak.last = day.date,
            _ => streaks.push(Streak { first: day.date, last: day.date }),
        }
    }
    streaks
}

fn by_month(days: &[Day], today: NaiveDate, since: Option<NaiveDate>, until: Option<NaiveDate>) -> Vec<Month> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return Vec::new() };
    let end = Period::Month.start(until.map_or(today, |until| until.min(last.date.max(today))));
    // Nothing is to be seen before the first entry.
    let asked = since.unwrap_or_else(|| end.checked_sub_months(Months::new(11)).unwrap_or(end));
    let start = Period::Month.start(asked.max(first.date));
    let starts = std::iter::successors(Some(start), |month| month.checked_add_months(Months::new(1)));
    starts
        .take_while(|month| *month <= end)
        .map(|start| {
            let from = days.partition_point(|day| day.date < start);
            let after = days.partition_point(|day| Period::Month.start(day.date) <= start);
            let month = &days[from..after];
            Month {
                start,
                entries: month.iter().map(|day| day.entries).sum(),
                words: month.iter().map(|day| day.words).sum(),
                avg_mood: average(month),
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::journal::mood::Mood;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn date(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    fn day(text: &str, moods: &[i64]) -> Day {
        let mut day = Day::new(date(text));
        for mood in moods {
            day.count(10, Mood::from_hundredths(*mood), Some(21));
        }
        day
    }

    fn of(days: &[Day], today: &str) -> Statistics {
        statistics(days, date(today), None, None)
    }

    #[test]
    fn a_streak_that_ended_yesterday_is_current() {
        let days = [day("2025-12-30", &[0]), day("2025-12-31", &[0]), day("2026-01-01", &[0]), day("2026-01-03", &[0])];
        let current = |today: &str| of(&days, today).current.map(|streak| (streak.days(), streak.first));
        assert_eq!(current("2026-01-01"), Some((3, date("2025-12-30"))), "over the year's end");
        assert_eq!(current("2026-01-02"), Some((3, date("2025-12-30"))), "today is not over");
        assert_eq!(current("2026-01-03"), Some((1, date("2026-01-03"))));
        assert_eq!(current("2026-01-04"), Some((1, date("2026-01-03"))));
        assert_eq!(current("2026-01-05"), None);
        assert_eq!(current("2025-12-31"), Some((2, date("2025-12-30"))), "what is dated ahead does not count yet");
        assert_eq!(current("2025-12-29"), None);
        let longest = of(&days, "2026-01-05").longest.unwrap();
        assert_eq!((longest.days(), longest.last), (3, date("2026-01-01")));
    }

    #[test]
    fn of_two_longest_streaks_the_latest_and_leap_days_count() {
        let days = [day("2024-02-28", &[0]), day("2024-02-29", &[0]), day("2024-03-05", &[0]), day("2024-03-06", &[0])];
        assert_eq!(of(&days, "2026-01-01").longest.unwrap().first, date("2024-03-05"));
        let days = [day("2024-02-28", &[0]), day("2024-02-29", &[0]), day("2024-03-01", &[0])];
        assert_eq!(of(&days, "2026-01-01").longest.unwrap().days(), 3);
        let days = [day("2023-02-28", &[0]), day("2023-03-01", &[0])];
        assert_eq!(of(&days, "2026-01-01").longest.unwrap().days(), 2);
    }

    #[test]
    fn averages_weigh_entries_and_not_days() {
        let days = [day("2026-01-05", &[100, 100, 100]), day("2026-02-01", &[-100]), Day::new(date("2026-02-02"))];
        let found = of(&days, "2026-02-10");
        assert_eq!(found.avg_mood, Some(0.5));
        assert_eq!((found.total_entries, found.words, found.active_days, found.active_months), (4, 40, 3, 2));
        assert_eq!(found.weekdays, [3, 0, 0, 0, 0, 0, 1]);
        assert_eq!((found.hours[21], found.hours.iter().sum::<i64>()), (4, 4));
    }

    #[test]
    fn months_without_entries_are_shown_too() {
        let days = [day("2024-12-31", &[0]), day("2025-11-30", &[50, 0]), day("2026-01-01", &[])];
        let months = of(&days, "2026-01-31").months;
        assert_eq!(months.len(), 12);
        assert_eq!((months[0].start, months[11].start), (date("2025-02-01"), date("2026-01-01")));
        assert_eq!((months[9].entries, months[9].words, months[9].avg_mood), (2, 20, Some(0.25)));
        assert_eq!((months[10].entries, months[10].avg_mood), (0, None));
        let span = |since: &str, until: &str| {
            let months = statistics(&days, date("2026-01-31"), Some(date(since)), Some(date(until))).months;
            (months.len(), months[0].start)
        };
        assert_eq!(span("1900-01-01", "2025-01-15"), (2, date("2024-12-01")), "nothing before the first entry");
        assert_eq!(span("2025-06-20", "9999-12-31"), (8, date("2025-06-01")), "nothing after today");
        assert!(of(&[], "2026-01-31").months.is_empty());
        assert_eq!(of(&days[2..], "2026-02-28").months.len(), 2, "a young journal has no empty year before it");
    }

    proptest! {
        #[test]
        fn streaks_are_what_a_calendar_shows(offsets in prop::collection::btree_set(0u64..60, 0..40), today in 0u64..60) {
            let first = date("2024-02-01");
            let marked: BTreeSet<NaiveDate> = offsets.iter().map(|offset| first + Days::new(*offset)).collect();
            let days: Vec<Day> = marked.iter().map(|date| Day::new(*date)).collect();
            let today = first + Days::new(today);
            let found = statistics(&days, today, None, None);
            let back = |from: NaiveDate| from.iter_days().rev().take_while(|day| marked.contains(day)).count() as i64;
            let current = back(today).max(if marked.contains(&today) { 0 } else { back(today - Days::new(1)) });
            prop_assert_eq!(found.current.map_or(0, Streak::days), current);
            let longest = marked.iter().map(|day| back(*day)).max().unwrap_or(0);
            prop_assert_eq!(found.longest.map_or(0, Streak::days), longest);
        }
    }
}
