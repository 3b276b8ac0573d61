//! What an error of Bedrock means. Its texts are searched for what is known, and are neither kept, logged nor shown.

use crate::model::{
    ModelError,
    failure::{Failure, tells_too_long},
};
use aws_sdk_bedrockruntime::{
    error::{ProvideErrorMetadata, SdkError},
    operation::converse_stream::ConverseStreamError,
    types::error::ConverseStreamOutputError,
};
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::event_stream::RawMessage;

/// Why a request failed, after all attempts.
pub(super) fn failure_of_request(error: &SdkError<ConverseStreamError, Response>) -> Failure {
    match error {
        SdkError::ServiceError(answer) => told(answer.err(), answer.raw().status().as_u16()),
        SdkError::TimeoutError(_) => ModelError::TimedOut.into(),
        SdkError::ResponseError(_) => ModelError::Broken("the response cannot be read").into(),
        // No connection, no credentials, no region.
        other => Failure::caused(ModelError::Unreachable, other),
    }
}

/// Why the events of an answer ended.
pub(super) fn failure_of_stream(error: &SdkError<ConverseStreamOutputError, RawMessage>) -> Failure {
    match error {
        SdkError::ServiceError(answer) => {
            let status = match answer.err() {
                ConverseStreamOutputError::ValidationException(_) => 400,
                ConverseStreamOutputError::ModelStreamErrorException(_) => 424,
                ConverseStreamOutputError::ThrottlingException(_) => 429,
                ConverseStreamOutputError::ServiceUnavailableException(_) => 503,
                _ => 500,
            };
            told(answer.err(), status)
        }
        SdkError::ResponseError(_) => ModelError::Broken("an event cannot be read").into(),
        other => Failure::caused(ModelError::Broken("the connection was lost"), other),
    }
}

/// Whether Bedrock refused a request because its model takes no temperature: "`temperature` is deprecated for this
/// model."
pub(super) fn blames_temperature(error: &SdkError<ConverseStreamError, Response>) -> bool {
    error.as_service_error().is_some_and(|error| {
        error.is_validation_exception() && error.message().is_some_and(|text| text.contains("temperature"))
    })
}

fn told(error: &impl ProvideErrorMetadata, status: u16) -> Failure {
    let text = error.message().unwrap_or_default().to_lowercase();
    let is_too_long = matches!(status, 400 | 413 | 424) && tells_too_long(&text);
    let told = if is_too_long { ModelError::ContextTooLong } else { ModelError::of_status(status) };
    Failure::named(told, error.code().unwrap_or_default())
}
