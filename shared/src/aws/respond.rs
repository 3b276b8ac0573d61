//! Replaces the connection of an SDK client by a service inside this process. The client's retries and time limits
//! stay in effect.

use aws_smithy_runtime_api::client::{
    http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use std::fmt;

/// Answers the requests of SDK clients. Cheap to clone: each request is answered by a clone.
pub trait Respond: Clone + Send + Sync + 'static {
    /// Answers a request. An error is treated like a broken connection.
    fn respond(&self, request: HttpRequest) -> impl Future<Output = Result<HttpResponse, ConnectorError>> + Send;
}

/// The HTTP client of an SDK client that calls the service `S`.
#[derive(Clone)]
pub(super) struct Connected<S>(pub(super) S);

impl<S> fmt::Debug for Connected<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connected")
    }
}

impl<S: Respond> HttpConnector for Connected<S> {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let service = self.0.clone();
        HttpConnectorFuture::new(async move { service.respond(request).await })
    }
}

impl<S: Respond> HttpClient for Connected<S> {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
