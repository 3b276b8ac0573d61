//! Request bodies: JSON in every dialect, and forms in those that follow Django REST framework.

use super::{App, Dialect, Failure, Fault, WantedBody, parameters::Parameters, twin::SentFields};
use axum::body::HttpBody;
use axum::{
    extract::{FromRequest, Request},
    http::{HeaderMap, header},
};
use futures::{StreamExt, stream};
use http_body_util::BodyExt;
use multer::Multipart;
use percent_encoding::percent_decode;
use serde::{
    Deserialize, Deserializer,
    de::{self, DeserializeOwned, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{collections::HashMap, error::Error, fmt, time::Duration};
use tokio::time::{Instant, timeout_at};
use utoipa::ToSchema;

/// The largest body that is read as fields, in bytes. A message of 32,000 characters fits with every character
/// escaped.
pub(super) const LIMIT: usize = 1024 * 1024;
/// How many bytes of a body over the limit are still read. Many clients read no response before they have sent
/// the whole body.
pub(super) const DRAINED: usize = 64 * 1024 * 1024;

/// How long a body that is read as fields may take. A handler has 28 seconds in all.
const PATIENCE: Duration = Duration::from_secs(25);

/// The error of a body that the server gave up, because it arrived too slowly.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
pub struct BodyTimedOut;

/// The fields of a request as a `T` that consists of [`Field`](super::Field)s.
pub struct Body<T>(pub T);

impl<D: Dialect, T: DeserializeOwned> FromRequest<App<D>> for Body<T> {
    type Rejection = Failure<D>;

    async fn from_request(request: Request, _: &App<D>) -> Result<Self, Failure<D>> {
        let content_type = plain_content_type(request.headers())?;
        let sent = request.extensions().get::<SentFields>().cloned().unwrap_or_default();
        let fields = read_fields(&content_type, request.into_body(), D::IS_DJANGO).await?;
        sent.note(&fields);
        Ok(Self(form(fields)?))
    }
}

/// No fields: `{}`, or no body.
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({}))]
pub struct NoFields {}

/// The `Content-Type` header. Empty if the request has none.
pub(super) fn content_type(headers: &HeaderMap) -> String {
    headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
}

/// The `Content-Type` header of a body that is not compressed. Compressed bodies are not supported.
pub(super) fn plain_content_type(headers: &HeaderMap) -> Result<String, Fault> {
    let mut encodings = headers.get_all(header::CONTENT_ENCODING).into_iter();
    let is_plain = |encoding: &[u8]| encoding.is_empty() || encoding.eq_ignore_ascii_case(b"identity");
    let compressed = encodings.find(|encoding| !is_plain(encoding.as_bytes().trim_ascii()));
    match compressed {
        Some(encoding) => Err(unsupported(&String::from_utf8_lossy(encoding.as_bytes()), WantedBody::Uncompressed)),
        None => Ok(content_type(headers)),
    }
}

/// A content type without its parameters, in lower case.
pub(super) fn media_type(content_type: &str) -> String {
    Parameters::parse(content_type).value()
}

/// The refusal of a media type or an encoding.
pub(super) fn unsupported(name: &str, wanted: WantedBody) -> Fault {
    Fault::UnsupportedMediaType { named: name.chars().take(100).collect(), wanted }
}

/// Reads a whole body as fields.
pub(super) async fn read_fields(
    content_type: &str,
    body: axum::body::Body,
    forms: bool,
) -> Result<Map<String, Value>, Fault> {
    let bytes = read(body).await?;
    fields(content_type, &bytes, forms).await
}

/// Converts fields to a `T`.
pub(super) fn form<T: DeserializeOwned>(fields: Map<String, Value>) -> Result<T, Fault> {
    let form = serde_json::from_value(Value::Object(fields));
    form.map_err(|_| Fault::BadRequest("The body does not have the expected form.".to_owned()))
}

async fn read(mut body: axum::body::Body) -> Result<Vec<u8>, Fault> {
    let mut length = 0_usize;
    // A body that announces far too many bytes is not read at all.
    if body.size_hint().lower() > DRAINED as u64 {
        return Err(Fault::BodyTooLarge);
    }
    // Not allocated for what is announced: with huge pages, the system would give memory for all of it at once.
    let mut bytes = Vec::new();
    let deadline = Instant::now() + PATIENCE;
    while let Some(frame) = timeout_at(deadline, body.frame()).await.map_err(|_| Fault::BodyTimedOut)? {
        let frame = frame.map_err(|error| Fault::from(&BrokenOff::from(error)))?;
        let Some(data) = frame.data_ref() else {
            continue;
        };
        length += data.len();
        if length <= LIMIT {
            bytes.extend_from_slice(data);
        } else if length > DRAINED {
            break;
        }
    }
    if length > LIMIT { Err(Fault::BodyTooLarge) } else { Ok(bytes) }
}

async fn fields(content_type: &str, bytes: &[u8], forms: bool) -> Result<Map<String, Value>, Fault> {
    if bytes.is_empty() {
        return Ok(Map::new());
    }
    let media_type = media_type(content_type);
    match media_type.as_str() {
        "application/json" => json(bytes, forms),
        "application/x-www-form-urlencoded" if forms => urlencoded(bytes),
        "multipart/form-data" if forms => multipart(content_type, bytes).await,
        _ => Err(unsupported(&media_type, WantedBody::Fields)),
    }
}

