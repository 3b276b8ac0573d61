//! The page that shows the documents: an unmodified Swagger UI, with its own HTML and start script. It loads nothing
//! from other hosts.

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

/// `GET /docs/`: redirects, because the page's links are relative. A gateway may put a prefix before all paths.
pub async fn without_slash() -> Redirect {
    Redirect::permanent("../docs")
}

/// `GET /docs/init.js`: the list of documents.
pub async fn init() -> impl IntoResponse {
    file(SCRIPT, include_bytes!("../viewer/init.js"))
}

/// `GET /docs/swagger-ui-bundle.js`: the script of Swagger UI.
pub async fn bundle() -> impl IntoResponse {
    file(SCRIPT, include_bytes!("../viewer/swagger-ui-bundle.js"))
}

/// `GET /docs/swagger-ui.css`: the styles of Swagger UI.
pub async fn styles() -> impl IntoResponse {
    file("text/css; charset=utf-8", include_bytes!("../viewer/swagger-ui.css"))
}

fn file(content_type: &'static str, content: &'static [u8]) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, content_type), (header::CACHE_CONTROL, CACHE)], content)
}
