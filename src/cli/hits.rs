//! What a search has found, as people and scripts see it.

use crate::app::App;
use crate::error::{Error, Result};
use crate::index::text::Matched;
use crate::index::vector::Collection;
use crate::journal::filter::Filter;
use crate::journal::log::Position;
use crate::journal::passage::kept_as;
use crate::output::{Format, text};
use crate::search::suggest::Suggestion;
use crate::search::{self, After, Found, Hit};
use console::Style;
use serde_json::{Value, json};
use uuid::Uuid;

/// Prints what was found.
pub(super) fn show(app: &mut App, user: Uuid, found: &Found, explain: bool, open: bool) -> Result<()> {
    // The model was changed, by the configuration or with this program: who notices first begins.
    if let (Some(answered), Some(model)) = (&found.model, app.model_if_installed(Collection::User)?)
        && *answered != kept_as(&model.name)
    {
        app.wake_analysis();
    }
    let mut named = Vec::new();
    for hit in &found.hits {
        named.push((app.store()?.short_id(user, hit.entry.id)?, hit));
    }
    let best = match found.best {
        Some((id, similarity)) => Some((id, app.store()?.short_id(user, id)?, similarity)),
        None => None,
    };
    let mut likes = Vec::new();
    for (_, hit) in &named {
        likes.push(match &hit.like {
            Some(like) => Some(app.store()?.short_id(user, like.entry)?),
            None => None,
        });
    }
    if app.printer.is_json() {
        let results: Vec<Value> = named.iter().map(|(id, hit)| result(id, hit)).collect();
        return match app.printer.format() {
            Format::JsonLines => app.printer.json_list(&results),
            _ => app.printer.json(&json!({
                "results": results,
                "mode_requested": found.mode_requested.name(),
                "mode_used": found.mode_used.name(),
                "reason": found.reason,
                "vectors": found.vectors,
                "model_name": found.model,
                "more": found.more,
                "query": found.query,
                "best": best.map(|(id, short_id, similarity)| json!({
                    "id": id, "short_id": short_id, "similarity": similarity,
                })),
                "suggestions": found.suggestions.iter().map(suggestion).collect::<Vec<_>>(),
            })),
        };
    }
    if named.is_empty() {
        let hint =
            if open && app.store()?.count(user, &Filter::default())? == 0 { " The journal is empty." } else { "" };
        app.printer.note(&format!("Nothing found.{hint}"));
        if let Some((_, id, similarity)) = best {
            app.printer.note(&format!(
                "The nearest in meaning is {id}, {similarity:.2} alike: --threshold {:.2} shows it.",
                (similarity * 100.0).floor() / 100.0
            ));
        }
        for suggestion in &found.suggestions {
            app.printer.note(&format!("  {}", text::safe(&suggestion.sentence())));
        }
        return Ok(());
    }
    let width = app.printer.width();
    let shown: String = named
        .iter()
        .zip(&likes)
        .map(|((id, hit), like)| hit_text(id, hit, width, explain.then(|| why(hit, like.as_deref()))))
        .collect();
    if explain {
        app.printer.note(&format!("looked for: {}", text::safe(&found.query)));
    }
    app.printer.page(&shown)?;
    if found.more
        && app.printer.on_terminal()
        && let Some(last) = found.hits.last()
    {
        app.printer.note(&format!("more: --cursor {}", cursor(last)));
    }
    Ok(())
}

fn hit_text(id: &str, hit: &Hit, width: Option<usize>, why: Option<String>) -> String {
    let entry = &hit.entry;
    let snippet = hit.fragments.iter().map(marked).collect::<Vec<_>>().join(" … ");
    let Some(width) = width else {
        let title = entry.title.as_deref().map(|title| format!("{} — ", text::first_words(title, 100)));
        let evidence = why.map(|why| format!("\t{why}")).unwrap_or_default();
        return format!("{id}\t{}\t{}{snippet}{evidence}\n", entry.entry_date, title.unwrap_or_default());
    };
    let title = entry.title.as_deref().unwrap_or_default();
    let mut lines = format!(
        "{}  {}  {}  {}\n",
        Style::new().yellow().apply_to(id),
        text::day(entry.entry_date),
        text::mood(entry.mood),
        Style::new().bold().apply_to(text::first_words(title, width.saturating_sub(32)))
    );
    for line in text::wrap(&snippet, width.saturating_sub(4)) {
        lines.push_str(&format!("    {line}\n"));
    }
    if let Some(why) = why {
        for line in text::wrap(&why, width.saturating_sub(4)) {
            lines.push_str(&format!("    {}\n", Style::new().dim().apply_to(line)));
        }
    }
    lines
}

/// A fragment with what matched made bold.
fn marked(fragment: &search::snippet::Fragment) -> String {
    let style = Style::new().bold().underlined();
    let mut shown = String::new();
    let mut at = 0;
    for range in &fragment.highlights {
        shown.push_str(&text::safe(&fragment.text[at..range.start]));
        // Word by word, so that a line can be broken between them.
        let words: Vec<String> =
            fragment.text[range.clone()].split(' ').map(|word| style.apply_to(text::safe(word)).to_string()).collect();
        shown.push_str(&words.join(" "));
        at = range.end;
    }
    shown.push_str(&text::safe(&fragment.text[at..]));
    let before = if fragment.cut_before { "…" } else { "" };
    let after = if fragment.cut_after { "…" } else { "" };
    format!("{before}{shown}{after}")
}

