//! The command line of `quintet`.

use crate::{
    admin::{self, AccountName},
    backing,
    data::DataLocation,
    process, serve, stack,
};
use anyhow::{Context, Result, ensure};
use clap::{Args, Parser, Subcommand, value_parser};
use secrecy::SecretString;
use shared::{
    config::{Config, LogSettings},
    domain::money::TOKENS_MAX,
    service::Services,
};
use std::{net::SocketAddr, path::PathBuf};

/// What follows the help of the program.
const EXAMPLES: &str = "\
Examples:
  quintet                        Serves on http://127.0.0.1:8000, with its data in ./.quintet
  quintet serve --in-memory      The same, and keeps nothing
  quintet create-admin --username root --email root@example.com

While it serves, / has the web pages, /docs the requests of the five APIs, and /health/detailed the state of the server.

Everything else is an environment variable: the model (MODEL_BASE_URL), limits, prices, keys. The page docs/settings.md
has all of them, the page docs/command-line.md all commands.";

/// What follows the help of `serve`.
const SERVE_EXAMPLES: &str = "\
Examples:
  quintet serve --listen 127.0.0.1:9000 --data /var/lib/quintet
  MODEL_BASE_URL=http://127.0.0.1:11434/v1 MODEL_NAME=llama3.2 quintet serve
  RATE_LIMIT_AUTH=0 quintet serve --in-memory

Settings are environment variables, which the page docs/settings.md lists. The page docs/self-hosting.md is about
systemd, containers, proxies with TLS, backups and upgrades.";

/// What follows the help of `create-admin`.
const CREATE_ADMIN_EXAMPLES: &str = "\
Examples:
  quintet create-admin --username root --email root@example.com
  quintet create-admin --promote --username ada
  quintet create-admin --promote --email ada@example.com --stack quintet";

/// What follows the help of `grant-tokens`.
const GRANT_EXAMPLES: &str = "\
Examples:
  quintet grant-tokens --username ada --tokens 10000
  quintet grant-tokens --email ada@example.com --tokens 10000 --stack quintet";

/// One chat-assistant backend that speaks five APIs.
#[derive(Parser)]
#[command(name = "quintet", version, args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub struct Command {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    serve: Serve,
}

#[derive(Subcommand)]
enum Action {
    /// Starts everything in one process. This is the default command.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Serve),
    /// Starts only the backing services (DynamoDB, S3, SQS) for functions that run separately.
    Services(ServeBacking),
    /// Creates an administrator, or makes an existing account one with --promote.
    ///
    /// The password of a new account comes from QUINTET_ADMIN_PASSWORD or is asked for. --promote changes no password.
    ///
    /// With --stack it works on AWS and needs the AWS CLI. Region and credentials come from AWS_REGION,
    /// AWS_ACCESS_KEY_ID and so on, or from AWS_PROFILE with keys or a role. For other credentials, such as those of
    /// `aws sso login`, run `eval "$(aws configure export-credentials --format env)"` first.
    #[command(after_help = CREATE_ADMIN_EXAMPLES)]
    CreateAdmin(CreateAdmin),
    /// Adds tokens to the balance of an account.
    ///
    /// Each call adds them once more. With --stack it works on AWS, as `create-admin` does.
    #[command(after_help = GRANT_EXAMPLES)]
    GrantTokens(GrantTokens),
}

