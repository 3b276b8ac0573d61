//! Signing in and out, and refreshing tokens. `callers` identifies the caller of a request.

use super::{
    Deps,
    jwt::{Claims, JwtSigner, Purpose},
    limits::{Account as LimitedAccount, Address, Attempt, Limits},
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        event::{EventDetails, OutboxEntry},
        ids::{LoginId, UserId},
        names::SignInName,
        time::Timestamp,
        user::{Caller, CallerCredential, User},
    },
    entropy::Entropy,
    password::Passwords,
    store::{
        Store,
        logins::{CredentialOwner, Login, RefreshToken},
        users::Account,
    },
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};
use uuid::Uuid;

/// How long a replaced refresh token still yields its successor, because the response to the client may have been lost.
const GRACE: Duration = Duration::from_secs(10);
/// How long an address that signed in is exempt from the limit that other addresses' failures cause.
pub(super) const ADDRESS_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The longest lifetime of an access token from any sign-in endpoint.
const LONGEST_ACCESS: Duration = Duration::from_secs(60 * 60);
/// The duration of a failed sign-in is a multiple of this. Finding an account takes a little longer than finding none,
/// which many measurements would show.
const FAILURE_STEP: Duration = Duration::from_millis(20);
/// An id that no user has.
const NOBODY: UserId = UserId::new(Uuid::nil());

/// The lifetimes of a sign-in endpoint's tokens.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// The access token.
    pub access: Duration,
    /// The refresh token, if the endpoint issues one.
    pub refresh: Option<Duration>,
}

/// The tokens of a sign-in.
pub struct Issued {
    /// The access token, for making requests.
    pub access: SecretString,
    /// The refresh token, for getting new tokens, if the endpoint issues one.
    pub refresh: Option<SecretString>,
}

/// Sign-ins.
#[derive(Clone)]
pub struct Logins {
    pub(super) store: Arc<Store>,
    pub(super) jwt: JwtSigner,
    pub(super) limits: Limits,
    passwords: Arc<Passwords>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) entropy: Arc<dyn Entropy>,
}

impl Logins {
    /// Builds the service from its dependencies.
    pub fn new(
        Deps { store, clock, entropy }: Deps,
        jwt: JwtSigner,
        limits: Limits,
        passwords: Arc<Passwords>,
    ) -> Self {
        Self { store, jwt, limits, passwords, clock, entropy }
    }

    /// Reads the keys that sign tokens, so that the first request does not wait for them.
    pub async fn prepare(&self) -> Result<(), Error> {
        self.jwt.prepare().await
    }

    /// Signs in with name and password. Returns new tokens.
    pub async fn sign_in(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &Address,
        lifetimes: Lifetimes,
    ) -> Result<(User, Issued), Error> {
        let Proven { account, attempt } = self.prove(name, password, address).await?;
        let now = self.clock.now();
        let login = self.new_login(account.user.id, account.epoch, lifetimes, now);
        let issued = self.issue(&login, lifetimes.access, now).await?;
        let remember_until = now.plus(ADDRESS_REMEMBERED);
        let opened = self.store.open_login(login, address.as_str(), remember_until);
        let (opened, ()) = futures::future::join(opened, self.limits.succeeded(&attempt)).await;
        opened.map_err(deleted_meanwhile)?;
        Ok((account.user, issued))
    }

    /// Signs in with name and password. Returns a new opaque token, which does not expire.
    pub async fn opaque_token(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &Address,
    ) -> Result<SecretString, Error> {
        let Proven { account, attempt } = self.prove(name, password, address).await?;
        let token = hex::encode(self.entropy.bytes::<20>());
        let owner = CredentialOwner { user: account.user.id, epoch: account.epoch };
        let remember_until = self.clock.now().plus(ADDRESS_REMEMBERED);
        let hash = hash(&token);
        let added = self.store.add_credential(&hash, owner, address.as_str(), remember_until);
        let (added, ()) = futures::future::join(added, self.limits.succeeded(&attempt)).await;
        added.map_err(deleted_meanwhile)?;
        Ok(token.into())
    }

