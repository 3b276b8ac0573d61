//! The user's files: a list, uploads with and without scripts, and a page for each file.

use crate::{
    form::{Notes, Removal, Typed, again, can_be_corrected},
    links,
    member::{Member, Posted, PostedFile, PostedWithFiles, Refused, see},
    pager::{self, Pager},
    shell::Shell,
    times::Moment,
    turn::render,
    visit::{Visit, Wants},
    words::{Words, fill},
};
use askama::Template;
use axum::{
    extract::{FromRequest, Request, State},
    response::{Html, IntoResponse, Response},
};
use serde::Serialize;
use shared::{
    domain::{
        Error, Problem,
        file::{File, FileState, FileStatus, MIB, Unreadable},
        ids::FileId,
        list::FileField,
    },
    http::{App, Created, Download, InPath, Json, Pages, ReadsFile, pages::Query},
    service::{Services, files::Upload},
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The number of files in a part of the list.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "files.html")]
struct FilesPage {
    shell: Shell,
    notes: Notes,
    states: Vec<StateLink>,
    files: Vec<FileShown>,
    none: &'static str,
    pager: Pager,
    limit: Option<String>,
    problem: Option<String>,
}

/// A link to the files in one state.
struct StateLink {
    query: String,
    label: &'static str,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "file.html")]
struct FilePage {
    shell: Shell,
    file: FileShown,
    about: String,
    removal: Removal,
}

/// A file in a list.
pub struct FileShown {
    /// The id.
    pub id: FileId,
    /// The name.
    pub name: String,
    /// The media type.
    pub kind: &'static str,
    /// The size in words.
    pub size: String,
    /// When it was uploaded.
    pub at: Moment,
    /// The state in words.
    pub state: &'static str,
    /// The class of the state's badge.
    pub class: &'static str,
}

/// `{"id": "<uuid>", "name": "report.pdf", "size": 52341, "status": "processing", "status_text": "…"}`.
#[derive(Serialize, ToSchema)]
pub struct FileTold {
    /// The id.
    id: String,
    /// The name.
    name: String,
    /// The size, in bytes.
    size: u64,
    /// `processing`, `ready`, `failed` or `stored`.
    status: &'static str,
    /// What that means, in one sentence.
    status_text: String,
}

/// `{"id": "<uuid>", "upload_url": "https://…", "headers": {"content-type": "text/csv"}}`.
#[derive(Serialize, ToSchema)]
pub struct UploadTold {
    /// The id that the file will have.
    id: String,
    /// Where to send the content, with PUT.
    upload_url: String,
    /// The headers that this request must have.
    headers: BTreeMap<String, String>,
}

/// `GET /files/?after=&status=`: the user's files, latest first.
#[utoipa::path(get, path = "/files/", responses((status = 200, content_type = "text/html", body = String)))]
pub async fn list(State(app): State<App<Pages>>, member: Member, query: Query) -> Result<Html<String>, Refused> {
    Ok(list_page(&app, &member, Some(&query), Typed::nothing(member.visit.words)).await?)
}

/// `POST /files/`: uploads a file that a script sends in the part `file`, or those of a form in the parts `files`.
#[utoipa::path(post, path = "/files/", responses((status = 201, body = FileTold), (status = 303), (status = 422)))]
pub async fn upload(State(app): State<App<Pages>>, visit: Visit, request: Request) -> Result<Response, Refused> {
    if visit.wants == Wants::Page {
        return upload_by_form(&app, PostedWithFiles::from_request(request, &app).await?).await;
    }
    let PostedFile(member, upload) = PostedFile::from_request(request, &app).await?;
    let received = upload.read(&app, &member.caller).await.map_err(Refused::answered)?;
    let file = app.files.keep_one(received, None).await?;
    Ok(Created(FileTold::new(visit.words, &file)).into_response())
}

async fn upload_by_form(app: &App<Pages>, posted: PostedWithFiles) -> Result<Response, Refused> {
    let (member, fields, received) = posted.read(app).await?;
    let kept = match received {
        Ok(received) if received.is_empty() => Err(Error::invalid("files", Problem::Required)),
        Ok(received) => app.files.keep(received, None).await,
        Err(error) => Err(error),
    };
    match kept {
        Ok(_) => Ok(see(&member.visit, "/files/").into_response()),
        Err(error) if can_be_corrected(&error) => {
            let typed = Typed::refused(member.visit.words, &fields, &error);
            let page = list_page(app, &member, None, typed).await?;
            Ok(again(&error.into(), page))
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST /files/uploads/`: announces a file that is too large for a request. A script then sends it to the storage, and
/// completes it.
#[utoipa::path(post, path = "/files/uploads/", responses((status = 201, body = UploadTold), (status = 413)))]
pub async fn announce(State(app): State<App<Pages>>, posted: Posted) -> Result<Created<UploadTold>, Refused> {
    let user = posted.member.user().id;
    let size = posted.text("size").parse().map_err(|_| Error::invalid("size", Problem::NotAnInteger))?;
    let announced = app.files.announce(user, (posted.text("filename"), posted.filled("content_type")), size, None);
    let Upload { announced, to } = app.files.upload(user, announced.await?, &posted.member.visit.served_at).await?;
    let (id, headers) = (announced.id.to_string(), to.headers.into_iter().collect());
    Ok(Created(UploadTold { id, upload_url: to.url, headers }))
}

/// `POST /files/{file}/complete/`: checks the content of an announced file, and keeps the file.
#[utoipa::path(
    post,
    path = "/files/{file}/complete/",
    params(InPath<FileId>),
    responses((status = 201, body = FileTold), (status = 409)),
)]
pub async fn complete(
    State(app): State<App<Pages>>,
    InPath(id): InPath<FileId>,
    _: ReadsFile,
    posted: Posted,
) -> Result<Created<FileTold>, Refused> {
    let file = app.files.complete(posted.member.user().id, id).await?;
    Ok(Created(FileTold::new(posted.member.visit.words, &file)))
}

/// `GET /files/{file}/`: a file, without its content. Scripts get JSON.
#[utoipa::path(
    get,
    path = "/files/{file}/",
    params(InPath<FileId>),
    responses((status = 200, content_type = "text/html", body = String)),
)]
pub async fn show(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<FileId>,
) -> Result<Response, Refused> {
    let (visit, words) = (&member.visit, member.visit.words);
    let file = app.files.show(member.user().id, id).await?;
    if visit.wants == Wants::Json {
        return Ok(Json(FileTold::new(words, &file)).into_response());
    }
    let shell = Shell::for_member(&app, &member, file.name.as_str(), None).await?;
    let removal = Removal { title: words.for_files.delete, text: words.for_files.delete_text };
    let about = about(words, &file.state);
    Ok(Html(render(&FilePage { shell, file: FileShown::new(visit, &file), about, removal })?).into_response())
}

/// `GET /files/{file}/content/`: the content of a file, as a download.
#[utoipa::path(
    get,
    path = "/files/{file}/content/",
    params(InPath<FileId>),
    responses((status = 200, content_type = "*/*", body = String)),
)]
pub async fn content(
    State(app): State<App<Pages>>,
    member: Member,
    InPath(id): InPath<FileId>,
) -> Result<Download, Refused> {
    let (file, content) = app.files.open(member.user().id, id).await?;
    Ok(Download { file, content })
}

/// `POST /files/{file}/`: deletes a file, if the form says so.
#[utoipa::path(post, path = "/files/{file}/", params(InPath<FileId>), responses((status = 303), (status = 422)))]
pub async fn change(
    State(app): State<App<Pages>>,
    InPath(id): InPath<FileId>,
    posted: Posted,
) -> Result<Response, Refused> {
    if posted.text("action") != "delete" {
        return Err(Error::invalid("action", Problem::NotAChoice { choices: "delete" }).into());
    }
    app.files.remove(posted.member.user().id, id).await?;
    Ok(see(&posted.member.visit, "/files/?done=deleted").into_response())
}

async fn list_page(
    services: &Services,
    member: &Member,
    query: Option<&Query>,
    typed: Typed<'_>,
) -> Result<Html<String>, Error> {
    let (visit, words) = (&member.visit, member.visit.words);
    let wanted = query.and_then(|query| query.parameter("status")).unwrap_or_default();
    let status = FileStatus::parse(&wanted).ok();
    let after = query.and_then(pager::after);
    let request = pager::request::<FileField>(SHOWN, after.clone())?;
    let files = services.files.list(member.user().id, status, &request);
    let shell = Shell::for_member(services, member, words.files, None);
    let (shell, files) = futures::future::try_join(shell, files).await?;
    let states = FileStatus::ALL.map(|(name, state)| (name, Some(state)));
    let states = [("", None)].into_iter().chain(states).map(|(name, state)| StateLink {
        query: links::query(&[("status", name)]),
        label: state.map_or(words.all, |state| badge(words, state).0),
        is_current: state == status,
    });
    let page = FilesPage {
        shell,
        notes: typed.notes(query),
        states: states.collect(),
        none: if status.is_some() { words.for_files.none_in_state } else { words.for_files.none },
        pager: Pager::new(after.as_ref(), files.next, &[("status", status.map_or("", FileStatus::as_str))]),
        files: files.page.items.iter().map(|file| FileShown::new(visit, file)).collect(),
        limit: upload_limit(services, words),
        problem: typed.problem_of("files"),
    };
    Ok(Html(render(&page)?))
}

/// What files a form can carry, in words. `None` if it can carry all of them.
pub fn upload_limit(services: &Services, words: &Words) -> Option<String> {
    let limit = services.config.files.in_request?;
    Some(fill(words.for_files.upload_limit, &[("max", &words.number(limit / MIB))]))
}

/// A state in words, and the class of its badge.
fn badge(words: &Words, status: FileStatus) -> (&'static str, &'static str) {
    match status {
        FileStatus::Processing => (words.being_read, "warn"),
        FileStatus::Ready => (words.ready, "ok"),
        FileStatus::Failed => (words.cannot_be_read, "danger"),
        FileStatus::Stored => (words.stored, ""),
    }
}

/// What a state means, in one sentence.
fn about(words: &Words, state: &FileState) -> String {
    let words = match state {
        FileState::Failed(why) => match why {
            Unreadable::Encrypted => words.for_files.is_encrypted,
            Unreadable::Damaged => words.for_files.is_damaged,
            Unreadable::NoText => words.for_files.has_no_text,
            Unreadable::TooLong => words.for_files.is_too_long,
            Unreadable::TooComplex => words.for_files.is_too_complex,
            Unreadable::GivenUp => words.for_files.is_unreadable,
        },
        FileState::Processing => words.for_files.is_being_read,
        FileState::Ready => words.for_files.is_ready,
        FileState::Stored => words.for_files.is_stored,
    };
    words.to_owned()
}

impl FileShown {
    /// A file, for a reader.
    pub fn new(visit: &Visit, file: &File) -> Self {
        let (state, class) = badge(visit.words, file.state.status());
        Self {
            id: file.id,
            name: file.name.as_str().to_owned(),
            kind: file.content_type.as_str(),
            size: visit.words.size(file.size),
            at: Moment::new(file.created_at, visit.zone),
            state,
            class,
        }
    }
}

impl FileTold {
    fn new(words: &Words, file: &File) -> Self {
        Self {
            id: file.id.to_string(),
            name: file.name.as_str().to_owned(),
            size: file.size,
            status: file.state.status().as_str(),
            status_text: about(words, &file.state),
        }
    }
}
