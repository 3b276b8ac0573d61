//! Where the log goes: one line per event to standard error, as text or as JSON.

use crate::config::LogSettings;
use tracing_subscriber::{EnvFilter, fmt};

/// Starts logging. Once per process; later calls change nothing.
pub fn start(settings: &LogSettings) {
    let filter = EnvFilter::builder().parse_lossy(&settings.level);
    let lines = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start (tests share a process) leaves the first one in place.
    let started = if settings.json { lines.json().try_init() } else { lines.with_ansi(false).try_init() };
    drop(started);
}
