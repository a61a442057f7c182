//! An entry, and what is needed to write one.

use super::mood::{Mood, MoodSource};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// The longest title, in characters (VARCHAR(500) in the architecture).
pub const MAX_TITLE: usize = 500;

/// An entry as it is stored, with its details and topics.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// `journal_entries.id`, a UUIDv7.
    pub id: Uuid,
    /// Whose entry it is.
    pub user_id: Uuid,
    /// At most [`MAX_TITLE`] characters.
    pub title: Option<String>,
    /// Exactly the text that was given.
    pub content: String,
    /// The local date, by which everything is grouped.
    pub entry_date: NaiveDate,
    /// When the row was first written.
    pub created_at: DateTime<Utc>,
    /// When the row was last changed.
    pub updated_at: DateTime<Utc>,
    /// How it felt.
    pub mood: Option<Mood>,
    /// Where the mood came from.
    pub mood_source: Option<MoodSource>,
    /// Words as the architecture counts them: separated by single spaces.
    pub word_count: i64,
    /// The instant the entry is about: when it was written unless another time was given.
    pub written_at: Option<DateTime<Utc>>,
    /// IANA name of the zone `entry_date` was read in.
    pub time_zone: Option<String>,
    /// Marked by the writer.
    pub starred: bool,
    /// Format it was imported from.
    pub import_source: Option<String>,
    /// Its id there.
    pub import_id: Option<String>,
    /// What its source knew and we have no column for, as JSON text.
    pub metadata: Option<String>,
    /// The topics attached to it, most relevant first.
    pub topics: Vec<EntryTopic>,
    /// What each model said about it.
    pub sentiments: Vec<Sentiment>,
}

impl Entry {
    /// The text that stands for the whole entry where its meaning is asked for: title, blank line,
    /// content.
    pub fn full_text(&self) -> String {
        full_text(self.title.as_deref(), &self.content)
    }
}

/// Title, blank line, content; the content alone when there is no title.
pub fn full_text(title: Option<&str>, content: &str) -> String {
    match title {
        Some(title) if !title.trim().is_empty() => format!("{title}\n\n{content}"),
        _ => content.to_string(),
    }
}

/// A topic attached to an entry.
#[derive(Debug, Clone, PartialEq)]
pub struct EntryTopic {
    /// `topics.name`.
    pub name: String,
    /// `relevance_score` in hundredths: 100 for what the writer tagged.
    pub relevance: Option<i64>,
    /// When it was attached.
    pub added_at: Option<DateTime<Utc>>,
    /// The model that suggested it; nothing when the writer or an import attached it.
    pub suggested_by: Option<String>,
}

/// A row of `sentiment_analysis`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentiment {
    /// `sentiment_analysis.id`.
    pub id: Uuid,
    /// The model, with its revision.
    pub model_name: String,
    /// What the model calls it: positive, negative, neutral, …
    pub label: String,
    /// `confidence_score` in ten-thousandths, 0 to 10000.
    pub confidence: i64,
    /// The scores behind it, as JSON text.
    pub emotions: Option<String>,
    /// When the model said it.
    pub analyzed_at: Option<DateTime<Utc>>,
}

/// What is needed to write an entry. The store fills in what is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct NewEntry {
    /// Given by an import that keeps ids.
    pub id: Option<Uuid>,
    /// See [`Entry::title`].
    pub title: Option<String>,
    /// See [`Entry::content`].
    pub content: String,
    /// See [`Entry::entry_date`].
    pub entry_date: NaiveDate,
    /// Absent: now.
    pub created_at: Option<DateTime<Utc>>,
    /// Absent: the same as `created_at`.
    pub updated_at: Option<DateTime<Utc>>,
    /// See [`Entry::mood`].
    pub mood: Option<Mood>,
    /// See [`Entry::mood_source`].
    pub mood_source: Option<MoodSource>,
    /// See [`Entry::written_at`].
    pub written_at: Option<DateTime<Utc>>,
    /// See [`Entry::time_zone`].
    pub time_zone: Option<String>,
    /// See [`Entry::starred`].
    pub starred: bool,
    /// See [`Entry::import_source`].
    pub import_source: Option<String>,
    /// See [`Entry::import_id`].
    pub import_id: Option<String>,
    /// See [`Entry::metadata`].
    pub metadata: Option<String>,
    /// Topics beside those tagged in the text.
    pub topics: Vec<EntryTopic>,
    /// The topics are all there are: one that the text is tagged with and that is missing here has
    /// another name by now, or was taken off.
    pub topics_are_all: bool,
    /// Results to be kept as they are; a model named here is not asked again.
    pub sentiments: Vec<Sentiment>,
}

impl NewEntry {
    /// An entry with a text and a date and nothing else.
    pub fn new(content: impl Into<String>, entry_date: NaiveDate) -> NewEntry {
        NewEntry {
            id: None,
            title: None,
            content: content.into(),
            entry_date,
            created_at: None,
            updated_at: None,
            mood: None,
            mood_source: None,
            written_at: None,
            time_zone: None,
            starred: false,
            import_source: None,
            import_id: None,
            metadata: None,
            topics: Vec::new(),
            topics_are_all: false,
            sentiments: Vec::new(),
        }
    }
}

/// Which fields an import names. What is not named stays as it is; of a field that can be empty,
/// naming it with nothing takes it away.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Given {
    /// See [`Entry::title`].
    pub title: bool,
    /// See [`Entry::mood`].
    pub mood: bool,
    /// See [`Entry::mood_source`].
    pub mood_source: bool,
    /// See [`Entry::starred`].
    pub starred: bool,
    /// See [`Entry::topics`]: all of them.
    pub topics: bool,
    /// See [`Entry::import_source`].
    pub import_source: bool,
    /// See [`Entry::import_id`].
    pub import_id: bool,
    /// See [`Entry::metadata`].
    pub metadata: bool,
}

impl NewEntry {
    /// The topics of an entry that is written so: those that are named and those tagged in the text.
    pub fn all_topics(&self) -> Vec<EntryTopic> {
        let mut topics = self.topics.clone();
        if !self.topics_are_all {
            let tagged = super::tag::tags(&self.content).into_iter();
            topics.extend(tagged.map(|name| EntryTopic {
                name,
                relevance: Some(100),
                added_at: None,
                suggested_by: None,
            }));
        }
        topics
    }
}
