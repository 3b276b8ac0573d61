//! Messages of spec 001, "Conversations", as bodies and as events.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        conversation::{
            self, AboutReply, Attachment, AttachmentKind, AttachmentSource, Message, MessageStatus, Said, StepEvent,
        },
        ids::{ConversationId, FileId, Speaker},
        money::Tokens,
    },
    http::{
        Dialect, Fault, Field, Form, Platform,
        events::{Event, with_data},
        openapi::{ERROR_SCHEMA, OneOf},
        parse::list,
        said,
    },
    outbound::OutboundRules,
    service::turns::{Answered, TurnEvent, TurnNews},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, Ref, RefOr, Schema, Type, schema::AnyOfBuilder},
};

/// The maximum number of attachments of a message.
const ATTACHMENTS_MAX: usize = 10;

/// `{"content": "User message", "attachments": [{"type": "file", "url": "https://example.com/file.pdf"}]}`.
/// A message to send.
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
    /// Files and images that belong to the message, 10 at most. `null` or absent for none.
    #[schema(value_type = Option<Vec<NewAttachment>>, max_items = 10)]
    attachments: Field,
}

/// An attachment of a new message.
#[derive(Deserialize, ToSchema)]
struct NewAttachment {
    /// Whether to read it or to look at it.
    r#type: AttachmentKind,
    /// An https address, or the `url` or `id` of one of the caller's files.
    url: String,
}

/// `{"id": "<uuid>", "conversation_id": "<uuid>", "role": "user", "content": …, "attachments": [],
/// "status": "complete", "usage": null, "model": null, "sources": [], "steps": [], "created_at": …}`.
/// A message: the user's, or a reply.
#[derive(Serialize, ToSchema)]
#[schema(as = Message, example = json!({
    "id": "018e376b-9ce0-8000-8000-000000000002",
    "conversation_id": "018e376b-9ce0-7000-8000-000000000001",
    "role": "user",
    "content": "Hello",
    "attachments": [],
    "status": "pending",
    "usage": null,
    "model": null,
    "sources": [],
    "steps": [],
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownMessage {
    /// The message's id.
    #[schema(format = Uuid)]
    id: String,
    /// The conversation's id.
    #[schema(format = Uuid)]
    conversation_id: String,
    /// The author.
    role: Speaker,
    /// The text.
    content: String,
    /// The attachments. A reply has none.
    attachments: Vec<ShownAttachment>,
    /// What has become of the message.
    #[schema(value_type = MessageStatus)]
    status: &'static str,
    /// What the reply used and cost. `null` for a message of the user.
    usage: Option<Usage>,
    /// The model that replied. `null` for a message of the user.
    model: Option<String>,
    /// The passages of files that the reply is based on, best first.
    sources: Vec<Source>,
    /// The tools that were called for the reply.
    steps: Vec<Step>,
    /// When the message was created.
    #[schema(format = DateTime)]
    created_at: String,
}

/// `{"type": "file", "url": "https://example.com/file.pdf"}`. An attachment of a message.
#[derive(Serialize, ToSchema)]
#[schema(as = Attachment)]
pub struct ShownAttachment {
    /// Whether to read it or to look at it.
    r#type: AttachmentKind,
    /// The address of the content.
    #[schema(format = Uri)]
    url: String,
}

/// `{"input_tokens": 12, "output_tokens": 34, "tokens_charged": 100}`. What a reply used and cost.
#[derive(Serialize, ToSchema)]
pub struct Usage {
    /// The tokens of the prompt, as the provider counts them. `null` if it does not tell.
    input_tokens: Option<u64>,
    /// The tokens of the reply, as the provider counts them. `null` if it does not tell.
    output_tokens: Option<u64>,
    /// The tokens of the caller's balance that the turn cost.
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
    /// `true` if the provider does not tell what the reply used: the cost is that of an estimate. Absent otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    #[schema(required = false)]
    estimated: bool,
}

/// `{"file_id": "<uuid>", "filename": "report.pdf", "page": 12, "text": …}`. A passage of a file.
#[derive(Serialize, ToSchema)]
pub struct Source {
    /// The file's id. `null` for a file that was attached by its address.
    #[schema(format = Uuid)]
    file_id: Option<String>,
    /// The file's name.
    filename: String,
    /// The page, counted from 1. `null` for files without pages.
    page: Option<u32>,
    /// The text of the passage.
    text: String,
}

