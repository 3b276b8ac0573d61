//! Rate limits: one limiter for all sign-in endpoints, with a sliding window of a minute, in steps of a second. A request
//! counts when it arrives, whatever its outcome. Over the limit, only sign-ins count.

use crate::{
    clock::Clock,
    config::Config,
    domain::{Error, error::Limited, ids::UserId, time::Timestamp},
    store::{Store, limits::Recent},
};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// The period for which a quota holds.
const WINDOW: Duration = Duration::from_secs(60);

/// The source of a request: an IPv4 address, or the /64 network of an IPv6 address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address(String);

impl From<IpAddr> for Address {
    fn from(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(v4) => v4.to_string(),
            IpAddr::V6(v6) => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
            }
        })
    }
}

impl Address {
    /// The address as a part of keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn subject(&self) -> String {
        format!("address#{}", self.0)
    }
}

/// Which failed sign-ins count together.
#[derive(Debug, Clone)]
pub enum Account<'a> {
    /// Those at this account, from any address that has not signed in to it lately.
    Anybody(UserId),
    /// Those at this account from an address that signed in to it lately. Failures from other addresses do not block
    /// it.
    Known(UserId, &'a Address),
    /// Those of users who are signed in to this account and must confirm its password.
    SignedIn(UserId),
    /// Those at a name that belongs to no account.
    Nobody(String),
}

impl Account<'_> {
    fn subject(&self) -> String {
        match self {
            Self::Anybody(user) => format!("account#{user}"),
            Self::Known(user, address) => format!("known#{user}#{}", address.as_str()),
            Self::SignedIn(user) => format!("signed-in#{user}"),
            Self::Nobody(name) => format!("nobody#{name}"),
        }
    }
}

/// A counted attempt to verify an account's password.
pub struct Attempt<'a> {
    account: Account<'a>,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Policy {
    name: &'static str,
    quota: u32,
    /// Whether refused requests count as well. A client that keeps guessing passwords stays blocked.
    counts_refused: bool,
}

/// Counts requests, and refuses those above the quota.
#[derive(Clone)]
pub struct Limits {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    api: Policy,
    auth: Policy,
}

impl Limits {
    /// Uses the quotas of `config`.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>, config: &Config) -> Self {
        let api = Policy { name: "api", quota: config.rate_limit_api, counts_refused: false };
        let auth = Policy { name: "auth", quota: config.rate_limit_auth, counts_refused: true };
        Self { store, clock, api, auth }
    }

    /// Counts a request of an authenticated user, made at `at`.
    pub async fn request(&self, user: UserId, at: Timestamp) -> Result<(), Error> {
        self.admit_at(self.api, &user_subject(user), at).await
    }

    /// Takes back a counted request at `at` that turned out not to be the user's.
    pub async fn take_back(&self, user: UserId, at: Timestamp) {
        self.uncount(self.api, &user_subject(user), at).await;
    }

    /// Counts a request without a valid credential.
    pub async fn visit(&self, address: &Address) -> Result<(), Error> {
        self.admit(self.api, &address.subject()).await
    }

    /// Counts a sign-in or registration from `address`.
    pub async fn sign_in(&self, address: &Address) -> Result<(), Error> {
        self.admit(self.auth, &address.subject()).await
    }

    /// Counts an attempt to verify an account's password. It counts as failed until [`Limits::succeeded`] takes it
    /// back, so that concurrent attempts cannot exceed the quota.
    pub async fn attempt<'a>(&self, account: Account<'a>) -> Result<Attempt<'a>, Error> {
        let at = self.clock.now();
        self.admit_at(self.auth, &account.subject(), at).await?;
        Ok(Attempt { account, at })
    }

    /// Takes back an attempt whose password was right. If that cannot be stored, the attempt still counts.
    pub async fn succeeded(&self, Attempt { account, at }: &Attempt<'_>) {
        self.uncount(self.auth, &account.subject(), *at).await;
    }

    async fn uncount(&self, policy: Policy, subject: &str, at: Timestamp) {
        if policy.quota == 0 {
            return;
        }
        if let Err(error) = self.store.uncount(policy.name, subject, at).await {
            tracing::warn!(error = %crate::log::Causes(&error), policy.name, "a request was not taken out of the rate limit");
        }
    }

    async fn admit(&self, policy: Policy, subject: &str) -> Result<(), Error> {
        self.admit_at(policy, subject, self.clock.now()).await
    }

    async fn admit_at(&self, policy: Policy, subject: &str, now: Timestamp) -> Result<(), Error> {
        if policy.quota == 0 {
            return Ok(());
        }
        let recent = self.store.count(policy.name, subject, now).await?;
        let Some(retry_after) = wait(&recent, policy) else { return Ok(()) };
        if !policy.counts_refused {
            // So that a client that is too fast still gets its quota.
            self.uncount(policy, subject, now).await;
        }
        Err(Error::RateLimited(Limited { policy: policy.name, quota: policy.quota, window: WINDOW, retry_after }))
    }
}

fn user_subject(user: UserId) -> String {
    format!("user#{user}")
}

/// How long until another request fits into the quota. `None` if the request just counted fits.
fn wait(recent: &Recent, Policy { quota, counts_refused, .. }: Policy) -> Option<Duration> {
    // Requests that are spaced evenly over each minute are sometimes a little early, and pass nevertheless.
    let recent = if counts_refused { &recent[..] } else { &recent[1..] };
    let mut total: u32 = recent.iter().sum();
    if total <= quota {
        return None;
    }
    total -= u32::from(!counts_refused);
    // The first second leaves the window in one second.
    let mut seconds = 0;
    for requests in recent {
        seconds += 1;
        total = total.saturating_sub(*requests);
        if total < quota {
            break;
        }
    }
    Some(Duration::from_secs(seconds))
}
