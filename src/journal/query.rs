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

use super::filter::{Condition, Test};
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

impl Query {
    /// What is looked for by its words, and what every entry must pass whatever its words are: the
    /// parts without words that stand at the top or among parts that are all wanted.
    pub fn split(&self) -> (Query, Vec<Condition>) {
        let mut conditions = Vec::new();
        let rest = self.root.clone().and_then(|root| root.without_tests(&mut conditions));
        (Query { root: rest, ..self.clone() }, conditions)
    }

    /// The query without one of the fields that every entry must pass, each with what was written for
    /// it.
    pub fn without_each(&self) -> Vec<(&str, Query)> {
        let mut list: Vec<(&str, Query)> = Vec::new();
        for (_, place) in &self.places {
            let tests: Vec<&Test> =
                self.places.iter().filter(|(_, other)| other == place).map(|(test, _)| test).collect();
            let root = self.root.clone().and_then(|root| root.without(&tests));
            let written = &self.text[place.clone()];
            if root != self.root && list.iter().all(|(known, _)| *known != written) {
                list.push((written, Query { root, ..self.clone() }));
            }
        }
        list
    }

    /// What must not hold, each as a query of its own: the negated parts that stand at the top or
    /// among parts that are all wanted, and are words alone.
    pub fn excluded(&self) -> Vec<Query> {
        let negated = |part: &Node| match part {
            Node::Not(inner) if !inner.has_tests() => Some(Query::of(Some((**inner).clone()))),
            _ => None,
        };
        self.top_parts().into_iter().filter_map(negated).collect()
    }

