//! The balance of a user, in every dialect. This file is the route table.

mod chatbot;
mod metered;

use shared::http::{Chatbot, Group, Metered, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("balances").with::<Chatbot>(handlers![chatbot::check]).with::<Metered>(handlers![metered::balance])
}
