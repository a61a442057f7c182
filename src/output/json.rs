//! The JSON that scripts see. Field names are the column names of the schema; fields are added,
//! never renamed.

use crate::analysis::mood::model_of;
use crate::analysis::trends::{MoodPeriod, Period};
use crate::error::Error;
use crate::journal::entry::{Entry, EntryTopic, Sentiment};
use crate::journal::topic::{Topic, TopicHit, TopicSuggestion, TopicUse};
use crate::store::{Account, Holdings, Operation, Session, Version};
use chrono::{DateTime, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use uuid::Uuid;

/// RFC 3339 in UTC with microseconds, as the database stores it.
pub fn timestamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

/// `{"error": {"code", "kind", "message", "hint", "retryable"}}`, and, where the fault has a place in a
/// query, `query`, `offset_characters`, `offset_bytes` and `length_bytes`.
pub fn error(error: &Error) -> Value {
    let kind = error.kind();
    let mut fields = json!({
        "code": kind.exit_code(),
        "kind": kind.name(),
        "message": error.message(),
        "hint": error.hint_text(),
        "retryable": kind.retryable(),
    });
    if let Some(place) = error.place() {
        fields["query"] = json!(place.text);
        fields["offset_characters"] = json!(place.characters());
        fields["offset_bytes"] = json!(place.bytes.start);
        fields["length_bytes"] = json!(place.bytes.len());
    }
    json!({ "error": fields })
}

/// A topic attached to an entry.
#[derive(Debug, Serialize)]
pub struct TopicJson {
    name: String,
    relevance_score: Option<f64>,
    added_at: Option<String>,
    suggested_by: Option<String>,
}

impl From<&EntryTopic> for TopicJson {
    fn from(topic: &EntryTopic) -> Self {
        TopicJson {
            name: topic.name.clone(),
            relevance_score: topic.relevance.map(|hundredths| hundredths as f64 / 100.0),
            added_at: topic.added_at.map(timestamp),
            suggested_by: topic.suggested_by.clone(),
        }
    }
}

/// A topic.
pub fn topic(topic: &Topic) -> Value {
    json!({
        "id": topic.id.to_string(),
        "name": topic.name,
        "description": topic.description,
        "user_id": topic.user_id.map(|id| id.to_string()),
        "created_at": topic.created_at.map(timestamp),
        "is_system_topic": topic.is_system_topic,
    })
}

/// A topic with what a user has written about it.
pub fn topic_use(used: &TopicUse) -> Value {
    let mut value = topic(&used.topic);
    value["entry_count"] = json!(used.entry_count);
    value["avg_mood"] = json!(used.avg_mood);
    value["last_entry_date"] = json!(used.last_entry_date.map(|date| date.to_string()));
    value
}

/// A topic whose name is like a text, under the architecture's column names.
#[derive(Debug, Serialize)]
pub struct TopicHitJson {
    name: String,
    // As a single-precision number it has the digits that PostgreSQL prints.
    sim_score: f32,
    id: String,
    user_id: Option<String>,
    is_system_topic: bool,
}

impl From<&TopicHit> for TopicHitJson {
    fn from(hit: &TopicHit) -> Self {
        TopicHitJson {
            name: hit.topic.name.clone(),
            sim_score: hit.similarity,
            id: hit.topic.id.to_string(),
            user_id: hit.topic.user_id.map(|id| id.to_string()),
            is_system_topic: hit.topic.is_system_topic,
        }
    }
}

/// A topic that is suggested, and for which entries; also as it is kept in the cache.
#[derive(Debug, Serialize, Deserialize)]
pub struct TopicSuggestionJson {
    /// The topic's name.
    pub name: String,
    /// How relevant it is where it is most.
    pub relevance_score: f64,
    id: Uuid,
    /// Whether it is everybody's.
    pub is_system_topic: bool,
    entry_count: usize,
    entries: Vec<SuggestedEntryJson>,
}

#[derive(Debug, Serialize, Deserialize)]
struct SuggestedEntryJson {
    entry_id: Uuid,
    relevance_score: f64,
}

impl From<&TopicSuggestion> for TopicSuggestionJson {
    fn from(suggestion: &TopicSuggestion) -> Self {
        let share = |hundredths: i64| hundredths as f64 / 100.0;
        let entry =
            |(id, relevance): &(Uuid, i64)| SuggestedEntryJson { entry_id: *id, relevance_score: share(*relevance) };
        TopicSuggestionJson {
            name: suggestion.topic.name.clone(),
            relevance_score: share(suggestion.entries.first().map_or(0, |(_, relevance)| *relevance)),
            id: suggestion.topic.id,
            is_system_topic: suggestion.topic.is_system_topic,
            entry_count: suggestion.entries.len(),
            entries: suggestion.entries.iter().map(entry).collect(),
        }
    }
}

impl TopicSuggestionJson {
    /// The topic.
    pub fn topic_id(&self) -> Uuid {
        self.id
    }

    /// The entries, with how relevant it is to each, in hundredths.
    pub fn pairs(&self) -> impl Iterator<Item = (Uuid, i64)> {
        self.entries.iter().map(|entry| (entry.entry_id, (entry.relevance_score * 100.0).round() as i64))
    }

    /// With these entries alone, by topic and entry; nothing when there is none.
    pub fn only(mut self, keeps: impl Fn(Uuid, Uuid) -> bool) -> Option<TopicSuggestionJson> {
        let topic = self.id;
        self.entries.retain(|entry| keeps(topic, entry.entry_id));
        self.entry_count = self.entries.len();
        self.relevance_score = self.entries.first()?.relevance_score;
        Some(self)
    }
}

/// What a model said.
#[derive(Debug, Serialize)]
pub struct SentimentJson {
    id: String,
    model_name: String,
    sentiment_label: String,
    confidence_score: f64,
    emotions: Option<Box<RawValue>>,
    analyzed_at: Option<String>,
}

impl From<&Sentiment> for SentimentJson {
    fn from(sentiment: &Sentiment) -> Self {
        SentimentJson {
            id: sentiment.id.to_string(),
            model_name: sentiment.model_name.clone(),
            sentiment_label: sentiment.label.clone(),
            confidence_score: sentiment.confidence as f64 / 10_000.0,
            emotions: raw(sentiment.emotions.as_deref()),
            analyzed_at: sentiment.analyzed_at.map(timestamp),
        }
    }
}

/// JSON text as JSON, digit for digit.
pub fn raw(text: Option<&str>) -> Option<Box<RawValue>> {
    RawValue::from_string(text?.to_string()).ok()
}

/// An entry. What is absent is `null`, so that a script can rely on every field.
#[derive(Debug, Serialize)]
pub struct EntryJson {
    /// The UUID.
    pub id: String,
    /// Its shortest unique tail.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_id: Option<String>,
    user_id: String,
    title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    preview: Option<String>,
    entry_date: String,
    created_at: String,
    updated_at: String,
    mood_score: Option<f64>,
    mood_source: Option<&'static str>,
    mood_model: Option<String>,
    word_count: i64,
    written_at: Option<String>,
    time_zone: Option<String>,
    starred: bool,
    topics: Vec<TopicJson>,
    sentiments: Vec<SentimentJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
    /// Passed to `--cursor`, a list goes on after this entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
}

impl EntryJson {
    /// With the whole text.
    pub fn full(entry: &Entry, short_id: Option<String>) -> EntryJson {
        EntryJson {
            id: entry.id.to_string(),
            short_id,
            user_id: entry.user_id.to_string(),
            title: entry.title.clone(),
            content: Some(entry.content.clone()),
            preview: None,
            entry_date: entry.entry_date.to_string(),
            created_at: timestamp(entry.created_at),
            updated_at: timestamp(entry.updated_at),
            mood_score: entry.mood.map(|mood| mood.value()),
            mood_source: entry.mood_source.map(|source| source.name()),
            mood_model: model_of(entry).map(str::to_string),
            word_count: entry.word_count,
            written_at: entry.written_at.map(timestamp),
            time_zone: entry.time_zone.clone(),
            starred: entry.starred,
            topics: entry.topics.iter().map(TopicJson::from).collect(),
            sentiments: entry.sentiments.iter().map(SentimentJson::from).collect(),
            import_source: entry.import_source.clone(),
            import_id: entry.import_id.clone(),
            metadata: raw(entry.metadata.as_deref()),
            cursor: None,
        }
    }

    /// With the first words instead of the whole text.
    pub fn brief(entry: &Entry, short_id: Option<String>) -> EntryJson {
        let preview = Some(super::text::first_words(&entry.content, 160));
        EntryJson { content: None, preview, ..EntryJson::full(entry, short_id) }
    }
}

/// A version of an entry.
pub fn version(version: &Version) -> Value {
    json!({
        "version": version.number,
        "at": version.at.map(timestamp),
        "until": version.until.map(timestamp),
        "deleted": version.deleted,
        "title": version.title,
        "content": version.content,
        "entry_date": version.entry_date,
        "mood_score": version.mood_score,
    })
}

/// An operation.
pub fn operation(operation: &Operation) -> Value {
    json!({
        "id": operation.id,
        "at": timestamp(operation.at),
        "command": operation.command,
        "summary": operation.summary,
        "undone": operation.undone,
    })
}

/// A user; the password is only whether there is one.
pub fn account(account: &Account) -> Value {
    json!({
        "id": account.id,
        "email": account.email,
        "has_password": account.has_password,
        "created_at": account.created_at.map(timestamp),
        "updated_at": account.updated_at.map(timestamp),
        "is_active": account.is_active,
        "profile": parsed(account.profile.as_deref()),
    })
}

/// Stored JSON as a value; text that is none as null.
fn parsed(text: Option<&str>) -> Value {
    text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
}

/// How much belongs to a user.
pub fn holdings(held: &Holdings) -> Value {
    json!({
        "entries": held.entries,
        "topics": held.topics,
        "sentiments": held.sentiments,
        "insights": held.insights,
        "sessions": held.sessions,
        "vectors": held.vectors,
    })
}

/// A session.
pub fn session(session: &Session) -> Value {
    json!({
        "id": session.id,
        "user_id": session.user_id,
        "session_start": session.start.map(timestamp),
        "session_end": session.end.map(timestamp),
        "activities": parsed(session.activities.as_deref()),
        "ip_address": session.ip_address,
        "user_agent": session.user_agent,
        "cursor": session.cursor(),
    })
}

/// A row of the mood trend, under the architecture's column names.
pub fn mood_period(period: Period, row: &MoodPeriod) -> Value {
    json!({
        period.name(): row.start.to_string(),
        "avg_mood": row.avg_mood,
        "entry_count": row.entry_count,
        "mood_variance": row.mood_variance,
    })
}
