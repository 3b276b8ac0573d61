//! All settings. Only this module reads the environment. `docs/settings.md` lists the settings.

mod reading;

pub use reading::SettingError;

use crate::{
    aws::EMBEDDED_ENDPOINT,
    domain::{file::MIB, models::Models, money::Prices, webhook::RetrySchedule},
    model::EmbeddingsSettings,
    outbound::{Block, OutboundRules},
    search::SearchSettings,
    secrets::SigningKeys,
    service::files::FileLimits,
};
use reading::{Settings, wrong};
use secrecy::SecretString;
use std::time::Duration;
use url::Url;

/// The operator's settings.
#[derive(Clone)]
pub struct Config {
    /// Requests per minute for each user, or for each address if anonymous; 0 is no limit.
    pub rate_limit_api: u32,
    /// Sign-ins and registrations per minute, for each account and each address; 0 is no limit.
    pub rate_limit_auth: u32,
    /// Tokens for a registration, for a turn, and for refills.
    pub prices: Prices,
    /// Web origins from which browsers may call the API; an empty list switches CORS off.
    pub cors_origins: Vec<String>,
    /// The key that signs access and refresh tokens, if the operator set one.
    pub jwt_secret: Option<SecretString>,
    /// The previous key, still accepted.
    pub jwt_secret_previous: Option<SecretString>,
    /// The secret of Secrets Manager that holds the keys, instead of these settings.
    pub jwt_secret_id: Option<String>,
    /// The models that answer.
    pub model: ModelSettings,
    /// The model that makes vectors of passages and questions, if there is one.
    pub embeddings: Option<EmbeddingsSettings>,
    /// The secret of Secrets Manager that holds its provider's key, instead of a setting.
    pub embeddings_key_secret_id: Option<String>,
    /// The least cosine of a passage that is found by its meaning alone, from 0 to 1.
    pub min_similarity: f32,
    /// The search engine of the tool `web_search`, if there is one.
    pub search: Option<SearchSettings>,
    /// Names of the DynamoDB tables.
    pub tables: Tables,
    /// The endpoint of the WebSocket gateway for sending frames.
    pub websocket_endpoint: String,
    /// URLs of the SQS queues.
    pub queues: QueueUrls,
    /// The name of the S3 bucket that holds uploaded files.
    pub bucket_files: String,
    /// The administrator that `quintet serve` creates at its start.
    pub admin: Option<AdminSettings>,
    /// The password for `quintet create-admin`. Without it, the command prompts for one.
    pub admin_password: Option<SecretString>,
    /// Whether a function streams its responses. Must match the configuration of its gateway.
    pub streams_responses: bool,
    /// What is logged, and in which format.
    pub log: LogSettings,
    /// Which of the addresses that users give may be called.
    pub outbound: OutboundRules,
    /// The proxies that may tell the address of a client, and the scheme and host that it asked for.
    pub trusted_proxies: Vec<Block>,
    /// When webhook deliveries are retried.
    pub webhook_retries: RetrySchedule,
    /// How much space files may take.
    pub files: FileLimits,
}

/// Settings that only the stack of `template.yaml` can supply.
pub const OF_THE_STACK: [&str; 15] = [
    "TABLE_USERS",
    "TABLE_ASSISTANTS",
    "TABLE_TOOLS",
    "TABLE_SESSIONS",
    "TABLE_BALANCES",
    "TABLE_FILES",
    "TABLE_OUTBOX",
    "TABLE_WEBHOOKS",
    "TABLE_CONNECTIONS",
    "TABLE_LIMITS",
    "BUCKET_FILES",
    "QUEUE_DELIVERIES",
    "QUEUE_CONNECTIONS",
    "QUEUE_INDEXING",
    "WEBSOCKET_ENDPOINT",
];

/// The bucket of uploaded files in the embedded S3.
pub const BUCKET_FILES: &str = "files";

