//! The sessions of browsers, which the web pages keep in a cookie. A session is a sign-in like any other: its row decides
//! whether it is valid.

use super::{
    jwt::Purpose,
    limits::Address,
    logins::{ADDRESS_REMEMBERED, Lifetimes, Logins, Proven, access_ended, deleted_meanwhile},
};
use crate::{
    domain::{
        Error,
        ids::{LoginId, UserId},
        names::SignInName,
        time::Timestamp,
        user::{Caller, CallerCredential, User},
    },
    store::logins::Login,
};
use secrecy::SecretString;
use std::time::Duration;

/// How long a session lasts after its last use, if its user stays signed in.
const KEPT: Duration = Duration::from_secs(14 * 24 * 60 * 60);
/// How long any other session lasts at most. Its cookie ends with the browser.
const UNKEPT: Duration = Duration::from_secs(12 * 60 * 60);
/// The age at which a cookie is replaced.
const RENEW_AFTER: Duration = Duration::from_secs(24 * 60 * 60);
/// The maximum number of sign-ins in a list.
const LISTED: usize = 100;

/// The browser that a user signs in with.
pub struct Browser<'a> {
    /// Where it is.
    pub address: &'a Address,
    /// What it is, in words for its user, such as `Firefox on Linux`.
    pub device: Option<String>,
    /// Whether its user wants to stay signed in.
    pub stays: bool,
}

/// A session, as its browser keeps it.
pub struct BrowserSession {
    /// The cookie's value, an access token.
    pub token: SecretString,
    /// How long the cookie is kept. `None` until the browser ends.
    pub max_age: Option<Duration>,
}

/// A sign-in, as its user sees it.
pub struct SignIn {
    /// The id.
    pub id: LoginId,
    /// The browser, in words. `None` for a program.
    pub device: Option<String>,
    /// When the user signed in.
    pub created_at: Timestamp,
    /// When the sign-in ends by itself.
    pub expires_at: Timestamp,
}

impl Logins {
    /// Signs in with name and password.
    ///
    /// # Errors
    /// `WrongPassword`, `RateLimited`.
    pub async fn open_session(
        &self,
        name: &SignInName,
        password: SecretString,
        browser: Browser<'_>,
    ) -> Result<(User, BrowserSession), Error> {
        let Proven { account, attempt } = self.prove(name, password, browser.address).await?;
        let opened = self.begin_session(account.user.id, account.epoch, browser);
        let (opened, ()) = futures::future::join(opened, self.limits.succeeded(&attempt)).await;
        Ok((account.user, opened?))
    }

    /// Signs in a user who has just registered.
    pub async fn open_first_session(&self, user: UserId, browser: Browser<'_>) -> Result<BrowserSession, Error> {
        self.begin_session(user, 0, browser).await
    }

    async fn begin_session(&self, user: UserId, epoch: u64, browser: Browser<'_>) -> Result<BrowserSession, Error> {
        let Browser { address, device, stays } = browser;
        let (now, lasts) = (self.clock.now(), if stays { KEPT } else { UNKEPT });
        let login = self.new_login(user, epoch, Lifetimes { access: lasts, refresh: None }, now);
        let token = self.issue(&login, lasts, now).await?.access;
        let login = Login { device, ..login };
        let remembered = now.plus(ADDRESS_REMEMBERED);
        self.store.open_login(login, address.as_str(), remembered).await.map_err(deleted_meanwhile)?;
        Ok(BrowserSession { token, max_age: stays.then_some(lasts) })
    }

    /// The session with a new cookie, if `token` is the cookie of a session that lasts and is more than a day old.
    pub async fn renew_session(&self, caller: &Caller, token: &str) -> Result<Option<BrowserSession>, Error> {
        let CallerCredential::Login(id) = caller.credential else { return Ok(None) };
        let now = self.clock.now();
        let Some(claims) = self.jwt.check(Purpose::Access, token, now).await? else { return Ok(None) };
        let lasts = claims.expires_at.since(claims.issued_at) > UNKEPT;
        if !lasts || now.since(claims.issued_at) < RENEW_AFTER {
            return Ok(None);
        }
        let user = caller.user.id;
        if !self.store.extend_login(user, id, now.plus(KEPT)).await? {
            return Ok(None);
        }
        let token = self.access_token(user, id, KEPT, now).await?;
        Ok(Some(BrowserSession { token, max_age: Some(KEPT) }))
    }

    /// The sign-ins of a user that have not ended, latest first. Tokens of the reports API are not among them: they have
    /// no sign-in.
    pub async fn sign_ins(&self, user: UserId) -> Result<Vec<SignIn>, Error> {
        let now = self.clock.now();
        let logins = self.store.logins(user, LISTED).await?.into_iter().filter(|login| login.expires_at > now);
        Ok(logins.map(SignIn::from).collect())
    }

    /// Ends a sign-in of the user. All its tokens become invalid at once.
    pub async fn end_sign_in(&self, user: UserId, id: LoginId) -> Result<(), Error> {
        Ok(self.store.end(&[id], None, &access_ended(user, self.clock.now())).await?)
    }

    /// A secret that a browser keeps, so that forms of other sites are told from its own.
    pub fn new_form_secret(&self) -> String {
        hex::encode(self.entropy.bytes::<16>())
    }
}

impl From<Login> for SignIn {
    fn from(Login { id, device, expires_at, .. }: Login) -> Self {
        Self { id, device, created_at: id.created_at(), expires_at }
    }
}
