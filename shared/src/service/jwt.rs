//! Access and refresh tokens: JWTs signed with HS256. Their claims are checked here, field by field. `logins` checks
//! whether their sign-in is still valid.

use crate::{
    clock::Clock,
    domain::{
        Error,
        ids::{LoginId, UserId},
        time::Timestamp,
    },
    log::Causes,
    secrets::{Keyring, SigningKeys},
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::timeout;
use uuid::Uuid;

const ISSUER: &str = "quintet";
/// How many bytes of a key's hash form its id.
const ID_BYTES: usize = 8;
/// The age at which keys are read again.
const READ_AGAIN: Duration = Duration::from_secs(60 * 60);
/// The delay before another attempt if reading failed.
const TRY_AGAIN: Duration = Duration::from_secs(60);
/// The time limit for reading the keys.
const PATIENCE: Duration = Duration::from_secs(5);
/// The minimum time between two reads because of tokens with unknown keys. It limits the calls that forged tokens
/// cause.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// The purpose of a token. It is the audience, so that a refresh token is never accepted as an access token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Making requests.
    Access,
    /// Getting new access tokens.
    Refresh,
}

impl Purpose {
    const fn audience(self) -> &'static str {
        match self {
            Self::Access => "quintet/access",
            Self::Refresh => "quintet/refresh",
        }
    }
}

/// The claims of a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// The user.
    pub user: UserId,
    /// The sign-in that the token belongs to.
    pub login: LoginId,
    /// The token's own id.
    pub jti: Uuid,
    /// When the token was issued.
    pub issued_at: Timestamp,
    /// When the token expires.
    pub expires_at: Timestamp,
}

/// Signs and checks tokens. Cheap to clone.
#[derive(Clone)]
pub struct JwtSigner(Arc<Inner>);

struct Inner {
    keyring: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    /// Held while keys are read, so that concurrent requests read them once.
    reading: tokio::sync::Mutex<()>,
}

/// The keys that were read, and when.
#[derive(Default)]
struct Known {
    keys: Option<Keys>,
    /// When the keys must be read again.
    due: Option<Timestamp>,
    /// When keys were last read because of a token with an unknown key, and whether that succeeded.
    looked: Option<(Timestamp, bool)>,
}

#[derive(Clone)]
struct Keys {
    signing: Arc<Key>,
    /// The previous key. It is still accepted, so that the key can be replaced while tokens are in use.
    previous: Option<Arc<Key>>,
}

struct Key {
    id: String,
    /// SHA-256 of the key.
    secret: [u8; 32],
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The claims as they are encoded. All are required.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: String,
    sid: String,
    jti: String,
    iat: u64,
    exp: u64,
}

