//! Spec 001, "Assistants".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantFilter, AssistantStatus, Character, CharacterChange, Temperature},
        error::Problems,
        ids::{AssistantId, FileId},
        list::AssistantField,
        text::{AssistantName, Category, Description, Instructions, Label},
        tool::ToolId,
    },
    http::{
        App, Body, Created, Field, HandlerResult, Idempotency, InPath, Json, JsonField, Listing, NoContent, Platform,
        SignedIn, json_field,
        listing::{Parameters, Wanted},
        pages::Query,
    },
    service::assistants::{FILES_MAX, Knowledge},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// The most tools of an assistant.
const TOOLS_MAX: usize = 32;

/// `{"name": "My Assistant", "description": …, "personality": …, "system_prompt": …, "tools": ["web_search"],
/// "model": "gpt-4", "temperature": 0.7, "status": "active", "category": …, "company_name": …, "files": […]}`.
/// A new assistant needs only the name; changing one takes only what is given.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "name": "My Assistant",
    "description": "A helpful assistant",
    "personality": "friendly",
    "tools": ["web_search"],
    "temperature": 0.7,
    "category": "general",
}))]
pub struct AssistantFields {
    #[schema(value_type = String, min_length = 1, max_length = 120)]
    name: Field,
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Field,
    #[schema(value_type = Option<String>, max_length = 2000)]
    personality: Field,
    #[schema(value_type = Option<String>, max_length = 32000)]
    system_prompt: Field,
    #[schema(value_type = Option<Vec<String>>, max_items = 32)]
    tools: JsonField,
    #[schema(value_type = Option<String>, max_length = 255)]
    model: Field,
    #[schema(value_type = Option<f64>, minimum = 0, maximum = 2)]
    temperature: JsonField,
    #[schema(value_type = Option<String>, pattern = "^(active|inactive|draft)$")]
    status: Field,
    #[schema(value_type = Option<String>, max_length = 64)]
    category: Field,
    #[schema(value_type = Option<String>, max_length = 255)]
    company_name: Field,
    #[schema(value_type = Option<Vec<String>>, max_items = 100)]
    files: JsonField,
}

/// An assistant: `{"id": "<uuid>", "name": "Assistant Name", "description": …, "status": "active", …}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
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
    #[schema(format = Uuid)]
    id: String,
    name: String,
    description: Option<String>,
    personality: Option<String>,
    system_prompt: Option<String>,
    #[schema(pattern = "^(active|inactive|draft)$")]
    status: &'static str,
    category: Option<String>,
    company_name: Option<String>,
    model: Option<String>,
    temperature: Option<f64>,
    tools: Vec<String>,
    files: Vec<String>,
    #[schema(format = DateTime)]
    created_at: String,
    #[schema(format = DateTime)]
    updated_at: String,
}

/// `GET /api/v1/assistants?page=&size=&sort=&after=&status=&category=`: the caller's assistants.
#[utoipa::path(
    get,
    path = "/api/v1/assistants",
    params(
        Parameters<AssistantField>,
        ("status" = Option<String>, Query, pattern = "^(active|inactive|draft)$", description = "Only those of this status."),
        ("category" = Option<String>, Query, min_length = 1, max_length = 64, description = "Only those of this category."),
    ),
    responses((status = 200, body = Listing<ShownAssistant>, example = json!({
        "items": [{
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
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    }))),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<AssistantField>,
    query: Query,
) -> Result<Json<Listing<ShownAssistant>>> {
    let listed = app.assistants.list(caller.user.id, &filter(&query)?, &request).await?;
    Ok(Json(Listing::new(listed, request.sort, ShownAssistant::from)))
}

/// `POST /api/v1/assistants`: a new assistant.
#[utoipa::path(
    post,
    path = "/api/v1/assistants",
    params(Idempotency),
    request_body = AssistantFields,
    responses(
        (status = 201, body = ShownAssistant),
        (status = 409, description = "The caller has an assistant with this name."),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<AssistantFields>,
) -> Result<Created<ShownAssistant>> {
    let (character, knowledge) = body.read(true)?;
    Ok(Created(app.assistants.create(caller.user.id, character, knowledge, key).await?.into()))
}

/// `GET /api/v1/assistants/{assistant}`: one assistant.
#[utoipa::path(
    get,
    path = "/api/v1/assistants/{assistant}",
    params(("assistant" = String, Path, format = Uuid, description = "The assistant's id.")),
    responses((status = 200, body = ShownAssistant)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(assistant): InPath<AssistantId>,
) -> Result<Json<ShownAssistant>> {
    Ok(Json(app.assistants.show(caller.user.id, assistant).await?.into()))
}

/// `PUT /api/v1/assistants/{assistant}`: changes what is given.
#[utoipa::path(
    put,
    path = "/api/v1/assistants/{assistant}",
    params(("assistant" = String, Path, format = Uuid, description = "The assistant's id.")),
    request_body = AssistantFields,
    responses(
        (status = 200, body = ShownAssistant),
        (status = 409, description = "The caller has another assistant with this name."),
    ),
)]
pub async fn change(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(assistant): InPath<AssistantId>,
    Body(body): Body<AssistantFields>,
) -> Result<Json<ShownAssistant>> {
    let (character, knowledge) = body.read(false)?;
    Ok(Json(app.assistants.change(caller.user.id, assistant, character, knowledge).await?.into()))
}

