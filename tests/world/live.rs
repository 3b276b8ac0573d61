//! Live connections: real sockets to the process's own gateway, and the work that a stream and a queue trigger on AWS.

use super::{Actor, World, documents::judge_frame};
use axum::Extension;
use futures::{SinkExt, StreamExt};
use local::{
    serving::serve,
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

/// How long to wait for a frame that is already on its way.
const PATIENCE: Duration = Duration::from_secs(10);

/// The address of a world's server for sockets.
#[derive(Debug, Clone, Copy)]
pub struct LiveServer(pub SocketAddr);

/// A WebSocket client.
pub struct Socket(pub WebSocketStream<TcpStream>);

impl World {
    /// The connector of `local::websocket`.
    pub fn sockets(&self) -> Sockets {
        let (services, gateway) = (self.services.clone(), self.gateway.clone());
        Sockets { services, gateway, clock: self.clock.clone(), entropy: self.entropy.clone() }
    }

    /// Listens on a free port. All clients have the address 203.0.113.1.
    pub async fn listen(&self) -> LiveServer {
        let address = ClientAddress([203, 0, 113, 1].into());
        let app = self.app.clone().merge(websocket::router(self.sockets())).layer(Extension(address));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = LiveServer(listener.local_addr().unwrap());
        tokio::spawn(async move { serve(listener, app, std::future::pending()).await.unwrap() });
        server
    }

    /// The outbox entries, in order.
    pub fn outbox_entries(&self) -> Vec<OutboxEntry> {
        let mut rows = self.rows("outbox");
        rows.sort_by_key(|row| row["sk"]["S"].as_str().unwrap().to_owned());
        rows.into_iter().map(|row| outbox::read(serde_json::from_value(row).unwrap()).unwrap()).collect()
    }

    /// Dispatches the events since the last call.
    pub async fn dispatch(&self) {
        self.pump.lock().await.run_due(&self.services).await.unwrap();
    }

    /// Processes the due messages in the queue of connections. Returns their number.
    pub async fn work_on_connections(&self) -> usize {
        let services = self.services.clone();
        let handler = move |event| realtime::work(services.clone(), event);
        Worker::new(self.queues.connections.clone(), 1, handler).run_due().await
    }

    /// Runs the janitor.
    pub async fn tidy(&self) {
        janitor::tidy(self.services.clone()).await.unwrap();
    }

    /// Reads the files that were stored since the last call. Returns their number.
    pub async fn read_files(&self) -> usize {
        self.dispatch().await;
        let services = self.services.clone();
        let handler = move |event| index::index(services.clone(), event);
        Worker::new(self.queues.indexing.clone(), 1, handler).run_due().await
    }

    /// Waits until the table of connections has this many rows.
    pub async fn until_rows_of_connections(&self, count: usize) {
        self.until("connections come or go", |world| world.rows("connections").len() == count).await;
    }

    /// Opens a live connection for the actor with a ticket.
    pub async fn connect(&self, server: LiveServer, actor: &Actor) -> Socket {
        let mut socket = server.connect(&format!("/ws?ticket={}", ticket(actor).await)).await;
        socket.hears_nothing_more().await;
        socket
    }
}

/// Creates a ticket for the actor.
pub async fn ticket(actor: &Actor) -> String {
    let reply = actor.post("/api/v1/ws/ticket", json!({})).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.body["ticket"].as_str().unwrap().to_owned()
}

impl LiveServer {
    /// Opens a connection.
    pub async fn connect(self, path: &str) -> Socket {
        self.try_to_connect(path, &[]).await.unwrap_or_else(|status| panic!("{status}"))
    }

    /// Requests a connection with these headers. Returns the status if it is refused.
    pub async fn try_to_connect(self, path: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("ws://{}{path}", self.0).into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        let stream = TcpStream::connect(self.0).await.unwrap();
        stream.set_nodelay(true).unwrap();
        match timeout(PATIENCE, client_async(request, stream)).await.unwrap() {
            Ok((stream, _)) => Ok(Socket(stream)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }
}

impl Socket {
    /// Sends a JSON message.
    pub async fn say(&mut self, message: Value) {
        self.send(Message::text(message.to_string())).await;
    }

    /// Sends a frame unchanged.
    pub async fn send(&mut self, message: Message) {
        self.0.send(message).await.unwrap();
    }

    /// Sends an `authenticate` message with this access token.
    pub async fn authenticate(&mut self, token: &str) {
        self.say(json!({"type": "authenticate", "token": token})).await;
    }

    /// The next frame.
    pub async fn hears(&mut self) -> Value {
        match self.next().await {
            Ok(Message::Text(text)) => {
                let frame = serde_json::from_str(text.as_str()).unwrap();
                judge_frame(&frame);
                frame
            }
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

    /// Sends a ping and expects its reply as the next frame. This also shows that the connection is registered.
    pub async fn hears_nothing_more(&mut self) {
        self.say(json!({"type": "ping"})).await;
        let frame = self.hears().await;
        assert_eq!(frame["type"], "pong", "{frame}");
    }

    /// Expects the close frame as the next one, and returns its code.
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
