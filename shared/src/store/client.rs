//! Who carries out the store's calls: the SDK's client, on AWS and in tests, or a database in this process, which is
//! called without the wire. The store makes the same requests for both, and cannot tell them apart by their answers.

use aws_config::SdkConfig;
use aws_sdk_dynamodb::{
    config::{Config, retry::RetryConfig},
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

    /// Makes it. Boxed, because the compiler follows the SDK's nested futures only so deep.
    fn call(self, client: &Client) -> BoxFuture<'_, Result<Self::Output, SdkError<Self::Error>>>;
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
    /// The SDK's client with this configuration.
    pub fn new(aws: &SdkConfig) -> Self {
        let config = Config::from(aws);
        let once = config.to_builder().retry_config(RetryConfig::disabled()).build();
        let [client, once] = [config, once].map(aws_sdk_dynamodb::Client::from_conf);
        Self(Kind::Sdk { client, once })
    }

    /// A DynamoDB inside this process, called without the wire.
    pub fn in_process(database: impl InProcess + 'static) -> Self {
        Self(Kind::InProcess(Arc::new(database)))
    }

    /// For a call that may not happen twice, not even when its answer is lost.
    pub fn once(&self) -> Self {
        Self(match &self.0 {
            Kind::Sdk { once, .. } => Kind::Sdk { client: once.clone(), once: once.clone() },
            Kind::InProcess(database) => Kind::InProcess(database.clone()),
        })
    }
}
