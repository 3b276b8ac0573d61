//! A deployed stack, for the operator's commands: what CloudFormation tells of it, and the services on its tables. For
//! one call, the SDK's client of CloudFormation would add more than a minute to the first build; so the request is
//! signed here, by what signs for the other clients.

use anyhow::{Context, Result, anyhow, bail, ensure};
use aws_config::{Region, SdkConfig};
use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, error::CredentialsError},
};
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use aws_smithy_xml::decode::{Document, try_data};
use aws_types::service_config::ServiceConfigKey;
use reqwest::{Client, StatusCode, header::CONTENT_TYPE, redirect::Policy};
use shared::{
    aws,
    clock::{Clock, SystemClock},
    config::{Config, OF_THE_STACK},
    lambda,
    secrets::NoKeys,
    service::Services,
};
use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, UNIX_EPOCH},
};
use url::{Url, form_urlencoded};

const FORM: &str = "application/x-www-form-urlencoded";
/// How long CloudFormation may take.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a stack tells of itself, by name.
type Outputs = HashMap<String, String>;

/// The services of the deployed stack `name`, with the operator's own credentials and on what the stack's outputs
/// name. They neither make nor check tokens.
pub async fn open(name: &str) -> Result<Services> {
    let aws = aws::load().await;
    let outputs = outputs(&aws, name).await?;
    if let Some(missing) = OF_THE_STACK.map(output_name).into_iter().find(|output| !outputs.contains_key(output)) {
        bail!("the stack {name} has no output {missing}: is it one of Quintet, and of this version?");
    }
    let config = Config::read_on_aws(|setting| outputs.get(&output_name(setting)).cloned())?;
    Ok(lambda::on_aws(config, &aws, Arc::new(NoKeys))?)
}

/// The output that has a setting's value: `TABLE_USERS` is `TableUsers`.
fn output_name(setting: &str) -> String {
    let capitalized = |word: &str| word.get(..1).map(|first| first.to_owned() + &word[1..].to_ascii_lowercase());
    setting.split('_').filter_map(capitalized).collect()
}

/// Asks CloudFormation.
async fn outputs(aws: &SdkConfig, stack: &str) -> Result<Outputs> {
    let region = aws
        .region()
        .filter(|region| !region.as_ref().is_empty())
        .context("no AWS region: set AWS_REGION, or `region` in the profile")?;
    let credentials = credentials(aws).await?;
    let endpoint = endpoint(aws, region)?;
    let form = [("Action", "DescribeStacks"), ("Version", "2010-05-15"), ("StackName", stack)];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
    let signatures = signatures(credentials, region, &endpoint, &body)?;
    let mut request = Client::builder()
        .timeout(PATIENCE)
        .redirect(Policy::none())
        .build()?
        .post(endpoint.clone())
        .header(CONTENT_TYPE, FORM);
    for (name, value) in signatures {
        request = request.header(name, value);
    }
    let answer = request.body(body).send().await.context("CloudFormation cannot be reached")?;
    let status = answer.status();
    let text = answer.text().await.context("CloudFormation's answer broke off")?;
    match status {
        StatusCode::OK => read_outputs(&text),
        _ => Err(refusal(stack, region, status, &text)),
    }
}

async fn credentials(aws: &SdkConfig) -> Result<Credentials> {
    let provider = aws.credentials_provider().context("no AWS credentials")?;
    match provider.provide_credentials().await {
        Ok(credentials) => Ok(credentials),
        // It would list where it looked.
        Err(CredentialsError::CredentialsNotLoaded(_)) => {
            bail!("no AWS credentials: try `eval \"$(aws configure export-credentials --format env)\"`")
        }
        Err(error) => Err(error).context("the AWS credentials cannot be used"),
    }
}

/// As the SDK's clients find theirs.
fn endpoint(aws: &SdkConfig, region: &Region) -> Result<Url> {
    let key = ServiceConfigKey::builder().service_id("CloudFormation").env("AWS_ENDPOINT_URL").profile("endpoint_url");
    let own = aws.service_config().and_then(|config| config.load_config(key.build().ok()?));
    let suffix = if region.as_ref().starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let url = own
        .or_else(|| aws.endpoint_url().map(str::to_owned))
        .unwrap_or_else(|| format!("https://cloudformation.{region}.{suffix}"));
    Url::parse(&url).with_context(|| format!("`{url}` is no URL of a service"))
}

/// The headers that sign a form.
fn signatures(
    credentials: Credentials,
    region: &Region,
    endpoint: &Url,
    body: &str,
) -> Result<Vec<(&'static str, String)>> {
    let identity = credentials.into();
    let parameters = SigningParams::builder()
        .identity(&identity)
        .region(region.as_ref())
        .name("cloudformation")
        .time(UNIX_EPOCH + Duration::from_millis(SystemClock.now().millis()))
        .settings(SigningSettings::default())
        .build()?
        .into();
    let headers = [("content-type", FORM)].into_iter();
    let request = SignableRequest::new("POST", endpoint.as_str(), headers, SignableBody::Bytes(body.as_bytes()))?;
    let (headers, _) = sign(request, &parameters)?.into_parts().0.into_parts();
    Ok(headers.iter().map(|header| (header.name(), header.value().to_owned())).collect())
}

fn read_outputs(xml: &str) -> Result<Outputs> {
    ensure!(xml.trim_end().ends_with("</DescribeStacksResponse>"), "CloudFormation's answer is not complete");
    let (mut outputs, mut name, mut value) = (Outputs::new(), None, None);
    for (element, text) in texts(xml, &["member", "OutputKey", "OutputValue"])? {
        match element {
            "OutputKey" => name = Some(text),
            "OutputValue" => value = Some(text),
            _ => (name, value) = (None, None),
        }
        if let (Some(name), Some(value)) = (&name, &value) {
            outputs.insert(name.clone(), value.clone());
        }
    }
    ensure!(!outputs.is_empty(), "the stack has no outputs: is it one of Quintet, and is it complete?");
    Ok(outputs)
}

fn refusal(stack: &str, region: &Region, status: StatusCode, xml: &str) -> anyhow::Error {
    let texts = texts(xml, &["Code", "Message"]).unwrap_or_default();
    // In one line, as whatever an operator's command says.
    let of = |wanted: &str| {
        let found = texts.iter().find(|(element, _)| *element == wanted);
        found.map(|(_, text)| text.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    match (of("Code").as_deref(), of("Message").as_deref()) {
        (Some("ValidationError"), Some(message)) if message.ends_with("does not exist") => {
            anyhow!("there is no stack {stack} in {region}")
        }
        (Some(code), Some(message)) => anyhow!("CloudFormation refuses: {message} ({code})"),
        _ => anyhow!("CloudFormation answers {status}"),
    }
}

/// The elements of these names, in order, each with its text if that is all there is in it.
fn texts<'n>(xml: &str, names: &[&'n str]) -> Result<Vec<(&'n str, String)>> {
    let (mut document, mut texts) = (Document::new(xml), Vec::new());
    while let Some(element) = document.next_start_element() {
        if let Some(name) = names.iter().find(|name| element.matches(name)) {
            let text = match *name {
                "member" => String::new(),
                _ => try_data(&mut document.scoped_to(element)).context("CloudFormation's answer")?.into_owned(),
            };
            texts.push((*name, text));
        }
    }
    Ok(texts)
}
