//! Logging: one line per event to standard error, as text or as JSON.

use crate::config::LogSettings;
use std::{error::Error, fmt::Display};
use tracing_subscriber::{EnvFilter, fmt};

/// The crates whose details may be logged. Those of libraries contain whole requests to AWS, with password hashes and
/// webhook secrets.
pub const CRATES: [&str; 21] = [
    "assistants",
    "auth",
    "balances",
    "chat",
    "deliver",
    "dispatch",
    "docs",
    "files",
    "health",
    "index",
    "janitor",
    "live",
    "local",
    "models",
    "quintet",
    "realtime",
    "shared",
    "tools",
    "users",
    "web",
    "webhooks",
];

/// Starts logging, once per process. Later calls have no effect.
pub fn start(settings: &LogSettings) {
    let filter = EnvFilter::builder().parse_lossy(directives(&settings.level));
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (tests share a process) leaves the first one in place.
    let started = if settings.json { lines.json().try_init() } else { lines.with_ansi(false).try_init() };
    drop(started);
}

/// The directives for the setting `LOG_LEVEL`. Libraries log nothing below `info`.
pub fn directives(setting: &str) -> String {
    let mut directives = Vec::new();
    for entry in setting.split(',').map(str::trim) {
        let (target, level) = entry.split_once('=').map_or((None, entry), |(target, level)| (Some(target), level));
        let is_detailed = ["debug", "trace"].iter().any(|detailed| level.eq_ignore_ascii_case(detailed));
        match target {
            Some(target) if is_detailed && !CRATES.contains(&target.split("::").next().unwrap_or_default()) => {
                directives.push(format!("{target}=info"));
            }
            None if is_detailed => {
                directives.push("info".to_owned());
                directives.extend(CRATES.map(|name| format!("{name}={level}")));
            }
            _ => directives.push(entry.to_owned()),
        }
    }
    directives.join(",")
}

/// An error with the chain of its causes, as `this: because of that`. Needed because the JSON format omits the causes
/// of a field that is an error.
pub struct Causes<'a>(pub &'a (dyn Error + 'a));

impl Display for Causes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut next = self.0.source();
        while let Some(cause) = next {
            write!(f, ": {cause}")?;
            next = cause.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Causes;
    use crate::domain::Error;

    #[test]
    fn an_error_is_told_with_its_causes() {
        let refused = std::io::Error::other("the disk is full");
        let error = Error::internal(std::io::Error::other(Box::new(refused)));
        assert_eq!(Causes(&error).to_string(), "internal error: the disk is full");
    }
}
