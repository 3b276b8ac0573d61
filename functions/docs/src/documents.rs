//! Assembles the OpenAPI documents from the parts of the endpoint groups.

use axum::{http::header, response::IntoResponse};
use shared::http::{
    Chatbot, Metered, Platform, Reports, Webchat,
    openapi::{About, document},
};
use std::sync::LazyLock;

/// Documents and viewer change only with a release.
pub const CACHE: &str = "public, max-age=300";

/// The document of the reports dialect, as JSON.
pub static REPORTS: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: reports",
        description: "Assistants for report writing. Accounts and balances are those of the other four APIs.",
    };
    document::<Reports>(&about, &crate::groups()).to_string()
});

/// The document of the platform dialect, as JSON.
pub static PLATFORM: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: platform",
        description: "A platform of assistants, conversations, tools and users. Accounts, conversations and balances \
                      are those of the other four APIs.",
    };
    document::<Platform>(&about, &crate::groups()).to_string()
});

/// The document of the webchat dialect, as JSON.
pub static WEBCHAT: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: webchat",
        description: "A web chat with sessions. Accounts, conversations and balances are those of the other four APIs.",
    };
    document::<Webchat>(&about, &crate::groups()).to_string()
});

/// The document of the chatbot dialect, as JSON.
pub static CHATBOT: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: chatbot",
        description: "A small chatbot with one conversation per user. Accounts and balances are those of the other \
                      four APIs.",
    };
    document::<Chatbot>(&about, &crate::groups()).to_string()
});

/// The document of the metered dialect, as JSON.
pub static METERED: LazyLock<String> = LazyLock::new(|| {
    let about = About {
        title: "Quintet: metered",
        description: "A chat in which every answer costs tokens. Accounts and balances are those of the other four \
                      APIs.",
    };
    document::<Metered>(&about, &crate::groups()).to_string()
});

/// Returns a document.
pub async fn answer(document: &'static LazyLock<String>) -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, CACHE)];
    (headers, document.as_str())
}