    /// What must hold of an entry of which the words that speak for it hold (`spoken`), or do not. What
    /// stands under a negation is not said of the meaning of an entry but of its words: `written` gives
    /// the entries in which they are. Parts that [`Query::excluded`] names are left out on request.
    ///
    /// # Errors
    /// What `written` fails with.
    pub fn beside_words(
        &self,
        spoken: bool,
        with_excluded: bool,
        written: &mut dyn FnMut(&Query) -> Result<Condition>,
    ) -> Result<Condition> {
        let mut parts = Vec::new();
        for part in self.top_parts() {
            if with_excluded || !matches!(part, Node::Not(inner) if !inner.has_tests()) {
                parts.push(part.beside_words(spoken, false, written)?);
            }
        }
        Ok(Condition::all(parts))
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
    fn any(&self, holds: &dyn Fn(&Node) -> bool) -> bool {
        holds(self)
            || match self {
                Node::Term(_) | Node::Test(_) => false,
                Node::Not(inner) => inner.any(holds),
                Node::And(parts) | Node::Words(parts) | Node::Or(parts) => parts.iter().any(|part| part.any(holds)),
            }
    }

    fn has_tests(&self) -> bool {
        self.any(&|node| matches!(node, Node::Test(_)))
    }

    /// As a condition, when there are no words in it.
    fn condition(&self) -> Option<Condition> {
        let all = |parts: &[Node]| parts.iter().map(Node::condition).collect::<Option<Vec<_>>>();
        Some(match self {
            Node::Term(_) => return None,
            Node::Test(test) => Condition::Test(test.clone()),
            Node::Not(inner) => inner.condition()?.negated(),
            Node::And(parts) | Node::Words(parts) => Condition::all(all(parts)?),
            Node::Or(parts) => Condition::any(all(parts)?),
        })
    }

    fn without_tests(self, conditions: &mut Vec<Condition>) -> Option<Node> {
        if let Some(condition) = self.condition() {
            conditions.push(condition);
            return None;
        }
        let mut rest = |parts: Vec<Node>, join: fn(Vec<Node>) -> Node| {
            let mut parts: Vec<Node> = parts.into_iter().filter_map(|part| part.without_tests(conditions)).collect();
            if parts.len() > 1 { Some(join(parts)) } else { parts.pop() }
        };
        match self {
            Node::And(parts) => rest(parts, Node::And),
            Node::Words(parts) => rest(parts, Node::Words),
            other => Some(other),
        }
    }

    /// Without the parts that all must hold and that are nothing but these tests, or one of them negated.
    fn without(self, tests: &[&Test]) -> Option<Node> {
        let gone = |node: &Node| matches!(node, Node::Test(test) if tests.contains(&test));
        match &self {
            Node::Not(inner) if gone(inner) => return None,
            Node::Not(inner) if matches!(&**inner, Node::And(parts) if parts.iter().all(gone)) => return None,
            node if gone(node) => return None,
            _ => {}
        }
        let rest = |parts: Vec<Node>, join: fn(Vec<Node>) -> Node| {
            let mut parts: Vec<Node> = parts.into_iter().filter_map(|part| part.without(tests)).collect();
            if parts.len() > 1 { Some(join(parts)) } else { parts.pop() }
        };
        match self {
            Node::And(parts) => rest(parts, Node::And),
            Node::Words(parts) => rest(parts, Node::Words),
            other => Some(other),
        }
    }

    fn beside_words(
        &self,
        spoken: bool,
        negated: bool,
        written: &mut dyn FnMut(&Query) -> Result<Condition>,
    ) -> Result<Condition> {
        let mut all = |parts: &[Node]| -> Result<Vec<Condition>> {
            parts.iter().map(|part| part.beside_words(spoken, negated, written)).collect()
        };
        Ok(match self {
            Node::Term(_) if negated => written(&Query::of(Some(self.clone())))?,
            Node::Term(_) if spoken => Condition::always(),
            Node::Term(_) => Condition::never(),
            Node::Test(test) => Condition::Test(test.clone()),
            Node::Not(inner) if !inner.has_tests() => written(&Query::of(Some((**inner).clone())))?.negated(),
            Node::Not(inner) => inner.beside_words(spoken, true, written)?.negated(),
            Node::And(parts) | Node::Words(parts) => Condition::all(all(parts)?),
            Node::Or(parts) => Condition::any(all(parts)?),
        })
    }

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

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::error::Kind;
    use proptest::prelude::*;

    /// A Wednesday.
    fn today() -> NaiveDate {
        "2026-11-18".parse().unwrap()
    }

    fn parse(text: &str) -> Query {
        Query::parse(text, today()).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

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
        ("mood: happy", "\"mood:\" happy"),
        ("mood:) mood:-) mood:... mood:< x", "\"mood:)\" \"mood:-)\" \"mood:...\" \"mood:<\" x"),
        ("Mood:great Since:then", "Mood:great Since:then"),
        ("unlike:this re:on:fire", "unlike:this re:on:fire"),
        ("on:/path is:? has:", "\"on:/path\" \"is:?\" \"has:\""),
        ("mood:<0", "mood:<=-0.01"),
        ("mood:>=0.5,", "mood:>=0.5"),
        ("mood:-0.5..0.2 a", "mood:-0.5..0.2 a"),
        ("-mood:good", "-mood:>=0.2"),
        ("mood:7/10", "mood:0.4"),
        ("mood:none", "-has:mood"),
        ("-mood:none", "has:mood"),
        ("since:2026-03", "since:2026-03-01"),
        ("until:\"last spring\" x", "until:2026-05-31 x"),
        ("since:yesterday; until:today", "since:2026-11-17 until:2026-11-18"),
        ("on:2026-03 rain", "(since:2026-03-01 AND until:2026-03-31) rain"),
        ("-on:friday", "-(since:2026-11-13 AND until:2026-11-13)"),
        ("rain AND on:friday", "rain AND since:2026-11-13 AND until:2026-11-13"),
        ("(mood:<0 OR topic:x) walrus", "(mood:<=-0.01 OR topic:x) walrus"),
        ("is:starred -has:title has:topic", "is:starred -has:title has:topic"),
        ("like:7f3k OR like:@9m2c", "like:7f3k OR like:@9m2c"),
        ("\"mood:<0\"", "\"mood:<0\""),
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
            let query = parse(text);
            assert_eq!(query.to_string(), *canonical, "for {text:?}: {query:?}");
            assert_eq!(parse(canonical), query, "again, for {text:?}");
        }
    }

