//! Every decision, one file per area. Services know no HTTP, no dialect and no key of the store.

pub mod accounts;
pub mod balance;
mod callers;
pub mod conversations;
pub mod files;
pub mod health;
pub mod hearing;
pub mod idempotency;
pub mod limits;
pub mod logins;
pub mod tokens;
pub mod turns;

use crate::{
    blobs::Blobs, clock::Clock, config::Config, domain::Error, entropy::Entropy, model::ChatModel, password::Passwords,
    store::Store,
};
use accounts::Accounts;
use balance::Balances;
use conversations::Conversations;
use files::Files;
use health::Health;
use limits::Limits;
use logins::Logins;
use std::{ops::Deref, sync::Arc};
use tokens::Tokens;
use turns::Turns;

/// What the services are built from.
pub struct Parts {
    /// Settings.
    pub config: Config,
    /// The database.
    pub store: Store,
    /// The contents of files.
    pub blobs: Blobs,
    /// The chat model.
    pub model: Arc<dyn ChatModel>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Password hashing.
    pub passwords: Passwords,
}

/// All services of one deployment. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<All>);

/// The services by area.
pub struct All {
    /// Registration.
    pub accounts: Accounts,
    /// Signing in and out, and who makes a request.
    pub logins: Logins,
    /// Conversations, and reading their turns.
    pub conversations: Conversations,
    /// Uploaded files.
    pub files: Files,
    /// Saying something to the model.
    pub turns: Turns,
    /// What can be spent.
    pub balance: Balances,
    /// How many requests are too many.
    pub limits: Limits,
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
    /// When there is no key to sign tokens with.
    pub fn new(parts: Parts) -> Result<Self, Error> {
        let Parts { config, store, blobs, model, clock, entropy, passwords } = parts;
        let (store, passwords) = (Arc::new(store), Arc::new(passwords));
        let limits = Limits::new(store.clone(), clock.clone(), &config);
        let balance = Balances::new(store.clone(), clock.clone(), entropy.clone(), config.prices);
        let logins = Logins::new(
            store.clone(),
            Tokens::new(&config)?,
            limits.clone(),
            passwords.clone(),
            clock.clone(),
            entropy.clone(),
        );
        Ok(Self(Arc::new(All {
            accounts: Accounts::new(
                store.clone(),
                logins.clone(),
                passwords,
                clock.clone(),
                entropy.clone(),
                config.prices,
            ),
            logins,
            conversations: Conversations::new(store.clone(), clock.clone(), entropy.clone()),
            files: Files::new(store.clone(), blobs.clone(), clock.clone(), entropy.clone()),
            turns: Turns::new(store.clone(), balance.clone(), model.clone(), clock.clone(), entropy),
            balance,
            health: Health::new(store, blobs, model, limits.clone(), clock),
            limits,
            config,
        })))
    }
}
