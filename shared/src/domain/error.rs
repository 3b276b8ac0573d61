//! The errors of all services, without HTTP. Each dialect words every variant (see `http::dialect`).

use std::time::Duration;

/// Why a service refused or failed. The code that finds the reason builds the value.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Fields of the input break rules. Every such field is listed.
    #[error("invalid input")]
    Invalid(Vec<FieldError>),
    /// The request has no credential.
    #[error("no credential")]
    NoCredential,
    /// The credential is not valid, or no longer valid.
    #[error("invalid credential")]
    InvalidCredential,
    /// The refresh token is not valid, or no longer valid.
    #[error("invalid refresh token")]
    InvalidRefreshToken,
    /// The username or the password is wrong. No response tells which.
    #[error("wrong name or password")]
    WrongPassword,
    /// The object does not exist, or belongs to another user.
    #[error("not found")]
    NotFound,
    /// The caller does not have the required role.
    #[error("forbidden")]
    Forbidden,
    /// The request is valid, but conflicts with the current state.
    #[error("conflict: {0}")]
    Conflict(Conflict),
    /// The list ends before this page.
    #[error("no such page")]
    NoSuchPage,
    /// The page has more bytes than a response may have. A page with fewer entries fits.
    #[error("page too large")]
    PageTooLarge,
    /// The balance does not cover the price of a turn.
    #[error("insufficient tokens")]
    InsufficientTokens,
    /// Another request used the `Idempotency-Key`.
    #[error("idempotency key reused")]
    KeyReused,
    /// The first request with this `Idempotency-Key` is still running.
    #[error("first request still running")]
    StillRunning,
    /// The file exceeds the limit for its type.
    #[error("file too large")]
    TooLarge {
        /// The limit, in bytes.
        max_bytes: u64,
    },
    /// The file exceeds what a request can carry here. It can be sent to the storage directly.
    #[error("file too large for a request")]
    TooLargeForRequest {
        /// The limit, in bytes.
        max_bytes: u64,
    },
    /// The user's files would take more space than they may.
    #[error("quota exceeded")]
    QuotaExceeded {
        /// The quota, in bytes.
        max_bytes: u64,
    },
    /// The caller has exceeded a rate limit.
    #[error("too many requests")]
    RateLimited(Limited),
    /// The model returned an error.
    #[error("model failed")]
    ModelFailed,
    /// The model did not answer in time.
    #[error("model timed out")]
    ModelTimedOut,
    /// A service behind this one does not respond. A later request may succeed.
    #[error("temporarily unavailable")]
    Unavailable(#[source] Cause),
    /// A bug, or corrupt stored data.
    #[error("internal error")]
    Internal(#[source] Cause),
}

/// The state that a request conflicts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conflict {
    /// The user is the last administrator.
    LastAdministrator,
    /// The conversation's assistant is not active, or deleted.
    AssistantInactive,
    /// The tool is built in.
    BuiltInTool,
    /// A tool with this id exists.
    ToolExists,
    /// The account has reached a limit.
    Full {
        /// The limit.
        max: u64,
    },
    /// The webhook is disabled.
    WebhookInactive,
    /// A delivery attempt is running.
    BeingDelivered,
    /// The turn has ended.
    TurnEnded,
    /// The content of an announced file has not arrived.
    NotSent,
    /// Another request is checking the announced file.
    BeingChecked,
}

impl std::fmt::Display for Conflict {
    /// A sentence that every dialect can show.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::LastAdministrator => f.write_str("The last administrator cannot be deleted, demoted or disabled."),
            Self::AssistantInactive => f.write_str("The assistant is not active."),
            Self::BuiltInTool => f.write_str("A built-in tool cannot be changed."),
            Self::ToolExists => f.write_str("A tool with this name already exists."),
            Self::Full { max } => write!(f, "You have reached the limit of {max}."),
            Self::WebhookInactive => f.write_str("The webhook is not active."),
            Self::BeingDelivered => f.write_str("A delivery attempt is in progress."),
            Self::TurnEnded => f.write_str("The answer has already ended."),
            Self::NotSent => f.write_str("The content of the file was not sent to its upload_url yet."),
            Self::BeingChecked => f.write_str("Another request is checking the file."),
        }
    }
}

/// The cause of an error. It appears in the log, and in no response.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// The rate limit that a caller exceeded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limited {
    /// The name of the limit in the `RateLimit-Policy` header.
    pub policy: &'static str,
    /// The number of requests per window.
    pub quota: u32,
    /// The length of the window.
    pub window: Duration,
    /// The time until the next request can succeed.
    pub retry_after: Duration,
}

/// A field of the input, and its problem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The field's name on the wire.
    pub field: &'static str,
    /// The rule that the field breaks.
    pub problem: Problem,
}

impl Error {
    /// The error for one field that breaks one rule.
    pub fn invalid(field: &'static str, problem: Problem) -> Self {
        Self::Invalid(vec![FieldError { field, problem }])
    }

