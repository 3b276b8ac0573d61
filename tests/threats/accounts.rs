//! Fields that cannot be set, spellings that count as one name, e-mail addresses that equal usernames, disclosure of
//! existing names, and a race of a hundred registrations for one name.

use super::{
    routes::Dialect,
    surface::{SIGN_INS, SIGN_UPS, SignInEndpoint, access_in, assert_clean, assert_refused},
};
use crate::world::{OVER_SDK, PASSWORD, Reply, World};
use futures::future::join_all;
use serde_json::{Value, json};

/// Each dialect's error for a name that is taken.
pub fn taken(dialect: Dialect, field: &str) -> (u16, Value) {
    let sentence = format!("A user with that {field} already exists.");
    match dialect {
        Dialect::Platform => (409, json!({"detail": sentence, "status_code": 409, "error_code": "CONFLICT"})),
        Dialect::Metered => (400, json!({"error": "Username already exists"})),
        _ => (400, json!({field: [sentence]})),
    }
}

fn assert_taken(reply: &Reply, endpoint: SignInEndpoint, field: &str, attack: &str) {
    let attack = format!("{}: {attack}", endpoint.path);
    assert_refused(reply, endpoint.dialect, &attack);
    let (status, body) = taken(endpoint.dialect, field);
    assert_eq!((reply.status, &reply.body), (status, &body), "{attack}");
}

pub fn profiles(world: &World) -> Vec<Value> {
    let rows = world.rows("users").into_iter();
    rows.filter(|row| row["sk"]["S"] == "profile").collect()
}

#[tokio::test]
async fn fields_that_nobody_may_set_are_ignored_at_every_door() {
    let world = World::new();
    for (number, endpoint) in SIGN_UPS.into_iter().enumerate() {
        let username = format!("mallory{number}");
        let body = json!({
            "username": username,
            "email": format!("{username}@example.com"),
            "password": PASSWORD,
            "confirm_password": PASSWORD,
            "role": "admin",
            "is_admin": true,
            "is_staff": true,
            "is_superuser": true,
            "is_active": false,
            "tokens": 1_000_000,
            "tokens_granted": 1_000_000,
            "available": 1_000_000,
            "balance": 1_000_000,
            "id": 999,
            "number": 999,
            "uuid": "00000000-0000-0000-0000-000000000000",
            "pk": "user#00000000-0000-0000-0000-000000000000",
            "sk": "balance",
            "epoch": 999,
            "conversations": 999,
            "password_hash": "x",
            "created_at": 0,
            "expires_at": 0,
            "directory": "x",
            "user": {"role": "admin"},
            "__proto__": {"role": "admin"},
            "user[role]": "admin",
            "user.role": "admin",
        });
        let reply = world.anonymous().post(endpoint.path, body).await;
        assert_clean(&reply, endpoint.path);
        assert_eq!(reply.status, 201, "{}: {}", endpoint.path, reply.text);
        let row = world.profile(&username);
        assert_eq!(row["role"]["S"], "user", "{}", endpoint.path);
        assert_eq!(row["is_active"]["BOOL"], true, "{}", endpoint.path);
        assert_eq!(row["number"]["N"], (number + 1).to_string(), "{}", endpoint.path);
        assert_eq!(row["epoch"]["N"], "0", "{}", endpoint.path);
        assert_eq!(row["conversations"]["N"], "0", "{}", endpoint.path);
        assert_eq!(row["directory"]["S"], "users", "{}", endpoint.path);
        assert_ne!(row["password_hash"]["S"], "x", "{}", endpoint.path);
        assert!(row["pk"]["S"].as_str().unwrap().starts_with("user#0"));
        assert_ne!(row["id"]["S"], "00000000-0000-0000-0000-000000000000", "{}", endpoint.path);
        assert_eq!(row.get("expires_at"), None, "{}", endpoint.path);
        assert_eq!(world.available(&username), 4000, "{}", endpoint.path);
        let login = SIGN_INS[4].sign_in(&world.anonymous(), &username, PASSWORD).await;
        assert_eq!(login.status, 200, "{}: {}", endpoint.path, login.text);
    }
}

