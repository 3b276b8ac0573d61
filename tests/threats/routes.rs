//! Every route, who may use it, and the body that it takes. The attacks are made from this table.

use crate::world::PASSWORD;

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
    pub value: &'static str,
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
    pub fields: &'static [Field],
}

const fn field(name: &'static str, kind: Kind, value: &'static str, presence: Presence) -> Field {
    Field { name, kind, value, presence }
}

const fn required(name: &'static str, value: &'static str) -> Field {
    field(name, Kind::Text, value, Presence::Required)
}

const fn optional(name: &'static str, value: &'static str) -> Field {
    field(name, Kind::Text, value, Presence::Optional)
}

const fn nullable(name: &'static str, value: &'static str) -> Field {
    field(name, Kind::Text, value, Presence::Nullable)
}

const fn get(dialect: Dialect, path: &'static str) -> Route {
    Route { dialect, verb: "GET", path, is_shared: false, access: Access::SignedIn, success: 200, fields: &[] }
}

const fn post(dialect: Dialect, path: &'static str, fields: &'static [Field]) -> Route {
    Route { verb: "POST", success: 201, fields, ..get(dialect, path) }
}

const fn put(dialect: Dialect, path: &'static str, fields: &'static [Field]) -> Route {
    Route { verb: "PUT", fields, ..get(dialect, path) }
}

const fn delete(dialect: Dialect, path: &'static str) -> Route {
    Route { verb: "DELETE", success: 204, ..get(dialect, path) }
}

impl Route {
    const fn shared(self) -> Self {
        Self { is_shared: true, ..self }
    }

    const fn public(self) -> Self {
        Self { access: Access::Public, ..self }
    }

    const fn self_or_admin(self) -> Self {
        Self { access: Access::SelfOrAdmin, ..self }
    }

    const fn admin(self) -> Self {
        Self { access: Access::Admin, ..self }
    }

    /// A success is 200, though something is posted.
    const fn ok(self) -> Self {
        Self { success: 200, ..self }
    }

