//! The wire types of spec 001, "Assistants".

use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantStatus, Character, CharacterChange, Temperature},
        ids::FileId,
        text::{AssistantName, Category, Description, Instructions, Label},
        tool::ToolId,
    },
    http::{
        Field, Form,
        openapi::requiring,
        parse::{number, set},
    },
    service::assistants::{FILES_MAX, Knowledge},
};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

/// The maximum number of tools of an assistant.
const TOOLS_MAX: usize = 32;

/// `{"name": "My Assistant", "description": …, "personality": …, "system_prompt": …, "tools": ["web_search"],
/// "model": "gpt-4", "temperature": 0.7, "status": "active", "category": …, "company_name": …, "files": […]}`.
/// Absent fields keep their values.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = AssistantUpdate, example = json!({
    "name": "My Assistant",
    "description": "A helpful assistant",
    "personality": "friendly",
    "tools": ["web_search"],
    "temperature": 0.7,
    "category": "general",
}))]
pub struct AssistantFields {
    /// The name. It is unique among the caller's assistants.
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    name: Field,
    /// What the assistant is for. `null` removes it.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Field,
    /// How the assistant talks. `null` removes it.
    #[schema(value_type = Option<String>, max_length = 2000)]
    personality: Field,
    /// The instructions for the model. `null` removes them.
    #[schema(value_type = Option<String>, max_length = 32000)]
    system_prompt: Field,
    /// The ids of the tools that the assistant may use. `null` leaves them as they are.
    #[schema(value_type = Option<Vec<String>>, max_items = 32)]
    tools: Field,
    /// The model that replies, an id of `GET /api/v1/models`. `null` for the default one, which also replies in place of
    /// one that is not in that list.
    #[schema(value_type = Option<String>, max_length = 255)]
    model: Field,
    /// How freely the model replies, from 0 to 2. `null` for the model's own default.
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 2)]
    temperature: Field,
    /// Whether the assistant replies. `null` leaves the status as it is, which is `active` for a new assistant.
    #[schema(value_type = Option<AssistantStatus>)]
    status: Field,
    /// A category, by which lists can be filtered. `null` removes it.
    #[schema(value_type = Option<String>, max_length = 64)]
    category: Field,
    /// The company that the assistant works for. `null` removes it.
    #[schema(value_type = Option<String>, max_length = 255)]
    company_name: Field,
    /// The ids of the files that the assistant answers from. `null` leaves them as they are.
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    files: Field,
}

/// The same fields for a new assistant, which needs a name.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct NewAssistant(AssistantFields);

impl PartialSchema for NewAssistant {
    fn schema() -> RefOr<Schema> {
        requiring::<AssistantFields>(&["name"], "A new assistant. Only the name is required.")
    }
}

impl ToSchema for NewAssistant {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        AssistantFields::schemas(schemas);
    }
}

/// `{"id": "<uuid>", "name": "Assistant Name", "description": …, "status": "active", …}`. An assistant.
#[derive(Serialize, ToSchema)]
#[schema(as = Assistant, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "name": "My Assistant",
    "description": "A helpful assistant",
    "personality": "friendly",
    "system_prompt": null,
    "status": "active",
    "category": "general",
    "company_name": null,
    "model": null,
    "temperature": 0.7,
    "tools": ["web_search"],
    "files": [],
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownAssistant {
    /// The assistant's id.
    #[schema(format = Uuid)]
    id: String,
    /// The name. It is unique among the caller's assistants.
    name: String,
    /// What the assistant is for. `null` if nobody said.
    description: Option<String>,
    /// How the assistant talks. `null` if nobody said.
    personality: Option<String>,
    /// The instructions for the model. `null` if there are none.
    system_prompt: Option<String>,
    /// Whether the assistant replies.
    #[schema(value_type = AssistantStatus)]
    status: &'static str,
    /// A category, by which lists can be filtered. `null` if there is none.
    category: Option<String>,
    /// The company that the assistant works for. `null` if there is none.
    company_name: Option<String>,
    /// The model that replies. `null` for the default one.
    model: Option<String>,
    /// How freely the model replies, from 0 to 2. `null` for the model's own default.
    temperature: Option<f64>,
    /// The ids of the tools that the assistant may use.
    tools: Vec<String>,
    /// The ids of the files that the assistant answers from.
    files: Vec<String>,
    /// When the assistant was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the assistant last changed.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl NewAssistant {
    /// The body of a request that creates an assistant.
    pub fn read(self) -> Result<(CharacterChange, Knowledge), Error> {
        self.0.read_as(true)
    }
}

impl AssistantFields {
    /// The body of a request that changes an assistant.
    pub fn read(self) -> Result<(CharacterChange, Knowledge), Error> {
        self.read_as(false)
    }

    fn read_as(self, is_new: bool) -> Result<(CharacterChange, Knowledge), Error> {
        let Self {
            name,
            description,
            personality,
            system_prompt,
            tools,
            model,
            temperature,
            status,
            category,
            company_name,
            files,
        } = self;
        let mut form = Form::default();
        let file_id = |text: &str| FileId::parse(text).ok_or(Problem::UnknownFile);
        let tool_id = |text: &str| ToolId::parse(text).ok_or(Problem::UnknownTool);
        let knowledge =
            form.nullable("files", files, set(FILES_MAX, file_id)).map_or(Knowledge::Same, Knowledge::Exactly);
        let character = CharacterChange {
            name: match is_new {
                true => form.required("name", name, AssistantName::parse),
                false => form.optional("name", name, AssistantName::parse),
            },
            description: form.change("description", description, Description::parse),
            personality: form.change("personality", personality, Description::parse),
            system_prompt: form.change("system_prompt", system_prompt, Instructions::parse),
            company_name: form.change("company_name", company_name, Label::parse),
            category: form.change("category", category, Category::parse),
            status: form.nullable("status", status, AssistantStatus::parse),
            tools: form.nullable("tools", tools, set(TOOLS_MAX, tool_id)),
            model: form.change("model", model, Label::parse),
            temperature: form.change("temperature", temperature, degree),
            suggestions: None,
        };
        form.finish(|| Some((character, knowledge)))
    }
}

fn degree(value: Value) -> Result<Temperature, Problem> {
    number(value).and_then(Temperature::parse)
}

impl From<Assistant> for ShownAssistant {
    fn from(assistant: Assistant) -> Self {
        let Assistant { id, number: _, character, files, version: _, usage: _, created_at, updated_at } = assistant;
        let Character {
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
            suggestions: _,
        } = character;
        Self {
            id: id.to_string(),
            name: name.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            personality: personality.map(|text| text.as_str().to_owned()),
            system_prompt: system_prompt.map(|text| text.as_str().to_owned()),
            status: status.as_str(),
            category: category.map(|text| text.as_str().to_owned()),
            company_name: company_name.map(|text| text.as_str().to_owned()),
            model: model.map(|text| text.as_str().to_owned()),
            temperature: temperature.map(Temperature::degree),
            tools: tools.iter().map(|tool| tool.as_str().to_owned()).collect(),
            files: files.into_iter().map(|file| file.id.to_string()).collect(),
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
        }
    }
}
