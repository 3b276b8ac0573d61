//! The conventions of the wire: five dialects, their errors, and what handlers take and give.
//!
//! A router's state is `App<D>`: its type carries the dialect `D`. Extractors are implemented for every
//! `App<D>` and refuse in D's words, so a handler never has to think about how errors look.

mod body;
mod credentials;
pub mod dialect;
mod download;
mod egress_policy;
pub mod events;
mod failure;
mod field;
mod idempotency;
pub mod json_field;
pub mod listing;
mod new_message;
pub mod openapi;
pub mod pages;
mod path;
mod reply;
mod routes;
mod signed_in;
mod tail;
mod upload;
mod user;

pub use crate::handlers;
pub use body::{Body, NoFields};
pub use credentials::{SESSION_COOKIE, UsernameAndPassword, session_of_page, sign_in};
pub use dialect::{
    Dialect, Scheme, chatbot::Chatbot, metered::Metered, platform::Platform, reports::Reports, webchat::Webchat,
};
pub use download::Download;
pub use egress_policy::EgressPolicy;
pub use failure::{Failure, Fault, HandlerResult};
pub use field::Field;
pub use idempotency::Idempotency;
pub use json_field::JsonField;
pub use listing::Listing;
pub use new_message::NewMessage;
#[doc(hidden)]
pub use pastey::paste;
pub use path::{FromPath, InPath};
pub use reply::{Accepted, Created, Json, NoContent};
pub use routes::{App, Endpoint, Group, Handlers, Route};
pub use signed_in::{AsAdministrator, ClientAddress, SignInEndpoint, SignedIn, Visitor};
pub use tail::finish;
pub use upload::WithFiles;
pub use user::ShownUser;
