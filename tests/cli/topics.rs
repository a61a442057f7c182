//! `journal topics`.

use crate::support::{Sandbox, Terminal, field, plain};
use serde_json::Value;

/// What the list says about one topic.
fn row(sandbox: &Sandbox, name: &str) -> Value {
    let rows = sandbox.run(["topics", "list", "--json"]).ok().quiet().array("");
    rows.into_iter().find(|row| row["name"] == name).unwrap_or_default()
}

/// Names and entries, as the list has them.
fn counts(sandbox: &Sandbox) -> Vec<(String, u64)> {
    let rows = sandbox.run(["topics", "--json"]).ok().quiet().array("");
    rows.iter().map(|row| (row["name"].as_str().unwrap().into(), row["entry_count"].as_u64().unwrap())).collect()
}

/// The topics of an entry with their relevance.
fn of(sandbox: &Sandbox, id: &str) -> Vec<(String, f64)> {
    let entry = sandbox.show(id);
    let mut topics: Vec<(String, f64)> = entry["topics"]
        .as_array()
        .unwrap()
        .iter()
        .map(|topic| (topic["name"].as_str().unwrap().into(), topic["relevance_score"].as_f64().unwrap()))
        .collect();
    topics.sort_by(|a, b| a.0.cmp(&b.0));
    topics
}

fn pairs<T: Copy>(expected: &[(&str, T)]) -> Vec<(String, T)> {
    expected.iter().map(|(name, value)| (name.to_string(), *value)).collect()
}

#[test]
fn the_list_is_what_the_entries_say() {
    let sandbox = Sandbox::with_sample();
    let entries = sandbox.run(["list", "--json", "-n", "1000"]).ok().array("");
    let rows = sandbox.run(["topics", "--json"]).ok().quiet().array("");
    assert!(rows.len() > 10, "{rows:?}");
    for row in &rows {
        let having: Vec<&Value> = entries
            .iter()
            .filter(|entry| {
                field(entry["topics"].as_array().unwrap(), "name").contains(&row["name"].as_str().unwrap().into())
            })
            .collect();
        assert_eq!(row["entry_count"], having.len(), "{row}");
        let moods: Vec<f64> = having.iter().filter_map(|entry| entry["mood_score"].as_f64()).collect();
        let mean = moods.iter().sum::<f64>() / moods.len() as f64;
        assert!((row["avg_mood"].as_f64().unwrap() - mean).abs() < 1e-9, "{row}");
        let last = having.iter().map(|entry| entry["entry_date"].as_str().unwrap()).max().unwrap();
        assert_eq!(row["last_entry_date"], last, "{row}");
        assert_eq!(row["is_system_topic"], row["user_id"].is_null(), "{row}");
    }
    let numbers: Vec<u64> = rows.iter().map(|row| row["entry_count"].as_u64().unwrap()).collect();
    assert!(numbers.is_sorted_by(|a, b| a >= b), "most entries first: {numbers:?}");
    let by_name = field(&sandbox.run(["topics", "list", "--sort", "name", "--json"]).ok().array(""), "name");
    assert!(by_name.is_sorted() && by_name.len() == rows.len(), "{by_name:?}");
    let moods: Vec<f64> = sandbox
        .run(["topics", "--sort", "mood", "--json"])
        .ok()
        .array("")
        .iter()
        .map(|row| row["avg_mood"].as_f64().unwrap())
        .collect();
    assert!(moods.is_sorted_by(|a, b| a >= b), "{moods:?}");

    let all = sandbox.run(["topics", "list", "--all", "--json"]).ok().array("");
    let system = all.iter().filter(|row| row["is_system_topic"] == true).count();
    assert_eq!(system, 25);
    assert!(all.iter().filter(|row| row["is_system_topic"] == true).all(|row| row["description"].is_string()));

    let lines = sandbox.run(["topics"]).ok().quiet().lines();
    assert_eq!(lines.len(), rows.len());
    assert!(lines[0].starts_with("work\t31\t+0.16\t2026-01-15\tsystem\tJob, colleagues"), "{}", lines[0]);
    assert_eq!(sandbox.run(["topics", "--jsonl"]).ok().json_lines().len(), rows.len());
    sandbox.run(["topics", "--all", "find", "x"]).code(2).says("journal topics list");
    sandbox.run(["topics", "list", "--sort", "size"]).code(2);
}

