//! The `webhooks` table: webhooks with their secrets, in one partition for each owner, and the directory of
//! administrators' webhooks that receive events of all accounts.

use super::{
    CallError, Item, Store, client, idempotency, keys, n, outbox, read, read_all, read_if_any, s,
    transaction::{Action, EXISTS, Outcome, UpdateExpression},
    users,
    walk::Walk,
    write,
};
use crate::domain::{
    event::OutboxEntry,
    ids::{UserId, WebhookId},
    time::Timestamp,
    user::{Role, User},
    webhook::{DisabledReason, Secrets, SigningSecret, Webhook},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct WebhookRow {
    #[serde(flatten)]
    webhook: Webhook,
    secret: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_secret: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous_until: Option<Timestamp>,
}

/// A webhook of an administrator that receives events of all accounts.
#[derive(Serialize, Deserialize)]
struct DirectoryRow {
    owner: UserId,
    webhook: WebhookId,
}

/// Why a webhook was not created.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotMade {
    /// The owner's limit of webhooks is reached.
    Full,
    /// A record exists for the request's idempotency key.
    Key,
}

impl WebhookRow {
    fn new(webhook: &Webhook, secrets: &Secrets) -> Self {
        let text = |secret: &SigningSecret| secret.text().expose_secret().to_owned();
        let Secrets { current, previous } = secrets;
        Self {
            webhook: webhook.clone(),
            secret: text(current),
            previous_secret: previous.as_ref().map(|(secret, _)| text(secret)),
            previous_until: previous.as_ref().map(|(_, until)| *until),
        }
    }

    fn split(self) -> Result<(Webhook, Secrets), CallError> {
        let Self { webhook, secret, previous_secret, previous_until } = self;
        let parse =
            |text: String| SigningSecret::parse(&text).map_err(|problem| CallError::broken(problem.to_string()));
        let previous = previous_secret.map(parse).transpose()?.zip(previous_until);
        Ok((webhook, Secrets { current: parse(secret)?, previous }))
    }
}

