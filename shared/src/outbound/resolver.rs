//! Resolves names to IP addresses. The addresses are not checked here.

use futures::future::BoxFuture;
use std::{io, net::IpAddr};
use tokio::net::lookup_host;

/// Resolves names to IP addresses.
pub trait Resolver: Send + Sync {
    /// Returns all current addresses of `name`. Fails if it has none.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The operating system's resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
