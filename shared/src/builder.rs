//! Builds the services. The caller supplies what differs: the settings, the backing services and the signing keys.
//! Everything else has the defaults of production.

use crate::{
    blobs::Blobs,
    clock::{Clock, SystemClock},
    config::{Config, ModelProvider, Tables},
    domain::Error,
    entropy::{Entropy, SystemEntropy},
    extraction::Extractor,
    gateway::Gateway,
    model::{ChatModel, Echo, EchoScripts, Embeddings, MaxTokensField, OpenAi, OpenAiSettings},
    outbound::SystemResolver,
    password::{Cost, Passwords},
    queue::Queues,
    secrets::Keyring,
    service::{Parts, Services},
    store::{Store, client::Client},
    wire::{JsonFrames, StandardWebhooks},
};
use aws_config::SdkConfig;
use std::sync::Arc;

/// The maximum number of files whose text is read at the same time.
const READ_AT_ONCE: usize = 2;

/// The AWS services, or their embedded counterparts.
pub struct Backends {
    /// DynamoDB.
    pub database: Client,
    /// The names of its tables.
    pub tables: Tables,
    /// S3.
    pub blobs: Blobs,
    /// SQS.
    pub queues: Queues,
    /// API Gateway's open WebSocket connections.
    pub gateway: Gateway,
}

impl Backends {
    /// The AWS services of the deployment that `config` describes.
    pub fn new(aws: &SdkConfig, config: &Config) -> Self {
        Self {
            database: Client::new(aws),
            tables: config.tables.clone(),
            blobs: Blobs::new(aws, config.bucket_files.clone()),
            queues: Queues::new(aws, &config.queues),
            gateway: Gateway::new(aws, &config.websocket_endpoint),
        }
    }
}

/// Builds [`Services`].
pub struct Builder {
    config: Config,
    backends: Backends,
    keyring: Arc<dyn Keyring>,
    model: Arc<dyn ChatModel>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    cost: Cost,
    hashes_at_once: usize,
    extractor: Option<Extractor>,
}

impl Builder {
    /// Services with the system clock and randomness, the model of `config`, passwords at full cost and one password
    /// hash at a time. Tokens are signed with the keys of `keyring`.
    pub fn new(config: Config, backends: Backends, keyring: Arc<dyn Keyring>) -> Self {
        let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
        let model: Arc<dyn ChatModel> = match config.model.provider.clone() {
            ModelProvider::Echo if config.model.echo_scripts => Arc::new(EchoScripts),
            ModelProvider::Echo => Arc::new(Echo),
            ModelProvider::OpenAi { base_url, api_key } => {
                let settings = OpenAiSettings {
                    base_url,
                    api_key,
                    default_model: config.model.models.default_id().as_str().to_owned(),
                    max_tokens_field: MaxTokensField::Auto,
                    asks_for_usage: true,
                };
                Arc::new(OpenAi::new(settings, clock.clone(), entropy.clone()))
            }
            #[cfg(feature = "bedrock")]
            ModelProvider::Bedrock => {
                Arc::new(crate::model::Bedrock::new(config.model.models.default_id().as_str().to_owned(), None))
            }
        };
        Self {
            config,
            backends,
            keyring,
            model,
            clock,
            entropy,
            cost: Cost::Standard,
            hashes_at_once: 1,
            extractor: None,
        }
    }

    /// Uses another model.
    pub fn model(self, model: Arc<dyn ChatModel>) -> Self {
        Self { model, ..self }
    }

    /// Uses another clock.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Uses another source of randomness.
    pub fn entropy(self, entropy: Arc<dyn Entropy>) -> Self {
        Self { entropy, ..self }
    }

    /// Hashes passwords with another cost.
    pub fn password_cost(self, cost: Cost) -> Self {
        Self { cost, ..self }
    }

    /// Reads the text of files with another extractor than this program.
    pub fn extractor(self, extractor: Extractor) -> Self {
        Self { extractor: Some(extractor), ..self }
    }

    /// Computes up to `hashes_at_once` password hashes concurrently.
    pub fn hashes_at_once(self, hashes_at_once: usize) -> Self {
        Self { hashes_at_once, ..self }
    }

    /// Builds the services.
    ///
    /// # Errors
    /// As [`Services::new`] and [`Passwords::new`].
    pub fn build(self) -> Result<Services, Error> {
        let Self { config, backends, keyring, model, clock, entropy, cost, hashes_at_once, extractor } = self;
        let extractor = match extractor {
            Some(extractor) => extractor,
            None => Extractor::new(std::env::current_exe().map_err(Error::internal)?, READ_AT_ONCE),
        };
        let embeddings = config.embeddings.clone();
        let embeddings = embeddings.map(|settings| Embeddings::new(settings, clock.clone(), entropy.clone()));
        let Backends { database, tables, blobs, queues, gateway } = backends;
        Services::new(Parts {
            store: Store::new(database, tables, entropy.clone()),
            blobs,
            queues,
            gateway,
            frames: Arc::new(JsonFrames),
            webhooks: Arc::new(StandardWebhooks),
            keyring,
            model,
            embeddings,
            resolver: Arc::new(SystemResolver),
            passwords: Passwords::new(cost, hashes_at_once, entropy.clone())?,
            clock,
            entropy,
            config,
            extractor,
        })
    }
}
