//! The lists that a question is answered from: by words, by meaning, by likeness, by date; and the one that
//! they become.

use super::answering::{Answering, Compared, answering};
use super::meaning::{self, Meaning};
use super::question::Question;
use super::{Parts, Request, fuse, no_model, words};
use crate::cache::Put;
use crate::config::SearchMode;
use crate::error::Result;
use crate::index::vector::Collection;
use std::collections::HashSet;
use uuid::Uuid;

/// Below every score: of what only filters speak for.
pub(super) const UNRANKED: f64 = -2.0;

/// The lists.
pub(super) struct Asked {
    pub(super) by_words: Option<words::Words>,
    pub(super) by_meaning: Option<Meaning>,
    /// Those found by words whose meaning is not known yet.
    unread: HashSet<Uuid>,
    /// What each `like:` stands for.
    pub(super) by_likes: Vec<Vec<(Uuid, f64)>>,
    /// All that pass the filters, newest first: where no words say what to rank by.
    pub(super) by_date: Option<Vec<(Uuid, f64)>>,
    pub(super) reasons: Vec<String>,
    /// Whether longer lists would hold more.
    pub(super) more: bool,
}

impl Asked {
    pub(super) fn mode(&self) -> SearchMode {
        match (&self.by_words, &self.by_meaning) {
            (Some(_), Some(_)) => SearchMode::Hybrid,
            (None, Some(_)) => SearchMode::Semantic,
            (Some(_), None) => SearchMode::Text,
            (None, None) if self.by_likes.is_empty() => SearchMode::Filter,
            (None, None) => SearchMode::Semantic,
        }
    }

    pub(super) fn word_ids(&self) -> Vec<Uuid> {
        self.by_words.iter().flat_map(|found| found.hits.iter().map(|hit| hit.id)).collect()
    }

    pub(super) fn meaning_ids(&self) -> Vec<Uuid> {
        let of = |found: &Meaning| -> Vec<Uuid> {
            found.nearest.iter().map(|near| near.subject).chain(found.also.iter().copied()).collect()
        };
        self.by_meaning.as_ref().map(of).unwrap_or_default()
    }

    /// One list, best first, with what each was ranked by.
    pub(super) fn ranked(&self) -> Vec<(Uuid, f64)> {
        let near = |found: &Meaning| -> Vec<(Uuid, f64)> {
            found.nearest.iter().map(|near| (near.subject, f64::from(near.similarity))).collect()
        };
        let found = match (&self.by_words, &self.by_meaning, &self.by_date) {
            (None, None, by_date) => by_date.clone().unwrap_or_default(),
            (Some(words), Some(meaning), _) => {
                let also = meaning.also.iter().map(|id| (*id, 0.0));
                fuse::by_score(
                    &words.ranked(),
                    &near(meaning).into_iter().chain(also).collect::<Vec<_>>(),
                    &self.unread,
                )
            }
            (Some(words), None, _) => words.ranked(),
            (None, Some(meaning), _) => {
                near(meaning).into_iter().chain(meaning.also.iter().map(|id| (*id, UNRANKED))).collect()
            }
        };
        if self.by_likes.is_empty() {
            return found;
        }
        // A `like:` ranks what the rest of the query has found, and adds nothing to it.
        let among: HashSet<Uuid> = found.iter().map(|(id, _)| *id).collect();
        let of = |list: &Vec<(Uuid, f64)>| -> Vec<(Uuid, f64)> {
            list.iter().filter(|(id, _)| among.contains(id)).copied().collect()
        };
        let likes: Vec<Vec<(Uuid, f64)>> = self.by_likes.iter().map(of).collect();
        let mut ranked = match (&likes[..], &self.by_date) {
            ([one], Some(_)) => one.clone(),
            (likes, by_date) => {
                let mut lists: Vec<Vec<Uuid>> = Vec::new();
                if by_date.is_none() {
                    lists.extend([self.word_ids(), self.meaning_ids()]);
                }
                lists.extend(likes.iter().map(|list| list.iter().map(|(id, _)| *id).collect()));
                fuse::by_rank(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>())
            }
        };
        let known: HashSet<Uuid> = ranked.iter().map(|(id, _)| *id).collect();
        ranked.extend(found.into_iter().filter(|(id, _)| !known.contains(id)).map(|(id, _)| (id, UNRANKED)));
        ranked
    }
}

