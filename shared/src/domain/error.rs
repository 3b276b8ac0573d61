//! What can go wrong, said once and without HTTP. Each dialect has its own words for every variant
//! (see `http::dialect`).

use std::time::Duration;

/// A refusal or a failure of a service, built where the fact is known.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input was readable but breaks rules; every broken field is named.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// No credential was sent.
    #[error("no credential")]
    NoCredential,
    /// A credential was sent that is not, or no longer, valid.
    #[error("invalid credential")]
    InvalidCredential,
    /// A refresh token that is not, or no longer, valid.
    #[error("invalid refresh token")]
    InvalidRefreshToken,
    /// The name or the password is wrong. Which of the two is never told.
    #[error("wrong name or password")]
    WrongPassword,
    /// The thing does not exist, or is somebody else's.
    #[error("not found")]
    NotFound,
    /// The caller lacks the role for this.
    #[error("forbidden")]
    Forbidden,
    /// The request is fine, but things are not in a state for it.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// The list ends before this page.
    #[error("no such page")]
    NoSuchPage,
    /// The balance does not cover the price of a turn.
    #[error("insufficient tokens")]
    InsufficientTokens,
    /// The `Idempotency-Key` was used for something else.
    #[error("idempotency key reused")]
    KeyReused,
    /// The first request with this `Idempotency-Key` has not ended yet.
    #[error("first request still running")]
    StillRunning,
    /// A file is larger than its kind may be.
    #[error("file too large")]
    TooLarge {
        /// The most bytes that are allowed.
        max_bytes: u64,
    },
    /// Too many requests in the last minute.
    #[error("too many requests")]
    RateLimited(Limited),
    /// The model answered with an error.
    #[error("model failed")]
    ModelFailed,
    /// The model did not answer in time.
    #[error("model timed out")]
    ModelTimedOut,
    /// A service that we depend on does not answer now; a later try may succeed.
    #[error("temporarily unavailable")]
    Unavailable(#[source] Cause),
    /// A bug, or stored data that is broken.
    #[error("internal error")]
    Internal(#[source] Cause),
}

/// What stands in a request's way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// Without this administrator there would be none.
    LastAdministrator,
    /// The conversation's assistant is not active, or deleted.
    AssistantInactive,
    /// The tool is part of the product.
    BuiltInTool,
    /// A tool with this id exists.
    ToolExists,
    /// There are as many of these as there may be.
    Full {
        /// The most that there may be.
        max: u64,
    },
    /// The webhook is switched off.
    WebhookInactive,
    /// The delivery is being tried at this moment.
    BeingDelivered,
    /// Somebody else changed the same thing at the same moment.
    LostRace,
}

impl std::fmt::Display for Conflict {
    /// In a sentence that every dialect can show.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LastAdministrator => f.write_str("The last administrator cannot be deleted, demoted or disabled."),
            Self::AssistantInactive => f.write_str("The assistant is not active."),
            Self::BuiltInTool => f.write_str("A built-in tool cannot be changed."),
            Self::ToolExists => f.write_str("A tool with this name exists already."),
            Self::Full { max } => write!(f, "There may be no more than {max}."),
            Self::WebhookInactive => f.write_str("The webhook is not active."),
            Self::BeingDelivered => f.write_str("It is being delivered at this moment."),
            Self::LostRace => f.write_str("It was changed by another request at the same moment. Try again."),
        }
    }
}

/// The reason behind an error, for the log only: it never reaches a body.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// How a caller was limited, and when to come back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The quota's name, as in the `RateLimit-Policy` header.
    pub policy: &'static str,
    /// Requests allowed per window.
    pub quota: u32,
    /// Length of the window.
    pub window: Duration,
    /// How long to wait before the next request can succeed.
    pub retry_after: Duration,
}

/// One field of the input and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name as on the wire.
    pub field: &'static str,
    /// The broken rule.
    pub problem: Problem,
}

impl Error {
    /// One field breaks one rule.
    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        Self::Invalid(vec![FieldError { field, problem }])
    }

    /// A bug or broken data, with its cause for the log.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }
}

/// The rule that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The field is missing.
    Required,
    /// The field is there but empty, or only spaces.
    Blank,
    /// The field is `null`.
    Null,
    /// The field is not text.
    NotText,
    /// More characters than allowed.
    TooLong {
        /// The most characters that are allowed.
        max: usize,
    },
    /// Fewer characters than needed.
    TooShort {
        /// The fewest characters that are needed.
        min: usize,
    },
    /// The text holds U+0000.
    NulCharacter,
    /// A username with a character outside letters, digits and `@.+-_`.
    UsernameCharacters,
    /// Not an e-mail address.
    EmailForm,
    /// The two passwords differ.
    PasswordsDiffer,
    /// Another account has this username.
    UsernameTaken,
    /// Another account has this e-mail address.
    EmailTaken,
    /// A refresh token that is no longer, or never was, the caller's own.
    ForeignToken,
    /// An `Idempotency-Key` that is not 1–255 visible characters.
    KeyForm,
    /// Not a number.
    NotANumber,
    /// Not a whole number.
    NotAnInteger,
    /// Neither true nor false.
    NotABoolean,
    /// A secret that begins with `whsec_` and goes on with something else than base64.
    SecretForm,
    /// A time that is not in the form of RFC 3339.
    TimeForm,
    /// Not a list.
    NotAList,
    /// Not an object.
    NotAnObject,
    /// A number outside its range.
    OutOfRange {
        /// The smallest that is allowed.
        min: i64,
        /// The largest that is allowed.
        max: i64,
    },
    /// More entries than allowed.
    TooMany {
        /// The most that are allowed.
        max: usize,
    },
    /// None of the words that are allowed.
    NotAChoice {
        /// Those words.
        choices: &'static str,
    },
    /// A cursor that no list gave, or a list with another order.
    Cursor,
    /// Both a page and a cursor.
    PageAndCursor,
    /// Another assistant of the owner has this name.
    AssistantNameTaken,
    /// The caller has no assistant with this id.
    UnknownAssistant,
    /// The caller has no assistant with this name.
    UnknownAssistantName(String),
    /// There is no tool with this name.
    UnknownTool,
    /// The caller has no file with this id.
    UnknownFile,
    /// The caller's password is another one.
    WrongCurrentPassword,
    /// Not an address that may be called.
    Address(String),
    /// A description of parameters that is not in the documented form.
    ParametersForm,
    /// Not an attachment as documented.
    AttachmentForm,
    /// Holds no letter or digit that an identifier could be made from.
    NoIdentifier,
    /// Something else where a file is expected.
    NotAFile,
    /// More files than allowed.
    TooManyFiles {
        /// The most files that are allowed.
        max: usize,
    },
    /// A file without a name that can be kept.
    FileName,
    /// A file with an extension that is not accepted.
    FileExtension,
    /// A file whose declared type or content is not what its extension promises.
    FileContent,
    /// A file of zero bytes.
    FileEmpty,
}

