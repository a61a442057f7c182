//! How entries look to a person.

use crate::analysis::mood::model_of;
use crate::error::Place;
use crate::journal::entry::Entry;
use crate::journal::mood::{Mood, MoodSource};
use chrono::NaiveDate;
use chrono_tz::Tz;
use comfy_table::{Cell, ColumnConstraint, ContentArrangement, Table, Width, presets};
use console::Style;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The first words of a text in one line, at most this many columns wide, cut between graphemes.
pub fn first_words(text: &str, columns: usize) -> String {
    let mut line = String::new();
    let mut width = 0;
    for word in text.split_whitespace() {
        for grapheme in (if line.is_empty() { "" } else { " " }).graphemes(true).chain(word.graphemes(true)) {
            let grapheme = printable(grapheme);
            width += grapheme.width();
            if width > columns {
                line.truncate(line.trim_end().len());
                line.push('…');
                return line;
            }
            line.push_str(grapheme);
        }
    }
    line
}

/// Breaks a line between words, and a word that is wider than the width, as whole sentences of
/// Japanese are, between graphemes. Colours have no width; one that is on at a break is taken up again.
pub fn wrap(line: &str, width: usize) -> Vec<String> {
    let (mut lines, mut current, mut column, mut on) = (Vec::new(), String::new(), 0, String::new());
    let mut turn = |current: &mut String, on: &str| {
        if !on.is_empty() {
            current.push_str(RESET);
        }
        lines.push(std::mem::replace(current, on.to_string()));
    };
    for (index, word) in line.split(' ').enumerate() {
        let columns = console::measure_text_width(word);
        // A word that fits no line at all goes on in this one.
        let fits = column == 0 || column + 1 + columns <= width || (columns > width && column + 1 < width);
        if index > 0 && fits {
            current.push(' ');
            column += 1;
        } else if index > 0 {
            turn(&mut current, &on);
            column = 0;
        }
        for (part, is_code) in console::AnsiCodeIterator::new(word) {
            if is_code {
                current.push_str(part);
                if part == RESET {
                    on.clear()
                } else {
                    on.push_str(part)
                }
                continue;
            }
            for grapheme in part.graphemes(true) {
                if column > 0 && column + grapheme.width() > width {
                    turn(&mut current, &on);
                    column = 0;
                }
                current.push_str(grapheme);
                column += grapheme.width();
            }
        }
    }
    lines.push(current);
    lines
}

/// Ends every colour.
const RESET: &str = "\u{1b}[0m";

/// Control characters would move a terminal's cursor or change its colours; they are shown as a dot.
fn printable(grapheme: &str) -> &str {
    if grapheme.chars().any(char::is_control) { "·" } else { grapheme }
}

/// A text for a terminal: line breaks and tabs stay, other control characters are shown as a dot.
pub fn safe(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '·' } else { c }).collect()
}

/// Columns shown of a query before the place that is wrong in it, and of the whole.
const BEFORE: usize = 48;
const WHOLE: usize = 72;

/// A query in one line, cut to what stands around the part that is wrong, and the marks under it.
pub fn pointed(place: &Place) -> (String, String) {
    let start = place.text.floor_char_boundary(place.bytes.start);
    let end = place.text.ceil_char_boundary(place.bytes.end);
    let plain = |text: &str| -> String {
        text.graphemes(true)
            .map(|part| if part.chars().all(char::is_whitespace) { " " } else { printable(part) })
            .collect()
    };
    let (before, wrong, after) =
        (plain(&place.text[..start]), plain(&place.text[start..end]), plain(&place.text[end..]));
    let mut shown: Vec<&str> = Vec::new();
    let mut width = 0;
    for grapheme in before.graphemes(true).rev() {
        width += grapheme.width();
        if width > BEFORE {
            shown.push("…");
            break;
        }
        shown.push(grapheme);
    }
    shown.reverse();
    let mut line = shown.concat();
    let column = line.width();
    let mut marked = 0;
    for (index, grapheme) in wrong.graphemes(true).chain(after.graphemes(true)).enumerate() {
        if line.width() + grapheme.width() > WHOLE {
            line.push('…');
            break;
        }
        line.push_str(grapheme);
        if index < wrong.graphemes(true).count() {
            marked += grapheme.width();
        }
    }
    (line, format!("{}{}", " ".repeat(column), "^".repeat(marked.max(1))))
}

