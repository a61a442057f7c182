use super::progress;
use crate::analysis::sentiment::{VADER, Vader, vader};
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::exchange::jsonl;
use crate::journal::entry::{Given, NewEntry};
use crate::journal::mood::MoodSource;
use crate::store::{EntryWriter, Known};
use chrono::{DateTime, Utc};
use indicatif::ProgressBar;
use serde::Serialize;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;

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
    now: DateTime<Utc>,
}

/// Lines handed over at once, and bytes: many enough that handing over costs nothing.
const CHUNK: (usize, usize) = (256, 1 << 20);

/// Chunks that are under way between reading and writing.
const UNDER_WAY: usize = 2;

/// Lines with their numbers.
type Lines = Vec<(u64, Vec<u8>)>;

/// What has been made of them.
type Prepared = Vec<(u64, Result<Line>)>;

/// A line as an entry, and the built-in sentiment, unless the file brings that.
struct Line {
    new: NewEntry,
    given: Given,
    score: Option<Vader>,
}

impl Reader<'_> {
    /// Reads, while another thread parses and judges what was read before, and writes what that has made. A
    /// judgement takes longer than a row, and the database has one writer.
    fn read(&mut self, mut source: Box<dyn BufRead>, writer: &mut EntryWriter) -> Result<()> {
        let (to_prepare, lines) = sync_channel::<Lines>(UNDER_WAY);
        let (to_write, prepared) = sync_channel::<Prepared>(UNDER_WAY);
        thread::scope(|scope| {
            scope.spawn(move || {
                for chunk in lines {
                    let made = chunk.into_iter().map(|(number, line)| (number, prepare(&line))).collect();
                    if to_write.send(made).is_err() {
                        return;
                    }
                }
            });
            // Moved in here, so that the thread sees the end of the work however it ends.
            let (to_prepare, prepared) = (to_prepare, prepared);
            let stopped = || Error::failure("the thread that reads lines has stopped");
            let (mut number, mut under_way, mut ended) = (0, 0, false);
            while !ended || under_way > 0 {
                if !ended {
                    let chunk = self.chunk(&mut source, &mut number)?;
                    ended = chunk.is_empty();
                    if !ended {
                        to_prepare.send(chunk).map_err(|_| stopped())?;
                        under_way += 1;
                    }
                }
                if under_way == UNDER_WAY || (ended && under_way > 0) {
                    self.write(prepared.recv().map_err(|_| stopped())?, writer)?;
                    under_way -= 1;
                }
            }
            Ok(())
        })
    }

    /// The next lines that hold anything; none at the end.
    fn chunk(&mut self, source: &mut dyn BufRead, number: &mut u64) -> Result<Lines> {
        let (mut lines, mut held) = (Lines::new(), 0);
        while lines.len() < CHUNK.0 && held < CHUNK.1 {
            self.stop_if_interrupted()?;
            let mut bytes = Vec::new();
            let read = source
                .read_until(b'\n', &mut bytes)
                .map_err(|error| Error::io("cannot read", Path::new(&self.name), error))?;
            if read == 0 {
                break;
            }
            *number += 1;
            self.bar.inc(read as u64);
            if *number == 1 && bytes.starts_with(b"\xef\xbb\xbf") {
                bytes.drain(..3);
            }
            if !bytes.iter().all(u8::is_ascii_whitespace) {
                held += read;
                lines.push((*number, bytes));
            }
        }
        Ok(lines)
    }

    fn write(&mut self, prepared: Prepared, writer: &mut EntryWriter) -> Result<()> {
        for (number, made) in prepared {
            self.stop_if_interrupted()?;
            self.report.seen += 1;
            if let Err(error) = made.and_then(|line| self.entry(line, writer)) {
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

    fn entry(&mut self, line: Line, writer: &mut EntryWriter) -> Result<()> {
        let Line { mut new, given, score } = line;
        // What the file says is compared; what is made of it is not.
        match writer.known(&new, given)? {
            Known::New => {
                judge(&mut new, score, self.now);
                writer.insert(&new)?;
                self.report.new += 1;
            }
            Known::Same(_) => self.report.unchanged += 1,
            Known::Changed(id) if self.args.update => {
                judge(&mut new, score, self.now);
                writer.update(id, &new, given)?;
                self.report.updated += 1;
            }
            Known::Changed(_) => self.report.differing += 1,
        }
        Ok(())
    }

    fn stop_if_interrupted(&self) -> Result<()> {
        match self.interrupted.load(Ordering::Relaxed) {
            true => Err(Error::new(Kind::Interrupted, "interrupted").hint("nothing was imported")),
            false => Ok(()),
        }
    }
}

fn prepare(line: &[u8]) -> Result<Line> {
    let text = std::str::from_utf8(line)
        .map_err(|error| Error::usage(format!("not UTF-8 text at byte {}", error.valid_up_to())))?;
    let (new, given) = jsonl::read(text)?;
    let brought = new.sentiments.iter().any(|sentiment| sentiment.model_name == VADER);
    let score = (!brought).then(|| vader(&new.content));
    Ok(Line { new, given, score })
}

fn judge(new: &mut NewEntry, score: Option<Vader>, now: DateTime<Utc>) {
    let Some(score) = score else { return };
    new.sentiments.push(score.sentiment(crate::app::new_id(now)));
    if new.mood.is_none() {
        new.mood = score.mood();
        new.mood_source = new.mood.map(|_| MoodSource::Model);
    }
}
