//! Builds the router of an endpoint group, and its part of the OpenAPI documents, from handlers. Path and method are
//! written only in a handler's `#[utoipa::path]`.

use super::{
    Dialect, Failure, Fault, RequestId, dialect, openapi,
    twin::{self, Twin},
};
use crate::{
    domain::{Error, page::RESPONSE_BYTES_MAX},
    service::Services,
};
use axum::{
    Extension, Router,
    body::HttpBody,
    extract::{MatchedPath, Request},
    handler::Handler,
    http::{Method, header::CONTENT_TYPE},
    middleware::{Next, from_fn, from_fn_with_state, map_request},
    response::{IntoResponse, Response},
    routing::{MethodFilter, MethodRouter},
};
use std::{
    collections::BTreeMap,
    marker::PhantomData,
    ops::Deref,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::time::timeout;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::Instrument;
use utoipa::openapi::{HttpMethod, OpenApi};

/// The time limit of a request. The gateway gives up after 29 seconds.
const PATIENCE: Duration = Duration::from_secs(28);
/// How much longer than the model a request may take, to begin and to end the turn.
const AROUND_THE_MODEL: Duration = Duration::from_secs(60);

/// A longer time limit of a request, in seconds, which its route or its handler sets. The gateway of such routes waits
/// longer.
#[derive(Clone, Default)]
pub(super) struct TimeLimit(Arc<AtomicU64>);

impl TimeLimit {
    /// The request may take this long.
    pub(super) fn extend(&self, limit: Duration) {
        self.0.store(limit.as_secs(), Ordering::Relaxed);
    }

    fn get(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

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

impl<D> App<D> {
    /// The services themselves.
    pub const fn services(&self) -> &Services {
        &self.services
    }
}

impl<D> Deref for App<D> {
    type Target = Services;

    fn deref(&self) -> &Services {
        &self.services
    }
}

/// A handler, with path and methods from its `#[utoipa::path]`. [`handlers!`](crate::handlers) creates it.
pub struct Endpoint<D> {
    /// In upper case.
    methods: Vec<&'static str>,
    path: String,
    serving: MethodRouter<App<D>>,
    has_fallback: bool,
    asks_model: bool,
}

impl<D: Dialect> Endpoint<D> {
    /// Combines a handler and its annotation: `__path_register` for `register`. A handler whose annotation has the status
    /// 504 may wait for a model.
    pub fn new<P: utoipa::Path, H: Handler<T, App<D>>, T: 'static>(_: P, handler: H) -> Self {
        let (filters, methods): (Vec<_>, _) = P::methods().iter().map(filter_and_name).unzip();
        let serving =
            filters.into_iter().fold(MethodRouter::new(), |serving, filter| serving.on(filter, handler.clone()));
        let asks_model = P::operation().responses.responses.contains_key("504");
        Self { methods, path: P::path(), serving, has_fallback: false, asks_model }
    }

    /// Sets the handler for the other methods of the path, which would otherwise get 405.
    pub fn fallback<H: Handler<T, App<D>>, T: 'static>(self, handler: H) -> Self {
        Self { serving: self.serving.fallback(handler), has_fallback: true, ..self }
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

/// The handlers of one dialect, and their OpenAPI document. [`handlers!`](crate::handlers) creates it.
pub struct Handlers<D> {
    endpoints: Vec<Endpoint<D>>,
    document: fn() -> OpenApi,
    /// A prefix that paths also work without.
    optional_prefix: Option<&'static str>,
    /// The tag of the operations. `None` for the name of their group.
    noun: Option<&'static str>,
    /// What the document tells besides operations.
    more: Option<fn() -> OpenApi>,
}

impl<D: Dialect> Handlers<D> {
    /// Combines the endpoints of a list and the document of the same list.
    pub fn new(endpoints: Vec<Endpoint<D>>, document: fn() -> OpenApi) -> Self {
        Self { endpoints, document, optional_prefix: None, noun: None, more: None }
    }

    /// Sets the tag of the operations in the OpenAPI document, if it is not the name of their group.
    pub fn about(self, noun: &'static str) -> Self {
        Self { noun: Some(noun), ..self }
    }

    /// Adds what the OpenAPI document tells besides operations: webhooks, schemas, extensions.
    pub fn describing(self, more: fn() -> OpenApi) -> Self {
        Self { more: Some(more), ..self }
    }

    /// Adds each path that begins with `prefix` a second time, without the prefix.
    pub fn also_without(mut self, prefix: &'static str) -> Self {
        let shortened = |endpoint: &Endpoint<D>| {
            let path = endpoint.path.strip_prefix(prefix)?.to_owned();
            let &Endpoint { ref methods, ref serving, has_fallback, asks_model, .. } = endpoint;
            Some(Endpoint { methods: methods.clone(), path, serving: serving.clone(), has_fallback, asks_model })
        };
        let more: Vec<_> = self.endpoints.iter().filter_map(shortened).collect();
        self.endpoints.extend(more);
        self.optional_prefix = Some(prefix);
        self
    }

    /// Adds the routes to `router`, with 405, time-outs and panics reported in the dialect's form. A path answers with
    /// and without the final slash. If another dialect has the same path with the other ending (its `twin`), it answers
    /// only as declared, and its refusals may name the other one.
    fn add_to(self, router: Router, services: &Services, twin: impl Fn(&str) -> Option<Twin>) -> Router {
        let app = App { services: services.clone(), dialect: PhantomData };
        let panicked = CatchPanicLayer::custom(|_| Failure::<D>::from(Fault::Panicked).into_response());
        let add = |router: Router, (path, serving): (String, MethodRouter<App<D>>)| {
            let serving = serving.layer((from_fn(in_time::<D>), panicked)).with_state(app.clone());
            match twin(&path) {
                Some(twin) => router.route(&path, serving.layer(from_fn_with_state(twin, twin::hint::<D>))),
                // The first page has no other form.
                None if path == "/" => router.route(&path, serving),
                None => router.route(&other_form(&path), serving.clone()).route(&path, serving),
            }
        };
        self.by_path(services.config.model.timeout + AROUND_THE_MODEL).into_iter().fold(router, add)
    }

    /// The handlers of all methods of each path. Those that wait for a model may take as long as `model_limit`.
    fn by_path(self, model_limit: Duration) -> BTreeMap<String, MethodRouter<App<D>>> {
        let waits_for_model = map_request(move |request: Request| {
            if let Some(limit) = request.extensions().get::<TimeLimit>() {
                limit.extend(model_limit);
            }
            std::future::ready(request)
        });
        let mut paths: BTreeMap<String, (MethodRouter<App<D>>, bool)> = BTreeMap::new();
        for Endpoint { path, serving, has_fallback, asks_model, methods: _ } in self.endpoints {
            let serving = if asks_model { serving.route_layer(waits_for_model.clone()) } else { serving };
            let (others, had_fallback) = paths.remove(&path).unwrap_or_default();
            paths.insert(path, (others.merge(serving), had_fallback || has_fallback));
        }
        let mut complete = BTreeMap::new();
        for (path, (serving, has_fallback)) in paths {
            let serving = if has_fallback { serving } else { serving.fallback(method_not_allowed::<D>) };
            complete.insert(path, serving);
        }
        complete
    }
}

async fn method_not_allowed<D: Dialect>(method: Method) -> Failure<D> {
    Fault::MethodNotAllowed(method).into()
}

/// The path without its final slash, or with one if it has none.
fn other_form(path: &str) -> String {
    path.strip_suffix('/').map_or_else(|| format!("{path}/"), str::to_owned)
}

/// Makes [`Handlers`] of a dialect from the names of its handlers. Path and method are written only in each handler's
/// `#[utoipa::path]`. The handler after `else` answers the other methods of the same path.
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
    /// In upper case.
    pub method: &'static str,
    /// The path as in the OpenAPI document, with parameters in braces.
    pub path: String,
    /// Whether another dialect has the path with the other ending. Then the final slash decides between them.
    pub is_shared: bool,
}

/// The routes of one endpoint group in all dialects. Creates the group's router and its part of the OpenAPI documents.
pub struct Group {
    name: &'static str,
    tables: Vec<Table>,
}

/// All paths of a group, with their dialects and documents.
type Paths = BTreeMap<String, (&'static str, fn() -> OpenApi)>;
type Serving = Box<dyn FnOnce(Router, &Services, &Paths) -> Router>;

/// The routes of a group in one dialect.
struct Table {
    dialect: &'static str,
    /// Paths and their methods.
    endpoints: Vec<(String, Vec<&'static str>)>,
    document: fn() -> OpenApi,
    more: Option<fn() -> OpenApi>,
    optional_prefix: Option<&'static str>,
    noun: Option<&'static str>,
    serving: Serving,
}

impl Group {
    /// A group without routes. `name` is also the name of its crate and of its Lambda function.
    pub fn new(name: &'static str) -> Self {
        Self { name, tables: Vec::new() }
    }

    /// Adds the group's routes in dialect `D`.
    pub fn with<D: Dialect>(mut self, handlers: Handlers<D>) -> Self {
        let endpoints = handlers.endpoints.iter().map(|endpoint| (endpoint.path.clone(), endpoint.methods.clone()));
        let document = handlers.document;
        self.tables.push(Table {
            dialect: D::NAME,
            endpoints: endpoints.collect(),
            document,
            more: handlers.more,
            optional_prefix: handlers.optional_prefix,
            noun: handlers.noun,
            serving: Box::new(move |router, services, paths| {
                handlers.add_to(router, services, |path| {
                    let (other, &(dialect, described)) = paths.get_key_value(&other_form(path))?;
                    Some(Twin::new((path, document), (other, dialect, described)))
                })
            }),
        });
        self
    }

    /// The group's name.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The group's router.
    pub fn router(self, services: &Services) -> Router {
        self.add_to(Router::new(), services)
    }

    /// Adds the group's routes to `router`.
    pub fn add_to(self, router: Router, services: &Services) -> Router {
        let paths = self.paths();
        self.tables.into_iter().fold(router, |router, table| (table.serving)(router, services, &paths))
    }

    /// The group's routes, in the order in which they were added.
    pub fn routes(&self) -> Vec<Route> {
        let paths = self.paths();
        let mut routes = Vec::new();
        for Table { dialect, endpoints, .. } in &self.tables {
            for (path, methods) in endpoints {
                let is_shared = paths.contains_key(&other_form(path));
                routes.extend(methods.iter().map(|method| Route { dialect, method, path: path.clone(), is_shared }));
            }
        }
        routes
    }

    /// The group's parts of the document of dialect `D`, each with the tag of its operations.
    pub fn documents<D: Dialect>(&self) -> impl Iterator<Item = (&'static str, OpenApi)> {
        self.tables.iter().filter(|table| table.dialect == D::NAME).map(|table| {
            let mut document = (table.document)();
            if let Some(prefix) = table.optional_prefix {
                openapi::also_without(&mut document.paths, prefix);
            }
            if let Some(more) = table.more {
                let more = more();
                document.webhooks = more.webhooks.clone();
                document.extensions = more.extensions.clone();
                document.merge(more);
            }
            (table.noun.unwrap_or(self.name), document)
        })
    }

    fn paths(&self) -> Paths {
        let of_table = |table: &Table| {
            let described = (table.dialect, table.document);
            table.endpoints.iter().map(move |(path, _)| (path.clone(), described)).collect::<Vec<_>>()
        };
        self.tables.iter().flat_map(of_table).collect()
    }
}

/// Limits the time of a request, and adds its id, method and route to its log lines. A path with a doubled slash is
/// unknown: the router would otherwise accept an empty parameter.
async fn in_time<D: Dialect>(
    method: Method,
    route: MatchedPath,
    id: Option<Extension<RequestId>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path().contains("//") {
        return dialect::unknown_path(request.uri().path());
    }
    let id = id.as_ref().map_or("", |Extension(id)| id.as_str());
    let limit = TimeLimit::default();
    request.extensions_mut().insert(limit.clone());
    let span = tracing::info_span!("request", id, %method, route = route.as_str());
    let answered = async move {
        let mut answering = pin!(next.run(request));
        let mut answered = timeout(PATIENCE, &mut answering).await;
        if answered.is_err() && limit.get() > PATIENCE {
            answered = timeout(limit.get().saturating_sub(PATIENCE), answering).await;
        }
        answered.unwrap_or_else(|_| Failure::<D>::from(Fault::TimedOut).into_response())
    };
    // In a task of its own, so that the handler runs to its end even if the client leaves.
    let answered = tokio::spawn(answered.instrument(span)).await;
    let answered = answered.unwrap_or_else(|_| Failure::<D>::from(Fault::Panicked).into_response());
    match is_too_large(&answered) {
        true => Failure::<D>::from(Error::PageTooLarge).into_response(),
        false => answered,
    }
}

/// Whether a JSON response has more bytes than a response may have. Files are streamed.
fn is_too_large(response: &Response) -> bool {
    let is_json = response.headers().get(CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    is_json && response.body().size_hint().lower() > RESPONSE_BYTES_MAX as u64
}
