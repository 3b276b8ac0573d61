//! A deployment to measure functions on: an embedded database with one user's data, and the settings of the functions.

use crate::{
    aws::{Aws, Busy},
    events::{self, Call},
};
use anyhow::{Context, Result, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode, header},
};
use dynoxide::Database;
use local::{
    data::DataLocation,
    process::{self, Process},
};
use serde_json::{Value, json};
use shared::{
    aws::embedded_credentials,
    config::{BUCKET_FILES, Config, QueueUrls, Tables},
    http::ClientAddress,
};
use std::net::{IpAddr, Ipv4Addr};
use tokio::net::TcpListener;
use tower::ServiceExt;

/// The key that signs tokens, in the form stored in Secrets Manager.
const KEY: &str = "a key that signs what is measured";
/// Every user's password.
pub const PASSWORD: &str = "password123";
/// The number of assistants and of sessions: one full page of each.
const LISTED: usize = 20;
/// The maximum size of an answer, in bytes.
const ANSWER_MAX: usize = 8 << 20;
/// A rate limit that is never reached: requests are counted, but none is refused.
const MANY: &str = "1000000000";

/// The deployment.
pub struct World {
    /// The services that functions call.
    pub aws: Aws,
    /// The user's access token.
    pub access: String,
    /// The path of a file's content.
    pub file: String,
    process: Process,
    router: Router,
    /// The directory with the contents of files. It is removed when this value is dropped.
    _place: DataLocation,
}

impl World {
    /// Creates a deployment with a user who has a full page of everything, and a webhook.
    pub async fn new() -> Result<Self> {
        let config = Config::read(|name| {
            let value = match name {
                "JWT_SECRET" => KEY,
                "OUTBOUND_ALLOW" => "127.0.0.1",
                "RATE_LIMIT_API" | "RATE_LIMIT_AUTH" | "INITIAL_TOKENS" => MANY,
                _ => return None,
            };
            Some(value.to_owned())
        })?;
        let place = DataLocation::temporary()?;
        let process = process::open(&place, config, None)?;
        let aws = Aws::new(process.backing.clone(), KEY.to_owned());
        let router = local::router(&process.services);
        let (access, file) = (String::new(), String::new());
        let mut world = Self { aws, access, file, process, router, _place: place };
        world.populate().await?;
        Ok(world)
    }

    async fn populate(&mut self) -> Result<()> {
        let new = json!({
            "username": "ada", "email": "ada@example.com", "password": PASSWORD, "confirm_password": PASSWORD,
        });
        let registered = self.call(&Call::anonymous("/api/v1/auth/register/", new)).await?;
        self.access = registered["access"].as_str().context("no access token")?.to_owned();
        for number in 0..LISTED {
            let assistant = json!({"name": format!("Assistant {number}"), "system_prompt": "You are helpful."});
            self.post("/api/v1/assistants", assistant).await?;
            let session = self.post("/api/v1/chat/sessions/", json!({"title": format!("Session {number}")})).await?;
            let session = session["id"].as_str().context("a session without an id")?;
            self.post(&format!("/api/v1/chat/sessions/{session}/chats/"), json!({"message": "Hello"})).await?;
        }
        let url = format!("http://{}/webhook", self.receiver().await?);
        self.post("/api/v1/webhooks", json!({"url": url, "events": ["message.received"]})).await?;
        let form = [
            "--parts\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nReporter",
            "--parts\r\nContent-Disposition: form-data; name=\"company_name\"\r\n\r\nACME",
            "--parts\r\nContent-Disposition: form-data; name=\"instructions\"\r\n\r\nYou write reports.",
            "--parts\r\nContent-Disposition: form-data; name=\"files\"; filename=\"a.txt\"\r\n\r\nA good year.",
            "--parts--\r\n",
        ];
        let call = Call { body: None, ..Call::post("/api/v1/assistants/", &self.access, Value::Null) };
        let assistant = self.send(&call, "multipart/form-data; boundary=parts", form.join("\r\n")).await?;
        let file = assistant["files"][0]["id"].as_str().context("an assistant without a file")?;
        self.file = format!("/api/v1/files/{file}/content");
        Ok(())
    }