/// Asks for the first `depth` by words and by meaning, as the mode wants it.
pub(super) fn ask(
    parts: &mut Parts,
    request: &Request,
    question: &Question,
    newer: &HashSet<Uuid>,
    depth: usize,
    chosen: &mut Option<Answering>,
) -> Result<Asked> {
    let by_likes: Vec<Vec<(Uuid, f64)>> = question
        .likes
        .iter()
        .map(|like| like.nearest.iter().map(|near| (near.subject, f64::from(near.similarity))).collect())
        .collect();
    if question.is_filter(request) || !by_likes.is_empty() && question.query.positive_terms().is_empty() {
        let filter = question.filter_alone(parts, request)?;
        // What is ranked by a likeness must be there as a whole, to be ranked.
        let depth = if by_likes.is_empty() { depth.saturating_add(newer.len()) } else { usize::MAX };
        let mut listed = parts.store.ids_by_date(request.user, &filter, depth)?;
        let more = listed.len() >= depth;
        listed.retain(|(id, _)| !newer.contains(id));
        return Ok(Asked {
            by_words: None,
            by_meaning: None,
            unread: HashSet::new(),
            by_likes,
            by_date: Some(listed),
            reasons: vec![],
            more,
        });
    }
    let mut reasons: Vec<String> = Vec::new();
    let mut without_words = None;
    let by_words = match request.mode {
        SearchMode::Semantic => None,
        _ => match words::find(parts, request, question, newer, depth) {
            Ok(found) => {
                reasons.extend(found.reason.clone());
                Some(found)
            }
            Err(error) if request.mode == SearchMode::Text => return Err(error),
            Err(error) => {
                reasons.push(format!("words were not searched: {error}"));
                without_words = Some(error);
                None
            }
        },
    };
    let by_meaning = match request.mode {
        SearchMode::Text => None,
        _ => match ask_meaning(parts, request, question, newer, depth, chosen) {
            Ok(found) => {
                reasons.extend(found.reason.clone());
                Some(found)
            }
            // When nothing works, the words' failure is the graver one: they need no model.
            Err(error) if by_words.is_none() => return Err(without_words.unwrap_or(error)),
            Err(error) => {
                reasons.push(match error.hint_text() {
                    Some(hint) => format!("searched by words only: {error} ({hint})"),
                    None => format!("searched by words only: {error}"),
                });
                None
            }
        },
    };
    let mut unread = HashSet::new();
    if let (Some(words), Some(meaning), Some(chosen)) = (&by_words, &by_meaning, chosen)
        && meaning.unread
    {
        for hit in &words.hits {
            if chosen.snapshot.keys_of_subject(Collection::User.name(), &chosen.kept, hit.id)?.is_empty() {
                unread.insert(hit.id);
            }
        }
    }
    let more = by_words.as_ref().is_some_and(|found| found.hits.len() >= depth)
        || by_meaning.as_ref().is_some_and(|found| found.more);
    Ok(Asked { by_words, by_meaning, unread, by_likes, by_date: None, reasons, more })
}

fn ask_meaning(
    parts: &mut Parts,
    request: &Request,
    question: &Question,
    newer: &HashSet<Uuid>,
    depth: usize,
    chosen: &mut Option<Answering>,
) -> Result<Meaning> {
    let chosen = match chosen {
        Some(chosen) => chosen,
        None => chosen.insert(answering(parts, Compared::Text)?),
    };
    let model = chosen.model.as_ref().ok_or_else(|| no_model())?;
    let text = question.query.words_for_meaning();
    if text.is_empty() {
        return Ok(Meaning::nothing());
    }
    let (vector, put) = meaning::question(parts.cache, model, &text, parts.now, parts.connect)?;
    let beside = question.beside(parts, request)?;
    let filter = question.filter.and([beside.near.clone()]);
    let mut found = meaning::nearest(parts, chosen, request.user, &filter, &vector, depth + newer.len())?;
    // Below that line there is nothing more to be had.
    let relevant = request.relevant();
    found.more &= found.nearest.last().is_some_and(|near| near.similarity >= relevant);
    found.nearest.retain(|near| {
        near.similarity >= relevant && !beside.excluded.contains(&near.subject) && !newer.contains(&near.subject)
    });
    found.more |= found.nearest.len() > depth;
    found.nearest.truncate(depth);
    if let Some(anyway) = beside.anyway.as_ref().filter(|_| !found.more) {
        let filter = question.filter.and([anyway.clone()]);
        let near: HashSet<Uuid> = found.nearest.iter().map(|near| near.subject).collect();
        let listed = parts.store.ids_by_date(request.user, &filter, depth + newer.len() + near.len())?;
        found.also.extend(listed.into_iter().map(|(id, _)| id).filter(|id| !near.contains(id) && !newer.contains(id)));
        found.more = found.also.len() > depth;
        found.also.truncate(depth);
    }
    // The question is likely to be asked again. How the cache fares is nobody's concern here.
    let _ = parts.cache.put_many(&put.into_iter().collect::<Vec<Put>>(), parts.now);
    Ok(found)
}
