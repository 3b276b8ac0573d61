//! Users after registration: reading, changing and removing them. Users may read and change their own account.
//! Administrators may read and change all accounts.

mod change;

pub use change::{AccountChange, PowersChange};

use super::{
    Deps,
    balance::Balances,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Outcome, Run},
    limits::{Account as LimitedAccount, Limits},
    retry::{self, Attempt},
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
        names::{Email, FoldedName, SignInName},
        page::PageRequest,
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

/// Which users are listed. Without a name, all are.
#[derive(Debug, Default)]
pub struct UserFilter {
    /// The user with this username.
    pub username: Option<SignInName>,
    /// The user with this e-mail address.
    pub email: Option<SignInName>,
}

/// Users.
pub struct Users {
    store: Arc<Store>,
    balance: Balances,
    passwords: Arc<Passwords>,
    limits: Limits,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    idempotency: Idempotency,
}

impl Users {
    /// Limits the verification of passwords by `limits`.
    pub fn new(deps: Deps, balance: Balances, passwords: Arc<Passwords>, limits: Limits) -> Self {
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, balance, passwords, limits, clock, entropy, idempotency }
    }

    /// The caller, and their available tokens.
    pub async fn me(&self, caller: Caller) -> Result<(User, Tokens), Error> {
        let tokens = self.balance.available(caller.user.id).await?;
        Ok((caller.user, tokens))
    }

    /// A user, and their available tokens. `id` is `None` if it could not be parsed.
    ///
    /// # Errors
    /// `Forbidden` unless the caller is the user or an administrator.
    pub async fn show(&self, caller: &Caller, id: Option<UserId>) -> Result<(User, Tokens), Error> {
        if id != Some(caller.user.id) && caller.user.role != Role::Admin {
            return Err(Error::Forbidden);
        }
        let (account, balance) =
            self.store.account_and_balance(id.ok_or(Error::NotFound)?).await?.ok_or(Error::NotFound)?;
        Ok((account.user, self.balance.shown(&balance)))
    }

    /// The user with this username, and with this e-mail address if both are given, and their available tokens. As a list
    /// of at most one.
    async fn find(&self, filter: &UserFilter, request: PageRequest) -> Result<Listed<(User, Tokens)>, Error> {
        let nobody = Listed::empty(request, 0);
        let UserFilter { username, email } = filter;
        let Some(name) = username.as_ref().or(email.as_ref()).and_then(SignInName::folded) else { return Ok(nobody) };
        let Some(owner) = self.store.owner_of_name(&name).await? else { return Ok(nobody) };
        let Some((account, balance)) = self.store.account_and_balance(owner).await? else { return Ok(nobody) };
        let user = account.user;
        let is_called = |wanted: &Option<SignInName>, own: Option<&FoldedName>| {
            wanted.as_ref().is_none_or(|wanted| wanted.folded().as_ref() == own)
        };
        let fits = is_called(username, Some(user.username.folded()))
            && is_called(email, user.email.as_ref().map(Email::folded));
        if !fits {
            return Ok(nobody);
        }
        let found = if request.number() == 1 { vec![(user, self.balance.shown(&balance))] } else { Vec::new() };
        Ok(Listed::new(found, 1, request, None))
    }

    /// All users that match `filter`, and their available tokens.
    pub async fn list(
        &self,
        _: &Administrator,
        filter: &UserFilter,
        request: &ListRequest<UserField>,
    ) -> Result<Listed<(User, Tokens)>, Error> {
        if filter.username.is_some() || filter.email.is_some() {
            return self.find(filter, request.page).await;
        }
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

    /// Changes the caller's own account. A new password ends all sign-ins and 000 tokens.
    ///
    /// # Errors
    /// `Invalid` on `current_password` if it is wrong, or missing beside a new username, e-mail address or password.
    /// `RateLimited` after too many wrong ones.
    pub async fn change_me(
        &self,
        caller: &Caller,
        change: AccountChange,
        current_password: Option<SecretString>,
    ) -> Result<(User, Tokens), Error> {
        let change = AccountChange { powers: PowersChange::default(), ..change };
        let id = caller.user.id;
        let mut proven = None;
        if change.password.is_some() && current_password.is_none() {
            return Err(unproven(Problem::Required));
        }
        if let Some(given) = current_password {
            let (attempt, account) =
                futures::future::join(self.limits.attempt(LimitedAccount::SignedIn(id)), self.store.account(id)).await;
            let (attempt, account) = (attempt?, account?.ok_or(Error::InvalidCredential)?);
            if !self.passwords.verify(given, Some(account.password_hash)).await? {
                return Err(unproven(Problem::WrongCurrentPassword));
            }
            proven = Some(account.epoch);
            self.limits.succeeded(&attempt).await;
        }
        self.rewrite(id, change, By::Owner { proven }, None).await
    }

    /// Changes a user, as an administrator.
    ///
    /// # Errors
    /// `Conflict` if no active administrator would remain.
    pub async fn change(
        &self,
        administrator: &Administrator,
        id: UserId,
        change: AccountChange,
        key: Option<IdempotencyKey>,
    ) -> Result<(User, Tokens), Error> {
        let keyed = key.map(|key| change.keyed(id, key));
        self.rewrite(id, change, By::Administrator, keyed.map(|keyed| (administrator.user().id, keyed))).await
    }

    /// Changes a user for the operator, who may do what administrators may and needs no account.
    ///
    /// # Errors
    /// As [`Users::change`].
    pub async fn change_for_operator(&self, id: UserId, change: AccountChange) -> Result<(User, Tokens), Error> {
        self.rewrite(id, change, By::Administrator, None).await
    }

    /// Whether there is an active administrator.
    pub async fn has_administrator(&self) -> Result<bool, Error> {
        Ok(self.store.count_administrators().await? > 0)
    }

    /// Deletes a user, as an administrator. The next request with any of their credentials is refused.
    ///
    /// # Errors
    /// As [`Users::change`].
    pub async fn remove(&self, _: &Administrator, id: UserId) -> Result<(), Error> {
        retry::change(&self.store, async || {
            let account = self.store.account(id).await?.ok_or(Error::NotFound)?;
            let now = self.clock.now();
            let entry = OutboxEntry::new(id, now, vec![EventDetails::AccessEnded]);
            match self.store.remove_account(&account, now, &entry).await? {
                Ok(()) => Ok(Attempt::Done(())),
                Err(refusals) => lost_or_refused(&refusals),
            }
        })
        .await
    }

    /// `keyed` comes with the owner of the key.
    async fn rewrite(
        &self,
        id: UserId,
        change: AccountChange,
        by: By,
        keyed: Option<(UserId, Keyed)>,
    ) -> Result<(User, Tokens), Error> {
        let password_hash = match &change.password {
            Some(password) => Some(self.passwords.hash(password).await?),
            None => None,
        };
        let (caller, keyed) = keyed.map_or((id, None), |(caller, keyed)| (caller, Some(keyed)));
        let attempt = |run| self.try_to_rewrite((id, &change, password_hash.as_deref()), by, caller, run);
        match self.idempotency.run(caller, keyed, attempt).await? {
            Outcome::Done(changed) => Ok(changed),
            Outcome::Repeated(()) => self.show_again(id, &change).await,
        }
    }

    async fn try_to_rewrite(
        &self,
        (id, change, password_hash): (UserId, &AccountChange, Option<&str>),
        by: By,
        caller: UserId,
        run: Run,
    ) -> Result<Attempt<(User, Tokens)>, Error> {
        let found = self.store.account_and_balance(id).await?;
        let (before, balance) = found.ok_or_else(|| by.without_account())?;
        if matches!(change.email, Some(None)) && before.user.email.is_some() {
            return Err(Error::invalid("email", Problem::Null));
        }
        let mut after = change.apply(&before, password_hash);
        by.may_change(&before, &after)?;
        // The write is refused unless the account still has the `updated_at` that was read, so each change needs
        // a later one.
        after.user.updated_at = run.now.and_after(before.user.updated_at);
        let tokens = change.powers.tokens_granted.filter(|&tokens| tokens > 0);
        let gift = tokens.map(|tokens| Gift { tokens, entry_id: self.entropy.uuid(run.now) });
        let record = run.record(&())?.map(|record| (caller, record));
        let access_ended = (before.epoch, before.key_epoch) != (after.epoch, after.key_epoch);
        let access_ended = access_ended.then_some(EventDetails::AccessEnded);
        let events = [EventDetails::UserUpdated].into_iter().chain(access_ended).collect();
        let entry = OutboxEntry::new(id, after.user.updated_at, events);
        match self.store.change_account(&before, &after, gift, &entry, record).await? {
            Ok(()) => {
                let available = self.balance.shown(&balance).saturating_add(tokens.unwrap_or(0));
                Ok(Attempt::Done((after.user, available)))
            }
            Err(refusals) => lost_or_refused(&refusals),
        }
    }

    /// Returns the current account for a repeated change. The record contains nothing derived from the password, so a
    /// request with another password is recognised by verifying that password.
    async fn show_again(&self, id: UserId, change: &AccountChange) -> Result<(User, Tokens), Error> {
        let (account, balance) = self.store.account_and_balance(id).await?.ok_or(Error::NotFound)?;
        if let Some(password) = &change.password
            && !self.passwords.verify(password.secret().clone(), Some(account.password_hash)).await?
        {
            return Err(Error::KeyReused);
        }
        Ok((account.user, self.balance.shown(&balance)))
    }
}

