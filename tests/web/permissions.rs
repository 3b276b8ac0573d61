//! The template grants the functions of pages what their routes require, and nothing on tables that they never touch.

use super::Browser;
use crate::{
    template::{Function, Permission, functions},
    world::{OVER_SDK, PASSWORD, Receiver, Script, World},
};
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// A request: the route, the path, and the fields of its form.
type Step<'a> = (&'a str, String, Vec<(&'a str, String)>);

struct Walk {
    world: World,
    browser: Browser,
    functions: Vec<Function>,
    needed: BTreeMap<String, BTreeSet<Permission>>,
    walked: BTreeSet<String>,
    missing: BTreeSet<(String, Permission)>,
}

impl Walk {
    /// Makes the request, and returns the text of the response, or where it leads.
    async fn step(&mut self, (route, path, fields): Step<'_>) -> String {
        self.world.faults().plan(None);
        self.world.queue_faults.plan([]);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let reply = match route.split_once(' ').unwrap().0 {
            "GET" => self.browser.get(&path).await,
            "DELETE" => self.browser.script("application/json").delete(&path).await,
            _ if fields.contains(&("attach", "on")) => {
                self.browser.submit_files(&path, &fields, &[("more.txt", b"Tides fall.")]).await
            }
            _ => self.browser.submit(&path, &fields).await,
        };
        assert!(reply.status < 400, "{route}: {} {}", reply.status, reply.text);
        let bare = |path: &str| if path == "/" { path.to_owned() } else { path.trim_end_matches('/').to_owned() };
        let (verb, template) = route.split_once(' ').unwrap();
        let owns = |function: &&Function| function.routes.contains(&(verb.to_owned(), bare(template)));
        let function = self.functions.iter().find(owns).unwrap_or_else(|| panic!("{route}"));
        let calls = self.world.faults().calls();
        let sent = self.world.queue_faults.calls();
        let sent = sent.iter().map(|(operation, request)| crate::permissions::on_queue(operation, request));
        let needs: BTreeSet<Permission> = calls.into_iter().flat_map(|call| call.needs).chain(sent).collect();
        let missing: Vec<_> = needs.difference(&function.allowed).collect();
        self.missing.extend(missing.into_iter().map(|permission| (function.name.clone(), permission.clone())));
        self.needed.entry(function.name.clone()).or_default().extend(needs);
        self.walked.insert(route.to_owned());
        match reply.header("location") {
            "" => reply.text,
            location => location.split('#').next().unwrap().to_owned(),
        }
    }

    async fn get(&mut self, route: &str) -> String {
        self.step((&format!("GET {route}"), route.to_owned(), Vec::new())).await
    }
}

fn with<'a>(fields: &[(&'a str, &str)]) -> Vec<(&'a str, String)> {
    fields.iter().map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// The part of `text` after the first `before`, until the next quotation mark or slash.
fn after<'a>(text: &'a str, before: &str) -> &'a str {
    let rest = text.split_once(before).unwrap_or_else(|| panic!("{before} in {text}")).1;
    rest.split(['"', '/', '<']).next().unwrap()
}

