//! What a sync has done, said.

use super::mirrors::Followed;
use crate::app::App;
use crate::error::Result;
use crate::store::{Applied, RowKey, Side, Tally, Waiting};
use crate::sync::push::Pushed;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// How many rows that wait are named.
pub(super) const NAMED: usize = 10;

/// What a sync has done, or would do.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) address: String,
    pub(super) deployment: String,
    pub(super) dry_run: bool,
    pub(super) rounds: usize,
    /// What was written here.
    pub(super) taken: Applied,
    /// Rows from there that wait.
    pub(super) not_taken: Vec<Waiting>,
    /// What was written there.
    pub(super) given: Pushed,
    /// What Redis and Chroma have taken, where they are named.
    pub(super) mirrors: Vec<Followed>,
}

impl Report {
    pub(super) fn take(&mut self, mut applied: Applied) {
        // What waits is what waits now.
        self.not_taken = std::mem::take(&mut applied.waiting);
        self.taken.add(applied);
    }

    pub(super) fn is_complete(&self) -> bool {
        self.not_taken.is_empty() && self.given.waiting.is_empty() && self.mirrors.iter().all(Followed::is_complete)
    }

    pub(super) fn changed_anything(&self) -> bool {
        !self.taken.is_nothing() || self.given.rows() > 0
    }
}

/// The rows of one way: new, changed, gone.
struct Way<'a> {
    inserted: &'a Tally,
    updated: &'a Tally,
    deleted: &'a Tally,
}

impl Way<'_> {
    fn tables(&self) -> BTreeMap<&'static str, [usize; 3]> {
        let mut tables: BTreeMap<&'static str, [usize; 3]> = BTreeMap::new();
        for (at, tally) in [self.inserted, self.updated, self.deleted].into_iter().enumerate() {
            for (name, count) in tally.tables() {
                tables.entry(name).or_default()[at] += count;
            }
        }
        tables
    }

    fn json(&self, with_ids: bool) -> Value {
        let tables = self.tables().into_iter().map(|(name, [inserted, updated, deleted])| {
            (name.to_string(), json!({"inserted": inserted, "updated": updated, "deleted": deleted}))
        });
        let mut way = json!({
            "inserted": self.inserted.len(), "updated": self.updated.len(), "deleted": self.deleted.len(),
            "tables": Map::from_iter(tables),
        });
        if with_ids {
            let ids = |tally: &Tally| tally.keys().iter().map(row).collect::<Vec<Value>>();
            way["rows"] = json!({
                "inserted": ids(self.inserted), "updated": ids(self.updated), "deleted": ids(self.deleted),
            });
        }
        way
    }

    fn words(&self) -> String {
        let counts = [(self.inserted.len(), "new"), (self.updated.len(), "changed"), (self.deleted.len(), "deleted")];
        let counts: Vec<String> =
            counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
        if counts.is_empty() {
            return "nothing".into();
        }
        let tables: Vec<String> = self
            .tables()
            .into_iter()
            .map(|(name, counts)| format!("{name} {}", counts.iter().sum::<usize>()))
            .collect();
        format!("{} ({})", counts.join(", "), tables.join(", "))
    }
}

fn row(key: &RowKey) -> Value {
    json!({"table": key.table().name, "id": key.id()})
}

fn ways(report: &Report) -> (Way<'_>, Way<'_>) {
    let Report { taken, given, .. } = report;
    (
        Way { inserted: &taken.inserted, updated: &taken.updated, deleted: &taken.deleted },
        Way { inserted: &given.inserted, updated: &given.updated, deleted: &given.deleted },
    )
}

fn document(report: &Report) -> Value {
    let (taken, given) = ways(report);
    let waits = |direction: &'static str, rows: &[Waiting]| -> Vec<Value> {
        let rows = rows.iter();
        rows.map(|wait| {
            json!({
                "direction": direction, "table": wait.key.table().name, "id": wait.key.id(), "reason": wait.reason,
            })
        })
        .collect()
    };
    let conflicts = report.taken.conflicts.iter();
    let conflicts: Vec<Value> = conflicts
        .map(|(key, stands)| json!({"table": key.table().name, "id": key.id(), "stands": stands.name()}))
        .collect();
    let waiting = [waits("pull", &report.not_taken), waits("push", &report.given.waiting)].concat();
    json!({
        "remote": report.address, "deployment": report.deployment, "dry_run": report.dry_run, "rounds": report.rounds,
        "pulled": taken.json(report.dry_run), "pushed": given.json(report.dry_run), "conflicts": conflicts,
        "waiting": waiting, "mirrors": report.mirrors.iter().map(Followed::document).collect::<Vec<_>>(), "complete": report.is_complete(),
    })
}

pub(super) fn show(app: &mut App, report: &Report) -> Result<()> {
    if app.printer.is_json() {
        return app.printer.json(&document(report));
    }
    let (taken, given) = ways(report);
    if report.changed_anything() {
        let (from, to) =
            if report.dry_run { ("Would be taken", "Would be given") } else { ("Taken from there", "Given to there") };
        app.printer.line(&format!("{from}: {}", taken.words()))?;
        app.printer.line(&format!("{to}: {}", given.words()))?;
    } else if report.is_complete() {
        app.printer.line("Both sides are the same.")?;
    }
    for words in report.mirrors.iter().filter_map(Followed::words) {
        app.printer.line(&words)?;
    }
    tell(app, report);
    Ok(())
}

/// Of one run among many: only what happened.
pub(super) fn show_again(app: &mut App, report: &Report) -> Result<()> {
    if app.printer.is_json() {
        return app.printer.json_line(&document(report));
    }
    if report.changed_anything() {
        let (taken, given) = ways(report);
        let at = app.now().with_timezone(&app.zone()).format("%H:%M:%S");
        app.printer.line(&format!("{at}  taken: {}; given: {}", taken.words(), given.words()))?;
    }
    for words in report.mirrors.iter().filter_map(Followed::words) {
        app.printer.line(&words)?;
    }
    tell(app, report);
    Ok(())
}

fn tell(app: &mut App, report: &Report) {
    let conflicts = &report.taken.conflicts;
    if !conflicts.is_empty() {
        let ours = conflicts.iter().filter(|(_, stands)| *stands == Side::Ours).count();
        app.printer.warn(&format!(
            "{} had been changed on both sides; of {ours} the version here stands, of {} the one there. The others are \
             kept: `journal sync conflicts`",
            rows(conflicts.len()),
            conflicts.len() - ours
        ));
    }
    let waiting = report.not_taken.iter().map(|row| (row, "here"));
    let waiting: Vec<(&Waiting, &str)> = waiting.chain(report.given.waiting.iter().map(|row| (row, "there"))).collect();
    for (row, place) in waiting.iter().take(NAMED) {
        app.printer.warn(&match &row.reason {
            Some(reason) => format!("{} was refused {place}: {reason}", row.key),
            None => format!("{} waits: it, or what it belongs to, was changed by somebody else meanwhile", row.key),
        });
    }
    if waiting.len() > NAMED {
        app.printer.warn(&format!("and {} more; `journal sync status --json` has them all", waiting.len() - NAMED));
    }
    if !waiting.is_empty() {
        app.printer.note("Everything else went. What waits is tried again by each sync.");
    }
    report.mirrors.iter().for_each(|mirror| mirror.tell(app));
}

pub(super) fn rows(count: usize) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}
