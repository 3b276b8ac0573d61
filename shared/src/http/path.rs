//! Ids in paths. One that does not parse is answered like one that does not exist.

use super::{App, Dialect, Failure};
use crate::domain::{
    Error,
    ids::{ApiKeyId, AssistantId, AssistantNumber, ConversationId, EventId, FileId, TurnNumber, UserId, WebhookId},
    tool::ToolId,
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};

/// What a path's parameters stand for.
pub trait FromPath: Sized {
    /// Reads the parameters in the order of the path. There are none when they are not UTF-8.
    fn from_path<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self>;
}

impl FromPath for ConversationId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for (ConversationId, TurnNumber) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((ConversationId::parse(parameters.next()?)?, TurnNumber::parse(parameters.next()?)?))
    }
}

impl FromPath for WebhookId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for (WebhookId, EventId) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((WebhookId::parse(parameters.next()?)?, EventId::parse(parameters.next()?)?))
    }
}

impl FromPath for FileId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for AssistantId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for AssistantNumber {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for ApiKeyId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

impl FromPath for ToolId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

/// An id that may be unreadable, for routes that refuse some callers before they look at it.
impl FromPath for Option<UserId> {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(parameters.next().and_then(UserId::parse))
    }
}

impl FromPath for UserId {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::parse(parameters.next()?)
    }
}

/// The ids of a path.
pub struct InPath<T>(pub T);

impl<D: Dialect, T: FromPath> FromRequestParts<App<D>> for InPath<T> {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Failure<D>> {
        let parameters = RawPathParams::from_request_parts(parts, app).await.ok();
        let values = parameters.iter().flat_map(|parameters| parameters.iter().map(|(_, value)| value));
        T::from_path(values).map(Self).ok_or_else(|| Error::NotFound.into())
    }
}
