//! A client that makes requests.

use super::{documents, events::Events};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, Response, header},
};
use http_body_util::BodyExt;
use serde_json::Value;
use shared::http::ClientAddress;
use std::net::IpAddr;
use tower::ServiceExt;

/// The content type of a [`multipart`] body.
pub const MULTIPART: &str = "multipart/form-data; boundary=x";

/// A form with these fields, and these files in parts called `files`.
pub fn multipart(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let head = |rest: String| format!("--x\r\nContent-Disposition: form-data; name={rest}\r\n\r\n").into_bytes();
    let mut form = Vec::new();
    for (name, value) in fields {
        form.extend([head(format!("\"{name}\"")), format!("{value}\r\n").into_bytes()].concat());
    }
    for (name, content) in files {
        form.extend([&head(format!("\"files\"; filename=\"{name}\"")), *content, b"\r\n"].concat());
    }
    form.extend(b"--x--\r\n");
    form
}

/// A client with one address and one credential.
#[derive(Clone)]
pub struct Actor {
    app: Router,
    address: IpAddr,
    authorization: Option<String>,
    headers: Vec<(String, String)>,
    /// The refresh token, if the client received one.
    pub refresh: String,
}

/// A response.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The headers, without the id of the request, so that they can be compared.
    pub headers: HeaderMap,
    /// The id of the request.
    pub request_id: String,
    /// The body if it is JSON, else null.
    pub body: Value,
    /// The body as text.
    pub text: String,
    /// The body as received.
    pub bytes: Bytes,
}

impl Reply {
    /// A header's value; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

impl Actor {
    pub fn new(app: Router) -> Self {
        let address = IpAddr::from([203, 0, 113, 1]);
        Self { app, address, authorization: None, headers: Vec::new(), refresh: String::new() }
    }

    /// The same actor with an `Authorization: Bearer` header.
    pub fn bearing(&self, token: &str) -> Self {
        self.authorized(&format!("Bearer {token}"))
    }

    /// The same actor with this `Authorization` header.
    pub fn authorized(&self, authorization: &str) -> Self {
        Self { authorization: Some(authorization.to_owned()), ..self.clone() }
    }

    /// The credential without its scheme.
    pub fn token(&self) -> &str {
        self.authorization.as_deref().and_then(|value| value.split(' ').nth(1)).unwrap_or_default()
    }

    /// The same actor at another address.
    pub fn at(&self, address: &str) -> Self {
        Self { address: address.parse().unwrap(), ..self.clone() }
    }

    /// The same actor with one more header on every request.
    pub fn sending(&self, name: &str, value: &str) -> Self {
        let mut actor = self.clone();
        actor.headers.push((name.to_owned(), value.to_owned()));
        actor
    }

    /// The same actor without a header of that name.
    pub fn without(&self, name: &str) -> Self {
        let mut actor = self.clone();
        actor.headers.retain(|(own, _)| own != name);
        actor
    }

    /// The same actor, with requests to another process.
    pub fn in_world(&self, world: &super::World) -> Self {
        Self { app: world.app.clone(), ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, None, Vec::new()).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.post_raw(path, "application/json", body.to_string()).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send(Method::PUT, path, Some("application/json"), body.to_string().into()).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, path, None, Vec::new()).await
    }

    /// A form: `username=a&password=b`.
    pub async fn post_form(&self, path: &str, form: &str) -> Reply {
        self.post_raw(path, "application/x-www-form-urlencoded", form).await
    }

    pub async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<Vec<u8>>) -> Reply {
        self.send(Method::POST, path, Some(content_type), body.into()).await
    }

    pub async fn send(&self, method: Method, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Reply {
        let (parts, body) = self.respond(&method, path, content_type, body).await.into_parts();
        let bytes = body.collect().await.unwrap().to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        let mut headers = parts.headers;
        let request_id = headers.remove("x-request-id").map_or_else(String::new, |id| id.to_str().unwrap().to_owned());
        let reply = Reply { status: parts.status.as_u16(), headers, request_id, body, text, bytes };
        documents::judge(&method, path, &reply);
        reply
    }

    /// Posts JSON and reads the response as a stream of events.
    pub async fn listen(&self, path: &str, body: Value) -> Events {
        self.events(&Method::POST, path, Some("application/json"), body.to_string().into()).await
    }

    /// Reads the stream of events at `path`.
    pub async fn resume(&self, path: &str) -> Events {
        self.events(&Method::GET, path, None, Vec::new()).await
    }

    async fn events(&self, method: &Method, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Events {
        let listening = self.sending("Accept", "text/event-stream");
        let (parts, body) = listening.respond(method, path, content_type, body).await.into_parts();
        let kind = parts.headers.get(header::CONTENT_TYPE).map(|value| value.to_str().unwrap());
        assert_eq!(kind, Some("text/event-stream"), "{}", parts.status);
        Events::new(parts.status.as_u16(), parts.headers, body)
    }

    async fn respond(&self, method: &Method, path: &str, content_type: Option<&str>, body: Vec<u8>) -> Response<Body> {
        let mut request = Request::builder().method(method).uri(path).header(header::HOST, "quintet.test");
        if let Some(authorization) = &self.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let request = request.extension(ClientAddress(self.address)).body(Body::from(body)).unwrap();
        self.app.clone().oneshot(request).await.unwrap()
    }
}
