//! The language of `journal search`: fields among words, values that are wrong, what is only text, and
//! what is suggested when nothing is found. Without a model.

use crate::support::{Sandbox, field};
use serde_json::Value;

fn search(sandbox: &Sandbox, query: &str) -> Value {
    sandbox.run(["search", "--json", "-n", "1000", "--mode", "text", "--", query]).ok().json()
}

fn ids(answer: &Value) -> Vec<String> {
    let mut ids = field(answer["results"].as_array().unwrap(), "id");
    ids.sort();
    ids
}

/// The sample with stars on some entries.
fn sample() -> Sandbox {
    let sandbox = Sandbox::with_sample();
    for id in field(&sandbox.run(["list", "--json", "-n", "9"]).ok().array(""), "id") {
        sandbox.run(["edit", &id, "--star"]).ok();
    }
    sandbox
}

#[test]
fn fields_choose_what_the_same_flags_choose() {
    let sandbox = sample();
    for (query, flags) in [
        ("rain mood:<0", &["rain", "--mood", "..-0.01"][..]),
        ("rain mood:>=0.2", &["rain", "--mood", ">=0.2"]),
        ("rain mood:-0.5..0.2", &["rain", "--mood", "-0.5..0.2"]),
        ("mood:good rain", &["rain", "--mood", "good"]),
        ("rain mood:none", &["rain", "--mood", "none"]),
        ("rain since:2025-06", &["rain", "--since", "2025-06"]),
        ("rain until:\"last summer\"", &["rain", "--until", "last summer"]),
        ("rain on:2025", &["rain", "--on", "2025"]),
        ("rain -topic:work", &["rain", "--topic", "!work"]),
        ("rain topic:work topic:Health", &["rain", "--topic", "work", "--topic", "health"]),
        ("rain (topic:work OR tag:#running)", &["rain", "--topic", "work,running"]),
        ("the -since:2025 rain", &["rain", "--until", "2024"]),
        ("night is:starred", &["night", "--starred"]),
    ] {
        let by_flags = sandbox.run([&["search", "--json", "-n", "1000", "--mode", "text"], flags].concat()).ok().json();
        let by_fields = search(&sandbox, query);
        assert_eq!(ids(&by_fields), ids(&by_flags), "{query}");
        assert_eq!(by_fields["mode_used"], "text", "{query}");
    }
    assert!(!ids(&search(&sandbox, "rain mood:<0")).is_empty());
    assert!(!ids(&search(&sandbox, "rain (topic:work OR tag:#running)")).is_empty());
}

