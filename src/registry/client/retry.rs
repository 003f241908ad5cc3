//! What failed for a reason that passes is tried again: after a wait that doubles, or the one that the registry asks for,
//! and not without end. A 404 is an answer, and so is a refusal: neither is ever tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::clock::Clock;
use crate::registry::error::RegistryError;

/// Retry policy for a registry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Maximum number of retries.
    pub retries: u32,
    /// The wait before the first repetition; each next one is twice as long. A random part of up to a half is taken off.
    pub first_wait: Duration,
    /// The longest of these waits.
    pub longest_wait: Duration,
    /// How long one request and all its repetitions may take before no further one is made.
    pub total: Duration,
    /// How long no byte may move before a connection is taken for dead.
    pub silence: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            retries: 4,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(20),
            total: Duration::from_secs(120),
            silence: Duration::from_secs(60),
        }
    }
}

impl Patience {
    /// Returns the patience that makes no request a second time.
    #[must_use]
    pub fn none() -> Self {
        Self { retries: 0, ..Self::default() }
    }

    /// Returns the wait before a repetition, counted from 0. `chance` takes off up to a half.
    fn wait(&self, repetition: u32, chance: u64) -> Duration {
        let whole = self.first_wait.saturating_mul(1 << repetition.min(16)).min(self.longest_wait);
        let off = f64::from(u32::try_from(chance % 1000).unwrap_or_default()) / 2000.0;
        whole.mul_f64(1.0 - off)
    }
}

/// The attempts at one thing.
pub(crate) struct Attempts<'a> {
    patience: &'a Patience,
    clock: &'a Clock,
    start: Duration,
    made: u32,
    counted: u32,
}

impl<'a> Attempts<'a> {
    pub(crate) fn new(patience: &'a Patience, clock: &'a Clock) -> Self {
        Self { patience, clock, start: clock.now(), made: 0, counted: 0 }
    }

    /// Makes the attempt again until it is answered, or there is no further one.
    pub(crate) async fn until_answered<T, F>(mut self, attempt: impl Fn() -> F) -> Result<T, RegistryError>
    where
        F: Future<Output = Result<T, RegistryError>>,
    {
        loop {
            match attempt().await {
                Err(error) => self.after(error).await?,
                answered => return answered,
            }
        }
    }

    /// Waits before the next attempt, or returns the error if no attempt is left.
    pub(crate) async fn after(&mut self, error: RegistryError) -> Result<(), RegistryError> {
        self.made += 1;
        if !error.is_transient() || self.patience.retries == 0 {
            return Err(error);
        }
        let wish = error.asks_to_wait();
        let chance = RandomState::new().hash_one(self.made);
        let wait = wish.unwrap_or_else(|| self.patience.wait(self.counted, chance));
        let spent = self.clock.now().saturating_sub(self.start);
        if self.counted == self.patience.retries || spent + wait > self.patience.total {
            return Err(self.give_up(error, spent, wish.filter(|_| self.counted < self.patience.retries)));
        }
        self.counted += 1;
        self.clock.wait(wait).await;
        Ok(())
    }

    /// Resets the count after progress: a transfer that advances is not given up.
    pub(crate) fn moved_on(&mut self) {
        (self.start, self.counted) = (self.clock.now(), 0);
    }

    fn give_up(&self, error: RegistryError, spent: Duration, wish: Option<Duration>) -> RegistryError {
        RegistryError::GaveUp {
            attempts: self.made,
            seconds: spent.as_secs(),
            wish: wish.map(|wish| wish.as_secs()),
            source: Box::new(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_lose_at_most_a_half() {
        let patience = Patience::default();
        let waits: Vec<_> = (0..8).map(|repetition| patience.wait(repetition, 0).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 20000, 20000]);
        assert_eq!(patience.wait(60, 0), patience.longest_wait);
        assert_eq!(patience.wait(0, 999).as_micros(), 250_250);
    }
}
