//! The open connections. Their number is limited, in all and per address (an IPv6 address by its /64 network). At the
//! limit, a new connection takes the place of the one that has been idle for longest. The bytes that the process holds
//! for clients are limited, too.

use shared::service::limits::Address;
use std::{
    collections::HashMap,
    io,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// The maximum number of connections, if the operating system allows as many open files.
const CONNECTIONS_MAX: usize = 4096;
/// Open files that are not connections of clients: the database, contents of files, calls to receivers.
const OTHER_FILES: usize = 256;
/// The part of all connections that one address may have.
const SHARE_OF_AN_ADDRESS: usize = 2;

/// The maximum number of bytes that the process holds for clients.
const HELD_MAX: usize = 32 * 1024 * 1024;
/// A client that sent or read something this short a time ago is active.
const INACTIVE_AFTER: Duration = Duration::from_secs(1);
/// How long after its handshake a WebSocket counts as idle. Later it belongs to a user: others were closed.
const UPGRADE_IS_IDLE: Duration = Duration::from_secs(15);

/// All open connections. Cheap to clone.
#[derive(Clone)]
pub(super) struct Connections(Arc<Mutex<Open>>);

struct Open {
    limit: usize,
    next: u64,
    all: HashMap<u64, Connection>,
    /// The bytes that the process holds for clients.
    held: usize,
    /// Changes when some of them were freed.
    freed: watch::Sender<()>,
}

struct Connection {
    address: Address,
    status: Status,
}

/// What a connection does. Cheap to clone.
#[derive(Clone)]
pub(super) struct Status(Arc<State>);

struct State {
    connections: Connections,
    requests: Mutex<Requests>,
    evicted: watch::Sender<bool>,
}

struct Requests {
    running: usize,
    has_begun: bool,
    /// When the connection was opened, or its last request ended.
    idle_since: Instant,
    /// When the connection became a WebSocket, if it did.
    upgraded_at: Option<Instant>,
    /// The bytes that the process holds for the client, and when it last sent or read some.
    held: usize,
    active_at: Instant,
}

/// An open connection's entry, which it leaves when this is dropped.
pub(super) struct Place {
    connections: Connections,
    id: u64,
    status: Status,
}

/// A running request.
pub(super) struct Busy(Status);

/// The maximum number of connections. Raises the process's limit of open files as far as it may.
pub(super) fn limit() -> io::Result<usize> {
    let files = rlimit::increase_nofile_limit((CONNECTIONS_MAX + OTHER_FILES) as u64)?;
    let files = usize::try_from(files).unwrap_or(usize::MAX);
    Ok(files.saturating_sub(OTHER_FILES).clamp(1, CONNECTIONS_MAX))
}

impl Connections {
    pub(super) fn new(limit: usize) -> Self {
        Self(Arc::new(Mutex::new(Open { limit, next: 0, all: HashMap::new(), held: 0, freed: watch::Sender::new(()) })))
    }

    /// Adds a connection from `address`. At a limit, the connection that has been idle for longest is closed. If all are
    /// busy, the new one is closed.
    pub(super) fn enter(&self, address: IpAddr) -> Place {
        let address = Address::from(address);
        let status = Status::new(self.clone());
        let mut open = self.open();
        let of_address = open.all.values().filter(|connection| connection.address == address).count();
        let is_full_of_it = of_address >= open.limit.div_ceil(SHARE_OF_AN_ADDRESS);
        if is_full_of_it || open.all.len() >= open.limit {
            let candidates = open.all.values().filter(|connection| !is_full_of_it || connection.address == address);
            let idle = candidates.filter_map(|connection| Some((connection.status.idle_since()?, &connection.status)));
            let longest = idle.min_by_key(|(since, _)| *since).map_or(&status, |(_, longest)| longest);
            longest.evict();
        }
        let id = open.next;
        open.next += 1;
        open.all.insert(id, Connection { address, status: status.clone() });
        Place { connections: self.clone(), id, status }
    }

    /// Counts bytes that are held for a client. If there are too many, the connection is closed whose client has sent and
    /// read nothing for longest.
    fn hold(&self, bytes: usize) {
        let mut open = self.open();
        open.held += bytes;
        if open.held > HELD_MAX {
            open.evict_inactive();
        }
    }

    fn release(&self, bytes: usize) {
        let mut open = self.open();
        open.held -= bytes;
        open.freed.send_replace(());
    }

    /// Completes when more bytes may be received. `None` if they may be now. Otherwise the connection is closed whose
    /// client has sent and read nothing for longest.
    fn room(&self) -> Option<impl Future<Output = ()> + use<>> {
        let open = self.open();
        if open.held <= HELD_MAX {
            return None;
        }
        open.evict_inactive();
        let (mut freed, connections) = (open.freed.subscribe(), self.clone());
        Some(async move { while freed.changed().await.is_ok() && connections.open().held > HELD_MAX {} })
    }

    fn open(&self) -> MutexGuard<'_, Open> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Open {
    /// Closes the connection whose client has sent and read nothing for longest, although the process holds bytes for it.
    fn evict_inactive(&self) {
        let holding = self.all.values().map(|connection| &connection.status);
        let inactive = holding.filter_map(|status| Some((status.holds_since()?, status)));
        let inactive = inactive.filter(|(since, _)| since.elapsed() > INACTIVE_AFTER);
        if let Some((_, longest)) = inactive.min_by_key(|(since, _)| *since) {
            longest.evict();
        }
    }
}

impl Place {
    pub(super) fn status(&self) -> Status {
        self.status.clone()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.connections.open().all.remove(&self.id);
    }
}

impl Status {
    fn new(connections: Connections) -> Self {
        let now = Instant::now();
        let requests =
            Requests { running: 0, has_begun: false, idle_since: now, upgraded_at: None, held: 0, active_at: now };
        Self(Arc::new(State { connections, requests: Mutex::new(requests), evicted: watch::Sender::new(false) }))
    }

    /// Notes that a request begins. It runs until the result is dropped.
    pub(super) fn begin(&self) -> Busy {
        let mut requests = self.requests();
        requests.running += 1;
        requests.has_begun = true;
        Busy(self.clone())
    }

    /// Whether the head of a request has arrived.
    pub(super) fn has_begun(&self) -> bool {
        self.requests().has_begun
    }

    /// Notes that the connection becomes a WebSocket.
    pub(super) fn upgrade(&self) {
        self.requests().upgraded_at = Some(Instant::now());
    }

    /// Completes when the connection must make room for another.
    pub(super) async fn evicted(self) {
        // The sender lives as long as this status.
        drop(self.0.evicted.subscribe().wait_for(|is_evicted| *is_evicted).await);
    }

    fn evict(&self) {
        self.0.evicted.send_replace(true);
    }

    fn is_evicted(&self) -> bool {
        *self.0.evicted.borrow()
    }

    /// Counts `bytes` that are held for the client.
    pub(super) fn hold(&self, bytes: usize) {
        let mut requests = self.requests();
        requests.held += bytes;
        requests.active_at = Instant::now();
        drop(requests);
        self.0.connections.hold(bytes);
    }

    /// `bytes` are no longer held for the client.
    pub(super) fn release(&self, bytes: usize) {
        let mut requests = self.requests();
        requests.held -= bytes;
        requests.active_at = Instant::now();
        drop(requests);
        self.0.connections.release(bytes);
    }

    /// Completes when more bytes may be received. `None` if they may be now.
    pub(super) fn room(&self) -> Option<impl Future<Output = ()> + use<>> {
        self.0.connections.room()
    }

    /// The client read a part of what is held for it.
    pub(super) fn progress(&self) {
        self.requests().active_at = Instant::now();
    }

    /// Since when the connection could be closed to make room.
    fn idle_since(&self) -> Option<Instant> {
        let requests = self.requests();
        let is_idle = !self.is_evicted()
            && requests.running == 0
            && requests.upgraded_at.is_none_or(|at| at.elapsed() < UPGRADE_IS_IDLE);
        is_idle.then_some(requests.idle_since)
    }

    /// Since when the client has sent and read nothing, although the process holds bytes for it.
    fn holds_since(&self) -> Option<Instant> {
        let requests = self.requests();
        (requests.held > 0 && !self.is_evicted()).then_some(requests.active_at)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.0.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Busy {
    /// The connection of the request.
    pub(super) const fn status(&self) -> &Status {
        &self.0
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut requests = self.0.requests();
        requests.running -= 1;
        requests.idle_since = Instant::now();
    }
}
