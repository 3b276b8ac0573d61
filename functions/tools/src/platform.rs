//! Spec 001, "Tools".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        list::ToolField,
        text::{Category, Description, Label},
        tool::{Parameter, ParameterType, Parameters, Tool, ToolChange, ToolDefinition, ToolId},
        user::{Role, User},
    },
    http::{
        App, AsAdministrator, Body, Created, EgressPolicy, Field, Form, HandlerResult, Idempotency, InPath, Json,
        Listing, NoContent, Platform, SignedIn,
        listing::{Parameters as ListParameters, Wanted},
    },
    outbound::OutboundRules,
    service::toolbox::{Arguments, ToolOutcome, ToolTrial},
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"name": "Weather", "description": "…", "category": "data", "parameters": {"city": {"type": "string",
/// "required": true, "description": "…"}}, "endpoint": "https://example.com/weather"}`. Changes keep
/// the values of absent fields.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "name": "Weather",
    "description": "Tells the weather",
    "category": "data",
    "parameters": {"city": {"type": "string", "required": true, "description": "Where"}},
    "endpoint": "https://example.com/weather",
}))]
pub struct ToolFields {
    /// The name, for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Field,
    /// What the tool does, for the model.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Field,
    /// A category, by which people find the tool.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    category: Field,
    /// The parameters, by their names.
    #[schema(value_type = BTreeMap<String, WireParameter>)]
    parameters: Field,
    /// The address that is called with the arguments as JSON.
    #[schema(value_type = String, format = "iri", max_length = 2000)]
    endpoint: Field,
}

/// A parameter of a tool.
#[derive(Deserialize, ToSchema)]
struct WireParameter {
    /// The JSON type of the value.
    #[schema(value_type = String, pattern = "^(string|number|integer|boolean|array|object)$")]
    r#type: ParameterType,
    /// Whether a call must contain the parameter.
    #[serde(default)]
    required: bool,
    /// What the parameter means.
    #[serde(default)]
    description: String,
}

/// `{"id": "web_search", "name": "Web Search", "description": …, "category": "search",
/// "parameters": {…}, "endpoint": null, "created_at": null, "updated_at": null}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "web_search",
    "name": "Web Search",
    "description": "Search the web for information",
    "category": "search",
    "parameters": {"query": {"type": "string", "required": true, "description": "Search query"}},
    "endpoint": null,
    "created_at": null,
    "updated_at": null,
}))]
pub struct ShownTool {
    /// The tool's id.
    id: String,
    /// The name, for people.
    name: String,
    /// What the tool does, for the model.
    description: Option<String>,
    /// A category, by which people find the tool.
    category: Option<String>,
    /// The parameters, by their names.
    parameters: BTreeMap<String, ShownParameter>,
    /// The address that is called with the arguments as JSON. `null` for built-in tools, and for callers who are
    /// not administrators.
    #[schema(format = "iri")]
    endpoint: Option<String>,
    /// When the tool was created. `null` for built-in tools.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// When the tool last changed. `null` for built-in tools.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// `{"type": "string", "required": true, "description": "Search query"}`.
#[derive(Serialize, ToSchema)]
pub struct ShownParameter {
    /// The JSON type of the value.
    #[schema(value_type = String, pattern = "^(string|number|integer|boolean|array|object)$")]
    r#type: ParameterType,
    /// Whether a call must contain the parameter.
    required: bool,
    /// What the parameter means.
    description: String,
}

/// `{"arguments": {"city": "Utrecht"}}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"arguments": {"city": "Utrecht"}}))]
pub struct Trial {
    /// The arguments, as a model would give them.
    #[schema(value_type = Object, required)]
    arguments: Field,
}

/// `{"request": {"url": "https://example.com/weather", "body": {"city": "Utrecht"}}, "response": {"status": 200, "text":
/// "Sunny", "has_failed": false}}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "request": {"url": "https://example.com/weather", "body": {"city": "Utrecht"}},
    "response": {"status": 200, "text": "Sunny", "has_failed": false},
}))]
pub struct ShownTrial {
    /// What was sent.
    request: SentRequest,
    /// What came back.
    response: Received,
}

