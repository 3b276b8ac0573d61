//! A user who has one of everything, in a separate world.

use super::routes::{Access, Dialect, Field, Kind, Route};
use crate::world::{Actor, MULTIPART, Reply, Snapshot, World};
use axum::http::Method;
use serde_json::{Map, Value, json};
use shared::{domain::file::FileState, store::files::OwnedFile};
use std::sync::{Arc, Mutex};
use tokio::sync::OnceCell;

/// A user's things, and an actor for the user.
#[derive(Clone)]
pub struct Things {
    pub actor: Actor,
    /// Their username.
    pub name: String,
    /// The values of the placeholders `{user_id}`, `{session_id}` and so on.
    ids: Vec<(&'static str, String)>,
}

/// The platform dialect's id of something that was just created.
fn made(reply: &Reply) -> String {
    assert_eq!(reply.status, 201, "{}", reply.text);
    reply.body["id"].as_str().unwrap().to_owned()
}

impl Things {
    /// Creates one of everything. `admin` creates the tools.
    pub async fn of(world: &World, actor: Actor, name: &str, admin: &Actor) -> Self {
        let kept = OwnedFile { user: world.id_of(name), file: world.keep_file(name, "notes.txt", "Hello").await.id };
        // A turn would wait for an attached file that is still to be read.
        assert!(world.store().end_reading(kept, &FileState::Ready).await.unwrap());
        let file = kept.file.to_string();
        let ids = Self::make(&actor, name, admin, "First", file).await;
        let (name, me) = (name.to_owned(), world.id_of(name).to_string());
        let ids = ids.into_iter().chain([("{user_id}", me), ("{refresh}", actor.refresh.clone())]);
        Self { ids: ids.chain([("{name}", name.clone())]).collect(), actor, name }
    }

    /// The same things in a copy of their world.
    pub fn in_world(&self, world: &World) -> Self {
        Self { actor: self.actor.in_world(world), ..self.clone() }
    }

    async fn make(
        actor: &Actor,
        name: &str,
        admin: &Actor,
        assistant: &str,
        file: String,
    ) -> Vec<(&'static str, String)> {
        let session = made(&actor.post("/api/v1/chat/sessions/", json!({})).await);
        let said = actor.post(&format!("/api/v1/chat/sessions/{session}/chats/"), json!({"message": "Hello"})).await;
        assert_eq!(said.status, 201, "{}", said.text);
        let numbered = json!({"name": assistant, "company_name": "Acme", "instructions": "Answer."});
        let numbered = actor.post("/api/v1/assistants/", numbered).await;
        let listed = actor.get("/api/v1/assistants?size=1").await;
        let with = listed.body["items"][0]["id"].as_str().unwrap().to_owned();
        let conversation = json!({"initial_message": "Hello", "assistant_id": with});
        let conversation = actor.post("/api/v1/conversations", conversation).await;
        let message = conversation.body["messages"][0]["id"].as_str().unwrap().to_owned();
        let conversation = made(&conversation);
        let key = made(&actor.post("/api/v1/users/me/api-keys", json!({"name": "bot"})).await);
        let tool = json!({"name": format!("{assistant} of {name}"), "endpoint": "https://tool.example/tool"});
        let tool = made(&admin.post("/api/v1/tools", tool).await);
        let webhook = json!({"url": "https://receiver.example.com/webhook", "events": ["message.received"]});
        let webhook = made(&actor.post("/api/v1/webhooks", webhook).await);
        let delivery = actor.post(&format!("/api/v1/webhooks/{webhook}/test"), json!({})).await;
        assert_eq!(delivery.status, 202, "{}", delivery.text);
        vec![
            ("{webhook_id}", webhook),
            ("{delivery_id}", delivery.body["id"].as_str().unwrap().to_owned()),
            ("{session_id}", session),
            ("{chat_id}", said.body["id"].to_string()),
            ("{conversation_id}", conversation),
            ("{message_id}", message),
            ("{assistant_id}", with),
            ("{number}", numbered.body["id"].to_string()),
            ("{key_id}", key),
            ("{tool_id}", tool),
            ("{file_id}", file),
        ]
    }

    /// Creates one of everything, deletes it and returns the ids. `file` is the id of a file that no user has any more.
    pub async fn deleted(&self, admin: &Actor, file: &str) -> Vec<(&'static str, String)> {
        let ids = Self::make(&self.actor, &self.name, admin, "Zeroth", file.to_owned()).await;
        let deletions = [
            ("{session_id}", "/api/v1/conversations/"),
            ("{conversation_id}", "/api/v1/conversations/"),
            ("{assistant_id}", "/api/v1/assistants/"),
            ("{key_id}", "/api/v1/users/me/api-keys/"),
            ("{tool_id}", "/api/v1/tools/"),
            ("{webhook_id}", "/api/v1/webhooks/"),
        ];
        for (place, collection) in deletions {
            let actor = if place == "{tool_id}" { admin } else { &self.actor };
            let (_, id) = ids.iter().find(|(name, _)| *name == place).unwrap();
            let reply = actor.delete(&format!("{collection}{id}")).await;
            assert_eq!(reply.status, 204, "{collection}: {}", reply.text);
        }
        ids
    }

    /// The value of the placeholder `place`.
    pub fn id(&self, place: &str) -> &str {
        &self.ids.iter().find(|(name, _)| *name == place).unwrap().1
    }

    fn filled(&self, text: &str) -> String {
        self.ids.iter().fold(text.to_owned(), |text, (place, id)| text.replace(place, id))
    }

