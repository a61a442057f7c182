//! The command line: the only place that names clap. One verb, one file: its arguments and `run`.

mod add;
mod analytics;
mod analyze;
mod analyze_status;
mod answers;
mod ask;
mod bulk;
mod cache;
mod completions;
mod config;
mod delete;
mod doctor;
mod draft;
mod edit;
mod export;
mod filters;
mod history;
mod hits;
mod home;
mod import;
mod list;
mod login;
mod migrate;
mod models;
mod mood;
mod on_this_day;
mod progress;
mod queries;
mod random;
mod recorder;
mod reindex;
mod search;
mod secret;
mod session;
mod show;
mod similar;
mod stats;
mod sync;
mod tasks;
mod topics;
mod undo;
mod user;

use crate::app::{App, Globals};
use crate::error::Error;
use crate::output::{Color, Format, Printer, Settings};
use crate::paths::Paths;
use clap::{CommandFactory, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

/// A private journal for the terminal: found by words or by meaning, offline, in one folder
#[derive(Debug, Parser)]
#[command(name = "journal", version, about, max_term_width = 100, propagate_version = true, after_help = EXAMPLES)]
pub struct Cli {
    #[command(flatten)]
    global: GlobalArgs,
    #[command(subcommand)]
    verb: Option<Verb>,
}

const EXAMPLES: &str = "Examples:
  journal add \"Slept badly, but the talk went well. #work\"
  journal add                          write in your editor
  journal list --since \"last month\" --topic work
  journal search \"late night\" --since \"last spring\"
  journal similar 7f3k                 entries that mean something close
  journal on-this-day                  what you wrote on this day in earlier years
  journal undo                         take back the last change

Exit codes: 0 done (also when nothing matched), 1 failure, 2 usage, 3 not found, 4 network,
5 corrupt data, 6 not logged in, 7 busy (try again), 8 done in part, 15 model unavailable,
130 interrupted";

/// What every command understands.
#[derive(Debug, clap::Args)]
struct GlobalArgs {
    /// Folder of the journal [default: $XDG_DATA_HOME/journaling-ai]
    #[arg(
        long,
        global = true,
        value_name = "DIR",
        env = "JOURNAL_DATA_DIR",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    data_dir: Option<PathBuf>,
    /// Configuration file [default: $XDG_CONFIG_HOME/journaling-ai/config.toml]
    #[arg(
        long,
        global = true,
        value_name = "FILE",
        env = "JOURNAL_CONFIG",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    config: Option<PathBuf>,
    /// E-mail address of the user [default: the first user]
    #[arg(
        long,
        global = true,
        value_name = "EMAIL",
        env = "JOURNAL_USER",
        hide_env_values = true,
        help_heading = "Global options"
    )]
    user: Option<String>,
    /// Print one JSON document
    #[arg(long, global = true, conflicts_with = "jsonl", help_heading = "Global options")]
    json: bool,
    /// Print one JSON object a line
    #[arg(long, global = true, help_heading = "Global options")]
    jsonl: bool,
    /// When to colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "auto",
        value_name = "WHEN",
        help_heading = "Global options"
    )]
    color: ColorArg,
    /// Say nothing but warnings and errors
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
    /// Never ask anything
    #[arg(long, global = true, help_heading = "Global options")]
    no_input: bool,
    /// Do not use a pager
    #[arg(long, global = true, help_heading = "Global options")]
    no_pager: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Add(add::AddArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Edit(edit::EditArgs),
    Delete(delete::DeleteArgs),
    Undo(undo::UndoArgs),
    History(history::HistoryArgs),
    Search(search::SearchArgs),
    Similar(similar::SimilarArgs),
    OnThisDay(on_this_day::OnThisDayArgs),
    Random(random::RandomArgs),
    Mood(mood::MoodArgs),
    User(user::UserArgs),
    Login(login::LoginArgs),
    Logout(login::LogoutArgs),
    Session(session::SessionArgs),
    #[command(alias = "tags")]
    Topics(topics::TopicsArgs),
    Stats(stats::StatsArgs),
    Import(import::ImportArgs),
    Export(export::ExportArgs),
    Bulk(bulk::BulkArgs),
    Analyze(analyze::AnalyzeArgs),
    Tasks(tasks::TasksArgs),
    Models(models::ModelsArgs),
    Cache(cache::CacheArgs),
    Reindex(reindex::ReindexArgs),
    Doctor(doctor::DoctorArgs),
    Sync(sync::SyncArgs),
    Migrate(migrate::MigrateArgs),
    Config(config::ConfigArgs),
    Completions(completions::CompletionsArgs),
}

