//! The id of a request: in the header `X-Request-Id` of its response, and in its log lines. On AWS it is the gateway's id
//! of the request, which the gateway's logs have, too. Elsewhere it is made here. A client cannot choose it.

use crate::entropy::{Entropy, SystemEntropy};
use axum::{
    extract::Request,
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};

/// The header's name.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the current request.
#[derive(Debug, Clone)]
pub struct RequestId(HeaderValue);

impl RequestId {
    /// The id that the gateway gave to the request. `None` if it does not fit into a header.
    pub fn of_gateway(id: &str) -> Option<Self> {
        HeaderValue::from_str(id).ok().map(Self)
    }

    /// A random id.
    fn random() -> Self {
        let id = hex::encode((&SystemEntropy as &dyn Entropy).bytes::<16>());
        Self(HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown")))
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }
}

/// Gives the request an id, unless it has the gateway's, and adds it to the response.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestId>().cloned().unwrap_or_else(RequestId::random);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).await;
    response.headers_mut().insert(HEADER, id.0);
    response
}