/// The models that answer.
#[derive(Debug, Clone)]
pub struct ModelSettings {
    /// Who provides them.
    pub provider: ModelProvider,
    /// The models that users may choose, and the one that answers where none is asked for.
    pub models: Models,
    /// Whether messages to `echo` can be scripts of their answers.
    pub echo_scripts: bool,
    /// The secret of Secrets Manager that holds the provider's key, instead of a setting.
    pub api_key_secret_id: Option<String>,
    /// How long an answer may take.
    pub timeout: Duration,
    /// The length of the context, in tokens.
    pub context_tokens: u32,
    /// The maximum length of an answer, in tokens. `None` for the provider's default.
    pub max_output_tokens: Option<u32>,
}

/// Who provides models.
#[derive(Debug, Clone)]
pub enum ModelProvider {
    /// A fixed sentence without delay, for trying the service without a model.
    Echo,
    /// An endpoint that speaks OpenAI's chat completions.
    OpenAi {
        /// The address of the API.
        base_url: Url,
        /// The key.
        api_key: Option<SecretString>,
    },
    /// Amazon Bedrock, with the credentials of the process.
    #[cfg(feature = "bedrock")]
    Bedrock,
}

/// Names of the DynamoDB tables.
#[derive(Debug, Clone)]
pub struct Tables {
    /// Accounts, sign-ins, names, credentials.
    pub users: String,
    /// Assistants.
    pub assistants: String,
    /// Tools that administrators added.
    pub tools: String,
    /// Conversations and their messages.
    pub sessions: String,
    /// Balances, ledgers, holds, idempotency records.
    pub balances: String,
    /// Metadata of uploaded files. Their content is in the bucket.
    pub files: String,
    /// Events that webhooks and live connections may receive.
    pub outbox: String,
    /// Webhooks and their deliveries.
    pub webhooks: String,
    /// Authenticated WebSocket connections and tickets to connect.
    pub connections: String,
    /// Counters of recent requests.
    pub limits: String,
}

impl Default for Tables {
    /// The names of the resources in the template, which the embedded database uses.
    fn default() -> Self {
        let name = str::to_owned;
        Self {
            users: name("users"),
            assistants: name("assistants"),
            tools: name("tools"),
            sessions: name("sessions"),
            balances: name("balances"),
            files: name("files"),
            outbox: name("outbox"),
            webhooks: name("webhooks"),
            connections: name("connections"),
            limits: name("limits"),
        }
    }
}

/// URLs of the SQS queues.
#[derive(Debug, Clone)]
pub struct QueueUrls {
    /// Webhook deliveries that are due.
    pub deliveries: String,
    /// Work for WebSocket connections that is due later.
    pub connections: String,
    /// Files whose text is to be read.
    pub indexing: String,
}

impl Default for QueueUrls {
    /// The URLs of the embedded queues.
    fn default() -> Self {
        let urls = ["deliveries", "connections", "indexing"]
            .map(|name| format!("http://embedded.invalid/000000000000/{name}"));
        let [deliveries, connections, indexing] = urls;
        Self { deliveries, connections, indexing }
    }
}

/// An administrator to create.
#[derive(Clone)]
pub struct AdminSettings {
    /// The e-mail address.
    pub email: String,
    /// The password.
    pub password: SecretString,
}

/// What is logged, and in which format.
#[derive(Debug, Clone)]
pub struct LogSettings {
    /// A level (`error`, `warn`, `info`, `debug`, `trace`) or a list of `target=level`.
    pub level: String,
    /// One JSON object per line instead of text.
    pub json: bool,
}

impl Config {
    /// Reads the settings from the process's environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env() -> Result<Self, SettingError> {
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings of a function on AWS from the environment.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
    pub fn from_env_on_aws() -> Result<Self, SettingError> {
        Self::read_on_aws(|name| std::env::var(name).ok())
    }

    /// Like [`Config::read`], but without defaults for the settings that only the stack can supply.
    pub fn read_on_aws(look_up: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let is_there = |name: &str| look_up(name).is_some_and(|value| !value.trim().is_empty());
        match OF_THE_STACK.into_iter().find(|name| !is_there(name)) {
            Some(name) => Err(SettingError::missing(name)),
            None => Self::read(look_up),
        }
    }

    /// Whether a gateway is in front of this service. It has another host for live connections.
    pub fn has_gateway(&self) -> bool {
        self.websocket_endpoint != EMBEDDED_ENDPOINT
    }