/// `{"tool": "web_search", "arguments": {"query": "tides"}, "result": …, "status": "complete"}`. A call of a tool.
#[derive(Serialize, ToSchema)]
pub struct Step {
    /// The tool's id.
    tool: String,
    /// What it was called with, by the names of its parameters.
    #[schema(value_type = Object)]
    arguments: Value,
    /// What the model was told.
    result: String,
    /// Whether the call worked.
    status: StepStatus,
}

/// `{"user_message": {…}, "assistant_message": {…}, "tokens_charged": 100, "tokens_left": 3900}`.
/// A message and the reply to it.
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
        "sources": [],
        "steps": [],
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
        "sources": [],
        "steps": [],
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
    /// The tokens of the caller's balance that the turn cost.
    #[schema(value_type = u64)]
    tokens_charged: Tokens,
    /// The tokens that the caller can still spend.
    #[schema(value_type = u64)]
    tokens_left: Tokens,
}

/// An event of the stream of a turn, as its fields `event` and `data`.
#[derive(Serialize)]
#[serde(tag = "event", content = "data", rename_all = "lowercase")]
pub enum StreamEvent {
    /// The user's message was stored.
    Message(Box<ShownMessage>),
    /// The next piece of the reply.
    Delta(Delta),
    /// A tool call began or ended.
    Step(StepNews),
    /// The reply was stored.
    Done(Box<Exchange>),
    /// The turn failed. Nothing was charged.
    Error(ErrorBody),
}

/// `{"text": "Hi"}`. A piece of a reply.
#[derive(Serialize, ToSchema)]
#[schema(as = StreamDelta)]
pub struct Delta {
    /// The text that comes next.
    text: String,
}

/// `{"tool": "web_search", "arguments": {"query": "tides"}, "result": null, "status": "running"}`. A tool call that began
/// or ended.
#[derive(Serialize, ToSchema)]
#[schema(as = StreamStep)]
pub struct StepNews {
    /// The tool's id.
    tool: String,
    /// What it is called with, by the names of its parameters.
    #[schema(value_type = Object)]
    arguments: Value,
    /// What the model is told. `null` before the end.
    result: Option<String>,
    /// `running` before the end.
    status: StreamStepStatus,
}

/// How a call of a tool ended.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StepStatus {
    /// The tool answered.
    Complete,
    /// The call failed. The model was told why.
    Failed,
}

/// The state of a call of a tool: `running`, and then how it ended.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum StreamStepStatus {
    /// The tool has not answered yet.
    Running,
    /// The tool answered.
    Complete,
    /// The call failed. The model is told why.
    Failed,
}

/// The body of an error response.
#[derive(Serialize)]
pub struct ErrorBody(Value);

/// The kinds of events, each a schema with a name of its own.
fn kinds() -> OneOf {
    OneOf::by("event")
        .with("message", "MessageEvent", "The user's message was stored.", |it| with_data(it, &ShownMessage::name()))
        .with("delta", "DeltaEvent", "The next piece of the reply.", |it| with_data(it, &Delta::name()))
        .with("step", "StepEvent", "A tool call began or ended.", |it| with_data(it, &StepNews::name()))
        .with("done", "DoneEvent", "The reply was stored.", |it| with_data(it, &Exchange::name()))
        .with("error", "ErrorEvent", "The turn failed. Nothing was charged.", |it| with_data(it, ERROR_SCHEMA))
}

impl PartialSchema for StreamEvent {
    fn schema() -> RefOr<Schema> {
        kinds().schema("An event of the stream of a turn. Its `data` is JSON.")
    }
}

impl ToSchema for StreamEvent {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        for (name, schema) in [
            (ShownMessage::name(), ShownMessage::schema()),
            (Delta::name(), Delta::schema()),
            (StepNews::name(), StepNews::schema()),
            (Exchange::name(), Exchange::schema()),
        ] {
            schemas.push((name.into_owned(), schema));
        }
        schemas.extend(kinds().kinds());
        ShownMessage::schemas(schemas);
        StepNews::schemas(schemas);
        Exchange::schemas(schemas);
    }
}

