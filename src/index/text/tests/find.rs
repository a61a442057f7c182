//! What is found, and in what order.

use chrono::NaiveDate;
use proptest::prelude::*;

use super::*;
use crate::index::text::Matched;
use crate::journal::filter::{MoodRange, TopicTest};

fn bench_of(texts: &[&str]) -> Bench {
    let mut truth = Truth::default();
    for (number, text) in (0..).zip(texts) {
        truth.write(number, text);
    }
    Bench::of(&truth)
}

fn sorted(mut numbers: Vec<u128>) -> Vec<u128> {
    numbers.sort_unstable();
    numbers
}

#[test]
fn the_query_language_finds_what_it_says() {
    let bench = bench_of(&[
        "Running late at night; I don't sleep.",                 // 0
        "O'Brien came at 12:30 with a café au lait.",            // 1
        "Email someone@example.com about http://x.y/z",          // 2
        "昨日は東京都に行きました。ラーメン!",                   // 3
        "我们在北京吃火锅 🎉",                                   // 4
        "サッカー ｶﾀｶﾅ 東京Tower",                               // 5
        "오늘은 서울에 갔다 👍🏽 🇩🇪",                              // 6
        "วันนี้ฉันไปตลาด",                                           // 7
        "Night, late: the end of the world. Receive the runner", // 8
    ]);
    for (query, expected) in [
        ("run", &[0][..]),
        ("late night", &[0, 8]),
        ("\"late night\"", &[]),
        ("\"late at night\"", &[0]),
        ("\"end of the world\"", &[8]),
        ("night -sleep", &[8]),
        ("sleep OR runner", &[0, 8]),
        ("(sleep OR cafe) brien", &[1]),
        ("don't sleep", &[0]),
        ("O'Brien", &[1]),
        ("brien", &[1]),
        ("12:30", &[1]),
        ("30:12", &[]),
        ("cafe", &[1]),
        ("CAFÉ", &[1]),
        ("someone@example.com", &[2]),
        ("http://x.y", &[2]),
        ("runn*", &[0, 8]),
        ("runni*", &[0]),
        ("O'Br*", &[1]),
        ("recieve~", &[8]),
        ("recieev~", &[]),
        ("recieev~2", &[8]),
        ("東京", &[3, 5]),
        ("京都", &[3]),
        ("都に行き", &[3]),
        ("東都", &[]),
        ("京", &[3, 4, 5]),
        ("ラーメン", &[3]),
        ("ーメ", &[3]),
        ("北京", &[4]),
        ("火锅", &[4]),
        ("カタカナ", &[5]),
        ("東京tower", &[5]),
        ("京Tower", &[5]),
        ("서울", &[6]),
        ("ตลาด", &[7]),
        ("ฉันไป", &[7]),
        ("🎉", &[4]),
        ("👍", &[6]),
        ("🇩🇪", &[6]),
        ("東*", &[3, 5]),
        ("content:night title:night", &[]),
        ("-night", &[1, 2, 3, 4, 5, 6, 7]),
        ("-night -東京", &[1, 2, 4, 6, 7]),
        ("sleep OR -night", &[0, 1, 2, 3, 4, 5, 6, 7]),
    ] {
        assert_eq!(sorted(bench.found(query)), expected, "{query}");
    }
    for query in ["", "the", "to be or not to be", "???", "-the", "don't"] {
        let results = bench.search(query);
        assert!(results.nothing_to_search && results.hits.is_empty(), "{query}");
    }
    assert!(!bench.search("absent").nothing_to_search);
}

#[test]
fn a_long_word_harms_nothing() {
    let long = "x".repeat(100_000);
    let bench = bench_of(&[&format!("{long} fox"), "fox"]);
    assert_eq!(bench.found("fox").len(), 2);
    assert_eq!(bench.found(&long), [0]);
    assert_eq!(bench.found(&format!("{long}*")), [0]);
}

#[test]
fn titles_weigh_more_than_text_and_newer_goes_first() {
    let mut truth = Truth::default();
    let titled = |number, title: &str, text: &str| Document { title: Some(title.to_owned()), ..entry(number, text) };
    truth.put(titled(1, "harvest moon", "we walked home"));
    truth.put(titled(2, "walked home", "harvest moon"));
    truth.put(titled(3, "walked home", "harvest moon"));
    let bench = Bench::of(&truth);
    assert_eq!(bench.found("harvest"), [1, 3, 2]);
    assert_eq!(bench.found("title:harvest"), [1]);
    assert_eq!(sorted(bench.found("content:harvest")), [2, 3]);
    assert_eq!(sorted(bench.found("harvest walked")), [1, 2, 3]);
    let scores: Vec<f32> = bench.search("harvest").hits.iter().map(|hit| hit.score).collect();
    assert!(scores[0] > scores[1] && scores[1] == scores[2], "{scores:?}");
}

