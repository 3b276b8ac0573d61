//! The webchat dialect (spec 002): a Django REST framework interface with chat sessions.

use super::Dialect;
use crate::service::logins::Lifetimes;
use std::time::Duration;

/// Spec 002, below `/api/v1/` with a final slash.
pub struct Webchat;

impl Webchat {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes =
        Lifetimes { access: Duration::from_secs(60 * 60), refresh: Some(Duration::from_secs(24 * 60 * 60)) };
}

impl Dialect for Webchat {
    const NAME: &'static str = "webchat";
}
