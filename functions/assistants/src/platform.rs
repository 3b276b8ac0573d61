//! Spec 001, "Assistants". The wire types are in `bodies`.

mod bodies;

use axum::extract::State;
use bodies::{AssistantFields, NewAssistant, ShownAssistant};
use shared::{
    domain::{
        Error,
        assistant::{AssistantFilter, AssistantStatus},
        ids::AssistantId,
        list::AssistantField,
        text::Category,
    },
    http::{
        App, Body, Created, Form, HandlerResult, Idempotency, InPath, Json, Listing, NoContent, Platform, SignedIn,
        listing::{Parameters, Wanted},
        pages::Query,
    },
};

type Result<T> = HandlerResult<Platform, T>;

/// `GET /api/v1/assistants?page=&size=&sort=&after=&status=&category=`: lists the caller's assistants.
#[utoipa::path(
    get,
    path = "/api/v1/assistants",
    params(
        Parameters<AssistantField>,
        ("status" = Option<AssistantStatus>, Query, description = "Only assistants with this status."),
        ("category" = Option<String>, Query, min_length = 1, max_length = 64, description = "Only assistants in this category."),
    ),
    responses((status = 200, body = Listing<ShownAssistant>)),
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

/// `POST /api/v1/assistants`: creates an assistant.
#[utoipa::path(
    post,
    path = "/api/v1/assistants",
    params(Idempotency),
    request_body = NewAssistant,
    responses(
        (status = 201, body = ShownAssistant),
        (status = 409, description = "The caller already has an assistant with this name."),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewAssistant>,
) -> Result<Created<ShownAssistant>> {
    let (character, knowledge) = body.read()?;
    Ok(Created(app.assistants.create(caller.user.id, character, knowledge, key).await?.into()))
}

/// `GET /api/v1/assistants/{assistant_id}`: returns an assistant.
#[utoipa::path(
    get,
    path = "/api/v1/assistants/{assistant_id}",
    params(InPath<AssistantId>),
    responses((status = 200, body = ShownAssistant)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(assistant): InPath<AssistantId>,
) -> Result<Json<ShownAssistant>> {
    Ok(Json(app.assistants.show(caller.user.id, assistant).await?.into()))
}

/// `PUT /api/v1/assistants/{assistant_id}`: changes an assistant. Absent fields keep their values.
#[utoipa::path(
    put,
    path = "/api/v1/assistants/{assistant_id}",
    params(InPath<AssistantId>),
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
    let (character, knowledge) = body.read()?;
    Ok(Json(app.assistants.change(caller.user.id, assistant, character, knowledge).await?.into()))
}

/// `DELETE /api/v1/assistants/{assistant_id}`: deletes an assistant. Its conversations stay.
#[utoipa::path(
    delete,
    path = "/api/v1/assistants/{assistant_id}",
    params(InPath<AssistantId>),
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
    let mut form = Form::default();
    let status = form.optional("status", query.filter("status"), AssistantStatus::parse);
    let category = form.optional("category", query.filter("category"), Category::parse);
    form.finish(|| Some(AssistantFilter { status, category }))
}
