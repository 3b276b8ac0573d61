//! The tools that assistants may use. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("tools").with::<Platform>(handlers![
        platform::list,
        platform::create,
        platform::show,
        platform::change,
        platform::try_out,
        platform::remove
    ])
}