    /// Verifies name and password. An unknown name takes as long as a wrong password, and is limited in the same way: the
    /// same work is done, and the duration of a failure is rounded up.
    pub(super) async fn prove<'a>(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &'a Address,
    ) -> Result<Proven<'a>, Error> {
        let began = Instant::now();
        let folded = name.folded();
        let owner = match &folded {
            Some(name) => self.store.owner_of_name(name).await?,
            None => None,
        };
        // An unknown name is looked up too, so that the response time does not reveal it.
        let owner = owner.unwrap_or(NOBODY);
        let now = self.clock.now();
        let (account, is_known_address) = self.store.account_and_address(owner, address.as_str(), now).await?;
        let limited = match (&account, is_known_address) {
            (Some(account), true) => LimitedAccount::Known(account.user.id, address),
            (Some(account), false) => LimitedAccount::Anybody(account.user.id),
            (None, _) => LimitedAccount::Nobody(folded.map_or_else(String::new, |name| name.as_str().to_owned())),
        };
        let attempt = self.limits.attempt(limited).await?;
        let password_hash = account.as_ref().map(|account| account.password_hash.clone());
        let fits = self.passwords.verify(password, password_hash).await?;
        match account.filter(|account| fits && account.user.is_active) {
            Some(account) => Ok(Proven { account, attempt }),
            None => {
                sleep_until(rounded_up(began)).await;
                Err(Error::WrongPassword)
            }
        }
    }

    /// Creates a sign-in, without storing it.
    pub fn new_login(&self, user: UserId, epoch: u64, lifetimes: Lifetimes, now: Timestamp) -> Login {
        let refresh = lifetimes.refresh.map(|lasts| self.new_refresh_token(lasts, now));
        let expires_at = refresh.map_or_else(|| now.plus(lifetimes.access), ends_at);
        Login {
            id: LoginId::new(self.entropy.uuid(now)),
            user,
            epoch,
            refresh,
            replaced: None,
            expires_at,
            device: None,
        }
    }

    /// Signs the tokens of a sign-in.
    pub async fn issue(&self, login: &Login, access_lasts: Duration, now: Timestamp) -> Result<Issued, Error> {
        let access = self.access_token(login.user, login.id, access_lasts, now).await?;
        let refresh = match login.refresh {
            Some(token) => Some(self.jwt.sign(Purpose::Refresh, refresh_claims(login, token)).await?),
            None => None,
        };
        Ok(Issued { access, refresh })
    }

    /// Signs an access token of a sign-in.
    pub(super) async fn access_token(
        &self,
        user: UserId,
        login: LoginId,
        lasts: Duration,
        now: Timestamp,
    ) -> Result<SecretString, Error> {
        let jti = self.entropy.uuid(now);
        self.jwt.sign(Purpose::Access, Claims { user, login, jti, issued_at: now, expires_at: now.plus(lasts) }).await
    }

    fn new_refresh_token(&self, lasts: Duration, now: Timestamp) -> RefreshToken {
        RefreshToken { jti: self.entropy.uuid(now), issued_at: now, expires_at: now.plus(lasts) }
    }

    /// Replaces a refresh token. Returns new tokens.
    pub async fn refresh(&self, token: &str, lifetimes: Lifetimes) -> Result<Issued, Error> {
        let (claims, mut login) = self.login_to_refresh(token).await?;
        let now = self.clock.now();
        if let Some(lasts) = lifetimes.refresh
            && login.refresh.is_some_and(|current| current.jti == claims.jti)
        {
            let next = self.new_refresh_token(lasts, now);
            if self.store.rotate(&login, claims.jti, next, now, ends_at(next)).await? {
                login.refresh = Some(next);
            } else {
                // Another request with the same token won the race. Its successor is also the result of this request.
                login = self.login_to_refresh(token).await?.1;
            }
        }
        self.issue(&login, lifetimes.access, now).await
    }

    /// Issues a new access token for a refresh token, which stays valid.
    pub async fn refresh_access(&self, token: &str, lifetimes: Lifetimes) -> Result<SecretString, Error> {
        let (_, login) = self.login_to_refresh(token).await?;
        Ok(self.issue(&login, lifetimes.access, self.clock.now()).await?.access)
    }

    /// The sign-in of a refresh token that is current, or was replaced at most `GRACE` ago. A token that was replaced
    /// before is considered stolen, so its sign-in ends.
    async fn login_to_refresh(&self, token: &str) -> Result<(Claims, Login), Error> {
        let now = self.clock.now();
        let claims = self.jwt.check(Purpose::Refresh, token, now).await?.ok_or(Error::InvalidRefreshToken)?;
        let (account, login) = self.store.account_and_login(claims.user, claims.login).await?;
        let (_, login) = live(account, login, now).ok_or(Error::InvalidRefreshToken)?;
        let is_current = login.refresh.is_some_and(|current| current.jti == claims.jti);
        let in_grace = login.replaced.is_some_and(|(jti, at)| jti == claims.jti && now.since(at) <= GRACE);
        if is_current || in_grace {
            return Ok((claims, login));
        }
        tracing::warn!(user = %claims.user, login = %claims.login, "a replaced refresh token was used: sign-in ended");
        self.store.end(&[claims.login], None, &access_ended(claims.user, now)).await?;
        Err(Error::InvalidRefreshToken)
    }

    /// Ends the caller's sign-in, and that of `refresh` if given. All their tokens become invalid at once.
    ///
    /// # Errors
    /// `Invalid` if `refresh` (with the name of its field) is not a refresh token of the caller. Then no sign-in ends.
    pub async fn sign_out(&self, caller: &Caller, refresh: Option<(&'static str, &str)>) -> Result<(), Error> {
        let user = caller.user.id;
        let mut logins = Vec::new();
        if let Some((field, token)) = refresh {
            let claims = self.jwt.check(Purpose::Refresh, token, self.clock.now()).await?;
            let own = claims.filter(|claims| claims.user == user);
            logins.push(own.ok_or_else(|| Error::invalid(field, Problem::ForeignToken))?.login);
        }
        let credential = match &caller.credential {
            CallerCredential::Login(login) => {
                if !logins.contains(login) {
                    logins.push(*login);
                }
                None
            }
            CallerCredential::Opaque(hash) => Some(hash.as_str()),
            // An API key has no sign-in to end. Its owner deletes it.
            CallerCredential::ApiKey(_) if logins.is_empty() => return Ok(()),
            CallerCredential::ApiKey(_) => None,
        };
        Ok(self.store.end(&logins, credential, &access_ended(user, self.clock.now())).await?)
    }
}

