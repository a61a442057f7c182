//! From a parsed query and a filter to the library's queries.

use std::ops::Bound;

use tantivy::Term as IndexTerm;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, DisjunctionMaxQuery, EmptyQuery, FuzzyTermQuery, Occur,
    PhraseQuery, Query as IndexQuery, RangeQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};
use uuid::Uuid;

use super::analyzer::Analyzer;
use super::gathered::Gathered;
use super::pieces::{Piece, PieceKind, pieces};
use super::schema::{Fields, day_number, topic_key};
use crate::journal::filter::{Condition, Filter, MoodRange, Test, TopicTest};
use crate::journal::query::{Form, Node, Query, Scope, Term};

/// How a word's scores in title and content become one: the better one, and this share of the other.
#[derive(Debug, Clone, Copy)]
struct Weights {
    title: f32,
    other: f32,
}

/// Where everything must hold, a title word weighs as much more as in the seed, weight A (1.0) to B
/// (0.4): then no repetition in a text outweighs a title, as with `ts_rank`.
const STRICT: Weights = Weights { title: 2.5, other: 1.0 };

/// Where some words are enough, that same weight lets one word of a title outrank many of a text: on
/// two collections with titles (SciFact, Cranfield) it costs 0.07 and 0.02 of nDCG@10 against these.
const RELAXED: Weights = Weights { title: 1.0, other: 0.3 };

/// Terms of one query that are looked at; the rest of a pasted text is passed over.
const MAX_TERMS: usize = 256;

type BoxedQuery = Box<dyn IndexQuery>;

/// A query in the library's terms.
#[derive(Debug)]
pub(super) struct Compiled {
    /// Entries for which everything asked for holds. `None`: there is nothing to look for.
    pub(super) all: Option<BoxedQuery>,
    /// Entries with some of the words: those of `all`, and more. `None` when the query leaves no
    /// choice.
    pub(super) some: Option<BoxedQuery>,
}

/// Compiles queries against one set of fields.
pub(super) struct Compiler<'a> {
    fields: &'a Fields,
    analyzer: Analyzer,
    weights: Weights,
    /// Terms compiled so far.
    terms: usize,
}

impl<'a> Compiler<'a> {
    pub(super) fn new(fields: &'a Fields) -> Compiler<'a> {
        Compiler { fields, analyzer: Analyzer::new(), weights: STRICT, terms: 0 }
    }

    /// Compiles a query with the user and the filter as conditions that add nothing to the score.
    pub(super) fn compile(&mut self, query: &Query, user: Uuid, filter: &Filter) -> Compiled {
        let conditions = self.conditions(user, filter);
        let with_conditions = |query: BoxedQuery| -> BoxedQuery {
            let conditions = conditions.iter().map(|(occur, condition)| (*occur, condition.box_clone()));
            Box::new(BooleanQuery::new([(Occur::Must, query)].into_iter().chain(conditions).collect()))
        };
        (self.terms, self.weights) = (0, STRICT);
        let all = query.root().and_then(|root| self.node(root)).map(Clause::into_query);
        (self.terms, self.weights) = (0, RELAXED);
        let some = match query.root() {
            Some(Node::Words(parts)) if all.is_some() => self.relaxed(parts),
            _ => None,
        };
        Compiled { all: all.map(&with_conditions), some: some.map(&with_conditions) }
    }

    /// What holds or does not hold; `None` when the part says nothing (only stop words, say).
    fn node(&mut self, node: &Node) -> Option<Clause> {
        match node {
            Node::Term(term) => self.term(term).map(Clause::Holds),
            Node::Test(test) => Some(Clause::Holds(unscored(gathered(self.test(test))))),
            Node::Not(part) => self.node(part).map(|part| Clause::Fails(part.into_query())),
            Node::And(parts) | Node::Words(parts) => {
                let clauses: Vec<Clause> = parts.iter().filter_map(|part| self.node(part)).collect();
                joined(clauses)
            }
            Node::Or(parts) => {
                let parts = parts.iter().filter_map(|part| self.node(part));
                let parts: Vec<BoxedQuery> = parts.map(Clause::into_query).collect();
                (!parts.is_empty()).then(|| Clause::Holds(Box::new(BooleanQuery::union(parts))))
            }
        }
    }

    /// Words written side by side, of which some are enough.
    ///
    /// What was written with care stays required: phrases, fields, groups, negations. Of the
    /// plain words one must be there, unless something required speaks for the entry; the sum of the
    /// scores does the rest. (Asking for one in five cost 0.026 and 0.023 of recall@100 on SciFact and
    /// Cranfield, asking for one in three 0.04 and 0.12 more.)
    fn relaxed(&mut self, parts: &[Node]) -> Option<BoxedQuery> {
        let optional =
            |node: &Node| matches!(node, Node::Term(term) if term.form != Form::Phrase && term.scope == Scope::Any);
        let mut wanted = Vec::new();
        let mut required = Vec::new();
        for part in parts {
            let Some(clause) = self.node(part) else { continue };
            match clause {
                Clause::Holds(query) if optional(part) => wanted.push(query),
                clause => required.push(clause),
            }
        }
        let supported = required.iter().any(|clause| matches!(clause, Clause::Holds(_)));
        if wanted.is_empty() || (wanted.len() == 1 && !supported) {
            return None;
        }
        let enough = usize::from(!supported);
        let mut clauses: Vec<_> = required.into_iter().map(Clause::into_occur).collect();
        clauses.extend(wanted.into_iter().map(|query| (Occur::Should, query)));
        Some(Box::new(BooleanQuery::with_minimum_required_clauses(clauses, enough)))
    }

    fn term(&mut self, term: &Term) -> Option<BoxedQuery> {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return None;
        }
        let mut pieces = pieces(&term.text);
        let special = match term.form {
            Form::Word | Form::Phrase => false,
            // Of several pieces the last is the unfinished one.
            Form::Prefix => pieces.last().is_some_and(is_word),
            Form::Fuzzy(_) => pieces.iter().any(is_word),
        };
        if !special {
            return self.row(&pieces, term.scope);
        }
        let inexact: Vec<Piece> = match term.form {
            Form::Prefix => pieces.split_off(pieces.len() - 1),
            _ => pieces.extract_if(.., |piece| is_word(piece)).collect(),
        };
        let rest = self.row(&pieces, term.scope);
        let inexact = inexact.iter().map(|piece| self.inexact(piece, term.form, term.scope));
        Some(Box::new(BooleanQuery::intersection(rest.into_iter().chain(inexact).collect())))
    }

