//! What is wrong with the database itself.

use super::{Store, topics};
use crate::error::Result;

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub fix: String,
}

impl Store {
    /// Reads every page and every reference of the database. Empty when all is well.
    pub fn verify(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        let put_back = || "put back a copy of the database; `journal export` saves what can still be read".to_string();
        let mut statement = self.connection.prepare("PRAGMA integrity_check(20)")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let line: String = row.get(0)?;
            if line != "ok" {
                findings.push(Finding { problem: line, fix: put_back() });
            }
        }
        let mut statement = self.connection.prepare("PRAGMA foreign_key_check")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let table: String = row.get(0)?;
            let parent: String = row.get(2)?;
            findings.push(Finding {
                problem: format!("a row of {table} refers to a row of {parent} that is not there"),
                fix: put_back(),
            });
        }
        let orphans: i64 = self.connection.query_row(
            "SELECT count(*) FROM passages p WHERE
                (p.collection = 'user_embeddings' AND NOT EXISTS (SELECT 1 FROM journal_entries e WHERE e.id = p.subject_id))
                OR (p.collection = 'topic_embeddings' AND NOT EXISTS (SELECT 1 FROM topics t WHERE t.id = p.subject_id))",
            [],
            |row| row.get(0),
        )?;
        if orphans > 0 {
            findings.push(Finding {
                problem: format!("{orphans} passages stand for entries or topics that are not there"),
                fix: "run `journal reindex embeddings`".into(),
            });
        }
        let strays = topics::trigrams::strays(&self.connection)?;
        if strays > 0 {
            findings.push(Finding {
                problem: format!("the index of topic names is wrong about {strays} of them"),
                fix: "run `journal reindex topics`".into(),
            });
        }
        Ok(findings)
    }
}
