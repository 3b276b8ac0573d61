//! When a request is repeated, and after which pause.

use super::error::ProviderError;
use crate::{
    clock::Clock,
    domain::time::Timestamp,
    entropy::Entropy,
    model::{
        failure::Failure,
        waiting::{PAUSE_MAX, PAUSE_MIN},
    },
};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use std::time::Duration;
use time::{OffsetDateTime, format_description::well_known::Rfc2822};
use tokio::time::{Instant, sleep};

/// The most requests for one answer.
const REQUESTS_MAX: u32 = 10;
/// The most repetitions after failures that have probably nothing to do with load.
const FAILURES_MAX: u32 = 2;

/// The requests for one answer.
#[derive(Default)]
pub(super) struct Attempts {
    requests: u32,
    /// How many the provider answered with an error.
    failures: u32,
    /// Whether a connection ended without a response.
    lost: bool,
}

impl Attempts {
    /// Counts a request that is being sent.
    pub fn begin(&mut self) {
        self.requests += 1;
    }

    /// Whether no other request may follow.
    pub fn are_over(&self) -> bool {
        self.requests >= REQUESTS_MAX
    }

    /// Whether a request is repeated whose connection ended. That happens once.
    pub fn may_repeat_lost(&mut self) -> bool {
        !std::mem::replace(&mut self.lost, true) && !self.are_over()
    }

    /// Waits as long as the headers of an error say, before the request is repeated.
    ///
    /// # Errors
    /// When the request is not to be repeated.
    pub async fn pause(
        &mut self,
        refusal: &ProviderError,
        headers: &HeaderMap,
        (clock, entropy): (&dyn Clock, &dyn Entropy),
        deadline: Instant,
    ) -> Result<(), Failure> {
        self.failures += 1;
        let pause = Hints::read(headers, clock).pause(refusal.status(), self.failures, entropy);
        let pause = pause.filter(|pause| *pause < deadline.duration_since(Instant::now()));
        match pause.filter(|_| !refusal.is_final() && !self.are_over()) {
            Some(pause) => {
                tracing::info!(status = refusal.status(), pause = ?pause, "the provider failed; the request is repeated");
                sleep(pause).await;
                Ok(())
            }
            None => Err(refusal.error().into()),
        }
    }
}

/// What the headers of an error say about repeating the request.
struct Hints {
    after: Option<Duration>,
    should_retry: Option<bool>,
}

impl Hints {
    /// Reads `Retry-After` (seconds, with or without a fraction, or a date), `retry-after-ms` and `x-should-retry`.
    fn read(headers: &HeaderMap, clock: &dyn Clock) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).map(str::trim);
        let millis = text("retry-after-ms").and_then(number).map(|millis| seconds(millis / 1000.0));
        let after = || {
            let value = text(RETRY_AFTER.as_str())?;
            number(value).map(seconds).or_else(|| until(value, clock.now()))
        };
        let should_retry = match text("x-should-retry") {
            Some("true") => Some(true),
            Some("false") => Some(false),
            _ => None,
        };
        Self { after: millis.or_else(after), should_retry }
    }

    /// The pause after which a request is repeated that got this status, and failed so many times. `None` if it is not
    /// repeated.
    fn pause(&self, status: u16, failures: u32, entropy: &dyn Entropy) -> Option<Duration> {
        let most = match (self.should_retry, status) {
            (Some(false), _) => 0,
            (_, 429 | 498 | 503 | 529) => REQUESTS_MAX,
            (_, 408 | 500 | 502 | 504 | 506..) | (Some(true), _) => FAILURES_MAX,
            _ => 0,
        };
        let pause = self.after.filter(|after| !after.is_zero());
        (failures <= most).then(|| pause.unwrap_or_else(|| backoff(failures, entropy)))
    }
}

/// A number without a sign and an exponent.
fn number(text: &str) -> Option<f64> {
    text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.').then(|| text.parse().ok())?
}

fn seconds(seconds: f64) -> Duration {
    Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)
}

/// The time until a date such as `Sun, 06 Nov 1994 08:49:37 GMT`.
fn until(date: &str, now: Timestamp) -> Option<Duration> {
    let date = OffsetDateTime::parse(date, &Rfc2822).ok()?;
    let seconds = u64::try_from(date.unix_timestamp()).unwrap_or(0);
    Some(Timestamp::from_millis(seconds.saturating_mul(1000)).since(now))
}

/// The pause after this many failures, with jitter so that clients do not meet again.
fn backoff(failures: u32, entropy: &dyn Entropy) -> Duration {
    let longest = PAUSE_MIN.saturating_mul(1 << failures.saturating_sub(1).min(8)).min(PAUSE_MAX);
    let share = u32::from(u8::from_le_bytes(entropy.bytes()));
    longest - longest * share / 1024
}
