//! The `users` table: accounts, the names they own, and the directory. The sign-ins are in `logins`.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    keys, n, read_all, read_if_any, s,
    transaction::{Action, EXISTS, UpdateExpression},
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        ids::{UserId, UserNumber},
        list::ListPosition,
        names::{Email, FoldedName, Username},
        page::PageRequest,
        text::FullName,
        time::Timestamp,
        user::{DirectoryEntry, Role, User},
    },
};
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValue};
use serde::{Deserialize, Serialize};

/// An account, including the fields that are never shown.
#[derive(Debug, Clone)]
pub struct Account {
    /// The fields that may be shown.
    pub user: User,
    /// The password's PHC string.
    pub password_hash: String,
    /// Incremented to end all sign-ins and opaque tokens.
    pub epoch: u64,
    /// Incremented to end all API keys.
    pub key_epoch: u64,
}

#[derive(Serialize, Deserialize)]
struct ProfileRow {
    id: UserId,
    number: UserNumber,
    username: String,
    email: Option<String>,
    full_name: Option<FullName>,
    role: Role,
    is_active: bool,
    conversations: u64,
    resets: u64,
    api_keys: u64,
    password_hash: String,
    epoch: u64,
    key_epoch: u64,
    created_at: Timestamp,
    updated_at: Timestamp,
    /// The partition of the indexes that list accounts, and the positions in them.
    directory: String,
    by_created: ListPosition,
    by_username: ListPosition,
    by_email: ListPosition,
}

impl From<Account> for ProfileRow {
    fn from(Account { user, password_hash, epoch, key_epoch }: Account) -> Self {
        let User {
            id,
            number,
            username,
            email,
            full_name,
            role,
            is_active,
            conversations,
            resets,
            api_keys,
            created_at,
            updated_at,
        } = user;
        let Places { by_username, by_email } = Places::of(id, &username, email.as_ref());
        Self {
            id,
            number,
            username: username.as_str().to_owned(),
            email: email.map(|email| email.as_str().to_owned()),
            full_name,
            role,
            is_active,
            conversations,
            resets,
            api_keys,
            password_hash,
            epoch,
            key_epoch,
            created_at,
            updated_at,
            directory: keys::ALL_USERS.to_owned(),
            by_created: ListPosition::by_number(number.0, id),
            by_username,
            by_email,
        }
    }
}

/// An account's positions in the lists by its names.
pub(super) struct Places {
    pub by_username: ListPosition,
    pub by_email: ListPosition,
}

impl Places {
    pub fn of(id: UserId, username: &Username, email: Option<&Email>) -> Self {
        let by_email = ListPosition::by_text(email.map_or("", |email| email.folded().as_str()), id);
        Self { by_username: ListPosition::by_text(username.folded().as_str(), id), by_email }
    }
}

impl TryFrom<ProfileRow> for Account {
    type Error = CallError;

    fn try_from(row: ProfileRow) -> Result<Self, CallError> {
        let ProfileRow {
            id,
            number,
            username,
            email,
            full_name,
            role,
            is_active,
            conversations,
            resets,
            api_keys,
            password_hash,
            epoch,
            key_epoch,
            created_at,
            updated_at,
            directory: _,
            by_created: _,
            by_username: _,
            by_email: _,
        } = row;
        let username = Username::parse(&username).map_err(|problem| CallError::broken(problem.to_string()))?;
        let email = email.map(|email| Email::parse(&email)).transpose();
        let email = email.map_err(|problem| CallError::broken(problem.to_string()))?;
        let user = User {
            id,
            number,
            username,
            email,
            full_name,
            role,
            is_active,
            conversations,
            resets,
            api_keys,
            created_at,
            updated_at,
        };
        Ok(Self { user, password_hash, epoch, key_epoch })
    }
}

#[derive(Serialize, Deserialize)]
struct NameRow {
    user: UserId,
}

impl Store {
    /// Finds the owner of a username or e-mail address.
    pub async fn owner_of_name(&self, name: &FoldedName) -> Result<Option<UserId>, CallError> {
        let row: Option<NameRow> = read_if_any(self.get(keys::name(&self.tables, name)).await?)?;
        Ok(row.map(|row| row.user))
    }

    /// Finds the owners of these names, in one call. `names` may contain duplicates.
    pub async fn owners_of_names(&self, names: [Option<&FoldedName>; 2]) -> Result<[Option<UserId>; 2], CallError> {
        match names {
            [Some(one), Some(other)] if one != other => {
                let keys = [keys::name(&self.tables, one), keys::name(&self.tables, other)];
                let [one, other] = self.get_together(keys).await?;
                Ok([one, other].map(read_if_any::<NameRow>).map(|row| row.map(|row| row.map(|row| row.user))))
                    .and_then(|[one, other]| Ok([one?, other?]))
            }
            [one, other] => {
                let Some(name) = one.or(other) else {
                    return Ok([None, None]);
                };
                let owner = self.owner_of_name(name).await?;
                Ok([one.and(owner), other.and(owner)])
            }
        }
    }

