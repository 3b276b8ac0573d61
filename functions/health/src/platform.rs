//! Spec 001, "Health".

use axum::{extract::State, http::StatusCode, response::IntoResponse};
use serde::Serialize;
use shared::{
    http::{App, ClientAddress, HandlerResult, Json, Platform},
    service::health::{Condition, Report},
};
use utoipa::ToSchema;

/// `{"status": "healthy"}`. Whether the service answers.
#[derive(Serialize, ToSchema)]
#[schema(as = Health, example = json!({"status": "healthy"}))]
pub struct Basic {
    /// Always `healthy`: a service that is not does not answer.
    status: HealthStatus,
}

/// `{"status": "healthy", "components": {"database": {"status": "healthy", "latency_ms": 1}, …}}`.
/// Whether the service and its components work.
#[derive(Serialize, ToSchema)]
#[schema(as = DetailedHealth, example = json!({
    "status": "healthy",
    "components": {
        "database": {"status": "healthy", "latency_ms": 1},
        "storage": {"status": "healthy", "latency_ms": 3},
        "model": {"status": "healthy", "latency_ms": 0},
        "queue": {"status": "healthy", "latency_ms": 2},
    },
}))]
pub struct Detailed {
    /// `healthy` if all components are.
    status: HealthStatus,
    /// The components.
    components: Components,
}

/// The condition of each component.
#[derive(Serialize, ToSchema)]
#[schema(as = HealthComponents)]
pub struct Components {
    /// DynamoDB.
    database: Component,
    /// S3.
    storage: Component,
    /// The chat model.
    model: Component,
    /// SQS.
    queue: Component,
}

/// The condition of a component.
#[derive(Serialize, ToSchema)]
#[schema(as = ComponentHealth)]
pub struct Component {
    /// Whether the component works.
    status: HealthStatus,
    /// How long the check took, in milliseconds.
    latency_ms: u64,
}

/// Whether something works.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthStatus {
    /// It works.
    Healthy,
    /// It does not.
    Unhealthy,
}

/// `GET /health`: reports that the service answers. It checks no component.
#[utoipa::path(get, operation_id = "check", path = "/api/v1/health", security(()), responses((status = 200, body = Basic)))]
pub async fn basic() -> Json<Basic> {
    Json(Basic { status: word(true) })
}

/// `GET /health/detailed`: checks every component.
#[utoipa::path(
    get,
    path = "/api/v1/health/detailed",
    security(()),
    responses((status = 200, body = Detailed), (status = 429), (status = 503, body = Detailed, description = "A component is unhealthy.")),
)]
pub async fn detailed(
    State(app): State<App<Platform>>,
    address: ClientAddress,
) -> HandlerResult<Platform, impl IntoResponse> {
    let report = app.health.report(&address.into()).await?;
    let status = if report.is_healthy() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    Ok((status, Json(Detailed::from(report))))
}

const fn word(healthy: bool) -> HealthStatus {
    if healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy }
}

impl From<Report> for Detailed {
    fn from(report: Report) -> Self {
        let status = word(report.is_healthy());
        let Report { database, storage, model, queue } = report;
        let components =
            Components { database: database.into(), storage: storage.into(), model: model.into(), queue: queue.into() };
        Self { status, components }
    }
}

impl From<Condition> for Component {
    fn from(condition: Condition) -> Self {
        let (status, latency) = match condition {
            Condition::Healthy { latency } => (word(true), latency),
            Condition::Unhealthy { latency } => (word(false), latency),
        };
        Self { status, latency_ms: u64::try_from(latency.as_millis()).unwrap_or(u64::MAX) }
    }
}
