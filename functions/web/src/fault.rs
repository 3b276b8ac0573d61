//! Faults in the reader's words: as a page, as JSON for a script, and beside a field.

use crate::{
    shell::Shell,
    visit::Visit,
    words::{Words, fill},
};
use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse},
};
use serde::Serialize;
use shared::{
    domain::{Error, Problem, error::Conflict, file::MIB},
    http::{Fault, Json},
};

/// What a script is told: `{"success": false, "error": "…", "code": "not_found", "retry_after": null}`.
#[derive(Serialize)]
pub struct Told {
    success: bool,
    /// One sentence for the reader.
    error: String,
    /// For the script.
    code: &'static str,
    /// Seconds.
    retry_after: Option<u64>,
}

#[derive(Template)]
#[template(path = "fault.html")]
struct FaultPage<'a> {
    shell: Shell,
    title: &'a str,
    text: String,
}

/// The fault as a page, in the look of the others, with a way home.
pub fn page(visit: &Visit, fault: &Fault, status: StatusCode) -> impl IntoResponse + use<> {
    let words = visit.words;
    let title = if status == StatusCode::NOT_FOUND { words.not_found_title } else { words.error_title };
    let shell = Shell::for_visitor(visit, title);
    let page = FaultPage { shell, title, text: told_to(visit, fault) };
    page.render().map_or_else(|_| Html(title.to_owned()), Html)
}

/// The fault for a script.
pub fn json(visit: &Visit, fault: &Fault) -> impl IntoResponse + use<> {
    let error = told_to(visit, fault);
    let retry_after = match fault {
        Fault::Domain(Error::RateLimited(limited)) => Some(limited.retry_after.as_secs()),
        Fault::Domain(Error::StillRunning) => Some(1),
        _ => None,
    };
    Json(Told { success: false, error, code: code(fault), retry_after })
}

/// A name of the fault for scripts.
pub fn code(fault: &Fault) -> &'static str {
    match fault {
        Fault::Domain(error) => match error {
            Error::Invalid(_) => "invalid",
            Error::NoCredential | Error::InvalidCredential | Error::InvalidRefreshToken | Error::WrongPassword => {
                "signed_out"
            }
            Error::NotFound | Error::NoSuchPage => "not_found",
            Error::Forbidden => "forbidden",
            Error::Conflict(_) | Error::KeyReused | Error::StillRunning => "conflict",
            Error::InsufficientTokens => "insufficient_tokens",
            Error::TooLarge { .. }
            | Error::TooLargeForRequest { .. }
            | Error::QuotaExceeded { .. }
            | Error::PageTooLarge => "too_large",
            Error::RateLimited(_) => "rate_limited",
            Error::ModelFailed => "model",
            Error::ModelTimedOut => "timeout",
            Error::Unavailable(_) => "unavailable",
            Error::Internal(_) => "internal",
        },
        Fault::UnknownPath => "not_found",
        Fault::MethodNotAllowed(_) => "method",
        Fault::BodyTooLarge | Fault::HeadTooLarge => "too_large",
        Fault::BadRequest(_) | Fault::UnsupportedMediaType { .. } | Fault::BodyTimedOut => "invalid",
        Fault::TimedOut => "unavailable",
        Fault::Panicked => "internal",
    }
}

/// The fault in one sentence, for the answer to a request.
fn told_to(visit: &Visit, fault: &Fault) -> String {
    match fault {
        // Only forms have a token that can be wrong.
        Fault::Domain(Error::Forbidden) if visit.is_reading => visit.words.forbidden.to_owned(),
        fault => sentence(visit.words, fault),
    }
}

/// The fault in one sentence.
pub fn sentence(words: &Words, fault: &Fault) -> String {
    let Fault::Domain(error) = fault else {
        return match fault {
            Fault::UnknownPath => words.not_found,
            Fault::TimedOut | Fault::BodyTimedOut => words.unavailable,
            Fault::Panicked => words.went_wrong,
            _ => words.not_valid,
        }
        .to_owned();
    };
    error_sentence(words, error)
}

