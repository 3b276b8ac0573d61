//! Assistants, which reply in conversations.

use super::{
    Problem,
    ids::{AssistantId, AssistantNumber, FileId},
    text::{AssistantName, Category, Description, Instructions, Label, Suggestion},
    time::Timestamp,
    tool::ToolId,
};
use serde::{Deserialize, Serialize};

/// The maximum number of messages that an assistant suggests.
pub const SUGGESTIONS_MAX: usize = 4;

/// Whether an assistant replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssistantStatus {
    /// It replies.
    Active,
    /// It is switched off.
    Inactive,
    /// It is not finished.
    Draft,
}

impl AssistantStatus {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Draft];

    /// The word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Draft => "draft",
        }
    }

    /// Reads the word on the wire.
    pub fn parse(word: &str) -> Result<Self, Problem> {
        let known = Self::ALL.into_iter().find(|status| status.as_str() == word);
        known.ok_or(Problem::NotAChoice { choices: "active, inactive, draft" })
    }
}

/// How freely a model replies, from 0 (always the likeliest token) to 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(f64);

impl Temperature {
    /// Checks the range and keeps six decimals. No model distinguishes finer values, and the store limits the digits of
    /// a number.
    pub fn parse(degree: f64) -> Result<Self, Problem> {
        let kept = Self((degree * 1e6).round().abs() / 1e6);
        (0.0..=2.0).contains(&degree).then_some(kept).ok_or(Problem::OutOfRange { min: 0, max: 2 })
    }

    /// The number.
    pub const fn degree(self) -> f64 {
        self.0
    }
}

/// The properties of an assistant that its owner sets.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Character {
    /// Unique among the owner's assistants.
    pub name: AssistantName,
    /// The purpose.
    pub description: Option<Description>,
    /// The tone of its replies.
    pub personality: Option<Description>,
    /// The instructions for the model (`instructions` in the reports dialect).
    pub system_prompt: Option<Instructions>,
    /// The company that it works for.
    pub company_name: Option<Label>,
    /// The category.
    pub category: Option<Category>,
    /// Whether it replies.
    pub status: AssistantStatus,
    /// The tools that it may use.
    pub tools: Vec<ToolId>,
    /// The model that replies. `None` means the default model.
    pub model: Option<Label>,
    /// How freely the model replies.
    pub temperature: Option<Temperature>,
    /// Messages to begin a conversation with, at most [`SUGGESTIONS_MAX`]. Only the pages show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub suggestions: Vec<Suggestion>,
}

/// A file that an assistant knows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantFile {
    /// The file.
    pub id: FileId,
    /// Its name, which never changes.
    pub name: String,
}

/// An assistant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Assistant {
    /// The UUID.
    pub id: AssistantId,
    /// The integer.
    pub number: AssistantNumber,
    /// The properties that its owner sets.
    pub character: Character,
    /// The files that it knows.
    pub files: Vec<AssistantFile>,
    /// Increases with every change of the fields above.
    pub version: u64,
    /// How it is used.
    #[serde(skip)]
    pub usage: AssistantUsage,
    /// When it was created.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

/// How an assistant is used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssistantUsage {
    /// The number of messages that it got.
    pub queries: u64,
    /// The number of its conversations.
    pub conversations: u64,
    /// The number of its deleted default conversations.
    pub resets: u64,
}

/// A change to an assistant. `None` keeps a value, an inner `None` removes it.
#[derive(Debug, Clone, Default)]
pub struct CharacterChange {
    /// A new name.
    pub name: Option<AssistantName>,
    /// The purpose.
    pub description: Option<Option<Description>>,
    /// The tone of its replies.
    pub personality: Option<Option<Description>>,
    /// The instructions for the model.
    pub system_prompt: Option<Option<Instructions>>,
    /// The company that it works for.
    pub company_name: Option<Option<Label>>,
    /// The category.
    pub category: Option<Option<Category>>,
    /// Whether it replies.
    pub status: Option<AssistantStatus>,
    /// The tools that it may use.
    pub tools: Option<Vec<ToolId>>,
    /// The model that replies.
    pub model: Option<Option<Label>>,
    /// How freely the model replies.
    pub temperature: Option<Option<Temperature>>,
    /// Messages to begin a conversation with.
    pub suggestions: Option<Vec<Suggestion>>,
}

impl CharacterChange {
    /// `character` with this change.
    pub fn apply(self, character: Character) -> Character {
        let Self {
            name,
            description,
            personality,
            system_prompt,
            company_name,
            category,
            status,
            tools,
            model,
            temperature,
            suggestions,
        } = self;
        Character {
            name: name.unwrap_or(character.name),
            description: description.unwrap_or(character.description),
            personality: personality.unwrap_or(character.personality),
            system_prompt: system_prompt.unwrap_or(character.system_prompt),
            company_name: company_name.unwrap_or(character.company_name),
            category: category.unwrap_or(character.category),
            status: status.unwrap_or(character.status),
            tools: tools.unwrap_or(character.tools),
            model: model.unwrap_or(character.model),
            temperature: temperature.unwrap_or(character.temperature),
            suggestions: suggestions.unwrap_or(character.suggestions),
        }
    }

    /// The character of a new assistant. `None` without a name.
    pub fn into_new(self) -> Option<Character> {
        let blank = Character {
            name: self.name.clone()?,
            description: None,
            personality: None,
            system_prompt: None,
            company_name: None,
            category: None,
            status: AssistantStatus::Active,
            tools: Vec::new(),
            model: None,
            temperature: None,
            suggestions: Vec::new(),
        };
        Some(self.apply(blank))
    }
}

/// A filter for a list of assistants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssistantFilter {
    /// Only assistants with this status.
    pub status: Option<AssistantStatus>,
    /// Only assistants in this category.
    pub category: Option<Category>,
}
