//! Reads scripts like `/echo text="Hello" pieces=5 delay=200ms`. Everything in them is bounded.

use super::values::{call, end, failure, first_word, number, pause, string, usage};
use crate::model::{EndReason, ModelError, Usage};
use std::time::Duration;

const START: &str = "/echo";
const PIECES_MAX: usize = 10_000;
/// The most answers of a turn, and the most calls of tools in an answer.
const ANSWERS_MAX: usize = 32;
const CALLS_MAX: usize = 32;
/// The longest text with its repetitions, in bytes.
const TEXT_MAX: usize = 1_000_000;

const SYNTAX: &str = r#"A script is a line that begins with `/echo` and has any of these, separated by spaces:

    text="Hello, you"     what is said ("" and \n as in JSON; one word needs no quotes)
    repeat=3              how often, up to 1 MB in all
    pieces=5              in how many pieces, 1 to 10000
    wait=2s               a pause before the answer, up to 60s
    delay=200ms           a pause before each piece of it, up to 60s
    reasoning="Hm."       what is thought before
    tool=web_search{"query": "Rust"}
                          a call of a tool with these arguments; may come again
    fail=error            failure instead of an end: error, busy, refused, broken, timeout or hang
    after=2               how many pieces come before the failure (default 0)
    usage=10,20           tokens of the prompt and of the answer
    end=length            why the answer ends: complete, length or filtered

Further lines continue the script. One that begins with `/echo` is the next answer, after the tools were run."#;

/// The answers of a turn, in their order.
#[derive(Debug, PartialEq)]
pub(super) struct Script {
    pub answers: Vec<ScriptedAnswer>,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub(super) struct ScriptedAnswer {
    /// What is said, with its repetitions. `None` if the script has no text.
    pub text: Option<String>,
    /// In how many pieces.
    pub pieces: usize,
    /// The pause before everything.
    pub wait: Duration,
    /// The pause before each piece.
    pub delay: Duration,
    /// What is thought before.
    pub reasoning: Option<String>,
    /// Names and arguments of tools.
    pub calls: Vec<(String, String)>,
    /// A failure, and the pieces that come before it.
    pub failure: Option<(Failure, usize)>,
    /// What was used.
    pub usage: Option<Usage>,
    /// Why it ends, if it has no calls.
    pub end: EndReason,
}

/// How an answer fails.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Failure {
    /// At once.
    At(ModelError),
    /// After the time limit of the turn.
    Hang,
}

/// Why a script cannot be played: a sentence.
#[derive(Debug, PartialEq)]
pub(super) struct Mistake(String);

type Result<T> = std::result::Result<T, Mistake>;

impl Mistake {
    /// The sentence and the syntax.
    pub fn explained(&self) -> String {
        format!("{}\n\n{SYNTAX}", self.0)
    }
}

impl Script {
    /// The script in a message. `None` if the message is none.
    pub fn parse(message: &str) -> Option<Result<Self>> {
        is_start(message.lines().next()?).then(|| Self::read(message))
    }

    fn read(message: &str) -> Result<Self> {
        let mut answers: Vec<Words> = Vec::new();
        for line in message.lines().map(str::trim) {
            let rest = line.strip_prefix(START).filter(|_| is_start(line));
            if rest.is_some() {
                answers.push(Words::default());
            }
            if let Some(words) = answers.last_mut() {
                words.read(rest.unwrap_or(line))?;
            }
        }
        if answers.len() > ANSWERS_MAX {
            return Err(Mistake(format!("A script has at most {ANSWERS_MAX} answers.")));
        }
        let answers = answers.into_iter().map(Words::into_answer).collect::<Result<_>>()?;
        Ok(Self { answers })
    }
}

/// Whether the first word is `/echo`.
fn is_start(line: &str) -> bool {
    line.strip_prefix(START).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace))
}

/// What was read of an answer.
#[derive(Default)]
struct Words {
    text: Option<String>,
    repeat: Option<usize>,
    pieces: Option<usize>,
    wait: Option<Duration>,
    delay: Option<Duration>,
    reasoning: Option<String>,
    calls: Vec<(String, String)>,
    fail: Option<Failure>,
    after: Option<usize>,
    usage: Option<Usage>,
    end: Option<EndReason>,
}