#[test]
fn an_empty_journal_has_no_topics_in_use() {
    let sandbox = Sandbox::new();
    assert_eq!(sandbox.run(["topics", "--json"]).ok().json(), serde_json::json!([]));
    sandbox.run(["topics"]).ok().says("--all");
    assert_eq!(sandbox.run(["topics", "list", "--all"]).ok().lines().len(), 25);
    let found = sandbox.run(["topics", "find", "slep", "--json"]).ok().quiet().array("");
    assert_eq!(field(&found, "name"), ["sleep"]);
}

#[test]
fn names_are_found_by_what_they_share() {
    let sandbox = Sandbox::new();
    for name in ["Café Central", "仕事", "仕事場", "morning pages", "Straße", "🎉 party", "a/b", "İstanbul"] {
        sandbox.run(["topics", "add", name]).ok().says("journal undo");
    }
    let find = |args: &[&str]| {
        let found = sandbox.run([&["topics", "find", "--json"], args].concat()).ok().array("");
        field(&found, "name").into_iter().zip(field(&found, "sim_score")).collect::<Vec<_>>()
    };
    let expect = |args: &[&str], expected: &[(&str, &str)]| {
        let expected: Vec<_> = expected.iter().map(|(name, score)| (name.to_string(), score.to_string())).collect();
        assert_eq!(find(args), expected, "{args:?}");
    };
    // The figures are those of similarity() in PostgreSQL 15.
    expect(&["仕事"], &[("仕事", "1.0"), ("仕事場", "0.4")]);
    expect(&["#CAFÉ"], &[("Café Central", "0.41666666")]);
    expect(&["mornin page"], &[("morning pages", "0.625")]);
    expect(&["party"], &[("🎉 party", "1.0")]);
    expect(&["istanbul"], &[("İstanbul", "1.0")]);
    expect(&["mornin page", "--threshold", "0.63"], &[]);
    expect(&["仕事", "-n", "1"], &[("仕事", "1.0")]);
    expect(&["strasse"], &[("Straße", "0.36363637")]);
    expect(&["strasse", "--threshold", "0.4"], &[]);
    let hit = &sandbox.run(["topics", "find", "仕事", "--json"]).ok().array("")[0];
    let fields: Vec<&String> = hit.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "is_system_topic", "name", "sim_score", "user_id"]);
    assert!(hit["user_id"].is_string() && hit["is_system_topic"] == false);
    assert_eq!(sandbox.run(["topics", "find", "仕事"]).ok().text(), "1.00\t仕事\town\n0.40\t仕事場\town\n");
    sandbox.run(["topics", "find", "🎉"]).ok().says("no letter or digit");
    sandbox.run(["topics", "find", "qqq"]).ok().says("--threshold");
    for wrong in ["0", "1.1", "-0.2", "nan", "x"] {
        sandbox.run(["topics", "find", "x", "--threshold", wrong]).code(2).says("--threshold");
    }
    // What another command changes is found at once.
    sandbox.run(["topics", "rename", "仕事場", "職場"]).ok();
    sandbox.add(["text #仕事人"]);
    expect(&["仕事"], &[("仕事", "1.0"), ("仕事人", "0.4")]);
    sandbox.run(["undo"]).ok();
    expect(&["仕事"], &[("仕事", "1.0")]);
    sandbox.run(["doctor"]).ok();
}

