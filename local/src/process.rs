//! The services in this process, on embedded data, with their background work. On AWS, the stream, the queues and the
//! schedules do that work.

use crate::{
    data::{self, Claim, DataLocation},
    durability::Durability,
    embedded::Embedded,
    embedded_gateway::EmbeddedGateway,
    embedded_queue::{EmbeddedQueue, EmbeddedQueues, Rules},
    embedded_s3::EmbeddedS3,
    pump::{Pump, pump},
    secrets, tables,
    websocket::Sockets,
    worker::Worker,
};
use anyhow::{Context, Result, ensure};
use dynoxide::Database;
use shared::{
    aws::{self, EMBEDDED_ENDPOINT},
    blobs::Blobs,
    builder::{Backends, Builder},
    clock::{Clock, SystemClock},
    config::{BUCKET_FILES, Config, QueueUrls, Tables},
    entropy::{Entropy, SystemEntropy},
    gateway::Gateway,
    log::Causes,
    queue::Queues,
    secrets::SigningKeys,
    service::Services,
    store::client::Client,
};
use std::{fs, path::Path, sync::Arc, time::Duration};

/// The maximum number of concurrent deliveries. Most of them wait for receivers. It is bounded so that requests do not
/// wait for the embedded database.
const DELIVERED_AT_ONCE: usize = 128;
/// The maximum number of messages about connections that are handled concurrently.
const CONNECTIONS_AT_ONCE: usize = 8;
/// The maximum number of files that are read concurrently, and how long reading one may take.
const READ_AT_ONCE: usize = 2;
const READING_LIMIT: Duration = Duration::from_secs(300);
/// The pause before the first retry of a call to an embedded service.
const BACKOFF: Duration = Duration::from_millis(10);
/// The interval at which expired rows and the data of deleted objects are removed.
const TIDIED_EVERY: Duration = Duration::from_secs(600);

/// The interval at which turns are looked for whose process died.
const RECOVERED_EVERY: Duration = Duration::from_secs(5);

/// The database with all tables.
const TABLES: &str = "dynamodb.sqlite";
/// The directory of files' contents. It is created after the database.
const FILES: &str = "s3";

/// The services, and everything that supports them in one process.
pub struct Process {
    /// The services.
    pub services: Services,
    /// The backing services that they use.
    pub backing: Backing,
    /// WebSocket connections.
    pub sockets: Sockets,
    pump: Pump,
}

/// Replacements for services of AWS. Cheap to clone.
#[derive(Clone)]
pub struct Backing {
    /// DynamoDB.
    pub tables: Embedded,
    /// S3.
    pub storage: EmbeddedS3,
    /// SQS.
    pub queues: EmbeddedQueues,
    /// The gateway's management API for connections.
    pub gateway: EmbeddedGateway,
    /// The database itself, which [`Backing::tables`] uses.
    pub database: Database,
}

impl Backing {
    /// Leaves all data in the database's file, when the process ends.
    pub async fn end(self) {
        let moved = tokio::task::spawn_blocking(move || self.tables.move_log()).await;
        if let Err(error) = moved.map_err(anyhow::Error::from).flatten() {
            let error: &(dyn std::error::Error + Send + Sync) = error.as_ref();
            tracing::warn!(error = %Causes(error), "the data of the last requests is still in the database's log");
        }
    }
}

impl Process {
    /// Starts all background work. Returns the parts that serve requests.
    pub fn work(self) -> (Services, Backing, Sockets) {
        let Self { services, backing, sockets, pump } = self;
        tokio::spawn(tidy_now_and_then(services.clone(), backing.database.clone()));
        tokio::spawn(recover_now_and_then(services.clone()));
        tokio::spawn(pump.run(services.clone()));
        tokio::spawn(deliver_for_ever(services.clone(), backing.queues.deliveries.clone()));
        let (connections, about) = (backing.queues.connections.clone(), services.clone());
        let worker = Worker::new(connections, CONNECTIONS_AT_ONCE, move |event| realtime::work(about.clone(), event));
        tokio::spawn(async move { worker.run().await });
        tokio::spawn(index_for_ever(services.clone(), backing.queues.indexing.clone()));
        (services, backing, sockets)
    }
}

/// Replaces the queue of deliveries and its function. The queue is lost when the process ends, so it is first filled
/// with all waiting deliveries.
async fn deliver_for_ever(services: Services, queue: EmbeddedQueue) {
    if let Err(error) = services.deliveries.wake_all().await {
        tracing::error!(error = %Causes(&error), "waiting deliveries were not queued");
    }
    let handler = move |event| deliver::deliver(services.clone(), event);
    Worker::new(queue, DELIVERED_AT_ONCE, handler).run().await;
}

