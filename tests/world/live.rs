//! Live connections: real sockets on the process's own gateway, and what on AWS a stream and a queue do.

use super::{Actor, World};
use axum::Extension;
use futures::{SinkExt, StreamExt};
use local::{
    websocket::{self, Sockets},
    worker::Worker,
};
use serde_json::{Value, json};
use shared::{domain::event::OutboxEntry, http::ClientAddress, store::outbox};
use std::{net::SocketAddr, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest, http::HeaderName},
};

/// How long something on a socket may take that is already on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where a world can be reached by sockets.
#[derive(Debug, Clone, Copy)]
pub struct LiveServer(pub SocketAddr);

/// A client of a WebSocket connection.
pub struct Socket(pub WebSocketStream<TcpStream>);

impl World {
    /// What `local::websocket` opens connections with.
    pub fn sockets(&self) -> Sockets {
        let (services, gateway) = (self.services.clone(), self.gateway.clone());
        Sockets { services, gateway, clock: self.clock.clone(), entropy: self.entropy.clone() }
    }

    /// Listens on a port of its own. Everybody is at 203.0.113.1.
    pub async fn listen(&self) -> LiveServer {
        let address = ClientAddress([203, 0, 113, 1].into());
        let app = self.app.clone().merge(websocket::router(self.sockets())).layer(Extension(address));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = LiveServer(listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        server
    }

    /// What happened, as the outbox has it, in its order.
    pub fn outbox_entries(&self) -> Vec<OutboxEntry> {
        let mut rows = self.rows("outbox");
        rows.sort_by_key(|row| row["sk"]["S"].as_str().unwrap().to_owned());
        rows.into_iter().map(|row| outbox::read(serde_json::from_value(row).unwrap()).unwrap()).collect()
    }

    /// Tells of what happened since the last time.
    pub async fn dispatch(&self) {
        self.pump.lock().await.run_due(&self.services).await.unwrap();
    }

    /// Does what is due on the queue of connections. How many messages that were.
    pub async fn work_on_connections(&self) -> usize {
        let services = self.services.clone();
        let handler = move |event| realtime::work(services.clone(), event);
        Worker::new(self.queues.connections.clone(), 1, handler).run_due().await
    }

    /// Waits until this many rows tell of connections.
    pub async fn until_rows_of_connections(&self, count: usize) {
        self.until("connections come or go", |world| world.rows("connections").len() == count).await;
    }

    /// Somebody's live connection, made by a ticket.
    pub async fn connect(&self, server: LiveServer, actor: &Actor) -> Socket {
        let mut socket = server.connect(&format!("/ws?ticket={}", ticket(actor).await)).await;
        socket.hears_nothing_more().await;
        socket
    }
}

/// A ticket of the actor's.
pub async fn ticket(actor: &Actor) -> String {
    let reply = actor.post("/api/v1/ws/ticket", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["ticket"].as_str().unwrap().to_owned()
}

impl LiveServer {
    /// A connection.
    pub async fn connect(self, path: &str) -> Socket {
        self.try_to_connect(path, &[]).await.unwrap_or_else(|status| panic!("{status}"))
    }

    /// A connection that is asked for with these headers, or the status that refuses it.
    pub async fn try_to_connect(self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}{path}", self.0).into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.0).await.unwrap();
        match timeout(PATIENCE, client_async(request, stream)).await.unwrap() {
            Ok((stream, _)) => Ok(Socket(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Socket {
    /// Says something.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends something as it is.
    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Says who it is.
    pub async fn authenticate(&mut self, token: &str) {
        self.say(json!({"type": "authenticate", "token": token})).await;
    }

    /// The next frame.
    pub async fn hears(&mut self) -> Value {
        match self.next().await {
            Ok(Message::Text(text)) => serde_json::from_str(text.as_str()).unwrap(),
            other => panic!("{other:?} instead of a frame"),
        }
    }

    /// The next `count` frames.
    pub async fn hears_all(&mut self, count: usize) -> Vec<Value> {
        let mut frames = Vec::new();
        for _ in 0..count {
            frames.push(self.hears().await);
        }
        frames
    }

    /// Asks for a sign of life, before which nothing else comes: that tells that it is known, too.
    pub async fn hears_nothing_more(&mut self) {
        self.say(json!({"type": "ping"})).await;
        let frame = self.hears().await;
        assert_eq!(frame["type"], "pong", "{frame}");
    }

    /// Nothing comes but the end. The code that it is closed with.
    pub async fn is_closed(&mut self) -> Option<u16> {
        match self.next().await {
            Ok(Message::Close(frame)) => frame.map(|frame| frame.code.into()),
            Err(_) => None,
            other => panic!("{other:?} instead of the end"),
        }
    }

    async fn next(&mut self) -> Result<Message, Error> {
        loop {
            let next = timeout(PATIENCE, self.0.next()).await.expect("nothing comes");
            match next.unwrap_or(Err(Error::ConnectionClosed)) {
                Ok(Message::Ping(_) | Message::Pong(_)) => {}
                other => return other,
            }
        }
    }
}