/// A mood with a sign, coloured by it.
pub fn mood(mood: Option<Mood>) -> String {
    let Some(mood) = mood else { return "     ".to_string() };
    let style = match mood.hundredths() {
        score if score >= 20 => Style::new().green(),
        score if score <= -20 => Style::new().red(),
        _ => Style::new(),
    };
    style.apply_to(mood).to_string()
}

/// Where a mood came from, in brackets: the model that inferred it, or an import. Nothing when its writer
/// said it.
pub fn mood_source(entry: &Entry) -> String {
    match entry.mood_source.filter(|_| entry.mood.is_some()) {
        Some(MoodSource::User) | None => String::new(),
        Some(MoodSource::Import) => format!(" ({})", MoodSource::Import.name()),
        Some(MoodSource::Model) => format!(" ({})", safe(model_of(entry).unwrap_or(MoodSource::Model.name()))),
    }
}

/// A day with its weekday.
pub fn day(date: NaiveDate) -> String {
    date.format("%Y-%m-%d %a").to_string()
}

/// An entry in a list: what it is called, then its first words.
pub fn headline(entry: &Entry, columns: usize) -> String {
    let star = if entry.starred { "★ " } else { "" };
    match entry.title.as_deref().filter(|title| !title.trim().is_empty()) {
        Some(title) => {
            let title = format!("{star}{}", first_words(title, columns.saturating_sub(star.width())));
            let left = columns.saturating_sub(title.width() + 3);
            let words = if left > 8 { format!(" — {}", first_words(&entry.content, left)) } else { String::new() };
            format!("{}{}", Style::new().bold().apply_to(title), Style::new().dim().apply_to(words))
        }
        None => format!("{star}{}", first_words(&entry.content, columns.saturating_sub(star.width()))),
    }
}

/// A list of entries: a table on a terminal of this width; tab-separated lines in a pipe.
pub fn list(entries: &[(String, &Entry)], width: Option<usize>) -> String {
    let Some(width) = width else {
        return entries
            .iter()
            .map(|(id, entry)| {
                let mood = entry.mood.map_or(String::new(), |mood| mood.to_string());
                let topics: Vec<String> = entry.topics.iter().map(|topic| format!("#{}", topic.name)).collect();
                let text = entry.title.as_deref().unwrap_or(&entry.content);
                format!("{id}\t{}\t{mood}\t{}\t{}\n", entry.entry_date, first_words(text, 100), topics.join(" "))
            })
            .collect();
    };
    let id_width = entries.iter().map(|(id, _)| id.len()).max().unwrap_or(4);
    // A narrow terminal is better filled with words than with weekdays.
    let narrow = width < 60;
    let day_width = if narrow { 10 } else { 14 };
    // Columns: id, day, mood with its mark, each followed by two spaces; an ellipsis may stand one column
    // beyond.
    let rest = width.saturating_sub(id_width + 2 + day_width + 2 + 6 + 3).max(8);
    let mut table = plain_table();
    for (id, entry) in entries {
        table.add_row([
            Style::new().yellow().apply_to(id).to_string(),
            if narrow { entry.entry_date.to_string() } else { day(entry.entry_date) },
            mood(entry.mood) + if is_inferred(entry) { "~" } else { " " },
            headline(entry, rest),
        ]);
    }
    render(&table)
}

fn is_inferred(entry: &Entry) -> bool {
    entry.mood.is_some() && entry.mood_source == Some(MoodSource::Model)
}

/// A table without lines, two spaces between columns.
pub fn plain_table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table
}

/// The table's text, without the margin at the left and the padding at the right.
pub fn render(table: &Table) -> String {
    table.lines().map(|line| format!("{}\n", line.strip_prefix(' ').unwrap_or(&line).trim_end())).collect()
}

