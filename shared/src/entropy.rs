//! The source of randomness. It is injected as an [`Entropy`], so that tests control it.

use crate::domain::time::Timestamp;
use uuid::{Builder, Uuid};

/// Returns unpredictable bytes.
pub trait Entropy: Send + Sync {
    /// Fills `bytes` with random bytes.
    fn fill(&self, bytes: &mut [u8]);
}

impl dyn Entropy + '_ {
    /// Returns `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A UUID (version 7) that sorts by `now`.
    pub fn uuid(&self, now: Timestamp) -> Uuid {
        Builder::from_unix_timestamp_millis(now.millis(), &self.bytes()).into_uuid()
    }
}

/// The operating system's random number generator.
#[derive(Debug, Clone, Copy)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
    #[expect(clippy::expect_used, reason = "without randomness nothing that we would issue is safe")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system has no randomness");
    }
}
