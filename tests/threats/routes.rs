//! Every route, who may use it, and the body that it takes. The attacks are made from this table. Methods, paths,
//! fields and statuses come from the OpenAPI documents; what is said here is about security, and which values the
//! fixture's world accepts.

use crate::world::{PASSWORD, documents::DOCUMENTS, routes};
use serde_json::Value;
use std::{collections::BTreeSet, sync::LazyLock};

/// One of the five documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Reports,
    Platform,
    Webchat,
    Chatbot,
    Metered,
}

/// Whether a field may be left out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Required,
    /// It may be absent only if the others are.
    Together,
    /// It may be absent, but not `null`.
    Optional,
    /// It may be absent or `null`.
    Nullable,
}

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    /// Of ids.
    Ids,
    /// Of attachments.
    Attachments,
    /// Descriptions by name.
    Parameters,
    /// Parts of a form; in JSON at most an empty list.
    Files,
}

/// A field of a route's body.
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// A value that is accepted, as JSON unless it is text. What stands in braces is the caller's own.
    pub value: String,
    pub presence: Presence,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, whatever the credential.
    Public,
    /// Whoever is signed in, on what is theirs or everybody's.
    SignedIn,
    /// The user in the path, and administrators.
    SelfOrAdmin,
    /// Administrators.
    Admin,
}

/// A verb of a path; what stands in braces in the path is the caller's own.
pub struct Route {
    pub dialect: Dialect,
    pub verb: &'static str,
    pub path: &'static str,
    /// Whether another dialect has the same path but for the final slash.
    pub is_shared: bool,
    pub access: Access,
    /// The status of a success.
    pub success: u16,
    pub fields: Vec<Field>,
}

/// What the documents do not say of a route.
struct Row {
    /// `POST /send/`.
    route: &'static str,
    access: Access,
    /// Values of fields that are not those of `VALUES`.
    values: &'static [(&'static str, &'static str)],
    /// What is stricter than the document, which has one form for two routes or cannot say it.
    presence: &'static [(&'static str, Presence)],
}

const fn row(route: &'static str, access: Access) -> Row {
    Row { route, access, values: &[], presence: &[] }
}

const fn public(route: &'static str) -> Row {
    row(route, Access::Public)
}

const fn signed_in(route: &'static str) -> Row {
    row(route, Access::SignedIn)
}

const fn self_or_admin(route: &'static str) -> Row {
    row(route, Access::SelfOrAdmin)
}

const fn admin(route: &'static str) -> Row {
    row(route, Access::Admin)
}

impl Row {
    const fn values(self, values: &'static [(&'static str, &'static str)]) -> Self {
        Self { values, ..self }
    }

    const fn presence(self, presence: &'static [(&'static str, Presence)]) -> Self {
        Self { presence, ..self }
    }
}

impl Route {
    pub fn needs_credential(&self) -> bool {
        self.access != Access::Public
    }

    pub fn takes_body(&self) -> bool {
        !self.fields.is_empty()
    }

    /// Verb and path, for messages.
    pub fn name(&self) -> String {
        format!("{} {}", self.verb, self.path)
    }

    /// The verbs that its path has, in alphabetical order.
    pub fn verbs(&self) -> Vec<&'static str> {
        let rows = ROUTES.iter().filter(|route| route.path == self.path);
        let mut verbs: Vec<_> = rows.map(|route| route.verb).collect();
        if verbs.contains(&"GET") {
            verbs.push("HEAD");
        }
        verbs.sort_unstable();
        verbs
    }

    /// Whether a request for `path` comes here: any characters may stand for an id.
    pub fn matches(&self, path: &str) -> bool {
        let (own, path) = match self.is_shared {
            true => (self.path, path),
            false => (self.path.trim_end_matches('/'), path.strip_suffix('/').unwrap_or(path)),
        };
        let fits = |(own, given): (&str, &str)| own == given || (own.starts_with('{') && !given.is_empty());
        own.split('/').count() == path.split('/').count() && own.split('/').zip(path.split('/')).all(fits)
    }
}

