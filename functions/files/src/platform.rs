//! Spec 001, "File Upload". The wire types are in `bodies`.

mod bodies;

use axum::extract::State;
use bodies::{AnnouncedFields, Bytes, FileForm, ShownFile, ShownUpload};
use shared::{
    domain::{Error, file::FileStatus, ids::FileId, list::FileField},
    http::{
        App, Body, Created, Download, FileUpload, Form, HandlerResult, Idempotency, InPath, Json, Listing, NoContent,
        NoFields, Platform, ReadsFile, SignedIn,
        listing::{Parameters, Wanted},
        pages::{Query, ServedAt},
    },
};

type Result<T> = HandlerResult<Platform, T>;

/// `POST /api/v1/files/upload`: uploads a file, in the part `file` of a form.
#[utoipa::path(
    post,
    path = "/api/v1/files/upload",
    params(Idempotency),
    request_body(content = FileForm, content_type = "multipart/form-data"),
    responses(
        (status = 201, body = ShownFile),
        (status = 413, description = "The file is too large for its kind or for a request, or the caller's storage space is used up."),
    ),
)]
pub async fn upload(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    ServedAt(here): ServedAt,
    upload: FileUpload,
) -> Result<Created<ShownFile>> {
    let received = upload.read(&app, &caller).await?;
    let file = app.files.keep_one(received, key).await?;
    Ok(Created(ShownFile::new(file, &here)))
}

/// `POST /api/v1/files/uploads`: announces a file that a request cannot carry. The caller then sends it to the address in
/// the response, and completes it.
#[utoipa::path(
    post,
    operation_id = "create_upload",
    path = "/api/v1/files/uploads",
    params(Idempotency),
    request_body = AnnouncedFields,
    responses(
        (status = 201, body = ShownUpload),
        (status = 413, description = "The file is too large for its kind, or the caller's storage space is used up."),
    ),
)]
pub async fn announce(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    Idempotency(key): Idempotency,
    ServedAt(here): ServedAt,
    Body(body): Body<AnnouncedFields>,
) -> Result<Created<ShownUpload>> {
    let (filename, content_type, size) = body.read()?;
    let user = caller.user.id;
    let announced = app.files.announce(user, (&filename, content_type.as_deref()), size, key).await?;
    Ok(Created(app.files.upload(user, announced, &here).await?.into()))
}

/// `POST /api/v1/files/uploads/{file_id}/complete`: checks the content of an announced file, and keeps the file.
#[utoipa::path(
    post,
    operation_id = "complete_upload",
    path = "/api/v1/files/uploads/{file_id}/complete",
    params(InPath<FileId>),
    request_body = NoFields,
    responses(
        (status = 201, body = ShownFile),
        (status = 409, description = "The content was not sent yet, or another request is checking it."),
    ),
)]
pub async fn complete(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
    ServedAt(here): ServedAt,
    _: ReadsFile,
    Body(NoFields {}): Body<NoFields>,
) -> Result<Created<ShownFile>> {
    let file = app.files.complete(caller.user.id, file).await?;
    Ok(Created(ShownFile::new(file, &here)))
}

/// `GET /api/v1/files?page=&size=&sort=&after=&status=`: lists the caller's files.
#[utoipa::path(
    get,
    path = "/api/v1/files",
    params(
        Parameters<FileField>,
        ("status" = Option<FileStatus>, Query, description = "Only files with this status."),
    ),
    responses((status = 200, body = Listing<ShownFile>)),
)]
pub async fn list(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    ServedAt(here): ServedAt,
    Wanted(request): Wanted<FileField>,
    query: Query,
) -> Result<Json<Listing<ShownFile>>> {
    let listed = app.files.list(caller.user.id, status(&query)?, &request).await?;
    Ok(Json(Listing::new(listed, request.sort, |file| ShownFile::new(file, &here))))
}

/// `GET /api/v1/files/{file_id}`: returns one of the caller's files, without its content.
#[utoipa::path(
    get,
    path = "/api/v1/files/{file_id}",
    params(InPath<FileId>),
    responses((status = 200, body = ShownFile)),
)]
pub async fn show(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
    ServedAt(here): ServedAt,
) -> Result<Json<ShownFile>> {
    let file = app.files.show(caller.user.id, file).await?;
    Ok(Json(ShownFile::new(file, &here)))
}

/// `GET /api/v1/files/{file_id}/content`: returns the content of one of the caller's files.
#[utoipa::path(
    get,
    operation_id = "download",
    path = "/api/v1/files/{file_id}/content",
    params(InPath<FileId>),
    responses((
        status = 200,
        content_type = "application/octet-stream",
        body = Bytes,
        description = "The bytes of the file. `Content-Type` is the file's own type.",
        headers(("Content-Disposition", description = "`attachment`, with the name of the file.")),
        example = json!("Hello"),
    )),
)]
pub async fn content(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
) -> Result<Download> {
    let (file, content) = app.files.open(caller.user.id, file).await?;
    Ok(Download { file, content })
}

/// `DELETE /api/v1/files/{file_id}`: deletes a file. Assistants that had it do not have it any more.
#[utoipa::path(
    delete,
    path = "/api/v1/files/{file_id}",
    params(InPath<FileId>),
    responses((status = 204)),
)]
pub async fn remove(
    State(app): State<App<Platform>>,
    SignedIn(caller): SignedIn,
    InPath(file): InPath<FileId>,
) -> Result<NoContent> {
    app.files.remove(caller.user.id, file).await?;
    Ok(NoContent)
}

fn status(query: &Query) -> std::result::Result<Option<FileStatus>, Error> {
    let mut form = Form::default();
    let status = form.optional("status", query.filter("status"), FileStatus::parse);
    form.finish(|| Some(status))
}
