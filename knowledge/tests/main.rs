//! Tests of the crate `knowledge` through its public functions.

mod format;
mod passages;
mod questions;
mod vectors;
mod words;
mod world;
