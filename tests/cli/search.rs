//! `journal search` by words, and what it says when there is no model.

use crate::support::{Sandbox, field};
use serde_json::Value;
use std::fs;

fn results(sandbox: &Sandbox, args: &[&str]) -> Vec<Value> {
    let all: Vec<&str> = ["search", "--json", "-n", "1000"].iter().chain(args).copied().collect();
    sandbox.run(all).ok().array("results")
}

fn contents(sandbox: &Sandbox) -> Vec<(String, String)> {
    let entries = sandbox.run(["list", "--full", "--json", "-n", "1000"]).ok().array("");
    field(&entries, "id").into_iter().zip(field(&entries, "content")).collect()
}

#[test]
fn two_letters_of_japanese_or_chinese_are_found_wherever_they_stand() {
    let sandbox = Sandbox::with_sample();
    let contents = contents(&sandbox);
    for wanted in ["川の", "日本", "水は", "林太", "饺子", "走り", "邮票", "マラソ"] {
        let mut expected: Vec<&String> =
            contents.iter().filter(|(_, text)| text.contains(wanted)).map(|(id, _)| id).collect();
        expected.sort();
        assert!(!expected.is_empty(), "{wanted} is not in the sample");
        let found = results(&sandbox, &[&format!("\"{wanted}\""), "--mode", "words"]);
        let mut found = field(&found, "id");
        found.sort();
        for id in expected {
            assert!(found.contains(id), "{wanted} does not find {id}: {found:?}");
        }
    }
}

#[test]
fn the_forms_of_a_query() {
    let sandbox = Sandbox::new();
    let add = |args: &[&str]| -> String {
        let all: Vec<&str> = ["add"].iter().chain(args).copied().collect();
        sandbox.run(all).ok().text().trim().to_string()
    };
    let ran = add(&["-t", "Morning", "Ran along the river before breakfast #running"]);
    let runs = add(&["-t", "River", "She runs a shop near the old bridge #work"]);
    let cafe = add(&["Un café près du pont; don't ask about 12:30"]);
    let long = add(&["The breakfast before the long run was porridge"]);
    let emoji = add(&["🎉 party 誕生日"]);
    let cases: [(&str, &[&String]); 19] = [
        ("run", &[&ran, &runs, &long]),
        ("running", &[&ran, &runs, &long]),
        ("\"river before breakfast\"", &[&ran]),
        ("\"before breakfast river\"", &[]),
        ("breakfast -river", &[&long]),
        ("porr*", &[&long]),
        ("brakfast~", &[&ran, &long]),
        ("title:river", &[&runs]),
        ("content:river", &[&ran]),
        ("topic:work", &[&runs]),
        ("topic:running breakfast", &[&ran]),
        ("porridge OR bridge", &[&long, &runs]),
        ("(porridge OR bridge) -shop", &[&long]),
        ("cafe", &[&cafe]),
        ("CAFÉ", &[&cafe]),
        ("don't ask", &[&cafe]),
        ("12:30", &[&cafe]),
        ("誕生", &[&emoji]),
        ("🎉", &[&emoji]),
    ];
    for (query, expected) in cases {
        let found = results(&sandbox, &["--mode", "words", "--", query]);
        let mut found: Vec<String> = field(&found, "short_id");
        let mut expected: Vec<String> = expected.iter().map(|id| id.to_string()).collect();
        found.sort();
        expected.sort();
        assert_eq!(found, expected, "{query}");
    }
}

#[test]
fn nothing_a_person_types_is_an_error() {
    let sandbox = Sandbox::with_sample();
    for query in [
        "\"",
        "(",
        ")",
        "((",
        "AND",
        "OR",
        "NOT",
        "-",
        "- -",
        "*",
        "~",
        ":",
        "title:",
        "topic:",
        "a OR",
        "\"\"",
        "\\",
        "'",
        "NEAR(a b)",
        "field:value",
        "{}",
        "[1 TO 5]",
        "^",
        "%",
        "\u{0301}",
        "👩‍👩‍👧",
        "--",
        "a:b:c",
        "()",
        "-()",
    ] {
        let outcome = sandbox.run(["search", "--mode", "words", "--json", "--", query]).ok();
        assert!(outcome.json()["results"].is_array(), "{outcome}");
    }
    let long = "word ".repeat(5_000);
    sandbox.run(["search", "--mode", "words", &long]).ok();
}

#[test]
fn a_hit_says_where_and_why() {
    let sandbox = Sandbox::with_sample();
    let answer = sandbox.run(["search", "--json", "--mode", "words", "heron bridge"]).ok().quiet().json();
    let names: Vec<&String> = answer.as_object().unwrap().keys().collect();
    for name in ["results", "mode_requested", "mode_used", "reason", "vectors", "more", "query", "suggestions"] {
        assert!(names.iter().any(|known| *known == name), "{name} of {names:?}");
    }
    let hit = &answer["results"][0];
    let words = &hit["evidence"]["words"];
    assert_eq!((&words["rank"], &words["matched"]), (&1.into(), &"all".into()));
    assert_eq!(words["terms"].as_array().unwrap().len(), 2, "{words}");
    assert!(hit["evidence"]["meaning"].is_null() && hit["score"].as_f64().unwrap() > 0.0);
    let mut marked = Vec::new();
    for fragment in hit["fragments"].as_array().unwrap() {
        let text = fragment["text"].as_str().unwrap();
        for range in fragment["highlights"].as_array().unwrap() {
            let at = |end: usize| usize::try_from(range[end].as_u64().unwrap()).unwrap();
            marked.push(text[at(0)..at(1)].to_lowercase());
        }
    }
    marked.sort();
    marked.dedup();
    assert_eq!(marked, ["bridge", "heron"]);
    let text = sandbox.run(["search", "--mode", "words", "--explain", "heron bridge", "-n", "1"]).ok().text();
    assert!(text.contains("words #1 (all words: ") && text.lines().count() == 1, "{text}");
}

