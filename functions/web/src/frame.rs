//! What surrounds every page: the visit, the cookies, the headers that keep browsers safe, and faults as pages.

use crate::{
    assets, fault,
    visit::{Visit, Wants},
};
use axum::{
    extract::{Request, State},
    http::{HeaderValue, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use shared::{
    http::{Dialect, Pages, Refusal, dialect},
    service::Services,
};

/// The name of the Trusted Types policy of the scripts.
const TRUSTED_TYPES: &str = "quintet";

/// Answers a request to a page with `next`.
pub async fn surround(State(services): State<Services>, mut request: Request, next: Next) -> Response {
    let visit = visit(&services, &request);
    request.extensions_mut().insert(visit.clone());
    let response = next.run(request).await;
    complete(&services, &visit, response).await
}

/// The answer to a path that nothing has.
pub async fn unknown(State(services): State<Services>, request: Request) -> Response {
    let visit = visit(&services, &request);
    complete(&services, &visit, dialect::unknown_path(request.uri().path())).await
}

fn visit(services: &Services, request: &Request) -> Visit {
    Visit::of(request, services.config.has_gateway(), || services.logins.new_form_secret())
}

async fn complete(services: &Services, visit: &Visit, response: Response) -> Response {
    let refusal = response.extensions().get::<Refusal>().filter(|refusal| refusal.dialect == Pages::NAME).cloned();
    let mut response = match refusal {
        Some(Refusal { fault, .. }) => {
            let (parts, _) = response.into_parts();
            let mut told = match visit.wants {
                Wants::Page => fault::page(visit, &fault, parts.status).into_response(),
                Wants::Json | Wants::Events => fault::json(visit, &fault).into_response(),
            };
            *told.status_mut() = parts.status;
            for name in [header::RETRY_AFTER, header::ALLOW] {
                if let Some(value) = parts.headers.get(&name) {
                    told.headers_mut().insert(name, value.clone());
                }
            }
            told
        }
        None => response,
    };
    let is_page =
        response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let headers = response.headers_mut();
    if is_page {
        let storage = services.files.upload_origin().await.ok().flatten();
        let policy = policy(&services.config.websocket_url(&visit.served_at), storage.as_deref());
        let policy = HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"));
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
        headers.insert("cross-origin-opener-policy", HeaderValue::from_static("same-origin"));
        headers.insert("permissions-policy", HeaderValue::from_static("camera=(), microphone=(), geolocation=()"));
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    for cookie in visit.cookies_to_set() {
        headers.append(header::SET_COOKIE, cookie);
    }
    response
}

/// The content security policy. Nothing is loaded from elsewhere; on AWS, live updates and large files have other hosts.
fn policy(socket: &str, storage: Option<&str>) -> String {
    // The path of an address is no part of an origin.
    let socket = socket.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
    let storage = storage.unwrap_or_default();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' {socket} {storage}; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
         trusted-types {TRUSTED_TYPES}"
    )
}

/// The address of an asset.
pub fn asset(visit: &Visit, name: &str) -> String {
    visit.to(&format!("/assets/{}/{name}", assets::VERSION))
}