/// The stream of a turn. OpenAPI 3.1 cannot tell a stream from its events, so the schema names both.
pub struct EventStream;

impl PartialSchema for EventStream {
    fn schema() -> RefOr<Schema> {
        let text = ObjectBuilder::new().schema_type(Type::String).description(Some("The whole stream."));
        let stream = AnyOfBuilder::new().item(Ref::from_schema_name(StreamEvent::name())).item(text);
        stream.description(Some("The stream as text. Each of its events is a `StreamEvent`.")).into()
    }
}

impl ToSchema for EventStream {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((StreamEvent::name().into_owned(), StreamEvent::schema()));
        StreamEvent::schemas(schemas);
    }
}

/// An event of a turn as a server-sent event. Its id is its position.
pub fn event(TurnEvent { position, news }: TurnEvent, here: &str) -> Event<StreamEvent> {
    let fields = match news {
        TurnNews::Said(conversation, message) => {
            StreamEvent::Message(Box::new(ShownMessage::new(*message, conversation, here)))
        }
        TurnNews::Delta(text) => StreamEvent::Delta(Delta { text }),
        TurnNews::Step(event) => StreamEvent::Step(event.into()),
        TurnNews::Done(answered) => StreamEvent::Done(Box::new(Exchange::new(*answered, here))),
        TurnNews::Failed(error) => StreamEvent::Error(ErrorBody(Platform::error(&Fault::from(error)).1)),
    };
    Event { id: position.to_string(), fields }
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
        let Message { id, content, attachments, status, about, created_at } = message;
        let usage = about.as_ref().map(Usage::from);
        let (model, sources, steps) = match about {
            Some(AboutReply { model, sources, steps, .. }) => (model, sources, steps),
            None => (None, Vec::new(), Vec::new()),
        };
        Self {
            id: id.uuid(conversation).to_string(),
            conversation_id: conversation.to_string(),
            role: id.speaker,
            content,
            attachments: attachments.into_iter().map(|attachment| ShownAttachment::new(attachment, here)).collect(),
            status: status.as_str(),
            usage,
            model,
            sources: sources.into_iter().map(Source::from).collect(),
            steps: steps.into_iter().map(Step::from).collect(),
            created_at: created_at.to_string(),
        }
    }
}

impl From<&AboutReply> for Usage {
    fn from(about: &AboutReply) -> Self {
        let &AboutReply { charged: tokens_charged, is_estimated: estimated, usage, .. } = about;
        let (input_tokens, output_tokens) = usage.map(|usage| (usage.input_tokens, usage.output_tokens)).unzip();
        Self { input_tokens, output_tokens, tokens_charged, estimated }
    }
}

impl From<conversation::Source> for Source {
    fn from(conversation::Source { file, filename, page, text }: conversation::Source) -> Self {
        Self { file_id: file.map(|file| file.to_string()), filename, page, text }
    }
}

impl From<StepEvent> for StepNews {
    fn from(StepEvent { step, has_ended }: StepEvent) -> Self {
        let Step { tool, arguments, result, status } = step.into();
        match has_ended {
            true => Self { tool, arguments, result: Some(result), status: status.into() },
            false => Self { tool, arguments, result: None, status: StreamStepStatus::Running },
        }
    }
}

impl From<StepStatus> for StreamStepStatus {
    fn from(status: StepStatus) -> Self {
        match status {
            StepStatus::Complete => Self::Complete,
            StepStatus::Failed => Self::Failed,
        }
    }
}

impl From<conversation::Step> for Step {
    fn from(conversation::Step { at: _, tool, arguments, result, has_failed }: conversation::Step) -> Self {
        let status = if has_failed { StepStatus::Failed } else { StepStatus::Complete };
        let arguments = serde_json::from_str(&arguments).unwrap_or_default();
        Self { tool, arguments, result, status }
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
        let tokens_charged = turn.about.charged;
        let [said, reply] = turn.into_messages();
        Self {
            user_message: ShownMessage::new(said, conversation, here),
            assistant_message: ShownMessage::new(reply, conversation, here),
            tokens_charged,
            tokens_left: left,
        }
    }
}