    /// Reads an account.
    pub async fn account(&self, user: UserId) -> Result<Option<Account>, CallError> {
        account(self.get(keys::profile(&self.tables, user)).await?)
    }

    /// Takes the next integer for a user. An integer that is taken and not used leaves a gap.
    pub async fn take_user_number(&self) -> Result<UserNumber, CallError> {
        let key = keys::user_counter(&self.tables);
        let output = client::update_item()
            .table_name(key.table)
            .set_key(Some(key.attributes))
            .update_expression("ADD last_number :one")
            .expression_attribute_values(":one", n(1))
            .return_values(ReturnValue::UpdatedNew)
            .call(&self.client)
            .await?;
        last_number(output.attributes.as_ref()).ok_or_else(|| CallError::broken("the user counter has no number"))
    }

    /// The integer that was taken last. The directory has at most as many entries.
    pub async fn last_user_number(&self) -> Result<UserNumber, CallError> {
        let item = self.get(keys::user_counter(&self.tables)).await?;
        Ok(last_number(item.as_ref()).unwrap_or(UserNumber(0)))
    }

    /// A page of all users by their integers, and whether more follow.
    pub async fn directory(&self, page: PageRequest) -> Result<(Vec<DirectoryEntry>, bool), CallError> {
        let query = client::query()
            .table_name(&self.tables.users)
            .index_name(keys::DIRECTORY)
            .key_condition_expression("directory = :all")
            .expression_attribute_values(":all", s(keys::ALL_USERS));
        let walk = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} };
        let mut entries: Vec<DirectoryEntry> =
            read_all(walk.page(page.skipped(), page.size() + 1, |_| true, usize::MAX).await?)?;
        let more = entries.len() > page.size();
        entries.truncate(page.size());
        Ok((entries, more))
    }
}

/// Reads an account's row that may be absent.
pub(super) fn account(item: Option<Item>) -> Result<Option<Account>, CallError> {
    read_if_any::<ProfileRow>(item)?.map(Account::try_from).transpose()
}

fn last_number(item: Option<&Item>) -> Option<UserNumber> {
    item?.get("last_number").and_then(|value: &AttributeValue| value.as_n().ok()?.parse().ok()).map(UserNumber)
}

/// Counts one more conversation of the account.
pub(super) fn count_conversation(tables: &Tables, user: UserId) -> Action {
    Action::update(
        keys::profile(tables, user),
        UpdateExpression {
            update: "SET conversations = conversations + :one",
            condition: EXISTS,
            names: &[],
            values: vec![(":one", n(1))],
        },
    )
}

/// Counts one more conversation, a default one. Refused if another default conversation was deleted in the meantime.
pub(super) fn count_default_conversation(tables: &Tables, user: UserId, resets: u64) -> Action {
    Action::update(
        keys::profile(tables, user),
        UpdateExpression {
            update: "SET conversations = conversations + :one",
            condition: "resets = :resets",
            names: &[],
            values: vec![(":one", n(1)), (":resets", n(resets))],
        },
    )
}

/// Counts one conversation less. `is_default` means that it was the default one. Refused unless `resets` default ones
/// were deleted before.
pub(super) fn uncount_conversation(tables: &Tables, user: UserId, (resets, is_default): (u64, bool)) -> Action {
    Action::update(
        keys::profile(tables, user),
        UpdateExpression {
            update: "SET conversations = conversations - :one, resets = resets + :reset",
            condition: "resets = :resets",
            names: &[],
            values: vec![(":one", n(1)), (":reset", n(u64::from(is_default))), (":resets", n(resets))],
        },
    )
}

/// Releases a name. Refused if it belongs to another account.
pub(super) fn give_up_name(tables: &Tables, name: &FoldedName, user: UserId) -> Action {
    Action::delete_if(keys::name(tables, name), "#user = :user", &[("#user", "user")], vec![(":user", s(user))])
}

/// Puts an account that must not exist yet.
pub(super) fn put_new(tables: &Tables, account: Account) -> Result<Action, CallError> {
    let key = keys::profile(tables, account.user.id);
    Ok(Action::put_new(key.clone(), write(key, ProfileRow::from(account))?))
}

/// Claims a name for an account. Refused if it is already taken.
pub(super) fn own_name(tables: &Tables, name: &FoldedName, user: UserId) -> Result<Action, CallError> {
    let key = keys::name(tables, name);
    Ok(Action::put_new(key.clone(), write(key, NameRow { user })?))
}
