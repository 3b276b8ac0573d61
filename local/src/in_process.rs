//! DynamoDB in this process, called by the store without a wire format: requests and responses are converted, not
//! serialised to JSON and parsed again. This bypasses the SDK's client with its signatures and retries.

mod convert;

use crate::embedded::{Embedded, Failed};
use aws_sdk_dynamodb::{
    error::{ErrorMetadata, SdkError},
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
    types::{
        self as sdk,
        error::{ConditionalCheckFailedException, TransactionCanceledException},
    },
};
use aws_smithy_runtime_api::{
    client::{orchestrator::HttpResponse, result::ConnectorError},
    http::StatusCode,
};
use aws_smithy_types::body::SdkBody;
use convert::{batch_write, item, keys, on_failure, sdk_item, sdk_items, sdk_to_item, transact_write, unprocessed};
use dynoxide::{DynoxideError, actions};
use futures::future::BoxFuture;
use shared::store::client::InProcess;
use std::collections::HashMap;

type Called<'a, O, E> = BoxFuture<'a, Result<O, SdkError<E>>>;

impl InProcess for Embedded {
    fn get_item(&self, input: GetItemInput) -> Called<'_, GetItemOutput, GetItemError> {
        Box::pin(async move {
            let read = self.read(|database| {
                database.get_item(actions::get_item::GetItemRequest {
                    table_name: input.table_name.unwrap_or_default(),
                    key: item(input.key)?,
                    consistent_read: input.consistent_read,
                    projection_expression: input.projection_expression,
                    expression_attribute_names: input.expression_attribute_names,
                    ..Default::default()
                })
            });
            let read = read.await.map_err(|failed| failure(failed, |_, meta| GetItemError::generic(meta)))?;
            Ok(GetItemOutput::builder().set_item(read.item.map(sdk_item)).build())
        })
    }

    fn batch_get_item(&self, input: BatchGetItemInput) -> Called<'_, BatchGetItemOutput, BatchGetItemError> {
        Box::pin(async move {
            let read = self.read(|database| {
                let wanted = input.request_items.unwrap_or_default().into_iter();
                let wanted = wanted.map(|(table, wanted)| Ok::<_, DynoxideError>((table, keys(wanted)?)));
                database.batch_get_item(actions::batch_get_item::BatchGetItemRequest {
                    request_items: wanted.collect::<Result<_, _>>()?,
                    ..Default::default()
                })
            });
            let read = read.await.map_err(|failed| failure(failed, |_, meta| BatchGetItemError::generic(meta)))?;
            // The embedded database leaves keys of a batch unprocessed only if the response would exceed 16 MB.
            let left = read.unprocessed_keys.into_iter().map(|(table, left)| Ok((table, unprocessed(left)?)));
            let left = left.collect::<Result<HashMap<_, _>, DynoxideError>>();
            let left =
                left.map_err(|error| failure(Failed::Refused(error), |_, meta| BatchGetItemError::generic(meta)))?;
            let found = read.responses.into_iter().map(|(table, items)| (table, sdk_items(items))).collect();
            Ok(BatchGetItemOutput::builder().set_responses(Some(found)).set_unprocessed_keys(Some(left)).build())
        })
    }

    fn query(&self, input: QueryInput) -> Called<'_, QueryOutput, QueryError> {
        Box::pin(async move {
            let read = self.read(|database| {
                database.query(actions::query::QueryRequest {
                    table_name: input.table_name.unwrap_or_default(),
                    index_name: input.index_name,
                    key_condition_expression: input.key_condition_expression,
                    filter_expression: input.filter_expression,
                    projection_expression: input.projection_expression,
                    expression_attribute_names: input.expression_attribute_names,
                    expression_attribute_values: input.expression_attribute_values.map(sdk_to_item).transpose()?,
                    scan_index_forward: input.scan_index_forward.unwrap_or(true),
                    limit: input.limit.map(|limit| usize::try_from(limit).unwrap_or_default()),
                    exclusive_start_key: input.exclusive_start_key.map(sdk_to_item).transpose()?,
                    select: input.select.map(|select| select.as_str().to_owned()),
                    consistent_read: input.consistent_read,
                    ..Default::default()
                })
            });
            let read = read.await.map_err(|failed| failure(failed, |_, meta| QueryError::generic(meta)))?;
            Ok(QueryOutput::builder()
                .set_items(read.items.map(sdk_items))
                .count(i32::try_from(read.count).unwrap_or(i32::MAX))
                .scanned_count(i32::try_from(read.scanned_count).unwrap_or(i32::MAX))
                .set_last_evaluated_key(read.last_evaluated_key.map(sdk_item))
                .build())
        })
    }

    fn put_item(&self, input: PutItemInput) -> Called<'_, PutItemOutput, PutItemError> {
        Box::pin(async move {
            let table = input.table_name.unwrap_or_default();
            let written = self.write_to(&table, |database| {
                database.put_item(actions::put_item::PutItemRequest {
                    table_name: table.clone(),
                    item: item(input.item)?,
                    condition_expression: input.condition_expression,
                    expression_attribute_names: input.expression_attribute_names,
                    expression_attribute_values: input.expression_attribute_values.map(sdk_to_item).transpose()?,
                    return_values: input.return_values.map(|wanted| wanted.as_str().to_owned()),
                    return_values_on_condition_check_failure: on_failure(
                        input.return_values_on_condition_check_failure.as_ref(),
                    ),
                    ..Default::default()
                })
            });
            let written = written.await.map_err(|failed| {
                conditional(failed, PutItemError::ConditionalCheckFailedException, PutItemError::generic)
            })?;
            Ok(PutItemOutput::builder().set_attributes(written.attributes.map(sdk_item)).build())
        })
    }

    fn update_item(&self, input: UpdateItemInput) -> Called<'_, UpdateItemOutput, UpdateItemError> {
        Box::pin(async move {
            let table = input.table_name.unwrap_or_default();
            let written = self.write_to(&table, |database| {
                database.update_item(actions::update_item::UpdateItemRequest {
                    table_name: table.clone(),
                    key: item(input.key)?,
                    update_expression: input.update_expression,
                    condition_expression: input.condition_expression,
                    expression_attribute_names: input.expression_attribute_names,
                    expression_attribute_values: input.expression_attribute_values.map(sdk_to_item).transpose()?,
                    return_values: input.return_values.map(|wanted| wanted.as_str().to_owned()),
                    return_values_on_condition_check_failure: on_failure(
                        input.return_values_on_condition_check_failure.as_ref(),
                    ),
                    ..Default::default()
                })
            });
            let written = written.await.map_err(|failed| {
                conditional(failed, UpdateItemError::ConditionalCheckFailedException, UpdateItemError::generic)
            })?;
            Ok(UpdateItemOutput::builder().set_attributes(written.attributes.map(sdk_item)).build())
        })
    }

    fn delete_item(&self, input: DeleteItemInput) -> Called<'_, DeleteItemOutput, DeleteItemError> {
        Box::pin(async move {
            let written = self.write(|database| {
                database.delete_item(actions::delete_item::DeleteItemRequest {
                    table_name: input.table_name.unwrap_or_default(),
                    key: item(input.key)?,
                    condition_expression: input.condition_expression,
                    expression_attribute_names: input.expression_attribute_names,
                    expression_attribute_values: input.expression_attribute_values.map(sdk_to_item).transpose()?,
                    return_values: input.return_values.map(|wanted| wanted.as_str().to_owned()),
                    return_values_on_condition_check_failure: on_failure(
                        input.return_values_on_condition_check_failure.as_ref(),
                    ),
                    ..Default::default()
                })
            });
            let written = written.await.map_err(|failed| {
                conditional(failed, DeleteItemError::ConditionalCheckFailedException, DeleteItemError::generic)
            })?;
            Ok(DeleteItemOutput::builder().set_attributes(written.attributes.map(sdk_item)).build())
        })
    }

    fn batch_write_item(&self, input: BatchWriteItemInput) -> Called<'_, BatchWriteItemOutput, BatchWriteItemError> {
        Box::pin(async move {
            let written = self.write(|database| {
                let wanted = input.request_items.unwrap_or_default().into_iter();
                let wanted = wanted.map(|(table, writes)| {
                    let writes = writes.into_iter().map(batch_write).collect::<Result<Vec<_>, _>>();
                    self.note_write(&table);
                    Ok::<_, DynoxideError>((table, writes?))
                });
                database.batch_write_item(actions::batch_write_item::BatchWriteItemRequest {
                    request_items: wanted.collect::<Result<_, _>>()?,
                    ..Default::default()
                })
            });
            // Either the whole batch is processed, or the call fails.
            written.await.map_err(|failed| failure(failed, |_, meta| BatchWriteItemError::generic(meta)))?;
            Ok(BatchWriteItemOutput::builder().set_unprocessed_items(Some(HashMap::new())).build())
        })
    }

    fn transact_write_items(
        &self,
        input: TransactWriteItemsInput,
    ) -> Called<'_, TransactWriteItemsOutput, TransactWriteItemsError> {
        Box::pin(async move {
            let written = self.write(|database| {
                let writes = input.transact_items.unwrap_or_default().into_iter().map(transact_write);
                self.transact(
                    database,
                    actions::transact_write_items::TransactWriteItemsRequest {
                        transact_items: writes.collect::<Result<_, _>>()?,
                        client_request_token: input.client_request_token,
                        ..Default::default()
                    },
                )
            });
            written.await.map_err(|failed| {
                failure(failed, |error, meta| match error {
                    DynoxideError::TransactionCanceledException(message, reasons) => {
                        TransactWriteItemsError::TransactionCanceledException(canceled(message, reasons, meta))
                    }
                    _ => TransactWriteItemsError::generic(meta),
                })
            })?;
            Ok(TransactWriteItemsOutput::builder().build())
        })
    }
}