#[test]
fn too_few_with_all_words_are_followed_by_those_with_some() {
    let bench = bench_of(&[
        "fox river night",          // 0: all
        "fox fox fox fox fox fox",  // 1
        "river night",              // 2
        "nothing of it",            // 3
        "fox river night and more", // 4: all
    ]);
    let filter = Filter::default();
    let results = bench.search_with("fox river night", &filter, true);
    let matched: Vec<Matched> = results.hits.iter().map(|hit| hit.matched).collect();
    assert_eq!(matched, [Matched::All, Matched::All, Matched::Some, Matched::Some]);
    assert_eq!(sorted(numbers(&results)[..2].to_vec()), [0, 4]);
    assert_eq!((results.total_all, results.total_some), (2, 2));
    assert_eq!(bench.search("fox river night").hits.len(), 2);

    // What was asked for with care stays required.
    for (query, expected) in [
        ("fox AND river AND night", &[0, 4][..]),
        ("\"river night\" fox", &[0, 2, 4]),
        ("-river fox absent", &[1]),
        ("content:river fox", &[0, 2, 4]),
        ("fox", &[0, 1, 4]),
    ] {
        assert_eq!(sorted(numbers(&bench.search_with(query, &filter, true))), expected, "{query}");
    }

    // A longer list begins with the shorter one, across the border.
    let query = parse("fox river night");
    let best = |limit| {
        let request =
            TextRequest { user: USER, query: &query, filter: &filter, without: &HashSet::new(), limit, relax: true };
        numbers(&bench.index.search(&request).unwrap())
    };
    let whole = best(10);
    for limit in 0..=4 {
        assert_eq!(best(limit), whole[..limit]);
    }
}

#[test]
fn entries_passed_over_change_neither_places_nor_scores() {
    let texts =
        ["fox river night", "a long night by the river with a fox and another fox", "fox", "night night", "deer"];
    let mut truth = Truth::default();
    for number in 0..60 {
        truth.write(number, &format!("{} {}", texts[number as usize % 5], "more words ".repeat(number as usize % 7)));
    }
    for number in 0..5 {
        truth.delete(number * 7);
    }
    let before = Bench::of(&truth);
    // In one commit, and in several.
    for commits in [1, 5] {
        let mut truth = truth.clone();
        let after = Bench::of(&truth);
        let mut newer = HashSet::new();
        for number in 60..110 {
            truth.write(number, &"fox night river ".repeat(number as usize % 9 + 1));
            newer.insert(id(number));
            if number % 10 == 9 && commits > 1 {
                after.catch_up(&truth);
            }
        }
        // One of them is gone again.
        truth.delete(77);
        after.catch_up(&truth);
        for text in ["fox", "fox river night", "night -deer", "riv*", "\"fox river\"", "fox OR deer", "absent fox"] {
            let query = parse(text);
            for limit in [0, 3, 1000] {
                let filter = Filter::default();
                let without = &newer;
                let request = TextRequest { user: USER, query: &query, filter: &filter, without, limit, relax: true };
                let found = after.index.search(&request).unwrap();
                let nothing = HashSet::new();
                let expected = before.index.search(&TextRequest { without: &nothing, ..request }).unwrap();
                assert_eq!(found.hits, expected.hits, "{text}");
                assert_eq!((found.total_all, found.total_some), (expected.total_all, expected.total_some), "{text}");
            }
        }
        assert_ne!(after.search("fox").hits, before.search("fox").hits);
    }
}

#[test]
fn other_users_are_not_seen() {
    let mut truth = Truth::default();
    truth.write(1, "fox");
    truth.put(Document { user_id: Uuid::from_u128(2), ..entry(2, "fox") });
    let bench = Bench::of(&truth);
    assert_eq!(bench.found("fox"), [1]);
    assert_eq!(bench.found("-deer"), [1]);
}

fn any_entry() -> impl Strategy<Value = Document> {
    let topics = prop::collection::vec(prop::sample::select(vec!["Work", "família", "Run", "TRIP"]), 0..3);
    (0..400_u64, prop::option::of(-100..=100_i64), any::<bool>(), topics).prop_map(|(day, mood, starred, topics)| {
        let first = NaiveDate::from_ymd_opt(2023, 12, 1).unwrap();
        Document {
            entry_date: first + Days::new(day),
            mood,
            starred,
            topics: topics.into_iter().map(str::to_owned).collect(),
            ..entry(0, "fox")
        }
    })
}

