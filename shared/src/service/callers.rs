//! Identifies the caller of a request. A credential is checked against the current account and sign-in, so that a
//! credential that has ended is refused at the next request.

use super::{
    api_keys::{self, Secret},
    jwt::{Claims, Purpose},
    limits::Address,
    logins::{Logins, hash, live},
};
use crate::{
    domain::{
        Error,
        connection::Proven,
        ids::UserId,
        time::Timestamp,
        user::{Caller, CallerCredential},
    },
    store::{api_keys::StoredKey, logins::CredentialOwner, users::Account},
};

/// A credential that is valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// When the credential expires, if it does.
    pub ends_at: Option<Timestamp>,
}

/// The content of a credential, before it is checked against the database.
enum Claimed {
    Access(Claims),
    Opaque(String, CredentialOwner),
    ApiKey(Secret),
}

impl Logins {
    /// The caller that `credential` identifies. Counts every request, including this one.
    pub async fn authenticate(&self, credential: Option<&str>, address: &Address) -> Result<Caller, Error> {
        let claimed = match credential {
            None => Err(Error::NoCredential),
            Some("") => Err(Error::InvalidCredential),
            Some(token) if token.starts_with(api_keys::PREFIX) => {
                Secret::parse(token).map(Claimed::ApiKey).ok_or(Error::InvalidCredential)
            }
            Some(token) if token.contains('.') => {
                let claims = self.jwt.check(Purpose::Access, token, self.clock.now()).await;
                claims.and_then(|claims| claims.map(Claimed::Access).ok_or(Error::InvalidCredential))
            }
            Some(token) => {
                let hash = hash(token);
                let owner = self.store.owner_of_credential(&hash).await?;
                owner.map(|owner| Claimed::Opaque(hash, owner)).ok_or(Error::InvalidCredential)
            }
        };
        match claimed {
            Ok(Claimed::Access(claims)) => self.admit(claims.user, address, self.caller_by_access(&claims)).await,
            Ok(Claimed::Opaque(hash, owner)) => {
                self.admit(owner.user, address, self.caller_by_opaque(hash, owner)).await
            }
            Ok(Claimed::ApiKey(secret)) => match self.caller_by_api_key(&secret).await? {
                // Counted only now: anybody can make up a key with somebody's id.
                Some(caller) => self.limits.request(secret.user, self.clock.now()).await.map(|()| caller),
                None => {
                    self.limits.visit(address).await?;
                    Err(Error::InvalidCredential)
                }
            },
            Err(error) => {
                self.limits.visit(address).await?;
                Err(error)
            }
        }
    }

    /// Returns the caller, and counts the request. The credential was the user's, as its signature or hash proves. If it
    /// is no longer valid, it must not use up the user's quota: such a request counts for the address instead.
    async fn admit(
        &self,
        user: UserId,
        address: &Address,
        found: impl Future<Output = Result<Option<Caller>, Error>>,
    ) -> Result<Caller, Error> {
        let at = self.clock.now();
        let (admitted, found) = futures::future::join(self.limits.request(user, at), found).await;
        match found? {
            Some(caller) => admitted.map(|()| caller),
            None => {
                let take_back = async {
                    // A refused request was not counted.
                    if admitted.is_ok() {
                        self.limits.take_back(user, at).await;
                    }
                };
                let (visited, ()) = futures::future::join(self.limits.visit(address), take_back).await;
                visited?;
                Err(Error::InvalidCredential)
            }
        }
    }

    /// Whether the credential that identified a user is still valid, and until when. For an access token, its sign-in
    /// decides, not the token.
    pub async fn standing(&self, proven: &Proven) -> Result<Option<Standing>, Error> {
        let Proven { user, credential } = proven;
        match credential {
            CallerCredential::Login(login) => {
                let (account, login) = self.store.account_and_login(*user, *login).await?;
                let found = live(account, login, self.clock.now());
                Ok(found.map(|(_, login)| Standing { ends_at: Some(login.expires_at) }))
            }
            CallerCredential::Opaque(hash) => {
                let owner = self.store.owner_of_credential(hash).await?.filter(|owner| owner.user == *user);
                let Some(owner) = owner else { return Ok(None) };
                let account = self.store.account(owner.user).await?;
                let account = account.filter(|account| account.user.is_active && account.epoch == owner.epoch);
                Ok(account.map(|_| Standing { ends_at: None }))
            }
            CallerCredential::ApiKey(id) => {
                let (account, key) = self.store.account_and_api_key(*user, *id).await?;
                let found = account.zip(key).filter(|(account, stored)| self.key_lives(account, stored));
                Ok(found.map(|(_, stored)| Standing { ends_at: stored.key.expires_at }))
            }
        }
    }

    async fn caller_by_access(&self, claims: &Claims) -> Result<Option<Caller>, Error> {
        let (account, login) = self.store.account_and_login(claims.user, claims.login).await?;
        let found = live(account, login, self.clock.now());
        Ok(found.map(|(user, login)| Caller { user, credential: CallerCredential::Login(login.id) }))
    }

    async fn caller_by_opaque(&self, hash: String, owner: CredentialOwner) -> Result<Option<Caller>, Error> {
        let account = self.store.account(owner.user).await?;
        let account = account.filter(|account| account.user.is_active && account.epoch == owner.epoch);
        Ok(account.map(|account| Caller { user: account.user, credential: CallerCredential::Opaque(hash) }))
    }

    async fn caller_by_api_key(&self, secret: &Secret) -> Result<Option<Caller>, Error> {
        let (account, key) = self.store.account_and_api_key(secret.user, secret.id).await?;
        let Some((account, stored)) = account.zip(key) else {
            return Ok(None);
        };
        let is_good = self.key_lives(&account, &stored) && secret.fits(&stored.hash);
        Ok(is_good.then_some(Caller { user: account.user, credential: CallerCredential::ApiKey(secret.id) }))
    }

    fn key_lives(&self, account: &Account, stored: &StoredKey) -> bool {
        let has_ended = stored.key.expires_at.is_some_and(|at| at <= self.clock.now());
        account.user.is_active && account.key_epoch == stored.key_epoch && !has_ended
    }
}
