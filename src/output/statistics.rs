//! How the statistics look: plots for a person, rows for a pipe, one document for a script.

use super::{plot, text};
use crate::analysis::statistics::{Statistics, Streak};
use crate::store::Counts;
use chrono::{NaiveDate, TimeDelta};
use console::Style;
use serde_json::{Value, json};
use unicode_width::UnicodeWidthStr;
use uuid::Uuid;

/// Lines of the plot by hour.
const LINES: usize = 4;

/// No bar is longer, in columns.
const LONGEST: usize = 36;

const WEEKDAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// What is shown.
pub struct Shown<'a> {
    /// Whose entries.
    pub user: Uuid,
    /// The sums.
    pub statistics: &'a Statistics,
    /// What they were made of.
    pub counts: &'a Counts,
    /// The last day of the calendar.
    pub last: NaiveDate,
    /// Whether sessions are of the same entries: they know no topics, moods or stars.
    pub with_sessions: bool,
}

impl Shown<'_> {
    /// The document; `user_statistics` has the architecture's columns.
    pub fn json(&self) -> Value {
        let found = self.statistics;
        let streak = |streak: Option<Streak>| {
            json!({
                "days": streak.map_or(0, Streak::days),
                "first_entry_date": streak.map(|streak| streak.first.to_string()),
                "last_entry_date": streak.map(|streak| streak.last.to_string()),
            })
        };
        json!({
            "user_statistics": {
                "user_id": self.user.to_string(),
                "total_entries": found.total_entries,
                "avg_mood": found.avg_mood,
                "first_entry_date": found.first_entry_date.map(|date| date.to_string()),
                "last_entry_date": found.last_entry_date.map(|date| date.to_string()),
                "active_months": found.active_months,
            },
            "active_days": found.active_days,
            "words": {"total": found.words, "per_entry": per_entry(found)},
            "streaks": {"current": streak(found.current), "longest": streak(found.longest)},
            "weekdays": WEEKDAYS.iter().zip(found.weekdays).map(|(name, count)| json!({"weekday": name, "entry_count": count})).collect::<Vec<_>>(),
            "hours": (0..24).zip(found.hours).map(|(hour, count)| json!({"hour": hour, "entry_count": count})).collect::<Vec<_>>(),
            "months": found.months.iter().map(|month| json!({
                "month": month.start.to_string(),
                "entry_count": month.entries,
                "word_count": month.words,
                "avg_mood": month.avg_mood,
            })).collect::<Vec<_>>(),
            "topics": self.counts.topics.iter().map(|(name, count)| json!({"name": name, "entry_count": count})).collect::<Vec<_>>(),
            "sessions": self.sessions().map(|(count, time)| json!({"session_count": count, "seconds": time.as_seconds_f64()})),
        })
    }

    /// Tab-separated rows: what it is, of what, and how many.
    pub fn rows(&self) -> String {
        let found = self.statistics;
        let date = |date: Option<NaiveDate>| date.map_or(String::new(), |date| date.to_string());
        let mut rows: Vec<Vec<String>> = vec![
            vec!["total_entries".into(), found.total_entries.to_string()],
            vec!["avg_mood".into(), found.avg_mood.map_or(String::new(), |mood| format!("{mood:+.2}"))],
            vec!["first_entry_date".into(), date(found.first_entry_date)],
            vec!["last_entry_date".into(), date(found.last_entry_date)],
            vec!["active_months".into(), found.active_months.to_string()],
            vec!["active_days".into(), found.active_days.to_string()],
            vec!["words".into(), found.words.to_string()],
            vec!["words_per_entry".into(), per_entry(found).map_or(String::new(), |words| format!("{words:.1}"))],
        ];
        for (name, streak) in [("current_streak", found.current), ("longest_streak", found.longest)] {
            let days = streak.map_or(0, Streak::days).to_string();
            rows.push(vec![
                name.into(),
                days,
                date(streak.map(|streak| streak.first)),
                date(streak.map(|streak| streak.last)),
            ]);
        }
        if let Some((count, time)) = self.sessions() {
            rows.push(vec!["seconds_in_sessions".into(), time.num_seconds().to_string(), count.to_string()]);
        }
        rows.extend(
            WEEKDAYS
                .iter()
                .zip(found.weekdays)
                .map(|(name, count)| vec!["weekday".into(), name[..3].into(), count.to_string()]),
        );
        rows.extend(
            (0..24).zip(found.hours).map(|(hour, count)| vec!["hour".into(), format!("{hour:02}"), count.to_string()]),
        );
        for month in &found.months {
            let start = month.start.format("%Y-%m").to_string();
            rows.push(vec!["month".into(), start, month.entries.to_string(), month.words.to_string()]);
        }
        for (name, count) in &self.counts.topics {
            rows.push(vec!["topic".into(), text::first_words(name, 200), count.to_string()]);
        }
        rows.into_iter().map(|row| row.join("\t") + "\n").collect()
    }

    /// A page of plots, no wider than the terminal.
    pub fn page(&self, width: usize) -> String {
        let found = self.statistics;
        let mut page = Page { lines: Vec::new(), width };
        page.sentence(&self.sums());
        page.sentence(&self.streaks());
        if let Some((count, time)) = self.sessions() {
            page.sentence(&[format!("{} spent writing in {}", duration(time), counted(count as i64, "session"))]);
        }
        page.heading("Days");
        let entries = self.counts.days.iter().map(|day| (day.date, day.entries)).collect();
        page.lines.extend(plot::calendar(&entries, self.last, width));
        page.heading("Weekdays");
        let labels: Vec<String> = WEEKDAYS.iter().map(|name| name[..3].to_string()).collect();
        page.bars(&labels, &found.weekdays.map(|count| (count, String::new())));
        if let Some((busiest, most)) =
            (0..24).zip(found.hours).max_by_key(|(hour, count)| (*count, -*hour)).filter(|(_, count)| *count > 0)
        {
            page.heading(&format!("Hours (most: {most} from {busiest:02}:00)"));
            let cell = if width >= 48 { 2 } else { 1 };
            page.lines.extend(plot::columns(&found.hours, LINES, cell));
            let every_six = 6 * cell;
            let axis = ["00", "06", "12", "18"].map(|hour| format!("{hour:<every_six$}")).concat();
            page.lines.push(axis.trim_end().into());
        }
        page.heading("Months");
        let labels: Vec<String> = found.months.iter().map(|month| month.start.format("%Y-%m").to_string()).collect();
        let words = |words: i64| format!("{words} words");
        let longest = found.months.iter().map(|month| words(month.words).len()).max().unwrap_or(0);
        let months: Vec<(i64, String)> =
            found.months.iter().map(|month| (month.entries, format!("{:>longest$}", words(month.words)))).collect();
        page.bars(&labels, &months);
        if !self.counts.topics.is_empty() {
            page.heading("Topics");
            let room = (width / 3).min(24);
            let labels: Vec<String> =
                self.counts.topics.iter().map(|(name, _)| format!("#{}", text::first_words(name, room - 2))).collect();
            let counts: Vec<(i64, String)> =
                self.counts.topics.iter().map(|(_, count)| (*count as i64, String::new())).collect();
            page.bars(&labels, &counts);
        }
        page.lines.join("\n") + "\n"
    }

    fn sums(&self) -> Vec<String> {
        let found = self.statistics;
        let mut parts = vec![
            counted(found.total_entries, "entry"),
            format!("{}, {:.0} an entry", counted(found.words, "word"), per_entry(found).unwrap_or_default()),
        ];
        if let (Some(first), Some(last)) = (found.first_entry_date, found.last_entry_date) {
            parts.push(if first == last { first.to_string() } else { format!("{first} to {last}") });
        }
        let (days, months) = (found.active_days as i64, found.active_months as i64);
        parts.push(format!("{} in {} with entries", counted(days, "day"), counted(months, "month")));
        parts.extend(found.avg_mood.map(|mood| format!("average mood {mood:+.2}")));
        parts
    }

    fn streaks(&self) -> Vec<String> {
        let streak = |streak: Streak| match streak.days() {
            1 => format!("1 day ({})", streak.first),
            days => format!("{days} days ({} to {})", streak.first, streak.last),
        };
        let mut parts = vec![match self.statistics.current {
            Some(current) => format!("current streak {} since {}", counted(current.days(), "day"), current.first),
            None => "no current streak".into(),
        }];
        parts.extend(self.statistics.longest.map(|longest| format!("longest {}", streak(longest))));
        parts
    }

    /// Sessions, when there are any to speak of.
    fn sessions(&self) -> Option<(u64, TimeDelta)> {
        Some(self.counts.sessions).filter(|(count, _)| self.with_sessions && *count > 0)
    }
}

