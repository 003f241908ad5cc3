//! The only writer: results on stdout, everything else on stderr.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Arc;

use serde::Serialize;

use super::error::Failure;
use super::options::{Format, OutputOptions};
use crate::report::{Event, Reporter};

/// The version of the JSON output.
const JSON_VERSION: u32 = 1;
/// Clears a terminal, and goes to its beginning.
// See: ECMA-48, ED and CUP
const CLEAR: &str = "\u{1b}[2J\u{1b}[H";

/// Prints what a person, or a program, gets to see.
#[derive(Clone, Copy)]
pub struct Ui {
    format: Format,
    quiet: bool,
}

impl Ui {
    pub fn new(options: &OutputOptions) -> Self {
        Self { format: options.format, quiet: options.quiet }
    }

    /// Prints a result: the text for people, the value for programs.
    pub fn result(&self, text: &str, value: &impl Serialize) {
        let line = match self.format {
            Format::Text => text.trim_end().to_owned(),
            Format::Json => json(value),
        };
        // A reader that went away ends the output, not the work.
        let _ = writeln!(io::stdout(), "{line}");
    }

    /// Prints what programs get to see of something that failed; people read the failure.
    pub fn failed_result(&self, value: &impl Serialize) {
        if self.format == Format::Json {
            self.result("", value);
        }
    }

    /// Prints a result in place of the one before: on a terminal that is cleared, otherwise it follows.
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

    /// Prints a failure.
    pub fn failure(&self, failure: &Failure) {
        self.error_line(&failure.text());
    }

    /// Returns where the library sends its events.
    pub fn reporter(&self) -> Arc<dyn Reporter> {
        Arc::new(*self)
    }

    fn error_line(self, line: &str) {
        let _ = writeln!(io::stderr(), "{line}");
    }
}

fn json(value: &impl Serialize) -> String {
    let mut object = serde_json::Map::new();
    object.insert("version".to_owned(), JSON_VERSION.into());
    object.insert("result".to_owned(), serde_json::to_value(value).unwrap_or_default());
    serde_json::Value::Object(object).to_string()
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

/// Returns a number of bytes as people read it.
pub fn bytes(count: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut unit = "bytes";
    for larger in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    if unit == "bytes" { format!("{count} bytes") } else { format!("{value:.1} {unit}") }
}
