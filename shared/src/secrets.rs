//! The keys that sign tokens, and Secrets Manager, where a deployment keeps them.

use crate::{
    aws::{self, CallError},
    domain::Error,
};
use aws_config::SdkConfig;
use aws_sdk_secretsmanager::{Client, config::Builder, operation::get_secret_value::GetSecretValueError};
use futures::future::BoxFuture;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;

/// The fewest bytes of a key.
pub const KEY_MIN: usize = 32;

/// The keys that sign tokens.
#[derive(Clone)]
pub struct SigningKeys {
    /// The key that signs.
    pub current: SecretString,
    /// The key before it, still accepted, so that keys can be changed while tokens are in use.
    pub previous: Option<SecretString>,
}

/// Where the keys that sign tokens are.
pub trait Keyring: Send + Sync {
    /// The keys as they are now.
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>>;
}

/// Keys that stay the same as long as the process runs.
impl Keyring for SigningKeys {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async { Ok(self.clone()) })
    }
}

/// For what checks no token.
pub struct NoKeys;

impl Keyring for NoKeys {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async { Err(Error::internal("this function was given no keys")) })
    }
}

/// A secret of Secrets Manager, whose latest version is the key that signs and whose version before that is the
/// previous key. So a key is changed by putting another value into the secret.
pub struct KeySecret {
    client: Client,
    id: String,
}

impl KeySecret {
    /// The secret with this name or ARN.
    pub fn new(aws: &SdkConfig, id: String) -> Self {
        let limits = aws::time_limits(Duration::from_secs(1), Duration::from_millis(2400));
        Self { client: Client::from_conf(Builder::from(aws).timeout_config(limits).build()), id }
    }

    /// The version that a label is on. `None`: it is on none.
    async fn version(&self, label: &str) -> Result<Option<SecretString>, Error> {
        let read = self.client.get_secret_value().secret_id(&self.id).version_stage(label).send().await;
        match read {
            Ok(value) => Ok(value.secret_string.map(SecretString::from)),
            Err(error)
                if error.as_service_error().is_some_and(GetSecretValueError::is_resource_not_found_exception) =>
            {
                Ok(None)
            }
            // Whatever it was: an operator can mend it, so a later try may succeed.
            Err(error) => Err(Error::Unavailable(CallError::from(error).into())),
        }
    }
}

impl Keyring for KeySecret {
    fn read(&self) -> BoxFuture<'_, Result<SigningKeys, Error>> {
        Box::pin(async {
            // One after the other: if the key is changed in between, the same one is read twice, and none is missed.
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