#[test]
fn filters_and_pages_hold_for_a_search() {
    let sandbox = Sandbox::with_sample();
    let whole = field(&results(&sandbox, &["--mode", "words", "rain"]), "id");
    assert!(whole.len() > 10);
    let filtered = results(&sandbox, &["--mode", "words", "rain", "--on", "2025", "--topic", "!work"]);
    assert!(!filtered.is_empty() && filtered.len() < whole.len());
    assert!(filtered.iter().all(|hit| hit["entry_date"].as_str().unwrap().starts_with("2025")));
    let mut paged = Vec::new();
    let mut cursor = None::<String>;
    loop {
        let mut args = vec!["search", "--json", "--mode", "words", "rain", "-n", "4"];
        if let Some(cursor) = &cursor {
            args.extend(["--cursor", cursor]);
        }
        let page = sandbox.run(args).ok();
        paged.extend(field(&page.array("results"), "id"));
        cursor = page.array("results").last().and_then(|hit| hit["cursor"].as_str().map(str::to_string));
        if page.json()["more"] == false {
            break;
        }
    }
    assert_eq!(paged, whole);
    sandbox.run(["search", "rain", "--cursor", "nonsense"]).code(2).says("nonsense");
    let by_date = results(&sandbox, &["--mode", "words", "rain", "--sort", "date"]);
    assert!(by_date.is_sorted_by(|a, b| a["entry_date"].as_str() >= b["entry_date"].as_str()));
}

/// The ids of all pages, with something done after each.
fn paged(sandbox: &Sandbox, args: &[&str], mut between: impl FnMut(&[String])) -> Vec<String> {
    let mut ids = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let at: Vec<&str> = cursor.iter().flat_map(|cursor| ["--cursor", cursor]).collect();
        let page = sandbox.run([&["search", "--json"], args, &at].concat()).ok();
        let hits = page.array("results");
        ids.extend(field(&hits, "id"));
        if page.json()["more"] == false {
            return ids;
        }
        cursor = Some(hits.last().unwrap()["cursor"].as_str().unwrap().to_string());
        between(&ids);
    }
}

#[test]
fn pages_stay_as_they_were_though_entries_come_and_go() {
    let sandbox = Sandbox::new();
    let texts =
        ["fox river night", "a long night by the river with a fox and another fox", "fox", "night night", "deer"];
    let line = |number: usize| {
        let text = format!("{} {}", texts[number % 5], "more words ".repeat(number * number % 11));
        format!("{{\"content\":\"{text}\",\"entry_date\":\"2025-{:02}-01\"}}\n", number % 12 + 1)
    };
    let file = sandbox.file("entries.jsonl", (0..700).map(line).collect::<String>());
    sandbox.run(["import", &file]).ok();
    for query in ["fox river night", "night -deer", "\"fox river\"", "fox OR deer"] {
        let args = ["--mode", "words", query];
        let whole = field(&results(&sandbox, &args), "id");
        assert!(whole.len() >= 140, "{query}: {}", whole.len());
        let mut added = 0;
        let pages = paged(&sandbox, &[&args[..], &["-n", "60"]].concat(), |_| {
            // Short and to the point: they would be the best, and make the words less rare.
            sandbox.add(["fox river night"]);
            sandbox.add(["fox river night deer night fox"]);
            added += 2;
        });
        assert!(pages == whole && added >= 4, "{query}: {} of {}", pages.len(), whole.len());
        for _ in 0..added {
            sandbox.run(["undo"]).ok();
        }
    }
    // The last hits of a page are deleted, and what was there before is brought back.
    let whole = field(&results(&sandbox, &["--mode", "words", "deer", "--on", "2025-05"]), "id");
    let pages = paged(&sandbox, &["--mode", "words", "deer", "--on", "2025-05", "-n", "4"], |seen| {
        let [.., one, two] = seen else { panic!() };
        sandbox.run(["delete", "--yes", one, two]).ok();
        sandbox.run(["undo"]).ok();
        sandbox.run(["delete", "--yes", two]).ok();
    });
    assert_eq!(pages, whole);
    sandbox.run(["search", "fox", "--cursor", "AAAA"]).code(2).says("AAAA");
}

#[test]
fn without_a_model_words_serve_and_it_is_said() {
    let sandbox = Sandbox::with_sample();
    let answer = sandbox.run(["search", "rain", "--json"]).ok();
    assert_eq!((&answer.json()["mode_requested"], &answer.json()["mode_used"]), (&"auto".into(), &"text".into()));
    assert!(answer.json()["reason"].as_str().unwrap().contains("model"), "{answer}");
    sandbox.run(["search", "rain"]).ok().says("model");
    sandbox.run(["search", "rain", "--mode", "meaning"]).code(15).says("hint:");
}

#[test]
fn a_new_entry_is_found_at_once_and_an_index_that_is_gone_comes_back() {
    let sandbox = Sandbox::with_sample();
    sandbox.add(["Zanzibar by ferry"]);
    let search = || sandbox.run(["search", "zanzibar", "--mode", "words", "--json"]).ok();
    assert_eq!(search().array("results").len(), 1);
    let index = sandbox.data().join("index/text");
    for entry in fs::read_dir(&index).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::write(path, vec![0x5a; 5_000]).unwrap();
        }
    }
    let healed = search();
    assert_eq!(healed.array("results").len(), 1, "{healed}");
    fs::remove_dir_all(&index).unwrap();
    assert_eq!(search().array("results").len(), 1);
    sandbox.run(["doctor"]).ok();
}