#[tokio::test]
async fn fields_that_nobody_may_set_are_ignored_in_forms_and_parameters_too() {
    let world = World::new();
    for (number, endpoint) in SIGN_UPS.into_iter().enumerate() {
        if endpoint.dialect == Dialect::Platform {
            continue;
        }
        let username = format!("mallory{number}");
        let form = format!(
            "username={username}&email={username}@example.com&password={PASSWORD}\
             &confirm_password={PASSWORD}&role=admin&is_active=false&tokens=1000000&id=999"
        );
        let path = format!("{}?role=admin&tokens=1000000&is_active=false", endpoint.path);
        let reply = world.anonymous().post_form(&path, &form).await;
        assert_eq!(reply.status, 201, "{path}: {}", reply.text);
        let row = world.profile(&username);
        assert_eq!(row["role"]["S"], "user", "{path}");
        assert_eq!(row["is_active"]["BOOL"], true, "{path}");
        assert_eq!(world.available(&username), 4000, "{path}");
    }
}

#[tokio::test]
async fn credentials_in_the_address_register_and_sign_in_nobody() {
    let world = World::new();
    world.user("alice").await;
    for endpoint in SIGN_INS.into_iter().chain(SIGN_UPS) {
        let query = format!("username=alice&email=alice&password={PASSWORD}");
        let path = format!("{}?{query}&confirm_password={PASSWORD}", endpoint.path);
        let reply = world.anonymous().post(&path, json!({})).await;
        assert_refused(&reply, endpoint.dialect, &path);
        assert!(matches!(reply.status, 400 | 422), "{path}: {}", reply.text);
    }
}

