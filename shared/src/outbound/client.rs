//! Calling an address that a user gave. It is judged at each call, as it is written and by where its name leads at
//! that moment; the connection goes to the very addresses that were judged.

use super::{OutboundRules, Resolver};
use crate::log::Causes;
use bytes::Bytes;
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::RETRY_AFTER,
    redirect::Policy,
};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{sync::OnceCell, time::timeout};
use url::{Host, Url};

/// How long finding the host may take, and how long connecting to it.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// Where the call that this task makes may connect to.
    static ADMITTED: Vec<SocketAddr>;
}

/// Calls addresses that users gave. No redirect is followed, no proxy asked, no connection used twice.
pub struct Outbound {
    rules: OutboundRules,
    resolver: Arc<dyn Resolver>,
    /// Made for the first call: it loads the certificates of authorities.
    client: OnceCell<Client>,
}

/// How much of an answer is waited for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// For everything, from finding the host to the last byte that is read.
    pub time: Duration,
    /// The most bytes of the body that are read.
    pub bytes: usize,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundAnswer {
    /// The status, as it was sent; a redirect is an answer like any other.
    pub status: u16,
    /// The header `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// How the body begins.
    pub start: Vec<u8>,
}

/// Why there is no answer, in words for whoever gave the address: they say nothing of our network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address may not be called, or its name leads only to such as may not be.
    #[error("The address is not allowed.")]
    Refused,
    /// The name has no address.
    #[error("The host was not found.")]
    NameNotFound,
    /// Nobody answers there.
    #[error("The host could not be connected to.")]
    ConnectionFailed,
    /// No TLS, or a certificate that is not good for this name.
    #[error("No secure connection could be made.")]
    InsecureConnection,
    /// It took longer than was allowed.
    #[error("The host took too long.")]
    TimedOut,
    /// Not HTTP, too many headers, or cut off.
    #[error("The answer was broken.")]
    BrokenAnswer,
}

impl Outbound {
    /// Calls what `rules` allow, at the addresses that `resolver` knows.
    pub fn new(rules: OutboundRules, resolver: Arc<dyn Resolver>) -> Self {
        Self { rules, resolver, client: OnceCell::new() }
    }

    /// Posts `body` to `url` and reads the beginning of the answer.
    ///
    /// # Errors
    /// When there is no answer; a status is never an error.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
        limits: Limits,
    ) -> Result<OutboundAnswer, OutboundError> {
        let exchange = async {
            let url = self.rules.check(url).map_err(|_| OutboundError::Refused)?;
            let admitted = self.admitted(&url).await?;
            let mut request = self.client().await?.post(url).body(body);
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let response = ADMITTED.scope(admitted, request.send()).await.map_err(|error| reason(&error))?;
            read(response, limits.bytes).await
        };
        timeout(limits.time, exchange).await.unwrap_or(Err(OutboundError::TimedOut))
    }

    /// Where a URL leads that may be called as it is written, as far as that may be called, too.
    async fn admitted(&self, url: &Url) -> Result<Vec<SocketAddr>, OutboundError> {
        let port = url.port_or_known_default().ok_or(OutboundError::Refused)?;
        let admitted: Vec<_> = match url.host().ok_or(OutboundError::Refused)? {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![address.into()],
            Host::Domain(name) => {
                let mut addresses = self.resolved(name).await?;
                addresses.retain(|address| self.rules.admits(name, *address, port));
                addresses
            }
        };
        if admitted.is_empty() {
            return Err(OutboundError::Refused);
        }
        Ok(admitted.into_iter().map(|address| SocketAddr::new(address, port)).collect())
    }

    async fn resolved(&self, name: &str) -> Result<Vec<IpAddr>, OutboundError> {
        match timeout(CONNECT_LIMIT, self.resolver.addresses(name)).await {
            Err(_) => Err(OutboundError::TimedOut),
            Ok(Ok(addresses)) if !addresses.is_empty() => Ok(addresses),
            Ok(_) => Err(OutboundError::NameNotFound),
        }
    }

    async fn client(&self) -> Result<&Client, OutboundError> {
        self.client.get_or_try_init(|| async { build() }).await.map_err(|error| {
            tracing::error!(error = %Causes(&error), "no client for calls to addresses that users gave");
            OutboundError::InsecureConnection
        })
    }
}

fn build() -> reqwest::Result<Client> {
    Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .http1_only()
        .connect_timeout(CONNECT_LIMIT)
        // Each call connects anew, so that each is judged, and in its own task, where `ADMITTED` is.
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(AdmittedOnly))
        .build()
}

/// Sends a connection to what was admitted for the call, whatever the name.
struct AdmittedOnly;

impl Resolve for AdmittedOnly {
    fn resolve(&self, _: Name) -> Resolving {
        let admitted = ADMITTED.try_with(|admitted| Box::new(admitted.clone().into_iter()) as Addrs);
        Box::pin(async { Ok(admitted?) })
    }
}

async fn read(mut response: Response, most: usize) -> Result<OutboundAnswer, OutboundError> {
    let status = response.status().as_u16();
    let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut start = Vec::new();
    while start.len() < most {
        let Some(chunk) = response.chunk().await.map_err(|error| reason(&error))? else { break };
        start.extend(chunk.into_iter().take(most - start.len()));
    }
    Ok(OutboundAnswer { status, retry_after, start })
}

fn reason(error: &reqwest::Error) -> OutboundError {
    if error.is_timeout() {
        OutboundError::TimedOut
    } else if !error.is_connect() {
        OutboundError::BrokenAnswer
    } else if is_of_the_network(error) {
        OutboundError::ConnectionFailed
    } else {
        OutboundError::InsecureConnection
    }
}

/// What the network refuses has the operating system's number; what TLS refuses has none.
fn is_of_the_network(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| error.raw_os_error().is_some())
}
