//! What Bedrock is sent. Converse is strict: the roles alternate and the user begins, the results of one step are in one
//! message, no text is blank, names and ids have a pattern, and tools are described if the conversation mentions any.

use crate::model::{Image, ModelError, Prompt, PromptMessage, ToolCall, ToolDefinition};
use aws_sdk_bedrockruntime::{
    error::BuildError,
    operation::converse_stream::builders::ConverseStreamInputBuilder,
    types::{
        ContentBlock, ConversationRole, ImageBlock, ImageFormat, ImageSource, InferenceConfiguration, Message,
        SystemContentBlock, Tool, ToolConfiguration, ToolInputSchema, ToolResultBlock, ToolResultContentBlock,
        ToolResultStatus, ToolSpecification, ToolUseBlock,
    },
};
use aws_smithy_types::{Blob, Document, Number};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};

/// The maximum length of the id or name of a tool, in characters.
const NAME_MAX: usize = 64;
/// Takes the place of a text that is blank.
const BLANK: &str = "(empty)";
/// Describes a tool that the prompt does not define.
const GONE: &str = "This tool is not available any more.";
/// The highest temperature of Converse.
const TEMPERATURE_MAX: f64 = 1.0;

/// The request to `model` for an answer to `prompt`.
///
/// # Errors
/// Never, unless a type of the SDK needs more than it is given here.
pub(super) fn request(
    prompt: &Prompt,
    model: &str,
    with_temperature: bool,
) -> Result<ConverseStreamInputBuilder, ModelError> {
    let instructions = prompt.instructions.clone().filter(|text| !is_blank(text));
    let build = || -> Result<_, BuildError> {
        Ok(ConverseStreamInputBuilder::default()
            .model_id(model)
            .set_system(instructions.map(|text| vec![SystemContentBlock::Text(text)]))
            .set_messages(Some(messages(prompt, takes_status(model))?))
            .set_tool_config(tools(prompt)?)
            .set_inference_config(limits(prompt, with_temperature)))
    };
    build().map_err(|_| ModelError::Broken("the prompt cannot be written as a request"))
}

fn limits(prompt: &Prompt, with_temperature: bool) -> Option<InferenceConfiguration> {
    let tokens = prompt.max_output_tokens.map(|tokens| i32::try_from(tokens).unwrap_or(i32::MAX));
    let temperature = prompt.temperature.filter(|_| with_temperature);
    let temperature = temperature.map(|temperature| temperature.min(TEMPERATURE_MAX) as f32);
    let limits = InferenceConfiguration::builder().set_max_tokens(tokens).set_temperature(temperature);
    (tokens.is_some() || temperature.is_some()).then(|| limits.build())
}

/// Whether a model takes the status of a result. AWS documents it for Claude and Nova; others may refuse it.
fn takes_status(model: &str) -> bool {
    ["anthropic.claude", "amazon.nova"].iter().any(|family| model.contains(family))
}

/// The tools of the prompt. If it has none, but its messages mention some, these are described.
fn tools(prompt: &Prompt) -> Result<Option<ToolConfiguration>, BuildError> {
    let mut tools: Vec<_> = prompt.tools.iter().map(tool).collect::<Result<_, _>>()?;
    if tools.is_empty() {
        let names: BTreeSet<String> = prompt.messages.iter().flat_map(tools_in).map(name_of).collect();
        tools = names.into_iter().map(|name| specified(name, GONE, &Map::new())).collect::<Result<_, _>>()?;
    }
    if tools.is_empty() {
        return Ok(None);
    }
    ToolConfiguration::builder().set_tools(Some(tools)).build().map(Some)
}

/// The names of the tools that a message mentions.
fn tools_in(message: &PromptMessage) -> Vec<&str> {
    match message {
        PromptMessage::User(_) => Vec::new(),
        PromptMessage::Assistant { calls, .. } => calls.iter().map(|call| call.name.as_str()).collect(),
        PromptMessage::ToolResult { name, .. } => vec![name],
    }
}

fn tool(definition: &ToolDefinition) -> Result<Tool, BuildError> {
    let ToolDefinition { name, description, parameters } = definition;
    specified(name_of(name), description, parameters)
}

fn specified(name: String, description: &str, parameters: &Map<String, Value>) -> Result<Tool, BuildError> {
    let mut schema = object(parameters);
    schema.entry("type".to_owned()).or_insert_with(|| "object".into());
    let tool = ToolSpecification::builder()
        .name(name)
        .set_description(Some(description.to_owned()).filter(|text| !is_blank(text)))
        .input_schema(ToolInputSchema::Json(Document::Object(schema)));
    tool.build().map(Tool::ToolSpec)
}