#[tokio::test]
async fn an_unknown_user_cannot_be_told_from_a_wrong_password() {
    let world = World::new();
    world.user("alice").await;
    let body = json!({"email": "carol@example.com", "password": PASSWORD});
    world.anonymous().post("/api/v1/auth/register", body).await;
    let disabled = {
        world.user("dora").await;
        let mut row = world.profile("dora");
        row["is_active"] = json!({"BOOL": false});
        row
    };
    world.put("users", &disabled);
    let tries = [
        ("alice", "wrong-password"),
        ("carol@example.com", "wrong-password"),
        ("dora", "wrong-password"),
        ("dora", PASSWORD),
        ("nobody", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("no such name!", PASSWORD),
        ("alice ", "password1234"),
        ("alice", " password123"),
        ("alice", "PASSWORD123"),
        ("alice", "password123\u{0}"),
    ];
    for endpoint in SIGN_INS {
        let (status, body) = endpoint.wrong_password();
        let mut headers = None;
        for (name, password) in tries {
            let attack = format!("{}: {name:?} {password:?}", endpoint.path);
            let reply = endpoint.sign_in(&world.anonymous(), name, password).await;
            assert_refused(&reply, endpoint.dialect, &attack);
            assert_eq!((reply.status, &reply.body), (status, &body), "{attack}");
            let first = headers.get_or_insert_with(|| reply.headers.clone());
            assert_eq!(&reply.headers, first, "{attack}");
        }
    }
}

/// Database calls and password hashing are the same in both cases, so the duration is the same.
#[tokio::test(start_paused = true)]
async fn an_unknown_user_takes_as_many_steps_as_a_wrong_password() {
    let world = World::with(&[OVER_SDK, ("RATE_LIMIT_AUTH", "1000")]);
    world.faults().keep_in_step();
    world.user("alice").await;
    let mut steps = Vec::new();
    for name in ["alice", "nobody"] {
        world.faults().plan(None);
        let reply = SIGN_INS[4].sign_in(&world.anonymous(), name, "wrong-password").await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        let waited = world.faults().calls().iter().map(|call| call.step).max();
        steps.push(waited.unwrap());
    }
    // An unknown name saves only one read of the account, which takes far less time than hashing.
    assert!(steps[0].abs_diff(steps[1]) <= 1, "{steps:?}");
}

/// Spellings of one name: the registered one, and its variants.
pub const SPELLINGS: &[(&str, &[&str])] = &[
    (
        "Alice",
        &[
            "alice",
            "ALICE",
            "aLiCe",
            "ａｌｉｃｅ",
            "ＡＬＩＣＥ",
            "Al\u{2170}ce",
            "ⓐⓛⓘⓒⓔ",
            " alice ",
            "\u{3000}alice\t",
            "𝐀𝐥𝐢𝐜𝐞",
            "ᵃˡⁱᶜᵉ",
        ],
    ),
    ("ﬁona", &["fiona", "FIONA", "Fiona", "ﬁONA"]),
    ("ſam", &["sam", "SAM"]),
    ("Rene\u{301}", &["rené", "RENÉ", "RENE\u{301}"]),
    ("Straße", &["strasse", "STRASSE", "STRAẞE", "ſtraße"]),
    ("ΣΊΣΥΦΟΣ", &["σίσυφος", "σίσυφοσ", "Σίσυφοσ"]),
    ("Åsa", &["Åsa", "A\u{30a}sa", "åsa"]),
    ("가", &["\u{1100}\u{1161}"]),
    ("user²", &["user2", "user②", "USER２"]),
    ("µ-team", &["μ-team", "Μ-TEAM"]),
    ("Adébáyọ̀", &["Ade\u{301}ba\u{301}yo\u{323}\u{300}", "ADÉBÁYO\u{300}\u{323}", "adébáyọ̀"]),
    ("\u{958}लम", &["\u{915}\u{93c}लम"]),
    // Letters in the order of their Unicode versions: 16, 17, 18. Their capitals have no other relation to them.
    ("\u{1c89}\u{10d50}", &["\u{1c8a}\u{10d70}"]),
    ("\u{a7ce}\u{a7d2}\u{a7d4}", &["\u{a7cf}\u{a7d3}\u{a7d5}"]),
    ("\u{16ea0}\u{16eb8}", &["\u{16ebb}\u{16ed3}"]),
    ("\u{a7dd}\u{1df40}", &["\u{277}\u{1df41}"]),
    (
        "Anna@Bücher.example",
        &[
            "anna@bücher.example",
            "ANNA@BU\u{308}CHER.EXAMPLE",
            "anna@xn--bcher-kva.example",
            "anna＠XN--BCHER-KVA.example",
        ],
    ),
    ("x@straße", &["X@STRASSE"]),
];

/// Each name with each of its variants.
pub fn spellings() -> impl Iterator<Item = (&'static str, &'static str)> {
    let all = SPELLINGS.iter();
    all.flat_map(|(name, others)| others.iter().map(move |other| (*name, *other)))
}

#[tokio::test]
async fn another_spelling_of_a_name_is_the_same_name_at_every_sign_in() {
    let world = World::new();
    for (name, _) in SPELLINGS {
        world.user(name).await;
    }
    for (name, other) in spellings() {
        for endpoint in SIGN_INS {
            let attack = format!("{}: {other:?} for {name:?}", endpoint.path);
            let reply = endpoint.sign_in(&world.anonymous(), other, PASSWORD).await;
            assert_eq!(reply.status, 200, "{attack}: {}", reply.text);
            let bearing = world.anonymous().bearing(access_in(&reply));
            let profile = bearing.get("/api/v1/auth/profile/").await;
            assert_eq!(profile.body["username"], name, "{attack}");
        }
    }
}

#[tokio::test]
async fn another_spelling_of_a_name_is_taken_at_every_registration() {
    let world = World::new();
    for (name, _) in SPELLINGS {
        world.user(name).await;
    }
    for (name, other) in spellings() {
        for endpoint in SIGN_UPS {
            let attack = format!("{other:?} for {name:?}");
            let email = "somebody@example.com";
            let reply = endpoint.sign_up(&world.anonymous(), other, email).await;
            assert_taken(&reply, endpoint, "username", &attack);
        }
    }
    assert_eq!(profiles(&world).len(), SPELLINGS.len());
}

#[tokio::test]
async fn names_of_different_letters_are_different() {
    let world = World::new();
    // Cyrillic а, Greek omicron, dotless i, a digit: they look alike, but no normalization folds them.
    let names = ["pavel", "p\u{430}vel", "pavei", "paveı", "pave1", "p-avel", "p_avel", "pàvel"];
    for (number, name) in names.into_iter().enumerate() {
        let reply = SIGN_UPS[number % 5].sign_up(&world.anonymous(), name, &format!("p{number}@example.com")).await;
        assert_eq!(reply.status, 201, "{name}: {}", reply.text);
    }
    assert_eq!(profiles(&world).len(), names.len());
}

#[tokio::test]
async fn an_email_address_is_one_address_in_every_spelling() {
    let world = World::new();
    let reply = SIGN_UPS[1].sign_up(&world.anonymous(), "carol", "Carol@Example.com").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    let spellings = [
        "Carol@Example.com",
        "carol@example.com",
        "CAROL@EXAMPLE.COM",
        " carol@example.com ",
        "ｃａｒｏｌ@example.com",
    ];
    for email in spellings {
        for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
            let reply = endpoint.sign_up(&world.anonymous(), "somebody", email).await;
            assert_taken(&reply, endpoint, "email", email);
        }
        for endpoint in SIGN_INS {
            let reply = endpoint.sign_in(&world.anonymous(), email, PASSWORD).await;
            assert_eq!(reply.status, 200, "{}: {email}", endpoint.path);
        }
    }
}

