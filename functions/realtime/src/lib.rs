//! WebSocket connections: what the gateway tells of them, and what is to be done about them later. Nothing is
//! answered here but the handshake; frames go through API Gateway's management API.

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

/// What the function is called with.
#[derive(Deserialize)]
#[serde(untagged)]
pub enum Event {
    /// Messages of the queue.
    Queue(SqsEvent),
    /// Something about a connection.
    Connection(Box<ApiGatewayWebsocketProxyRequest>),
}

/// What it answers.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub enum HandshakeReply {
    /// Which messages have to come again.
    Queue(SqsBatchResponse),
    /// Whether a connection may open. Of anything else nobody hears.
    Connection {
        /// 200, or why not.
        #[serde(rename = "statusCode")]
        status: u16,
    },
}

/// Does what an event is about.
///
/// # Errors
/// Never: what goes wrong is in the answer.
pub async fn handle(services: Services, event: Event) -> Result<HandshakeReply, Error> {
    match event {
        Event::Queue(messages) => work(services, messages).await.map(HandshakeReply::Queue),
        Event::Connection(event) => {
            Ok(HandshakeReply::Connection { status: about_connection(&services, &event).await })
        }
    }
}

/// Does what messages of the queue say, and tells which have to come again.
///
/// # Errors
/// Never: what goes wrong is in the answer.
pub async fn work(services: Services, messages: SqsEvent) -> Result<SqsBatchResponse, Error> {
    let mut answer = SqsBatchResponse::default();
    for message in messages.records {
        let body = message.body.unwrap_or_default();
        if let Err(error) = services.realtime.do_later(&body).await {
            tracing::warn!(error = %shared::log::Causes(&error), "a message about a connection has to come again");
            answer.add_failure(message.message_id.unwrap_or_default());
        }
    }
    Ok(answer)
}

/// Decides about a connection, or takes note of what happens in it; as a status of HTTP.
async fn about_connection(services: &Services, event: &ApiGatewayWebsocketProxyRequest) -> u16 {
    let context = &event.request_context;
    let Some((id, address)) = whom(context) else {
        tracing::error!("an event without a connection or an address");
        return 400;
    };
    match context.route_key.as_deref() {
        Some("$connect") => connect(services, event, id, address).await,
        Some("$disconnect") => {
            if let Err(error) = services.realtime.disconnect(&id).await {
                tracing::warn!(error = %shared::log::Causes(&error), "a closed connection was not forgotten");
            }
            200
        }
        _ => {
            services.realtime.hear(&id, &address, event.body.as_deref().unwrap_or_default()).await;
            200
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
            tracing::error!(error = %shared::log::Causes(&error), "a connection was not decided about");
            503
        }
    }
}
