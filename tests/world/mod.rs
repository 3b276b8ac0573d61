//! A deployment for each test: embedded database and storage, a clock that stands still, counted randomness, and a
//! scripted model. Requests go through the router, made by actors. The service calls the database in this process, as
//! `cargo run` does, or through the SDK, as on AWS.

mod actor;
mod concepts;
mod direct;
pub mod documents;
mod entropy;
mod events;
mod faults;
mod live;
mod model;
mod outage;
mod progress;
mod queues;
mod receiver;
pub mod routes;
mod snapshot;

pub use actor::{Actor, MULTIPART, Reply, multipart};
pub use concepts::ConceptModel;
pub use events::Events;
pub use faults::{Call, Fault, Faults, Moment, Units};
pub use live::{LiveServer, Socket, ticket};
pub use model::{Script, ScriptedModel};
pub use outage::{Answers, S3Outage, TestKeyring};
pub use progress::Progress;
pub use queues::{QueueFault, QueueFaults};
pub use receiver::{Receiver, Request};
pub use snapshot::Snapshot;

use axum::Router;
use direct::Direct;
use dynoxide::{Database, ImportOptions, Item};
use entropy::CountedEntropy;
use futures::stream;
use local::{
    durability::Durability,
    embedded::Embedded,
    embedded_gateway::EmbeddedGateway,
    embedded_queue::{EmbeddedQueues, Rules},
    embedded_s3::EmbeddedS3,
    pump::{Pump, pump},
    router, uploads,
    worker::Worker,
};
use serde_json::{Value, json};
use shared::{
    aws::{self, EMBEDDED_ENDPOINT},
    blobs::Blobs,
    builder::{Backends, Builder},
    clock::Clock,
    config::{BUCKET_FILES, Config, QueueUrls, Tables},
    domain::{Error, file::File, ids::UserId, names::Username, text::NewPassword, time::Timestamp, user::Role},
    extraction::Extractor,
    gateway::Gateway,
    password::Cost,
    queue::Queues,
    service::{
        Services,
        accounts::Registration,
        files::{Offer, Received},
    },
    store::{Store, client::Client},
};
use snapshot::NamedDatabase;
use std::{
    collections::HashMap,
    env, fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::Mutex;

/// 2024-03-13T10:05:00Z, in the middle of a ten-minute block of the limiter.
pub const START: u64 = 1_710_324_300_000;
/// `START` in the format of responses.
pub const NOW: &str = "2024-03-13T10:05:00Z";
/// The password of every user.
pub const PASSWORD: &str = "password123";
/// The SDK's first delay before a retry.
const BACKOFF: Duration = Duration::from_millis(1);
/// The setting with which the service calls the database through the SDK. It is necessary for [`World::faults`]. As an
/// environment variable, it applies to all worlds.
pub const OVER_SDK: (&str, &str) = ("TESTS_USE_SDK", "1");
/// The key that signs tokens.
pub const JWT_SECRET: &str = "a key of tests that is long enough: 0123456789";

/// A clock that stands still until a test moves it. It can be set to panic, because a panic is easy to inject at any
/// request.
pub struct TestClock {
    millis: AtomicU64,
    is_broken: AtomicBool,
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        assert!(!self.is_broken.load(Ordering::SeqCst), "the clock is broken");
        Timestamp::from_millis(self.millis.load(Ordering::SeqCst))
    }
}

/// A deployment.
#[derive(Clone)]
pub struct World {
    /// All routes.
    pub app: Router,
    /// The services behind them.
    pub services: Services,
    /// The database, for direct access to rows.
    pub database: Database,
    data: NamedDatabase,
    client: Client,
    /// Between the SDK and the database, if the service uses the SDK.
    faults: Option<Faults>,
    /// The queues, for taking and processing messages.
    pub queues: EmbeddedQueues,
    /// Faults between the service and the queues.
    pub queue_faults: QueueFaults,
    pump: Arc<Mutex<Pump>>,
    deliveries: Worker,
    /// Open WebSocket connections.
    pub gateway: EmbeddedGateway,
    /// The file storage, which can be made to fail.
    pub s3: S3Outage,
    /// The keys that sign tokens.
    pub keyring: Arc<TestKeyring>,
    /// The model.
    pub model: Arc<ScriptedModel>,
    clock: Arc<TestClock>,
    entropy: Arc<CountedEntropy>,
    settings: HashMap<String, String>,
    storage: Arc<TempDir>,
    progress: Progress,
}

