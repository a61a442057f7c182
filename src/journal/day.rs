//! One day of a journal in numbers: what all statistics are made of.

use super::mood::Mood;
use chrono::{DateTime, NaiveDate, Timelike, Utc};
use chrono_tz::Tz;

/// The entries of one local date, summed up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// `entry_date`.
    pub date: NaiveDate,
    /// How many there are.
    pub entries: i64,
    /// Sum of `word_count`.
    pub words: i64,
    /// How many have a mood.
    pub mood_count: i64,
    /// Sum of their moods in hundredths.
    pub mood_sum: i64,
    /// How many were written in each local hour, midnight first. Entries without an hour count in
    /// none.
    pub hours: [i64; 24],
}

impl Day {
    /// A day without entries.
    pub fn new(date: NaiveDate) -> Day {
        Day { date, entries: 0, words: 0, mood_count: 0, mood_sum: 0, hours: [0; 24] }
    }

    /// Counts one more entry.
    pub fn count(&mut self, words: i64, mood: Option<Mood>, hour: Option<usize>) {
        self.entries += 1;
        self.words += words;
        self.mood_count += i64::from(mood.is_some());
        self.mood_sum += mood.map_or(0, Mood::hundredths);
        if let Some(count) = hour.and_then(|hour| self.hours.get_mut(hour)) {
            *count += 1;
        }
    }
}

/// The local hour, 0 to 23, in which the entry of this day was written.
///
/// An entry that was given a bare date, as many imports are, has the time of its import for want of
/// another. It has no hour: only an instant on the day itself counts, or before noon of the next one,
/// which is the same day to someone whose day begins later than midnight.
pub fn hour_of_writing(date: NaiveDate, written_at: DateTime<Utc>, zone: Tz) -> Option<usize> {
    let local = written_at.with_timezone(&zone).naive_local();
    let hour = local.hour() as usize;
    let is_night_after = date.succ_opt() == Some(local.date()) && hour < 12;
    (local.date() == date || is_night_after).then_some(hour)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_hour_is_local_and_of_that_day() {
        let hour = |date: &str, at: &str, zone: &str| {
            hour_of_writing(date.parse().unwrap(), at.parse().unwrap(), zone.parse().unwrap())
        };
        assert_eq!(hour("2026-03-01", "2026-03-01T23:30:00Z", "UTC"), Some(23));
        assert_eq!(hour("2026-03-02", "2026-03-01T23:30:00Z", "Asia/Tokyo"), Some(8));
        // Clocks go forward: 01:30 UTC is 03:30 in Berlin.
        assert_eq!(hour("2026-03-29", "2026-03-29T01:30:00Z", "Europe/Berlin"), Some(3));
        // The night after, to someone whose day begins at four.
        assert_eq!(hour("2026-03-01", "2026-03-02T02:00:00Z", "UTC"), Some(2));
        // Imported years later.
        assert_eq!(hour("2016-03-01", "2026-03-01T10:00:00Z", "UTC"), None);
        assert_eq!(hour("2026-03-01", "2026-03-02T12:00:00Z", "UTC"), None);
        assert_eq!(hour("2026-03-02", "2026-03-01T10:00:00Z", "UTC"), None);
    }
}
