//! The OpenAPI documents and the page that shows them. That every answer fits is judged in
//! `world/documents.rs`, by every test.

mod described;
mod served;
mod verdict;
