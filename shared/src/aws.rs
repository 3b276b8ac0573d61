//! What all clients of AWS's services have in common.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};

/// Region, credentials and endpoints, as the environment has them. Loaded once for all clients, which share their
/// connections: root certificates are read once, too.
pub async fn load() -> SdkConfig {
    let connections = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(connections).load().await
}