/// The command as clap knows it: for completions and for checking the help.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line, runs the command, and reports how it went.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = search::with_negations(args.into_iter().collect());
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return usage(&error, &args),
    };
    let global = cli.global;
    let printer = Printer::new(Settings {
        format: match (global.json, global.jsonl) {
            (true, _) => Format::Json,
            (_, true) => Format::JsonLines,
            _ => Format::Text,
        },
        color: match global.color {
            ColorArg::Auto => Color::Auto,
            ColorArg::Always => Color::Always,
            ColorArg::Never => Color::Never,
        },
        quiet: global.quiet,
        no_color: set("NO_COLOR") || std::env::var_os("TERM").is_some_and(|term| term == "dumb"),
        pager: None,
    });
    let settings = (global.no_pager, global.data_dir.clone(), global.config.clone());
    let globals = Globals {
        user: global.user.filter(|user| !user.is_empty()),
        no_input: global.no_input,
        data_dir: global.data_dir,
        config: global.config,
    };
    let (no_pager, data_dir, config) = settings;
    let app = Paths::resolve(data_dir, config, |name| std::env::var_os(name));
    // The printer moves into the app; without one it is needed to report why.
    let mut spare = Some(printer);
    let opened = app.and_then(|paths| match spare.take() {
        Some(printer) => App::new(paths, globals, printer),
        None => Err(Error::failure("no printer")),
    });
    let mut app = match opened {
        Ok(app) => app,
        Err(error) => {
            let format = if global.json || global.jsonl { Format::Json } else { Format::Text };
            let settings = Settings { format, color: Color::Never, quiet: false, no_color: true, pager: None };
            return ExitCode::from(Printer::new(settings).fail(&error));
        }
    };
    if !no_pager {
        app.printer.set_pager(app.config.pager.clone().or_else(|| std::env::var("PAGER").ok()).or(Some("less".into())));
    }
    let outcome = run(cli.verb, &mut app).and_then(|code| app.printer.flush().map(|()| code));
    queries::record(&app);
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(error) => ExitCode::from(app.printer.fail(&error)),
    }
}

fn run(verb: Option<Verb>, app: &mut App) -> crate::error::Result<u8> {
    let done = |outcome: crate::error::Result<()>| outcome.map(|()| 0);
    match verb {
        None => done(home::run(app)),
        Some(Verb::Add(args)) => done(add::run(args, app)),
        Some(Verb::List(args)) => done(list::run(args, app)),
        Some(Verb::Show(args)) => done(show::run(&args, app)),
        Some(Verb::Edit(args)) => done(edit::run(args, app)),
        Some(Verb::Delete(args)) => done(delete::run(&args, app)),
        Some(Verb::Undo(args)) => done(undo::run(&args, app)),
        Some(Verb::History(args)) => done(history::run(&args, app)),
        Some(Verb::Search(args)) => done(search::run(&args, app)),
        Some(Verb::Similar(args)) => done(similar::run(&args, app)),
        Some(Verb::OnThisDay(args)) => done(on_this_day::run(&args, app)),
        Some(Verb::Random(args)) => done(random::run(&args, app)),
        Some(Verb::Mood(args)) => done(mood::run(&args, app)),
        Some(Verb::User(args)) => done(user::run(args, app)),
        Some(Verb::Login(args)) => done(login::run(&args, app)),
        Some(Verb::Logout(args)) => done(login::leave(&args, app)),
        Some(Verb::Session(args)) => done(session::run(&args, app)),
        Some(Verb::Topics(args)) => done(topics::run(&args, app)),
        Some(Verb::Stats(args)) => done(stats::run(&args, app)),
        Some(Verb::Import(args)) => import::run(&args, app),
        Some(Verb::Export(args)) => done(export::run(&args, app)),
        Some(Verb::Bulk(args)) => bulk::run(&args, app),
        Some(Verb::Analyze(args)) => analyze::run(&args, app),
        Some(Verb::Tasks(args)) => done(tasks::run(&args, app)),
        Some(Verb::Models(args)) => models::run(args, app),
        Some(Verb::Cache(args)) => done(cache::run(args, app)),
        Some(Verb::Reindex(args)) => done(reindex::run(&args, app)),
        Some(Verb::Doctor(args)) => doctor::run(&args, app),
        Some(Verb::Sync(args)) => sync::run(args, app),
        Some(Verb::Migrate(args)) => done(migrate::run(args, app)),
        Some(Verb::Config(args)) => done(config::run(args, app)),
        Some(Verb::Completions(args)) => done(completions::run(&args, app)),
    }
}

fn set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// A command line that clap refuses, or one that asks for help.
fn usage(error: &clap::Error, args: &[OsString]) -> ExitCode {
    use clap::error::ErrorKind::{DisplayHelp, DisplayVersion};
    let is_json = args.iter().any(|arg| arg == "--json" || arg == "--jsonl");
    if matches!(error.kind(), DisplayHelp | DisplayVersion) || !is_json {
        let _ = error.print();
        return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
    }
    let text = error.render().to_string();
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let message = lines.next().unwrap_or_default().trim_start_matches("error: ").to_string();
    let hint =
        lines.find(|line| line.trim_start().starts_with("tip:")).map(|line| line.trim().trim_start_matches("tip: "));
    let failure = Error::usage(message).hint(hint.unwrap_or("see `journal --help`"));
    let settings = Settings { format: Format::Json, color: Color::Never, quiet: false, no_color: true, pager: None };
    ExitCode::from(Printer::new(settings).fail(&failure))
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_command_line_is_well_formed() {
        super::command().debug_assert();
    }
}
