//! Messages of spec 001, "Conversations", as bodies and as events.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        conversation::{Attachment, AttachmentKind, AttachmentSource, Message, Said},
        ids::{ConversationId, FileId, Speaker},
        money::Tokens,
    },
    http::{Dialect, Fault, Field, Form, Platform, events::Event, parse::list, said},
    outbound::OutboundRules,
    service::turns::{Answered, TurnEvent, TurnNews},
};
use utoipa::ToSchema;

/// The maximum number of attachments of a message.
const ATTACHMENTS_MAX: usize = 10;

/// `{"content": "User message", "attachments": [{"type": "file", "url": "https://example.com/file.pdf"}]}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "content": "User message",
    "attachments": [{"type": "file", "url": "https://example.com/file.pdf"}],
}))]
pub struct NewMessage {
    /// The text of the message.
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    content: Field,
    /// Files and images that belong to the message.
    #[schema(value_type = Option<Vec<NewAttachment>>, max_items = 10)]
    attachments: Field,
}

/// An attachment of a new message.
#[derive(Deserialize, ToSchema)]
struct NewAttachment {
    /// `file` or `image`.
    #[schema(value_type = String, pattern = "^(file|image)$")]
    r#type: AttachmentKind,
    /// An https address, or the `url` or `id` of one of the caller's files.
    url: String,
}

/// `{"id": "<uuid>", "conversation_id": "<uuid>", "role": "user", "content": …, "attachments": [],
/// "status": "complete", "usage": null, "model": null, "created_at": …}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018e376b-9ce0-8000-8000-000000000002",
    "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
    "role": "user",
    "content": "Hello",
    "attachments": [],
    "status": "pending",
    "usage": null,
    "model": null,
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownMessage {
    /// The message's id.
    #[schema(format = Uuid)]
    id: String,
    /// The conversation's id.
    #[schema(format = Uuid)]
    conversation_id: String,
    /// `user`, or `assistant` for a reply.
    #[schema(value_type = String, pattern = "^(user|assistant)$")]
    role: Speaker,
    /// The text.
    content: String,
    /// The attachments. A reply has none.
    attachments: Vec<ShownAttachment>,
    /// `pending` before the reply, then `complete`. `cut` if the reply reached its maximum length, `cancelled` if the
    /// user stopped it, `failed` if the model failed.
    #[schema(pattern = "^(pending|complete|cut|cancelled|failed)$")]
    status: &'static str,
    /// What the reply used and cost. `null` for a message of the user.
    usage: Option<Usage>,
    /// The model that replied. `null` for a message of the user.
    model: Option<String>,
    /// When the message was created.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"type": "file", "url": "https://example.com/file.pdf"}`.
#[derive(Serialize, ToSchema)]
pub struct ShownAttachment {
    /// `file` or `image`.
    #[schema(value_type = String, pattern = "^(file|image)$")]
    r#type: AttachmentKind,
    /// The address of the content.
    #[schema(format = "iri")]
    url: String,
}

/// `{"input_tokens": 12, "output_tokens": 34, "tokens_charged": 100}`. What a reply used and cost.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    /// The tokens of the prompt, as the provider counts them. `null` if it does not tell.
    input_tokens: Option<u64>,
    /// The tokens of the reply, as the provider counts them. `null` if it does not tell.
    output_tokens: Option<u64>,
    /// The tokens that the turn cost.
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
}

/// `{"user_message": {…}, "assistant_message": {…}, "tokens_charged": 100, "tokens_left": 3900}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "user_message": {
        "id": "018e376b-9ce0-8000-8000-000000000002",
        "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
        "role": "user",
        "content": "Hello",
        "attachments": [],
        "status": "complete",
        "usage": null,
        "model": null,
        "created_at": "2024-01-01T00:00:00Z",
    },
    "assistant_message": {
        "id": "018e376b-9ce0-8000-8000-000000000003",
        "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
        "role": "assistant",
        "content": "Hi there!",
        "attachments": [],
        "status": "complete",
        "usage": {"input_tokens": 12, "output_tokens": 34, "tokens_charged": 100},
        "model": "gpt-5-mini",
        "created_at": "2024-01-01T00:00:00Z",
    },
    "tokens_charged": 100,
    "tokens_left": 3900,
}))]
pub struct Exchange {
    /// The user's message.
    user_message: ShownMessage,
    /// The reply.
    assistant_message: ShownMessage,
    /// The tokens that the turn cost.
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
    /// The tokens that the caller can still spend.
    #[schema(value_type = u64)]
    tokens_left: Tokens,
}

