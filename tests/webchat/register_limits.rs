//! What the fields of a registration may hold.

use super::*;
use crate::world::PASSWORD;

const CHARACTERS: &str =
    "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.";

async fn register(world: &World, username: &str, email: &str, password: &str) -> Reply {
    let body = json!({"username": username, "email": email, "password": password, "confirm_password": password});
    world.anonymous().post(REGISTER, body).await
}

#[tokio::test]
async fn usernames_that_fit() {
    let world = World::new();
    let longest = "x".repeat(150);
    let names = [
        "a",
        "J\u{fc}rgen",
        "\u{30a2}\u{30ea}\u{30b9}",
        "a@b.c+d-e_f",
        "007",
        "Adébáyọ̀",
        "Ba\u{301}yo\u{323}\u{300}",
        "हिन्दी",
        "தமிழ்",
        "বাংলা",
        "ต้นข้าว",
        "ลำน้ำ",
        "မြန်မာ",
        "ខ្មែរ",
        "བོད",
        "שָׁלוֹם",
        "مُحَمَّد",
        "한국어",
        "\u{a7cf}",
        &longest,
    ];
    for (number, name) in (1..).zip(names) {
        let reply = register(&world, name, "", PASSWORD).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
        assert_eq!(reply.body["user"], json!({"id": number, "username": name, "email": ""}));
    }
}

#[tokio::test]
async fn spaces_around_a_username() {
    let world = World::new();
    let reply = register(&world, "  Alice\t", "", PASSWORD).await;
    assert_eq!(reply.status, 201);
    assert_eq!(reply.body["user"], json!({"id": 1, "username": "Alice", "email": ""}));
}

#[tokio::test]
async fn usernames_that_do_not_fit() {
    let world = World::new();
    let too_long = "x".repeat(151);
    let wrong = [
        ("   ", "This field may not be blank."),
        ("two words", CHARACTERS),
        ("semi;colon", CHARACTERS),
        ("sla/sh", CHARACTERS),
        ("\u{1f600}", CHARACTERS),
        ("\u{301}a", CHARACTERS),
        ("a.\u{301}", CHARACTERS),
        ("a\u{301}\u{301}", CHARACTERS),
        ("a\u{20dd}", CHARACTERS),
        ("a\u{200d}b", CHARACTERS),
        ("\u{3164}", CHARACTERS),
        (&too_long, "Ensure this field has no more than 150 characters."),
        ("nul\0", "Null characters are not allowed."),
    ];
    for (name, message) in wrong {
        let reply = register(&world, name, "", PASSWORD).await;
        assert_eq!(reply.status, 400, "{name:?}");
        assert_eq!(reply.body, json!({"username": [message]}), "{name:?}");
    }
}

#[tokio::test]
async fn emails_that_fit() {
    let world = World::new();
    let label = "d".repeat(60);
    let longest = format!("{}@{label}.{label}.{label}.dd.com", "l".repeat(64));
    assert_eq!(longest.len(), 254);
    let emails = [
        "a@b.co",
        "first.last+tag@mail.example.org",
        "A@localhost",
        "Adébáyọ̀@bücher.example",
        "a@xn--bcher-kva.example",
        "हिन्दी@हिन्दी.example",
        "a@paral·lel.example",
        "a@r1---sn.example",
        &longest,
    ];
    for (number, email) in (1..).zip(emails) {
        let name = format!("user{number}");
        let reply = register(&world, &name, email, PASSWORD).await;
        assert_eq!(reply.status, 201, "{email}: {}", reply.text);
        assert_eq!(reply.body["user"], json!({"id": number, "username": name, "email": email}));
    }
}

#[tokio::test]
async fn emails_that_do_not_fit() {
    let world = World::new();
    let form = "Enter a valid email address.";
    let label = "d".repeat(60);
    let too_long = format!("{}@{label}.{label}.{label}.ddd.com", "l".repeat(64));
    assert_eq!(too_long.len(), 255);
    let wrong = [
        ("nonsense", form),
        ("@example.com", form),
        ("a@", form),
        ("a b@example.com", form),
        ("a@b@example.com", form),
        ("a@exa\0mple.com", form),
        ("a@example..com", form),
        ("a\u{200b}@example.com", form),
        ("a@exam\u{ad}ple.com", form),
        ("a@xn--a.example", form),
        (&too_long, "Ensure this field has no more than 254 characters."),
    ];
    for (email, message) in wrong {
        let reply = register(&world, "alice", email, PASSWORD).await;
        assert_eq!(reply.status, 400, "{email:?}");
        assert_eq!(reply.body, json!({"email": [message]}), "{email:?}");
    }
}

#[tokio::test]
async fn passwords_that_fit_and_are_taken_as_sent() {
    let world = World::new();
    let longest = "p".repeat(1024);
    let passwords = ["12345678", "password", "        ", " padded ", "\u{1f511}\u{1f511}", "nul\0nul\0", &longest];
    for (number, password) in (1..).zip(passwords) {
        let name = format!("user{number}");
        let reply = register(&world, &name, "", password).await;
        assert_eq!(reply.status, 201, "{password:?}: {}", reply.text);
        let body = json!({"username": name, "password": password});
        let reply = world.anonymous().post(LOGIN, body).await;
        assert_eq!(reply.status, 200, "{password:?}");
    }
    let body = json!({"username": "user4", "password": "padded"});
    assert_eq!(world.anonymous().post(LOGIN, body).await.status, 401);
}

#[tokio::test]
async fn passwords_that_do_not_fit() {
    let world = World::new();
    let too_long = "p".repeat(1025);
    let wrong = [
        ("1234567", "Ensure this field has at least 8 characters."),
        (&too_long, "Ensure this field has no more than 1024 characters."),
    ];
    for (password, message) in wrong {
        let reply = register(&world, "alice", "", password).await;
        assert_eq!(reply.status, 400);
        assert_eq!(reply.body, json!({"password": [message]}));
    }
}
