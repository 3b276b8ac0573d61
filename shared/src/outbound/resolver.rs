//! Where the addresses of a name come from. They are not judged here.

use futures::future::BoxFuture;
use std::{io, net::IpAddr};
use tokio::net::lookup_host;

/// Asks for the addresses of names.
pub trait Resolver: Send + Sync {
    /// All addresses that `name` has now. Fails when it has none.
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>>;
}

/// The machine's resolver.
#[derive(Debug, Clone, Copy)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    fn addresses<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<Vec<IpAddr>>> {
        Box::pin(async move { Ok(lookup_host((name, 0)).await?.map(|address| address.ip()).collect()) })
    }
}
