//! Vectors of texts, from any OpenAI-compatible endpoint for embeddings. They are asked for and repeated as answers of chat
//! models are.

use super::{
    endpoint::{Endpoint, NoResponse, beginning, lost},
    error::ProviderError,
    retry::Attempts,
};
use crate::{
    clock::Clock,
    entropy::Entropy,
    model::{
        ModelError,
        failure::Failure,
        waiting::{Missing, next_part},
    },
};
use bytes::Bytes;
use reqwest::Response;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use url::Url;

/// The most bytes of an answer for each text: 8,192 numbers of up to 25 characters.
const ANSWER_MAX_EACH: usize = 8_192 * 26;

/// The settings of [`Embeddings`].
#[derive(Clone)]
pub struct EmbeddingsSettings {
    /// The address of the API, up to and without `/embeddings`. Its query is sent with every request.
    pub base_url: Url,
    /// The key, sent as a bearer token.
    pub api_key: Option<SecretString>,
    /// The model, as its provider names it.
    pub model: String,
}

/// Makes vectors of texts. Cheap to clone.
#[derive(Clone)]
pub struct Embeddings(Arc<Inner>);

struct Inner {
    model: String,
    endpoint: Endpoint,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// `{"model": "small", "input": ["Hello"]}`
#[derive(Serialize)]
struct Request<'a> {
    model: &'a str,
    input: &'a [String],
}

/// `{"data": [{"index": 0, "embedding": [0.1, -0.2]}]}`
#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    /// Some providers leave it out. Then the items are in the order of the texts.
    index: Option<usize>,
    embedding: Vec<f32>,
}

impl Embeddings {
    /// A client for one provider and one model.
    pub fn new(settings: EmbeddingsSettings, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let EmbeddingsSettings { base_url, api_key, model } = settings;
        Self(Arc::new(Inner { model, endpoint: Endpoint::new(base_url, api_key), clock, entropy }))
    }

    /// The model.
    pub fn model(&self) -> &str {
        &self.0.model
    }

    /// The vector of each text, in order. The texts are not empty.
    ///
    /// # Errors
    /// If the provider does not make them within the time limit. That is logged here, without the provider's texts.
    pub async fn embed(&self, texts: &[String], time_limit: Duration) -> Result<Vec<Vec<f32>>, ModelError> {
        let embedded = self.0.embed(texts, Instant::now() + time_limit).await;
        embedded.map_err(|failure| {
            failure.log("the provider made no vectors");
            failure.error
        })
    }
}

impl Inner {
    async fn embed(&self, texts: &[String], deadline: Instant) -> Result<Vec<Vec<f32>>, Failure> {
        let body = serde_json::to_vec(&Request { model: &self.model, input: texts });
        let body = Bytes::from(body.map_err(|_| ModelError::Broken("a request cannot be written"))?);
        let response = self.ask(body, deadline).await?;
        let answer = read(response, texts.len().saturating_mul(ANSWER_MAX_EACH), deadline).await?;
        in_order(answer, texts.len()).ok_or_else(|| ModelError::Broken("there is not one vector for each text").into())
    }

    /// Asks until there is a response with a status of success.
    async fn ask(&self, body: Bytes, deadline: Instant) -> Result<Response, Failure> {
        let mut attempts = Attempts::default();
        loop {
            attempts.begin();
            match self.endpoint.post(&["embeddings"], body.clone(), deadline).await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let (status, headers) = (response.status().as_u16(), response.headers().clone());
                    let refusal = ProviderError::read(status, &beginning(response, deadline).await);
                    attempts.pause(&refusal, &headers, (&*self.clock, &*self.entropy), deadline).await?;
                }
                Err(NoResponse::Lost(_)) if attempts.may_repeat_lost() => {}
                Err(NoResponse::Lost(failure) | NoResponse::Failed(failure)) => return Err(failure),
            }
        }
    }
}

/// Reads an answer of at most `most` bytes.
async fn read(mut response: Response, most: usize, deadline: Instant) -> Result<Answer, Failure> {
    let mut bytes = Vec::new();
    loop {
        match next_part(deadline, false, response.chunk()).await {
            Ok(Some(part)) if bytes.len() + part.len() > most => {
                return Err(ModelError::Broken("the answer is too long").into());
            }
            Ok(Some(part)) => bytes.extend_from_slice(&part),
            Ok(None) => break,
            Err(Missing::Lost(error)) => return Err(lost(ModelError::Broken("the connection was lost"), error)),
            Err(Missing::TimedOut) => return Err(ModelError::TimedOut.into()),
        }
    }
    serde_json::from_slice(&bytes).map_err(|_| ModelError::Broken("the answer has no vectors").into())
}

/// The vectors in the order of their texts. `None` if there is not one for each text, of the same dimensions.
fn in_order(Answer { data }: Answer, texts: usize) -> Option<Vec<Vec<f32>>> {
    let mut vectors = vec![Vec::new(); texts];
    let dimensions = data.first().map_or(0, |item| item.embedding.len());
    for (position, Item { index, embedding }) in data.into_iter().enumerate() {
        let vector = vectors.get_mut(index.unwrap_or(position)).filter(|vector| vector.is_empty())?;
        *vector = embedding;
    }
    (dimensions > 0 && vectors.iter().all(|vector| vector.len() == dimensions)).then_some(vectors)
}
