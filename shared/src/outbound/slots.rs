//! Limits how many calls one host gets at once, so that a slow host does not use up the worker that calls others too.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};
use url::Url;
use uuid::Uuid;

/// The maximum number of concurrent calls of one host and port for one user, in one process.
const CALLS_OF_USER: usize = 4;
/// The maximum number of concurrent calls of one host and port for all users, in one process.
const CALLS_OF_HOST: usize = 16;
/// How long a call waits for another one of the same host to end. A host where none ends in this time is slow.
const PATIENCE: Duration = Duration::from_secs(1);
/// Hosts without a call are forgotten when there are more than this many.
const REMEMBERED_MAX: usize = 1_000;

/// The calls of all hosts.
#[derive(Default)]
pub(super) struct HostSlots {
    slots: Mutex<HashMap<(Option<Uuid>, String), Slots>>,
}

/// The calls of one host, of one user or of all.
struct Slots {
    free: Arc<Semaphore>,
    most: usize,
    /// When a call last began.
    taken_at: Instant,
}

/// The right to make one call. Dropping it makes room for another one.
pub struct HostSlot {
    _of_user: OwnedSemaphorePermit,
    _of_host: OwnedSemaphorePermit,
}

/// The host is slow, and has as many calls as it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HostIsBusy;

impl HostSlots {
    /// Waits until the host of `url` has few enough calls. Fails if none of them ended within [`PATIENCE`] since the
    /// last one began.
    pub async fn take(&self, user: Uuid, url: &str) -> Result<HostSlot, HostIsBusy> {
        // The call itself refuses what is no address.
        let host = Url::parse(url).map_or_else(
            |_| url.to_owned(),
            |url| format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default()),
        );
        let of_user = self.one((Some(user), host.clone()), CALLS_OF_USER).await?;
        let of_host = self.one((None, host), CALLS_OF_HOST).await?;
        Ok(HostSlot { _of_user: of_user, _of_host: of_host })
    }

    async fn one(&self, of: (Option<Uuid>, String), most: usize) -> Result<OwnedSemaphorePermit, HostIsBusy> {
        let (free, deadline) = self.of(&of, most);
        let permit = match free.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => match timeout_at(deadline, free.acquire_owned()).await {
                Ok(Ok(permit)) => permit,
                Ok(Err(_)) | Err(_) => return Err(HostIsBusy),
            },
        };
        if let Some(slots) = self.slots.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&of) {
            slots.taken_at = Instant::now();
        }
        Ok(permit)
    }

    /// The free slots, and until when to wait for one.
    fn of(&self, of: &(Option<Uuid>, String), most: usize) -> (Arc<Semaphore>, Instant) {
        let mut all = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() > REMEMBERED_MAX {
            all.retain(|_, slots| slots.free.available_permits() < slots.most);
        }
        let slots = all.entry(of.clone()).or_insert_with(|| Slots {
            free: Arc::new(Semaphore::new(most)),
            most,
            taken_at: Instant::now(),
        });
        (slots.free.clone(), slots.taken_at + PATIENCE)
    }
}
