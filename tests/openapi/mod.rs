//! The OpenAPI documents and the page that shows them. That every answer fits is judged in
//! `world/documents.rs`, by every test.

mod compatibility;
mod described;
mod published;
mod released;
mod served;
mod verdict;
