//! Ids in paths. An id that cannot be parsed gets the same answer as one that does not exist.

use super::{App, Dialect, Failure};
use crate::domain::{
    Error,
    ids::{
        ApiKeyId, AssistantId, AssistantNumber, ConversationId, EventId, FileId, MessageId, TurnNumber, UserId,
        WebhookId,
    },
    tool::ToolId,
};
use axum::{
    extract::{FromRequestParts, RawPathParams},
    http::request::Parts,
};
use utoipa::{
    IntoParams,
    openapi::{
        KnownFormat, ObjectBuilder, Required, SchemaFormat, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

/// An id in a path.
pub trait PathId: Sized {
    /// The parameter's name in the paths of most documents.
    const NAME: &'static str;
    /// The parameter's description.
    const DESCRIPTION: &'static str;

    /// The parameter's schema.
    fn schema() -> ObjectBuilder;

    /// Reads the id.
    fn read(text: &str) -> Option<Self>;
}

macro_rules! path_ids {
    ($($id:ident is a $schema:ident called $name:literal: $description:literal),+ $(,)?) => {$(
        impl PathId for $id {
            const NAME: &'static str = $name;
            const DESCRIPTION: &'static str = $description;

            fn schema() -> ObjectBuilder {
                $schema()
            }

            fn read(text: &str) -> Option<Self> {
                Self::parse(text)
            }
        }
    )+};
}

path_ids! {
    ApiKeyId is a uuid called "key_id": "The key's id.",
    AssistantId is a uuid called "assistant_id": "The assistant's id.",
    AssistantNumber is a number called "assistant_id": "The assistant's number.",
    ConversationId is a uuid called "conversation_id": "The conversation's id.",
    EventId is a uuid called "delivery_id": "The delivery's id.",
    FileId is a uuid called "file_id": "The file's id.",
    ToolId is a text called "tool_id": "The tool's id.",
    TurnNumber is a number called "chat_id": "The chat's number in its session.",
    UserId is a uuid called "user_id": "The user's id.",
    WebhookId is a uuid called "webhook_id": "The webhook's id.",
}

fn text() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String)
}

fn uuid() -> ObjectBuilder {
    text().format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
}

fn number() -> ObjectBuilder {
    let integer = ObjectBuilder::new().schema_type(Type::Integer).minimum(Some(1));
    integer.format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
}

/// The parameters of a path.
pub trait FromPath: Sized {
    /// Reads the parameters in the order of the path. There are none if they are not UTF-8.
    fn from_path<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<Self>;

    /// Describes the parameters in the order of the path.
    fn describe() -> Vec<Parameter>;
}

impl<T: PathId> FromPath for T {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Self::read(parameters.next()?)
    }

    fn describe() -> Vec<Parameter> {
        let parameter = ParameterBuilder::new().name(Self::NAME).parameter_in(ParameterIn::Path);
        let parameter = parameter.required(Required::True).schema(Some(Self::schema()));
        vec![parameter.description(Some(Self::DESCRIPTION)).build()]
    }
}

impl<A: PathId, B: PathId> FromPath for (A, B) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some((A::read(parameters.next()?)?, B::read(parameters.next()?)?))
    }

    fn describe() -> Vec<Parameter> {
        [A::describe(), B::describe()].concat()
    }
}

/// A message's id is read together with its conversation's, on which it depends.
impl FromPath for (ConversationId, MessageId) {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        let conversation = ConversationId::read(parameters.next()?)?;
        Some((conversation, MessageId::parse(parameters.next()?, conversation)?))
    }

    fn describe() -> Vec<Parameter> {
        let message = ParameterBuilder::new().name("message_id").parameter_in(ParameterIn::Path);
        let message = message.required(Required::True).schema(Some(uuid())).description(Some("The message's id."));
        [ConversationId::describe(), vec![message.build()]].concat()
    }
}

/// `None` for an id that cannot be parsed, for routes that check the caller before the id.
impl FromPath for Option<UserId> {
    fn from_path<'a>(mut parameters: impl Iterator<Item = &'a str>) -> Option<Self> {
        Some(parameters.next().and_then(UserId::parse))
    }

    fn describe() -> Vec<Parameter> {
        UserId::describe()
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

impl<T: FromPath> IntoParams for InPath<T> {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        T::describe()
    }
}
