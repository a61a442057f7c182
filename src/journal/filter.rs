//! The one question every reading command asks: which entries? The flags of a command and the fields
//! of a query (`mood:<0`) both become a [`Filter`].

use crate::error::{Error, Result};
use crate::journal::mood::Mood;
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use uuid::Uuid;

/// Which entries a command is about. All parts must hold; a part that is absent holds for all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filter {
    /// First local date, inclusive.
    pub since: Option<NaiveDate>,
    /// Last local date, inclusive.
    pub until: Option<NaiveDate>,
    /// Every test must hold.
    pub topics: Vec<TopicTest>,
    /// Bounds on the mood score.
    pub mood: Option<MoodRange>,
    /// Only starred entries, or only those without a star.
    pub starred: Option<bool>,
    /// What else must hold, every one.
    pub conditions: Vec<Condition>,
}

impl Filter {
    /// Whether every entry passes.
    pub fn is_open(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether nothing but the day decides which entries pass.
    pub fn is_by_day(&self) -> bool {
        self.topics.is_empty() && self.mood.is_none() && self.starred.is_none() && self.conditions.is_empty()
    }

    /// The same, and these conditions too.
    #[must_use]
    pub fn and(&self, conditions: impl IntoIterator<Item = Condition>) -> Filter {
        let mut filter = self.clone();
        filter.conditions.extend(conditions.into_iter().filter(|condition| *condition != Condition::always()));
        filter
    }
}

/// A test on an entry's topics: it has at least one of the names, or, when negated, none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicTest {
    /// Topic names, compared in NFC and without regard to case.
    pub any_of: Vec<String>,
    /// Turns the test round.
    pub negated: bool,
}

/// Tests joined by not, and, or.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// One test.
    Test(Test),
    /// It does not hold.
    Not(Box<Condition>),
    /// All hold; of none it is true.
    All(Vec<Condition>),
    /// At least one holds; of none it is false.
    Any(Vec<Condition>),
}

/// Something that is true or false of an entry, whatever words are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It has the topic of this name, compared in NFC and without regard to case.
    Topic(String),
    /// It has a mood in these bounds.
    Mood(MoodRange),
    /// Its day is this one or a later one.
    Since(NaiveDate),
    /// Its day is this one or an earlier one.
    Until(NaiveDate),
    /// It has a star.
    Starred,
    /// It has one of these at all.
    Has(Part),
    /// It is near in meaning to the entry of this id, as typed. Only in a query: the search makes it
    /// [`Test::Among`].
    Like(String),
    /// It is one of these. Never written by a person.
    Among(Arc<BTreeSet<Uuid>>),
}

/// What an entry may have or lack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// A title that is not empty.
    Title,
    /// A mood, whoever said it.
    Mood,
    /// At least one topic.
    Topic,
}

impl Part {
    /// Every part.
    pub const ALL: [Part; 3] = [Part::Title, Part::Mood, Part::Topic];

    /// The word after `has:`.
    pub fn name(self) -> &'static str {
        match self {
            Part::Title => "title",
            Part::Mood => "mood",
            Part::Topic => "topic",
        }
    }
}

impl Condition {
    /// True of every entry.
    pub fn always() -> Condition {
        Condition::All(Vec::new())
    }

    /// True of none.
    pub fn never() -> Condition {
        Condition::Any(Vec::new())
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Condition {
        match self {
            Condition::Not(inner) => *inner,
            Condition::All(parts) if parts.is_empty() => Condition::never(),
            Condition::Any(parts) if parts.is_empty() => Condition::always(),
            other => Condition::Not(Box::new(other)),
        }
    }

    /// All of these, without those that are true anyway.
    pub fn all(parts: impl IntoIterator<Item = Condition>) -> Condition {
        let mut parts: Vec<Condition> = parts.into_iter().filter(|part| *part != Condition::always()).collect();
        if parts.contains(&Condition::never()) {
            return Condition::never();
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::All(parts) }
    }

    /// At least one of these, without those that are false anyway.
    pub fn any(parts: impl IntoIterator<Item = Condition>) -> Condition {
        let mut parts: Vec<Condition> = parts.into_iter().filter(|part| *part != Condition::never()).collect();
        if parts.contains(&Condition::always()) {
            return Condition::always();
        }
        if parts.len() == 1 { parts.remove(0) } else { Condition::Any(parts) }
    }

    /// Hands over every test in it.
    pub fn each_test<'a>(&'a self, visit: &mut dyn FnMut(&'a Test)) {
        match self {
            Condition::Test(test) => visit(test),
            Condition::Not(inner) => inner.each_test(visit),
            Condition::All(parts) | Condition::Any(parts) => parts.iter().for_each(|part| part.each_test(visit)),
        }
    }
}

impl From<Test> for Condition {
    fn from(test: Test) -> Condition {
        Condition::Test(test)
    }
}

/// Inclusive bounds on `mood_score`, in hundredths (-100 to 100). Entries without a mood are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoodRange {
    /// Lowest score, in hundredths.
    pub min: i64,
    /// Highest score, in hundredths.
    pub max: i64,
}

