//! Spec 003, "List Users".

use axum::{extract::State, http::header, response::IntoResponse};
use serde::Serialize;
use shared::{
    domain::user::DirectoryEntry,
    http::{App, Chatbot, HandlerResult, Json, SignedIn, pages::Paged},
};
use utoipa::ToSchema;

const PAGE_SIZE: usize = 100;

/// `{"id": 1, "username": "string"}`.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"id": 1, "username": "newuser"}))]
pub struct ListedUser {
    id: u64,
    username: String,
}

/// `GET /users/?page=`: all users in the order of registration, 100 a page. Needs a credential. The pages
/// before and after are in the `Link` header.
#[utoipa::path(
    get,
    path = "/users/",
    params(("page" = Option<u64>, Query, minimum = 1, description = "The page's number; the first is 1.")),
    responses((
        status = 200,
        body = [ListedUser],
        headers(("Link", description = "The pages before and after.")),
        example = json!([{"id": 1, "username": "newuser"}])
    ))
)]
pub async fn list(
    State(app): State<App<Chatbot>>,
    SignedIn(_): SignedIn,
    paged: Paged,
) -> HandlerResult<Chatbot, impl IntoResponse> {
    let request = paged.request(PAGE_SIZE, false)?;
    let (users, more) = app.accounts.directory(request).await?;
    let number = request.number();
    let next = more.then(|| format!("<{}>; rel=\"next\"", paged.link(number + 1)));
    let previous = (number > 1).then(|| format!("<{}>; rel=\"prev\"", paged.link(number - 1)));
    let links: Vec<String> = previous.into_iter().chain(next).collect();
    let link = (!links.is_empty()).then(|| [(header::LINK, links.join(", "))]);
    Ok((link, Json(users.into_iter().map(ListedUser::from).collect::<Vec<_>>())))
}

impl From<DirectoryEntry> for ListedUser {
    fn from(DirectoryEntry { number, username }: DirectoryEntry) -> Self {
        Self { id: number.0, username }
    }
}
