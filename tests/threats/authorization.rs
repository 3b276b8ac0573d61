//! Every route, requested by every kind of caller for every kind of object. The answer follows from who may use the
//! route and who owns the object, and a refused request changes nothing.

use super::{
    fixture::{Things, send},
    routes::{Access, Dialect, Kind, ROUTES, Route, fields},
    surface::{assert_401, assert_refused, invalid, invalid_token, no_credential},
};
use crate::world::{Actor, Reply, Snapshot, World};
use serde_json::{Value, json};
use std::collections::HashMap;
use tokio::sync::OnceCell;

/// The caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Nobody,
    Owner,
    Other,
    Admin,
    Disabled,
    Deleted,
}

const EVERYBODY: [Who; 6] = [Who::Nobody, Who::Disabled, Who::Deleted, Who::Other, Who::Admin, Who::Owner];

/// The object of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Own,
    Others,
    /// It was deleted.
    Gone,
    /// It never existed.
    Absent,
    /// Its id is malformed.
    Malformed,
}

const EVERYTHING: [What; 5] = [What::Others, What::Gone, What::Absent, What::Malformed, What::Own];

/// Users who each have one of everything, in one world.
struct Cast {
    world: World,
    members: Members,
}

#[derive(Clone)]
struct Members {
    owner: Things,
    other: Things,
    admin: Things,
    disabled: Things,
    deleted: Things,
    /// The ids of the owner's deleted objects and of the deleted user.
    gone: Vec<(&'static str, String)>,
}

impl Members {
    fn in_world(&self, world: &World) -> Self {
        Self {
            owner: self.owner.in_world(world),
            other: self.other.in_world(world),
            admin: self.admin.in_world(world),
            disabled: self.disabled.in_world(world),
            deleted: self.deleted.in_world(world),
            gone: self.gone.clone(),
        }
    }
}

impl Cast {
    /// A copy of a cast that is created once per process.
    async fn new() -> Self {
        static ORIGINAL: OnceCell<(Snapshot, Members)> = OnceCell::const_new();
        let (snapshot, members) = ORIGINAL
            .get_or_init(async || {
                let Self { world, members } = Self::make().await;
                (world.snapshot(), members)
            })
            .await;
        let world = snapshot.world();
        Self { members: members.in_world(&world), world }
    }

    async fn make() -> Self {
        let world = World::new();
        let root = world.admin("root").await;
        world.admin("rita").await;
        let admin = Things::of(&world, root.clone(), "root", &root).await;
        let mut others = Vec::new();
        for (number, name) in ["alice", "bob", "dora", "dirk"].into_iter().enumerate() {
            let actor = world.user(name).await;
            // Without this, every user's first assistant would have number 1, so another user's number would also be
            // one's own.
            let counter = json!({"pk": {"S": format!("owner#{}", world.id_of(name))}, "sk": {"S": "counter"},
                "last_number": {"N": ((number + 1) * 100).to_string()}});
            world.put("assistants", &counter);
            others.push(Things::of(&world, actor, name, &root).await);
        }
        let [owner, other, disabled, deleted] = others.try_into().ok().unwrap();
        let path = |things: &Things| format!("/api/v1/users/{}", things.id("{user_id}"));
        let disabling = root.put(&path(&disabled), json!({"is_active": false})).await;
        let deletion = root.delete(&path(&deleted)).await;
        assert_eq!((disabling.status, deletion.status), (200, 204));
        let mut gone = owner.deleted(&root, deleted.id("{file_id}")).await;
        gone.push(("{user_id}", deleted.id("{user_id}").to_owned()));
        Self { world, members: Members { owner, other, admin, disabled, deleted, gone } }
    }

    fn things(&self, who: Who) -> &Things {
        match who {
            Who::Nobody | Who::Owner => &self.members.owner,
            Who::Other => &self.members.other,
            Who::Admin => &self.members.admin,
            Who::Disabled => &self.members.disabled,
            Who::Deleted => &self.members.deleted,
        }
    }

