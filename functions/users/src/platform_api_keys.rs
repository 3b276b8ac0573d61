//! API keys of spec 001: the `api_key` of its SDKs.

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, api_key::ApiKey, error::Problems, ids::ApiKeyId, list::ApiKeyField, text::Label},
    http::{
        Answer, App, Body, Created, Field, Given, Idempotency, InPath, Json, Listing, NoContent, Platform, SignedIn,
        given, listing, pages::Query,
    },
};

type Result<T> = Answer<Platform, T>;

/// The most days that a key may be given.
const DAYS_MAX: u32 = 3650;

/// `{"name": "my bot", "expires_in_days": 90}`; without days the key does not expire.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct NewKey {
    name: Field,
    expires_in_days: Given,
}

/// `{"id": "<uuid>", "name": "my bot", "created_at": …, "expires_at": null}`.
#[derive(Serialize)]
pub struct ShownKey {
    id: String,
    name: String,
    created_at: String,
    expires_at: Option<String>,
}

/// The same with `"key": "qk_…"`, this once.
#[derive(Serialize)]
pub struct CreatedKey {
    id: String,
    name: String,
    key: String,
    created_at: String,
    expires_at: Option<String>,
}

/// `POST /api/v1/users/me/api-keys`: a new key, shown this once.
pub async fn create(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    Body(body): Body<NewKey>,
) -> Result<Created<CreatedKey>> {
    let (name, days) = body.try_into()?;
    let (api_key, secret) = app.api_keys.create(caller.user.id, name, days, key).await?;
    let ShownKey { id, name, created_at, expires_at } = api_key.into();
    Ok(Created(CreatedKey { id, name, key: secret.expose_secret().to_owned(), created_at, expires_at }))
}

/// `GET /api/v1/users/me/api-keys?page=&size=&sort=&after=`: the caller's keys, without what they open with.
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    query: Query,
) -> Result<Json<Listing<ShownKey>>> {
    let request = listing::wanted::<ApiKeyField>(&query)?;
    Ok(Json(Listing::new(app.api_keys.list(caller.user.id, &request).await?, request.sort, ShownKey::from)))
}

/// `DELETE /api/v1/users/me/api-keys/{key}`: the key is dead at the next request.
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
        let mut problems = Problems::default();
        let name = problems.note("name", name.required().and_then(|text| Label::parse(&text)));
        let days = problems.note("expires_in_days", expires_in_days.nullable(given::integer(1, DAYS_MAX)));
        problems.or(name.zip(days))
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
