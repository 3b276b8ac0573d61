//! Who makes a request: what a credential claims is checked against the account and the sign-in as they are
//! now, so that whatever ended is dead at the next request.

use super::{
    api_keys::{self, Secret},
    limits::Address,
    logins::{Logins, hash, live},
    tokens::{Claims, Purpose},
};
use crate::{
    domain::{
        Error,
        user::{Caller, CallerCredential},
    },
    store::logins::CredentialOwner,
};

/// What a credential says before the database was asked.
enum Claimed {
    Access(Claims),
    Opaque(String, CredentialOwner),
    ApiKey(Secret),
}

impl Logins {
    /// Who sent `credential`. Every request is counted, this one included.
    pub async fn authenticate(&self, credential: Option<&str>, address: &Address) -> Result<Caller, Error> {
        let claimed = match credential {
            None => Err(Error::NoCredential),
            Some("") => Err(Error::InvalidCredential),
            Some(token) if token.starts_with(api_keys::PREFIX) => {
                Secret::parse(token).map(Claimed::ApiKey).ok_or(Error::InvalidCredential)
            }
            Some(token) if token.contains('.') => {
                let claims = self.tokens.check(Purpose::Access, token, self.clock.now());
                claims.map(Claimed::Access).ok_or(Error::InvalidCredential)
            }
            Some(token) => {
                let hash = hash(token);
                let owner = self.store.owner_of_credential(&hash).await?;
                owner.map(|owner| Claimed::Opaque(hash, owner)).ok_or(Error::InvalidCredential)
            }
        };
        match claimed {
            Ok(Claimed::Access(claims)) => self.caller_by_access(claims).await,
            Ok(Claimed::Opaque(hash, owner)) => self.caller_by_opaque(hash, owner).await,
            Ok(Claimed::ApiKey(secret)) => self.caller_by_api_key(&secret).await,
            Err(error) => {
                self.limits.visit(address).await?;
                Err(error)
            }
        }
    }

    async fn caller_by_access(&self, claims: Claims) -> Result<Caller, Error> {
        let (admitted, found) = futures::future::join(
            self.limits.request(claims.user),
            self.store.account_and_login(claims.user, claims.login),
        )
        .await;
        admitted?;
        let (account, login) = found?;
        let (user, login) = live(account, login, self.clock.now()).ok_or(Error::InvalidCredential)?;
        Ok(Caller { user, credential: CallerCredential::Login(login.id) })
    }

    async fn caller_by_opaque(&self, hash: String, owner: CredentialOwner) -> Result<Caller, Error> {
        let (admitted, account) =
            futures::future::join(self.limits.request(owner.user), self.store.account(owner.user)).await;
        admitted?;
        let account = account?.filter(|account| account.user.is_active && account.epoch == owner.epoch);
        let user = account.ok_or(Error::InvalidCredential)?.user;
        Ok(Caller { user, credential: CallerCredential::Opaque(hash) })
    }

    async fn caller_by_api_key(&self, secret: &Secret) -> Result<Caller, Error> {
        let found = self.store.account_and_api_key(secret.user, secret.id);
        let (admitted, found) = futures::future::join(self.limits.request(secret.user), found).await;
        admitted?;
        let (account, key) = found?;
        let (account, stored) = account.zip(key).ok_or(Error::InvalidCredential)?;
        let lives = account.user.is_active && account.key_epoch == stored.key_epoch;
        let has_ended = stored.key.expires_at.is_some_and(|at| at <= self.clock.now());
        if lives && !has_ended && secret.fits(&stored.hash) {
            Ok(Caller { user: account.user, credential: CallerCredential::ApiKey(secret.id) })
        } else {
            Err(Error::InvalidCredential)
        }
    }
}
