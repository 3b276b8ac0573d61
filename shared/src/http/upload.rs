//! Request bodies with files. The parts of a multipart form that hold files are stored as they arrive. All other parts
//! are read like a [`Body`](super::Body).

use super::{
    App, Dialect, Failure, Fault, WantedBody,
    body::{self, BrokenOff, PartNames},
    routes::TimeLimit,
    twin::SentFields,
};
use crate::{
    domain::{Error, Problem, file::MIB, user::Caller},
    service::files::{Offer, Received},
};
use axum::{
    body::{Body, BodyDataStream, Bytes},
    extract::{FromRequest, FromRequestParts, Request},
    http::{header, request::Parts},
};
use futures::{Stream, StreamExt, TryStreamExt};
use multer::{Field, Multipart};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::{
    convert::Infallible,
    marker::PhantomData,
    mem,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

/// The parts of a form that hold files.
#[derive(Clone, Copy)]
struct FileParts {
    /// The field's name. A field with brackets counts too, `files[]` or `files[0]`, as some clients name the entries of a
    /// list.
    field: &'static str,
    /// The maximum number of files in a request.
    max: usize,
    /// The maximum size of each file, in bytes. Its kind may allow less.
    max_bytes: u64,
}

/// The files of a form that also has other fields.
const FILES: FileParts = FileParts { field: "files", max: 10, max_bytes: 50 * MIB };
/// The file of a form that has nothing else.
const FILE: FileParts = FileParts { field: "file", max: 1, max_bytes: u64::MAX };
/// The time limit of a request with files.
const UPLOAD_LIMIT: Duration = Duration::from_secs(600);
/// The maximum size of the pieces that the parser gets, in bytes.
const PIECE: usize = 64 * 1024;

/// A form as a `T`, and files. The handler reads it after it knows the caller.
///
/// JSON and URL-encoded forms are accepted, too. They cannot carry files: `files` may be absent, null or empty.
/// In a multipart form, a part called `files` with an empty filename is skipped: browsers send it for a file input
/// without a selection.
pub struct WithFiles<T> {
    content_type: Result<String, Fault>,
    body: Body,
    sent: SentFields,
    form: PhantomData<fn() -> T>,
}

impl<D: Dialect, T> FromRequest<App<D>> for WithFiles<T> {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &App<D>) -> Result<Self, Infallible> {
        let content_type = body::plain_content_type(request.headers());
        if let (Ok(content_type), Some(limit)) = (&content_type, request.extensions().get::<TimeLimit>())
            && is_multipart::<D>(content_type)
        {
            limit.extend(UPLOAD_LIMIT);
        }
        let sent = request.extensions().get().cloned().unwrap_or_default();
        Ok(Self { content_type, body: request.into_body(), sent, form: PhantomData })
    }
}

impl<T: DeserializeOwned> WithFiles<T> {
    /// Reads the form and stores its files as the caller's. If it fails, it deletes the stored files. Afterwards
    /// the files stay only if [`Received::keep`] is called.
    pub async fn read<D: Dialect>(self, app: &App<D>, caller: &Caller) -> Result<(T, Received), Failure<D>> {
        let read = self.read_or_fields(app, caller).await;
        read.map_err(|(fault, _)| fault.into())
    }

    /// The same. If a part is refused, it also returns the fields before that part.
    pub async fn read_or_fields<D: Dialect>(
        self,
        app: &App<D>,
        caller: &Caller,
    ) -> Result<(T, Received), (Fault, Map<String, Value>)> {
        let Self { content_type, body, sent, form: _ } = self;
        let mut fields = Map::new();
        let content_type = match content_type {
            Ok(content_type) => content_type,
            Err(fault) => return Err((fault, fields)),
        };
        let mut received = Received::new(&app.files, caller.user.id);
        let read = match is_multipart::<D>(&content_type) {
            true => read_parts(FILES, &content_type, body, (&mut fields, &mut received)).await,
            false => {
                let read = body::read_fields(&content_type, body, D::IS_DJANGO).await.and_then(without_files);
                read.map(|read| fields = read)
            }
        };
        if read.is_ok() {
            sent.note(&fields);
        }
        match read.and_then(|()| body::form(mem::take(&mut fields))) {
            Ok(form) => Ok((form, received)),
            Err(fault) => {
                received.discard().await;
                Err((fault, fields))
            }
        }
    }
}

/// The file of a multipart form, in the part `file`. The handler reads it after it knows the caller.
pub struct FileUpload {
    content_type: Result<String, Fault>,
    body: Body,
}

impl<D: Dialect> FromRequest<App<D>> for FileUpload {
    type Rejection = Infallible;

    async fn from_request(request: Request, _: &App<D>) -> Result<Self, Infallible> {
        let content_type = body::plain_content_type(request.headers());
        if let (Ok(content_type), Some(limit)) = (&content_type, request.extensions().get::<TimeLimit>())
            && is_form(content_type)
        {
            limit.extend(UPLOAD_LIMIT);
        }
        Ok(Self { content_type, body: request.into_body() })
    }
}

impl FileUpload {
    /// Stores the file as the caller's. If it fails, it deletes what is stored. Afterwards the file stays only if it is
    /// kept.
    pub async fn read<D: Dialect>(self, app: &App<D>, caller: &Caller) -> Result<Received, Failure<D>> {
        let content_type = self.content_type?;
        if !is_form(&content_type) {
            return Err(body::unsupported(&body::media_type(&content_type), WantedBody::File).into());
        }
        let mut received = Received::new(&app.files, caller.user.id);
        let mut fields = Map::new();
        let read = read_parts(FILE, &content_type, self.body, (&mut fields, &mut received)).await.and_then(|()| {
            let problem = if fields.contains_key(FILE.field) { Problem::NotAFile } else { Problem::Required };
            if received.is_empty() { Err(Error::invalid(FILE.field, problem).into()) } else { Ok(()) }
        });
        match read {
            Ok(()) => Ok(received),
            Err(fault) => {
                received.discard().await;
                Err(fault.into())
            }
        }
    }
}