/// `{"url": "https://example.com/weather", "body": {"city": "Utrecht"}}`.
#[derive(Serialize, ToSchema)]
pub struct SentRequest {
    /// The address. `null` for built-in tools.
    #[schema(format = "iri")]
    url: Option<String>,
    /// The body. `null` for built-in tools.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// `{"status": 200, "text": "Sunny", "has_failed": false}`.
#[derive(Serialize, ToSchema)]
pub struct Received {
    /// The status. `null` for built-in tools, and if there was no answer.
    status: Option<u16>,
    /// What a model would be told.
    text: String,
    /// Whether a model would be told that the call failed.
    has_failed: bool,
}

/// `GET /api/v1/tools?page=&size=&sort=&after=`: lists all tools.
#[utoipa::path(
    get,
    path = "/api/v1/tools",
    params(ListParameters<ToolField>),
    responses((status = 200, body = Listing<ShownTool>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<ToolField>,
) -> Result<Json<Listing<ShownTool>>> {
    Ok(Json(Listing::new(app.tools.list(&request).await?, request.sort, |tool| ShownTool::to(&caller.user, tool))))
}

/// `GET /api/v1/tools/{tool}`: returns a tool.
#[utoipa::path(
    get,
    path = "/api/v1/tools/{tool}",
    params(InPath<ToolId>),
    responses((status = 200, body = ShownTool)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(tool): InPath<ToolId>,
) -> Result<Json<ShownTool>> {
    Ok(Json(ShownTool::to(&caller.user, app.tools.show(&tool).await?)))
}

/// `POST /api/v1/tools`: creates a tool. Its id is derived from its name. Requires an administrator.
#[utoipa::path(
    post,
    path = "/api/v1/tools",
    params(Idempotency),
    request_body = ToolFields,
    responses(
        (status = 201, body = ShownTool),
        (status = 403),
        (status = 409, description = "A tool with this name already exists."),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    Idempotency(key): Idempotency,
    EgressPolicy(rules): EgressPolicy,
    Body(body): Body<ToolFields>,
) -> Result<Created<ShownTool>> {
    Ok(Created(app.tools.add(&admin, body.definition(&rules)?, key).await?.into()))
}

/// `PUT /api/v1/tools/{tool}`: changes a tool. Absent fields keep their values, and the id stays the same.
/// Requires an administrator.
#[utoipa::path(
    put,
    path = "/api/v1/tools/{tool}",
    params(InPath<ToolId>),
    request_body = ToolFields,
    responses((status = 200, body = ShownTool), (status = 403), (status = 409, description = "The tool is built in.")),
)]
pub async fn change(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    InPath(tool): InPath<ToolId>,
    EgressPolicy(rules): EgressPolicy,
    Body(body): Body<ToolFields>,
) -> Result<Json<ShownTool>> {
    Ok(Json(app.tools.change(&admin, &tool, body.change(&rules)?).await?.into()))
}

/// `POST /api/v1/tools/{tool}/test`: calls a tool with some arguments, as an administrator, and shows what was sent and what
/// came back.
#[utoipa::path(
    post,
    path = "/api/v1/tools/{tool}/test",
    params(InPath<ToolId>),
    request_body = Trial,
    responses((status = 200, body = ShownTrial), (status = 403)),
)]
pub async fn try_out(
    State(app): State<App<Platform>>,
    AsAdministrator(administrator): AsAdministrator,
    InPath(id): InPath<ToolId>,
    Body(Trial { arguments }): Body<Trial>,
) -> Result<Json<ShownTrial>> {
    let mut form = Form::default();
    let arguments = form.required("arguments", arguments, parse_arguments);
    let arguments = form.finish(|| arguments)?;
    let read = |parameters: &Parameters| Arguments::new(parameters, arguments);
    Ok(Json(app.tool_runner.try_out(administrator.user().id, &id, read).await?.into()))
}