    #[test]
    fn meaning_leaves_out_operators_negations_and_topics() {
        let query = parse("title:sleep* OR \"bad night\" -work topic:health tired~");
        assert_eq!(query.words_for_meaning(), "sleep bad night tired");
        assert_eq!(parse("-work topic:x").words_for_meaning(), "");
    }

    #[test]
    fn deep_nesting_and_long_chains_are_only_text() {
        for text in ["(".repeat(100_000), "NOT ".repeat(100_000), "-(".repeat(50_000), "a OR ".repeat(50_000)] {
            let whole = format!("{text}word{}", ")".repeat(100_000));
            let query = parse(&whole);
            assert!(!query.is_empty());
            assert_eq!(parse(&query.to_string()), query);
        }
    }

    #[test]
    fn a_wrong_value_is_pointed_at() {
        for (text, at, length, says) in [
            ("work mood:abc", 10, 3, "'abc'"),
            ("é mood:<2", 8, 2, "'2'"),
            ("a since:2026-13 b", 8, 7, "2026-13"),
            ("(x OR until:someday)", 12, 7, "someday"),
            ("on:\"last sprang\"", 3, 13, "last sprang"),
            ("since:last spring", 6, 4, "'last'"),
            ("since:03/04/2024", 6, 10, "ambiguous"),
            ("is:stared", 3, 6, "stared"),
            ("has:nothing", 4, 7, "nothing"),
            ("like:xy", 5, 2, "four characters"),
            ("mood:0.8..0.2", 5, 8, "backwards"),
            ("since:\"5000 years ago\"", 6, 16, "5000 years ago"),
        ] {
            let error = Query::parse(text, today()).unwrap_err();
            let place = error.place().unwrap();
            assert_eq!((error.kind(), place.text.as_str()), (Kind::Usage, text));
            assert_eq!(place.bytes, at..at + length, "{text}");
            assert!(error.message().contains(says) && error.hint_text().is_some(), "{text}: {error}");
        }
        assert_eq!(Query::parse("é mood:<2", today()).unwrap_err().place().unwrap().characters(), 7);
        assert!(
            Query::parse("is:stared", today()).unwrap_err().hint_text().unwrap().contains("did you mean is:starred")
        );
    }

    #[test]
    fn what_needs_no_words_is_parted_from_what_does() {
        for (text, rest, conditions) in [
            ("walrus since:2026 -topic:work", "walrus", 2),
            ("a b (mood:<0 OR topic:x) c", "a b c", 1),
            ("a AND on:2026", "a", 2),
            ("a OR mood:<0", "a OR mood:<=-0.01", 0),
            ("-(a mood:<0) -b", "-(a mood:<=-0.01) -b", 0),
            ("mood:<0 OR topic:x", "", 1),
            ("-is:starred", "", 1),
        ] {
            let (query, found) = parse(text).split();
            assert_eq!((query.to_string().as_str(), found.len()), (rest, conditions), "{text}");
        }
    }

    #[test]
    fn one_field_can_be_left_out() {
        let left_out = |text: &str| -> Vec<String> {
            parse(text).without_each().into_iter().map(|(written, rest)| format!("{written}: {rest}")).collect()
        };
        assert_eq!(
            left_out("(topic:work AND (mood:<0 AND fox)) on:2026 -is:starred"),
            [
                "topic:work: (mood:<=-0.01 AND fox) (since:2026-01-01 AND until:2026-12-31) -is:starred",
                "mood:<0: (topic:work AND fox) (since:2026-01-01 AND until:2026-12-31) -is:starred",
                "on:2026: (topic:work AND mood:<=-0.01 AND fox) -is:starred",
                "is:starred: (topic:work AND mood:<=-0.01 AND fox) (since:2026-01-01 AND until:2026-12-31)",
            ]
        );
        assert!(left_out("fox OR mood:<0").is_empty());
    }