/// Who changes an account.
#[derive(Clone, Copy)]
enum By {
    /// An administrator, or the operator.
    Administrator,
    /// Its owner.
    Owner {
        /// The account's epoch when its password was verified, if it was.
        proven: Option<u64>,
    },
}

impl By {
    /// Checks that an owner who did not give the password keeps the names, because whoever has a credential for a while
    /// must not take over the account. What is sent back as it was read changes nothing.
    fn may_change(self, before: &Account, after: &Account) -> Result<(), Error> {
        match self {
            Self::Administrator => Ok(()),
            // A concurrent change of the password ends the credential with which the caller was authenticated.
            Self::Owner { proven: Some(epoch) } if epoch != before.epoch => Err(Error::InvalidCredential),
            Self::Owner { proven: Some(_) } => Ok(()),
            Self::Owner { proven: None } => match names(&before.user) == names(&after.user) {
                true => Ok(()),
                false => Err(unproven(Problem::Required)),
            },
        }
    }

    /// The error if the account does not exist.
    const fn without_account(self) -> Error {
        match self {
            Self::Administrator => Error::NotFound,
            Self::Owner { .. } => Error::InvalidCredential,
        }
    }
}

fn names(user: &User) -> (&str, Option<&str>) {
    (user.username.as_str(), user.email.as_ref().map(Email::as_str))
}

fn unproven(problem: Problem) -> Error {
    Error::invalid("current_password", problem)
}

/// A lost race if another attempt may succeed, otherwise the reason for the refusal.
fn lost_or_refused<T>(refusals: &[Unchanged]) -> Result<Attempt<T>, Error> {
    if refusals.contains(&Unchanged::LostRace) {
        return Ok(Attempt::LostRace);
    }
    if refusals.contains(&Unchanged::Key) {
        return Ok(Attempt::KeyClaimed);
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
