//! Plain types and pure rules. Nothing here is asynchronous, and nothing imports another module of this crate.

pub mod api_key;
pub mod assistant;
pub mod connection;
pub mod conversation;
pub mod error;
pub mod event;
pub mod file;
pub mod ids;
pub mod list;
pub mod models;
pub mod money;
pub mod names;
pub mod outbound_url;
pub mod page;
pub mod secret_header;
pub mod text;
pub mod time;
pub mod title;
pub mod tool;
pub mod user;
pub mod webhook;

pub use error::{Error, FieldError, Problem};
pub use outbound_url::{AddressPolicy, OutboundUrl};
