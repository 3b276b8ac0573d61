//! Functions with streamed responses. Lambda's runtime polls for events, and this file posts the responses: the runtime's
//! own HTTP client delays each response by 40 ms, because it cannot be given `TCP_NODELAY`.

use axum::response::Response;
use base64::{Engine, prelude::BASE64_STANDARD};
use bytes::Bytes;
use futures::{FutureExt, Stream, StreamExt, future, stream};
use http_body_util::{BodyExt, StreamBody};
use hyper::{
    HeaderMap, Method,
    body::Frame,
    header::{CONTENT_TYPE, HeaderName, HeaderValue, TRAILER},
};
use hyper_util::client::legacy::connect::HttpConnector;
use lambda_http::{
    Context, Error, LambdaEvent, Request, Service, StreamAdapter,
    lambda_runtime::{
        Diagnostic, LambdaInvocation, StreamResponse,
        layers::TracingLayer,
        service_fn,
        tower::{ServiceExt, layer::layer_fn},
    },
};
use lambda_runtime_api_client::{PooledClient, body::Body, build_request};
use serde::de::DeserializeOwned;
use std::{convert::Infallible, panic::AssertUnwindSafe, sync::Arc};

const INVOCATIONS: &str = "/2018-06-01/runtime/invocation";
const INVOCATION_ID: HeaderName = HeaderName::from_static("lambda-runtime-invocation-id");
const RESPONSE_MODE: HeaderName = HeaderName::from_static("lambda-runtime-function-response-mode");
const ERROR_TYPE: HeaderName = HeaderName::from_static("lambda-runtime-function-error-type");
const ERROR_BODY: HeaderName = HeaderName::from_static("lambda-runtime-function-error-body");

/// The type of a response that begins with status and headers as JSON.
const HTTP_RESPONSE: HeaderValue = HeaderValue::from_static("application/vnd.awslambda.http-integration-response");
/// What follows status and headers.
const END_OF_HEAD: [u8; 8] = [0; 8];

/// Runs `service` for each event, until Lambda stops the process. `afterwards` runs after each response: Lambda suspends the
/// process only when it polls for the next event.
///
/// # Errors
/// The connection to Lambda's runtime API broke.
pub async fn run<S, F>(service: S, afterwards: impl Fn() -> F + Clone + Send + 'static) -> Result<(), Error>
where
    S: Service<Request, Response = Response, Error = Infallible, Future: Send> + Clone + Send + 'static,
    F: Future<Output = ()> + Send,
{
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    let client = Arc::new(PooledClient::builder().with_connector(connector).build());
    let adapter = StreamAdapter::from(service.clone());
    let answering = service_fn(move |invocation| {
        let (answered, afterwards) = (answer(adapter.clone(), client.clone(), invocation), afterwards.clone());
        async move {
            let answered = answered.await;
            afterwards().await;
            answered
        }
    });
    // The layer replaces what it should wrap: the runtime's own way of posting responses.
    let runtime = lambda_http::streaming_runtime(service).layer(layer_fn(move |_| answering.clone()));
    runtime.layer(TracingLayer::new()).run().await
}

/// Posts the response of `service` to an event. Lambda replies after the last piece of a response.
async fn answer<S, E, B>(service: S, client: Arc<PooledClient>, invocation: LambdaInvocation) -> Result<(), Error>
where
    S: Service<LambdaEvent<E>, Response = StreamResponse<B>, Error = Infallible>,
    E: DeserializeOwned,
    B: Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
{
    let LambdaInvocation { parts, body, context } = invocation;
    let id = context.request_id.clone();
    let request = build_request().method(Method::POST);
    let mut request = match respond(service, &body, context).await {
        Ok(response) => request
            .uri(format!("{INVOCATIONS}/{id}/response"))
            .header(CONTENT_TYPE, HTTP_RESPONSE)
            .header(RESPONSE_MODE, "streaming")
            .header(TRAILER, ERROR_TYPE.as_str())
            .header(TRAILER, ERROR_BODY.as_str())
            .body(pieces(response)?)?,
        Err(failure) => {
            tracing::error!(error = failure.error_message, "no response to an event");
            let request = request.uri(format!("{INVOCATIONS}/{id}/error")).header(ERROR_TYPE, &failure.error_type);
            request.body(serde_json::to_vec(&failure)?.into())?
        }
    };
    if let Some(invocation) = parts.headers.get(INVOCATION_ID) {
        request.headers_mut().insert(INVOCATION_ID, invocation.clone());
    }
    let reply = client.call(request).await?;
    let status = reply.status();
    // The connection cannot be used again before the reply has been read.
    reply.into_body().collect().await?;
    if !status.is_success() {
        tracing::error!(%status, "Lambda refused a response");
    }
    Ok(())
}

/// The response to an event. A panic is an error, also one while the event becomes a request.
async fn respond<S, E, B>(service: S, event: &[u8], context: Context) -> Result<StreamResponse<B>, Diagnostic>
where
    S: Service<LambdaEvent<E>, Response = StreamResponse<B>, Error = Infallible>,
    E: DeserializeOwned,
{
    let payload = serde_json::from_slice(event).map_err(|error| failure("Runtime.InvalidEvent", &error.to_string()))?;
    match AssertUnwindSafe(service.oneshot(LambdaEvent::new(payload, context))).catch_unwind().await {
        Ok(Ok(response)) => Ok(response),
        Ok(Err(never)) => match never {},
        Err(_panic) => Err(failure("Runtime.Panic", "the function panicked")),
    }
}

/// Status and headers, then the pieces of the body as they come. The client writes whatever is ready. An error or a
/// panic in the body becomes trailers, so that Lambda does not take the response for a complete one.
fn pieces<B>(response: StreamResponse<B>) -> Result<Body, Error>
where
    B: Stream<Item = Result<Bytes, axum::Error>> + Send + 'static,
{
    let StreamResponse { mut metadata_prelude, stream } = response;
    let octets = HeaderValue::from_static("application/octet-stream");
    metadata_prelude.headers.entry(CONTENT_TYPE).or_insert(octets);
    let mut head = serde_json::to_vec(&metadata_prelude)?;
    head.extend(END_OF_HEAD);
    let trailers = trailers()?;
    let pieces = AssertUnwindSafe(stream).catch_unwind().map(move |piece| match piece {
        Ok(Ok(bytes)) => Frame::data(bytes),
        Ok(Err(_)) | Err(_) => Frame::trailers(trailers.clone()),
    });
    let frames = stream::once(future::ready(Frame::data(Bytes::from(head)))).chain(pieces);
    Ok(Body::new(StreamBody::new(frames.map(Ok::<_, Infallible>))))
}

/// The trailers of a response that ends early.
fn trailers() -> Result<HeaderMap, Error> {
    let failure = failure("Runtime.StreamError", "the response ended early");
    let body = BASE64_STANDARD.encode(serde_json::to_vec(&failure)?);
    Ok(HeaderMap::from_iter([(ERROR_TYPE, failure.error_type.parse()?), (ERROR_BODY, body.parse()?)]))
}

fn failure(r#type: &str, message: &str) -> Diagnostic {
    Diagnostic { error_type: r#type.to_owned(), error_message: message.to_owned() }
}