    #[test]
    fn beside_its_words_an_entry_is_tested() {
        let when = |text: &str, spoken: bool| {
            let mut asked = Vec::new();
            let condition = parse(text)
                .beside_words(spoken, true, &mut |query| {
                    asked.push(query.to_string());
                    Ok(Test::Like(query.to_string()).into())
                })
                .unwrap();
            (condition, asked)
        };
        let negative = Condition::from(Test::Mood(crate::journal::filter::MoodRange { min: -100, max: -1 }));
        assert_eq!(when("a b", true).0, Condition::always());
        assert_eq!(when("a b", false).0, Condition::never());
        assert_eq!(when("a OR mood:<0", false).0, negative);
        assert_eq!(when("a OR mood:<0", true).0, Condition::always());
        assert_eq!(
            when("(a mood:<0) OR (b is:starred)", true).0,
            Condition::any([negative.clone(), Test::Starred.into()])
        );
        assert_eq!(when("a -(b c)", true).1, ["b c"]);
        assert_eq!(when("a -(b mood:<0)", true).1, ["b"]);
        assert_eq!(
            parse("a -(b mood:<0) -c -\"d e\"").excluded().iter().map(Query::to_string).collect::<Vec<_>>(),
            ["c", "\"d e\""]
        );
    }

    proptest! {
        #[test]
        fn the_canonical_form_is_stable(text in "\\PC*") {
            // A text without a field in it is never wrong.
            let query = Query::parse(&text, today());
            prop_assert!(query.is_ok() || text.contains(':'));
            if let Ok(query) = query {
                prop_assert_eq!(parse(&query.to_string()), query);
            }
        }

        #[test]
        fn so_is_that_of_a_pile_of_operators(
            parts in prop::collection::vec(prop::sample::select(vec![
                "a", "b", " ", " ", " ", "(", ")", "-", "\"", "AND", "OR", "NOT", "title:", "topic:", "*", "~", "~2",
                "\u{201d}", "#", ":", "'", "\u{e9}", "\u{6771}", "\n", "mood:", "since:", "on:", "until:", "is:starred",
                "has:", "like:", "like:7f3k", "<", ">=", "0.5", "..", "-1", "none", "good", "2026-03", "yesterday",
            ]), 0..24)
        ) {
            let text = parts.concat();
            match Query::parse(&text, today()) {
                Ok(query) => {
                    prop_assert_eq!(parse(&query.to_string()), query.clone());
                    // Parted, both halves say what the whole said.
                    let (rest, conditions) = query.split();
                    prop_assert_eq!(rest.positive_terms(), query.positive_terms());
                    prop_assert!(rest.root().is_some() || query.is_empty() || !conditions.is_empty());
                    for (_, written) in query.tests() {
                        prop_assert!(text.contains(written));
                    }
                }
                Err(error) => {
                    let place = error.place().unwrap();
                    prop_assert!(text.get(place.bytes.clone()).is_some_and(|wrong| !wrong.is_empty()));
                }
            }
        }

        /// What people write, with no operator in it, is looked for word by word.
        #[test]
        fn a_sentence_is_its_words(words in prop::collection::vec(
            "[a-z]{2,8}|[0-9]{1,2}:[0-9]{2}|don't|https://[a-z]{3}\\.[a-z]{2}/[a-z]?|mood:|on:|[a-z]{2,5}[,.;!?]",
            1..20,
        )) {
            let query = parse(&words.join(" "));
            let looked_for: Vec<String> = query.positive_terms().iter().map(|term| term.text.clone()).collect();
            prop_assert_eq!(looked_for, words);
        }
    }
}
