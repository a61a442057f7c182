//! How queries are understood.

#![allow(clippy::unwrap_used)]

use super::*;
use crate::error::Kind;
use crate::journal::filter::Condition;
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
    assert!(Query::parse("is:stared", today()).unwrap_err().hint_text().unwrap().contains("did you mean is:starred"));
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
fn less_can_be_said_of_the_same_words() {
    let loosened = |text: &str| parse(text).loosened().map(|query| query.to_string());
    assert_eq!(loosened("\"late night\" AND walk mood:<0").as_deref(), Some("late night walk mood:<=-0.01"));
    assert_eq!(loosened("title:\"two words\" -\"a b\"").as_deref(), Some("title:two title:words -\"a b\""));
    assert_eq!(loosened("late night -walk"), None);
    assert_eq!(loosened("\"late\""), None);
}

#[test]
fn beside_its_words_an_entry_is_tested() {
    let when = |text: &str, spoken: bool| {
        let mut asked = Vec::new();
        let condition = parse(text)
            .beside_words(spoken, true, &mut |query| {
                asked.push(query.to_string());
                Ok(Some(Test::Like(query.to_string()).into()))
            })
            .unwrap();
        (condition, asked)
    };
    let negative = Condition::from(Test::Mood(crate::journal::filter::MoodRange { min: -100, max: -1 }));
    assert_eq!(when("a b", true).0, Condition::always());
    assert_eq!(when("a b", false).0, Condition::never());
    assert_eq!(when("a OR mood:<0", false).0, negative);
    assert_eq!(when("a OR mood:<0", true).0, Condition::always());
    assert_eq!(when("(a mood:<0) OR (b is:starred)", true).0, Condition::any([negative.clone(), Test::Starred.into()]));
    let written = |text: &str| Condition::from(Test::Like(text.into()));
    assert_eq!(when("a \"b c\" title:d", true).0, Condition::all([written("\"b c\""), written("title:d")]));
    assert_eq!(when("a (b AND (c OR d))", true).0, {
        Condition::all([written("b"), Condition::any([written("c"), written("d")])])
    });
    assert_eq!(when("a AND b", false).0, Condition::never());
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
