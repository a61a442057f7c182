//! Runs: once, or again and again.

use super::RunArgs;
use super::mirrors::Mirrors;
use super::report::{self, Report};
use crate::app::App;
use crate::cli::progress;
use crate::error::{Error, Kind, Result};
use crate::sync::pool::Pool;
use crate::sync::pull::Purpose;
use crate::sync::session::{Doing, Progress, Session};
use indicatif::ProgressBar;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How often a row that somebody else changes meanwhile is pulled and pushed again.
const ROUNDS: usize = 5;

/// How long a round waits for the other program.
const PAUSE: Duration = Duration::from_millis(200);

/// The longest time between two runs while the server is away.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Which ways rows go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ways {
    pull: bool,
    push: bool,
}

impl Ways {
    pub(super) const BOTH: Ways = Ways { pull: true, push: true };
    pub(super) const PULL: Ways = Ways { pull: true, push: false };
    pub(super) const PUSH: Ways = Ways { pull: false, push: true };
}

pub(super) fn run(args: RunArgs, every: Option<Duration>, ways: Ways, app: &mut App) -> Result<u8> {
    let stop = app.interrupted()?;
    let pool = Pool::new(app.deployment()?);
    let Some(every) = every else {
        let report = once(app, &pool, ways, args, &stop)?;
        report::show(app, &report)?;
        return Ok(if report.is_complete() { 0 } else { Kind::Partial.exit_code() });
    };
    let mut wait = every;
    while !stop.load(Ordering::Relaxed) {
        match once(app, &pool, ways, args, &stop) {
            Ok(report) => {
                report::show_again(app, &report)?;
                wait = every;
            }
            Err(error) if error.kind() == Kind::Interrupted => break,
            Err(error) if error.kind().retryable() => {
                wait = (wait * 2).min(LONGEST_WAIT.max(every));
                app.printer.warn(&format!("{error}; the next try is in {} s", wait.as_secs()));
            }
            Err(error) => return Err(error),
        }
        app.printer.flush()?;
        if app.printer.closed() {
            break;
        }
        // Nobody holds the journal open while nothing is done.
        app.rest();
        let since = Instant::now();
        while since.elapsed() < wait && !stop.load(Ordering::Relaxed) {
            std::thread::sleep(Duration::from_millis(100).min(wait));
        }
    }
    Ok(0)
}

/// One sync.
fn once(app: &mut App, pool: &Pool, ways: Ways, args: RunArgs, stop: &Arc<AtomicBool>) -> Result<Report> {
    let dry_run = args.dry_run;
    let mirrors = Mirrors::named(app)?;
    app.user()?;
    let bar = progress::bar(app, "", 0);
    let mut watcher = watcher(&bar, stop);
    let mut remote = pool.get()?;
    let mut report = Report { dry_run, ..Report::default() };
    {
        let now = app.now();
        let origins: Vec<uuid::Uuid> = (0..ROUNDS).map(|_| app.new_id()).collect();
        let spare = app.new_id();
        let mut session = Session::open(&mut remote, app.store()?, spare)?;
        session.accept_deletions = args.accept_deletions;
        report.address = session.address().to_string();
        report.deployment.clone_from(&session.id);
        let purpose = if ways.pull { Purpose::Take } else { Purpose::Give };
        for (round, origin) in origins.into_iter().enumerate() {
            let taken = session.pull(purpose, dry_run, &mut watcher)?;
            report.take(taken.applied.clone());
            if !ways.push {
                if !dry_run {
                    session.keep_pending(&taken)?;
                }
                break;
            }
            let pushed = session.push(taken, purpose, origin, dry_run, &mut watcher)?;
            let again = pushed.holds_back() && ways.pull && !dry_run && round + 1 < ROUNDS;
            report.given.add(pushed);
            report.rounds = round + 1;
            if !again {
                break;
            }
            if round > 0 {
                std::thread::sleep(PAUSE);
            }
        }
        if !dry_run && report.given.rows() > 0 {
            session.prune()?;
        }
        if !dry_run && (report.changed_anything() || session.is_first()?) {
            session.store.synced(&session.id, now)?;
        }
    }
    report.mirrors = mirrors.follow(app, &report.deployment, dry_run, stop, &bar)?;
    bar.finish_and_clear();
    if !dry_run && !report.taken.is_nothing() {
        app.wake_analysis();
    }
    Ok(report)
}

fn watcher<'a>(bar: &'a ProgressBar, stop: &'a Arc<AtomicBool>) -> impl FnMut(Progress) -> Result<()> + 'a {
    move |progress| {
        if stop.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Interrupted, "interrupted")
                .hint("what was done stands, and the next sync goes on from there"));
        }
        bar.set_message(match progress.doing {
            Doing::Comparing => "Comparing",
            Doing::Pulling => "Taking",
            Doing::Pushing => "Giving",
        });
        bar.set_length(progress.total as u64);
        bar.set_position(progress.done as u64);
        Ok(())
    }
}
