//! HTTP: the five dialects, their errors, extractors, and responses.
//!
//! The type of a router's state, `App<D>`, carries the dialect `D`. Every `App<D>` has the extractors, and they
//! reject requests in the words of `D`. A handler therefore never formats an error.

mod body;
mod compression;
mod credentials;
pub mod dialect;
mod download;
mod egress_policy;
pub mod events;
mod failure;
mod field;
mod forwarded;
mod idempotency;
pub mod listing;
mod new_message;
pub mod openapi;
pub mod pages;
mod parameters;
pub mod parse;
mod path;
mod reply;
mod request_id;
mod routes;
mod signed_in;
mod tail;
mod twin;
mod upload;
mod user;

pub use crate::handlers;
pub use body::{Body, BodyTimedOut, NoFields};
pub use compression::{accepts_gzip, gzipped};
pub use credentials::{
    Credentials, NewAccount, SESSION_COOKIE, cookie, is_same_origin, registration, session_of_page, sign_in,
};
pub use dialect::{
    Dialect, chatbot::Chatbot, metered::Metered, pages::Pages, platform::Platform, reports::Reports, webchat::Webchat,
};
pub use download::{Download, content_url};
pub use egress_policy::EgressPolicy;
pub use failure::{Failure, Fault, HandlerResult, Refusal, WantedBody};
pub use field::{Field, Form};
pub use forwarded::{is_host, note_client};
pub use idempotency::Idempotency;
pub use listing::Listing;
pub use new_message::{NewMessage, said};
#[doc(hidden)]
pub use pastey::paste;
pub use path::{FromPath, InPath};
pub use reply::{Accepted, Balance, Created, Json, Message, NoContent};
pub use request_id::RequestId;
pub use routes::{App, Endpoint, Group, Handlers, Route};
pub use signed_in::{AsAdministrator, ClientAddress, SignInEndpoint, SignedIn, Visitor};
pub use tail::{Malformed, finish, with_headers};
pub use upload::{FileUpload, ReadsFile, WithFiles};
pub use user::{Profile, ShownUser};
