//! The keys that sign tokens, and Secrets Manager, which stores them for a deployment.

use crate::{
    aws::{self, CallError},
    domain::Error,
};
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, config::Builder, operation::get_secret_value::GetSecretValueError};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// The minimum length of a key, in bytes.
pub const KEY_MIN: usize = 32;

/// The keys that sign tokens.
#[derive(Clone)]
pub struct SigningKeys {
    /// The key that signs.
    pub current: SecretString,
    /// The previous key. It is still accepted, so that keys can be rotated while tokens are in use.
    pub previous: Option<SecretString>,
}

/// The source of the keys that sign tokens.
pub trait Keyring: Send + Sync {
    /// Reads the current keys.
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>>;
}

/// Keys that do not change while the process runs.
impl Keyring for SigningKeys {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// For functions that verify no tokens. Reading the keys fails.
pub struct NoKeys;

impl Keyring for NoKeys {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async { Err(Error::internal("this function was given no keys")) })
    }
}

/// Reads the secret of Secrets Manager with this name or ARN.
///
/// # Errors
/// `Unavailable` if it cannot be read, or holds no text.
pub async fn read(aws: &SdkConfig, id: String) -> Result<SecretString, Error> {
    let secret = KeySecret::new(aws, id).version("AWSCURRENT").await?;
    secret.ok_or_else(|| Error::Unavailable("the secret holds no text".into()))
}

/// A secret of Secrets Manager. Its latest version is the signing key, and the version before that is the previous
/// key. To rotate the key, store a new value in the secret.
pub struct KeySecret {
    client: Client,
    id: String,
}

impl KeySecret {
    /// Reads the secret with this name or ARN.
    pub fn new(aws: &SdkConfig, id: String) -> Self {
        let limits = aws::time_limits(Duration::from_secs(1), Duration::from_millis(2400));
        Self { client: Client::from_conf(Builder::from(aws).timeout_config(limits).build()), id }
    }

    /// Reads the version with this staging label. `None` if no version has it.
    async fn version(&self, label: &str) -> Result<Option<SecretString>, Error> {
        let read = self.client.get_secret_value().secret_id(&self.id).version_stage(label).send().await;
        match read {
            Ok(value) => Ok(value.secret_string.map(SecretString::from)),
            Err(error)
                if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            // Reports all errors as unavailable: an operator can fix each of them, so a retry may succeed.
            Err(error) => Err(Error::Unavailable(CallError::from(error).into())),
        }
    }
}

impl Keyring for KeySecret {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async {
            // Read in this order, not concurrently: if the key is rotated in between, the same key is read twice, and
            // none is missed.
            let current = self.version("AWSCURRENT").await?.filter(is_long_enough);
            let previous = self.version("AWSPREVIOUS").await?.filter(is_long_enough);
            let missing = || Error::Unavailable(format!("the secret holds no key of at least {KEY_MIN} bytes").into());
            Ok(SigningKeys { current: current.ok_or_else(missing)?, previous })
        })
    }
}

fn is_long_enough(key: &SecretString) -> bool {
    key.expose_secret().len() >= KEY_MIN
}
