//! Internal failures are reported in the caller's dialect, and the next request works.

use crate::world::{Actor, Answers, Fault, MULTIPART, Moment, OVER_SDK, PASSWORD, Reply, World, multipart};
use serde_json::{Value, json};

/// One request per dialect, by a signed-in user.
async fn one_of_each(alice: &Actor) -> Vec<Reply> {
    let credentials = json!({"username": "alice", "password": PASSWORD, "email": "alice"});
    vec![
        alice.post("/api/v1/tokens/", credentials.clone()).await,
        alice.post("/api/v1/auth/login", credentials).await,
        alice.get("/api/v1/chat/sessions/").await,
        alice.get("/token/").await,
        alice.get("/api/tokens/").await,
    ]
}

fn answers(replies: Vec<Reply>) -> Vec<(u16, Value)> {
    replies.into_iter().map(|reply| (reply.status, reply.body)).collect()
}

async fn assert_works(world: &World, alice: &Actor) {
    world.faults().plan(None);
    for reply in one_of_each(alice).await {
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
}

fn unavailable() -> Vec<(u16, Value)> {
    const SAID: &str = "Service temporarily unavailable, try again later.";
    let detail = json!({"detail": SAID});
    vec![
        (503, detail.clone()),
        (503, json!({"detail": SAID, "status_code": 503, "error_code": "UNAVAILABLE"})),
        (503, detail.clone()),
        (503, detail),
        (503, json!({"error": SAID})),
    ]
}

#[tokio::test]
async fn a_panic() {
    const SAID: &str = "A server error occurred.";
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    world.break_clock(true);
    let replies = answers(one_of_each(&alice).await);
    let detail = json!({"detail": SAID});
    let expected = vec![
        (500, detail.clone()),
        (500, json!({"detail": SAID, "status_code": 500, "error_code": "INTERNAL_ERROR"})),
        (500, detail.clone()),
        (500, detail),
        (500, json!({"error": SAID})),
    ];
    assert_eq!(replies, expected);
    world.break_clock(false);
    assert_works(&world, &alice).await;
}

#[tokio::test]
async fn a_database_that_cannot_be_reached() {
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    world.faults().plan(Some(Fault { call: 0, moment: Moment::BeforeCommit, times: usize::MAX }));
    assert_eq!(answers(one_of_each(&alice).await), unavailable());
    assert_works(&world, &alice).await;
}

#[tokio::test(start_paused = true)]
async fn a_database_that_never_answers() {
    let world = World::with(&[OVER_SDK]);
    let alice = world.user("alice").await;
    world.faults().plan(Some(Fault { call: 0, moment: Moment::Hang, times: usize::MAX }));
    let began = tokio::time::Instant::now();
    assert_eq!(answers(one_of_each(&alice).await), unavailable());
    // Five requests, each well before the gateway's timeout.
    assert!(began.elapsed().as_secs() < 5 * 28, "{:?}", began.elapsed());
    assert_works(&world, &alice).await;
}

/// Two consecutive calls that hang, in a route that makes several: the request as a whole has a limit, too.
#[tokio::test(start_paused = true)]
async fn a_database_that_answers_too_late_again_and_again() {
    let world = World::with(&[OVER_SDK, ("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    world.faults().plan(Some(Fault { call: 2, moment: Moment::Hang, times: 2 }));
    let reply = alice.post("/api/chat/", json!({"message": "Hello"})).await;
    // The third attempt of the call that hung twice succeeds.
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(world.available("alice"), 3900);
}

/// A function whose keys could not be read at its start continues, and so does one whose read never completes.
#[tokio::test(start_paused = true)]
async fn keys_that_cannot_be_read() {
    for how in [Answers::WithFailure, Answers::Never] {
        let world = World::with(&[OVER_SDK]);
        let alice = world.user("alice").await;
        let fresh = world.restarted();
        world.keyring.answers(how);
        let alice = fresh.anonymous().bearing(alice.token());
        let began = tokio::time::Instant::now();
        assert_eq!(answers(one_of_each(&alice).await)[1..], unavailable()[1..], "{how:?}");
        assert!(began.elapsed().as_secs() <= 4 * 28, "{:?}", began.elapsed());
        world.keyring.answers(Answers::Well);
        assert_works(&fresh, &alice).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_fails_or_never_answers() {
    for how in [Answers::WithFailure, Answers::Never] {
        let world = World::with(&[OVER_SDK]);
        let alice = world.user("alice").await;
        let file = world.keep_file("alice", "notes.txt", "Hello").await.id;
        world.s3.answers(how);
        let began = tokio::time::Instant::now();
        let download = alice.get(&format!("/api/v1/files/{file}/content")).await;
        let fields = [("name", "Reporter"), ("company_name", "ACME"), ("instructions", "Write.")];
        let form = multipart(&fields, &[("notes.txt", b"Hello")]);
        let upload = alice.post_raw("/api/v1/assistants/", MULTIPART, form).await;
        let [reports, platform, ..] = &unavailable()[..] else { unreachable!() };
        assert_eq!(
            [(download.status, download.body), (upload.status, upload.body)],
            [platform.clone(), reports.clone()]
        );
        assert!(began.elapsed().as_secs() <= 2 * 28, "{:?}", began.elapsed());
        world.s3.answers(Answers::Well);
        assert_eq!(alice.get(&format!("/api/v1/files/{file}/content")).await.text, "Hello");
    }
}