/// The data of an event.
#[derive(Serialize)]
#[serde(untagged)]
pub enum EventData {
    /// Of `message`: the user's message.
    Message(Box<ShownMessage>),
    /// Of `delta`.
    Delta {
        /// The next piece of the reply.
        text: String,
    },
    /// Of `done`.
    Done(Box<Exchange>),
    /// Of `error`: the body of the error response.
    Error(Value),
}

/// An event of a turn as a server-sent event. Its id is its position.
pub fn event(TurnEvent { position, news }: TurnEvent, here: &str) -> Event<EventData> {
    let (name, data) = match news {
        TurnNews::Said(conversation, message) => {
            ("message", EventData::Message(Box::new(ShownMessage::new(*message, conversation, here))))
        }
        TurnNews::Delta(text) => ("delta", EventData::Delta { text }),
        TurnNews::Done(answered) => ("done", EventData::Done(Box::new(Exchange::new(*answered, here)))),
        TurnNews::Failed(error) => ("error", EventData::Error(Platform::error(&Fault::from(error)).1)),
    };
    Event { id: position.to_string(), name, data }
}

impl NewMessage {
    /// The message. `here` is the address of this service, under which the caller's own files are.
    pub fn read(self, here: &str, rules: &OutboundRules) -> std::result::Result<Said, Error> {
        let Self { content, attachments } = self;
        let mut form = Form::default();
        let said = form.required("content", content, said);
        let parse_attachments = list(ATTACHMENTS_MAX, |value| read_attachment(value, here, rules));
        let attachments = form.nullable("attachments", attachments, parse_attachments).unwrap_or_default();
        form.finish(|| Some(Said { attachments, ..said? }))
    }
}

fn read_attachment(value: Value, here: &str, rules: &OutboundRules) -> std::result::Result<Attachment, Problem> {
    let NewAttachment { r#type: kind, url } = serde_json::from_value(value).map_err(|_| Problem::AttachmentForm)?;
    // The address of an own file may lack the host.
    let path = url.strip_prefix(here).unwrap_or(&url);
    let own = path.strip_prefix("/api/v1/files/").and_then(|rest| rest.strip_suffix("/content")).unwrap_or(path);
    let source = match FileId::parse(own) {
        Some(file) => AttachmentSource::Own(file),
        None => AttachmentSource::Elsewhere(OutboundUrl::parse(&url, rules)?),
    };
    Ok(Attachment { kind, source })
}

impl ShownMessage {
    /// The message of a conversation. `here` is the address of this service.
    pub fn new(message: Message, conversation: ConversationId, here: &str) -> Self {
        let Message { id, content, attachments, status, charged, usage, model, created_at } = message;
        Self {
            id: id.uuid(conversation).to_string(),
            conversation_id: conversation.to_string(),
            role: id.speaker,
            content,
            attachments: attachments.into_iter().map(|attachment| ShownAttachment::new(attachment, here)).collect(),
            status: status.as_str(),
            usage: charged.map(|tokens_charged| Usage {
                input_tokens: usage.map(|usage| usage.input_tokens),
                output_tokens: usage.map(|usage| usage.output_tokens),
                tokens_charged,
            }),
            model,
            created_at: created_at.to_string(),
        }
    }
}

impl ShownAttachment {
    fn new(Attachment { kind, source }: Attachment, here: &str) -> Self {
        let url = match source {
            AttachmentSource::Own(file) => format!("{here}/api/v1/files/{file}/content"),
            AttachmentSource::Elsewhere(url) => url.as_str().to_owned(),
        };
        Self { r#type: kind, url }
    }
}

impl Exchange {
    /// The messages of an answered turn. `here` is the address of this service.
    pub fn new(Answered { conversation, turn, left }: Answered, here: &str) -> Self {
        let tokens_charged = turn.charged;
        let [said, reply] = turn.into_messages();
        Self {
            user_message: ShownMessage::new(said, conversation, here),
            assistant_message: ShownMessage::new(reply, conversation, here),
            tokens_charged,
            tokens_left: left,
        }
    }
}