impl std::fmt::Display for Problem {
    /// The rule in a sentence that every dialect can show (they follow Django REST framework's words).
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Required => f.write_str("This field is required."),
            Self::Blank => f.write_str("This field may not be blank."),
            Self::Null => f.write_str("This field may not be null."),
            Self::NotText => f.write_str("Not a valid string."),
            Self::TooLong { max } => write!(f, "Ensure this field has no more than {max} characters."),
            Self::TooShort { min } => write!(f, "Ensure this field has at least {min} characters."),
            Self::NulCharacter => f.write_str("Null characters are not allowed."),
            Self::UsernameCharacters => f.write_str(
                "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.",
            ),
            Self::EmailForm => f.write_str("Enter a valid email address."),
            Self::PasswordsDiffer => f.write_str("Passwords do not match."),
            Self::UsernameTaken => f.write_str("A user with that username already exists."),
            Self::EmailTaken => f.write_str("A user with that email already exists."),
            Self::ForeignToken => f.write_str("Token is invalid or expired."),
            Self::KeyForm => f.write_str("Idempotency-Key must be 1 to 255 visible ASCII characters."),
            Self::NotANumber => f.write_str("A valid number is required."),
            Self::NotAnInteger => f.write_str("A valid integer is required."),
            Self::NotABoolean => f.write_str("Must be a valid boolean."),
            Self::SecretForm => f.write_str("Behind whsec_ a secret is base64."),
            Self::TimeForm => f.write_str("Use the form 2024-01-01T00:00:00Z."),
            Self::NotAList => f.write_str("Expected a list of items."),
            Self::NotAnObject => f.write_str("Expected an object."),
            Self::OutOfRange { min, max } => write!(f, "Ensure this value is between {min} and {max}."),
            Self::TooMany { max } => write!(f, "Ensure this field has no more than {max} elements."),
            Self::NotAChoice { choices } => write!(f, "Not a valid choice. Choices are: {choices}."),
            Self::Cursor => f.write_str("Not a cursor of this list."),
            Self::PageAndCursor => f.write_str("Give either a page or a cursor."),
            Self::AssistantNameTaken => f.write_str("An assistant with that name already exists."),
            Self::UnknownAssistant => f.write_str("There is no such assistant."),
            Self::UnknownAssistantName(name) => write!(f, "Object with name={name} does not exist."),
            Self::UnknownTool => f.write_str("There is no such tool."),
            Self::UnknownFile => f.write_str("There is no such file."),
            Self::WrongCurrentPassword => f.write_str("The current password is not right."),
            Self::Address(why) => f.write_str(why),
            Self::ParametersForm => f.write_str(
                "Each parameter is an object with a type (string, number, integer, boolean, array or object), and \
                 optionally required (boolean) and description (text).",
            ),
            Self::AttachmentForm => f.write_str("An attachment has a type (file or image) and a url."),
            Self::NoIdentifier => f.write_str("Use at least one of the letters a-z or a digit."),
            Self::NotAFile => f.write_str("The submitted data was not a file. Check the encoding type on the form."),
            Self::TooManyFiles { max } => write!(f, "Ensure this field has no more than {max} elements."),
            Self::FileName => f.write_str("No filename could be determined."),
            Self::FileExtension => write!(
                f,
                "File extension is not allowed. Allowed extensions are: {}.",
                super::file::EXTENSIONS.map(|(extension, _)| extension).join(", ")
            ),
            Self::FileContent => f.write_str("The file is not what its name or its declared type says."),
            Self::FileEmpty => f.write_str("The submitted file is empty."),
        }
    }
}

/// Collects the broken fields of one input, so that all of them are told at once.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// Keeps the value, or notes what is wrong with `field` and goes on.
    pub fn note<T>(&mut self, field: &'static str, parsed: Result<T, Problem>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.0.push(FieldError { field, problem });
                None
            }
        }
    }

    /// The noted problems as an error.
    pub fn into_error(self) -> Error {
        Error::Invalid(self.0)
    }

    /// `value`, unless problems were noted.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Error> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.into_error()),
        }
    }
}
