//! Signing in and out, refreshing, and finding out who makes a request.

use super::{
    limits::{Account as LimitedAccount, Address, Limits, Subject},
    tokens::{Claims, Purpose, Tokens},
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        ids::{LoginId, UserId},
        names::SignInName,
        time::Timestamp,
        user::{Caller, CallerCredential, User},
    },
    entropy::Entropy,
    password::Passwords,
    store::{
        Store,
        users::{Account, CredentialOwner, Login, RefreshToken},
    },
};
use secrecy::SecretString;
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};

/// How long the token that was just replaced still yields its successor: an answer may get lost.
const GRACE: Duration = Duration::from_secs(10);
/// How long an address that signed in is not shut out by other people's failures.
const ADDRESS_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How long the tokens of a door last.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// The access token.
    pub access: Duration,
    /// The refresh token; a door may give none.
    pub refresh: Option<Duration>,
}

/// The tokens of a sign-in.
pub struct Issued {
    /// For making requests.
    pub access: SecretString,
    /// For getting new ones, if the door gives one.
    pub refresh: Option<SecretString>,
}

/// Sign-ins.
#[derive(Clone)]
pub struct Logins {
    store: Arc<Store>,
    tokens: Tokens,
    limits: Limits,
    passwords: Arc<Passwords>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Logins {
    /// With these parts.
    pub fn new(
        store: Arc<Store>,
        tokens: Tokens,
        limits: Limits,
        passwords: Arc<Passwords>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            tokens,
            limits,
            passwords,
            clock,
            entropy,
        }
    }

    /// A new sign-in by name and password.
    pub async fn sign_in(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &Address,
        lifetimes: Lifetimes,
    ) -> Result<(User, Issued), Error> {
        let Proven { account, limited } = self.prove(name, password, address).await?;
        let now = self.clock.now();
        let login = self.new_login(account.user.id, account.epoch, lifetimes, now);
        let issued = self.issue(&login, lifetimes.access, now)?;
        let remember_until = now.plus(ADDRESS_REMEMBERED);
        let opened = self
            .store
            .open_login(login, address.as_str(), remember_until);
        let (opened, taken_back) =
            futures::future::join(opened, self.limits.succeeded(&limited)).await;
        opened?;
        taken_back?;
        Ok((account.user, issued))
    }

    /// A new opaque token by name and password. It does not expire.
    pub async fn opaque_token(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &Address,
    ) -> Result<SecretString, Error> {
        let Proven { account, limited } = self.prove(name, password, address).await?;
        let token = hex::encode(self.entropy.bytes::<20>());
        let owner = CredentialOwner {
            user: account.user.id,
            epoch: account.epoch,
        };
        let remember_until = self.clock.now().plus(ADDRESS_REMEMBERED);
        let hash = hash(&token);
        let added = self
            .store
            .add_credential(&hash, owner, address.as_str(), remember_until);
        let (added, taken_back) =
            futures::future::join(added, self.limits.succeeded(&limited)).await;
        added?;
        taken_back?;
        Ok(token.into())
    }

