//! Spec 001, "Users".

pub mod api_keys;

use axum::extract::State;
use secrecy::SecretString;
use serde::Deserialize;
use shared::{
    domain::{
        Error,
        ids::UserId,
        list::UserField,
        money::{TOKENS_MAX, Tokens},
        names::{Email, SignInName, Username},
        text::{FullName, NewPassword},
        user::Role,
    },
    http::{
        App, AsAdministrator, Body, Field, Form, HandlerResult, Idempotency, InPath, Json, Listing, NoContent,
        Platform, ShownUser, SignedIn,
        listing::{Parameters, Wanted},
        pages::Query,
        parse::{any_text, boolean, integer},
    },
    service::users::{AccountChange, PowersChange, UserFilter},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"full_name": "Alice A.", "email": "alice@example.com", "username": "alice", "password": "…",
/// "current_password": "…"}`. Absent fields keep their values.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = ProfileUpdate, example = json!({"full_name": "New Name"}))]
pub struct OwnChange {
    /// The full name. `null` removes it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
    /// The e-mail address. `null` only for an account that has none.
    #[schema(value_type = Option<String>, max_length = 254, format = Email)]
    email: Field,
    /// The username.
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Field,
    /// A new password. It ends all sign-ins.
    #[schema(value_type = String, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    /// The current password. A new username, e-mail address or password requires it. `null` or absent otherwise.
    #[schema(value_type = Option<String>, format = Password)]
    current_password: Field,
}

/// `{"full_name": …, "email": …, "username": …, "password": …, "role": "admin", "is_active": true,
/// "tokens_granted": 1000}`. Absent fields keep their values.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"role": "user", "is_active": true, "tokens_granted": 1000}))]
pub struct UserUpdate {
    /// The full name. `null` removes it.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
    /// The e-mail address. `null` only for an account that has none.
    #[schema(value_type = Option<String>, max_length = 254, format = Email)]
    email: Field,
    /// The username.
    #[schema(value_type = String, min_length = 1, max_length = 150)]
    username: Field,
    /// A new password. It ends all sign-ins.
    #[schema(value_type = String, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    /// The rights of the user.
    #[schema(value_type = Role)]
    role: Field,
    /// Whether the user may sign in.
    #[schema(value_type = bool)]
    is_active: Field,
    /// Tokens to add to the balance.
    #[schema(value_type = u32, maximum = 1_000_000_000)]
    tokens_granted: Field,
}

/// `GET /api/v1/users/me`: returns the caller.
#[utoipa::path(get, path = "/api/v1/users/me", responses((status = 200, body = ShownUser)))]
pub async fn me(State(app): State<App<Platform>>, SignedIn(caller): SignedIn) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.me(caller).await?.into()))
}

/// `PUT /api/v1/users/me`: changes the caller. Absent fields keep their values. A new username, e-mail address or
/// password requires `current_password`. A new password ends all sign-ins.
#[utoipa::path(
    put,
    operation_id = "update_me",
    path = "/api/v1/users/me",
    request_body = OwnChange,
    responses(
        (status = 200, body = ShownUser),
        (status = 409, description = "Another account has this username or e-mail address."),
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

/// `GET /api/v1/users?page=&size=&sort=&after=&username=&email=`: lists all users, or finds one. Requires an administrator.
#[utoipa::path(
    get,
    path = "/api/v1/users",
    params(
        Parameters<UserField>,
        ("username" = Option<String>, Query, description = "Only the user with this username."),
        ("email" = Option<String>, Query, description = "Only the user with this e-mail address."),
    ),
    responses((status = 200, body = Listing<ShownUser>), (status = 403)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    Wanted(request): Wanted<UserField>,
    query: Query,
) -> Result<Json<Listing<ShownUser>>> {
    let named = |name| query.parameter(name).filter(|text| !text.is_empty()).map(|text| SignInName::new(&text));
    let filter = UserFilter { username: named("username"), email: named("email") };
    Ok(Json(Listing::new(app.users.list(&admin, &filter, &request).await?, request.sort, ShownUser::from)))
}

/// `GET /api/v1/users/{user_id}`: returns a user. Requires an administrator, or the user.
#[utoipa::path(
    get,
    path = "/api/v1/users/{user_id}",
    params(InPath<UserId>),
    responses((status = 200, body = ShownUser), (status = 403)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(user): InPath<Option<UserId>>,
) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.show(&caller, user).await?.into()))
}

/// `PUT /api/v1/users/{user_id}`: changes a user. Absent fields keep their values. Requires an administrator.
#[utoipa::path(
    put,
    path = "/api/v1/users/{user_id}",
    params(InPath<UserId>, Idempotency),
    request_body = UserUpdate,
    responses(
        (status = 200, body = ShownUser),
        (status = 403),
        (status = 409, description = "Another account has this username or e-mail address, or the user is the last administrator."),
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

/// `DELETE /api/v1/users/{user_id}`: deletes a user and all data of the user. Requires an administrator.
#[utoipa::path(
    delete,
    path = "/api/v1/users/{user_id}",
    params(InPath<UserId>),
    responses(
        (status = 204),
        (status = 403),
        (status = 409, description = "The user is the last administrator."),
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
        let mut form = Form::default();
        let change = account_change(&mut form, full_name, email, username, password);
        let current = form.nullable("current_password", current_password, any_text).map(SecretString::from);
        form.finish(|| Some((change, current)))
    }
}

impl TryFrom<UserUpdate> for AccountChange {
    type Error = Error;

    fn try_from(body: UserUpdate) -> std::result::Result<Self, Error> {
        let UserUpdate { full_name, email, username, password, role, is_active, tokens_granted } = body;
        let mut form = Form::default();
        let change = account_change(&mut form, full_name, email, username, password);
        let most = u32::try_from(TOKENS_MAX).unwrap_or(u32::MAX);
        let powers = PowersChange {
            role: form.optional("role", role, Role::parse),
            is_active: form.optional("is_active", is_active, boolean),
            tokens_granted: form.optional("tokens_granted", tokens_granted, integer(0, most)).map(Tokens::from),
        };
        form.finish(|| Some(Self { powers, ..change }))
    }
}

/// Reads the fields that users and administrators may change.
fn account_change(form: &mut Form, full_name: Field, email: Field, username: Field, password: Field) -> AccountChange {
    AccountChange {
        full_name: form.change("full_name", full_name, FullName::parse),
        email: form.change_or_null("email", email, Email::parse),
        username: form.optional("username", username, Username::parse),
        password: form.optional("password", password, NewPassword::parse),
        powers: PowersChange::default(),
    }
}
