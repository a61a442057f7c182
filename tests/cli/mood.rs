//! `journal mood`: the numbers are those of the entries.

use crate::support::{Sandbox, field};
use std::collections::BTreeMap;

#[test]
fn the_table_is_what_the_entries_say() {
    let sandbox = Sandbox::with_sample();
    let entries = sandbox.run(["list", "--json", "-n", "1000", "--since", "2025-01-01"]).ok().array("");
    let mut months: BTreeMap<String, (usize, Vec<f64>)> = BTreeMap::new();
    for entry in &entries {
        let month = format!("{}-01", &entry["entry_date"].as_str().unwrap()[..7]);
        let (count, scores) = months.entry(month).or_default();
        *count += 1;
        scores.extend(entry["mood_score"].as_f64());
    }
    let rows = sandbox.run(["mood", "--by", "month", "--since", "2025-01-01", "--json"]).ok().quiet().array("");
    assert_eq!(field(&rows, "month"), months.keys().cloned().collect::<Vec<_>>());
    for (row, (count, scores)) in rows.iter().zip(months.values()) {
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        let squares = scores.iter().map(|score| (score - mean).powi(2)).sum::<f64>();
        let deviation = (squares / (scores.len() as f64 - 1.0)).sqrt();
        assert_eq!(row["entry_count"], *count, "{row}");
        assert!((row["avg_mood"].as_f64().unwrap() - mean).abs() < 1e-9, "{row}");
        match row["mood_variance"].as_f64() {
            Some(found) => assert!((found - deviation).abs() < 1e-9, "{row}"),
            None => assert_eq!(scores.len(), 1, "{row}"),
        }
    }
}

#[test]
fn periods_begin_where_people_expect() {
    let sandbox = Sandbox::new();
    for (day, mood) in [("2025-12-29", "0.5"), ("2026-01-04", "-0.5"), ("2026-01-05", "1"), ("2026-01-05", "0.4")] {
        sandbox.add(["-d", day, "-m", mood, "text"]);
    }
    let rows = |by: &str| {
        let rows = sandbox.run(["mood", "--by", by, "--json"]).ok().array("");
        field(&rows, by).into_iter().zip(field(&rows, "avg_mood")).collect::<Vec<_>>()
    };
    let pairs = |rows: Vec<(String, String)>, expected: &[(&str, &str)]| {
        assert_eq!(rows, expected.iter().map(|(a, b)| (a.to_string(), b.to_string())).collect::<Vec<_>>());
    };
    pairs(rows("week"), &[("2025-12-29", "0.0"), ("2026-01-05", "0.7")]);
    pairs(rows("month"), &[("2025-12-01", "0.5"), ("2026-01-01", "0.3")]);
    assert_eq!(rows("day").len(), 3);
    let text = sandbox.run(["mood", "--by", "week"]).ok().text();
    assert_eq!(text, "2025-12-29\t+0.00\t2\t0.71\n2026-01-05\t+0.70\t2\t0.42\n");
    sandbox.run(["mood", "--since", "2026", "--until", "2025"]).code(2);
    sandbox.run(["mood", "--by", "fortnight"]).code(2);
    assert_eq!(sandbox.run(["mood", "--since", "2026-02-01", "--json"]).ok().json(), serde_json::json!([]));
}

#[test]
fn the_filters_are_those_of_list() {
    let sandbox = Sandbox::with_sample();
    for filter in [
        &["--since", "2024", "--topic", "work"][..],
        &["--on", "2025", "--starred"],
        &["--since", "2024", "--mood", "good", "--until", "2025-06"],
        &["--since", "2024", "--topic", "!work"],
    ] {
        let listed = sandbox.run([&["list", "--json", "-n", "1000"], filter].concat()).ok().array("");
        let rows = sandbox.run([&["mood", "--by", "month", "--json"], filter].concat()).ok().array("");
        let count: u64 = rows.iter().map(|row| row["entry_count"].as_u64().unwrap()).sum();
        assert!(count > 0 && count == listed.len() as u64, "{filter:?}");
        let scores: Vec<f64> = listed.iter().filter_map(|entry| entry["mood_score"].as_f64()).collect();
        let sum: f64 = rows
            .iter()
            .filter_map(|row| Some((row["avg_mood"].as_f64()?, row["month"].as_str()?)))
            .map(|(avg, month)| {
                let of_month = |entry: &&serde_json::Value| entry["entry_date"].as_str().unwrap()[..7] == month[..7];
                let moods = listed.iter().filter(of_month).filter(|entry| entry["mood_score"].is_number()).count();
                avg * moods as f64
            })
            .sum();
        assert!((sum - scores.iter().sum::<f64>()).abs() < 1e-9, "{filter:?}");
    }
    sandbox.run(["mood", "--topic", "nosuch"]).code(3).says("nosuch");
    sandbox.run(["mood", "--until", "2024-06"]).code(2).says("--since");
    // Half a year back from the last of a month: its last day, as PostgreSQL has it.
    let sandbox = Sandbox::new().with("JOURNAL_NOW", "2025-08-31T10:00:00Z");
    sandbox.add(["-d", "2025-02-27", "-m", "0.1", "too early"]);
    sandbox.add(["-d", "2025-02-28", "-m", "0.2", "just in time"]);
    let rows = sandbox.run(["mood", "--by", "day", "--json"]).ok().array("");
    assert_eq!(field(&rows, "day"), ["2025-02-28"]);
    assert!(rows[0]["mood_variance"].is_null());
}
