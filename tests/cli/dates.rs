//! Days in words, zones, the hour at which a day begins, and clocks that jump.

use crate::support::{Sandbox, field};

#[test]
fn words_mean_the_past() {
    let sandbox = Sandbox::new();
    for (said, day) in [
        ("today", "2026-03-16"),
        ("yesterday", "2026-03-15"),
        ("monday", "2026-03-16"),
        ("last monday", "2026-03-09"),
        ("friday", "2026-03-13"),
        ("3 april", "2025-04-03"),
        ("2 weeks ago", "2026-03-02"),
        ("29 february", "2024-02-29"),
        ("24/12/2025", "2025-12-24"),
    ] {
        let id = sandbox.add(["-d", said, "text"]);
        assert_eq!(sandbox.show(&id)["entry_date"], day, "{said}");
    }
}

#[test]
fn what_could_be_two_days_is_refused_naming_both() {
    let sandbox = Sandbox::with_sample();
    let add = sandbox.run(["add", "-d", "03/04/2025", "text"]).code(2);
    add.says("2025-04-03").says("2025-03-04");
    for verb in [&["list"][..], &["export"], &["search", "rain"], &["mood"]] {
        for flag in ["--since", "--until", "--on"] {
            if verb == ["mood"] && flag == "--on" {
                continue;
            }
            let args: Vec<&str> = verb.iter().copied().chain([flag, "03/04/2025"]).collect();
            sandbox.run(args).code(2).says("2025-04-03").says("2025-03-04");
        }
    }
}

#[test]
fn spans_in_words_filter() {
    let sandbox = Sandbox::with_sample();
    let days = |args: &[&str]| {
        let all: Vec<&str> = ["list", "--json", "-n", "1000"].iter().chain(args).copied().collect();
        field(&sandbox.run(all).ok().array(""), "entry_date")
    };
    for (args, first, last) in [
        (&["--on", "2025-03"][..], "2025-03-01", "2025-03-31"),
        (&["--on", "last spring"], "2025-03-01", "2025-05-31"),
        (&["--on", "2024"], "2024-01-01", "2024-12-31"),
        (&["--since", "last month"], "2026-02-01", "9999-12-31"),
        (&["--until", "summer 2024"], "0001-01-01", "2024-08-31"),
        (&["--since", "2024-12-24", "--until", "2025-01-06"], "2024-12-24", "2025-01-06"),
    ] {
        let found = days(args);
        let expected = days(&[]).into_iter().filter(|day| (first..=last).contains(&day.as_str())).count();
        assert!(expected > 0 && found.len() == expected, "{args:?}: {} of {expected}", found.len());
        assert!(found.iter().all(|day| (first..=last).contains(&day.as_str())), "{args:?}");
    }
    sandbox.run(["list", "--since", "2025", "--until", "2024"]).code(2).says("is after");
}

#[test]
fn the_day_is_that_of_the_zone() {
    // Twenty minutes past midnight in Tokyo.
    let sandbox = Sandbox::new().with("JOURNAL_NOW", "2026-03-16T15:20:00Z");
    let here = sandbox.show(&sandbox.add(["here"]));
    let there = sandbox.show(&sandbox.add(["--tz", "Asia/Tokyo", "there"]));
    let yesterday = sandbox.show(&sandbox.add(["--tz", "Asia/Tokyo", "-d", "yesterday 23:00", "there"]));
    assert_eq!((&here["entry_date"], &here["time_zone"]), (&"2026-03-16".into(), &"Europe/Berlin".into()));
    assert_eq!(there["entry_date"], "2026-03-17");
    assert_eq!(yesterday["entry_date"], "2026-03-16");
    assert_eq!(yesterday["written_at"], "2026-03-16T14:00:00.000000Z");
    let elsewhere = sandbox.with("TZ", "America/New_York");
    assert_eq!(elsewhere.show(&elsewhere.add(["x"]))["time_zone"], "America/New_York");
    elsewhere.run(["config", "set", "time_zone", "Asia/Kathmandu"]).ok();
    assert_eq!(elsewhere.show(&elsewhere.add(["x"]))["time_zone"], "Asia/Kathmandu");
}

#[test]
fn a_night_belongs_to_the_day_before_when_the_day_begins_later() {
    // Half past one at night in Berlin.
    let night = Sandbox::new().with("JOURNAL_NOW", "2026-03-16T00:30:00Z");
    assert_eq!(night.show(&night.add(["before the setting"]))["entry_date"], "2026-03-16");
    night.run(["config", "set", "day_start", "04:00"]).ok();
    let entry = night.show(&night.add(["after it"]));
    assert_eq!(entry["entry_date"], "2026-03-15");
    assert_eq!(entry["written_at"], "2026-03-16T00:30:00.000000Z");
    assert_eq!(night.show(&night.add(["-d", "today", "x"]))["entry_date"], "2026-03-15");
    assert_eq!(night.show(&night.add(["-d", "yesterday", "x"]))["entry_date"], "2026-03-14");
    assert_eq!(night.run(["list", "--on", "today", "--count"]).ok().text(), "2\n");
    let morning = night.with("JOURNAL_NOW", "2026-03-16T03:00:00Z");
    assert_eq!(morning.show(&morning.add(["at four"]))["entry_date"], "2026-03-16");
    for wrong in ["25:00", "12:00", "noon"] {
        morning.run(["config", "set", "day_start", wrong]).code(2).says(wrong);
    }
}

#[test]
fn clocks_that_jump_lose_no_entry() {
    let sandbox = Sandbox::new().with("JOURNAL_NOW", "2026-04-01T10:00:00Z");
    for (said, instant) in [
        // The hour that does not exist.
        ("2026-03-29 02:30", "2026-03-29T01:30:00.000000Z"),
        ("2026-03-29 01:59", "2026-03-29T00:59:00.000000Z"),
        ("2026-03-29 03:00", "2026-03-29T01:00:00.000000Z"),
        // The hour that comes twice: the first of the two.
        ("2025-10-26 02:30", "2025-10-26T00:30:00.000000Z"),
    ] {
        let entry = sandbox.show(&sandbox.add(["-d", said, "text"]));
        assert_eq!(entry["written_at"], instant, "{said}");
        assert_eq!(entry["entry_date"].as_str().unwrap(), &said[..10]);
    }
    // New Year's Eve in Berlin is New Year's Day in Tokyo.
    let eve = Sandbox::new().with("JOURNAL_NOW", "2025-12-31T22:59:59Z");
    assert_eq!(eve.show(&eve.add(["x"]))["entry_date"], "2025-12-31");
    assert_eq!(eve.show(&eve.add(["--tz", "Asia/Tokyo", "x"]))["entry_date"], "2026-01-01");
}
