//! What leaves and enters beside HTTP: the frames of live connections and the requests to webhooks, as spec 001 has
//! them. The services know only the traits of [`service::format`](crate::service::format) and parsed messages.

mod frames;
mod messages;
mod webhook;

pub use frames::JsonFrames;
pub use messages::parse_message;
pub use webhook::StandardWebhooks;
