//! The settings that choose Bedrock.

use shared::config::{Config, ModelProvider};

fn read(settings: &[(&str, &str)]) -> Result<Config, String> {
    let look_up = |name: &str| settings.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
    Config::read(look_up).map_err(|error| error.to_string())
}

#[test]
fn bedrock_needs_the_name_of_a_model() {
    let config = read(&[("MODEL_PROVIDER", "bedrock"), ("MODEL_NAME", "amazon.nova-lite-v1:0")]).ok().unwrap();
    assert!(matches!(config.model.provider, ModelProvider::Bedrock));
    assert_eq!(config.model.models.default_id().as_str(), "amazon.nova-lite-v1:0");
    let error = read(&[("MODEL_PROVIDER", "bedrock")]).err();
    assert_eq!(error.as_deref(), Some("MODEL_NAME: is needed with MODEL_PROVIDER=bedrock, unless MODELS is set"));
}
