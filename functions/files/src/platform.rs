//! The files of spec 001.

use axum::extract::State;
use shared::{
    domain::ids::FileId,
    http::{App, Download, HandlerResult, InPath, Platform, SignedIn},
};

/// `GET /api/v1/files/{file}/content`: returns the content of one of the caller's files.
#[utoipa::path(
    get,
    path = "/api/v1/files/{file}/content",
    params(InPath<FileId>),
    responses((
        status = 200,
        content_type = "*/*",
        body = String,
        description = "The bytes of the file.",
        headers(("Content-Disposition", description = "`attachment`, with the name of the file.")),
        example = json!("Hello"),
    )),
)]
pub async fn content(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
) -> HandlerResult<Platform, Download> {
    let (file, content) = app.files.open(caller.user.id, file).await?;
    Ok(Download { file, content })
}
