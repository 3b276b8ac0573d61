//! A browser without scripts: it keeps cookies, and sends the forms of the page that it shows.

use crate::world::{Actor, Reply, World, multipart};
use std::collections::BTreeMap;

pub struct Browser {
    pub actor: Actor,
    pub cookies: BTreeMap<String, String>,
    /// The token of the forms of the page.
    pub csrf: String,
}

impl Browser {
    pub fn new(world: &World) -> Self {
        let actor = world.anonymous().sending("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8");
        Self { actor, cookies: BTreeMap::new(), csrf: String::new() }
    }

    /// A browser in which this user has registered.
    pub async fn of(world: &World, username: &str) -> Self {
        let mut browser = Self::new(world);
        browser.get("/accounts/register/").await;
        let fields = [("username", username), ("password", "password123"), ("confirm_password", "password123")];
        let registered = browser.submit("/accounts/register/", &fields).await;
        assert_eq!((registered.status, registered.header("location")), (303, "/"), "{}", registered.text);
        browser.get("/").await;
        browser
    }

    /// The same browser, which sends one more header.
    pub fn sending(&self, name: &str, value: &str) -> Self {
        let Self { actor, cookies, csrf } = self;
        Self { actor: actor.sending(name, value), cookies: cookies.clone(), csrf: csrf.clone() }
    }

    /// The same browser, as one of its scripts requests JSON or events.
    pub fn script(&self, accept: &str) -> Actor {
        let Self { actor, csrf, .. } = self;
        actor
            .without("Accept")
            .sending("Accept", accept)
            .sending("Cookie", &self.cookie())
            .sending("X-CSRF-Token", csrf)
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        let reply = self.actor.sending("Cookie", &self.cookie()).get(path).await;
        self.keep(reply)
    }

    /// Sends a form with the token of the page.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        let fields: Vec<_> = [("csrf", self.csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let form: Vec<_> = fields.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let reply = self.actor.sending("Cookie", &self.cookie()).post_form(path, &form.join("&")).await;
        self.keep(reply)
    }

    /// Sends a form that may carry files, with the token of the page.
    pub async fn submit_files(&mut self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Reply {
        let fields: Vec<_> = [("csrf", self.csrf.as_str())].into_iter().chain(fields.iter().copied()).collect();
        let actor = self.actor.sending("Cookie", &self.cookie());
        let reply = actor.post_raw(path, crate::world::MULTIPART, multipart(&fields, files)).await;
        self.keep(reply)
    }

    pub fn cookie(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, reply: Reply) -> Reply {
        for cookie in reply.headers.get_all("set-cookie") {
            let (pair, attributes) = cookie.to_str().unwrap().split_once(';').unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            match attributes.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        if let Some((_, rest)) = reply.text.split_once("name=\"csrf\" value=\"") {
            self.csrf = rest.split('"').next().unwrap().to_owned();
        }
        reply
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
