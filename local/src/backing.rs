//! `quintet services`: the AWS services that functions need, over HTTP, with event dispatch and delivery. All share one
//! port, because `AWS_ENDPOINT_URL` is one address for all SDK clients. The form of a request shows which service it is
//! for.

use crate::{
    data::DataLocation,
    process::{self, Backing},
    serving::{asked_to_end, bind, serve},
};
use anyhow::{Result, ensure};
use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{
        StatusCode,
        header::{HOST, HeaderMap, ORIGIN},
        uri::Authority,
    },
    response::{IntoResponse, Response},
};
use shared::{aws::Respond, config::Config, log::Causes};
use std::net::{IpAddr, SocketAddr};

/// The maximum size of a request body in bytes: more than a part of an upload or a batch of rows.
const BODY_MAX: usize = 64 * 1024 * 1024;

/// Serves on `listen` until SIGINT or SIGTERM. Dispatches and delivers the events of the functions, as `serve` does.
pub async fn run(listen: SocketAddr, place: DataLocation, config: Config) -> Result<()> {
    ensure!(
        listen.ip().is_loopback(),
        "{listen} can be reached from elsewhere: there is no password on these services"
    );
    let claim = place.claim()?;
    let (_, backing, _) = process::open(&place, config, Some(&claim))?.work();
    let asked_to_end = asked_to_end()?;
    let listener = bind(listen).await?;
    println!("DynamoDB, S3 and SQS are ready on http://{}", listener.local_addr()?);
    serve(listener, Router::new().fallback(answer).with_state(backing.clone()), asked_to_end).await?;
    backing.end().await;
    Ok(())
}

async fn answer(State(backing): State<Backing>, request: Request) -> Response {
    if is_from_a_page(request.headers()) {
        return StatusCode::FORBIDDEN.into_response();
    }
    match pass_on(&backing, request).await {
        Ok(response) => response,
        Err(error) => {
            tracing::warn!(error = %Causes(&*error), "a request to an embedded service failed");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Returns whether a browser may have sent the request. These services require no credentials, so any web page could
/// call them. Browsers add `Origin` or `Sec-Fetch-Site`. A page whose own host name resolves to this machine is
/// recognised by the `Host` header.
fn is_from_a_page(headers: &HeaderMap) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).and_then(|host| host.parse::<Authority>().ok());
    let is_this_machine = host.is_some_and(|host| {
        let name = host.host().trim_start_matches('[').trim_end_matches(']');
        name == "localhost" || name.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
    });
    !is_this_machine || headers.contains_key(ORIGIN) || headers.contains_key("sec-fetch-site")
}

async fn pass_on(backing: &Backing, request: Request) -> Result<Response> {
    let (head, body) = request.into_parts();
    let body = SdkBody::from(to_bytes(body, BODY_MAX).await?);
    let response = backing.respond(HttpRequest::try_from(Request::from_parts(head, body))?).await?;
    Ok(response.try_into_http1x()?.map(Body::new))
}

/// The header `X-Amz-Target` names the service for DynamoDB and SQS. The path distinguishes the gateway from S3.
impl Respond for Backing {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let Self { tables, storage, queues, gateway, database: _ } = self;
        let target = request.headers().get("x-amz-target").and_then(|target| target.split_once('.'));
        match target {
            Some(("AmazonSQS", _)) => queues.respond(request).await,
            Some(_) => tables.respond(request).await,
            None if request.uri().contains("/@connections/") => gateway.respond(request).await,
            None => storage.respond(request).await,
        }
    }
}