/// Converts a failure into the SDK's error. `error` creates the operation's own error from the database's error, its
/// code and its message.
fn failure<E>(failed: Failed, error: impl FnOnce(DynoxideError, ErrorMetadata) -> E) -> SdkError<E> {
    let said = match failed {
        Failed::Refused(said) => said,
        Failed::Broken(broken) => return SdkError::dispatch_failure(broken),
    };
    let code = said.error_type().rsplit('#').next().unwrap_or_default();
    let meta = ErrorMetadata::builder().code(code).message(said.to_string()).build();
    match StatusCode::try_from(said.status_code()) {
        Ok(status) => SdkError::service_error(error(said, meta), HttpResponse::new(status, SdkBody::empty())),
        Err(wrong) => SdkError::dispatch_failure(ConnectorError::other(wrong.into(), None)),
    }
}

/// Converts a failure of an operation with a condition. `refused` creates the operation's error for a condition that
/// does not hold, and `generic` its other errors.
fn conditional<E>(
    failed: Failed,
    refused: fn(ConditionalCheckFailedException) -> E,
    generic: fn(ErrorMetadata) -> E,
) -> SdkError<E> {
    failure(failed, |error, meta| match error {
        DynoxideError::ConditionalCheckFailedException(message, item) => refused(
            ConditionalCheckFailedException::builder().message(message).set_item(item.map(sdk_item)).meta(meta).build(),
        ),
        _ => generic(meta),
    })
}

fn canceled(
    message: String,
    reasons: Vec<dynoxide::errors::CancellationReason>,
    meta: ErrorMetadata,
) -> TransactionCanceledException {
    let reasons = reasons.into_iter().map(|reason| {
        sdk::CancellationReason::builder()
            .code(reason.code)
            .set_message(reason.message)
            .set_item(reason.item.map(sdk_item))
            .build()
    });
    TransactionCanceledException::builder()
        .message(message)
        .set_cancellation_reasons(Some(reasons.collect()))
        .meta(meta)
        .build()
}