#[test]
fn fields_without_words_list_by_date_under_or_and_not_too() {
    let sandbox = sample();
    let entries = sandbox.run(["list", "--json", "-n", "1000"]).ok().array("");
    let has = |entry: &Value, name: &str| entry["topics"].as_array().unwrap().iter().any(|topic| topic["name"] == name);
    let mood = |entry: &Value| entry["mood_score"].as_f64();
    let day = |entry: &Value| entry["entry_date"].as_str().unwrap().to_string();
    type Check<'a> = &'a dyn Fn(&Value) -> bool;
    let checks: [(&str, Check); 9] = [
        ("mood:<-0.5 OR topic:running", &|e| mood(e).is_some_and(|mood| mood < -0.5) || has(e, "running")),
        ("-mood:<0", &|e| mood(e).is_none_or(|mood| mood >= 0.0)),
        ("-since:2025", &|e| day(e).as_str() < "2025"),
        ("-(on:2025 has:topic)", &|e| !day(e).starts_with("2025") || e["topics"].as_array().unwrap().is_empty()),
        ("has:title -has:mood", &|e| e["title"].is_string() && mood(e).is_none()),
        ("NOT (topic:work OR topic:running) until:2024-12-31", &|e| {
            !has(e, "work") && !has(e, "running") && day(e).as_str() <= "2024-12-31"
        }),
        ("is:starred OR on:2024-05", &|e| e["starred"] == true || day(e).starts_with("2024-05")),
        ("-is:starred -has:title topic:work", &|e| e["starred"] == false && e["title"].is_null() && has(e, "work")),
        ("mood:>0.9 mood:<-0.9", &|_| false),
    ];
    for (query, check) in checks {
        let answer = search(&sandbox, query);
        let hits = answer["results"].as_array().unwrap();
        let mut expected: Vec<&Value> = entries.iter().filter(|entry| check(entry)).collect();
        assert_eq!(answer["mode_used"], "filter", "{query}");
        assert!(hits.iter().all(|hit| hit["score"].is_null()), "{query}");
        // As `list` has them: newest first.
        let shown = field(hits, "id");
        let listed: Vec<String> = expected.drain(..).map(|entry| entry["id"].as_str().unwrap().to_string()).collect();
        assert_eq!(shown, listed, "{query}");
    }
    // Words beside fields in one OR.
    let either = ids(&search(&sandbox, "porridge OR mood:<-0.7"));
    let (word, low) = (ids(&search(&sandbox, "porridge")), ids(&search(&sandbox, "mood:<-0.7")));
    let mut both = [word.clone(), low.clone()].concat();
    both.sort();
    both.dedup();
    assert_eq!(either, both);
    assert!(!low.is_empty());
    // Pages of what is listed by date.
    let whole = field(search(&sandbox, "-topic:work")["results"].as_array().unwrap(), "id");
    let page =
        |cursor: &[&str]| sandbox.run([&["search", "-topic:work", "--json", "-n", "50"], cursor].concat()).ok().json();
    let first = page(&[]);
    let first = first["results"].as_array().unwrap();
    let second = page(&["--cursor", first[49]["cursor"].as_str().unwrap()]);
    assert_eq!(field(first, "id"), whole[..50]);
    assert_eq!(field(second["results"].as_array().unwrap(), "id"), whole[50..100]);
}

#[test]
fn a_wrong_value_is_an_error_that_points_at_it() {
    let sandbox = Sandbox::with_sample();
    for (query, marks, says) in [
        ("rain mood:abc", "            ^^^", "number from -1 to 1"),
        ("rain mood:<2", "            ^^", "2"),
        ("since:someday", "        ^^^^^^^", "ISO date"),
        ("(rain OR until:03/04/2024)", "                 ^^^^^^^^^^", "2024-03-04"),
        ("on:\"last sprang\" x", "     ^^^^^^^^^^^^^", "last sprang"),
        ("since:last spring", "        ^^^^", "since:\"last spring\""),
        ("is:stared", "     ^^^^^^", "did you mean is:starred?"),
        ("has:wings", "      ^^^^^", "has:title, has:mood, has:topic"),
        ("like:xy", "       ^^", "four characters"),
        ("日本 mood:abc", "            ^^^", "abc"),
    ] {
        let talk = sandbox.run(["search", query]).code(2).says(says).says("hint:").talk();
        let lines: Vec<&str> = talk.lines().collect();
        assert_eq!((lines[1].trim(), lines[2]), (query, marks), "{talk}");
    }
    let error = sandbox.run(["search", "--json", "é日 mood:abc"]).code(2).error();
    assert_eq!((&error["code"], &error["kind"], &error["query"]), (&2.into(), &"usage".into(), &"é日 mood:abc".into()));
    assert_eq!(
        (&error["offset_characters"], &error["offset_bytes"], &error["length_bytes"]),
        (&8.into(), &11.into(), &3.into())
    );
    // What is not there is not there, as elsewhere, and it is said where.
    let talk = sandbox.run(["search", "rain topic:wrk"]).code(3).says("did you mean 'work'?").talk();
    assert_eq!(talk.lines().nth(2), Some("       ^^^^^^^^^"), "{talk}");
    sandbox.run(["search", "rain", "--topic", "wrk"]).code(3).says("did you mean 'work'?");
    let error = sandbox.run(["search", "--json", "like:zzzz"]).code(3).error();
    assert_eq!((&error["kind"], &error["offset_bytes"]), (&"not_found".into(), &0.into()));
    // A long query is shown around the place.
    let talk =
        sandbox.run(["search", &format!("{} mood:abc {}", "rain ".repeat(40), "wind ".repeat(40))]).code(2).talk();
    let lines: Vec<&str> = talk.lines().collect();
    assert!(lines[1].chars().count() <= 80 && lines[1].contains("mood:abc"), "{talk}");
    assert_eq!(lines[1].chars().skip(lines[2].find('^').unwrap()).take(3).collect::<String>(), "abc", "{talk}");
}

