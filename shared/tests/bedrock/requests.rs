//! What a model is sent.

use super::*;

#[tokio::test]
async fn a_plain_prompt_is_sent_with_nothing_else() {
    let runtime = Runtime::replying([Reply::events(&[stop("end_turn")])]);
    answer_to(&runtime.model(), prompt()).await;
    let heard = runtime.heard().remove(0);
    assert_eq!(heard.path, "http://127.0.0.1/model/anthropic.claude-small/converse-stream");
    assert_eq!(heard.body, json!({"messages": [{"role": "user", "content": [{"text": "Hello"}]}]}));
}

#[tokio::test]
async fn a_prompt_can_name_another_model() {
    let runtime = Runtime::replying([Reply::events(&[stop("end_turn")])]);
    let arn = "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0";
    answer_to(&runtime.model(), Prompt { model: Some(arn.to_owned()), ..prompt() }).await;
    let path = runtime.heard().remove(0).path;
    assert!(path.contains("/model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A123456789012%3Ainference-profile%2Feu."), "{path}");
}

#[tokio::test]
async fn instructions_limits_and_tools_are_sent() {
    let schema = json!({
        "type": "object",
        "properties": {"query": {"type": "string"}, "count": {"type": "integer", "minimum": -1, "maximum": 1.5}},
        "required": ["query"],
        "additionalProperties": false,
        "nothing": null,
    });
    let tool = |description: &str, schema: &Value| ToolDefinition {
        name: "web_search".to_owned(),
        description: description.to_owned(),
        parameters: schema.as_object().unwrap().clone(),
    };
    let asked = Prompt {
        instructions: Some("Be brief.".to_owned()),
        temperature: Some(0.5),
        max_output_tokens: Some(300),
        grounding: Grounding::default(),
        tools: vec![tool("Searches the web.", &schema)],
        ..prompt()
    };
    let expected = json!({
        "system": [{"text": "Be brief."}],
        "messages": [{"role": "user", "content": [{"text": "Hello"}]}],
        "inferenceConfig": {"temperature": 0.5, "maxTokens": 300},
        "toolConfig": {"tools": [{"toolSpec": {
            "name": "web_search", "description": "Searches the web.", "inputSchema": {"json": schema},
        }}]},
    });
    assert_eq!(body_for(MODEL, asked.clone()).await, expected);
    let bare = Prompt {
        instructions: Some(" ".to_owned()),
        temperature: Some(1.7),
        max_output_tokens: Some(u32::MAX),
        grounding: Grounding::default(),
        tools: vec![tool("", &json!({}))],
        ..asked
    };
    let body = body_for(MODEL, bare).await;
    assert_eq!(body.get("system"), None);
    assert_eq!(body["inferenceConfig"], json!({"temperature": 1.0, "maxTokens": i32::MAX}));
    let tool = json!({"name": "web_search", "inputSchema": {"json": {"type": "object"}}});
    assert_eq!(body["toolConfig"], json!({"tools": [{"toolSpec": tool}]}));
}

#[tokio::test]
async fn the_roles_alternate_and_the_user_begins() {
    let said = vec![
        assistant("Welcome.", &[]),
        user("One"),
        assistant(" ", &[]),
        user("Two"),
        assistant("Three", &[]),
        assistant("Four", &[]),
        user(" \n"),
    ];
    let expected = json!([
        {"role": "user", "content": [{"text": "(empty)"}]},
        {"role": "assistant", "content": [{"text": "Welcome."}]},
        {"role": "user", "content": [{"text": "One"}, {"text": "Two"}]},
        {"role": "assistant", "content": [{"text": "Three"}, {"text": "Four"}]},
        {"role": "user", "content": [{"text": "(empty)"}]},
    ]);
    assert_eq!(messages_for(said).await, expected);
}

