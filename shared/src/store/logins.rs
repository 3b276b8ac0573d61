//! Sign-ins and opaque tokens: rows of the `users` table. Sign-ins are in the partition of their account.

use super::{
    CallError, Store, client, keys, n, outbox, read_all, read_if_any, s,
    transaction::{Action, UpdateExpression},
    users::{self, Account},
    walk::Walk,
    write,
};
use crate::{
    config::Tables,
    domain::{
        event::OutboxEntry,
        ids::{LoginId, UserId},
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A sign-in. It is valid as long as its row exists.
#[derive(Debug, Clone)]
pub struct Login {
    /// Its id, the `sid` of its tokens.
    pub id: LoginId,
    /// The user who signed in.
    pub user: UserId,
    /// The account's epoch at the time of the sign-in.
    pub epoch: u64,
    /// The refresh token that is currently valid. A sign-in may have none.
    pub refresh: Option<RefreshToken>,
    /// The previous refresh token, and when it was replaced.
    pub replaced: Option<(Uuid, Timestamp)>,
    /// When it expires.
    pub expires_at: Timestamp,
    /// The browser that signed in, in words.
    pub device: Option<String>,
}

/// The values from which a refresh token can be rebuilt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// Its own id.
    pub jti: Uuid,
    /// When it was issued.
    pub issued_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
}

/// The owner of an opaque token.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CredentialOwner {
    /// The account.
    pub user: UserId,
    /// The account's epoch when the token was created.
    pub epoch: u64,
}

#[derive(Serialize, Deserialize)]
struct LoginRow {
    id: LoginId,
    user: UserId,
    epoch: u64,
    refresh: Option<RefreshToken>,
    replaced_jti: Option<Uuid>,
    replaced_at: Option<Timestamp>,
    ends_at: Timestamp,
    expires_at: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<String>,
}

impl From<Login> for LoginRow {
    fn from(Login { id, user, epoch, refresh, replaced, expires_at, device }: Login) -> Self {
        Self {
            id,
            user,
            epoch,
            refresh,
            replaced_jti: replaced.map(|(jti, _)| jti),
            replaced_at: replaced.map(|(_, at)| at),
            ends_at: expires_at,
            expires_at: expires_at.seconds(),
            device,
        }
    }
}

impl From<LoginRow> for Login {
    fn from(row: LoginRow) -> Self {
        let LoginRow { id, user, epoch, refresh, replaced_jti, replaced_at, ends_at, expires_at: _, device } = row;
        Self { id, user, epoch, refresh, replaced: replaced_jti.zip(replaced_at), expires_at: ends_at, device }
    }
}

#[derive(Serialize)]
struct AddressRow {
    expires_at: u64,
}

impl Store {
    /// Finds the owner of an opaque token; `hash` is its SHA-256 in hex.
    pub async fn owner_of_credential(&self, hash: &str) -> Result<Option<CredentialOwner>, CallError> {
        read_if_any(self.get(keys::credential(&self.tables, hash)).await?)
    }

    /// Reads an account and one of its sign-ins, in one call.
    pub async fn account_and_login(
        &self,
        user: UserId,
        login: LoginId,
    ) -> Result<(Option<Account>, Option<Login>), CallError> {
        let keys = [keys::profile(&self.tables, user), keys::login(&self.tables, user, login)];
        let [profile, login] = self.get_together(keys).await?;
        Ok((users::account(profile)?, read_if_any::<LoginRow>(login)?.map(Login::from)))
    }

    /// Reads an account, and whether `address` recently signed in to it, in one call.
    pub async fn account_and_address(
        &self,
        user: UserId,
        address: &str,
        now: Timestamp,
    ) -> Result<(Option<Account>, bool), CallError> {
        let keys = [keys::profile(&self.tables, user), keys::known_address(&self.tables, user, address)];
        let [profile, known] = self.get_together(keys).await?;
        let expires_at = known.and_then(|item| item.get("expires_at")?.as_n().ok()?.parse::<u64>().ok());
        Ok((users::account(profile)?, expires_at.is_some_and(|at| at > now.seconds())))
    }

