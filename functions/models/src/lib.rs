//! The models that users may choose. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("models").with::<Platform>(handlers![platform::list])
}
