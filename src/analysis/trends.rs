//! Mood over time, by the architecture's query: weeks from Monday, days, or months; average, number
//! of entries, sample standard deviation.

use crate::journal::mood::Mood;
use chrono::{Datelike, Days, NaiveDate};
use std::collections::BTreeMap;

/// How long a period is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// One local date.
    Day,
    /// From Monday.
    Week,
    /// From the first.
    Month,
}

impl Period {
    /// The first day of the period that holds this day.
    pub fn start(self, day: NaiveDate) -> NaiveDate {
        match self {
            Period::Day => day,
            Period::Week => day - Days::new(u64::from(day.weekday().num_days_from_monday())),
            Period::Month => day.with_day(1).unwrap_or(day),
        }
    }

    /// The word on the command line and in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Period::Day => "day",
            Period::Week => "week",
            Period::Month => "month",
        }
    }
}

/// One row of the trend.
#[derive(Debug, Clone, PartialEq)]
pub struct MoodPeriod {
    /// Its first day.
    pub start: NaiveDate,
    /// Average of the entries that have a mood.
    pub avg_mood: Option<f64>,
    /// All entries, with a mood or without.
    pub entry_count: usize,
    /// Sample standard deviation (n - 1); absent for fewer than two moods. The architecture calls it
    /// a variance.
    pub mood_variance: Option<f64>,
}

/// Groups entries by period, oldest first. Periods without entries are not listed.
pub fn mood_trends(entries: &[(NaiveDate, Option<Mood>)], period: Period) -> Vec<MoodPeriod> {
    let mut groups: BTreeMap<NaiveDate, (usize, Vec<i64>)> = BTreeMap::new();
    for (date, mood) in entries {
        let (count, moods) = groups.entry(period.start(*date)).or_default();
        *count += 1;
        moods.extend(mood.map(Mood::hundredths));
    }
    groups
        .into_iter()
        .map(|(start, (entry_count, moods))| {
            let number = moods.len() as f64;
            // Hundredths are whole numbers, so the sums are exact.
            let sum: i64 = moods.iter().sum();
            let squares: i64 = moods.iter().map(|mood| mood * mood).sum();
            let spread = number * squares as f64 - (sum * sum) as f64;
            MoodPeriod {
                start,
                avg_mood: (!moods.is_empty()).then(|| sum as f64 / number / 100.0),
                entry_count,
                mood_variance: (moods.len() > 1).then(|| (spread.max(0.0) / (number * (number - 1.0))).sqrt() / 100.0),
            }
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn averages_and_deviations_as_postgresql_gives_them() {
        let mood = |hundredths| Mood::from_hundredths(hundredths);
        let day = |text: &str| text.parse::<NaiveDate>().unwrap();
        let entries = [
            (day("2024-12-30"), mood(50)),
            (day("2025-01-05"), mood(20)),
            (day("2025-01-05"), None),
            (day("2025-01-06"), mood(-30)),
            (day("2025-01-14"), None),
        ];
        let weeks = mood_trends(&entries, Period::Week);
        assert_eq!(
            weeks.iter().map(|week| week.start).collect::<Vec<_>>(),
            [day("2024-12-30"), day("2025-01-06"), day("2025-01-13")]
        );
        assert_eq!((weeks[0].entry_count, weeks[0].avg_mood), (3, Some(0.35)));
        // stddev_samp(0.5, 0.2) = 0.21213203435596426
        assert!((weeks[0].mood_variance.unwrap() - 0.212_132_034_355_964_26).abs() < 1e-12);
        assert_eq!((weeks[1].avg_mood, weeks[1].mood_variance), (Some(-0.3), None));
        assert_eq!((weeks[2].avg_mood, weeks[2].entry_count), (None, 1));
        let months = mood_trends(&entries, Period::Month);
        assert_eq!(months.iter().map(|month| month.entry_count).collect::<Vec<_>>(), [1, 4]);
    }
}
