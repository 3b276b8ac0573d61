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

/// The maximum number of concurrent calls of one host and port, in one process.
const CALLS_AT_ONCE: usize = 4;
/// How long a call waits for another one of the same host to end. A host where none ends in this time is slow.
const PATIENCE: Duration = Duration::from_secs(1);
/// Hosts without a call are forgotten when there are more than this many.
const REMEMBERED_MAX: usize = 1_000;

/// The calls of all hosts.
#[derive(Default)]
pub(super) struct HostSlots {
    hosts: Mutex<HashMap<String, Host>>,
}

struct Host {
    slots: Arc<Semaphore>,
    /// When a call last began.
    taken_at: Instant,
}

/// The right to make one call. Dropping it makes room for another one.
pub struct HostSlot {
    _permit: OwnedSemaphorePermit,
}

impl HostSlots {
    /// Waits until the host of `url` has fewer than [`CALLS_AT_ONCE`] calls. `None` if none of them ended within
    /// [`PATIENCE`] since the last one began.
    pub async fn take(&self, url: &Url) -> Option<HostSlot> {
        let name =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        let (slots, deadline) = self.of(&name);
        let permit = match slots.clone().try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => timeout_at(deadline, slots.acquire_owned()).await.ok()?.ok()?,
        };
        if let Some(host) = self.hosts.lock().unwrap_or_else(PoisonError::into_inner).get_mut(&name) {
            host.taken_at = Instant::now();
        }
        Some(HostSlot { _permit: permit })
    }

    /// The slots of a host, and until when to wait for one.
    fn of(&self, name: &str) -> (Arc<Semaphore>, Instant) {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() > REMEMBERED_MAX {
            hosts.retain(|_, host| host.slots.available_permits() < CALLS_AT_ONCE);
        }
        let host = hosts
            .entry(name.to_owned())
            .or_insert_with(|| Host { slots: Arc::new(Semaphore::new(CALLS_AT_ONCE)), taken_at: Instant::now() });
        (host.slots.clone(), host.taken_at + PATIENCE)
    }
}
