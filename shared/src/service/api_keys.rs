//! API keys: credentials for programs. They remain valid after a change of password and after sign-out. Disabling or
//! deleting the account ends them. A key contains its owner's id and its own, so that one call reads everything needed
//! to check it.

use super::{
    Deps,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Outcome, Run},
    jwt::{Derived, JwtSigner},
    logins::hash,
    retry::Attempt,
};
use crate::{
    clock::Clock,
    domain::{
        Error,
        api_key::ApiKey,
        error::Conflict,
        event::{EventDetails, OutboxEntry},
        ids::{ApiKeyId, UserId},
        list::{ApiKeyField, ListPosition, ListRequest, Listed},
        text::Label,
        time::Timestamp,
        user::{Caller, CallerCredential},
    },
    entropy::Entropy,
    store::{Store, api_keys::StoredKey},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use uuid::Uuid;

/// The prefix of every key.
pub const PREFIX: &str = "qk_";
/// The maximum number of API keys of a user.
const KEYS_MAX: u64 = 50;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// A key as a client sends it: its owner, its id, and 256 random bits.
pub struct Secret {
    /// The owner's id.
    pub user: UserId,
    /// The key's id.
    pub id: ApiKeyId,
    bits: [u8; 32],
}

impl Secret {
    /// Parses `qk_…`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 64] = BASE64_URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX)?).ok()?.try_into().ok()?;
        let (user, rest) = bytes.split_first_chunk::<16>()?;
        let (id, bits) = rest.split_first_chunk::<16>()?;
        Some(Self {
            user: UserId::new(Uuid::from_bytes(*user)),
            id: ApiKeyId::new(Uuid::from_bytes(*id)),
            bits: bits.try_into().ok()?,
        })
    }

    /// Whether this key has the hash `stored`. Both are hashes of 256 random bits, so the duration of the comparison
    /// reveals nothing.
    pub fn fits(&self, stored: &str) -> bool {
        self.hash() == stored
    }

    fn hash(&self) -> String {
        hash(&hex::encode(self.bits))
    }

    fn shown(&self) -> SecretString {
        let bytes = [self.user.uuid().as_bytes(), self.id.uuid().as_bytes(), &self.bits[..]].concat();
        format!("{PREFIX}{}", BASE64_URL_SAFE_NO_PAD.encode(bytes)).into()
    }
}

/// The record of a new key under its idempotency key: enough to derive the same secret again.
#[derive(Serialize, Deserialize)]
struct RecordedKey {
    id: ApiKeyId,
    nonce: String,
    /// The id of the signing key that derived the secret from the nonce.
    #[serde(default)]
    derived_with: String,
    name: Label,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
}

/// A key, and its secret, which is shown once.
type Shown = (ApiKey, SecretString);

/// API keys.
pub struct ApiKeys {
    store: Arc<Store>,
    jwt: JwtSigner,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    idempotency: Idempotency,
}

impl ApiKeys {
    /// Derives the secrets of keys with `jwt`.
    pub fn new(deps: Deps, jwt: JwtSigner) -> Self {
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, jwt, clock, entropy, idempotency }
    }

    /// Creates a key. Only this call returns its secret. The key expires after `days`, if given.
    ///
    /// # Errors
    /// `Forbidden` for a caller with an API key, which could otherwise outlive itself. `Conflict` if the user has 50
    /// keys.
    pub async fn create(
        &self,
        caller: &Caller,
        name: Label,
        days: Option<u32>,
        key: Option<IdempotencyKey>,
    ) -> Result<Shown, Error> {
        if matches!(caller.credential, CallerCredential::ApiKey(_)) {
            return Err(Error::Forbidden);
        }
        let user = caller.user.id;
        let lasts = days.map_or_else(String::new, |days| days.to_string());
        let keyed = key.map(|key| Keyed::new(key, &["api key", name.as_str(), &lasts]));
        match self.idempotency.run(user, keyed, |run| self.try_to_create(user, &name, days, run)).await? {
            Outcome::Done(shown) => Ok(shown),
            Outcome::Repeated(recorded) => self.show_again(user, recorded).await,
        }
    }

    async fn try_to_create(
        &self,
        user: UserId,
        name: &Label,
        days: Option<u32>,
        run: Run,
    ) -> Result<Attempt<Shown>, Error> {
        let now = run.now;
        let nonce: [u8; 32] = self.entropy.bytes();
        let id = ApiKeyId::new(self.entropy.uuid(now));
        let Derived { bytes: bits, key: derived_with } = self.jwt.derive(&nonce).await?;
        let secret = Secret { user, id, bits };
        let expires_at = days.map(|days| now.plus(DAY * days));
        let api_key = ApiKey { id, name: name.clone(), created_at: now, expires_at };
        let (nonce, name) = (hex::encode(nonce), name.clone());
        let record = run.record(&RecordedKey { id, nonce, derived_with, name, created_at: now, expires_at })?;
        let account = self.store.account(user).await?.filter(|account| account.user.is_active);
        let account = account.ok_or(Error::InvalidCredential)?;
        if account.user.api_keys >= KEYS_MAX {
            return Err(Error::Conflict(Conflict::Full { max: KEYS_MAX }));
        }
        let stored = StoredKey { key: api_key.clone(), hash: secret.hash(), key_epoch: account.key_epoch };
        Ok(match self.store.add_api_key(user, stored, KEYS_MAX, record).await? {
            true => Attempt::Done((api_key, secret.shown())),
            // The next attempt finds the reason: a claimed key, the limit of keys, or an account that was disabled or
            // deleted.
            false => Attempt::KeyClaimed,
        })
    }

    async fn show_again(&self, user: UserId, recorded: RecordedKey) -> Result<Shown, Error> {
        let RecordedKey { id, nonce, derived_with, name, created_at, expires_at } = recorded;
        let nonce = hex::decode(nonce).ok().and_then(|nonce| nonce.try_into().ok());
        let nonce = nonce.ok_or_else(|| Error::internal("a recorded API key without a nonce"))?;
        // A signing key that has been replaced twice is no longer available.
        let bits = self.jwt.derive_again(&nonce, &derived_with).await?.ok_or(Error::KeyReused)?;
        Ok((ApiKey { id, name, created_at, expires_at }, Secret { user, id, bits }.shown()))
    }

    /// A user's keys, without their secrets.
    pub async fn list(&self, user: UserId, request: &ListRequest<ApiKeyField>) -> Result<Listed<ApiKey>, Error> {
        let max = usize::try_from(KEYS_MAX).unwrap_or(usize::MAX);
        let place = |key: &ApiKey| match request.sort.field {
            ApiKeyField::CreatedAt => ListPosition::by_time(key.created_at, key.id),
            ApiKeyField::Name => ListPosition::by_text(key.name.as_str(), key.id),
        };
        Ok(Listed::of_all(self.store.api_keys(user, max).await?, request, place))
    }

    /// Deletes a key. The next request with it is refused.
    pub async fn delete(&self, user: UserId, id: ApiKeyId) -> Result<(), Error> {
        let outbox_entry = OutboxEntry::new(user, self.clock.now(), vec![EventDetails::AccessEnded]);
        if self.store.remove_api_key(user, id, &outbox_entry).await? { Ok(()) } else { Err(Error::NotFound) }
    }
}
