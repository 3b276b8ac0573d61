//! Users, and what belongs to one user, in every dialect. This file is the route table.

mod chatbot;
mod platform;
mod reports;

use shared::http::{Chatbot, Group, Platform, Reports, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("users")
        .with::<Platform>(handlers![
            platform::list,
            platform::me,
            platform::change_me,
            platform::api_keys::list,
            platform::api_keys::create,
            platform::api_keys::remove,
            platform::show,
            platform::change,
            platform::remove
        ])
        .with::<Reports>(handlers![reports::create])
        .with::<Chatbot>(handlers![chatbot::list])
}
