//! API keys of spec 001: the `api_key` of its SDKs.

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, api_key::ApiKey, ids::ApiKeyId, list::ApiKeyField, text::Label},
    http::{
        App, Body, Created, Field, Form, HandlerResult, Idempotency, InPath, Json, Listing, NoContent, Platform,
        SignedIn,
        listing::{Parameters, Wanted},
        parse::integer,
    },
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// The longest lifetime of a key, in days.
const DAYS_MAX: u32 = 3650;

/// `{"name": "my bot", "expires_in_days": 90}`. A new API key.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewApiKey, example = json!({"name": "my bot", "expires_in_days": 90}))]
pub struct NewKey {
    /// What the key is for.
    #[schema(value_type = String, required, min_length = 1, max_length = 255)]
    name: Field,
    /// The lifetime of the key, in days. `null` or absent for a key that does not expire.
    #[schema(value_type = Option<u32>, minimum = 1, maximum = 3650)]
    expires_in_days: Field,
}

/// `{"id": "<uuid>", "name": "my bot", "created_at": …, "expires_at": null}`. An API key, without its secret.
#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "name": "my bot",
    "created_at": "2024-01-01T00:00:00Z",
    "expires_at": null,
}))]
pub struct ShownKey {
    /// The key's id.
    #[schema(format = Uuid)]
    id: String,
    /// What the key is for.
    name: String,
    /// When the key was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the key expires. `null` if it does not.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// An API key with `"key": "qk_…"`.
#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "name": "my bot",
    "key": "qk_…",
    "created_at": "2024-01-01T00:00:00Z",
    "expires_at": null,
}))]
pub struct CreatedKey {
    /// The key's id.
    #[schema(format = Uuid)]
    id: String,
    /// What the key is for.
    name: String,
    /// The key itself. No other response contains it.
    key: String,
    /// When the key was created.
    #[schema(format = DateTime)]
    created_at: String,
    /// When the key expires. `null` if it does not.
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// `POST /api/v1/users/me/api-keys`: creates a key. No later response shows it again. A key cannot create keys.
#[utoipa::path(
    post,
    operation_id = "create_api_key",
    path = "/api/v1/users/me/api-keys",
    params(Idempotency),
    request_body = NewKey,
    responses(
        (status = 201, body = CreatedKey),
        (status = 403, description = "The request has an API key as its credential."),
        (status = 409, description = "The account has the maximum number of keys."),
    ),
)]
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewKey>,
) -> Result<Created<CreatedKey>> {
    let (name, days) = body.try_into()?;
    let (api_key, secret) = app.api_keys.create(&caller, name, days, key).await?;
    let ShownKey { id, name, created_at, expires_at } = api_key.into();
    Ok(Created(CreatedKey { id, name, key: secret.expose_secret().to_owned(), created_at, expires_at }))
}

/// `GET /api/v1/users/me/api-keys?page=&size=&sort=&after=`: lists the caller's keys. The response does not contain the
/// keys themselves.
#[utoipa::path(
    get,
    operation_id = "list_api_keys",
    path = "/api/v1/users/me/api-keys",
    params(Parameters<ApiKeyField>),
    responses((status = 200, body = Listing<ShownKey>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Wanted(request): Wanted<ApiKeyField>,
) -> Result<Json<Listing<ShownKey>>> {
    Ok(Json(Listing::new(app.api_keys.list(caller.user.id, &request).await?, request.sort, ShownKey::from)))
}

/// `DELETE /api/v1/users/me/api-keys/{key_id}`: deletes a key. It stops working at once.
#[utoipa::path(
    delete,
    operation_id = "delete_api_key",
    path = "/api/v1/users/me/api-keys/{key_id}",
    params(InPath<ApiKeyId>),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(key): InPath<ApiKeyId>,
) -> Result<NoContent> {
    app.api_keys.delete(caller.user.id, key).await?;
    Ok(NoContent)
}

impl TryFrom<NewKey> for (Label, Option<u32>) {
    type Error = Error;

    fn try_from(NewKey { name, expires_in_days }: NewKey) -> std::result::Result<Self, Error> {
        let mut form = Form::default();
        let name = form.required("name", name, Label::parse);
        let days = form.nullable("expires_in_days", expires_in_days, integer(1, DAYS_MAX));
        form.finish(|| Some((name?, days)))
    }
}

impl From<ApiKey> for ShownKey {
    fn from(ApiKey { id, name, created_at, expires_at }: ApiKey) -> Self {
        Self {
            id: id.to_string(),
            name: name.as_str().to_owned(),
            created_at: created_at.to_string(),
            expires_at: expires_at.map(|at| at.to_string()),
        }
    }
}
