//! Users after their registration: seeing, changing and removing them. Everybody may see and change
//! themselves; administrators may see and change all.

use super::{
    Deps,
    balance::Balances,
    idempotency::{IdempotencyKey, Keyed},
    limits::{Account as LimitedAccount, Limits},
};
use crate::{
    clock::Clock,
    domain::{
        Error, FieldError, Problem,
        error::Conflict,
        event::{EventDetails, OutboxEntry},
        ids::UserId,
        list::{ListRequest, Listed, UserField},
        money::Tokens,
        names::{Email, Username},
        text::{FullName, NewPassword},
        user::{Administrator, Caller, Role, User},
    },
    entropy::Entropy,
    password::Passwords,
    store::{
        Store,
        profiles::{Gift, Unchanged},
        users::Account,
    },
};
use secrecy::SecretString;
use std::sync::Arc;

/// How often a change starts again because somebody else changed the account at the same moment.
const TRIES: usize = 4;

/// What is changed about an account: only what is given. An inner `None` takes a value away.
#[derive(Default)]
pub struct AccountChange {
    /// A new username.
    pub username: Option<Username>,
    /// A new e-mail address.
    pub email: Option<Email>,
    /// A new full name.
    pub full_name: Option<Option<FullName>>,
    /// A new password.
    pub password: Option<NewPassword>,
    /// What only administrators change.
    pub powers: PowersChange,
}

/// What only administrators change about an account.
#[derive(Debug, Clone, Copy, Default)]
pub struct PowersChange {
    /// What the account may do.
    pub role: Option<Role>,
    /// Whether it may do anything.
    pub is_active: Option<bool>,
    /// Tokens that are added to its balance.
    pub tokens_granted: Option<Tokens>,
}

/// Users.
pub struct Users {
    store: Arc<Store>,
    balance: Balances,
    passwords: Arc<Passwords>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Users {
    /// With these parts.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        balance: Balances,
        passwords: Arc<Passwords>,
        limits: Limits,
    ) -> Self {
        Self { store, balance, passwords, limits, clock, entropy }
    }

    /// The caller, and what they can spend.
    pub async fn me(&self, caller: Caller) -> Result<(User, Tokens), Error> {
        let tokens = self.balance.available(caller.user.id).await?;
        Ok((caller.user, tokens))
    }

