//! Webhooks, and the deliveries of events to them.

use super::{
    OutboundUrl, Problem,
    event::EventKind,
    ids::{EventId, UserId, WebhookId},
    time::Timestamp,
};
use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
    prelude::BASE64_STANDARD,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The maximum length of a secret, in characters.
const SECRET_MAX: usize = 255;
/// The prefix of a secret in base64. The bytes of any other secret are the key.
const ENCODED: &str = "whsec_";

/// Base64 with or without padding, as other services give out their secrets.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// An address that receives events.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// The UUID.
    pub id: WebhookId,
    /// The owner.
    pub owner: UserId,
    /// The address.
    pub url: OutboundUrl,
    /// The events that it receives, without repetitions.
    pub events: Vec<EventKind>,
    /// Whether events are delivered.
    pub is_active: bool,
    /// Why the service disabled it, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<DisabledReason>,
    /// When the current series of failures began.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Increases with every change by the owner.
    pub version: u64,
    /// When it was created.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether it receives events about accounts.
    pub fn asks_about_accounts(&self) -> bool {
        self.events.iter().any(|kind| kind.is_about_accounts())
    }
}

/// Why the service disabled a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// The receiver responded with 410.
    Gone,
    /// Every delivery failed for days.
    Failing,
}

impl DisabledReason {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Gone, Self::Failing];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// A change to a webhook. `None` keeps a value.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WebhookChange {
    /// The address.
    pub url: Option<OutboundUrl>,
    /// The events that it receives.
    pub events: Option<Vec<EventKind>>,
    /// Whether events are delivered.
    pub is_active: Option<bool>,
}

impl WebhookChange {
    /// The webhook after this change. Enabling it clears its failures.
    pub fn apply(self, before: &Webhook) -> Webhook {
        let Self { url, events, is_active } = self;
        let before = before.clone();
        let revived = is_active == Some(true);
        Webhook {
            url: url.unwrap_or(before.url),
            events: events.unwrap_or(before.events),
            is_active: is_active.unwrap_or(before.is_active),
            disabled: before.disabled.filter(|_| !revived),
            failing_since: before.failing_since.filter(|_| !revived),
            version: before.version + 1,
            id: before.id,
            owner: before.owner,
            created_at: before.created_at,
        }
    }
}

/// The secret that signs deliveries.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// 1–255 characters. The part after `whsec_` must be base64. It may lack its padding.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.chars().count() {
            _ if text.trim().is_empty() => Err(Problem::Blank),
            count if count > SECRET_MAX => Err(Problem::TooLong { max: SECRET_MAX }),
            _ if text.contains('\0') => Err(Problem::NulCharacter),
            _ => match text.strip_prefix(ENCODED).map(|encoded| BASE64.decode(encoded)) {
                Some(Err(_)) => Err(Problem::SecretForm),
                Some(Ok(bytes)) if bytes.is_empty() => Err(Problem::SecretForm),
                _ => Ok(Self(text.to_owned().into())),
            },
        }
    }

    /// A secret of `random` bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{ENCODED}{}", BASE64_STANDARD.encode(random)).into())
    }

    /// The text. Only its owner may see it, once.
    pub const fn text(&self) -> &SecretString {
        &self.0
    }

    /// Whether both have the same key.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// The key for signatures.
    pub fn key(&self) -> Vec<u8> {
        let text = self.0.expose_secret();
        let decoded = text.strip_prefix(ENCODED).and_then(|encoded| BASE64.decode(encoded).ok());
        decoded.unwrap_or_else(|| text.as_bytes().to_vec())
    }
}

/// The secrets of a webhook.
#[derive(Clone)]
pub struct Secrets {
    /// The current secret.
    pub current: SigningSecret,
    /// The secret before it, and when deliveries stop using it.
    pub previous: Option<(SigningSecret, Timestamp)>,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id, the same for every webhook and every attempt.
    pub id: EventId,
    /// The webhook.
    pub webhook: WebhookId,
    /// The owner.
    pub owner: UserId,
    /// The kind of the event.
    pub event: EventKind,
    /// The body, the same in every attempt.
    pub body: String,
    /// The status.
    pub status: DeliveryStatus,
    /// The number of attempts since its creation, or since its owner last requested a retry.
    pub tried: u32,
    /// The latest attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// When the next attempt is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When the event happened.
    pub created_at: Timestamp,
}

/// The status of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// An attempt is due.
    Pending,
    /// The receiver accepted it.
    Delivered,
    /// All attempts failed. Its owner may request a retry.
    Failed,
}

impl DeliveryStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == word);
        known.ok_or(Problem::NotAChoice { choices: "pending, delivered, failed" })
    }
}

/// One attempt to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// The status of the response. `None` without a response.
    pub status_code: Option<u16>,
    /// The duration, in milliseconds.
    pub duration_millis: u64,
    /// The first bytes of the response, as text.
    pub response: Option<String>,
    /// Why there was no response.
    pub error: Option<String>,
}

/// How many attempts a delivery keeps.
const ATTEMPTS_KEPT: usize = 20;

impl Delivery {
    /// A delivery that is due after `delay`.
    pub fn new(id: EventId, webhook: &Webhook, event: EventKind, body: String, at: Timestamp, due: Timestamp) -> Self {
        Self {
            id,
            webhook: webhook.id,
            owner: webhook.owner,
            event,
            body,
            status: DeliveryStatus::Pending,
            tried: 0,
            attempts: Vec::new(),
            next_attempt_at: Some(due),
            created_at: at,
        }
    }

    /// The delivery after `attempt`. Without `next`, a failed attempt is the last one.
    pub fn after(mut self, attempt: Attempt, next: Option<Timestamp>) -> Self {
        let is_delivered = attempt.is_success();
        self.tried += 1;
        self.attempts.push(attempt);
        let forgotten = self.attempts.len().saturating_sub(ATTEMPTS_KEPT);
        self.attempts.drain(..forgotten);
        self.status = match (is_delivered, next) {
            (true, _) => DeliveryStatus::Delivered,
            (false, Some(_)) => DeliveryStatus::Pending,
            (false, None) => DeliveryStatus::Failed,
        };
        self.next_attempt_at = next.filter(|_| !is_delivered);
        self
    }
}

impl Attempt {
    /// Whether the receiver accepted the event: only 2xx means that.
    pub fn is_success(&self) -> bool {
        self.status_code.is_some_and(|code| (200..300).contains(&code))
    }

    /// Whether the receiver answered 410: it wants no more deliveries.
    pub fn is_gone(&self) -> bool {
        self.status_code == Some(410)
    }
}

/// The pause before each attempt: after the event, then after the attempt before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(pub Vec<Duration>);

impl Default for RetrySchedule {
    /// At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
    fn default() -> Self {
        Self([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map(Duration::from_secs).into())
    }
}

impl RetrySchedule {
    /// The pause before the attempt that follows `tried` others. `None` if there are no more.
    pub fn before(&self, tried: u32) -> Option<Duration> {
        self.0.get(usize::try_from(tried).ok()?).copied()
    }
}
