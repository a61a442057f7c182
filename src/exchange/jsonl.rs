//! Our own format: one JSON object a line, with the column names of the schema. What is exported
//! comes back equal in every field.

use crate::error::{Error, Result};
use crate::journal::entry::{Entry, EntryTopic, Given, NewEntry, Sentiment};
use crate::journal::mood::{Mood, MoodSource, rounded};
use crate::journal::tag::tags;
use chrono::{DateTime, NaiveDate, SecondsFormat, Utc};
use serde::Serialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use uuid::Uuid;

/// Fields that other commands print and that follow from the rest.
const DERIVED: [&str; 5] = ["short_id", "user_id", "word_count", "cursor", "preview"];

/// The fields of an object, each as it stands.
pub(super) type Fields = BTreeMap<String, Box<RawValue>>;

/// Reads one line, and which fields it names.
///
/// Fields we do not know are kept in the entry's metadata. `null` says that there is no title, source or
/// metadata; elsewhere it says nothing.
///
/// # Errors
/// Usage naming the field and what is wrong with it.
pub fn read(line: &str) -> Result<(NewEntry, Given)> {
    let mut fields: Fields =
        serde_json::from_str(line).map_err(|error| Error::usage(format!("not a JSON object: {error}")))?;
    let names = |name: &str| fields.contains_key(name);
    let mut given = Given {
        title: names("title"),
        import_source: names("import_source"),
        import_id: names("import_id"),
        metadata: names("metadata"),
        ..Given::default()
    };
    fields.retain(|_, value| value.get() != "null");
    let names = |name: &str| fields.contains_key(name);
    given.mood = names("mood_score");
    given.mood_source = given.mood && names("mood_source");
    given.starred = names("starred");
    given.topics = names("topics");
    let content: String = take(&mut fields, "content")?.ok_or_else(|| Error::usage("the field content is missing"))?;
    let date: String =
        take(&mut fields, "entry_date")?.ok_or_else(|| Error::usage("the field entry_date is missing"))?;
    let date: NaiveDate = date
        .parse()
        .map_err(|_| Error::usage(format!("entry_date '{date}' is not a date")).hint("write it as 2024-05-03"))?;
    let mut new = NewEntry::new(content, date);
    if let Some(id) = take::<String>(&mut fields, "id")? {
        new.id = Some(Uuid::try_parse(&id).map_err(|_| Error::usage(format!("id '{id}' is not a UUID")))?);
    }
    new.title = take(&mut fields, "title")?;
    new.created_at = time(&mut fields, "created_at")?;
    new.updated_at = time(&mut fields, "updated_at")?;
    new.written_at = time(&mut fields, "written_at")?;
    new.time_zone = take(&mut fields, "time_zone")?;
    if let Some(zone) = &new.time_zone {
        zone.parse::<chrono_tz::Tz>().map_err(|_| {
            Error::usage(format!("time_zone '{zone}' is not known")).hint("use an IANA name such as Europe/Berlin")
        })?;
    }
    if let Some(score) = fields.remove("mood_score") {
        let mood = rounded(score.get(), 2).and_then(Mood::from_hundredths);
        new.mood =
            Some(mood.ok_or_else(|| Error::usage(format!("mood_score {} is not a number from -1 to 1", score.get())))?);
        new.mood_source = Some(MoodSource::Import);
    }
    if let Some(source) = take::<String>(&mut fields, "mood_source")? {
        let known = MoodSource::from_name(&source);
        new.mood_source =
            Some(known.ok_or_else(|| Error::usage(format!("mood_source '{source}' is not user, import or model")))?);
    }
    new.starred = take(&mut fields, "starred")?.unwrap_or(false);
    if let Some(topics) = take::<Vec<Box<RawValue>>>(&mut fields, "topics")? {
        new.topics = topics.iter().map(|topic| read_topic(topic)).collect::<Result<_>>()?;
        // Only an export knows when each was attached, and it writes them all.
        new.topics_are_all = new.topics.iter().all(|topic| topic.added_at.is_some());
    }
    new.sentiments = take::<Vec<Fields>>(&mut fields, "sentiments")?
        .unwrap_or_default()
        .into_iter()
        .map(|fields| read_sentiment(fields, None))
        .collect::<Result<_>>()?;
    new.import_source = take(&mut fields, "import_source")?;
    new.import_id = take(&mut fields, "import_id")?;
    let metadata = fields.remove("metadata");
    fields.retain(|name, _| !DERIVED.contains(&name.as_str()));
    given.metadata |= !fields.is_empty();
    new.metadata = with_unknown(metadata, fields)?;
    Ok((new, given))
}

