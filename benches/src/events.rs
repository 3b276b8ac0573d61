//! Events in the form in which Lambda passes them to functions.

use serde_json::{Value, json};

/// A client's request.
#[derive(Debug, Clone)]
pub struct Call {
    /// The method.
    pub method: &'static str,
    /// The path as sent, without a query.
    pub path: String,
    /// The value of `Authorization`, if present.
    pub authorization: Option<String>,
    /// The JSON body, if there is one.
    pub body: Option<Value>,
}

impl Call {
    /// A `GET` request from a signed-in user.
    pub fn get(path: impl Into<String>, access: &str) -> Self {
        let authorization = Some(format!("Bearer {access}"));
        Self { method: "GET", path: path.into(), authorization, body: None }
    }

    /// A `POST` request from a signed-in user.
    pub fn post(path: impl Into<String>, access: &str, body: Value) -> Self {
        Self { method: "POST", body: Some(body), ..Self::get(path, access) }
    }

    /// A `POST` request without a credential.
    pub fn anonymous(path: impl Into<String>, body: Value) -> Self {
        Self { method: "POST", path: path.into(), authorization: None, body: Some(body) }
    }
}

/// A client's request as an event of a REST API.
pub fn request(call: &Call) -> String {
    let Call { method, path, authorization, body } = call;
    let mut headers = json!({
        "Accept": "application/json",
        "Content-Type": "application/json",
        "Host": "abcdef1234.execute-api.us-east-1.amazonaws.com",
        "User-Agent": "benches",
        "X-Amzn-Trace-Id": "Root=1-5759e988-bd862e3fe1be46a994272793",
        "X-Forwarded-For": "203.0.113.1",
        "X-Forwarded-Port": "443",
        "X-Forwarded-Proto": "https",
    });
    if let Some(authorization) = authorization {
        headers["Authorization"] = json!(authorization);
    }
    let each = headers.as_object().into_iter().flatten();
    let multi_value_headers: Value = each.map(|(name, value)| (name.clone(), json!([value]))).collect();
    json!({
        "resource": path,
        "path": path,
        "httpMethod": method,
        "headers": headers,
        "multiValueHeaders": multi_value_headers,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abcdef1234",
            "domainName": "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "abcdef1234",
            "extendedRequestId": "LQ6vLGAJjoEFn6w=",
            "httpMethod": method,
            "identity": {"sourceIp": "203.0.113.1", "userAgent": "benches"},
            "path": format!("/v1{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "01234567-89ab-cdef-0123-456789abcdef",
            "requestTime": "21/Nov/2026:10:00:00 +0000",
            "requestTimeEpoch": 1_795_255_200_000_u64,
            "resourceId": "abcdef",
            "resourcePath": path,
            "stage": "v1",
        },
        "body": body.as_ref().map(Value::to_string),
        "isBase64Encoded": false,
    })
    .to_string()
}

/// A new outbox row as an event of the table's stream.
pub fn change(row: &Value) -> String {
    json!({"Records": [{
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/outbox/stream/2026-11-21T10:00:00.000",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_795_255_200.0,
            "Keys": {"pk": row["pk"], "sk": row["sk"]},
            "NewImage": row,
            "SequenceNumber": "4421584500000000017450439091",
            "SizeBytes": row.to_string().len(),
            "StreamViewType": "NEW_IMAGE",
        },
    }]})
    .to_string()
}

/// A queue message as an event.
pub fn message(body: &str) -> String {
    json!({"Records": [{
        "messageId": "19dd0b57-b21e-4ac1-bd88-01bbb068cb78",
        "receiptHandle": "MessageReceiptHandle",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795255200000",
            "SenderId": "AROAEXAMPLE:dispatch",
            "ApproximateFirstReceiveTimestamp": "1795255200001",
        },
        "messageAttributes": {},
        "md5OfBody": "94742f9e427260413c90eef89552178f",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:deliveries",
        "awsRegion": "us-east-1",
    }]})
    .to_string()
}

/// A client's WebSocket message as an event.
pub fn frame(text: &str) -> String {
    json!({
        "requestContext": {
            "routeKey": "$default",
            "eventType": "MESSAGE",
            "extendedRequestId": "LQ6vLGAJjoEFn6w=",
            "requestTime": "21/Nov/2026:10:00:00 +0000",
            "messageDirection": "IN",
            "stage": "live",
            "connectedAt": 1_795_255_200_000_u64,
            "requestTimeEpoch": 1_795_255_200_100_u64,
            "identity": {"sourceIp": "203.0.113.1"},
            "requestId": "LQ6vLGAJjoEFn6w=",
            "domainName": "abcdef1234.execute-api.us-east-1.amazonaws.com",
            "connectionId": "LQ6vLdiYDoECFyQ=",
            "apiId": "abcdef1234",
            "messageId": "LQ6vPeDjDoECFyQ=",
        },
        "body": text,
        "isBase64Encoded": false,
    })
    .to_string()
}

/// The event of a schedule.
pub fn tick() -> String {
    json!({
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-21T10:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/hourly"],
        "detail": {},
    })
    .to_string()
}
