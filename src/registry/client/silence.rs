//! A connection is given up when nothing moves on it, however long the whole takes.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::timeout;

/// Notes that bytes move. Clones note the same.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity(Arc<AtomicU64>);

impl Activity {
    pub(crate) fn note(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Nothing moved for so long.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Silent;

/// Works until the end, or until nothing was noted for the limit; at most for twice that long.
pub(crate) async fn unless_silent<T>(
    limit: Duration,
    activity: &Activity,
    work: impl Future<Output = T>,
) -> Result<T, Silent> {
    let mut work = std::pin::pin!(work);
    loop {
        let before = activity.count();
        match timeout(limit, &mut work).await {
            Ok(done) => return Ok(done),
            Err(_) if activity.count() != before => {}
            Err(_) => return Err(Silent),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Duration = Duration::from_millis(2);

    #[tokio::test]
    async fn what_moves_may_take_longer_than_the_limit() {
        let activity = Activity::default();
        let work = async {
            for _ in 0..5 {
                activity.note();
                tokio::time::sleep(LIMIT).await;
            }
        };
        assert_eq!(unless_silent(LIMIT, &activity, work).await, Ok(()));
    }

    #[tokio::test]
    async fn what_does_not_move_is_given_up() {
        let work = std::future::pending::<()>();
        assert_eq!(unless_silent(LIMIT, &Activity::default(), work).await, Err(Silent));
    }
}
