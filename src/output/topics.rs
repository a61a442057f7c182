//! How topics look to a person.

use super::json::TopicSuggestionJson;
use super::text::{first_words, mood, safe, table};
use crate::journal::mood::Mood;
use crate::journal::topic::{Topic, TopicHit, TopicUse};

/// The widest a name is shown on a terminal.
const NAME: usize = 40;

/// So many ids are named on a terminal.
const IDS: usize = 5;

/// Topics with what was written about them: a table on a terminal of this width; tab-separated lines
/// in a pipe.
pub fn uses(topics: &[TopicUse], width: Option<usize>) -> String {
    let rows = topics
        .iter()
        .map(|used| {
            let score = used.avg_mood.and_then(Mood::from_f64);
            let mut row = vec![
                name(&used.topic, width),
                used.entry_count.to_string(),
                if width.is_some() { mood(score) } else { score.map_or(String::new(), |score| score.to_string()) },
                used.last_entry_date.map(|date| date.to_string()).unwrap_or_default(),
                whose(&used.topic).to_string(),
            ];
            let description = used.topic.description.as_deref().unwrap_or_default();
            // A narrow terminal has no room for a description.
            if width.is_none_or(|width| width >= 80) {
                row.push(first_words(description, width.map_or(usize::MAX, |width| width.saturating_sub(70).max(20))));
            }
            row
        })
        .collect();
    match width {
        None => lines(rows),
        Some(80..) => table(&["Topic", "Entries", "Mood", "Last used", "", "About"], rows, width),
        Some(_) => table(&["Topic", "Entries", "Mood", "Last used", ""], rows, width),
    }
}

/// Topics whose names are like a text, with how alike they are.
pub fn hits(hits: &[TopicHit], width: Option<usize>) -> String {
    let rows = hits
        .iter()
        .map(|hit| vec![format!("{:.2}", hit.similarity), name(&hit.topic, width), whose(&hit.topic).to_string()])
        .collect();
    if width.is_none() { lines(rows) } else { table(&["Alike", "Topic", ""], rows, width) }
}

/// Topics that are suggested, with how relevant they are and the ids of the entries: all of them in a
/// pipe, the first few on a terminal.
pub fn suggestions(found: &[TopicSuggestionJson], ids: &[Vec<String>], width: Option<usize>) -> String {
    let rows = found
        .iter()
        .zip(ids)
        .map(|(topic, ids)| {
            let shown = width.map_or(ids.len(), |_| IDS);
            let more = if ids.len() > shown { format!(" and {} more", ids.len() - shown) } else { String::new() };
            let ids: Vec<&str> = ids.iter().take(shown).map(String::as_str).collect();
            vec![
                format!("{:.2}", topic.relevance_score),
                named(&topic.name, width),
                if topic.is_system_topic { "system" } else { "own" }.to_string(),
                ids.join(" ") + &more,
            ]
        })
        .collect();
    if width.is_none() { lines(rows) } else { table(&["Relevance", "Topic", "", "Entries"], rows, width) }
}

fn name(topic: &Topic, width: Option<usize>) -> String {
    named(&topic.name, width)
}

fn named(name: &str, width: Option<usize>) -> String {
    match width {
        Some(_) => first_words(name, NAME),
        None => safe(name).replace(['\t', '\n'], " "),
    }
}

fn whose(topic: &Topic) -> &'static str {
    if topic.is_shared() { "system" } else { "own" }
}

fn lines(rows: Vec<Vec<String>>) -> String {
    rows.into_iter().map(|row| row.join("\t") + "\n").collect()
}