#[tokio::test]
async fn an_international_domain_is_one_domain_in_every_spelling() {
    let world = World::new();
    let reply = SIGN_UPS[1].sign_up(&world.anonymous(), "carol", "Carol@Bücher.example").await;
    assert_eq!(reply.status, 201, "{}", reply.text);
    assert_eq!(reply.body["email"], "Carol@Bücher.example");
    let spellings = [
        "carol@bücher.example",
        "carol@BÜCHER.EXAMPLE",
        "carol@bu\u{308}cher.example",
        "carol@xn--bcher-kva.example",
        "carol@XN--BCHER-KVA.example",
        "carol@bücher\u{3002}example",
        "carol@ｂücher．example",
        "carol@bücher\u{ff61}example",
    ];
    for email in spellings {
        for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
            let reply = endpoint.sign_up(&world.anonymous(), "somebody", email).await;
            assert_taken(&reply, endpoint, "email", email);
        }
        for endpoint in SIGN_INS {
            let reply = endpoint.sign_in(&world.anonymous(), email, PASSWORD).await;
            assert_eq!(reply.status, 200, "{}: {email}", endpoint.path);
        }
    }
    for name in ["carol@bücher.example", "carol@xn--bcher-kva.example"] {
        for endpoint in SIGN_UPS {
            let reply = endpoint.sign_up(&world.anonymous(), name, "other@example.com").await;
            assert_taken(&reply, endpoint, "username", name);
        }
    }
    assert_eq!(profiles(&world).len(), 1);
}

#[tokio::test]
async fn addresses_at_different_domains_are_different() {
    let world = World::new();
    let emails = [
        "carol@strasse.example",
        // IDNA keeps this letter.
        "carol@straße.example",
        "carol@bücher.example",
        "carol@bucher.example",
        "carol@localhost",
    ];
    for (number, email) in emails.into_iter().enumerate() {
        let reply = SIGN_UPS[number % 3].sign_up(&world.anonymous(), &format!("carol{number}"), email).await;
        assert_eq!(reply.status, 201, "{email}: {}", reply.text);
    }
    assert_eq!(profiles(&world).len(), emails.len());
}

#[tokio::test]
async fn nobody_can_take_anothers_email_address_as_a_username() {
    let world = World::new();
    let registered = SIGN_UPS[0].sign_up(&world.anonymous(), "carol", "carol@example.com").await;
    assert_eq!(registered.status, 201, "{}", registered.text);
    for endpoint in SIGN_UPS {
        for name in ["carol@example.com", "CAROL@example.com", "ｃarol@example.com"] {
            let reply = endpoint.sign_up(&world.anonymous(), name, "other@example.com").await;
            assert_taken(&reply, endpoint, "username", name);
        }
    }
    assert_eq!(profiles(&world).len(), 1);
}

#[tokio::test]
async fn nobody_can_take_anothers_username_as_an_email_address() {
    let world = World::new();
    world.user("Carol@Example.com").await;
    for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
        for email in ["carol@example.com", "CAROL@EXAMPLE.COM"] {
            let reply = endpoint.sign_up(&world.anonymous(), "somebody", email).await;
            assert_taken(&reply, endpoint, "email", email);
        }
    }
    let without_name = json!({"email": "carol@example.com", "password": PASSWORD});
    let reply = world.anonymous().post("/api/v1/auth/register", without_name).await;
    assert_taken(&reply, SIGN_UPS[1], "email", "without a name");
    assert_eq!(profiles(&world).len(), 1);
}

#[tokio::test]
async fn ones_own_email_address_may_be_ones_username() {
    for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
        let world = World::new();
        let reply = endpoint.sign_up(&world.anonymous(), "Carol@example.com", "carol@example.com").await;
        assert_eq!(reply.status, 201, "{}: {}", endpoint.path, reply.text);
        let reply = endpoint.sign_up(&world.anonymous(), "carol@example.com", "carol@example.com").await;
        assert_refused(&reply, endpoint.dialect, endpoint.path);
        assert_eq!(profiles(&world).len(), 1);
    }
}

