//! What happens while a command works, as events. The library writes nothing: its caller decides what the operator sees.

mod finding;

pub use finding::{Finding, Severity};

/// Returns the text without control characters, and no longer than that many characters.
pub(crate) fn printable(text: &str, limit: usize) -> String {
    let one_line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = one_line.clone().take(limit).collect();
    if one_line.count() > limit {
        short.push('…');
    }
    short
}

/// Returns an error and its causes, without causes whose text is already part of it.
#[must_use]
pub fn chain(error: &dyn std::error::Error, between: &str) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        if !text.contains(&words) {
            text.push_str(&format!("{between}{words}"));
        }
        cause = next.source();
    }
    text
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A step of the command began or ended; the text is complete ("pushed 12 images").
    Step(String),
    /// Something is not as it should be, but nothing stops because of it.
    Warning(String),
    /// The command waits, and for what.
    Waiting(String),
    /// So many more bytes of the running transfer are done.
    Transferred(u64),
}

/// Receives the events of a command.
pub trait Reporter: Send + Sync {
    /// Takes one event. Called from several tasks at once.
    fn event(&self, event: Event);

    /// Reports a step.
    fn step(&self, text: String) {
        self.event(Event::Step(text));
    }

    /// Reports a warning.
    fn warn(&self, text: String) {
        self.event(Event::Warning(text));
    }
}

/// A reporter that drops every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn event(&self, _: Event) {}
}
