//! The list of accounts, and the transactions that change or remove an account.

use super::{
    CallError, Item, Store,
    balances::{self, Balance},
    idempotency, keys,
    keys::Key,
    listing::{Index, KeyPage},
    n, outbox, read_count, read_if_any, s,
    sweep::SweepRow,
    transaction::{self, Action, Outcome, UpdateExpression},
    users::{self, Account, Places},
    write,
};
use crate::domain::{
    event::OutboxEntry,
    ids::UserId,
    list::{ListPosition, ListRequest, UserField},
    money::Tokens,
    names::FoldedName,
    time::Timestamp,
    user::{Role, User},
};
use std::collections::BTreeSet;
use uuid::Uuid;

/// Why an account was not changed or removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unchanged {
    /// Another account has this username.
    Username,
    /// Another account has this e-mail address.
    Email,
    /// No administrator would be left.
    LastAdministrator,
    /// The account was changed or removed in the meantime.
    LostRace,
    /// A record exists for the request's idempotency key.
    Key,
}

/// Tokens that are granted together with a change.
#[derive(Debug, Clone, Copy)]
pub struct Gift {
    /// The number of tokens.
    pub tokens: Tokens,
    /// The ledger entry's id.
    pub entry_id: Uuid,
}

impl Store {
    /// Reads an account and its balance, in one call.
    pub async fn account_and_balance(&self, user: UserId) -> Result<Option<(Account, Balance)>, CallError> {
        let keys = [keys::profile(&self.tables, user), keys::balance(&self.tables, user)];
        let [profile, balance] = self.get_together(keys).await?;
        Ok(users::account(profile)?.zip(read_if_any(balance)?))
    }

    /// A page of all accounts with their balances, the total count, and where the next page begins.
    pub async fn accounts(
        &self,
        request: &ListRequest<UserField>,
    ) -> Result<(Vec<(User, Balance)>, u64, Option<ListPosition>), CallError> {
        let (name, order) = match request.sort.field {
            UserField::CreatedAt => ("all-by-created", "by_created"),
            UserField::Username => ("all-by-username", "by_username"),
            UserField::Email => ("all-by-email", "by_email"),
        };
        let partition = ("directory", keys::ALL_USERS.to_owned());
        let index = Index { table: &self.tables.users, name, partition, order };
        let row = |id: &str| Some(keys::profile(&self.tables, UserId::parse(id)?));
        let KeyPage { keys: profiles, next } = self.list_keys(index, request, row).await?;
        let listed = profiles.len();
        // The balance has the same partition key as its account.
        let balances: Vec<_> = profiles.iter().map(|own| own.beside(&self.tables.balances, "balance")).collect();
        let rows = profiles.into_iter().chain(balances).chain(self.population());
        let mut profiles = self.get_many(rows.collect()).await?;
        let mut balances = profiles.split_off(listed);
        let total = add_up(balances.split_off(listed))?;
        let mut accounts = Vec::new();
        for (profile, balance) in profiles.into_iter().zip(balances) {
            let account = users::account(profile)?.zip(read_if_any(balance)?);
            accounts.extend(account.map(|(account, balance)| (account.user, balance)));
        }
        Ok((accounts, total, next))
    }

    /// The number of accounts.
    pub async fn count_accounts(&self) -> Result<u64, CallError> {
        add_up(self.get_many(self.population().collect()).await?)
    }

    /// The number of active administrators.
    pub async fn count_administrators(&self) -> Result<u64, CallError> {
        read_count(self.get(keys::administrators(&self.tables)).await?)
    }

