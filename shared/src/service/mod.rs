//! The rules of the product, one file per area. Services do not depend on HTTP, dialects, wire formats or the store's
//! keys. `tests/layers.rs` checks their imports.

pub mod accounts;
pub mod api_keys;
pub mod assistants;
pub mod balance;
pub mod browser_sessions;
mod callers;
pub mod conversations;
pub mod deliveries;
pub mod dispatch;
pub mod embedding;
pub mod files;
pub mod format;
pub mod health;
pub mod idempotency;
pub mod indexing;
pub mod jwt;
pub mod limits;
pub mod logins;
pub mod notifications;
pub mod realtime;
pub mod recovery;
pub mod retrieval;
mod retry;
pub mod sweeper;
pub mod toolbox;
pub mod tools;
pub mod turns;
pub mod users;
pub mod webhooks;

use crate::{
    blobs::Blobs,
    clock::Clock,
    config::Config,
    domain::{Error, models::Models, time::Timestamp},
    entropy::Entropy,
    extraction::Extractor,
    gateway::Gateway,
    model::{ChatModel, Embeddings},
    outbound::{Outbound, Resolver},
    password::Passwords,
    queue::Queues,
    search::Search,
    secrets::Keyring,
    store::Store,
};
use accounts::Accounts;
use api_keys::ApiKeys;
use assistants::Assistants;
use balance::Balances;
use conversations::Conversations;
use deliveries::Deliveries;
use dispatch::Dispatch;
use embedding::Embedder;
use files::Files;
use format::{FrameFormat, WebhookFormat};
use health::Health;
use indexing::Indexing;
use jwt::JwtSigner;
use limits::Limits;
use logins::Logins;
use notifications::Notifications;
use realtime::Realtime;
use recovery::Recovery;
use retrieval::Retrieval;
use std::{ops::Deref, sync::Arc};
use sweeper::Sweeper;
use toolbox::ToolRunner;
use tools::Tools;
use turns::{ContextLimits, Turns};
use users::Users;
use webhooks::Webhooks;

/// The dependencies of all services. [`Builder`](crate::builder::Builder) has defaults.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The contents of files.
    pub blobs: Blobs,
    /// Queues for delayed work.
    pub queues: Queues,
    /// Open WebSocket connections.
    pub gateway: Gateway,
    /// Encodes frames for those connections.
    pub frames: Arc<dyn FrameFormat>,
    /// Encodes requests to webhooks.
    pub webhooks: Arc<dyn WebhookFormat>,
    /// The keys that sign tokens.
    pub keyring: Arc<dyn Keyring>,
    /// The chat model.
    pub model: Arc<dyn ChatModel>,
    /// Makes vectors of passages and questions, if the operator wants that.
    pub embeddings: Option<Embeddings>,
    /// Resolves the host names in addresses that users enter.
    pub resolver: Arc<dyn Resolver>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub passwords: Passwords,
    /// Reads the text of files.
    pub extractor: Extractor,
}

/// The dependencies of most services.
#[derive(Clone)]
pub struct Deps {
    /// The database.
    pub store: Arc<Store>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
}

/// All services of one deployment. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<All>);

/// The services by area.
pub struct All {
    /// Registration.
    pub accounts: Accounts,
    /// Reading and changing users after registration.
    pub users: Users,
    /// Signing in and out, and identifying the caller of a request.
    pub logins: Logins,
    /// Credentials for programs.
    pub api_keys: ApiKeys,
    /// Assistants.
    pub assistants: Assistants,
    /// The tools that assistants may use.
    pub tools: Tools,
    /// Calling tools.
    pub tool_runner: ToolRunner,
    /// Uploaded files.
    pub files: Files,
    /// Conversations, and reading their messages.
    pub conversations: Conversations,
    /// Ending turns whose process died.
    pub recovery: Recovery,
    /// The models that users may choose.
    pub models: Arc<Models>,
    /// Sending messages to the model.
    pub turns: Turns,
    /// Webhooks.
    pub webhooks: Webhooks,
    /// Deliveries to webhooks, with retries.
    pub deliveries: Deliveries,
    /// Reading the text of files.
    pub indexing: Indexing,
    /// Fan-out of events.
    pub dispatch: Dispatch,
    /// The tokens that users can spend.
    pub balance: Balances,
    /// Rate limits.
    pub limits: Limits,
    /// Live updates.
    pub realtime: Realtime,
    /// Messages from administrators to all users.
    pub notifications: Notifications,
    /// Removing the data of deleted objects.
    pub sweeper: Sweeper,
    /// Health of the components.
    pub health: Health,
    /// Settings.
    pub config: Config,
    clock: Arc<dyn Clock>,
}

