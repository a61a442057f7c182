use crate::app::{App, clock};
use crate::error::{Error, Kind, Result};
use crate::output::text;
use crate::store::{self, How, LATEST, Loss, MIGRATIONS, PROGRAM, Schema, Standing, Step, take_statements};
use dialoguer::Confirm;
use serde_json::{Value, json};
use std::path::Path;

/// Show or change the version of the journal's schema
///
/// There is seldom a need to: an older journal is brought up to date when any command opens it, and a copy
/// of it as it was is kept in the folder `backups`. Each migration is one transaction: whatever happens,
/// the journal is before it or after it.
///
/// With --remote all this is about the deployment's PostgreSQL (JOURNAL_POSTGRES_URL, or the setting
/// postgres_url), which is never migrated by itself.
#[derive(Debug, clap::Args)]
pub(super) struct MigrateArgs {
    #[command(subcommand)]
    verb: Option<MigrateVerb>,
    /// The deployment's PostgreSQL instead of the journal
    #[arg(long, global = true)]
    remote: bool,
}

#[derive(Debug, clap::Subcommand)]
enum MigrateVerb {
    /// Show which migrations are applied; changes nothing
    ///
    /// Also of a journal that is too old or too new for every other command.
    Status,
    /// Apply what is missing
    Up {
        /// The last migration to apply: its number or name [default: the newest]
        #[arg(long, value_name = "NNN")]
        to: Option<String>,
        /// Keep no copy first
        #[arg(long)]
        no_backup: bool,
    },
    /// Take migrations back, so that an older program can go on with the journal
    ///
    /// Tables and columns that came with them go, with what is in them: you are shown which, and asked. Every
    /// other command of this program brings the journal up again, so use the older program from then on. The
    /// copy that is kept first can be put back as journal.db.
    Down {
        /// The last migration to stay: its number or name
        #[arg(long, value_name = "NNN")]
        to: String,
        /// Do not ask
        #[arg(short, long)]
        yes: bool,
        /// Show what would go, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Keep no copy first
        #[arg(long)]
        no_backup: bool,
    },
}

pub(super) fn run(args: MigrateArgs, app: &mut App) -> Result<()> {
    let outcome = change(args, app);
    // What this takes says nothing of what a journal in use is waited for.
    take_statements();
    outcome
}

fn change(args: MigrateArgs, app: &mut App) -> Result<()> {
    let verb = args.verb.unwrap_or(MigrateVerb::Status);
    if args.remote {
        return remote::run(verb, app);
    }
    let folder = app.paths.data.clone();
    match verb {
        MigrateVerb::Status => status(app, &store::inspect(&folder)?),
        MigrateVerb::Up { to, no_backup } => {
            let to = to.map(|to| store::find_migration(&to)).transpose()?;
            let done = store::migrate_up(&folder, How { to, backup: !no_backup }, clock())?;
            let (names, backup) = done.map(|done| (done.names, done.backup)).unwrap_or_default();
            applied(app, &names, &[], backup.as_deref())?;
            if to.is_some_and(|to| to.version() < LATEST) && !app.printer.is_json() {
                app.printer.note("Every other command of this program applies the rest.");
            }
            Ok(())
        }
        MigrateVerb::Down { to, yes, dry_run, no_backup } => {
            let to = store::find_migration(&to)?;
            let how = How { to: Some(to), backup: !no_backup };
            let plan = store::migrate_down(&folder, how, true, clock())?;
            if plan.names.is_empty() || dry_run {
                return taken_back(app, &plan.names, &plan.lost, None, to.name, dry_run);
            }
            if !agreed(app, yes, &plan.names, &plan.lost)? {
                return Ok(());
            }
            // It would go on with tables that are no longer there.
            if app.analysis_runs() {
                return Err(Error::new(Kind::Busy, "an analysis is running in the background")
                    .hint("try again when it is done; `journal tasks` shows it"));
            }
            let done = store::migrate_down(&folder, how, false, clock())?;
            taken_back(app, &done.names, &done.lost, done.backup.as_deref(), to.name, false)?;
            if !app.printer.is_json() {
                app.printer
                    .note("Go on with the older program: every other command of this one brings the journal up again.");
            }
            Ok(())
        }
    }
}

