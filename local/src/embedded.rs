//! DynamoDB inside this process. The SDK's client stays in use, with all it does about retries and time
//! limits; only its HTTP connection is replaced by a call into the embedded database.

use crate::pump::ChangeFeed;
use aws_smithy_runtime_api::{
    client::{
        http::{HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector},
        orchestrator::{HttpRequest, HttpResponse},
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use dynoxide::{Database, DynoxideError};
use serde::{Serialize, de::DeserializeOwned};
use std::fmt;

/// The HTTP client of an SDK whose DynamoDB is in this process.
#[derive(Clone)]
pub struct Embedded {
    database: Database,
    outbox: ChangeFeed,
}

impl Embedded {
    /// Calls into `database`, and tells `outbox` of what is written.
    pub const fn new(database: Database, outbox: ChangeFeed) -> Self {
        Self { database, outbox }
    }

    /// Runs one DynamoDB request: the operation's name and its JSON, as the protocol has them.
    pub async fn run(&self, operation: String, body: Vec<u8>) -> Result<HttpResponse, ConnectorError> {
        let Self { database, outbox } = self.clone();
        // SQLite blocks.
        let ran = tokio::task::spawn_blocking(move || -> Result<String, DynoxideError> {
            let answer = dispatch(&database, &operation, &body)?;
            if operation == "TransactWriteItems" {
                outbox.wrote(&body);
            }
            Ok(answer)
        })
        .await;
        let (status, body): (_, String) = match ran.map_err(|error| ConnectorError::other(error.into(), None))? {
            Ok(body) => (200, body),
            Err(error) => (error.status_code(), error.to_json()),
        };
        let status = StatusCode::try_from(status).map_err(|error| ConnectorError::other(error.into(), None))?;
        Ok(HttpResponse::new(status, SdkBody::from(body)))
    }

    /// The operation and the body of an SDK's request.
    pub fn operation_of(request: &HttpRequest) -> Option<(String, Vec<u8>)> {
        let target = request.headers().get("x-amz-target")?;
        let operation = target.split_once('.').map_or(target, |(_, operation)| operation);
        Some((operation.to_owned(), request.body().bytes()?.to_vec()))
    }
}

impl fmt::Debug for Embedded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Embedded")
    }
}

impl HttpConnector for Embedded {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let embedded = self.clone();
        HttpConnectorFuture::new(async move {
            let (operation, body) =
                Self::operation_of(&request).ok_or_else(|| ConnectorError::user("not a DynamoDB request".into()))?;
            embedded.run(operation, body).await
        })
    }
}

impl HttpClient for Embedded {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The operations that the store uses. Others, a `Scan` above all, do not exist.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> Result<String, DynoxideError> {
    match operation {
        "GetItem" => answer(body, |request| database.get_item(request)),
        "BatchGetItem" => answer(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => answer(body, |request| database.batch_write_item(request)),
        "DeleteItem" => answer(body, |request| database.delete_item(request)),
        "Query" => answer(body, |request| database.query(request)),
        "PutItem" => answer(body, |request| database.put_item(request)),
        "UpdateItem" => answer(body, |request| database.update_item(request)),
        "TransactWriteItems" => answer(body, |request| database.transact_write_items(request)),
        other => Err(DynoxideError::ValidationException(format!("{other} is not used here"))),
    }
}

fn answer<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    run: impl FnOnce(Q) -> Result<A, DynoxideError>,
) -> Result<String, DynoxideError> {
    let wrong = |error: serde_json::Error| DynoxideError::SerializationException(error.to_string());
    let request = serde_json::from_slice(body).map_err(wrong)?;
    serde_json::to_string(&run(request)?).map_err(wrong)
}
