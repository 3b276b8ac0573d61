//! What other tasks do becomes visible in tables and storage. Whoever waits for that looks again after each call
//! that ended.

use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::timeout};

/// After this long a test that still waits has failed.
const DEADLINE: Duration = Duration::from_secs(60);

/// Tells that something was done. Cheap to clone.
#[derive(Clone)]
pub struct Progress(Arc<watch::Sender<()>>);

impl Default for Progress {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(())))
    }
}

impl Progress {
    /// Something was done.
    pub fn note(&self) {
        self.0.send_replace(());
    }

    /// Waits until `look` finds something. `what` says in a failure what was waited for.
    pub async fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let mut noted = self.0.subscribe();
        let looking = async {
            loop {
                // Before the look, so that nothing that happens during the look is missed.
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
