//! `quintet serve`: all routers on one port, with the embedded database and storage behind them.

use crate::{
    admin,
    embedded::Embedded,
    embedded_gateway::EmbeddedGateway,
    embedded_queue::{EmbeddedQueue, EmbeddedQueues, Rules},
    embedded_s3::EmbeddedS3,
    pump::{Pump, pump},
    router, secrets, tables,
    websocket::{self, Sockets},
    worker::Worker,
};
use anyhow::{Context, Result};
use axum::{
    Router,
    extract::{ConnectInfo, Request},
    middleware::{Next, from_fn},
};
use dynoxide::Database;
use shared::{
    blobs::Blobs,
    clock::{Clock, SystemClock},
    config::{BUCKET_FILES, Config, ModelProvider, QueueUrls},
    entropy::{Entropy, SystemEntropy},
    gateway::Gateway,
    http::ClientAddress,
    model::Echo,
    outbound::SystemResolver,
    password::{Cost, Passwords},
    queue::Queues,
    secrets::SigningKeys,
    service::{Parts, Services},
    store::{Store, client},
};
use std::{
    error::Error,
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The administrator that settings alone make.
const ROOT: &str = "root";
/// How long requests may still run after the process was asked to end.
const FAREWELL: Duration = Duration::from_secs(10);

/// How many deliveries are tried at the same time: so few that requests need not wait for the embedded database.
const DELIVERED_AT_ONCE: usize = 32;

/// How many messages about connections are worked on at the same time.
const CONNECTIONS_AT_ONCE: usize = 8;
/// How often what deleted things left is removed.
const TIDIED_EVERY: Duration = Duration::from_secs(600);

/// Where data is kept.
pub enum Place {
    /// In files below this directory.
    Directory(PathBuf),
    /// Nowhere, but that the contents of files are in this directory, which is removed in the end.
    Memory(TempDir),
}

/// Serves on `listen` until SIGINT or SIGTERM.
pub async fn run(listen: SocketAddr, place: Place, config: Config) -> Result<()> {
    let Process { services, database, pump, queues, sockets } = open(&place, config)?;
    if let Some(settings) = &services.config.admin {
        let made = admin::create_if_absent(&services, ROOT, &settings.email, &settings.password).await;
        made.context("QUINTET_ADMIN_EMAIL and QUINTET_ADMIN_PASSWORD make no administrator")?;
    }
    tokio::spawn(tidy_now_and_then(services.clone(), database));
    tokio::spawn(pump.run(services.clone()));
    tokio::spawn(deliver_for_ever(services.clone(), queues.deliveries));
    let (connections, about) = (queues.connections, services.clone());
    let worker = Worker::new(connections, CONNECTIONS_AT_ONCE, move |event| realtime::work(about.clone(), event));
    tokio::spawn(async move { worker.run().await });
    let asked_to_end = asked_to_end()?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    println!("Quintet is ready on http://{}", listener.local_addr()?);
    let routes = router(&services).merge(websocket::router(sockets)).layer(from_fn(with_client_address));
    serve(listener, routes, asked_to_end).await
}

/// What on AWS the queue of deliveries and its function do. The queue here does not outlive its process, so it is
/// filled with all that waits first.
async fn deliver_for_ever(services: Services, queue: EmbeddedQueue) {
    if let Err(error) = services.deliveries.wake_all().await {
        tracing::error!(error = &error as &dyn Error, "what waits for delivery is not looked at yet");
    }
    let handler = move |event| deliver::deliver(services.clone(), event);
    Worker::new(queue, DELIVERED_AT_ONCE, handler).run().await;
}

/// What a schedule does on AWS, and DynamoDB by itself: what has expired is removed.
async fn tidy_now_and_then(services: Services, database: Database) {
    loop {
        let expiring = database.clone();
        match tokio::task::spawn_blocking(move || expiring.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = &error as &dyn Error, "what has expired is not removed yet"),
            Err(error) => tracing::warn!(error = &error as &dyn Error, "what has expired is not removed yet"),
        }
        if let Err(error) = janitor::tidy(services.clone()).await {
            tracing::warn!(error = &error as &dyn Error, "what was deleted is not removed yet");
        }
        tokio::time::sleep(TIDIED_EVERY).await;
    }
}

