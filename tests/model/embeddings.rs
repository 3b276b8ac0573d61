//! Vectors of texts from OpenAI-compatible endpoints.

use super::{MINUTE, Noon, Provider, Reply, Zeros};
use serde_json::{Value, json};
use shared::model::{Embeddings, EmbeddingsSettings, ModelError};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;

fn embeddings(provider: &Provider) -> Embeddings {
    let base_url = provider.url("/v1?version=2").parse().unwrap();
    let settings = EmbeddingsSettings { base_url, api_key: Some("sk-secret".into()), model: "small".to_owned() };
    Embeddings::new(settings, Arc::new(Noon), Arc::new(Zeros))
}

/// The vectors of "one" and "two" by a provider that sends these replies.
async fn embedded(replies: &[Reply]) -> (Result<Vec<Vec<f32>>, ModelError>, Provider) {
    let provider = Provider::replying(replies).await;
    let texts = ["one", "two"].map(str::to_owned);
    let vectors = embeddings(&provider).embed(&texts, MINUTE / 6).await;
    (vectors, provider)
}

fn sends(data: &Value) -> Reply {
    Reply::body(json!({"object": "list", "data": data, "usage": {"prompt_tokens": 2}}).to_string())
}

fn two() -> Reply {
    sends(&json!([{"index": 0, "embedding": [1, 0.5]}, {"index": 1, "embedding": [-1e-3, 2]}]))
}

#[tokio::test]
async fn texts_become_vectors() {
    let (vectors, provider) = embedded(&[two()]).await;
    assert_eq!(vectors, Ok(vec![vec![1.0, 0.5], vec![-0.001, 2.0]]));
    assert_eq!(provider.only_body(), json!({"model": "small", "input": ["one", "two"]}));
    let head = provider.heard()[0].head.clone();
    assert!(head.starts_with("POST /v1/embeddings?version=2 HTTP/1.1"), "{head}");
    assert!(head.contains("authorization: Bearer sk-secret"), "{head}");
}

#[tokio::test]
async fn the_index_tells_the_text_and_else_the_order() {
    let turned = json!([{"index": 1, "embedding": [2]}, {"index": 0, "embedding": [1]}]);
    assert_eq!(embedded(&[sends(&turned)]).await.0, Ok(vec![vec![1.0], vec![2.0]]));
    let plain = json!([{"embedding": [1]}, {"embedding": [2]}]);
    assert_eq!(embedded(&[sends(&plain)]).await.0, Ok(vec![vec![1.0], vec![2.0]]));
}

#[tokio::test]
async fn anything_but_one_vector_for_each_text_is_refused() {
    let wrong = [
        json!([]),
        json!([{"index": 0, "embedding": [1]}]),
        json!([{"index": 0, "embedding": [1]}, {"index": 0, "embedding": [1]}]),
        json!([{"index": 0, "embedding": [1]}, {"index": 2, "embedding": [1]}]),
        json!([{"index": 0, "embedding": [1]}, {"index": 1, "embedding": [1, 2]}]),
        json!([{"index": 0, "embedding": []}, {"index": 1, "embedding": []}]),
        json!([{"embedding": [1]}, {"embedding": [1]}, {"embedding": [1]}]),
    ];
    for data in wrong {
        let (vectors, provider) = embedded(&[sends(&data)]).await;
        assert!(matches!(vectors, Err(ModelError::Broken(_))), "{data}: {vectors:?}");
        assert_eq!(provider.heard().len(), 1);
    }
    for body in ["", "<html>", "{}", "{\"data\": [{\"embedding\": \"AAAA\"}]}"] {
        assert!(matches!(embedded(&[Reply::body(body)]).await.0, Err(ModelError::Broken(_))), "{body}");
    }
}

#[tokio::test]
async fn an_answer_without_end_is_refused() {
    let (vectors, provider) =
        embedded(&[Reply::endless("{\"data\": [{\"embedding\": [1", &", 0".repeat(10_000))]).await;
    assert_eq!(vectors, Err(ModelError::Broken("the answer is too long")));
    // What the sockets hold comes on top.
    assert!(provider.written() < 16 << 20, "{}", provider.written());
}

#[tokio::test(start_paused = true)]
async fn failures_are_repeated_as_those_of_chat_models() {
    let busy = Reply::status("429 Too Many Requests", &["retry-after: 2"], "");
    let (vectors, provider) = embedded(&[busy, Reply::hang_up(), two()]).await;
    assert!(vectors.is_ok());
    assert_eq!(provider.heard().len(), 3);
    assert_eq!(provider.pauses()[0].as_secs(), 2);
    let later = Reply::status("429 Too Many Requests", &["retry-after: 3600"], "");
    let quota = Reply::status("429 Too Many Requests", &[], "insufficient_quota");
    let refused = Reply::status("401 Unauthorized", &[], "sk-secret");
    for (reply, error) in
        [(later, ModelError::Busy(429)), (quota, ModelError::Busy(429)), (refused, ModelError::Refused(401))]
    {
        let (vectors, provider) = embedded(&[reply]).await;
        assert_eq!((vectors, provider.heard().len()), (Err(error), 1));
    }
    let began = Instant::now();
    assert_eq!(embedded(&[Reply::silence()]).await.0, Err(ModelError::TimedOut));
    assert_eq!(began.elapsed().as_secs(), 10);
    let began = Instant::now();
    assert_eq!(embedded(&[Reply::hanging(&["{"])]).await.0, Err(ModelError::TimedOut));
    assert!(began.elapsed() < Duration::from_secs(11));
}
