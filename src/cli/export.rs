use super::filters::{FilterArgs, SortArg};
use super::progress;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::exchange::jsonl;
use crate::output::Format;
use crate::publish::publish_with;
use crate::store::{Cursor, Sort, Store};
use indicatif::ProgressBar;
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Export entries as JSON lines, oldest first, with every field
///
/// What is written is the journal at one moment, whatever is added meanwhile. With --limit, the
/// `--cursor` to go on with is told on standard error; the cursors of `list` with the same --sort do too.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal export -o everything.jsonl
  journal export --topic work --on 2025 | jq -r .content
  journal export -n 1000 --cursor CURSOR >> everything.jsonl")]
pub(super) struct ExportArgs {
    /// Write to this file, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N", help_heading = "Order")]
    limit: Option<usize>,
    /// Go on after the entry with this cursor
    #[arg(long, value_name = "CURSOR", help_heading = "Order")]
    cursor: Option<String>,
    /// Sort by this
    #[arg(long, value_enum, default_value = "created", value_name = "KEY", help_heading = "Order")]
    sort: SortArg,
    /// Largest or newest first
    #[arg(long, help_heading = "Order")]
    reverse: bool,
}

pub(super) fn run(args: &ExportArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    let interrupted = app.interrupted()?;
    app.store()?;
    let snapshot = Store::snapshot(&app.paths.data, "export")?;
    let bar = match args.output {
        Some(_) => progress::bar(app, "export", snapshot.count(user, &filter)?),
        None => ProgressBar::hidden(),
    };
    let sort = Sort { key: args.sort.key(), ascending: !args.reverse };
    let limit = args.limit.unwrap_or(usize::MAX);
    let walk = |write: &mut dyn FnMut(String) -> Result<bool>| {
        snapshot.walk(user, &filter, sort, args.cursor.as_deref(), limit, &mut |entry| {
            if interrupted.load(Ordering::Relaxed) {
                return Err(Error::new(Kind::Interrupted, "interrupted"));
            }
            bar.inc(1);
            write(jsonl::write(&entry)? + "\n")
        })
    };
    let Some(path) = &args.output else {
        let printer = &mut app.printer;
        let next = if printer.format() == Format::Json {
            // One document: an array of the same objects.
            let mut before = "[\n";
            let next = walk(&mut |line| {
                printer.raw(std::mem::replace(&mut before, ",\n"))?;
                printer.raw(line.trim_end()).map(|()| !printer.closed())
            })?;
            printer.line(if before == "[\n" { "[]" } else { "\n]" })?;
            next
        } else {
            walk(&mut |line| printer.raw(&line).map(|()| !printer.closed()))?
        };
        if let Some(next) = next {
            printer.note(&format!("more: --cursor {}", next.text()));
        }
        return Ok(());
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Error::usage(format!("cannot write {}: there is no folder {}", path.display(), folder.display()))
            .hint("create it, or correct the path"));
    }
    let mut failure = None;
    let (mut written, mut next) = (0u64, None);
    let published = publish_with(path, |file| {
        let mut file = BufWriter::new(file);
        let outcome = walk(&mut |line| {
            written += 1;
            file.write_all(line.as_bytes()).map(|()| true).map_err(|error| Error::io("cannot write", path, error))
        });
        match outcome {
            Ok(found) => next = found,
            Err(error) => {
                failure = Some(error);
                return Err(std::io::Error::other("the export was not finished"));
            }
        }
        file.flush()
    });
    bar.finish_and_clear();
    match (failure, published) {
        (Some(error), _) | (None, Err(error)) => Err(error),
        (None, Ok(())) => {
            if app.printer.is_json() {
                let cursor = next.as_ref().map(Cursor::text);
                return app.printer.json(&serde_json::json!({"exported": written, "output": path, "cursor": cursor}));
            }
            app.printer.note(&format!("Exported {written} entries to {}.", path.display()));
            if let Some(next) = next {
                app.printer.note(&format!("more: --cursor {}", next.text()));
            }
            Ok(())
        }
    }
}
