use super::filters::FilterArgs;
use super::progress;
use crate::app::App;
use crate::error::{Error, Kind, Result};
use crate::exchange::jsonl;
use crate::output::Format;
use crate::publish::publish_with;
use crate::store::{Sort, SortKey};
use std::io::{BufWriter, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Export entries as JSON lines, oldest first, with every field
#[derive(Debug, clap::Args)]
pub(super) struct ExportArgs {
    /// Write to this file, whole or not at all [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    filter: FilterArgs,
    /// At most so many
    #[arg(short = 'n', long, value_name = "N")]
    limit: Option<usize>,
    /// Go on after the entry with this cursor
    #[arg(long, value_name = "CURSOR")]
    cursor: Option<String>,
}

/// Entries read at a time.
const PAGE: usize = 500;

pub(super) fn run(args: &ExportArgs, app: &mut App) -> Result<()> {
    let filter = args.filter.resolve(app)?;
    let user = app.user()?;
    let interrupted = app.interrupted()?;
    let total = app.store()?.count(user, &filter)?;
    let bar = progress::bar(app, "export", if args.output.is_some() { total } else { 0 });
    if args.output.is_none() {
        bar.finish_and_clear();
    }
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut cursor = args.cursor.clone();
    let sort = Sort { key: SortKey::Created, ascending: true };
    let mut pages = |app: &mut App, write: &mut dyn FnMut(&mut App, String) -> Result<bool>| -> Result<()> {
        while left > 0 {
            let page = app.store()?.list(user, &filter, sort, cursor.as_deref(), left.min(PAGE))?;
            for entry in &page.entries {
                if interrupted.load(Ordering::Relaxed) {
                    return Err(Error::new(Kind::Interrupted, "interrupted"));
                }
                bar.inc(1);
                if !write(app, jsonl::write(entry)? + "\n")? {
                    return Ok(());
                }
            }
            left -= page.entries.len();
            match page.next {
                Some(next) => cursor = Some(next.text().to_string()),
                None => break,
            }
        }
        Ok(())
    };
    let Some(path) = &args.output else {
        if app.printer.format() != Format::Json {
            return pages(app, &mut |app, line| app.printer.raw(&line).map(|()| !app.printer.closed()));
        }
        // One document: an array of the same objects.
        let mut before = "[\n";
        pages(app, &mut |app, line| {
            app.printer.raw(std::mem::replace(&mut before, ",\n"))?;
            app.printer.raw(line.trim_end()).map(|()| !app.printer.closed())
        })?;
        return app.printer.line(if before == "[\n" { "[]" } else { "\n]" });
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        return Err(Error::usage(format!("cannot write {}: there is no folder {}", path.display(), folder.display()))
            .hint("create it, or correct the path"));
    }
    let mut failure = None;
    let mut written = 0u64;
    let published = publish_with(path, |file| {
        let mut file = BufWriter::new(file);
        let outcome = pages(app, &mut |_, line| {
            written += 1;
            file.write_all(line.as_bytes()).map(|()| true).map_err(|error| Error::io("cannot write", path, error))
        });
        if let Err(error) = outcome {
            failure = Some(error);
            return Err(std::io::Error::other("the export was not finished"));
        }
        file.flush()
    });
    bar.finish_and_clear();
    match (failure, published) {
        (Some(error), _) | (None, Err(error)) => Err(error),
        (None, Ok(())) => {
            if app.printer.is_json() {
                return app.printer.json(&serde_json::json!({"exported": written, "output": path}));
            }
            app.printer.note(&format!("Exported {written} entries to {}.", path.display()));
            Ok(())
        }
    }
}