impl World {
    /// Creates a world with default settings, but without rate limits.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// Creates a world with these settings in addition.
    pub fn with(settings: &[(&str, &str)]) -> Self {
        let defaults = [("RATE_LIMIT_API", "0"), ("RATE_LIMIT_AUTH", "0"), ("JWT_SECRET", JWT_SECRET)];
        let settings = defaults.iter().chain(settings).map(|(name, value)| (name.to_string(), value.to_string()));
        let settings: HashMap<_, _> = settings.collect();
        Self::over(
            NamedDatabase::empty(),
            Arc::new(tempfile::tempdir().unwrap()),
            settings.clone(),
            Arc::new(TestClock { millis: AtomicU64::new(START), is_broken: AtomicBool::new(false) }),
            Arc::default(),
            Arc::default(),
            Arc::new(TestKeyring::of(&settings)),
        )
    }

    fn over(
        data: NamedDatabase,
        storage: Arc<TempDir>,
        settings: HashMap<String, String>,
        clock: Arc<TestClock>,
        entropy: Arc<CountedEntropy>,
        model: Arc<ScriptedModel>,
        keyring: Arc<TestKeyring>,
    ) -> Self {
        let tables = Tables::default();
        let database = data.database.clone();
        let (feed, pump) = pump(database.clone(), &tables);
        let progress = Progress::default();
        let embedded = Embedded::new(database.clone(), feed, Durability::none());
        let (name, value) = OVER_SDK;
        let is_over_sdk =
            settings.get(name).is_some_and(|set| set == value) || env::var_os(name).is_some_and(|set| set == value);
        let faults = is_over_sdk.then(|| Faults::new(embedded.clone(), progress.clone()));
        let client = match &faults {
            Some(faults) => Client::new(&aws::embedded(faults.clone(), BACKOFF)),
            None => Client::in_process(Direct::new(embedded, progress.clone())),
        };
        let any_clock: Arc<dyn Clock> = clock.clone();
        let urls = QueueUrls::default();
        let queues = EmbeddedQueues::new(&urls, Rules::default(), &any_clock);
        let gateway = EmbeddedGateway::default();
        let queue_faults = QueueFaults::new(queues.clone());
        let s3 = EmbeddedS3::new(storage.path().to_owned(), BUCKET_FILES).unwrap();
        let storage_for_clients = s3.clone();
        let s3 = S3Outage::new(s3, progress.clone());
        let backends = Backends {
            database: client.clone(),
            tables,
            blobs: Blobs::new(&aws::embedded(s3.clone(), BACKOFF), BUCKET_FILES.to_owned()),
            queues: Queues::new(&aws::embedded(queue_faults.clone(), BACKOFF), &urls),
            gateway: Gateway::new(&aws::embedded(gateway.clone(), BACKOFF), EMBEDDED_ENDPOINT),
        };
        let config = Config::read(|name| settings.get(name).cloned()).unwrap();
        let services = Builder::new(config, backends, keyring.clone())
            .model(model.clone())
            .clock(any_clock)
            .entropy(entropy.clone())
            .password_cost(Cost::Cheap)
            .hashes_at_once(4)
            .extractor(Extractor::new(env!("CARGO_BIN_EXE_function").into(), 2))
            .build()
            .unwrap();
        let app = router(&services).merge(uploads::router(storage_for_clients, &services.config));
        let handler = {
            let services = services.clone();
            move |event| deliver::deliver(services.clone(), event)
        };
        let deliveries = Worker::new(queues.deliveries.clone(), 1, handler);
        let pump = Arc::new(Mutex::new(pump));
        Self {
            app,
            services,
            database,
            data,
            client,
            faults,
            queues,
            queue_faults,
            pump,
            deliveries,
            gateway,
            s3,
            keyring,
            model,
            clock,
            entropy,
            settings,
            storage,
            progress,
        }
    }

