//! How handlers become the router of an endpoint group, and its part of the OpenAPI documents. Path and method stand
//! in a handler's `#[utoipa::path]` only.

use super::{Dialect, Failure, Fault, body, dialect, openapi};
use crate::service::Services;
use axum::{
    Router,
    extract::{MatchedPath, Request},
    handler::Handler,
    http::Method,
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter},
};
use std::{collections::BTreeSet, marker::PhantomData, ops::Deref, time::Duration};
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::openapi::{HttpMethod, OpenApi};

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

/// A handler, and where its `#[utoipa::path]` says that it is found. [`handlers!`](crate::handlers) makes it.
pub struct Endpoint<D> {
    /// In capital letters.
    methods: Vec<&'static str>,
    path: String,
    serving: MethodRouter<App<D>>,
}

impl<D: Dialect> Endpoint<D> {
    /// The handler with its annotation, `__path_register` for `register`.
    pub fn new<P: utoipa::Path, H: Handler<T, App<D>>, T: 'static>(_: P, handler: H) -> Self {
        let (filters, methods): (Vec<_>, _) = P::methods().iter().map(filter_and_name).unzip();
        let serving =
            filters.into_iter().fold(MethodRouter::new(), |serving, filter| serving.on(filter, handler.clone()));
        Self { methods, path: P::path(), serving }
    }

    /// Answers the other methods of the path, in the place of 405.
    pub fn fallback<H: Handler<T, App<D>>, T: 'static>(self, handler: H) -> Self {
        Self { serving: self.serving.fallback(handler), ..self }
    }
}

const fn filter_and_name(method: &HttpMethod) -> (MethodFilter, &'static str) {
    match method {
        HttpMethod::Get => (MethodFilter::GET, "GET"),
        HttpMethod::Post => (MethodFilter::POST, "POST"),
        HttpMethod::Put => (MethodFilter::PUT, "PUT"),
        HttpMethod::Delete => (MethodFilter::DELETE, "DELETE"),
        HttpMethod::Options => (MethodFilter::OPTIONS, "OPTIONS"),
        HttpMethod::Head => (MethodFilter::HEAD, "HEAD"),
        HttpMethod::Patch => (MethodFilter::PATCH, "PATCH"),
        HttpMethod::Trace => (MethodFilter::TRACE, "TRACE"),
    }
}

/// The handlers of one dialect, and what its OpenAPI document says of them. [`handlers!`](crate::handlers) makes it.
pub struct Handlers<D> {
    endpoints: Vec<Endpoint<D>>,
    document: fn() -> OpenApi,
    /// What a path may lack at its beginning.
    optional_prefix: Option<&'static str>,
}

impl<D: Dialect> Handlers<D> {
    /// The endpoints of a list, and the document of the same list.
    pub fn new(endpoints: Vec<Endpoint<D>>, document: fn() -> OpenApi) -> Self {
        Self { endpoints, document, optional_prefix: None }
    }

    /// Paths that begin with `prefix` are found without it, too.
    pub fn also_without(mut self, prefix: &'static str) -> Self {
        let shortened = |endpoint: &Endpoint<D>| {
            let path = endpoint.path.strip_prefix(prefix)?.to_owned();
            Some(Endpoint { methods: endpoint.methods.clone(), path, serving: endpoint.serving.clone() })
        };
        let more: Vec<_> = self.endpoints.iter().filter_map(shortened).collect();
        self.endpoints.extend(more);
        self.optional_prefix = Some(prefix);
        self
    }

    /// The router, in which 405, time-outs and panics speak the dialect. A path of which another dialect has the form
    /// with the other ending (`is_shared`) answers in its own form only, any other path with and without the final
    /// slash.
    fn router(self, services: &Services, is_shared: impl Fn(&str) -> bool) -> Router {
        let add = |router: Router<App<D>>, Endpoint { path, serving, .. }: Endpoint<D>| match is_shared(&path) {
            true => router.route(&path, serving),
            false => router.route(&other_form(&path), serving.clone()).route(&path, serving),
        };
        self.endpoints
            .into_iter()
            .fold(Router::new(), add)
            .method_not_allowed_fallback(|method: Method| async { Failure::<D>::from(Fault::MethodNotAllowed(method)) })
            .layer(CatchPanicLayer::custom(|_| Failure::<D>::from(Fault::Panicked).into_response()))
            .layer(from_fn(in_time::<D>))
            .with_state(App { services: services.clone(), dialect: PhantomData })
    }
}

