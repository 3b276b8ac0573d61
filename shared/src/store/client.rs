//! The SDK's client: how long it waits, and what it tries again.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    Client,
    config::{
        BehaviorVersion, Builder, Credentials, Region,
        retry::{RetryConfig, RetryPartition},
        timeout::TimeoutConfig,
    },
};
use aws_smithy_runtime_api::client::http::HttpClient;
use std::time::Duration;

/// Reads may always be tried again. So may our writes: transactions carry a token by which DynamoDB
/// recognises a repeat, and single writes are conditional, or counters whose number may skip.
const TRIES: u32 = 3;

/// The SDK has no time limits of its own beyond the one for connecting.
fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(1))
        .operation_attempt_timeout(Duration::from_secs(3))
        .operation_timeout(Duration::from_secs(8))
        .build()
}

/// The deployment's DynamoDB.
pub fn on_aws(aws: &SdkConfig) -> Client {
    let retries = RetryConfig::standard().with_max_attempts(TRIES);
    Client::from_conf(Builder::from(aws).retry_config(retries).timeout_config(timeouts()).build())
}

/// A DynamoDB inside this process, behind `http`. `backoff` is the first pause before a retry.
pub fn embedded(http: impl HttpClient + 'static, backoff: Duration) -> Client {
    let config = Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("local"))
        .endpoint_url("http://embedded.invalid")
        .credentials_provider(Credentials::for_tests())
        .http_client(http)
        .retry_config(RetryConfig::standard().with_max_attempts(TRIES).with_initial_backoff(backoff))
        // Its own allowance of retries: several embedded databases share nothing.
        .retry_partition(RetryPartition::custom("embedded").build())
        .timeout_config(timeouts());
    Client::from_conf(config.build())
}