    /// Starts a receiver that accepts webhook requests and records that it is busy.
    async fn receiver(&self) -> Result<String> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?.to_string();
        let aws = self.aws.clone();
        let take = move || {
            let busy: Busy = aws.begin();
            async move { drop(busy) }
        };
        tokio::spawn(async { axum::serve(listener, Router::new().fallback(take)).await });
        Ok(address)
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.call(&Call::post(path, &self.access, body)).await
    }

    /// Calls the service and returns its answer, which must be a success.
    async fn call(&self, call: &Call) -> Result<Value> {
        let body = call.body.as_ref().map(Value::to_string).unwrap_or_default();
        self.send(call, "application/json", body).await
    }

    async fn send(&self, call: &Call, content_type: &str, body: String) -> Result<Value> {
        let mut request = Request::builder().method(call.method).uri(&call.path);
        if let Some(authorization) = &call.authorization {
            request = request.header(header::AUTHORIZATION, authorization);
        }
        let mut request = request.header(header::CONTENT_TYPE, content_type).body(Body::from(body))?;
        request.extensions_mut().insert(ClientAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let body = to_bytes(answer.into_body(), ANSWER_MAX).await?;
        let text = String::from_utf8_lossy(&body);
        ensure!(matches!(status, StatusCode::OK | StatusCode::CREATED), "{}: {status} {text}", call.path);
        Ok(serde_json::from_slice(&body)?)
    }

    /// Makes `count` requests and returns the latest `count` events of the outbox's stream.
    pub async fn changes(&self, count: usize) -> Result<Vec<String>> {
        for _ in 0..count {
            self.post("/api/chat/", json!({"message": "Hello"})).await?;
        }
        let mut rows = rows(&self.process.backing.database, &Tables::default().outbox)?;
        rows.sort_by_key(|row| row["sk"]["S"].as_str().unwrap_or_default().to_owned());
        ensure!(rows.len() >= count, "too few changes");
        Ok(rows.split_off(rows.len() - count).iter().map(events::change).collect())
    }

    /// The messages in the delivery queue, as events.
    pub fn deliveries(&self) -> Vec<String> {
        let queue = &self.process.backing.queues.deliveries;
        let taken = std::iter::from_fn(|| {
            let message = queue.take()?;
            // A group releases only a few messages at a time, so each one is deleted at once.
            queue.done(&message.receipt);
            Some(message)
        });
        taken.map(|message| events::message(&message.body)).collect()
    }

    /// The settings of a function that reaches AWS at `address`.
    pub fn environment(address: &str, streams: bool) -> Vec<(&'static str, String)> {
        let credentials = embedded_credentials();
        let (tables, queues) = (Tables::default(), QueueUrls::default());
        let text = str::to_owned;
        vec![
            ("AWS_LAMBDA_FUNCTION_NAME", text("measured")),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", text("512")),
            ("AWS_LAMBDA_FUNCTION_VERSION", text("$LATEST")),
            ("AWS_LAMBDA_LOG_GROUP_NAME", text("measured")),
            ("AWS_LAMBDA_LOG_STREAM_NAME", text("measured")),
            ("AWS_LAMBDA_HTTP_IGNORE_STAGE_IN_PATH", text("1")),
            ("AWS_REGION", text("us-east-1")),
            ("AWS_ACCESS_KEY_ID", text(credentials.access_key_id())),
            ("AWS_SECRET_ACCESS_KEY", text(credentials.secret_access_key())),
            ("AWS_ENDPOINT_URL", format!("http://{address}")),
            ("WEBSOCKET_ENDPOINT", format!("http://{address}")),
            ("JWT_SECRET_ID", text("jwt")),
            ("STREAM_RESPONSES", text(if streams { "1" } else { "0" })),
            ("LOG_FORMAT", text("json")),
            ("OUTBOUND_ALLOW", text("127.0.0.1")),
            ("RATE_LIMIT_API", text(MANY)),
            ("RATE_LIMIT_AUTH", text(MANY)),
            ("TABLE_USERS", tables.users),
            ("TABLE_ASSISTANTS", tables.assistants),
            ("TABLE_TOOLS", tables.tools),
            ("TABLE_SESSIONS", tables.sessions),
            ("TABLE_BALANCES", tables.balances),
            ("TABLE_FILES", tables.files),
            ("TABLE_OUTBOX", tables.outbox),
            ("TABLE_WEBHOOKS", tables.webhooks),
            ("TABLE_CONNECTIONS", tables.connections),
            ("TABLE_LIMITS", tables.limits),
            ("BUCKET_FILES", text(BUCKET_FILES)),
            ("QUEUE_DELIVERIES", queues.deliveries),
            ("QUEUE_CONNECTIONS", queues.connections),
            ("QUEUE_INDEXING", queues.indexing),
        ]
    }
}

/// All rows of a table.
fn rows(database: &Database, table: &str) -> Result<Vec<Value>> {
    let (mut rows, mut request) = (Vec::new(), json!({"TableName": table}));
    loop {
        let scanned = serde_json::to_value(database.scan(serde_json::from_value(request.clone())?)?)?;
        rows.extend(scanned["Items"].as_array().cloned().unwrap_or_default());
        match &scanned["LastEvaluatedKey"] {
            Value::Null => return Ok(rows),
            last => request["ExclusiveStartKey"] = last.clone(),
        }
    }
}
