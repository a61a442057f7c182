//! One error for the whole program: what went wrong, what kind of failure it is, and what to do.
//!
//! The kind decides the exit code (README, "Exit codes"); the code is a stable word for scripts;
//! the message names the input and the reason; the hint names the fix.

use std::error::Error as StdError;
use std::fmt;
use std::ops::Range;

/// The result of everything in this crate that can fail.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What kind of failure an [`Error`] is. Each kind has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Anything that has no kind of its own (exit 1).
    Failure,
    /// The command line, a date, a configuration value or an input line cannot be understood (exit 2).
    Usage,
    /// No such entry, user, topic, model or task (exit 3).
    NotFound,
    /// A remote or the network cannot be reached (exit 4).
    Network,
    /// Data on disk is damaged (exit 5).
    Corrupt,
    /// A password or a login is wanted, or the user may not be used (exit 6).
    Denied,
    /// Something else holds a lock; trying again may work (exit 7).
    Busy,
    /// Done in part: what was left undone has been reported (exit 8).
    Partial,
    /// The model, or the server that runs it, is not there (exit 15).
    ModelUnavailable,
    /// Interrupted by Ctrl-C (exit 130).
    Interrupted,
}

impl Kind {
    /// Every kind, in the order of the exit codes.
    pub const ALL: [Kind; 10] = [
        Kind::Failure,
        Kind::Usage,
        Kind::NotFound,
        Kind::Network,
        Kind::Corrupt,
        Kind::Denied,
        Kind::Busy,
        Kind::Partial,
        Kind::ModelUnavailable,
        Kind::Interrupted,
    ];

    /// The process exit code of this kind.
    pub fn exit_code(self) -> u8 {
        match self {
            Kind::Failure => 1,
            Kind::Usage => 2,
            Kind::NotFound => 3,
            Kind::Network => 4,
            Kind::Corrupt => 5,
            Kind::Denied => 6,
            Kind::Busy => 7,
            Kind::Partial => 8,
            Kind::ModelUnavailable => 15,
            Kind::Interrupted => 130,
        }
    }

    /// The word scripts see as `error.kind`.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Failure => "failure",
            Kind::Usage => "usage",
            Kind::NotFound => "not_found",
            Kind::Network => "network",
            Kind::Corrupt => "corrupt",
            Kind::Denied => "denied",
            Kind::Busy => "busy",
            Kind::Partial => "partial",
            Kind::ModelUnavailable => "model_unavailable",
            Kind::Interrupted => "interrupted",
        }
    }

    /// Whether running the same command again may succeed with nothing else changed.
    pub fn retryable(self) -> bool {
        matches!(self, Kind::Busy | Kind::Network)
    }
}

/// Where in a text that was typed a failure is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The whole text.
    pub text: String,
    /// The part that is wrong, in bytes of it.
    pub bytes: Range<usize>,
}

impl Place {
    /// Characters before the part that is wrong.
    pub fn characters(&self) -> usize {
        self.text.get(..self.bytes.start).map_or(0, |before| before.chars().count())
    }
}

/// A failure: its kind, a message that names the input and the reason, and a hint that names the fix.
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
    place: Option<Box<Place>>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// A new error of this kind. The message has no full stop and starts in lower case.
    pub fn new(kind: Kind, message: impl Into<String>) -> Self {
        Error { kind, message: message.into(), hint: None, place: None, source: None }
    }

    /// Shorthand for [`Kind::Failure`].
    pub fn failure(message: impl Into<String>) -> Self {
        Error::new(Kind::Failure, message)
    }

    /// Shorthand for [`Kind::Usage`].
    pub fn usage(message: impl Into<String>) -> Self {
        Error::new(Kind::Usage, message)
    }

    /// Shorthand for [`Kind::NotFound`].
    pub fn not_found(message: impl Into<String>) -> Self {
        Error::new(Kind::NotFound, message)
    }

    /// Says what the user can do about it: usually a command to type.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Points at the part of a text that is wrong.
    #[must_use]
    pub fn at(mut self, text: impl Into<String>, bytes: Range<usize>) -> Self {
        self.place = Some(Box::new(Place { text: text.into(), bytes }));
        self
    }

    /// Keeps the error underneath, shown after "caused by".
    #[must_use]
    pub fn source(mut self, source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// Puts what was being done in front of the message.
    #[must_use]
    pub fn context(mut self, doing: impl fmt::Display) -> Self {
        self.message = format!("{doing}: {}", self.message);
        self
    }

    /// The same error once more, without its cause: for a failure found once and met again.
    #[must_use]
    pub fn again(&self) -> Self {
        let (message, hint, place) = (self.message.clone(), self.hint.clone(), self.place.clone());
        Error { kind: self.kind, message, hint, place, source: None }
    }

    /// What kind of failure this is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The message without hint or cause.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// Where in what was typed it is.
    pub fn place(&self) -> Option<&Place> {
        self.place.as_deref()
    }

    /// What the user can do about it.
    pub fn hint_text(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// An I/O failure while doing something to a path: a full disk and a read-only folder get the
    /// words a person would use for them.
    pub fn io(doing: impl fmt::Display, path: &std::path::Path, error: std::io::Error) -> Self {
        use std::io::ErrorKind::{NotFound, PermissionDenied, ReadOnlyFilesystem, StorageFull};
        let path = path.display();
        match error.kind() {
            StorageFull => Error::failure(format!("{doing} {path}: the disk is full"))
                .hint("free some space and run the command again; nothing that was saved is lost"),
            PermissionDenied | ReadOnlyFilesystem => Error::failure(format!("{doing} {path}: {error}"))
                .hint("make the folder writable, or choose another with --data-dir"),
            NotFound => Error::not_found(format!("{doing} {path}: no such file or folder")),
            _ => Error::failure(format!("{doing} {path}: {error}")),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn StdError + 'static))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_distinct_and_never_zero() {
        let mut codes: Vec<u8> = Kind::ALL.iter().map(|kind| kind.exit_code()).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), Kind::ALL.len());
        assert!(!codes.contains(&0));
    }
}
