//! Every test that goes through the router, in one binary: a folder per dialect, one for attacks, one for money. Each
//! test creates its own [`world`].
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod calls;
mod change_feed;
mod chatbot;
mod clients;
mod cors;
mod documentation;
mod extraction;
mod failures;
mod files;
mod function;
mod key_secret;
mod layers;
mod log;
mod long_lists;
mod metered;
mod model;
mod money;
mod openapi;
mod outbound;
mod permissions;
mod platform;
mod queue;
mod realtime;
mod receivers;
mod reports;
mod serving;
mod template;
mod threats;
mod upgrade;
mod watch;
mod web;
mod webchat;
mod webhooks;
mod wire;
mod world;

use mimalloc::MiMalloc;

/// The allocator of `quintet`. With it, the tests take less time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;
