//! Spec 001, "Tools".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        list::ToolField,
        secret_header::{HeaderName, HeaderSecret, SecretHeader},
        text::{Category, Description, Label},
        tool::{
            Parameter, ParameterType, Parameters, RESULT_BYTES, TIMEOUT_SECONDS, Tool, ToolChange, ToolDefinition,
            ToolId,
        },
        user::{Role, User},
    },
    http::{
        App, AsAdministrator, Body, Created, EgressPolicy, Field, Form, HandlerResult, Idempotency, InPath, Json,
        Listing, NoContent, Platform, SignedIn,
        listing::{Parameters as ListParameters, Wanted},
        openapi::requiring,
        parse::integer,
    },
    outbound::OutboundRules,
    service::toolbox::{Arguments, ToolOutcome, ToolTrial},
};
use std::collections::BTreeMap;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{RefOr, Schema},
};

type Result<T> = HandlerResult<Platform, T>;

/// `{"name": "Weather", "description": "…", "category": "data", "parameters": {"city": {"type": "string",
/// "required": true, "description": "…"}}, "endpoint": "https://example.com/weather", "timeout_seconds": 20,
/// "max_result_bytes": 100000, "secret_header": {"name": "X-Api-Key", "value": "…"}}`. Absent fields keep their
/// values.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ToolUpdate, example = json!({
    "name": "Weather",
    "description": "Tells the weather",
    "category": "data",
    "parameters": {"city": {"type": "string", "required": true, "description": "Where"}},
    "endpoint": "https://example.com/weather",
    "timeout_seconds": 20,
    "max_result_bytes": 100_000,
    "secret_header": {"name": "X-Api-Key", "value": "a secret"},
}))]
pub struct ToolFields {
    /// The name, for people.
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Field,
    /// What the tool does, for the model. `null` removes it.
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Field,
    /// A category, by which people find the tool. `null` removes it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    category: Field,
    /// The parameters, by their names.
    #[schema(value_type = BTreeMap<String, WireParameter>)]
    parameters: Field,
    /// The address that is called with the arguments as JSON.
    #[schema(value_type = String, format = Uri, max_length = 2000)]
    endpoint: Field,
    /// How long a call may take, in seconds. `null` is the default, 20.
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 60)]
    timeout_seconds: Field,
    /// How many bytes of an answer are read. `null` is the default, 100,000.
    #[schema(value_type = Option<i32>, minimum = 1_024, maximum = 102_400)]
    max_result_bytes: Field,
    /// A header with a secret value that is sent with each call. `null` removes it.
    #[schema(value_type = Option<WireSecretHeader>)]
    secret_header: Field,
}

/// The same fields for a new tool, which needs a name and an endpoint.
#[derive(Deserialize)]
#[serde(transparent)]
pub struct NewTool(ToolFields);

impl PartialSchema for NewTool {
    fn schema() -> RefOr<Schema> {
        requiring::<ToolFields>(&["name", "endpoint"], "A new tool. Only the name and the endpoint are required.")
    }
}

impl ToSchema for NewTool {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        ToolFields::schemas(schemas);
    }
}

/// A header of which no answer shows the value.
#[derive(ToSchema)]
#[schema(as = SecretHeader)]
#[expect(dead_code, reason = "describes what `parse_secret_header` reads")]
struct WireSecretHeader {
    /// The name.
    #[schema(min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9!#$%&'*+.^_`|~-]+$")]
    name: String,
    /// The value. A change may leave it out to keep the stored one.
    #[schema(required = false, write_only, min_length = 1, max_length = 4096)]
    value: String,
}

/// A parameter of a tool.
#[derive(Deserialize, ToSchema)]
#[schema(as = NewToolParameter)]
struct WireParameter {
    /// The JSON type of the value.
    r#type: ParameterType,
    /// Whether a call must contain the parameter.
    #[serde(default)]
    required: bool,
    /// What the parameter means.
    #[serde(default)]
    description: String,
}

