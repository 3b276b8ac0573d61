//! WebSocket connections: the gateway's events, and the messages of the queue. The function only responds to the
//! handshake. Frames go through the management API of API Gateway.

use aws_lambda_events::{
    apigw::{ApiGatewayWebsocketProxyRequest, ApiGatewayWebsocketProxyRequestContext},
    sqs::{SqsBatchResponse, SqsEvent},
};
use serde::{Deserialize, Serialize};
use shared::{
    domain::{Error, connection::ConnectionId, ids::EventId},
    http::session_of_page,
    service::{Services, limits::Address, realtime::Handshake},
};
use std::net::IpAddr;

/// An event that invokes the function.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Queue(SqsEvent),
    /// An event of a connection.
    Connection(Box<ApiGatewayWebsocketProxyRequest>),
}

/// The response of the function.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum HandshakeReply {
    /// The messages that the queue must repeat.
    Queue(SqsBatchResponse),
    /// Whether a connection may open. The gateway ignores the response to any other event.
    Connection {
        /// 200, or the status of the refusal.
        #[serde(rename = "statusCode")]
        status: u16,
    },
}

/// Handles an event.
///
/// # Errors
/// Never. The response contains the failures.
pub async fn handle(services: Services, event: Event) -> Result<HandshakeReply, Error> {
    match event {
        Event::Queue(messages) => work(services, messages).await.map(HandshakeReply::Queue),
        Event::Connection(event) => {
            Ok(HandshakeReply::Connection { status: about_connection(&services, &event).await })
        }
    }
}

/// Handles the messages of the queue. The response lists those that the queue must repeat.
///
/// # Errors
/// Never. The response contains the failures.
pub async fn work(services: Services, messages: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in messages.records {
        let body = message.body.unwrap_or_default();
        if let Err(error) = services.realtime.do_later(&body).await {
            tracing::warn!(error = %shared::log::Causes(&error), "could not process a message about a connection");
            answer.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(answer)
}

/// Handles an event of a connection. Returns an HTTP status.
async fn about_connection(services: &Services, event: &ApiGatewayWebsocketProxyRequest) -> u16 {
    let context = &event.request_context;
    let Some((id, address)) = connection(context) else {
        tracing::error!("an event has no connection or no address");
        return 400;
    };
    match context.route_key.as_deref() {
        Some("$connect") => connect(services, event, id, address).await,
        Some("$disconnect") => {
            if let Err(error) = services.realtime.disconnect(&id).await {
                tracing::warn!(error = %shared::log::Causes(&error), "could not remove a closed connection");
            }
            200
        }
        _ => {
            services.realtime.hear(&id, &address, event.body.as_deref().unwrap_or_default()).await;
            200
        }
    }
}

fn connection(context: &ApiGatewayWebsocketProxyRequestContext) -> Option<(ConnectionId, Address)> {
    let address: IpAddr = context.identity.source_ip.as_deref()?.parse().ok()?;
    Some((ConnectionId::parse(context.connection_id.as_deref()?)?, address.into()))
}

async fn connect(
    services: &Services,
    event: &ApiGatewayWebsocketProxyRequest,
    id: ConnectionId,
    address: Address,
) -> u16 {
    let query = &event.query_string_parameters;
    let asked = services.realtime.connect(Handshake {
        id,
        address,
        ticket: query.first("ticket"),
        session: session_of_page(&event.headers, &services.config.cors_origins),
        last_event: query.first("last_event_id").and_then(EventId::parse),
    });
    match asked.await {
        Ok(()) => 200,
        Err(Error::InvalidCredential) => 401,
        Err(Error::RateLimited(_)) => 429,
        Err(error) => {
            tracing::error!(error = %shared::log::Causes(&error), "could not decide about a connection");
            503
        }
    }
}
