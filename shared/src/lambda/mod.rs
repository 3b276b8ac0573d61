//! Runs a Lambda function: a router behind API Gateway, or a handler of events.

mod streaming;

use crate::{
    aws,
    builder::{Backends, Builder},
    config::{Config, LogSettings, ModelProvider, SettingError},
    domain,
    http::{self, ClientAddress, RequestId, pages::PublicUrl},
    log::Causes,
    search::SearchSettings,
    secrets::{self, KeySecret, Keyring, NoKeys},
    service::Services,
};
use aws_config::SdkConfig;
use axum::{Router, response::Response};
use futures::future::BoxFuture;
use lambda_http::{
    Error, Request, RequestExt, Service,
    lambda_runtime::{self, LambdaEvent},
    request::RequestContext,
    tower::ServiceBuilder,
};
use serde::{Serialize, de::DeserializeOwned};
use std::{convert::Infallible, net::IpAddr, process::ExitCode, sync::Arc};

/// Whether a function verifies or issues tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// The function has the signing keys, and tries to read them before its first request.
    Needed,
    /// The function has no signing keys.
    NotNeeded,
}

/// Runs the routes that `router` builds from the deployment's services, until Lambda stops the process. If a setting
/// is missing or invalid, the function exits at once and logs one line that names the setting.
pub async fn run(keys: Keys, router: impl FnOnce(Services) -> Router) -> ExitCode {
    let run = async {
        let services = services(keys).await?;
        let streams = services.config.streams_responses;
        let service = behind_gateway(&services.config, router(services.clone()));
        // The gateway must expect a streamed response: a caller that waits for the whole response cannot read it.
        match streams {
            true => streaming::run(service, move || finish_titles(services.clone())).await,
            false => lambda_http::run(service).await,
        }
    };
    ended(run.await)
}

async fn finish_titles(services: Services) {
    services.turns.finish_titles().await;
}

/// Runs `handler` with the deployment's services for each event, as [`run`] does.
pub async fn run_on_events<E, A, F>(keys: Keys, handler: impl Fn(Services, E) -> F) -> ExitCode
where
    E: DeserializeOwned,
    A: Serialize,
    F: Future<Output = Result<A, domain::Error>> + Send,
{
    let run = async {
        let services = services(keys).await?;
        let event = |event: LambdaEvent<E>| {
            // Boxed, because handlers are large and the runtime's nested types exceed the compiler's recursion limit.
            let answer: BoxFuture<'_, _> = Box::pin(handler(services.clone(), event.payload));
            async move { answer.await.map_err(Error::from) }
        };
        lambda_runtime::run(lambda_runtime::service_fn(event)).await
    };
    ended(run.await)
}

/// The service that Lambda runs: `routes`, finished, with request extensions for what only the gateway can supply.
pub fn behind_gateway(
    config: &Config,
    routes: Router,
) -> impl Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + use<> {
    ServiceBuilder::new().map_request(described).service(http::finish(routes, config))
}

fn ended(ran: Result<(), Error>) -> ExitCode {
    match ran {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If the log settings could not be read, logging has not been started yet.
            crate::log::start(&LogSettings { level: "info".to_owned(), json: true });
            tracing::error!("the function cannot run: {}", Causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The services of the deployment, configured from the environment.
async fn services(keys: Keys) -> Result<Services, Error> {
    let mut config = Config::from_env_on_aws()?;
    let (secret, settings) = (config.jwt_secret_id.clone(), config.signing_keys());
    if keys == Keys::Needed && secret.is_none() && settings.is_none() {
        return Err(SettingError::missing("JWT_SECRET_ID").into());
    }
    crate::log::start(&config.log);
    let aws = aws::load().await;
    let keyring: Arc<dyn Keyring> = match (keys, secret, settings) {
        (Keys::Needed, Some(id), _) => Arc::new(KeySecret::new(&aws, id)),
        (Keys::Needed, None, Some(keys)) => Arc::new(keys),
        _ => Arc::new(NoKeys),
    };
    if let (ModelProvider::OpenAi { api_key, .. }, Some(id)) =
        (&mut config.model.provider, &config.model.api_key_secret_id)
    {
        *api_key = Some(secrets::read(&aws, id.clone()).await?);
    }
    if let (Some(embeddings), Some(id)) = (&mut config.embeddings, &config.embeddings_key_secret_id) {
        embeddings.api_key = Some(secrets::read(&aws, id.clone()).await?);
    }
    if let Some(SearchSettings { key, key_secret_id: Some(id), .. }) = &mut config.search {
        *key = Some(secrets::read(&aws, id.clone()).await?);
    }
    let services = on_aws(config, &aws, keyring)?;
    if keys == Keys::Needed
        && let Err(error) = services.logins.prepare().await
    {
        // Until the keys can be read, each request tries again and gets an error that asks the client to retry later.
        tracing::error!(error = %Causes(&error), "the keys that sign tokens cannot be read");
    }
    Ok(services)
}

/// The services of the deployment, configured from `config`.
///
/// # Errors
/// As [`Builder::build`].
pub fn on_aws(config: Config, aws: &SdkConfig, keyring: Arc<dyn Keyring>) -> Result<Services, domain::Error> {
    // A function handles one request at a time, so the default of one password hash at a time is enough.
    let backends = Backends::new(aws, &config);
    Builder::new(config, backends, keyring).build()
}

/// Adds what only the gateway can supply: the client's address, the id of the request, and the service's public URL.
/// Requests of `cargo lambda watch` have the other payload format, and their public URL comes from `Host`.
fn described(mut request: Request) -> Request {
    let context = request.request_context();
    let (address, id) = match &context {
        RequestContext::ApiGatewayV1(context) => (context.identity.source_ip.as_deref(), context.request_id.as_deref()),
        RequestContext::ApiGatewayV2(context) => (context.http.source_ip.as_deref(), context.request_id.as_deref()),
        _ => (None, None),
    };
    if let Some(id) = id.and_then(RequestId::of_gateway) {
        request.extensions_mut().insert(id);
    }
    if let Some(address) = address.and_then(|ip| ip.parse::<IpAddr>().ok()) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    if let RequestContext::ApiGatewayV1(context) = &context
        && let Some(domain) = &context.domain_name
    {
        // `path` starts with the stage, unless a custom domain hides it.
        let path = request.uri().path();
        let stage = context.path.as_deref().and_then(|full| full.strip_suffix(path)).unwrap_or_default();
        let url = PublicUrl(format!("https://{domain}{stage}"));
        request.extensions_mut().insert(url);
    }
    request
}
