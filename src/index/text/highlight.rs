//! Which parts of a text a query speaks of: by the same analysis as the search, without the index.

use std::collections::HashSet;
use std::ops::Range;

use super::analyzer::Analyzer;
use super::pieces::{Piece, PieceKind, pieces};
use crate::journal::query::{Form, Query, Scope, Term};
use crate::journal::spelling::within;

/// Finds what a query looks for in a text. One serves many texts.
pub struct Highlighter {
    analyzer: Analyzer,
    targets: Vec<Target>,
    /// What the stems that are looked for begin with.
    initials: HashSet<char>,
}

/// What one term of the query looks for: pieces side by side.
struct Target {
    scope: Scope,
    /// The term as it was written.
    written: String,
    /// Each with its distance from the first, in pieces.
    steps: Vec<(usize, Test)>,
}

enum Test {
    Stem(String),
    Prefix(String),
    Near(Vec<char>, usize),
    Symbol(String),
    Dense { text: String, joined: bool },
}

impl Highlighter {
    /// For the terms of a query that speak for an entry.
    pub fn new(query: &Query) -> Highlighter {
        let mut highlighter = Highlighter { analyzer: Analyzer::new(), targets: Vec::new(), initials: HashSet::new() };
        for term in query.positive_terms() {
            highlighter.add(term);
        }
        highlighter
    }

    /// The parts of a text that match, in bytes, in order, none touching another.
    ///
    /// `part` says what the text is: [`Scope::Title`] or [`Scope::Content`]; with [`Scope::Any`] the
    /// scopes in the query are passed over.
    pub fn ranges(&mut self, part: Scope, text: &str) -> Vec<Range<usize>> {
        let text = pieces(text);
        let stems = self.stems(&text);
        let mut ranges = Vec::new();
        for target in self.targets.iter().filter(|target| target.concerns(part)) {
            for start in target.places(&text, &stems) {
                ranges.extend(target.steps.iter().map(|(offset, _)| text[start + offset].range.clone()));
            }
        }
        merge(ranges)
    }

    /// The terms of the query, as written, that this entry answers to: the evidence for it.
    pub fn matched(&mut self, title: &str, content: &str) -> Vec<String> {
        let parts = [(Scope::Title, title), (Scope::Content, content)].map(|(part, text)| {
            let pieces = pieces(text);
            let stems = self.stems(&pieces);
            (part, pieces, stems)
        });
        let mut matched: Vec<String> = Vec::new();
        for target in &self.targets {
            let holds = |(part, pieces, stems): &(Scope, Vec<Piece>, Vec<String>)| {
                target.concerns(*part) && target.places(pieces, stems).next().is_some()
            };
            if !matched.contains(&target.written) && parts.iter().any(holds) {
                matched.push(target.written.clone());
            }
        }
        matched
    }

    /// The stem of each word that may have one that is looked for: a stem begins as its word does, so most words
    /// of a text need not be cut.
    fn stems(&mut self, text: &[Piece]) -> Vec<String> {
        let mut stem = |piece: &Piece| match (piece.kind, piece.text.chars().next()) {
            (PieceKind::Word, Some(initial)) if self.initials.contains(&initial) => {
                self.analyzer.stem(&piece.text).to_owned()
            }
            _ => String::new(),
        };
        text.iter().map(&mut stem).collect()
    }

    fn add(&mut self, term: &Term) {
        let pieces = pieces(&term.text);
        let last = pieces.len().saturating_sub(1);
        let mut row = Vec::new();
        for (position, piece) in pieces.into_iter().enumerate() {
            let word = matches!(piece.kind, PieceKind::Word | PieceKind::StopWord);
            let test = match (piece.kind, term.form) {
                (_, Form::Prefix) if word && position == last => Test::Prefix(piece.text),
                (_, Form::Fuzzy(distance)) if word => Test::Near(piece.text.chars().collect(), distance.into()),
                (PieceKind::StopWord, _) => continue,
                (PieceKind::Word, _) => Test::Stem(self.analyzer.stem(&piece.text).to_owned()),
                (PieceKind::Symbol, _) => Test::Symbol(piece.text),
                (PieceKind::Dense { joined }, _) => Test::Dense { text: piece.text, joined },
            };
            // As in the search, what is inexact is looked for by itself.
            if matches!(test, Test::Prefix(_) | Test::Near(..)) {
                self.push(term, vec![(0, test)]);
            } else {
                row.push((position, test));
            }
        }
        self.push(term, row);
    }

