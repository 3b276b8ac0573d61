//! Parameters that a provider refuses are left out or renamed, and it is not bothered with them again.

use super::{
    Answer, MaxTokensField, Provider, Reply, answer_to, call, model, model_with, prompt, prompt_of, settings, text,
    user,
};
use serde_json::{Value, json};
use shared::model::{ModelError, Prompt, PromptMessage};

fn ok() -> Reply {
    Reply::events(&[&text("Hi"), "[DONE]"])
}

fn refusing(body: impl ToString) -> Reply {
    Reply::status("400 Bad Request", &["content-type: application/json"], body)
}

/// A prompt with all parameters.
fn full() -> Prompt {
    Prompt { temperature: Some(0.5), max_output_tokens: Some(100), ..prompt() }
}

/// The parameters in a request, besides those that are always there.
fn parameters(body: &Value) -> Vec<&str> {
    let names = body.as_object().unwrap().keys().map(String::as_str);
    names.filter(|name| !["messages", "model", "stream"].contains(name)).collect()
}

/// How many kinds of error name a parameter.
fn refusals(name: &str) -> Vec<Reply> {
    let detail = json!({"detail": [{"type": "extra_forbidden", "loc": ["body", name],
        "msg": "Extra inputs are not permitted", "input": "temperature, max_tokens, stream_options"}]});
    vec![
        refusing(json!({"error": {"message": "Unsupported value.", "type": "invalid_request_error", "param": name,
            "code": "unsupported_value"}})),
        refusing(
            json!({"error": {"message": format!("Unsupported parameter: '{name}' is not supported."), "code": 400}}),
        ),
        refusing(json!({"object": "error", "message": format!("Unknown parameter: {name}")})),
        refusing(json!({"message": format!("`{name}` is unknown, see the_temperature_of_it and max_tokens2")})),
        refusing(format!("{name}: unknown field")),
        Reply::status("422 Unprocessable", &[], detail),
    ]
}

#[tokio::test]
async fn a_refused_parameter_is_left_out_or_renamed() {
    let cases = [
        ("temperature", ["max_tokens", "stream_options"].as_slice()),
        ("stream_options", &["max_tokens", "temperature"]),
        ("max_tokens", &["max_completion_tokens", "stream_options", "temperature"]),
    ];
    for (name, expected) in cases {
        for refusal in refusals(name) {
            let provider = Provider::replying([refusal, ok()]).await;
            let model = model(&provider);
            for _ in 0..2 {
                assert_eq!(answer_to(&model, full()).await, Answer::of("Hi"), "{name}");
            }
            let bodies = provider.bodies();
            assert_eq!(bodies.len(), 3, "it is remembered");
            assert_eq!(parameters(&bodies[0]), ["max_tokens", "stream_options", "temperature"]);
            assert_eq!(parameters(&bodies[1]), expected);
            assert_eq!(parameters(&bodies[2]), expected);
            assert_eq!(bodies[1], bodies[2]);
        }
    }
}

#[tokio::test]
async fn the_new_name_of_the_limit_is_named_as_the_way_out() {
    let message = "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' \
        instead.";
    let provider =
        Provider::replying([refusing(json!({"error": {"message": message, "param": "max_tokens"}})), ok()]).await;
    assert_eq!(answer_to(&model(&provider), full()).await, Answer::of("Hi"));
    assert_eq!(provider.bodies()[1]["max_completion_tokens"], 100);
}

#[tokio::test]
async fn each_parameter_may_be_refused_in_turn() {
    let replies = ["temperature", "max_tokens", "stream_options"].map(|name| refusals(name).remove(0));
    let provider = Provider::replying([replies.as_slice(), &[ok()]].concat()).await;
    let model = model(&provider);
    for _ in 0..2 {
        assert_eq!(answer_to(&model, full()).await, Answer::of("Hi"));
    }
    assert_eq!(provider.bodies().len(), 5);
    assert_eq!(parameters(&provider.bodies()[4]), ["max_completion_tokens"]);
}

#[tokio::test]
async fn another_model_is_asked_as_usual() {
    let provider = Provider::replying([refusals("temperature").remove(0), ok()]).await;
    let model = model(&provider);
    answer_to(&model, full()).await;
    answer_to(&model, Prompt { model: Some("other".to_owned()), ..full() }).await;
    assert_eq!(parameters(&provider.bodies()[2]), ["max_tokens", "stream_options", "temperature"]);
}

