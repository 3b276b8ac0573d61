//! Errors of calls to AWS services.

use crate::domain::{self, error::Cause};
use aws_runtime::retries::classifiers::{THROTTLING_ERRORS, TRANSIENT_ERRORS};
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use aws_smithy_types::error::{metadata::ProvideErrorMetadata, operation::BuildError};
use std::{any::type_name, error::Error};

/// Transient errors that the SDK does not retry by itself: conflicts with another transaction on the same rows, and
/// too many messages in flight.
const ALSO_TRANSIENT: [&str; 2] = ["TransactionConflictException", "OverLimit"];

/// A call that failed in a way that its caller does not handle.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service did not answer or is overloaded. A retry may succeed.
    #[error("a backing service did not answer")]
    Unavailable(#[source] Cause),
    /// The request or stored data is invalid. This is a bug.
    #[error("a backing service refused a request or holds something broken")]
    Broken(#[source] Cause),
    /// The account for which something was to be written does not exist, or no longer. Nothing was written.
    #[error("the account was deleted")]
    NoAccount,
    /// The rows of a page have more bytes than a response may have.
    #[error("the page is too large")]
    PageTooLarge,
}

impl CallError {
    /// An error caused by a bug or invalid stored data.
    pub fn broken(cause: impl Into<Cause>) -> Self {
        Self::Broken(cause.into())
    }
}

impl From<CallError> for domain::Error {
    fn from(error: CallError) -> Self {
        match error {
            CallError::Unavailable(cause) => Self::Unavailable(cause),
            CallError::Broken(cause) => Self::Internal(cause),
            CallError::NoAccount => Self::InvalidCredential,
            CallError::PageTooLarge => Self::PageTooLarge,
        }
    }
}

impl From<BuildError> for CallError {
    fn from(error: BuildError) -> Self {
        Self::broken(error)
    }
}

impl<E> From<SdkError<E, Response>> for CallError
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    fn from(error: SdkError<E, Response>) -> Self {
        let is_transient = match &error {
            SdkError::ServiceError(answer) => {
                answer.raw().status().is_server_error() || answer.err().code().is_some_and(is_transient_code)
            }
            SdkError::ConstructionFailure(_) => false,
            _ => true,
        };
        let cause = FailedCall { call: call_of::<E>(), source: error.into() }.into();
        if is_transient { Self::Unavailable(cause) } else { Self::Broken(cause) }
    }
}

fn is_transient_code(code: &str) -> bool {
    [THROTTLING_ERRORS, TRANSIENT_ERRORS, &ALSO_TRANSIENT].iter().any(|codes| codes.contains(&code))
}

/// The name of the failed call, for the log.
#[derive(Debug, thiserror::Error)]
#[error("{call}")]
struct FailedCall {
    call: String,
    source: Cause,
}

/// `dynamodb get_item`, derived from the name of the error type, because the error has it nowhere else.
fn call_of<E>() -> String {
    let name = type_name::<E>();
    let mut parts = name.strip_prefix("aws_sdk_").unwrap_or_default().split("::");
    match (parts.next(), parts.nth(1)) {
        (Some(service), Some(operation)) => format!("{service} {operation}"),
        _ => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::Causes;
    use aws_sdk_dynamodb::operation::get_item::GetItemError;
    use aws_smithy_types::{body::SdkBody, error::ErrorMetadata};

    fn refused(status: u16, code: &str) -> CallError {
        let error = GetItemError::generic(ErrorMetadata::builder().code(code).message("Why.").build());
        SdkError::service_error(error, Response::new(status.try_into().unwrap(), SdkBody::empty())).into()
    }

    #[test]
    fn a_later_try_may_succeed_after_too_much_load_and_after_no_answer() {
        let codes = ["ThrottlingException", "SlowDown", "RequestTimeout", "TransactionConflictException", "OverLimit"];
        for code in codes {
            assert!(matches!(refused(400, code), CallError::Unavailable(_)), "{code}");
        }
        assert!(matches!(refused(500, "InternalFailure"), CallError::Unavailable(_)));
        assert!(matches!(SdkError::<GetItemError, Response>::timeout_error("late").into(), CallError::Unavailable(_)));
    }

    #[test]
    fn what_was_refused_is_refused_again() {
        for code in ["ValidationException", "AccessDeniedException", "ResourceNotFoundException"] {
            assert!(matches!(refused(400, code), CallError::Broken(_)), "{code}");
        }
        let unmade = SdkError::<GetItemError, Response>::construction_failure("no table");
        assert!(matches!(unmade.into(), CallError::Broken(_)));
    }

    #[test]
    fn the_log_names_the_call() {
        let told = Causes(&refused(400, "ValidationException")).to_string();
        let expected = "a backing service refused a request or holds something broken: dynamodb get_item: ";
        assert!(told.starts_with(expected), "{told}");
        assert!(told.contains("ValidationException"), "{told}");
    }
}