    /// Pieces side by side. `None` when there are only stop words.
    fn row(&mut self, pieces: &[Piece], scope: Scope) -> Option<BoxedQuery> {
        let terms = self.analyzer.query_terms(pieces);
        let first = terms.first()?.0;
        Some(self.in_scope(scope, self.fields.title, self.fields.content, |field| {
            let mut terms: Vec<_> =
                terms.iter().map(|(at, text)| (at - first, IndexTerm::from_field_text(field, text))).collect();
            match terms.len() {
                1 => Box::new(TermQuery::new(terms.remove(0).1, IndexRecordOption::WithFreqs)),
                _ => Box::new(PhraseQuery::new_with_offset(terms)),
            }
        }))
    }

    /// A beginning, or a near miss. What is found is ranked alike, save that the word itself, when it
    /// is there, counts more.
    fn inexact(&mut self, piece: &Piece, form: Form, scope: Scope) -> BoxedQuery {
        let near = self.in_scope(scope, self.fields.title_words, self.fields.content_words, |field| {
            let term = IndexTerm::from_field_text(field, &piece.text);
            Box::new(match form {
                Form::Fuzzy(distance) => FuzzyTermQuery::new(term, distance.clamp(1, 2), true),
                _ => FuzzyTermQuery::new_prefix(term, 0, true),
            })
        });
        match self.row(std::slice::from_ref(piece), scope) {
            Some(exact) => Box::new(BooleanQuery::new(vec![(Occur::Must, near), (Occur::Should, exact)])),
            None => near,
        }
    }

    fn in_scope(&self, scope: Scope, title: Field, content: Field, make: impl Fn(Field) -> BoxedQuery) -> BoxedQuery {
        let in_title = || -> BoxedQuery { Box::new(BoostQuery::new(make(title), self.weights.title)) };
        match scope {
            Scope::Title => in_title(),
            Scope::Content => make(content),
            Scope::Any => {
                let both = vec![in_title(), make(content)];
                Box::new(DisjunctionMaxQuery::with_tie_breaker(both, self.weights.other))
            }
        }
    }

    fn topic(&self, name: &str) -> BoxedQuery {
        let term = IndexTerm::from_field_text(self.fields.topics, &topic_key(name));
        Box::new(TermQuery::new(term, IndexRecordOption::Basic))
    }

