//! Requests that a model answers.

use super::{App, Dialect, routes::TimeLimit};
use axum::{extract::FromRequestParts, http::request::Parts};
use std::{convert::Infallible, time::Duration};

/// How much longer than the model a request may take, to begin and to end the turn.
const AROUND_THE_MODEL: Duration = Duration::from_secs(60);

/// Lets a request take as long as the model may.
pub struct AsksModel;

impl<D: Dialect> FromRequestParts<App<D>> for AsksModel {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &App<D>) -> Result<Self, Infallible> {
        if let Some(limit) = parts.extensions.get::<TimeLimit>() {
            limit.extend(app.config.model.timeout + AROUND_THE_MODEL);
        }
        Ok(Self)
    }
}
