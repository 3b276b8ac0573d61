//! Access and refresh tokens: JWTs signed with HS256. What they claim is checked here, field by field;
//! whether their sign-in still lives is decided in `logins`.

use crate::{
    config::Config,
    domain::{
        Error,
        ids::{LoginId, UserId},
        time::Timestamp,
    },
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, decode_header, encode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

const ISSUER: &str = "quintet";

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

/// Signs and checks tokens.
#[derive(Clone)]
pub struct Tokens {
    signing: Key,
    /// The key before, still accepted: so the key can be changed while tokens are in use.
    previous: Option<Key>,
}

#[derive(Clone)]
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

impl Tokens {
    /// With the keys of `config`.
    pub fn new(config: &Config) -> Result<Self, Error> {
        let signing = config.jwt_secret.as_ref().ok_or_else(|| Error::internal("JWT_SECRET is not set"))?;
        Ok(Self { signing: Key::new(signing), previous: config.jwt_secret_previous.as_ref().map(Key::new) })
    }

    /// The token that says `claims`. The same claims give the same token.
    pub fn sign(&self, purpose: Purpose, claims: Claims) -> Result<SecretString, Error> {
        let Claims { user, login, jti, issued_at, expires_at } = claims;
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some(self.signing.id.clone());
        let claims = WireClaims {
            iss: ISSUER.to_owned(),
            aud: purpose.audience().to_owned(),
            sub: user.to_string(),
            sid: login.to_string(),
            jti: jti.to_string(),
            iat: issued_at.seconds(),
            exp: expires_at.seconds(),
        };
        Ok(encode(&header, &claims, &self.signing.encoding).map_err(Error::internal)?.into())
    }

    /// What `token` says, if one of our keys signed it for `purpose` and it has not expired at `now`.
    pub fn check(&self, purpose: Purpose, token: &str, now: Timestamp) -> Option<Claims> {
        let kid = decode_header(token).ok()?.kid?;
        let key = [Some(&self.signing), self.previous.as_ref()].into_iter().flatten().find(|key| key.id == kid)?;
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&[purpose.audience()]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The library would ask the machine's clock; ours is injected, and compared without leeway below.
        validation.validate_exp = false;
        let claims = decode::<WireClaims>(token, &key.decoding, &validation).ok()?.claims;
        (now.seconds() < claims.exp).then_some(Claims {
            user: UserId::parse(&claims.sub)?,
            login: LoginId::parse(&claims.sid)?,
            jti: Uuid::try_parse(&claims.jti).ok()?,
            issued_at: Timestamp::from_millis(claims.iat.checked_mul(1000)?),
            expires_at: Timestamp::from_millis(claims.exp.checked_mul(1000)?),
        })
    }
}

impl Tokens {
    /// Bytes that nobody can find out from `nonce` without our key.
    pub fn derive(&self, nonce: &[u8; 32]) -> [u8; 32] {
        Sha256::new_with_prefix(b"quintet derived ")
            .chain_update(self.signing.secret)
            .chain_update(nonce)
            .finalize()
            .into()
    }
}

impl Key {
    fn new(secret: &SecretString) -> Self {
        let bytes = secret.expose_secret().as_bytes();
        let id = Sha256::new_with_prefix(b"quintet key id ").chain_update(bytes).finalize();
        Self {
            id: hex::encode(&id[..8]),
            secret: Sha256::new_with_prefix(b"quintet key secret ").chain_update(bytes).finalize().into(),
            encoding: EncodingKey::from_secret(bytes),
            decoding: DecodingKey::from_secret(bytes),
        }
    }
}
