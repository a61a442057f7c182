//! How results look. Opens nothing.
//!
//! Data goes to standard output, talk to standard error. Under `--json` a command prints one
//! document, under `--jsonl` one object a line; colour, tables and pagers are for terminals only.

pub mod json;
pub mod judgements;
pub mod moods;
pub mod plot;
pub mod statistics;
pub mod text;
pub mod topics;

use crate::error::{Error, Result};
use console::Style;
use serde::Serialize;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

/// The form of the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people, and for `cut` and `grep` in a pipe.
    Text,
    /// One JSON document.
    Json,
    /// One JSON object a line.
    JsonLines,
}

/// Whether to colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless `NO_COLOR` is set or the terminal is dumb.
    Auto,
    /// Yes.
    Always,
    /// No.
    Never,
}

fn no_json(error: serde_json::Error) -> Error {
    Error::failure("cannot write the result as JSON").source(error)
}

/// What a printer needs to know.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The form of the data.
    pub format: Format,
    /// Whether to colour.
    pub color: Color,
    /// No talk.
    pub quiet: bool,
    /// Whether the environment asks for no colour.
    pub no_color: bool,
    /// The pager command; absent: print.
    pub pager: Option<String>,
}

/// The one way out: data to standard output, talk to standard error.
pub struct Printer {
    settings: Settings,
    stdout: io::BufWriter<io::Stdout>,
    closed: bool,
}

impl Printer {
    /// A printer to the streams of this process.
    pub fn new(settings: Settings) -> Printer {
        let terminal = io::stdout().is_terminal();
        let coloured = match settings.color {
            Color::Auto => terminal && !settings.no_color,
            Color::Always => true,
            Color::Never => false,
        };
        console::set_colors_enabled(coloured);
        console::set_colors_enabled_stderr(match settings.color {
            Color::Auto => io::stderr().is_terminal() && !settings.no_color,
            Color::Always => true,
            Color::Never => false,
        });
        Printer { settings, stdout: io::BufWriter::new(io::stdout()), closed: false }
    }

    /// The command that long output goes through.
    pub fn set_pager(&mut self, pager: Option<String>) {
        self.settings.pager = pager.filter(|pager| !pager.trim().is_empty() && pager != "cat");
    }

    /// The form of the data.
    pub fn format(&self) -> Format {
        self.settings.format
    }

    /// Whether the data is JSON.
    pub fn is_json(&self) -> bool {
        self.settings.format != Format::Text
    }

    /// Whether standard output is a terminal.
    pub fn on_terminal(&self) -> bool {
        io::stdout().is_terminal()
    }

    /// Whether a progress bar may be drawn.
    pub fn draws_progress(&self) -> bool {
        io::stderr().is_terminal() && !self.settings.quiet && !self.is_json()
    }

    /// Whether the reader of standard output has gone: there is no use in going on.
    pub fn closed(&self) -> bool {
        self.closed
    }

    /// The width of the terminal; `None` in a pipe.
    pub fn width(&self) -> Option<usize> {
        self.on_terminal().then(|| terminal_size::terminal_size().map_or(80, |(width, _)| usize::from(width.0)))
    }

    /// Prints data as it is.
    pub fn raw(&mut self, text: &str) -> Result<()> {
        self.bytes(text.as_bytes())
    }

    /// Prints bytes as they are.
    pub fn bytes(&mut self, bytes: &[u8]) -> Result<()> {
        if self.closed {
            return Ok(());
        }
        match self.stdout.write_all(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.closed = true,
            Err(error) => return Err(Error::failure(format!("cannot write the output: {error}"))),
            Ok(()) => {}
        }
        Ok(())
    }

    /// Prints a line of data.
    pub fn line(&mut self, text: &str) -> Result<()> {
        self.raw(text).and_then(|()| self.raw("\n"))
    }

    /// Prints one JSON document: over several lines, or, where each line is to be an object, on one.
    pub fn json(&mut self, value: &impl Serialize) -> Result<()> {
        let text = self.json_text(value)?;
        self.raw(&text)
    }

