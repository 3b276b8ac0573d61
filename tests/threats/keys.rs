//! Names, titles, ids and page numbers crafted to become another key of the store, and properties of the functions that
//! create keys.

use super::{
    fixture::Fixture,
    routes::Dialect,
    surface::{SIGN_INS, SIGN_UPS, assert_clean, assert_refused, invalid},
};
use crate::world::{PASSWORD, World};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::json;
use shared::{
    config::Tables,
    domain::{
        ids::{ConversationId, LoginId, TurnNumber, UserId},
        list::ListPosition,
        names::{Email, SignInName, Username},
        time::Timestamp,
    },
    service::idempotency::IdempotencyKey,
    store::keys,
};

/// Its NFKC form is 18 times longer.
const LONG_IN_NFKC: char = '\u{fdfa}';

/// Names that are never allowed.
fn impossible_names() -> Vec<String> {
    let mut names: Vec<String> = [
        "#",
        "alice#owner",
        "name#alice",
        "user#00000000-0000-0000-0000-000000000000",
        "a|b",
        "a\u{0}b",
        "a\tb",
        "a\nb",
        "a\r\nb",
        "a\u{7f}b",
        "a\u{85}b",
        "a\u{200b}b",
        "a\u{202e}b",
        "a\u{feff}b",
        "a\u{301}b\u{20dd}",
        "\u{301}a",
        "a.\u{301}",
        "a@\u{93f}",
        "a\u{301}\u{301}",
        "á\u{301}",
        "a\u{300}\u{301}\u{302}\u{303}\u{304}",
        "\u{3164}",
        "a\u{ad}b",
        "a\u{34f}b",
        "a\u{115f}",
        "a\u{1160}",
        "a\u{17b4}",
        "a\u{17b5}",
        "a\u{180e}b",
        "a\u{200c}b",
        "a\u{200d}b",
        "a\u{2060}b",
        "a\u{fe0f}",
        "a\u{ffa0}",
        "a\u{1107f}",
        "\u{13441}",
        "\u{13442}",
        "a\u{16fe4}",
        "a\u{e0041}",
        "a\u{e0100}",
        "a b",
        "a\u{a0}b",
        "a/b",
        "a\\b",
        "a\"b",
        "a'b",
        "<a>",
        "a;b",
        "a:b",
        "a*b",
        "a%00b",
        "👍",
        "\u{e000}",
        "\u{10ffff}",
        "ﷺ",
    ]
    .map(str::to_owned)
    .to_vec();
    names.extend([
        "a".repeat(151),
        "a".repeat(2049),
        "é".repeat(2049),
        "👍".repeat(2049),
        LONG_IN_NFKC.to_string().repeat(150),
        LONG_IN_NFKC.to_string().repeat(254),
    ]);
    names
}