#[test]
fn a_topic_is_made_renamed_described_and_deleted_and_each_can_be_taken_back() {
    let sandbox = Sandbox::new();
    let long = "長".repeat(200);
    let steps: [(&[&str], &str); 6] = [
        (&["topics", "add", "#Running 🏃", "-d", "Legs"], "Running 🏃"),
        (&["topics", "rename", "running 🏃", "ジョギング"], "ジョギング"),
        (&["topics", "describe", "ジョギング", "Slow, along the river"], "Described"),
        (&["topics", "describe", "ジョギング", ""], "description"),
        (&["topics", "rename", "ジョギング", &long], "長長長"),
        (&["topics", "delete", &long, "--yes"], "0 entries"),
    ];
    let state = || sandbox.run(["topics", "--json"]).ok().text();
    let mut states = vec![state()];
    for (step, words) in steps {
        sandbox.run(step.iter()).ok().says(words).says("journal undo");
        states.push(state());
    }
    assert!(states.windows(2).all(|pair| pair[0] != pair[1]), "{states:#?}");
    assert!(states[3].contains("Slow, along the river") && states[5].contains(&long));
    let history = field(&sandbox.run(["history", "--json"]).ok().array(""), "summary");
    assert_eq!(history.len(), 6, "{history:?}");
    assert_eq!(history[4], "renamed the topic “Running 🏃” to “ジョギング”");
    for expected in states.iter().rev().skip(1) {
        sandbox.run(["undo"]).ok().says("Taken back:");
        assert_eq!(&state(), expected);
    }
    sandbox.run(["undo"]).code(3);
    for expected in &states[1..] {
        sandbox.run(["undo", "--redo"]).ok();
        assert_eq!(&state(), expected);
    }
    sandbox.run(["topics", "add", &"長".repeat(201)]).code(2).says("1 to 200 characters");
    sandbox.run(["topics", "add", " x"]).code(2);
    sandbox.run(["topics", "add", ""]).code(2);
}

#[test]
fn one_name_is_one_topic() {
    let sandbox = Sandbox::new();
    sandbox.run(["topics", "add", "Café"]).ok();
    let error = sandbox.run(["topics", "add", "CAFE\u{301}", "--json"]).code(1).error();
    assert!(error["message"].as_str().unwrap().contains("'Café'"), "{error}");
    sandbox.run(["topics", "add", "tea"]).ok();
    sandbox.run(["topics", "rename", "tea", "café"]).code(1).says("'Café'").says("merge");
    sandbox.run(["topics", "rename", "café", "CAFÉ"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("CAFÉ", 0), ("tea", 0)]));
    let id = sandbox.add(["x #café"]);
    assert_eq!(of(&sandbox, &id), pairs(&[("CAFÉ", 1.0)]), "a tag means the topic of that name");
}

#[test]
fn an_unknown_name_is_answered_with_what_is_like_it() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["x #gardening"]);
    for args in [
        &["topics", "rename", "gardning", "x"][..],
        &["topics", "describe", "gardning", "x"],
        &["topics", "merge", "gardning", "--into", "gardening"],
        &["topics", "merge", "gardening", "--into", "gardning"],
        &["topics", "delete", "gardning"],
        &["topics", "assign", "gardning", &id],
        &["topics", "unassign", "gardning", &id],
        &["list", "--topic", "gardning"],
    ] {
        sandbox.run(args.to_vec()).code(3).says("there is no topic 'gardning'").says("did you mean 'gardening'");
    }
    sandbox.run(["list", "--topic", "日本"]).code(3).says("journal topics");
    sandbox.run(["topics", "assign", "gardening", "zzzz"]).code(3).says("zzzz");
    assert_eq!(field(&sandbox.run(["history", "--json"]).ok().array(""), "command"), ["add"]);
}

#[test]
fn a_renamed_topic_keeps_its_entries_and_texts_keep_their_words() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["At it again #job #late"]);
    sandbox.run(["topics", "rename", "job", "office"]).ok();
    let text = sandbox.show(&id)["content"].clone();
    assert_eq!(text, "At it again #job #late");
    assert_eq!(of(&sandbox, &id), pairs(&[("late", 1.0), ("office", 1.0)]));
    assert_eq!(sandbox.run(["list", "--topic", "office", "--json"]).ok().array("").len(), 1);
    let found = sandbox.run(["search", "topic:office", "--mode", "words", "--json"]).ok().array("results");
    assert_eq!(found.len(), 1, "the index of texts follows");
    // A tag that stays in the text says nothing new; one that goes or comes does.
    sandbox.run(["edit", &id, "--content", "At it once more #job #early"]).ok();
    assert_eq!(of(&sandbox, &id), pairs(&[("early", 1.0), ("office", 1.0)]));
    sandbox.run(["topics", "unassign", "early", &id]).ok();
    sandbox.run(["edit", &id, "--content", "Done #job #early"]).ok();
    assert_eq!(of(&sandbox, &id), pairs(&[("office", 1.0)]));
    sandbox.run(["edit", &id, "--content", "Done #early"]).ok();
    sandbox.run(["edit", &id, "--content", "Done #early #job"]).ok();
    assert_eq!(of(&sandbox, &id), pairs(&[("job", 1.0), ("office", 1.0)]), "a new tag makes a new topic");
}