    /// A bug or corrupt data, with the cause for the log.
    pub fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(cause.into())
    }
}

/// The rule that a field breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The field is missing.
    Required,
    /// The text is empty, or consists of spaces.
    Blank,
    /// The field is `null`.
    Null,
    /// The field is not text.
    NotText,
    /// The text is too long.
    TooLong {
        /// The maximum number of characters.
        max: usize,
    },
    /// The text is too short.
    TooShort {
        /// The minimum number of characters.
        min: usize,
    },
    /// The text contains U+0000.
    NulCharacter,
    /// A username contains a character other than letters with their marks, digits and `@.+-_`.
    UsernameCharacters,
    /// The text is not an e-mail address.
    EmailForm,
    /// The two passwords differ.
    PasswordsDiffer,
    /// Another account has this username.
    UsernameTaken,
    /// Another account has this e-mail address.
    EmailTaken,
    /// The refresh token is not a valid token of the caller.
    ForeignToken,
    /// The `Idempotency-Key` does not consist of 1–255 visible characters.
    KeyForm,
    /// The value is not a number.
    NotANumber,
    /// The value is not a whole number.
    NotAnInteger,
    /// The value is neither true nor false.
    NotABoolean,
    /// A secret begins with `whsec_`, but its rest is not base64.
    SecretForm,
    /// The text is not a time as in RFC 3339.
    TimeForm,
    /// The value is not a list.
    NotAList,
    /// The value is not an object.
    NotAnObject,
    /// The number is out of range.
    OutOfRange {
        /// The minimum.
        min: i64,
        /// The maximum.
        max: i64,
    },
    /// The list has too many entries.
    TooMany {
        /// The maximum number of entries.
        max: usize,
    },
    /// The text is not one of the allowed words.
    NotAChoice {
        /// The allowed words.
        choices: &'static str,
    },
    /// The cursor does not belong to this list in this order.
    Cursor,
    /// The request has both a page and a cursor.
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
    /// The current password is incorrect.
    WrongCurrentPassword,
    /// The address may not be called.
    Address(String),
    /// The parameters of a tool are not in the documented form.
    ParametersForm,
    /// The secret header is not in the documented form.
    HeaderForm,
    /// No header can have this name, or none that a tool may set.
    HeaderName,
    /// The value of a header is empty or too long, or has other characters than visible ones of ASCII.
    HeaderValue,
    /// The value of a header is missing: there is none, or its tool moves to another server.
    HeaderValueMissing,
    /// The attachment is not in the documented form.
    AttachmentForm,
    /// Arguments that do not fit the parameters of their tool.
    Arguments,
    /// The name contains no letter or digit for an identifier.
    NoIdentifier,
    /// The value is not a file.
    NotAFile,
    /// The content has another size than announced.
    FileSize,
    /// There are too many files.
    TooManyFiles {
        /// The maximum number of files.
        max: usize,
    },
    /// The file has no usable name.
    FileName,
    /// The extension of the file is not accepted.
    FileExtension,
    /// The extension of the file does not match its declared type or its content.
    FileContent,
    /// The file is empty.
    FileEmpty,
}

impl std::fmt::Display for Problem {
    /// A sentence that every dialect can show, in the words of Django REST framework where it has some.
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
            Self::SecretForm => f.write_str("The part of a secret after whsec_ must be base64."),
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
            Self::WrongCurrentPassword => f.write_str("The current password is incorrect."),
            Self::Address(why) => f.write_str(why),
            Self::ParametersForm => f.write_str(
                "Each parameter is an object with a type (string, number, integer, boolean, array or object), and \
                 optionally required (boolean) and description (text).",
            ),
            Self::Arguments => f.write_str("The arguments do not fit the tool's parameters."),
            Self::HeaderForm => f.write_str("A header has a name and a value, both text."),
            Self::HeaderName => f.write_str("This is not the name of a header that can be set."),
            Self::HeaderValue => f.write_str(
                "A header's value has 1 to 4096 visible ASCII characters, and no spaces at its beginning and end.",
            ),
            Self::HeaderValueMissing => f.write_str(
                "Give the value of the header, too. It is kept only as long as the endpoint stays at its server.",
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
            Self::FileContent => f.write_str("The content of the file does not match its name or its declared type."),
            Self::FileSize => f.write_str("The content of the file has another size than announced."),
            Self::FileEmpty => f.write_str("The submitted file is empty."),
        }
    }
}

/// Collects the problems of one input, so that the response lists all of them.
#[derive(Debug, Default)]
pub struct Problems(Vec<FieldError>);

impl Problems {
    /// Returns the value, or notes the problem of `field`.
    pub fn note<T>(&mut self, field: &'static str, parsed: Result<T, Problem>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err(problem) => {
                self.0.push(FieldError { field, problem });
                None
            }
        }
    }

    /// `value`, or the noted problems.
    pub fn or<T>(self, value: Option<T>) -> Result<T, Error> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(Error::Invalid(self.0)),
        }
    }
}
