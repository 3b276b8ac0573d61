//! Assistants, in two dialects. This file is the route table.

mod platform;
mod reports;

use shared::http::{Group, Platform, Reports, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("assistants")
        .with::<Platform>(handlers![
            platform::list,
            platform::create,
            platform::show,
            platform::change,
            platform::remove
        ])
        .with::<Reports>(handlers![reports::list, reports::create, reports::change else reports::otherwise])
}