/// The metadata as it was, or with the fields we do not know beside what it holds.
fn with_unknown(metadata: Option<Box<RawValue>>, unknown: Fields) -> Result<Option<String>> {
    if unknown.is_empty() {
        return Ok(metadata.map(|metadata| metadata.get().to_string()));
    }
    let mut all = unknown;
    if let Some(metadata) = metadata {
        match serde_json::from_str::<Fields>(metadata.get()) {
            Ok(known) => all.extend(known),
            Err(_) => drop(all.insert("metadata".into(), metadata)),
        }
    }
    let text =
        serde_json::to_string(&all).map_err(|error| Error::failure("cannot write the metadata").source(error))?;
    Ok(Some(text))
}

pub(super) fn take<T: serde::de::DeserializeOwned>(fields: &mut Fields, name: &str) -> Result<Option<T>> {
    fields
        .remove(name)
        .map(|value| {
            serde_json::from_str(value.get())
                .map_err(|error| Error::usage(format!("the field {name} is wrong: {error}")))
        })
        .transpose()
}

pub(super) fn time(fields: &mut Fields, name: &str) -> Result<Option<DateTime<Utc>>> {
    let Some(text) = take::<String>(fields, name)? else { return Ok(None) };
    let at = DateTime::parse_from_rfc3339(&text)
        .map_err(|_| Error::usage(format!("{name} '{text}' is not a time")).hint("write it as 2024-05-03T18:00:00Z"))?;
    Ok(Some(at.with_timezone(&Utc)))
}

/// A topic is a name, or an object with a name and a relevance.
fn read_topic(topic: &RawValue) -> Result<EntryTopic> {
    if let Ok(name) = serde_json::from_str::<String>(topic.get()) {
        return Ok(EntryTopic { name, relevance: Some(100), added_at: None, suggested_by: None });
    }
    let mut fields: Fields =
        serde_json::from_str(topic.get()).map_err(|error| Error::usage(format!("a topic is wrong: {error}")))?;
    let name: String = take(&mut fields, "name")?.ok_or_else(|| Error::usage("a topic has no name"))?;
    let relevance = match fields.remove("relevance_score") {
        None => Some(100),
        Some(score) if score.get() == "null" => None,
        Some(score) => {
            let hundredths = rounded(score.get(), 2).filter(|score| (0..=100).contains(score));
            Some(hundredths.ok_or_else(|| {
                Error::usage(format!("the relevance_score of topic '{name}' is not a number from 0 to 1"))
            })?)
        }
    };
    fields.retain(|_, value| value.get() != "null");
    let suggested_by = take(&mut fields, "suggested_by")?;
    Ok(EntryTopic { name, relevance, added_at: time(&mut fields, "added_at")?, suggested_by })
}

/// Reads a sentiment; `id` is for one that brings none.
pub(super) fn read_sentiment(mut fields: Fields, id: Option<Uuid>) -> Result<Sentiment> {
    fields.retain(|_, value| value.get() != "null");
    let missing = |name: &str| Error::usage(format!("a sentiment has no {name}"));
    let confidence = fields.remove("confidence_score").ok_or_else(|| missing("confidence_score"))?;
    let confidence = rounded(confidence.get(), 4)
        .filter(|score| (0..=10_000).contains(score))
        .ok_or_else(|| Error::usage("the confidence_score of a sentiment is not a number from 0 to 1"))?;
    let id = match take::<String>(&mut fields, "id")? {
        Some(id) => {
            Uuid::try_parse(&id).map_err(|_| Error::usage(format!("the id '{id}' of a sentiment is not a UUID")))?
        }
        None => id.ok_or_else(|| missing("id"))?,
    };
    Ok(Sentiment {
        id,
        model_name: take(&mut fields, "model_name")?.ok_or_else(|| missing("model_name"))?,
        label: take(&mut fields, "sentiment_label")?.ok_or_else(|| missing("sentiment_label"))?,
        confidence,
        emotions: fields.remove("emotions").map(|emotions| emotions.get().to_string()),
        analyzed_at: time(&mut fields, "analyzed_at")?,
    })
}

#[derive(Serialize)]
struct Line<'a> {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    content: &'a str,
    entry_date: String,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    time_zone: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mood_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    mood_source: Option<&'static str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    starred: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    topics: Option<Vec<TopicLine<'a>>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sentiments: Vec<SentimentLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_source: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    import_id: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    metadata: Option<Box<RawValue>>,
}

