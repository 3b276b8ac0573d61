//! Files of spec 001.

use axum::extract::State;
use shared::{
    domain::ids::FileId,
    http::{App, Download, HandlerResult, InPath, Platform, SignedIn},
};

/// `GET /api/v1/files/{file}/content`: the bytes of one of the caller's files.
#[utoipa::path(
    get,
    path = "/api/v1/files/{file}/content",
    params(("file" = String, Path, format = Uuid, description = "The file's id.")),
    responses((
        status = 200,
        content_type = "*/*",
        body = String,
        description = "The bytes, to be saved and not shown.",
        headers(("Content-Disposition", description = "`attachment`, with the file's name.")),
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
