//! What a person types to find something, as a tree.
//!
//! What is not understood as an operator is text to look for. The one thing that can be wrong is the
//! value of a field; the error points at it.
//!
//! | written | finds entries with |
//! |---|---|
//! | `late night` | both words, anywhere, in any order (and, when few have both, some of them) |
//! | `"late night"` | the words side by side |
//! | `run*` | a word that begins so |
//! | `recieve~`, `recieve~2` | a word at most one (two) letters away; a swap counts one |
//! | `-work`, `NOT work` | not this |
//! | `a OR b`, `a AND b`, `( … )` | either; both, and never only some |
//! | `title:word`, `content:"two words"`, `title:(a b)` | it in that part of the entry |
//! | `topic:work`, `tag:work` | this topic |
//! | `mood:<0`, `mood:>=0.5`, `mood:-0.5..0.2`, `mood:good`, `mood:none` | such a mood, or none |
//! | `since:2026-03`, `until:yesterday`, `on:"last spring"` | such a day |
//! | `is:starred`, `has:title`, `has:mood`, `has:topic` | a star; one of these at all |
//! | `like:7f3k` | a meaning near to that of this entry |
//!
//! NOT binds tighter than AND, AND and plain neighbourhood tighter than OR; the three words count
//! in capitals only.
//!
//! A field is an operator when its name, in small letters, begins a word and its value follows the
//! colon at once: for the last four rows a letter, a digit or a quote (`mood:` also takes `<`, `>` or `=`,
//! and a sign or dots before a digit). Then the value must be right. Everything else is text: a field that
//! does not exist, `mood: great`, `mood:)`, a time (`12:30`), an address, an apostrophe, a quote or a
//! parenthesis without its partner.

mod field;
mod parse;
mod parted;
#[cfg(test)]
mod tests;

use super::filter::Test;
use crate::error::{Error, Result};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use uuid::Uuid;

/// A parsed query. The default value is the empty one. Two are equal when they ask for the same.
#[derive(Debug, Clone, Default)]
pub struct Query {
    root: Option<Node>,
    text: String,
    /// Where each test stands in the text.
    places: Vec<(Test, Range<usize>)>,
}

impl PartialEq for Query {
    fn eq(&self, other: &Query) -> bool {
        self.root == other.root
    }
}

impl Eq for Query {}

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Text to look for.
    Term(Term),
    /// Something that is true or false of an entry without a look at its words.
    Test(Test),
    /// The part does not hold. Never directly inside another negation.
    Not(Box<Node>),
    /// All parts hold: joined by a written `AND`. At least two, or the one that is left of them when a query is
    /// parted.
    And(Vec<Node>),
    /// All parts are wanted: written side by side. At least two. A search may fall back to entries
    /// with some of them when few have all.
    Words(Vec<Node>),
    /// At least one part holds. At least two.
    Or(Vec<Node>),
}

/// Text to look for, where, and how exactly.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Term {
    /// Which part of the entry is meant.
    pub scope: Scope,
    /// How it must match.
    pub form: Form,
    /// What was written, without the operator; never empty.
    pub text: String,
}

/// Which part of an entry a term is looked for in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Scope {
    /// Title or content.
    #[default]
    Any,
    /// The title alone.
    Title,
    /// The content alone.
    Content,
}

/// How a term must match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// As a word, in any of its inflections.
    Word,
    /// As a row of words, each in any of its inflections.
    Phrase,
    /// As the beginning of a word.
    Prefix,
    /// As a word at most this many letters away: 1 or 2.
    Fuzzy(u8),
}

impl Term {
    /// Whether it asks for these words and not for what they mean: a phrase, or words of one part of an entry.
    fn is_exact(&self) -> bool {
        self.form == Form::Phrase || self.scope != Scope::Any
    }
}

impl Query {
    /// Understands a text; dates in words are those of `today`.
    ///
    /// # Errors
    /// Usage when the value of a field is wrong, with the place in the text.
    pub fn parse(text: &str, today: NaiveDate) -> Result<Query> {
        let (root, places) = parse::parse(text, today)?;
        Ok(Query { root, text: text.to_owned(), places })
    }

    fn of(root: Option<Node>) -> Query {
        Query { root, ..Query::default() }
    }

    /// Whether there is nothing to look for.
    pub fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// The tree; `None` when the query is empty.
    pub fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    /// The terms that speak for an entry, in the order written: all but the negated ones.
    pub fn positive_terms(&self) -> Vec<&Term> {
        let mut terms = Vec::new();
        if let Some(root) = &self.root {
            root.collect_positive(&mut terms);
        }
        terms
    }

