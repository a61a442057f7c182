//! Looking for anything wrong. Reads everything, changes nothing.

use crate::error::Result;
use crate::follow::{TEXT, VECTORS, Vectors};
use crate::index::text::TextIndex;
use crate::index::vector::{Collection, State, VectorIndex};
use crate::journal::log::Position;
use crate::journal::passage::kept_as;
use crate::model::InstalledModel;
use crate::store::Store;
use std::path::Path;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// It heals by itself, or is only good to know.
    Note,
    /// It needs care.
    Warning,
    /// Data is damaged.
    Damage,
}

impl Severity {
    /// The word shown to people and scripts.
    pub fn name(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Damage => "damage",
        }
    }
}

/// Something that is not as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// database, text index, vector index, statistics, model, drafts.
    pub part: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong.
    pub problem: String,
    /// What to do about it; empty when nothing need be done.
    pub fix: String,
}

/// What is looked at.
pub struct Parts<'a> {
    /// The data folder.
    pub data: &'a Path,
    /// The truth.
    pub store: &'a Store,
    /// The text index.
    pub text: &'a TextIndex,
    /// Where vector snapshots lie.
    pub vectors: &'a Path,
    /// Where drafts lie.
    pub drafts: &'a Path,
    /// The models that read a collection, as far as they are installed.
    pub readers: &'a [(Collection, InstalledModel)],
    /// What is wrong with the files of a model, by its id.
    pub model_faults: &'a [(String, String)],
}

/// Everything that is not as it should be.
///
/// # Errors
/// What the store fails with while it is read.
pub fn examine(parts: &Parts) -> Result<Vec<Finding>> {
    let mut findings: Vec<Finding> = parts
        .store
        .verify()?
        .into_iter()
        .map(|finding| Finding {
            part: "database",
            severity: Severity::Damage,
            problem: finding.problem,
            fix: finding.fix,
        })
        .collect();
    text(parts, &mut findings)?;
    vectors(parts, &mut findings)?;
    statistics(parts, &mut findings);
    for (id, fault) in parts.model_faults {
        findings.push(Finding {
            part: "model",
            severity: Severity::Warning,
            problem: format!("{id}: {fault}"),
            fix: format!("`journal models install {id}` puts it right"),
        });
    }
    drafts(parts, &mut findings);
    Ok(findings)
}

fn text(parts: &Parts, findings: &mut Vec<Finding>) -> Result<()> {
    let mut push = |severity, problem: String| {
        let fix = match severity {
            Severity::Note => String::new(),
            _ => "`journal reindex text` builds it anew; so does the next search that notices".into(),
        };
        findings.push(Finding { part: "text index", severity, problem, fix });
    };
    let snapshot = Store::snapshot(parts.data, TEXT)?;
    let head = snapshot.head()?;
    if !parts.text.dir().exists() {
        if head != Position::START {
            push(Severity::Note, "there is none yet; the next search builds it".into());
        }
        return Ok(());
    }
    let verification = match parts.text.verify() {
        Ok(verification) => verification,
        Err(error) => {
            push(Severity::Warning, format!("it cannot be read: {error}"));
            return Ok(());
        }
    };
    for file in &verification.damaged {
        push(Severity::Warning, format!("the file {file} is damaged"));
    }
    for file in &verification.strays {
        push(Severity::Note, format!("the file {file} belongs to nothing"));
    }
    if !snapshot.holds(verification.position)? {
        push(Severity::Warning, "it was made from another state of the journal".into());
    } else if verification.position == head {
        let entries = snapshot.entry_count()?;
        if entries != verification.entries {
            push(Severity::Warning, format!("it holds {} entries and the journal {entries}", verification.entries));
        }
    } else {
        let behind = parts.store.entries_changed_since(verification.position.seq)?;
        if behind > 0 {
            push(Severity::Note, format!("{behind} entries have changed since it was brought up to date"));
        }
    }
    Ok(())
}

fn vectors(parts: &Parts, findings: &mut Vec<Finding>) -> Result<()> {
    let snapshot = Store::snapshot(parts.data, VECTORS)?;
    for (collection, model) in parts.readers {
        let (collection, kept) = (*collection, kept_as(&model.name));
        let index = VectorIndex::new(parts.vectors, collection, &kept, model.dimensions);
        let mut source = Vectors { snapshot: &snapshot, collection, model: &kept };
        let mut push = |severity, problem: String, fix: &str| {
            findings.push(Finding {
                part: "vector index",
                severity,
                problem: format!("{collection}: {problem}"),
                fix: fix.into(),
            });
        };
        match index.verify(&mut source) {
            Err(error) => {
                push(Severity::Damage, error.to_string(), "`journal reindex embeddings` computes all vectors again")
            }
            Ok(verdict) => match verdict.state {
                State::Usable if verdict.due => {
                    push(Severity::Note, "it is behind; the next analysis brings it up to date".into(), "")
                }
                State::Missing if verdict.due && verdict.live > 0 => {
                    push(Severity::Note, "there is no snapshot yet; the next analysis builds it".into(), "");
                }
                State::Unusable(reason) => push(
                    Severity::Warning,
                    reason,
                    "`journal reindex vectors` builds it anew; so does the next analysis",
                ),
                _ => {}
            },
        }
    }
    Ok(())
}

fn statistics(parts: &Parts, findings: &mut Vec<Finding>) {
    let problem = match parts.store.verify_statistics() {
        // Statistics that are behind are caught up by whoever asks for them.
        Ok(None | Some(0)) => return,
        Ok(Some(days)) => format!("{days} days are counted otherwise than their entries say"),
        Err(error) => format!("they cannot be read: {error}"),
    };
    findings.push(Finding {
        part: "statistics",
        severity: Severity::Warning,
        problem,
        fix: "`journal reindex statistics` counts everything again".into(),
    });
}

fn drafts(parts: &Parts, findings: &mut Vec<Finding>) {
    for draft in std::fs::read_dir(parts.drafts).into_iter().flatten().flatten() {
        let path = draft.path();
        findings.push(Finding {
            part: "drafts",
            severity: Severity::Note,
            problem: format!("{} was not saved as an entry", path.display()),
            fix: format!("`journal add - < {}` saves it; delete the file when you do not need it", path.display()),
        });
    }
}
