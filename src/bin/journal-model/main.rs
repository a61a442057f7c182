//! The model server: texts in, vectors or labels out, over a unix socket. `journal` starts it when it needs
//! one, and it leaves when nobody has asked for a while. It knows no journal, opens no store and no
//! network, and keeps no text after answering.
#![allow(clippy::print_stderr, reason = "stderr is the server's log, shown by journal when it dies")]

mod batch;
mod embedder;
mod folder;
mod linear;
mod network;
mod operators;
mod tokenizer;
mod transformer;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use clap::Parser;
use clap::builder::RangedU64ValueParser;
use journaling_ai::error::{Error, Result};
use journaling_ai::model::client::ask_to_stop;
use journaling_ai::model::listen::{ListenConfig, listen};
use journaling_ai::model::protocol::PROTOCOL_VERSION;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::embedder::Embedder;
use crate::linear::Precision;

/// The model server of journal, which starts it when needed; it is not meant to be run by hand.
#[derive(Debug, Parser)]
#[command(name = "journal-model", version = VERSION.as_str(), disable_help_subcommand = true)]
struct Args {
    /// Listen at this socket; its folder is made private.
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// The file whose lock the one server holds [default: the socket with the ending .lock].
    #[arg(long, value_name = "PATH")]
    lock: Option<PathBuf>,

    /// Leave after so many seconds with nobody connected.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, value_parser = RangedU64ValueParser::<u64>::new().range(1..))]
    idle: u64,

    /// Compute on so many threads [default: all cores but one].
    #[arg(long, value_name = "NUMBER", value_parser = RangedU64ValueParser::<usize>::new().range(1..=256))]
    threads: Option<usize>,

    /// Compute vectors with these numbers: auto is bfloat16 where the processor multiplies it, else f32.
    #[arg(long, value_name = "auto|f32", default_value = "auto", value_parser = ["auto", "f32"])]
    precision: String,
}

static VERSION: LazyLock<String> = LazyLock::new(|| {
    let version = env!("CARGO_PKG_VERSION");
    format!("{version} (protocol {PROTOCOL_VERSION}; {})", env!("JOURNAL_MODEL_ENGINE"))
});

fn main() -> ExitCode {
    let args = Args::parse();
    let Some(socket) = args.socket else {
        eprintln!("journal-model is started by journal, with --socket; there is nothing to do by hand");
        eprintln!("see which models there are: journal models");
        return ExitCode::from(2);
    };
    let lock = args.lock.unwrap_or_else(|| socket.with_extension("lock"));
    // Absolute, and what is read later is what is there then: see `ListenConfig::executable`.
    let executable = std::env::current_exe().ok();
    let config = ListenConfig { socket, lock, idle: Duration::from_secs(args.idle), executable };
    match run(&config, args.threads, &args.precision) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("journal-model: {error}");
            ExitCode::from(error.kind().exit_code())
        }
    }
}

fn run(config: &ListenConfig, threads: Option<usize>, precision: &str) -> Result<()> {
    // Out of the terminal's session, so that Ctrl-C and closing the window do not reach us. Fails
    // when we lead a session already, which is as good.
    let _ = rustix::process::setsid();
    // The threads wait for work by spinning, so one more than there are free cores makes all of
    // them several times slower: leave a core to the rest of the machine.
    let threads = threads
        .unwrap_or_else(|| thread::available_parallelism().map_or(1, |cores| cores.get().saturating_sub(1)).max(1));
    leave_when_told(&config.socket)?;
    let precision = Precision::named(precision);
    listen(config, || Embedder::new(threads, precision)).map(|_| ())
}

/// SIGTERM and SIGINT end the server as a client's request does: what is in work is answered first. A
/// second one ends it at once.
fn leave_when_told(socket: &Path) -> Result<()> {
    let failed = |error| Error::failure("cannot listen for signals").source(error);
    let told = Arc::new(AtomicBool::new(false));
    for signal in [SIGTERM, SIGINT] {
        signal_hook::flag::register_conditional_shutdown(signal, 1, Arc::clone(&told)).map_err(failed)?;
    }
    let mut signals = Signals::new([SIGTERM, SIGINT]).map_err(failed)?;
    let socket = socket.to_path_buf();
    thread::spawn(move || {
        for _ in signals.forever() {
            told.store(true, Ordering::SeqCst);
            // Over the socket, as anybody asks. When that fails nobody can be served either.
            if ask_to_stop(&socket).is_err() {
                std::process::exit(0);
            }
        }
    });
    Ok(())
}
