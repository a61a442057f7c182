//! Scores with a fixed number of decimals, kept as whole numbers so that none is ever off by a bit.
//!
//! PostgreSQL rounds a DECIMAL half away from zero before it checks the range; so do we, by decimal
//! arithmetic: binary floating point is wrong at the borders (1.005 is less than 1.005).

use crate::error::{Error, Result};
use rust_decimal::{Decimal, RoundingStrategy};
use std::fmt;
use std::str::FromStr;

/// How an entry felt: `mood_score`, from -1 to 1 in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mood(i16);

impl Mood {
    /// From hundredths; `None` outside -100 to 100.
    pub fn from_hundredths(hundredths: i64) -> Option<Mood> {
        (-100..=100).contains(&hundredths).then_some(Mood(hundredths as i16))
    }

    /// The score in hundredths.
    pub fn hundredths(self) -> i64 {
        i64::from(self.0)
    }

    /// The score as the nearest double, as the database stores it.
    pub fn value(self) -> f64 {
        f64::from(self.0) / 100.0
    }

    /// From a double that came from the database or a model; rounds as a DECIMAL(3,2) does.
    pub fn from_f64(value: f64) -> Option<Mood> {
        rounded(&value.to_string(), 2).and_then(Mood::from_hundredths)
    }

    /// Reads what a person types: a number from -1 to 1, a share like `7/10`, or a word
    /// (awful, bad, low, ok, fine, good, great, wonderful).
    ///
    /// # Errors
    /// A usage error that names the text and the forms that are understood.
    pub fn parse(text: &str) -> Result<Mood> {
        let bare = text.trim().to_lowercase();
        let word = match bare.as_str() {
            "awful" | "terrible" => Some(-80),
            "bad" => Some(-50),
            "low" | "meh" => Some(-25),
            "ok" | "okay" | "neutral" => Some(0),
            "fine" => Some(25),
            "good" => Some(50),
            "great" => Some(80),
            "wonderful" => Some(100),
            _ => None,
        };
        let number = match (word, bare.split_once('/')) {
            (Some(hundredths), _) => Some(hundredths),
            (None, Some((part, whole))) => share(part, whole),
            (None, None) => rounded(&bare, 2),
        };
        number.and_then(Mood::from_hundredths).ok_or_else(|| {
            Error::usage(format!("'{text}' is not a mood"))
                .hint("a mood is a number from -1 to 1, a share like 7/10, or awful, bad, low, ok, fine, good, great, wonderful")
        })
    }
}

impl fmt::Display for Mood {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:+.2}", self.value())
    }
}

/// `7/10` on a scale from 0 to 10 is 0.40 on ours.
fn share(part: &str, whole: &str) -> Option<i64> {
    let part = Decimal::from_str(part.trim()).ok()?;
    let whole = Decimal::from_str(whole.trim()).ok()?;
    if whole <= Decimal::ZERO || part < Decimal::ZERO || part > whole {
        return None;
    }
    let score = part.checked_mul(Decimal::TWO)?.checked_div(whole)? - Decimal::ONE;
    scaled(score, 2)
}

/// A decimal text as a whole number of 10^-scale, rounded half away from zero.
pub fn rounded(text: &str, scale: u32) -> Option<i64> {
    super::decimal::rounded(text, scale).ok()
}

fn scaled(exact: Decimal, scale: u32) -> Option<i64> {
    let round = exact.round_dp_with_strategy(scale, RoundingStrategy::MidpointAwayFromZero);
    i64::try_from(round.checked_mul(Decimal::from(10i64.pow(scale)))?.trunc()).ok()
}

/// Where a mood score came from. What the writer said wins over what an import said, which wins
/// over what a model thinks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MoodSource {
    /// Inferred from the text.
    Model,
    /// Came with an imported entry.
    Import,
    /// Said by the writer.
    User,
}

impl MoodSource {
    /// The word stored in the database.
    pub fn name(self) -> &'static str {
        match self {
            MoodSource::Model => "model",
            MoodSource::Import => "import",
            MoodSource::User => "user",
        }
    }

    /// The source with this name.
    pub fn from_name(name: &str) -> Option<MoodSource> {
        [MoodSource::Model, MoodSource::Import, MoodSource::User].into_iter().find(|source| source.name() == name)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_is_half_away_from_zero_before_the_range_check() {
        for (text, hundredths) in
            [("1.004", Some(100)), ("0.005", Some(1)), ("-0.005", Some(-1)), ("0.285", Some(29)), ("1e-1", Some(10))]
        {
            assert_eq!(Mood::parse(text).ok().map(Mood::hundredths), hundredths, "{text}");
        }
        for wrong in ["1.005", "-1.005", "nan", "inf", "", "x", "3/0", "11/10"] {
            assert!(Mood::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn shares_and_words() {
        assert_eq!(Mood::parse("7/10").unwrap().hundredths(), 40);
        assert_eq!(Mood::parse("0/5").unwrap().hundredths(), -100);
        assert_eq!(Mood::parse("Great").unwrap().hundredths(), 80);
    }

    proptest! {
        #[test]
        fn the_stored_double_gives_the_same_mood_back(hundredths in -100i64..=100) {
            let mood = Mood::from_hundredths(hundredths).unwrap();
            prop_assert_eq!(Mood::from_f64(mood.value()), Some(mood));
        }
    }
}
