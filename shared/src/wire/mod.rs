//! Wire formats other than HTTP, from spec 001: the frames of live connections and the requests to webhooks. The
//! services use them only through the traits of [`service::format`](crate::service::format) and as parsed messages.

mod frames;
mod messages;
mod webhook;

pub use frames::JsonFrames;
pub use messages::parse_message;
pub use webhook::StandardWebhooks;
