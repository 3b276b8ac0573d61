//! API keys: credentials for programs, which outlive sign-ins and passwords.

use super::{ids::ApiKeyId, text::Label, time::Timestamp};

/// An API key as its owner may see it again. The key itself is shown once.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// For deleting it.
    pub id: ApiKeyId,
    /// What it is for.
    pub name: Label,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it ends by itself, if ever.
    pub expires_at: Option<Timestamp>,
}