    /// A body that the route accepts.
    pub fn body(&self, route: &Route) -> Map<String, Value> {
        let value = |field: &Field| match field.kind {
            Kind::Text => self.filled(&field.value).into(),
            _ => serde_json::from_str(&self.filled(&field.value)).unwrap(),
        };
        route.fields.iter().map(|field| (field.name.to_owned(), value(field))).collect()
    }
}

impl Route {
    /// The path with an id for each placeholder.
    pub fn path_with(&self, id: impl Fn(&str) -> String) -> String {
        let fill = |part: &str| match part {
            // In 000, assistants have numbers instead of ids.
            "{assistant_id}" if self.dialect == Dialect::Reports => id("{number}"),
            place if place.starts_with('{') => id(place),
            fixed => fixed.to_owned(),
        };
        self.path.split('/').map(fill).collect::<Vec<_>>().join("/")
    }
}

/// The route that takes nothing but a form with a file.
const UPLOAD: &str = "/api/v1/files/upload";

fn form_with_a_file() -> Vec<u8> {
    let head = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n";
    [head.as_bytes(), b"Hello\r\n--x--\r\n"].concat()
}

/// A request of the route's verb with `body`, if the route takes one.
pub async fn send(actor: &Actor, route: &Route, path: &str, body: impl Into<Vec<u8>>) -> Reply {
    let method = Method::from_bytes(route.verb.as_bytes()).unwrap();
    match route.takes_body() {
        true => actor.send(method, path, Some("application/json"), body.into()).await,
        false if route.path == UPLOAD => actor.send(method, path, Some(MULTIPART), form_with_a_file()).await,
        false => actor.send(method, path, None, Vec::new()).await,
    }
}

type Settings = Vec<(&'static str, &'static str)>;

/// The source of copies. It holds no world, because the world's directory would never be removed.
struct Original {
    snapshot: Snapshot,
    owner: Actor,
    things: Things,
    admin: Actor,
    victim: String,
}

impl Original {
    fn of(Fixture { world, owner, things, admin, victim }: Fixture) -> Self {
        Self { snapshot: world.snapshot(), owner, things, admin, victim }
    }

    fn copy(&self) -> Fixture {
        let world = self.snapshot.world();
        let (owner, admin) = (self.owner.in_world(&world), self.admin.in_world(&world));
        Fixture { owner, admin, things: self.things.in_world(&world), victim: self.victim.clone(), world }
    }
}

/// A world with a user who has one of everything, and an administrator.
pub struct Fixture {
    pub world: World,
    pub owner: Actor,
    things: Things,
    admin: Actor,
    /// A user whom administrators may change or delete.
    victim: String,
}

impl Fixture {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// A fixture with these settings. It is created once per process; each call returns a copy.
    pub async fn with(settings: &[(&'static str, &'static str)]) -> Self {
        static ORIGINALS: Mutex<Vec<(Settings, Arc<OnceCell<Original>>)>> = Mutex::new(Vec::new());
        let original = {
            let mut originals = ORIGINALS.lock().unwrap();
            match originals.iter().find(|(known, _)| known == settings) {
                Some((_, original)) => original.clone(),
                None => {
                    let original = Arc::default();
                    originals.push((settings.to_vec(), Arc::clone(&original)));
                    original
                }
            }
        };
        let make = async || Original::of(Self::in_world(World::with(settings)).await);
        original.get_or_init(make).await.copy()
    }

    /// Creates the fixture in a world without users.
    pub async fn in_world(world: World) -> Self {
        let owner = world.user("alice").await;
        let admin = world.admin("root").await;
        world.user("carl").await;
        let victim = world.id_of("carl").to_string();
        let things = Things::of(&world, owner.clone(), "alice", &admin).await;
        Self { world, owner, things, admin, victim }
    }

    /// The route's path with the ids of the owner's things.
    pub fn path(&self, route: &Route) -> String {
        route.path_with(|place| match place {
            "{user_id}" => self.victim.clone(),
            _ => self.things.id(place).to_owned(),
        })
    }

    /// An actor who may use the route.
    pub fn actor(&self, route: &Route) -> Actor {
        match route.access {
            Access::Public => self.world.anonymous(),
            Access::SignedIn => self.owner.clone(),
            Access::SelfOrAdmin | Access::Admin => self.admin.clone(),
        }
    }

    /// A body that the route accepts.
    pub fn body(&self, route: &Route) -> Map<String, Value> {
        self.things.body(route)
    }

    /// That body, with `json` as the value of one field.
    pub fn body_with(&self, route: &Route, field: &str, json: &[u8]) -> Vec<u8> {
        let mut body = self.body(route);
        body.remove(field);
        let mut text = format!("{{{}:", Value::from(field)).into_bytes();
        text.extend(json);
        for (name, value) in body {
            text.extend(format!(",{}:{value}", Value::from(name)).into_bytes());
        }
        text.push(b'}');
        text
    }

    /// Sends `body` as JSON to the route, as an actor who may use it.
    pub async fn send(&self, route: &Route, body: impl Into<Vec<u8>>) -> Reply {
        send(&self.actor(route), route, &self.path(route), body).await
    }

    /// Sends a body of any type to the route, as an actor who may use it.
    pub async fn send_typed(&self, route: &Route, content_type: Option<&str>, body: impl Into<Vec<u8>>) -> Reply {
        let method = Method::from_bytes(route.verb.as_bytes()).unwrap();
        self.actor(route).send(method, &self.path(route), content_type, body.into()).await
    }
}
