//! An entry, a topic or an insight as a record of Chroma: one vector each, its text, and what can be asked for.

use crate::cache::text_hash;
use crate::error::Result;
use crate::index::vector::Collection;
use crate::store::{Snapshot, Subject};
use crate::sync::mirror::{mean, model_name};
use chrono::SecondsFormat;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Hexadecimal digits of a hash: enough that two states of one record do not have the same.
const DIGITS: usize = 16;

/// A record.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Document {
    /// The id of the entry, topic or insight.
    pub(super) id: String,
    pub(super) vector: Vec<f32>,
    pub(super) text: String,
    /// `user_id`, `entry_id`, `entry_date`, …; a null for what it has not.
    pub(super) metadata: Map<String, Value>,
}

/// What becomes of a record.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Fate {
    /// It is to be there, and so.
    There(Document),
    /// No model has read it here. Another machine may have, and then its record stays, as long as it is of this
    /// text.
    Unread {
        id: String,
        /// Title and text, or name and description.
        text: String,
    },
    /// It is gone, or belongs to somebody whose rows do not go there.
    Gone(String),
}

impl Fate {
    /// The id of the entry, topic or insight.
    pub(super) fn id(&self) -> &str {
        match self {
            Fate::There(document) => &document.id,
            Fate::Unread { id, .. } | Fate::Gone(id) => id,
        }
    }
}

/// What a collection holds vectors of.
pub(super) fn subject_of(collection: Collection) -> Subject {
    match collection {
        Collection::User | Collection::Global => Subject::Entry,
        Collection::Topic => Subject::Topic,
        Collection::Insight => Subject::Insight,
    }
}

/// What becomes of the record of an entry, topic or insight under a model.
pub(super) fn fate(
    snapshot: &Snapshot,
    collection: Collection,
    kept: Option<&str>,
    owners: &BTreeSet<Uuid>,
    id: Uuid,
) -> Result<Fate> {
    let read = match subject_of(collection) {
        Subject::Entry => entry(snapshot, id)?,
        subject => described(snapshot, subject, id)?,
    };
    let Some(Read { user, text, whole, mut metadata }) =
        read.filter(|read| read.user.is_none_or(|user| owners.contains(&user)))
    else {
        return Ok(Fate::Gone(id.to_string()));
    };
    let unread = Fate::Unread { id: id.to_string(), text: whole.clone() };
    let Some(kept) = kept else { return Ok(unread) };
    let keys = snapshot.keys_of_subject(collection.name(), kept, id)?;
    let mut vectors: Vec<Vec<f32>> = Vec::with_capacity(keys.len());
    for key in &keys {
        snapshot.vectors(&[*key], &mut |_, vector| {
            vectors.push(vector.to_vec());
            Ok(())
        })?;
    }
    let Some(vector) = mean(vectors.iter().map(Vec::as_slice)) else { return Ok(unread) };
    metadata.insert("user_id".into(), json!(user));
    metadata.insert("model_name".into(), json!(model_name(kept)));
    metadata.insert("text_hash".into(), json!(text_hash(model_name(kept), &whole)));
    let bytes: Vec<u8> = vector.iter().flat_map(|number| number.to_le_bytes()).collect();
    let content = format!("{}\0{text}", Value::Object(metadata.clone()));
    metadata.insert("vector_hash".into(), json!(short_hash(&bytes)));
    metadata.insert("content_hash".into(), json!(short_hash(content.as_bytes())));
    Ok(Fate::There(Document { id: id.to_string(), vector, text, metadata }))
}

/// What is in the journal.
struct Read {
    user: Option<Uuid>,
    /// What is shown when it is found.
    text: String,
    /// What a model reads.
    whole: String,
    metadata: Map<String, Value>,
}

fn entry(snapshot: &Snapshot, id: Uuid) -> Result<Option<Read>> {
    Ok(snapshot.entry(id)?.map(|entry| {
        let metadata = json!({
            "entry_id": entry.id,
            "entry_date": entry.entry_date.to_string(),
            "created_at": entry.created_at.to_rfc3339_opts(SecondsFormat::Micros, true),
            "title": entry.title,
            "mood_score": entry.mood.map(|mood| mood.value()),
            "word_count": entry.word_count,
        });
        let whole = entry.full_text();
        Read { user: Some(entry.user_id), text: entry.content, whole, metadata: object(metadata) }
    }))
}

fn described(snapshot: &Snapshot, subject: Subject, id: Uuid) -> Result<Option<Read>> {
    Ok(snapshot.described(subject, id)?.map(|found| {
        let metadata = match subject {
            Subject::Insight => json!({"insight_id": found.id, "insight_type": found.name}),
            _ => json!({"topic_id": found.id, "name": found.name, "is_system_topic": found.user.is_none()}),
        };
        Read { user: found.user, text: found.text.clone(), whole: found.text, metadata: object(metadata) }
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

fn short_hash(bytes: &[u8]) -> String {
    let mut hash = data_encoding::HEXLOWER.encode(&Sha256::digest(bytes));
    hash.truncate(DIGITS);
    hash
}
