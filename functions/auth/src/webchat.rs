//! Spec 002, "Authentication API".

use axum::extract::State;
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error, Problem,
        error::Problems,
        names::{Email, Username},
        text::NewPassword,
        user::{Role, User},
    },
    http::{
        App, Body, Created, Field, HandlerResult, Json, SignInEndpoint, SignedIn, UsernameAndPassword, Visitor, Webchat,
    },
    service::{accounts::Registration, logins::Issued},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Webchat, T>;

/// `{"username", "email", "password", "confirm_password"}`; `email` may be absent or empty.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({
    "username": "newuser",
    "email": "user@example.com",
    "password": "password123",
    "confirm_password": "password123",
}))]
pub struct Register {
    #[schema(value_type = String, required, min_length = 1, max_length = 150)]
    username: Field,
    #[schema(value_type = String, max_length = 254)]
    email: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    password: Field,
    #[schema(value_type = String, required, min_length = 8, max_length = 1024, format = Password)]
    confirm_password: Field,
}

/// `{"refresh": "refresh_token_here"}`.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(example = json!({"refresh": "eyJ0eXAi…"}))]
pub struct Refresh {
    #[schema(value_type = String, required, min_length = 1)]
    refresh: Field,
}

/// `{"id": 1, "username": "newuser", "email": "user@example.com"}`; `email` is empty when there is none.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": 1, "username": "newuser", "email": "user@example.com"}))]
pub struct Profile {
    id: u64,
    username: String,
    email: String,
}

/// A user with the tokens of a new sign-in.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "user": {"id": 1, "username": "newuser", "email": "user@example.com"},
    "refresh": "eyJ0eXAi…",
    "access": "eyJ0eXAi…",
    "message": "Login successful",
}))]
pub struct SignedInUser {
    user: Profile,
    refresh: String,
    access: String,
    message: &'static str,
}

/// `{"message": "Logout successful"}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"message": "Logout successful"}))]
pub struct Message {
    message: &'static str,
}

/// `{"access": "new_access_token_here"}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"access": "eyJ0eXAi…"}))]
pub struct Access {
    access: String,
}

/// `POST /api/v1/auth/register/`: a new account that is signed in.
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

/// `POST /api/v1/auth/login/`: a new sign-in.
#[utoipa::path(
    post,
    path = "/api/v1/auth/login/",
    security(()),
    request_body = UsernameAndPassword,
    responses((status = 200, body = SignedInUser), (status = 401, description = "The name or the password is wrong.")),
)]
pub async fn login(
    State(app): State<App<Webchat>>,
    SignInEndpoint(address): SignInEndpoint,
    Body(body): Body<UsernameAndPassword>,
) -> Result<Json<SignedInUser>> {
    let (name, password) = body.into_sign_in()?;
    let signed_in = app.logins.sign_in(&name, password, &address, Webchat::LIFETIMES).await?;
    Ok(Json(SignedInUser::new(signed_in, "Login successful")))
}

/// `POST /api/v1/auth/logout/`: ends the sign-in. 400 for a refresh token that is not the caller's.
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

/// `GET /api/v1/auth/profile/`: the caller.
#[utoipa::path(get, path = "/api/v1/auth/profile/", responses((status = 200, body = Profile)))]
pub async fn profile(SignedIn(caller): SignedIn) -> Json<Profile> {
    Json(caller.user.into())
}

/// `POST /api/v1/auth/token/refresh/`: a new access token; the refresh token stays as it is.
#[utoipa::path(
    post,
    path = "/api/v1/auth/token/refresh/",
    security(()),
    request_body = Refresh,
    responses((status = 200, body = Access), (status = 401, description = "The refresh token is not, or no longer, valid.")),
)]
pub async fn refresh(State(app): State<App<Webchat>>, _: Visitor, Body(body): Body<Refresh>) -> Result<Json<Access>> {
    let access = app.logins.refresh_access(&body.token()?, Webchat::LIFETIMES).await?;
    Ok(Json(Access { access: access.expose_secret().to_owned() }))
}

impl Refresh {
    fn token(self) -> std::result::Result<String, Error> {
        self.refresh.filled().map_err(|problem| Error::invalid("refresh", problem))
    }
}

impl TryFrom<Register> for Registration {
    type Error = Error;

    fn try_from(body: Register) -> std::result::Result<Self, Error> {
        let Register { username, email, password, confirm_password } = body;
        let mut problems = Problems::default();
        let username = problems.note("username", username.required().and_then(|text| Username::parse(&text)));
        let email = email.optional().map(|text| text.filter(|text| !text.trim().is_empty()));
        let email = email.and_then(|text| text.map(|text| Email::parse(&text)).transpose());
        let email = problems.note("email", email);
        let password = problems.note("password", password.required().and_then(NewPassword::parse));
        let confirmed = confirm_password.filled().and_then(|again| match &password {
            Some(password) if !password.is(&again) => Err(Problem::PasswordsDiffer),
            _ => Ok(()),
        });
        let confirmed = problems.note("confirm_password", confirmed);
        match (username, email, password, confirmed) {
            (Some(username), Some(email), Some(password), Some(())) => {
                Ok(Self { username: Some(username), email, full_name: None, password, role: Role::User })
            }
            _ => Err(problems.into_error()),
        }
    }
}

impl From<User> for Profile {
    fn from(user: User) -> Self {
        let User {
            id: _,
            number,
            username,
            email,
            full_name: _,
            role: _,
            is_active: _,
            conversations: _,
            resets: _,
            api_keys: _,
            created_at: _,
            updated_at: _,
        } = user;
        Self {
            id: number.0,
            username: username.as_str().to_owned(),
            email: email.map_or_else(String::new, |email| email.as_str().to_owned()),
        }
    }
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
