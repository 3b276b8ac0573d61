//! Addresses with values in their queries.

/// A value for a query: everything but unreserved characters and slashes is escaped.
pub fn escaped(value: &str) -> String {
    value.bytes().map(escaped_byte).collect()
}

fn escaped_byte(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// A query of these parameters, without empty ones: `?q=tea&after=…`. Never empty, so that it replaces any other query.
pub fn query(parameters: &[(&str, &str)]) -> String {
    let filled = parameters.iter().filter(|(_, value)| !value.is_empty());
    let pairs: Vec<String> = filled.map(|(name, value)| format!("{name}={}", escaped(value))).collect();
    format!("?{}", pairs.join("&"))
}