    /// A user, and what they can spend. `id` is none when it could not be read.
    ///
    /// # Errors
    /// `Forbidden` for everybody but administrators and the user.
    pub async fn show(&self, caller: &Caller, id: Option<UserId>) -> Result<(User, Tokens), Error> {
        if id != Some(caller.user.id) && caller.user.role != Role::Admin {
            return Err(Error::Forbidden);
        }
        let (account, balance) =
            self.store.account_and_balance(id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
        Ok((account.user, self.balance.shown(&balance)))
    }

    /// All users, and what they can spend.
    pub async fn list(
        &self,
        _: &Administrator,
        request: &ListRequest<UserField>,
    ) -> Result<Listed<(User, Tokens)>, Error> {
        if request.is_deep() {
            let total = self.store.count_accounts().await?;
            if !request.page.exists_in(total) {
                return Ok(Listed::empty(request.page, total));
            }
        }
        let (accounts, total, next) = self.store.accounts(request).await?;
        let shown = accounts.into_iter().map(|(user, balance)| (user, self.balance.shown(&balance))).collect();
        Ok(Listed::new(shown, total, request.page, next))
    }

    /// Changes what the caller says about themselves. A new password ends all sign-ins and 000 tokens.
    ///
    /// # Errors
    /// `Invalid` on `current_password` when it is wrong, or missing beside a new password; `RateLimited` after too
    /// many wrong ones.
    pub async fn change_me(
        &self,
        caller: &Caller,
        change: AccountChange,
        current_password: Option<SecretString>,
    ) -> Result<(User, Tokens), Error> {
        let change = AccountChange { powers: PowersChange::default(), ..change };
        let id = caller.user.id;
        let mut proven = None;
        let wrong = |problem| Error::invalid("current_password", problem);
        if change.password.is_some() && current_password.is_none() {
            return Err(wrong(Problem::Required));
        }
        if let Some(given) = current_password {
            let (attempt, account) =
                futures::future::join(self.limits.attempt(LimitedAccount::SignedIn(id)), self.store.account(id)).await;
            let (attempt, account) = (attempt?, account?.ok_or(Error::InvalidCredential)?);
            if !self.passwords.verify(given, Some(account.password_hash)).await? {
                return Err(wrong(Problem::WrongCurrentPassword));
            }
            proven = Some(account.epoch);
            self.limits.succeeded(&attempt).await;
        }
        self.rewrite(id, change, proven, None).await
    }

    /// Changes a user, as an administrator.
    ///
    /// # Errors
    /// `Conflict` when there would be no administrator left.
    pub async fn change(
        &self,
        administrator: &Administrator,
        id: UserId,
        change: AccountChange,
        key: Option<IdempotencyKey>,
    ) -> Result<(User, Tokens), Error> {
        let keyed = key.map(|key| Keyed::new(key, &["user", &id.to_string(), &change.meaning()]));
        self.rewrite(id, change, None, keyed.map(|keyed| (administrator.user().id, keyed))).await
    }

    /// Deletes a user, as an administrator. Everything of theirs is dead at the next request.
    ///
    /// # Errors
    /// As [`Users::change`].
    pub async fn remove(&self, _: &Administrator, id: UserId) -> Result<(), Error> {
        for _ in 0..TRIES {
            let account = self.store.account(id).await?.ok_or(Error::NotFound)?;
            let now = self.clock.now();
            let outbox_entry = OutboxEntry::new(id, now, vec![EventDetails::AccessEnded]);
            match self.store.remove_account(&account, now, &outbox_entry).await? {
                Ok(()) => return Ok(()),
                Err(refusals) => not_lost_race(&refusals)?,
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// `proven` is the epoch of the account whose password was given; `keyed` comes with whose key it is.
    async fn rewrite(
        &self,
        id: UserId,
        change: AccountChange,
        proven: Option<u64>,
        keyed: Option<(UserId, Keyed)>,
    ) -> Result<(User, Tokens), Error> {
        let password_hash = match &change.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        for _ in 0..TRIES {
            let now = self.clock.now();
            if let Some((caller, keyed)) = &keyed {
                let record = self.store.idempotency_record(*caller, keyed.hash()).await?;
                if let Some(()) = keyed.replay(record.as_ref(), now)? {
                    let (account, balance) = self.store.account_and_balance(id).await?.ok_or(Error::NotFound)?;
                    // No trace of the password is in the key's record.
                    if let Some(password) = &change.password
                        && !self.passwords.verify(password.secret().clone(), Some(account.password_hash)).await?
                    {
                        return Err(Error::KeyReused);
                    }
                    return Ok((account.user, self.balance.shown(&balance)));
                }
            }
            let (before, balance) = self.store.account_and_balance(id).await?.ok_or(Error::NotFound)?;
            // Whoever changed the password meanwhile ended what the caller came with.
            if proven.is_some_and(|epoch| epoch != before.epoch) {
                return Err(Error::InvalidCredential);
            }
            let mut after = change.apply(&before, password_hash.as_deref());
            // A change is refused if the account is no longer as it was read, which this time tells.
            after.user.updated_at = now.and_after(before.user.updated_at);
            let tokens = change.powers.tokens_granted.filter(|&tokens| tokens > 0);
            let gift = tokens.map(|tokens| Gift { tokens, entry_id: self.entropy.uuid(now) });
            let record = keyed.as_ref().map(|(caller, keyed)| Ok::<_, Error>((*caller, keyed.done(&(), now)?)));
            let record = record.transpose()?;
            let access_ended = (before.epoch, before.key_epoch) != (after.epoch, after.key_epoch);
            let access_ended = access_ended.then_some(EventDetails::AccessEnded);
            let events = [EventDetails::UserUpdated].into_iter().chain(access_ended).collect();
            let outbox_entry = OutboxEntry::new(id, after.user.updated_at, events);
            match self.store.change_account(&before, &after, gift, &outbox_entry, record).await? {
                Ok(()) => {
                    let available = self.balance.shown(&balance).saturating_add(tokens.unwrap_or(0));
                    return Ok((after.user, available));
                }
                Err(refusals) => not_lost_race(&refusals)?,
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }
}

/// `Ok` when looking again may help.
fn not_lost_race(refusals: &[Unchanged]) -> Result<(), Error> {
    if refusals.iter().any(|refusal| matches!(refusal, Unchanged::LostRace | Unchanged::Key)) {
        return Ok(());
    }
    if refusals.contains(&Unchanged::LastAdministrator) {
        return Err(Error::Conflict(Conflict::LastAdministrator));
    }
    let field = |refusal: &Unchanged| match refusal {
        Unchanged::Username => Some(FieldError { field: "username", problem: Problem::UsernameTaken }),
        Unchanged::Email => Some(FieldError { field: "email", problem: Problem::EmailTaken }),
        Unchanged::LastAdministrator | Unchanged::LostRace | Unchanged::Key => None,
    };
    Err(Error::Invalid(refusals.iter().filter_map(field).collect()))
}

impl AccountChange {
    /// What tells it from others, for idempotency. Of a password no trace is kept but that there is one.
    fn meaning(&self) -> String {
        let Self { username, email, full_name, password, powers } = self;
        format!("{username:?} {email:?} {full_name:?} {} {powers:?}", password.is_some())
    }

    fn apply(&self, before: &Account, password_hash: Option<&str>) -> Account {
        let PowersChange { role, is_active, tokens_granted: _ } = self.powers;
        let mut user = before.user.clone();
        user.username = self.username.clone().unwrap_or(user.username);
        user.email = self.email.clone().or(user.email);
        user.full_name = self.full_name.clone().unwrap_or(user.full_name);
        user.role = role.unwrap_or(user.role);
        user.is_active = is_active.unwrap_or(user.is_active);
        // Whoever was disabled has to sign in anew, and to make new keys, even when that is taken back.
        let is_disabled = before.user.is_active && !user.is_active;
        let ends_logins = is_disabled || password_hash.is_some();
        Account {
            user,
            password_hash: password_hash.map_or_else(|| before.password_hash.clone(), str::to_owned),
            epoch: before.epoch + u64::from(ends_logins),
            key_epoch: before.key_epoch + u64::from(is_disabled),
        }
    }
}
