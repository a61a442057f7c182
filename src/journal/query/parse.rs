//! From text to tree: first a row of tokens, then the operators that have nothing to join become
//! text again, then the tree.

use super::field::{Field, field_at};
use super::{Form, Node, Scope, Term};
use crate::error::Result;
use crate::journal::filter::Test;
use chrono::NaiveDate;
use std::ops::Range;

/// Parentheses nested deeper than this are ignored, so that no text can exhaust the stack.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Open(Scope),
    Close,
    /// A written `NOT`.
    Not,
    /// A `-` before what it negates.
    Minus,
    And,
    Or,
    Leaf(Node),
}

/// The tree of a text, and where in it each test is written.
pub(super) fn parse(text: &str, today: NaiveDate) -> Result<(Option<Node>, Vec<(Test, Range<usize>)>)> {
    let mut places = Vec::new();
    let mut tokens = resolve_operators(match_groups(tokens_of(text, today, &mut places)?));
    tokens.reverse();
    Ok((parse_or(&mut tokens, Scope::Any), places))
}

/// Whether a text, written bare, is understood as itself.
pub(super) fn is_plain(text: &str) -> bool {
    let special = |c: char| c.is_whitespace() || is_quote(c) || matches!(c, '(' | ')');
    !text.is_empty()
        && !text.contains(special)
        && !text.starts_with('-')
        && !text.ends_with('*')
        && split_fuzzy(text).is_none()
        && !super::field::begins(text)
        && operator(text).is_none()
}

pub(super) fn is_quote(c: char) -> bool {
    matches!(c, '"' | '\u{201c}' | '\u{201d}' | '\u{201e}')
}

/// Nothing but ASCII punctuation: there is nothing to look for in it.
fn says_nothing(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_punctuation() || c.is_whitespace() || c.is_control())
}

fn operator(word: &str) -> Option<Token> {
    match word {
        "AND" => Some(Token::And),
        "OR" => Some(Token::Or),
        "NOT" => Some(Token::Not),
        _ => None,
    }
}

/// Splits `word~` and `word~2` into the word and the distance.
fn split_fuzzy(word: &str) -> Option<(&str, u8)> {
    let (base, digit) = word.rsplit_once('~')?;
    match digit.as_bytes() {
        [] => Some((base, 1)),
        [digit @ b'0'..=b'9'] => Some((base, digit - b'0')),
        _ => None,
    }
}

pub(super) fn without_quotes(text: &str) -> String {
    let words: Vec<&str> = text.split(|c: char| c.is_whitespace() || is_quote(c)).filter(|w| !w.is_empty()).collect();
    words.join(" ")
}

fn phrase(text: &str, scope: Scope) -> Option<Node> {
    let text = without_quotes(text);
    (!says_nothing(&text)).then_some(Node::Term(Term { scope, form: Form::Phrase, text }))
}

/// A bare word: plain, `prefix*` or `fuzzy~2`; anything that could be read otherwise becomes a phrase.
fn word(text: &str, scope: Scope) -> Option<Node> {
    let term = |form, text: &str| Some(Node::Term(Term { scope, form, text: text.to_owned() }));
    if says_nothing(text) {
        return None;
    }
    if is_plain(text) {
        return term(Form::Word, text);
    }
    let usable = |base: &str| is_plain(base) && !says_nothing(base);
    if let Some(base) = text.strip_suffix('*').map(|base| base.trim_end_matches('*'))
        && usable(base)
    {
        return term(Form::Prefix, base);
    }
    match split_fuzzy(text) {
        Some((base, 0)) if usable(base) => term(Form::Word, base),
        Some((base, distance)) if usable(base) => term(Form::Fuzzy(distance.min(2)), base),
        _ => phrase(text, scope),
    }
}