fn status(app: &mut App, schema: &Schema) -> Result<()> {
    let pending = schema.steps.iter().filter(|step| step.standing == Standing::Pending).count();
    if app.printer.is_json() {
        return app.printer.json(&json!({
            "migrations": steps(&schema.steps), "path": schema.path, "schema_version": schema.version,
            "latest": LATEST, "pending": pending, "program": PROGRAM, "needs": schema.program_needed,
            "backups": schema.backups,
        }));
    }
    if schema.version == 0 {
        let new = format!("There is no journal in {} yet; the first entry makes one.", app.paths.data.display());
        return app.printer.line(&new);
    }
    table(app, &schema.steps)?;
    let newest = MIGRATIONS.last().map_or("", |migration| migration.name);
    app.printer.line(&match (schema.version > LATEST, pending) {
        (true, _) => format!(
            "The journal needs journal {} or later; this is {PROGRAM}, which knows up to {newest}.",
            schema.program_needed.as_deref().unwrap_or("of a newer version")
        ),
        (false, 0) => "The journal is up to date.".into(),
        (false, 1) => "1 migration is pending; the next command that opens the journal applies it.".into(),
        (false, more) => {
            format!("{more} migrations are pending; the next command that opens the journal applies them.")
        }
    })?;
    if let Some(last) = schema.backups.last() {
        app.printer.line(&format!("The last copy kept before a migration: {}", last.display()))?;
    }
    Ok(())
}

fn steps(steps: &[Step]) -> Vec<Value> {
    steps
        .iter()
        .map(|step| {
            json!({
                "number": step.number, "name": step.name, "state": step.standing.name(),
                "applied_at": step.applied_at, "program": step.program,
            })
        })
        .collect()
}

fn table(app: &mut App, steps: &[Step]) -> Result<()> {
    let rows = steps.iter().map(|step| {
        let at = step.applied_at.as_deref().and_then(|at| at.get(..10)).unwrap_or_default();
        let program = step.program.clone().unwrap_or_default();
        vec![step.name.clone(), step.standing.name().to_string(), at.to_string(), program]
    });
    let table = text::table(&["Migration", "State", "Applied", "By journal"], rows.collect(), app.printer.width());
    app.printer.raw(&table)
}

fn applied(app: &mut App, names: &[&str], adopted: &[&str], backup: Option<&Path>) -> Result<()> {
    if app.printer.is_json() {
        return app.printer.json(&json!({"migrations": names, "adopted": adopted, "backup": backup}));
    }
    if names.is_empty() && adopted.is_empty() {
        return app.printer.line("Nothing to do: it is up to date.");
    }
    for name in adopted {
        app.printer.line(&format!("{name}: was there already, and is as it should be"))?;
    }
    for name in names {
        app.printer.line(&format!("{name}: applied"))?;
    }
    kept(app, backup);
    Ok(())
}

fn taken_back(
    app: &mut App,
    names: &[&str],
    lost: &[Loss],
    backup: Option<&Path>,
    to: &str,
    dry_run: bool,
) -> Result<()> {
    if app.printer.is_json() {
        let lost: Vec<Value> =
            lost.iter().map(|loss| json!({"table": loss.table, "columns": loss.columns, "rows": loss.rows})).collect();
        return app.printer.json(&json!({"migrations": names, "lost": lost, "backup": backup, "dry_run": dry_run}));
    }
    if names.is_empty() {
        return app.printer.line(&format!("Nothing to do: {to} is the last migration."));
    }
    for name in names {
        let what = if dry_run { "would be taken back" } else { "taken back" };
        app.printer.line(&format!("{name}: {what}"))?;
    }
    if dry_run {
        for loss in lost {
            app.printer.line(&said(loss))?;
        }
    }
    kept(app, backup);
    Ok(())
}

fn kept(app: &mut App, backup: Option<&Path>) {
    if let Some(backup) = backup {
        app.printer.note(&format!("As it was before: {}", backup.display()));
    }
}

fn said(loss: &Loss) -> String {
    let rows = if loss.rows == 1 { "1 row".to_string() } else { format!("{} rows", loss.rows) };
    if loss.columns.is_empty() {
        format!("  goes: {} ({rows})", loss.table)
    } else {
        format!("  goes: {} of {} ({rows})", loss.columns.join(", "), loss.table)
    }
}

