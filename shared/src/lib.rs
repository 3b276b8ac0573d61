//! What every endpoint group shares: rules, storage, models, and the conventions of the wire.

pub mod aws;
pub mod blobs;
pub mod clock;
pub mod config;
pub mod domain;
pub mod entropy;
pub mod gateway;
pub mod http;
pub mod lambda;
pub mod log;
pub mod model;
pub mod outbound;
pub mod password;
pub mod queue;
pub mod secrets;
pub mod service;
pub mod store;