    /// A success is 202: it is done later.
    const fn later(self) -> Self {
        Self { success: 202, ..self }
    }

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

use Dialect::{Chatbot, Metered, Platform, Reports, Webchat};
use Presence::{Nullable, Optional, Together};

/// The fields of four sign-ins.
const NAME_AND_PASSWORD: &[Field] = &[required("username", "alice"), required("password", PASSWORD)];
/// The fields of two registrations.
const NEW_NAME: &[Field] = &[required("username", "mallory"), required("password", PASSWORD)];
const MESSAGE: &[Field] = &[required("message", "Hello")];

/// Every route. `routing` checks that none is missing.
#[rustfmt::skip]
pub const ROUTES: &[Route] = &[
    post(Reports, "/api/v1/users/", &[
        required("username", "mallory"),
        required("email", "mallory@example.com"),
        required("password", PASSWORD),
    ]).shared().public(),
    post(Reports, "/api/v1/tokens/", NAME_AND_PASSWORD).public().ok(),
    get(Reports, "/api/v1/assistants/").shared(),
    post(Reports, "/api/v1/assistants/", &[
        required("name", "Second"),
        required("company_name", "Acme"),
        required("instructions", "Answer."),
        field("files", Kind::Files, "[]", Nullable),
    ]).shared(),
    put(Reports, "/api/v1/assistants/{assistant}/", &[
        required("name", "Second"),
        nullable("new_name", "Third"),
        required("company_name", "Acme"),
        required("instructions", "Answer."),
        field("files", Kind::Files, "[]", Nullable),
    ]).shared(),
    post(Reports, "/api/v1/chat/", &[required("assistant_name", "First"), required("_input", "Hello")]),
    post(Platform, "/api/v1/auth/register", &[
        required("email", "mallory@example.com"),
        required("password", PASSWORD),
        nullable("username", "mallory"),
        nullable("full_name", "Mallory M."),
    ]).shared().public(),
    post(Platform, "/api/v1/auth/login", &[required("email", "alice"), required("password", PASSWORD)])
        .shared().public().ok(),
    post(Platform, "/api/v1/auth/refresh", &[required("refresh_token", "{refresh}")]).public().ok(),
    post(Platform, "/api/v1/auth/logout", &[nullable("refresh_token", "{refresh}")]).shared().ok(),
    get(Platform, "/api/v1/users").shared().admin(),
    get(Platform, "/api/v1/users/me"),
    put(Platform, "/api/v1/users/me", &[
        nullable("full_name", "Another A."),
        optional("email", "{name}2@example.com"),
        optional("username", "{name}2"),
        optional("password", "password456"),
        field("current_password", Kind::Text, PASSWORD, Together),
    ]),
    get(Platform, "/api/v1/users/me/api-keys"),
    post(Platform, "/api/v1/users/me/api-keys", &[
        required("name", "bot"),
        field("expires_in_days", Kind::Integer, "90", Nullable),
    ]),
    delete(Platform, "/api/v1/users/me/api-keys/{key}"),
    get(Platform, "/api/v1/users/{user}").self_or_admin(),
    put(Platform, "/api/v1/users/{user}", &[
        nullable("full_name", "Another A."),
        optional("email", "{name}2@example.com"),
        optional("username", "{name}2"),
        optional("password", "password456"),
        optional("role", "user"),
        field("is_active", Kind::Boolean, "true", Optional),
        field("tokens_granted", Kind::Integer, "5", Optional),
    ]).admin(),
    delete(Platform, "/api/v1/users/{user}").admin(),
    get(Platform, "/api/v1/assistants").shared(),
    post(Platform, "/api/v1/assistants", &[
        required("name", "Second"),
        nullable("description", "Helps"),
        nullable("personality", "Friendly"),
        nullable("system_prompt", "You are helpful."),
        field("tools", Kind::Ids, "[\"web_search\", \"{tool}\"]", Nullable),
        nullable("model", "gpt-4"),
        field("temperature", Kind::Number, "0.7", Nullable),
        nullable("status", "draft"),
        nullable("category", "general"),
        nullable("company_name", "Acme"),
        field("files", Kind::Ids, "[\"{file}\"]", Nullable),
    ]).shared(),
    get(Platform, "/api/v1/assistants/{assistant}").shared(),
    put(Platform, "/api/v1/assistants/{assistant}", &[
        optional("name", "Third"),
        nullable("description", "Helps"),
        nullable("personality", "Friendly"),
        nullable("system_prompt", "You are helpful."),
        field("tools", Kind::Ids, "[\"web_search\", \"{tool}\"]", Nullable),
        nullable("model", "gpt-4"),
        field("temperature", Kind::Number, "0.7", Nullable),
        nullable("status", "draft"),
        nullable("category", "general"),
        nullable("company_name", "Acme"),
        field("files", Kind::Ids, "[\"{file}\"]", Nullable),
    ]).shared(),
    delete(Platform, "/api/v1/assistants/{assistant}").shared(),
    get(Platform, "/api/v1/conversations"),
    post(Platform, "/api/v1/conversations", &[
        nullable("assistant_id", "{assistant}"),
        nullable("title", "Plans"),
        nullable("initial_message", "Hello"),
    ]),
    get(Platform, "/api/v1/conversations/{conversation}"),
    delete(Platform, "/api/v1/conversations/{conversation}"),
    post(Platform, "/api/v1/conversations/{conversation}/messages", &[
        required("content", "Hello"),
        field("attachments", Kind::Attachments, "[{\"type\": \"file\", \"url\": \"{file}\"}]", Nullable),
    ]),
    get(Platform, "/api/v1/tools"),
    post(Platform, "/api/v1/tools", &[
        required("name", "Weather"),
        nullable("description", "Tells the weather"),
        nullable("category", "data"),
        field("parameters", Kind::Parameters, "{\"city\": {\"type\": \"string\"}}", Nullable),
        required("endpoint", "https://example.com/weather"),
    ]).admin(),
    get(Platform, "/api/v1/tools/{tool}"),
    put(Platform, "/api/v1/tools/{tool}", &[
        optional("name", "Weather"),
        nullable("description", "Tells the weather"),
        nullable("category", "data"),
        field("parameters", Kind::Parameters, "{\"city\": {\"type\": \"string\"}}", Optional),
        optional("endpoint", "https://example.com/weather"),
    ]).admin(),
    delete(Platform, "/api/v1/tools/{tool}").admin(),
    get(Platform, "/api/v1/webhooks"),
    post(Platform, "/api/v1/webhooks", &[
        required("url", "https://receiver.example.com/webhook"),
        field("events", Kind::Ids, "[\"conversation.created\", \"user.created\"]", Presence::Required),
        nullable("secret", "webhook-secret"),
    ]),
    get(Platform, "/api/v1/webhooks/{webhook}"),
    put(Platform, "/api/v1/webhooks/{webhook}", &[
        optional("url", "https://receiver.example.com/other"),
        field("events", Kind::Ids, "[\"user.updated\"]", Optional),
        field("is_active", Kind::Boolean, "true", Optional),
    ]),
    delete(Platform, "/api/v1/webhooks/{webhook}"),
    post(Platform, "/api/v1/webhooks/{webhook}/test", &[]).later(),
    post(Platform, "/api/v1/webhooks/{webhook}/rotate-secret", &[nullable("secret", "webhook-secret")]).ok(),
    get(Platform, "/api/v1/webhooks/{webhook}/deliveries"),
    post(Platform, "/api/v1/webhooks/{webhook}/deliveries/retry", &[required("since", "2024-01-01T00:00:00Z")]).later(),
    post(Platform, "/api/v1/webhooks/{webhook}/deliveries/{delivery}/retry", &[]).later(),
    get(Platform, "/api/v1/files/{file}/content"),
    post(Platform, "/api/v1/ws/ticket", &[]).ok(),
    post(Platform, "/api/v1/notifications", &[required("message", "Maintenance begins.")]).admin(),
    get(Platform, "/health").public(),
    get(Platform, "/health/detailed").public(),
    get(Platform, "/api/v1/health").public(),
    get(Platform, "/api/v1/health/detailed").public(),
    post(Webchat, "/api/v1/auth/register/", &[
        required("username", "mallory"),
        optional("email", "mallory@example.com"),
        required("password", PASSWORD),
        required("confirm_password", PASSWORD),
    ]).shared().public(),
    post(Webchat, "/api/v1/auth/login/", NAME_AND_PASSWORD).shared().public().ok(),
    post(Webchat, "/api/v1/auth/logout/", &[required("refresh", "{refresh}")]).shared().ok(),
    post(Webchat, "/api/v1/auth/token/refresh/", &[required("refresh", "{refresh}")]).public().ok(),
    get(Webchat, "/api/v1/auth/profile/"),
    get(Webchat, "/api/v1/chat/sessions/"),
    post(Webchat, "/api/v1/chat/sessions/", &[optional("title", "Plans")]),
    get(Webchat, "/api/v1/chat/sessions/{session}/"),
    get(Webchat, "/api/v1/chat/sessions/{session}/chats/"),
    post(Webchat, "/api/v1/chat/sessions/{session}/chats/", MESSAGE),
    get(Webchat, "/api/v1/chat/sessions/{session}/chats/{chat}/"),
    post(Chatbot, "/users/register/", NEW_NAME).public(),
    post(Chatbot, "/users/login/", NAME_AND_PASSWORD).public().ok(),
    get(Chatbot, "/users/"),
    post(Chatbot, "/send/", MESSAGE).ok(),
    get(Chatbot, "/token/"),
    post(Metered, "/api/register/", NEW_NAME).public(),
    post(Metered, "/api/login/", NAME_AND_PASSWORD).public().ok(),
    post(Metered, "/api/chat/", MESSAGE).ok(),
    get(Metered, "/api/tokens/"),
];

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
