//! Plots of block characters: bars, columns, a calendar. They need no colour to be read.

use chrono::{Datelike, Days, NaiveDate};
use console::Style;
use std::collections::HashMap;

/// Eighths of a block, from the left.
const LEFT: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];

/// Eighths of a block, from below.
const BELOW: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// From few to many.
const SHADES: [char; 4] = ['░', '▒', '▓', '█'];

fn style() -> Style {
    Style::new().cyan()
}

/// Eighths of blocks for a value when `most` fills `blocks` of them. What is there is seen.
fn eighths(value: i64, most: i64, blocks: usize) -> usize {
    if value <= 0 || most <= 0 {
        return 0;
    }
    let all = blocks * 8;
    ((value as f64 / most as f64 * all as f64).round() as usize).clamp(1, all.max(1))
}

/// A bar to the right, `width` columns where the value is the greatest of all; not filled up.
pub fn bar(value: i64, most: i64, width: usize) -> String {
    let length = eighths(value, most, width);
    let mut blocks = "█".repeat(length / 8);
    if length % 8 > 0 {
        blocks.push(LEFT[length % 8 - 1]);
    }
    style().apply_to(blocks).to_string()
}

/// Columns side by side, each `cell` wide, in so many lines, the highest line first.
pub fn columns(values: &[i64], lines: usize, cell: usize) -> Vec<String> {
    let most = values.iter().copied().max().unwrap_or(0);
    let heights: Vec<usize> = values.iter().map(|value| eighths(*value, most, lines)).collect();
    (0..lines)
        .rev()
        .map(|line| {
            let blocks: String = heights
                .iter()
                .flat_map(|height| {
                    let block = match height.saturating_sub(line * 8) {
                        0 => ' ',
                        part => BELOW[part.min(8) - 1],
                    };
                    std::iter::repeat_n(block, cell)
                })
                .collect();
            style().apply_to(blocks.trim_end()).to_string()
        })
        .collect()
}

/// Weekdays as they label a calendar.
const LABELS: [&str; 7] = ["Mon", "", "Wed", "", "Fri", "", "Sun"];

/// The weeks up to a day, as many as fit and at most a year, one column each: names of the months, then
/// a line for each weekday. The darker, the more entries; a dot is a day without.
pub fn calendar(entries: &HashMap<NaiveDate, i64>, last: NaiveDate, width: usize) -> Vec<String> {
    let weeks = width.saturating_sub(4).clamp(1, 53);
    let monday = last - Days::new(u64::from(last.weekday().num_days_from_monday()));
    let start = monday.checked_sub_days(Days::new(7 * (weeks as u64 - 1))).unwrap_or(NaiveDate::MIN);
    let shown = |date: NaiveDate| entries.get(&date).copied().unwrap_or(0);
    let most = start.iter_days().take_while(|date| *date <= last).map(shown).max().unwrap_or(0);
    let mut names = String::new();
    for week in 0..weeks {
        let first = start + Days::new(7 * week as u64);
        // The column that holds the first of a month bears its name, when it has room.
        let begins = first.iter_days().take(7).find(|date| date.day() == 1);
        let free = names.len() <= week && week + 3 <= weeks;
        if let Some(month) = begins.filter(|_| free) {
            names.push_str(&" ".repeat(week - names.len()));
            names.push_str(&month.format("%b").to_string());
            names.push(' ');
        }
    }
    let mut lines = vec![format!("    {}", names.trim_end())];
    for (weekday, label) in LABELS.iter().enumerate() {
        let cells: String = (0..weeks)
            .map(|week| start + Days::new((7 * week + weekday) as u64))
            .map(|date| match shown(date) {
                _ if date > last => ' ',
                0 => '·',
                count => SHADES[((count * 4 + most - 1) / most).clamp(1, 4) as usize - 1],
            })
            .collect();
        lines.push(format!("{label:<4}{}", style().apply_to(cells.trim_end())));
    }
    lines
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use unicode_width::UnicodeWidthStr;

    fn plain(text: &str) -> String {
        console::strip_ansi_codes(text).into_owned()
    }

    #[test]
    fn bars_and_columns_show_what_is_there() {
        assert_eq!(plain(&bar(8, 8, 4)), "████");
        assert_eq!(plain(&bar(5, 8, 4)), "██▌");
        assert_eq!(plain(&bar(1, 1000, 4)), "▏");
        assert_eq!(plain(&bar(0, 8, 4)), "");
        assert_eq!(plain(&bar(0, 0, 4)), "");
        let lines: Vec<String> = columns(&[0, 1, 8, 16], 2, 2).iter().map(|line| plain(line)).collect();
        assert_eq!(lines, ["      ██", "  ▁▁████"]);
        assert_eq!(columns(&[0; 3], 1, 1).iter().map(|line| plain(line)).collect::<Vec<_>>(), [""]);
    }

    #[test]
    fn a_calendar_ends_with_its_last_day() {
        let date = |text: &str| text.parse::<NaiveDate>().unwrap();
        // A Wednesday; the weeks begin on 2 and 9 March and 23 February.
        let entries = HashMap::from([(date("2026-03-11"), 4), (date("2026-02-23"), 1), (date("2026-03-08"), 2)]);
        let lines: Vec<String> = calendar(&entries, date("2026-03-11"), 7).iter().map(|line| plain(line)).collect();
        assert_eq!(lines, ["    Mar", "Mon ░··", "    ···", "Wed ··█", "    ··", "Fri ··", "    ··", "Sun ·▒"]);
    }

    proptest! {
        #[test]
        fn nothing_is_wider_than_asked(values in prop::collection::vec(0i64..1_000_000, 1..30), width in 5usize..120, day in 0u64..4000) {
            for value in &values {
                prop_assert!(plain(&bar(*value, *values.iter().max().unwrap(), width)).width() <= width);
            }
            for line in columns(&values, 4, 2) {
                prop_assert!(plain(&line).width() <= values.len() * 2);
            }
            let last = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(day);
            let entries = values.iter().zip(last.iter_days().rev()).map(|(value, date)| (date, *value)).collect();
            for line in calendar(&entries, last, width) {
                prop_assert!(plain(&line).width() <= width, "{}", line);
            }
        }
    }
}
