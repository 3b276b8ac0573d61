//! Spec 001, "Users".

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
        Answer, App, AsAdministrator, Body, Field, Given, Idempotency, InPath, Json, Listing, NoContent, Platform,
        ShownUser, SignedIn, given, listing, pages::Query,
    },
    service::users::{AccountChange, PowersChange},
};

type Result<T> = Answer<Platform, T>;

/// `{"full_name": "Alice A.", "email": "alice@example.com", "username": "alice", "password": "…",
/// "current_password": "…"}`: only what is given changes. A new password needs the current one.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct OwnChange {
    full_name: Field,
    email: Field,
    username: Field,
    password: Field,
    current_password: Field,
}

/// `{"full_name": …, "email": …, "username": …, "password": …, "role": "admin", "is_active": true,
/// "tokens_granted": 1000}`: only what is given changes. `tokens_granted` is added to the balance.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Change {
    full_name: Field,
    email: Field,
    username: Field,
    password: Field,
    role: Field,
    is_active: Given,
    tokens_granted: Given,
}

/// `GET /api/v1/users/me`: the caller.
pub async fn me(State(app): State<App<Platform>>, SignedIn(caller): SignedIn) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.me(caller).await?.into()))
}

/// `PUT /api/v1/users/me`: changes what is given. A new password ends all sign-ins.
pub async fn change_me(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<OwnChange>,
) -> Result<Json<ShownUser>> {
    let (change, current_password) = body.try_into()?;
    Ok(Json(app.users.change_me(&caller, change, current_password).await?.into()))
}

/// `GET /api/v1/users?page=&size=&sort=&after=`: all users. For administrators.
pub async fn list(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    query: Query,
) -> Result<Json<Listing<ShownUser>>> {
    let request = listing::wanted::<UserField>(&query)?;
    Ok(Json(Listing::new(app.users.list(&admin, &request).await?, request.sort, ShownUser::from)))
}

/// `GET /api/v1/users/{user}`: a user. For administrators, and the user.
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(user): InPath<Option<UserId>>,
) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.show(&caller, user).await?.into()))
}

/// `PUT /api/v1/users/{user}`: changes what is given. For administrators.
pub async fn change(
    State(app): State<App<Platform>>,
    AsAdministrator(admin): AsAdministrator,
    InPath(user): InPath<UserId>,
    Idempotency(key): Idempotency,
    Body(body): Body<Change>,
) -> Result<Json<ShownUser>> {
    Ok(Json(app.users.change(&admin, user, body.try_into()?, key).await?.into()))
}

/// `DELETE /api/v1/users/{user}`: deletes a user with everything of theirs. For administrators.
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

impl TryFrom<Change> for AccountChange {
    type Error = Error;

    fn try_from(body: Change) -> std::result::Result<Self, Error> {
        let Change { full_name, email, username, password, role, is_active, tokens_granted } = body;
        let mut problems = Problems::default();
        let change = account_change(&mut problems, full_name, email, username, password);
        let parse_role = |role: Option<String>| role.map(|role| Role::parse(&role)).transpose();
        let role = problems.note("role", role.optional().and_then(parse_role)).flatten();
        let is_active = problems.note("is_active", is_active.optional(given::boolean)).flatten();
        let most = u32::try_from(TOKENS_MAX).unwrap_or(u32::MAX);
        let granted = tokens_granted.optional(given::integer(0, most));
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