#[tokio::test]
async fn an_impossible_username_is_refused_at_every_door() {
    let world = World::new();
    for endpoint in SIGN_UPS {
        for (number, name) in impossible_names().into_iter().enumerate() {
            let email = format!("user{number}@example.com");
            let attack = format!("{} {name:.40?}", endpoint.path);
            let reply = endpoint.sign_up(&world.anonymous(), &name, &email).await;
            assert_refused(&reply, endpoint.dialect, &attack);
            assert_eq!(reply.status, invalid(endpoint.dialect), "{attack}: {}", reply.text);
        }
    }
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn an_impossible_name_signs_in_like_an_unknown_one() {
    let world = World::with(&[("RATE_LIMIT_AUTH", "1000000")]);
    world.user("alice").await;
    for endpoint in SIGN_INS {
        let (status, body) = endpoint.wrong_password();
        for name in impossible_names() {
            let attack = format!("{} {name:.40?}", endpoint.path);
            let reply = endpoint.sign_in(&world.anonymous(), &name, PASSWORD).await;
            assert_refused(&reply, endpoint.dialect, &attack);
            assert_eq!((reply.status, &reply.body), (status, &body), "{attack}");
        }
    }
}

#[tokio::test]
async fn an_impossible_email_address_is_refused_at_every_door() {
    let world = World::new();
    let long = |count: usize| LONG_IN_NFKC.to_string().repeat(count);
    let emails = [
        "alice",
        "@example.com",
        "alice@",
        "alice@example",
        "alice@example.com#",
        "alice@exa|mple.com",
        "alice@example.com\u{0}",
        "al\u{0}ice@example.com",
        "al\nice@example.com",
        "alice@example.com\r\nBcc: x@example.com",
        "al ice@example.com",
        "alice@@example.com",
        "alice@-example.com",
        "alice@example..com",
        ".alice@example.com",
        "a..b@example.com",
        "\"alice\"@example.com",
        "alice@[127.0.0.1]",
        "<alice@example.com>",
        "alice@example.com,bob@example.com",
        "al\u{202e}ice@example.com",
        "al\u{200b}ice@example.com",
        "al\u{ad}ice@example.com",
        "al\u{3164}ice@example.com",
        "alice@exam\u{ad}ple.com",
        "alice@exam\u{200d}ple.com",
        "\u{301}alice@example.com",
        "al.\u{301}ice@example.com",
        "alice@\u{301}example.com",
        "alice@example.com\u{27e9}",
        "alice@👍.example",
        "alice@xn--a.example",
        "alice@xn--a-.example",
        "alice@אa.example",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([
        format!("{}@example.com", "a".repeat(65)),
        format!("a@{}.com", "a".repeat(64)),
        format!("a@{}.com", "ü".repeat(60)),
        format!("a@{}.com", "a".repeat(2049)),
        format!("a@{}.com", "a.".repeat(125)),
        long(254),
        format!("{}@example.com", long(64)),
        format!("a@{}.com", long(248)),
        format!("a@{}.com", long(60)),
    ]);
    for (number, email) in emails.enumerate() {
        for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
            let name = format!("user{number}");
            let attack = format!("{} {email:.40?}", endpoint.path);
            let reply = endpoint.sign_up(&world.anonymous(), &name, &email).await;
            assert_refused(&reply, endpoint.dialect, &attack);
            assert_eq!(reply.status, invalid(endpoint.dialect), "{attack}: {}", reply.text);
        }
    }
    assert!(world.rows("users").is_empty());
}

#[tokio::test]
async fn an_email_address_that_grows_when_folded_is_refused_or_works() {
    let world = World::new();
    for endpoint in SIGN_UPS.into_iter().filter(|endpoint| endpoint.takes_email()) {
        for count in 1..=64_usize {
            let email = format!("{}@{}.example", LONG_IN_NFKC.to_string().repeat(count), endpoint.name.len() + count);
            let attack = format!("{} {count}", endpoint.path);
            let name = format!("user{count}{:?}", endpoint.dialect);
            let reply = endpoint.sign_up(&world.anonymous(), &name, &email).await;
            assert_clean(&reply, &attack);
            if reply.status < 300 {
                let reply = SIGN_INS[0].sign_in(&world.anonymous(), &email, PASSWORD).await;
                assert_eq!(reply.status, 200, "{attack}: {}", reply.text);
            }
        }
    }
}

#[tokio::test]
async fn a_username_is_found_for_every_email_address() {
    let world = World::new();
    let locals = [
        "#",
        "|",
        "a#b",
        "!$%&'*/=?^`{}~",
        "_",
        "+",
        "-",
        "⑴",
        "ﷺ",
        "ﬁ",
        "ß",
        "ΐ",
        "१",
        "a.b",
        "user",
        "µ",
        "ŉ",
        "a\u{345}",
        "Adébáyọ̀",
        "हिन्दी",
        "'त्",
        "ต้นข้าว",
    ];
    for local in locals {
        for domain in ["one.example", "two.example", "three.example"] {
            let body = json!({"email": format!("{local}@{domain}"), "password": PASSWORD});
            let reply = world.anonymous().post("/api/v1/auth/register", body).await;
            assert_clean(&reply, local);
            assert_eq!(reply.status, 201, "{local}@{domain}: {}", reply.text);
        }
    }
    for letter in ["a", "ß", "ΐ", "ﬃ", "ﷺ", "ᾷ", "İ"] {
        for count in [14, 29, 64] {
            for domain in ["one.example", "two.example"] {
                let email = format!("{}@{domain}", letter.repeat(count));
                let body = json!({"email": email, "password": PASSWORD});
                let reply = world.anonymous().post("/api/v1/auth/register", body).await;
                assert_clean(&reply, &email);
            }
        }
    }
}

#[tokio::test]
async fn a_title_is_only_a_title() {
    let fixture = Fixture::new().await;
    let long = "é".repeat(255);
    let titles = ["#", "a|b", "conversation#x", "a\u{1}b", "a\nb", "\u{202e}txt", "👍", "about", &long];
    for title in titles {
        let created = fixture.owner.post("/api/v1/chat/sessions/", json!({"title": title})).await;
        assert_eq!(created.status, 201, "{title:?}: {}", created.text);
        let id = created.body["id"].as_str().unwrap();
        let shown = fixture.owner.get(&format!("/api/v1/chat/sessions/{id}/")).await;
        assert_eq!(shown.body["title"], title);
    }
    let too_long = ["a".repeat(256), "a".repeat(2049), LONG_IN_NFKC.to_string().repeat(256)];
    for title in too_long {
        let reply = fixture.owner.post("/api/v1/chat/sessions/", json!({"title": title})).await;
        assert_refused(&reply, Dialect::Webchat, "a long title");
        assert_eq!(reply.status, 400);
    }
}

#[tokio::test]
async fn an_idempotency_key_that_is_none_is_refused() {
    let fixture = Fixture::new().await;
    let long = "a".repeat(256);
    let longer = "a".repeat(9000);
    for key in ["", "\t", "a\tb", "é", "\u{202e}", &long, &longer] {
        let actor = fixture.owner.sending("Idempotency-Key", key);
        let message = json!({"message": "Hello"});
        let chatbot = actor.post("/send/", message.clone()).await;
        let metered = actor.post("/api/chat/", message).await;
        let webchat = actor.post("/api/v1/chat/sessions/", json!({})).await;
        for (dialect, reply) in [(Dialect::Chatbot, chatbot), (Dialect::Metered, metered), (Dialect::Webchat, webchat)]
        {
            assert_refused(&reply, dialect, &format!("{key:.40?}"));
            assert_eq!(reply.status, 400, "{key:.40?}: {}", reply.text);
        }
    }
}

/// Invalid page numbers.
const NO_PAGES: &[&str] = &[
    "0",
    "-1",
    "-0",
    "1.0",
    "1e3",
    "0x1",
    "NaN",
    "null",
    "last",
    "%00",
    "1%00",
    "%ff",
    "%D9%A1",
    "2",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "18446744073709551614",
    "18446744073709551615",
    "18446744073709551616",
    "99999999999999999999",
    "1%20OR%201=1",
    "password_hash:asc",
];

/// Invalid page sizes; the list uses its default.
const NO_SIZES: &[&str] = &["0", "-1", "", "x", "1.5", "%00", "%ff", "18446744073709551616", "99999999999999999999"];

#[tokio::test]
async fn a_page_that_no_list_has_is_not_found() {
    let fixture = Fixture::new().await;
    let sessions = fixture.owner.get("/api/v1/chat/sessions/").await;
    let id = sessions.body["results"][0]["id"].as_str().unwrap();
    let chats = format!("/api/v1/chat/sessions/{id}/chats/");
    for (dialect, path) in
        [(Dialect::Webchat, "/api/v1/chat/sessions/"), (Dialect::Webchat, &chats), (Dialect::Chatbot, "/users/")]
    {
        for page in NO_PAGES {
            for size in ["", "&page_size=1000000000", "&page_size=18446744073709551615"] {
                let attack = format!("{path}?page={page}{size}");
                let reply = fixture.owner.get(&attack).await;
                assert_refused(&reply, dialect, &attack);
                assert_eq!(reply.status, 404, "{attack}: {}", reply.text);
                assert_eq!(reply.body, json!({"detail": "Invalid page."}), "{attack}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_size_that_is_none_is_the_usual_one_and_a_great_one_is_cut() {
    let world = World::new();
    let owner = world.user("alice").await;
    for _ in 0..101 {
        let created = owner.post("/api/v1/chat/sessions/", json!({})).await;
        assert_eq!(created.status, 201, "{}", created.text);
    }
    let path = "/api/v1/chat/sessions/";
    let size_of = async |query: &str| {
        let reply = owner.get(&format!("{path}?{query}")).await;
        assert_clean(&reply, query);
        assert_eq!(reply.status, 200, "{query}: {}", reply.text);
        reply.body["results"].as_array().unwrap().len()
    };
    for size in NO_SIZES {
        assert_eq!(size_of(&format!("page_size={size}")).await, 10, "{size}");
    }
    for size in ["101", "1000", "9223372036854775807", "18446744073709551615"] {
        assert_eq!(size_of(&format!("page_size={size}")).await, 100, "{size}");
    }
    assert_eq!(size_of("page_size=7").await, 7);
    for query in [
        "page=1&page=2",
        "page=2&page=1",
        "&&&=&page",
        "sort=password_hash:asc",
        "page[]=1",
        "page_size=1&page_size=100000",
        "order_by=owner&filter[owner]=x",
    ] {
        let reply = owner.get(&format!("{path}?{query}")).await;
        assert_clean(&reply, query);
        assert!(matches!(reply.status, 200 | 404), "{query}: {}", reply.text);
    }
}

fn uuid(bits: u128) -> String {
    let hex = format!("{bits:032x}");
    let parts = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    parts.join("-")
}

fn user(bits: u128) -> UserId {
    UserId::parse(&uuid(bits)).unwrap()
}

fn conversation(bits: u128) -> ConversationId {
    ConversationId::parse(&uuid(bits)).unwrap()
}

/// Ids from a small range, so that equal ones occur.
fn bits() -> impl Strategy<Value = u128> {
    prop_oneof![0..3_u128, any::<u128>()]
}

fn numbers() -> impl Strategy<Value = u64> {
    prop_oneof![0..20_u64, 95..1_005_u64, any::<u64>()]
}

/// Times until the year 9999.
fn times() -> impl Strategy<Value = u64> {
    prop_oneof![0..20_u64, 1_700_000_000_000..1_700_000_000_020_u64, 0..253_402_300_800_000_u64]
}

/// Letters with other spellings, and characters that may be next to them in a name.
fn name_letters() -> impl Strategy<Value = String> {
    let letters: Vec<char> = "aAbBsSſßẞiIıİkKåÅÅéÉµμςσΣΐᾳᾼŉǅﬁﬃﬀＡａ１①²½ⅷⅧ가각ㄱ১१٣ßꭰᎠ\u{a7ce}\u{a7cf}\u{301}\u{323}\
         \u{345}\u{5b0}\u{1161}\u{1100}\u{11a8}\u{94b}\u{94d}@.+-_"
        .chars()
        .collect();
    let letter = prop_oneof![3 => select(letters), 1 => any::<char>()];
    vec(letter, 1..12).prop_map(String::from_iter)
}

/// Parts of keys that an attacker might choose.
fn subjects() -> impl Strategy<Value = String> {
    let part = select(vec!["#", "0", "1", "auth", "api", "a", "|", "\u{0}", "000000000001"]);
    vec(part, 0..6).prop_map(|parts| parts.concat())
}

/// The normalized form of a name typed at sign-in.
fn typed(name: &str) -> String {
    let folded = SignInName::new(name).folded().unwrap();
    folded.as_str().to_owned()
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn different_names_have_different_keys(one in name_letters(), other in name_letters()) {
        let tables = Tables::default();
        let folded = |text: &str| SignInName::new(text).folded().unwrap();
        let (one, other) = (folded(&one), folded(&other));
        let same_key = keys::name(&tables, &one).attributes == keys::name(&tables, &other).attributes;
        prop_assert_eq!(same_key, one.as_str() == other.as_str());
    }

    #[test]
    fn different_turns_have_different_keys_that_sort_by_number(
        (one, other) in (bits(), bits()),
        (first, second) in (numbers(), numbers()),
    ) {
        let tables = Tables::default();
        let said = |id, turn| keys::user_message(&tables, conversation(id), TurnNumber(turn)).attributes;
        let replied = |id, turn| keys::reply(&tables, conversation(id), TurnNumber(turn)).attributes;
        prop_assert_eq!(said(one, first) == said(other, second), (one, first) == (other, second));
        prop_assert_ne!(said(one, first), replied(other, second));
        let sort = |item: &shared::store::Item| item["sk"].as_s().unwrap().clone();
        let (a, b) = (said(one, first), said(one, second));
        prop_assert_eq!(sort(&a).cmp(&sort(&b)), first.cmp(&second));
        if first < second {
            prop_assert!(sort(&replied(one, first)) < sort(&said(one, second)));
        }
        prop_assert!(sort(&said(one, first)) < sort(&replied(one, first)));
        let within = keys::FIRST_MESSAGE.to_owned()..keys::AFTER_MESSAGES.to_owned();
        prop_assert!(within.contains(&sort(&said(one, first))));
        prop_assert!(within.contains(&sort(&replied(one, first))));
        let about = keys::conversation(&tables, conversation(one)).attributes;
        prop_assert!(!within.contains(&sort(&about)));
    }

    #[test]
    fn different_counters_of_requests_have_different_keys(
        (one, other) in (select(vec!["api", "auth"]), select(vec!["api", "auth"])),
        (first, second) in (numbers(), numbers()),
        (subject, another) in (subjects(), subjects()),
    ) {
        let tables = Tables::default();
        let a = keys::limit(&tables, one, first, &subject).attributes;
        let b = keys::limit(&tables, other, second, &another).attributes;
        prop_assert_eq!(a == b, (one, first, subject) == (other, second, another));
    }

    #[test]
    fn entries_of_a_ledger_have_different_keys_that_sort_by_time(
        (one, other) in (bits(), bits()),
        (first, second) in (times(), times()),
        (id, another) in (bits(), bits()),
    ) {
        let tables = Tables::default();
        let entry = |owner, at, id| {
            keys::ledger_entry(&tables, user(owner), Timestamp::from_millis(at), user(id).uuid()).attributes
        };
        let (a, b) = (entry(one, first, id), entry(other, second, another));
        prop_assert_eq!(a == b, (one, first, id) == (other, second, another));
        let sort = |item: &shared::store::Item| item["sk"].as_s().unwrap().clone();
        if first != second {
            prop_assert_eq!(sort(&a) < sort(&b), first < second);
        }
        let listed = |at, id| ListPosition::by_time(Timestamp::from_millis(at), conversation(id)).0;
        prop_assert_eq!(listed(first, id) == listed(second, another), (first, id) == (second, another));
        if first != second {
            prop_assert_eq!(listed(first, id) < listed(second, another), first < second);
        }
    }

    #[test]
    fn rows_of_a_user_have_different_keys(
        (one, other) in (bits(), bits()),
        (id, another) in (bits(), bits()),
        (text, words) in (subjects(), subjects()),
    ) {
        let tables = Tables::default();
        let login = |bits| LoginId::parse(&uuid(bits)).unwrap();
        let rows = |owner, id, text: &str| {
            [
                keys::profile(&tables, user(owner)).attributes,
                keys::login(&tables, user(owner), login(id)).attributes,
                keys::known_address(&tables, user(owner), text).attributes,
                keys::balance(&tables, user(owner)).attributes,
                keys::idempotency(&tables, user(owner), text).attributes,
            ]
        };
        let (mine, yours) = (rows(one, id, &text), rows(other, another, &words));
        let equal = [
            one == other,
            (one, id) == (other, another),
            (one, &text) == (other, &words),
            one == other,
            (one, &text) == (other, &words),
        ];
        for (a, row) in mine.iter().enumerate() {
            for (b, against) in yours.iter().enumerate() {
                prop_assert_eq!(row == against, a == b && equal[a], "{} {}", a, b);
            }
        }
        let credential = |text: &str| keys::credential(&tables, text).attributes;
        prop_assert_eq!(credential(&text) == credential(&words), text == words);
    }

    #[test]
    fn a_folded_username_folds_to_itself(text in name_letters()) {
        if let Ok(name) = Username::parse(&text) {
            let folded = name.folded().as_str();
            prop_assert_eq!(typed(folded), folded);
            if let Ok(again) = Username::parse(folded) {
                prop_assert_eq!(again.folded().as_str(), folded);
            }
            prop_assert_eq!(typed(&text), folded);
            let stored = Username::parse(name.as_str()).unwrap();
            prop_assert_eq!(stored.as_str(), name.as_str());
        }
    }

    #[test]
    fn a_folded_email_address_folds_to_itself(local in name_letters(), domain in name_letters()) {
        if let Ok(email) = Email::parse(&format!("{local}@{domain}.example")) {
            let folded = email.folded().as_str();
            prop_assert_eq!(typed(folded), folded);
            prop_assert_eq!(typed(email.as_str()), folded);
            let stored = Email::parse(email.as_str()).unwrap();
            prop_assert_eq!(stored.as_str(), email.as_str());
            let suggested = Username::parse(&email.suggested_username());
            prop_assert!(suggested.is_ok(), "{:?}", email.suggested_username());
        }
    }

    #[test]
    fn a_time_is_shown_as_rfc_3339(millis in times()) {
        let shown = Timestamp::from_millis(millis).to_string();
        prop_assert_eq!(shown, rfc_3339(millis / 1000));
    }

    #[test]
    fn any_number_is_a_time_that_can_be_shown(millis in any::<u64>()) {
        let shown = Timestamp::from_millis(millis).to_string();
        let shape: String = shown.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        prop_assert_eq!(shape, "0000-00-00T00:00:00Z");
    }

    #[test]
    fn an_idempotency_key_is_visible_text_of_bounded_length(
        key in prop_oneof![vec(any::<u8>(), 0..4), vec(b' '..=b'~', 0..300)],
        other in vec(b' '..=b'!', 1..4),
    ) {
        let is_visible = key.iter().all(|byte| matches!(byte, b' '..=b'~'));
        let is_blank = key.iter().all(|&byte| byte == b' ');
        let fits = is_visible && !is_blank && key.len() <= 255;
        let parsed = IdempotencyKey::parse(&key);
        prop_assert_eq!(parsed.is_ok(), fits);
        if let (Ok(parsed), Ok(another)) = (parsed, IdempotencyKey::parse(&other)) {
            prop_assert_eq!(parsed.hash() == another.hash(), key == other);
            prop_assert_eq!(parsed.hash().len(), 64);
        }
    }
}

/// Written without the date library of the product (days to date after Howard Hinnant).
fn rfc_3339(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400 + 719_468, seconds % 86_400);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day + 2) / 153;
    let day = day - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute) = (second / 3_600, second / 60 % 60);
    let second = second % 60;
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[test]
fn every_letter_folds_to_what_folds_to_itself() {
    for letter in '\0'..=char::MAX {
        let text = letter.to_string();
        if let Ok(name) = Username::parse(&text) {
            let folded = name.folded().as_str().to_owned();
            assert_eq!(typed(&folded), folded, "{letter:?}");
        }
    }
}
