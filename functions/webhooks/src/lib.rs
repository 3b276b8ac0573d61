//! Webhooks and their deliveries. This file is the route table.

mod platform;

use shared::http::{Group, Platform, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    let handlers = handlers![
        platform::list,
        platform::create,
        platform::show,
        platform::change,
        platform::remove,
        platform::test,
        platform::rotate_secret,
        platform::deliveries::list,
        platform::deliveries::retry_since,
        platform::deliveries::retry
    ];
    Group::new("webhooks").with::<Platform>(handlers.describing(platform::events::described))
}
