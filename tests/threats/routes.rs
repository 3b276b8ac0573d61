//! Every route, who may use it, and the body that it takes. The attacks are generated from this table. Methods, paths,
//! fields and statuses come from the OpenAPI documents; this table adds access rules and the values that the fixture's
//! world accepts.

use crate::world::PASSWORD;
use std::sync::LazyLock;

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
    /// It may be absent only if all other fields are absent.
    Together,
    /// It may be absent, but not `null`.
    Optional,
    /// It may be absent or `null`.
    Nullable,
}

/// The type of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Number,
    Integer,
    Boolean,
    /// A list of ids.
    Ids,
    /// A list of attachments.
    Attachments,
    /// The arguments of a tool without parameters.
    Arguments,
    /// A header with a secret value.
    SecretHeader,
    /// Parameter descriptions by name.
    Parameters,
    /// File parts of a form. In JSON at most an empty list.
    Files,
}

/// A field of a route's body.
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
    /// An accepted value: plain text for a text field, JSON otherwise. A placeholder in braces stands for the caller's
    /// own thing.
    pub value: String,
    pub presence: Presence,
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Any caller, with any credential or none.
    Public,
    /// Any signed-in user, for their own or shared things.
    SignedIn,
    /// The user in the path, and administrators.
    SelfOrAdmin,
    /// Administrators.
    Admin,
}

/// A verb of a path. A placeholder in braces stands for the caller's own thing.
pub struct Route {
    pub dialect: Dialect,
    pub verb: &'static str,
    pub path: &'static str,
    /// Whether another dialect has the same path except for the final slash.
    pub is_shared: bool,
    pub access: Access,
    /// The status on success.
    pub success: u16,
    pub fields: Vec<Field>,
}

/// Facts about a route that are not in the documents.
pub struct Row {
    /// Verb and path, such as `POST /send/`.
    pub route: &'static str,
    pub access: Access,
    /// Values of fields that differ from `VALUES`.
    pub values: &'static [(&'static str, &'static str)],
    /// Fields that are stricter than documented, because two routes share one form or the document cannot express it.
    pub presence: &'static [(&'static str, Presence)],
    /// Documented fields that the route does not read, because two routes share one form.
    pub unread: &'static [&'static str],
    /// The status in the fixture's world, if that is not the documented success.
    pub fixed_success: Option<u16>,
}

const fn row(route: &'static str, access: Access) -> Row {
    Row { route, access, values: &[], presence: &[], unread: &[], fixed_success: None }
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

    const fn succeeding_with(self, status: u16) -> Self {
        Self { fixed_success: Some(status), ..self }
    }

    const fn unread(self, unread: &'static [&'static str]) -> Self {
        Self { unread, ..self }
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

    /// The verbs of its path, in alphabetical order.
    pub fn verbs(&self) -> Vec<&'static str> {
        let rows = ROUTES.iter().filter(|route| route.path == self.path);
        let mut verbs: Vec<_> = rows.map(|route| route.verb).collect();
        if verbs.contains(&"GET") {
            verbs.push("HEAD");
        }
        verbs.sort_unstable();
        verbs
    }

    /// Whether a request for `path` matches this route. Any characters may stand for an id.
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

/// Values of fields by name, where the fixture's world does not accept the document's example.
pub const VALUES: &[(&str, &str)] = &[
    ("arguments", "{}"),
    ("assistant_id", "{assistant_id}"),
    ("assistant_name", "First"),
    ("attachments", "[{\"type\": \"file\", \"url\": \"{file_id}\"}]"),
    ("company_name", "Acme"),
    ("confirm_password", PASSWORD),
    ("current_password", PASSWORD),
    ("email", "mallory@example.com"),
    ("events", "[\"conversation.created\", \"user.created\"]"),
    ("files", "[\"{file_id}\"]"),
    ("full_name", "Mallory M."),
    ("model", "gpt-4"),
    ("name", "Second"),
    ("new_name", "Third"),
    ("password", PASSWORD),
    ("refresh", "{refresh}"),
    ("refresh_token", "{refresh}"),
    ("status", "draft"),
    ("system_prompt", "You are helpful."),
    ("tools", "[\"web_search\", \"{tool_id}\"]"),
    ("url", "https://receiver.example.com/webhook"),
    ("username", "mallory"),
];
/// New values for the fields of an account.
const ANOTHER_NAME: &[(&str, &str)] =
    &[("username", "{name}2"), ("email", "{name}2@example.com"), ("password", "password456")];