#[test]
fn merged_topics_keep_their_entries_and_the_higher_relevance() {
    let sandbox = Sandbox::new();
    let [a, b, c] = ["one #jogging", "two #running", "three #jogging #running"].map(|text| sandbox.add([text]));
    let d = sandbox.add(["four"]);
    sandbox.run(["topics", "assign", "jogging", &c, "--relevance", "0.3"]).ok();
    sandbox.run(["topics", "assign", "running", &c, "--relevance", "0.8"]).ok();
    sandbox.run(["topics", "assign", "running", &d, "--relevance", "0.25"]).ok();
    let before = sandbox.export();
    let merged =
        sandbox.run(["topics", "merge", "Running", "running", "--into", "#jogging", "--json"]).ok().quiet().json();
    assert_eq!(merged["entry_count"], 4);
    assert_eq!(merged["merged"].as_array().unwrap().len(), 1, "named twice, merged once");
    for (id, relevance) in [(&a, 1.0), (&b, 1.0), (&c, 0.8), (&d, 0.25)] {
        assert_eq!(of(&sandbox, id), pairs(&[("jogging", relevance)]), "{id}");
    }
    assert_eq!(counts(&sandbox), pairs(&[("jogging", 4)]));
    sandbox.run(["topics", "merge", "jogging", "--into", "Jogging"]).code(2).says("itself");
    sandbox.run(["undo"]).ok().says("merged the topic");
    assert_eq!(sandbox.export(), before);
    assert_eq!(counts(&sandbox), pairs(&[("running", 3), ("jogging", 2)]));
    sandbox.run(["undo", "--redo"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("jogging", 4)]));
    sandbox.run(["topics", "merge", "jogging"]).code(2).says("--into");
    sandbox.run(["doctor"]).ok();
}

#[test]
fn system_topics_are_there_for_everybody_and_changed_by_nobody() {
    let sandbox = Sandbox::new();
    let [a, b] = ["one #Work", "two #work"].map(|text| sandbox.add([text]));
    assert_eq!(row(&sandbox, "work")["is_system_topic"], true);
    for args in [
        &["topics", "rename", "work", "job"][..],
        &["topics", "describe", "work", "x"],
        &["topics", "delete", "work", "--yes"],
        &["topics", "delete", "work"],
    ] {
        sandbox.run(args.to_vec()).code(2).says("'work' is a system topic").says("journal topics add work");
    }
    // Its entries may go to a topic of one's own; it stays.
    sandbox.run(["topics", "add", "office"]).ok();
    sandbox.run(["topics", "merge", "work", "--into", "office"]).ok().says("now on 2 entries");
    assert_eq!(counts(&sandbox), pairs(&[("office", 2)]));
    assert_eq!(field(&sandbox.run(["topics", "find", "works", "--json"]).ok().array(""), "name"), ["work"]);
    sandbox.run(["undo"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("work", 2), ("office", 0)]));
    // One's own of the same name stands in its place, with the entries.
    let own = sandbox.run(["topics", "add", "Work", "-d", "Mine", "--json"]).ok().quiet().json();
    assert_eq!(own["moved"], 2);
    assert_eq!(counts(&sandbox), pairs(&[("Work", 2), ("office", 0)]));
    assert_eq!(of(&sandbox, &a), pairs(&[("Work", 1.0)]));
    let all = sandbox.run(["topics", "list", "--all", "--json"]).ok().array("");
    assert_eq!(all.iter().filter(|row| row["name"].as_str().unwrap().to_lowercase() == "work").count(), 1);
    sandbox.add(["three #work"]);
    assert_eq!(row(&sandbox, "Work")["entry_count"], 3);
    sandbox.run(["topics", "rename", "work", "job"]).ok();
    sandbox.run(["topics", "delete", "job", "--yes"]).ok().says("3 entries lose it");
    for _ in 0..4 {
        sandbox.run(["undo"]).ok();
    }
    assert_eq!(counts(&sandbox), pairs(&[("work", 2), ("office", 0)]));
    assert_eq!(of(&sandbox, &b), pairs(&[("work", 1.0)]));
    sandbox.run(["doctor"]).ok();
}