    fn actor(&self, who: Who) -> Actor {
        match who {
            Who::Nobody => self.world.anonymous(),
            _ => self.things(who).actor.clone(),
        }
    }

    /// The things of another user.
    fn victim(&self, who: Who) -> &Things {
        if matches!(who, Who::Nobody | Who::Owner) { &self.members.other } else { &self.members.owner }
    }

    fn id(&self, place: &str, who: Who, what: What) -> String {
        match what {
            What::Own => self.things(who).id(place).to_owned(),
            What::Others => self.victim(who).id(place).to_owned(),
            What::Gone => self.members.gone.iter().find(|(name, _)| *name == place).unwrap().1.clone(),
            What::Absent => match place {
                "{chat_id}" | "{number}" => "9999".to_owned(),
                "{tool_id}" => "no_such_tool".to_owned(),
                _ => "018e3745-b8e0-7000-8000-ffffffffffff".to_owned(),
            },
            What::Malformed => "no%23id%7C".to_owned(),
        }
    }

    async fn ask(&self, route: &Route, who: Who, what: What) -> Reply {
        let path = route.path_with(|place| self.id(place, who, what));
        let things = match what {
            What::Others if route.path.contains("{user_id}") => self.victim(who),
            _ => self.things(who),
        };
        send(&self.actor(who), route, &path, Value::Object(things.body(route)).to_string()).await
    }

    /// All stored data.
    fn stored(&self) -> Vec<(&'static str, Vec<Value>)> {
        let tables = ["users", "assistants", "tools", "sessions", "balances", "files"];
        let rows = tables.map(|table| (table, self.world.rows(table)));
        let blobs = self.world.stored().iter().map(|path| path.display().to_string().into()).collect();
        rows.into_iter().chain([("contents", blobs)]).collect()
    }
}

/// The objects for a route. A route without an id in its path is about the caller's own things.
fn objects(route: &Route) -> &'static [What] {
    if route.path.contains('{') { &EVERYTHING } else { &[What::Own] }
}

/// The expected status.
fn expected(route: &Route, who: Who, what: What) -> u16 {
    let is_known = matches!(who, Who::Owner | Who::Other | Who::Admin);
    // All users share the tools, and administrators may change any user.
    let exists = match what {
        What::Own => true,
        What::Others => route.path.contains("{tool_id}") || (who == Who::Admin && route.path.contains("{user_id}")),
        What::Gone | What::Absent | What::Malformed => false,
    };
    match route.access {
        Access::Public => route.success,
        _ if !is_known => 401,
        Access::Admin if who != Who::Admin => 403,
        Access::SelfOrAdmin if who != Who::Admin && what != What::Own => 403,
        _ if exists => route.success,
        _ => 404,
    }
}

#[tokio::test]
async fn whoever_may_not_is_refused_alike_whatever_there_is_and_changes_nothing() {
    let cast = Cast::new().await;
    let before = cast.stored();
    for route in ROUTES.iter() {
        let mut first: HashMap<u16, Reply> = HashMap::new();
        for (who, what) in EVERYBODY.into_iter().flat_map(|who| objects(route).iter().map(move |what| (who, *what))) {
            let expected = expected(route, who, what);
            if expected < 400 {
                continue;
            }
            let attack = format!("{}: {who:?} {what:?}", route.name());
            let reply = cast.ask(route, who, what).await;
            assert_eq!(reply.status, expected, "{attack}: {}", reply.text);
            match (expected, who) {
                (401, Who::Nobody) => assert_401(&reply, route.dialect, &no_credential(route.dialect), &attack),
                (401, _) => assert_401(&reply, route.dialect, &invalid_token(route.dialect), &attack),
                _ => {
                    assert_refused(&reply, route.dialect, &attack);
                    let first = first.entry(expected).or_insert_with(|| reply.clone());
                    assert_eq!((&reply.text, &reply.headers), (&first.text, &first.headers), "{attack}");
                }
            }
        }
        assert_eq!(cast.stored(), before, "{} did something", route.name());
    }
}