    fn push(&mut self, term: &Term, mut steps: Vec<(usize, Test)>) {
        let Some(first) = steps.first().map(|(position, _)| *position) else { return };
        for (position, _) in &mut steps {
            *position -= first;
        }
        for (_, test) in &steps {
            if let Test::Stem(stem) = test {
                self.initials.extend(stem.chars().next());
            }
        }
        self.targets.push(Target { scope: term.scope, written: term.text.clone(), steps });
    }
}

impl Target {
    fn concerns(&self, part: Scope) -> bool {
        self.scope == Scope::Any || part == Scope::Any || self.scope == part
    }

    /// Where in the row of pieces the target begins.
    fn places<'a>(&'a self, text: &'a [Piece], stems: &'a [String]) -> impl Iterator<Item = usize> + 'a {
        (0..text.len()).filter(move |start| {
            self.steps.iter().enumerate().all(|(index, (offset, test))| {
                let at = start + offset;
                text.get(at).is_some_and(|piece| test.holds(piece, &stems[at], index == 0))
            })
        })
    }
}

impl Test {
    fn holds(&self, piece: &Piece, stem: &str, first: bool) -> bool {
        match (self, piece.kind) {
            (Test::Stem(wanted), PieceKind::Word) => wanted == stem,
            (Test::Prefix(wanted), PieceKind::Word) => piece.text.starts_with(wanted.as_str()),
            (Test::Near(wanted, distance), PieceKind::Word) => within(wanted, &piece.text, *distance),
            (Test::Symbol(wanted), PieceKind::Symbol) => *wanted == piece.text,
            // Before the first character of what is looked for there may be more of the run.
            (Test::Dense { text, joined }, PieceKind::Dense { joined: found }) => {
                *text == piece.text && (first || *joined == found)
            }
            _ => false,
        }
    }
}

/// In order, with those that overlap or touch made one.
fn merge(mut ranges: Vec<Range<usize>>) -> Vec<Range<usize>> {
    ranges.sort_unstable_by_key(|range| (range.start, range.end));
    let mut merged: Vec<Range<usize>> = Vec::with_capacity(ranges.len());
    for range in ranges {
        match merged.last_mut() {
            Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
            _ => merged.push(range),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(query: &str) -> Query {
        Query::parse(query, chrono::NaiveDate::default()).unwrap_or_default()
    }

    fn marked(query: &str, text: &str) -> Vec<String> {
        let ranges = Highlighter::new(&parse(query)).ranges(Scope::Content, text);
        ranges.into_iter().map(|range| text[range].to_owned()).collect()
    }

    #[test]
    fn what_the_search_finds_is_marked() {
        for (query, text, expected) in [
            ("run", "I ran; running Runs run.", &["running", "Runs", "run"][..]),
            ("cafe", "le Café", &["Café"]),
            ("john", "John's dog", &["John's"]),
            ("\"late night\"", "late, late night; night late", &["late", "night"]),
            ("runn*", "runner run", &["runner"]),
            ("recieve~", "I receive it", &["receive"]),
            ("東京", "私は東京都に", &["東京"]),
            ("東京", "東、京", &[]),
            ("都", "東京都", &["都"]),
            ("🎉", "ok🎉", &["🎉"]),
            ("-dog cat", "dog cat", &["cat"]),
            ("title:dog cat", "dog cat", &["cat"]),
            ("12:30", "at 12:30 and 30", &["12", "30"]),
            ("the", "the", &[]),
        ] {
            assert_eq!(marked(query, text), expected, "{query} in {text}");
        }
    }

    #[test]
    fn evidence_names_the_terms_found() {
        let mut highlighter = Highlighter::new(&parse("title:dog \"late night\" cats absent dog"));
        assert_eq!(highlighter.matched("A cat", "late night, dog"), ["late night", "cats", "dog"]);
    }

    proptest! {
        /// A text is read alike as an entry and, its quotes taken out, as a phrase to look for.
        #[test]
        fn every_text_holds_itself(text in "\\PC{0,60}") {
            let phrase = format!("\"{}\"", text.replace(['"', '\u{201c}', '\u{201d}', '\u{201e}'], " "));
            let mut highlighter = Highlighter::new(&parse(&phrase));
            let found = !highlighter.ranges(Scope::Content, &text).is_empty();
            prop_assert!(found || highlighter.targets.is_empty(), "{}", phrase);
        }
    }
}
