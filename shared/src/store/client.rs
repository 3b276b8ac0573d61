//! The client that makes the store's calls: either the SDK's client, on AWS and in tests, or a DynamoDB in this
//! process that is called without HTTP. The store makes the same requests to both, and both give the same answers.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    config::{Config, StalledStreamProtectionConfig, retry::RetryConfig},
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
use futures::future::BoxFuture;
use std::{future::ready, sync::Arc};

/// Makes the store's calls. Cheap to clone.
#[derive(Clone)]
pub struct Client(Kind);

#[derive(Clone)]
enum Kind {
    Sdk {
        client: aws_sdk_dynamodb::Client,
        /// The same client without retries.
        once: aws_sdk_dynamodb::Client,
    },
    InProcess(Arc<dyn InProcess>),
}

/// A request that the store can make.
pub trait Request: Sized {
    /// The response on success.
    type Output;
    /// The error of the operation.
    type Error;

    /// Sends the request. Boxed, because the SDK's nested futures exceed the compiler's recursion limit.
    fn call(self, client: &Client) -> BoxFuture<'_, Result<Self::Output, SdkError<Self::Error>>>;
}

/// The operations that the store uses. Generates for each a [`Request`], a function that starts one, and a method of
/// [`InProcess`].
macro_rules! operations {
    ($($operation:ident: $builder:ident, $input:ident => $output:ident, $error:ident;)+) => {
        /// A DynamoDB inside this process, with the same answers. No call to it can get lost, so none is retried.
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

                fn call(self, client: &Client) -> BoxFuture<'_, Result<$output, SdkError<$error>>> {
                    match &client.0 {
                        Kind::Sdk { client, .. } => Box::pin(self.send_with(client)),
                        Kind::InProcess(database) => match self.build() {
                            Ok(input) => database.$operation(input),
                            Err(error) => Box::pin(ready(Err(SdkError::construction_failure(error)))),
                        },
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
    /// Creates an SDK client with this configuration.
    pub fn new(aws: &SdkConfig) -> Self {
        // A response is read as a whole, within the limit of its attempt.
        let unwatched = StalledStreamProtectionConfig::disabled();
        let config = Config::from(aws).to_builder().stalled_stream_protection(unwatched).build();
        let once = config.to_builder().retry_config(RetryConfig::disabled()).build();
        let [client, once] = [config, once].map(aws_sdk_dynamodb::Client::from_conf);
        Self(Kind::Sdk { client, once })
    }

    /// Wraps a DynamoDB inside this process, which is called without HTTP.
    pub fn in_process(database: impl InProcess + 'static) -> Self {
        Self(Kind::InProcess(Arc::new(database)))
    }

    /// A client without retries, for a call that must not be repeated even if its response is lost.
    pub fn once(&self) -> Self {
        Self(match &self.0 {
            Kind::Sdk { once, .. } => Kind::Sdk { client: once.clone(), once: once.clone() },
            Kind::InProcess(database) => Kind::InProcess(database.clone()),
        })
    }
}
