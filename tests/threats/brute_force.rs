//! Guessing passwords and exceeding rate limits: through every endpoint, from many addresses, with forged headers.

use super::{
    routes::Dialect,
    surface::{GUARDED, SIGN_INS, SIGN_UPS, SignInEndpoint, access_in, assert_refused},
};
use crate::world::{Actor, PASSWORD, Reply, World};
use futures::future::join_all;
use serde_json::json;
use std::time::Duration;

const WRONG: &str = "wrong-password";
const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Ten sign-in attempts per minute.
fn guarded() -> World {
    World::with(&[("RATE_LIMIT_AUTH", "10")])
}

/// A different address for every number.
fn elsewhere(world: &World, number: usize) -> Actor {
    let address = format!("198.51.{}.{}", 100 + number / 250, 1 + number % 250);
    world.anonymous().at(&address)
}

/// Asserts the dialect's 429 and the headers with the time to wait. Returns the seconds to wait.
fn assert_limited(reply: &Reply, dialect: Dialect, policy: &str, quota: u32, attack: &str) -> u64 {
    assert_refused(reply, dialect, attack);
    assert_eq!(reply.status, 429, "{attack}: {}", reply.text);
    let wait: u64 = reply.header("retry-after").parse().unwrap();
    // The window is a minute, in slots of ten seconds.
    assert!((1..=70).contains(&wait), "{attack}: {wait}");
    let stated = format!("\"{policy}\";q={quota};w=60");
    assert_eq!(reply.header("ratelimit-policy"), stated, "{attack}");
    let left = format!("\"{policy}\";r=0;t={wait}");
    assert_eq!(reply.header("ratelimit"), left, "{attack}");
    let sentence = format!("Request was throttled. Expected available in {wait} seconds.");
    let body = match dialect {
        Dialect::Platform => {
            json!({"detail": sentence, "status_code": 429, "error_code": "RATE_LIMITED"})
        }
        Dialect::Metered => json!({"error": sentence}),
        _ => json!({"detail": sentence}),
    };
    assert_eq!(reply.body, body, "{attack}");
    wait
}

fn assert_wrong(reply: &Reply, endpoint: SignInEndpoint, attack: &str) {
    let (status, body) = endpoint.wrong_password();
    let attack = format!("{}: {attack}", endpoint.path);
    assert_refused(reply, endpoint.dialect, &attack);
    assert_eq!((reply.status, &reply.body), (status, &body), "{attack}");
}

/// Ten wrong passwords for `name`, two at each endpoint, each from a different address.
async fn fail_ten_times(world: &World, name: &str) {
    for number in 0..10 {
        let endpoint = SIGN_INS[number % 5];
        let reply = endpoint.sign_in(&elsewhere(world, number), name, WRONG).await;
        assert_wrong(&reply, endpoint, name);
    }
}

/// The guarded routes, in turn and without end.
fn guarded_routes() -> impl Iterator<Item = (Dialect, &'static str)> {
    GUARDED.into_iter().cycle()
}

#[tokio::test]
async fn ten_wrong_passwords_at_any_doors_shut_all_doors_to_the_account() {
    let world = guarded();
    world.user("alice").await;
    fail_ten_times(&world, "alice").await;
    for (number, endpoint) in SIGN_INS.into_iter().enumerate() {
        for password in [PASSWORD, WRONG] {
            for name in ["alice", "ALICE", "ａｌｉｃｅ"] {
                let actor = elsewhere(&world, 100 + number);
                let reply = endpoint.sign_in(&actor, name, password).await;
                let attack = format!("{} {name} {password}", endpoint.path);
                assert_limited(&reply, endpoint.dialect, "auth", 10, &attack);
            }
        }
    }
}