use Presence::{Nullable, Required, Together};

/// Values of fields by their names, where the document's example is not one that the fixture's world accepts.
const VALUES: &[(&str, &str)] = &[
    ("assistant_id", "{assistant}"),
    ("assistant_name", "First"),
    ("attachments", "[{\"type\": \"file\", \"url\": \"{file}\"}]"),
    ("company_name", "Acme"),
    ("confirm_password", PASSWORD),
    ("current_password", PASSWORD),
    ("email", "mallory@example.com"),
    ("events", "[\"conversation.created\", \"user.created\"]"),
    ("files", "[\"{file}\"]"),
    ("full_name", "Mallory M."),
    ("model", "gpt-4"),
    ("name", "Second"),
    ("new_name", "Third"),
    ("password", PASSWORD),
    ("refresh", "{refresh}"),
    ("refresh_token", "{refresh}"),
    ("status", "draft"),
    ("system_prompt", "You are helpful."),
    ("tools", "[\"web_search\", \"{tool}\"]"),
    ("url", "https://receiver.example.com/webhook"),
    ("username", "mallory"),
];
/// What a user may change of an account.
const ANOTHER_NAME: &[(&str, &str)] =
    &[("username", "{name}2"), ("email", "{name}2@example.com"), ("password", "password456")];
/// The same text, in two dialects called otherwise.
const ALICE: &[(&str, &str)] = &[("username", "alice"), ("email", "alice")];
/// Forms send files as parts; JSON, at most an empty list.
const NO_FILES: &[(&str, &str)] = &[("files", "[]")];

/// Who may use each route. `routing` checks that none is missing.
const ROWS: &[Row] = &[
    public("POST /api/v1/users/"),
    public("POST /api/v1/tokens/").values(ALICE),
    signed_in("GET /api/v1/assistants/"),
    signed_in("POST /api/v1/assistants/").values(NO_FILES),
    signed_in("PUT /api/v1/assistants/{assistant}/").values(NO_FILES),
    signed_in("POST /api/v1/chat/"),
    public("POST /api/v1/auth/register"),
    public("POST /api/v1/auth/login").values(ALICE),
    public("POST /api/v1/auth/refresh"),
    signed_in("POST /api/v1/auth/logout"),
    admin("GET /api/v1/users"),
    signed_in("GET /api/v1/users/me"),
    signed_in("PUT /api/v1/users/me").values(ANOTHER_NAME).presence(&[("current_password", Together)]),
    signed_in("GET /api/v1/users/me/api-keys"),
    signed_in("POST /api/v1/users/me/api-keys"),
    signed_in("DELETE /api/v1/users/me/api-keys/{key}"),
    self_or_admin("GET /api/v1/users/{user}"),
    admin("PUT /api/v1/users/{user}").values(ANOTHER_NAME),
    admin("DELETE /api/v1/users/{user}"),
    signed_in("GET /api/v1/assistants"),
    signed_in("POST /api/v1/assistants").presence(&[("name", Required)]),
    signed_in("GET /api/v1/assistants/{assistant}"),
    signed_in("PUT /api/v1/assistants/{assistant}"),
    signed_in("DELETE /api/v1/assistants/{assistant}"),
    signed_in("GET /api/v1/conversations"),
    signed_in("POST /api/v1/conversations"),
    signed_in("GET /api/v1/conversations/{conversation}"),
    signed_in("DELETE /api/v1/conversations/{conversation}"),
    signed_in("POST /api/v1/conversations/{conversation}/messages"),
    signed_in("GET /api/v1/tools"),
    admin("POST /api/v1/tools").presence(&[("name", Required), ("endpoint", Required), ("parameters", Nullable)]),
    signed_in("GET /api/v1/tools/{tool}"),
    admin("PUT /api/v1/tools/{tool}"),
    admin("DELETE /api/v1/tools/{tool}"),
    signed_in("GET /api/v1/webhooks"),
    signed_in("POST /api/v1/webhooks"),
    signed_in("GET /api/v1/webhooks/{webhook}"),
    signed_in("PUT /api/v1/webhooks/{webhook}"),
    signed_in("DELETE /api/v1/webhooks/{webhook}"),
    signed_in("POST /api/v1/webhooks/{webhook}/test"),
    signed_in("POST /api/v1/webhooks/{webhook}/rotate-secret"),
    signed_in("GET /api/v1/webhooks/{webhook}/deliveries"),
    signed_in("POST /api/v1/webhooks/{webhook}/deliveries/retry"),
    signed_in("POST /api/v1/webhooks/{webhook}/deliveries/{delivery}/retry"),
    signed_in("GET /api/v1/files/{file}/content"),
    signed_in("POST /api/v1/ws/ticket"),
    admin("POST /api/v1/notifications"),
    public("GET /health"),
    public("GET /health/detailed"),
    public("GET /api/v1/health"),
    public("GET /api/v1/health/detailed"),
    public("POST /api/v1/auth/register/"),
    public("POST /api/v1/auth/login/").values(ALICE),
    signed_in("POST /api/v1/auth/logout/"),
    public("POST /api/v1/auth/token/refresh/"),
    signed_in("GET /api/v1/auth/profile/"),
    signed_in("GET /api/v1/chat/sessions/"),
    signed_in("POST /api/v1/chat/sessions/"),
    signed_in("GET /api/v1/chat/sessions/{session}/"),
    signed_in("GET /api/v1/chat/sessions/{session}/chats/"),
    signed_in("POST /api/v1/chat/sessions/{session}/chats/"),
    signed_in("GET /api/v1/chat/sessions/{session}/chats/{chat}/"),
    public("POST /users/register/"),
    public("POST /users/login/").values(ALICE),
    signed_in("GET /users/"),
    signed_in("POST /send/"),
    signed_in("GET /token/"),
    public("POST /api/register/"),
    public("POST /api/login/").values(ALICE),
    signed_in("POST /api/chat/"),
    signed_in("GET /api/tokens/"),
];

