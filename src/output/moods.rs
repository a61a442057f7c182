//! The mood table: numbers, and a bar to each side of zero.

use crate::analysis::trends::MoodPeriod;
use console::Style;

/// Columns of a bar on each side.
const SIDE: usize = 12;

/// A bar from the middle to the score: `     ██|       ` is negative, `       |███    ` positive.
pub fn bar(score: f64) -> String {
    let length = ((score.abs() * SIDE as f64).round() as usize).min(SIDE);
    let blocks = "█".repeat(length);
    if score < 0.0 {
        format!("{}{}│{}", " ".repeat(SIDE - length), Style::new().red().apply_to(blocks), " ".repeat(SIDE))
    } else {
        format!("{}│{}{}", " ".repeat(SIDE), Style::new().green().apply_to(blocks), " ".repeat(SIDE - length))
    }
}

/// A table row for each period: start, average, bar, entries, deviation.
pub fn rows(periods: &[MoodPeriod], with_bar: bool) -> Vec<Vec<String>> {
    let number = |value: Option<f64>, sign: bool| match value {
        Some(value) if sign => format!("{value:+.2}"),
        Some(value) => format!("{value:.2}"),
        None => String::new(),
    };
    periods
        .iter()
        .map(|period| {
            let mut row = vec![period.start.to_string(), number(period.avg_mood, true)];
            if with_bar {
                row.push(period.avg_mood.map(bar).unwrap_or_default());
            }
            row.extend([period.entry_count.to_string(), number(period.mood_variance, false)]);
            row
        })
        .collect()
}
