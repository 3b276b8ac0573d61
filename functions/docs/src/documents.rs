//! Assembles the OpenAPI documents from the parts of the endpoint groups.

use axum::{http::header, response::IntoResponse};
use shared::http::{
    Chatbot, Metered, Platform, Reports, Webchat,
    openapi::{About, document},
};
use std::sync::LazyLock;
use utoipa::OpenApi;

/// Documents and viewer change only with a release.
pub const CACHE: &str = "public, max-age=300";

/// The document of the reports dialect, as JSON.
pub static REPORTS: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: reports",
        description: "Assistants for report writing. Accounts and balances are those of the other four APIs.",
    };
    let groups = [
        ("auth", auth::openapi::Reports::openapi()),
        ("users", users::openapi::Reports::openapi()),
        ("assistants", assistants::openapi::Reports::openapi()),
        ("chat", chat::openapi::Reports::openapi()),
    ];
    document::<Reports>(&about, groups).to_string()
});

/// The document of the platform dialect, as JSON.
pub static PLATFORM: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: platform",
        description: "A platform of assistants, conversations, tools and users. Accounts, conversations and balances \
                      are those of the other four APIs.",
    };
    let groups = [
        ("auth", auth::openapi::Platform::openapi()),
        ("users", users::openapi::Platform::openapi()),
        ("assistants", assistants::openapi::Platform::openapi()),
        ("chat", chat::openapi::Platform::openapi()),
        ("tools", tools::openapi::Platform::openapi()),
        ("webhooks", webhooks::openapi::Platform::openapi()),
        ("files", files::openapi::Platform::openapi()),
        ("live", live::openapi::Platform::openapi()),
        ("health", health::openapi::Platform::openapi()),
    ];
    document::<Platform>(&about, groups).to_string()
});

/// The document of the webchat dialect, as JSON.
pub static WEBCHAT: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: webchat",
        description: "A web chat with sessions. Accounts, conversations and balances are those of the other four APIs.",
    };
    let groups = [("auth", auth::openapi::Webchat::openapi()), ("chat", chat::openapi::Webchat::openapi())];
    document::<Webchat>(&about, groups).to_string()
});

/// The document of the chatbot dialect, as JSON.
pub static CHATBOT: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: chatbot",
        description: "A small chatbot with one conversation per user. Accounts and balances are those of the other \
                      four APIs.",
    };
    let groups = [
        ("auth", auth::openapi::Chatbot::openapi()),
        ("users", users::openapi::Chatbot::openapi()),
        ("chat", chat::openapi::Chatbot::openapi()),
        ("balances", balances::openapi::Chatbot::openapi()),
    ];
    document::<Chatbot>(&about, groups).to_string()
});

/// The document of the metered dialect, as JSON.
pub static METERED: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: metered",
        description: "A chat in which every answer costs tokens. Accounts and balances are those of the other four \
                      APIs.",
    };
    let groups = [
        ("auth", auth::openapi::Metered::openapi()),
        ("chat", chat::openapi::Metered::openapi()),
        ("balances", balances::openapi::Metered::openapi()),
    ];
    document::<Metered>(&about, groups).to_string()
});

/// Returns a document.
pub async fn answer(document: &'static LazyLock<String>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, CACHE)];
    (headers, document.as_str())
}