#[test]
fn a_pasted_sentence_finds_itself() {
    let sandbox = Sandbox::new();
    let sentences = [
        "We met at 12:30 (or so), and I don't regret it: not at all!",
        "mood: great, weather: awful; see https://example.org/a?b=c#d",
        "He said \"on: that's what since: means\" and left (again",
        "She wrote to someone@example.com — and/or O'Brien — re:invent *now*",
        "Is it 5\" tall? NOT sure AND tired OR hungry",
        "Since: 2026. On:/off. is:? has: like: until:",
        "今日は雨だった。 mood:) 🎉",
    ];
    for sentence in sentences {
        sandbox.pipe(["add"], sentence).ok();
    }
    sandbox.add(["Something else altogether about porridge"]);
    for sentence in sentences {
        let found = sandbox.run(["search", "--json", sentence]).ok().json();
        let first = &found["results"][0]["preview"];
        assert_eq!(first.as_str().unwrap(), sentence, "{found}");
        // And as separate words, as a shell hands them over.
        let words: Vec<&str> = ["search", "--json", "--"].into_iter().chain(sentence.split(' ')).collect();
        assert_eq!(sandbox.run(words).ok().json()["results"][0]["preview"].as_str().unwrap(), sentence);
    }
}

#[test]
fn a_minus_and_a_date_need_no_quoting_from_the_shell() {
    let sandbox = Sandbox::with_sample();
    let by_hand = |args: &[&str]| {
        let all: Vec<&str> = ["search", "--json", "-n", "1000"].iter().chain(args).copied().collect();
        ids(&sandbox.run(all).ok().json())
    };
    let without = by_hand(&["--", "rain -topic:work"]);
    assert!(!without.is_empty());
    assert_eq!(by_hand(&["rain", "-topic:work"]), without);
    assert_eq!(by_hand(&["-topic:work rain"]), without);
    assert_eq!(by_hand(&["-topic:work", "rain"]), without);
    let spring = by_hand(&["--", "walk since:\"last spring\""]);
    assert!(!spring.is_empty());
    assert_eq!(by_hand(&["since:last spring", "walk"]), spring);
    sandbox.run(["search", "rain", "--nosuch"]).code(2);
}

