//! Health of the service, found by sending a request to each component.

use super::limits::{Address, Limits};
use crate::{blobs::Blobs, clock::Clock, domain::Error, model::ChatModel, queue::Queue, store::Store};
use std::{sync::Arc, time::Duration};

/// A component that does not answer within this time is unhealthy.
const PATIENCE: Duration = Duration::from_secs(3);

/// The condition of a component.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    /// The component answered.
    Healthy {
        /// The duration of the probe.
        latency: Duration,
    },
    /// The component failed, or did not answer in time.
    Unhealthy {
        /// The duration of the probe.
        latency: Duration,
    },
}

/// The condition of all components.
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
    /// Whether all components are healthy.
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
    /// Probes these components.
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

    /// Probes all components concurrently, for a visitor at `address`. The report is also created if the database fails
    /// to count the visitor, because it reports such failures.
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
