//! Webhooks: addresses that hear of what happens, and what is delivered to them.

use super::{
    OutboundUrl, Problem,
    event::EventKind,
    ids::{EventId, UserId, WebhookId},
    time::Timestamp,
};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The most characters of a secret.
const SECRET_MAX: usize = 255;
/// What a secret in base64 begins with. Any other is used as its bytes.
const ENCODED: &str = "whsec_";

/// An address that hears of what happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Webhook {
    /// The UUID.
    pub id: WebhookId,
    /// Whose it is.
    pub owner: UserId,
    /// Where it is.
    pub url: OutboundUrl,
    /// What it asked for, each once.
    pub events: Vec<EventKind>,
    /// Whether it is called.
    pub is_active: bool,
    /// Why it is not called, if we decided that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<DisabledReason>,
    /// Since when every delivery failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// Counts up with every change of its owner's.
    pub version: u64,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Webhook {
    /// Whether it asked for what happens to accounts.
    pub fn asks_about_accounts(&self) -> bool {
        self.events.iter().any(|kind| kind.is_about_accounts())
    }
}

/// Why we no longer call a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisabledReason {
    /// The receiver answered 410.
    Gone,
    /// Every delivery failed for days.
    Failing,
}

impl DisabledReason {
    /// As on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Failing => "failing",
        }
    }
}

/// What a webhook's owner decides about it: of a change only what is given.
#[derive(Debug, Clone, Default, Serialize)]
pub struct WebhookChange {
    /// Where it is.
    pub url: Option<OutboundUrl>,
    /// What it asks for.
    pub events: Option<Vec<EventKind>>,
    /// Whether it is called.
    pub is_active: Option<bool>,
}

impl WebhookChange {
    /// The webhook after this change. Whoever switches it on gives it another chance.
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

/// What deliveries are signed with.
#[derive(Clone)]
pub struct SigningSecret(SecretString);

impl SigningSecret {
    /// 1–255 characters, as they are; behind `whsec_`, base64.
    pub fn parse(text: &str) -> Result<Self, Problem> {
        match text.chars().count() {
            _ if text.trim().is_empty() => Err(Problem::Blank),
            count if count > SECRET_MAX => Err(Problem::TooLong { max: SECRET_MAX }),
            _ if text.contains('\0') => Err(Problem::NulCharacter),
            _ => match text.strip_prefix(ENCODED).map(|encoded| BASE64_STANDARD.decode(encoded)) {
                Some(Err(_)) => Err(Problem::SecretForm),
                Some(Ok(bytes)) if bytes.is_empty() => Err(Problem::SecretForm),
                _ => Ok(Self(text.to_owned().into())),
            },
        }
    }

    /// A secret made of `random` bytes.
    pub fn new(random: [u8; 32]) -> Self {
        Self(format!("{ENCODED}{}", BASE64_STANDARD.encode(random)).into())
    }

    /// The text, which only its owner may see, once.
    pub const fn text(&self) -> &SecretString {
        &self.0
    }

    /// Whether both sign alike.
    pub fn is_same(&self, other: &Self) -> bool {
        self.key() == other.key()
    }

    /// The key that is signed with.
    pub fn key(&self) -> Vec<u8> {
        let text = self.0.expose_secret();
        let decoded = text.strip_prefix(ENCODED).and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        decoded.unwrap_or_else(|| text.as_bytes().to_vec())
    }
}

/// The secrets of a webhook.
#[derive(Clone)]
pub struct Secrets {
    /// The one that counts.
    pub current: SigningSecret,
    /// The one before it, and until when deliveries are signed with it too.
    pub previous: Option<(SigningSecret, Timestamp)>,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Delivery {
    /// The event's id, the same for every webhook and every attempt.
    pub id: EventId,
    /// The webhook.
    pub webhook: WebhookId,
    /// Whose it is.
    pub owner: UserId,
    /// What happened.
    pub event: EventKind,
    /// The body, the same in every attempt.
    pub body: String,
    /// How it stands.
    pub status: DeliveryStatus,
    /// How often it was tried since it was made or last asked for.
    pub tried: u32,
    /// The latest attempts, oldest first.
    pub attempts: Vec<Attempt>,
    /// When it is tried next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_attempt_at: Option<Timestamp>,
    /// When the event was.
    pub created_at: Timestamp,
}

/// How a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// It will be tried, again.
    Pending,
    /// The receiver has it.
    Delivered,
    /// It was tried for the last time, unless its owner asks for more.
    Failed,
}

impl DeliveryStatus {
    const ALL: [Self; 3] = [Self::Pending, Self::Delivered, Self::Failed];

    /// As on the wire.
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

/// One try to deliver.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at: Timestamp,
    /// What the receiver answered; `None` when it did not.
    pub status_code: Option<u16>,
    /// How long it took, in milliseconds.
    pub duration_millis: u64,
    /// The first bytes of the answer, as text.
    pub response: Option<String>,
    /// Why there was no answer.
    pub error: Option<String>,
}

/// The most attempts that a delivery remembers.
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

    /// The delivery after `attempt`. Without a next time it is at its end.
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

/// How long after the attempt before it each attempt follows; the first after the event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(pub Vec<Duration>);

impl Default for RetrySchedule {
    /// At once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h.
    fn default() -> Self {
        Self([0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map(Duration::from_secs).into())
    }
}

impl RetrySchedule {
    /// How long before the attempt that follows `tried` others; `None` when that were enough.
    pub fn before(&self, tried: u32) -> Option<Duration> {
        self.0.get(usize::try_from(tried).ok()?).copied()
    }
}
