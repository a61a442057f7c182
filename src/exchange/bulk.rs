//! Lines of a bulk write: one JSON object each, with the column names of the schema.

use super::jsonl::{self, Fields};
use crate::error::{Error, Result};
use crate::journal::entry::Sentiment;
use crate::journal::mood::{Mood, rounded};
use chrono::{DateTime, Utc};
use uuid::Uuid;

/// A mood for an entry: `{"id", "mood_score", "updated_at"}`.
#[derive(Debug, Clone, PartialEq)]
pub struct MoodLine {
    /// The entry, by its id or the tail of it.
    pub entry: String,
    /// The mood; `None` for `null`.
    pub mood: Option<Mood>,
    /// When the entry was last changed, as whoever wrote the line knew it.
    pub seen: DateTime<Utc>,
}

/// Reads the mood of an entry. Other fields, as `list --json` prints them, are passed over.
///
/// # Errors
/// Usage naming the field and what is wrong with it.
pub fn read_mood(line: &str) -> Result<MoodLine> {
    let mut fields = object(line)?;
    let entry = entry_id(&mut fields)?;
    let score = fields.remove("mood_score").ok_or_else(|| missing("mood_score"))?;
    let mood = match score.get() {
        "null" => None,
        score => Some(
            rounded(score, 2)
                .and_then(Mood::from_hundredths)
                .ok_or_else(|| Error::usage(format!("mood_score {score} is not a number from -1 to 1")))?,
        ),
    };
    let seen = jsonl::time(&mut fields, "updated_at")?.ok_or_else(|| {
        missing("updated_at")
            .hint("it says which version of the entry the mood is for; `journal list --json` prints it")
    })?;
    Ok(MoodLine { entry, mood, seen })
}

/// Reads what a model said about an entry: `{"entry_id", "model_name", "sentiment_label",
/// "confidence_score"}`, and if known `id`, `emotions`, `analyzed_at`. Returns the entry as it is
/// named; `new_id` gives an id where there is none.
///
/// # Errors
/// Usage naming the field and what is wrong with it.
pub fn read_sentiment(line: &str, new_id: impl FnOnce() -> Uuid) -> Result<(String, Sentiment)> {
    let mut fields = object(line)?;
    let entry = jsonl::take::<String>(&mut fields, "entry_id")?.ok_or_else(|| missing("entry_id"))?;
    fields.retain(|_, value| value.get() != "null");
    Ok((entry, jsonl::read_sentiment(fields, Some(new_id()))?))
}

fn object(line: &str) -> Result<Fields> {
    serde_json::from_str(line).map_err(|error| Error::usage(format!("not a JSON object: {error}")))
}

fn entry_id(fields: &mut Fields) -> Result<String> {
    let named = match jsonl::take(fields, "entry_id")? {
        Some(id) => Some(id),
        None => jsonl::take(fields, "id")?,
    };
    named.ok_or_else(|| missing("id"))
}

fn missing(name: &str) -> Error {
    Error::usage(format!("the field {name} is missing"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn wrong_lines_name_the_field() {
        for (line, word) in [
            ("[]", "object"),
            (r#"{"mood_score":0.5,"updated_at":"2024-05-03T18:00:00Z"}"#, "id"),
            (r#"{"id":"x","updated_at":"2024-05-03T18:00:00Z"}"#, "mood_score"),
            (r#"{"id":"x","mood_score":0.5}"#, "updated_at"),
            (r#"{"id":"x","mood_score":1.005,"updated_at":"2024-05-03T18:00:00Z"}"#, "mood_score"),
            (r#"{"id":"x","mood_score":0.5,"updated_at":"now"}"#, "updated_at"),
        ] {
            assert!(read_mood(line).unwrap_err().message().contains(word), "{line}");
        }
        for (line, word) in [
            (r#"{"model_name":"m","sentiment_label":"l","confidence_score":1}"#, "entry_id"),
            (r#"{"entry_id":"x","sentiment_label":"l","confidence_score":1}"#, "model_name"),
            (r#"{"entry_id":"x","model_name":"m","confidence_score":1}"#, "sentiment_label"),
            (
                r#"{"entry_id":"x","model_name":"m","sentiment_label":"l","confidence_score":1.00005}"#,
                "confidence_score",
            ),
            (r#"{"entry_id":"x","model_name":"","sentiment_label":"l","confidence_score":1,"id":"7"}"#, "id"),
        ] {
            assert!(read_sentiment(line, Uuid::nil).unwrap_err().message().contains(word), "{line}");
        }
    }

    #[test]
    fn lines_of_a_list_can_be_given_back() {
        let line =
            read_mood(r#"{"id":"7f3k","mood_score":0.125,"updated_at":"2024-05-03T18:00:00.000001Z","title":"x"}"#)
                .unwrap();
        assert_eq!((line.entry.as_str(), line.mood), ("7f3k", Mood::from_hundredths(13)));
        assert_eq!(
            read_mood(r#"{"id":"7f3k","mood_score":null,"updated_at":"2024-05-03T18:00:00Z"}"#).unwrap().mood,
            None
        );
    }
}
