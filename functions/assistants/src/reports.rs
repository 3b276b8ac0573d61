//! Spec 000, "Assistant Management". The same assistants as the platform dialect's, by their integers.

use axum::{extract::State, http::Method, response::IntoResponse};
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        assistant::{Assistant, AssistantFile, CharacterChange},
        ids::AssistantNumber,
        text::{AssistantName, Instructions, Label},
    },
    http::{
        App, Created, Failure, Fault, Field, Form, HandlerResult, Idempotency, InPath, Json, Reports, SignedIn,
        WithFiles, content_url,
        pages::{Paged, ServedAt},
    },
    service::assistants::Knowledge,
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Reports, T>;

const PAGE_SIZE: usize = 100;
/// The size of pages that always fit into a response.
const SMALL_PAGE_SIZE: usize = 20;

/// `{"name": …, "company_name": …, "instructions": …}`. A multipart form may contain parts called `files`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"name": "My Assistant", "company_name": "My Company", "instructions": "Write reports."}))]
pub struct AssistantFields {
    /// The name.
    #[schema(value_type = String, required, min_length = 1, max_length = 120)]
    name: Field,
    /// A new name, for changes. `null` or absent to keep the name.
    #[schema(value_type = Option<String>, max_length = 120)]
    new_name: Field,
    /// The company that the assistant works for.
    #[schema(value_type = String, required, min_length = 1, max_length = 255)]
    company_name: Field,
    /// The instructions for the model.
    #[schema(value_type = String, required, min_length = 1, max_length = 32000)]
    instructions: Field,
}

/// The fields as parts of a form, and files.
#[derive(ToSchema)]
#[schema(example = json!({
    "name": "My Assistant",
    "company_name": "My Company",
    "instructions": "Write reports.",
    "files": ["Contents of the file"],
}))]
#[expect(dead_code, reason = "describes the form that `WithFiles` reads")]
pub struct AssistantForm {
    /// The name.
    #[schema(min_length = 1, max_length = 120)]
    name: String,
    /// A new name, for changes. `null` or absent to keep the name.
    #[schema(max_length = 120)]
    new_name: Option<String>,
    /// The company that the assistant works for.
    #[schema(min_length = 1, max_length = 255)]
    company_name: String,
    /// The instructions for the model.
    #[schema(min_length = 1, max_length = 32000)]
    instructions: String,
    /// Files to add to those that the assistant answers from. `null` or absent for none.
    #[schema(max_items = 10)]
    files: Option<Vec<AttachedFile>>,
}

/// A file of a form.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct AttachedFile(#[expect(dead_code, reason = "describes a part of a form")] String);

/// `{"id": 1, "name": …, "company_name": …, "instructions": …, "files": […], "created_at": …,
/// "updated_at": …, "query_count": 0}`. An assistant.
#[derive(Serialize, ToSchema)]
#[schema(as = Assistant, example = json!({
    "id": 1,
    "name": "My Assistant",
    "company_name": "My Company",
    "instructions": "Write reports.",
    "files": [{
        "id": "018e376b-9ce0-7000-8000-000000000001",
        "filename": "report.pdf",
        "url": "https://api.example.com/api/v1/files/018e376b-9ce0-7000-8000-000000000001/content",
    }],
    "created_at": "2024-01-01T00:00:00Z",
    "updated_at": "2024-01-01T00:00:00Z",
    "query_count": 0,
}))]
pub struct ShownAssistant {
    /// The assistant's number.
    id: u64,
    /// The name.
    name: String,
    /// The company that the assistant works for.
    company_name: String,
    /// The instructions for the model.
    instructions: String,
    /// The files that the assistant knows.
    files: Vec<ShownFile>,
    /// When the assistant was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the assistant last changed.
    #[schema(format = DateTime)]
    updated_at: String,
    /// How many messages the assistant got.
    query_count: u64,
}

/// `{"id": "<uuid>", "filename": "report.pdf", "url": "https://…/api/v1/files/<uuid>/content"}`.
/// A file of an assistant.
#[derive(Serialize, ToSchema)]
#[schema(as = AssistantFile)]
pub struct ShownFile {
    /// The file's id.
    #[schema(format = Uuid)]
    id: String,
    /// The name of the file.
    filename: String,
    /// The address of the content.
    #[schema(format = Uri)]
    url: String,
}

