//! `journal sync`: this journal and a deployment's PostgreSQL, brought together.

use crate::app::App;
use crate::error::Result;

/// Bring this journal and a deployment's PostgreSQL together
///
/// Takes what was changed there, by another machine of yours or any other program, and gives what was changed
/// here. It can be run again at any time: whatever interrupts it, nothing is written twice and nothing is
/// lost. Where both sides have changed the same thing, the later change stands and the other version is kept:
/// `journal sync conflicts`. What was deleted stays deleted.
///
/// The deployment is named by JOURNAL_POSTGRES_URL, by the file that JOURNAL_POSTGRES_URL_FILE names, or by
/// the settings of the same names. Run `journal sync init` once on each machine.
///
/// Where JOURNAL_REDIS_URL and JOURNAL_CHROMA_URL name them, Redis and Chroma follow; where JOURNAL_REDIS_TASKS_URL
/// names another Redis, that has the queue of tasks. When one of them is away, or does not answer within the 30
/// seconds that `?timeout=SECONDS` in its URL changes, the sync is done in part (exit code 8), and the next one
/// catches up. A dry run asks them and sends nothing; of one that cannot be asked it counts what is known here.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal sync init                       make the schema there, and link your account
  journal sync                            take, then give
  journal sync --dry-run                  show what would go where
  journal sync --watch --every 5m         go on until Ctrl-C
  journal sync conflicts                  what both sides have changed
  journal sync conflicts resolve 3 --keep theirs")]
pub(super) struct SyncArgs {
    #[command(subcommand)]
    verb: Option<SyncVerb>,
    #[command(flatten)]
    run: RunArgs,
    /// Go on until Ctrl-C
    #[arg(long)]
    watch: bool,
    /// How long --watch waits between two runs: 30s, 5m, 1h
    #[arg(long, value_name = "TIME", default_value = "30s", requires = "watch", value_parser = waiting_time)]
    every: std::time::Duration,
}

/// What every run understands.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(super) struct RunArgs {
    /// Show what would be done, and change nothing on either side
    #[arg(long)]
    dry_run: bool,
    /// Also take that most of the entries here were deleted there
    #[arg(long)]
    accept_deletions: bool,
}

#[derive(Debug, clap::Subcommand)]
enum SyncVerb {
    /// Make or complete the schema there, and link your account with it
    Init(InitArgs),
    /// Give what was changed here
    Push(RunArgs),
    /// Take what was changed there
    Pull(RunArgs),
    /// Show how far both sides have come
    Status(StatusArgs),
    /// Show and settle what both sides have changed
    Conflicts(ConflictsArgs),
    /// Look whether the deployment can be used, and compare what is there and here
    ///
    /// Connection, rights, encoding, schema, extensions, clocks, rows of each table, rows that were refused.
    /// Changes nothing. Ends with 8 when something is wrong.
    Doctor,
    /// Forget how far both sides have come: the next sync compares everything
    ///
    /// Nothing is deleted on either side.
    Reset(ResetArgs),
}

#[derive(Debug, clap::Args)]
pub(super) struct InitArgs {
    /// The account there that is yours, by its e-mail address [default: the address of the user here]
    #[arg(long, value_name = "EMAIL")]
    account: Option<String>,
    /// The account there with your address is yours: everything here goes over to it
    #[arg(long)]
    link: bool,
    /// Show what would be done
    #[arg(long)]
    dry_run: bool,
    /// Keep no dump of the database before its schema is changed
    #[arg(long)]
    no_backup: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct StatusArgs {
    /// Also the server, the connection with its settings, and the pool
    #[arg(short, long)]
    verbose: bool,
}

#[derive(Debug, clap::Args)]
pub(super) struct ConflictsArgs {
    #[command(subcommand)]
    verb: Option<ConflictsVerb>,
}

#[derive(Debug, clap::Subcommand)]
enum ConflictsVerb {
    /// List them
    List {
        /// Also those that are settled
        #[arg(long)]
        all: bool,
    },
    /// Show both versions
    Show {
        /// Its number
        id: i64,
    },
    /// Settle one: leave what stands, or put the other version in its place
    ///
    /// What is put back is a change like any other: `journal undo` takes it back, and the next sync takes it
    /// to the deployment.
    Resolve {
        /// Its number
        id: i64,
        /// Which version is to stand
        #[arg(long, value_enum, value_name = "SIDE")]
        keep: Keep,
    },
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Keep {
    /// The version of this journal
    Ours,
    /// The version of the deployment
    Theirs,
}

#[derive(Debug, clap::Args)]
pub(super) struct ResetArgs {
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

fn waiting_time(text: &str) -> std::result::Result<std::time::Duration, String> {
    let wrong = || format!("'{text}' is not a time such as 30s, 5m or 1h");
    let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(at);
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "" | "s" => number,
        "m" => number.saturating_mul(60),
        "h" => number.saturating_mul(3600),
        _ => return Err(wrong()),
    };
    if (1..=7 * 86_400).contains(&seconds) {
        Ok(std::time::Duration::from_secs(seconds))
    } else {
        Err(format!("'{text}' is not between a second and a week"))
    }
}

#[cfg(feature = "sync")]
mod conflicts;
#[cfg(feature = "sync")]
mod doctor;
#[cfg(feature = "sync")]
mod init;
#[cfg(feature = "sync")]
mod mirrors;
#[cfg(feature = "sync")]
mod report;
#[cfg(feature = "sync")]
mod status;
#[cfg(feature = "sync")]
mod work;

#[cfg(feature = "sync")]
pub(super) fn run(args: SyncArgs, app: &mut App) -> Result<u8> {
    if args.verb.is_some() && (args.watch || args.run.dry_run || args.run.accept_deletions) {
        let (flag, hint) = if args.watch {
            ("--watch belongs to `journal sync` alone", "write `journal sync --watch`")
        } else if args.run.dry_run {
            ("--dry-run stands in front of the verb", "write `journal sync push --dry-run`")
        } else {
            ("--accept-deletions stands in front of the verb", "write `journal sync pull --accept-deletions`")
        };
        return Err(crate::error::Error::usage(flag).hint(hint));
    }
    match args.verb {
        None => work::run(args.run, args.watch.then_some(args.every), work::Ways::BOTH, app),
        Some(SyncVerb::Push(args)) => work::run(args, None, work::Ways::PUSH, app),
        Some(SyncVerb::Pull(args)) => work::run(args, None, work::Ways::PULL, app),
        Some(SyncVerb::Init(args)) => init::run(&args, app).map(|()| 0),
        Some(SyncVerb::Status(args)) => status::run(&args, app).map(|()| 0),
        Some(SyncVerb::Conflicts(args)) => conflicts::run(&args, app).map(|()| 0),
        Some(SyncVerb::Doctor) => doctor::run(app),
        Some(SyncVerb::Reset(args)) => status::reset(&args, app).map(|()| 0),
    }
}

#[cfg(not(feature = "sync"))]
pub(super) fn run(_: SyncArgs, _: &mut App) -> Result<u8> {
    Err(crate::error::Error::failure(
        "this build of journal knows no deployment: it was made without the feature `sync`",
    )
    .hint("build it with the default features"))
}