/// Whether the person agrees to what goes.
fn agreed(app: &mut App, yes: bool, names: &[&str], lost: &[Loss]) -> Result<bool> {
    if yes {
        return Ok(true);
    }
    if !app.can_ask() {
        return Err(
            Error::usage("taking migrations back needs a yes").hint("see what would go with --dry-run, and pass --yes")
        );
    }
    app.printer.note(&format!("Taking back {}.", names.join(", ")));
    for loss in lost {
        app.printer.note(&said(loss));
    }
    // Ctrl-C is an answer, and must not leave the terminal without its cursor.
    app.interrupted()?;
    match Confirm::new().with_prompt("Go on?").default(false).interact_opt() {
        Ok(Some(true)) => Ok(true),
        Ok(_) => {
            app.printer.note("Nothing changed.");
            Ok(false)
        }
        Err(_) => {
            let _ = console::Term::stderr().show_cursor();
            app.printer.note("");
            Err(Error::new(Kind::Interrupted, "interrupted").hint("nothing was changed"))
        }
    }
}

/// The deployment.
#[cfg(feature = "sync")]
mod remote {
    use super::{App, MigrateVerb, PROGRAM, Result, Standing, agreed, applied, json, steps, table, taken_back};
    use crate::sync::migrations::{How, MIGRATIONS, RemoteSchema, down, find_migration, inspect, up};
    use crate::sync::postgres::Remote;

    pub(super) fn run(verb: MigrateVerb, app: &mut App) -> Result<()> {
        let mut remote = app.deployment()?.connect()?;
        let backups = app.paths.backups();
        let now = app.now();
        let how = |to, no_backup: bool| How { to, backups: (!no_backup).then_some(backups.as_path()), now };
        match verb {
            MigrateVerb::Status => {
                let schema = inspect(&mut remote)?;
                status(app, &remote, &schema)
            }
            MigrateVerb::Up { to, no_backup } => {
                let to = to.map(|to| find_migration(&to)).transpose()?;
                let done = up(&mut remote, &how(to, no_backup))?;
                applied(app, &done.names, &done.adopted, done.backup.as_deref())
            }
            MigrateVerb::Down { to, yes, dry_run, no_backup } => {
                let to = find_migration(&to)?;
                let how = how(Some(to), no_backup);
                let plan = down(&mut remote, &how, true)?;
                if plan.names.is_empty() || dry_run {
                    return taken_back(app, &plan.names, &plan.lost, None, to.name, dry_run);
                }
                if !agreed(app, yes, &plan.names, &plan.lost)? {
                    return Ok(());
                }
                let done = down(&mut remote, &how, false)?;
                taken_back(app, &done.names, &done.lost, done.backup.as_deref(), to.name, false)
            }
        }
    }

    fn status(app: &mut App, remote: &Remote, schema: &RemoteSchema) -> Result<()> {
        let pending = schema.steps.iter().filter(|step| step.standing == Standing::Pending).count();
        let (address, version) = (remote.address().shown(), remote.server_version());
        if app.printer.is_json() {
            return app.printer.json(&json!({
                "migrations": steps(&schema.steps), "remote": address, "server_version": version, "pending": pending,
                "program": PROGRAM, "needs": schema.program_needed, "changed": schema.changed, "found": schema.found,
            }));
        }
        table(app, &schema.steps)?;
        app.printer.line(&format!("{address}, PostgreSQL {version}"))?;
        for name in &schema.changed {
            app.printer.warn(&format!("{name} was applied with another text than this program has"));
        }
        let newest = MIGRATIONS.last().map_or("", |migration| migration.name);
        app.printer.line(&match (&schema.program_needed, pending) {
            (Some(program), _) => format!(
                "The deployment needs journal {program} or later; this is {PROGRAM}, which knows up to {newest}."
            ),
            (None, 0) => "The deployment is up to date.".into(),
            (None, _) if !schema.found.is_empty() => format!(
                "There are tables that journal has not made: {}. `journal migrate up --remote` compares them with its \
                 own, and takes them over when they are equal.",
                schema.found.join(", ")
            ),
            (None, pending) => format!("{pending} pending; `journal migrate up --remote` applies them."),
        })
    }
}

/// A build that knows no deployment.
#[cfg(not(feature = "sync"))]
mod remote {
    use super::{App, Error, MigrateVerb, Result};

    pub(super) fn run(_: MigrateVerb, _: &mut App) -> Result<()> {
        Err(Error::failure("this build of journal knows no deployment: it was made without the feature `sync`")
            .hint("build it with the default features"))
    }
}
