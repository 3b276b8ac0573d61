//! The bodies of the file routes of spec 001.

use serde::{Deserialize, Serialize};
use shared::{
    domain::{
        Error,
        file::{Announced, File, FileStatus},
    },
    http::{Field, Form, content_url, parse},
    service::files::Upload,
};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// `{"id": "<uuid>", "filename": "report.pdf", "content_type": "application/pdf", "size": 52341, "url": "https://…",
/// "status": "ready", "status_detail": "", "created_at": "2024-01-01T00:00:00Z"}`. A file, without its content.
#[derive(Serialize, ToSchema)]
#[schema(as = StoredFile, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "filename": "report.pdf",
    "content_type": "application/pdf",
    "size": 52341,
    "url": "https://chat.example.com/api/v1/files/018e376b-9ce0-7000-8000-000000000001/content",
    "status": "processing",
    "status_detail": "The text of the file is being read.",
    "created_at": "2024-01-01T00:00:00Z",
}))]
pub struct ShownFile {
    /// The file's id.
    #[schema(format = Uuid)]
    id: String,
    /// The name of the file, without folders.
    filename: String,
    /// The media type, such as `application/pdf`.
    content_type: &'static str,
    /// The size in bytes.
    size: u64,
    /// The address of the content. It needs the owner's credential.
    #[schema(format = Uri)]
    url: String,
    /// Whether assistants can answer from the file: `processing` while its text is being read, then `ready` or `failed`;
    /// `stored` if files of this kind are not read.
    #[schema(value_type = FileStatus)]
    status: &'static str,
    /// What the status means, in one sentence. Empty for `ready`.
    status_detail: String,
    /// When the file was uploaded.
    #[schema(format = DateTime)]
    created_at: String,
}

impl ShownFile {
    /// `here` is the address at which the service is reached.
    pub fn new(file: File, here: &str) -> Self {
        let File { id, name, content_type, size, state, created_at } = file;
        Self {
            id: id.to_string(),
            filename: name.as_str().to_owned(),
            content_type: content_type.as_str(),
            size,
            url: content_url(here, id),
            status: state.status().as_str(),
            status_detail: state.detail().to_owned(),
            created_at: created_at.to_string(),
        }
    }
}

/// A form with the file in the part `file`.
#[derive(ToSchema)]
#[schema(as = NewFile, example = json!({"file": "Hello"}))]
#[expect(dead_code, reason = "describes the form; the file is read as it arrives")]
pub struct FileForm {
    /// The file.
    #[schema(format = Binary)]
    file: String,
}

/// The bytes of a file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
pub struct Bytes(#[expect(dead_code, reason = "describes a body that is streamed")] String);

/// `{"filename": "data.csv", "size": 73400320, "content_type": "text/csv"}`. `content_type` may be absent.
#[derive(Default, Deserialize, ToSchema)]
#[serde(default)]
#[schema(as = NewUpload, example = json!({"filename": "data.csv", "size": 73_400_320, "content_type": "text/csv"}))]
pub struct AnnouncedFields {
    /// The name of the file. Its extension decides about the type.
    #[schema(value_type = String, required, min_length = 1)]
    filename: Field,
    /// The size in bytes.
    #[schema(value_type = u64, required, minimum = 1, maximum = 104_857_600)]
    size: Field,
    /// The media type, which must fit the name. `null` or absent to tell it by the name alone.
    #[schema(value_type = Option<String>)]
    content_type: Field,
}

impl AnnouncedFields {
    /// Name, type and size.
    pub fn read(self) -> Result<(String, Option<String>, u64), Error> {
        let Self { filename, size, content_type } = self;
        let mut form = Form::default();
        let filename = form.required("filename", filename, parse::filled);
        let size = form.required("size", size, parse::integer(1, u32::MAX));
        let content_type = form.nullable("content_type", content_type, parse::any_text);
        form.finish(|| Some((filename?, content_type, u64::from(size?))))
    }
}

/// `{"id": "<uuid>", "upload_url": "https://…", "headers": {"content-type": "text/csv", …}, "expires_at": "…"}`.
/// Where and how to send an announced file.
#[derive(Serialize, ToSchema)]
#[schema(as = Upload, example = json!({
    "id": "018e376b-9ce0-7000-8000-000000000001",
    "upload_url": "https://bucket.s3.eu-central-1.amazonaws.com/uploads/user/file?X-Amz-Signature=signature",
    "headers": {"content-type": "text/csv", "content-length": "73400320"},
    "expires_at": "2024-01-01T01:00:00Z",
}))]
pub struct ShownUpload {
    /// The id that the file will have.
    #[schema(format = Uuid)]
    id: String,
    /// Where to send the content, in the body of a PUT request without other credentials.
    #[schema(format = Uri)]
    upload_url: String,
    /// The headers that this request must have. Browsers set `content-length` themselves.
    headers: BTreeMap<String, String>,
    /// Until when the file may be sent and completed: an hour after it was announced.
    #[schema(format = DateTime)]
    expires_at: String,
}

impl From<Upload> for ShownUpload {
    fn from(Upload { announced, to }: Upload) -> Self {
        let Announced { id, name: _, content_type: _, size: _, expires_at } = announced;
        Self {
            id: id.to_string(),
            upload_url: to.url,
            headers: to.headers.into_iter().collect(),
            expires_at: expires_at.to_string(),
        }
    }
}
