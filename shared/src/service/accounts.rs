//! Registration, for every dialect: unique names, and the initial state of a new account.

use super::{
    Deps,
    limits::Address,
    logins::{ADDRESS_REMEMBERED, Issued, Lifetimes, Logins},
};
use crate::{
    clock::Clock,
    domain::{
        Error, FieldError, Problem,
        event::{EventDetails, OutboxEntry},
        ids::UserId,
        money::{Prices, Tokens},
        names::{Email, FoldedName, Username},
        page::PageRequest,
        text::{FullName, NewPassword},
        user::{DirectoryEntry, Role, User},
    },
    entropy::Entropy,
    password::Passwords,
    store::{
        Store,
        logins::Login,
        registration::{FirstLogin, Taken},
        users::Account,
    },
};
use std::sync::Arc;

/// The maximum number of usernames to try for a user who did not choose one.
const NAME_TRIES: usize = 12;

/// The data of a registration.
pub struct Registration {
    /// The username. If absent, it is derived from the e-mail address.
    pub username: Option<Username>,
    /// The e-mail address.
    pub email: Option<Email>,
    /// Free text.
    pub full_name: Option<FullName>,
    /// The password.
    pub password: NewPassword,
    /// The account's permissions.
    pub role: Role,
}

/// Accounts.
pub struct Accounts {
    store: Arc<Store>,
    logins: Logins,
    passwords: Arc<Passwords>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    prices: Prices,
}

impl Accounts {
    /// Builds the service from its dependencies.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        logins: Logins,
        passwords: Arc<Passwords>,
        prices: Prices,
    ) -> Self {
        Self { store, logins, passwords, clock, entropy, prices }
    }

    /// Creates an account. Returns it with its available tokens.
    pub async fn register(&self, registration: Registration) -> Result<(User, Tokens), Error> {
        let (user, _) = self.create(registration, None).await?;
        Ok((user, self.prices.initial))
    }

    /// Creates an account and signs it in.
    pub async fn register_and_sign_in(
        &self,
        registration: Registration,
        address: &Address,
        lifetimes: Lifetimes,
    ) -> Result<(User, Issued), Error> {
        let (user, login) = self.create(registration, Some((address, lifetimes))).await?;
        let login = login.ok_or_else(|| Error::internal("registered without a sign-in"))?;
        let issued = self.logins.issue(&login, lifetimes.access, self.clock.now()).await?;
        Ok((user, issued))
    }

    /// The user with this username or e-mail address.
    pub async fn find(&self, name: &FoldedName) -> Result<Option<User>, Error> {
        let Some(owner) = self.store.owner_of_name(name).await? else { return Ok(None) };
        Ok(self.store.account(owner).await?.map(|account| account.user))
    }

    async fn create(
        &self,
        registration: Registration,
        sign_in: Option<(&Address, Lifetimes)>,
    ) -> Result<(User, Option<Login>), Error> {
        self.refuse_taken(&registration).await?;
        let Registration { username, email, full_name, password, role } = registration;
        let number = async { self.store.take_user_number().await.map_err(Error::from) };
        let (password_hash, number) = futures::future::try_join(self.passwords.hash(&password), number).await?;
        let now = self.clock.now();
        for tried in 0..NAME_TRIES {
            let name = match (&username, &email) {
                (Some(name), _) => name.clone(),
                (None, Some(email)) => self.name_from(email, tried).await?,
                (None, None) => return Err(Error::invalid("username", Problem::Required)),
            };
            let user = User {
                id: UserId::new(self.entropy.uuid(now)),
                number,
                username: name,
                email: email.clone(),
                full_name: full_name.clone(),
                role,
                is_active: true,
                conversations: 0,
                resets: 0,
                api_keys: 0,
                created_at: now,
                updated_at: now,
            };
            let first = sign_in.map(|(address, lifetimes)| FirstLogin {
                login: self.logins.new_login(user.id, 0, lifetimes, now),
                address: address.as_str(),
                remember_until: now.plus(ADDRESS_REMEMBERED),
            });
            let account = Account { user: user.clone(), password_hash: password_hash.clone(), epoch: 0, key_epoch: 0 };
            let entry_id = self.entropy.uuid(now);
            let outbox_entry = OutboxEntry::new(user.id, now, vec![EventDetails::UserCreated]);
            match self.store.register(account, self.prices.initial, entry_id, first.clone(), &outbox_entry).await? {
                Ok(()) => return Ok((user, first.map(|first| first.login))),
                Err(taken) if username.is_none() && taken == [Taken::Username] => {}
                Err(taken) => return Err(names_taken(&taken)),
            }
        }
        Err(Error::Unavailable("no free username was found".into()))
    }

    /// Reports names in use before any work is done. Only the transaction is decisive.
    async fn refuse_taken(&self, registration: &Registration) -> Result<(), Error> {
        let names =
            [registration.username.as_ref().map(Username::folded), registration.email.as_ref().map(Email::folded)];
        let [username, email] = self.store.owners_of_names(names).await?;
        let taken: Vec<Taken> =
            [username.map(|_| Taken::Username), email.map(|_| Taken::Email)].into_iter().flatten().collect();
        if taken.is_empty() { Ok(()) } else { Err(names_taken(&taken)) }
    }

    /// Derives a username from the local part of the e-mail address. Adds random digits if that name is taken, and more
    /// digits with each try.
    async fn name_from(&self, email: &Email, tried: usize) -> Result<Username, Error> {
        let suggested = email.suggested_username();
        let unusable = |problem: Problem| Error::internal(problem.to_string());
        let plain = Username::parse(&suggested).map_err(unusable)?;
        if tried == 0 && self.store.owner_of_name(plain.folded()).await?.is_none() {
            return Ok(plain);
        }
        let digits =
            u32::from_le_bytes(self.entropy.bytes()) % 10_u32.pow(2 + u32::try_from(tried.min(6)).unwrap_or(6));
        Username::parse(&format!("{suggested}{digits}")).map_err(unusable)
    }

    /// A page of all users in the order of registration, and whether more follow.
    pub async fn directory(&self, page: PageRequest) -> Result<(Vec<DirectoryEntry>, bool), Error> {
        // The last number shows whether the page exists, so that a page far beyond the end does not read the whole
        // directory.
        if page.number() > 1 && !page.exists_in(self.store.last_user_number().await?.0) {
            return Err(Error::NoSuchPage);
        }
        let (entries, more) = self.store.directory(page).await?;
        match entries.is_empty() && page.number() > 1 {
            true => Err(Error::NoSuchPage),
            false => Ok((entries, more)),
        }
    }
}

fn names_taken(taken: &[Taken]) -> Error {
    let field = |taken: &Taken| match taken {
        Taken::Username => FieldError { field: "username", problem: Problem::UsernameTaken },
        Taken::Email => FieldError { field: "email", problem: Problem::EmailTaken },
    };
    Error::Invalid(taken.iter().map(field).collect())
}
