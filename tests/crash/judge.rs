//! When everything stands still: is the journal what it must be?

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use journaling_ai::cache::text_hash;
use journaling_ai::index::vector::dot;
use journaling_ai::journal::entry::full_text;
use rusqlite::Connection;
use serde_json::Value;

use crate::answers::{ask, ask_some, copy, differences, hits, put, reader};
use crate::ledger::{Held, Ledger, compare, landed};
use crate::support::Sandbox;

/// Every fault as one error.
fn none_of(faults: Vec<String>, what: &str) -> Result<(), String> {
    if faults.is_empty() {
        return Ok(());
    }
    let shown: Vec<&str> = faults.iter().take(12).map(String::as_str).collect();
    Err(format!("{what}: {} faults\n  {}", faults.len(), shown.join("\n  ")))
}

/// Compares the journal with the ledgers. Gives the number of entries, and how many of the changes
/// whose answer was never seen were done.
pub(crate) fn entries(sandbox: &Sandbox, ledgers: &[Ledger]) -> Result<(usize, usize), String> {
    let held = Held::read(&sandbox.ok(&["export"]).stdout)?;
    none_of(compare(ledgers, &held), "entries")?;
    let counted = sandbox.ok(&["list", "--count"]).stdout;
    if counted.trim() != held.len().to_string() {
        return Err(format!("list counts {counted}, export gives {}", held.len()));
    }
    Ok((held.len(), landed(ledgers, &held)))
}

/// Each entry is whole, and each command is one transaction.
pub(crate) fn rows(data: &Path) -> Result<(), String> {
    let database = reader(data);
    let must_be_empty = [
        (
            "entries without details",
            "SELECT id FROM journal_entries WHERE id NOT IN (SELECT entry_id FROM entry_details)",
        ),
        (
            "entries without a sentiment",
            "SELECT id FROM journal_entries WHERE id NOT IN (SELECT entry_id FROM sentiment_analysis WHERE model_name = 'vader')",
        ),
        (
            "entries without the topic in their text",
            "SELECT e.id FROM journal_entries e WHERE NOT EXISTS (SELECT 1 FROM entry_topics et JOIN topics t ON t.id = et.topic_id
                WHERE et.entry_id = e.id AND e.content LIKE '%#' || t.name)",
        ),
        (
            "details with the hash of another text",
            "SELECT entry_id FROM entry_details WHERE content_hash IS NULL",
        ),
        (
            "operations that overlap",
            "SELECT a.id FROM operations a JOIN operations b ON b.id = a.id + 1 WHERE b.first_seq <= a.last_seq OR a.first_seq > a.last_seq",
        ),
        (
            // The mood that models give is no change by anybody: it leaves all else of the entry as it was.
            "changes that belong to no operation",
            "SELECT seq FROM change_log c WHERE table_name IN ('journal_entries', 'entry_details', 'entry_topics', 'topics')
                AND NOT EXISTS (SELECT 1 FROM operations o WHERE c.seq BETWEEN o.first_seq AND o.last_seq)
                AND NOT (table_name = 'topics' AND row_id IN (SELECT id FROM topics WHERE user_id IS NULL))
                AND NOT (op = 'update' AND table_name = 'journal_entries' AND EXISTS (SELECT 1 FROM
                    (SELECT coalesce((SELECT n.before FROM change_log n WHERE n.table_name = c.table_name AND n.row_id = c.row_id
                        AND n.seq > c.seq ORDER BY n.seq LIMIT 1), (SELECT json_object('title', title, 'content', content,
                        'entry_date', entry_date, 'updated_at', updated_at) FROM journal_entries WHERE id = c.row_id)) AS after)
                    WHERE json_extract(after, '$.title') IS json_extract(c.before, '$.title')
                    AND json_extract(after, '$.content') = json_extract(c.before, '$.content')
                    AND json_extract(after, '$.entry_date') = json_extract(c.before, '$.entry_date')
                    AND json_extract(after, '$.updated_at') = json_extract(c.before, '$.updated_at')))
                AND NOT (op = 'update' AND table_name = 'entry_details' AND EXISTS (SELECT 1 FROM
                    (SELECT coalesce((SELECT n.before FROM change_log n WHERE n.table_name = c.table_name AND n.row_id = c.row_id
                        AND n.seq > c.seq ORDER BY n.seq LIMIT 1), (SELECT json_object('starred', starred, 'written_at', written_at,
                        'content_hash', content_hash) FROM entry_details WHERE entry_id = c.row_id)) AS after)
                    WHERE json_extract(after, '$.starred') = json_extract(c.before, '$.starred')
                    AND json_extract(after, '$.written_at') = json_extract(c.before, '$.written_at')
                    AND json_extract(after, '$.content_hash') IS json_extract(c.before, '$.content_hash')))",
        ),
        (
            "additions that are not one whole entry",
            "SELECT o.id FROM operations o WHERE o.command = 'add' AND (SELECT group_concat(n) FROM (SELECT table_name || count(*) AS n
                FROM change_log WHERE seq BETWEEN o.first_seq AND o.last_seq AND table_name <> 'topics' GROUP BY table_name ORDER BY table_name))
                <> 'entry_details1,entry_topics1,journal_entries1,sentiment_analysis1'",
        ),
        (
            "imports that are not as many entries as they say",
            "SELECT o.id FROM operations o, (SELECT 'journal_entries' AS name UNION SELECT 'entry_details' UNION SELECT 'entry_topics'
                UNION SELECT 'sentiment_analysis') t WHERE o.command = 'import' AND o.summary <> 'imported ' || (SELECT count(*)
                FROM change_log WHERE seq BETWEEN o.first_seq AND o.last_seq AND table_name = t.name AND op = 'insert') || ' entries'",
        ),
        (
            "deletions that left something",
            "SELECT o.id FROM operations o, (SELECT 'journal_entries' AS name UNION SELECT 'entry_details' UNION SELECT 'entry_topics'
                UNION SELECT 'sentiment_analysis') t WHERE o.command = 'delete' AND (SELECT count(*) FROM change_log
                WHERE seq BETWEEN o.first_seq AND o.last_seq AND table_name = t.name AND op = 'delete')
                NOT BETWEEN 1 AND CASE t.name WHEN 'sentiment_analysis' THEN 3 ELSE 1 END",
        ),
        (
            "edits that changed more or less than one entry",
            "SELECT o.id FROM operations o WHERE o.command = 'edit' AND 1 <> (SELECT count(DISTINCT row_id) FROM change_log
                WHERE seq BETWEEN o.first_seq AND o.last_seq AND table_name = 'journal_entries' AND op = 'update')",
        ),
    ];
    let mut faults = Vec::new();
    for (what, sql) in must_be_empty {
        let found: Vec<String> = column(&database, sql);
        if !found.is_empty() {
            faults.push(format!("{} {what}: {:?}", found.len(), &found[..found.len().min(5)]));
        }
    }
    let commands = column(&database, "SELECT DISTINCT command FROM operations ORDER BY 1");
    if commands != ["add", "delete", "edit", "import"] {
        faults.push(format!("the operations are of {commands:?}"));
    }
    none_of(faults, "rows")
}

