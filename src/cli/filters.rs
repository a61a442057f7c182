//! The filters that every reading command has.

use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::filter::{Condition, Filter, MoodRange, Test, TopicTest};
use crate::journal::when::parse_span;
use crate::store::{Sort, SortKey};
use clap::ValueEnum;

/// Which entries.
#[derive(Debug, Clone, Default, clap::Args)]
#[command(next_help_heading = "Filters")]
pub(super) struct FilterArgs {
    /// From this day on: 2024-05-03, 2024-05, yesterday, "last spring", "2 weeks ago"
    #[arg(long, value_name = "WHEN", alias = "from")]
    pub(super) since: Option<String>,
    /// Up to this day
    #[arg(long, value_name = "WHEN", alias = "to")]
    pub(super) until: Option<String>,
    /// On this day, or in this week, month, season or year
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["since", "until"])]
    pub(super) on: Option<String>,
    /// With this topic; a,b for either, !a for without; may be repeated
    #[arg(long, value_name = "NAME", alias = "tag")]
    pub(super) topic: Vec<String>,
    /// With a mood in this range: 0.2..0.8, ..-0.3, "<0", ">=0.5", good, bad, neutral, or none
    #[arg(long, value_name = "RANGE", allow_hyphen_values = true)]
    pub(super) mood: Option<String>,
    /// With a star
    #[arg(long)]
    pub(super) starred: bool,
}

impl FilterArgs {
    /// What the words mean today.
    pub(super) fn resolve(&self, app: &App) -> Result<Filter> {
        let today = app.today();
        let span = |text: &Option<String>| text.as_deref().map(|text| parse_span(text, today)).transpose();
        let (since, until, on) = (span(&self.since)?, span(&self.until)?, span(&self.on)?);
        let since = since.or(on).map(|span| span.first);
        let until = until.or(on).map(|span| span.last);
        if let (Some(since), Some(until)) = (since, until)
            && since > until
        {
            return Err(Error::usage(format!("--since {since} is after --until {until}")).hint("exchange them"));
        }
        let mut filter = Filter {
            since,
            until,
            topics: self.topic.iter().map(|text| topic_test(text)).collect::<Result<_>>()?,
            starred: self.starred.then_some(true),
            ..Filter::default()
        };
        match self.mood.as_deref().map(MoodRange::parse).transpose()? {
            Some(Condition::Test(Test::Mood(range))) => filter.mood = Some(range),
            other => filter.conditions.extend(other),
        }
        Ok(filter)
    }

    /// Each flag that was given, as it was typed, with what is left of the filter without it.
    pub(super) fn without(&self, filter: &Filter) -> Vec<(String, Filter)> {
        let mut list = Vec::new();
        let mut push = |flag: &str, said: Option<&str>, take: &dyn Fn(&mut Filter)| {
            if let Some(said) = said {
                let mut left = filter.clone();
                take(&mut left);
                let said = if said.contains(char::is_whitespace) { format!("'{said}'") } else { said.to_string() };
                list.push((format!("{flag} {said}").trim_end().to_string(), left));
            }
        };
        push("--since", self.since.as_deref(), &|left| left.since = None);
        push("--until", self.until.as_deref(), &|left| left.until = None);
        push("--on", self.on.as_deref(), &|left| (left.since, left.until) = (None, None));
        for (index, topic) in self.topic.iter().enumerate() {
            push("--topic", Some(topic), &|left| drop(left.topics.remove(index)));
        }
        push("--mood", self.mood.as_deref(), &|left| {
            left.mood = None;
            left.conditions.clear();
        });
        push("--starred", self.starred.then_some(""), &|left| left.starred = None);
        list
    }
}

fn topic_test(text: &str) -> Result<TopicTest> {
    let (negated, names) = match text.strip_prefix('!') {
        Some(names) => (true, names),
        None => (false, text),
    };
    let any_of: Vec<String> = names.split(',').map(|name| name.trim().trim_start_matches('#').to_string()).collect();
    if any_of.iter().any(String::is_empty) {
        return Err(Error::usage(format!("--topic '{text}' has an empty name"))
            .hint("write --topic work, --topic work,home or --topic '!work'"));
    }
    Ok(TopicTest { any_of, negated })
}

/// Order and length of a list.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Order")]
pub(super) struct PageArgs {
    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    pub(super) limit: Option<usize>,
    /// Go on after the entry with this cursor
    #[arg(long, value_name = "CURSOR")]
    pub(super) cursor: Option<String>,
    /// Sort by this
    #[arg(long, value_enum, default_value = "date", value_name = "KEY")]
    pub(super) sort: SortArg,
    /// Smallest or oldest first
    #[arg(long)]
    pub(super) reverse: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum SortArg {
    Date,
    Created,
    Mood,
    Words,
}

impl PageArgs {
    pub(super) fn sort(&self) -> Sort {
        Sort { key: self.sort.key(), ascending: self.reverse }
    }
}

impl SortArg {
    pub(super) fn key(self) -> SortKey {
        match self {
            SortArg::Date => SortKey::Date,
            SortArg::Created => SortKey::Created,
            SortArg::Mood => SortKey::Mood,
            SortArg::Words => SortKey::Words,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn tests_of_topics() {
        assert_eq!(
            topic_test("!#work,home").unwrap(),
            TopicTest { any_of: vec!["work".into(), "home".into()], negated: true }
        );
        assert!(topic_test("a,").is_err());
    }
}