impl JwtSigner {
    /// Reads the keys from `keyring` when they are first needed.
    pub fn new(keyring: Arc<dyn Keyring>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { keyring, clock, known: Mutex::default(), reading: tokio::sync::Mutex::default() }))
    }

    /// Reads the keys, so that the first request does not wait for them.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.keys().await.map(drop)
    }

    /// The keys, read again periodically. Otherwise a replaced key would only be noticed when a token names it.
    async fn keys(&self) -> Result<Keys, Error> {
        let known = self.keys_and_whether_due();
        let Some((keys, is_due)) = known else {
            let _reading = self.0.reading.lock().await;
            return match self.keys_and_whether_due() {
                Some((keys, _)) => Ok(keys),
                None => self.read().await,
            };
        };
        // While another task reads, the keys from before remain in use.
        let Some(_reading) = is_due.then(|| self.0.reading.try_lock().ok()).flatten() else { return Ok(keys) };
        match self.read().await {
            Ok(keys) => Ok(keys),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "the signing keys were not read again");
                self.known().due = Some(self.0.clock.now().plus(TRY_AGAIN));
                Ok(keys)
            }
        }
    }

    /// The key with this id. An unknown key may be new, so the keys are read again.
    async fn key(&self, id: &str) -> Result<Option<Arc<Key>>, Error> {
        let found = self.keys().await?.with_id(id);
        if found.is_some() || !is_id(id) {
            return Ok(found);
        }
        let _reading = self.0.reading.lock().await;
        let now = self.0.clock.now();
        let looked = self.known().looked.filter(|(looked_at, _)| now.since(*looked_at) < LOOK_AGAIN);
        match looked {
            // Another task has read the keys in the meantime.
            Some((_, true)) => Ok(self.keys_and_whether_due().and_then(|(keys, _)| keys.with_id(id))),
            Some((_, false)) => Err(Error::Unavailable("the keys could not be read".into())),
            None => {
                let read = self.read().await;
                self.known().looked = Some((now, read.is_ok()));
                Ok(read?.with_id(id))
            }
        }
    }

    /// Reads the keys. The caller must hold `reading`.
    async fn read(&self) -> Result<Keys, Error> {
        let read = timeout(PATIENCE, self.0.keyring.read()).await;
        let SigningKeys { current, previous } = read.map_err(|error| Error::Unavailable(error.into()))??;
        let previous = previous.as_ref().map(Key::new).map(Arc::new);
        let keys = Keys { signing: Arc::new(Key::new(&current)), previous };
        let due = Some(self.0.clock.now().plus(READ_AGAIN));
        let mut known = self.known();
        (known.keys, known.due) = (Some(keys.clone()), due);
        Ok(keys)
    }

    /// The keys that were read last, and whether they must be read again.
    fn keys_and_whether_due(&self) -> Option<(Keys, bool)> {
        let now = self.0.clock.now();
        let known = self.known();
        Some((known.keys.clone()?, known.due.is_some_and(|due| due <= now)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Signs a token. The same claims and key give the same token.
    pub async fn sign(&self, purpose: Purpose, claims: Claims) -> Result<SecretString, Error> {
        let signing = self.keys().await?.signing;
        let Claims { user, login, jti, issued_at, expires_at } = claims;
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(signing.id.clone());
        let claims = WireClaims {
            iss: ISSUER.to_owned(),
            aud: purpose.audience().to_owned(),
            sub: user.to_string(),
            sid: login.to_string(),
            jti: jti.to_string(),
            iat: issued_at.seconds(),
            exp: expires_at.seconds(),
        };
        Ok(encode(&header, &claims, &signing.encoding).map_err(Error::internal)?.into())
    }

    /// The claims of `token`, if it was signed for `purpose` with a known key and has not expired at `now`.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub async fn check(&self, purpose: Purpose, token: &str, now: Timestamp) -> Result<Option<Claims>, Error> {
        let token = token.trim();
        let Some(kid) = decode_header(token).ok().and_then(|header| header.kid) else { return Ok(None) };
        let key = self.key(&kid).await?;
        Ok(key.and_then(|key| key.claims(purpose, token, now)))
    }

    /// Derives bytes from `nonce` and the signing key. Without the key, they cannot be computed from `nonce`.
    pub async fn derive(&self, nonce: &[u8; 32]) -> Result<Derived, Error> {
        let signing = self.keys().await?.signing;
        Ok(Derived { bytes: signing.derive(nonce), key: signing.id.clone() })
    }

    /// Derives the same bytes again. `None` if their key is no longer known.
    pub async fn derive_again(&self, nonce: &[u8; 32], key: &str) -> Result<Option<[u8; 32]>, Error> {
        Ok(self.key(key).await?.map(|key| key.derive(nonce)))
    }
}

/// Bytes derived with a key.
pub struct Derived {
    /// The bytes.
    pub bytes: [u8; 32],
    /// The id of the key.
    pub key: String,
}

impl Keys {
    fn with_id(&self, id: &str) -> Option<Arc<Key>> {
        [Some(&self.signing), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == id).cloned()
    }
}

/// Whether this has the form of a key's id. Otherwise the keys are not read again.
fn is_id(id: &str) -> bool {
    id.len() == 2 * ID_BYTES && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Key {
    fn claims(&self, purpose: Purpose, token: &str, now: Timestamp) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[purpose.audience()]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library would use the system clock. Expiry is checked below, with the injected clock and without leeway.
        validation.validate_exp = false;
        let claims = decode::<WireClaims>(token, &self.decoding, &validation).ok()?.claims;
        (now.seconds() < claims.exp).then_some(Claims {
            user: UserId::parse(&claims.sub)?,
            login: LoginId::parse(&claims.sid)?,
            jti: Uuid::try_parse(&claims.jti).ok()?,
            issued_at: Timestamp::from_millis(claims.iat.checked_mul(1000)?),
            expires_at: Timestamp::from_millis(claims.exp.checked_mul(1000)?),
        })
    }
}

impl Key {
    fn derive(&self, nonce: &[u8; 32]) -> [u8; 32] {
        Sha256::new_with_prefix(b"quintet derived ").chain_update(self.secret).chain_update(nonce).finalize().into()
    }

    fn new(secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        let id = Sha256::new_with_prefix(b"quintet key id ").chain_update(bytes).finalize();
        Self {
            id: hex::encode(&id[..ID_BYTES]),
            secret: Sha256::new_with_prefix(b"quintet key secret ").chain_update(bytes).finalize().into(),
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
        }
    }
}
