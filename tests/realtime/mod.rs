//! Live updates over WebSocket. Source: spec 001, "WebSocket Support".

mod connecting;
