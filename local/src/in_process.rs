//! DynamoDB in this process, called by the store without a wire format: requests and responses are converted, not
//! serialised to JSON and parsed again. This bypasses the SDK's client with its signatures and retries.

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
    primitives::Blob,
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
use dynoxide::{AttributeValue, DynoxideError, Item, actions};
use futures::future::BoxFuture;
use shared::store::client::InProcess;
use std::collections::HashMap;

type SdkItem = HashMap<String, sdk::AttributeValue>;
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
            let written = self.write(|database| {
                database.put_item(actions::put_item::PutItemRequest {
                    table_name: self.written(input.table_name),
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
                failure(failed, |error, meta| match refused(error, &meta) {
                    Some(refused) => PutItemError::ConditionalCheckFailedException(refused),
                    None => PutItemError::generic(meta),
                })
            })?;
            Ok(PutItemOutput::builder().set_attributes(written.attributes.map(sdk_item)).build())
        })
    }

    fn update_item(&self, input: UpdateItemInput) -> Called<'_, UpdateItemOutput, UpdateItemError> {
        Box::pin(async move {
            let written = self.write(|database| {
                database.update_item(actions::update_item::UpdateItemRequest {
                    table_name: self.written(input.table_name),
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
                failure(failed, |error, meta| match refused(error, &meta) {
                    Some(refused) => UpdateItemError::ConditionalCheckFailedException(refused),
                    None => UpdateItemError::generic(meta),
                })
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
                failure(failed, |error, meta| match refused(error, &meta) {
                    Some(refused) => DeleteItemError::ConditionalCheckFailedException(refused),
                    None => DeleteItemError::generic(meta),
                })
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
                    Ok::<_, DynoxideError>((self.written(Some(table)), writes?))
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

fn keys(wanted: sdk::KeysAndAttributes) -> Result<actions::batch_get_item::KeysAndAttributes, DynoxideError> {
    Ok(actions::batch_get_item::KeysAndAttributes {
        keys: wanted.keys.into_iter().map(sdk_to_item).collect::<Result<_, _>>()?,
        projection_expression: wanted.projection_expression,
        expression_attribute_names: wanted.expression_attribute_names,
        consistent_read: wanted.consistent_read,
        ..Default::default()
    })
}

/// Converts the unprocessed keys, which the database returns as JSON, for the next request.
fn unprocessed(left: serde_json::Value) -> Result<sdk::KeysAndAttributes, DynoxideError> {
    let wrong = |error: &dyn std::fmt::Display| DynoxideError::InternalServerError(error.to_string());
    let left: actions::batch_get_item::KeysAndAttributes =
        serde_json::from_value(left).map_err(|error| wrong(&error))?;
    sdk::KeysAndAttributes::builder()
        .set_keys(Some(sdk_items(left.keys)))
        .set_projection_expression(left.projection_expression)
        .set_expression_attribute_names(left.expression_attribute_names)
        .set_consistent_read(left.consistent_read)
        .build()
        .map_err(|error| wrong(&error))
}

fn batch_write(write: sdk::WriteRequest) -> Result<actions::batch_write_item::WriteRequest, DynoxideError> {
    use actions::batch_write_item::{DeleteRequest, PutRequest, WriteRequest};
    let put = write.put_request.map(|put| Ok::<_, DynoxideError>(PutRequest { item: sdk_to_item(put.item)? }));
    let delete =
        write.delete_request.map(|delete| Ok::<_, DynoxideError>(DeleteRequest { key: sdk_to_item(delete.key)? }));
    Ok(WriteRequest { put_request: put.transpose()?, delete_request: delete.transpose()? })
}

fn transact_write(
    write: sdk::TransactWriteItem,
) -> Result<actions::transact_write_items::TransactWriteItem, DynoxideError> {
    use actions::transact_write_items::{
        TransactConditionCheck, TransactDelete, TransactPut, TransactUpdate, TransactWriteItem,
    };
    let put = write.put.map(|put| {
        Ok::<_, DynoxideError>(TransactPut {
            table_name: put.table_name,
            item: sdk_to_item(put.item)?,
            condition_expression: put.condition_expression,
            expression_attribute_names: put.expression_attribute_names,
            expression_attribute_values: put.expression_attribute_values.map(sdk_to_item).transpose()?,
            return_values_on_condition_check_failure: on_failure(put.return_values_on_condition_check_failure.as_ref()),
        })
    });
    let update = write.update.map(|update| {
        Ok::<_, DynoxideError>(TransactUpdate {
            table_name: update.table_name,
            key: sdk_to_item(update.key)?,
            update_expression: update.update_expression,
            condition_expression: update.condition_expression,
            expression_attribute_names: update.expression_attribute_names,
            expression_attribute_values: update.expression_attribute_values.map(sdk_to_item).transpose()?,
            return_values_on_condition_check_failure: on_failure(
                update.return_values_on_condition_check_failure.as_ref(),
            ),
        })
    });
    let delete = write.delete.map(|delete| {
        Ok::<_, DynoxideError>(TransactDelete {
            table_name: delete.table_name,
            key: sdk_to_item(delete.key)?,
            condition_expression: delete.condition_expression,
            expression_attribute_names: delete.expression_attribute_names,
            expression_attribute_values: delete.expression_attribute_values.map(sdk_to_item).transpose()?,
            return_values_on_condition_check_failure: on_failure(
                delete.return_values_on_condition_check_failure.as_ref(),
            ),
        })
    });
    let check = write.condition_check.map(|check| {
        Ok::<_, DynoxideError>(TransactConditionCheck {
            table_name: check.table_name,
            key: sdk_to_item(check.key)?,
            condition_expression: check.condition_expression,
            expression_attribute_names: check.expression_attribute_names,
            expression_attribute_values: check.expression_attribute_values.map(sdk_to_item).transpose()?,
            return_values_on_condition_check_failure: on_failure(
                check.return_values_on_condition_check_failure.as_ref(),
            ),
        })
    });
    Ok(TransactWriteItem {
        put: put.transpose()?,
        update: update.transpose()?,
        delete: delete.transpose()?,
        condition_check: check.transpose()?,
    })
}

fn on_failure(wanted: Option<&sdk::ReturnValuesOnConditionCheckFailure>) -> Option<String> {
    wanted.map(|wanted| wanted.as_str().to_owned())
}

fn item(given: Option<SdkItem>) -> Result<Item, DynoxideError> {
    given.map(sdk_to_item).unwrap_or_else(|| Ok(Item::new()))
}

fn sdk_to_item(given: SdkItem) -> Result<Item, DynoxideError> {
    given.into_iter().map(|(name, given)| Ok((name, value(given)?))).collect()
}

fn value(given: sdk::AttributeValue) -> Result<AttributeValue, DynoxideError> {
    use sdk::AttributeValue as Sdk;
    Ok(match given {
        Sdk::S(text) => AttributeValue::S(text),
        Sdk::N(number) => AttributeValue::N(number),
        Sdk::B(bytes) => AttributeValue::B(bytes.into_inner()),
        Sdk::Bool(is) => AttributeValue::BOOL(is),
        Sdk::Null(is) => AttributeValue::NULL(is),
        Sdk::Ss(texts) => AttributeValue::SS(texts),
        Sdk::Ns(numbers) => AttributeValue::NS(numbers),
        Sdk::Bs(all) => AttributeValue::BS(all.into_iter().map(Blob::into_inner).collect()),
        Sdk::L(values) => AttributeValue::L(values.into_iter().map(value).collect::<Result<_, _>>()?),
        Sdk::M(values) => AttributeValue::M(sdk_to_item(values)?),
        _ => return Err(DynoxideError::ValidationException("a value of an unknown type".to_owned())),
    })
}

fn sdk_items(items: Vec<Item>) -> Vec<SdkItem> {
    items.into_iter().map(sdk_item).collect()
}

fn sdk_item(item: Item) -> SdkItem {
    item.into_iter().map(|(name, value)| (name, sdk_value(value))).collect()
}

fn sdk_value(value: AttributeValue) -> sdk::AttributeValue {
    use sdk::AttributeValue as Sdk;
    match value {
        AttributeValue::S(text) => Sdk::S(text),
        AttributeValue::N(number) => Sdk::N(number),
        AttributeValue::B(bytes) => Sdk::B(Blob::new(bytes)),
        AttributeValue::BOOL(is) => Sdk::Bool(is),
        AttributeValue::NULL(is) => Sdk::Null(is),
        AttributeValue::SS(texts) => Sdk::Ss(texts),
        AttributeValue::NS(numbers) => Sdk::Ns(numbers),
        AttributeValue::BS(all) => Sdk::Bs(all.into_iter().map(Blob::new).collect()),
        AttributeValue::L(values) => Sdk::L(values.into_iter().map(sdk_value).collect()),
        AttributeValue::M(values) => Sdk::M(sdk_item(values)),
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

fn refused(said: DynoxideError, meta: &ErrorMetadata) -> Option<ConditionalCheckFailedException> {
    match said {
        DynoxideError::ConditionalCheckFailedException(message, item) => Some(
            ConditionalCheckFailedException::builder()
                .message(message)
                .set_item(item.map(sdk_item))
                .meta(meta.clone())
                .build(),
        ),
        _ => None,
    }
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
