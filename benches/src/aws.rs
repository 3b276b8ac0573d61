//! The services that functions call: DynamoDB, S3, SQS and Secrets Manager over loopback, and a receiver of webhooks.
//! The module measures how long they were busy, so that a function's own share of the time can be computed.

use crate::statistics::now;
use anyhow::{Context, Result};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    response::{IntoResponse, Response},
};
use local::process::Backing;
use serde_json::{Value, json};
use shared::aws::Respond;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The maximum size of a request, in bytes.
const BODY_MAX: usize = 8 << 20;

/// The services. Cheap to clone.
#[derive(Clone)]
pub struct Aws {
    backing: Backing,
    secret: String,
    meter: Arc<Meter>,
}

/// Usage of the services.
#[derive(Debug, Default, Clone, Copy)]
pub struct Share {
    /// How long at least one service was busy.
    pub busy: Duration,
    /// Calls to DynamoDB.
    pub database_calls: usize,
    /// Calls to SQS.
    pub queue_calls: usize,
    /// DynamoDB read units, if they are counted.
    pub read_units: f64,
    /// DynamoDB write units, if they are counted.
    pub write_units: f64,
}

#[derive(Default)]
struct Meter(Mutex<Metered>);

#[derive(Default)]
struct Metered {
    share: Share,
    running: usize,
    since: Option<Instant>,
    counts_units: bool,
}

/// Marks a service as busy until this value is dropped.
pub struct Busy(Arc<Meter>);

impl Meter {
    fn lock(&self) -> MutexGuard<'_, Metered> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let mut metered = self.0.lock();
        metered.running -= 1;
        if metered.running == 0
            && let Some(since) = metered.since.take()
        {
            metered.share.busy += now() - since;
        }
    }
}

impl Aws {
    /// Creates the services on the embedded ones. `secret` is the secret in Secrets Manager.
    pub fn new(backing: Backing, secret: String) -> Self {
        Self { backing, secret, meter: Arc::default() }
    }

    /// Records that something the function waits for is busy.
    pub fn begin(&self) -> Busy {
        let mut metered = self.meter.lock();
        metered.running += 1;
        if metered.running == 1 {
            metered.since = Some(now());
        }
        drop(metered);
        Busy(self.meter.clone())
    }

    /// Usage since the last call of this method.
    pub fn take_share(&self) -> Share {
        std::mem::take(&mut self.meter.lock().share)
    }

    /// Sets whether units are counted from now on. Counting makes answers longer.
    pub fn count_units(&self, counts: bool) {
        self.meter.lock().counts_units = counts;
    }

    /// Answers a request from an SDK.
    pub async fn answer(&self, request: Request) -> Response {
        match self.try_answer(request).await {
            Ok(answer) => answer,
            Err(error) => (axum::http::StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")).into_response(),
        }
    }

    async fn try_answer(&self, request: Request) -> Result<Response> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, BODY_MAX).await?;
        let _busy = self.begin();
        let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let (service, operation) = target.split_once('.').unwrap_or_default();
        match service {
            "DynamoDB_20120810" => self.database(operation, &body).await,
            "secretsmanager" => Ok(self.secret(&body)),
            "AmazonSQS" => {
                self.meter.lock().share.queue_calls += 1;
                called(&self.backing.queues, head, &body).await
            }
            "" if head.uri.path().starts_with("/@connections/") => Ok(axum::http::StatusCode::OK.into_response()),
            "" => called(&self.backing.storage, head, &body).await,
            other => anyhow::bail!("nobody is {other}"),
        }
    }

    async fn database(&self, operation: &str, body: &[u8]) -> Result<Response> {
        let counts_units = {
            let mut metered = self.meter.lock();
            metered.share.database_calls += 1;
            metered.counts_units
        };
        let mut body = body.to_vec();
        if counts_units {
            let mut request: Value = serde_json::from_slice(&body)?;
            request["ReturnConsumedCapacity"] = json!("TOTAL");
            body = request.to_string().into_bytes();
        }
        let answer = self.backing.tables.run(operation, &body).await?;
        if counts_units {
            self.note_units(operation, answer.body().bytes().unwrap_or_default())?;
        }
        Ok(answer.try_into_http1x()?.map(Body::new))
    }

    fn note_units(&self, operation: &str, answer: &[u8]) -> Result<()> {
        let told: Value = serde_json::from_slice(answer)?;
        let tables = match &told["ConsumedCapacity"] {
            Value::Array(tables) => tables.clone(),
            table => vec![table.clone()],
        };
        let units: f64 = tables.iter().filter_map(|table| table["CapacityUnits"].as_f64()).sum();
        let share = &mut self.meter.lock().share;
        match operation {
            "GetItem" | "BatchGetItem" | "Query" => share.read_units += units,
            _ => share.write_units += units,
        }
        Ok(())
    }

    /// Answers any secret id with the same secret. It has no previous version.
    fn secret(&self, body: &[u8]) -> Response {
        let request: Value = serde_json::from_slice(body).unwrap_or_default();
        let json = [("content-type", "application/x-amz-json-1.1")];
        if request["VersionStage"] == "AWSPREVIOUS" {
            let error = json!({"__type": "ResourceNotFoundException", "Message": "there is no such version"});
            return (axum::http::StatusCode::BAD_REQUEST, json, error.to_string()).into_response();
        }
        let id = request["SecretId"].clone();
        let secret = json!({
            "ARN": "arn:aws:secretsmanager:us-east-1:123456789012:secret:jwt",
            "Name": id,
            "SecretString": self.secret,
            "VersionId": "01234567-89ab-cdef-0123-456789abcdef",
            "VersionStages": ["AWSCURRENT"],
        });
        (json, secret.to_string()).into_response()
    }
}

/// Passes a request to a service in this process and returns its answer.
async fn called(service: &impl Respond, head: axum::http::request::Parts, body: &[u8]) -> Result<Response> {
    let request = axum::http::Request::from_parts(head, SdkBody::from(body));
    let answer = service.respond(HttpRequest::try_from(request).context("a request that is none")?).await?;
    Ok(answer.try_into_http1x()?.map(Body::new))
}