/// Lines of a page as it grows.
struct Page {
    lines: Vec<String>,
    width: usize,
}

impl Page {
    /// Parts with dots between them, broken between parts where that is enough.
    fn sentence(&mut self, parts: &[String]) {
        let mut line = String::new();
        for part in parts {
            if !line.is_empty() && line.width() + 3 + part.width() > self.width {
                self.lines.extend(text::wrap(&line, self.width));
                line.clear();
            }
            if !line.is_empty() {
                line.push_str(" · ");
            }
            line.push_str(part);
        }
        self.lines.extend(text::wrap(&line, self.width));
    }

    fn heading(&mut self, name: &str) {
        self.lines.push(String::new());
        self.lines.push(Style::new().bold().apply_to(name).to_string());
    }

    /// A label, a bar, the number, and what else is to be said of it.
    fn bars(&mut self, labels: &[String], values: &[(i64, String)]) {
        let most = values.iter().map(|(value, _)| *value).max().unwrap_or(0);
        let label = labels.iter().map(|label| label.width()).max().unwrap_or(0);
        let number = values.iter().map(|(value, _)| value.to_string().len()).max().unwrap_or(0);
        let rest = values.iter().map(|(_, rest)| rest.width()).max().unwrap_or(0);
        let room = self.width.saturating_sub(label + 1 + 1 + number + if rest > 0 { 2 + rest } else { 0 });
        for (name, (value, rest)) in labels.iter().zip(values) {
            let bar = plot::bar(*value, most, room.min(LONGEST));
            let line = [
                format!("{name}{}", " ".repeat(label - name.width())),
                format!("{bar}{}", " ".repeat(room.min(LONGEST) - console::measure_text_width(&bar))),
                format!("{value:>number$}{}{rest}", if rest.is_empty() { "" } else { "  " }),
            ];
            self.lines.push(line.join(" "));
        }
    }
}

fn per_entry(found: &Statistics) -> Option<f64> {
    (found.total_entries > 0).then(|| found.words as f64 / found.total_entries as f64)
}

fn counted(count: i64, what: &str) -> String {
    match (count, what) {
        (1, _) => format!("1 {what}"),
        (_, "entry") => format!("{count} entries"),
        _ => format!("{count} {what}s"),
    }
}

fn duration(time: TimeDelta) -> String {
    match (time.num_hours(), time.num_minutes() % 60, time.num_seconds() % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}