/// The error of a service in one sentence.
pub fn error_sentence(words: &Words, error: &Error) -> String {
    let megabytes = |bytes: &u64| words.number(bytes / MIB);
    match error {
        Error::Invalid(fields) => {
            let sentences: Vec<String> = fields.iter().map(|field| problem(words, &field.problem)).collect();
            sentences.join(" ")
        }
        Error::NoCredential | Error::InvalidCredential | Error::InvalidRefreshToken => {
            words.sign_in_again_text.to_owned()
        }
        Error::WrongPassword => words.wrong_password.to_owned(),
        Error::NotFound | Error::NoSuchPage => words.not_found.to_owned(),
        Error::Forbidden => words.foreign_form.to_owned(),
        Error::Conflict(conflict) => conflict_sentence(words, *conflict),
        Error::KeyReused | Error::StillRunning => words.still_running.to_owned(),
        Error::InsufficientTokens => format!("{} {}", words.tokens_are_spent, words.what_you_wrote),
        Error::TooLarge { max_bytes } | Error::TooLargeForRequest { max_bytes } => {
            fill(words.too_large, &[("max", &megabytes(max_bytes))])
        }
        Error::QuotaExceeded { max_bytes } => fill(words.quota, &[("max", &megabytes(max_bytes))]),
        Error::RateLimited(limited) => fill(words.too_many, &[("n", &limited.retry_after.as_secs().to_string())]),
        Error::ModelFailed => words.no_answer.to_owned(),
        Error::ModelTimedOut => words.too_long_waited.to_owned(),
        Error::Unavailable(_) => words.unavailable.to_owned(),
        Error::PageTooLarge | Error::Internal(_) => words.went_wrong.to_owned(),
    }
}

fn conflict_sentence(words: &Words, conflict: Conflict) -> String {
    match conflict {
        Conflict::LastAdministrator => words.last_administrator,
        Conflict::AssistantInactive => words.assistant_inactive,
        Conflict::Full { max } => return fill(words.limit_reached, &[("max", &words.number(max))]),
        Conflict::WebhookInactive => words.webhook_inactive,
        Conflict::BeingDelivered => words.being_delivered,
        Conflict::TurnEnded => words.already_ended,
        Conflict::NotSent => words.not_sent,
        Conflict::BeingChecked => words.being_checked,
        // No page changes tools.
        Conflict::BuiltInTool | Conflict::ToolExists => words.not_valid,
    }
    .to_owned()
}

/// What is wrong with a field, in one sentence.
pub fn problem(words: &Words, problem: &Problem) -> String {
    match problem {
        Problem::Required | Problem::Null => words.required.to_owned(),
        Problem::Blank => words.blank.to_owned(),
        Problem::TooLong { max } => fill(words.at_most, &[("max", &words.number(*max as u64))]),
        Problem::TooShort { min } => fill(words.too_short, &[("min", &words.number(*min as u64))]),
        Problem::NulCharacter => words.nul.to_owned(),
        Problem::UsernameCharacters => words.username_characters.to_owned(),
        Problem::EmailForm => words.email_form.to_owned(),
        Problem::PasswordsDiffer => words.passwords_differ.to_owned(),
        Problem::UsernameTaken => words.username_taken.to_owned(),
        Problem::EmailTaken => words.email_taken.to_owned(),
        Problem::WrongCurrentPassword => words.wrong_current_password.to_owned(),
        Problem::AssistantNameTaken => words.assistant_name_taken.to_owned(),
        Problem::UnknownAssistant | Problem::UnknownAssistantName(_) => words.unknown_assistant.to_owned(),
        Problem::UnknownFile => words.no_such_file.to_owned(),
        Problem::FileExtension => words.file_kind.to_owned(),
        Problem::FileContent => words.file_content.to_owned(),
        Problem::FileEmpty => words.file_empty.to_owned(),
        Problem::FileName => words.file_name.to_owned(),
        Problem::FileSize => words.file_size.to_owned(),
        Problem::UnknownTool => words.unknown_tool.to_owned(),
        Problem::NotANumber | Problem::NotAnInteger => words.not_a_number.to_owned(),
        Problem::TooMany { max } | Problem::TooManyFiles { max } => {
            fill(words.too_many_entries, &[("max", &words.number(*max as u64))])
        }
        Problem::Address(_) => words.address_refused.to_owned(),
        Problem::SecretForm => words.secret_form.to_owned(),
        Problem::OutOfRange { min, max } => {
            fill(words.out_of_range, &[("min", &min.to_string()), ("max", &max.to_string())])
        }
        _ => words.not_valid.to_owned(),
    }
}

/// The problem of a field among those of an error.
pub fn of_field(words: &Words, error: Option<&Error>, name: &str) -> Option<String> {
    let Some(Error::Invalid(fields)) = error else { return None };
    fields.iter().find(|field| field.field == name).map(|field| problem(words, &field.problem))
}
