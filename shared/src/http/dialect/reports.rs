//! The reports dialect (spec 000): an older Django REST framework interface with opaque tokens.

use super::Dialect;

/// Spec 000, below `/api/v1/` with a final slash.
pub struct Reports;

impl Dialect for Reports {
    const NAME: &'static str = "reports";
    const CHALLENGE: &'static str = "Token";
    const WRONG_PASSWORD: &'static str = "Unable to log in with provided credentials.";
}
