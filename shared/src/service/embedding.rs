//! Vectors of passages and questions, where the operator names a provider of embeddings. They only add to the search by
//! words: without a provider, or if it fails, that search works alone.

use crate::{domain::Error, model::Embeddings};
use bytes::Bytes;
use futures::{StreamExt, stream};
use knowledge::{Direction, Index, Question, VectorsBuilder};
use std::{pin::pin, time::Duration};
use tokio::time::Instant;

/// How many passages a request has. Some providers take no more.
const PASSAGES_A_REQUEST: u32 = 32;
/// How many requests for one file run at once.
const REQUESTS_AT_ONCE: usize = 4;
/// The most bytes of a file's vectors. Turns read them, and keep them in memory.
pub const VECTORS_MAX: usize = 16 * 1024 * 1024;
/// How long a turn waits for the vector of its question.
const QUESTION_LIMIT: Duration = Duration::from_secs(5);

/// Makes vectors. Cheap to clone.
#[derive(Clone)]
pub struct Embedder {
    embeddings: Embeddings,
    /// The least cosine of a passage that is found by its meaning alone.
    min_similarity: f32,
}

/// What a question means.
pub struct AskedMeaning {
    /// The direction of its vector.
    pub direction: Direction,
    /// The least cosine of a passage that is found by its meaning alone.
    pub min_similarity: f32,
}

impl Embedder {
    /// Makes vectors with `embeddings`. `min_similarity` is the least cosine of a passage that is found by its meaning alone.
    pub fn new(embeddings: Embeddings, min_similarity: f32) -> Self {
        Self { embeddings, min_similarity }
    }

    /// The name of the model that makes the vectors.
    pub fn model(&self) -> &str {
        self.embeddings.model()
    }

    /// The vectors of a file's passages, to be stored. `None` if the provider failed, which was logged, or if the file has
    /// too many passages.
    ///
    /// # Errors
    /// `Internal` if `index` is not an index.
    pub async fn of_file(&self, text: &[u8], index: &[u8], deadline: Instant) -> Result<Option<Bytes>, Error> {
        let index = Index::parse(index).map_err(Error::internal)?;
        let (index, passages) = (&index, index.passages());
        let requests = stream::iter((0..passages).step_by(PASSAGES_A_REQUEST as usize)).map(async |first: u32| {
            let some = first..passages.min(first + PASSAGES_A_REQUEST);
            let texts: Vec<String> = some.map(|passage| passage_text(text, index, passage)).collect();
            self.embeddings.embed(&texts, deadline.saturating_duration_since(Instant::now())).await
        });
        let mut requests = pin!(requests.buffered(REQUESTS_AT_ONCE));
        let mut vectors = VectorsBuilder::default();
        while let Some(made) = requests.next().await {
            let Ok(made) = made else { return Ok(None) };
            let are_added = made.into_iter().all(|vector| Direction::of(vector).is_some_and(|one| vectors.push(&one)));
            if !are_added || vectors.bytes() > VECTORS_MAX {
                tracing::warn!(are_added, bytes = vectors.bytes(), "a file is searched by words alone");
                return Ok(None);
            }
        }
        Ok(Some(vectors.finish(self.model()).into()))
    }

    /// What a question means. `None` if it asks for nothing, and if the provider failed, which was logged.
    pub async fn of_question(&self, question: &Question<'_>) -> Option<AskedMeaning> {
        let text = question.meaning()?;
        let vector = self.embeddings.embed(&[text], QUESTION_LIMIT).await.ok()?.pop()?;
        Some(AskedMeaning { direction: Direction::of(vector)?, min_similarity: self.min_similarity })
    }
}

fn passage_text(text: &[u8], index: &Index, passage: u32) -> String {
    let place = index.passage(passage);
    let range = place.map(|place| place.start as usize..place.end as usize).unwrap_or_default();
    String::from_utf8_lossy(text.get(range).unwrap_or_default()).trim().to_owned()
}