    /// The same data with a fresh process: in-memory state is lost, and no fault is planned.
    pub fn restarted(&self) -> Self {
        self.restarted_with(&[])
    }

    /// The same with these settings in addition.
    pub fn restarted_with(&self, settings: &[(&str, &str)]) -> Self {
        let settings = settings.iter().map(|(name, value)| (name.to_string(), value.to_string()));
        Self::over(
            self.data.clone(),
            self.storage.clone(),
            self.settings.clone().into_iter().chain(settings).collect(),
            self.clock.clone(),
            self.entropy.clone(),
            Arc::new(ScriptedModel::default()),
            self.keyring.clone(),
        )
    }

    /// Faults between the service and the database, and the recorded calls. Only for a world with [`OVER_SDK`].
    pub fn faults(&self) -> &Faults {
        self.faults.as_ref().expect("a world with the setting `OVER_SDK`")
    }

    /// Dispatches the events to their subscribers, and makes the deliveries that are due.
    pub async fn settle(&self) {
        loop {
            let told = self.pump.lock().await.run_due(&self.services).await.unwrap();
            if told + self.deliveries.run_due().await + self.work_on_connections().await == 0 {
                return;
            }
        }
    }

    /// Attempts the webhook deliveries that are due.
    pub async fn deliver(&self) {
        self.deliveries.run_due().await;
    }

    /// Advances the clock.
    pub fn pass(&self, time: Duration) {
        self.clock.millis.fetch_add(u64::try_from(time.as_millis()).unwrap(), Ordering::SeqCst);
    }

    /// Waits until `is_so` holds because of calls to the database, the storage or the model.
    pub async fn until(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        self.progress.until(what, || is_so(self).then_some(())).await;
    }

    /// Waits until a user's available balance is no longer `tokens`.
    pub async fn until_no_longer(&self, username: &str, tokens: u64) {
        self.until("a balance changes", |world| world.available(username) != tokens).await;
    }

    /// Whether every message has its reply.
    pub fn is_settled(&self) -> bool {
        let rows = self.rows("sessions");
        let ends_with = |end: &str| rows.iter().filter(|row| row["sk"]["S"].as_str().unwrap().ends_with(end)).count();
        ends_with("#0") == ends_with("#1")
    }

    /// Waits until every message has its reply.
    pub async fn until_settled(&self) {
        self.until("replies are settled", Self::is_settled).await;
    }

    /// Sets whether reading the clock panics from now on.
    pub fn break_clock(&self, is_broken: bool) {
        self.clock.is_broken.store(is_broken, Ordering::SeqCst);
    }

    /// The current time, in milliseconds since 1970.
    pub fn now_millis(&self) -> u64 {
        self.clock.millis.load(Ordering::SeqCst)
    }

    /// An actor without a credential, at 203.0.113.1.
    pub fn anonymous(&self) -> Actor {
        Actor::new(self.app.clone())
    }

    /// Registers a user through the webchat dialect, signed in with the access token from there.
    pub async fn user(&self, username: &str) -> Actor {
        let body = json!({"username": username, "password": PASSWORD, "confirm_password": PASSWORD});
        let reply = self.anonymous().post("/api/v1/auth/register/", body).await;
        assert_eq!(reply.status, 201, "{}", reply.body);
        let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
        let mut actor = self.anonymous().bearing(&text("access"));
        actor.refresh = text("refresh");
        actor
    }

    /// An administrator, signed in through the platform dialect. No route creates administrators.
    pub async fn admin(&self, username: &str) -> Actor {
        let registration = Registration {
            username: Some(Username::parse(username).unwrap()),
            email: None,
            full_name: None,
            password: NewPassword::parse(PASSWORD).unwrap(),
            role: Role::Admin,
        };
        self.services.accounts.register(registration).await.unwrap();
        self.sign_in(username).await
    }

