//! Time, and what is said of many measurements.

use std::time::{Duration, Instant};

/// Now.
#[expect(clippy::disallowed_methods, reason = "to measure is what this program is for")]
pub fn now() -> Instant {
    Instant::now()
}

/// Measurements of one thing.
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Of these measurements, in any order.
    pub fn new(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        Self(measured)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// What `percent` of the measurements do not exceed, in milliseconds; 0 without measurements.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(0.0, |&duration| millis(duration))
    }

    /// What one half does not exceed, in milliseconds.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// In milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
