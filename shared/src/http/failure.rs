//! The faults of a request, and how they become responses of a dialect.

use super::Dialect;
use crate::{
    domain::{Error, error::Limited},
    log::Causes,
};
use axum::{
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use std::{marker::PhantomData, sync::Arc};

/// A fault: an error of a service, or a problem with the request itself.
#[derive(Debug)]
pub enum Fault {
    /// An error of a service.
    Domain(Error),
    /// The request cannot be read, for example because its body does not match its media type. The sentence says how.
    BadRequest(String),
    /// The operation does not accept this media type.
    UnsupportedMediaType {
        /// As the request names it. Empty if it names none.
        named: String,
        /// What the operation accepts.
        wanted: WantedBody,
    },
    /// The head of the request is over the limit.
    HeadTooLarge,
    /// The body is over the limit.
    BodyTooLarge,
    /// The body did not arrive in time.
    BodyTimedOut,
    /// No route has this path.
    UnknownPath,
    /// The path's routes do not have this method.
    MethodNotAllowed(Method),
    /// The handler took too long.
    TimedOut,
    /// The handler panicked.
    Panicked,
}

/// The bodies that an operation accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WantedBody {
    /// Fields, in any form that the dialect accepts.
    Fields,
    /// A multipart form with a file.
    File,
    /// Any of them, but not compressed.
    Uncompressed,
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Domain(error)
    }
}

/// A fault that a client of dialect `D` will see.
pub struct Failure<D>(Fault, PhantomData<fn() -> D>);

/// The fault that a response reports. The web pages report it in another form.
#[derive(Clone)]
pub struct Refusal {
    /// The name of the dialect that reports it.
    pub dialect: &'static str,
    /// The fault.
    pub fault: Arc<Fault>,
}

/// The result of a handler of dialect `D`.
pub type HandlerResult<D, T> = Result<T, Failure<D>>;

impl<D, F: Into<Fault>> From<F> for Failure<D> {
    fn from(fault: F) -> Self {
        Self(fault.into(), PhantomData)
    }
}

impl<D: Dialect> IntoResponse for Failure<D> {
    fn into_response(self) -> Response {
        let (status, body) = D::error(&self.0);
        if status.is_server_error() {
            log::<D>(&self.0, status);
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(D::CHALLENGE));
        }
        match &self.0 {
            Fault::Domain(Error::RateLimited(limited)) => limit_headers(limited, &mut headers),
            Fault::Domain(Error::StillRunning) => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        let mut response = (status, headers, body.to_string()).into_response();
        response.extensions_mut().insert(Refusal { dialect: D::NAME, fault: Arc::new(self.0) });
        response
    }
}

/// `Retry-After`, and the IETF's `RateLimit-Policy` and `RateLimit`.
fn limit_headers(limited: &Limited, headers: &mut HeaderMap) {
    let Limited { policy, quota, window, retry_after } = limited;
    let (window, retry_after) = (window.as_secs(), retry_after.as_secs());
    let values = [
        (header::RETRY_AFTER, retry_after.to_string()),
        (HeaderName::from_static("ratelimit-policy"), format!("\"{policy}\";q={quota};w={window}")),
        (HeaderName::from_static("ratelimit"), format!("\"{policy}\";r=0;t={retry_after}")),
    ];
    for (name, value) in values {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
}

/// Logs one line for each failure of the server, with the chain of causes, which no response body shows.
fn log<D: Dialect>(fault: &Fault, status: StatusCode) {
    let (dialect, status) = (D::NAME, status.as_u16());
    match fault {
        Fault::Domain(error) => tracing::error!(dialect, status, error = %Causes(error), "a request failed"),
        other => tracing::error!(dialect, status, cause = ?other, "a request failed"),
    }
}