/// Replaces the queue of files to read and its function. The queue is lost when the process ends, so it is first filled
/// with all files that wait.
async fn index_for_ever(services: Services, queue: EmbeddedQueue) {
    if let Err(error) = services.indexing.wake_all().await {
        tracing::error!(error = %Causes(&error), "files that are to be read were not queued");
    }
    let handler = move |event| index::index(services.clone(), event);
    Worker::new(queue, READ_AT_ONCE, handler).patience(READING_LIMIT).run().await;
}

/// Replaces the schedule of the janitor and DynamoDB's removal of expired rows.
async fn tidy_now_and_then(services: Services, database: Database) {
    loop {
        let expiring = database.clone();
        match tokio::task::spawn_blocking(move || expiring.sweep_ttl()).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) => tracing::warn!(error = %Causes(&error), "expired rows were not removed"),
            Err(error) => tracing::warn!(error = %Causes(&error), "expired rows were not removed"),
        }
        if let Err(error) = janitor::tidy(services.clone()).await {
            tracing::warn!(error = %Causes(&error), "the data of deleted objects was not removed");
        }
        tokio::time::sleep(TIDIED_EVERY).await;
    }
}

/// Ends the turns of an earlier process soon after the start.
async fn recover_now_and_then(services: Services) {
    loop {
        if let Err(error) = services.recovery.end_abandoned().await {
            tracing::warn!(error = %Causes(&error), "turns whose process died were not ended");
        }
        tokio::time::sleep(RECOVERED_EVERY).await;
    }
}

/// Opens the services on the data at `place`. The first start creates the data. Without a claim to it, data of an older
/// version stays as it is, because another process may be working on it.
///
/// # Errors
/// If the data does not fit this version.
pub fn open(place: &DataLocation, config: Config, claim: Option<&Claim>) -> Result<Process> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    place.create()?;
    let (database, durability) = match place {
        DataLocation::Memory(_) => (Database::memory()?, Durability::none()),
        DataLocation::Directory(directory) => open_directory(directory)?,
    };
    match claim {
        Some(_) => tables::upgrade(&database)?,
        None => tables::create(&database)?,
    }
    let files = place.directory().join(FILES);
    data::create_private(&files)?;
    let current = match (config.jwt_secret.clone(), place) {
        (Some(key), _) => key,
        (None, DataLocation::Memory(_)) => secrets::new_key(&*entropy).into(),
        (None, DataLocation::Directory(directory)) => secrets::kept_key(directory, &*entropy)?,
    };
    let keys = SigningKeys { current, previous: config.jwt_secret_previous.clone() };
    let at_once = std::thread::available_parallelism().map_or(2, usize::from);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let urls = QueueUrls::default();
    let tables = Tables::default();
    let (feed, pump) = pump(database.clone(), &tables);
    let gateway = EmbeddedGateway::default();
    let backing = Backing {
        tables: Embedded::new(database.clone(), feed, durability),
        storage: EmbeddedS3::new(files, BUCKET_FILES)?,
        queues: EmbeddedQueues::new(&urls, Rules::default(), &clock),
        gateway: gateway.clone(),
        database,
    };
    let aws = aws::embedded(backing.clone(), BACKOFF);
    let backends = Backends {
        // Bypasses the SDK's client, which would take most of the time of a call.
        database: Client::in_process(backing.tables.clone()),
        tables,
        blobs: Blobs::new(&aws, BUCKET_FILES.to_owned()),
        queues: Queues::new(&aws, &urls),
        gateway: Gateway::new(&aws, EMBEDDED_ENDPOINT),
    };
    let services = Builder::new(config, backends, Arc::new(keys)).hashes_at_once(at_once).build()?;
    let sockets = Sockets { services: services.clone(), gateway, clock, entropy };
    Ok(Process { services, backing, sockets, pump })
}

/// Whether a server has worked on `directory`.
pub fn has_data(directory: &Path) -> bool {
    directory.join(TABLES).exists()
}

fn open_directory(directory: &Path) -> Result<(Database, Durability)> {
    let file = directory.join(TABLES);
    let name = file.to_str().with_context(|| format!("{} is not a UTF-8 path", file.display()))?;
    // Without this check, a service whose data was lost would start as a new one.
    let is_empty = fs::metadata(&file).map_or(true, |metadata| metadata.len() == 0);
    let was_used = directory.join(FILES).exists();
    ensure!(!(is_empty && was_used), "{} is missing or empty, although its directory was used before", file.display());
    data::check_format(directory)?;
    // The database holds password hashes. SQLite gives its other files the same permissions.
    data::create_private_file(&file)?;
    let database = Database::new(name).with_context(|| format!("{} cannot be opened", file.display()))?;
    let durability = Durability::of(&database, &file)?;
    Ok((database, durability))
}
