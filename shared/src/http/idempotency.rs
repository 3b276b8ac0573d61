//! The `Idempotency-Key` header.

use super::{App, Dialect, Failure, Fault};
use crate::{domain::Error, service::idempotency::IdempotencyKey};
use axum::{extract::FromRequestParts, http::request::Parts};
use utoipa::{
    IntoParams,
    openapi::{
        ObjectBuilder, Required, Type,
        path::{Parameter, ParameterBuilder, ParameterIn},
    },
};

/// The header's name.
pub const HEADER: &str = "Idempotency-Key";

/// The `Idempotency-Key` of a request, if it has one.
pub struct Idempotency(pub Option<IdempotencyKey>);

impl<D: Dialect> FromRequestParts<App<D>> for Idempotency {
    type Rejection = Failure<D>;

    async fn from_request_parts(parts: &mut Parts, _: &App<D>) -> Result<Self, Failure<D>> {
        let mut keys = parts.headers.get_all(HEADER).iter();
        let key = keys.next().map(|value| IdempotencyKey::parse(value.as_bytes()));
        if keys.next().is_some() {
            return Err(Fault::BadRequest(format!("Only one {HEADER} header is allowed.")).into());
        }
        Ok(Self(key.transpose().map_err(|problem| Error::Invalid(vec![problem]))?))
    }
}

impl IntoParams for Idempotency {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let schema = ObjectBuilder::new().schema_type(Type::String).min_length(Some(1)).max_length(Some(255));
        let meaning = "1 to 255 visible ASCII characters. Within 24 hours, a repeated request with the same key is \
                       not carried out again but gets the same response.";
        let header = ParameterBuilder::new().name(HEADER).parameter_in(ParameterIn::Header);
        let header = header.required(Required::False).schema(Some(schema.pattern(Some("^[!-~]+$"))));
        vec![header.description(Some(meaning)).build()]
    }
}
