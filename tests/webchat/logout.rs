//! Spec 002, "Authentication API", "Logout".

use super::*;
use crate::world::PASSWORD;

async fn logout(actor: &Actor, refresh: &str) -> Reply {
    actor.post(LOGOUT, json!({"refresh": refresh})).await
}

async fn refresh(actor: &Actor) -> Reply {
    actor.post(REFRESH, json!({"refresh": actor.refresh})).await
}

async fn assert_signed_in(actor: &Actor) {
    assert_eq!(actor.get(PROFILE).await.status, 200);
    assert_eq!(refresh(actor).await.status, 200);
}

async fn assert_signed_out(actor: &Actor) {
    assert_invalid_token(&actor.get(PROFILE).await);
    assert_invalid_refresh(&refresh(actor).await);
}

#[tokio::test]
async fn the_example_of_the_document() {
    let world = World::new();
    let alice = world.user("alice").await;
    let reply = logout(&alice, &alice.refresh).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"message": "Logout successful"}));
    assert_signed_out(&alice).await;
    assert_invalid_token(&logout(&alice, &alice.refresh).await);
}

#[tokio::test]
async fn access_tokens_from_a_refresh_end_too() {
    let world = World::new();
    let alice = world.user("alice").await;
    let mut renewed = refresh(&alice).await;
    let later = alice.bearing(&take_jwt(&mut renewed, "access"));
    assert_eq!(logout(&alice, &alice.refresh).await.status, 200);
    assert_invalid_token(&later.get(PROFILE).await);
}

#[tokio::test]
async fn without_a_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    assert_no_credential(&logout(&world.anonymous(), &alice.refresh).await);
    assert_signed_in(&alice).await;
}

#[tokio::test]
async fn with_the_refresh_token_as_the_credential() {
    let world = World::new();
    let alice = world.user("alice").await;
    assert_invalid_token(&logout(&alice.bearing(&alice.refresh), &alice.refresh).await);
    assert_signed_in(&alice).await;
}

#[tokio::test]
async fn a_body_without_a_refresh_token() {
    let world = World::new();
    let alice = world.user("alice").await;
    let wrong = [
        (json!({}), "This field is required."),
        (json!({"refresh": ""}), "This field may not be blank."),
        (json!({"refresh": null}), "This field may not be null."),
        (json!({"refresh": false}), "Not a valid string."),
        (json!({"refresh": [alice.refresh.clone()]}), "Not a valid string."),
    ];
    for (body, message) in wrong {
        let reply = alice.post(LOGOUT, body.clone()).await;
        assert_eq!(reply.status, 400, "{body}");
        assert_eq!(reply.body, json!({"refresh": [message]}), "{body}");
    }
    assert_signed_in(&alice).await;
}

#[tokio::test]
async fn somebody_elses_refresh_token() {
    let world = World::new();
    let (alice, bob) = (world.user("alice").await, world.user("bob").await);
    let foreign = logout(&alice, &bob.refresh).await;
    assert_eq!(foreign.status, 400);
    assert_eq!(foreign.body, json!({"refresh": ["Token is invalid or expired."]}));
    assert_signed_in(&alice).await;
    assert_signed_in(&bob).await;
    assert_same(&logout(&alice, "nonsense").await, &foreign);
}

#[tokio::test]
async fn something_that_is_not_a_refresh_token() {
    let world = World::new();
    let alice = world.user("alice").await;
    for token in ["nonsense", "a.b.c", alice.token()] {
        let reply = logout(&alice, token).await;
        assert_eq!(reply.status, 400, "{token}");
        assert_eq!(reply.body, json!({"refresh": ["Token is invalid or expired."]}));
    }
    assert_signed_in(&alice).await;
}

#[tokio::test]
async fn other_sign_ins_go_on() {
    let world = World::new();
    let phone = world.user("alice").await;
    let (laptop, bob) = (sign_in_again(&world, "alice").await, world.user("bob").await);
    assert_eq!(logout(&phone, &phone.refresh).await.status, 200);
    assert_signed_out(&phone).await;
    assert_signed_in(&laptop).await;
    assert_signed_in(&bob).await;
}

#[tokio::test]
async fn the_refresh_token_of_another_sign_in_of_ones_own() {
    let world = World::new();
    let phone = world.user("alice").await;
    let laptop = sign_in_again(&world, "alice").await;
    let reply = logout(&phone, &laptop.refresh).await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.body, json!({"message": "Logout successful"}));
    assert_signed_out(&phone).await;
    assert_signed_out(&laptop).await;
}

#[tokio::test]
async fn with_a_token_of_the_reports_dialect() {
    let world = World::new();
    let alice = world.user("alice").await;
    let body = json!({"username": "alice", "password": PASSWORD});
    let reply = world.anonymous().post("/api/v1/tokens/", body).await;
    let opaque = alice.authorized(&format!("Token {}", reply.body["token"].as_str().unwrap()));
    assert_eq!(logout(&opaque, &alice.refresh).await.status, 200);
    assert_invalid_token(&opaque.get(PROFILE).await);
    assert_signed_out(&alice).await;
}