#[derive(Serialize)]
struct TopicLine<'a> {
    name: &'a str,
    relevance_score: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    added_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested_by: Option<&'a str>,
}

#[derive(Serialize)]
struct SentimentLine<'a> {
    id: String,
    model_name: &'a str,
    sentiment_label: &'a str,
    confidence_score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    emotions: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    analyzed_at: Option<String>,
}

/// Writes one line, without the line break.
///
/// # Errors
/// Failure when stored JSON cannot be read as such.
pub fn write(entry: &Entry) -> Result<String> {
    let stamp = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let raw = |text: &Option<String>| -> Result<Option<Box<RawValue>>> {
        let parse = |text: &String| RawValue::from_string(text.clone());
        let parsed = text.as_ref().map(parse).transpose();
        parsed
            .map_err(|error| Error::failure(format!("entry {} holds JSON that cannot be read", entry.id)).source(error))
    };
    let sentiments = entry.sentiments.iter().map(|sentiment| {
        Ok(SentimentLine {
            id: sentiment.id.to_string(),
            model_name: &sentiment.model_name,
            sentiment_label: &sentiment.label,
            confidence_score: sentiment.confidence as f64 / 10_000.0,
            emotions: raw(&sentiment.emotions)?,
            analyzed_at: sentiment.analyzed_at.map(stamp),
        })
    });
    let topics: Vec<TopicLine> = entry
        .topics
        .iter()
        .map(|topic| TopicLine {
            name: &topic.name,
            relevance_score: topic.relevance.map(|hundredths| hundredths as f64 / 100.0),
            added_at: topic.added_at.map(stamp),
            suggested_by: topic.suggested_by.as_deref(),
        })
        .collect();
    let line = Line {
        id: entry.id.to_string(),
        title: entry.title.as_deref(),
        content: &entry.content,
        entry_date: entry.entry_date.to_string(),
        created_at: stamp(entry.created_at),
        updated_at: stamp(entry.updated_at),
        written_at: entry.written_at.map(stamp),
        time_zone: entry.time_zone.as_deref(),
        mood_score: entry.mood.map(Mood::value),
        mood_source: entry.mood_source.map(MoodSource::name),
        starred: entry.starred,
        topics: (!topics.is_empty() || !tags(&entry.content).is_empty()).then_some(topics),
        sentiments: sentiments.collect::<Result<_>>()?,
        import_source: entry.import_source.as_deref(),
        import_id: entry.import_id.as_deref(),
        metadata: raw(&entry.metadata)?,
    };
    // Metadata that was imported over several lines must stay on one.
    let text = serde_json::to_string(&line).map_err(|error| Error::failure("cannot write the entry").source(error))?;
    Ok(text.replace(['\n', '\r'], " "))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_we_do_not_know_is_kept() {
        let (new, given) = read(
            r#"{"content":"x","entry_date":"2024-05-03","weather":{"c":1.50},"metadata":{"a":1},"short_id":"7f3k"}"#,
        )
        .unwrap();
        assert_eq!(new.metadata.as_deref(), Some(r#"{"a":1,"weather":{"c":1.50}}"#));
        assert!(given.metadata && !given.title && !given.topics);
        let (new, given) =
            read(r#"{"content":"x","entry_date":"2024-05-03","topics":["work"],"title":null,"starred":null}"#).unwrap();
        assert_eq!(new.topics[0].name, "work");
        assert!(given.topics && given.title && !given.starred && !given.metadata);
    }

    #[test]
    fn wrong_lines_name_the_field() {
        for (line, word) in [
            ("[]", "object"),
            ("{", "object"),
            (r#"{"entry_date":"2024-05-03"}"#, "content"),
            (r#"{"content":"x"}"#, "entry_date"),
            (r#"{"content":"x","entry_date":"3.5.2024"}"#, "3.5.2024"),
            (r#"{"content":"x","entry_date":"2024-05-03","mood_score":2}"#, "mood_score"),
            (r#"{"content":"x","entry_date":"2024-05-03","mood_score":"great"}"#, "mood_score"),
            (r#"{"content":"x","entry_date":"2024-05-03","id":"7f3k"}"#, "7f3k"),
            (r#"{"content":"x","entry_date":"2024-05-03","time_zone":"Mars"}"#, "Mars"),
            (r#"{"content":5,"entry_date":"2024-05-03"}"#, "content"),
        ] {
            let error = read(line).unwrap_err();
            assert!(error.message().contains(word), "{line}: {error}");
        }
    }
}
