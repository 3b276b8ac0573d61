//! WebSocket connections: events of the gateway, and delayed work from the queue. Only handshakes get a response here;
//! frames go through API Gateway's management API.

use aws_lambda_events::{
    apigw::{ApiGatewayWebsocketProxyRequest, ApiGatewayWebsocketProxyRequestContext},
    sqs::{SqsBatchResponse, SqsEvent},
};
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, connection::ConnectionId, ids::EventId},
    http::session_of_page,
    service::{Services, limits::Address, realtime::Handshake},
    wire::parse_message,
};
use std::net::IpAddr;

/// The event that invokes the function.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue: delayed work on connections.
    Queue(SqsEvent),
    /// An event of the gateway about one connection.
    Connection(Box<ApiGatewayWebsocketProxyRequest>),
}

/// The function's response.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum HandshakeReply {
    /// The messages that must be received again.
    Queue(SqsBatchResponse),
    /// Whether a connection may open. The gateway ignores the response to other events.
    Connection {
        /// 200, or the status of the refusal.
        #[serde(rename = "statusCode")]
        status: u16,
        /// Why the connection may not open. The gateway on AWS has its own words for the status.
        #[serde(skip)]
        refusal: Option<Error>,
    },
}

/// Handles an event.
///
/// # Errors
/// None. Failures are in the response.
pub async fn handle(services: Services, event: Event) -> Result<HandshakeReply, Error> {
    match event {
        Event::Queue(messages) => work(services, messages).await.map(HandshakeReply::Queue),
        Event::Connection(event) => {
            let refusal = about_connection(&services, &event).await.err();
            Ok(HandshakeReply::Connection { status: refusal.as_ref().map_or(200, status_of), refusal })
        }
    }
}

/// Does the work of the queue's messages. The response names those that must be received again.
///
/// # Errors
/// None. Failures are in the response.
pub async fn work(services: Services, messages: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in messages.records {
        let body = message.body.unwrap_or_default();
        let done = match serde_json::from_str(&body) {
            Ok(later) => services.realtime.do_later(later).await,
            Err(error) => Err(Error::internal(error)),
        };
        if let Err(error) = done {
            tracing::warn!(error = %shared::log::Causes(&error), "delayed work on a connection failed and is repeated");
            answer.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(answer)
}

/// The status of a refused handshake.
fn status_of(refusal: &Error) -> u16 {
    match refusal {
        Error::InvalidCredential => 401,
        Error::RateLimited(_) => 429,
        error => {
            tracing::error!(error = %shared::log::Causes(error), "a handshake failed");
            503
        }
    }
}

/// Handles an event about a connection.
async fn about_connection(services: &Services, event: &ApiGatewayWebsocketProxyRequest) -> Result<(), Error> {
    let context = &event.request_context;
    let (id, address) = whom(context).ok_or_else(|| Error::internal("an event has no connection or no address"))?;
    match context.route_key.as_deref() {
        Some("$connect") => connect(services, event, id, address).await,
        Some("$disconnect") => {
            if let Err(error) = services.realtime.disconnect(&id).await {
                tracing::warn!(error = %shared::log::Causes(&error), "the rows of a closed connection were not removed");
            }
            Ok(())
        }
        _ => {
            let message = event.body.as_deref().and_then(parse_message);
            services.realtime.hear(&id, &address, message).await;
            Ok(())
        }
    }
}

fn whom(context: &ApiGatewayWebsocketProxyRequestContext) -> Option<(ConnectionId, Address)> {
    let address: IpAddr = context.identity.source_ip.as_deref()?.parse().ok()?;
    Some((ConnectionId::parse(context.connection_id.as_deref()?)?, address.into()))
}

async fn connect(
    services: &Services,
    event: &ApiGatewayWebsocketProxyRequest,
    id: ConnectionId,
    address: Address,
) -> Result<(), Error> {
    let query = &event.query_string_parameters;
    let handshake = Handshake {
        id,
        address,
        ticket: query.first("ticket"),
        session: session_of_page(&event.headers, &services.config.cors_origins),
        last_event: query.first("last_event_id").and_then(EventId::parse),
    };
    services.realtime.connect(handshake).await
}
