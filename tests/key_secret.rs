//! The Secrets Manager secret with the keys that sign tokens.

use aws_smithy_runtime_api::client::{
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
};
use aws_smithy_types::body::SdkBody;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use shared::{
    aws::{self, Respond},
    domain::Error,
    secrets::{KeySecret, Keyring},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

const ONE: &str = "a key of tests that is long enough: 0123456789";
const OTHER: &str = "another key of tests that is long enough: 0123";
const SHORT: &str = "thirty-one bytes are too few...";

/// Secrets Manager, with these statuses and bodies for the two versions.
#[derive(Debug, Clone)]
struct SecretsManager {
    current: (u16, Value),
    previous: (u16, Value),
    asked: Arc<Mutex<Vec<String>>>,
}

impl Respond for SecretsManager {
    async fn respond(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let asked: Value = serde_json::from_slice(request.body().bytes().unwrap()).unwrap();
        assert_eq!(asked["SecretId"], "keys");
        let label = asked["VersionStage"].as_str().unwrap();
        let (status, body) = if label == "AWSCURRENT" { &self.current } else { &self.previous };
        self.asked.lock().unwrap().push(label.to_owned());
        Ok(HttpResponse::new((*status).try_into().unwrap(), SdkBody::from(body.to_string())))
    }
}

fn holding(key: &str) -> (u16, Value) {
    (200, json!({"Name": "keys", "SecretString": key}))
}

fn refusing(code: &str) -> (u16, Value) {
    (400, json!({"__type": code, "message": "No."}))
}

/// The keys, and the versions that were requested.
async fn read(current: (u16, Value), previous: (u16, Value)) -> (Result<Vec<String>, Error>, Vec<String>) {
    let service = SecretsManager { current, previous, asked: Arc::default() };
    let aws = aws::embedded(service.clone(), Duration::from_millis(1));
    let keys = KeySecret::new(&aws, "keys".to_owned()).read().await;
    let keys = keys.map(|keys| {
        let all = [Some(keys.current), keys.previous];
        all.into_iter().flatten().map(|key| key.expose_secret().to_owned()).collect()
    });
    let asked = service.asked.lock().unwrap().clone();
    (keys, asked)
}

#[tokio::test]
async fn the_latest_version_signs_and_the_one_before_it_is_still_a_key() {
    let nothing = || refusing("ResourceNotFoundException");
    let cases = [
        (holding(OTHER), holding(ONE), vec![OTHER, ONE]),
        // The key was never rotated.
        (holding(ONE), nothing(), vec![ONE]),
        // An invalid previous version does no harm, because it could never sign.
        (holding(ONE), holding(SHORT), vec![ONE]),
        (holding(ONE), (200, json!({"Name": "keys", "SecretBinary": "AAAA"})), vec![ONE]),
    ];
    for (current, previous, keys) in cases {
        let (read, asked) = read(current, previous).await;
        assert_eq!(read.unwrap(), keys);
        // In this order, a rotation between the two reads shows the same key twice and hides none.
        assert_eq!(asked, ["AWSCURRENT", "AWSPREVIOUS"]);
    }
}

#[tokio::test]
async fn without_a_key_somebody_has_to_mend_it_and_it_is_tried_again() {
    let cases = [
        (holding(SHORT), holding(ONE)),
        (refusing("ResourceNotFoundException"), holding(ONE)),
        (refusing("AccessDeniedException"), holding(ONE)),
        (holding(ONE), refusing("AccessDeniedException")),
        ((200, json!({"Name": "keys", "SecretBinary": "AAAA"})), holding(ONE)),
    ];
    for (current, previous) in cases {
        let case = format!("{current:?} {previous:?}");
        let (read, _) = read(current, previous).await;
        let Err(Error::Unavailable(cause)) = read else { panic!("{case}") };
        assert!(!format!("{cause:?}").contains(SHORT), "no key is told");
    }
}
