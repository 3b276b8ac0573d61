//! Who carries out the store's calls: the SDK's client, on AWS and in tests, or a database in this process, which is
//! called without the wire. The store makes the same requests for both, and cannot tell them apart by their answers.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    config::{
        BehaviorVersion, Builder, Config, Credentials, Region,
        retry::{RetryConfig, RetryPartition},
        timeout::TimeoutConfig,
    },
    error::SdkError,
    operation::{
        batch_get_item::{
            BatchGetItemError, BatchGetItemInput, BatchGetItemOutput, builders::BatchGetItemInputBuilder,
        },
        batch_write_item::{
            BatchWriteItemError, BatchWriteItemInput, BatchWriteItemOutput, builders::BatchWriteItemInputBuilder,
        },
        delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput, builders::DeleteItemInputBuilder},
        get_item::{GetItemError, GetItemInput, GetItemOutput, builders::GetItemInputBuilder},
        put_item::{PutItemError, PutItemInput, PutItemOutput, builders::PutItemInputBuilder},
        query::{QueryError, QueryInput, QueryOutput, builders::QueryInputBuilder},
        transact_write_items::{
            TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput,
            builders::TransactWriteItemsInputBuilder,
        },
        update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput, builders::UpdateItemInputBuilder},
    },
};
use aws_smithy_runtime_api::client::http::HttpClient;
use futures::future::BoxFuture;
use std::{sync::Arc, time::Duration};

/// Reads may always be tried again. So may our writes: transactions carry a token by which DynamoDB
/// recognises a repeat, and single writes are conditional, or counters whose number may skip.
const TRIES: u32 = 3;

/// What carries out the store's calls. Cheap to clone.
#[derive(Clone)]
pub struct Client(Kind);

#[derive(Clone)]
enum Kind {
    Sdk {
        client: aws_sdk_dynamodb::Client,
        /// The same without retries.
        once: aws_sdk_dynamodb::Client,
    },
    InProcess(Arc<dyn InProcess>),
}

/// A request that the store can make.
pub trait Request: Sized {
    /// What answers it.
    type Output;
    /// What refuses it.
    type Error;

    /// Makes it.
    fn call(self, client: &Client) -> impl Future<Output = Result<Self::Output, SdkError<Self::Error>>> + Send;
}

/// The operations that the store uses: for each a [`Request`], what begins one, and a method of [`InProcess`].
macro_rules! operations {
    ($($operation:ident: $builder:ident, $input:ident => $output:ident, $error:ident;)+) => {
        /// A database inside this process. It answers as DynamoDB does. Nothing gets lost on the way to it, so nothing
        /// is tried again.
        pub trait InProcess: Send + Sync {
            $(
                #[doc = concat!("`", stringify!($input), "`, answered.")]
                fn $operation(&self, input: $input) -> BoxFuture<'_, Result<$output, SdkError<$error>>>;
            )+
        }

        $(
            #[doc = concat!("A new `", stringify!($input), "`.")]
            pub fn $operation() -> $builder {
                $input::builder()
            }

            impl Request for $builder {
                type Output = $output;
                type Error = $error;

                async fn call(self, client: &Client) -> Result<$output, SdkError<$error>> {
                    match &client.0 {
                        Kind::Sdk { client, .. } => self.send_with(client).await,
                        Kind::InProcess(database) => {
                            database.$operation(self.build().map_err(SdkError::construction_failure)?).await
                        }
                    }
                }
            }
        )+
    };
}

operations! {
    batch_get_item: BatchGetItemInputBuilder, BatchGetItemInput => BatchGetItemOutput, BatchGetItemError;
    batch_write_item: BatchWriteItemInputBuilder, BatchWriteItemInput => BatchWriteItemOutput, BatchWriteItemError;
    delete_item: DeleteItemInputBuilder, DeleteItemInput => DeleteItemOutput, DeleteItemError;
    get_item: GetItemInputBuilder, GetItemInput => GetItemOutput, GetItemError;
    put_item: PutItemInputBuilder, PutItemInput => PutItemOutput, PutItemError;
    query: QueryInputBuilder, QueryInput => QueryOutput, QueryError;
    transact_write_items:
        TransactWriteItemsInputBuilder, TransactWriteItemsInput => TransactWriteItemsOutput, TransactWriteItemsError;
    update_item: UpdateItemInputBuilder, UpdateItemInput => UpdateItemOutput, UpdateItemError;
}

impl Client {
    fn sdk(config: Config) -> Self {
        let once = config.to_builder().retry_config(RetryConfig::disabled()).build();
        let [client, once] = [config, once].map(aws_sdk_dynamodb::Client::from_conf);
        Self(Kind::Sdk { client, once })
    }

    /// For a call that may not happen twice, not even when its answer is lost.
    pub fn once(&self) -> Self {
        Self(match &self.0 {
            Kind::Sdk { once, .. } => Kind::Sdk { client: once.clone(), once: once.clone() },
            Kind::InProcess(database) => Kind::InProcess(database.clone()),
        })
    }
}

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
    Client::sdk(Builder::from(aws).retry_config(retries).timeout_config(timeouts()).build())
}

/// A DynamoDB inside this process, called without the wire.
pub fn in_process(database: impl InProcess + 'static) -> Client {
    Client(Kind::InProcess(Arc::new(database)))
}

/// A DynamoDB inside this process behind the SDK's client, as `http` answers. `backoff` is the first pause before a
/// retry.
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
    Client::sdk(config.build())
}
