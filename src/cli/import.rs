use super::progress;
use crate::analysis::sentiment;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::exchange::jsonl;
use crate::journal::entry::NewEntry;
use crate::journal::mood::MoodSource;
use crate::store::{EntryWriter, Known};
use indicatif::ProgressBar;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// Import entries from JSON lines
///
/// One object a line, at least `entry_date` and `content`; what `export` writes comes back in every
/// field. Importing the same file again adds nothing. All files are one transaction: everything that
/// can be read is imported, or, after Ctrl-C or a failure, nothing. Lines that cannot be read are
/// reported and left out (exit code 8).
#[derive(Debug, clap::Args)]
pub(super) struct ImportArgs {
    /// Files; `-` reads standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Do everything, report, and take it back
    #[arg(long)]
    dry_run: bool,
    /// Bring entries that differ to what the file says; a field that it does not name stays as it is
    #[arg(long)]
    update: bool,
}

#[derive(Debug, Default, Serialize)]
struct Report {
    seen: u64,
    new: u64,
    unchanged: u64,
    updated: u64,
    differing: u64,
    skipped: Vec<Skipped>,
    dry_run: bool,
}

#[derive(Debug, Serialize)]
struct Skipped {
    file: String,
    line: u64,
    reason: String,
}

pub(super) fn run(args: &ImportArgs, app: &mut App) -> Result<u8> {
    let total = args.files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let mut sources: Vec<(String, Box<dyn BufRead>)> = Vec::new();
    for file in &args.files {
        sources.push((file.display().to_string(), open(file)?));
    }
    // Of a pipe nobody knows how much there is.
    let bar = if total > 0 { progress::bar(app, "import", total) } else { ProgressBar::hidden() };
    let interrupted = app.interrupted()?;
    let user = app.user()?;
    let mut report = Report { dry_run: args.dry_run, ..Report::default() };
    let now = app.now();
    let outcome = app.store()?.import(user, args.dry_run, |writer| {
        for (name, source) in sources {
            writer.begin_file();
            let mut reader = Reader { name, args, bar: &bar, interrupted: &interrupted, report: &mut report, now };
            reader.read(source, writer)?;
        }
        let written = report.new + report.updated;
        Ok((
            (),
            match written {
                0 => String::new(),
                1 => "imported 1 entry".to_string(),
                _ => format!("imported {written} entries"),
            },
        ))
    });
    bar.finish_and_clear();
    outcome?;
    if !args.dry_run {
        app.wake_analysis();
    }
    if app.printer.is_json() {
        app.printer.json(&report)?;
    } else {
        for skipped in &report.skipped {
            app.printer.warn(&format!("{}:{}: {}", skipped.file, skipped.line, skipped.reason));
        }
        let mut parts = vec![format!("{} new", report.new), format!("{} already there", report.unchanged)];
        for (count, what) in [
            (report.updated, "updated"),
            (report.differing, "differing, left as they are (--update changes them)"),
            (report.skipped.len() as u64, "left out"),
        ] {
            if count > 0 {
                parts.push(format!("{count} {what}"));
            }
        }
        let head = if args.dry_run { "Would import" } else { "Imported" };
        app.printer.line(&format!("{head}: {}.", parts.join(", ")))?;
    }
    Ok(if report.skipped.is_empty() { 0 } else { Kind::Partial.exit_code() })
}

fn open(file: &Path) -> Result<Box<dyn BufRead>> {
    if file == Path::new("-") {
        return Ok(Box::new(io::stdin().lock()));
    }
    let open = File::open(file)
        .and_then(|open| if open.metadata()?.is_dir() { Err(io::ErrorKind::IsADirectory.into()) } else { Ok(open) });
    open.map(|open| Box::new(BufReader::with_capacity(1 << 16, open)) as Box<dyn BufRead>)
        .map_err(|error| Error::io("cannot read", file, error))
}

struct Reader<'a> {
    name: String,
    args: &'a ImportArgs,
    bar: &'a ProgressBar,
    interrupted: &'a AtomicBool,
    report: &'a mut Report,
    now: chrono::DateTime<chrono::Utc>,
}

impl Reader<'_> {
    fn read(&mut self, mut source: Box<dyn BufRead>, writer: &mut EntryWriter) -> Result<()> {
        let mut bytes = Vec::new();
        for number in 1.. {
            if self.interrupted.load(Ordering::Relaxed) {
                return Err(Error::new(Kind::Interrupted, "interrupted").hint("nothing was imported"));
            }
            bytes.clear();
            let read = source
                .read_until(b'\n', &mut bytes)
                .map_err(|error| Error::io("cannot read", Path::new(&self.name), error))?;
            if read == 0 {
                return Ok(());
            }
            self.bar.inc(read as u64);
            let line = match bytes.strip_prefix(b"\xef\xbb\xbf".as_slice()) {
                Some(rest) if number == 1 => rest,
                _ => &bytes,
            };
            if line.iter().all(u8::is_ascii_whitespace) {
                continue;
            }
            self.report.seen += 1;
            if let Err(error) = self.line(line, writer) {
                // What is wrong with a line is its own affair; what is wrong with the journal is not.
                if error.kind() != Kind::Usage {
                    return Err(error.context(format_args!("{}:{number}", self.name)));
                }
                self.report.skipped.push(Skipped {
                    file: self.name.clone(),
                    line: number,
                    reason: error.message().to_string(),
                });
            }
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8], writer: &mut EntryWriter) -> Result<()> {
        let text = std::str::from_utf8(line)
            .map_err(|error| Error::usage(format!("not UTF-8 text at byte {}", error.valid_up_to())))?;
        let (mut new, given) = jsonl::read(text)?;
        match writer.known(&new, given)? {
            Known::New => {
                judge(&mut new, self.now);
                writer.insert(&new)?;
                self.report.new += 1;
            }
            Known::Same(_) => self.report.unchanged += 1,
            Known::Changed(id) if self.args.update => {
                judge(&mut new, self.now);
                writer.update(id, &new, given)?;
                self.report.updated += 1;
            }
            Known::Changed(_) => self.report.differing += 1,
        }
        Ok(())
    }
}

/// The built-in sentiment, unless the file brings it.
fn judge(new: &mut NewEntry, now: chrono::DateTime<chrono::Utc>) {
    if new.sentiments.iter().any(|sentiment| sentiment.model_name == sentiment::VADER) {
        return;
    }
    let score = sentiment::vader(&new.content);
    new.sentiments.push(score.sentiment(crate::app::new_id(now)));
    if new.mood.is_none() {
        new.mood = score.mood();
        new.mood_source = new.mood.map(|_| MoodSource::Model);
    }
}