/// `GET /api/v1/assistants/?page=`: lists the caller's assistants, oldest first, 100 per page. The `Link` header
/// contains the previous and the next page.
#[utoipa::path(
    get,
    path = "/api/v1/assistants/",
    params(Paged),
    responses((
        status = 200,
        body = [ShownAssistant],
        headers(("Link", description = "The previous and the next page.")),
    )),
)]
pub async fn list(
    State(app): State<App<Reports>>,
    SignedIn(caller): SignedIn,
    paged: Paged,
    ServedAt(here): ServedAt,
) -> Result<impl IntoResponse> {
    let mut paged = paged;
    let page = match app.assistants.page(caller.user.id, paged.request(PAGE_SIZE, true)?).await {
        // Clients that ask for no size get one that fits.
        Err(Error::PageTooLarge) => {
            paged = paged.in_pages_of(SMALL_PAGE_SIZE).ok_or(Error::PageTooLarge)?;
            app.assistants.page(caller.user.id, paged.request(SMALL_PAGE_SIZE, true)?).await?
        }
        page => page?,
    };
    let (request, has_next) = (page.request, page.has_next());
    let shown = page.items.into_iter().map(|assistant| ShownAssistant::new(assistant, &here)).collect();
    Ok(paged.linked(request, has_next, shown))
}

/// `POST /api/v1/assistants/`: creates an assistant and stores its files.
#[utoipa::path(
    post,
    path = "/api/v1/assistants/",
    params(Idempotency),
    request_body(content(
        (AssistantFields = "application/json"),
        (AssistantFields = "application/x-www-form-urlencoded"),
        (AssistantForm = "multipart/form-data"),
    )),
    responses((status = 201, body = ShownAssistant)),
)]
pub async fn create(
    State(app): State<App<Reports>>,
    SignedIn(caller): SignedIn,
    ServedAt(here): ServedAt,
    Idempotency(key): Idempotency,
    form: WithFiles<AssistantFields>,
) -> Result<Created<ShownAssistant>> {
    let (fields, files) = form.read(&app, &caller).await?;
    let character = AssistantFields { new_name: Field::default(), ..fields }.try_into()?;
    let assistant = app.assistants.create(caller.user.id, character, Knowledge::And(files), key).await?;
    Ok(Created(ShownAssistant::new(assistant, &here)))
}

/// `PUT /api/v1/assistants/<int>/`: replaces the fields of an assistant and adds files. `new_name` renames it.
#[utoipa::path(
    put,
    path = "/api/v1/assistants/{assistant_id}/",
    params(InPath<AssistantNumber>),
    request_body(content(
        (AssistantFields = "application/json"),
        (AssistantFields = "application/x-www-form-urlencoded"),
        (AssistantForm = "multipart/form-data"),
    )),
    responses((status = 200, body = ShownAssistant), (status = 409, description = "Another request changed the assistant at the same time.")),
)]
pub async fn change(
    State(app): State<App<Reports>>,
    SignedIn(caller): SignedIn,
    InPath(number): InPath<AssistantNumber>,
    ServedAt(here): ServedAt,
    form: WithFiles<AssistantFields>,
) -> Result<Json<ShownAssistant>> {
    let assistant = app.assistants.numbered(caller.user.id, number).await?;
    let (fields, files) = form.read(&app, &caller).await?;
    let change = fields.try_into()?;
    let changed = app.assistants.change(caller.user.id, assistant, change, Knowledge::And(files)).await?;
    Ok(Json(ShownAssistant::new(changed, &here)))
}

/// Every other method. A path without a valid number is 404, not 405.
pub async fn otherwise(
    method: Method,
    number: std::result::Result<InPath<AssistantNumber>, Failure<Reports>>,
) -> Failure<Reports> {
    match number {
        Ok(_) => Fault::MethodNotAllowed(method).into(),
        Err(unknown) => unknown,
    }
}

impl TryFrom<AssistantFields> for CharacterChange {
    type Error = Error;

    fn try_from(fields: AssistantFields) -> std::result::Result<Self, Error> {
        let AssistantFields { name, new_name, company_name, instructions } = fields;
        let mut form = Form::default();
        let name = form.required("name", name, AssistantName::parse);
        let new_name = form.nullable("new_name", new_name, AssistantName::parse);
        let change = Self {
            name: new_name.or(name),
            company_name: form.required("company_name", company_name, Label::parse).map(Some),
            system_prompt: form.required("instructions", instructions, Instructions::parse).map(Some),
            ..Self::default()
        };
        form.finish(|| Some(change))
    }
}

impl ShownAssistant {
    fn new(assistant: Assistant, here: &str) -> Self {
        let Assistant { id: _, number, character, files, version: _, usage, created_at, updated_at } = assistant;
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Self {
            id: number.0,
            name: character.name.as_str().to_owned(),
            company_name: text(character.company_name.as_ref().map(Label::as_str)),
            instructions: text(character.system_prompt.as_ref().map(Instructions::as_str)),
            files: files.into_iter().map(|file| ShownFile::new(file, here)).collect(),
            created_at: created_at.to_string(),
            updated_at: updated_at.to_string(),
            query_count: usage.queries,
        }
    }
}

impl ShownFile {
    fn new(AssistantFile { id, name: filename }: AssistantFile, here: &str) -> Self {
        Self { id: id.to_string(), filename, url: content_url(here, id) }
    }
}