fn column(database: &Connection, sql: &str) -> Vec<String> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| {
        let value: rusqlite::types::Value = row.get(0)?;
        Ok(match value {
            rusqlite::types::Value::Text(text) => text,
            other => format!("{other:?}"),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Each vector is that of the very text it stands for.
pub(crate) fn passages(data: &Path) -> Result<usize, String> {
    let database = reader(data);
    let sql = "SELECT e.title, e.content, p.byte_start, p.byte_end, x.model, x.text_hash FROM passages p
        JOIN embeddings x ON x.id = p.embedding_id JOIN journal_entries e ON e.id = p.subject_id
        WHERE p.collection = 'user_embeddings'";
    let mut statement = database.prepare(sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut count = 0;
    while let Some(row) = rows.next().unwrap() {
        let (title, content): (Option<String>, String) = (row.get(0).unwrap(), row.get(1).unwrap());
        let (start, end): (usize, usize) = (row.get(2).unwrap(), row.get(3).unwrap());
        let (model, hash): (String, String) = (row.get(4).unwrap(), row.get(5).unwrap());
        let text = full_text(title.as_deref(), &content);
        if text.get(start..end).map(|part| text_hash(&model, part)) != Some(hash) {
            return Err(format!("the vector of another text stands for {text:?}"));
        }
        count += 1;
    }
    Ok(count)
}

/// Nothing is pending, and nobody left anything lying about.
pub(crate) fn tidy(sandbox: &Sandbox) -> Result<(), String> {
    let tasks = sandbox.json(&["tasks"]);
    let pending = |task: &&Value| {
        task["pending"] != 0 && (sandbox.has_model() || !task["task_id"].as_str().unwrap().ends_with("_vectors"))
    };
    let pending: Vec<&Value> = tasks["tasks"].as_array().unwrap().iter().filter(pending).collect();
    if !pending.is_empty() {
        return Err(format!("still pending: {pending:?}"));
    }
    let findings = sandbox.findings();
    if !findings.is_empty() {
        return Err(format!("doctor: {findings:#?}"));
    }
    let mut litter = Vec::new();
    collect(sandbox.data(), &mut |path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.contains("tmp") || name.ends_with(".new") || name.ends_with(".old") {
            litter.push(path.display().to_string());
        }
    });
    none_of(litter, "left over")
}

fn collect(folder: &Path, visit: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        visit(&entry.path());
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), visit);
        }
    }
}

