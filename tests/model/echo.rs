//! `echo`, and the scripts that testers of clients send it.

use super::{Answer, call, ended, prompt_of, user};
use futures::StreamExt;
use proptest::prelude::*;
use shared::{
    config::Config,
    model::{ChatModel, Delta, Echo, EchoScripts, End, EndReason, ModelError, PromptMessage, ToolCall, Usage},
};
use std::time::Duration;
use tokio::{runtime::Builder, time::Instant};

const REPLY: &str = "This is a dummy response from the AI.";

/// What is answered to a conversation, and when each part comes.
async fn parts(model: &dyn ChatModel, messages: Vec<PromptMessage>) -> Vec<(Duration, Result<Delta, ModelError>)> {
    let (began, mut stream) = (Instant::now(), model.answer(prompt_of(messages)));
    let mut parts = Vec::new();
    while let Some(part) = stream.next().await {
        parts.push((began.elapsed(), part));
    }
    let ends = parts.iter().filter(|(_, part)| matches!(part, Ok(Delta::End(_)) | Err(_))).count();
    assert_eq!(ends, 1);
    assert!(matches!(parts.last(), Some((_, Ok(Delta::End(_)) | Err(_)))), "the end comes last");
    parts
}

/// The answer to a conversation, as a whole.
async fn answer_in(messages: Vec<PromptMessage>) -> Answer {
    let mut answer = Answer::of("");
    for (_, part) in parts(&EchoScripts, messages).await {
        match part {
            Ok(Delta::Text(text)) => answer.text += &text,
            Ok(Delta::Reasoning(text)) => answer.reasoning += &text,
            Ok(Delta::ToolCall(call)) => answer.calls.push(call),
            Ok(Delta::End(end)) => answer.end = Ok(end),
            Err(error) => answer.end = Err(error),
        }
    }
    answer
}

async fn answer(script: &str) -> Answer {
    answer_in(vec![user(script)]).await
}

/// The conversation after these calls were answered.
fn after(script: &str, steps: usize) -> Vec<PromptMessage> {
    let step = |step: usize| {
        let calls = vec![call(&format!("call_{step}"), "web_search", "{}")];
        let result = PromptMessage::ToolResult {
            call: calls[0].id.clone(),
            name: "web_search".to_owned(),
            text: "Nothing.".to_owned(),
            is_error: false,
        };
        [PromptMessage::Assistant { text: String::new(), reasoning: None, calls }, result]
    };
    [user(script)].into_iter().chain((0..steps).flat_map(step)).collect()
}

/// The pieces of the text, each with the milliseconds since the one before it.
async fn pieces(script: &str) -> Vec<(String, u128)> {
    let mut last = Duration::ZERO;
    let texts = parts(&EchoScripts, vec![user(script)]).await.into_iter().filter_map(|(at, part)| match part {
        Ok(Delta::Text(text)) => {
            let pause = at - last;
            last = at;
            Some((text, pause.as_millis()))
        }
        _ => None,
    });
    texts.collect()
}

#[tokio::test]
async fn what_is_no_script_is_answered_as_always() {
    let messages =
        ["Hello", " /echo text=Hi", "/echoes", "/Echo text=Hi", "\n/echo text=Hi", "Say:\n/echo text=Hi", "//echo"];
    for message in messages {
        assert_eq!(answer(message).await, Answer::of(REPLY), "{message}");
    }
    let earlier = PromptMessage::Assistant { text: REPLY.to_owned(), reasoning: None, calls: Vec::new() };
    let messages = vec![user("/echo text=Hi"), earlier, user("Hello")];
    assert_eq!(answer_in(messages).await, Answer::of(REPLY), "an earlier script");
    assert_eq!(answer_in(Vec::new()).await, Answer::of(REPLY));
    assert_eq!(answer("/echo").await, Answer::of(REPLY), "a script that says nothing else");
}

