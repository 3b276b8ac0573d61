//! Whether the service works, found out by really asking its parts.

use super::limits::{Address, Limits};
use crate::{blobs::Blobs, clock::Clock, domain::Error, model::ChatModel, queue::Queue, store::Store};
use std::{sync::Arc, time::Duration};

/// A part that does not answer within this time is down.
const PATIENCE: Duration = Duration::from_secs(3);

/// How a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// It answered.
    Healthy {
        /// How long it took.
        latency: Duration,
    },
    /// It failed, or did not answer in time.
    Unhealthy {
        /// How long it was waited for.
        latency: Duration,
    },
}

/// How the parts are.
#[derive(Debug, Clone, Copy)]
pub struct Report {
    /// DynamoDB.
    pub database: Condition,
    /// S3.
    pub storage: Condition,
    /// The chat model.
    pub model: Condition,
    /// SQS.
    pub queue: Condition,
}

impl Report {
    /// Whether no part is down.
    pub fn is_healthy(&self) -> bool {
        let parts = [self.database, self.storage, self.model, self.queue];
        !parts.iter().any(|part| matches!(part, Condition::Unhealthy { .. }))
    }
}

/// Health.
pub struct Health {
    store: Arc<Store>,
    blobs: Blobs,
    queue: Queue,
    model: Arc<dyn ChatModel>,
    limits: Limits,
    clock: Arc<dyn Clock>,
}

impl Health {
    /// Of these parts.
    pub fn new(
        store: Arc<Store>,
        blobs: Blobs,
        queue: Queue,
        model: Arc<dyn ChatModel>,
        limits: Limits,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self { store, blobs, queue, model, limits, clock }
    }

    /// Asks all parts at once, for a visitor at `address`. A database that cannot even count the visitor
    /// is what the report is about, so that alone does not refuse it.
    pub async fn report(&self, address: &Address) -> Result<Report, Error> {
        match self.limits.visit(address).await {
            Err(limited @ Error::RateLimited(_)) => Err(limited),
            _ => Ok(self.probe_all().await),
        }
    }

    async fn probe_all(&self) -> Report {
        let database = self.probe(self.store.probe());
        let storage = self.probe(self.blobs.probe());
        let model = self.probe(self.model.probe());
        let queue = self.probe(self.queue.probe());
        let (database, storage, model, queue) = futures::future::join4(database, storage, model, queue).await;
        Report { database, storage, model, queue }
    }

    async fn probe<E: std::error::Error + 'static>(&self, part: impl Future<Output = Result<(), E>>) -> Condition {
        let began = self.clock.now();
        let answer = tokio::time::timeout(PATIENCE, part).await;
        let latency = self.clock.now().since(began);
        match answer {
            Ok(Ok(())) => Condition::Healthy { latency },
            Ok(Err(error)) => {
                tracing::error!(error = %crate::log::Causes(&error), "a health probe failed");
                Condition::Unhealthy { latency }
            }
            Err(_) => Condition::Unhealthy { latency },
        }
    }
}
