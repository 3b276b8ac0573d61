//! A deployed stack, for the operator's commands: its outputs, read with the AWS CLI, and the services on its tables.

use anyhow::{Context, Result, bail, ensure};
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, error::CredentialsError};
use serde::Deserialize;
use shared::{
    aws,
    config::{Config, OF_THE_STACK},
    lambda,
    secrets::NoKeys,
    service::Services,
};
use std::{collections::HashMap, io::ErrorKind, process::Command, sync::Arc};

/// The outputs of a stack, by name.
type Outputs = HashMap<String, String>;

/// One output, as the AWS CLI prints it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Output {
    output_key: String,
    output_value: String,
}

/// The services of the deployed stack `name`, with the operator's own credentials, on the tables that the stack's
/// outputs name. These services cannot issue or check tokens.
pub async fn open(name: &str) -> Result<Services> {
    let aws = aws::load().await;
    let region = aws.region().map(AsRef::as_ref).filter(|region: &&str| !region.is_empty());
    let region = region.context("no AWS region: set AWS_REGION, or `region` in the profile")?;
    check_credentials(&aws).await?;
    let outputs = outputs(name, region)?;
    if let Some(missing) = OF_THE_STACK.map(output_name).into_iter().find(|output| !outputs.contains_key(output)) {
        bail!("the stack {name} has no output {missing}: is it one of Quintet, and of this version?");
    }
    let config = Config::read_on_aws(|setting| outputs.get(&output_name(setting)).cloned())?;
    Ok(lambda::on_aws(config, &aws, Arc::new(NoKeys))?)
}

/// The name of the output that holds a setting's value: `TableUsers` for `TABLE_USERS`.
fn output_name(setting: &str) -> String {
    let capitalized = |word: &str| word.get(..1).map(|first| first.to_owned() + &word[1..].to_ascii_lowercase());
    setting.split('_').filter_map(capitalized).collect()
}

/// Checks that this program finds credentials for the tables. The AWS CLI supports more kinds of credentials.
async fn check_credentials(aws: &SdkConfig) -> Result<()> {
    let provider = aws.credentials_provider().context("no AWS credentials")?;
    match provider.provide_credentials().await {
        Ok(_) => Ok(()),
        // The error's own text would list the sources that were searched.
        Err(CredentialsError::CredentialsNotLoaded(_)) => {
            bail!("no AWS credentials: try `eval \"$(aws configure export-credentials --format env)\"`")
        }
        Err(error) => Err(error).context("the AWS credentials cannot be used"),
    }
}

/// Reads the stack's outputs through the AWS CLI. Blocking is acceptable: this process has no other work.
fn outputs(stack: &str, region: &str) -> Result<Outputs> {
    let asked = Command::new("aws")
        .args(["cloudformation", "describe-stacks", "--query", "Stacks[0].Outputs", "--output", "json"])
        .args([format!("--region={region}"), format!("--stack-name={stack}")])
        .output();
    let output = match asked {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            bail!("the AWS CLI is not installed: --stack needs the command `aws`")
        }
        asked => asked.context("the AWS CLI cannot be run")?,
    };
    if !output.status.success() {
        // On one line, like every error of an operator's command.
        let words = String::from_utf8_lossy(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        bail!("the AWS CLI cannot describe the stack {stack}: {words}");
    }
    let outputs: Option<Vec<Output>> =
        serde_json::from_slice(&output.stdout).context("the AWS CLI printed something else than a stack's outputs")?;
    let outputs = outputs.unwrap_or_default();
    ensure!(!outputs.is_empty(), "the stack {stack} has no outputs: is it one of Quintet, and is it complete?");
    Ok(outputs.into_iter().map(|output| (output.output_key, output.output_value)).collect())
}
