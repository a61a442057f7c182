//! Documents, queries and judgements, as BEIR lays them out: `corpus.jsonl`, `queries.jsonl`,
//! `qrels/test.tsv`.

use serde_json::{Value, json};
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use uuid::Uuid;

/// A title may be so long, in characters.
const TITLE: usize = 500;

/// What is asked, and what is right.
pub(crate) struct Query {
    pub(crate) id: String,
    pub(crate) text: String,
    /// Grades by the id of the entry, those above 0 only.
    pub(crate) relevance: HashMap<String, u32>,
}

/// Entries to import, and queries with judgements.
pub(crate) struct Collection {
    pub(crate) name: String,
    lines: Vec<String>,
    pub(crate) queries: Vec<Query>,
}

impl Collection {
    /// A journal in our own form, judged by its entries' ids.
    pub(crate) fn of_journal(journal: &Path, judged: &Path) -> Collection {
        let lines: Vec<String> = read(journal).lines().map(str::to_owned).collect();
        let ids = lines.iter().map(|line| {
            let id = parse(line)["id"].as_str().unwrap().to_owned();
            (id.clone(), id)
        });
        let queries = queries(judged, &ids.collect());
        Collection { name: "sample journal".into(), lines, queries }
    }

    /// A collection of documents: each becomes an entry of one day. What holds no text is left out.
    pub(crate) fn of_folder(folder: &Path) -> Collection {
        let (mut lines, mut ids) = (Vec::new(), HashMap::new());
        for (index, line) in read(&folder.join("corpus.jsonl")).lines().enumerate() {
            let document = parse(line);
            let text = |field: &str| document[field].as_str().unwrap_or_default().trim();
            let (title, content) = match (text("title"), text("text")) {
                (title, "") => ("", title),
                other => other,
            };
            if content.is_empty() {
                continue;
            }
            // The version and variant bits of a random id, so that any reader takes it.
            let id = Uuid::from_u128((4 << 76) | (2 << 62) | (index as u128 + 1)).to_string();
            let mut entry = json!({"id": id, "entry_date": "2026-01-01", "content": content});
            if !title.is_empty() {
                entry["title"] = title.chars().take(TITLE).collect::<String>().into();
            }
            lines.push(entry.to_string());
            ids.insert(document["_id"].as_str().unwrap().to_owned(), id);
        }
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        Collection { name, lines, queries: queries(folder, &ids) }
    }

    /// What `journal import` reads.
    pub(crate) fn lines(&self) -> String {
        self.lines.join("\n") + "\n"
    }

    /// How many entries there are.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }
}

/// The queries for which anything is relevant, with grades by entry.
fn queries(folder: &Path, ids: &HashMap<String, String>) -> Vec<Query> {
    let mut grades: HashMap<String, HashMap<String, u32>> = HashMap::new();
    for line in read(&folder.join("qrels/test.tsv")).lines().skip(1).filter(|line| !line.trim().is_empty()) {
        let [query, document, grade] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not a judgement: {line}")
        };
        let grade: u32 = grade.trim().parse::<i64>().unwrap().max(0).try_into().unwrap();
        if grade > 0 {
            // A document without text is relevant and cannot be found: it counts as missed.
            let id = ids.get(document).cloned().unwrap_or_else(|| format!("not an entry: {document}"));
            grades.entry(query.to_owned()).or_default().insert(id, grade);
        }
    }
    let asked = read(&folder.join("queries.jsonl"));
    let asked = asked.lines().map(parse).filter_map(|query| {
        let id = query["_id"].as_str().unwrap().to_owned();
        let text = query["text"].as_str().unwrap().to_owned();
        grades.remove(&id).map(|relevance| Query { id, text, relevance })
    });
    asked.collect()
}

fn parse(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}
