//! Running a router as a Lambda function behind API Gateway.

use crate::{
    blobs::Blobs,
    clock::SystemClock,
    config::{Config, ModelProvider, SettingError},
    domain,
    entropy::{Entropy, SystemEntropy},
    gateway::Gateway,
    http::{self, ClientAddress, pages::PublicUrl},
    model::Echo,
    outbound::SystemResolver,
    password::{Cost, Passwords},
    queue::Queues,
    service::{Parts, Services},
    store::{Store, client},
};
use axum::Router;
use futures::future::BoxFuture;
pub use lambda_http::Error;
use lambda_http::{
    Request, RequestExt,
    lambda_runtime::{self, LambdaEvent},
    request::RequestContext,
    tower::ServiceBuilder,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{net::IpAddr, sync::Arc};

/// Runs the routes that `router` makes of the deployment's services, until Lambda stops the process.
///
/// # Errors
/// When a setting is missing or wrong, in one line that names it.
pub async fn run(router: impl FnOnce(Services) -> Router) -> Result<(), Error> {
    let services = services().await?;
    let config = services.config.clone();
    let routes = http::finish(router(services), &config);
    let service = ServiceBuilder::new().map_request(described).service(routes);
    // The gateway passes such an answer on piece by piece, but a caller that waits for all of it cannot read it.
    match config.streams_responses {
        true => lambda_http::run_with_streaming_response(service).await,
        false => lambda_http::run(service).await,
    }
}

/// Runs `handler` with the deployment's services for each event, until Lambda stops the process.
///
/// # Errors
/// As [`run`].
pub async fn run_on_events<E, A, F>(handler: impl Fn(Services, E) -> F) -> Result<(), Error>
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, domain::Error>> + Send,
{
    let services = services().await?;
    let event = |event: LambdaEvent<E>| {
        // Boxed: handlers are large, and the compiler follows the runtime's types only so deep.
        let answer: BoxFuture<'_, _> = Box::pin(handler(services.clone(), event.payload));
        async move { answer.await.map_err(Error::from) }
    };
    lambda_runtime::run(lambda_runtime::service_fn(event)).await
}

/// The services of the deployment that the environment describes.
async fn services() -> Result<Services, Error> {
    let config = Config::from_env()?;
    crate::log::start(&config.log);
    if config.jwt_secret.is_none() {
        return Err(SettingError::missing("JWT_SECRET").into());
    }
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let ModelProvider::Echo = config.model;
    let services = Services::new(Parts {
        store: Store::new(client::on_aws().await, config.tables.clone(), entropy.clone()),
        blobs: Blobs::on_aws(config.bucket_files.clone()).await,
        queues: Queues::on_aws(&config.queues).await,
        gateway: Gateway::on_aws(&config.websocket_endpoint).await,
        model: Arc::new(Echo),
        resolver: Arc::new(SystemResolver),
        clock: Arc::new(SystemClock),
        // A function handles one request at a time.
        passwords: Passwords::new(Cost::Standard, 1, entropy.clone())?,
        entropy,
        config,
    })?;
    Ok(services)
}

/// What only the gateway knows about a request: the client's address, and how the service is reached.
fn described(mut request: Request) -> Request {
    let RequestContext::ApiGatewayV1(context) = request.request_context() else {
        return request;
    };
    let address = context.identity.source_ip.as_deref().and_then(|ip| ip.parse::<IpAddr>().ok());
    if let Some(address) = address {
        request.extensions_mut().insert(ClientAddress(address));
    }
    if let Some(domain) = &context.domain_name {
        // `path` has the stage in front unless a custom domain hides it.
        let path = request.uri().path();
        let stage = context.path.as_deref().and_then(|full| full.strip_suffix(path)).unwrap_or_default();
        let url = PublicUrl(format!("https://{domain}{stage}"));
        request.extensions_mut().insert(url);
    }
    request
}
