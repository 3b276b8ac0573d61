//! The command line of `quintet`.

use crate::{admin, serve};
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use shared::config::Config;
use std::{net::SocketAddr, path::PathBuf};

/// One chat-assistant backend that speaks five APIs.
#[derive(Parser)]
#[command(name = "quintet", version, args_conflicts_with_subcommands = true)]
pub struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Action {
    /// Starts everything in this process (what happens without a command, too).
    Serve(Serve),
    /// Makes an administrator. The password comes from QUINTET_ADMIN_PASSWORD or is asked for.
    CreateAdmin(CreateAdmin),
}

#[derive(Args)]
struct Serve {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000")]
    listen: SocketAddr,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct CreateAdmin {
    /// The name to sign in with.
    #[arg(long)]
    username: String,
    /// The e-mail address.
    #[arg(long)]
    email: String,
    /// Directory that holds all data.
    #[arg(long, value_name = "DIR", default_value = ".quintet")]
    data: PathBuf,
}

/// Where data is kept.
#[derive(Args)]
#[group(multiple = false)]
struct Data {
    /// Directory that holds all data [default: ./.quintet].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep nothing: all data is gone when the process ends.
    #[arg(long)]
    in_memory: bool,
}

impl Data {
    fn place(self) -> Result<serve::Place> {
        Ok(match self.in_memory {
            true => serve::Place::Memory(tempfile::tempdir().context("no temporary directory can be made")?),
            false => serve::Place::Directory(self.data.unwrap_or_else(|| ".quintet".into())),
        })
    }
}

impl Command {
    /// Does what the command line says. With `--in-memory` beside `--data`, and the like, it never gets here.
    pub async fn run(self) -> Result<()> {
        let config = Config::from_env()?;
        shared::log::start(&config.log);
        match self.action {
            None => serve::run(self.serve.listen, self.serve.data.place()?, config).await,
            Some(Action::Serve(serve)) => serve::run(serve.listen, serve.data.place()?, config).await,
            Some(Action::CreateAdmin(create)) => create_admin(create, config).await,
        }
    }
}

async fn create_admin(CreateAdmin { username, email, data }: CreateAdmin, config: Config) -> Result<()> {
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => SecretString::from(rpassword::prompt_password("Password: ").context("no password was given")?),
    };
    let services = serve::open(&serve::Place::Directory(data), config)?.services;
    admin::create(&services, &username, &email, &password).await?;
    println!("{username} is an administrator now.");
    Ok(())
}