/// A table with a header, no wider than the terminal.
pub fn table(header: &[&str], rows: Vec<Vec<String>>, width: Option<usize>) -> String {
    let mut table = plain_table();
    table.set_header(header.iter().map(|name| Cell::new(Style::new().bold().apply_to(name).to_string())));
    if let Some(width) = width {
        table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width.try_into().unwrap_or(u16::MAX));
    }
    if let Some(first) = table.column_mut(0) {
        first.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(4)));
    }
    table.add_rows(rows);
    render(&table)
}

/// One entry whole: a head of what is known about it, then its text.
pub fn whole(entry: &Entry, short_id: &str, zone: Tz, width: Option<usize>) -> String {
    let dim = Style::new().dim();
    let entry_zone = entry.time_zone.as_deref().and_then(|name| name.parse().ok()).unwrap_or(zone);
    let time =
        entry.written_at.map(|at| at.with_timezone(&entry_zone).format(" %H:%M").to_string()).unwrap_or_default();
    let elsewhere = if entry_zone == zone { String::new() } else { format!(" ({entry_zone})") };
    let mut head = vec![format!("{}{time}{elsewhere}", day(entry.entry_date))];
    if let Some(score) = entry.mood {
        head.push(format!("mood {}{}", mood(Some(score)), mood_source(entry)));
    }
    if entry.starred {
        head.push("★".into());
    }
    let topics: Vec<String> = entry
        .topics
        .iter()
        .map(|topic| {
            format!("#{}{}", safe(&topic.name), if topic.suggested_by.is_some() { " (suggested)" } else { "" })
        })
        .collect();
    if !topics.is_empty() {
        head.push(topics.join(" "));
    }
    let mut text =
        format!("{}  {}\n", Style::new().yellow().apply_to(short_id), head.join(&dim.apply_to(" · ").to_string()));
    if let Some(title) = &entry.title {
        text.push_str(&format!("{}\n", Style::new().bold().apply_to(safe(title))));
    }
    text.push('\n');
    match width {
        Some(width) => {
            let lines: Vec<String> = safe(&entry.content).lines().flat_map(|line| wrap(line, width)).collect();
            text.push_str(&lines.join("\n"));
        }
        None => text.push_str(&entry.content),
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_cut_between_graphemes_and_by_columns() {
        assert_eq!(first_words("one  two\nthree", 80), "one two three");
        assert_eq!(first_words("one two three", 7), "one two…");
        assert_eq!(first_words("日本語のテキスト", 6), "日本語…");
        assert_eq!(first_words("👨‍👩‍👧‍👦 family", 1), "…");
        assert_eq!(first_words("a\u{1b}[31mred", 80), "a·[31mred");
    }

    #[test]
    fn lines_are_broken_between_words_or_graphemes() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("  keeps  its spaces", 40), ["  keeps  its spaces"]);
        assert_eq!(wrap("日本語のテキスト", 6), ["日本語", "のテキ", "スト"]);
        assert_eq!(wrap("a 日本語のテキスト", 6), ["a 日本", "語のテ", "キスト"]);
        assert_eq!(wrap("👨‍👩‍👧‍👦👨‍👩‍👧‍👦", 3), ["👨‍👩‍👧‍👦", "👨‍👩‍👧‍👦"]);
        assert_eq!(wrap("\u{1b}[1mabcd\u{1b}[0m", 2), ["\u{1b}[1mab\u{1b}[0m", "\u{1b}[1mcd\u{1b}[0m"]);
    }

    proptest::proptest! {
        #[test]
        fn wrapping_loses_nothing_and_fits(text in "[a-z 日本の🎉]{0,60}", width in 2usize..40) {
            let lines = wrap(&text, width);
            let letters = |text: &str| text.replace(' ', "");
            proptest::prop_assert_eq!(letters(&lines.concat()), letters(&text));
            for line in lines {
                proptest::prop_assert!(line.trim_end().width() <= width, "{}", line);
            }
        }

        #[test]
        fn no_line_is_wider_than_asked(text: String, columns in 0usize..60) {
            // The ellipsis may stand one column beyond.
            proptest::prop_assert!(first_words(&text, columns).graphemes(true).map(UnicodeWidthStr::width).sum::<usize>() <= columns + 1);
        }
    }
}
