//! Spec 001, "Health".

use super::error;
use crate::world::{Fault, Moment, OVER_SDK, QueueFault, World};
use axum::http::Method;
use serde_json::json;

const BASIC: [&str; 4] = ["/health", "/health/", "/api/v1/health", "/api/v1/health/"];
const DETAILED: [&str; 4] =
    ["/health/detailed", "/health/detailed/", "/api/v1/health/detailed", "/api/v1/health/detailed/"];

fn database_down() -> Fault {
    Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }
}

#[tokio::test]
async fn anybody_hears_that_the_process_answers() {
    let world = World::new();
    for path in BASIC {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({"status": "healthy"}), "{path}");
    }
}

#[tokio::test]
async fn a_bad_credential_does_not_matter() {
    let world = World::new();
    for path in BASIC.into_iter().chain(DETAILED) {
        let reply = world.anonymous().bearing("nonsense").get(path).await;
        assert_eq!(reply.status, 200, "{path}");
    }
}

#[tokio::test]
async fn every_component_is_asked() {
    let world = World::with(&[OVER_SDK]);
    for path in DETAILED {
        world.faults().plan(None);
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(
            reply.body,
            json!({
                "status": "healthy",
                "components": {
                    "database": {"status": "healthy", "latency_ms": 0},
                    "storage": {"status": "healthy", "latency_ms": 0},
                    "model": {"status": "healthy", "latency_ms": 0},
                    "queue": {"status": "healthy", "latency_ms": 0},
                },
            }),
            "{path}"
        );
        assert!(!world.faults().calls().is_empty(), "{path}");
    }
}

#[tokio::test]
async fn the_database_is_down() {
    let world = World::with(&[OVER_SDK]);
    world.faults().plan(Some(database_down()));
    for path in DETAILED {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 503, "{path}");
        assert_eq!(
            reply.body,
            json!({
                "status": "unhealthy",
                "components": {
                    "database": {"status": "unhealthy", "latency_ms": 0},
                    "storage": {"status": "healthy", "latency_ms": 0},
                    "model": {"status": "healthy", "latency_ms": 0},
                    "queue": {"status": "healthy", "latency_ms": 0},
                },
            }),
            "{path}"
        );
    }
    assert!(world.faults().hits() > 0);
}

#[tokio::test]
async fn the_storage_is_down() {
    let world = World::new();
    std::fs::remove_dir_all(world.storage()).unwrap();
    let reply = world.anonymous().get("/health/detailed").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body["components"]["storage"], json!({"status": "unhealthy", "latency_ms": 0}));
    assert_eq!(reply.body["components"]["database"]["status"], "healthy");
}

#[tokio::test]
async fn the_queue_is_down_and_back() {
    let world = World::new();
    let parts = |queue: &str| {
        let healthy = json!({"status": "healthy", "latency_ms": 0});
        let queue = json!({"status": queue, "latency_ms": 0});
        json!({"database": healthy, "storage": healthy, "model": healthy, "queue": queue})
    };
    for fault in
        [QueueFault::Lost, QueueFault::Refused(500, "InternalFailure"), QueueFault::Refused(403, "InvalidSecurity")]
    {
        world.queue_faults.always(Some(fault));
        for path in DETAILED {
            let reply = world.anonymous().get(path).await;
            assert_eq!(reply.status, 503, "{path}, {fault:?}");
            assert_eq!(reply.body, json!({"status": "unhealthy", "components": parts("unhealthy")}), "{path}");
        }
        world.queue_faults.always(None);
        let reply = world.anonymous().get(DETAILED[0]).await;
        assert_eq!(reply.status, 200, "{fault:?}");
        assert_eq!(reply.body, json!({"status": "healthy", "components": parts("healthy")}), "{fault:?}");
        assert_eq!(world.queue_faults.calls().len(), 1, "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_queue_that_does_not_answer_is_down() {
    let world = World::new();
    world.queue_faults.always(Some(QueueFault::Hang));
    let reply = world.anonymous().get("/health/detailed").await;
    assert_eq!(reply.status, 503);
    assert_eq!(reply.body["components"]["queue"], json!({"status": "unhealthy", "latency_ms": 0}));
    assert_eq!(reply.body["components"]["database"]["status"], "healthy");
}

#[tokio::test]
async fn the_process_answers_while_the_database_is_down() {
    let world = World::with(&[OVER_SDK]);
    world.faults().plan(Some(database_down()));
    for path in BASIC {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert_eq!(reply.body, json!({"status": "healthy"}), "{path}");
    }
    assert!(world.faults().calls().is_empty());
}

#[tokio::test]
async fn the_database_is_back() {
    let world = World::with(&[OVER_SDK]);
    world.faults().plan(Some(database_down()));
    assert_eq!(world.anonymous().get("/health/detailed").await.status, 503);
    world.faults().plan(None);
    assert_eq!(world.anonymous().get("/health/detailed").await.status, 200);
}

#[tokio::test]
async fn another_method() {
    let world = World::new();
    for path in BASIC.into_iter().chain(DETAILED) {
        let reply = world.anonymous().send(Method::DELETE, path, None, Vec::new()).await;
        assert_eq!(reply.status, 405, "{path}");
        assert_eq!(reply.header("allow"), "GET,HEAD", "{path}");
        assert_eq!(reply.body, error(405, "METHOD_NOT_ALLOWED", "Method \"DELETE\" not allowed."), "{path}");
    }
}

#[tokio::test]
async fn an_unknown_path_below_health() {
    let world = World::new();
    for path in ["/health/nothing", "/api/v1/health/nothing"] {
        let reply = world.anonymous().get(path).await;
        assert_eq!(reply.status, 404, "{path}");
        assert_eq!(reply.body, error(404, "NOT_FOUND", "Not found."), "{path}");
    }
}