impl Store {
    /// Lists an owner's webhooks, oldest first. `max` limits the read; it is the most that an owner can have.
    pub async fn webhooks(&self, owner: UserId, max: usize) -> Result<Vec<Webhook>, CallError> {
        let query = client::query()
            .table_name(&self.tables.webhooks)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", s(keys::owner_partition(owner)))
            .expression_attribute_values(":first", s(keys::FIRST_WEBHOOK))
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[Item]>::len)
            .await?;
        Ok(read_all::<WebhookRow>(items)?.into_iter().map(|row| row.webhook).collect())
    }

    /// Reads an owner's webhook with its secrets.
    pub async fn webhook(&self, owner: UserId, id: WebhookId) -> Result<Option<(Webhook, Secrets)>, CallError> {
        let row: Option<WebhookRow> = read_if_any(self.get(keys::webhook(&self.tables, owner, id)).await?)?;
        row.map(WebhookRow::split).transpose()
    }

    /// Reads a webhook with its secrets and its owner, in one call.
    pub async fn webhook_and_owner(
        &self,
        owner: UserId,
        id: WebhookId,
    ) -> Result<Option<(Webhook, Secrets, User)>, CallError> {
        let keys = [keys::webhook(&self.tables, owner, id), keys::profile(&self.tables, owner)];
        let [webhook, profile] = self.get_together(keys).await?;
        let Some((row, account)) = read_if_any::<WebhookRow>(webhook)?.zip(users::account(profile)?) else {
            return Ok(None);
        };
        let (webhook, secrets) = row.split()?;
        Ok(Some((webhook, secrets, account.user)))
    }

    /// Lists the webhooks that receive events of all accounts and whose owners are active administrators.
    pub async fn directory_webhooks(&self) -> Result<Vec<Webhook>, CallError> {
        let query = client::query()
            .table_name(&self.tables.webhooks)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::DIRECTORY))
            .consistent_read(true);
        let rows: Vec<DirectoryRow> = read_all(
            Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
                .take(usize::MAX, None, <[Item]>::len)
                .await?,
        )?;
        let webhooks = rows.iter().map(|row| keys::webhook(&self.tables, row.owner, row.webhook));
        let owners = rows.iter().map(|row| keys::profile(&self.tables, row.owner));
        let mut found = self.get_many(webhooks.chain(owners).collect()).await?;
        let owners = found.split_off(rows.len());
        let mut heard = Vec::new();
        for (webhook, owner) in found.into_iter().zip(owners) {
            let owner = users::account(owner)?.map(|account| account.user);
            let hears = owner.is_some_and(|owner| owner.is_active && owner.role == Role::Admin);
            heard.extend(webhook.filter(|_| hears).map(read::<WebhookRow>).transpose()?.map(|row| row.webhook));
        }
        Ok(heard)
    }

    /// Creates a webhook, unless its owner has `max`. `hears_all`: it receives events of all accounts.
    pub async fn make_webhook(
        &self,
        webhook: &Webhook,
        secrets: &Secrets,
        max: u64,
        hears_all: bool,
        record: Option<idempotency::Entry>,
    ) -> Result<Result<(), Vec<NotMade>>, CallError> {
        let owner = webhook.owner;
        let row = keys::webhook(&self.tables, owner, webhook.id);
        let counted = UpdateExpression {
            update: "ADD #count :one",
            condition: "attribute_not_exists(pk) OR #count < :max",
            names: &[("#count", "count")],
            values: vec![(":one", n(1)), (":max", n(max))],
        };
        let mut actions = vec![
            (NotMade::Full, Action::update(keys::webhook_count(&self.tables, owner), counted)),
            (NotMade::Full, Action::put_new(row.clone(), write(row, WebhookRow::new(webhook, secrets))?)),
        ];
        if hears_all {
            actions.push((NotMade::Full, self.list_in_directory(webhook)?));
        }
        if let Some(record) = record {
            actions.push((NotMade::Key, record.put(&self.tables, owner)?));
        }
        match self.transact_for(owner, actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(labels) => Ok(Err(labels)),
        }
    }

    /// Replaces a webhook and its secrets. `false` if its owner changed or removed it since it was read.
    pub async fn replace_webhook(
        &self,
        webhook: &Webhook,
        secrets: &Secrets,
        hears_all: bool,
    ) -> Result<bool, CallError> {
        let row = keys::webhook(&self.tables, webhook.owner, webhook.id);
        let before = vec![(":before", n(webhook.version.saturating_sub(1)))];
        let item = write(row.clone(), WebhookRow::new(webhook, secrets))?;
        let actions = vec![
            ((), Action::put_if(row, item, "version = :before", before)),
            ((), self.in_directory(webhook, hears_all)?),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Adds a webhook to the directory of those that receive events of all accounts, or removes it.
    pub async fn keep_in_directory(&self, webhook: &Webhook, hears_all: bool) -> Result<(), CallError> {
        let exists = Action::must_exist(keys::webhook(&self.tables, webhook.owner, webhook.id));
        let exists = hears_all.then_some(((), exists));
        let listed = ((), self.in_directory(webhook, hears_all)?);
        // A webhook that was removed in the meantime does not belong into the directory.
        self.transact(exists.into_iter().chain([listed]).collect()).await.map(drop)
    }

    fn in_directory(&self, webhook: &Webhook, hears_all: bool) -> Result<Action, CallError> {
        match hears_all {
            true => self.list_in_directory(webhook),
            false => Ok(Action::delete(keys::directory_webhook(&self.tables, webhook.owner, webhook.id))),
        }
    }

    fn list_in_directory(&self, webhook: &Webhook) -> Result<Action, CallError> {
        let listed = keys::directory_webhook(&self.tables, webhook.owner, webhook.id);
        let row = DirectoryRow { owner: webhook.owner, webhook: webhook.id };
        Ok(Action::put(listed.clone(), write(listed, row)?))
    }

    /// Removes a webhook. `false` if it is already gone. Its pending deliveries are not sent.
    pub async fn remove_webhook(&self, owner: UserId, id: WebhookId) -> Result<bool, CallError> {
        let counted = UpdateExpression {
            update: "SET #count = #count - :one",
            condition: EXISTS,
            names: &[("#count", "count")],
            values: vec![(":one", n(1))],
        };
        let row = keys::webhook(&self.tables, owner, id);
        let actions = vec![
            ((), Action::delete_if(row, EXISTS, &[], Vec::new())),
            ((), Action::update(keys::webhook_count(&self.tables, owner), counted)),
            ((), Action::delete(keys::directory_webhook(&self.tables, owner, id))),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Stores since when all deliveries to a webhook have failed, or `None` after a successful one.
    pub async fn note_failing(&self, webhook: &Webhook, failing_since: Option<Timestamp>) -> Result<(), CallError> {
        let (update, condition, values) = match failing_since {
            Some(since) => (
                "SET failing_since = :since",
                "attribute_exists(pk) AND attribute_not_exists(failing_since)",
                vec![(":since", n(since.millis()))],
            ),
            None => ("REMOVE failing_since", EXISTS, Vec::new()),
        };
        let change = UpdateExpression { update, condition, names: &[], values };
        let noted = Action::update(keys::webhook(&self.tables, webhook.owner, webhook.id), change);
        // After a lost race nothing is left to do: a concurrent call stored the same, or removed the webhook.
        self.transact(vec![((), noted)]).await.map(drop)
    }

    /// Disables a webhook, unless its owner changed it since it was read.
    pub async fn disable_webhook(
        &self,
        webhook: &Webhook,
        reason: DisabledReason,
        outbox_entry: &OutboxEntry,
    ) -> Result<(), CallError> {
        let change = UpdateExpression {
            update: "SET is_active = :false, disabled = :reason, version = version + :one",
            condition: "version = :version AND is_active = :true",
            names: &[],
            values: vec![
                (":false", super::boolean(false)),
                (":true", super::boolean(true)),
                (":reason", s(reason.as_str())),
                (":version", n(webhook.version)),
                (":one", n(1)),
            ],
        };
        let row = keys::webhook(&self.tables, webhook.owner, webhook.id);
        let actions = vec![((), Action::update(row, change)), ((), outbox::put(&self.tables, outbox_entry)?)];
        self.transact(actions).await.map(drop)
    }
}