#[test]
fn a_renamed_topic_takes_the_place_of_a_system_topic() {
    let sandbox = Sandbox::new();
    sandbox.add(["one #sleep"]);
    sandbox.add(["two #sleep #nights"]);
    let renamed = sandbox.run(["topics", "rename", "nights", "Sleep", "--json"]).ok().quiet().json();
    assert_eq!(renamed["moved"], 2);
    assert_eq!(counts(&sandbox), pairs(&[("Sleep", 2)]));
    sandbox.run(["undo"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("sleep", 2), ("nights", 1)]));
}

#[test]
fn deleting_asks_and_says_how_many_entries_lose_the_topic() {
    let sandbox = Sandbox::new();
    let id = sandbox.add(["one #cat"]);
    sandbox.add(["two #cat #dog"]);
    sandbox.run(["topics", "delete", "cat"]).code(2).says("--yes");
    let mut terminal = Terminal::open(&sandbox, 80, &["topics", "delete", "cat", "dog"]);
    terminal.expect("Delete these 2 topics?");
    terminal.send("n");
    let shown = plain(&terminal.close(0));
    assert!(shown.contains("“cat”: 2 entries lose it") && shown.contains("“dog”: 1 entry loses it"), "{shown}");
    assert!(shown.contains("Nothing deleted."), "{shown}");
    let mut terminal = Terminal::open(&sandbox, 80, &["topics", "delete", "cat"]);
    terminal.expect("Delete this topic?");
    terminal.send("y");
    terminal.close(0);
    assert_eq!(counts(&sandbox), pairs(&[("dog", 1)]));
    assert_eq!(sandbox.count(), 2, "entries stay");
    assert_eq!(of(&sandbox, &id), []);
    sandbox.run(["undo"]).ok().says("deleted the topic “cat”");
    assert_eq!(counts(&sandbox), pairs(&[("cat", 2), ("dog", 1)]));
    sandbox.run(["topics", "delete", "--yes", "cat", "nosuch"]).code(3);
    assert_eq!(counts(&sandbox).len(), 2, "all or none");
    let deleted = sandbox.run(["topics", "delete", "--yes", "--json", "cat", "dog", "CAT"]).ok().quiet().json();
    assert_eq!(field(deleted["deleted"].as_array().unwrap(), "entry_count"), ["2", "1"]);
    sandbox.run(["undo"]).ok().says("deleted 2 topics");
    assert_eq!(counts(&sandbox).len(), 2);
}

#[test]
fn topics_are_assigned_with_a_relevance_and_taken_off() {
    let sandbox = Sandbox::new();
    let [a, b] = ["one", "two"].map(|text| sandbox.add([text]));
    sandbox.run(["topics", "add", "旅"]).ok();
    let assigned = sandbox.run(["topics", "assign", "旅", &a, &b, &a, "--relevance", "0.285", "--json"]).ok().json();
    assert_eq!(assigned["assigned"].as_array().unwrap().len(), 2);
    assert_eq!(of(&sandbox, &a), pairs(&[("旅", 0.29)]), "rounded as DECIMAL(3,2) is");
    sandbox.run(["topics", "assign", "旅", &a]).ok().says("1 entry");
    assert_eq!(of(&sandbox, &a), pairs(&[("旅", 1.0)]));
    sandbox.run(["topics", "assign", "旅", &a, &b, "--relevance", "1"]).ok().says("1 entry").says("1 entry unchanged");
    let steps = sandbox.run(["history", "--json", "-n", "100"]).ok().array("").len();
    sandbox.run(["topics", "assign", "旅", &a]).ok().says("Nothing changed");
    assert_eq!(sandbox.run(["history", "--json", "-n", "100"]).ok().array("").len(), steps, "which is no step");
    for wrong in ["1.01", "-0.1", "x", "nan"] {
        sandbox.run(["topics", "assign", "旅", &a, "--relevance", wrong]).code(2).says("--relevance");
    }
    assert_eq!(sandbox.run(["list", "--topic", "旅", "--json"]).ok().array("").len(), 2);
    let taken = sandbox.run(["topics", "unassign", "旅", &a, &b, "--json"]).ok().quiet().json();
    assert_eq!(taken["unassigned"].as_array().unwrap().len(), 2);
    assert_eq!(counts(&sandbox), pairs(&[("旅", 0)]));
    sandbox.run(["topics", "unassign", "旅", &a]).ok().says("was not there");
    sandbox.run(["undo"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("旅", 2)]));
    sandbox.run(["undo"]).ok();
    assert_eq!(of(&sandbox, &b), pairs(&[("旅", 0.29)]));
}