#[tokio::test]
async fn whoever_has_a_token_has_ten_guesses_at_the_password_too() {
    let world = guarded();
    let alice = world.user("alice").await;
    let guess = |current: &str| json!({"password": "password456", "current_password": current});
    for number in 0..10 {
        let thief = elsewhere(&world, number).bearing(alice.token());
        assert_eq!(thief.put("/api/v1/users/me", guess(WRONG)).await.status, 422);
    }
    for password in [PASSWORD, WRONG] {
        let reply = alice.put("/api/v1/users/me", guess(password)).await;
        assert_limited(&reply, Dialect::Platform, "auth", 10, password);
    }
    // The endpoints stay available, and none of her other requests is refused.
    assert_eq!(alice.put("/api/v1/users/me", json!({"full_name": "Alice A."})).await.status, 200);
    let endpoint = SIGN_INS[1];
    assert_eq!(endpoint.sign_in(&elsewhere(&world, 20), "alice", PASSWORD).await.status, 200);
    world.pass(Duration::from_secs(70));
    assert_eq!(alice.put("/api/v1/users/me", guess(PASSWORD)).await.status, 200);
}

#[tokio::test]
async fn the_email_address_is_the_same_account() {
    let world = guarded();
    let registered = SIGN_UPS[0].sign_up(&world.anonymous(), "carol", "carol@example.com").await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    for number in 0..10 {
        let name = ["carol", "carol@example.com"][number % 2];
        let endpoint = SIGN_INS[number % 5];
        let reply = endpoint.sign_in(&elsewhere(&world, number), name, WRONG).await;
        assert_wrong(&reply, endpoint, name);
    }
    for name in ["carol", "carol@example.com"] {
        let reply = SIGN_INS[1].sign_in(&elsewhere(&world, 50), name, PASSWORD).await;
        assert_limited(&reply, Dialect::Platform, "auth", 10, name);
    }
}

#[tokio::test]
async fn the_eleventh_try_is_refused_even_if_all_come_at_once() {
    let world = guarded();
    world.user("alice").await;
    let tries = (0..40).map(|number| {
        let (endpoint, actor) = (SIGN_INS[number % 5], elsewhere(&world, number));
        async move { (endpoint, endpoint.sign_in(&actor, "alice", WRONG).await) }
    });
    let replies = join_all(tries).await;
    let limited = replies.iter().filter(|(_, reply)| reply.status == 429);
    assert_eq!(limited.count(), 30);
    for (endpoint, reply) in replies.iter().filter(|(_, reply)| reply.status != 429) {
        assert_wrong(reply, *endpoint, "at once");
    }
}

#[tokio::test]
async fn headers_that_name_another_address_do_not_help() {
    for header in [
        "X-Forwarded-For",
        "Forwarded",
        "X-Real-IP",
        "True-Client-IP",
        "CF-Connecting-IP",
        "X-Client-IP",
        "X-Cluster-Client-IP",
        "X-Originating-IP",
        "Via",
        "X-Forwarded-Host",
    ] {
        let world = guarded();
        for number in 0..11 {
            let address = format!("198.51.100.{number}");
            let value = match header {
                "Forwarded" => format!("for={address};proto=https"),
                _ => address,
            };
            let actor = world.anonymous().sending(header, &value);
            let endpoint = SIGN_INS[number % 5];
            let reply = endpoint.sign_in(&actor, &format!("user{number}"), WRONG).await;
            if number < 10 {
                assert_wrong(&reply, endpoint, header);
            } else {
                assert_limited(&reply, endpoint.dialect, "auth", 10, header);
            }
        }
    }
}

#[tokio::test]
async fn headers_do_not_open_a_shut_account() {
    let world = guarded();
    world.user("alice").await;
    let home = world.anonymous().at("192.0.2.7");
    assert_eq!(SIGN_INS[0].sign_in(&home, "alice", PASSWORD).await.status, 200);
    fail_ten_times(&world, "alice").await;
    for header in ["X-Forwarded-For", "X-Real-IP", "Forwarded"] {
        for value in ["192.0.2.7", "for=192.0.2.7", "127.0.0.1", "::1", "", "x"] {
            let actor = elsewhere(&world, 60).sending(header, value);
            let reply = SIGN_INS[2].sign_in(&actor, "alice", PASSWORD).await;
            let attack = format!("{header}: {value}");
            assert_limited(&reply, Dialect::Webchat, "auth", 10, &attack);
        }
    }
}