/// Every route, in the order of `ROWS`.
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| {
    let shared: BTreeSet<String> = routes::declared()
        .into_iter()
        .map(|(_, route)| route)
        .filter(|route| route.is_shared)
        .map(|route| route.path)
        .collect();
    ROWS.iter().map(|row| row.route(&shared)).collect()
});

const DIALECTS: [(&str, Dialect); 5] = [
    ("reports", Dialect::Reports),
    ("platform", Dialect::Platform),
    ("webchat", Dialect::Webchat),
    ("chatbot", Dialect::Chatbot),
    ("metered", Dialect::Metered),
];

impl Row {
    /// What the documents say of it, with what this table adds.
    fn route(&self, shared: &BTreeSet<String>) -> Route {
        let (verb, path) = self.route.split_once(' ').unwrap();
        let mut found = DOCUMENTS.iter().flat_map(|(dialect, document)| {
            let operation = document["paths"].get(path)?.get(verb.to_lowercase())?;
            Some((*dialect, document, operation))
        });
        let (dialect, document, operation) = found.next().unwrap_or_else(|| panic!("no document has {}", self.route));
        let is_public = operation["security"].as_array().is_some_and(Vec::is_empty);
        assert_eq!(is_public, self.access == Access::Public, "{} and its document", self.route);
        Route {
            dialect: DIALECTS.into_iter().find(|(name, _)| *name == dialect).unwrap().1,
            verb,
            path,
            is_shared: shared.contains(path),
            access: self.access,
            success: operation["responses"]
                .as_object()
                .unwrap()
                .keys()
                .find(|status| status.starts_with('2'))
                .unwrap()
                .parse()
                .unwrap(),
            fields: self.fields(document, &operation["requestBody"]),
        }
    }

