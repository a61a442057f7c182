//! What came of a command, with everything about it in the message when it was not what was expected.

use serde_json::Value;
use std::fmt;
use std::process::{Command, Output};

/// What a command printed, and how it ended.
pub(crate) struct Outcome {
    command: String,
    code: Option<i32>,
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

impl Outcome {
    pub(crate) fn new(command: &Command, output: Output) -> Outcome {
        let words: Vec<_> = std::iter::once(command.get_program())
            .chain(command.get_args())
            .map(|word| word.to_string_lossy().chars().take(300).collect::<String>())
            .collect();
        Outcome { command: words.join(" "), code: output.status.code(), stdout: output.stdout, stderr: output.stderr }
    }

    /// Whether it ended well.
    pub(crate) fn succeeded(&self) -> bool {
        self.code == Some(0)
    }

    /// It ended with this code.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Outcome {
        assert_eq!(self.code, Some(code), "{self}");
        self
    }

    /// It ended well.
    #[track_caller]
    pub(crate) fn ok(self) -> Outcome {
        self.code(0)
    }

    /// Standard error is empty.
    #[track_caller]
    pub(crate) fn quiet(self) -> Outcome {
        assert!(self.stderr.is_empty(), "{self}");
        self
    }

    /// Standard error says this.
    #[track_caller]
    pub(crate) fn says(self, words: &str) -> Outcome {
        assert!(self.talk().contains(words), "not said: {words:?}\n{self}");
        self
    }

    /// Standard output, which is UTF-8.
    #[track_caller]
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// Standard error.
    #[track_caller]
    pub(crate) fn talk(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The lines of standard output.
    #[track_caller]
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(str::to_string).collect()
    }

    /// Standard output as exactly one JSON document.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("not one JSON document: {error}\n{self}"))
    }

    /// Standard output as one JSON object a line.
    #[track_caller]
    pub(crate) fn json_lines(&self) -> Vec<Value> {
        let parse = |line: &String| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{self}"));
        self.lines().iter().map(parse).collect()
    }

    /// The array of a list: the document itself, or the array under this name.
    #[track_caller]
    pub(crate) fn array(&self, name: &str) -> Vec<Value> {
        let document = self.json();
        let list = if name.is_empty() { &document } else { &document[name] };
        list.as_array().unwrap_or_else(|| panic!("no array {name:?}\n{self}")).clone()
    }

    /// The error on standard error under `--json`, with nothing on standard output.
    #[track_caller]
    pub(crate) fn error(&self) -> Value {
        assert!(self.stdout.is_empty(), "{self}");
        let document: Value = serde_json::from_slice(&self.stderr)
            .unwrap_or_else(|error| panic!("not an error document: {error}\n{self}"));
        document["error"].clone()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |bytes: &[u8]| String::from_utf8_lossy(bytes).chars().take(4000).collect::<String>();
        write!(
            f,
            "$ {}\n--- status {:?}\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.code,
            show(&self.stdout),
            show(&self.stderr)
        )
    }
}

/// The values of one field.
pub(crate) fn field(items: &[Value], name: &str) -> Vec<String> {
    items
        .iter()
        .map(|item| match &item[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        })
        .collect()
}
