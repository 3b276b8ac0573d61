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
    http::{Answer, App, AtDoor, Body, Created, Field, Json, Platform, ShownUser, SignedIn, Visitor, sign_in},
    service::{accounts::Registration, logins::Issued},
};

type Result<T> = Answer<Platform, T>;

/// `{"email": "user@example.com", "password": "password"}`; also `username` and `full_name`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Register {
    email: Field,
    password: Field,
    username: Field,
    full_name: Field,
}

/// `{"email": "user@example.com", "password": "password"}`; `email` may be a username.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Login {
    email: Field,
    password: Field,
}

/// `{"refresh_token": "…"}`.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Refresh {
    refresh_token: Field,
}

/// `{"access_token": "…", "refresh_token": "…", "token_type": "bearer", "expires_in": 1800}`, in seconds.
#[derive(Serialize)]
pub struct TokenPair {
    access_token: String,
    refresh_token: Option<String>,
    token_type: &'static str,
    expires_in: u64,
}

/// `{"message": "…"}`.
#[derive(Serialize)]
pub struct Message {
    message: &'static str,
}

/// `POST /api/v1/auth/register`: a new account. 409 for a taken e-mail address or username.
pub async fn register(
    State(app): State<App<Platform>>,
    _: AtDoor,
    Body(body): Body<Register>,
) -> Result<Created<ShownUser>> {
    let registered = app.accounts.register(body.try_into()?).await?;
    Ok(Created(registered.into()))
}

/// `POST /api/v1/auth/login`: a new sign-in.
pub async fn login(
    State(app): State<App<Platform>>,
    AtDoor(address): AtDoor,
    Body(body): Body<Login>,
) -> Result<Json<TokenPair>> {
    let (name, password) = sign_in(("email", body.email), body.password)?;
    let (_, issued) = app.logins.sign_in(&name, password, &address, Platform::LIFETIMES).await?;
    Ok(Json(issued.into()))
}

/// `POST /api/v1/auth/refresh`: new tokens; the refresh token is replaced.
pub async fn refresh(
    State(app): State<App<Platform>>,
    _: Visitor,
    Body(body): Body<Refresh>,
) -> Result<Json<TokenPair>> {
    let token = body.refresh_token.filled().map_err(|problem| Error::invalid("refresh_token", problem))?;
    Ok(Json(app.logins.refresh(&token, Platform::LIFETIMES).await?.into()))
}

/// `POST /api/v1/auth/logout`: ends the sign-in, and that of `refresh_token` if one is given.
pub async fn logout(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<Refresh>,
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
