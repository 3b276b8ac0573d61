//! Tools, which the model of an assistant may call. Two are built in. Administrators add others.

use super::{
    OutboundUrl, Problem,
    text::{Category, Description, Label},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The maximum length of an id, in characters. Models accept no longer function names.
const ID_MAX: usize = 64;
/// The maximum number of parameters of a tool.
const PARAMETERS_MAX: usize = 50;

/// A tool's id: lower-case letters, digits and `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ToolId(String);

impl ToolId {
    /// Reads an id.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        ((1..=ID_MAX).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }

    /// The id of a tool called `name`. For `Web Search` it is `web_search`.
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

/// The JSON type of a parameter.
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
    /// The JSON type of the value.
    #[serde(rename = "type")]
    pub kind: ParameterType,
    /// Whether a call must contain the parameter.
    pub required: bool,
    /// The meaning, for the model.
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

/// The properties of a tool that an administrator sets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolDefinition {
    /// The name, for people.
    pub name: Label,
    /// The purpose, for the model.
    pub description: Option<Description>,
    /// The category.
    pub category: Option<Category>,
    /// The parameters.
    pub parameters: Parameters,
    /// The address that is called with the arguments as JSON. `None` for a built-in tool.
    pub endpoint: Option<OutboundUrl>,
}

/// A tool.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tool {
    /// Derived from the first name. It never changes.
    pub id: ToolId,
    /// The properties that an administrator sets.
    pub definition: ToolDefinition,
    /// When it was created. `None` for a built-in tool.
    pub created_at: Option<Timestamp>,
    /// When it was last changed.
    pub updated_at: Option<Timestamp>,
}

/// A change to a tool. `None` keeps a value, an inner `None` removes it.
#[derive(Debug, Clone, Default)]
pub struct ToolChange {
    /// The name, for people. The id stays the same.
    pub name: Option<Label>,
    /// The purpose, for the model.
    pub description: Option<Option<Description>>,
    /// The category.
    pub category: Option<Option<Category>>,
    /// The parameters.
    pub parameters: Option<Parameters>,
    /// The address that is called.
    pub endpoint: Option<OutboundUrl>,
}

impl ToolChange {
    /// `definition` with this change.
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
