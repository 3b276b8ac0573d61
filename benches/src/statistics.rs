//! Time, and statistics of many measurements.

use std::time::{Duration, Instant};

/// The current time.
#[expect(clippy::disallowed_methods, reason = "to measure is what this program is for")]
pub fn now() -> Instant {
    Instant::now()
}

/// Measurements of one thing.
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Creates a sample from measurements in any order.
    pub fn new(mut measured: Vec<Duration>) -> Self {
        measured.sort_unstable();
        Self(measured)
    }

    /// The number of measurements.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// A percentile, in milliseconds: `percent` of the measurements do not exceed it. 0 without measurements.
    pub fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).map_or(0.0, |&duration| millis(duration))
    }

    /// The median, in milliseconds.
    pub fn median(&self) -> f64 {
        self.percentile(50)
    }
}

/// Converts a duration to milliseconds.
pub fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