#[tokio::test]
async fn the_functions_of_pages_may_do_what_pages_do_and_touch_no_other_table() {
    let receiver = Receiver::start().await;
    let world = World::with(&[
        OVER_SDK,
        ("RATE_LIMIT_API", "10000"),
        ("RATE_LIMIT_AUTH", "10000"),
        ("INITIAL_TOKENS", "100000"),
        ("OUTBOUND_ALLOW", "127.0.0.1"),
    ]);
    world.admin("root").await;
    world.user("other").await;
    let other = world.id_of("other");
    let browser = Browser::new(&world);
    let mut walk = Walk {
        world,
        browser,
        functions: functions(),
        needed: BTreeMap::new(),
        walked: BTreeSet::new(),
        missing: BTreeSet::new(),
    };
    for route in ["/accounts/login/", "/accounts/register/", "/assets/{version}/{asset}"] {
        let path = if route.contains('{') { "/assets/0/page.js".to_owned() } else { route.to_owned() };
        walk.step((&format!("GET {route}"), path, Vec::new())).await;
    }
    walk.get("/accounts/register/").await;
    let new = with(&[("username", "alice"), ("password", PASSWORD), ("confirm_password", PASSWORD)]);
    walk.step(("POST /accounts/register/", "/accounts/register/".to_owned(), new)).await;
    walk.get("/").await;
    walk.step(("POST /accounts/logout/", "/accounts/logout/".to_owned(), Vec::new())).await;
    walk.get("/accounts/login/").await;
    let root = with(&[("username", "root"), ("password", PASSWORD), ("stay", "on")]);
    walk.step(("POST /accounts/login/", "/accounts/login/".to_owned(), root)).await;
    walk.get("/").await;
    walk.step(("POST /preferences/", "/preferences/".to_owned(), with(&[("theme", "dark")]))).await;

    // Assistants and files.
    walk.get("/assistants/").await;
    walk.get("/assistants/new/").await;
    let fields = with(&[("name", "Helper"), ("tool.web_search", "on")]);
    let assistant = walk.step(("POST /assistants/new/", "/assistants/new/".to_owned(), fields)).await;
    walk.step(("GET /assistants/{assistant}/", assistant.clone(), Vec::new())).await;
    let fields = with(&[("name", "Helper 2"), ("description", "Helps")]);
    walk.step(("POST /assistants/{assistant}/", assistant.clone(), fields)).await;
    walk.get("/files/").await;
    let file = {
        let sent = walk.browser.submit_files("/files/", &[], &[("notes.txt", b"Tides rise.")]).await;
        assert_eq!(sent.status, 303, "{}", sent.text);
        let list = walk.browser.get("/files/").await.text;
        format!("/files/{}/", after(&list, "href=\"/files/01"))
    };
    let file = file.replace("/files/", "/files/01");
    walk.step(("GET /files/{file}/", file.clone(), Vec::new())).await;
    walk.step(("GET /files/{file}/content/", format!("{file}content/"), Vec::new())).await;

    // Chats.
    let id = after(&assistant, "/assistants/").to_owned();
    let fields = with(&[("message", "When do tides rise?"), ("assistant", &id), ("key", "a")]);
    let chat = walk.step(("POST /chat/messages/", "/chat/messages/".to_owned(), fields)).await;
    walk.step(("GET /chat/{conversation}/", chat.clone(), Vec::new())).await;
    let fields = with(&[("message", "And fall?"), ("key", "b"), ("attach", "on")]);
    walk.step(("POST /chat/{conversation}/messages/", format!("{chat}messages/"), fields)).await;
    walk.world.model.next(Script::Fail);
    walk.browser.submit(&format!("{chat}messages/"), &[("message", "Fails")]).await;
    let again = with(&[("again", "3"), ("key", "c")]);
    walk.step(("POST /chat/{conversation}/messages/", format!("{chat}messages/"), again)).await;
    for (route, path) in [
        ("GET /chat/{conversation}/messages/{chat}/answer.md", "messages/1/answer.md"),
        ("GET /chat/{conversation}/messages/{chat}/stream/", "messages/1/stream/"),
        ("GET /chat/{conversation}/export.md", "export.md"),
        ("GET /chat/{conversation}/manage/", "manage/"),
    ] {
        walk.step((route, format!("{chat}{path}"), Vec::new())).await;
    }
    walk.step(("GET /search/", "/search/?q=tides".to_owned(), Vec::new())).await;
    let session = {
        let created = walk.browser.script("application/json").post("/chat/session/create/", json!({})).await;
        created.body["session_id"].as_str().unwrap().to_owned()
    };
    walk.step(("POST /chat/session/create/", "/chat/session/create/".to_owned(), Vec::new())).await;
    let title = with(&[("title", "Title")]);
    walk.step(("POST /chat/session/{conversation}/rename/", format!("/chat/session/{session}/rename/"), title.clone()))
        .await;
    walk.step(("GET /load_session/{conversation}/", format!("/load_session/{session}/"), Vec::new())).await;
    walk.step(("DELETE /chat/session/{conversation}/delete/", format!("/chat/session/{session}/delete/"), Vec::new()))
        .await;
    walk.step(("POST /chat/{conversation}/manage/", format!("{chat}manage/"), title)).await;
    let delete = with(&[("action", "delete")]);
    walk.step(("POST /chat/{conversation}/manage/", format!("{chat}manage/"), delete.clone())).await;
    walk.step(("POST /files/{file}/", file, delete.clone())).await;
    walk.step(("POST /assistants/{assistant}/", assistant, delete)).await;

    // The account and the pages of administrators.
    for route in [
        "/account/",
        "/account/password/",
        "/account/sessions/",
        "/account/keys/",
        "/account/webhooks/",
        "/admin/",
        "/admin/users/",
        "/admin/notice/",
        "/admin/health/",
    ] {
        walk.get(route).await;
    }
    walk.step(("POST /account/", "/account/".to_owned(), with(&[("full_name", "Root"), ("username", "root")]))).await;
    let made = walk.browser.submit("/account/keys/", &[("name", "bot")]).await;
    assert_eq!(made.status, 201, "{}", made.text);
    let keys = walk.get("/account/keys/").await;
    let key = with(&[("action", "delete"), ("id", after(&keys, "name=\"id\" value=\""))]);
    walk.step(("POST /account/keys/", "/account/keys/".to_owned(), key)).await;
    let url = receiver.url.clone();
    let hook = walk.browser.submit("/account/webhooks/", &[("url", &url), ("event.message.received", "on")]).await;
    assert_eq!(hook.status, 201, "{}", hook.text);
    let hooks = walk.get("/account/webhooks/").await;
    let hook = format!("/account/webhooks/{}/", after(&hooks, "href=\"/account/webhooks/"));
    walk.step(("GET /account/webhooks/{webhook}/", hook.clone(), Vec::new())).await;
    for action in ["test", "rotate", "delete"] {
        walk.step(("POST /account/webhooks/{webhook}/", hook.clone(), with(&[("action", action)]))).await;
    }
    let user = format!("/admin/users/{other}/");
    walk.step(("GET /admin/users/", "/admin/users/?q=other".to_owned(), Vec::new())).await;
    walk.step(("GET /admin/users/{user}/", user.clone(), Vec::new())).await;
    let change = with(&[("role", "user"), ("is_active", "on"), ("tokens_granted", "5")]);
    walk.step(("POST /admin/users/{user}/", user.clone(), change)).await;
    walk.step(("POST /admin/users/{user}/", user, with(&[("action", "delete")]))).await;
    walk.step(("POST /admin/notice/", "/admin/notice/".to_owned(), with(&[("message", "Hello")]))).await;
    let ticket = walk.browser.script("application/json").post("/ws-ticket/", json!({})).await;
    assert_eq!(ticket.status, 200, "{}", ticket.text);
    walk.step(("POST /account/sessions/", "/account/sessions/".to_owned(), with(&[("action", "others")]))).await;
    let change = [("current_password", PASSWORD), ("password", "password456"), ("confirm_password", "password456")];
    walk.get("/account/password/").await;
    walk.step(("POST /account/password/", "/account/password/".to_owned(), with(&change))).await;
    assert_eq!(walk.missing, BTreeSet::new());
    let tables = |permissions: &BTreeSet<Permission>| -> BTreeSet<String> {
        let known = |action: &str| ["dynamodb:", "sqs:"].iter().any(|service| action.starts_with(service));
        let known = permissions.iter().filter(|(action, _)| known(action));
        known.map(|(_, resource)| resource.split('/').next().unwrap().to_owned()).collect()
    };
    for function in walk.functions.iter().filter(|function| function.binary == "web") {
        let touched = tables(&walk.needed[&function.name]);
        let granted = tables(&function.allowed);
        let (surplus, unwalked) = (granted.difference(&touched).collect::<Vec<_>>(), ["connections", "tools"]);
        assert!(surplus.iter().all(|table| unwalked.contains(&table.as_str())), "{}: {surplus:?}", function.name);
    }
    let routes = web::routes().routes().into_iter().map(|route| format!("{} {}", route.method, route.path));
    let left_out: Vec<String> = routes.filter(|route| !walk.walked.contains(route)).collect();
    insta::assert_json_snapshot!("routes_that_the_walk_leaves_out", left_out);
}
