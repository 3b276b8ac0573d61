//! Tools, which the model of an assistant may call. Two are built in. Administrators add others.

use super::{
    Error, OutboundUrl, Problem,
    secret_header::{HeaderName, HeaderSecret, SecretHeader},
    text::{Category, Description, Label},
    time::Timestamp,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The maximum length of an id, in characters. Models accept no longer function names.
const ID_MAX: usize = 64;
/// The maximum number of parameters of a tool.
const PARAMETERS_MAX: usize = 50;

/// The least and the most seconds that a call may take, if its tool says.
pub const TIMEOUT_SECONDS: (u32, u32) = (1, 60);
/// How many seconds a call may take otherwise.
const TIMEOUT_SECONDS_DEFAULT: u32 = 20;
/// The least and the most bytes of a result, if its tool says.
pub const RESULT_BYTES: (u32, u32) = (1_024, 102_400);
/// The most bytes of a result otherwise.
const RESULT_BYTES_DEFAULT: u32 = 100_000;

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

impl ParameterType {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::String, Self::Number, Self::Integer, Self::Boolean, Self::Array, Self::Object];
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
    /// How long a call may take, in seconds. `None` for the default.
    #[serde(default)]
    pub timeout_seconds: Option<u32>,
    /// The most bytes of a result. `None` for the default.
    #[serde(default)]
    pub max_result_bytes: Option<u32>,
    /// The name of the header that has a secret value. The value is apart, in [`CallableTool`].
    #[serde(default)]
    pub secret_header: Option<HeaderName>,
}

impl ToolDefinition {
    /// How long a call may take, in seconds.
    pub fn timeout_seconds(&self) -> u32 {
        self.timeout_seconds.unwrap_or(TIMEOUT_SECONDS_DEFAULT)
    }

    /// The most bytes of a result.
    pub fn result_bytes(&self) -> u32 {
        self.max_result_bytes.unwrap_or(RESULT_BYTES_DEFAULT)
    }
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

/// A tool with the value of its secret header, if it has one.
#[derive(Clone)]
pub struct CallableTool {
    /// The tool.
    pub tool: Tool,
    /// The value.
    pub secret: Option<HeaderSecret>,
}

/// A change to a tool. `None` keeps a value, an inner `None` removes it.
#[derive(Clone, Default)]
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
    /// How long a call may take, in seconds.
    pub timeout_seconds: Option<Option<u32>>,
    /// The most bytes of a result.
    pub max_result_bytes: Option<Option<u32>>,
    /// The header that has a secret value.
    pub secret_header: Option<Option<SecretHeader>>,
}

impl ToolChange {
    /// What the definition and the secret become. A secret whose value is not given again stays as it is, but only at
    /// its server: it must not be sent to another one by somebody who cannot read it.
    ///
    /// # Errors
    /// `Invalid` if the value of the secret header is missing.
    pub fn apply(
        self,
        before: ToolDefinition,
        secret: Option<HeaderSecret>,
    ) -> Result<(ToolDefinition, Option<HeaderSecret>), Error> {
        let Self {
            name,
            description,
            category,
            parameters,
            endpoint,
            timeout_seconds,
            max_result_bytes,
            secret_header,
        } = self;
        let has_moved = match (&endpoint, &before.endpoint) {
            (Some(after), Some(before)) => after.origin() != before.origin(),
            (_, None) | (None, _) => false,
        };
        let kept = secret.filter(|_| !has_moved);
        let (secret_header, secret) = match secret_header {
            None => (before.secret_header, kept),
            Some(None) => (None, None),
            Some(Some(SecretHeader { name, value })) => (Some(name), value.or(kept)),
        };
        if secret_header.is_some() && secret.is_none() {
            return Err(Error::invalid("secret_header", Problem::HeaderValueMissing));
        }
        let definition = ToolDefinition {
            name: name.unwrap_or(before.name),
            description: description.unwrap_or(before.description),
            category: category.unwrap_or(before.category),
            parameters: parameters.unwrap_or(before.parameters),
            endpoint: endpoint.or(before.endpoint),
            timeout_seconds: timeout_seconds.unwrap_or(before.timeout_seconds),
            max_result_bytes: max_result_bytes.unwrap_or(before.max_result_bytes),
            secret_header,
        };
        Ok((definition, secret))
    }
}
