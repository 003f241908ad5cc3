//! The only writer: results on stdout, everything for people that is no result on stderr.
//!
//! With `--format json` a failure is on stdout, too, as the `error` of a document with the same `version` as results: a script
//! that reads stdout gets one document a run either way, and needs no second pipe. Its text stays on stderr, so that a log shows
//! why a script stopped. Each document is one line.

mod output;

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use serde::Serialize;
use serde_json::Value;

use super::failure::Failure;
use super::report::failure;
use crate::report::{Event, Reporter};
pub use output::{Format, OutputOptions};

/// The version of the JSON output.
const JSON_VERSION: u32 = 1;
/// Clears a terminal and moves to its top left corner.
// See: ECMA-48, ED and CUP
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Prints results, failures and events.
#[derive(Clone, Copy)]
pub struct Ui {
    format: Format,
    quiet: bool,
}

impl Ui {
    /// Prints as the options say.
    pub fn new(options: &OutputOptions) -> Self {
        Self { format: options.format, quiet: options.quiet }
    }

    /// Prints a result: the text for people, the value for programs.
    pub fn result(&self, text: &str, value: &impl Serialize) {
        match self.format {
            Format::Text => write_line(text.trim_end()),
            Format::Json => {
                write_line(&document([("result", serde_json::to_value(value).unwrap_or_default())]))
            }
        }
    }

    /// Prints a result in place of the previous one: clears a terminal, and appends to anything else.
    pub fn again(&self, text: &str, value: &impl Serialize) {
        if self.format == Format::Text && io::stdout().is_terminal() {
            let _ = write!(io::stdout(), "{CLEAR}");
        }
        self.result(text, value);
    }

    /// Prints a line beside the result, unless only results are asked for.
    pub fn note(&self, line: &str) {
        if !self.quiet {
            self.error_line(line);
        }
    }

    /// Prints a failure: its text on stderr, and for programs its data on stdout.
    pub fn failure(&self, failure: &Failure) {
        if self.format == Format::Json {
            write_line(&document(failure::json(failure)));
        }
        self.error_line(&failure::text(failure));
    }

    /// Prints for programs why a command line cannot be read. People read it from clap.
    pub fn usage(explained: &impl Serialize) {
        write_line(&document([("error", serde_json::to_value(explained).unwrap_or_default())]));
    }

    /// Returns the receiver of the library's events.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::new(*self)
    }

    fn error_line(self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Writes a line to stdout. A closed pipe ends the output, not the work.
fn write_line(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Returns a JSON document with the version of the output.
fn document(fields: impl IntoIterator<Item = (&'static str, Value)>) -> String {
    let mut object = serde_json::Map::new();
    object.insert("version".to_owned(), JSON_VERSION.into());
    object.extend(fields.into_iter().map(|(name, value)| (name.to_owned(), value)));
    Value::Object(object).to_string()
}

impl Reporter for Ui {
    fn event(&self, event: Event) {
        match event {
            Event::Warning(text) => self.error_line(&format!("warning: {text}")),
            Event::Step(text) if !self.quiet => self.error_line(&text),
            Event::Waiting(text) if !self.quiet => self.error_line(&format!("waiting: {text}")),
            _ => {}
        }
    }
}
