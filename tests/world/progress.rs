//! Signals progress, so that a test can wait for work of other tasks. The work becomes visible in tables and storage; a
//! waiting test checks again after each call that ended.

use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// The timeout after which a waiting test fails.
const DEADLINE: Duration = Duration::from_secs(60);

/// Signals that a call ended. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<watch::Sender<()>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl Progress {
    /// Signals progress.
    pub fn note(&self) {
        self.0.send_replace(());
    }

    /// Waits until `look` returns a value. `what` describes it in the failure message.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut noted = self.0.subscribe();
        let looking = async {
            loop {
                // Subscribes before the check, so that no change during the check is missed.
                noted.mark_unchanged();
                if let Some(found) = look() {
                    return found;
                }
                noted.changed().await.unwrap();
            }
        };
        timeout(DEADLINE, looking).await.unwrap_or_else(|_| panic!("waited in vain: {what}"))
    }
}
