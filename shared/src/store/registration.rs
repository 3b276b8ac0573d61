//! The transaction of a registration, which writes the account, its names, its balance and the first sign-in.

use super::{
    CallError, Store, balances, keys,
    logins::{self, Login},
    outbox,
    transaction::{self, Outcome},
    users::{self, Account},
};
use crate::domain::{
    event::OutboxEntry,
    money::Tokens,
    time::Timestamp,
    user::{Role, User},
};
use uuid::Uuid;

/// The first sign-in of a new account.
#[derive(Debug, Clone)]
pub struct FirstLogin<'a> {
    /// The sign-in.
    pub login: Login,
    /// The address that it comes from.
    pub address: &'a str,
    /// How long that address is remembered.
    pub remember_until: Timestamp,
}

/// The name of a registration that is already taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// The username.
    Username,
    /// The e-mail address.
    Email,
}

impl Store {
    /// Creates an account with its names, its balance, and its first sign-in if there is one.
    pub async fn register(
        &self,
        account: Account,
        grant: Tokens,
        grant_id: Uuid,
        login: Option<FirstLogin<'_>>,
        outbox_entry: &OutboxEntry,
    ) -> Result<Result<(), Vec<Taken>>, CallError> {
        let User { id, ref username, ref email, created_at, .. } = account.user;
        let mut actions = vec![(Some(Taken::Username), users::own_name(&self.tables, username.folded(), id)?)];
        if let Some(email) = email.as_ref().filter(|email| email.folded() != username.folded()) {
            actions.push((Some(Taken::Email), users::own_name(&self.tables, email.folded(), id)?));
        }
        let (balance, entry) = balances::opening(&self.tables, id, grant, grant_id, created_at)?;
        actions.extend([(None, balance), (None, entry)]);
        if let Some(FirstLogin { login, address, remember_until }) = login {
            actions.push((None, logins::put_new(&self.tables, login)?));
            actions.push((None, logins::remember(&self.tables, id, address, remember_until)?));
        }
        actions.push((None, transaction::count(keys::population_with(&self.tables, id), 1)));
        if account.user.role == Role::Admin {
            actions.push((None, transaction::count(keys::administrators(&self.tables), 1)));
        }
        actions.push((None, outbox::put(&self.tables, outbox_entry)?));
        actions.push((None, users::put_new(&self.tables, account)?));
        match self.transact(actions).await? {
            Outcome::Committed => Ok(Ok(())),
            Outcome::Refused(labels) => Ok(Err(labels.into_iter().flatten().collect())),
        }
    }
}
