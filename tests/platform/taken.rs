//! Values that a test cannot know beforehand: taken out of a body, so that the rest is compared whole.

use crate::world::Reply;
use serde_json::Value;

/// Takes a text out of the body.
pub fn text(reply: &mut Reply, field: &str) -> String {
    let fields = reply.body.as_object_mut();
    match fields.and_then(|fields| fields.remove(field)) {
        Some(Value::String(text)) => text,
        other => panic!("{field} is {other:?} beside {}", reply.text),
    }
}

/// Takes a hyphenated UUID out of the body.
pub fn uuid(reply: &mut Reply, field: &str) -> String {
    let id = text(reply, field);
    let lengths: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(lengths, [8, 4, 4, 4, 12], "{id}");
    assert!(id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit()));
    id
}

/// Takes a JWT out of the body.
pub fn jwt(reply: &mut Reply, field: &str) -> String {
    let token = text(reply, field);
    let parts: Vec<&str> = token.split('.').collect();
    assert_eq!(parts.len(), 3, "{token}");
    let is_base64url =
        |part: &&str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    assert!(parts.iter().all(is_base64url), "{token}");
    token
}

/// Takes 40 lower-case hex digits out of the body.
pub fn forty_hex(reply: &mut Reply, field: &str) -> String {
    let token = text(reply, field);
    assert_eq!(token.len(), 40, "{token}");
    assert!(token.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)));
    token
}
