//! Calls addresses that users gave. Each call is checked, both the URL as it is written and the IP addresses that its
//! name currently resolves to. The connection uses exactly the addresses that were checked.

use super::{
    OutboundRules, Resolver,
    slots::{HostIsBusy, HostSlot, HostSlots},
};
use crate::log::Causes;
use bytes::Bytes;
use reqwest::{
    Client, RequestBuilder, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER},
    redirect::Policy,
};
use secrecy::{ExposeSecret, SecretString};
use std::{
    error::Error,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::OnceCell,
    time::{Instant, timeout, timeout_at},
};
use url::{Host, Url};
use uuid::Uuid;

/// The time limit for resolving the host, and for connecting to it.
const CONNECT_LIMIT: Duration = Duration::from_secs(5);

tokio::task_local! {
    /// The socket addresses that the current task's call may connect to.
    static ADMITTED: Vec<SocketAddr>;
}

/// Calls addresses that users gave. It follows no redirects, uses no proxy and reuses no connection.
pub struct Outbound {
    rules: OutboundRules,
    resolver: Arc<dyn Resolver>,
    slots: HostSlots,
    /// Created for the first call, because it loads the root certificates.
    client: OnceCell<Client>,
}

/// The limits of a call.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The time for the whole call, from resolving the host to the last byte that is read.
    pub time: Duration,
    /// The most bytes of the body that are read.
    pub bytes: usize,
}

/// The response to a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundAnswer {
    /// The status, as it was sent. A redirect is returned like any other response.
    pub status: u16,
    /// The header `Retry-After`, as it was sent.
    pub retry_after: Option<String>,
    /// The header `Content-Type`, as it was sent.
    pub content_type: Option<String>,
    /// The beginning of the body.
    pub start: Vec<u8>,
    /// Whether the body ended there.
    pub is_whole: bool,
}

/// Why there is no response. The messages are shown to the user who gave the address, so they reveal nothing about the
/// internal network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboundError {
    /// The address may not be called, or its name resolves only to addresses that may not be called.
    #[error("The address is not allowed.")]
    Refused,
    /// The name has no address.
    #[error("The host was not found.")]
    NameNotFound,
    /// The connection failed.
    #[error("The host could not be connected to.")]
    ConnectionFailed,
    /// No TLS, or the certificate is not valid for this name.
    #[error("No secure connection could be made.")]
    InsecureConnection,
    /// The time limit was exceeded.
    #[error("The host took too long.")]
    TimedOut,
    /// The head of the response is not HTTP, too long, or incomplete.
    #[error("The answer was broken.")]
    BrokenAnswer,
}

impl Outbound {
    /// Calls the addresses that `rules` allow. `resolver` resolves their names.
    pub fn new(rules: OutboundRules, resolver: Arc<dyn Resolver>) -> Self {
        Self { rules, resolver, slots: HostSlots::default(), client: OnceCell::new() }
    }

    /// The right to make one call to the host of `url` for `user`. A host gets few calls at once.
    ///
    /// # Errors
    /// `HostIsBusy` if the host is slow, and has as many calls as it may.
    pub async fn slot(&self, user: Uuid, url: &str) -> Result<HostSlot, HostIsBusy> {
        self.slots.take(user, url).await
    }

    /// Gets `url` and reads the beginning of the answer.
    ///
    /// # Errors
    /// When there is no response. No status is an error.
    pub async fn get(&self, url: &str, limits: Limits) -> Result<OutboundAnswer, OutboundError> {
        self.exchange(url, limits, Client::get).await
    }

    /// Posts `body` to `url` and reads the beginning of the answer.
    ///
    /// # Errors
    /// When there is no response. No status is an error.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        body: Bytes,
        limits: Limits,
    ) -> Result<OutboundAnswer, OutboundError> {
        self.post_with_secret(url, headers, None, body, limits).await
    }

    /// As [`Outbound::post`], with a header whose value is secret.
    ///
    /// # Errors
    /// As [`Outbound::post`]. A value that no header can have is `Refused`.
    pub async fn post_with_secret(
        &self,
        url: &str,
        headers: &[(&'static str, String)],
        secret: Option<(&str, &SecretString)>,
        body: Bytes,
        limits: Limits,
    ) -> Result<OutboundAnswer, OutboundError> {
        let secret = match secret {
            None => None,
            Some((name, value)) => {
                let mut value = HeaderValue::from_str(value.expose_secret()).map_err(|_| OutboundError::Refused)?;
                value.set_sensitive(true);
                Some((name, value))
            }
        };
        let request = |client: &Client, url| {
            let request = client.post(url).body(body);
            let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, value));
            secret.into_iter().fold(request, |request, (name, value)| request.header(name, value))
        };
        self.exchange(url, limits, request).await
    }

    async fn exchange(
        &self,
        url: &str,
        limits: Limits,
        request: impl FnOnce(&Client, Url) -> RequestBuilder,
    ) -> Result<OutboundAnswer, OutboundError> {
        let deadline = Instant::now() + limits.time;
        let exchange = async {
            let url = self.rules.check(url).map_err(|_| OutboundError::Refused)?;
            let admitted = self.admitted(&url).await?;
            let request = request(self.client().await?, url);
            ADMITTED.scope(admitted, request.send()).await.map_err(|error| reason(&error))
        };
        let response = timeout_at(deadline, exchange).await.unwrap_or(Err(OutboundError::TimedOut))?;
        Ok(read(response, limits.bytes, deadline).await)
    }

    /// The socket addresses of a URL that `rules` allow as it is written, without those that may not be called.
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
            tracing::error!(error = %Causes(&error), "the HTTP client for outbound calls cannot be created");
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
        // Each call uses a new connection, so that its address is checked, in the task where `ADMITTED` is set.
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(AdmittedOnly))
        .build()
}

/// Resolves every name to the addresses that were admitted for the call.
struct AdmittedOnly;

impl Resolve for AdmittedOnly {
    fn resolve(&self, _: Name) -> Resolving {
        let admitted = ADMITTED.try_with(|admitted| Box::new(admitted.clone().into_iter()) as Addrs);
        Box::pin(async { Ok(admitted?) })
    }
}

/// Reads the beginning of the body. The host received the request, whatever becomes of the body: one that breaks off or
/// does not end in time ends where it is.
async fn read(mut response: Response, most: usize, deadline: Instant) -> OutboundAnswer {
    let status = response.status().as_u16();
    let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let (retry_after, content_type) = (header(RETRY_AFTER), header(CONTENT_TYPE));
    let (mut start, mut is_whole) = (Vec::new(), false);
    while start.len() < most {
        let Ok(Ok(chunk)) = timeout_at(deadline, response.chunk()).await else { break };
        let Some(chunk) = chunk else {
            is_whole = true;
            break;
        };
        start.extend(chunk.into_iter().take(most - start.len()));
    }
    OutboundAnswer { status, retry_after, content_type, start, is_whole }
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

/// An error of the network has an error number of the operating system; a TLS error has none.
fn is_of_the_network(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.filter_map(|cause| cause.downcast_ref::<io::Error>()).any(|error| error.raw_os_error().is_some())
}
