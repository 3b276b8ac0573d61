//! Uploaded files. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("files").with::<Platform>(handlers![platform::content])
}