/// Gives a request without a body the time of an upload, because it reads a file.
pub struct ReadsFile;

impl<D: Dialect> FromRequestParts<App<D>> for ReadsFile {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Infallible> {
        if let Some(limit) = parts.extensions.get::<TimeLimit>() {
            limit.extend(UPLOAD_LIMIT);
        }
        Ok(Self)
    }
}

fn is_multipart<D: Dialect>(content_type: &str) -> bool {
    D::IS_DJANGO && is_form(content_type)
}

fn is_form(content_type: &str) -> bool {
    body::media_type(content_type) == "multipart/form-data"
}

/// The fields of a body that cannot carry files.
fn without_files(fields: Map<String, Value>) -> Result<Map<String, Value>, Fault> {
    let (files, others): (Map<_, _>, Map<_, _>) = fields.into_iter().partition(|(name, _)| FILES.has(name));
    let is_nothing = |value: &Value| match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        _ => false,
    };
    if files.values().all(is_nothing) { Ok(others) } else { Err(FILES.not_a_file()) }
}

impl FileParts {
    /// Whether a field holds files.
    fn has(self, field: &str) -> bool {
        let index = field.strip_prefix(self.field).and_then(|rest| rest.strip_prefix('[')?.strip_suffix(']'));
        field == self.field || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
    }

    fn not_a_file(self) -> Fault {
        Error::invalid(self.field, Problem::NotAFile).into()
    }
}

async fn read_parts(
    kind: FileParts,
    content_type: &str,
    body: Body,
    (fields, received): (&mut Map<String, Value>, &mut Received),
) -> Result<(), Fault> {
    let in_files = Arc::new(AtomicU64::new(0));
    let mut pieces = Pieces::new(body, in_files.clone());
    let parts = Multipart::new(&mut pieces, body::boundary(content_type)?);
    let read = read_each(kind, parts, (fields, received), &in_files).await;
    pieces.drain().await;
    read
}

async fn read_each(
    kind: FileParts,
    mut parts: Multipart<'_>,
    (fields, received): (&mut Map<String, Value>, &mut Received),
    in_files: &AtomicU64,
) -> Result<(), Fault> {
    while let Some(part) = parts.next_field().await.map_err(body::unreadable_parts)? {
        let PartNames { field, file } = PartNames::of(&part);
        if field.as_deref().is_some_and(|field| kind.has(field)) {
            store(kind, part, file, received, in_files).await?;
        } else {
            fields.extend(body::field(part).await?);
        }
    }
    Ok(())
}

/// Stores a part that holds a file. `name` is the name of the file.
async fn store(
    kind: FileParts,
    part: Field<'_>,
    name: Option<String>,
    received: &mut Received,
    in_files: &AtomicU64,
) -> Result<(), Fault> {
    let Some(name) = name else {
        let is_empty = part.bytes().await.map_err(body::unreadable_parts)?.is_empty();
        return if is_empty { Ok(()) } else { Err(kind.not_a_file()) };
    };
    if name.is_empty() {
        return Ok(());
    }
    if received.len() == kind.max {
        return Err(Error::invalid(kind.field, Problem::TooManyFiles { max: kind.max }).into());
    }
    let declared_type = part.headers().get(header::CONTENT_TYPE);
    let declared_type = declared_type.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
    let (field, max_bytes) = (kind.field, kind.max_bytes);
    let offer = Offer { field, name: &name, declared_type: declared_type.as_deref(), max_bytes };
    let content = part.map_err(body::unreadable_parts).inspect_ok(|bytes| {
        in_files.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    });
    received.receive(offer, content).await
}

/// A body in small pieces, one per poll, because the multipart parser buffers everything it can get at once. The
/// bytes outside of files are limited like any body.
struct Pieces {
    body: BodyDataStream,
    rest: Bytes,
    rests_now: bool,
    taken: u64,
    in_files: Arc<AtomicU64>,
}

impl Pieces {
    fn new(body: Body, in_files: Arc<AtomicU64>) -> Self {
        Self { body: body.into_data_stream(), rest: Bytes::new(), rests_now: false, taken: 0, in_files }
    }

    /// Reads the rest of the body. Many clients read no response before they have sent the whole body.
    async fn drain(mut self) {
        let mut drained = 0;
        while let Some(Ok(chunk)) = self.body.next().await
            && drained < body::DRAINED
        {
            drained += chunk.len();
        }
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, BrokenOff>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if std::mem::take(&mut self.rests_now) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        while self.rest.is_empty() {
            match ready!(self.body.poll_next_unpin(context)) {
                Some(Ok(chunk)) => self.rest = chunk,
                Some(Err(error)) => return Poll::Ready(Some(Err(error.into()))),
                None => return Poll::Ready(None),
            }
        }
        let length = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(length);
        self.taken += length as u64;
        self.rests_now = true;
        // The parser may hold up to two pieces that it has not passed on yet.
        let elsewhere = self.taken.saturating_sub(self.in_files.load(Ordering::Relaxed));
        if elsewhere > (body::LIMIT + 2 * PIECE) as u64 {
            return Poll::Ready(Some(Err(BrokenOff::TooLarge)));
        }
        Poll::Ready(Some(Ok(piece)))
    }
}
