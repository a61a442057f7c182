//! The one question every reading command asks: which entries?

use chrono::NaiveDate;

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
}

impl Filter {
    /// Whether every entry passes.
    pub fn is_open(&self) -> bool {
        *self == Filter::default()
    }

    /// Whether nothing but the day decides which entries pass.
    pub fn is_by_day(&self) -> bool {
        self.topics.is_empty() && self.mood.is_none() && self.starred.is_none()
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

/// Inclusive bounds on `mood_score`, in hundredths (-100 to 100). Entries without a mood are outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MoodRange {
    /// Lowest score, in hundredths.
    pub min: i64,
    /// Highest score, in hundredths.
    pub max: i64,
}