/// One text, which has a different field name in each of two dialects.
const ALICE: &[(&str, &str)] = &[("username", "alice"), ("email", "alice")];
/// Forms send files as parts. JSON can send only an empty list.
const NO_FILES: &[(&str, &str)] = &[("files", "[]")];

/// Who may use each route. `routing` checks that no route is missing.
const ROWS: &[Row] = &[
    public("POST /api/v1/users/"),
    public("POST /api/v1/tokens/").values(ALICE),
    signed_in("GET /api/v1/assistants/"),
    signed_in("POST /api/v1/assistants/").values(NO_FILES).unread(&["new_name"]),
    signed_in("PUT /api/v1/assistants/{assistant_id}/").values(NO_FILES),
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
    signed_in("DELETE /api/v1/users/me/api-keys/{key_id}"),
    self_or_admin("GET /api/v1/users/{user_id}"),
    admin("PUT /api/v1/users/{user_id}").values(ANOTHER_NAME),
    admin("DELETE /api/v1/users/{user_id}"),
    signed_in("GET /api/v1/assistants"),
    signed_in("POST /api/v1/assistants").presence(&[("name", Required)]),
    signed_in("GET /api/v1/assistants/{assistant_id}"),
    signed_in("PUT /api/v1/assistants/{assistant_id}"),
    signed_in("DELETE /api/v1/assistants/{assistant_id}"),
    signed_in("GET /api/v1/conversations"),
    signed_in("POST /api/v1/conversations"),
    signed_in("GET /api/v1/conversations/{conversation_id}"),
    signed_in("PUT /api/v1/conversations/{conversation_id}"),
    signed_in("DELETE /api/v1/conversations/{conversation_id}"),
    signed_in("POST /api/v1/conversations/{conversation_id}/messages"),
    signed_in("POST /api/v1/conversations/{conversation_id}/messages/stream"),
    signed_in("GET /api/v1/conversations/{conversation_id}/messages/{message_id}/stream"),
    signed_in("POST /api/v1/conversations/{conversation_id}/messages/{message_id}/cancel").succeeding_with(409),
    signed_in("GET /api/v1/tools"),
    admin("POST /api/v1/tools").presence(&[("name", Required), ("endpoint", Required), ("parameters", Nullable)]),
    signed_in("GET /api/v1/tools/{tool_id}"),
    admin("PUT /api/v1/tools/{tool_id}"),
    admin("POST /api/v1/tools/{tool_id}/test"),
    admin("DELETE /api/v1/tools/{tool_id}"),
    signed_in("GET /api/v1/models"),
    signed_in("GET /api/v1/webhooks"),
    signed_in("POST /api/v1/webhooks"),
    signed_in("GET /api/v1/webhooks/{webhook_id}"),
    signed_in("PUT /api/v1/webhooks/{webhook_id}")
        .values(&[("url", "https://receiver.example.com/other"), ("events", "[\"user.updated\"]")]),
    signed_in("DELETE /api/v1/webhooks/{webhook_id}"),
    signed_in("POST /api/v1/webhooks/{webhook_id}/test"),
    signed_in("POST /api/v1/webhooks/{webhook_id}/rotate-secret"),
    signed_in("GET /api/v1/webhooks/{webhook_id}/deliveries"),
    signed_in("POST /api/v1/webhooks/{webhook_id}/deliveries/retry"),
    signed_in("POST /api/v1/webhooks/{webhook_id}/deliveries/{delivery_id}/retry"),
    signed_in("POST /api/v1/files/upload"),
    signed_in("POST /api/v1/files/uploads"),
    signed_in("POST /api/v1/files/uploads/{file_id}/complete"),
    signed_in("GET /api/v1/files"),
    signed_in("GET /api/v1/files/{file_id}"),
    signed_in("DELETE /api/v1/files/{file_id}"),
    signed_in("GET /api/v1/files/{file_id}/content"),
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
    signed_in("GET /api/v1/chat/sessions/{session_id}/"),
    signed_in("GET /api/v1/chat/sessions/{session_id}/chats/"),
    signed_in("POST /api/v1/chat/sessions/{session_id}/chats/"),
    signed_in("GET /api/v1/chat/sessions/{session_id}/chats/{chat_id}/"),
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
pub static ROUTES: LazyLock<Vec<Route>> = LazyLock::new(|| ROWS.iter().map(Row::route).collect());

/// One row of each path.
pub fn paths() -> impl Iterator<Item = &'static Route> {
    let is_first = |(at, route): &(usize, &Route)| !ROUTES[..*at].iter().any(|other| other.path == route.path);
    ROUTES.iter().enumerate().filter(is_first).map(|(_, route)| route)
}

/// The route that answers for `path` with any verb, if there is one.
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
