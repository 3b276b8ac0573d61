//! API keys: credentials for programs, which stay valid when sign-ins end and passwords change.

use super::{ids::ApiKeyId, text::Label, time::Timestamp};

/// The data of an API key. Its owner sees the key itself once, when it is created.
#[derive(Debug, Clone)]
pub struct ApiKey {
    /// The id.
    pub id: ApiKeyId,
    /// The purpose.
    pub name: Label,
    /// When it was created.
    pub created_at: Timestamp,
    /// When it expires, if it does.
    pub expires_at: Option<Timestamp>,
}
