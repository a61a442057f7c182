//! A query parted: what is looked for by its words, what is asked of every entry beside them, and what
//! must not be there.

use super::{Form, Node, Query, Term};
use crate::error::Result;
use crate::journal::filter::{Condition, Test};

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

    /// The same words with less said of them: those of a phrase one by one, and none bound by an `AND`. Nothing when
    /// nothing was said.
    pub fn loosened(&self) -> Option<Query> {
        let root = self.root.clone().map(Node::loosened);
        (root != self.root).then(|| Query { root, ..self.clone() })
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

    /// What must hold of an entry of which the words that speak for it hold (`spoken`), or do not.
    ///
    /// What was written with care is not said of the meaning of an entry but of its words: what stands under a
    /// negation or an `AND`, phrases, and words of the title or the content. `written` gives the entries in which
    /// they are, or nothing when they say nothing, as stop words do. Parts that [`Query::excluded`] names are left out
    /// on request.
    ///
    /// # Errors
    /// What `written` fails with.
    pub fn beside_words(
        &self,
        spoken: bool,
        with_excluded: bool,
        written: &mut dyn FnMut(&Query) -> Result<Option<Condition>>,
    ) -> Result<Condition> {
        let mut parts = Vec::new();
        for (part, bound) in self.top_parts_bound() {
            if with_excluded || !matches!(part, Node::Not(inner) if !inner.has_tests()) {
                let how = if bound { Said::Bound } else { Said::Freely };
                parts.push(part.beside_words(spoken, how, written)?);
            }
        }
        Ok(Condition::all(parts))
    }

    /// The parts that must all hold.
    fn top_parts(&self) -> Vec<&Node> {
        self.top_parts_bound().into_iter().map(|(part, _)| part).collect()
    }

    /// The parts that must all hold, each with whether an `AND` binds it.
    fn top_parts_bound(&self) -> Vec<(&Node, bool)> {
        fn collect<'a>(node: &'a Node, bound: bool, parts: &mut Vec<(&'a Node, bool)>) {
            match node {
                Node::And(inner) => inner.iter().for_each(|part| collect(part, true, parts)),
                Node::Words(inner) => inner.iter().for_each(|part| collect(part, bound, parts)),
                other => parts.push((other, bound)),
            }
        }
        let mut parts = Vec::new();
        self.root.iter().for_each(|root| collect(root, false, &mut parts));
        parts
    }
}

/// How a part of a query is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// Plain words may be there or only be meant.
    Freely,
    /// Under an `AND`: they must be there.
    Bound,
    /// Under a negation.
    Negated,
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
        let mut rest = |parts: Vec<Node>| -> Vec<Node> {
            parts.into_iter().filter_map(|part| part.without_tests(conditions)).collect()
        };
        match self {
            // One word that an AND joined with fields is bound by it all the same.
            Node::And(parts) => Some(rest(parts)).filter(|parts| !parts.is_empty()).map(Node::And),
            Node::Words(parts) => {
                let mut parts = rest(parts);
                if parts.len() > 1 { Some(Node::Words(parts)) } else { parts.pop() }
            }
            other => Some(other),
        }
    }

    fn loosened(self) -> Node {
        let side_by_side = |parts: Vec<Node>| {
            let flat = parts.into_iter().map(Node::loosened).flat_map(|part| match part {
                Node::Words(parts) => parts,
                part => vec![part],
            });
            Node::Words(flat.collect())
        };
        match self {
            Node::Term(term) if term.form == Form::Phrase && term.text.contains(char::is_whitespace) => {
                let word = |text: &str| Node::Term(Term { form: Form::Word, text: text.to_string(), ..term });
                Node::Words(term.text.split_whitespace().map(word).collect())
            }
            Node::And(parts) | Node::Words(parts) => side_by_side(parts),
            other => other,
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
        said: Said,
        written: &mut dyn FnMut(&Query) -> Result<Option<Condition>>,
    ) -> Result<Condition> {
        let of_words = |node: &Node, written: &mut dyn FnMut(&Query) -> Result<Option<Condition>>| {
            written(&Query::of(Some(node.clone())))
        };
        let mut all = |parts: &[Node], said: Said| -> Result<Vec<Condition>> {
            parts.iter().map(|part| part.beside_words(spoken, said, written)).collect()
        };
        let bound = if said == Said::Negated { said } else { Said::Bound };
        Ok(match self {
            Node::Term(_) if said == Said::Negated => of_words(self, written)?.unwrap_or_else(Condition::never),
            Node::Term(_) if !spoken => Condition::never(),
            Node::Term(term) if said == Said::Bound || term.is_exact() => {
                of_words(self, written)?.unwrap_or_else(Condition::always)
            }
            Node::Term(_) => Condition::always(),
            Node::Test(test) => Condition::Test(test.clone()),
            Node::Not(inner) if !inner.has_tests() => {
                of_words(inner, written)?.unwrap_or_else(Condition::never).negated()
            }
            Node::Not(inner) => inner.beside_words(spoken, Said::Negated, written)?.negated(),
            Node::And(parts) => Condition::all(all(parts, bound)?),
            Node::Words(parts) => Condition::all(all(parts, said)?),
            Node::Or(parts) => Condition::any(all(parts, said)?),
        })
    }
}
