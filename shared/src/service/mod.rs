//! The rules of the product, one file per area. Services know no HTTP, no dialect, no wire format and no key of the
//! store. `tests/layers.rs` checks what they import.

pub mod accounts;
pub mod api_keys;
pub mod assistants;
pub mod balance;
mod callers;
pub mod conversations;
pub mod deliveries;
pub mod dispatch;
pub mod files;
pub mod format;
pub mod health;
pub mod hearing;
pub mod idempotency;
pub mod jwt;
pub mod limits;
pub mod logins;
pub mod notifications;
pub mod realtime;
mod retry;
pub mod sweeper;
pub mod tools;
pub mod turns;
pub mod users;
pub mod webhooks;

use crate::{
    blobs::Blobs,
    clock::Clock,
    config::Config,
    domain::Error,
    entropy::Entropy,
    gateway::Gateway,
    model::ChatModel,
    outbound::{Outbound, Resolver},
    password::Passwords,
    queue::Queues,
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
use files::Files;
use format::{FrameFormat, WebhookFormat};
use health::Health;
use jwt::JwtSigner;
use limits::Limits;
use logins::Logins;
use notifications::Notifications;
use realtime::Realtime;
use std::{ops::Deref, sync::Arc};
use sweeper::Sweeper;
use tools::Tools;
use turns::Turns;
use users::Users;
use webhooks::Webhooks;

/// Everything that the services use. [`Builder`](crate::builder::Builder) has defaults.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The contents of files.
    pub blobs: Blobs,
    /// Work for later.
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
    /// Where the names lead that users give.
    pub resolver: Arc<dyn Resolver>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub passwords: Passwords,
}

/// What most services need.
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
    /// Users after that.
    pub users: Users,
    /// Signing in and out, and who makes a request.
    pub logins: Logins,
    /// Credentials for programs.
    pub api_keys: ApiKeys,
    /// Who answers.
    pub assistants: Assistants,
    /// What they may use.
    pub tools: Tools,
    /// Uploaded files.
    pub files: Files,
    /// Conversations, and reading what was said in them.
    pub conversations: Conversations,
    /// Saying something to the model.
    pub turns: Turns,
    /// Whom we tell what happens.
    pub webhooks: Webhooks,
    /// Telling webhooks, again if need be.
    pub deliveries: Deliveries,
    /// Telling of what happened.
    pub dispatch: Dispatch,
    /// What can be spent.
    pub balance: Balances,
    /// How many requests are too many.
    pub limits: Limits,
    /// Live updates.
    pub realtime: Realtime,
    /// What administrators tell everybody.
    pub notifications: Notifications,
    /// Removing what deleted things left.
    pub sweeper: Sweeper,
    /// Whether everything works.
    pub health: Health,
    /// Settings.
    pub config: Config,
}

impl Deref for Services {
    type Target = All;

    fn deref(&self) -> &All {
        &self.0
    }
}

impl Services {
    /// Puts the services together.
    ///
    /// # Errors
    /// `Internal` when a built-in tool breaks the rules for tools: a bug.
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
            resolver,
            clock,
            entropy,
            passwords,
        } = parts;
        let (store, passwords, jwt) = (Arc::new(store), Arc::new(passwords), JwtSigner::new(keyring, clock.clone()));
        let deps = Deps { store: store.clone(), clock: clock.clone(), entropy: entropy.clone() };
        let limits = Limits::new(store.clone(), clock.clone(), &config);
        let balance = Balances::new(deps.clone(), config.prices);
        let logins = Logins::new(deps.clone(), jwt.clone(), limits.clone(), passwords.clone());
        let files = Files::new(store.clone(), blobs.clone(), clock.clone(), entropy);
        let realtime =
            Realtime::new(deps.clone(), logins.clone(), limits.clone(), (gateway, frames), queues.connections);
        let tools = Tools::new(deps.clone())?;
        let outbound = Arc::new(Outbound::new(config.outbound.clone(), resolver));
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
            dispatch: Dispatch::new(deps.clone(), deliveries.clone(), realtime.clone(), webhooks),
            deliveries,
            notifications: Notifications::new(deps.clone()),
            turns: Turns::new(deps, balance.clone(), model.clone(), realtime.clone()),
            balance,
            realtime,
            sweeper: Sweeper::new(store.clone()),
            health: Health::new(store, blobs, queues.deliveries, model, limits.clone(), clock),
            limits,
            config,
        })))
    }
}