/// The evidence in words; `like` is the short id of the entry it is like.
fn why(hit: &Hit, like: Option<&str>) -> String {
    let mut parts: Vec<String> = hit.score.map(|score| format!("score {score:.4}")).into_iter().collect();
    if let Some(words) = &hit.words {
        let matched = match words.matched {
            Matched::All => "all words",
            Matched::Some => "some words",
        };
        let (rank, score, terms) = (words.rank, words.score, words.terms.join(", "));
        parts.push(format!("words #{rank} ({matched}: {}; BM25 {score:.2})", text::safe(&terms)));
    }
    if let Some(meaning) = &hit.meaning {
        let passage = text::first_words(&meaning.passage, PASSAGE);
        parts.push(format!("meaning #{} (similarity {:.2}: \"{passage}\")", meaning.rank, meaning.similarity));
    }
    if let (Some(evidence), Some(like)) = (&hit.like, like) {
        parts.push(format!("like {like} #{} (similarity {:.2})", evidence.rank, evidence.similarity));
    }
    if parts.is_empty() {
        parts.push("passes the filters".into());
    }
    parts.join(" · ")
}

/// Columns of a passage that are quoted as evidence.
const PASSAGE: usize = 60;

/// Something to ask instead, for scripts.
fn suggestion(suggestion: &Suggestion) -> Value {
    let mut value = json!({"kind": suggestion.kind(), "text": suggestion.sentence()});
    match suggestion {
        Suggestion::Spelling { query, entries } => {
            value["query"] = json!(query);
            value["entries"] = json!(entries);
        }
        Suggestion::Wider { without, entries } => {
            value["without"] = json!(without);
            value["entries"] = json!(entries);
        }
        Suggestion::StopWords => {}
    }
    value
}

fn result(id: &str, hit: &Hit) -> Value {
    let entry = crate::output::json::EntryJson::brief(&hit.entry, Some(id.to_string()));
    let mut value = serde_json::to_value(entry).unwrap_or_default();
    let fragments: Vec<Value> =
        hit.fragments.iter().map(|fragment| json!({"text": fragment.text, "highlights": fragment.highlights.iter().map(|range| [range.start, range.end]).collect::<Vec<_>>()})).collect();
    let evidence = json!({
        "words": hit.words.as_ref().map(|words| json!({
            "rank": words.rank,
            "score": words.score,
            "matched": match words.matched { Matched::All => "all", Matched::Some => "some" },
            "terms": words.terms,
        })),
        "meaning": hit.meaning.as_ref().map(|meaning| json!({
            "rank": meaning.rank,
            "similarity": meaning.similarity,
            "passage": meaning.passage,
            "byte_start": meaning.range.start,
            "byte_end": meaning.range.end,
        })),
        "like": hit.like.as_ref().map(|like| json!({
            "id": like.entry,
            "rank": like.rank,
            "similarity": like.similarity,
        })),
    });
    if let Value::Object(fields) = &mut value {
        fields.insert("score".into(), json!(hit.score));
        fields.insert("fragments".into(), Value::Array(fragments));
        fields.insert("evidence".into(), evidence);
        fields.insert("cursor".into(), json!(cursor(hit)));
    }
    value
}

/// The score, where the journal stood, which model answered, and the last hits, in base 64.
fn cursor(hit: &Hit) -> String {
    let After { score, hits, model, position } = &hit.after;
    let mut bytes = Vec::with_capacity(HEAD + 16 * hits.len());
    bytes.extend(score.to_be_bytes());
    bytes.extend(position.seq.to_be_bytes());
    bytes.extend(position.nonce.to_be_bytes());
    bytes.extend(model.to_be_bytes());
    bytes.extend(hits.iter().flat_map(|id| id.into_bytes()));
    data_encoding::BASE64URL_NOPAD.encode(&bytes)
}

/// Bytes of a cursor before its ids.
const HEAD: usize = 32;

pub(super) fn read_cursor(text: &str) -> Result<After> {
    let read = || {
        let bytes = data_encoding::BASE64URL_NOPAD.decode(text.as_bytes()).ok()?;
        let (numbers, ids) = bytes.split_at_checked(HEAD)?;
        let [score, seq, nonce, model]: [[u8; 8]; 4] = numbers.as_chunks::<8>().0.try_into().ok()?;
        let (ids, []) = ids.as_chunks::<16>() else { return None };
        let position = Position { seq: i64::from_be_bytes(seq), nonce: i64::from_be_bytes(nonce) };
        let hits: Vec<Uuid> = ids.iter().map(|id| Uuid::from_bytes(*id)).collect();
        (!hits.is_empty()).then_some(After {
            score: f64::from_be_bytes(score),
            hits,
            model: u64::from_be_bytes(model),
            position,
        })
    };
    read().ok_or_else(|| {
        Error::usage(format!("'{text}' is not a cursor of a search"))
            .hint("pass the `cursor` of the last result, with the same query")
    })
}