fn any_filter() -> impl Strategy<Value = Filter> {
    let date = || {
        prop::option::of((0..400_u64).prop_map(|day| NaiveDate::from_ymd_opt(2023, 12, 1).unwrap() + Days::new(day)))
    };
    let name = prop::sample::select(vec!["work", "FAMI\u{301}LIA", "run", "trip", "none"]);
    let test = (prop::collection::vec(name, 0..3), any::<bool>())
        .prop_map(|(names, negated)| TopicTest { any_of: names.into_iter().map(str::to_owned).collect(), negated });
    let mood = (-100..=100_i64, -100..=100_i64).prop_map(|(min, max)| MoodRange { min, max });
    let topics = prop::collection::vec(test, 0..3);
    (date(), date(), topics, prop::option::of(mood), prop::option::of(any::<bool>())).prop_map(
        |(since, until, topics, mood, starred)| Filter { since, until, topics, mood, starred, ..Filter::default() },
    )
}

fn passes(filter: &Filter, entry: &Document) -> bool {
    let key = crate::index::text::schema::topic_key;
    let has = |name: &String| entry.topics.iter().any(|topic| key(topic) == key(name));
    filter.since.is_none_or(|since| entry.entry_date >= since)
        && filter.until.is_none_or(|until| entry.entry_date <= until)
        && filter.topics.iter().all(|test| test.any_of.iter().any(has) != test.negated)
        && filter.mood.is_none_or(|range| entry.mood.is_some_and(|mood| (range.min..=range.max).contains(&mood)))
        && filter.starred.is_none_or(|starred| entry.starred == starred)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn filters_keep_what_they_say(
        entries in prop::collection::vec(any_entry(), 1..60),
        filters in prop::collection::vec(any_filter(), 40),
    ) {
        let mut truth = Truth::default();
        for (number, entry) in (0..).zip(&entries) {
            truth.put(Document { id: id(number), ..entry.clone() });
        }
        let bench = Bench::of(&truth);
        for filter in &filters {
            let expected: Vec<u128> = (0..).zip(&entries).filter(|(_, entry)| passes(filter, entry)).map(|(n, _)| n).collect();
            for query in ["fox", "-deer", "fo*"] {
                prop_assert_eq!(sorted(numbers(&bench.search_with(query, filter, false))), expected.clone(), "{:?}", filter);
            }
        }
    }

    /// What people write, pasted as it is, finds where it was written, before what has only some of it.
    #[test]
    fn a_pasted_sentence_finds_itself(words in prop::collection::vec(
        "[a-z]{1,8}|[0-9]{1,2}:[0-9]{2}|[a-z]{3,5}'[st]|https://[a-z]{3}\\.[a-z]{2}/[a-z?=]{0,4}|(mood|on|since): [a-z]{3}\
         |\\([a-z]{3}|[a-z]{3}\\)|\"[a-z]{3,6} [a-z]{3,6}\"|\"[a-z]{3}|[a-z]{2,5}[,.;!?*~]|[\u{3041}-\u{3093}]{1,4}",
        1..24,
    )) {
        let sentence = words.join(" ");
        let mut truth = Truth::default();
        truth.write(0, &sentence);
        truth.write(1, &words[..words.len() / 2].join(" "));
        truth.write(2, "nothing of the kind");
        let found = Bench::of(&truth).search_with(&sentence, &Filter::default(), true);
        prop_assert!(found.nothing_to_search || found.hits.iter().any(|hit| hit.id == id(0) && hit.matched == Matched::All), "{sentence}");
    }

    /// Any query over any text: no panic, and what is found by a word is marked in it.
    #[test]
    fn any_query_over_any_text_is_answered(texts in prop::collection::vec("\\PC{0,60}", 1..6), query in "\\PC{0,30}") {
        let mut truth = Truth::default();
        for (number, text) in (0..).zip(&texts) {
            truth.write(number, text);
        }
        let bench = Bench::of(&truth);
        // A wrong value of a field is refused before anything is looked for.
        if Query::parse(&query, NaiveDate::MIN).is_ok() {
            bench.search_with(&query, &Filter::default(), true);
        }
        // Each text is found by itself, as a phrase, unless it says nothing.
        for (number, text) in (0..).zip(&texts) {
            let phrase = format!("\"{}\"", text.replace(['"', '\u{201c}', '\u{201d}', '\u{201e}'], " "));
            let results = bench.search(&phrase);
            prop_assert!(results.nothing_to_search || numbers(&results).contains(&number), "{phrase}");
            if !results.nothing_to_search {
                let mut highlighter = crate::index::text::Highlighter::new(&parse(&phrase));
                prop_assert!(!highlighter.ranges(crate::journal::query::Scope::Content, text).is_empty(), "{phrase}");
            }
        }
    }
}
