//! Topics: what entries are about.

use super::tag::MAX_NAME;
use crate::error::{Error, Result};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// A row of `topics`.
#[derive(Debug, Clone, PartialEq)]
pub struct Topic {
    /// `topics.id`.
    pub id: Uuid,
    /// At most [`MAX_NAME`] characters.
    pub name: String,
    /// What the topic is about, in the words of whoever made it.
    pub description: Option<String>,
    /// Whose topic it is; nobody's when it is a system topic.
    pub user_id: Option<Uuid>,
    /// When it was made.
    pub created_at: Option<DateTime<Utc>>,
    /// `topics.is_system_topic`.
    pub is_system_topic: bool,
}

impl Topic {
    /// Whether everybody may use it and nobody may change it.
    pub fn is_shared(&self) -> bool {
        self.user_id.is_none()
    }
}

/// A topic, and the entries of one user that have it.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicUse {
    /// The topic.
    pub topic: Topic,
    /// How many entries have it.
    pub entry_count: u64,
    /// The mean of their mood scores; absent when none has one.
    pub avg_mood: Option<f64>,
    /// The day of the latest of them.
    pub last_entry_date: Option<NaiveDate>,
}

/// A topic whose name is like a text.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicHit {
    /// The topic.
    pub topic: Topic,
    /// How alike name and text are (see [`super::trigram::similarity`]).
    pub similarity: f32,
}

/// A topic that is suggested for entries.
#[derive(Debug, Clone, PartialEq)]
pub struct TopicSuggestion {
    /// The topic.
    pub topic: Topic,
    /// The entries, with how relevant it is to each, in hundredths below 100; the most relevant first.
    pub entries: Vec<(Uuid, i64)>,
}

/// Whether a topic may have this name.
///
/// # Errors
/// Usage, naming the rule.
pub fn check_name(name: &str) -> Result<()> {
    let length = name.chars().count();
    if length == 0 || length > MAX_NAME || name.contains('\0') || name.trim() != name {
        return Err(Error::usage(format!("'{name}' cannot be a topic"))
            .hint("a topic has 1 to 200 characters and no white space at its ends"));
    }
    Ok(())
}

/// The description as it is kept: nothing when it says nothing.
///
/// # Errors
/// Usage when it contains a NUL character.
pub fn check_description(text: &str) -> Result<Option<&str>> {
    if text.contains('\0') {
        return Err(Error::usage("the description contains a NUL character").hint("remove it"));
    }
    Ok(Some(text.trim()).filter(|text| !text.is_empty()))
}