#[derive(Args)]
struct Serve {
    /// Address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8000", value_parser = parse_address)]
    listen: SocketAddr,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct ServeBacking {
    /// Loopback address and port to listen on.
    #[arg(long, default_value = "127.0.0.1:8001", value_parser = parse_address)]
    listen: SocketAddr,
    #[command(flatten)]
    data: Data,
}

#[derive(Args)]
struct CreateAdmin {
    /// The name to sign in with.
    #[arg(long, required_unless_present = "promote")]
    username: Option<String>,
    /// The e-mail address.
    #[arg(long, required_unless_present = "promote")]
    email: Option<String>,
    /// Make the existing account with this username or e-mail address an administrator.
    #[arg(long)]
    promote: bool,
    #[command(flatten)]
    target: Target,
}

#[derive(Args)]
struct GrantTokens {
    /// The account's username.
    #[arg(long, required_unless_present = "email")]
    username: Option<String>,
    /// The account's e-mail address.
    #[arg(long)]
    email: Option<String>,
    /// The number of tokens to add.
    #[arg(long, value_name = "N", value_parser = value_parser!(u64).range(1..=TOKENS_MAX))]
    tokens: u64,
    #[command(flatten)]
    target: Target,
}

/// The data that an operator's command works on.
#[derive(Args)]
struct Target {
    /// Directory that holds all data.
    #[arg(long, value_name = "DIR", default_value = DataLocation::DEFAULT)]
    data: PathBuf,
    /// The CloudFormation stack of a deployed Quintet, in place of a directory.
    #[arg(long, value_name = "NAME", conflicts_with = "data")]
    stack: Option<String>,
}

fn parse_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "it is an IP address and a port, such as 127.0.0.1:8000 or [::1]:8000")
}

impl Target {
    /// Opens the data. A directory of a server that runs can be opened, too.
    async fn open(self, config: Config) -> Result<Services> {
        match self.stack {
            Some(stack) => stack::open(&stack).await,
            None => Ok(process::open(&DataLocation::Directory(self.data), config, None)?.services),
        }
    }

    /// Opens data that must exist.
    async fn open_existing(self, config: Config) -> Result<Services> {
        let is_there = self.stack.is_some() || process::has_data(&self.data);
        ensure!(is_there, "{} holds no data: --data names the server's directory", self.data.display());
        self.open(config).await
    }
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
            false => DataLocation::Directory(self.data.unwrap_or_else(|| DataLocation::DEFAULT.into())),
        })
    }
}

impl Command {
    /// Does what the command line says. With `--in-memory` beside `--data`, and the like, it never gets here.
    pub async fn run(self) -> Result<()> {
        let config = Config::from_env()?;
        let is_server = matches!(self.action, None | Some(Action::Serve(_) | Action::Services(_)));
        // What an operator's command has to say is its one line.
        let level = if is_server { config.log.level.clone() } else { "error".to_owned() };
        shared::log::start(&LogSettings { level, json: config.log.json });
        match self.action {
            None => serve::run(self.serve.listen, self.serve.data.place()?, config).await,
            Some(Action::Serve(serve)) => serve::run(serve.listen, serve.data.place()?, config).await,
            Some(Action::Services(services)) => backing::run(services.listen, services.data.place()?, config).await,
            Some(Action::CreateAdmin(create)) => create_admin(create, config).await,
            Some(Action::GrantTokens(grant)) => grant_tokens(grant, config).await,
        }
    }
}

async fn create_admin(create: CreateAdmin, config: Config) -> Result<()> {
    let CreateAdmin { username, email, promote, target } = create;
    let username = match (username, email) {
        (Some(username), Some(email)) if !promote => {
            let password = match &config.admin_password {
                Some(password) => password.clone(),
                None => SecretString::from(
                    rpassword::prompt_password("Password: ")
                        .context("no password: run this in a terminal, or set QUINTET_ADMIN_PASSWORD")?,
                ),
            };
            admin::create(&target.open(config).await?, &username, &email, &password).await?;
            username
        }
        (username, email) => {
            ensure!(username.is_some() || email.is_some(), "--promote needs --username or --email (try --help)");
            admin::promote(&target.open_existing(config).await?, &AccountName { username, email }).await?
        }
    };
    println!("{username} is an administrator now.");
    Ok(())
}

async fn grant_tokens(grant: GrantTokens, config: Config) -> Result<()> {
    let GrantTokens { username, email, tokens, target } = grant;
    let services = target.open_existing(config).await?;
    let (username, balance) = admin::grant(&services, &AccountName { username, email }, tokens).await?;
    println!("{username} has {balance} tokens now.");
    Ok(())
}
