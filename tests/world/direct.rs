//! The embedded database as `cargo run` uses it, without the SDK's client. Tests can wait for the end of each call.

use super::Progress;
use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{
        batch_get_item::{BatchGetItemError, BatchGetItemInput, BatchGetItemOutput},
        batch_write_item::{BatchWriteItemError, BatchWriteItemInput, BatchWriteItemOutput},
        delete_item::{DeleteItemError, DeleteItemInput, DeleteItemOutput},
        get_item::{GetItemError, GetItemInput, GetItemOutput},
        put_item::{PutItemError, PutItemInput, PutItemOutput},
        query::{QueryError, QueryInput, QueryOutput},
        transact_write_items::{TransactWriteItemsError, TransactWriteItemsInput, TransactWriteItemsOutput},
        update_item::{UpdateItemError, UpdateItemInput, UpdateItemOutput},
    },
};
use futures::future::BoxFuture;
use local::embedded::Embedded;
use shared::store::client::InProcess;

/// The embedded database, called in this process.
pub struct Direct {
    inner: Embedded,
    progress: Progress,
}

impl Direct {
    pub const fn new(inner: Embedded, progress: Progress) -> Self {
        Self { inner, progress }
    }
}

/// Generates the methods, which differ only in their types.
macro_rules! pass_on {
    ($($operation:ident: $input:ident => $output:ident, $error:ident;)+) => {
        impl InProcess for Direct {
            $(
                fn $operation(&self, input: $input) -> BoxFuture<'_, Result<$output, SdkError<$error>>> {
                    Box::pin(async move {
                        // Lets other tasks run meanwhile, as a network call would.
                        tokio::task::yield_now().await;
                        let answer = self.inner.$operation(input).await;
                        self.progress.note();
                        answer
                    })
                }
            )+
        }
    };
}

pass_on! {
    batch_get_item: BatchGetItemInput => BatchGetItemOutput, BatchGetItemError;
    batch_write_item: BatchWriteItemInput => BatchWriteItemOutput, BatchWriteItemError;
    delete_item: DeleteItemInput => DeleteItemOutput, DeleteItemError;
    get_item: GetItemInput => GetItemOutput, GetItemError;
    put_item: PutItemInput => PutItemOutput, PutItemError;
    query: QueryInput => QueryOutput, QueryError;
    transact_write_items: TransactWriteItemsInput => TransactWriteItemsOutput, TransactWriteItemsError;
    update_item: UpdateItemInput => UpdateItemOutput, UpdateItemError;
}