/// Django REST framework reads `{"message": 5}` as the text `"5"`, with the digits as sent.
fn json(bytes: &[u8], numbers_are_text: bool) -> Result<Map<String, Value>, Fault> {
    let unreadable = |error: serde_json::Error| {
        let (line, column) = (error.line(), error.column());
        Fault::BadRequest(match error.to_string().starts_with(DUPLICATE) {
            true => format!("JSON parse error - duplicate key: line {line} column {column}"),
            false => format!("JSON parse error - line {line} column {column}"),
        })
    };
    let StrictValue(value) = serde_json::from_slice(bytes).map_err(unreadable)?;
    let Value::Object(mut fields) = value else {
        return Err(Fault::BadRequest("Invalid data. Expected an object.".to_owned()));
    };
    if numbers_are_text {
        let written: HashMap<String, &RawValue> = serde_json::from_slice(bytes).map_err(unreadable)?;
        for (name, value) in fields.iter_mut().filter(|(_, value)| value.is_number()) {
            *value = written.get(name).map_or(Value::Null, |raw| raw.get().into());
        }
    }
    Ok(fields)
}

fn urlencoded(bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    let text = |part: &[u8]| {
        let spaced: Vec<u8> = part.iter().map(|&byte| if byte == b'+' { b' ' } else { byte }).collect();
        let decoded = percent_decode(&spaced).decode_utf8().map(|text| text.into_owned());
        decoded.map_err(|_| Fault::BadRequest("The form is not UTF-8.".to_owned()))
    };
    let mut fields = Map::new();
    for pair in bytes.split(|&byte| byte == b'&').filter(|pair| !pair.is_empty()) {
        let equals = pair.iter().position(|&byte| byte == b'=').unwrap_or(pair.len());
        let value = pair.get(equals + 1..).unwrap_or_default();
        fields.insert(text(&pair[..equals])?, Value::String(text(value)?));
    }
    Ok(fields)
}

async fn multipart(content_type: &str, bytes: &[u8]) -> Result<Map<String, Value>, Fault> {
    let whole = stream::once(async { Ok::<_, std::io::Error>(bytes.to_vec()) }).boxed();
    let mut parts = Multipart::new(whole, boundary(content_type)?);
    let mut fields = Map::new();
    while let Some(part) = parts.next_field().await.map_err(unreadable_parts)? {
        fields.extend(field(part).await?);
    }
    Ok(fields)
}

/// The boundary between the parts of a multipart body.
pub(super) fn boundary(content_type: &str) -> Result<String, Fault> {
    let boundary = Parameters::parse(content_type).get("boundary").filter(|boundary| !boundary.is_empty());
    boundary.ok_or_else(unreadable_form)
}

/// Why the rest of a body cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokenOff {
    /// The connection broke.
    #[error("the body ended too early")]
    TooEarly,
    /// The body is over the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The body arrives too slowly.
    #[error("the body did not arrive in time")]
    TimedOut,
}

impl From<axum::Error> for BrokenOff {
    fn from(error: axum::Error) -> Self {
        let mut causes = std::iter::successors(error.source(), |&cause| cause.source());
        if causes.any(|cause| cause.is::<BodyTimedOut>()) { Self::TimedOut } else { Self::TooEarly }
    }
}

impl From<&BrokenOff> for Fault {
    fn from(why: &BrokenOff) -> Self {
        match why {
            BrokenOff::TooLarge => Self::BodyTooLarge,
            BrokenOff::TimedOut => Self::BodyTimedOut,
            BrokenOff::TooEarly => Self::BadRequest("The body ended too early.".to_owned()),
        }
    }
}

/// The fault for a multipart body that cannot be read.
pub(super) fn unreadable_parts(error: multer::Error) -> Fault {
    let multer::Error::StreamReadFailed(cause) = error else {
        return unreadable_form();
    };
    cause.downcast_ref().unwrap_or(&BrokenOff::TooEarly).into()
}

fn unreadable_form() -> Fault {
    Fault::BadRequest("Multipart form parse error.".to_owned())
}

/// The names of a part: of its field, and of its file if it is one.
pub(super) struct PartNames {
    /// The name of the field. `None` if the part has none.
    pub(super) field: Option<String>,
    /// The name of the file.
    pub(super) file: Option<String>,
}

impl PartNames {
    /// Reads the `Content-Disposition` header of a part. Some clients send names that are not ASCII in `filename*`.
    pub(super) fn of(part: &multer::Field<'_>) -> Self {
        let disposition = part.headers().get(header::CONTENT_DISPOSITION);
        let disposition = disposition.map(|value| String::from_utf8_lossy(value.as_bytes())).unwrap_or_default();
        let disposition = Parameters::parse(&disposition);
        let file = disposition.get("filename").or_else(|| disposition.get_extended("filename*"));
        Self { field: disposition.get("name"), file }
    }
}

/// The name and the value of a part. `None` if it has no name.
pub(super) async fn field(part: multer::Field<'_>) -> Result<Option<(String, Value)>, Fault> {
    let PartNames { field: Some(name), file } = PartNames::of(&part) else {
        return Ok(None);
    };
    let is_file = file.is_some();
    let content = part.bytes().await.map_err(unreadable_parts)?;
    match String::from_utf8(content.to_vec()) {
        // Any JSON value but text makes a text field refuse the file.
        _ if is_file => Ok(Some((name, Value::Array(Vec::new())))),
        Ok(text) => Ok(Some((name, Value::String(text)))),
        Err(_) => Err(Fault::BadRequest("The form is not UTF-8.".to_owned())),
    }
}

const DUPLICATE: &str = "duplicate key";

/// JSON without repeated keys. Parsers disagree about which of two values counts.
struct StrictValue(Value);

impl<'de> Deserialize<'de> for StrictValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StrictVisitor).map(Self)
    }
}

struct StrictVisitor;

impl<'de> Visitor<'de> for StrictVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(StrictValue(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, StrictValue(value))) = entries.next_entry::<String, _>()? {
            if map.insert(key, value).is_some() {
                return Err(de::Error::custom(DUPLICATE));
            }
        }
        Ok(Value::Object(map))
    }
}
