//! Conversations and turns, in every dialect. This file is the route table.

mod chatbot;
mod metered;
mod platform;
mod reports;
mod webchat;

use shared::http::{Chatbot, Group, Metered, Platform, Reports, Webchat, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("chat")
        .with::<Platform>(
            handlers![
                platform::list,
                platform::create,
                platform::show,
                platform::rename,
                platform::remove,
                platform::say,
                platform::stream,
                platform::resume,
                platform::cancel
            ]
            .about("conversations"),
        )
        .with::<Reports>(handlers![reports::chat])
        .with::<Webchat>(handlers![
            webchat::list,
            webchat::create,
            webchat::show,
            webchat::list_chats,
            webchat::say,
            webchat::show_chat
        ])
        .with::<Chatbot>(handlers![chatbot::send])
        .with::<Metered>(handlers![metered::chat])
}