/// `{"id": "web_search", "name": "Web Search", "description": …, "category": "search",
/// "parameters": {…}, "endpoint": null, "created_at": null, "updated_at": null}`. A tool that assistants may call.
#[derive(Serialize, ToSchema)]
#[schema(as = Tool, example = json!({
    "id": "web_search",
    "name": "Web Search",
    "description": "Search the web for information",
    "category": "search",
    "parameters": {"query": {"type": "string", "required": true, "description": "Search query"}},
    "endpoint": null,
    "timeout_seconds": null,
    "max_result_bytes": null,
    "secret_header": null,
    "created_at": null,
    "updated_at": null,
}))]
pub struct ShownTool {
    /// The tool's id, derived from its first name.
    id: String,
    /// The name, for people.
    name: String,
    /// What the tool does, for the model. `null` if nobody said.
    description: Option<String>,
    /// A category, by which people find the tool. `null` if there is none.
    category: Option<String>,
    /// The parameters, by their names.
    parameters: BTreeMap<String, ShownParameter>,
    /// The address that is called with the arguments as JSON. `null` for built-in tools, and for callers who are
    /// not administrators.
    #[schema(format = Uri)]
    endpoint: Option<String>,
    /// How long a call may take, in seconds. `null` for built-in tools.
    timeout_seconds: Option<u32>,
    /// How many bytes of an answer are read. `null` for built-in tools.
    max_result_bytes: Option<u32>,
    /// The header with a secret value that is sent with each call. `null` for callers who are not administrators.
    secret_header: Option<ShownSecretHeader>,
    /// When the tool was created. `null` for built-in tools.
    #[schema(format = DateTime)]
    created_at: Option<String>,
    /// When the tool last changed. `null` for built-in tools.
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// `{"name": "X-Api-Key"}`. A header, without its value.
#[derive(Serialize, ToSchema)]
#[schema(as = SecretHeaderName)]
pub struct ShownSecretHeader {
    /// The name.
    name: String,
}

/// `{"type": "string", "required": true, "description": "Search query"}`. A parameter of a tool.
#[derive(Serialize, ToSchema)]
#[schema(as = ToolParameter)]
pub struct ShownParameter {
    /// The JSON type of the value.
    r#type: ParameterType,
    /// Whether a call must contain the parameter.
    required: bool,
    /// What the parameter means.
    description: String,
}

/// `{"arguments": {"city": "Utrecht"}}`. A call of a tool, to test it.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ToolTest, example = json!({"arguments": {"city": "Utrecht"}}))]
pub struct Trial {
    /// The arguments, as a model would give them.
    #[schema(value_type = Object, required)]
    arguments: Field,
}

/// `{"request": {"url": "https://example.com/weather", "headers": {"X-Api-Key": "***", …}, "body": {"city": "Utrecht"}},
/// "response": {"status": 200, "text": "Sunny", "has_failed": false}}`. What a test of a tool sent and received.
#[derive(Serialize, ToSchema)]
#[schema(as = ToolTestResult, example = json!({
    "request": {
        "url": "https://example.com/weather",
        "headers": {
            "content-type": "application/json",
            "accept": "application/json, text/*",
            "X-Api-Key": "***",
        },
        "body": {"city": "Utrecht"},
    },
    "response": {"status": 200, "text": "Sunny", "has_failed": false},
}))]
pub struct ShownTrial {
    /// What was sent.
    request: SentRequest,
    /// What came back.
    response: Received,
}

/// `{"url": "https://example.com/weather", "headers": {"X-Api-Key": "***", …}, "body": {"city": "Utrecht"}}`.
/// The request to a tool.
#[derive(Serialize, ToSchema)]
#[schema(as = ToolRequest)]
pub struct SentRequest {
    /// The address. `null` for built-in tools.
    #[schema(format = Uri)]
    url: Option<String>,
    /// The headers, without those of the connection. The secret value is `***`. `null` for built-in tools.
    headers: Option<BTreeMap<String, String>>,
    /// The body. `null` for built-in tools.
    #[schema(value_type = Option<Object>)]
    body: Option<Value>,
}

/// `{"status": 200, "text": "Sunny", "has_failed": false}`. The answer of a tool.
#[derive(Serialize, ToSchema)]
#[schema(as = ToolResponse)]
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

/// `GET /api/v1/tools/{tool_id}`: returns a tool.
#[utoipa::path(
    get,
    path = "/api/v1/tools/{tool_id}",
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
    request_body = NewTool,
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
    Body(body): Body<NewTool>,
) -> Result<Created<ShownTool>> {
    let (definition, secret) = body.definition(&rules)?;
    Ok(Created(app.tools.add(&admin, definition, secret, key).await?.into()))
}

/// `PUT /api/v1/tools/{tool_id}`: changes a tool. Absent fields keep their values, and the id stays the same.
/// Requires an administrator.
#[utoipa::path(
    put,
    path = "/api/v1/tools/{tool_id}",
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

/// `POST /api/v1/tools/{tool_id}/test`: calls a tool with some arguments, as an administrator, and shows what was sent and what
/// came back.
#[utoipa::path(
    post,
    operation_id = "test",
    path = "/api/v1/tools/{tool_id}/test",
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
    fn from(ToolTrial { url, headers, body, status, outcome }: ToolTrial) -> Self {
        let ToolOutcome { text, has_failed } = outcome;
        let body = body.map(|body| body.into_object().into());
        let headers = headers.map(BTreeMap::from_iter);
        Self { request: SentRequest { url, headers, body }, response: Received { status, text, has_failed } }
    }
}

