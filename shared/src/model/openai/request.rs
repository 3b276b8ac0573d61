//! What a provider is sent: no more than the prompt needs, because providers refuse parameters that they do not know.

use super::{MaxTokensField, OpenAiSettings};
use crate::model::{Image, ModelError, Prompt, PromptMessage, ToolCall, ToolDefinition, calls::is_object};
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Map, Value};
use std::{borrow::Cow, collections::HashMap};

/// A request.
pub(super) struct Request {
    /// Its body.
    pub body: Bytes,
    /// The parameters in it that a provider may refuse.
    pub parameters: Vec<Parameter>,
    /// Whether the other name of the output's limit may be tried.
    may_swap: bool,
    /// Whether it has images.
    pub has_images: bool,
}

/// A parameter that some providers refuse.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parameter {
    Temperature,
    StreamOptions,
    MaxTokens,
    MaxCompletionTokens,
}

/// What is sent otherwise than usual, because the provider asked for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Adjustments {
    pub no_temperature: bool,
    pub no_stream_options: bool,
    /// The output's limit has its other name.
    pub other_limit: bool,
    /// Calls have ids of nine letters and digits.
    pub short_ids: bool,
    /// Reasoning is sent back until its calls are answered.
    pub returns_reasoning: bool,
    /// Images are named instead of sent.
    pub no_images: bool,
}

impl Adjustments {
    /// Both these and `other`.
    pub const fn and(self, other: Self) -> Self {
        Self {
            no_temperature: self.no_temperature || other.no_temperature,
            no_stream_options: self.no_stream_options || other.no_stream_options,
            other_limit: self.other_limit || other.other_limit,
            short_ids: self.short_ids || other.short_ids,
            returns_reasoning: self.returns_reasoning || other.returns_reasoning,
            no_images: self.no_images || other.no_images,
        }
    }
}

impl Parameter {
    /// As it is written in a request.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Temperature => "temperature",
            Self::StreamOptions => "stream_options",
            Self::MaxTokens => "max_tokens",
            Self::MaxCompletionTokens => "max_completion_tokens",
        }
    }
}

#[derive(Serialize)]
struct Body<'a> {
    model: &'a str,
    messages: Vec<Message<'a>>,
    stream: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    stream_options: Option<StreamOptions>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tools: Vec<Tool<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
}

#[derive(Serialize)]
struct StreamOptions {
    include_usage: bool,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "function", rename_all = "lowercase")]
enum Tool<'a> {
    Function { name: &'a str, description: &'a str, parameters: &'a Map<String, Value> },
}

#[derive(Serialize)]
#[serde(tag = "role", rename_all = "lowercase")]
enum Message<'a> {
    System {
        content: &'a str,
    },
    User {
        content: UserContent,
    },
    Assistant {
        content: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        reasoning_content: Option<&'a str>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<Call<'a>>,
    },
    Tool {
        tool_call_id: Cow<'a, str>,
        content: &'a str,
    },
}

/// Text alone is a string, because some providers take nothing else.
#[derive(Serialize)]
#[serde(untagged)]
enum UserContent {
    Text(String),
    Parts(Vec<Part>),
}

/// `{"type": "text", "text": "…"}`, `{"type": "image_url", "image_url": {"url": "data:image/png;base64,…"}}`
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part {
    Text { text: String },
    ImageUrl { image_url: ImageUrl },
}

#[derive(Serialize)]
struct ImageUrl {
    url: String,
}

/// `{"id": "call_1", "type": "function", "function": {"name": "web_search", "arguments": "{}"}}`
#[derive(Serialize)]
struct Call<'a> {
    id: Cow<'a, str>,
    #[serde(flatten)]
    function: CalledFunction<'a>,
}

#[derive(Serialize)]
#[serde(tag = "type", content = "function", rename_all = "lowercase")]
enum CalledFunction<'a> {
    Function { name: &'a str, arguments: &'a str },
}

impl Request {
    /// The request for an answer to `prompt`.
    ///
    /// # Errors
    /// Never, unless JSON cannot be written.
    pub fn new(prompt: &Prompt, settings: &OpenAiSettings, adjustments: Adjustments) -> Result<Self, ModelError> {
        let has_limit = prompt.max_output_tokens.is_some();
        let usual_is_new = match settings.max_tokens_field {
            MaxTokensField::Auto => settings.base_url.host_str() == Some("api.openai.com"),
            MaxTokensField::MaxTokens => false,
            MaxTokensField::MaxCompletionTokens => true,
        };
        let is_new = adjustments.other_limit != usual_is_new;
        let limit = if is_new { Parameter::MaxCompletionTokens } else { Parameter::MaxTokens };
        let has_temperature = prompt.temperature.is_some() && !adjustments.no_temperature;
        let has_stream_options = settings.asks_for_usage && !adjustments.no_stream_options;
        let parameters: Vec<_> = [
            (Parameter::Temperature, has_temperature),
            (Parameter::StreamOptions, has_stream_options),
            (limit, has_limit),
        ]
        .into_iter()
        .filter_map(|(parameter, is_sent)| is_sent.then_some(parameter))
        .collect();
        let sends = |parameter| parameters.contains(&parameter);
        let body = Body {
            model: prompt.model.as_deref().unwrap_or(&settings.default_model),
            messages: messages(prompt, adjustments),
            stream: true,
            stream_options: sends(Parameter::StreamOptions).then_some(StreamOptions { include_usage: true }),
            tools: prompt.tools.iter().map(tool).collect(),
            temperature: prompt.temperature.filter(|_| sends(Parameter::Temperature)),
            max_tokens: prompt.max_output_tokens.filter(|_| sends(Parameter::MaxTokens)),
            max_completion_tokens: prompt.max_output_tokens.filter(|_| sends(Parameter::MaxCompletionTokens)),
        };
        let body =
            serde_json::to_vec(&body).map_err(|_| ModelError::Broken("the prompt cannot be written as JSON"))?.into();
        let may_swap = settings.max_tokens_field == MaxTokensField::Auto && !adjustments.other_limit;
        let has_images = !prompt.grounding.images.is_empty() && !adjustments.no_images;
        Ok(Self { body, parameters, may_swap, has_images })
    }

