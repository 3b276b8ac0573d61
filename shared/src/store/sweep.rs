//! Removes the data of deleted conversations and accounts. A deletion takes effect at once, in one transaction that
//! also adds a marker row to a `sweep` partition. The remaining rows are removed later, in bounded batches.

use super::{
    CallError, Item, Store, assistants,
    client::{self, Request},
    keys,
    keys::Key,
    s,
    transaction::{Action, Outcome},
    users, write,
};
use crate::domain::{
    ids::{AssistantId, ConversationId, UserId},
    list::{ListRequest, Sort},
    page::PageRequest,
    time::Timestamp,
};
use aws_sdk_dynamodb::types::{DeleteRequest, WriteRequest};
use serde::Serialize;
use std::collections::HashMap;

/// The most rows that one call removes.
const BATCH_MAX: usize = 25;
/// The most marker rows that one call reads.
pub const NOTES_MAX: i32 = 25;
/// How often the unprocessed rows of a batch are removed again.
const BATCH_TRIES: u32 = 5;

/// Marks a deleted thing whose rows are to be removed.
#[derive(Serialize)]
pub(super) struct SweepRow {
    pub deleted_at: Timestamp,
}

/// The deletion of a conversation, with the numbers on which it depends as they were read.
#[derive(Debug, Clone, Copy)]
pub struct ConversationDeletion {
    /// The conversation.
    pub id: ConversationId,
    /// Whether it is the default one of the user, or of the user with the assistant.
    pub is_default: bool,
    /// How many default conversations of the user were deleted before.
    pub account_resets: u64,
    /// The conversation's assistant, if it still exists, and how many default conversations with it were deleted
    /// before.
    pub assistant: Option<(AssistantId, u64)>,
    /// The current time.
    pub at: Timestamp,
}

impl Store {
    /// Deletes a user's conversation. Its messages are no longer visible, and are marked for removal. `false` if the
    /// conversation is gone, or another default conversation or the assistant was deleted in the meantime.
    pub async fn delete_conversation(&self, owner: UserId, deletion: ConversationDeletion) -> Result<bool, CallError> {
        let ConversationDeletion { id, is_default, account_resets, assistant, at: deleted_at } = deletion;
        let of_account = is_default && assistant.is_none();
        let about = keys::conversation(&self.tables, id);
        let is_own = vec![(":owner", s(owner))];
        let swept = keys::swept_conversation(&self.tables, id);
        let actions = [
            Action::delete_if(about, "#owner = :owner", &[("#owner", "owner")], is_own),
            users::uncount_conversation(&self.tables, owner, (account_resets, of_account)),
            Action::put(swept.clone(), write(swept, SweepRow { deleted_at })?),
        ];
        let of_assistant = assistant.map(|(assistant, resets)| {
            assistants::uncount_conversation(&self.tables, owner, assistant, (resets, is_default))
        });
        let actions = actions.into_iter().chain(of_assistant).map(|action| ((), action));
        Ok(self.transact(actions.collect()).await? == Outcome::Committed)
    }

    /// Removes up to `most` messages of a deleted conversation. Returns whether none is left.
    pub async fn sweep_conversation(&self, id: ConversationId, most: usize) -> Result<bool, CallError> {
        let partition = keys::conversation_partition(id);
        let is_empty = self.remove_rows(&self.tables.sessions, &partition, None, most).await?;
        if is_empty {
            self.commit(vec![Action::delete(keys::swept_conversation(&self.tables, id))]).await?;
        }
        Ok(is_empty)
    }

