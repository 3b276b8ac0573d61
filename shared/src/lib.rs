//! Code that the endpoint groups share: rules, storage, models and wire formats.

pub mod aws;
pub mod blobs;
pub mod builder;
pub mod clock;
pub mod config;
pub mod domain;
pub mod entropy;
pub mod extraction;
pub mod gateway;
pub mod http;
pub mod lambda;
pub mod log;
pub mod model;
pub mod outbound;
pub mod password;
pub mod queue;
pub mod search;
pub mod secrets;
pub mod service;
pub mod store;
pub mod wire;