#[tokio::test]
async fn an_address_that_signed_in_before_is_not_shut_out_by_others() {
    for known in SIGN_INS {
        let world = guarded();
        world.user("alice").await;
        let home = world.anonymous().at("192.0.2.7");
        let reply = known.sign_in(&home, "alice", PASSWORD).await;
        assert_eq!(reply.status, 200, "{}: {}", known.path, reply.text);
        world.pass(MONTH - Duration::from_secs(60));
        fail_ten_times(&world, "alice").await;
        let reply = known.sign_in(&elsewhere(&world, 70), "alice", PASSWORD).await;
        assert_limited(&reply, known.dialect, "auth", 10, known.path);
        for endpoint in SIGN_INS {
            let reply = endpoint.sign_in(&home, "alice", PASSWORD).await;
            assert_eq!(reply.status, 200, "{}: {}", endpoint.path, reply.text);
        }
    }
}

#[tokio::test]
async fn an_address_is_forgotten_after_thirty_days() {
    let world = guarded();
    world.user("alice").await;
    let home = world.anonymous().at("192.0.2.7");
    let reply = SIGN_INS[2].sign_in(&home, "alice", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.pass(MONTH);
    fail_ten_times(&world, "alice").await;
    let reply = SIGN_INS[2].sign_in(&home, "alice", PASSWORD).await;
    assert_limited(&reply, Dialect::Webchat, "auth", 10, "after thirty days");
}

#[tokio::test]
async fn an_address_known_to_one_account_is_unknown_to_another() {
    let world = guarded();
    world.user("alice").await;
    world.user("mallory").await;
    let home = world.anonymous().at("192.0.2.7");
    let reply = SIGN_INS[2].sign_in(&home, "mallory", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    fail_ten_times(&world, "alice").await;
    let reply = SIGN_INS[2].sign_in(&home, "alice", PASSWORD).await;
    assert_limited(&reply, Dialect::Webchat, "auth", 10, "mallory's home");
}

#[tokio::test]
async fn a_known_address_is_shut_out_by_its_own_failures_alone() {
    let world = guarded();
    world.user("alice").await;
    let home = world.anonymous().at("192.0.2.7");
    let other = world.anonymous().at("192.0.2.8");
    for actor in [&home, &other] {
        let reply = SIGN_INS[3].sign_in(actor, "alice", PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    world.pass(Duration::from_secs(120));
    for number in 0..10 {
        let endpoint = SIGN_INS[number % 5];
        assert_wrong(&endpoint.sign_in(&home, "alice", WRONG).await, endpoint, "at home");
    }
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&home, "alice", PASSWORD).await;
        assert_limited(&reply, endpoint.dialect, "auth", 10, endpoint.path);
    }
    let reply = SIGN_INS[3].sign_in(&other, "alice", PASSWORD).await;
    assert_eq!(reply.status, 200, "another known address: {}", reply.text);
    let reply = SIGN_INS[3].sign_in(&elsewhere(&world, 0), "alice", PASSWORD).await;
    assert_eq!(reply.status, 200, "an unknown address: {}", reply.text);
}

#[tokio::test]
async fn a_known_network_of_version_six_is_shut_out_by_the_failures_of_all_its_addresses() {
    let world = guarded();
    world.user("alice").await;
    let in_network = |host: usize| world.anonymous().at(&format!("2001:db8:0:1::{host:x}"));
    let reply = SIGN_INS[0].sign_in(&in_network(1), "alice", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    world.pass(Duration::from_secs(120));
    for host in 0..10 {
        let endpoint = SIGN_INS[host % 5];
        let reply = endpoint.sign_in(&in_network(host + 2), "alice", WRONG).await;
        assert_wrong(&reply, endpoint, "in the network");
    }
    let reply = SIGN_INS[0].sign_in(&in_network(1), "alice", PASSWORD).await;
    assert_limited(&reply, Dialect::Reports, "auth", 10, "its own network");
}

#[tokio::test]
async fn an_unknown_name_is_limited_like_a_known_one() {
    let world = guarded();
    let long = "a".repeat(300);
    for name in ["nobody", "nobody@example.com", "no such name!", &long, "\u{fdfa}"] {
        fail_ten_times(&world, name).await;
        for (number, endpoint) in SIGN_INS.into_iter().enumerate() {
            let actor = elsewhere(&world, 100 + number);
            let reply = endpoint.sign_in(&actor, name, WRONG).await;
            let attack = format!("{} {name:.20}", endpoint.path);
            assert_limited(&reply, endpoint.dialect, "auth", 10, &attack);
        }
        world.pass(Duration::from_secs(70));
    }
}

#[tokio::test]
async fn unknown_names_are_limited_one_by_one() {
    let world = guarded();
    fail_ten_times(&world, "nobody").await;
    let reply = SIGN_INS[2].sign_in(&elsewhere(&world, 50), "somebody", WRONG).await;
    assert_wrong(&reply, SIGN_INS[2], "another name");
    let reply = SIGN_INS[2].sign_in(&elsewhere(&world, 50), "NOBODY", WRONG).await;
    assert_limited(&reply, Dialect::Webchat, "auth", 10, "the same name");
}

#[tokio::test]
async fn the_limit_tells_nothing_about_whether_a_name_exists() {
    let world = guarded();
    world.user("alice").await;
    let mut seen = Vec::new();
    for name in ["alice", "nobody"] {
        for number in 0..12 {
            let reply = SIGN_INS[1].sign_in(&elsewhere(&world, number / 2), name, WRONG).await;
            seen.push((reply.status, reply.text, reply.headers));
        }
        // The limits of the addresses have room again, and both names start from zero.
        world.pass(Duration::from_secs(120));
    }
    assert_eq!(seen[..12], seen[12..]);
}

#[tokio::test]
async fn one_persons_failures_do_not_shut_out_another() {
    let world = guarded();
    world.user("alice").await;
    world.user("bob").await;
    fail_ten_times(&world, "alice").await;
    let reply = SIGN_INS[4].sign_in(&elsewhere(&world, 50), "bob", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn sign_ins_that_succeed_do_not_count_on_the_account() {
    let world = guarded();
    world.user("alice").await;
    for number in 0..40 {
        let endpoint = SIGN_INS[number % 5];
        let reply = endpoint.sign_in(&elsewhere(&world, number), "alice", PASSWORD).await;
        assert_eq!(reply.status, 200, "{number}: {}", reply.text);
    }
    fail_ten_times_from(&world, "alice", 100).await;
    let reply = SIGN_INS[0].sign_in(&elsewhere(&world, 200), "alice", PASSWORD).await;
    assert_limited(&reply, Dialect::Reports, "auth", 10, "after ten failures");
}

/// Asserts that exactly ten failures are allowed, from addresses that begin at `from`.
async fn fail_ten_times_from(world: &World, name: &str, from: usize) {
    for number in 0..11 {
        let endpoint = SIGN_INS[number % 5];
        let actor = elsewhere(world, from + number);
        let reply = endpoint.sign_in(&actor, name, WRONG).await;
        if number < 10 {
            assert_wrong(&reply, endpoint, name);
        } else {
            assert_limited(&reply, endpoint.dialect, "auth", 10, name);
        }
    }
}

#[tokio::test]
async fn a_success_between_failures_gives_no_more_tries() {
    let world = guarded();
    world.user("alice").await;
    for number in 0..9 {
        let endpoint = SIGN_INS[number % 5];
        let reply = endpoint.sign_in(&elsewhere(&world, number), "alice", WRONG).await;
        assert_wrong(&reply, endpoint, "before");
    }
    for number in 20..25 {
        let reply = SIGN_INS[0].sign_in(&elsewhere(&world, number), "alice", PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    let reply = SIGN_INS[0].sign_in(&elsewhere(&world, 30), "alice", WRONG).await;
    assert_wrong(&reply, SIGN_INS[0], "the tenth");
    let reply = SIGN_INS[0].sign_in(&elsewhere(&world, 31), "alice", WRONG).await;
    assert_limited(&reply, Dialect::Reports, "auth", 10, "the eleventh");
}

#[tokio::test]
async fn ten_sign_ins_a_minute_are_enough_for_an_address_whatever_becomes_of_them() {
    let world = guarded();
    world.user("alice").await;
    let actor = world.anonymous().at("192.0.2.7");
    for number in 0..10 {
        let endpoint = SIGN_INS[number % 5];
        let (name, password) = [("alice", PASSWORD), ("nobody", WRONG)][number % 2];
        let reply = endpoint.sign_in(&actor, name, password).await;
        assert_ne!(reply.status, 429, "{}", reply.text);
    }
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&actor, "alice", PASSWORD).await;
        assert_limited(&reply, endpoint.dialect, "auth", 10, endpoint.path);
    }
    for endpoint in SIGN_UPS {
        let reply = endpoint.sign_up(&actor, "bob", "bob@example.com").await;
        assert_limited(&reply, endpoint.dialect, "auth", 10, endpoint.path);
    }
    let reply = SIGN_INS[0].sign_in(&world.anonymous().at("192.0.2.8"), "alice", PASSWORD).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn ten_registrations_a_minute_are_enough_for_an_address() {
    let world = guarded();
    let actor = world.anonymous().at("192.0.2.7");
    for number in 0..10 {
        let email = format!("user{number}@example.com");
        let reply = SIGN_UPS[number % 5].sign_up(&actor, &format!("user{number}"), &email).await;
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    for endpoint in SIGN_UPS {
        let reply = endpoint.sign_up(&actor, "mallory", "mallory@example.com").await;
        assert_limited(&reply, endpoint.dialect, "auth", 10, endpoint.path);
    }
    let reply = SIGN_INS[0].sign_in(&actor, "user0", PASSWORD).await;
    assert_limited(&reply, Dialect::Reports, "auth", 10, "a sign-in");
}

#[tokio::test]
async fn registrations_of_taken_names_count_too() {
    let world = guarded();
    let actor = world.anonymous().at("192.0.2.7");
    for number in 0..10 {
        let reply = SIGN_UPS[number % 5].sign_up(&actor, "alice", "alice@example.com").await;
        assert_ne!(reply.status, 429, "{}", reply.text);
    }
    let reply = SIGN_UPS[2].sign_up(&actor, "alice", "alice@example.com").await;
    assert_limited(&reply, Dialect::Webchat, "auth", 10, "names tried out");
}

#[tokio::test]
async fn invalid_and_unreadable_bodies_at_the_doors_count_too() {
    for body in ["{", "{}", "[]", "{\"username\": 0, \"password\": true}"] {
        let world = guarded();
        let actor = world.anonymous().at("192.0.2.7");
        let endpoints: Vec<SignInEndpoint> = SIGN_INS.into_iter().chain(SIGN_UPS).collect();
        for endpoint in &endpoints {
            let reply = actor.post_raw(endpoint.path, "application/json", body).await;
            assert_refused(&reply, endpoint.dialect, body);
            assert_ne!(reply.status, 429, "{body}: {}", reply.text);
        }
        for endpoint in endpoints {
            let reply = actor.post_raw(endpoint.path, "application/json", body).await;
            let attack = format!("{}: {body}", endpoint.path);
            assert_limited(&reply, endpoint.dialect, "auth", 10, &attack);
        }
    }
}

#[tokio::test]
async fn addresses_of_version_six_count_by_their_network() {
    let world = guarded();
    for number in 0..10 {
        let address = format!("2001:db8:1:2:{number:x}::{:x}", number + 1);
        let endpoint = SIGN_INS[number % 5];
        let actor = world.anonymous().at(&address);
        let reply = endpoint.sign_in(&actor, &format!("user{number}"), WRONG).await;
        assert_wrong(&reply, endpoint, &address);
    }
    for address in ["2001:db8:1:2::", "2001:db8:1:2:ffff:ffff:ffff:ffff"] {
        let actor = world.anonymous().at(address);
        let reply = SIGN_INS[0].sign_in(&actor, "nobody", WRONG).await;
        assert_limited(&reply, Dialect::Reports, "auth", 10, address);
    }
    for address in ["2001:db8:1:3::1", "2001:db8:1:1:ffff:ffff:ffff:ffff"] {
        let actor = world.anonymous().at(address);
        let reply = SIGN_INS[0].sign_in(&actor, "nobody", WRONG).await;
        assert_wrong(&reply, SIGN_INS[0], address);
    }
}

#[tokio::test]
async fn an_address_of_version_four_written_as_version_six_is_the_same() {
    let world = guarded();
    for number in 0..10 {
        let address = ["192.0.2.7", "::ffff:192.0.2.7"][number % 2];
        let actor = world.anonymous().at(address);
        let reply = SIGN_INS[0].sign_in(&actor, &format!("user{number}"), WRONG).await;
        assert_wrong(&reply, SIGN_INS[0], address);
    }
    for address in ["192.0.2.7", "::ffff:192.0.2.7"] {
        let actor = world.anonymous().at(address);
        let reply = SIGN_INS[0].sign_in(&actor, "nobody", WRONG).await;
        assert_limited(&reply, Dialect::Reports, "auth", 10, address);
    }
    let neighbour = world.anonymous().at("::ffff:192.0.2.8");
    let reply = SIGN_INS[0].sign_in(&neighbour, "nobody", WRONG).await;
    assert_wrong(&reply, SIGN_INS[0], "a neighbour");
}

#[tokio::test]
async fn after_the_time_that_retry_after_says_the_right_password_opens_again() {
    // In the middle of a block of the counter, and across the border between two.
    for earlier in [0, 240, 285, 295, 299] {
        let world = guarded();
        world.user("alice").await;
        world.pass(Duration::from_secs(earlier));
        fail_ten_times(&world, "alice").await;
        let right = async |number| SIGN_INS[1].sign_in(&elsewhere(&world, number), "alice", PASSWORD).await;
        let reply = right(50).await;
        let wait = assert_limited(&reply, Dialect::Platform, "auth", 10, "at once");
        // The window is never shorter than a minute.
        assert!(wait >= 60, "{wait}");
        world.pass(Duration::from_secs(59));
        assert_limited(&right(51).await, Dialect::Platform, "auth", 10, "after 59 s");
        let reply = right(52).await;
        let wait = assert_limited(&reply, Dialect::Platform, "auth", 10, "again");
        world.pass(Duration::from_secs(wait));
        let reply = right(53).await;
        assert_eq!(reply.status, 200, "{earlier}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_restart_forgets_no_failures() {
    let world = guarded();
    world.user("alice").await;
    fail_ten_times(&world, "alice").await;
    let world = world.restarted();
    let reply = SIGN_INS[3].sign_in(&elsewhere(&world, 50), "alice", PASSWORD).await;
    assert_limited(&reply, Dialect::Chatbot, "auth", 10, "restarted");
}

#[tokio::test]
async fn whoever_goes_on_trying_stays_out() {
    let world = guarded();
    let mut passed = Vec::new();
    // One attempt per second for three minutes.
    for second in 0..180_u64 {
        let number = usize::try_from(second).unwrap();
        let reply = SIGN_INS[0].sign_in(&elsewhere(&world, number), "nobody", WRONG).await;
        if reply.status != 429 {
            passed.push(second);
        }
        world.pass(Duration::from_secs(1));
    }
    // Refused attempts count as well.
    assert_eq!(passed, (0..10).collect::<Vec<_>>());
}

#[tokio::test]
async fn no_minute_holds_more_than_its_quota_however_the_tries_are_spread() {
    for pause in [1, 7] {
        let world = guarded();
        let (mut passed, mut now) = (Vec::<u64>::new(), 0);
        for number in 0..120 {
            let reply = SIGN_INS[0].sign_in(&elsewhere(&world, number), "nobody", WRONG).await;
            let wait = if reply.status == 429 {
                assert_limited(&reply, Dialect::Reports, "auth", 10, "polite")
            } else {
                passed.push(now);
                pause
            };
            world.pass(Duration::from_secs(wait));
            now += wait;
        }
        for (at, first) in passed.iter().enumerate() {
            let minute = passed[at..].iter().take_while(|time| *time - first < 60);
            assert!(minute.count() <= 10, "every {pause} s: {passed:?}");
        }
        assert!(passed.len() > 60, "whoever waits gets in: {}", passed.len());
    }
}

#[tokio::test]
async fn a_hundred_requests_a_minute_are_shared_by_all_dialects_and_credentials() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let mut credentials = vec![alice.token().to_owned()];
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&world.anonymous(), "alice", PASSWORD).await;
        credentials.push(access_in(&reply).to_owned());
    }
    for (number, (_, path)) in guarded_routes().enumerate().take(100) {
        let actor = elsewhere(&world, number).bearing(&credentials[number % credentials.len()]);
        let reply = actor.get(path).await;
        assert_eq!(reply.status, 200, "{number}: {}", reply.text);
    }
    for (dialect, path) in GUARDED {
        for credential in &credentials {
            let actor = elsewhere(&world, 200).bearing(credential);
            let reply = actor.get(path).await;
            assert_limited(&reply, dialect, "api", 100, path);
        }
    }
    let said = alice.post("/send/", json!({"message": "Hello"})).await;
    assert_limited(&said, Dialect::Chatbot, "api", 100, "a turn");
    assert_eq!(world.available("alice"), 4000);
}

#[tokio::test]
async fn one_users_requests_do_not_count_for_another_at_the_same_address() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let bob = world.user("bob").await;
    for (_, path) in guarded_routes().take(100) {
        assert_eq!(alice.get(path).await.status, 200);
    }
    assert_limited(&alice.get("/token/").await, Dialect::Chatbot, "api", 100, "alice");
    assert_eq!(bob.get("/token/").await.status, 200);
    let anonymous = world.anonymous().get("/token/").await;
    assert_eq!(anonymous.status, 401, "{}", anonymous.text);
}

#[tokio::test]
async fn requests_without_a_valid_credential_count_on_the_address() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let (header, rest) = alice.token().split_once('.').unwrap();
    let credentials = [
        None,
        Some("Basic YWxpY2U6cGFzc3dvcmQxMjM=".to_owned()),
        Some("Bearer".to_owned()),
        Some("Bearer x.y.z".to_owned()),
        Some(format!("Token {}", "0".repeat(40))),
        Some(format!("Bearer {header}.A{rest}")),
        Some(format!("Bearer {}", alice.refresh)),
        // A well-formed API key of a user who never existed.
        Some(format!("Bearer qk_{}", "A".repeat(86))),
    ];
    for (number, (dialect, path)) in guarded_routes().enumerate().take(100) {
        let mut actor = world.anonymous();
        if let Some(credential) = &credentials[number % credentials.len()] {
            actor = actor.authorized(credential);
        }
        let reply = actor.get(path).await;
        assert_refused(&reply, dialect, path);
        assert_eq!(reply.status, 401, "{number}: {}", reply.text);
    }
    for (dialect, path) in GUARDED {
        for credential in credentials.iter().flatten() {
            let actor = world.anonymous().authorized(credential).sending("X-Forwarded-For", "192.0.2.99");
            let reply = actor.get(path).await;
            assert_limited(&reply, dialect, "api", 100, credential);
        }
    }
    let elsewhere = elsewhere(&world, 0).get("/token/").await;
    assert_eq!(elsewhere.status, 401, "{}", elsewhere.text);
    let alice = alice.get("/token/").await;
    assert_eq!(alice.status, 200, "her own count: {}", alice.text);
}

#[tokio::test]
async fn credentials_that_are_dead_take_nothing_from_their_owner() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let key = alice.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await.body;
    let path = format!("/api/v1/users/me/api-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(alice.delete(&path).await.status, 204);
    let opaque = json!({"username": "alice", "password": PASSWORD});
    let opaque = world.anonymous().post("/api/v1/tokens/", opaque).await.body["token"].clone();
    let change = json!({"password": PASSWORD, "current_password": PASSWORD});
    assert_eq!(alice.put("/api/v1/users/me", change).await.status, 200);
    let dead = [key["key"].as_str().unwrap(), opaque.as_str().unwrap(), alice.token()];
    for (number, token) in dead.into_iter().enumerate() {
        let thief = elsewhere(&world, number).bearing(token);
        for _ in 0..100 {
            assert_eq!(thief.get("/token/").await.status, 401);
        }
        assert_limited(&thief.get("/token/").await, Dialect::Chatbot, "api", 100, "the thief's address");
    }
    let alice = world.sign_in("alice").await;
    for _ in 0..95 {
        assert_eq!(alice.get("/token/").await.status, 200);
    }
}

#[tokio::test]
async fn refreshes_count_on_the_address_whether_the_token_is_good_or_bad() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let refresh = async |actor: &Actor, token: &str, number: usize| {
        let (path, name) =
            [("/api/v1/auth/refresh", "refresh_token"), ("/api/v1/auth/token/refresh/", "refresh")][number % 2];
        actor.post(path, json!({name: token})).await
    };
    let here = world.anonymous().at("192.0.2.7");
    for number in 0..100 {
        let (token, status) = match number % 3 {
            0 => (alice.refresh.as_str(), 200),
            _ => ("x.y.z", 401),
        };
        let reply = refresh(&here, token, number).await;
        assert_eq!(reply.status, status, "{number}: {}", reply.text);
    }
    for token in ["x.y.z", alice.refresh.as_str()] {
        for (number, dialect) in [Dialect::Platform, Dialect::Webchat].into_iter().enumerate() {
            let reply = refresh(&here, token, number).await;
            assert_limited(&reply, dialect, "api", 100, "a refresh");
        }
    }
    let elsewhere = refresh(&elsewhere(&world, 0), &alice.refresh, 0).await;
    assert_eq!(elsewhere.status, 200, "{}", elsewhere.text);
    assert_eq!(alice.get("/token/").await.status, 200, "her own count");
}

#[tokio::test]
async fn the_probing_health_report_counts_on_the_address() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let paths = ["/health/detailed", "/api/v1/health/detailed"];
    for number in 0..100 {
        let reply = world.anonymous().get(paths[number % 2]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
    }
    for path in paths {
        let reply = world.anonymous().get(path).await;
        assert_limited(&reply, Dialect::Platform, "api", 100, path);
    }
}

#[tokio::test]
async fn a_hundred_requests_work_again_after_the_time_that_retry_after_says() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    for _ in 0..50 {
        assert_eq!(alice.get("/token/").await.status, 200);
    }
    world.pass(Duration::from_secs(30));
    for _ in 0..50 {
        assert_eq!(alice.get("/token/").await.status, 200);
    }
    let reply = alice.get("/token/").await;
    let wait = assert_limited(&reply, Dialect::Chatbot, "api", 100, "the 101st");
    assert_eq!(wait, 29, "the first fifty leave");
    world.pass(Duration::from_secs(wait));
    // Fifty requests left the window. The refused one does not count.
    for number in 0..50 {
        let reply = alice.get("/token/").await;
        assert_eq!(reply.status, 200, "{number}: {}", reply.text);
    }
    let reply = alice.get("/token/").await;
    assert_limited(&reply, Dialect::Chatbot, "api", 100, "the 51st");
}

#[tokio::test]
async fn a_token_that_ended_gives_no_requests_back() {
    let world = World::with(&[("RATE_LIMIT_API", "20")]);
    let (alice, ended) = (world.user("alice").await, world.sign_in("alice").await);
    assert_eq!(ended.post("/api/v1/auth/logout", json!({})).await.status, 200);
    world.pass(Duration::from_secs(120));
    for _ in 0..20 {
        assert_eq!(alice.get("/token/").await.status, 200);
    }
    for number in 0..20 {
        let dead = ended.at("203.0.113.77").get("/token/").await;
        assert_eq!(dead.status, 401, "{number}: {}", dead.text);
        assert_eq!(alice.get("/token/").await.status, 429, "{number}");
    }
}

#[tokio::test]
async fn a_client_at_the_rate_of_the_limit_is_never_refused() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    for number in 0..1_000 {
        let reply = alice.get("/token/").await;
        assert_eq!(reply.status, 200, "{number}: {}", reply.text);
        // Some requests are early, some are late.
        world.pass(Duration::from_millis([600, 350, 850][number % 3]));
    }
}

#[tokio::test]
async fn a_hundred_and_fifty_requests_at_once_are_a_hundred() {
    let world = World::with(&[("RATE_LIMIT_API", "100")]);
    let alice = world.user("alice").await;
    let replies = join_all((0..150).map(|_| alice.get("/api/tokens/"))).await;
    let passed = replies.iter().filter(|reply| reply.status == 200);
    assert_eq!(passed.count(), 100);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        assert_limited(reply, Dialect::Metered, "api", 100, "at once");
    }
}