/// `DELETE /api/v1/tools/{tool_id}`: deletes a tool. Requires an administrator.
#[utoipa::path(
    delete,
    path = "/api/v1/tools/{tool_id}",
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

impl NewTool {
    fn definition(self, rules: &OutboundRules) -> std::result::Result<(ToolDefinition, Option<HeaderSecret>), Error> {
        let ToolFields {
            name,
            description,
            category,
            parameters,
            endpoint,
            timeout_seconds,
            max_result_bytes,
            secret_header,
        } = self.0;
        let mut form = Form::default();
        let name = form.required("name", name, Label::parse);
        let description = form.change("description", description, Description::parse).flatten();
        let category = form.change("category", category, Category::parse).flatten();
        let parameters = form.nullable("parameters", parameters, parse_parameters).unwrap_or_default();
        let endpoint = form.required("endpoint", endpoint, |text: &str| OutboundUrl::parse(text, rules));
        let timeout_seconds = form.nullable("timeout_seconds", timeout_seconds, timeout());
        let max_result_bytes = form.nullable("max_result_bytes", max_result_bytes, result_bytes());
        let secret_header = form.nullable("secret_header", secret_header, |value: Value| {
            let SecretHeader { name, value } = parse_secret_header(value)?;
            value.map(|value| (name, value)).ok_or(Problem::HeaderForm)
        });
        let (secret_header, secret) = secret_header.unzip();
        form.finish(|| {
            let name = name?;
            let definition = ToolDefinition {
                name,
                description,
                category,
                parameters,
                endpoint,
                timeout_seconds,
                max_result_bytes,
                secret_header,
            };
            Some((definition, secret))
        })
    }
}

impl ToolFields {
    fn change(self, rules: &OutboundRules) -> std::result::Result<ToolChange, Error> {
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
        let mut form = Form::default();
        let change = ToolChange {
            name: form.optional("name", name, Label::parse),
            description: form.change("description", description, Description::parse),
            category: form.change("category", category, Category::parse),
            parameters: form.optional("parameters", parameters, parse_parameters),
            endpoint: form.optional("endpoint", endpoint, |text: &str| OutboundUrl::parse(text, rules)),
            timeout_seconds: form.change("timeout_seconds", timeout_seconds, timeout()),
            max_result_bytes: form.change("max_result_bytes", max_result_bytes, result_bytes()),
            secret_header: form.change("secret_header", secret_header, parse_secret_header),
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

fn timeout() -> impl FnOnce(Value) -> std::result::Result<u32, Problem> {
    integer(TIMEOUT_SECONDS.0, TIMEOUT_SECONDS.1)
}

fn result_bytes() -> impl FnOnce(Value) -> std::result::Result<u32, Problem> {
    integer(RESULT_BYTES.0, RESULT_BYTES.1)
}

fn parse_secret_header(value: Value) -> std::result::Result<SecretHeader, Problem> {
    let Value::Object(fields) = value else { return Err(Problem::NotAnObject) };
    let text = |field| match fields.get(field) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.as_str())),
        Some(_) => Err(Problem::HeaderForm),
    };
    let (name, value) = (text("name")?.ok_or(Problem::HeaderForm)?, text("value")?);
    Ok(SecretHeader { name: HeaderName::parse(name)?, value: value.map(HeaderSecret::parse).transpose()? })
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
    /// The tool as `user` sees it. Only administrators see the endpoint, which may contain a credential, and the name of
    /// the secret header.
    fn to(user: &User, tool: Tool) -> Self {
        let shown = Self::from(tool);
        if user.role == Role::Admin { shown } else { Self { endpoint: None, secret_header: None, ..shown } }
    }
}

impl From<Tool> for ShownTool {
    fn from(Tool { id, definition, created_at, updated_at }: Tool) -> Self {
        let (timeout_seconds, max_result_bytes) = (definition.timeout_seconds(), definition.result_bytes());
        let ToolDefinition {
            name,
            description,
            category,
            parameters,
            endpoint,
            timeout_seconds: _,
            max_result_bytes: _,
            secret_header,
        } = definition;
        let limits = endpoint.is_some().then_some((timeout_seconds, max_result_bytes)).unzip();
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
            timeout_seconds: limits.0,
            max_result_bytes: limits.1,
            secret_header: secret_header.map(|name| ShownSecretHeader { name: name.as_str().to_owned() }),
            created_at: created_at.map(|at| at.to_string()),
            updated_at: updated_at.map(|at| at.to_string()),
        }
    }
}