fn tokens_of(text: &str, today: NaiveDate, places: &mut Vec<(Test, Range<usize>)>) -> Result<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut open = 0_usize;
    // After a minus or a lone quote an operator is only text.
    let mut as_text = false;
    loop {
        rest = rest.trim_start();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else { return Ok(tokens) };
        let after = chars.as_str();
        let negates =
            first == '-' && after.chars().next().is_some_and(|c| !c.is_whitespace() && !matches!(c, '-' | ')'));
        if first == ')' {
            // One without a partner says nothing, so that nothing is lost with it.
            tokens.push(Token::Close);
            open = open.saturating_sub(1);
            rest = after;
        } else if first == '(' {
            tokens.push(Token::Open(Scope::Any));
            open += 1;
            rest = after;
        } else if negates && !as_text {
            tokens.push(Token::Minus);
            rest = after;
            as_text = ["AND", "OR", "NOT"].iter().any(|operator| rest.starts_with(operator));
            continue;
        } else if is_quote(first) {
            match after.split_once(is_quote) {
                Some((quoted, left)) => {
                    tokens.extend(phrase(quoted, Scope::Any).map(Token::Leaf));
                    rest = left;
                }
                None => {
                    rest = after;
                    as_text = true;
                    continue;
                }
            }
        } else if let Some((field, value)) = field_at(rest) {
            let (written, left) = value_of(value, open);
            let leaf = match (field, written) {
                (Field::Part(scope), Written::Group) => {
                    open += 1;
                    Some(Token::Open(scope))
                }
                (Field::Part(scope), Written::Quoted(text)) => phrase(text, scope).map(Token::Leaf),
                (Field::Part(scope), Written::Bare(text)) => word(text, scope).map(Token::Leaf),
                (Field::Test(field), written) => {
                    let left = if matches!(written, Written::Group) { first_word(value, open).1 } else { left };
                    let at = text.len() - rest.len()..text.len() - left.len();
                    let value_at = text.len() - value.len()..at.end;
                    let node = match written {
                        Written::Quoted(value) | Written::Bare(value) => field.node(value, today),
                        Written::Group => field.node(first_word(value, open).0, today),
                    };
                    let node = node.map_err(|error| error.at(text, value_at))?;
                    node.iter().for_each(|node| note(node, &at, places));
                    rest = left;
                    tokens.extend(node.map(Token::Leaf));
                    as_text = false;
                    continue;
                }
            };
            tokens.extend(leaf);
            rest = left;
        } else {
            let (text, left) = first_word(rest, open);
            match operator(text) {
                Some(operator) if !as_text => tokens.push(operator),
                _ => tokens.extend(word(text, Scope::Any).map(Token::Leaf)),
            }
            rest = left;
        }
        as_text = false;
    }
}

/// Remembers where the tests of a field are written.
fn note(node: &Node, at: &Range<usize>, places: &mut Vec<(Test, Range<usize>)>) {
    match node {
        Node::Test(test) => places.push((test.clone(), at.clone())),
        Node::Not(inner) => note(inner, at, places),
        Node::And(parts) | Node::Words(parts) | Node::Or(parts) => {
            parts.iter().for_each(|part| note(part, at, places));
        }
        Node::Term(_) => {}
    }
}