impl Words {
    fn read(&mut self, line: &str) -> Result<()> {
        let mut rest = line.trim_start();
        while !rest.is_empty() {
            let word = first_word(rest);
            let (name, value) =
                word.split_once('=').ok_or_else(|| Mistake(format!("`{word}` is not of the form `name=value`.")))?;
            let after_name = &rest[name.len() + 1..];
            let wrong = || Mistake(format!("`{name}` cannot be `{value}`."));
            let after = match name {
                "text" => self.text.take_new(name, string(after_name).ok_or_else(wrong)?)?,
                "reasoning" => self.reasoning.take_new(name, string(after_name).ok_or_else(wrong)?)?,
                "tool" => {
                    let (call, after) = call(after_name).ok_or_else(wrong)?;
                    self.calls.push(call);
                    after
                }
                _ => {
                    self.read_plain(name, value).ok_or_else(|| unknown(name).unwrap_or_else(wrong))??;
                    &after_name[value.len()..]
                }
            };
            if !after.is_empty() && !after.starts_with(char::is_whitespace) {
                return Err(Mistake(format!("After the value of `{name}` there must be a space.")));
            }
            rest = after.trim_start();
        }
        Ok(())
    }

    /// Reads a value without spaces. `None` if it is not one.
    fn read_plain(&mut self, name: &str, value: &str) -> Option<Result<()>> {
        let taken = match name {
            "repeat" => self.repeat.take_new(name, (number(value, 1..=TEXT_MAX)?, "")),
            "pieces" => self.pieces.take_new(name, (number(value, 1..=PIECES_MAX)?, "")),
            "after" => self.after.take_new(name, (number(value, 0..=PIECES_MAX)?, "")),
            "wait" => self.wait.take_new(name, (pause(value)?, "")),
            "delay" => self.delay.take_new(name, (pause(value)?, "")),
            "fail" => self.fail.take_new(name, (failure(value)?, "")),
            "usage" => self.usage.take_new(name, (usage(value)?, "")),
            "end" => self.end.take_new(name, (end(value)?, "")),
            _ => return None,
        };
        Some(taken.map(drop))
    }

    fn into_answer(self) -> Result<ScriptedAnswer> {
        let Self { text, repeat, pieces, wait, delay, reasoning, calls, fail, after, usage, end } = self;
        if calls.len() > CALLS_MAX {
            return Err(Mistake(format!("An answer has at most {CALLS_MAX} calls of tools.")));
        }
        if repeat.is_some() && text.is_none() {
            return Err(Mistake("`repeat` needs `text`.".to_owned()));
        }
        if after.is_some() && fail.is_none() {
            return Err(Mistake("`after` needs `fail`.".to_owned()));
        }
        if end.is_some() && !(calls.is_empty() && fail.is_none()) {
            return Err(Mistake("`end` goes neither with `tool` nor with `fail`.".to_owned()));
        }
        let repeat = repeat.unwrap_or(1);
        if text.as_ref().is_some_and(|text| text.len().saturating_mul(repeat) > TEXT_MAX) {
            return Err(Mistake(format!("The text with its repetitions has more than {TEXT_MAX} bytes.")));
        }
        Ok(ScriptedAnswer {
            text: text.map(|text| text.repeat(repeat)),
            pieces: pieces.unwrap_or(1),
            wait: wait.unwrap_or_default(),
            delay: delay.unwrap_or_default(),
            reasoning: reasoning.filter(|thought| !thought.is_empty()),
            calls,
            failure: fail.map(|failure| (failure, after.unwrap_or(0))),
            usage,
            end: end.unwrap_or(EndReason::Complete),
        })
    }
}

/// Sets a value that may be given once.
trait TakeNew<T> {
    /// Returns what follows the value.
    fn take_new<'a>(&mut self, name: &str, value: (T, &'a str)) -> Result<&'a str>;
}

impl<T> TakeNew<T> for Option<T> {
    fn take_new<'a>(&mut self, name: &str, (value, after): (T, &'a str)) -> Result<&'a str> {
        match self.replace(value) {
            None => Ok(after),
            Some(_) => Err(Mistake(format!("`{name}` is there twice."))),
        }
    }
}

fn unknown(name: &str) -> Option<Mistake> {
    let known = ["repeat", "pieces", "after", "wait", "delay", "fail", "usage", "end"];
    (!known.contains(&name)).then(|| Mistake(format!("There is no `{name}`.")))
}
