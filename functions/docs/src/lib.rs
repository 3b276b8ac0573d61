//! The five APIs' OpenAPI documents, and a page to read them on. This file is the route table. None of its
//! paths is in one of the five documents, so none belongs to a dialect.

pub mod documents;
mod viewer;

use axum::{Router, routing::get};

/// The routes of this endpoint group.
pub fn router() -> Router {
    Router::new()
        .route("/openapi/reports.json", get(|| documents::answer(&documents::REPORTS)))
        .route("/openapi/platform.json", get(|| documents::answer(&documents::PLATFORM)))
        .route("/openapi/webchat.json", get(|| documents::answer(&documents::WEBCHAT)))
        .route("/openapi/chatbot.json", get(|| documents::answer(&documents::CHATBOT)))
        .route("/openapi/metered.json", get(|| documents::answer(&documents::METERED)))
        .route("/docs", get(viewer::page))
        .route("/docs/", get(viewer::without_slash))
        .route("/docs/init.js", get(viewer::init))
        .route("/docs/swagger-ui-bundle.js", get(viewer::bundle))
        .route("/docs/swagger-ui.css", get(viewer::styles))
}