/// What is accepted where moods are named.
pub const MOODS: &str = "<0, >=0.5, -0.5..0.2, ..-0.3, 0.5.., one number, good, bad, neutral, a word for a mood such as low or great, or none";

impl MoodRange {
    /// What a person types after `--mood` or `mood:`: a range, a comparison, or a mood; `none` for
    /// entries without one.
    ///
    /// # Errors
    /// A usage error that names the text and the reason.
    pub fn parse(text: &str) -> Result<Condition> {
        let wrong = |why: &str| Error::usage(format!("'{text}' is not a mood to look for: {why}"));
        let score = |part: &str| {
            Mood::parse(part).map(Mood::hundredths).map_err(|_| {
                wrong(&format!("'{part}' is neither a number from -1 to 1 nor a word for a mood"))
                    .hint(format!("moods to look for: {MOODS}"))
            })
        };
        let range = |min: i64, max: i64| MoodRange { min, max };
        let compared = |rest: &str| score(rest.trim_start());
        let found = match text {
            "none" => return Ok(Condition::from(Test::Has(Part::Mood)).negated()),
            "good" | "positive" => range(20, 100),
            "bad" | "negative" => range(-100, -20),
            "neutral" => range(-19, 19),
            _ => {
                if let Some(rest) = text.strip_prefix("<=") {
                    range(-100, compared(rest)?)
                } else if let Some(rest) = text.strip_prefix(">=") {
                    range(compared(rest)?, 100)
                } else if let Some(rest) = text.strip_prefix('<') {
                    range(-100, compared(rest)? - 1)
                } else if let Some(rest) = text.strip_prefix('>') {
                    range(compared(rest)? + 1, 100)
                } else if let Some((min, max)) = text.split_once("..") {
                    let bound = |part: &str, open| if part.is_empty() { Ok(open) } else { score(part) };
                    range(bound(min, -100)?, bound(max, 100)?)
                } else {
                    let score = score(text.strip_prefix('=').unwrap_or(text))?;
                    range(score, score)
                }
            }
        };
        match found {
            MoodRange { min, max } if min <= max => Ok(Condition::from(Test::Mood(found))),
            MoodRange { min: 101, .. } | MoodRange { max: -101, .. } => {
                Err(wrong("no mood is beyond -1 or 1").hint("moods are numbers from -1 to 1"))
            }
            _ => Err(wrong("it runs backwards").hint("write the lower bound first: -0.5..0.2")),
        }
    }
}

/// As it is written after `mood:`.
impl fmt::Display for MoodRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = |hundredths: i64| hundredths as f64 / 100.0;
        match (self.min, self.max) {
            (min, max) if min == max => write!(f, "{}", number(min)),
            (-100, max) if max < 100 => write!(f, "<={}", number(max)),
            (min, 100) if min > -100 => write!(f, ">={}", number(min)),
            (min, max) => write!(f, "{}..{}", number(min), number(max)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn ranges_of_moods() {
        for (text, min, max) in [
            ("0.2..0.8", 20, 80),
            ("..-0.3", -100, -30),
            ("good", 20, 100),
            ("0", 0, 0),
            ("bad..ok", -50, 0),
            ("<0", -100, -1),
            ("<=0", -100, 0),
            (">=0.5", 50, 100),
            ("> -0.25", -24, 100),
            ("=0.5", 50, 50),
            ("<low", -100, -26),
            ("-0.5", -50, -50),
            ("..", -100, 100),
        ] {
            let range = MoodRange { min, max };
            assert_eq!(MoodRange::parse(text).unwrap(), Condition::Test(Test::Mood(range)), "{text}");
            assert_eq!(MoodRange::parse(&range.to_string()).unwrap(), Condition::Test(Test::Mood(range)), "{range}");
        }
        assert_eq!(MoodRange::parse("none").unwrap(), Condition::Not(Box::new(Test::Has(Part::Mood).into())));
        for wrong in ["0.8..0.2", "x..", "<", "<-1", ">1", ">2", "", "<<0", "1e9", "none..1"] {
            assert!(MoodRange::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_always_true_or_never_adds_nothing() {
        let starred = Condition::from(Test::Starred);
        assert_eq!(Condition::all([Condition::always(), starred.clone()]), starred);
        assert_eq!(Condition::all([Condition::never(), starred.clone()]), Condition::never());
        assert_eq!(Condition::any([Condition::never(), starred.clone()]), starred);
        assert_eq!(Condition::any([Condition::always(), starred.clone()]), Condition::always());
        assert_eq!(Condition::never().negated(), Condition::always());
        assert_eq!(starred.clone().negated().negated(), starred);
    }
}