#[tokio::test]
async fn a_refused_registration_leaves_nothing_behind() {
    let world = World::new();
    world.user("alice").await;
    let count = |world: &World| {
        let tables = ["users", "sessions", "balances"];
        tables.map(|table| world.rows(table).len())
    };
    let before = count(&world);
    for endpoint in SIGN_UPS {
        let reply = endpoint.sign_up(&world.anonymous(), "alice", "new@example.com").await;
        assert_taken(&reply, endpoint, "username", "alice");
    }
    assert_eq!(count(&world), before);
    let reply = SIGN_UPS[0].sign_up(&world.anonymous(), "bob", "new@example.com").await;
    assert_eq!(reply.status, 201, "the address stayed free: {}", reply.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_a_hundred_who_want_one_name_at_every_door_one_gets_it() {
    let world = World::new();
    let spellings = ["alice", "ALICE", "Alice", "ａｌｉｃｅ", " aLiCe "];
    let tasks = (0..100).map(|number| {
        let (endpoint, anonymous) = (SIGN_UPS[number % 5], world.anonymous());
        let name = spellings[number / 5 % 5];
        let email = format!("user{number}@example.com");
        tokio::spawn(async move { (endpoint, endpoint.sign_up(&anonymous, name, &email).await) })
    });
    let replies: Result<Vec<(SignInEndpoint, Reply)>, _> = join_all(tasks).await.into_iter().collect();
    let replies = replies.unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|(_, reply)| reply.status == 201);
    assert_eq!(won.len(), 1);
    for (endpoint, reply) in lost {
        assert_taken(reply, *endpoint, "username", "lost");
    }
    let (endpoint, _) = won[0];
    let starting = |table: &str, beginning: &str| {
        let rows = world.rows(table);
        let found = rows.iter().filter(|row| {
            let keys = [&row["pk"]["S"], &row["sk"]["S"]];
            keys.iter().any(|key| key.as_str().is_some_and(|key| key.starts_with(beginning)))
        });
        found.count()
    };
    assert_eq!(profiles(&world).len(), 1);
    let names = if endpoint.takes_email() { 2 } else { 1 };
    assert_eq!(starting("users", "name#"), names);
    let logins = usize::from(endpoint.dialect == Dialect::Webchat);
    assert_eq!(starting("users", "login#"), logins);
    assert_eq!(starting("balances", "balance"), 1);
    assert_eq!(starting("balances", "ledger#"), 1);
    for endpoint in SIGN_INS {
        let reply = endpoint.sign_in(&world.anonymous(), "alice", PASSWORD).await;
        assert_eq!(reply.status, 200, "{}: {}", endpoint.path, reply.text);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_want_one_email_address_one_gets_it() {
    let world = World::new();
    let endpoints: Vec<SignInEndpoint> = SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()).collect();
    let tasks = (0..60).map(|number| {
        let (endpoint, anonymous) = (endpoints[number % 3], world.anonymous());
        let name = format!("user{number}");
        let email = ["carol@example.com", "CAROL@example.com"][number % 2];
        tokio::spawn(async move { (endpoint, endpoint.sign_up(&anonymous, &name, email).await) })
    });
    let replies: Result<Vec<(SignInEndpoint, Reply)>, _> = join_all(tasks).await.into_iter().collect();
    let replies = replies.unwrap();
    let (won, lost): (Vec<_>, Vec<_>) = replies.iter().partition(|(_, reply)| reply.status == 201);
    assert_eq!(won.len(), 1);
    for (endpoint, reply) in lost {
        assert_taken(reply, *endpoint, "email", "lost");
    }
    assert_eq!(profiles(&world).len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn people_without_a_name_who_come_at_once_all_get_different_ones() {
    let world = World::new();
    let tasks = (0..20).map(|number| {
        let anonymous = world.anonymous();
        let email = format!("carol@host{number}.example");
        let body = json!({"email": email, "password": PASSWORD});
        tokio::spawn(async move { anonymous.post("/api/v1/auth/register", body).await })
    });
    let replies: Result<Vec<Reply>, _> = join_all(tasks).await.into_iter().collect();
    for reply in replies.unwrap() {
        assert_clean(&reply, "without a name");
        assert_eq!(reply.status, 201, "{}", reply.text);
    }
    assert_eq!(profiles(&world).len(), 20);
}
