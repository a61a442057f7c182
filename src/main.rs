//! `journal`: parse, run, map the result to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Years of someone's life: nothing this program writes is readable by others.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    journaling_ai::cli::main(std::env::args_os())
}
