//! Access and refresh tokens: JWTs signed with HS256. What they claim is checked here, field by field;
//! whether their sign-in still lives is decided in `logins`.

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
/// How many bytes of a hash name a key.
const ID_BYTES: usize = 8;
/// How old keys may get before they are read again.
const READ_AGAIN: Duration = Duration::from_secs(60 * 60);
/// When it is tried again if that failed.
const TRY_AGAIN: Duration = Duration::from_secs(60);
/// How long reading them may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often they are read because of tokens of unknown keys: whoever makes such tokens up causes few calls.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a token is for. The audience says it, so that a refresh token is never an access token.
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

/// What a valid token says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claims {
    /// Whose it is.
    pub user: UserId,
    /// The sign-in that it belongs to.
    pub login: LoginId,
    /// Its own id.
    pub jti: Uuid,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// Signs and checks tokens. Cheap to clone.
#[derive(Clone)]
pub struct JwtSigner(Arc<Inner>);

struct Inner {
    keyring: Arc<dyn Keyring>,
    clock: Arc<dyn Clock>,
    known: Mutex<Known>,
    /// Held by whoever reads, so that many requests read once.
    reading: tokio::sync::Mutex<()>,
}

/// What is known of the keys.
#[derive(Default)]
struct Known {
    keys: Option<Keys>,
    /// When they are to be read again.
    due: Option<Timestamp>,
    /// When a token of an unknown key made us look last, and whether that succeeded.
    looked: Option<(Timestamp, bool)>,
}

#[derive(Clone)]
struct Keys {
    signing: Arc<Key>,
    /// The key before, still accepted: so the key can be changed while tokens are in use.
    previous: Option<Arc<Key>>,
}

struct Key {
    id: String,
    /// SHA-256 of the key.
    secret: [u8; 32],
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// The claims on the wire. Every one is required, and of this type.
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
    /// With the keys on `keyring`, which are read when they are needed first.
    pub fn new(keyring: Arc<dyn Keyring>, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner { keyring, clock, known: Mutex::default(), reading: tokio::sync::Mutex::default() }))
    }

    /// Reads the keys, so that the first request need not wait for them.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.keys().await.map(drop)
    }

    /// The keys, read again from time to time: that one was changed is otherwise only seen by a token of it.
    async fn keys(&self) -> Result<Keys, Error> {
        let known = self.keys_and_whether_due();
        let Some((keys, is_due)) = known else {
            let _reading = self.0.reading.lock().await;
            return match self.keys_and_whether_due() {
                Some((keys, _)) => Ok(keys),
                None => self.read().await,
            };
        };
        // Those that are known will do as long as somebody reads.
        let Some(_reading) = is_due.then(|| self.0.reading.try_lock().ok()).flatten() else { return Ok(keys) };
        match self.read().await {
            Ok(keys) => Ok(keys),
            Err(error) => {
                tracing::warn!(error = %Causes(&error), "the keys are not read again yet");
                self.known().due = Some(self.0.clock.now().plus(TRY_AGAIN));
                Ok(keys)
            }
        }
    }

    /// The key with this id. One that is not known may be new.
    async fn key(&self, id: &str) -> Result<Option<Arc<Key>>, Error> {
        let found = self.keys().await?.with_id(id);
        if found.is_some() || !is_id(id) {
            return Ok(found);
        }
        let _reading = self.0.reading.lock().await;
        let now = self.0.clock.now();
        let looked = self.known().looked.filter(|(looked_at, _)| now.since(*looked_at) < LOOK_AGAIN);
        match looked {
            // Somebody else has looked meanwhile.
            Some((_, true)) => Ok(self.keys_and_whether_due().and_then(|(keys, _)| keys.with_id(id))),
            Some((_, false)) => Err(Error::Unavailable("the keys could not be read".into())),
            None => {
                let read = self.read().await;
                self.known().looked = Some((now, read.is_ok()));
                Ok(read?.with_id(id))
            }
        }
    }

    /// Reads the keys; the caller holds `reading`.
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

    /// The keys that are known, and whether it is time to read them again.
    fn keys_and_whether_due(&self) -> Option<(Keys, bool)> {
        let now = self.0.clock.now();
        let known = self.known();
        Some((known.keys.clone()?, known.due.is_some_and(|due| due <= now)))
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that says `claims`. The same claims give the same token.
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

    /// What `token` says, if one of our keys signed it for `purpose` and it has not expired at `now`.
    ///
    /// # Errors
    /// When the keys cannot be read.
    pub async fn check(&self, purpose: Purpose, token: &str, now: Timestamp) -> Result<Option<Claims>, Error> {
        let Some(kid) = decode_header(token).ok().and_then(|header| header.kid) else { return Ok(None) };
        let key = self.key(&kid).await?;
        Ok(key.and_then(|key| key.claims(purpose, token, now)))
    }

    /// Bytes that nobody can find out from `nonce` without our key, and which key that was.
    pub async fn derive(&self, nonce: &[u8; 32]) -> Result<Derived, Error> {
        let signing = self.keys().await?.signing;
        Ok(Derived { bytes: signing.derive(nonce), key: signing.id.clone() })
    }

    /// The same bytes again. `None`: their key is no longer known.
    pub async fn derive_again(&self, nonce: &[u8; 32], key: &str) -> Result<Option<[u8; 32]>, Error> {
        Ok(self.key(key).await?.map(|key| key.derive(nonce)))
    }
}

/// What was derived with a key.
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

/// Whether this looks like an id of one of our keys. Only then are the keys read again.
fn is_id(id: &str) -> bool {
    id.len() == 2 * ID_BYTES && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl Key {
    fn claims(&self, purpose: Purpose, token: &str, now: Timestamp) -> Option<Claims> {
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[purpose.audience()]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library would ask the machine's clock; ours is injected, and compared without leeway below.
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
