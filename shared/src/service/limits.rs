//! How many requests are too many: one limiter for all sign-in endpoints, with a sliding window of a minute. A request
//! counts when it is made, whatever becomes of it; the window is exact to ten seconds, never too lenient.

use crate::{
    clock::Clock,
    config::Config,
    domain::{Error, error::Limited, ids::UserId, time::Timestamp},
    store::{
        Store,
        limits::{Recent, SLOT_SECONDS, WINDOW_SLOTS},
    },
};
use std::{net::IpAddr, sync::Arc, time::Duration};

/// Where a request comes from: an IPv4 address, or the /64 network of an IPv6 one.
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
    /// For keys.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn subject(&self) -> String {
        format!("address#{}", self.0)
    }
}

/// Whose failed sign-ins count together.
#[derive(Debug, Clone)]
pub enum Account<'a> {
    /// Everybody's at this account, but for addresses that it knows.
    Anybody(UserId),
    /// One address's that signed in to this account lately: other people's failures do not shut it out.
    Known(UserId, &'a Address),
    /// Everybody's who is signed in to this account already, and is asked for its password again.
    SignedIn(UserId),
    /// Everybody's at a name that nobody has.
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

/// A counted try at an account's password.
pub struct Attempt<'a> {
    account: Account<'a>,
    at: Timestamp,
}

#[derive(Debug, Clone, Copy)]
struct Policy {
    name: &'static str,
    quota: u32,
}

/// Counts requests and refuses the surplus.
#[derive(Clone)]
pub struct Limits {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    api: Policy,
    auth: Policy,
}

impl Limits {
    /// With the quotas of `config`.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>, config: &Config) -> Self {
        let api = Policy { name: "api", quota: config.rate_limit_api };
        let auth = Policy { name: "auth", quota: config.rate_limit_auth };
        Self { store, clock, api, auth }
    }

    /// A request of a user that is known, made at `at`.
    pub async fn request(&self, user: UserId, at: Timestamp) -> Result<(), Error> {
        self.admit_at(self.api, &user_subject(user), at).await
    }

    /// The request at `at` was not that user's: it does not count.
    pub async fn take_back(&self, user: UserId, at: Timestamp) {
        self.uncount(self.api, &user_subject(user), at).await;
    }

    /// A request of somebody unknown.
    pub async fn visit(&self, address: &Address) -> Result<(), Error> {
        self.admit(self.api, &address.subject()).await
    }

    /// A sign-in or registration from `address`.
    pub async fn sign_in(&self, address: &Address) -> Result<(), Error> {
        self.admit(self.auth, &address.subject()).await
    }

    /// A try at an account's password. It counts as failed until [`Limits::succeeded`] takes it back, so
    /// that tries made at once cannot pass together.
    pub async fn attempt<'a>(&self, account: Account<'a>) -> Result<Attempt<'a>, Error> {
        let at = self.clock.now();
        self.admit_at(self.auth, &account.subject(), at).await?;
        Ok(Attempt { account, at })
    }

    /// The password was right: the try does not count. When that cannot be written down, it does count.
    pub async fn succeeded(&self, Attempt { account, at }: &Attempt<'_>) {
        self.uncount(self.auth, &account.subject(), *at).await;
    }

    async fn uncount(&self, policy: Policy, subject: &str, at: Timestamp) {
        if policy.quota == 0 {
            return;
        }
        if let Err(error) = self.store.uncount(policy.name, subject, at).await {
            tracing::warn!(error = %crate::log::Causes(&error), policy.name, "a request stays counted");
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
        match wait(&recent, policy.quota, now) {
            None => Ok(()),
            Some(retry_after) => Err(Error::RateLimited(Limited {
                policy: policy.name,
                quota: policy.quota,
                window: Duration::from_secs(60),
                retry_after,
            })),
        }
    }
}

fn user_subject(user: UserId) -> String {
    format!("user#{user}")
}

/// How long until one more request fits below `quota`; `None` when the one just counted fits.
fn wait(recent: &Recent, quota: u32, now: Timestamp) -> Option<Duration> {
    let mut total: u32 = recent.iter().sum();
    if total <= quota {
        return None;
    }
    let current_slot = now.seconds() / SLOT_SECONDS;
    let oldest_slot = (current_slot + 1).saturating_sub(WINDOW_SLOTS);
    let mut free_at = now.seconds();
    for (requests, slot) in recent.iter().zip(oldest_slot..) {
        total -= requests;
        free_at = (slot + WINDOW_SLOTS) * SLOT_SECONDS;
        if total < quota {
            break;
        }
    }
    Some(Duration::from_secs(free_at.saturating_sub(now.seconds()).max(1)))
}