/// The messages. Neighbouring ones of one role become one. The model says something between the result of a tool and
/// the user's next message, because some models refuse both in one message.
fn messages(prompt: &Prompt, takes_status: bool) -> Result<Vec<Message>, BuildError> {
    let mut conversation = Conversation::default();
    let last_of_user = prompt.messages.iter().rposition(|message| matches!(message, PromptMessage::User(_)));
    for (at, message) in prompt.messages.iter().enumerate() {
        match message {
            PromptMessage::User(text) => {
                if matches!(conversation.last(), Some(ContentBlock::ToolResult(_))) {
                    conversation.add(ConversationRole::Assistant, [ContentBlock::Text("OK.".to_owned())]);
                }
                if last_of_user == Some(at) {
                    let text = prompt.grounding.preface(true) + text;
                    let images = prompt.grounding.images.iter().map(image).collect::<Result<Vec<_>, _>>()?;
                    let blocks = std::iter::once(ContentBlock::Text(not_blank(&text))).chain(images);
                    conversation.add(ConversationRole::User, blocks);
                } else {
                    conversation.add(ConversationRole::User, [ContentBlock::Text(not_blank(text))]);
                }
            }
            // Reasoning goes back only with a signature, and only to models that were asked to reason.
            PromptMessage::Assistant { text, reasoning: _, calls } => {
                let text = Some(text.clone()).filter(|text| !is_blank(text)).map(ContentBlock::Text);
                let calls = calls.iter().map(|call| conversation.ids.sent(call));
                let calls = calls.collect::<Result<Vec<_>, _>>()?;
                conversation.add(ConversationRole::Assistant, text.into_iter().chain(calls));
            }
            PromptMessage::ToolResult { call, name: _, text, is_error } => {
                let result = ToolResultBlock::builder()
                    .tool_use_id(conversation.ids.of(call))
                    .content(ToolResultContentBlock::Text(not_blank(text)))
                    .set_status((*is_error && takes_status).then_some(ToolResultStatus::Error));
                conversation.add(ConversationRole::User, [ContentBlock::ToolResult(result.build()?)]);
            }
        }
    }
    let messages = conversation.messages.into_iter();
    messages.map(|(role, blocks)| Message::builder().role(role).set_content(Some(blocks)).build()).collect()
}

fn image(image: &Image) -> Result<ContentBlock, BuildError> {
    let Image { name: _, content_type, bytes } = image;
    let format = ImageFormat::from(content_type.trim_start_matches("image/"));
    let source = ImageSource::Bytes(Blob::new(bytes.to_vec()));
    Ok(ContentBlock::Image(ImageBlock::builder().format(format).source(source).build()?))
}

/// The messages, as far as they are converted.
#[derive(Default)]
struct Conversation<'a> {
    messages: Vec<(ConversationRole, Vec<ContentBlock>)>,
    ids: Ids<'a>,
}

impl Conversation<'_> {
    fn last(&self) -> Option<&ContentBlock> {
        self.messages.last()?.1.last()
    }

    /// Adds to the last message, or begins another one. The first one is the user's.
    fn add(&mut self, role: ConversationRole, blocks: impl IntoIterator<Item = ContentBlock>) {
        let blocks: Vec<_> = blocks.into_iter().collect();
        match self.messages.last_mut() {
            _ if blocks.is_empty() => {}
            Some((last, earlier)) if *last == role => earlier.extend(blocks),
            None if role == ConversationRole::Assistant => {
                self.messages.push((ConversationRole::User, vec![ContentBlock::Text(BLANK.to_owned())]));
                self.messages.push((role, blocks));
            }
            _ => self.messages.push((role, blocks)),
        }
    }
}

/// The ids of calls, as they are sent: those that do not fit the pattern are numbered.
#[derive(Default)]
struct Ids<'a> {
    numbered: HashMap<&'a str, usize>,
}

impl<'a> Ids<'a> {
    fn of(&mut self, id: &'a str) -> String {
        if (1..=NAME_MAX).contains(&id.len()) && id.chars().all(fits) {
            return id.to_owned();
        }
        let next = self.numbered.len();
        format!("renamed_{}", self.numbered.entry(id).or_insert(next))
    }

    /// A call. Arguments that are not an object are left out.
    fn sent(&mut self, call: &'a ToolCall) -> Result<ContentBlock, BuildError> {
        let ToolCall { id, name, arguments } = call;
        let arguments: Map<String, Value> = serde_json::from_str(arguments).unwrap_or_default();
        let call = ToolUseBlock::builder().tool_use_id(self.of(id)).name(name_of(name));
        call.input(Document::Object(object(&arguments))).build().map(ContentBlock::ToolUse)
    }
}

/// A tool's name, as it is sent. Names in the pattern stay the same; a model may have called a tool by another one.
fn name_of(name: &str) -> String {
    let name: String = name.chars().take(NAME_MAX).map(|c| if fits(c) { c } else { '_' }).collect();
    if name.is_empty() { "_".to_owned() } else { name }
}

/// Whether a name or an id may have this character.
const fn fits(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '-')
}

fn is_blank(text: &str) -> bool {
    text.trim().is_empty()
}

fn not_blank(text: &str) -> String {
    if is_blank(text) { BLANK.to_owned() } else { text.to_owned() }
}

fn object(fields: &Map<String, Value>) -> HashMap<String, Document> {
    fields.iter().map(|(name, value)| (name.clone(), document(value))).collect()
}

fn document(value: &Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(*value),
        Value::Number(number) => Document::Number(match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => Number::PosInt(number),
            (None, Some(number)) => Number::NegInt(number),
            (None, None) => Number::Float(number.as_f64().unwrap_or_default()),
        }),
        Value::String(text) => Document::String(text.clone()),
        Value::Array(items) => Document::Array(items.iter().map(document).collect()),
        Value::Object(fields) => Document::Object(object(fields)),
    }
}