/// Search and similar answer as they do on a copy of the database alone, whose projections are made
/// from nothing. Gives the number of hits compared.
pub(crate) fn same_as_rebuilt(sandbox: &Sandbox, name: &str) -> Result<usize, String> {
    let rebuilt = sandbox.folder().join(name);
    copy(sandbox.data(), &rebuilt);
    let mut command = sandbox.command_on(&rebuilt, "manual");
    command.arg("reindex");
    crate::support::Outcome::of(command).expect(0);
    let (these, those) = (ask(sandbox, sandbox.data())?, ask(sandbox, &rebuilt)?);
    none_of(differences(&these, &those), "answers that differ from those after a rebuild")?;
    Ok(hits(&these))
}

/// The same in place: asks, removes every projection, and asks again.
///
/// The first question by words brings the words' index back. That of the vectors, which thousands of
/// entries have and hundreds do without, comes back with an analysis; until then an answer may say so.
pub(crate) fn same_without_projections(sandbox: &Sandbox) -> Result<usize, String> {
    let data = sandbox.data();
    let these = ask_some(sandbox, data)?;
    fs::remove_dir_all(data.join("index")).unwrap();
    fs::remove_file(data.join("cache.redb")).unwrap();
    put(sandbox, data, &["search", "morning coffee", "--mode", "words"], true)?;
    if sandbox.has_model() {
        put(sandbox, data, &["search", "morning coffee", "--mode", "hybrid"], false)?;
        sandbox.ok(&["analyze"]);
    }
    let those = ask_some(sandbox, data)?;
    none_of(differences(&these, &those), "answers that differ from those after a rebuild")?;
    Ok(hits(&these))
}

/// How many entries' vectors are computed again.
const COMPUTED_AGAIN: usize = 200;

/// The vectors of some entries are those that the model gives when they are computed again.
pub(crate) fn same_vectors(sandbox: &Sandbox, name: &str) -> Result<usize, String> {
    let again = sandbox.folder().join(name);
    copy(sandbox.data(), &again);
    let forget = format!(
        "DELETE FROM passages WHERE subject_id IN (SELECT id FROM journal_entries ORDER BY random() LIMIT {COMPUTED_AGAIN});
         DELETE FROM embeddings WHERE id NOT IN (SELECT embedding_id FROM passages)"
    );
    let database = reader(&again);
    database.execute_batch(&forget).unwrap();
    drop(database);
    let before = vectors(&again).len();
    let mut command = sandbox.command_on(&again, "manual");
    command.arg("analyze");
    crate::support::Outcome::of(command).expect(0);
    let (kept, computed) = (vectors(sandbox.data()), vectors(&again));
    if kept.len() != computed.len() {
        return Err(format!("{} vectors, {} when computed again", kept.len(), computed.len()));
    }
    for (hash, vector) in &kept {
        let same = computed.get(hash).is_some_and(|other| dot(vector, other) > 0.9999);
        if !same {
            return Err(format!("the vector of {hash} is not what the model gives"));
        }
    }
    Ok(kept.len() - before)
}

fn vectors(data: &Path) -> HashMap<String, Vec<f32>> {
    let database = reader(data);
    let mut statement = database.prepare("SELECT text_hash, vector FROM embeddings").unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get::<_, Vec<u8>>(1)?))).unwrap();
    let numbers = |bytes: Vec<u8>| bytes.as_chunks::<4>().0.iter().map(|chunk| f32::from_le_bytes(*chunk)).collect();
    rows.map(Result::unwrap).map(|(hash, bytes)| (hash, numbers(bytes))).collect()
}

/// Undo goes back, command by command, and redo comes forward to the same journal.
pub(crate) fn undo_and_redo(sandbox: &Sandbox, steps: usize) -> Result<(), String> {
    let state = || -> Vec<Value> {
        let export = sandbox.ok(&["export"]).stdout;
        let mut entries: Vec<Value> = export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        // Putting a text back is a change too, and has a time of its own.
        entries.iter_mut().for_each(|entry| entry["updated_at"] = Value::Null);
        entries
    };
    let mut states = vec![state()];
    for _ in 0..steps {
        sandbox.ok(&["undo"]);
        states.push(state());
        if states[states.len() - 1] == states[states.len() - 2] {
            return Err("an undo changed nothing".to_owned());
        }
    }
    while let Some(after) = states.pop() {
        if state() != after {
            return Err(format!("after redoing, the journal is another; {} steps were left", states.len()));
        }
        if !states.is_empty() {
            sandbox.ok(&["undo", "--redo"]);
        }
    }
    Ok(())
}
