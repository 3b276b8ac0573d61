//! A provider of embeddings on this machine, whose vectors say which of a few concepts a text mentions.

use axum::{Router, extract::State, http::StatusCode, routing::post};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;

/// Words that mean the same.
const CONCEPTS: [&[&str]; 4] =
    [&["lorry", "truck"], &["mended", "repair", "fixed"], &["lentil", "soup"], &["revenue", "turnover"]];

/// The provider.
#[derive(Clone)]
pub struct ConceptModel {
    /// Its address, for `EMBEDDINGS_BASE_URL`.
    pub url: String,
    asked: Arc<Mutex<Vec<Value>>>,
    /// The status of its answers.
    status: Arc<Mutex<StatusCode>>,
}

impl ConceptModel {
    /// Starts the provider.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/v1", listener.local_addr().unwrap());
        let model = Self { url, asked: Arc::default(), status: Arc::default() };
        let routes = Router::new().route("/v1/embeddings", post(embed)).with_state(model.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        model
    }

    /// Answers with this status from now on.
    pub fn answers(&self, status: u16) {
        *self.status.lock().unwrap() = StatusCode::from_u16(status).unwrap();
    }

    /// The texts of each request so far.
    pub fn texts(&self) -> Vec<Vec<String>> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|asked| serde_json::from_value(asked["input"].clone()).unwrap()).collect()
    }
}

async fn embed(State(model): State<ConceptModel>, asked: String) -> (StatusCode, String) {
    let asked: Value = serde_json::from_str(&asked).unwrap();
    let texts = asked["input"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_lowercase());
    let data: Vec<Value> = texts
        .map(|text| {
            let mentions = |words: &&[&str]| words.iter().any(|word| text.contains(word));
            // What mentions nothing has a direction of its own.
            let of_concepts = CONCEPTS.iter().map(|words| if mentions(words) { 1.0 } else { 0.0 });
            of_concepts.chain([0.1]).collect::<Vec<f32>>()
        })
        .enumerate()
        .map(|(index, embedding)| json!({"index": index, "embedding": embedding}))
        .collect();
    model.asked.lock().unwrap().push(asked);
    let status = *model.status.lock().unwrap();
    let body = if status.is_success() { json!({"data": data}) } else { json!({"error": {"message": "my secret"}}) };
    (status, body.to_string())
}