#[tokio::test]
async fn what_did_not_help_is_not_remembered() {
    let [refusal, other] = [refusals("temperature").remove(0), refusing("{\"error\": \"No.\"}")];
    let provider = Provider::replying([refusal, other, ok()]).await;
    let model = model(&provider);
    assert_eq!(answer_to(&model, full()).await, Answer::failed("", ModelError::Refused(400)));
    assert_eq!(answer_to(&model, full()).await, Answer::of("Hi"));
    assert_eq!(parameters(&provider.bodies()[2]), ["max_tokens", "stream_options", "temperature"]);
}

#[tokio::test]
async fn a_refusal_that_does_not_help_is_final() {
    let bodies = [
        "{\"error\": {\"message\": \"The model does not exist\"}}",
        "{\"error\": {\"message\": \"temperature and max_tokens are wrong\"}}",
        "{\"error\": {\"message\": \"parallel_tool_calls is unknown\", \"param\": \"parallel_tool_calls\"}}",
        "{\"error\": {\"message\": \"max_completion_tokens is unknown\"}}",
        "{\"error\": {\"message\": \"tools are unknown\", \"failed_generation\": \"temperature\"}}",
    ];
    for body in bodies {
        let provider = Provider::replying([refusing(body), ok()]).await;
        assert_eq!(answer_to(&model(&provider), full()).await, Answer::failed("", ModelError::Refused(400)), "{body}");
        assert_eq!(provider.bodies().len(), 1, "{body}");
    }
    let provider = Provider::replying([refusing("temperature"), ok()]).await;
    assert_eq!(answer_to(&model(&provider), prompt()).await.end, Err(ModelError::Refused(400)), "it was not sent");
}

#[tokio::test]
async fn the_limit_is_never_left_out() {
    let refusal = refusing("{\"error\": {\"message\": \"max_tokens and max_completion_tokens are unknown\"}}");
    let provider = Provider::replying([refusal]).await;
    assert_eq!(answer_to(&model(&provider), full()).await, Answer::failed("", ModelError::Refused(400)));
    let names: Vec<_> = provider.bodies().iter().map(|body| parameters(body)[0].to_owned()).collect();
    assert_eq!(names, ["max_tokens", "max_completion_tokens"]);
}

#[tokio::test]
async fn the_operator_may_choose_the_name_of_the_limit() {
    let cases =
        [(MaxTokensField::MaxTokens, "max_tokens"), (MaxTokensField::MaxCompletionTokens, "max_completion_tokens")];
    for (max_tokens_field, name) in cases {
        let provider = Provider::replying([refusing(name), ok()]).await;
        let model = model_with(shared::model::OpenAiSettings { max_tokens_field, ..settings(&provider) });
        assert_eq!(answer_to(&model, full()).await, Answer::failed("", ModelError::Refused(400)));
        assert_eq!(parameters(&provider.only_body()), [name, "stream_options", "temperature"]);
    }
}

#[tokio::test]
async fn ids_become_short_where_the_provider_says_so() {
    let messages = [
        json!({"object": "error", "message": "Tool call id was call_long_id but must be a-z, A-Z, 0-9, with a length of 9.",
            "type": "invalid_function_call", "code": "3280"}),
        json!({"error": {"message": "Tool call IDs should be alphanumeric strings with length 9!"}}),
    ];
    for message in messages {
        let provider = Provider::replying([refusing(&message), ok()]).await;
        let model = model(&provider);
        let calls = vec![call("call_long_id", "now", "{}"), call("other", "now", "{}")];
        let result = |id: &str| PromptMessage::ToolResult {
            call: id.to_owned(),
            name: "now".to_owned(),
            text: "noon".to_owned(),
            is_error: false,
        };
        let calling = PromptMessage::Assistant { text: String::new(), reasoning: None, calls };
        let prompt = prompt_of(vec![user("When?"), calling, result("other"), result("call_long_id")]);
        for _ in 0..2 {
            assert_eq!(answer_to(&model, prompt.clone()).await, Answer::of("Hi"));
        }
        let bodies = provider.bodies();
        assert_eq!(bodies.len(), 3, "it is remembered");
        assert_eq!(bodies[1], bodies[2]);
        let messages = &bodies[1]["messages"];
        let [first, second] = [0, 1].map(|at| messages[1]["tool_calls"][at]["id"].as_str().unwrap());
        assert!([first, second].iter().all(|id| id.len() == 9 && id.chars().all(|c| c.is_ascii_alphanumeric())));
        assert_ne!(first, second);
        assert_eq!([&messages[2]["tool_call_id"], &messages[3]["tool_call_id"]], [second, first]);
    }
}
