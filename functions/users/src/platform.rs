//! Spec 001, "Users".

pub mod api_keys;

use axum::extract::State;
use secrecy::SecretString;
use serde::Deserialize;
use shared::{
    domain::{
        Error,
        error::Problems,
        ids::UserId,
        list::UserField,
        money::{TOKENS_MAX, Tokens},
        names::{Email, Username},
        text::{FullName, NewPassword},
        user::Role,
    },
    http::{
        App, AsAdministrator, Body, Field, HandlerResult, Idempotency, InPath, Json, JsonField, Listing, NoContent,
        Platform, ShownUser, SignedIn, json_field,
        listing::{Parameters, Wanted},
    },
    service::users::{AccountChange, PowersChange},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"full_name": "Alice A.", "email": "alice@example.com", "username": "alice", "password": "…",
/// "current_password": "…"}`: only what is given changes. A new password needs the current one.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"full_name": "New Name", "email": "newemail@example.com"}))]
pub struct OwnChange {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
    #[schema(value_type = String, max_length = 254, format = Email)]
    email: Field,
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Field,
    #[schema(value_type = String, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Field,
}

/// `{"full_name": …, "email": …, "username": …, "password": …, "role": "admin", "is_active": true,
/// "tokens_granted": 1000}`: only what is given changes. `tokens_granted` is added to the balance.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"role": "user", "is_active": true, "tokens_granted": 1000}))]
pub struct UserUpdate {
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
    #[schema(value_type = String, max_length = 254, format = Email)]
    email: Field,
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Field,
    #[schema(value_type = String, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    #[schema(value_type = String, pattern = "^(user|admin)$")]
    role: Field,
    #[schema(value_type = bool)]
    is_active: JsonField,
    #[schema(value_type = u32, maximum = 1_000_000_000)]
    tokens_granted: JsonField,
}

/// `GET /api/v1/users/me`: the caller.
#[utoipa::path(get, path = "/api/v1/users/me", responses((status = 200, body = ShownUser)))]
pub async fn me(State(app): State<App<Platform>>, SignedIn(caller): SignedIn) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.me(caller).await?.into()))
}

/// `PUT /api/v1/users/me`: changes what is given. A new password ends all sign-ins.
#[utoipa::path(
    put,
    path = "/api/v1/users/me",
    request_body = OwnChange,
    responses(
        (status = 200, body = ShownUser),
        (status = 409, description = "Somebody has this username or e-mail address."),
    ),
)]
pub async fn change_me(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<OwnChange>,
) -> Result<Json<ShownUser>> {
    let (change, current_password) = body.try_into()?;
    Ok(Json(app.users.change_me(&caller, change, current_password).await?.into()))
}

/// `GET /api/v1/users?page=&size=&sort=&after=`: all users. For administrators.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    params(Parameters<UserField>),
    responses((status = 200, body = Listing<ShownUser>, example = json!({
        "items": [{
            "id": "018e376b-9ce0-7000-8000-000000000001",
            "username": "user",
            "email": "user@example.com",
            "full_name": null,
            "role": "user",
            "is_active": true,
            "tokens": 4000,
            "created_at": "2024-01-01T00:00:00Z",
            "updated_at": "2024-01-01T00:00:00Z",
        }],
        "total": 1, "page": 1, "size": 20, "pages": 1, "has_next": false, "has_prev": false, "next_cursor": null,
    })), (status = 403)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    Wanted(request): Wanted<UserField>,
) -> Result<Json<Listing<ShownUser>>> {
    Ok(Json(Listing::new(app.users.list(&admin, &request).await?, request.sort, ShownUser::from)))
}

/// `GET /api/v1/users/{user}`: a user. For administrators, and the user.
#[utoipa::path(
    get,
    path = "/api/v1/users/{user}",
    params(("user" = String, Path, format = Uuid, description = "The user's id.")),
    responses((status = 200, body = ShownUser), (status = 403)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(user): InPath<Option<UserId>>,
) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.show(&caller, user).await?.into()))
}

/// `PUT /api/v1/users/{user}`: changes what is given. For administrators.
#[utoipa::path(
    put,
    path = "/api/v1/users/{user}",
    params(("user" = String, Path, format = Uuid, description = "The user's id."), Idempotency),
    request_body = UserUpdate,
    responses(
        (status = 200, body = ShownUser),
        (status = 403),
        (status = 409, description = "The name is taken, or there would be no administrator left."),
    ),
)]
pub async fn change(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    InPath(user): InPath<UserId>,
    Idempotency(key): Idempotency,
    Body(body): Body<UserUpdate>,
) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.change(&admin, user, body.try_into()?, key).await?.into()))
}

/// `DELETE /api/v1/users/{user}`: deletes a user with everything of theirs. For administrators.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{user}",
    params(("user" = String, Path, format = Uuid, description = "The user's id.")),
    responses(
        (status = 204),
        (status = 403),
        (status = 409, description = "There would be no administrator left."),
    ),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    InPath(user): InPath<UserId>,
) -> Result<NoContent> {
    app.users.remove(&admin, user).await?;
    Ok(NoContent)
}

impl TryFrom<OwnChange> for (AccountChange, Option<SecretString>) {
    type Error = Error;

    fn try_from(body: OwnChange) -> std::result::Result<Self, Error> {
        let OwnChange { full_name, email, username, password, current_password } = body;
        let mut problems = Problems::default();
        let change = account_change(&mut problems, full_name, email, username, password);
        let current = problems.note("current_password", current_password.nullable());
        problems.or(current.map(|current| (change, current.map(SecretString::from))))
    }
}

impl TryFrom<UserUpdate> for AccountChange {
    type Error = Error;

    fn try_from(body: UserUpdate) -> std::result::Result<Self, Error> {
        let UserUpdate { full_name, email, username, password, role, is_active, tokens_granted } = body;
        let mut problems = Problems::default();
        let change = account_change(&mut problems, full_name, email, username, password);
        let parse_role = |role: Option<String>| role.map(|role| Role::parse(&role)).transpose();
        let role = problems.note("role", role.optional().and_then(parse_role)).flatten();
        let is_active = problems.note("is_active", is_active.optional(json_field::boolean)).flatten();
        let most = u32::try_from(TOKENS_MAX).unwrap_or(u32::MAX);
        let granted = tokens_granted.optional(json_field::integer(0, most));
        let tokens_granted = problems.note("tokens_granted", granted).flatten().map(Tokens::from);
        problems.or(Some(Self { powers: PowersChange { role, is_active, tokens_granted }, ..change }))
    }
}

/// What users and administrators change alike; what is wrong with it is noted.
fn account_change(
    problems: &mut Problems,
    full_name: Field,
    email: Field,
    username: Field,
    password: Field,
) -> AccountChange {
    let parse_email = |text: Option<String>| text.map(|text| Email::parse(&text)).transpose();
    let parse_username = |text: Option<String>| text.map(|text| Username::parse(&text)).transpose();
    let parse_password = |text: Option<String>| text.map(NewPassword::parse).transpose();
    AccountChange {
        full_name: problems.note("full_name", full_name.change(FullName::parse)).flatten(),
        email: problems.note("email", email.optional().and_then(parse_email)).flatten(),
        username: problems.note("username", username.optional().and_then(parse_username)).flatten(),
        password: problems.note("password", password.optional().and_then(parse_password)).flatten(),
        powers: PowersChange::default(),
    }
}