    /// The rows that hold the parts of the count of accounts.
    fn population(&self) -> impl Iterator<Item = Key<'_>> {
        (0..keys::POPULATION_PARTS).map(|part| keys::population(&self.tables, part))
    }

    /// Replaces an account, unless it was changed since it was read. Its counters stay. `record` comes with the user
    /// whose key it belongs to.
    pub async fn change_account(
        &self,
        before: &Account,
        after: &Account,
        gift: Option<Gift>,
        outbox_entry: &OutboxEntry,
        record: Option<(UserId, idempotency::Entry)>,
    ) -> Result<Result<(), Vec<Unchanged>>, CallError> {
        let id = before.user.id;
        let mut actions = vec![
            (Unchanged::LostRace, self.rewrite_account(before, after)?),
            (Unchanged::LostRace, outbox::put(&self.tables, outbox_entry)?),
        ];
        actions.extend(self.exchange_names(&before.user, Some(&after.user))?);
        actions.extend(self.administrators_after(&before.user, Some(&after.user)));
        if let Some(Gift { tokens, entry_id }) = gift {
            let granted = balances::grant(&self.tables, id, tokens, entry_id, after.user.updated_at)?;
            actions.extend(granted.map(|action| (Unchanged::LostRace, action)));
        }
        if let Some((caller, record)) = record {
            actions.push((Unchanged::Key, record.put(&self.tables, caller)?));
        }
        self.unless_lost_race(actions).await
    }

    /// Removes an account with its names and its balance, and marks its remaining data for removal. Nothing can be
    /// created for the account afterwards: that needs its row or its balance.
    pub async fn remove_account(
        &self,
        account: &Account,
        deleted_at: Timestamp,
        outbox_entry: &OutboxEntry,
    ) -> Result<Result<(), Vec<Unchanged>>, CallError> {
        let user = &account.user;
        let profile = keys::profile(&self.tables, user.id);
        let swept = keys::swept_user(&self.tables, user.id);
        let values = values_before(account);
        let mut actions = vec![
            (Unchanged::LostRace, Action::delete_if(profile, UNCHANGED, UNCHANGED_NAMES, values)),
            (Unchanged::LostRace, Action::delete(keys::balance(&self.tables, user.id))),
            (Unchanged::LostRace, transaction::count(keys::population_with(&self.tables, user.id), -1)),
            (Unchanged::LostRace, Action::put(swept.clone(), write(swept, SweepRow { deleted_at })?)),
            (Unchanged::LostRace, outbox::put(&self.tables, outbox_entry)?),
        ];
        actions.extend(self.exchange_names(user, None)?);
        actions.extend(self.administrators_after(user, None));
        self.unless_lost_race(actions).await
    }

    async fn unless_lost_race(
        &self,
        actions: Vec<(Unchanged, Action)>,
    ) -> Result<Result<(), Vec<Unchanged>>, CallError> {
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(labels) => Ok(Err(labels)),
        }
    }

    fn rewrite_account(&self, before: &Account, after: &Account) -> Result<Action, CallError> {
        let Account { user, password_hash, epoch, key_epoch } = after;
        let Places { by_username, by_email } = Places::of(user.id, &user.username, user.email.as_ref());
        let optional = |text: Option<&str>| match text {
            Some(text) => s(text),
            None => super::null(),
        };
        let mut values = values_before(before);
        values.extend([
            (":username", s(user.username.as_str())),
            (":email", optional(user.email.as_ref().map(|email| email.as_str()))),
            (":full_name", optional(user.full_name.as_ref().map(|name| name.as_str()))),
            (":role", s(user.role.as_str())),
            (":is_active", super::boolean(user.is_active)),
            (":password_hash", s(password_hash)),
            (":epoch", n(*epoch)),
            (":key_epoch", n(*key_epoch)),
            (":updated_at", n(user.updated_at.millis())),
            (":by_username", s(by_username.0)),
            (":by_email", s(by_email.0)),
        ]);
        let change = UpdateExpression {
            update: "SET username = :username, email = :email, full_name = :full_name, #role = :role, \
                     is_active = :is_active, password_hash = :password_hash, epoch = :epoch, \
                     key_epoch = :key_epoch, updated_at = :updated_at, by_username = :by_username, \
                     by_email = :by_email",
            condition: UNCHANGED,
            names: UNCHANGED_NAMES,
            values,
        };
        Ok(Action::update(keys::profile(&self.tables, user.id), change))
    }

    /// Releases the names that only `before` has, and claims those that only `after` has. A username that is also the
    /// e-mail address is one name.
    fn exchange_names(&self, before: &User, after: Option<&User>) -> Result<Vec<(Unchanged, Action)>, CallError> {
        let (old, new) = (names(Some(before)), names(after));
        let mut actions = Vec::new();
        for name in old.difference(&new) {
            actions.push((Unchanged::LostRace, users::give_up_name(&self.tables, name, before.id)));
        }
        for &name in new.difference(&old) {
            let is_username = after.is_some_and(|after| after.username.folded() == name);
            let label = if is_username { Unchanged::Username } else { Unchanged::Email };
            actions.push((label, users::own_name(&self.tables, name, before.id)?));
        }
        Ok(actions)
    }

    fn administrators_after(&self, before: &User, after: Option<&User>) -> Option<(Unchanged, Action)> {
        let counts = |user: &User| user.is_active && user.role == Role::Admin;
        let key = keys::administrators(&self.tables);
        let action = match (counts(before), after.is_some_and(counts)) {
            (false, true) => transaction::count(key, 1),
            (true, false) => Action::update(
                key,
                UpdateExpression {
                    update: "SET #count = #count - :one",
                    condition: "#count > :one",
                    names: &[("#count", "count")],
                    values: vec![(":one", n(1))],
                },
            ),
            _ => return None,
        };
        Some((Unchanged::LastAdministrator, action))
    }
}

fn add_up(parts: Vec<Option<Item>>) -> Result<u64, CallError> {
    let mut total = 0;
    for part in parts {
        total += read_count(part)?;
    }
    Ok(total)
}

/// The fields on which a decision depends are the same as when they were read.
const UNCHANGED: &str = "updated_at = :old_updated_at AND epoch = :old_epoch AND #role = :old_role \
                         AND is_active = :old_is_active AND username = :old_username";
const UNCHANGED_NAMES: &[(&str, &str)] = &[("#role", "role")];

fn values_before(
    Account { user, epoch, .. }: &Account,
) -> Vec<(&'static str, aws_sdk_dynamodb::types::AttributeValue)> {
    vec![
        (":old_updated_at", n(user.updated_at.millis())),
        (":old_epoch", n(*epoch)),
        (":old_role", s(user.role.as_str())),
        (":old_is_active", super::boolean(user.is_active)),
        (":old_username", s(user.username.as_str())),
    ]
}

fn names(user: Option<&User>) -> BTreeSet<&FoldedName> {
    let username = user.map(|user| user.username.folded());
    let email = user.and_then(|user| user.email.as_ref()).map(|email| email.folded());
    username.into_iter().chain(email).collect()
}
