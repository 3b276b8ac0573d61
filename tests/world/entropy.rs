//! Deterministic randomness from a counter: each value is different, and every run gives the same values.

use shared::entropy::Entropy;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
pub struct CountedEntropy(AtomicU64);

impl CountedEntropy {
    /// Continues after a generator that was called `count` times.
    pub fn after(count: u64) -> Self {
        Self(count.into())
    }

    /// The number of calls so far.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

impl Entropy for CountedEntropy {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::SeqCst) + 1;
        bytes.fill(0);
        let count = count.to_be_bytes();
        let length = bytes.len().min(count.len());
        let at = bytes.len() - length;
        bytes[at..].copy_from_slice(&count[count.len() - length..]);
    }
}
