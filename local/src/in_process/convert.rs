//! Conversions between the SDK's types and the embedded database's types for the same requests and responses.

use aws_sdk_dynamodb::{primitives::Blob, types as sdk};
use dynoxide::{AttributeValue, DynoxideError, Item, actions};
use std::collections::HashMap;

pub(super) type SdkItem = HashMap<String, sdk::AttributeValue>;

pub(super) fn keys(
    wanted: sdk::KeysAndAttributes,
) -> Result<actions::batch_get_item::KeysAndAttributes, DynoxideError> {
    Ok(actions::batch_get_item::KeysAndAttributes {
        keys: wanted.keys.into_iter().map(sdk_to_item).collect::<Result<_, _>>()?,
        projection_expression: wanted.projection_expression,
        expression_attribute_names: wanted.expression_attribute_names,
        consistent_read: wanted.consistent_read,
        ..Default::default()
    })
}

/// Converts the unprocessed keys, which the database returns as JSON, for the next request.
pub(super) fn unprocessed(left: serde_json::Value) -> Result<sdk::KeysAndAttributes, DynoxideError> {
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

pub(super) fn batch_write(write: sdk::WriteRequest) -> Result<actions::batch_write_item::WriteRequest, DynoxideError> {
    use actions::batch_write_item::{DeleteRequest, PutRequest, WriteRequest};
    let put = write.put_request.map(|put| Ok::<_, DynoxideError>(PutRequest { item: sdk_to_item(put.item)? }));
    let delete =
        write.delete_request.map(|delete| Ok::<_, DynoxideError>(DeleteRequest { key: sdk_to_item(delete.key)? }));
    Ok(WriteRequest { put_request: put.transpose()?, delete_request: delete.transpose()? })
}

pub(super) fn transact_write(
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

pub(super) fn on_failure(wanted: Option<&sdk::ReturnValuesOnConditionCheckFailure>) -> Option<String> {
    wanted.map(|wanted| wanted.as_str().to_owned())
}

pub(super) fn item(given: Option<SdkItem>) -> Result<Item, DynoxideError> {
    given.map(sdk_to_item).unwrap_or_else(|| Ok(Item::new()))
}

pub(super) fn sdk_to_item(given: SdkItem) -> Result<Item, DynoxideError> {
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

pub(super) fn sdk_items(items: Vec<Item>) -> Vec<SdkItem> {
    items.into_iter().map(sdk_item).collect()
}

pub(super) fn sdk_item(item: Item) -> SdkItem {
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
