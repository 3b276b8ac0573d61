//! The errors that an operation can return. The dialect itself provides status and body of each [`Fault`].

use super::JSON;
use crate::{
    domain::{
        Error, Problem,
        error::{Cause, Conflict, Limited},
    },
    http::{Dialect, Fault, WantedBody, body, idempotency},
};
use serde_json::Value;
use std::time::Duration;
use utoipa::openapi::{
    Content, Header, Ref, RefOr, Response, Schema,
    example::{Example, ExampleBuilder},
    path::Operation,
    schema::AnyOf,
};

/// The name of every dialect's error schema.
pub const SCHEMA: &str = "Error";

/// When a fault can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    /// At any time.
    Always,
    /// The operation needs a credential.
    SignedIn,
    /// The request counts against a limit.
    Counted,
    /// The operation has a body.
    WithBody,
    /// The path contains an id.
    WithId,
    /// The operation accepts an `Idempotency-Key`.
    Keyed,
    /// The client chooses a page.
    Paged,
    /// The client chooses the number of entries per page.
    Sized,
    /// The operation validates the parameters of its query.
    Queried,
    /// The annotation of the handler names 403.
    Restricted,
    /// The annotation of a handler that needs a credential names the status.
    Declared,
    /// The annotation of a handler that needs no credential names the status.
    DeclaredAtSignIn,
}

/// Adds the errors that follow from the operation's parameters and body, and examples to the errors that its
/// annotation names.
pub fn add<D: Dialect>(operation: &mut Operation, is_secured: bool, path: &str) {
    let occasions = occasions(operation, is_secured, path);
    let responses = &mut operation.responses.responses;
    let own: Vec<String> =
        responses.iter().filter(|(_, response)| has_example(response)).map(|(s, _)| s.clone()).collect();
    let declared: Vec<String> = responses.keys().filter(|status| !own.contains(status)).cloned().collect();
    for (occasion, name, fault) in faults() {
        let (status, body) = D::error(&fault);
        let status = status.as_str().to_owned();
        let happens = match occasion {
            Occasion::Declared => is_secured && declared.contains(&status),
            Occasion::DeclaredAtSignIn => !is_secured && declared.contains(&status),
            _ => occasions.contains(&occasion),
        };
        if happens {
            let response = responses.entry(status).or_insert_with(|| RefOr::T(Response::default()));
            add_example(response, name, body);
        }
    }
    let is_keyed = occasions.contains(&Occasion::Keyed);
    for (status, response) in responses {
        if let (RefOr::T(response), Ok(status)) = (response, status.parse()) {
            describe(response, status, is_keyed);
        }
    }
}

fn occasions(operation: &Operation, is_secured: bool, path: &str) -> Vec<Occasion> {
    let parameters = operation.parameters.as_deref().unwrap_or_default();
    let takes = |name: &str| parameters.iter().any(|parameter| matches!(parameter, RefOr::T(it) if it.name == name));
    let has_body = operation.request_body.is_some();
    let is_counted = is_secured || has_body || operation.responses.responses.contains_key("429");
    let found = [
        (true, Occasion::Always),
        (is_secured, Occasion::SignedIn),
        (is_counted, Occasion::Counted),
        (has_body, Occasion::WithBody),
        (path.contains('{'), Occasion::WithId),
        (takes(idempotency::HEADER), Occasion::Keyed),
        (takes("page") && !takes("size"), Occasion::Paged),
        (takes("size") || takes("page_size"), Occasion::Sized),
        (takes("size") || takes("before") || takes("after"), Occasion::Queried),
        (operation.responses.responses.contains_key("403"), Occasion::Restricted),
    ];
    found.into_iter().filter(|(is_so, _)| *is_so).map(|(_, occasion)| occasion).collect()
}