    /// The fields of all forms that the body may have.
    fn fields(&self, document: &'static Value, body: &'static Value) -> Vec<Field> {
        let mut fields: Vec<Field> = Vec::new();
        for content in body["content"].as_object().into_iter().flatten().map(|(_, content)| content) {
            let schema = resolved(document, &content["schema"]);
            let example = content.get("example").or_else(|| schema.get("example"));
            let is_required =
                |name: &str| schema["required"].as_array().is_some_and(|names| names.iter().any(|it| it == name));
            for (name, property) in schema["properties"].as_object().into_iter().flatten() {
                if fields.iter().all(|field| field.name != name) {
                    let example = example.and_then(|example| example.get(name));
                    fields.push(self.field(name, resolved(document, property), is_required(name), example, document));
                }
            }
        }
        fields
    }

    fn field(
        &self,
        name: &'static str,
        schema: &Value,
        is_required: bool,
        example: Option<&Value>,
        document: &Value,
    ) -> Field {
        let types: Vec<&str> = match &schema["type"] {
            Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
            one => one.as_str().into_iter().collect(),
        };
        let kind = kind(&types, schema, document).unwrap_or_else(|| panic!("{}: {name}: {schema}", self.route));
        let documented = match kind {
            // Forms send no `null`; JSON may.
            Kind::Files => Nullable,
            _ if is_required => Required,
            _ if types.contains(&"null") => Nullable,
            _ => Presence::Optional,
        };
        let of = |values: &[(&str, &str)]| {
            values.iter().find(|(named, _)| *named == name).map(|(_, value)| (*value).to_owned())
        };
        let example = || example.map(|example| example.as_str().map_or_else(|| example.to_string(), str::to_owned));
        let value = of(self.values).or_else(|| of(VALUES)).or_else(example);
        Field {
            name,
            kind,
            value: value
                .unwrap_or_else(|| panic!("{}: {name} has no value here and no example in the document", self.route)),
            presence: self
                .presence
                .iter()
                .find(|(named, _)| *named == name)
                .map_or(documented, |(_, presence)| *presence),
        }
    }
}

/// What a reference refers to.
fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    reference.unwrap_or(schema)
}

fn kind(types: &[&str], schema: &Value, document: &Value) -> Option<Kind> {
    let has = |name: &str| types.contains(&name);
    let items = resolved(document, &schema["items"]);
    Some(match items["type"].as_str() {
        Some("string") if items["format"] == "binary" || items.get("contentMediaType").is_some() => Kind::Files,
        Some("string") => Kind::Ids,
        Some("object") => Kind::Attachments,
        _ if has("string") => Kind::Text,
        _ if has("integer") => Kind::Integer,
        _ if has("number") => Kind::Number,
        _ if has("boolean") => Kind::Boolean,
        _ if has("object") && schema.get("additionalProperties").is_some() => Kind::Parameters,
        _ => return None,
    })
}

/// One row of each path.
pub fn paths() -> impl Iterator<Item = &'static Route> {
    let is_first = |(at, route): &(usize, &Route)| !ROUTES[..*at].iter().any(|other| other.path == route.path);
    ROUTES.iter().enumerate().filter(is_first).map(|(_, route)| route)
}

/// The route that answers for `path`, if any does, whatever the verb.
pub fn route_of(path: &str) -> Option<&'static Route> {
    let is_exact = |route: &&Route| !route.path.contains('{');
    let matching = || ROUTES.iter().filter(|route| route.matches(path));
    matching().find(is_exact).or_else(|| matching().next())
}

/// The routes that take a body.
pub fn writes() -> impl Iterator<Item = &'static Route> {
    ROUTES.iter().filter(|route| route.takes_body())
}

/// Every field of every body.
pub fn fields() -> impl Iterator<Item = (&'static Route, &'static Field)> {
    writes().flat_map(|route| route.fields.iter().map(move |field| (route, field)))
}

/// Every text of every body.
pub fn texts() -> impl Iterator<Item = (&'static Route, &'static Field)> {
    fields().filter(|(_, field)| field.kind == Kind::Text)
}
