//! The command line of `quintet`.

use crate::{admin, backing, data::DataLocation, process, serve, stack};
use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use secrecy::SecretString;
use shared::config::{Config, LogSettings};
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
    /// Starts everything in one process. This is the default command.
    Serve(Serve),
    /// Starts only the backing services (DynamoDB, S3, SQS) for functions that run separately.
    Services(Services),
    /// Creates an administrator. The password comes from QUINTET_ADMIN_PASSWORD or is asked for.
    ///
    /// With --stack it works on AWS and needs the AWS CLI. Region and credentials come from AWS_REGION,
    /// AWS_ACCESS_KEY_ID and so on, or from AWS_PROFILE with keys or a role. For other credentials, such as those of
    /// `aws sso login`, run `eval "$(aws configure export-credentials --format env)"` first.
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
struct Services {
    /// Loopback address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8001")]
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
    /// The CloudFormation stack of a deployed Quintet, in place of a directory.
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    stack: Option<String>,
}

/// Where data is kept.
#[derive(Args)]
#[group(multiple = false)]
struct Data {
    /// Directory that holds all data [default: ./.quintet].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Keep no data after the process ends.
    #[arg(long)]
    in_memory: bool,
}

impl Data {
    fn place(self) -> Result<DataLocation> {
        Ok(match self.in_memory {
            true => DataLocation::temporary()?,
            false => DataLocation::Directory(self.data.unwrap_or_else(|| ".quintet".into())),
        })
    }
}

impl Command {
    /// Does what the command line says. With `--in-memory` beside `--data`, and the like, it never gets here.
    pub async fn run(self) -> Result<()> {
        let config = Config::from_env()?;
        let is_server = !matches!(self.action, Some(Action::CreateAdmin(_)));
        // What an operator's command has to say is its one line.
        let level = if is_server { config.log.level.clone() } else { "error".to_owned() };
        shared::log::start(&LogSettings { level, json: config.log.json });
        match self.action {
            None => serve::run(self.serve.listen, self.serve.data.place()?, config).await,
            Some(Action::Serve(serve)) => serve::run(serve.listen, serve.data.place()?, config).await,
            Some(Action::Services(services)) => backing::run(services.listen, services.data.place()?, config).await,
            Some(Action::CreateAdmin(create)) => create_admin(create, config).await,
        }
    }
}

async fn create_admin(create: CreateAdmin, config: Config) -> Result<()> {
    let CreateAdmin { username, email, data, stack } = create;
    let password = match &config.admin_password {
        Some(password) => password.clone(),
        None => SecretString::from(rpassword::prompt_password("Password: ").context("no password was given")?),
    };
    let services = match stack {
        Some(stack) => stack::open(&stack).await?,
        None => process::open(&DataLocation::Directory(data), config)?.services,
    };
    admin::create(&services, &username, &email, &password).await?;
    println!("{username} is an administrator now.");
    Ok(())
}