/// Ends with the first SIGINT or SIGTERM. Listens from now on, not only once it is waited for.
#[cfg(unix)]
fn asked_to_end() -> Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Ends with the first Ctrl-C.
#[cfg(not(unix))]
fn asked_to_end() -> Result<impl Future<Output = ()>> {
    Ok(async { drop(tokio::signal::ctrl_c().await) })
}

async fn serve(listener: TcpListener, routes: Router, end: impl Future<Output = ()> + Send + 'static) -> Result<()> {
    let (ending, ended) = tokio::sync::oneshot::channel::<()>();
    let graceful = async move {
        end.await;
        drop(ending);
    };
    let routes = routes.into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(graceful).into_future();
    let impatient = async {
        ended.await.ok();
        tokio::time::sleep(FAREWELL).await;
    };
    // Whoever keeps a connection open after that is not waited for.
    tokio::select! {
        served = serving => Ok(served?),
        () = impatient => Ok(()),
    }
}

/// The services, and what stands around them in one process.
pub struct Process {
    /// The services.
    pub services: Services,
    /// The data.
    pub database: Database,
    /// Tells of what happened.
    pub pump: Pump,
    /// Work for later.
    pub queues: EmbeddedQueues,
    /// WebSocket connections.
    pub sockets: Sockets,
}

/// The services on the data at `place`, made there if this is the first start.
pub fn open(place: &Place, config: Config) -> Result<Process> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let database = match place {
        Place::Memory(_) => Database::memory()?,
        Place::Directory(directory) => open_directory(directory)?,
    };
    tables::create(&database)?;
    let files = match place {
        Place::Memory(temporary) => temporary.path().to_owned(),
        Place::Directory(directory) => directory.join("s3"),
    };
    let storage = EmbeddedS3::new(files, BUCKET_FILES)?;
    let current = match (config.jwt_secret.clone(), place) {
        (Some(key), _) => key,
        (None, Place::Memory(_)) => secrets::new_key(&*entropy).into(),
        (None, Place::Directory(directory)) => secrets::kept_key(directory, &*entropy)?,
    };
    let keys = SigningKeys { current, previous: config.jwt_secret_previous.clone() };
    let at_once = std::thread::available_parallelism().map_or(2, usize::from);
    let ModelProvider::Echo = config.model;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let urls = QueueUrls::default();
    let queues = EmbeddedQueues::new(&urls, Rules::default(), &clock);
    let tables = shared::config::Tables::default();
    let (spout, pump) = pump(database.clone(), tables.outbox.clone());
    let client = client::embedded(Embedded::new(database.clone(), spout), Duration::from_millis(10));
    let store = Store::new(client, tables, entropy.clone());
    let gateway = EmbeddedGateway::default();
    let services = Services::new(Parts {
        store,
        blobs: Blobs::embedded(storage, BUCKET_FILES.to_owned(), Duration::from_millis(10)),
        queues: Queues::embedded(queues.clone(), &urls, Duration::from_millis(10)),
        gateway: Gateway::embedded(gateway.clone(), Duration::from_millis(10)),
        keyring: Arc::new(keys),
        model: Arc::new(Echo),
        resolver: Arc::new(SystemResolver),
        clock: clock.clone(),
        passwords: Passwords::new(Cost::Standard, at_once, entropy.clone())?,
        entropy: entropy.clone(),
        config,
    })?;
    let sockets = Sockets { services: services.clone(), gateway, clock, entropy };
    Ok(Process { services, database, pump, queues, sockets })
}

fn open_directory(directory: &Path) -> Result<Database> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    // It holds password hashes and the signing key.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).with_context(|| format!("{} cannot be used for data", directory.display()))?;
    let file = directory.join("dynamodb.sqlite");
    let name = file.to_str().with_context(|| format!("{} is not a UTF-8 path", file.display()))?;
    Database::new(name).with_context(|| format!("{} cannot be opened", file.display()))
}

async fn with_client_address(
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> axum::response::Response {
    request.extensions_mut().insert(ClientAddress(peer.ip()));
    next.run(request).await
}