    /// The text whose meaning is asked for: what was written, without operators, negated parts and
    /// fields. Empty when nothing is left.
    pub fn words_for_meaning(&self) -> String {
        let texts: Vec<&str> = self.positive_terms().into_iter().map(|term| term.text.as_str()).collect();
        texts.join(" ")
    }

    /// Each test with what was written for it, in the order written.
    pub fn tests(&self) -> impl Iterator<Item = (&Test, &str)> {
        self.places.iter().map(|(test, place)| (test, &self.text[place.clone()]))
    }

    /// The same failure, pointing at where this test is written.
    pub fn blame(&self, test: &Test, error: Error) -> Error {
        match self.places.iter().find(|(known, _)| known == test) {
            Some((_, place)) => error.at(self.text.clone(), place.clone()),
            None => error,
        }
    }

    /// The ids after `like:` that speak for an entry, as typed.
    pub fn positive_likes(&self) -> Vec<&str> {
        let mut likes = Vec::new();
        if let Some(root) = &self.root {
            root.collect_likes(&mut likes);
        }
        likes
    }

    /// The same, with every `like:` exchanged for the entries that it stands for.
    #[must_use]
    pub fn with_likes(&self, among: &dyn Fn(&str) -> Option<Arc<BTreeSet<Uuid>>>) -> Query {
        Query { root: self.root.as_ref().map(|root| root.with_likes(among)), ..self.clone() }
    }
}

impl Node {
    fn with_likes(&self, among: &dyn Fn(&str) -> Option<Arc<BTreeSet<Uuid>>>) -> Node {
        let each = |parts: &[Node]| parts.iter().map(|part| part.with_likes(among)).collect();
        match self {
            Node::Test(Test::Like(id)) => Node::Test(among(id).map_or_else(|| Test::Like(id.clone()), Test::Among)),
            Node::Term(_) | Node::Test(_) => self.clone(),
            Node::Not(inner) => Node::Not(Box::new(inner.with_likes(among))),
            Node::And(parts) => Node::And(each(parts)),
            Node::Words(parts) => Node::Words(each(parts)),
            Node::Or(parts) => Node::Or(each(parts)),
        }
    }

    fn collect_likes<'a>(&'a self, likes: &mut Vec<&'a str>) {
        match self {
            Node::Test(Test::Like(id)) => likes.push(id),
            Node::Term(_) | Node::Test(_) | Node::Not(_) => {}
            Node::And(parts) | Node::Words(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| part.collect_likes(likes));
            }
        }
    }
}

impl Node {
    fn collect_positive<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Node::Term(term) => terms.push(term),
            Node::Test(_) | Node::Not(_) => {}
            Node::And(parts) | Node::Words(parts) | Node::Or(parts) => {
                parts.iter().for_each(|part| part.collect_positive(terms));
            }
        }
    }

    /// Writes a part of a chain, in parentheses when it would otherwise bind differently.
    fn fmt_part(&self, f: &mut fmt::Formatter<'_>, bare: fn(&Node) -> bool) -> fmt::Result {
        if bare(self) { write!(f, "{self}") } else { write!(f, "({self})") }
    }
}

fn is_simple(node: &Node) -> bool {
    matches!(node, Node::Term(_) | Node::Test(_) | Node::Not(_))
}

fn binds_tighter_than_or(node: &Node) -> bool {
    !matches!(node, Node::Or(_))
}

/// The canonical form: parsing it gives the same tree.
impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.root.as_ref().map_or(Ok(()), |root| write!(f, "{root}"))
    }
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (parts, between, bare): (_, _, fn(&Node) -> bool) = match self {
            Node::Term(term) => return write!(f, "{term}"),
            Node::Test(test) => return field::write(test, f),
            Node::Not(part) => {
                f.write_str("-")?;
                return part.fmt_part(f, is_simple);
            }
            Node::And(parts) => (parts, " AND ", is_simple),
            Node::Words(parts) => (parts, " ", is_simple),
            Node::Or(parts) => (parts, " OR ", binds_tighter_than_or),
        };
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                f.write_str(between)?;
            }
            part.fmt_part(f, bare)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.scope {
            Scope::Any => "",
            Scope::Title => "title:",
            Scope::Content => "content:",
        })?;
        match self.form {
            Form::Word => f.write_str(&self.text),
            Form::Phrase => write!(f, "\"{}\"", self.text),
            Form::Prefix => write!(f, "{}*", self.text),
            Form::Fuzzy(1) => write!(f, "{}~", self.text),
            Form::Fuzzy(distance) => write!(f, "{}~{distance}", self.text),
        }
    }
}