    /// Removes up to about `most` rows of a deleted account. Returns whether none is left.
    pub async fn sweep_user(&self, user: UserId, most: usize) -> Result<bool, CallError> {
        for about in self.some_conversations(user).await? {
            let conversation = about.attributes.get("pk").and_then(|pk| pk.as_s().ok()).cloned().unwrap_or_default();
            // The row that the index lists goes last. Otherwise a failure would leave messages that cannot be found.
            if self.remove_rows(&self.tables.sessions, &conversation, Some(keys::FIRST_MESSAGE), most).await? {
                self.commit(vec![Action::delete(about)]).await?;
            }
        }
        for webhook in self.webhooks(user, BATCH_MAX).await? {
            let deliveries = keys::webhook_partition(webhook.id);
            if self.remove_rows(&self.tables.webhooks, &deliveries, None, most).await? {
                self.remove_webhook(user, webhook.id).await?;
            }
        }
        let partition = keys::user_partition(user);
        // Their contents are removed first.
        let has_files = !self.some_files(user, 1).await?.is_empty();
        let has_webhooks = !self.webhooks(user, 1).await?.is_empty();
        let webhooks = keys::owner_partition(user);
        let rest = [
            // Their number goes last, because removing one changes it.
            !has_webhooks && self.remove_rows(&self.tables.webhooks, &webhooks, None, most).await?,
            !has_files && self.remove_rows(&self.tables.files, &partition, None, most).await?,
            self.remove_rows(&self.tables.assistants, &keys::owner_partition(user), None, most).await?,
            self.remove_rows(&self.tables.balances, &partition, None, most).await?,
            self.remove_rows(&self.tables.users, &partition, None, most).await?,
            self.some_conversations(user).await?.is_empty(),
        ];
        let is_empty = rest.iter().all(|&is_empty| is_empty);
        if is_empty {
            self.commit(vec![Action::delete(keys::swept_user(&self.tables, user))]).await?;
        }
        Ok(is_empty)
    }

    /// The keys of some of a user's conversations, as the index lists them. It may still list removed conversations;
    /// only an empty result means that none is left.
    async fn some_conversations(&self, owner: UserId) -> Result<Vec<Key<'_>>, CallError> {
        let page = PageRequest::new(1, BATCH_MAX).ok_or_else(|| CallError::broken("no page"))?;
        let request = ListRequest { page, sort: Sort::default(), after: None };
        Ok(self.keys_of_conversations(owner, &request).await?.keys)
    }

    /// Reads some of the marker rows: at most [`NOTES_MAX`] of each kind.
    pub async fn to_be_swept(&self) -> Result<(Vec<ConversationId>, Vec<UserId>), CallError> {
        let noted = |table: &str| {
            let query = client::query().table_name(table).key_condition_expression("pk = :sweep");
            query.expression_attribute_values(":sweep", s(keys::SWEEP)).limit(NOTES_MAX).call(&self.client)
        };
        let (conversations, users) =
            futures::future::join(noted(&self.tables.sessions), noted(&self.tables.users)).await;
        let sorts = |items: Option<Vec<Item>>| -> Vec<String> {
            let items = items.unwrap_or_default().into_iter();
            items.filter_map(|item| item.get("sk")?.as_s().ok()?.split_once('#').map(|(_, id)| id.to_owned())).collect()
        };
        let conversations = sorts(conversations?.items).iter().filter_map(|id| ConversationId::parse(id)).collect();
        let users = sorts(users?.items).iter().filter_map(|id| UserId::parse(id)).collect();
        Ok((conversations, users))
    }

    /// Removes up to `most` rows of a partition, starting at the sort key `first`. Returns whether none is left.
    async fn remove_rows(
        &self,
        table: &str,
        partition: &str,
        first: Option<&str>,
        most: usize,
    ) -> Result<bool, CallError> {
        let values = [(":pk", Some(partition)), (":first", first)].into_iter();
        let values = values.filter_map(|(name, value)| Some((name.to_owned(), s(value?))));
        let condition = if first.is_some() { "pk = :pk AND sk >= :first" } else { "pk = :pk" };
        let found = client::query()
            .table_name(table)
            .key_condition_expression(condition)
            .set_expression_attribute_values(Some(values.collect()))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .limit(i32::try_from(most).unwrap_or(i32::MAX))
            .call(&self.client)
            .await?;
        for rows in found.items.unwrap_or_default().chunks(BATCH_MAX) {
            self.remove_batch(rows.iter().cloned().map(|row| Key::of_indexed(table, row)).collect()).await?;
        }
        Ok(found.last_evaluated_key.is_none())
    }

    async fn remove_batch(&self, keys: Vec<Key<'_>>) -> Result<(), CallError> {
        let mut wanted: HashMap<String, Vec<WriteRequest>> = HashMap::new();
        for key in keys {
            let delete = DeleteRequest::builder().set_key(Some(key.attributes)).build().map_err(CallError::broken)?;
            wanted
                .entry(key.table.to_owned())
                .or_default()
                .push(WriteRequest::builder().delete_request(delete).build());
        }
        for tried in 0..BATCH_TRIES {
            let output = client::batch_write_item().set_request_items(Some(wanted)).call(&self.client).await?;
            wanted = output.unprocessed_items.unwrap_or_default();
            if wanted.is_empty() {
                return Ok(());
            }
            self.pause(tried).await;
        }
        Err(CallError::Unavailable("rows of a batch stayed unprocessed".into()))
    }
}
