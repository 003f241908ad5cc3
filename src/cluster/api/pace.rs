//! Requests over time: several at once, or repeated with growing pauses up to a deadline.

use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt, stream};
use tokio::time::{Instant, sleep_until};

const FIRST: Duration = Duration::from_millis(40);
const LONGEST: Duration = Duration::from_millis(500);

/// How many requests are under way at once.
const CONCURRENCY: usize = 8;

/// Runs futures at the same time; returns the results in their order, or the first error.
pub(in crate::cluster) async fn together<T, E>(
    futures: impl IntoIterator<Item = impl Future<Output = Result<T, E>>>,
) -> Result<Vec<T>, E> {
    stream::iter(futures.into_iter().collect::<Vec<_>>()).buffered(CONCURRENCY).try_collect().await
}

/// The pauses of one wait.
#[derive(Debug)]
pub(in crate::cluster) struct Pace {
    start: Instant,
    deadline: Instant,
    step: Duration,
    next: Option<Instant>,
}

impl Pace {
    /// Starts a wait with a limit.
    pub(in crate::cluster) fn within(limit: Duration) -> Self {
        let start = Instant::now();
        Self { start, deadline: start + limit, step: FIRST, next: None }
    }

    /// Waits a little; returns `false`, at once, when the time is up. Dropped and called again, it waits for the same
    /// moment.
    pub(in crate::cluster) async fn again(&mut self) -> bool {
        let now = Instant::now();
        if now >= self.deadline {
            return false;
        }
        sleep_until(*self.next.get_or_insert((now + self.step).min(self.deadline))).await;
        self.next = None;
        self.step = (self.step * 3 / 2).min(LONGEST);
        true
    }

    /// Returns how long this has taken so far.
    pub(in crate::cluster) fn waited(&self) -> Duration {
        self.start.elapsed()
    }

    /// Returns how much time is left.
    pub(in crate::cluster) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn asks_more_than_once_and_ends() {
        let mut pace = Pace::within(Duration::from_millis(120));
        let mut asked = 1;
        while pace.again().await {
            asked += 1;
        }
        assert!((3..=5).contains(&asked), "{asked}");
        assert_eq!(pace.left(), Duration::ZERO);
    }
}
