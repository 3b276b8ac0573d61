//! Spec 001, "Authentication".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        names::{Email, Username},
        text::{FullName, NewPassword},
        user::Role,
    },
    http::{
        App, Body, Created, Field, Form, HandlerResult, Json, Message, Platform, ShownUser, SignInEndpoint, SignedIn,
        Visitor,
        parse::{any_text, filled},
        sign_in,
    },
    service::{accounts::Registration, logins::Issued},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"email": "user@example.com", "password": "password"}`. `username` and `full_name` may be absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Registration, example = json!({"email": "user@example.com", "password": "password"}))]
pub struct Register {
    /// The e-mail address.
    #[schema(value_type = String, required, max_length = 254, format = Email)]
    email: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    /// The username. `null` or absent to have one derived from the e-mail address.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 150)]
    username: Field,
    /// The full name. `null` or absent for none.
    #[schema(value_type = Option<String>, min_length = 1, max_length = 255)]
    full_name: Field,
}

/// `{"email": "user@example.com", "password": "password"}`. `email` may contain a username.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Credentials, example = json!({"email": "user@example.com", "password": "password"}))]
pub struct Login {
    /// The e-mail address or the username.
    #[schema(value_type = String, required, min_length = 1)]
    email: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 1, format = Password)]
    password: Field,
}

/// `{"refresh_token": "…"}`. The refresh token that gives new tokens.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RefreshToken, example = json!({"refresh_token": "eyJ0eXAi…"}))]
pub struct Refresh {
    /// The refresh token of the latest response.
    #[schema(value_type = String, required, min_length = 1)]
    refresh_token: Field,
}

/// `{"refresh_token": "…"}`. The token may be absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = SignOut, example = json!({"refresh_token": "eyJ0eXAi…"}))]
pub struct Logout {
    /// A refresh token of the caller, to end its sign-in, too. `null` or absent for none.
    #[schema(value_type = Option<String>)]
    refresh_token: Field,
}

/// `{"access_token": "…", "refresh_token": "…", "token_type": "bearer", "expires_in": 1800}`. The tokens of a sign-in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"access_token": "eyJ0eXAi…", "refresh_token": "eyJ0eXAi…", "token_type": "bearer", "expires_in": 1800}))]
pub struct TokenPair {
    /// The access token, for the header `Authorization`. Valid for 30 minutes.
    access_token: String,
    /// The refresh token, for new tokens. Valid once, and for 7 days.
    refresh_token: String,
    /// The word before the access token in the header `Authorization`.
    token_type: TokenType,
    /// The lifetime of the access token, in seconds.
    expires_in: u64,
}

/// Always `bearer`, in any case.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum TokenType {
    /// RFC 6750.
    Bearer,
}

/// `POST /api/v1/auth/register`: creates an account.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register",
    security(()),
    request_body = Register,
    responses((status = 201, body = ShownUser), (status = 409, description = "Another account has this username or e-mail address.")),
)]
pub async fn register(
    State(app): State<App<Platform>>,
    _: SignInEndpoint,
    Body(body): Body<Register>,
) -> Result<Created<ShownUser>> {
    let registered = app.accounts.register(body.try_into()?).await?;
    Ok(Created(registered.into()))
}

/// `POST /api/v1/auth/login`: signs in.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login",
    security(()),
    request_body = Login,
    responses((status = 200, body = TokenPair), (status = 401, description = "The e-mail address or the password is wrong.")),
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

/// `POST /api/v1/auth/refresh`: returns new tokens. The refresh token is valid once.
#[utoipa::path(
    post,
    path = "/api/v1/auth/refresh",
    security(()),
    request_body = Refresh,
    responses((status = 200, body = TokenPair), (status = 401, description = "The refresh token is not valid.")),
)]
pub async fn refresh(
    State(app): State<App<Platform>>,
    _: Visitor,
    Body(body): Body<Refresh>,
) -> Result<Json<TokenPair>> {
    Ok(Json(app.logins.refresh(&body.token()?, Platform::LIFETIMES).await?.into()))
}

/// `POST /api/v1/auth/logout`: ends the sign-in, and that of `refresh_token` if the body has one.
#[utoipa::path(post, path = "/api/v1/auth/logout", request_body = Logout, responses((status = 200, body = Message)))]
pub async fn logout(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<Logout>,
) -> Result<Json<Message>> {
    let token = body.token()?;
    app.logins.sign_out(&caller, token.as_deref().map(|token| ("refresh_token", token))).await?;
    Ok(Json(Message { message: "Logout successful" }))
}

impl Refresh {
    fn token(self) -> std::result::Result<String, Error> {
        let mut form = Form::default();
        let token = form.required("refresh_token", self.refresh_token, filled);
        form.finish(|| token)
    }
}

impl Logout {
    fn token(self) -> std::result::Result<Option<String>, Error> {
        let mut form = Form::default();
        let token = form.nullable("refresh_token", self.refresh_token, any_text);
        form.finish(|| Some(token))
    }
}

impl TryFrom<Register> for Registration {
    type Error = Error;

    fn try_from(Register { email, password, username, full_name }: Register) -> std::result::Result<Self, Error> {
        let mut form = Form::default();
        let email = form.required("email", email, Email::parse);
        let password = form.required("password", password, NewPassword::parse);
        let username = form.nullable("username", username, Username::parse);
        let full_name = form.nullable("full_name", full_name, FullName::parse);
        form.finish(|| Some(Self { username, email: Some(email?), full_name, password: password?, role: Role::User }))
    }
}

impl From<Issued> for TokenPair {
    fn from(Issued { access, refresh }: Issued) -> Self {
        Self {
            access_token: access.expose_secret().to_owned(),
            refresh_token: refresh.map_or_else(String::new, |token| token.expose_secret().to_owned()),
            token_type: TokenType::Bearer,
            expires_in: Platform::LIFETIMES.access.as_secs(),
        }
    }
}