impl From<ToolTrial> for ShownTrial {
    fn from(ToolTrial { url, body, status, outcome }: ToolTrial) -> Self {
        let ToolOutcome { text, has_failed } = outcome;
        let body = body.map(|body| body.into_object().into());
        Self { request: SentRequest { url, body }, response: Received { status, text, has_failed } }
    }
}

/// `DELETE /api/v1/tools/{tool}`: deletes a tool. Requires an administrator.
#[utoipa::path(
    delete,
    path = "/api/v1/tools/{tool}",
    params(InPath<ToolId>),
    responses((status = 204), (status = 403), (status = 409, description = "The tool is built in.")),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    InPath(tool): InPath<ToolId>,
) -> Result<NoContent> {
    app.tools.remove(&admin, &tool).await?;
    Ok(NoContent)
}

impl ToolFields {
    fn definition(self, rules: &OutboundRules) -> std::result::Result<ToolDefinition, Error> {
        let Self { name, description, category, parameters, endpoint } = self;
        let mut form = Form::default();
        let name = form.required("name", name, Label::parse);
        let description = form.change("description", description, Description::parse).flatten();
        let category = form.change("category", category, Category::parse).flatten();
        let parameters = form.nullable("parameters", parameters, parse_parameters).unwrap_or_default();
        let endpoint = form.required("endpoint", endpoint, |text: &str| OutboundUrl::parse(text, rules));
        form.finish(|| Some(ToolDefinition { name: name?, description, category, parameters, endpoint }))
    }

    fn change(self, rules: &OutboundRules) -> std::result::Result<ToolChange, Error> {
        let Self { name, description, category, parameters, endpoint } = self;
        let mut form = Form::default();
        let change = ToolChange {
            name: form.optional("name", name, Label::parse),
            description: form.change("description", description, Description::parse),
            category: form.change("category", category, Category::parse),
            parameters: form.optional("parameters", parameters, parse_parameters),
            endpoint: form.optional("endpoint", endpoint, |text: &str| OutboundUrl::parse(text, rules)),
        };
        form.finish(|| Some(change))
    }
}

fn parse_arguments(value: Value) -> std::result::Result<Map<String, Value>, Problem> {
    match value {
        Value::Object(arguments) => Ok(arguments),
        _ => Err(Problem::NotAnObject),
    }
}

fn parse_parameters(value: Value) -> std::result::Result<Parameters, Problem> {
    if !value.is_object() {
        return Err(Problem::NotAnObject);
    }
    let wire: BTreeMap<String, WireParameter> = serde_json::from_value(value).map_err(|_| Problem::ParametersForm)?;
    let parameter = |WireParameter { r#type: kind, required, description }| Parameter { kind, required, description };
    Parameters::parse(wire.into_iter().map(|(name, wire)| (name, parameter(wire))).collect())
}

impl ShownTool {
    /// The tool as `user` sees it. An endpoint may contain a credential, so only administrators see it.
    fn to(user: &User, tool: Tool) -> Self {
        let shown = Self::from(tool);
        if user.role == Role::Admin { shown } else { Self { endpoint: None, ..shown } }
    }
}

impl From<Tool> for ShownTool {
    fn from(Tool { id, definition, created_at, updated_at }: Tool) -> Self {
        let ToolDefinition { name, description, category, parameters, endpoint } = definition;
        let shown = |(name, parameter): (&String, &Parameter)| {
            let Parameter { kind, required, description } = parameter.clone();
            (name.clone(), ShownParameter { r#type: kind, required, description })
        };
        Self {
            id: id.as_str().to_owned(),
            name: name.as_str().to_owned(),
            description: description.map(|text| text.as_str().to_owned()),
            category: category.map(|text| text.as_str().to_owned()),
            parameters: parameters.by_name().iter().map(shown).collect(),
            endpoint: endpoint.map(|url| url.as_str().to_owned()),
            created_at: created_at.map(|at| at.to_string()),
            updated_at: updated_at.map(|at| at.to_string()),
        }
    }
}
