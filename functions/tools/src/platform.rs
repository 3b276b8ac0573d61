//! Spec 001, "Tools".

use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use shared::{
    domain::{
        Error, OutboundUrl, Problem,
        error::Problems,
        list::ToolField,
        text::{Category, Description, Label},
        tool::{Parameter, ParameterType, Parameters, Tool, ToolChange, ToolDefinition, ToolId},
        user::{Role, User},
    },
    http::{
        App, AsAdministrator, Body, Created, EgressPolicy, Field, HandlerResult, Idempotency, InPath, Json, JsonField,
        Listing, NoContent, Platform, SignedIn,
        listing::{Parameters as ListParameters, Wanted},
    },
    outbound::OutboundRules,
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"name": "Weather", "description": "…", "category": "data", "parameters": {"city": {"type": "string",
/// "required": true, "description": "…"}}, "endpoint": "https://example.com/weather"}`. Changing a tool takes
/// the same fields, of which only those that are given count.
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
    #[schema(value_type = String, min_length = 1, max_length = 255)]
    name: Field,
    #[schema(value_type = Option<String>, max_length = 2000)]
    description: Field,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64)]
    category: Field,
    #[schema(value_type = BTreeMap<String, WireParameter>)]
    parameters: JsonField,
    #[schema(value_type = String, format = "iri", max_length = 2000)]
    endpoint: Field,
}

/// A parameter in a body.
#[derive(Deserialize, ToSchema)]
struct WireParameter {
    #[schema(value_type = String, pattern = "^(string|number|integer|boolean|array|object)$")]
    r#type: ParameterType,
    #[serde(default)]
    required: bool,
    #[serde(default)]
    description: String,
}

/// A tool: `{"id": "web_search", "name": "Web Search", "description": …, "category": "search",
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
    id: String,
    name: String,
    description: Option<String>,
    category: Option<String>,
    parameters: BTreeMap<String, ShownParameter>,
    /// Shown to administrators.
    #[schema(format = "iri")]
    endpoint: Option<String>,
    #[schema(format = DateTime)]
    created_at: Option<String>,
    #[schema(format = DateTime)]
    updated_at: Option<String>,
}

/// `{"type": "string", "required": true, "description": "Search query"}`.
#[derive(Serialize, ToSchema)]
pub struct ShownParameter {
    #[schema(value_type = String, pattern = "^(string|number|integer|boolean|array|object)$")]
    r#type: ParameterType,
    required: bool,
    description: String,
}

/// `GET /api/v1/tools?page=&size=&sort=&after=`: all tools.
#[utoipa::path(
    get,
    path = "/api/v1/tools",
    params(ListParameters<ToolField>),
    responses((status = 200, body = Listing<ShownTool>, example = json!({
        "items": [{
            "id": "web_search",
            "name": "Web Search",
            "description": "Search the web for information",
            "category": "search",
            "parameters": {"query": {"type": "string", "required": true, "description": "Search query"}},
            "endpoint": null,
            "created_at": null,
            "updated_at": null,
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    }))),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<ToolField>,
) -> Result<Json<Listing<ShownTool>>> {
    Ok(Json(Listing::new(app.tools.list(&request).await?, request.sort, |tool| ShownTool::to(&caller.user, tool))))
}

/// `GET /api/v1/tools/{tool}`: one tool.
#[utoipa::path(
    get,
    path = "/api/v1/tools/{tool}",
    params(("tool" = String, Path, description = "The tool's id.")),
    responses((status = 200, body = ShownTool)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(tool): InPath<ToolId>,
) -> Result<Json<ShownTool>> {
    Ok(Json(ShownTool::to(&caller.user, app.tools.show(&tool).await?)))
}

/// `POST /api/v1/tools`: a new tool, whose id is made from its name. For administrators.
#[utoipa::path(
    post,
    path = "/api/v1/tools",
    params(Idempotency),
    request_body = ToolFields,
    responses(
        (status = 201, body = ShownTool),
        (status = 403),
        (status = 409, description = "A tool with this name exists."),
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

/// `PUT /api/v1/tools/{tool}`: changes what is given; the id stays. For administrators.
#[utoipa::path(
    put,
    path = "/api/v1/tools/{tool}",
    params(("tool" = String, Path, description = "The tool's id.")),
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

/// `DELETE /api/v1/tools/{tool}`: removes a tool. For administrators.
#[utoipa::path(
    delete,
    path = "/api/v1/tools/{tool}",
    params(("tool" = String, Path, description = "The tool's id.")),
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
        let mut problems = Problems::default();
        let name = problems.note("name", name.required().and_then(|text| Label::parse(&text)));
        let description = problems.note("description", description.change(Description::parse)).flatten();
        let category = problems.note("category", category.change(Category::parse)).flatten();
        let parameters = problems.note("parameters", parameters.nullable(parse_parameters)).flatten();
        let parse_endpoint = |text: String| OutboundUrl::parse(&text, rules);
        let endpoint = problems.note("endpoint", endpoint.required().and_then(parse_endpoint));
        problems.or(name.map(|name| ToolDefinition {
            name,
            description: description.flatten(),
            category: category.flatten(),
            parameters: parameters.unwrap_or_default(),
            endpoint,
        }))
    }

    fn change(self, rules: &OutboundRules) -> std::result::Result<ToolChange, Error> {
        let Self { name, description, category, parameters, endpoint } = self;
        let mut problems = Problems::default();
        let parse_name = |text: Option<String>| text.map(|text| Label::parse(&text)).transpose();
        let parse_endpoint = |text: Option<String>| text.map(|text| OutboundUrl::parse(&text, rules)).transpose();
        let change = ToolChange {
            name: problems.note("name", name.optional().and_then(parse_name)).flatten(),
            description: problems.note("description", description.change(Description::parse)).flatten(),
            category: problems.note("category", category.change(Category::parse)).flatten(),
            parameters: problems.note("parameters", parameters.optional(parse_parameters)).flatten(),
            endpoint: problems.note("endpoint", endpoint.optional().and_then(parse_endpoint)).flatten(),
        };
        problems.or(Some(change))
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
    /// As `user` sees it: an endpoint, which may hold what its service knows us by, is for administrators.
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
