//! `journal on-this-day`: entries of a day in earlier years.

use crate::support::{Sandbox, Terminal, field, plain};

fn days(sandbox: &Sandbox, args: &[&str]) -> Vec<String> {
    let all: Vec<&str> = ["on-this-day", "--json"].iter().chain(args).copied().collect();
    field(&sandbox.run(all).ok().array(""), "entry_date")
}

fn filled() -> Sandbox {
    let sandbox = Sandbox::new();
    for day in [
        "2016-02-29",
        "2020-02-28",
        "2020-02-29",
        "2020-03-01",
        "2021-02-28",
        "2023-03-15",
        "2024-02-29",
        "2024-03-16",
        "2025-03-14",
        "2025-03-16",
        "2025-12-31",
        "2026-01-01",
        "2026-03-16",
    ] {
        sandbox.add(["-d", day, "-m", if day.starts_with("2024") { "bad" } else { "good" }, &format!("Of {day}")]);
    }
    sandbox
}

#[test]
fn the_same_day_of_earlier_years_comes_last_year_first() {
    let sandbox = filled();
    // Today is 2026-03-16.
    assert_eq!(days(&sandbox, &[]), ["2025-03-16", "2024-03-16"]);
    let found = sandbox.run(["on-this-day", "--json"]).ok().array("");
    assert_eq!(field(&found, "years_ago"), ["1", "2"]);
    assert!(found[0]["preview"].is_string() && found[0]["content"].is_null());
    assert_eq!(sandbox.run(["on-this-day", "--json", "--full"]).ok().array("")[0]["content"], "Of 2025-03-16");
    assert_eq!(days(&sandbox, &["--days", "2"]), ["2025-03-14", "2025-03-16", "2024-03-16", "2023-03-15"]);
    assert_eq!(days(&sandbox, &["16 march 2025"]), ["2024-03-16"]);
    assert_eq!(days(&sandbox, &["--mood", "good"]), ["2025-03-16"]);
    assert_eq!(days(&sandbox, &["--until", "2024"]), ["2024-03-16"]);
    assert_eq!(days(&sandbox, &["-n", "1"]), ["2025-03-16"]);
    // Around the turn of a year.
    assert_eq!(days(&sandbox, &["2027-01-01", "--days", "1"]), ["2025-12-31", "2026-01-01"]);
    sandbox.run(["on-this-day", "last week"]).code(2).says("not one day");
    sandbox.run(["on-this-day", "--days", "400"]).code(2);
}

#[test]
fn a_leap_day_has_its_day_every_year() {
    let sandbox = filled();
    assert_eq!(days(&sandbox, &["2022-02-28"]), ["2021-02-28", "2020-02-28", "2020-02-29", "2016-02-29"]);
    assert_eq!(days(&sandbox, &["2024-02-28"]), ["2021-02-28", "2020-02-28"]);
    assert_eq!(days(&sandbox, &["2024-02-29"]), ["2020-02-29", "2016-02-29"]);
    assert_eq!(days(&sandbox, &["2024-02-29", "--days", "1"])[..2], ["2021-02-28", "2020-02-28"]);
}

#[test]
fn it_reads_well_and_says_when_there_is_nothing() {
    let sandbox = filled();
    let shown = plain(&Terminal::open(&sandbox, 80, &["on-this-day", "--no-pager"]).close(0));
    assert!(shown.contains("2025 · 1 year ago") && shown.contains("2024 · 2 years ago"), "{shown}");
    assert_eq!(sandbox.run(["on-this-day"]).ok().lines().len(), 2);
    sandbox.run(["on-this-day", "2025-07-07"]).ok().says("Nothing of the 7 July");
    assert_eq!(sandbox.run(["on-this-day", "2025-07-07", "--json"]).ok().json(), serde_json::json!([]));
    let empty = Sandbox::new();
    assert_eq!(empty.run(["on-this-day", "--json"]).ok().json(), serde_json::json!([]));
}
