//! Uploaded files. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("files").with::<Platform>(handlers![
        platform::upload,
        platform::announce,
        platform::complete,
        platform::list,
        platform::show,
        platform::content,
        platform::remove,
    ])
}