    /// The adjustments without `refused`. The limit of the output is never left out: the user's balance depends on it.
    pub fn without(&self, refused: Parameter, adjustments: Adjustments) -> Option<Adjustments> {
        match refused {
            Parameter::Temperature => Some(Adjustments { no_temperature: true, ..adjustments }),
            Parameter::StreamOptions => Some(Adjustments { no_stream_options: true, ..adjustments }),
            Parameter::MaxTokens | Parameter::MaxCompletionTokens => {
                self.may_swap.then_some(Adjustments { other_limit: true, ..adjustments })
            }
        }
    }
}

fn tool(definition: &ToolDefinition) -> Tool<'_> {
    let ToolDefinition { name, description, parameters } = definition;
    Tool::Function { name, description, parameters }
}

/// The ids of calls, as they are sent.
struct Ids<'a> {
    short: Option<HashMap<&'a str, usize>>,
}

impl<'a> Ids<'a> {
    fn sent(&mut self, id: &'a str) -> Cow<'a, str> {
        let Some(short) = &mut self.short else { return id.into() };
        let next = short.len();
        format!("call{:05}", short.entry(id).or_insert(next)).into()
    }
}

/// The messages. Neighbouring ones of the user, or of the model, become one, because some providers require that they
/// alternate. For the same reason, the model says something between the result of a tool and the user's next message.
fn messages(prompt: &Prompt, adjustments: Adjustments) -> Vec<Message<'_>> {
    let mut ids = Ids { short: adjustments.short_ids.then(HashMap::new) };
    let last_of_user = prompt.messages.iter().rposition(|message| matches!(message, PromptMessage::User(_)));
    let instructions = prompt.instructions.as_deref().filter(|text| !text.is_empty());
    let mut messages: Vec<_> = instructions.map(|content| Message::System { content }).into_iter().collect();
    for (at, message) in prompt.messages.iter().enumerate() {
        match message {
            PromptMessage::User(text) if last_of_user == Some(at) => {
                let sends_images = !adjustments.no_images;
                add_user(&mut messages, &(prompt.grounding.preface(sends_images) + text));
                if sends_images {
                    add_images(&mut messages, &prompt.grounding.images);
                }
            }
            PromptMessage::User(text) => add_user(&mut messages, text),
            PromptMessage::Assistant { text, calls, .. } if text.is_empty() && calls.is_empty() => {}
            PromptMessage::Assistant { text, reasoning, calls } => {
                let is_open = adjustments.returns_reasoning && !calls.is_empty() && last_of_user < Some(at);
                let reasoning = reasoning.as_deref().filter(|_| is_open);
                let calls = calls.iter().map(|call| sent_call(call, &mut ids)).collect();
                add_assistant(&mut messages, text, reasoning, calls);
            }
            PromptMessage::ToolResult { call, name: _, text, is_error: _ } => {
                messages.push(Message::Tool { tool_call_id: ids.sent(call), content: text });
            }
        }
    }
    messages
}

fn add_user(messages: &mut Vec<Message<'_>>, text: &str) {
    match messages.last_mut() {
        Some(Message::User { content: UserContent::Text(content) }) => content.extend(["\n\n", text]),
        last => {
            if matches!(last, Some(Message::Tool { .. })) {
                add_assistant(messages, "OK.", None, Vec::new());
            }
            messages.push(Message::User { content: UserContent::Text(text.to_owned()) });
        }
    }
}

/// Adds images to the last message.
fn add_images(messages: &mut [Message<'_>], images: &[Image]) {
    if !images.is_empty()
        && let Some(Message::User { content }) = messages.last_mut()
        && let UserContent::Text(text) = content
    {
        let text = Part::Text { text: std::mem::take(text) };
        let parts = images.iter().map(|Image { name: _, content_type, bytes }| {
            let url = format!("data:{content_type};base64,{}", BASE64_STANDARD.encode(bytes));
            Part::ImageUrl { image_url: ImageUrl { url } }
        });
        *content = UserContent::Parts(std::iter::once(text).chain(parts).collect());
    }
}

fn add_assistant<'a>(messages: &mut Vec<Message<'a>>, text: &str, reasoning: Option<&'a str>, calls: Vec<Call<'a>>) {
    let text = Some(text.to_owned()).filter(|text| !text.is_empty());
    match messages.last_mut() {
        Some(Message::Assistant { content, reasoning_content, tool_calls }) => {
            *content = match (content.take(), text) {
                (Some(earlier), Some(text)) => Some(earlier + "\n\n" + &text),
                (earlier, text) => earlier.or(text),
            };
            *reasoning_content = reasoning.or(*reasoning_content);
            tool_calls.extend(calls);
        }
        _ => messages.push(Message::Assistant { content: text, reasoning_content: reasoning, tool_calls: calls }),
    }
}

/// Arguments that are not an object are left out, because some providers fail on them.
fn sent_call<'a>(call: &'a ToolCall, ids: &mut Ids<'a>) -> Call<'a> {
    let ToolCall { id, name, arguments } = call;
    let arguments = if is_object(arguments) { arguments } else { "{}" };
    Call { id: ids.sent(id), function: CalledFunction::Function { name, arguments } }
}