    fn test(&self, test: &Test) -> BoxedQuery {
        let fields = self.fields;
        let term = |term| -> BoxedQuery { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
        match test {
            Test::Topic(name) => self.topic(name),
            Test::Mood(MoodRange { min, max }) => range(fields.mood, Some(*min), Some(*max)),
            Test::Since(day) => range(fields.date, Some(day_number(*day)), None),
            Test::Until(day) => range(fields.date, None, Some(day_number(*day))),
            Test::Starred => term(IndexTerm::from_field_bool(fields.starred, true)),
            Test::Has(part) => term(IndexTerm::from_field_text(fields.has, part.name())),
            // Nobody said which entries those are.
            Test::Like(_) => Box::new(EmptyQuery),
            Test::Among(ids) if ids.is_empty() => Box::new(EmptyQuery),
            Test::Among(ids) => Box::new(TermSetQuery::new(ids.iter().map(|id| fields.id_term(*id)))),
        }
    }

    fn condition(&self, condition: &Condition) -> BoxedQuery {
        let each = |parts: &[Condition]| -> Vec<BoxedQuery> { parts.iter().map(|part| self.condition(part)).collect() };
        match condition {
            Condition::Test(test) => gathered(self.test(test)),
            Condition::Not(inner) => {
                let everything: BoxedQuery = Box::new(AllQuery);
                Box::new(BooleanQuery::new(vec![(Occur::Must, everything), (Occur::MustNot, self.condition(inner))]))
            }
            Condition::All(parts) if parts.is_empty() => Box::new(AllQuery),
            Condition::All(parts) => Box::new(BooleanQuery::intersection(each(parts))),
            Condition::Any(parts) if parts.is_empty() => Box::new(EmptyQuery),
            Condition::Any(parts) => Box::new(BooleanQuery::union(each(parts))),
        }
    }

    fn conditions(&self, user: Uuid, filter: &Filter) -> Vec<(Occur, BoxedQuery)> {
        let fields = self.fields;
        let term = |term| -> BoxedQuery { Box::new(TermQuery::new(term, IndexRecordOption::Basic)) };
        let mut conditions = vec![(Occur::Must, term(IndexTerm::from_field_bytes(fields.user, user.as_bytes())))];
        if filter.since.is_some() || filter.until.is_some() {
            let (since, until) = (filter.since.map(day_number), filter.until.map(day_number));
            conditions.push((Occur::Must, range(fields.date, since, until)));
        }
        if let Some(mood) = filter.mood {
            conditions.push((Occur::Must, range(fields.mood, Some(mood.min), Some(mood.max))));
        }
        if let Some(starred) = filter.starred {
            conditions.push((Occur::Must, term(IndexTerm::from_field_bool(fields.starred, starred))));
        }
        for TopicTest { any_of, negated } in &filter.topics {
            let any = any_of.iter().map(|name| self.topic(name)).collect();
            let occur = if *negated { Occur::MustNot } else { Occur::Must };
            conditions.push((occur, Box::new(BooleanQuery::union(any))));
        }
        conditions.extend(filter.conditions.iter().map(|condition| match condition {
            // At the top nothing walks back.
            Condition::Test(test) => (Occur::Must, self.test(test)),
            other => (Occur::Must, gathered(self.condition(other))),
        }));
        conditions.into_iter().map(|(occur, query)| (occur, unscored(query))).collect()
    }
}

fn is_word(piece: &Piece) -> bool {
    matches!(piece.kind, PieceKind::Word | PieceKind::StopWord)
}

fn gathered(query: BoxedQuery) -> BoxedQuery {
    Box::new(Gathered(query))
}

fn unscored(query: BoxedQuery) -> BoxedQuery {
    Box::new(ConstScoreQuery::new(query, 0.0))
}

fn range(field: Field, min: Option<i64>, max: Option<i64>) -> BoxedQuery {
    let bound = |value: Option<i64>| {
        value.map_or(Bound::Unbounded, |value| Bound::Included(IndexTerm::from_field_i64(field, value)))
    };
    Box::new(RangeQuery::new(bound(min), bound(max)))
}

/// A part of a query: it holds, or it does not.
enum Clause {
    Holds(BoxedQuery),
    Fails(BoxedQuery),
}

impl Clause {
    fn into_occur(self) -> (Occur, BoxedQuery) {
        match self {
            Clause::Holds(query) => (Occur::Must, query),
            Clause::Fails(query) => (Occur::MustNot, query),
        }
    }

    fn into_query(self) -> BoxedQuery {
        match self {
            Clause::Holds(query) => query,
            // The library finds nothing by what is absent alone.
            Clause::Fails(query) => {
                let everything = unscored(Box::new(AllQuery));
                Box::new(BooleanQuery::new(vec![(Occur::Must, everything), (Occur::MustNot, query)]))
            }
        }
    }
}

/// All of them. `None` when there are none.
fn joined(mut clauses: Vec<Clause>) -> Option<Clause> {
    if clauses.len() < 2 {
        return clauses.pop();
    }
    let mut parts: Vec<_> = Vec::with_capacity(clauses.len() + 1);
    if clauses.iter().all(|clause| matches!(clause, Clause::Fails(_))) {
        parts.push((Occur::Must, unscored(Box::new(AllQuery))));
    }
    parts.extend(clauses.into_iter().map(Clause::into_occur));
    Some(Clause::Holds(Box::new(BooleanQuery::new(parts))))
}
