//! Eight workers use one journal at once through the real program, and many of their processes are
//! killed at random moments. Afterwards every acknowledged change is there once, nothing is half, and
//! search and similar answer as after a rebuild from nothing. Then older copies of the database are
//! put back under projections that are ahead of them.
//!
//! `JOURNAL_CRASH_KILLS` (1000) and `JOURNAL_CRASH_SECONDS` (90) bound the killing, whichever comes
//! first; `JOURNAL_CRASH_SEED` gives the workers the same choices again, though not the same moments.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod answers;
mod figures;
mod judge;
mod ledger;
mod older;
#[path = "../support/mod.rs"]
mod support;
mod worker;

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use figures::Figures;
use ledger::Ledger;
use rand::{Rng, SeedableRng};
use support::{Sandbox, is_server, kill};
use worker::{Shared, Worker};

const WORKERS: usize = 8;

fn main() -> ExitCode {
    if std::env::args().any(|arg| arg == "--list") {
        println!("crash: test");
        return ExitCode::SUCCESS;
    }
    let number = |name: &str, default: u64| match std::env::var(name) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{name} is not a number: {text}")),
        Err(_) => default,
    };
    let seed = number("JOURNAL_CRASH_SEED", rand::rng().random_range(1..1_000_000));
    let mut sandbox = Sandbox::new();
    let kills = number("JOURNAL_CRASH_KILLS", 1000);
    let seconds = Duration::from_secs(number("JOURNAL_CRASH_SECONDS", 90));
    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| test(&sandbox, seed, kills, seconds)));
    match outcome {
        Ok(Ok(())) => ExitCode::SUCCESS,
        failure => {
            if let Ok(Err(fault)) = failure {
                println!("FAILED (seed {seed}): {fault}");
            }
            sandbox.keep();
            println!("the journal is kept in {}", sandbox.folder().display());
            ExitCode::FAILURE
        }
    }
}

fn test(sandbox: &Sandbox, seed: u64, kills: u64, limit: Duration) -> Result<(), String> {
    let since = Instant::now();
    println!("crash: seed {seed}; until {kills} kills or {limit:?}");
    let shared = Shared {
        sandbox,
        stop: AtomicBool::new(false),
        ambushes: AtomicUsize::new(0),
        kills: AtomicU64::new(0),
        figures: Mutex::new(Figures::default()),
    };
    let ledgers = work(&shared, seed, kills, limit)?;
    sandbox.settle();
    let worked = since.elapsed();
    println!("  {} in {worked:.1?}", shared.figures.lock().unwrap());

    let stage = |name: &str, since: &mut Instant| {
        println!("  {name} ({:.1?})", since.elapsed());
        *since = Instant::now();
    };
    let mut at = Instant::now();
    let (entries, landed) = judge::entries(sandbox, &ledgers)?;
    judge::rows(sandbox.data())?;
    stage(&format!("{entries} entries, each as acknowledged"), &mut at);
    sandbox.ok(&["analyze"]);
    judge::tidy(sandbox)?;
    judge::entries(sandbox, &ledgers)?;
    let passages = judge::passages(sandbox.data())?;
    stage(&format!("analysed: {passages} passages; doctor has nothing to say"), &mut at);
    let hits = judge::same_as_rebuilt(sandbox, "rebuilt")?;
    stage(&format!("{hits} hits as after a rebuild from nothing"), &mut at);
    if sandbox.has_model() {
        let vectors = judge::same_vectors(sandbox, "computed")?;
        stage(&format!("{vectors} vectors as computed again"), &mut at);
    }
    judge::undo_and_redo(sandbox, 10)?;
    stage("10 steps back and forth", &mut at);
    let hits = older::copies_are_noticed(sandbox)?;
    stage(&format!("older copies put back: {hits} hits as after a rebuild"), &mut at);

    let acknowledged = ledgers.iter().flat_map(|ledger| &ledger.entries).filter(|entry| entry.states.len() == 1);
    let uncertain = ledgers.iter().flat_map(|ledger| &ledger.entries).filter(|entry| entry.states.len() > 1);
    println!(
        "crash: ok: {} processes, {} killed, {} background and model processes killed; {} entries acknowledged, \
         {} uncertain, {landed} of them done; {entries} left; {worked:.0?} of work, {:.0?} in all",
        shared.figures.lock().unwrap().processes(),
        shared.kills.load(Ordering::Relaxed),
        shared.ambushes.load(Ordering::Relaxed),
        acknowledged.count(),
        uncertain.count(),
        since.elapsed()
    );
    Ok(())
}

/// Lets the workers work until so many processes were killed, or the time is over.
fn work(shared: &Shared, seed: u64, kills: u64, limit: Duration) -> Result<Vec<Ledger>, String> {
    let since = Instant::now();
    thread::scope(|scope| {
        let workers: Vec<_> =
            (0..WORKERS).map(|number| scope.spawn(move || Worker::new(shared, number, seed).work())).collect();
        scope.spawn(|| ambush(shared, seed));
        while !shared.stop.load(Ordering::Relaxed) {
            thread::sleep(Duration::from_millis(20));
            let enough = shared.kills.load(Ordering::Relaxed) >= kills || since.elapsed() >= limit;
            if enough || workers.iter().any(thread::ScopedJoinHandle::is_finished) {
                shared.stop.store(true, Ordering::Relaxed);
            }
        }
        let ledgers: Vec<_> = workers.into_iter().map(|worker| worker.join()).collect();
        ledgers.into_iter().map(|ledger| ledger.unwrap_or_else(|_| Err("a worker gave up".to_owned()))).collect()
    })
}

/// Kills the model server and analyses in the background now and then.
fn ambush(shared: &Shared, seed: u64) {
    let mut random = rand::rngs::StdRng::seed_from_u64(seed);
    while !shared.stop.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(random.random_range(200..900)));
        let server = random.random_bool(0.15);
        let wanted = |line: &str| if server { is_server(line) } else { line.contains("analyze --background") };
        let prey = shared.sandbox.processes().into_iter().find(|(_, line)| wanted(line));
        if let Some((id, _)) = prey {
            // Said first, so that nobody is blamed for the consequences.
            shared.ambushes.fetch_add(1, Ordering::Relaxed);
            kill(id);
        }
    }
}
