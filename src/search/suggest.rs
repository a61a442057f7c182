//! What could be asked instead, when nothing was found. It costs nothing when something was.

use super::answering::Answering;
use super::lists::{Asked, ask};
use super::question::Question;
use super::{DEPTH, Parts, Request};
use crate::config::SearchMode;
use crate::error::Result;
use crate::index::text::exchanged;
use crate::journal::filter::Filter;
use crate::journal::query::{Form, Query};
use std::collections::HashSet;

/// Suggestions of one kind at most.
const MOST: usize = 4;

/// Something to ask instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Suggestion {
    /// Words that are in the journal instead of words that are not.
    Spelling {
        /// The whole query, so corrected.
        query: String,
        /// How many entries it finds.
        entries: usize,
    },
    /// The same with less required.
    Wider {
        /// What to leave out, as it was typed.
        without: String,
        /// How many entries there are then.
        entries: usize,
    },
    /// All words are too common to be looked for.
    StopWords,
}

impl Suggestion {
    /// The word scripts see.
    pub fn kind(&self) -> &'static str {
        match self {
            Suggestion::Spelling { .. } => "spelling",
            Suggestion::Wider { .. } => "wider",
            Suggestion::StopWords => "stop_words",
        }
    }

    /// As a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Suggestion::Spelling { query, entries } => format!("did you mean: {query}  ({})", counted(*entries)),
            Suggestion::Wider { without, entries: 1 } => format!("without {without} there is 1"),
            Suggestion::Wider { without, entries } => format!("without {without} there are {}", number(*entries)),
            Suggestion::StopWords => {
                "words that are in nearly every entry are not looked for: add a rarer one, or ask by meaning with --mode semantic"
                    .into()
            }
        }
    }
}

fn counted(entries: usize) -> String {
    if entries == 1 { "1 entry".into() } else { format!("{} entries", number(entries)) }
}

fn number(entries: usize) -> String {
    if entries >= DEPTH { format!("{DEPTH} or more") } else { entries.to_string() }
}

/// What to ask instead of what found nothing.
pub(super) fn suggest(
    parts: &mut Parts,
    request: &Request,
    question: &Question,
    asked: &Asked,
    chosen: &mut Option<Answering>,
) -> Result<Vec<Suggestion>> {
    let mut found = Vec::new();
    if asked.by_words.as_ref().is_some_and(|words| words.nothing_to_search) && !question.whole.is_empty() {
        found.push(Suggestion::StopWords);
        return Ok(found);
    }
    let mut count = |text: &str, filter: &Filter| -> Result<usize> {
        let request = Request { text, filter, ..request.clone() };
        let Ok(question) = Question::of(parts, &request) else { return Ok(0) };
        Ok(ask(parts, &request, &question, &HashSet::new(), DEPTH, chosen)?.ranked().len())
    };
    let mut wider = Vec::new();
    for (flag, filter) in request.without {
        wider.push((flag.clone(), request.text.to_string(), filter.clone()));
    }
    for (written, query) in question.whole.without_each() {
        wider.push((written.to_string(), query.to_string(), request.filter.clone()));
    }
    // When it is only all of them together that leave nothing, they are named together.
    if wider.len() > 1 {
        let text = question.whole.split().0.to_string();
        let names: Vec<&str> = wider.iter().map(|(name, ..)| name.as_str()).collect();
        wider.push((names.join(" "), text, Filter::default()));
    }
    let all_at_once = wider.len().saturating_sub(1);
    for (place, (without, text, filter)) in wider.into_iter().enumerate() {
        if found.len() == MOST || (place == all_at_once && place > 0 && !found.is_empty()) || text.trim().is_empty() {
            continue;
        }
        let entries = count(&text, &filter)?;
        if entries > 0 {
            found.push(Suggestion::Wider { without, entries });
        }
    }
    if found.is_empty()
        && let Some(query) = question.whole.loosened()
    {
        let entries = count(&query.to_string(), request.filter)?;
        if entries > 0 {
            found.push(Suggestion::Wider { without: "quotes and AND".into(), entries });
        }
    }
    if request.mode != SearchMode::Semantic {
        let mut spelling = spelt(parts, request, &question.whole, chosen)?;
        if spelling.is_empty() && found.is_empty() {
            // It takes both: other words, and all days and topics.
            let (open, text) = (Filter::default(), question.whole.split().0.to_string());
            let request = Request { text: &text, filter: &open, ..request.clone() };
            spelling = spelt(parts, &request, &question.whole, chosen)?;
        }
        found.splice(0..0, spelling);
    }
    Ok(found)
}

/// The corrected queries that find something.
fn spelt(
    parts: &mut Parts,
    request: &Request,
    query: &Query,
    chosen: &mut Option<Answering>,
) -> Result<Vec<Suggestion>> {
    let mut spelling = Vec::new();
    for query in corrected(parts, request, query)? {
        let request = Request { text: &query, ..request.clone() };
        let Ok(question) = Question::of(parts, &request) else { continue };
        let entries = ask(parts, &request, &question, &HashSet::new(), DEPTH, chosen)?.ranked().len();
        if entries > 0 {
            spelling.push(Suggestion::Spelling { query, entries });
        }
    }
    spelling.truncate(MOST);
    Ok(spelling)
}

/// The query with words of the journal for words that are not in it: every such word exchanged for the
/// likeliest, and, when there is one such word, for each that it may be.
fn corrected(parts: &Parts, request: &Request, query: &Query) -> Result<Vec<String>> {
    let mut near = Vec::new();
    let mut seen = HashSet::new();
    for term in query.positive_terms().iter().filter(|term| matches!(term.form, Form::Word | Form::Phrase)) {
        for word in term.text.split_whitespace() {
            if seen.insert(word.to_string()) && seen.len() <= 16 {
                let words = parts.text.near_words(request.user, word)?;
                if !words.is_empty() {
                    near.push((word, words));
                }
            }
        }
    }
    Ok(match &near[..] {
        [] => Vec::new(),
        [(word, others)] => others.iter().map(|other| exchanged(request.text, word, &other.word)).collect(),
        several => {
            let best = several.iter().filter_map(|(word, others)| Some((word, others.first()?)));
            vec![best.fold(request.text.to_string(), |text, (word, other)| exchanged(&text, word, &other.word))]
        }
    })
}
