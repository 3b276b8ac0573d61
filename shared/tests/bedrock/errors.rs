//! What becomes of errors, and which requests are repeated.

use super::*;
use aws_config::{Region, SdkConfig};

const SECRET: &str = "words of the provider";

#[tokio::test(start_paused = true)]
async fn every_error_has_a_meaning_without_the_providers_words() {
    let errors = [
        (400, "ValidationException", ModelError::Refused(400), 1),
        (403, "AccessDeniedException", ModelError::Refused(403), 1),
        (403, "UnrecognizedClientException", ModelError::Refused(403), 1),
        (404, "ResourceNotFoundException", ModelError::Refused(404), 1),
        (424, "ModelErrorException", ModelError::Failed(424), 1),
        (429, "ThrottlingException", ModelError::Busy(429), 5),
        (429, "ModelNotReadyException", ModelError::Busy(429), 5),
        (500, "InternalServerException", ModelError::Failed(500), 5),
        (503, "ServiceUnavailableException", ModelError::Busy(503), 5),
        (408, "ModelTimeoutException", ModelError::TimedOut, 1),
    ];
    for (status, name, error, requests) in errors {
        let runtime = Runtime::replying([Reply::error(status, name, SECRET)]);
        assert_eq!(answer_to(&runtime.model(), prompt()).await, Answer::failed("", error), "{name}");
        assert!(!error.to_string().contains(SECRET));
        assert_eq!(runtime.heard().len(), requests, "{name}");
    }
}

#[tokio::test]
async fn an_error_can_end_an_answer() {
    let errors = [
        ("validationException", ModelError::Refused(400)),
        ("throttlingException", ModelError::Busy(429)),
        ("serviceUnavailableException", ModelError::Busy(503)),
        ("internalServerException", ModelError::Failed(500)),
        ("modelStreamErrorException", ModelError::Failed(424)),
        ("somethingNew", ModelError::Failed(500)),
    ];
    for (name, error) in errors {
        let answered = answer(Reply::failing(&[text("Hi")], name, &json!({"message": SECRET}))).await;
        assert_eq!(answered, Answer::failed("Hi", error), "{name}");
    }
}

#[tokio::test]
async fn a_prompt_that_is_too_long_is_told_apart() {
    let texts = [
        "The model returned the following errors: Input is too long for requested model.",
        "The model returned the following errors: prompt is too long: 203 tokens > 200 maximum",
        "input length and `max_tokens` exceed context limit: 190 + 20 > 200",
    ];
    for text in texts {
        let answered = answer(Reply::error(400, "ValidationException", text)).await;
        assert_eq!(answered, Answer::failed("", ModelError::ContextTooLong), "{text}");
    }
    let later = Reply::failing(&[], "validationException", &json!({"message": texts[0]}));
    assert_eq!(answer(later).await, Answer::failed("", ModelError::ContextTooLong));
}

#[tokio::test(start_paused = true)]
async fn a_throttled_request_is_repeated() {
    let busy = || Reply::error(429, "ThrottlingException", SECRET);
    let runtime = Runtime::replying([busy(), busy(), Reply::refusal(), Reply::events(&[text("Hi"), stop("end_turn")])]);
    assert_eq!(answer_to(&runtime.model(), prompt()).await, Answer::of("Hi"));
    assert_eq!(runtime.heard().len(), 4);
}

#[tokio::test(start_paused = true)]
async fn repetitions_end_with_the_time_of_the_answer() {
    let runtime = Runtime::replying([Reply::error(503, "ServiceUnavailableException", SECRET)]);
    let began = tokio::time::Instant::now();
    let answered = answer_to(&runtime.model(), Prompt { time_limit: Duration::from_millis(20), ..prompt() }).await;
    assert!(answered.end.is_err() && began.elapsed() <= Duration::from_millis(21), "{answered:?}");
}

#[tokio::test(start_paused = true)]
async fn a_service_that_cannot_be_reached_is_told_apart() {
    assert_eq!(answer(Reply::refusal()).await, Answer::failed("", ModelError::Unreachable));
}

#[tokio::test]
async fn a_temperature_that_a_model_refuses_is_left_out() {
    let refusal = Reply::error(400, "ValidationException", "`temperature` is deprecated for this model.");
    let runtime = Runtime::replying([refusal, Reply::events(&[text("Hi"), stop("end_turn")])]);
    let (model, asked) = (runtime.model(), Prompt { temperature: Some(0.5), ..prompt() });
    for _ in 0..2 {
        assert_eq!(answer_to(&model, asked.clone()).await, Answer::of("Hi"));
    }
    let sent = runtime.heard().iter().map(|heard| heard.body.get("inferenceConfig").is_some()).collect::<Vec<_>>();
    assert_eq!(sent, [true, false, false]);
}

#[tokio::test]
async fn a_probe_needs_a_region_and_credentials_and_asks_nobody() {
    let runtime = Runtime::replying([Reply::silence()]);
    let whole = runtime.configuration();
    let probe = |aws: SdkConfig| async move { Bedrock::new(MODEL.to_owned(), Some(aws)).probe().await };
    assert_eq!(probe(whole.clone()).await, Ok(()));
    let nowhere = whole.clone().into_builder().region(None::<Region>).build();
    assert_eq!(probe(nowhere).await, Err(ModelError::Unreachable));
    let mut nobody = whole.into_builder();
    nobody.set_credentials_provider(None);
    assert_eq!(probe(nobody.build()).await, Err(ModelError::Unreachable));
    assert!(runtime.heard().is_empty());
}
