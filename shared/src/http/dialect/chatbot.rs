//! The chatbot dialect (spec 003): a small Django REST framework interface at the root.

use super::Dialect;
use crate::service::logins::Lifetimes;
use std::time::Duration;

/// Spec 003: `/users/…`, `/send/`, `/token/`.
pub struct Chatbot;

impl Chatbot {
    /// How long the tokens of its sign-in endpoints last.
    pub const LIFETIMES: Lifetimes = Lifetimes { access: Duration::from_secs(60 * 60), refresh: None };
}

impl Dialect for Chatbot {
    const NAME: &'static str = "chatbot";
}