    /// Adds a sign-in, and stores the address that it came from.
    pub async fn open_login(&self, login: Login, address: &str, remember_until: Timestamp) -> Result<(), CallError> {
        let user = login.user;
        let remembered = remember(&self.tables, user, address, remember_until)?;
        self.commit_for(user, vec![put_new(&self.tables, login)?, remembered]).await
    }

    /// Adds an opaque token, and stores the address that its owner signed in from.
    pub async fn add_credential(
        &self,
        hash: &str,
        owner: CredentialOwner,
        address: &str,
        remember_until: Timestamp,
    ) -> Result<(), CallError> {
        let user = owner.user;
        let key = keys::credential(&self.tables, hash);
        let remembered = remember(&self.tables, user, address, remember_until)?;
        self.commit_for(user, vec![Action::put_new(key.clone(), write(key, owner)?), remembered]).await
    }

    /// Replaces the refresh token `replaced` by `next`. `false` if `replaced` is no longer the valid one.
    pub async fn rotate(
        &self,
        login: &Login,
        replaced: Uuid,
        next: RefreshToken,
        now: Timestamp,
        ends_at: Timestamp,
    ) -> Result<bool, CallError> {
        let next_row = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(next).map_err(CallError::broken)?;
        let change = UpdateExpression {
            update: "SET refresh = :next, replaced_jti = :replaced, replaced_at = :now, \
                     ends_at = :ends_at, expires_at = :expires_at",
            condition: "refresh.jti = :replaced",
            names: &[],
            values: vec![
                (":next", next_row),
                (":replaced", s(replaced)),
                (":now", n(now.millis())),
                (":ends_at", n(ends_at.millis())),
                (":expires_at", n(ends_at.seconds())),
            ],
        };
        Ok(self.update_if(keys::login(&self.tables, login.user, login.id), change).await?.is_some())
    }

    /// Moves the end of a sign-in to `ends_at`. `false` if the sign-in has ended.
    pub async fn extend_login(&self, user: UserId, login: LoginId, ends_at: Timestamp) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET ends_at = :ends_at, expires_at = :expires_at",
            condition: "attribute_exists(pk)",
            names: &[],
            values: vec![(":ends_at", n(ends_at.millis())), (":expires_at", n(ends_at.seconds()))],
        };
        Ok(self.update_if(keys::login(&self.tables, user, login), change).await?.is_some())
    }

    /// Reads the sign-ins of a user, latest first, but at most `max`.
    pub async fn logins(&self, user: UserId, max: usize) -> Result<Vec<Login>, CallError> {
        let query = client::query()
            .table_name(&self.tables.users)
            .key_condition_expression("pk = :pk AND begins_with(sk, :first)")
            .expression_attribute_values(":pk", s(keys::user_partition(user)))
            .expression_attribute_values(":first", s(keys::FIRST_LOGIN))
            .scan_index_forward(false)
            .consistent_read(true);
        let items = Walk { client: &self.client, query, items_per_entry: 1, tidy: |_| {} }
            .take(max, None, <[super::Item]>::len)
            .await?;
        Ok(read_all::<LoginRow>(items)?.into_iter().map(Login::from).collect())
    }

    /// Ends sign-ins and, by its hash, an opaque token, in one transaction: all their tokens become invalid together.
    pub async fn end(
        &self,
        logins: &[LoginId],
        credential: Option<&str>,
        outbox_entry: &OutboxEntry,
    ) -> Result<(), CallError> {
        let user = outbox_entry.user;
        let logins = logins.iter().map(|&login| keys::login(&self.tables, user, login));
        let credential = credential.map(|hash| keys::credential(&self.tables, hash));
        let outbox_entry = outbox::put(&self.tables, outbox_entry)?;
        self.commit(logins.chain(credential).map(Action::delete).chain([outbox_entry]).collect()).await
    }
}

/// Puts a sign-in that must not exist yet.
pub(super) fn put_new(tables: &Tables, login: Login) -> Result<Action, CallError> {
    let key = keys::login(tables, login.user, login.id);
    Ok(Action::put_new(key.clone(), write(key, LoginRow::from(login))?))
}

/// Stores an address that signed in.
pub(super) fn remember(tables: &Tables, user: UserId, address: &str, until: Timestamp) -> Result<Action, CallError> {
    let key = keys::known_address(tables, user, address);
    Ok(Action::put(key.clone(), write(key, AddressRow { expires_at: until.seconds() })?))
}
