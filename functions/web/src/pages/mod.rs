//! The handlers, one file for each kind of page.

pub mod account;
pub mod admin;
pub mod assistants;
pub mod chat;
pub mod files;
pub mod manage;
pub mod messages;
pub mod preferences;
pub mod search;
pub mod sessions;
pub mod sign_in;
pub mod ticket;
