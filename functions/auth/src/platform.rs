//! Spec 001, "Authentication".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        error::Problems,
        names::{Email, Username},
        text::{FullName, NewPassword},
        user::Role,
    },
    http::{
        App, Body, Created, Field, HandlerResult, Json, Platform, ShownUser, SignInEndpoint, SignedIn, Visitor, sign_in,
    },
    service::{accounts::Registration, logins::Issued},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"email": "user@example.com", "password": "password"}`; also `username` and `full_name`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"email": "user@example.com", "password": "password"}))]
pub struct Register {
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    email: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 150)]
    username: Field,
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
}

/// `{"email": "user@example.com", "password": "password"}`; `email` may be a username.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"email": "user@example.com", "password": "password"}))]
pub struct Login {
    #[schema(value_type = String, required, min_length = 1)]
    email: Field,
    #[schema(value_type = String, required, min_length = 1, format = Password)]
    password: Field,
}

/// `{"refresh_token": "…"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"refresh_token": "eyJ0eXAi…"}))]
pub struct Refresh {
    #[schema(value_type = String, required, min_length = 1)]
    refresh_token: Field,
}

/// `{"refresh_token": "…"}`; the token may be absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"refresh_token": "eyJ0eXAi…"}))]
pub struct Logout {
    #[schema(value_type = Option<String>)]
    refresh_token: Field,
}

/// `{"access_token": "…", "refresh_token": "…", "token_type": "bearer", "expires_in": 1800}`, in seconds.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"access_token": "eyJ0eXAi…", "refresh_token": "eyJ0eXAi…", "token_type": "bearer", "expires_in": 1800}))]
pub struct TokenPair {
    access_token: String,
    refresh_token: Option<String>,
    token_type: &'static str,
    expires_in: u64,
}

/// `{"message": "…"}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "Logout successful"}))]
pub struct Message {
    message: &'static str,
}

/// `POST /api/v1/auth/register`: a new account. 409 for a taken e-mail address or username.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    security(()),
    request_body = Register,
    responses((status = 201, body = ShownUser), (status = 409, description = "Somebody has this username or e-mail address.")),
)]
pub async fn register(
    State(app): State<App<Platform>>,
    _: SignInEndpoint,
    Body(body): Body<Register>,
) -> Result<Created<ShownUser>> {
    let registered = app.accounts.register(body.try_into()?).await?;
    Ok(Created(registered.into()))
}

/// `POST /api/v1/auth/login`: a new sign-in.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    security(()),
    request_body = Login,
    responses((status = 200, body = TokenPair), (status = 401, description = "The name or the password is wrong.")),
)]
pub async fn login(
    State(app): State<App<Platform>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Login>,
) -> Result<Json<TokenPair>> {
    let (name, password) = sign_in(("email", body.email), body.password)?;
    let (_, issued) = app.logins.sign_in(&name, password, &address, Platform::LIFETIMES).await?;
    Ok(Json(issued.into()))
}

/// `POST /api/v1/auth/refresh`: new tokens; the refresh token is replaced.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    security(()),
    request_body = Refresh,
    responses((status = 200, body = TokenPair), (status = 401, description = "The refresh token is not, or no longer, valid.")),
)]
pub async fn refresh(
    State(app): State<App<Platform>>,
    _: Visitor,
    Body(body): Body<Refresh>,
) -> Result<Json<TokenPair>> {
    let token = body.refresh_token.filled().map_err(|problem| Error::invalid("refresh_token", problem))?;
    Ok(Json(app.logins.refresh(&token, Platform::LIFETIMES).await?.into()))
}

/// `POST /api/v1/auth/logout`: ends the sign-in, and that of `refresh_token` if one is given.
#[utoipa::path(post, path = "/api/v1/auth/logout", request_body = Logout, responses((status = 200, body = Message)))]
pub async fn logout(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<Logout>,
) -> Result<Json<Message>> {
    let token = body.refresh_token.nullable().map_err(|problem| Error::invalid("refresh_token", problem))?;
    app.logins.sign_out(&caller, token.as_deref().map(|token| ("refresh_token", token))).await?;
    Ok(Json(Message { message: "Logout successful" }))
}

impl TryFrom<Register> for Registration {
    type Error = Error;

    fn try_from(Register { email, password, username, full_name }: Register) -> std::result::Result<Self, Error> {
        let mut problems = Problems::default();
        let email = problems.note("email", email.required().and_then(|text| Email::parse(&text)));
        let password = problems.note("password", password.required().and_then(NewPassword::parse));
        let parse_name = |text: Option<String>| text.map(|text| Username::parse(&text)).transpose();
        let username = problems.note("username", username.nullable().and_then(parse_name));
        let parse_full_name = |text: Option<String>| text.map(|text| FullName::parse(&text)).transpose();
        let full_name = problems.note("full_name", full_name.nullable().and_then(parse_full_name));
        match (email, password, username, full_name) {
            (Some(email), Some(password), Some(username), Some(full_name)) => {
                Ok(Self { username, email: Some(email), full_name, password, role: Role::User })
            }
            _ => Err(problems.into_error()),
        }
    }
}

impl From<Issued> for TokenPair {
    fn from(Issued { access, refresh }: Issued) -> Self {
        Self {
            access_token: access.expose_secret().to_owned(),
            refresh_token: refresh.map(|token| token.expose_secret().to_owned()),
            token_type: "bearer",
            expires_in: Platform::LIFETIMES.access.as_secs(),
        }
    }
}
