//! Reports what a wait is waiting for.

use std::time::Duration;

use tokio::time::Instant;

use crate::report::{Event, Reporter};

/// The shortest time between two reports: numbers can change many times a second.
const QUIET: Duration = Duration::from_secs(1);

/// Reports the cause of a wait, without repeating it.
pub(in crate::cluster) struct Progress<'a> {
    reporter: &'a dyn Reporter,
    said: String,
    next: Option<Instant>,
}

impl<'a> Progress<'a> {
    pub(in crate::cluster) fn new(reporter: &'a dyn Reporter) -> Self {
        Self { reporter, said: String::new(), next: None }
    }

    /// Reports what is waited for, unless it is what was reported last, or something was just reported.
    pub(in crate::cluster) fn waiting(&mut self, words: String) {
        let now = Instant::now();
        if self.said != words && self.next.is_none_or(|next| now >= next) {
            self.reporter.event(Event::Waiting(words.clone()));
            (self.said, self.next) = (words, Some(now + QUIET));
        }
    }
}
