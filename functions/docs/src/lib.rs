//! The five APIs' OpenAPI documents, and a page to read them on. This file is the route table. None of its
//! paths is in one of the five documents, so none belongs to a dialect.

pub mod documents;
mod viewer;

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use shared::http::Group;

/// The endpoint groups that speak dialects, in the order that the documents have them in.
pub fn groups() -> [Group; 10] {
    [
        auth::routes(),
        users::routes(),
        assistants::routes(),
        chat::routes(),
        balances::routes(),
        tools::routes(),
        webhooks::routes(),
        files::routes(),
        live::routes(),
        health::routes(),
    ]
}

/// The paths of this endpoint group.
pub fn routes() -> [(&'static str, MethodRouter); 10] {
    [
        ("/openapi/reports.json", get(|| documents::answer(&documents::REPORTS))),
        ("/openapi/platform.json", get(|| documents::answer(&documents::PLATFORM))),
        ("/openapi/webchat.json", get(|| documents::answer(&documents::WEBCHAT))),
        ("/openapi/chatbot.json", get(|| documents::answer(&documents::CHATBOT))),
        ("/openapi/metered.json", get(|| documents::answer(&documents::METERED))),
        ("/docs", get(viewer::page)),
        ("/docs/", get(viewer::without_slash)),
        ("/docs/init.js", get(viewer::init)),
        ("/docs/swagger-ui-bundle.js", get(viewer::bundle)),
        ("/docs/swagger-ui.css", get(viewer::styles)),
    ]
}

/// This endpoint group's router.
pub fn router() -> Router {
    routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods))
}
