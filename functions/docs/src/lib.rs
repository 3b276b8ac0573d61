//! The OpenAPI documents of the five APIs, and a page to read them. This file is the route table. Its paths are not
//! part of the five APIs, so none belongs to a dialect.

pub mod documents;
mod viewer;

use axum::{
    Router,
    routing::{MethodRouter, get},
};
use shared::http::Group;

/// The endpoint groups with dialects, in the order in which the documents list them.
pub fn groups() -> [Group; 11] {
    [
        auth::routes(),
        users::routes(),
        assistants::routes(),
        chat::routes(),
        balances::routes(),
        tools::routes(),
        models::routes(),
        webhooks::routes(),
        files::routes(),
        live::routes(),
        health::routes(),
    ]
}

/// The paths of this endpoint group, with their handlers.
pub fn routes() -> [(&'static str, MethodRouter); 10] {
    [
        ("/openapi/reports.json", get(|request| documents::answer(&documents::REPORTS, request))),
        ("/openapi/platform.json", get(|request| documents::answer(&documents::PLATFORM, request))),
        ("/openapi/webchat.json", get(|request| documents::answer(&documents::WEBCHAT, request))),
        ("/openapi/chatbot.json", get(|request| documents::answer(&documents::CHATBOT, request))),
        ("/openapi/metered.json", get(|request| documents::answer(&documents::METERED, request))),
        ("/docs", get(viewer::page)),
        ("/docs/", get(viewer::without_slash)),
        ("/docs/init.js", get(viewer::init)),
        ("/docs/swagger-ui-bundle.js", get(viewer::bundle)),
        ("/docs/swagger-ui.css", get(viewer::styles)),
    ]
}

/// The router of this endpoint group.
pub fn router() -> Router {
    routes().into_iter().fold(Router::new(), |router, (path, methods)| router.route(path, methods))
}
