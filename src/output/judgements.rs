//! What models said about an entry, for a person.

use super::text::{safe, table};
use crate::journal::entry::Sentiment;
use serde_json::Value;

/// A line for each model: its name, what it calls the entry, how sure it is, and the scores behind that,
/// highest first. In a pipe the columns are separated by tabs.
pub fn table_of(said: &[Sentiment], width: Option<usize>) -> String {
    if said.is_empty() {
        return "\nNo model has said anything about it.\n".into();
    }
    let rows = said.iter().map(|said| {
        let confidence = format!("{:.2}", said.confidence as f64 / 10_000.0);
        let most = if width.is_some() { SHOWN } else { usize::MAX };
        vec![in_line(&said.model_name), in_line(&said.label), confidence, scores(said.emotions.as_deref(), most)]
    });
    match width {
        Some(_) => format!("\n{}", table(&["Model", "Label", "Confidence", "Scores"], rows.collect(), width)),
        None => format!("\n{}", rows.map(|row| row.join("\t") + "\n").collect::<String>()),
    }
}

/// How many scores have room on a terminal.
const SHOWN: usize = 8;

/// `joy 0.81, surprise 0.12, …`, the highest of them; what is no object of numbers as it is.
fn scores(emotions: Option<&str>, most: usize) -> String {
    let Some(emotions) = emotions else { return String::new() };
    let Some(mut scores) = numbers(emotions) else { return in_line(emotions) };
    scores.sort_by(|one, other| other.1.total_cmp(&one.1));
    let more = if scores.len() > most { ", …" } else { "" };
    let shown = scores.iter().take(most).map(|(name, score)| format!("{} {score:.2}", in_line(name)));
    shown.collect::<Vec<_>>().join(", ") + more
}

fn numbers(emotions: &str) -> Option<Vec<(String, f64)>> {
    let Value::Object(object) = serde_json::from_str(emotions).ok()? else { return None };
    object.into_iter().map(|(name, score)| Some((name, score.as_f64()?))).collect()
}

fn in_line(text: &str) -> String {
    safe(text).replace(['\n', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_sorted_and_anything_else_is_shown_as_it_is() {
        assert_eq!(scores(Some(r#"{"anger": 0.1, "joy": 0.8}"#), 2), "joy 0.80, anger 0.10");
        assert_eq!(scores(Some(r#"{"anger": 0.1, "joy": 0.8}"#), 1), "joy 0.80, …");
        assert_eq!(scores(Some(r#"{"joy": {"of what": 1}}"#), 2), r#"{"joy": {"of what": 1}}"#);
        assert_eq!(scores(Some("[1,\n2]"), 2), "[1, 2]");
        assert_eq!(scores(None, 2), "");
    }
}
