//! Ids in paths. An id that cannot be parsed gets the same answer as one that does not exist.

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

/// The meaning of a path's parameters.
pub trait FromPath: Sized {
    /// Reads the parameters in the order of the path. There are none if they are not UTF-8.
    fn from_path<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self>;
}

/// Paths with one id.
macro_rules! one_id {
    ($($id:ident),+) => {$(
        impl FromPath for $id {
            fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
                Self::parse(parameters.next()?)
            }
        }
    )+};
}

/// Paths with two ids.
macro_rules! two_ids {
    ($(($first:ident, $second:ident)),+) => {$(
        impl FromPath for ($first, $second) {
            fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
                Some(($first::parse(parameters.next()?)?, $second::parse(parameters.next()?)?))
            }
        }
    )+};
}

one_id!(ApiKeyId, AssistantId, AssistantNumber, ConversationId, FileId, ToolId, UserId, WebhookId);
two_ids!((ConversationId, TurnNumber), (WebhookId, EventId));

/// `None` for an id that cannot be parsed, for routes that check the caller before the id.
impl FromPath for Option<UserId> {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(parameters.next().and_then(UserId::parse))
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
