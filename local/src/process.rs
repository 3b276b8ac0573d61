//! The services in this process, on embedded data, and what works behind them: what on AWS the stream, the queues and
//! the schedules do.

use crate::{
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
use anyhow::{Context, Result};
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
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tempfile::TempDir;

/// How many deliveries are tried at the same time: so few that requests need not wait for the embedded database.
const DELIVERED_AT_ONCE: usize = 32;
/// How many messages about connections are worked on at the same time.
const CONNECTIONS_AT_ONCE: usize = 8;
/// The first pause before a call to an embedded service is repeated.
const BACKOFF: Duration = Duration::from_millis(10);
/// How often what deleted things left is removed.
const TIDIED_EVERY: Duration = Duration::from_secs(600);

/// Where data is kept.
pub enum DataLocation {
    /// In files below this directory.
    Directory(PathBuf),
    /// Nowhere, but that the contents of files are in this directory, which is removed in the end.
    Memory(TempDir),
}

/// The services, and what stands around them in one process.
pub struct Process {
    /// The services.
    pub services: Services,
    /// What they are on.
    pub backing: Backing,
    /// WebSocket connections.
    pub sockets: Sockets,
    pump: Pump,
}

/// What on AWS are services of AWS. Cheap to clone.
#[derive(Clone)]
pub struct Backing {
    /// DynamoDB.
    pub tables: Embedded,
    /// S3.
    pub storage: EmbeddedS3,
    /// SQS.
    pub queues: EmbeddedQueues,
    /// The gateway's management of connections.
    pub gateway: EmbeddedGateway,
    /// The database itself, behind [`Backing::tables`].
    pub database: Database,
}

impl Process {
    /// Lets everything work that is not a request. Gives what requests need.
    pub fn work(self) -> (Services, Backing, Sockets) {
        let Self { services, backing, sockets, pump } = self;
        tokio::spawn(tidy_now_and_then(services.clone(), backing.database.clone()));
        tokio::spawn(pump.run(services.clone()));
        tokio::spawn(deliver_for_ever(services.clone(), backing.queues.deliveries.clone()));
        let (connections, about) = (backing.queues.connections.clone(), services.clone());
        let worker = Worker::new(connections, CONNECTIONS_AT_ONCE, move |event| realtime::work(about.clone(), event));
        tokio::spawn(async move { worker.run().await });
        (services, backing, sockets)
    }
}

/// What on AWS the queue of deliveries and its function do. The queue here does not outlive its process, so it is
/// filled with all that waits first.
async fn deliver_for_ever(services: Services, queue: EmbeddedQueue) {
    if let Err(error) = services.deliveries.wake_all().await {
        tracing::error!(error = %Causes(&error), "what waits for delivery is not looked at yet");
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
            Ok(Err(error)) => tracing::warn!(error = %Causes(&error), "what has expired is not removed yet"),
            Err(error) => tracing::warn!(error = %Causes(&error), "what has expired is not removed yet"),
        }
        if let Err(error) = janitor::tidy(services.clone()).await {
            tracing::warn!(error = %Causes(&error), "what was deleted is not removed yet");
        }
        tokio::time::sleep(TIDIED_EVERY).await;
    }
}

/// The services on the data at `place`, made there if this is the first start.
pub fn open(place: &DataLocation, config: Config) -> Result<Process> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let (database, durability) = match place {
        DataLocation::Memory(_) => (Database::memory()?, Durability::none()),
        DataLocation::Directory(directory) => open_directory(directory)?,
    };
    tables::create(&database)?;
    let files = match place {
        DataLocation::Memory(temporary) => temporary.path().to_owned(),
        DataLocation::Directory(directory) => directory.join("s3"),
    };
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
        // Without the SDK's client, which would take most of the time of a call.
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

fn open_directory(directory: &Path) -> Result<(Database, Durability)> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    // It holds password hashes and the signing key.
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).with_context(|| format!("{} cannot be used for data", directory.display()))?;
    let file = directory.join("dynamodb.sqlite");
    let name = file.to_str().with_context(|| format!("{} is not a UTF-8 path", file.display()))?;
    let database = Database::new(name).with_context(|| format!("{} cannot be opened", file.display()))?;
    let durability = Durability::of(&database, &file)?;
    Ok((database, durability))
}
