//! Asks a provider: requests until one gets an answer, within the limits of time and number.

use super::{
    OpenAiSettings,
    endpoint::{Endpoint, NoResponse, beginning},
    error::ProviderError,
    request::{Adjustments, Request},
    retry::Attempts,
};
use crate::{
    clock::Clock,
    entropy::Entropy,
    model::{ModelError, Prompt, failure::Failure},
};
use reqwest::Response;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use tokio::time::Instant;

/// A provider of models.
pub(super) struct Provider {
    settings: OpenAiSettings,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    /// What each model needs, as far as this process knows.
    adjustments: Mutex<HashMap<String, Adjustments>>,
}

impl Provider {
    pub fn new(settings: OpenAiSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let endpoint = Endpoint::new(settings.base_url.clone(), settings.api_key.clone());
        Self { settings, endpoint, clock, entropy, adjustments: Mutex::default() }
    }

    /// The model that a prompt asks.
    pub fn model_of<'a>(&'a self, prompt: &'a Prompt) -> &'a str {
        prompt.model.as_deref().unwrap_or(&self.settings.default_model)
    }

    /// Notes that a model sends reasoning that it requires back.
    pub fn return_reasoning(&self, model: &str) {
        self.remember(model, Adjustments { returns_reasoning: true, ..Adjustments::default() });
    }

    fn known(&self, model: &str) -> Adjustments {
        self.adjustments.lock().unwrap_or_else(PoisonError::into_inner).get(model).copied().unwrap_or_default()
    }

    fn remember(&self, model: &str, adjustments: Adjustments) {
        let mut all = self.adjustments.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get_mut(model) {
            // Another answer may have found out something in the meantime.
            Some(known) => *known = known.and(adjustments),
            None => drop(all.insert(model.to_owned(), adjustments)),
        }
    }

    /// Asks until there is a response with a status of success.
    pub async fn ask(&self, prompt: &Prompt, deadline: Instant) -> Result<Response, Failure> {
        let model = self.model_of(prompt);
        let (mut adjustments, mut attempts) = (self.known(model), Attempts::default());
        loop {
            let request = Request::new(prompt, &self.settings, adjustments)?;
            attempts.begin();
            match self.endpoint.post(&["chat", "completions"], request.body.clone(), deadline).await {
                Ok(response) if response.status().is_success() => {
                    self.remember(model, adjustments);
                    return Ok(response);
                }
                Ok(response) => {
                    adjustments = self.prepare_next(response, &request, adjustments, &mut attempts, deadline).await?;
                }
                Err(NoResponse::Lost(_)) if attempts.may_repeat_lost() => {}
                Err(NoResponse::Lost(failure) | NoResponse::Failed(failure)) => return Err(failure),
            }
        }
    }

    /// Waits after an error, or changes what is sent.
    ///
    /// # Errors
    /// When the request is not to be repeated.
    async fn prepare_next(
        &self,
        response: Response,
        request: &Request,
        adjustments: Adjustments,
        attempts: &mut Attempts,
        deadline: Instant,
    ) -> Result<Adjustments, Failure> {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let refusal = ProviderError::read(status, &beginning(response, deadline).await);
        if !attempts.are_over()
            && let Some(adjusted) = refusal.adjusted(request, adjustments)
        {
            tracing::info!(status, "the provider refuses a parameter; the request is repeated without it");
            return Ok(adjusted);
        }
        attempts.pause(&refusal, &headers, (&*self.clock, &*self.entropy), deadline).await?;
        Ok(adjustments)
    }

    /// Asks for the provider's models. A status below 500 means that it is there.
    pub async fn probe(&self) -> Result<(), ModelError> {
        self.endpoint.probe().await
    }
}
