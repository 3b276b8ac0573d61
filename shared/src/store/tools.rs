//! The `tools` table: tools that administrators added, with their secrets. There are few, all in one partition.

use super::{
    CallError, Item, Store, client, idempotency, keys, n, read_all, read_if_any, s,
    transaction::{Action, EXISTS, Outcome, UpdateExpression},
    walk::Walk,
    write,
};
use crate::domain::{
    ids::UserId,
    secret_header::HeaderSecret,
    time::Timestamp,
    tool::{CallableTool, Tool, ToolId},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct ToolRow {
    #[serde(flatten)]
    tool: Tool,
    /// The value of the secret header.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// Why a tool was not added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAdded {
    /// The limit of tools is reached.
    Full,
    /// Another tool has this id.
    Exists,
    /// A record exists for the request's idempotency key.
    Key,
}

impl ToolRow {
    fn new(CallableTool { tool, secret }: &CallableTool) -> Self {
        let secret = secret.as_ref().map(|secret| secret.value().expose_secret().to_owned());
        Self { tool: tool.clone(), secret }
    }

    fn callable(self) -> Result<CallableTool, CallError> {
        let Self { tool, secret } = self;
        let secret = secret.map(|text| HeaderSecret::parse(&text)).transpose();
        Ok(CallableTool { tool, secret: secret.map_err(|problem| CallError::broken(problem.to_string()))? })
    }
}

impl Store {
    /// Reads a tool that an administrator added.
    pub async fn tool(&self, id: &ToolId) -> Result<Option<CallableTool>, CallError> {
        read_if_any(self.get(keys::tool(&self.tables, id)).await?)?.map(ToolRow::callable).transpose()
    }

    /// Reads the tools with these ids that exist.
    pub async fn tools_with_ids(&self, ids: &[&ToolId]) -> Result<Vec<CallableTool>, CallError> {
        let rows = self.get_many(ids.iter().map(|id| keys::tool(&self.tables, id)).collect()).await?;
        read_all(rows.into_iter().flatten().collect())?.into_iter().map(ToolRow::callable).collect()
    }

    /// Returns whether all of these tools exist. `ids` must not contain duplicates.
    pub async fn tools_exist(&self, ids: &[&ToolId]) -> Result<bool, CallError> {
        let rows = self.get_many(ids.iter().map(|id| keys::tool(&self.tables, id)).collect()).await?;
        Ok(rows.iter().all(Option::is_some))
    }

    /// Lists the tools that administrators added. `max` limits the read; it is the most that can exist.
    pub async fn tools(&self, max: usize) -> Result<Vec<Tool>, CallError> {
        let query = client::query()
            .table_name(&self.tables.tools)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", s(keys::TOOLS))
            .expression_attribute_values(":first", s(keys::FIRST_TOOL))
            .consistent_read(true);
        read_all(
            Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
                .take(max, None, <[Item]>::len)
                .await?,
        )
    }

    /// Adds a tool, unless `max` tools exist.
    pub async fn add_tool(
        &self,
        administrator: UserId,
        new: &CallableTool,
        max: u64,
        record: Option<idempotency::Entry>,
    ) -> Result<Result<(), Vec<NotAdded>>, CallError> {
        let row = keys::tool(&self.tables, &new.tool.id);
        let counted = UpdateExpression {
            update: "ADD #count :one",
            condition: "attribute_not_exists(pk) OR #count < :max",
            names: &[("#count", "count")],
            values: vec![(":one", n(1)), (":max", n(max))],
        };
        let mut actions = vec![
            (NotAdded::Full, Action::update(keys::tool_count(&self.tables), counted)),
            (NotAdded::Exists, Action::put_new(row.clone(), write(row, ToolRow::new(new))?)),
        ];
        if let Some(record) = record {
            actions.push((NotAdded::Key, record.put(&self.tables, administrator)?));
        }
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(labels) => Ok(Err(labels)),
        }
    }

    /// Replaces a tool that was last changed at `read_at`. `false` if it is gone or was changed since.
    pub async fn replace_tool(&self, changed: &CallableTool, read_at: Timestamp) -> Result<bool, CallError> {
        let row = keys::tool(&self.tables, &changed.tool.id);
        let unchanged = vec![(":read_at", n(read_at.millis()))];
        let item = write(row.clone(), ToolRow::new(changed))?;
        let action = Action::put_if(row, item, "updated_at = :read_at", unchanged);
        Ok(self.transact(vec![((), action)]).await? == Outcome::Committed)
    }

    /// Removes a tool. `false` if it is already gone.
    pub async fn remove_tool(&self, id: &ToolId) -> Result<bool, CallError> {
        let counted = UpdateExpression {
            update: "ADD #count :minus_one",
            condition: EXISTS,
            names: &[("#count", "count")],
            values: vec![(":minus_one", aws_sdk_dynamodb::types::AttributeValue::N("-1".to_owned()))],
        };
        let actions = vec![
            ((), Action::delete_if(keys::tool(&self.tables, id), EXISTS, &[], Vec::new())),
            ((), Action::update(keys::tool_count(&self.tables), counted)),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }
}
