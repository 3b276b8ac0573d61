//! Route tables of one dialect, and how they become a router that any of the others can join.

use super::{Dialect, Failure, Fault, body, dialect};
use crate::service::Services;
use axum::{
    Router,
    extract::{MatchedPath, Request},
    http::Method,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::MethodRouter,
};
use std::{marker::PhantomData, ops::Deref, time::Duration};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;

/// How long a request may take: the gateway gives up after 29 seconds.
const PATIENCE: Duration = Duration::from_secs(28);
/// How long one with files in it may take, where no gateway gives up before.
const UPLOAD_PATIENCE: Duration = Duration::from_secs(600);

/// The services, as seen by the handlers of dialect `D`.
pub struct App<D> {
    services: Services,
    dialect: PhantomData<fn() -> D>,
}

impl<D> Clone for App<D> {
    fn clone(&self) -> Self {
        Self { services: self.services.clone(), dialect: PhantomData }
    }
}

impl<D> Deref for App<D> {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// The routes of one dialect.
pub struct Routes<D>(Router<App<D>>);

impl<D: Dialect> Default for Routes<D> {
    fn default() -> Self {
        Self(Router::new())
    }
}

impl<D: Dialect> Routes<D> {
    /// A path that this dialect alone owns: it answers with and without the final slash.
    pub fn own(self, path: &str, methods: MethodRouter<App<D>>) -> Self {
        let bare = path.trim_end_matches('/');
        Self(self.0.route(bare, methods.clone()).route(&format!("{bare}/"), methods))
    }

    /// A path that another dialect owns too: the final slash, or its absence, says which of them is meant.
    pub fn shared(self, path: &str, methods: MethodRouter<App<D>>) -> Self {
        Self(self.0.route(path, methods))
    }

    /// The router, in which 405, time-outs and panics speak the dialect.
    pub fn router(self, services: &Services) -> Router {
        self.0
            .method_not_allowed_fallback(|method: Method| async { Failure::<D>::from(Fault::MethodNotAllowed(method)) })
            .layer(CatchPanicLayer::custom(|_| Failure::<D>::from(Fault::Panicked).into_response()))
            .layer(from_fn(in_time::<D>))
            .with_state(App { services: services.clone(), dialect: PhantomData })
    }
}

/// Whatever is logged on the way names the route. A doubled slash is no parameter without characters.
async fn in_time<D: Dialect>(method: Method, route: MatchedPath, request: Request, next: Next) -> Response {
    if request.uri().path().contains("//") {
        return dialect::unknown_path(request.uri().path());
    }
    let span = tracing::info_span!("request", %method, route = route.as_str());
    let answered = async {
        let patience = if body::media_type(&body::content_type(request.headers())) == "multipart/form-data" {
            UPLOAD_PATIENCE
        } else {
            PATIENCE
        };
        let answered = tokio::time::timeout(patience, next.run(request)).await;
        answered.unwrap_or_else(|_| Failure::<D>::from(Fault::TimedOut).into_response())
    };
    answered.instrument(span).await
}