#[test]
fn everybody_has_their_own() {
    let sandbox = Sandbox::new();
    sandbox.add(["mine #secret #sleep"]);
    let database = rusqlite::Connection::open(sandbox.data().join("journal.db")).unwrap();
    database.execute("INSERT INTO users(email, password_hash) VALUES ('other@example.org', '!')", []).unwrap();
    let other = |args: &[&str]| sandbox.run([&["--user", "other@example.org"], args].concat());
    assert_eq!(other(&["topics", "--json"]).ok().json(), serde_json::json!([]));
    assert_eq!(other(&["topics", "find", "secret", "--json"]).ok().json(), serde_json::json!([]));
    other(&["topics", "delete", "secret", "--yes"]).code(3);
    other(&["topics", "add", "sleep"]).ok();
    other(&["topics", "add", "secret"]).ok();
    assert_eq!(counts(&sandbox), pairs(&[("secret", 1), ("sleep", 1)]));
    assert_eq!(row(&sandbox, "sleep")["is_system_topic"], true, "what others take over is theirs alone");
}

#[test]
fn a_read_only_journal_is_searched_name_by_name() {
    let sandbox = Sandbox::new();
    sandbox.run(["topics", "add", "morning pages"]).ok();
    let data = sandbox.data();
    // Root writes what it likes, but not on a file system that is mounted for reading only.
    let read_only = |command: &str| {
        let script = match rustix::process::geteuid().is_root() {
            true => format!(
                "unshare -m sh -c 'mount --bind {0} {0} && mount -o remount,ro,bind {0} && {command}'",
                data.display()
            ),
            false => format!("chmod -R a-w {0}; {command}; code=$?; chmod -R u+w {0}; exit $code", data.display()),
        };
        sandbox.shell(&script).ok()
    };
    let names = |found: &crate::support::Outcome| field(&found.array(""), "name");
    let behind = read_only("journal topics find mornin --json").says("Every name was read");
    assert_eq!(names(&behind), ["morning pages"]);
    sandbox.run(["topics", "find", "x"]).ok();
    assert_eq!(
        names(&read_only("journal topics find mornin --json").quiet()),
        ["morning pages"],
        "an index that is up to date is read"
    );
    sandbox.add(["text"]);
    assert_eq!(
        names(&read_only("journal topics find mornin --json").quiet()),
        ["morning pages"],
        "entries do not matter to it"
    );
}

#[test]
fn what_a_terminal_shows_fits_and_is_harmless() {
    let sandbox = Sandbox::with_sample();
    sandbox.run(["topics", "add", "evil\u{1b}[31m", "-d", "red\u{1b}[31m"]).ok();
    sandbox.run(["topics", "add", &"長".repeat(200)]).ok();
    for columns in [40, 80, 120] {
        for args in [&["topics", "--no-pager", "--color", "never"][..], &["topics", "find", "evil", "--color", "never"]]
        {
            let shown = Terminal::open(&sandbox, columns, args).close(0);
            assert!(!shown.contains("\u{1b}[31m"), "{shown:?}");
            for line in shown.lines() {
                let width = unicode_width::UnicodeWidthStr::width(line);
                assert!(width <= usize::from(columns), "{width} of {columns}: {line}");
            }
        }
    }
    let shown = plain(&Terminal::open(&sandbox, 100, &["topics", "--no-pager"]).close(0));
    let head = shown.lines().next().unwrap();
    for word in ["Topic", "Entries", "Mood", "Last used", "About"] {
        assert!(head.contains(word), "{head}");
    }
}
