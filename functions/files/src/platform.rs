//! Files of spec 001.

use axum::extract::State;
use shared::{
    domain::ids::FileId,
    http::{Answer, App, Download, InPath, Platform, SignedIn},
};

/// `GET /api/v1/files/{file}/content`: the bytes of one of the caller's files.
pub async fn content(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
) -> Answer<Platform, Download> {
    let (file, content) = app.files.open(caller.user.id, file).await?;
    Ok(Download { file, content })
}