/// Each fault, when it can happen, and the name of its example.
fn faults() -> Vec<(Occasion, &'static str, Fault)> {
    let (policy, quota, window) = ("api", 100, Duration::from_secs(60));
    let limited = Limited { policy, quota, window, retry_after: Duration::from_secs(20) };
    let unreadable = "JSON parse error - line 1 column 2".to_owned();
    let faults = [
        (Occasion::SignedIn, "no credential", Error::NoCredential.into()),
        (Occasion::SignedIn, "invalid credential", Error::InvalidCredential.into()),
        (Occasion::DeclaredAtSignIn, "wrong name or password", Error::WrongPassword.into()),
        (Occasion::Declared, "deleted during the turn", Error::NotFound.into()),
        (Occasion::Declared, "conflict", Error::Conflict(Conflict::AssistantInactive).into()),
        (Occasion::Declared, "too few tokens", Error::InsufficientTokens.into()),
        (Occasion::WithId, "unknown id", Error::NotFound.into()),
        (Occasion::Paged, "no such page", Error::NoSuchPage.into()),
        (Occasion::Sized, "page too large", Error::PageTooLarge.into()),
        (Occasion::Queried, "invalid parameter", Error::invalid("parameter_name", Problem::Cursor).into()),
        (Occasion::Restricted, "not an administrator", Error::Forbidden.into()),
        (Occasion::WithBody, "invalid field", Error::invalid("field_name", Problem::Required).into()),
        (Occasion::WithBody, "unreadable body", Fault::BadRequest(unreadable)),
        (Occasion::WithBody, "unsupported media type", body::unsupported("text/plain", WantedBody::Fields)),
        (Occasion::WithBody, "body too large", Fault::BodyTooLarge),
        (Occasion::WithBody, "body too slow", Fault::BodyTimedOut),
        (Occasion::Keyed, "key reused", Error::KeyReused.into()),
        (Occasion::Keyed, "still running", Error::StillRunning.into()),
        (Occasion::DeclaredAtSignIn, "name taken", Error::invalid("username", Problem::UsernameTaken).into()),
        (Occasion::Counted, "too many requests", Error::RateLimited(limited).into()),
        (Occasion::Declared, "model failed", Error::ModelFailed.into()),
        (Occasion::Declared, "model timed out", Error::ModelTimedOut.into()),
        (Occasion::Always, "headers too large", Fault::HeadTooLarge),
        (Occasion::Always, "internal error", Fault::Panicked),
        (Occasion::Always, "temporarily unavailable", Error::Unavailable(Cause::from("busy")).into()),
    ];
    faults.into()
}

fn has_example(response: &RefOr<Response>) -> bool {
    let RefOr::T(response) = response else { return true };
    response.content.values().any(|content| match content {
        RefOr::T(content) => content.example.is_some() || !content.examples.is_empty(),
        RefOr::Ref(_) => true,
    })
}

fn add_example(response: &mut RefOr<Response>, name: &str, body: Value) {
    if let RefOr::T(response) = response
        && let RefOr::T(content) =
            response.content.entry(JSON.to_owned()).or_insert_with(|| RefOr::T(Content::default()))
    {
        if let Some(value) = content.example.take() {
            content.examples.insert("example".to_owned(), example(value));
        }
        content.examples.insert(name.to_owned(), example(body));
    }
}

fn example(value: Value) -> RefOr<Example> {
    RefOr::T(ExampleBuilder::new().value(Some(value)).build())
}

/// Adds a description to a response, and schema and headers to an error. `is_keyed` if the operation accepts an
/// `Idempotency-Key`.
fn describe(response: &mut Response, status: u16, is_keyed: bool) {
    if response.description.is_empty() {
        response.description = sentence(status).to_owned();
    }
    if status < 400 {
        return;
    }
    let content = response.content.entry(JSON.to_owned()).or_insert_with(|| RefOr::T(Content::default()));
    if let RefOr::T(content) = content {
        let error = RefOr::Ref(Ref::from_schema_name(SCHEMA));
        // An operation may have its own body for the status, such as the health report for 503.
        content.schema = Some(match content.schema.take() {
            None => error,
            Some(own) => RefOr::T(Schema::AnyOf(AnyOf { items: vec![own, error], ..AnyOf::default() })),
        });
    }
    for (name, meaning) in headers(status, is_keyed) {
        let mut header = Header::default();
        header.description = Some((*meaning).to_owned());
        response.headers.entry((*name).to_owned()).or_insert(RefOr::T(header));
    }
}

fn sentence(status: u16) -> &'static str {
    match status {
        200 => "Success.",
        201 => "Created.",
        202 => "Accepted.",
        204 => "Success, without a body.",
        400 => "The request is not valid.",
        401 => "The credential is missing or not valid.",
        402 => "The balance does not cover the price.",
        403 => "The caller does not have the required role.",
        404 => "The object does not exist, or belongs to another user.",
        408 => "The body did not arrive in time.",
        409 => "The request conflicts with the current state.",
        413 => "The body is too large.",
        415 => "The media type of the body is not supported.",
        422 => "A field is not valid.",
        429 => "Too many requests.",
        431 => "The headers of the request are too large.",
        502 => "The model failed to answer. Nothing was charged.",
        503 => "Temporarily unavailable. A later request may succeed.",
        504 => "The model did not answer in time. Nothing was charged.",
        _ => "An internal error.",
    }
}

fn headers(status: u16, is_keyed: bool) -> &'static [(&'static str, &'static str)] {
    match status {
        401 => &[("WWW-Authenticate", "The authentication scheme.")],
        409 if is_keyed => &[("Retry-After", "Seconds to wait, if the first request with this key is still running.")],
        429 => &[
            ("Retry-After", "Seconds to wait before the next request."),
            ("RateLimit", "The policy, the remaining requests, and the seconds until the quota is restored."),
            ("RateLimit-Policy", "The policy, its quota, and its window in seconds."),
        ],
        _ => &[],
    }
}