#[tokio::test]
async fn the_results_of_a_step_are_one_message_of_the_user() {
    let calls =
        [call("a", "web_search", r#"{"query": {"deep": [1, -2, 0.5, true, null]}}"#), call("b", "web_search", "")];
    let said = vec![
        user("Look it up."),
        assistant("I look.", &calls),
        result("a", "It rains."),
        failed("b", ""),
        assistant("", &[call("c", "web_search", "[1]")]),
        result("c", "It snows."),
        user("And now?"),
    ];
    let expected = json!([
        {"role": "user", "content": [{"text": "Look it up."}]},
        {"role": "assistant", "content": [
            {"text": "I look."},
            {"toolUse": {
                "toolUseId": "a", "name": "web_search", "input": {"query": {"deep": [1, -2, 0.5, true, null]}},
            }},
            {"toolUse": {"toolUseId": "b", "name": "web_search", "input": {}}},
        ]},
        {"role": "user", "content": [
            {"toolResult": {"toolUseId": "a", "content": [{"text": "It rains."}]}},
            {"toolResult": {"toolUseId": "b", "content": [{"text": "(empty)"}], "status": "error"}},
        ]},
        {"role": "assistant", "content": [{"toolUse": {"toolUseId": "c", "name": "web_search", "input": {}}}]},
        {"role": "user", "content": [{"toolResult": {"toolUseId": "c", "content": [{"text": "It snows."}]}}]},
        {"role": "assistant", "content": [{"text": "OK."}]},
        {"role": "user", "content": [{"text": "And now?"}]},
    ]);
    assert_eq!(messages_for(said).await, expected);
}

#[tokio::test]
async fn only_families_that_take_it_get_the_status_of_a_result() {
    let asked = prompt_of(vec![user("Look."), assistant("", &[call("a", "web_search", "{}")]), failed("a", "Broken.")]);
    let families = [
        ("us.anthropic.claude-small", true),
        ("arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0", true),
        ("meta.llama", false),
    ];
    for (model, takes_status) in families {
        let body = body_for(model, asked.clone()).await;
        let result = &body["messages"][2]["content"][0]["toolResult"];
        assert_eq!(result.get("status").is_some(), takes_status, "{model}");
    }
}

#[tokio::test]
async fn tools_are_described_although_the_prompt_has_none_any_more() {
    let said = vec![
        user("Look."),
        assistant("", &[call("a", "web_search", "{}"), call("b", "Web Search: new!", "{}")]),
        result("a", "It rains."),
        result("b", "It snows."),
    ];
    let body = body_for(MODEL, prompt_of(said)).await;
    let gone = |name: &str| {
        let description = "This tool is not available any more.";
        json!({"toolSpec": {"name": name, "description": description, "inputSchema": {"json": {"type": "object"}}}})
    };
    assert_eq!(body["toolConfig"], json!({"tools": [gone("Web_Search__new_"), gone("web_search")]}));
}

#[tokio::test]
async fn ids_and_names_that_bedrock_refuses_are_replaced() {
    let long = "x".repeat(65);
    let said = vec![
        user("Look."),
        assistant("", &[call("functions.search:0", "web.search", "{}"), call(&long, &long, "{}"), call("", "", "{}")]),
        result("functions.search:0", "One"),
        result(&long, "Two"),
        result("", "Three"),
    ];
    let messages = messages_for(said).await;
    let calls = messages[1]["content"].as_array().unwrap().iter().map(|block| &block["toolUse"]);
    let names: Vec<_> = calls.clone().map(|call| call["name"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names, ["web_search", &long[..64], "_"]);
    let ids: Vec<_> = calls.map(|call| &call["toolUseId"]).collect();
    assert_eq!(ids, ["renamed_0", "renamed_1", "renamed_2"]);
    let results = messages[2]["content"].as_array().unwrap().iter().map(|block| &block["toolResult"]["toolUseId"]);
    assert_eq!(results.collect::<Vec<_>>(), ids);
}
