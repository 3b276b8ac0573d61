//! The page that shows the documents: Swagger UI, as it was published, with a page and a start of our own.
//! It loads nothing from elsewhere, and no script but its own files.

use crate::documents::CACHE;
use axum::{
    http::header,
    response::{IntoResponse, Redirect},
};

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// `GET /docs`: the page.
pub async fn page() -> impl IntoResponse {
    let policy = [(header::CONTENT_SECURITY_POLICY, POLICY)];
    (policy, file("text/html; charset=utf-8", include_bytes!("../viewer/index.html")))
}

/// `GET /docs/`: the page's links are relative, since a gateway may put something in front of our paths.
pub async fn without_slash() -> Redirect {
    Redirect::permanent("../docs")
}

/// `GET /docs/init.js`: which documents the page shows.
pub async fn init() -> impl IntoResponse {
    file(SCRIPT, include_bytes!("../viewer/init.js"))
}

/// `GET /docs/swagger-ui-bundle.js`: the program of Swagger UI.
pub async fn bundle() -> impl IntoResponse {
    file(SCRIPT, include_bytes!("../viewer/swagger-ui-bundle.js"))
}

/// `GET /docs/swagger-ui.css`: its looks.
pub async fn styles() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_bytes!("../viewer/swagger-ui.css"))
}

fn file(content_type: &'static str, content: &'static [u8]) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, CACHE)], content)
}
