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
