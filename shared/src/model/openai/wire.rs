//! The parts of providers' answers that are read. A field that is missing, or not of its type, counts as absent: each
//! provider deviates from the protocol in its own way.

use crate::model::calls;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// `{"choices": [{"delta": {"content": "Hi"}, "finish_reason": null}], "model": "gpt", "usage": null}`, or a whole
/// completion with `message` instead of `delta`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Chunk {
    /// At most one is asked for.
    #[serde(deserialize_with = "lenient")]
    pub choices: Option<Vec<Choice>>,
    #[serde(deserialize_with = "lenient")]
    pub usage: Option<ChunkUsage>,
    #[serde(deserialize_with = "lenient")]
    pub model: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub error: Option<Value>,
    /// `error` in some errors that have no field `error`.
    #[serde(deserialize_with = "lenient")]
    pub object: Option<String>,
}

/// A choice.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Choice {
    #[serde(deserialize_with = "lenient")]
    pub delta: Option<Piece>,
    #[serde(deserialize_with = "lenient")]
    pub message: Option<Piece>,
    #[serde(deserialize_with = "lenient")]
    pub finish_reason: Option<String>,
}

/// A piece of the answer, or the whole.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Piece {
    /// A string, or an array of `{"type": "text", "text": "Hi"}` and `{"type": "thinking", "thinking": [...]}`.
    #[serde(deserialize_with = "lenient")]
    pub content: Option<Value>,
    #[serde(deserialize_with = "lenient")]
    pub reasoning_content: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub reasoning: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub tool_calls: Option<Vec<CallPiece>>,
}

/// `{"index": 0, "id": "call_1", "function": {"name": "web_search", "arguments": "{\"query\""}}`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CallPiece {
    #[serde(deserialize_with = "lenient")]
    pub index: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub id: Option<String>,
    #[serde(deserialize_with = "lenient")]
    pub function: Option<FunctionPiece>,
}

impl From<CallPiece> for calls::CallPiece {
    fn from(piece: CallPiece) -> Self {
        let CallPiece { index, id, function } = piece;
        let FunctionPiece { name, arguments } = function.unwrap_or_default();
        let (id, name) = (id.unwrap_or_default(), name.unwrap_or_default());
        Self { index, id, name, arguments: arguments.unwrap_or_default() }
    }
}

/// The function of a call.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FunctionPiece {
    #[serde(deserialize_with = "lenient")]
    pub name: Option<String>,
    /// A string, which may be a part, or an object.
    #[serde(deserialize_with = "lenient")]
    pub arguments: Option<Value>,
}

/// `{"prompt_tokens": 9, "completion_tokens": 12, "total_tokens": 21}`
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ChunkUsage {
    #[serde(deserialize_with = "lenient")]
    pub prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub completion_tokens: Option<u64>,
    #[serde(deserialize_with = "lenient")]
    pub total_tokens: Option<u64>,
}

/// `None` for null and for what is not a `T`.
fn lenient<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    Ok(if value.is_null() { None } else { T::deserialize(value).ok() })
}
