//! Health of the service. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("health").with::<Platform>(handlers![platform::basic, platform::detailed].also_without("/api/v1"))
}