/// An account whose password was verified. The caller must also take back the counted attempt.
pub(super) struct Proven<'a> {
    pub(super) account: Account,
    pub(super) attempt: Attempt<'a>,
}

/// When a sign-in with this refresh token expires. No access token that it yields lives longer.
fn ends_at(refresh: RefreshToken) -> Timestamp {
    refresh.expires_at.plus(LONGEST_ACCESS)
}

/// The user and the sign-in, if neither has ended.
pub(super) fn live(account: Option<Account>, login: Option<Login>, now: Timestamp) -> Option<(User, Login)> {
    let (account, login) = account.zip(login)?;
    let lives = account.user.is_active && account.epoch == login.epoch && now < login.expires_at;
    lives.then_some((account.user, login))
}

/// An account that was deleted while it signed in is unknown.
pub(super) fn deleted_meanwhile(error: impl Into<Error>) -> Error {
    match error.into() {
        Error::InvalidCredential => Error::WrongPassword,
        error => error,
    }
}

/// When a failure that began at `began` is answered.
fn rounded_up(began: Instant) -> Instant {
    let steps = began.elapsed().as_nanos().div_ceil(FAILURE_STEP.as_nanos());
    began + FAILURE_STEP.saturating_mul(u32::try_from(steps).unwrap_or(u32::MAX))
}

pub(super) fn access_ended(user: UserId, now: Timestamp) -> OutboxEntry {
    OutboxEntry::new(user, now, vec![EventDetails::AccessEnded])
}

fn refresh_claims(login: &Login, token: RefreshToken) -> Claims {
    let RefreshToken { jti, issued_at, expires_at } = token;
    Claims { user: login.user, login: login.id, jti, issued_at, expires_at }
}

/// The hash under which an opaque token is stored. The token has 160 random bits, so a plain hash is sufficient.
pub(super) fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
