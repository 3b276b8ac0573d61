//! Spec 002, "Authentication API".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error, Problem,
        names::{Email, Username},
        text::NewPassword,
        user::User,
    },
    http::{
        App, Body, Created, Credentials, Field, Form, HandlerResult, Json, Message, Profile, SignInEndpoint, SignedIn,
        Visitor, Webchat, parse::filled, registration,
    },
    service::{accounts::Registration, logins::Issued},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Webchat, T>;

/// `{"username", "email", "password", "confirm_password"}`. A new account.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = Registration, example = json!({
    "username": "newuser",
    "email": "user@example.com",
    "password": "password123",
    "confirm_password": "password123",
}))]
pub struct Register {
    /// The username.
    #[schema(value_type = String, required, min_length = 1, max_length = 150)]
    username: Field,
    /// The e-mail address. It may be absent or empty.
    #[schema(value_type = String, max_length = 254)]
    email: Field,
    /// The password.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    /// The same password again.
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    confirm_password: Field,
}

/// `{"refresh": "refresh_token_here"}`. The refresh token of a sign-in.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = RefreshToken, example = json!({"refresh": "eyJ0eXAi…"}))]
pub struct Refresh {
    /// The refresh token.
    #[schema(value_type = String, required, min_length = 1)]
    refresh: Field,
}

/// A user, and the tokens of a new sign-in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "user": {"id": 1, "username": "newuser", "email": "user@example.com"},
    "refresh": "eyJ0eXAi…",
    "access": "eyJ0eXAi…",
    "message": "Login successful",
}))]
pub struct SignedInUser {
    /// The user.
    user: Profile,
    /// The refresh token. It is valid for 1 day.
    refresh: String,
    /// The access token, for the header `Authorization`. It is valid for 60 minutes.
    access: String,
    /// The outcome in words.
    message: &'static str,
}

/// `{"access": "new_access_token_here"}`. A new access token. It is valid for 60 minutes.
#[derive(Serialize, ToSchema)]
#[schema(as = AccessToken, example = json!({"access": "eyJ0eXAi…"}))]
pub struct Access {
    /// The new access token.
    access: String,
}

/// `POST /api/v1/auth/register/`: creates an account and signs it in.
#[utoipa::path(
    post,
    path = "/api/v1/auth/register/",
    security(()),
    request_body = Register,
    responses((status = 201, body = SignedInUser)),
)]
pub async fn register(
    State(app): State<App<Webchat>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Register>,
) -> Result<Created<SignedInUser>> {
    let registered = app.accounts.register_and_sign_in(body.try_into()?, &address, Webchat::LIFETIMES).await?;
    Ok(Created(SignedInUser::new(registered, "User registered successfully")))
}

/// `POST /api/v1/auth/login/`: signs in.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login/",
    security(()),
    request_body = Credentials,
    responses((status = 200, body = SignedInUser), (status = 401, description = "The username or the password is wrong.")),
)]
pub async fn login(
    State(app): State<App<Webchat>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<Credentials>,
) -> Result<Json<SignedInUser>> {
    let (name, password) = body.into_sign_in()?;
    let signed_in = app.logins.sign_in(&name, password, &address, Webchat::LIFETIMES).await?;
    Ok(Json(SignedInUser::new(signed_in, "Login successful")))
}

/// `POST /api/v1/auth/logout/`: ends the sign-in. The refresh token must be the caller's own.
#[utoipa::path(
    post,
    path = "/api/v1/auth/logout/",
    request_body = Refresh,
    responses((status = 200, body = Message)),
)]
pub async fn logout(
    State(app): State<App<Webchat>>,
    SignedIn(caller): SignedIn,
    Body(body): Body<Refresh>,
) -> Result<Json<Message>> {
    app.logins.sign_out(&caller, Some(("refresh", &body.token()?))).await?;
    Ok(Json(Message { message: "Logout successful" }))
}

/// `GET /api/v1/auth/profile/`: returns the caller.
#[utoipa::path(get, operation_id = "get_profile", path = "/api/v1/auth/profile/", responses((status = 200, body = Profile)))]
pub async fn profile(SignedIn(caller): SignedIn) -> Json<Profile> {
    Json(caller.user.into())
}

/// `POST /api/v1/auth/token/refresh/`: returns a new access token. The refresh token stays valid.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token/refresh/",
    security(()),
    request_body = Refresh,
    responses((status = 200, body = Access), (status = 401, description = "The refresh token is not valid.")),
)]
pub async fn refresh(State(app): State<App<Webchat>>, _: Visitor, Body(body): Body<Refresh>) -> Result<Json<Access>> {
    let access = app.logins.refresh_access(&body.token()?, Webchat::LIFETIMES).await?;
    Ok(Json(Access { access: access.expose_secret().to_owned() }))
}

impl Refresh {
    fn token(self) -> std::result::Result<String, Error> {
        let mut form = Form::default();
        let token = form.required("refresh", self.refresh, filled);
        form.finish(|| token)
    }
}

impl TryFrom<Register> for Registration {
    type Error = Error;

    fn try_from(body: Register) -> std::result::Result<Self, Error> {
        let Register { username, email, password, confirm_password } = body;
        let mut form = Form::default();
        let username = form.required("username", username, Username::parse);
        let email = form.optional("email", email, optional_email).flatten();
        let password = form.required("password", password, NewPassword::parse);
        let again = form.required("confirm_password", confirm_password, |again: &str| match &password {
            Some(password) if !again.is_empty() && !password.is(again) => Err(Problem::PasswordsDiffer),
            _ => filled(again),
        });
        form.finish(|| again.and(Some(registration(username?, email, password?))))
    }
}

/// An e-mail address, or blank text for none.
fn optional_email(text: &str) -> std::result::Result<Option<Email>, Problem> {
    Some(text).filter(|text| !text.trim().is_empty()).map(Email::parse).transpose()
}

impl SignedInUser {
    fn new((user, issued): (User, Issued), message: &'static str) -> Self {
        let Issued { access, refresh } = issued;
        Self {
            user: user.into(),
            refresh: refresh.map_or_else(String::new, |token| token.expose_secret().to_owned()),
            access: access.expose_secret().to_owned(),
            message,
        }
    }
}