    /// The address of live connections. `here` is the address of this service, where the embedded gateway is.
    pub fn websocket_url(&self, here: &str) -> String {
        let address = match self.has_gateway() {
            true => self.websocket_endpoint.clone(),
            false => format!("{here}/ws"),
        };
        address.strip_prefix("http").map_or_else(String::new, |rest| format!("ws{rest}"))
    }

    /// The keys that sign tokens, if the settings contain them.
    pub fn signing_keys(&self) -> Option<SigningKeys> {
        let current = self.jwt_secret.clone()?;
        Some(SigningKeys { current, previous: self.jwt_secret_previous.clone() })
    }

    /// Reads settings from `look_up`; an empty value counts as absent.
    pub fn read(look_up: impl Fn(&str) -> Option<String>) -> Result<Self, SettingError> {
        let settings = Settings(|name: &str| look_up(name).filter(|value| !value.trim().is_empty()));
        let (tables, queues) = (Tables::default(), QueueUrls::default());
        let log_format = settings.text("LOG_FORMAT", "text");
        let json = match log_format.as_str() {
            "json" => true,
            "text" => false,
            _ => return Err(wrong("LOG_FORMAT", "is neither `json` nor `text`")),
        };
        Ok(Self {
            rate_limit_api: settings.number("RATE_LIMIT_API", 100)?,
            rate_limit_auth: settings.number("RATE_LIMIT_AUTH", 10)?,
            prices: Prices {
                initial: settings.tokens("INITIAL_TOKENS", 4000)?,
                per_turn: settings.tokens("TOKENS_PER_TURN", 100)?,
                by_use: settings.use_prices()?,
                refill: settings.refill()?,
            },
            cors_origins: settings.origins("CORS_ORIGINS")?,
            jwt_secret: settings.secret("JWT_SECRET")?,
            jwt_secret_previous: settings.secret("JWT_SECRET_PREVIOUS")?,
            jwt_secret_id: (settings.0)("JWT_SECRET_ID"),
            model: settings.model()?,
            embeddings: settings.embeddings()?,
            embeddings_key_secret_id: (settings.0)("EMBEDDINGS_API_KEY_SECRET_ID"),
            min_similarity: settings.share("EMBEDDINGS_MIN_SIMILARITY", 0.6)?,
            search: settings.search()?,
            tables: Tables {
                users: settings.text("TABLE_USERS", &tables.users),
                assistants: settings.text("TABLE_ASSISTANTS", &tables.assistants),
                tools: settings.text("TABLE_TOOLS", &tables.tools),
                sessions: settings.text("TABLE_SESSIONS", &tables.sessions),
                balances: settings.text("TABLE_BALANCES", &tables.balances),
                files: settings.text("TABLE_FILES", &tables.files),
                outbox: settings.text("TABLE_OUTBOX", &tables.outbox),
                webhooks: settings.text("TABLE_WEBHOOKS", &tables.webhooks),
                connections: settings.text("TABLE_CONNECTIONS", &tables.connections),
                limits: settings.text("TABLE_LIMITS", &tables.limits),
            },
            websocket_endpoint: settings.text("WEBSOCKET_ENDPOINT", EMBEDDED_ENDPOINT),
            queues: QueueUrls {
                deliveries: settings.text("QUEUE_DELIVERIES", &queues.deliveries),
                connections: settings.text("QUEUE_CONNECTIONS", &queues.connections),
                indexing: settings.text("QUEUE_INDEXING", &queues.indexing),
            },
            bucket_files: settings.text("BUCKET_FILES", BUCKET_FILES),
            admin: settings.admin()?,
            admin_password: settings.admin_password(),
            streams_responses: settings.switch("STREAM_RESPONSES")?,
            log: LogSettings { level: settings.log_level("LOG_LEVEL")?, json },
            outbound: settings.outbound()?,
            trusted_proxies: settings.blocks("TRUSTED_PROXIES")?,
            webhook_retries: settings.retries("WEBHOOK_RETRY_SECONDS")?,
            files: FileLimits {
                quota: u64::from(settings.number::<u32>("FILES_QUOTA_MB", 1024)?) * MIB,
                in_request: Some(u64::from(settings.number::<u32>("REQUEST_FILE_MB", 0)?) * MIB)
                    .filter(|&bytes| bytes > 0),
            },
        })
    }
}
