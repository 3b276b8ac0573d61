// verify.rs, with the crates base64 0.23, hmac 0.13 and sha2 0.11
use base64::{Engine, prelude::BASE64_STANDARD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

const TOLERANCE_SECONDS: u64 = 5 * 60;

/// Whether a request is from Quintet. `id`, `timestamp` and `signatures` are the headers `webhook-id`,
/// `webhook-timestamp` and `webhook-signature`, `body` the bytes as they came, `now` the seconds since 1970.
pub fn verify(secret: &str, id: &str, timestamp: &str, signatures: &str, body: &[u8], now: u64) -> bool {
    let key = match secret.strip_prefix("whsec_") {
        Some(encoded) => BASE64_STANDARD.decode(encoded).ok(),
        None => Some(secret.as_bytes().to_vec()),
    };
    let mac = key.and_then(|key| Hmac::<Sha256>::new_from_slice(&key).ok());
    let (Some(mac), Ok(at)) = (mac, timestamp.parse::<u64>()) else { return false };
    let mac = mac.chain_update(format!("{id}.{timestamp}.")).chain_update(body);
    let is_good = |signature: &str| {
        let given = signature.strip_prefix("v1,").and_then(|encoded| BASE64_STANDARD.decode(encoded).ok());
        given.is_some_and(|given| mac.clone().verify_slice(&given).is_ok())
    };
    now.abs_diff(at) <= TOLERANCE_SECONDS && signatures.split(' ').any(is_good)
}