    /// Prints one line of JSON.
    pub fn json_line(&mut self, value: &impl Serialize) -> Result<()> {
        let text = serde_json::to_string(value).map_err(no_json)?;
        self.line(&text)
    }

    /// Prints a list as JSON: an array, or one line each.
    pub fn json_list<T: Serialize>(&mut self, items: &[T]) -> Result<()> {
        match self.settings.format {
            Format::JsonLines => items.iter().try_for_each(|item| self.json_line(item)),
            _ => self.json(&items),
        }
    }

    /// What [`Printer::json`] prints.
    pub fn json_text(&self, value: &impl Serialize) -> Result<String> {
        let text = match self.settings.format {
            Format::JsonLines => serde_json::to_string(value),
            _ => serde_json::to_string_pretty(value),
        };
        text.map(|text| text + "\n").map_err(no_json)
    }

    /// What [`Printer::json_list`] prints.
    pub fn json_list_text<T: Serialize>(&self, items: &[T]) -> Result<String> {
        match self.settings.format {
            Format::JsonLines => items.iter().map(|item| self.json_text(item)).collect(),
            _ => self.json_text(&items),
        }
    }

    /// Whether data may bear colours.
    pub fn is_coloured(&self) -> bool {
        console::colors_enabled()
    }

    /// Prints text that may be long: through the pager when it does not fit the terminal.
    pub fn page(&mut self, text: &str) -> Result<()> {
        let height = terminal_size::terminal_size().map_or(24, |(_, height)| usize::from(height.0));
        if let Some(pager) = self.settings.pager.clone()
            && self.on_terminal()
            && text.lines().count() >= height
        {
            self.flush()?;
            let child = Command::new("/bin/sh").arg("-c").arg(&pager).env("LESS", "FRX").stdin(Stdio::piped()).spawn();
            if let Ok(mut child) = child {
                if let Some(mut stdin) = child.stdin.take() {
                    // A pager that is left early closes its end.
                    let _ = stdin.write_all(text.as_bytes());
                }
                let _ = child.wait();
                return Ok(());
            }
        }
        self.raw(text)
    }

    /// Says something to the person at the terminal.
    pub fn note(&mut self, text: &str) {
        if !self.settings.quiet {
            self.talk(text);
        }
    }

    /// Warns.
    pub fn warn(&mut self, text: &str) {
        let label = Style::new().for_stderr().yellow().apply_to("warning:");
        self.talk(&format!("{label} {text}"));
    }

    fn talk(&mut self, text: &str) {
        let _ = self.flush();
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// Reports a failure and gives its exit code.
    pub fn fail(&mut self, error: &Error) -> u8 {
        let _ = self.flush();
        let mut stderr = io::stderr();
        if self.is_json() {
            let _ = writeln!(stderr, "{}", json::error(error));
        } else {
            let label = Style::new().for_stderr().red().bold().apply_to("error:");
            let _ = writeln!(stderr, "{label} {error}");
            if let Some(place) = error.place() {
                let (line, marks) = text::pointed(place);
                let style = Style::new().for_stderr().red().bold();
                let _ = writeln!(stderr, "  {line}\n  {}", style.apply_to(marks));
            }
            let mut cause = std::error::Error::source(error);
            while let Some(inner) = cause {
                let _ = writeln!(stderr, "  caused by: {inner}");
                cause = inner.source();
            }
            if let Some(hint) = error.hint_text() {
                let label = Style::new().for_stderr().cyan().apply_to("hint:");
                let _ = writeln!(stderr, "{label} {hint}");
            }
        }
        error.kind().exit_code()
    }

    /// Sends what was printed on its way.
    pub fn flush(&mut self) -> Result<()> {
        match self.stdout.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.closed = true;
                Ok(())
            }
            Err(error) => Err(Error::failure(format!("cannot write the output: {error}"))),
            Ok(()) => Ok(()),
        }
    }
}