/// The path with a final slash if it has none, without it if it has one.
fn other_form(path: &str) -> String {
    path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)
}

/// The handlers that are named, as [`Handlers`] of the dialect that they are for. Where a path or a method stands is
/// in each one's `#[utoipa::path]` and nowhere else. After `else`: who answers the other methods of that path.
///
/// ```ignore
/// handlers![platform::list, platform::create, reports::change else reports::otherwise]
/// ```
#[macro_export]
macro_rules! handlers {
    ($($($handler:ident)::+ $(else $fallback:path)?),+ $(,)?) => {{
        #[derive(utoipa::OpenApi)]
        #[openapi(paths($($($handler)::+),+))]
        struct Described;
        let endpoints = vec![$(
            $crate::http::Endpoint::new($crate::handlers!(@annotation [] $($handler)::+), $($handler)::+)
                $(.fallback($fallback))?
        ),+];
        $crate::http::Handlers::new(endpoints, <Described as utoipa::OpenApi>::openapi)
    }};
    (@annotation [$($module:ident)*] $handler:ident) => {
        $crate::http::paste! { $($module::)* [<__path_ $handler>] }
    };
    (@annotation [$($module:ident)*] $next:ident :: $($rest:tt)+) => {
        $crate::handlers!(@annotation [$($module)* $next] $($rest)+)
    };
}

/// A method of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The name of the dialect.
    pub dialect: &'static str,
    /// In capital letters.
    pub method: &'static str,
    /// As the document has it, with parameters in braces.
    pub path: String,
    /// Whether another dialect has the path with the other ending: the final slash says which of them is meant.
    pub is_shared: bool,
}

/// The routes of one endpoint group, dialect by dialect: its router, and its part of the OpenAPI documents.
pub struct Group {
    name: &'static str,
    tables: Vec<Table>,
}

type Serving = Box<dyn FnOnce(&Services, &BTreeSet<String>) -> Router>;

/// What a group has of a dialect.
struct Table {
    dialect: &'static str,
    /// Paths and their methods.
    endpoints: Vec<(String, Vec<&'static str>)>,
    document: fn() -> OpenApi,
    optional_prefix: Option<&'static str>,
    serving: Serving,
}

impl Group {
    /// A group without routes. It is called like its crate and its Lambda function.
    pub fn new(name: &'static str) -> Self {
        Self { name, tables: Vec::new() }
    }

    /// Adds what the group has of dialect `D`.
    pub fn with<D: Dialect>(mut self, handlers: Handlers<D>) -> Self {
        let endpoints = handlers.endpoints.iter().map(|endpoint| (endpoint.path.clone(), endpoint.methods.clone()));
        self.tables.push(Table {
            dialect: D::NAME,
            endpoints: endpoints.collect(),
            document: handlers.document,
            optional_prefix: handlers.optional_prefix,
            serving: Box::new(|services, paths| handlers.router(services, |path| paths.contains(&other_form(path)))),
        });
        self
    }

    /// Its name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Its router.
    pub fn router(self, services: &Services) -> Router {
        let paths = self.paths();
        let routers = self.tables.into_iter().map(|table| (table.serving)(services, &paths));
        routers.fold(Router::new(), Router::merge)
    }

    /// Its routes, in the order of its lists.
    pub fn routes(&self) -> Vec<Route> {
        let paths = self.paths();
        let mut routes = Vec::new();
        for Table { dialect, endpoints, .. } in &self.tables {
            for (path, methods) in endpoints {
                let is_shared = paths.contains(&other_form(path));
                routes.extend(methods.iter().map(|method| Route { dialect, method, path: path.clone(), is_shared }));
            }
        }
        routes
    }

    /// What it says of the dialect `D`, if it has something of it.
    pub fn document<D: Dialect>(&self) -> Option<OpenApi> {
        let table = self.tables.iter().find(|table| table.dialect == D::NAME)?;
        let mut document = (table.document)();
        if let Some(prefix) = table.optional_prefix {
            openapi::also_without(&mut document.paths, prefix);
        }
        Some(document)
    }

    fn paths(&self) -> BTreeSet<String> {
        self.tables.iter().flat_map(|table| &table.endpoints).map(|(path, _)| path.clone()).collect()
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