    /// Signs in again, through the platform dialect, as a user who registered before.
    pub async fn sign_in(&self, username: &str) -> Actor {
        let body = json!({"email": username, "password": PASSWORD});
        let reply = self.anonymous().post("/api/v1/auth/login", body).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let mut actor = self.anonymous().bearing(reply.body["access_token"].as_str().unwrap());
        actor.refresh = reply.body["refresh_token"].as_str().unwrap().to_owned();
        actor
    }

    /// All rows of a table, as DynamoDB's JSON: `{"pk": {"S": "…"}, …}`.
    pub fn rows(&self, table: &str) -> Vec<Value> {
        let (mut rows, mut request) = (Vec::new(), json!({"TableName": table}));
        loop {
            let scanned = self.database.scan(serde_json::from_value(request.clone()).unwrap()).unwrap();
            let scanned = serde_json::to_value(scanned).unwrap();
            rows.extend(scanned["Items"].as_array().cloned().unwrap_or_default());
            match &scanned["LastEvaluatedKey"] {
                Value::Null => return rows,
                last => request["ExclusiveStartKey"] = last.clone(),
            }
        }
    }

    /// The row of a user's account, by the name as registered.
    pub fn profile(&self, username: &str) -> Value {
        let mut rows = self.rows("users").into_iter();
        rows.find(|row| row["sk"]["S"] == "profile" && row["username"]["S"] == username).unwrap()
    }

    /// Writes a row directly, bypassing the service.
    pub fn put(&self, table: &str, row: &Value) {
        let request = serde_json::from_value(json!({"TableName": table, "Item": row})).unwrap();
        self.database.put_item(request).unwrap();
    }

    /// Writes many rows at once, bypassing the service.
    pub fn put_many(&self, table: &str, rows: impl IntoIterator<Item = Value>) {
        let rows: Vec<Item> = rows.into_iter().map(|row| serde_json::from_value(row).unwrap()).collect();
        self.database.import_items(table, rows, ImportOptions::default()).unwrap();
    }

    /// The store, for calls that no route makes.
    pub fn store(&self) -> Store {
        Store::new(self.client.clone(), Tables::default(), self.entropy.clone())
    }

    /// A user's UUID, by the name as registered.
    pub fn id_of(&self, username: &str) -> UserId {
        UserId::parse(self.profile(username)["id"]["S"].as_str().unwrap()).unwrap()
    }

    /// Stores a file for a user, bypassing the routes.
    pub async fn keep_file(&self, username: &str, name: &str, content: impl Into<Vec<u8>>) -> File {
        let files = &self.services.files;
        let mut received = Received::new(files, self.id_of(username));
        let offer = Offer { field: "files", name, declared_type: None, max_bytes: u64::MAX };
        let content = stream::iter([Ok::<_, Error>(content.into().into())]);
        received.receive(offer, content).await.unwrap();
        files.keep(received, None).await.unwrap().pop().unwrap()
    }

    /// The directory of the embedded storage.
    pub fn storage(&self) -> PathBuf {
        self.storage.path().to_owned()
    }

    /// The paths of all files in the embedded storage: objects, their metadata, and parts of unfinished uploads.
    pub fn stored(&self) -> Vec<PathBuf> {
        let (mut found, mut directories) = (Vec::new(), vec![self.storage()]);
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(directory).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() { directories.push(path) } else { found.push(path) }
            }
        }
        found.sort();
        found
    }

    /// Waits until the embedded storage holds exactly these files.
    pub async fn until_stored(&self, files: &[PathBuf]) {
        self.until("the storage is cleaned up", |world| world.stored() == files).await;
    }

    /// Waits until the embedded storage is empty.
    pub async fn until_nothing_is_stored(&self) {
        self.until_stored(&[]).await;
    }

    /// A user's available balance, from the row in the database.
    pub fn available(&self, username: &str) -> u64 {
        let user = self.profile(username)["pk"]["S"].clone();
        let rows = self.rows("balances");
        let balance = rows.iter().find(|row| row["pk"]["S"] == user && row["sk"]["S"] == "balance").unwrap();
        balance["available"]["N"].as_str().unwrap().parse().unwrap()
    }
}
