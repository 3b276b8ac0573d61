//! Running as a Lambda function: a router behind API Gateway, or what handles events.

use crate::{
    aws,
    builder::{Backends, Builder},
    config::{Config, LogSettings, SettingError},
    domain,
    http::{self, ClientAddress, pages::PublicUrl},
    log::Causes,
    secrets::{KeySecret, Keyring, NoKeys},
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

/// Whether a function checks or makes tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// It is given the keys, and tries to read them before its first request.
    Needed,
    /// It is not given them.
    NotNeeded,
}

/// Runs the routes that `router` makes of the deployment's services, until Lambda stops the process. A setting that
/// is missing or wrong ends it at once, with one line in the log that names it.
pub async fn run(keys: Keys, router: impl FnOnce(Services) -> Router) -> ExitCode {
    let run = async {
        let services = services(keys).await?;
        let streams = services.config.streams_responses;
        let service = behind_gateway(&services.config, router(services.clone()));
        // The gateway passes such an answer on piece by piece, but a caller that waits for all of it cannot read it.
        match streams {
            true => lambda_http::run_with_streaming_response(service).await,
            false => lambda_http::run(service).await,
        }
    };
    ended(run.await)
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
            // Boxed: handlers are large, and the compiler follows the runtime's types only so deep.
            let answer: BoxFuture<'_, _> = Box::pin(handler(services.clone(), event.payload));
            async move { answer.await.map_err(Error::from) }
        };
        lambda_runtime::run(lambda_runtime::service_fn(event)).await
    };
    ended(run.await)
}

/// What Lambda runs: `routes`, finished, and told what only the gateway knows.
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
            // Nothing is logged before this when the settings of the log could not be read.
            crate::log::start(&LogSettings { level: "info".to_owned(), json: true });
            tracing::error!("the function cannot run: {}", Causes(&*error));
            ExitCode::FAILURE
        }
    }
}

/// The services of the deployment that the environment describes.
async fn services(keys: Keys) -> Result<Services, Error> {
    let config = Config::from_env_on_aws()?;
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
    let services = on_aws(config, &aws, keyring)?;
    if keys == Keys::Needed
        && let Err(error) = services.logins.prepare().await
    {
        // Requests try again, and are told to come later until then.
        tracing::error!(error = %Causes(&error), "the keys that sign tokens cannot be read");
    }
    Ok(services)
}

/// The services of the deployment that `config` describes.
///
/// # Errors
/// As [`Builder::build`].
pub fn on_aws(config: Config, aws: &SdkConfig, keyring: Arc<dyn Keyring>) -> Result<Services, domain::Error> {
    // A function handles one request at a time, so the default of one password hash at a time is enough.
    let backends = Backends::new(aws, &config);
    Builder::new(config, backends, keyring).build()
}

/// What only the gateway knows about a request: the client's address, and how the service is reached. Requests of
/// `cargo lambda watch` have the other shape, and tell by `Host` how it is reached.
fn described(mut request: Request) -> Request {
    let context = request.request_context();
    let address = match &context {
        RequestContext::ApiGatewayV1(context) => context.identity.source_ip.as_deref(),
        RequestContext::ApiGatewayV2(context) => context.http.source_ip.as_deref(),
        _ => None,
    };
    if let Some(address) = address.and_then(|ip| ip.parse::<IpAddr>().ok()) {
        request.extensions_mut().insert(ClientAddress(address));
    }
    if let RequestContext::ApiGatewayV1(context) = &context
        && let Some(domain) = &context.domain_name
    {
        // `path` has the stage in front unless a custom domain hides it.
        let path = request.uri().path();
        let stage = context.path.as_deref().and_then(|full| full.strip_suffix(path)).unwrap_or_default();
        let url = PublicUrl(format!("https://{domain}{stage}"));
        request.extensions_mut().insert(url);
    }
    request
}