/// `DELETE /api/v1/assistants/{assistant}`: removes an assistant. Its conversations stay.
#[utoipa::path(
    delete,
    path = "/api/v1/assistants/{assistant}",
    params(("assistant" = String, Path, format = Uuid, description = "The assistant's id.")),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(assistant): InPath<AssistantId>,
) -> Result<NoContent> {
    app.assistants.remove(caller.user.id, assistant).await?;
    Ok(NoContent)
}

fn filter(query: &Query) -> std::result::Result<AssistantFilter, Error> {
    let mut problems = Problems::default();
    let status = query.parameter("status").map(|word| AssistantStatus::parse(&word)).transpose();
    let category = query.parameter("category").map(|text| Category::parse(&text)).transpose();
    let (status, category) = (problems.note("status", status), problems.note("category", category));
    problems.or(status.zip(category).map(|(status, category)| AssistantFilter { status, category }))
}

impl AssistantFields {
    fn read(self, is_new: bool) -> std::result::Result<(CharacterChange, Knowledge), Error> {
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
        let mut problems = Problems::default();
        let name = if is_new { name.required().map(Some) } else { name.optional() };
        let parse_name = |text: Option<String>| text.map(|text| AssistantName::parse(&text)).transpose();
        let parse_status = |word: Option<String>| word.map(|word| AssistantStatus::parse(&word)).transpose();
        let files = problems.note("files", files.nullable(file_ids)).flatten();
        let character = CharacterChange {
            name: problems.note("name", name.and_then(parse_name)).flatten(),
            description: problems.note("description", description.change(Description::parse)).flatten(),
            personality: problems.note("personality", personality.change(Description::parse)).flatten(),
            system_prompt: problems.note("system_prompt", system_prompt.change(Instructions::parse)).flatten(),
            company_name: problems.note("company_name", company_name.change(Label::parse)).flatten(),
            category: problems.note("category", category.change(Category::parse)).flatten(),
            status: problems.note("status", status.nullable().and_then(parse_status)).flatten(),
            tools: problems.note("tools", tools.nullable(tool_ids)).flatten(),
            model: problems.note("model", model.change(Label::parse)).flatten(),
            temperature: problems.note("temperature", temperature.change(degree)).flatten(),
        };
        problems.or(Some((character, files.map_or(Knowledge::Same, Knowledge::Exactly))))
    }
}

fn degree(value: Value) -> std::result::Result<Temperature, Problem> {
    json_field::number(value).and_then(Temperature::parse)
}

fn tool_ids(value: Value) -> std::result::Result<Vec<ToolId>, Problem> {
    let ids = json_field::list(TOOLS_MAX)(value)?.into_iter();
    let ids = ids.map(|id| ToolId::parse(&json_field::text(id)?).ok_or(Problem::UnknownTool));
    ids.collect::<std::result::Result<_, _>>().map(once_each)
}

fn file_ids(value: Value) -> std::result::Result<Vec<FileId>, Problem> {
    let ids = json_field::list(FILES_MAX)(value)?.into_iter();
    let ids = ids.map(|id| FileId::parse(&json_field::text(id)?).ok_or(Problem::UnknownFile));
    ids.collect::<std::result::Result<_, _>>().map(once_each)
}

fn once_each<T: PartialEq>(ids: Vec<T>) -> Vec<T> {
    let mut kept = Vec::with_capacity(ids.len());
    for id in ids {
        if !kept.contains(&id) {
            kept.push(id);
        }
    }
    kept
}

impl From<Assistant> for ShownAssistant {
    fn from(assistant: Assistant) -> Self {
        let Assistant {
            id,
            number: _,
            character,
            files,
            version: _,
            queries: _,
            conversations: _,
            resets: _,
            created_at,
            updated_at,
        } = assistant;
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
