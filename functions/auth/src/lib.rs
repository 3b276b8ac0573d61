//! Registration, sign-in and sign-out, in every dialect. This file is the route table.

mod chatbot;
mod metered;
mod platform;
mod reports;
mod webchat;

use shared::http::{Chatbot, Group, Metered, Platform, Reports, Webchat, handlers};

/// The routes of this endpoint group.
pub fn routes() -> Group {
    Group::new("auth")
        .with::<Platform>(handlers![platform::register, platform::login, platform::logout, platform::refresh])
        .with::<Webchat>(handlers![
            webchat::register,
            webchat::login,
            webchat::logout,
            webchat::profile,
            webchat::refresh
        ])
        .with::<Reports>(handlers![reports::obtain_token])
        .with::<Chatbot>(handlers![chatbot::register, chatbot::login])
        .with::<Metered>(handlers![metered::register, metered::login])
}
