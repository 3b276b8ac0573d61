//! Tools: what an assistant's model may use. Two are built in; administrators add others.

use super::{
    OutboundUrl, Problem,
    text::{Category, Description, Label},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most characters of an id: what models take as a function's name.
const ID_MAX: usize = 64;
/// The most parameters of a tool.
const PARAMETERS_MAX: usize = 50;

/// A tool's id, by which assistants name it: lower-case letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolId(String);

impl ToolId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ((1..=ID_MAX).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The id of a tool called `name`: `Web Search` is `web_search`.
    pub fn of(name: &Label) -> Result<Self, Problem> {
        let lower = name.as_str().to_ascii_lowercase();
        let words = lower.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut id = words.collect::<Vec<_>>().join("_");
        id.truncate(ID_MAX);
        Self::parse(&id).ok_or(Problem::NoIdentifier)
    }

    /// The id's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a parameter holds, in JSON's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ParameterType {
    /// Text.
    String,
    /// A number.
    Number,
    /// A whole number.
    Integer,
    /// True or false.
    Boolean,
    /// A list.
    Array,
    /// An object.
    Object,
}

/// One parameter of a tool: `{"type": "string", "required": true, "description": "Search query"}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// What it holds.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Whether a call must have it.
    pub required: bool,
    /// What it is for.
    pub description: String,
}

/// A tool's parameters by their names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Parameters(BTreeMap<String, Parameter>);

impl Parameters {
    /// Checks names and descriptions.
    pub fn parse(parameters: BTreeMap<String, Parameter>) -> Result<Self, Problem> {
        if parameters.len() > PARAMETERS_MAX {
            return Err(Problem::TooMany { max: PARAMETERS_MAX });
        }
        let fits = |(name, parameter): (&String, &Parameter)| {
            (1..=ID_MAX).contains(&name.chars().count())
                && !name.contains('\0')
                && parameter.description.chars().count() <= 1_000
                && !parameter.description.contains('\0')
        };
        if parameters.iter().all(fits) { Ok(Self(parameters)) } else { Err(Problem::ParametersForm) }
    }

    /// By their names.
    pub const fn by_name(&self) -> &BTreeMap<String, Parameter> {
        &self.0
    }
}

/// What an administrator decides about a tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// For people.
    pub name: Label,
    /// For the model.
    pub description: Option<Description>,
    /// What it is sorted into.
    pub category: Option<Category>,
    /// What it takes.
    pub parameters: Parameters,
    /// What is called with the arguments as JSON; none for a built-in tool.
    pub endpoint: Option<OutboundUrl>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Made from the first name, never changed.
    pub id: ToolId,
    /// What was decided about it.
    pub definition: ToolDefinition,
    /// When it was made; a built-in tool has no such time.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// What an administrator changes about a tool: only what is given. An inner `None` takes a value away.
#[derive(Debug, Clone, Default)]
pub struct ToolChange {
    /// For people; the id stays.
    pub name: Option<Label>,
    /// For the model.
    pub description: Option<Option<Description>>,
    /// What it is sorted into.
    pub category: Option<Option<Category>>,
    /// What it takes.
    pub parameters: Option<Parameters>,
    /// What is called.
    pub endpoint: Option<OutboundUrl>,
}

impl ToolChange {
    /// `definition` with what is given here.
    pub fn apply(self, definition: ToolDefinition) -> ToolDefinition {
        let Self { name, description, category, parameters, endpoint } = self;
        ToolDefinition {
            name: name.unwrap_or(definition.name),
            description: description.unwrap_or(definition.description),
            category: category.unwrap_or(definition.category),
            parameters: parameters.unwrap_or(definition.parameters),
            endpoint: endpoint.or(definition.endpoint),
        }
    }
}
