//! The time that waiting takes: the machine's, or in tests one that passes at once.

use std::time::Duration;

use tokio::time::{Instant, sleep};

/// Measures and waits. Clones share one time.
#[derive(Debug, Clone)]
pub(crate) enum Clock {
    System(Instant),
    #[cfg(test)]
    Virtual(std::sync::Arc<std::sync::Mutex<Duration>>),
}

impl Clock {
    /// Returns the machine's clock; it counts from now.
    pub(crate) fn system() -> Self {
        Self::System(Instant::now())
    }

    /// Returns the time since the clock was made.
    pub(crate) fn now(&self) -> Duration {
        match self {
            Self::System(start) => start.elapsed(),
            #[cfg(test)]
            Self::Virtual(now) => *now.lock().expect("a clock"),
        }
    }

    pub(crate) async fn wait(&self, time: Duration) {
        match self {
            Self::System(_) => sleep(time).await,
            #[cfg(test)]
            Self::Virtual(now) => *now.lock().expect("a clock") += time,
        }
    }
}
