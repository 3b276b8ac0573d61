//! What forms have in common: their fields, with what was typed and what was wrong with it, and the answer to a form that
//! was refused.

use crate::{
    fault::{error_sentence, of_field},
    member::Fields,
    words::Words,
};
use axum::{
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use shared::{
    domain::Error,
    http::{Dialect, Fault, Pages, pages::Query},
    service::idempotency::IdempotencyKey,
};

/// A field of a form. `templates/field.html` shows it.
pub struct Input {
    /// The name, as it is posted.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// The type of an `input`, or `textarea`, or `select`.
    pub kind: &'static str,
    /// What the browser may fill in.
    pub complete: &'static str,
    /// Whether it must be filled in.
    pub is_required: bool,
    /// The maximum number of characters. 0 if there is none.
    pub max: usize,
    /// An explanation. May be empty.
    pub hint: &'static str,
    /// What it contains.
    pub value: String,
    /// What can be chosen in a `select`.
    pub options: Vec<Choice>,
    /// What is wrong with the value.
    pub problem: Option<String>,
    /// Whether the page opens here: it is the first field that is wrong.
    pub is_first_wrong: bool,
}

/// What can be chosen.
pub struct Choice {
    /// The value, as it is posted.
    pub value: String,
    /// The name for people.
    pub label: String,
}

/// A box that can be ticked. `templates/ticks.html` shows it.
pub struct Tick {
    /// The name, as it is posted.
    pub name: String,
    /// The name for people.
    pub label: String,
    /// An explanation. May be empty.
    pub hint: String,
    /// Whether it is ticked.
    pub is_ticked: bool,
}

/// Boxes that belong together. `templates/ticks.html` shows them.
pub struct Ticks {
    /// The name of their problem, for the page only.
    pub name: &'static str,
    /// The name for people.
    pub label: &'static str,
    /// An explanation. May be empty.
    pub hint: &'static str,
    /// The boxes.
    pub all: Vec<Tick>,
    /// What is wrong with what is ticked.
    pub problem: Option<String>,
}

/// What a form contains: the stored values, or what was typed, and why that was refused.
#[derive(Clone, Copy)]
pub struct Typed<'a> {
    words: &'static Words,
    fields: Option<&'a Fields>,
    error: Option<&'a Error>,
}

/// The page of a long form opens at the first field that is wrong.
pub fn open_at_first_wrong(fields: &mut [Input]) {
    if let Some(wrong) = fields.iter_mut().find(|field| field.problem.is_some()) {
        wrong.is_first_wrong = true;
    }
}

/// The notes above the content of a page. `templates/notes.html` shows them.
#[derive(Default)]
pub struct Notes {
    /// What has just been done. May be empty.
    pub done: &'static str,
    /// Why it was not done.
    pub problem: Option<String>,
}

/// A card with a button that deletes something for good. `templates/removal.html` shows it.
pub struct Removal {
    /// The text of the button.
    pub title: &'static str,
    /// What is lost.
    pub text: &'static str,
}

impl Input {
    /// A line of text.
    pub fn new(name: &'static str, label: &'static str) -> Self {
        Self {
            name,
            label,
            kind: "text",
            complete: "off",
            is_required: false,
            max: 0,
            hint: "",
            value: String::new(),
            options: Vec::new(),
            problem: None,
            is_first_wrong: false,
        }
    }

    /// It must be filled in.
    pub fn required(self) -> Self {
        Self { is_required: true, ..self }
    }

    /// It has another type, and the browser may fill in something.
    pub fn of(self, kind: &'static str, complete: &'static str) -> Self {
        Self { kind, complete, ..self }
    }

    /// It has at most so many characters.
    pub fn at_most(self, max: usize) -> Self {
        Self { max, ..self }
    }

    /// It has an explanation.
    pub fn hint(self, hint: &'static str) -> Self {
        Self { hint, ..self }
    }

    /// One of these values is chosen.
    pub fn one_of(self, options: Vec<Choice>) -> Self {
        Self { kind: "select", options, ..self }
    }
}

impl Choice {
    /// A value, with its name for people.
    pub fn new(value: &str, label: &str) -> Self {
        Self { value: value.to_owned(), label: label.to_owned() }
    }
}

impl<'a> Typed<'a> {
    /// A form with the stored values.
    pub const fn nothing(words: &'static Words) -> Self {
        Self { words, fields: None, error: None }
    }

    /// A form that was refused.
    pub const fn refused(words: &'static Words, fields: &'a Fields, error: &'a Error) -> Self {
        Self { words, fields: Some(fields), error: Some(error) }
    }

    /// A field with what was typed, or else the `stored` value. Passwords are never shown again.
    pub fn input(&self, field: Input, stored: &str) -> Input {
        let value = match self.fields.and_then(|fields| fields.given(field.name)) {
            _ if field.kind == "password" => "",
            Some(typed) => typed,
            None => stored,
        };
        Input { value: value.to_owned(), problem: self.problem_of(field.name), ..field }
    }

    /// Whether a box is ticked.
    pub fn is_ticked(&self, name: &str, stored: bool) -> bool {
        self.fields.map_or(stored, |fields| fields.has(name))
    }

    /// Boxes with what is wrong with them.
    pub fn ticks(&self, name: &'static str, (label, hint): (&'static str, &'static str), all: Vec<Tick>) -> Ticks {
        Ticks { name, label, hint, all, problem: self.problem_of(name) }
    }

    /// What is wrong with a field.
    pub fn problem_of(&self, name: &str) -> Option<String> {
        of_field(self.words, self.error, name)
    }

    /// What is wrong with the form, but with none of its fields.
    pub fn problem(&self) -> Option<String> {
        match self.error {
            None | Some(Error::Invalid(_)) => None,
            Some(error) => Some(error_sentence(self.words, error)),
        }
    }

    /// The notes of a page with this form. The query says what has just been done.
    pub fn notes(&self, query: Option<&Query>) -> Notes {
        let done = query.and_then(|query| query.parameter("done"));
        let done = match done.as_deref() {
            Some("saved") => self.words.saved,
            Some("deleted") => self.words.deleted,
            Some("sent") => self.words.sent,
            Some("ended") => self.words.for_account.ended,
            Some("retried") => self.words.for_webhooks.retried,
            _ => "",
        };
        Notes { done, problem: self.problem() }
    }
}

/// The idempotency key of a form, which makes that a form that is sent twice is carried out once.
pub fn key(fields: &Fields) -> Result<Option<IdempotencyKey>, Error> {
    let key = fields.filled("key").map(|key| IdempotencyKey::parse(key.as_bytes()));
    key.transpose().map_err(|problem| Error::Invalid(vec![problem]))
}

/// Whether a refused form is shown again, with what is wrong. Other errors get a page of their own.
pub const fn can_be_corrected(error: &Error) -> bool {
    matches!(
        error,
        Error::Invalid(_)
            | Error::Conflict(_)
            | Error::RateLimited(_)
            | Error::TooLarge { .. }
            | Error::TooLargeForRequest { .. }
            | Error::QuotaExceeded { .. }
            | Error::KeyReused
            | Error::StillRunning
    )
}

/// A form that was not accepted, with the status of its fault.
pub fn again(fault: &Fault, page: Html<String>) -> Response {
    let (status, _) = Pages::error(fault);
    let status = if status == StatusCode::BAD_REQUEST { StatusCode::UNPROCESSABLE_ENTITY } else { status };
    let mut response = (status, page).into_response();
    if let Fault::Domain(Error::RateLimited(limited)) = fault
        && let Ok(seconds) = limited.retry_after.as_secs().to_string().parse()
    {
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}
