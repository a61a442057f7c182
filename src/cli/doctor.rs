use crate::app::App;
use crate::care::doctor::{Parts, Severity, examine};
use crate::error::{Kind, Result};
use console::Style;
use serde_json::json;

/// Look for anything wrong with the journal; changes nothing
///
/// Reads the whole database and every projection. Exit code 5 when data is damaged, 1 when something
/// else needs care; what heals by itself is told and is no failure.
///
/// Every command leaves what its SQL statements cost (statements.log); --queries shows the slowest with
/// their plans, the indexes that none of them reads, and the tables that are read from end to end. Those
/// that take longer than `slow_statement_ms` are in slow.log. No text of yours is in either.
#[derive(Debug, clap::Args)]
pub(super) struct DoctorArgs {
    /// Show what the statements of past commands have cost instead
    #[arg(long)]
    queries: bool,
    /// Forget these costs
    #[arg(long, requires = "queries")]
    reset: bool,
    /// How many statements and tables to show
    #[arg(short = 'n', long, value_name = "N", requires = "queries", default_value_t = 20)]
    limit: usize,
}

pub(super) fn run(args: &DoctorArgs, app: &mut App) -> Result<u8> {
    if args.reset {
        return super::queries::reset(app).map(|()| 0);
    }
    if args.queries {
        return super::queries::show(app, args.limit).map(|()| 0);
    }
    let mut readers = Vec::new();
    for (collection, model) in app.readers()? {
        readers.extend(model.ok().map(|model| (collection, model)));
    }
    let mut read: Vec<&str> = readers.iter().map(|(_, model)| model.id.as_str()).collect();
    read.dedup();
    let mut faults = Vec::new();
    for id in read {
        let found = app.model_folders().verify(id)?.faults;
        faults.extend(found.into_iter().map(|fault| (id.to_string(), fault)));
    }
    let (text, vectors) = (app.text_index(), app.paths.vector_index());
    let (data, drafts) = (app.paths.data.clone(), app.paths.drafts());
    let store = app.store()?;
    let findings = examine(&Parts {
        data: &data,
        store,
        text: &text,
        vectors: &vectors,
        drafts: &drafts,
        readers: &readers,
        model_faults: &faults,
    })?;
    let worst = findings.iter().map(|finding| finding.severity).max();
    if app.printer.is_json() {
        let items: Vec<_> = findings
            .iter()
            .map(|finding| json!({"part": finding.part, "severity": finding.severity.name(), "problem": finding.problem, "fix": finding.fix}))
            .collect();
        app.printer.json(&json!({"findings": items, "clean": worst.is_none_or(|worst| worst < Severity::Warning)}))?;
    } else {
        for finding in &findings {
            let style = match finding.severity {
                Severity::Note => Style::new().dim(),
                Severity::Warning => Style::new().yellow(),
                Severity::Damage => Style::new().red().bold(),
            };
            app.printer.line(&format!(
                "{} {}: {}",
                style.apply_to(finding.severity.name()),
                finding.part,
                finding.problem
            ))?;
            if !finding.fix.is_empty() {
                app.printer.line(&format!("  {}", finding.fix))?;
            }
        }
        if worst.is_none_or(|worst| worst < Severity::Warning) {
            app.printer.line("All is well.")?;
        }
    }
    Ok(match worst {
        Some(Severity::Damage) => Kind::Corrupt.exit_code(),
        Some(Severity::Warning) => Kind::Failure.exit_code(),
        _ => 0,
    })
}