#[tokio::test]
async fn whoever_may_is_served_what_is_theirs() {
    let untouched = Cast::new().await;
    for route in ROUTES.iter().filter(|route| route.needs_credential()) {
        let touched = if route.verb == "GET" { None } else { Some(Cast::new().await) };
        let cast = touched.as_ref().unwrap_or(&untouched);
        for (who, what) in EVERYBODY.into_iter().flat_map(|who| objects(route).iter().map(move |what| (who, *what))) {
            if expected(route, who, what) >= 400 {
                continue;
            }
            let attack = format!("{}: {who:?} {what:?}", route.name());
            let reply = cast.ask(route, who, what).await;
            assert_eq!(reply.status, route.success, "{attack}: {}", reply.text);
        }
    }
}

#[tokio::test]
async fn a_public_route_does_not_ask_who_comes() {
    let cast = Cast::new().await;
    for (number, route) in ROUTES.iter().enumerate().filter(|(_, route)| !route.needs_credential()) {
        for who in EVERYBODY {
            let newcomer = format!("mallory-{number}-{who:?}");
            let body = Value::Object(cast.members.owner.body(route)).to_string().replace("mallory", &newcomer);
            let reply = send(&cast.actor(who), route, route.path, body).await;
            assert_eq!(reply.status, route.success, "{}: {who:?}: {}", route.name(), reply.text);
        }
    }
}

#[tokio::test]
async fn a_chat_is_not_found_under_anothers_session_nor_anothers_under_ones_own() {
    let cast = Cast::new().await;
    let hers = format!("/api/v1/chat/sessions/{}/chats/", cast.members.owner.id("{session_id}"));
    let second = cast.members.owner.actor.post(&hers, json!({"message": "Again"})).await;
    assert_eq!(second.body["id"], 2, "{}", second.text);
    let his = format!("/api/v1/chat/sessions/{}/chats/", cast.members.other.id("{session_id}"));
    for path in [format!("{his}2/"), format!("{hers}1/"), format!("{hers}2/"), format!("{hers}3/")] {
        for who in [Who::Other, Who::Admin] {
            let reply = cast.actor(who).get(&path).await;
            assert_refused(&reply, Dialect::Webchat, &path);
            assert_eq!((reply.status, reply.body), (404, json!({"detail": "Not found."})), "{path}");
        }
    }
    assert_eq!(cast.members.owner.actor.get(&format!("{hers}2/")).await.status, 200);
}

/// The placeholders for things that a body can refer to.
const NAMED_IN_BODIES: [&str; 3] = ["{assistant_id}", "{file_id}", "{tool_id}"];

#[tokio::test]
async fn what_a_body_names_is_the_callers_own_or_unknown() {
    let cast = Cast::new().await;
    let before = cast.stored();
    for (route, field) in fields() {
        let Some(place) = NAMED_IN_BODIES.into_iter().find(|place| field.value.contains(place)) else {
            continue;
        };
        for who in [Who::Owner, Who::Other, Who::Admin] {
            let mut first = None;
            for what in EVERYTHING {
                if what == What::Own || (what == What::Others && place == "{tool_id}") {
                    continue;
                }
                let value = field.value.replace(place, &cast.id(place, who, what));
                let mut body = cast.things(who).body(route);
                let value = if field.kind == Kind::Text { value.into() } else { serde_json::from_str(&value).unwrap() };
                body.insert(field.name.to_owned(), value);
                let path = route.path_with(|place| cast.id(place, who, What::Own));
                let reply = send(&cast.actor(who), route, &path, Value::Object(body).to_string()).await;
                let attack = format!("{} {}: {who:?} {what:?}", route.name(), field.name);
                assert_refused(&reply, route.dialect, &attack);
                assert_eq!(reply.status, invalid(route.dialect), "{attack}: {}", reply.text);
                if what == What::Malformed && field.kind == Kind::Attachments {
                    // It is parsed as a URL and is not one.
                    continue;
                }
                let first = first.get_or_insert_with(|| reply.text.clone());
                assert_eq!(&reply.text, first, "{attack}");
            }
        }
        assert_eq!(cast.stored(), before, "{} {} did something", route.name(), field.name);
    }
}