impl All {
    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

impl Deref for Services {
    type Target = All;

    fn deref(&self) -> &All {
        &self.0
    }
}

impl Services {
    /// Builds the services.
    ///
    /// # Errors
    /// `Internal` if a built-in tool breaks the rules for tools, which is a bug.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let Parts {
            config,
            store,
            blobs,
            queues,
            gateway,
            frames,
            webhooks,
            keyring,
            model,
            embeddings,
            resolver,
            clock,
            entropy,
            passwords,
            extractor,
        } = parts;
        let (store, passwords, jwt) = (Arc::new(store), Arc::new(passwords), JwtSigner::new(keyring, clock.clone()));
        let deps = Deps { store: store.clone(), clock: clock.clone(), entropy: entropy.clone() };
        let limits = Limits::new(store.clone(), clock.clone(), &config);
        let balance = Balances::new(deps.clone(), config.prices);
        let context = ContextLimits {
            context_tokens: config.model.context_tokens as usize,
            output_tokens: config.model.max_output_tokens,
        };
        let models = Arc::new(config.model.models.clone());
        let logins = Logins::new(deps.clone(), jwt.clone(), limits.clone(), passwords.clone());
        let files = Files::new(deps.clone(), blobs.clone(), config.files);
        let embedder = embeddings.map(|embeddings| Embedder::new(embeddings, config.min_similarity));
        let reading = (extractor.clone(), embedder.clone());
        let indexing = Indexing::new(deps.clone(), blobs.clone(), reading, queues.indexing);
        let realtime =
            Realtime::new(deps.clone(), logins.clone(), limits.clone(), (gateway, frames), queues.connections);
        let tools = Tools::new(deps.clone())?;
        let outbound = Arc::new(Outbound::new(config.outbound.clone(), resolver));
        let search = config.search.clone().map(|settings| Arc::new(Search::new(settings)));
        let retrieval = Retrieval::new(files.clone(), blobs.clone(), (extractor, embedder), outbound.clone());
        let tool_runner =
            ToolRunner::new(tools.clone(), retrieval.clone(), outbound.clone(), search, deps.entropy.clone());
        let retries = config.webhook_retries.clone();
        let deliveries =
            Deliveries::new(deps.clone(), queues.deliveries.clone(), (outbound, webhooks.clone()), retries);
        Ok(Self(Arc::new(All {
            accounts: Accounts::new(deps.clone(), logins.clone(), passwords.clone(), config.prices),
            users: Users::new(deps.clone(), balance.clone(), passwords, limits.clone()),
            logins,
            api_keys: ApiKeys::new(deps.clone(), jwt),
            assistants: Assistants::new(deps.clone(), tools.clone(), files.clone()),
            tools,
            files,
            conversations: Conversations::new(deps.clone()),
            webhooks: Webhooks::new(deps.clone(), deliveries.clone(), webhooks.clone()),
            dispatch: Dispatch::new(deps.clone(), (deliveries.clone(), realtime.clone(), indexing.clone()), webhooks),
            indexing,
            deliveries,
            notifications: Notifications::new(deps.clone()),
            recovery: Recovery::new(deps.clone()),
            turns: Turns::new(
                deps.clone(),
                balance.clone(),
                (model.clone(), models.clone(), context, config.model.timeout),
                (realtime.clone(), tool_runner.clone(), retrieval),
            ),
            tool_runner,
            models,
            balance,
            realtime,
            sweeper: Sweeper::new(deps.clone(), blobs.clone()),
            health: Health::new(store, blobs, queues.deliveries, model, limits.clone(), clock.clone()),
            limits,
            config,
            clock,
        })))
    }
}