/// What follows the colon of a field.
enum Written<'a> {
    Quoted(&'a str),
    /// A parenthesis that opens.
    Group,
    Bare(&'a str),
}

fn value_of(value: &str, open: usize) -> (Written<'_>, &str) {
    if let Some((quoted, left)) = value.strip_prefix(is_quote).and_then(|after| after.split_once(is_quote)) {
        return (Written::Quoted(quoted), left);
    }
    if let Some(after) = value.strip_prefix('(') {
        return (Written::Group, after);
    }
    let (text, left) = first_word(value, open);
    (Written::Bare(text), left)
}

/// Splits off what reaches to the next space, or to the parenthesis that closes an open group.
fn first_word(text: &str, open: usize) -> (&str, &str) {
    let mut inner = 0_usize;
    for (index, c) in text.char_indices() {
        match c {
            '(' => inner += 1,
            ')' if inner > 0 => inner -= 1,
            ')' if open > 0 => return text.split_at(index),
            c if c.is_whitespace() => return text.split_at(index),
            _ => {}
        }
    }
    (text, "")
}

/// Drops parentheses without a partner, empty groups, and groups nested too deep.
fn match_groups(tokens: Vec<Token>) -> Vec<Token> {
    let mut kept: Vec<Option<Token>> = Vec::with_capacity(tokens.len());
    // Where each open group stands in `kept`; `None` when it is nested too deep to count.
    let mut groups: Vec<Option<usize>> = Vec::new();
    let mut depth = 0;
    for token in tokens {
        match token {
            Token::Open(_) if depth >= MAX_DEPTH => groups.push(None),
            Token::Open(_) => {
                groups.push(Some(kept.len()));
                kept.push(Some(token));
                depth += 1;
            }
            Token::Close => match groups.pop() {
                Some(Some(_)) => {
                    depth -= 1;
                    close_group(&mut kept);
                }
                Some(None) | None => {}
            },
            other => kept.push(Some(other)),
        }
    }
    for index in groups.into_iter().flatten() {
        kept[index] = None;
    }
    let mut kept: Vec<Token> = kept.into_iter().flatten().collect();
    while kept.last() == Some(&Token::Minus) {
        kept.pop();
    }
    kept
}

/// Closes the innermost group, or, when it is empty, takes it away with the sign before it.
fn close_group(kept: &mut Vec<Option<Token>>) {
    while kept.last() == Some(&Some(Token::Minus)) {
        kept.pop();
    }
    if !matches!(kept.last(), Some(Some(Token::Open(_)))) {
        kept.push(Some(Token::Close));
        return;
    }
    kept.pop();
    while matches!(kept.last(), Some(Some(Token::Minus | Token::Not))) {
        kept.pop();
    }
}

/// An operator that has nothing to join is the word that was written.
fn resolve_operators(tokens: Vec<Token>) -> Vec<Token> {
    let mut resolved: Vec<Token> = Vec::with_capacity(tokens.len());
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        let text = match token {
            Token::And => "AND",
            Token::Or => "OR",
            Token::Not => "NOT",
            other => {
                resolved.push(other);
                continue;
            }
        };
        let has_right = tokens.peek().is_some_and(|next| *next != Token::Close);
        let has_left = matches!(resolved.last(), Some(Token::Leaf(_) | Token::Close));
        if has_right && (has_left || token == Token::Not) {
            resolved.push(token);
        } else {
            resolved.extend(phrase(text, Scope::Any).map(Token::Leaf));
        }
    }
    resolved
}

// The three below take tokens from the end of the list, which holds them in reverse.

fn parse_or(tokens: &mut Vec<Token>, scope: Scope) -> Option<Node> {
    let mut parts = Vec::new();
    loop {
        match parse_and(tokens, scope) {
            Some(Node::Or(inner)) => parts.extend(inner),
            part => parts.extend(part),
        }
        if tokens.pop_if(|token| *token == Token::Or).is_none() {
            return joined(parts, Node::Or);
        }
    }
}

fn parse_and(tokens: &mut Vec<Token>, scope: Scope) -> Option<Node> {
    let mut parts = Vec::new();
    let mut strict = false;
    loop {
        match tokens.last() {
            None | Some(Token::Or | Token::Close) => break,
            Some(Token::And) => {
                strict = true;
                tokens.pop();
            }
            Some(_) => parts.extend(parse_unary(tokens, scope)),
        }
    }
    // Neighbours inside neighbours are neighbours; under a written AND everything is required.
    let mut flat = Vec::with_capacity(parts.len());
    for part in parts {
        match part {
            Node::Words(inner) => flat.extend(inner),
            Node::And(inner) if strict => flat.extend(inner),
            part => flat.push(part),
        }
    }
    joined(flat, if strict { Node::And } else { Node::Words })
}

fn parse_unary(tokens: &mut Vec<Token>, scope: Scope) -> Option<Node> {
    let mut negated = false;
    while tokens.pop_if(|token| matches!(token, Token::Not | Token::Minus)).is_some() {
        negated = !negated;
    }
    let node = match tokens.pop()? {
        Token::Open(own) => {
            let inner = parse_or(tokens, if own == Scope::Any { scope } else { own });
            tokens.pop_if(|token| *token == Token::Close);
            inner?
        }
        Token::Leaf(Node::Term(term)) => {
            let scope = if term.scope == Scope::Any { scope } else { term.scope };
            Node::Term(Term { scope, ..term })
        }
        Token::Leaf(node) => node,
        // Never a sign (taken above), and the callers and the resolution leave no joint here.
        _ => return None,
    };
    Some(match (negated, node) {
        (true, Node::Not(inner)) => *inner,
        (true, node) => Node::Not(Box::new(node)),
        (false, node) => node,
    })
}

fn joined(mut parts: Vec<Node>, join: fn(Vec<Node>) -> Node) -> Option<Node> {
    if parts.len() > 1 { Some(join(parts)) } else { parts.pop() }
}