#[test]
fn when_nothing_is_found_something_is_suggested() {
    let sandbox = Sandbox::with_sample();
    let suggestions = |args: &[&str]| -> Vec<Value> {
        let all: Vec<&str> = ["search", "--json"].iter().chain(args).copied().collect();
        sandbox.run(all).ok().array("suggestions")
    };
    // Spelling, from the words of the journal: nearest first, then the more frequent.
    sandbox.run(["search", "brekfast"]).ok().says("Nothing found.").says("did you mean: breakfast");
    let spelt = suggestions(&["brekfast"]);
    assert_eq!((&spelt[0]["kind"], &spelt[0]["query"]), (&"spelling".into(), &"breakfast".into()));
    let there = sandbox.run(["search", "breakfast", "--json", "-n", "1000"]).ok().array("results").len();
    assert_eq!(spelt[0]["entries"], there);
    assert_eq!(suggestions(&["\"brekfast tabel\""]).len(), 0, "what finds nothing either is not suggested");
    // The words are there, but not side by side.
    let loose = suggestions(&["\"breakfast river\""]);
    let apart = sandbox.run(["search", "breakfast river", "--json", "-n", "1000"]).ok().array("results").len();
    assert_eq!((&loose[0]["without"], &loose[0]["entries"]), (&"quotes and AND".into(), &apart.into()));
    // A wider date, by flag and by field; all of them together when only that helps.
    let march = "2026-03-16";
    sandbox.run(["search", "rain", "--since", march]).ok().says("without --since 2026-03-16 there are ");
    let rain = sandbox.run(["search", "rain", "--json", "-n", "1000"]).ok().array("results").len();
    let wider = suggestions(&["rain since:2026-03-16"]);
    assert_eq!((&wider[0]["without"], &wider[0]["entries"]), (&"since:2026-03-16".into(), &rain.into()));
    let wider = suggestions(&["rain mood:<0", "--since", march, "--topic", "running"]);
    assert!(wider.iter().any(|one| one["without"] == "--since 2026-03-16"), "{wider:?}");
    let wider = suggestions(&["breakfast mood:1 since:2026-03-16"]);
    assert_eq!(wider[0]["without"], "mood:1 since:2026-03-16", "{wider:?}");
    // Without words.
    let wider = suggestions(&["topic:running since:2026-03-16"]);
    assert!(wider.iter().any(|one| one["without"] == "since:2026-03-16"), "{wider:?}");
    // Words that are everywhere.
    let stop = sandbox.run(["search", "to be or not to be", "--json"]).ok().json();
    assert_eq!(stop["suggestions"][0]["kind"], "stop_words");
    assert!(stop["reason"].as_str().unwrap().contains("too common"), "{stop}");
    // It costs nothing, and says nothing, when something was found.
    assert_eq!(suggestions(&["breakfast"]), [] as [Value; 0]);
    // Nobody is told the words of somebody else.
    sandbox.run(["user", "add", "other@example.org"]).ok();
    sandbox.run(["--user", "other@example.org", "add", "Ordinary text"]).ok();
    let other = sandbox.run(["--user", "other@example.org", "search", "brekfast", "--json"]).ok().array("suggestions");
    assert_eq!(other, [] as [Value; 0]);
}

#[test]
fn modes_have_the_names_of_the_architecture_and_the_old_ones_are_understood() {
    let sandbox = Sandbox::with_sample();
    let mode = |args: &[&str]| {
        let answer = sandbox.run([&["search", "rain", "--json"], args].concat()).ok().json();
        [answer["mode_requested"].as_str().unwrap().to_string(), answer["mode_used"].as_str().unwrap().to_string()]
    };
    assert_eq!(mode(&[]), ["auto", "text"]);
    assert_eq!(mode(&["--mode", "hybrid"]), ["hybrid", "text"]);
    assert_eq!(mode(&["--mode", "text"]), ["text", "text"]);
    assert_eq!(mode(&["--mode", "words"]), ["text", "text"]);
    sandbox.run(["search", "rain", "--mode", "semantic"]).code(15);
    sandbox.run(["search", "rain", "--mode", "meaning"]).code(15);
    sandbox.run(["search", "rain", "--mode", "filter"]).code(2);
    for (said, understood) in [("words", "text"), ("text", "text"), ("hybrid", "hybrid"), ("auto", "auto")] {
        sandbox.run(["config", "set", "search_mode", said]).ok();
        assert_eq!(mode(&[])[0], understood);
    }
    let help = sandbox.run(["search", "--help"]).ok().text();
    assert!(!help.contains("words]") && !help.contains("- words"), "{help}");
    for part in [
        "mood:<0",
        "since:2026-03",
        "is:starred",
        "has:title",
        "like:7f3k",
        "NOT binds tightest",
        "semantic",
        "\n  content:talk",
    ] {
        assert!(help.contains(part), "{part}");
    }
    assert_eq!(help, sandbox.run(["help", "search"]).ok().text());
    assert!(sandbox.run(["search", "-h"]).ok().text().len() < help.len());
    sandbox.run(["search", "rain", "--threshold", "2"]).code(2).says("from -1 to 1");
    // Without vectors nothing is like anything, whatever the mode.
    let id = field(&sandbox.run(["list", "-n", "1", "--json"]).ok().array(""), "short_id").remove(0);
    sandbox.run(["search", &format!("like:{id}"), "--mode", "text"]).code(15);
}
