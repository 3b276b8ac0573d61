//! What `quintet serve` says when it is ready: where it is, what it works on, and what comes next. No secret is in it.

use crate::data::DataLocation;
use anyhow::Result;
use shared::{
    config::{Config, ModelProvider},
    service::Services,
};
use std::{
    io::{Write, stdout},
    net::SocketAddr,
    path::absolute,
};

/// Prints that the server is ready on `address`. The first line is the one that scripts wait for.
pub async fn announce(services: &Services, address: SocketAddr, place: &DataLocation) -> Result<()> {
    let config = &services.config;
    let host = if address.ip().is_unspecified() { "localhost".to_owned() } else { host(address) };
    let data = match place {
        DataLocation::Directory(directory) => absolute(directory)?.display().to_string(),
        DataLocation::Memory(_) => "in memory: gone when the process ends".to_owned(),
    };
    let administrator = match services.users.has_administrator().await? {
        true => "there is one".to_owned(),
        false => format!("none yet; {}", how_to_make_one(place)),
    };
    let rows = [
        ("data", data),
        ("model", model(config)),
        ("limits", limits(config)),
        ("documentation", format!("http://{host}:{}/docs", address.port())),
        ("administrator", administrator),
    ];
    let rows = rows.map(|(name, value)| format!("  {name:<15}{value}\n")).concat();
    // One write, so that a reader that closes the pipe after the first line breaks nothing.
    let lines = format!("Quintet is ready on http://{address}\n{rows}");
    if let Err(error) = stdout().lock().write_all(lines.as_bytes()) {
        tracing::debug!(%error, "nobody reads that the server is ready");
    }
    Ok(())
}

fn host(address: SocketAddr) -> String {
    match address {
        SocketAddr::V4(address) => address.ip().to_string(),
        SocketAddr::V6(address) => format!("[{}]", address.ip()),
    }
}

/// Who answers.
fn model(config: &Config) -> String {
    let name = config.model.models.default_id().as_str();
    match &config.model.provider {
        ModelProvider::Echo => "echo, which answers with one sentence; MODEL_BASE_URL connects a model".to_owned(),
        // The address may contain a password.
        ModelProvider::OpenAi { base_url, .. } => format!("{name} at {}", base_url.host_str().unwrap_or_default()),
        #[cfg(feature = "bedrock")]
        ModelProvider::Bedrock => format!("{name} of Amazon Bedrock"),
    }
}

/// The rate limits.
fn limits(config: &Config) -> String {
    let limit = |most: u32, what: &str| match most {
        0 => format!("no limit of {what}"),
        most => format!("{most} {what} a minute"),
    };
    match (config.rate_limit_api, config.rate_limit_auth) {
        (0, 0) => "off".to_owned(),
        (api, auth) => format!("{}, {}", limit(api, "requests"), limit(auth, "sign-ins")),
    }
}

fn how_to_make_one(place: &DataLocation) -> String {
    match place {
        DataLocation::Directory(directory) => {
            let data = match directory.to_str() {
                Some(DataLocation::DEFAULT) => String::new(),
                _ => format!(" --data {}", directory.display()),
            };
            format!("`quintet create-admin{data} --username NAME --email ADDRESS` makes one")
        }
        DataLocation::Memory(_) => "QUINTET_ADMIN_EMAIL and QUINTET_ADMIN_PASSWORD make one".to_owned(),
    }
}
