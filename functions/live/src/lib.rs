//! Tickets for WebSocket connections, and notifications from administrators to all users. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("live")
        .with::<Platform>(handlers![platform::ticket].about("realtime").describing(platform::frames::described))
        .with::<Platform>(handlers![platform::notify].about("notifications"))
}
