//! What a person types to find something, as a tree.
//!
//! Every text is a query: there is no such thing as a syntax error. What is not understood as an
//! operator is text to look for.
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
//!
//! NOT binds tighter than AND, AND and plain neighbourhood tighter than OR; the three words count
//! in capitals only. An unknown field, a time (`12:30`), an address, an apostrophe, a quote or a
//! parenthesis without its partner are taken as text.

mod parse;

use std::fmt;

/// A parsed query. The default value is the empty one.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Query {
    root: Option<Node>,
}

/// One part of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// Text to look for.
    Term(Term),
    /// The entry has the topic of this name.
    Topic(String),
    /// The part does not hold. Never directly inside another negation.
    Not(Box<Node>),
    /// All parts hold: joined by a written `AND`. At least two.
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

impl Query {
    /// Understands any text.
    pub fn parse(text: &str) -> Query {
        Query { root: parse::parse(text) }
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
    /// topics. Empty when nothing is left.
    pub fn words_for_meaning(&self) -> String {
        let texts: Vec<&str> = self.positive_terms().into_iter().map(|term| term.text.as_str()).collect();
        texts.join(" ")
    }
}

impl Query {
    /// What must not hold, each as a query of its own: the negated parts that stand at the top or
    /// among parts that are all wanted.
    pub fn excluded(&self) -> Vec<Query> {
        let mut excluded = Vec::new();
        for part in self.top_parts() {
            if let Node::Not(inner) = part {
                excluded.push(Query { root: Some((**inner).clone()) });
            }
        }
        excluded
    }

    /// The topics that every entry must have, by name.
    pub fn required_topics(&self) -> Vec<String> {
        self.top_parts()
            .into_iter()
            .filter_map(|part| match part {
                Node::Topic(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    /// The parts that must all hold.
    fn top_parts(&self) -> Vec<&Node> {
        fn collect<'a>(node: &'a Node, parts: &mut Vec<&'a Node>) {
            match node {
                Node::And(inner) | Node::Words(inner) => inner.iter().for_each(|part| collect(part, parts)),
                other => parts.push(other),
            }
        }
        let mut parts = Vec::new();
        self.root.iter().for_each(|root| collect(root, &mut parts));
        parts
    }
}

impl Node {
    fn collect_positive<'a>(&'a self, terms: &mut Vec<&'a Term>) {
        match self {
            Node::Term(term) => terms.push(term),
            Node::Topic(_) | Node::Not(_) => {}
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
    matches!(node, Node::Term(_) | Node::Topic(_) | Node::Not(_))
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
            Node::Topic(name) if parse::is_plain(name) => return write!(f, "topic:{name}"),
            Node::Topic(name) => return write!(f, "topic:\"{name}\""),
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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Each query with its canonical form, which shows how it was understood.
    const TABLE: &[(&str, &str)] = &[
        ("late night", "late night"),
        ("  late\u{3000}night\n", "late night"),
        ("a AND b", "a AND b"),
        ("a b AND c", "a AND b AND c"),
        ("a OR b c", "a OR b c"),
        ("(a OR b) c", "(a OR b) c"),
        ("((a b)) c", "a b c"),
        ("a (b AND c)", "a (b AND c)"),
        ("NOT a b", "-a b"),
        ("NOT a OR b", "-a OR b"),
        ("NOT (a OR b)", "-(a OR b)"),
        ("NOT NOT a", "a"),
        ("-(a b) c", "-(a b) c"),
        ("NOT -a", "a"),
        ("a and not b or c", "a and not b or c"),
        ("AND", "\"AND\""),
        ("a AND", "a \"AND\""),
        ("OR a", "\"OR\" a"),
        ("a OR OR b", "a OR \"OR\" b"),
        ("a NOT", "a \"NOT\""),
        ("-AND", "-\"AND\""),
        ("\"late night\"", "\"late night\""),
        ("\u{201c}late  night\u{201d} x", "\"late night\" x"),
        ("\"\" a", "a"),
        ("\"unbalanced a", "unbalanced a"),
        ("say 5\" tall", "say \"5\" tall"),
        ("-\"a b\" c", "-\"a b\" c"),
        ("runn*", "runn*"),
        ("runn**", "runn*"),
        ("*", ""),
        ("a*b", "a*b"),
        ("recieve~ x~2 y~9 z~0 w~1", "recieve~ x~2 y~2 z w~"),
        ("~", ""),
        ("title:word", "title:word"),
        ("title:\"two words\" content:run*", "title:\"two words\" content:run*"),
        ("title:(a b) c", "title:a title:b c"),
        ("title:(a OR content:b)", "title:a OR content:b"),
        ("title: a", "\"title:\" a"),
        ("Title:a", "Title:a"),
        ("-title:a", "-title:a"),
        ("topic:work", "topic:work"),
        ("tag:#work -topic:\"two words\"", "topic:work -topic:\"two words\""),
        ("mood:happy", "mood:happy"),
        ("12:30 meeting", "12:30 meeting"),
        ("http://x.y/z?a=b", "http://x.y/z?a=b"),
        ("don't O'Brien", "don't O'Brien"),
        ("someone@example.com", "someone@example.com"),
        ("f(x)", "\"f(x)\""),
        ("(f(x) OR b)", "\"f(x)\" OR b"),
        ("happy :)", "happy"),
        ("(a b", "a b"),
        ("a) b", "\"a)\" b"),
        ("() a", "a"),
        ("-() a", "a"),
        ("a - b", "a b"),
        ("--force", "\"--force\""),
        ("???", ""),
        ("", ""),
        ("\u{1f389} c++", "\u{1f389} c++"),
    ];

    #[test]
    fn texts_are_understood_as_the_table_says() {
        for (text, canonical) in TABLE {
            let query = Query::parse(text);
            assert_eq!(query.to_string(), *canonical, "for {text:?}: {query:?}");
            assert_eq!(Query::parse(canonical), query, "again, for {text:?}");
        }
    }

    #[test]
    fn meaning_leaves_out_operators_negations_and_topics() {
        let query = Query::parse("title:sleep* OR \"bad night\" -work topic:health tired~");
        assert_eq!(query.words_for_meaning(), "sleep bad night tired");
        assert_eq!(Query::parse("-work topic:x").words_for_meaning(), "");
    }

    #[test]
    fn deep_nesting_and_long_chains_are_only_text() {
        for text in ["(".repeat(100_000), "NOT ".repeat(100_000), "-(".repeat(50_000), "a OR ".repeat(50_000)] {
            let whole = format!("{text}word{}", ")".repeat(100_000));
            let query = Query::parse(&whole);
            assert!(!query.is_empty());
            assert_eq!(Query::parse(&query.to_string()), query);
        }
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_stable(text in "\\PC*") {
            let query = Query::parse(&text);
            prop_assert_eq!(Query::parse(&query.to_string()), query);
        }

        #[test]
        fn so_is_that_of_a_pile_of_operators(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "b", " ", " ", "(", ")", "-", "\"", "AND", "OR", "NOT", "title:", "topic:", "*", "~", "~2",
                "\u{201d}", "#", ":", "'", "\u{e9}", "\u{6771}", "\n",
            ]), 0..24)
        ) {
            let query = Query::parse(&parts.concat());
            prop_assert_eq!(Query::parse(&query.to_string()), query);
        }
    }
}
