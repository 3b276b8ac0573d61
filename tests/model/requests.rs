//! What providers are sent.

use super::{Answer, Provider, Reply, answer_to, call, model, model_with, prompt, prompt_of, settings, text, user};
use serde_json::{Value, json};
use shared::model::{Grounding, OpenAiSettings, Prompt, PromptMessage, ToolDefinition};

async fn listening() -> Provider {
    Provider::replying([Reply::events(&[&text("Hi"), "[DONE]"])]).await
}

/// The messages that are sent for these.
async fn sent(messages: Vec<PromptMessage>) -> Value {
    let provider = listening().await;
    assert_eq!(answer_to(&model(&provider), prompt_of(messages)).await, Answer::of("Hi"));
    provider.only_body()["messages"].clone()
}

fn assistant(text: &str) -> PromptMessage {
    PromptMessage::Assistant { text: text.to_owned(), reasoning: None, calls: Vec::new() }
}

fn result(id: &str, text: &str) -> PromptMessage {
    PromptMessage::ToolResult { call: id.to_owned(), name: "now".to_owned(), text: text.to_owned(), is_error: true }
}

#[tokio::test]
async fn a_plain_prompt_needs_little() {
    let provider = listening().await;
    answer_to(&model(&provider), prompt()).await;
    let expected = json!({
        "model": "small",
        "messages": [{"role": "user", "content": "Hello"}],
        "stream": true,
        "stream_options": {"include_usage": true},
    });
    assert_eq!(provider.only_body(), expected);
    let head = provider.heard()[0].head.clone();
    let mut lines: Vec<_> = head.lines().collect();
    assert_eq!(lines.remove(0), "POST /v1/chat/completions HTTP/1.1");
    lines.sort_unstable();
    let length = format!("content-length: {}", serde_json::to_string(&expected).unwrap().len());
    let host = provider.url("").replace("http://", "host: ");
    let headers = ["accept: */*", "authorization: Bearer sk-secret", &length, "content-type: application/json", &host];
    assert_eq!(lines, headers);
}

#[tokio::test]
async fn a_full_prompt() {
    let provider = listening().await;
    let parameters = json!({"type": "object", "properties": {"zone": {"type": "string"}}});
    let tool = ToolDefinition {
        name: "now".to_owned(),
        description: "Tells the time.".to_owned(),
        parameters: parameters.as_object().unwrap().clone(),
    };
    let calling = PromptMessage::Assistant {
        text: String::new(),
        reasoning: Some("Hm.".to_owned()),
        calls: vec![call("call_a", "now", "{\"zone\": \"UTC\"}"), call("call_b", "now", "{}")],
    };
    let prompt = Prompt {
        model: Some("large".to_owned()),
        instructions: Some("Be kind.".to_owned()),
        grounding: Grounding::default(),
        tools: vec![tool],
        temperature: Some(0.0),
        max_output_tokens: Some(100),
        ..prompt_of(vec![user("When?"), calling, result("call_a", "noon"), result("call_b", "late")])
    };
    answer_to(&model(&provider), prompt).await;
    let expected = json!({
        "model": "large",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "When?"},
            {"role": "assistant", "content": null, "tool_calls": [
                {"id": "call_a", "type": "function", "function": {"name": "now", "arguments": "{\"zone\": \"UTC\"}"}},
                {"id": "call_b", "type": "function", "function": {"name": "now", "arguments": "{}"}},
            ]},
            {"role": "tool", "tool_call_id": "call_a", "content": "noon"},
            {"role": "tool", "tool_call_id": "call_b", "content": "late"},
        ],
        "stream": true,
        "stream_options": {"include_usage": true},
        "tools": [{"type": "function", "function":
            {"name": "now", "description": "Tells the time.", "parameters": parameters}}],
        "temperature": 0.0,
        "max_tokens": 100,
    });
    assert_eq!(provider.only_body(), expected);
}

#[tokio::test]
async fn without_a_key_and_without_usage() {
    let provider = listening().await;
    let settings = OpenAiSettings { api_key: None, asks_for_usage: false, ..settings(&provider) };
    answer_to(&model_with(settings), prompt()).await;
    assert_eq!(provider.only_body().get("stream_options"), None);
    assert!(!provider.heard()[0].head.contains("authorization"));
}

#[tokio::test]
async fn keys_are_trimmed() {
    let provider = listening().await;
    answer_to(&model_with(OpenAiSettings { api_key: Some("key\n".into()), ..settings(&provider) }), prompt()).await;
    assert!(provider.heard()[0].head.contains("authorization: Bearer key\r\n"));
}

#[tokio::test]
async fn base_addresses_of_all_forms() {
    let cases = [
        ("", "/chat/completions"),
        ("/", "/chat/completions"),
        ("/v1/", "/v1/chat/completions"),
        ("/openai/deployments/gpt?api-version=1", "/openai/deployments/gpt/chat/completions?api-version=1"),
    ];
    for (base, path) in cases {
        let provider = listening().await;
        let base_url = provider.url(base).parse().unwrap();
        answer_to(&model_with(OpenAiSettings { base_url, ..settings(&provider) }), prompt()).await;
        assert!(provider.heard()[0].head.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{base}");
    }
}

#[tokio::test]
async fn user_and_assistant_alternate() {
    let messages =
        vec![user("a"), user("b"), assistant("c"), assistant(""), assistant("d"), user("e"), assistant(""), user("f")];
    let expected = json!([
        {"role": "user", "content": "a\n\nb"},
        {"role": "assistant", "content": "c\n\nd"},
        {"role": "user", "content": "e\n\nf"},
    ]);
    assert_eq!(sent(messages).await, expected);
}

#[tokio::test]
async fn text_before_calls_is_one_message_with_them() {
    let calling =
        PromptMessage::Assistant { text: "b".to_owned(), reasoning: None, calls: vec![call("x", "now", "{}")] };
    let sent = sent(vec![user("When?"), assistant("a"), calling, result("x", "noon")]).await;
    let call = json!({"id": "x", "type": "function", "function": {"name": "now", "arguments": "{}"}});
    assert_eq!(sent[1], json!({"role": "assistant", "content": "a\n\nb", "tool_calls": [call]}));
    assert_eq!(sent[2]["role"], "tool");
}

#[tokio::test]
async fn no_user_follows_a_tool_directly() {
    let calling =
        PromptMessage::Assistant { text: String::new(), reasoning: None, calls: vec![call("x", "now", "{}")] };
    let sent = sent(vec![user("When?"), calling, result("x", "noon"), user("And?")]).await;
    let roles: Vec<_> = sent.as_array().unwrap().iter().map(|message| message["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["user", "assistant", "tool", "assistant", "user"]);
    assert_ne!(sent[3]["content"], "");
}

#[tokio::test]
async fn arguments_that_are_no_object_are_not_sent_back() {
    for arguments in ["{oops", "", "[]", "7", "null"] {
        let calls = vec![call("x", "now", arguments)];
        let calling = PromptMessage::Assistant { text: String::new(), reasoning: None, calls };
        let sent = sent(vec![user("When?"), calling, result("x", "not JSON")]).await;
        assert_eq!(sent[1]["tool_calls"][0]["function"]["arguments"], "{}", "{arguments}");
    }
}
