//! Spec 003, "List Users".

use axum::{extract::State, response::IntoResponse};
use serde::Serialize;
use shared::{
    domain::user::DirectoryEntry,
    http::{
        App, Chatbot, HandlerResult, SignedIn,
        pages::{PageNumber, Paged},
    },
};
use utoipa::ToSchema;

const PAGE_SIZE: usize = 100;

/// `{"id": 1, "username": "string"}`. A user.
#[derive(Serialize, ToSchema)]
#[schema(as = User, example = json!({"id": 1, "username": "newuser"}))]
pub struct ListedUser {
    /// The user's number.
    id: u64,
    /// The username.
    username: String,
}

/// `GET /users/?page=`: lists all users in the order of their registration, 100 per page. The `Link` header
/// contains the previous and the next page.
#[utoipa::path(
    get,
    path = "/users/",
    params(PageNumber),
    responses((status = 200, body = [ListedUser], headers(("Link", description = "The previous and the next page.")))),
)]
pub async fn list(
    State(app): State<App<Chatbot>>,
    SignedIn(_): SignedIn,
    paged: Paged,
) -> HandlerResult<Chatbot, impl IntoResponse> {
    let request = paged.request(PAGE_SIZE, false)?;
    let (users, has_next) = app.accounts.directory(request).await?;
    Ok(paged.linked(request, has_next, users.into_iter().map(ListedUser::from).collect()))
}

impl From<DirectoryEntry> for ListedUser {
    fn from(DirectoryEntry { number, username }: DirectoryEntry) -> Self {
        Self { id: number.0, username }
    }
}
