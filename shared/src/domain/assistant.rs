//! Assistants: who answers in a conversation, and how.

use super::{
    Problem,
    ids::{AssistantId, AssistantNumber, FileId},
    text::{AssistantName, Category, Description, Instructions, Label},
    time::Timestamp,
    tool::ToolId,
};
use serde::{Deserialize, Serialize};

/// Whether an assistant answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AssistantStatus {
    /// It does.
    Active,
    /// Not any more, or not now.
    Inactive,
    /// Not yet.
    Draft,
}

impl AssistantStatus {
    const ALL: [Self; 3] = [Self::Active, Self::Inactive, Self::Draft];

    /// As on the wire.
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

/// How freely a model answers: 0 (always the likeliest) to 2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Temperature(f64);

impl Temperature {
    /// Checks the range. Six decimals are kept: no model tells finer ones apart, and the store has its limits.
    pub fn parse(degree: f64) -> Result<Self, Problem> {
        let kept = Self((degree * 1e6).round().abs() / 1e6);
        (0.0..=2.0).contains(&degree).then_some(kept).ok_or(Problem::OutOfRange { min: 0, max: 2 })
    }

    /// The number.
    pub const fn degree(self) -> f64 {
        self.0
    }
}

/// What an owner decides about an assistant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Character {
    /// Unique among the owner's assistants.
    pub name: AssistantName,
    /// What it is for.
    pub description: Option<Description>,
    /// How it talks.
    pub personality: Option<Description>,
    /// What the model is told first (the "instructions" of the reports dialect).
    pub system_prompt: Option<Instructions>,
    /// Whom it works for.
    pub company_name: Option<Label>,
    /// What it is sorted into.
    pub category: Option<Category>,
    /// Whether it answers.
    pub status: AssistantStatus,
    /// What it may use.
    pub tools: Vec<ToolId>,
    /// Which model answers; the deployment's own when absent.
    pub model: Option<Label>,
    /// How freely.
    pub temperature: Option<Temperature>,
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
    /// What its owner decided.
    pub character: Character,
    /// What it knows beside that.
    pub files: Vec<AssistantFile>,
    /// Counts up with every change of what is above.
    pub version: u64,
    /// How many questions it was asked.
    pub queries: u64,
    /// How many conversations it has.
    pub conversations: u64,
    /// How many of its default conversations were deleted.
    pub resets: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When its owner last changed it.
    pub updated_at: Timestamp,
}

/// What an owner changes about an assistant: only what is given. An inner `None` takes a value away.
#[derive(Debug, Clone, Default)]
pub struct CharacterChange {
    /// A new name.
    pub name: Option<AssistantName>,
    /// What it is for.
    pub description: Option<Option<Description>>,
    /// How it talks.
    pub personality: Option<Option<Description>>,
    /// What the model is told first.
    pub system_prompt: Option<Option<Instructions>>,
    /// Whom it works for.
    pub company_name: Option<Option<Label>>,
    /// What it is sorted into.
    pub category: Option<Option<Category>>,
    /// Whether it answers.
    pub status: Option<AssistantStatus>,
    /// What it may use.
    pub tools: Option<Vec<ToolId>>,
    /// Which model answers.
    pub model: Option<Option<Label>>,
    /// How freely.
    pub temperature: Option<Option<Temperature>>,
}

impl CharacterChange {
    /// `character` with what is given here.
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
        }
    }

    /// The character of a new assistant; only the name is needed.
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
        };
        Some(self.apply(blank))
    }
}

/// Which of an owner's assistants are listed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AssistantFilter {
    /// Only those with this status.
    pub status: Option<AssistantStatus>,
    /// Only those in this category.
    pub category: Option<Category>,
}
