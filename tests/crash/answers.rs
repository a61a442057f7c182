//! The same questions to two journals: their answers must be the same.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::backup::Backup;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::support::{Outcome, Sandbox};

/// What is asked of both.
const QUESTIONS: [&str; 10] = [
    "morning coffee",
    "the dog in the forest",
    "\"night dream\" OR concert",
    "runn* -rain",
    "trouble sleeping before a deadline",
    "music with friends",
    "topic:crew1 soup",
    "neigbour~",
    "title:crew letter",
    "saying farewell",
];

/// How far apart two scores of the same hit may be.
const TOLERANCE: f64 = 1e-4;

/// A question and what was found, best first.
pub(crate) struct Answer {
    question: String,
    hits: Vec<(String, f64)>,
}

/// Asks everything of the journal in this folder. Nothing may be missing from the answers, unless
/// this is the first question after something happened to the projections.
pub(crate) fn ask(sandbox: &Sandbox, data: &Path) -> Result<Vec<Answer>, String> {
    ask_these(sandbox, data, &QUESTIONS)
}

/// Asks every third question, for where much has been asked before.
pub(crate) fn ask_some(sandbox: &Sandbox, data: &Path) -> Result<Vec<Answer>, String> {
    let some: Vec<&str> = QUESTIONS.iter().step_by(3).copied().collect();
    ask_these(sandbox, data, &some)
}

fn ask_these(sandbox: &Sandbox, data: &Path, questions: &[&str]) -> Result<Vec<Answer>, String> {
    let modes: &[&str] = if sandbox.has_model() { &["hybrid", "words", "meaning"] } else { &["words"] };
    let mut answers = Vec::new();
    for question in questions.iter().copied() {
        for mode in modes {
            answers.push(put(sandbox, data, &["search", question, "--mode", mode, "--limit", "100"], true)?);
        }
    }
    if sandbox.has_model() {
        for text in ["a walk by the river", "argument at the office"] {
            answers.push(put(
                sandbox,
                data,
                &["similar", "--text", text, "--threshold", "0.2", "--limit", "100"],
                true,
            )?);
        }
        // Entries that every state of the journal has: the first ones of the list by words.
        let subjects: Vec<String> = answers[1].hits.iter().take(5).map(|(id, _)| id.clone()).collect();
        for id in subjects {
            answers.push(put(sandbox, data, &["similar", &id, "--threshold", "0.2", "--limit", "50"], true)?);
        }
    }
    Ok(answers)
}

/// Asks one question. Unless `whole`, the answer may say that something had to be done first.
pub(crate) fn put(sandbox: &Sandbox, data: &Path, args: &[&str], whole: bool) -> Result<Answer, String> {
    let mut command = sandbox.command_on(data, "manual");
    command.args(args).arg("--json");
    let outcome = Outcome::of(command);
    if outcome.code() != Some(0) {
        return Err(format!("a question failed\n{outcome}"));
    }
    let found = outcome.json();
    if whole && (!found["reason"].is_null() || found["mode_used"] != found["mode_requested"]) {
        return Err(format!("an answer is not whole\n{outcome}"));
    }
    let hits = found["results"].as_array().ok_or_else(|| format!("no results\n{outcome}"))?;
    let hit = |hit: &Value| (hit["id"].as_str().unwrap_or_default().to_owned(), hit["score"].as_f64().unwrap_or(-1.0));
    Ok(Answer { question: args.join(" "), hits: hits.iter().map(hit).collect() })
}

/// Where two lists of answers to the same questions differ.
pub(crate) fn differences(these: &[Answer], those: &[Answer]) -> Vec<String> {
    let mut found = Vec::new();
    if these.len() != those.len() {
        found.push(format!("{} and {} answers", these.len(), those.len()));
    }
    for (this, that) in these.iter().zip(those) {
        let place = (0..this.hits.len().max(that.hits.len())).find(|place| {
            match (this.hits.get(*place), that.hits.get(*place)) {
                (Some((id, score)), Some((other, rescored))) => id != other || (score - rescored).abs() > TOLERANCE,
                _ => true,
            }
        });
        if let Some(place) = place {
            let near = |answer: &Answer| {
                let from = place.saturating_sub(1).min(answer.hits.len());
                format!("{:?}", &answer.hits[from..(place + 2).min(answer.hits.len())])
            };
            found.push(format!(
                "{:?}: {} and {} hits, differing from number {}: {} and {}",
                this.question,
                this.hits.len(),
                that.hits.len(),
                place + 1,
                near(this),
                near(that)
            ));
        }
    }
    found
}

/// How many hits there are in all: comparing empty lists shows nothing.
pub(crate) fn hits(answers: &[Answer]) -> usize {
    answers.iter().map(|answer| answer.hits.len()).sum()
}

/// Copies the database of a journal, and nothing else, into a folder of its own.
pub(crate) fn copy(data: &Path, to: &Path) -> PathBuf {
    fs::create_dir_all(to).unwrap();
    let copied = to.join("journal.db");
    let from = reader(data);
    let mut target = Connection::open(&copied).unwrap();
    Backup::new(&from, &mut target).unwrap().run_to_completion(1000, Duration::ZERO, None).unwrap();
    target.close().map_err(|(_, error)| error).unwrap();
    copied
}

/// The database, to be looked into.
pub(crate) fn reader(data: &Path) -> Connection {
    let connection = Connection::open_with_flags(data.join("journal.db"), OpenFlags::SQLITE_OPEN_READ_WRITE).unwrap();
    connection.busy_timeout(Duration::from_secs(10)).unwrap();
    connection
}
