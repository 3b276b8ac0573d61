//! The traits that encode events for clients and webhooks. The services decide who receives which event, and when.
//! `wire` implements the encoding, and is injected.

use crate::domain::{
    Error,
    conversation::Message,
    event::{Event, EventKind},
    ids::{ConversationId, EventId, MessageId, UserId, WebhookId},
    time::Timestamp,
    webhook::Secrets,
};

/// Encodes the frames of live connections.
pub trait FrameFormat: Send + Sync {
    /// The frame for `event`. `message` is the message that the event is about, if it still exists. `None` if live
    /// connections do not receive such events.
    fn event(&self, event: &Event, message: Option<&Message>) -> Result<Option<Vec<u8>>, Error>;

    /// The frame for a piece of a reply that is being generated.
    fn reply_piece(&self, piece: ReplyPiece<'_>) -> Result<Vec<u8>, Error>;

    /// The frame for a reply that was being generated when the model failed.
    fn reply_failure(&self, failure: ReplyFailure) -> Result<Vec<u8>, Error>;

    /// The reply to a client's `ping`.
    fn pong(&self, now: Timestamp) -> Result<Vec<u8>, Error>;
}

/// A piece of a reply that is being generated.
#[derive(Debug, Clone, Copy)]
pub struct ReplyPiece<'a> {
    /// The current time.
    pub at: Timestamp,
    /// The user who gets the reply.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The reply.
    pub reply: MessageId,
    /// The text that was added.
    pub text: &'a str,
}

/// The end of a reply that could not be completed.
#[derive(Debug, Clone, Copy)]
pub struct ReplyFailure {
    /// The current time.
    pub at: Timestamp,
    /// The user who does not get the reply.
    pub user: UserId,
    /// The conversation.
    pub conversation: ConversationId,
    /// The reply.
    pub reply: MessageId,
}

/// Encodes and signs the requests that webhooks receive.
pub trait WebhookFormat: Send + Sync {
    /// The body for `event`, with its kind. `None` if webhooks do not receive such events.
    fn body(&self, event: &Event) -> Result<Option<(EventKind, String)>, Error>;

    /// The body of a test event for `webhook`.
    fn test_body(&self, owner: UserId, webhook: WebhookId, now: Timestamp) -> Result<String, Error>;

    /// The headers of a request at `now` with this body, including its signatures.
    fn headers(
        &self,
        secrets: &Secrets,
        event: EventId,
        now: Timestamp,
        body: &str,
    ) -> Result<Vec<(&'static str, String)>, Error>;
}
