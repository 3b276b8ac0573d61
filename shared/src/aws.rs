//! What all clients of AWS's services have in common.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_smithy_http_client::{
    Builder,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    connector_metadata::ConnectorMetadata,
    http::{HttpClient, HttpConnectorSettings, SharedHttpClient, SharedHttpConnector},
    runtime_components::RuntimeComponents,
};

/// Region, credentials and endpoints, as the environment has them. Loaded once for all clients, which share their
/// connections: root certificates are read once, too.
pub async fn load() -> SdkConfig {
    let connections = Builder::new().tls_provider(Provider::Rustls(CryptoMode::AwsLc)).build_https();
    aws_config::defaults(BehaviorVersion::latest()).http_client(Connections(connections)).load().await
}

/// Makes connections for all clients. For each new client the SDK would have everything made that a connection
/// takes, the parsing of all root certificates among it, only to see whether that works; here the first call does.
#[derive(Debug)]
struct Connections(SharedHttpClient);

impl HttpClient for Connections {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        self.0.http_connector(settings, components)
    }

    fn connector_metadata(&self) -> Option<ConnectorMetadata> {
        self.0.connector_metadata()
    }
}