#[tokio::test]
async fn without_the_setting_a_script_is_a_message() {
    let said = parts(&Echo, vec![user("/echo text=Hi")]).await;
    assert_eq!(said[0].1, Ok(Delta::Text(REPLY.to_owned())));
    let read = |settings: &'static [(&str, &str)]| {
        let value = |name: &str| settings.iter().find(|(set, _)| *set == name).map(|(_, value)| value.to_string());
        Config::read(value).map(|config| config.model.echo_scripts).map_err(|error| error.to_string())
    };
    assert_eq!(read(&[]), Ok(false));
    assert_eq!(read(&[("ECHO_SCRIPTS", "1")]), Ok(true));
    let other = read(&[("ECHO_SCRIPTS", "1"), ("MODEL_BASE_URL", "http://127.0.0.1:9/v1"), ("MODEL_NAME", "m")]);
    assert_eq!(other, Err("ECHO_SCRIPTS: needs MODEL_PROVIDER=echo".to_owned()));
    let neither = "ECHO_SCRIPTS: is neither `1` nor `0`".to_owned();
    assert_eq!(read(&[("ECHO_SCRIPTS", "yes")]), Err(neither));
}

#[tokio::test]
async fn texts() {
    let cases = [
        ("/echo text=Hi", "Hi"),
        ("/echo text=\"Hello, you\"", "Hello, you"),
        (r#"/echo text="a\n\"b\" \\ \u00fc 🦀 =""#, "a\n\"b\" \\ ü 🦀 ="),
        ("/echo\ttext=Hi", "Hi"),
        ("/echo\ntext=Hi", "Hi"),
        ("/echo\r\n\r\n  text=Hi  \r\n", "Hi"),
        ("/echo text=ab repeat=3", "ababab"),
        ("/echo text=\"\"", ""),
        ("/echo text=<b>", "<b>"),
    ];
    for (script, text) in cases {
        assert_eq!(answer(script).await, Answer::of(text), "{script}");
    }
    let much = format!("/echo text=\"{}\" repeat=100", "x".repeat(10_000));
    assert_eq!(answer(&much).await.text.len(), 1_000_000);
}

#[tokio::test(start_paused = true)]
async fn pieces_and_pauses() {
    let owned = |pieces: &[(&str, u128)]| pieces.iter().map(|(text, at)| (text.to_string(), *at)).collect::<Vec<_>>();
    let cases: [(&str, &[(&str, u128)]); 6] = [
        ("/echo text=abcdefg pieces=3", &[("ab", 0), ("cd", 0), ("efg", 0)]),
        ("/echo text=ü🦀 pieces=10000", &[("ü", 0), ("🦀", 0)]),
        ("/echo text=abc pieces=3 delay=200ms", &[("a", 200), ("b", 200), ("c", 200)]),
        ("/echo text=abc pieces=3 delay=1.5s wait=2s", &[("a", 3500), ("b", 1500), ("c", 1500)]),
        ("/echo text=ab pieces=2 wait=60s delay=60000ms", &[("a", 120_000), ("b", 60_000)]),
        ("/echo text=a wait=0s delay=0ms", &[("a", 0)]),
    ];
    for (script, expected) in cases {
        assert_eq!(pieces(script).await, owned(expected), "{script}");
    }
    assert_eq!(pieces("/echo text=x repeat=20000 pieces=10000").await.len(), 10_000);
}

#[tokio::test(start_paused = true)]
async fn reasoning_comes_first() {
    let expected = Answer::of("Hi").thinking("Well, well.");
    assert_eq!(answer("/echo text=Hi reasoning=\"Well, well.\"").await, expected);
    let parts = parts(&EchoScripts, vec![user("/echo text=Hi reasoning=Hm delay=1s")]).await;
    assert_eq!(parts[0], (Duration::from_secs(1), Ok(Delta::Reasoning("Hm".to_owned()))));
    assert_eq!(parts[1], (Duration::from_secs(2), Ok(Delta::Text("Hi".to_owned()))));
    let alone = Answer::of("").thinking("Hm");
    assert_eq!(answer("/echo reasoning=Hm text=\"\"").await, alone);
}

#[tokio::test]
async fn ends_and_usage() {
    let (usage, model) = (Some(Usage { input_tokens: 10, output_tokens: 20 }), None);
    for (name, reason) in
        [("complete", EndReason::Complete), ("length", EndReason::Length), ("filtered", EndReason::Filtered)]
    {
        let script = format!("/echo text=Hi end={name}");
        assert_eq!(answer(&script).await, Answer::of("Hi").ending(ended(reason)));
        let script = format!("{script} usage=10,20");
        assert_eq!(answer(&script).await, Answer::of("Hi").ending(End { reason, usage, model: model.clone() }));
    }
}

#[tokio::test(start_paused = true)]
async fn failures_in_every_place() {
    let failures = [
        ("error", ModelError::Failed(500)),
        ("busy", ModelError::Busy(429)),
        ("refused", ModelError::Refused(400)),
        ("broken", ModelError::Broken("the script breaks off")),
        ("timeout", ModelError::TimedOut),
    ];
    for (name, error) in failures {
        for (after, text) in [("", ""), (" after=0", ""), (" after=2", "ab"), (" after=9", "abc")] {
            let script = format!("/echo text=abc pieces=3 fail={name}{after}");
            assert_eq!(answer(&script).await, Answer::failed(text, error), "{script}");
        }
    }
    let script = "/echo reasoning=Hm text=abc pieces=3 fail=error after=1 tool=web_search";
    assert_eq!(answer(script).await, Answer::failed("a", ModelError::Failed(500)).thinking("Hm"));
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_hangs_ends_at_the_time_limit() {
    let parts = parts(&EchoScripts, vec![user("/echo text=abc pieces=3 fail=hang after=2")]).await;
    let limit = prompt_of(Vec::new()).time_limit;
    assert_eq!(parts.len(), 3);
    assert_eq!(parts[2], (limit, Err(ModelError::TimedOut)));
}

#[tokio::test]
async fn calls_of_tools() {
    let tool = |number: u32, name: &str, arguments: &str| call(&format!("call_1_{number}"), name, arguments);
    let cases: [(&str, &str, Vec<ToolCall>); 6] = [
        ("tool=web_search", "", vec![tool(1, "web_search", "{}")]),
        (
            r#"tool=web_search{"query": "a = }b"} text="Let me see.""#,
            "Let me see.",
            vec![tool(1, "web_search", r#"{"query": "a = }b"}"#)],
        ),
        (r#"tool=a{"n":1} tool=b-2{ }"#, "", vec![tool(1, "a", r#"{"n":1}"#), tool(2, "b-2", "{ }")]),
        (r#"tool=a"{\"n\": 1""#, "", vec![tool(1, "a", r#"{"n": 1"#)]),
        (r#"tool=a"""#, "", vec![tool(1, "a", "")]),
        ("tool=a\ntool=a", "", vec![tool(1, "a", "{}"), tool(2, "a", "{}")]),
    ];
    for (script, text, calls) in cases {
        assert_eq!(answer(&format!("/echo {script}")).await, Answer::of(text).calling(&calls), "{script}");
    }
}

#[tokio::test]
async fn each_line_is_an_answer_of_the_turn() {
    let script = "/echo tool=a\n/echo text=Hm\n  tool=b{\"n\": 1}\n/echo text=Done. usage=1,2";
    let usage = Some(Usage { input_tokens: 1, output_tokens: 2 });
    let answers = [
        Answer::of("").calling(&[call("call_1_1", "a", "{}")]),
        Answer::of("Hm").calling(&[call("call_2_1", "b", "{\"n\": 1}")]),
        Answer::of("Done.").ending(End { reason: EndReason::Complete, usage, model: None }),
        Answer::of(REPLY),
        Answer::of(REPLY),
    ];
    for (step, expected) in answers.into_iter().enumerate() {
        assert_eq!(answer_in(after(script, step)).await, expected, "{step}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_script_and_what_would_be_right() {
    let long = format!("text={} repeat=101", "x".repeat(10_000));
    let calls = "tool=a ".repeat(33);
    let answers = "\n/echo".repeat(32);
    let cases = [
        ("help", "`help` is not of the form `name=value`."),
        ("text", "`text` is not of the form `name=value`."),
        ("volume=3", "There is no `volume`."),
        ("text=a text=b", "`text` is there twice."),
        ("delay=1s wait=1s delay=1s", "`delay` is there twice."),
        ("text=\"a", "`text` cannot be `\"a`."),
        ("text=\"a\"b", "After the value of `text` there must be a space."),
        ("pieces=0", "`pieces` cannot be `0`."),
        ("pieces=10001", "`pieces` cannot be `10001`."),
        ("pieces=-1", "`pieces` cannot be `-1`."),
        ("delay=200", "`delay` cannot be `200`."),
        ("delay=61s", "`delay` cannot be `61s`."),
        ("delay=60001ms", "`delay` cannot be `60001ms`."),
        ("delay=-1s", "`delay` cannot be `-1s`."),
        ("wait=NaNs", "`wait` cannot be `NaNs`."),
        ("wait=infs", "`wait` cannot be `infs`."),
        ("fail=no", "`fail` cannot be `no`."),
        ("fail=error after=10001", "`after` cannot be `10001`."),
        ("usage=10", "`usage` cannot be `10`."),
        ("usage=1,1000000001", "`usage` cannot be `1,1000000001`."),
        ("usage=1,99999999999999999999", "`usage` cannot be `1,99999999999999999999`."),
        ("end=tools", "`end` cannot be `tools`."),
        ("tool=", "`tool` cannot be ``."),
        ("tool={}", "`tool` cannot be `{}`."),
        ("tool=a{\"b\": }", "`tool` cannot be `a{\"b\":`."),
        ("tool=a[1]", "After the value of `tool` there must be a space."),
        ("repeat=2", "`repeat` needs `text`."),
        ("after=2", "`after` needs `fail`."),
        ("end=length fail=error", "`end` goes neither with `tool` nor with `fail`."),
        ("end=length tool=a", "`end` goes neither with `tool` nor with `fail`."),
        (&long, "The text with its repetitions has more than 1000000 bytes."),
        (&calls, "An answer has at most 32 calls of tools."),
        (&answers, "A script has at most 32 answers."),
        ("text=a\nand more", "`and` is not of the form `name=value`."),
    ];
    for (script, mistake) in cases {
        let answer = answer(&format!("/echo {script}")).await;
        let (sentence, syntax) = answer.text.split_once("\n\n").unwrap_or_else(|| panic!("{script}: {answer:?}"));
        assert_eq!(sentence, mistake, "{script}");
        assert!(syntax.starts_with("A script is a line that begins with `/echo`"), "{syntax}");
        assert_eq!((answer.end, answer.calls.len()), (Ok(ended(EndReason::Complete)), 0));
    }
}

#[tokio::test(start_paused = true)]
async fn the_syntax_that_is_explained_can_be_played() {
    let explained = answer("/echo help").await.text;
    let examples = explained.lines().filter_map(|line| line.strip_prefix("    ")?.split_once("   ").map(|(it, _)| it));
    let examples: Vec<&str> = examples.map(str::trim).filter(|example| !example.is_empty()).collect();
    assert_eq!(examples.len(), 10, "{examples:?}");
    for example in examples {
        let needed = if example.starts_with("after=") {
            "fail=error"
        } else if example.starts_with("repeat=") {
            "text=a"
        } else {
            ""
        };
        let answer = answer(&format!("/echo {needed} {example}")).await;
        assert!(!answer.text.contains("A script is"), "{example}: {}", answer.text);
    }
}

proptest! {
    #[test]
    fn any_script_is_answered(script in "[ -~\n]{0,60}|( (text|tool|pieces|delay|fail|usage)=[a-z0-9{}\",]{0,6}){0,4}") {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let answer = runtime.block_on(answer(&format!("/echo{script}")));
        prop_assert!(answer.text.len() < 1_001_000);
    }
}