#[tokio::test]
async fn an_assistant_of_that_name_is_the_callers_own_or_unknown() {
    let cast = Cast::new().await;
    let said = json!({"assistant_name": "Confidant", "_input": "Hello"});
    let before = cast.members.other.actor.post("/api/v1/chat/", said.clone()).await;
    assert_eq!(before.status, 400, "{}", before.text);
    assert_eq!(before.body, json!({"assistant_name": ["Object with name=Confidant does not exist."]}));
    let made = cast.members.owner.actor.post("/api/v1/assistants", json!({"name": "Confidant"})).await;
    assert_eq!(made.status, 201, "{}", made.text);
    for who in [Who::Other, Who::Admin] {
        let after = cast.actor(who).post("/api/v1/chat/", said.clone()).await;
        assert_eq!((after.status, &after.text), (400, &before.text), "{who:?}");
    }
}

#[tokio::test]
async fn a_list_holds_what_is_the_callers_own_whatever_is_asked_for() {
    let cast = Cast::new().await;
    let lists = ["/api/v1/assistants", "/api/v1/conversations", "/api/v1/users/me/api-keys"];
    for list in lists {
        let hers = cast.members.owner.actor.get(&format!("{list}?size=1")).await;
        let hers_all = cast.members.owner.actor.get(&format!("{list}?size=100")).await.text;
        let mine = cast.members.other.actor.get(&format!("{list}?size=100")).await;
        assert_eq!((hers.status, mine.status), (200, 200), "{list}");
        let owner = cast.members.owner.id("{user_id}");
        let mut queries = vec![format!("owner={owner}"), format!("user_id={owner}"), format!("user={owner}")];
        // A cursor from her list gives no access to it.
        queries.extend(hers.body["next_cursor"].as_str().map(|cursor| format!("after={cursor}")));
        for query in queries {
            for who in [Who::Other, Who::Admin] {
                let reply = cast.actor(who).get(&format!("{list}?{query}")).await;
                assert_eq!(reply.status, 200, "{list}?{query}: {}", reply.text);
                for item in reply.body["items"].as_array().unwrap() {
                    assert!(!hers_all.contains(item["id"].as_str().unwrap()), "{list}?{query}: {who:?} sees {item}");
                }
            }
        }
    }
    for what in [What::Others, What::Absent, What::Malformed] {
        let assistant = cast.id("{assistant_id}", Who::Other, what);
        let reply = cast.members.other.actor.get(&format!("/api/v1/conversations?assistant_id={assistant}")).await;
        assert_eq!(reply.status, 200, "{what:?}: {}", reply.text);
        let nothing = json!({"items": [], "total": 0, "page": 1, "size": 20, "pages": 0, "has_next": false,
            "has_prev": false, "next_cursor": null});
        assert_eq!(reply.body, nothing, "{what:?}");
    }
}

#[tokio::test]
async fn a_message_of_anothers_conversation_is_no_place_in_ones_own() {
    let cast = Cast::new().await;
    let path = |things: &Things| format!("/api/v1/conversations/{}", things.id("{conversation_id}"));
    let hers = cast.members.owner.actor.get(&path(&cast.members.owner)).await;
    let message = hers.body["messages"][1]["id"].as_str().unwrap();
    let absent = "018e3745-b8e0-7000-8000-ffffffffffff";
    let mut replies = Vec::new();
    for before in [message, absent, "no%23id"] {
        let reply = cast.members.other.actor.get(&format!("{}?before={before}", path(&cast.members.other))).await;
        assert_refused(&reply, Dialect::Platform, before);
        assert_eq!(reply.status, 422, "{before}: {}", reply.text);
        replies.push(reply.text);
    }
    assert!(replies.iter().all(|reply| *reply == replies[0]), "{replies:?}");
    let own = cast.members.owner.actor.get(&format!("{}?before={message}", path(&cast.members.owner))).await;
    assert_eq!((own.status, own.body["messages"].as_array().unwrap().len()), (200, 1), "{}", own.text);
}
