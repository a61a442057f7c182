//! The fields of a query: what is a field, what its value means, and how it is written again.

use super::parse::{is_plain, is_quote, without_quotes};
use super::{Node, Scope};
use crate::error::{Error, Result};
use crate::journal::filter::{Condition, MoodRange, Part, Test};
use crate::journal::id::IdText;
use crate::journal::spelling::within;
use crate::journal::when::{Span, parse_span};
use chrono::{Datelike, NaiveDate};
use std::fmt;

/// What stands before a colon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    /// Text to look for in a part of the entry.
    Part(Scope),
    /// A test.
    Test(Tested),
}

/// What is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tested {
    Topic,
    Mood,
    Since,
    Until,
    On,
    Is,
    Has,
    Like,
}

const FIELDS: [(&str, Field); 11] = [
    ("title:", Field::Part(Scope::Title)),
    ("content:", Field::Part(Scope::Content)),
    ("topic:", Field::Test(Tested::Topic)),
    ("tag:", Field::Test(Tested::Topic)),
    ("mood:", Field::Test(Tested::Mood)),
    ("since:", Field::Test(Tested::Since)),
    ("until:", Field::Test(Tested::Until)),
    ("on:", Field::Test(Tested::On)),
    ("is:", Field::Test(Tested::Is)),
    ("has:", Field::Test(Tested::Has)),
    ("like:", Field::Test(Tested::Like)),
];

fn named(text: &str) -> Option<(Field, &str)> {
    FIELDS.into_iter().find_map(|(name, field)| text.strip_prefix(name).map(|value| (field, value)))
}

/// Whether a text begins with the name of a field and a colon.
pub(super) fn begins(text: &str) -> bool {
    named(text).is_some()
}

/// The field that a text begins with, and the text from its value on. What has no value, or one that
/// could not be one, is no field.
pub(super) fn field_at(text: &str) -> Option<(Field, &str)> {
    named(text).filter(|(field, value)| {
        let first = value.chars().next();
        let starts = |text: &str| text.starts_with(|c: char| c.is_alphanumeric() || is_quote(c));
        match field {
            Field::Part(_) | Field::Test(Tested::Topic) => first.is_some_and(|c| !c.is_whitespace() && c != ')'),
            Field::Test(Tested::Mood) => {
                let bare = value.trim_start_matches(['<', '>', '=']);
                let number = bare.trim_start_matches(['+', '-', '.']);
                starts(bare) || (number.len() < bare.len() && number.starts_with(|c: char| c.is_ascii_digit()))
            }
            Field::Test(Tested::Like) => starts(value.trim_start_matches('@')),
            Field::Test(_) => starts(value),
        }
    })
}

impl Tested {
    /// What a value means. Nothing when it says nothing.
    ///
    /// # Errors
    /// Usage, naming the value, the reason and what is accepted.
    pub(super) fn node(self, value: &str, today: NaiveDate) -> Result<Option<Node>> {
        let value = without_quotes(value);
        // In `since:2026, mood:<0` the comma belongs to the sentence.
        let bare = value.trim_end_matches([',', ';']).trim_end();
        let node = match self {
            Tested::Topic => {
                let name = value.trim_start_matches(['#', ' ']);
                return Ok((!name.is_empty()).then(|| Node::Test(Test::Topic(name.to_owned()))));
            }
            Tested::Mood => node_of(MoodRange::parse(bare)?),
            Tested::Since => Node::Test(Test::Since(days(bare, today)?.first)),
            Tested::Until => Node::Test(Test::Until(days(bare, today)?.last)),
            Tested::On => {
                let span = days(bare, today)?;
                Node::And(vec![Node::Test(Test::Since(span.first)), Node::Test(Test::Until(span.last))])
            }
            Tested::Is => Node::Test(one_of("is:", bare, &[("starred", Test::Starred)])?),
            Tested::Has => Node::Test(one_of("has:", bare, &Part::ALL.map(|part| (part.name(), Test::Has(part))))?),
            Tested::Like => {
                IdText::parse(bare)?;
                Node::Test(Test::Like(bare.to_owned()))
            }
        };
        Ok(Some(node))
    }
}

/// A condition that a single field can give.
fn node_of(condition: Condition) -> Node {
    match condition {
        Condition::Test(test) => Node::Test(test),
        Condition::Not(inner) => Node::Not(Box::new(node_of(*inner))),
        Condition::All(parts) => Node::And(parts.into_iter().map(node_of).collect()),
        Condition::Any(parts) => Node::Or(parts.into_iter().map(node_of).collect()),
    }
}

/// The days of a value, as the flags read them. It may have been cut short by a space.
fn days(value: &str, today: NaiveDate) -> Result<Span> {
    let quoted = |error: Error| {
        let hint = error.hint_text().unwrap_or_default().to_owned();
        error.hint(format!("{hint}; in a query, quote what has spaces: since:\"last spring\""))
    };
    let span = parse_span(value, today).map_err(quoted)?;
    // What is written has four digits for the year, and so must what is read again.
    let written = |day: NaiveDate| (0..=9999).contains(&day.year());
    if written(span.first) && written(span.last) {
        Ok(span)
    } else {
        Err(Error::usage(format!("'{value}' is not in a year from 0 to 9999")).hint("name a later day"))
    }
}

fn one_of(field: &str, value: &str, known: &[(&str, Test)]) -> Result<Test> {
    if let Some((_, test)) = known.iter().find(|(name, _)| *name == value) {
        return Ok(test.clone());
    }
    let letters: Vec<char> = value.chars().collect();
    let near = known.iter().find(|(name, _)| within(&letters, name, 2));
    let all: Vec<String> = known.iter().map(|(name, _)| format!("{field}{name}")).collect();
    let meant = near.map_or(String::new(), |(name, _)| format!("did you mean {field}{name}? "));
    Err(Error::usage(format!("'{value}' is not something an entry can be asked for with {field}"))
        .hint(format!("{meant}there is {}; to look for the words, put a space after the colon", all.join(", "))))
}

/// Writes a test so that it is read again as the same.
pub(super) fn write(test: &Test, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match test {
        Test::Topic(name) if is_plain(name) => write!(f, "topic:{name}"),
        Test::Topic(name) => write!(f, "topic:\"{name}\""),
        Test::Mood(range) => write!(f, "mood:{range}"),
        Test::Since(day) => write!(f, "since:{day}"),
        Test::Until(day) => write!(f, "until:{day}"),
        Test::Starred => f.write_str("is:starred"),
        Test::Has(part) => write!(f, "has:{}", part.name()),
        Test::Like(id) => write!(f, "like:{id}"),
        Test::Among(ids) => write!(f, "(one of {} entries)", ids.len()),
    }
}