    /// The account behind name and password. An unknown name takes as long as a wrong password, and
    /// counts the same.
    async fn prove<'a>(
        &self,
        name: &SignInName,
        password: SecretString,
        address: &'a Address,
    ) -> Result<Proven<'a>, Error> {
        let folded = name.folded();
        let owner = async {
            match &folded {
                Some(name) => self.store.owner_of_name(name).await.map_err(Error::from),
                None => Ok(None),
            }
        };
        let (admitted, owner) = futures::future::join(self.limits.door(address), owner).await;
        admitted?;
        let (account, is_known_address) = match owner? {
            Some(user) => {
                self.store
                    .account_and_address(user, address.as_str(), self.clock.now())
                    .await?
            }
            None => (None, false),
        };
        let limited = match (&account, is_known_address) {
            (Some(account), true) => LimitedAccount::Known(account.user.id, address),
            (Some(account), false) => LimitedAccount::Anybody(account.user.id),
            (None, _) => LimitedAccount::Nobody(
                folded.map_or_else(String::new, |name| name.as_str().to_owned()),
            ),
        };
        self.limits.attempt(&limited).await?;
        let password_hash = account
            .as_ref()
            .map(|account| account.password_hash.clone());
        let fits = self.passwords.verify(password, password_hash).await?;
        match account.filter(|account| fits && account.user.is_active) {
            Some(account) => Ok(Proven { account, limited }),
            None => Err(Error::WrongPassword),
        }
    }

    /// A sign-in that is not stored yet.
    pub fn new_login(
        &self,
        user: UserId,
        epoch: u64,
        lifetimes: Lifetimes,
        now: Timestamp,
    ) -> Login {
        let refresh = lifetimes
            .refresh
            .map(|lasts| self.new_refresh_token(lasts, now));
        let expires_at =
            refresh.map_or_else(|| now.plus(lifetimes.access), |token| token.expires_at);
        Login {
            id: LoginId::new(self.entropy.uuid(now)),
            user,
            epoch,
            refresh,
            replaced: None,
            expires_at,
        }
    }

    /// The tokens of a sign-in.
    pub fn issue(
        &self,
        login: &Login,
        access_lasts: Duration,
        now: Timestamp,
    ) -> Result<Issued, Error> {
        let access = Claims {
            user: login.user,
            login: login.id,
            jti: self.entropy.uuid(now),
            issued_at: now,
            expires_at: now.plus(access_lasts),
        };
        let refresh = login.refresh.map(|token| {
            self.tokens
                .sign(Purpose::Refresh, refresh_claims(login, token))
        });
        Ok(Issued {
            access: self.tokens.sign(Purpose::Access, access)?,
            refresh: refresh.transpose()?,
        })
    }

    fn new_refresh_token(&self, lasts: Duration, now: Timestamp) -> RefreshToken {
        RefreshToken {
            jti: self.entropy.uuid(now),
            issued_at: now,
            expires_at: now.plus(lasts),
        }
    }

    /// New tokens for a refresh token, which is thereby replaced.
    pub async fn refresh(
        &self,
        token: &str,
        address: &Address,
        lifetimes: Lifetimes,
    ) -> Result<Issued, Error> {
        let (claims, mut login) = self.login_to_refresh(token, address).await?;
        let now = self.clock.now();
        if let Some(lasts) = lifetimes.refresh
            && login
                .refresh
                .is_some_and(|current| current.jti == claims.jti)
        {
            let next = self.new_refresh_token(lasts, now);
            if self.store.rotate(&login, claims.jti, next, now).await? {
                login.refresh = Some(next);
            } else {
                // Outrun by another request with the same token: its successor is ours too.
                login = self.login_to_refresh(token, address).await?.1;
            }
        }
        self.issue(&login, lifetimes.access, now)
    }

    /// A new access token for a refresh token, which stays as it is.
    pub async fn refresh_access(
        &self,
        token: &str,
        address: &Address,
        lifetimes: Lifetimes,
    ) -> Result<SecretString, Error> {
        let (_, login) = self.login_to_refresh(token, address).await?;
        Ok(self
            .issue(&login, lifetimes.access, self.clock.now())?
            .access)
    }

    /// The sign-in of a refresh token that is valid, or was until a moment ago. A token that was replaced
    /// longer ago is in the wrong hands: its sign-in ends.
    async fn login_to_refresh(
        &self,
        token: &str,
        address: &Address,
    ) -> Result<(Claims, Login), Error> {
        let now = self.clock.now();
        let Some(claims) = self.tokens.check(Purpose::Refresh, token, now) else {
            self.limits.request(Subject::Address(address)).await?;
            return Err(Error::InvalidRefreshToken);
        };
        let (admitted, found) = futures::future::join(
            self.limits.request(Subject::User(claims.user)),
            self.store.account_and_login(claims.user, claims.login),
        )
        .await;
        admitted?;
        let (account, login) = found?;
        let Some((_, login)) = live(account, login, now) else {
            return Err(Error::InvalidRefreshToken);
        };
        let is_current = login
            .refresh
            .is_some_and(|current| current.jti == claims.jti);
        let in_grace = login
            .replaced
            .is_some_and(|(jti, at)| jti == claims.jti && now.since(at) <= GRACE);
        if is_current || in_grace {
            return Ok((claims, login));
        }
        tracing::warn!(user = %claims.user, login = %claims.login, "a replaced refresh token was used: sign-in ended");
        self.store
            .close_logins(claims.user, &[claims.login])
            .await?;
        Err(Error::InvalidRefreshToken)
    }

    /// Who sent `credential`. Every request is counted, this one included.
    pub async fn authenticate(
        &self,
        credential: Option<&str>,
        address: &Address,
    ) -> Result<Caller, Error> {
        let claimed = match credential {
            None => Err(Error::NoCredential),
            Some(token) if token.contains('.') => {
                let claims = self.tokens.check(Purpose::Access, token, self.clock.now());
                claims.map(Claimed::Access).ok_or(Error::InvalidCredential)
            }
            Some(token) => {
                let hash = hash(token);
                let owner = self.store.owner_of_credential(&hash).await?;
                owner
                    .map(|owner| Claimed::Opaque(hash, owner))
                    .ok_or(Error::InvalidCredential)
            }
        };
        match claimed {
            Ok(Claimed::Access(claims)) => self.caller_by_access(claims).await,
            Ok(Claimed::Opaque(hash, owner)) => self.caller_by_opaque(hash, owner).await,
            Err(error) => {
                self.limits.request(Subject::Address(address)).await?;
                Err(error)
            }
        }
    }

    async fn caller_by_access(&self, claims: Claims) -> Result<Caller, Error> {
        let (admitted, found) = futures::future::join(
            self.limits.request(Subject::User(claims.user)),
            self.store.account_and_login(claims.user, claims.login),
        )
        .await;
        admitted?;
        let (account, login) = found?;
        let (user, login) =
            live(account, login, self.clock.now()).ok_or(Error::InvalidCredential)?;
        Ok(Caller {
            user,
            credential: CallerCredential::Login(login.id),
        })
    }

    async fn caller_by_opaque(
        &self,
        hash: String,
        owner: CredentialOwner,
    ) -> Result<Caller, Error> {
        let (admitted, account) = futures::future::join(
            self.limits.request(Subject::User(owner.user)),
            self.store.account(owner.user),
        )
        .await;
        admitted?;
        let account =
            account?.filter(|account| account.user.is_active && account.epoch == owner.epoch);
        let user = account.ok_or(Error::InvalidCredential)?.user;
        Ok(Caller {
            user,
            credential: CallerCredential::Opaque(hash),
        })
    }

    /// Ends the caller's sign-in, and that of `refresh` if one is given: all their tokens are dead at once.
    ///
    /// # Errors
    /// When `refresh` (the field `field` of the request) is not a live refresh token of the caller;
    /// nothing is ended then.
    pub async fn sign_out(
        &self,
        caller: &Caller,
        refresh: Option<(&'static str, &str)>,
    ) -> Result<(), Error> {
        let user = caller.user.id;
        let mut logins = Vec::new();
        if let Some((field, token)) = refresh {
            let claims = self.tokens.check(Purpose::Refresh, token, self.clock.now());
            let own = claims.filter(|claims| claims.user == user);
            logins.push(
                own.ok_or_else(|| Error::invalid(field, Problem::ForeignToken))?
                    .login,
            );
        }
        match &caller.credential {
            CallerCredential::Login(login) if !logins.contains(login) => logins.push(*login),
            CallerCredential::Login(_) => {}
            CallerCredential::Opaque(hash) => self.store.remove_credential(hash).await?,
        }
        if logins.is_empty() {
            return Ok(());
        }
        Ok(self.store.close_logins(user, &logins).await?)
    }
}

/// An account whose password was right. Whoever opens something for it also takes the try back.
struct Proven<'a> {
    account: Account,
    limited: LimitedAccount<'a>,
}

enum Claimed {
    Access(Claims),
    Opaque(String, CredentialOwner),
}

/// The user and the sign-in, if neither has ended.
fn live(account: Option<Account>, login: Option<Login>, now: Timestamp) -> Option<(User, Login)> {
    let (account, login) = account.zip(login)?;
    let lives = account.user.is_active && account.epoch == login.epoch && now < login.expires_at;
    lives.then_some((account.user, login))
}

fn refresh_claims(login: &Login, token: RefreshToken) -> Claims {
    let RefreshToken {
        jti,
        issued_at,
        expires_at,
    } = token;
    Claims {
        user: login.user,
        login: login.id,
        jti,
        issued_at,
        expires_at,
    }
}

/// What an opaque token is stored under. It has 160 random bits: a plain hash is enough.
fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
