//! What was typed, made into what each list is asked: the words, the filter, and the entries that a
//! `like:` stands for.

use super::answering::{Compared, answering};
use super::meaning::{self, Nearest};
use super::{Parts, Request, words};
use crate::error::{Error, Kind, Result};
use crate::index::vector::Collection;
use crate::journal::filter::{Condition, Filter, Test};
use crate::journal::query::Query;
use std::cell::OnceCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use uuid::Uuid;

/// How many entries a `like:` stands for at most: the nearest.
const LIKE_MOST: usize = 2_000;

/// A query that the journal has been asked about.
pub(super) struct Question {
    /// As it was typed.
    pub(super) whole: Query,
    /// What is looked for by words and by meaning.
    pub(super) query: Query,
    /// What every entry must pass: the filter of the request, and what the query says beside its words.
    pub(super) filter: Filter,
    /// What each `like:` that speaks for an entry stands for, nearest first.
    pub(super) likes: Vec<Like>,
    beside: OnceCell<Beside>,
}

/// The entries near to one.
pub(super) struct Like {
    /// The one.
    pub(super) entry: Uuid,
    /// The others, most similar first.
    pub(super) nearest: Vec<Nearest>,
    /// The model whose vectors were compared.
    pub(super) model: Option<String>,
    /// How they were searched.
    pub(super) how: &'static str,
}

/// What a search by meaning must know beside the meaning. The words that speak for an entry are held to
/// be there when the entry is near in meaning; so the query is asked twice, once as if they were there
/// and once as if they were not.
pub(super) struct Beside {
    /// What must hold of an entry that is near.
    pub(super) near: Condition,
    /// What makes the query true of an entry that is not near; nothing when nothing does.
    pub(super) anyway: Option<Condition>,
    /// Entries that words keep out.
    pub(super) excluded: BTreeSet<Uuid>,
}

impl Question {
    /// Understands the request, and looks up the topics and entries it names.
    ///
    /// # Errors
    /// Usage when a field has a wrong value; not found when there is no such topic or entry; model
    /// unavailable when the entry of a `like:` has no vectors.
    pub(super) fn of(parts: &Parts, request: &Request) -> Result<Question> {
        let whole = Query::parse(request.text, request.today)?;
        for name in request.filter.topics.iter().flat_map(|test| &test.any_of) {
            parts.store.topic(request.user, name)?;
        }
        for (test, _) in whole.tests() {
            if let Test::Topic(name) = test {
                parts.store.topic(request.user, name).map_err(|error| whole.blame(test, error))?;
            }
        }
        let mut likes: HashMap<String, (Like, Arc<BTreeSet<Uuid>>)> = HashMap::new();
        let mut base: Option<Filter> = None;
        for (test, _) in whole.tests() {
            let Test::Like(id) = test else { continue };
            if likes.contains_key(id) {
                continue;
            }
            // What every entry must pass anyway is asked before the nearest are chosen.
            let base = base.get_or_insert_with(|| request.filter.and(without_likes(whole.split().1)));
            let like = like(parts, request, base, id).map_err(|error| whole.blame(test, error))?;
            let among = Arc::new(like.nearest.iter().map(|near| near.subject).collect());
            likes.insert(id.clone(), (like, among));
        }
        let (query, conditions) = whole.with_likes(&|id| likes.get(id).map(|(_, among)| Arc::clone(among))).split();
        let filter = request.filter.and(conditions);
        let speaking: Vec<String> = whole.positive_likes().into_iter().map(str::to_owned).collect();
        let likes = speaking.iter().filter_map(|id| likes.remove(id)).map(|(like, _)| like).collect();
        Ok(Question { whole, query, filter, likes, beside: OnceCell::new() })
    }

    /// Whether there is nothing to rank by: the entries that pass are listed by date.
    pub(super) fn is_filter(&self, request: &Request) -> bool {
        let nothing_written = request.text.trim().is_empty() && !request.filter.is_open();
        self.likes.is_empty() && self.query.positive_terms().is_empty() && (nothing_written || !self.whole.is_empty())
    }

    /// The filter for what is found without a look at meaning, with the words that must not be there.
    ///
    /// # Errors
    /// As those of a search by words.
    pub(super) fn filter_alone(&self, parts: &Parts, request: &Request) -> Result<Filter> {
        if self.query.root().is_none() {
            return Ok(self.filter.clone());
        }
        let beside = self.beside(parts, request)?;
        let excluded = Condition::from(Test::Among(Arc::new(beside.excluded.clone()))).negated();
        Ok(self.filter.and([beside.near.clone()].into_iter().chain((!beside.excluded.is_empty()).then_some(excluded))))
    }

    /// What a search by meaning must know beside the meaning.
    ///
    /// # Errors
    /// As those of a search by words, when words must not be there.
    pub(super) fn beside(&self, parts: &Parts, request: &Request) -> Result<&Beside> {
        if let Some(beside) = self.beside.get() {
            return Ok(beside);
        }
        let mut is_up = false;
        let mut written = |query: &Query| -> Result<Option<BTreeSet<Uuid>>> {
            if !is_up && let (_, Some(error)) = words::bring_up(parts) {
                return Err(error);
            }
            is_up = true;
            words::written(parts, request, query)
        };
        let mut excluded = BTreeSet::new();
        for query in self.query.excluded() {
            excluded.extend(written(&query)?.unwrap_or_default());
        }
        let mut among = |query: &Query| Ok(written(query)?.map(|ids| Condition::from(Test::Among(Arc::new(ids)))));
        let near = self.query.beside_words(true, false, &mut among)?;
        let anyway = self.query.beside_words(false, true, &mut among)?;
        let anyway = Some(anyway).filter(|anyway| *anyway != Condition::never());
        Ok(self.beside.get_or_init(|| Beside { near, anyway, excluded }))
    }
}

fn without_likes(conditions: Vec<Condition>) -> Vec<Condition> {
    let has_like = |condition: &Condition| {
        let mut has = false;
        condition.each_test(&mut |test| has |= matches!(test, Test::Like(_)));
        has
    };
    conditions.into_iter().filter(|condition| !has_like(condition)).collect()
}

/// The entries near to the one of this id, at least as near as the request says.
fn like(parts: &Parts, request: &Request, filter: &Filter, id: &str) -> Result<Like> {
    let entry = parts.store.resolve(request.user, id)?;
    let chosen = answering(parts, Compared::Stored)?;
    let Some(vector) = meaning::own_vector(&chosen, Collection::User, entry)? else {
        let message = format!("the entry '{id}' has not been analysed by {} yet", chosen.kept);
        return Err(Error::new(Kind::ModelUnavailable, message).hint("run `journal analyze`"));
    };
    let mut found = meaning::alike(parts, &chosen, request.user, filter, &vector, LIKE_MOST + 1)?;
    found.nearest.retain(|near| near.subject != entry && near.similarity >= request.relevant());
    found.nearest.truncate(LIKE_MOST);
    Ok(Like { entry, nearest: found.nearest, model: found.model, how: found.how })
}
