//! The parts of a dialect's OpenAPI document that all operations share: who may call, the possible errors and their
//! bodies, names and tags. A handler's `#[utoipa::path]` describes only what is specific to it.

mod domain;
mod errors;
mod published;
mod schemas;
mod unions;

use super::{Dialect, Group};
pub use domain::SubscribableEvent;
pub use errors::SCHEMA as ERROR_SCHEMA;
use serde_json::Value;
use std::collections::HashMap;
pub use unions::{OneOf, requiring, tagged};
use utoipa::openapi::{
    ComponentsBuilder, Info, License, OpenApiBuilder, Paths, RefOr, SecurityRequirement, Server,
    path::{Operation, PathItem},
    request_body::RequestBody,
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::{Tag, TagBuilder},
};

/// The version of the five APIs. The second number counts additions, the first one changes that break clients. The
/// version of the program is another one.
pub const VERSION: &str = "1.0.0";

const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data";
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", MULTIPART];
const CREDENTIAL: &str = "credential";
const LICENSE: &str = "Apache-2.0";

/// What the tags mean.
const TAGS: [(&str, &str); 13] = [
    ("assistants", "Assistants: instructions, model, tools and files."),
    ("auth", "Accounts and sign-ins."),
    ("balances", "The tokens that the caller can spend."),
    ("chat", "Messages and replies."),
    ("conversations", "Conversations, their messages, and replies as streams."),
    ("files", "Files that assistants answer from."),
    ("health", "Whether the service works."),
    ("models", "The models that assistants may use."),
    ("notifications", "Messages of administrators to all connected users."),
    ("realtime", "Live updates over a WebSocket."),
    ("tools", "Tools that assistants may call."),
    ("users", "Accounts and their API keys."),
    ("webhooks", "Webhooks, and the deliveries of events to them."),
];

/// The verbs of operations whose handlers have other names.
const VERBS: [(&str, &str); 4] = [("show", "get"), ("change", "update"), ("rename", "update"), ("remove", "delete")];

/// The general description of a dialect's document.
pub struct About {
    /// The document's title.
    pub title: &'static str,
    /// A description of the dialect, in two sentences.
    pub description: &'static str,
}

/// The editions of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Edition {
    /// For clients, and for programs that generate them: one form of each body and of each success. Answers may have
    /// more properties than it knows.
    Published,
    /// For tests: everything that the server accepts and returns. Answers have no other properties.
    Complete,
}

/// The document of dialect `D`: the operations of `groups`, completed with what all operations share.
pub fn document<D: Dialect>(about: &About, groups: &[Group], edition: Edition) -> Value {
    let mut info = Info::new(about.title, VERSION);
    info.description = Some(about.description.to_owned());
    let mut license = License::new(LICENSE);
    license.identifier = Some(LICENSE.to_owned());
    info.license = Some(license);
    let mut components = ComponentsBuilder::new().security_scheme(CREDENTIAL, security_scheme());
    for (name, schema) in D::error_schemas() {
        components = components.schema(name, schema);
    }
    let builder = OpenApiBuilder::new().info(info).servers(Some([Server::new("/")]));
    let mut document = builder.components(Some(components.build())).build();
    for (noun, mut part) in groups.iter().flat_map(Group::documents::<D>) {
        for (path, item) in &mut part.paths.paths {
            operations(item).for_each(|operation| complete::<D>(operation, noun, path, edition));
        }
        for item in part.webhooks.iter_mut().flat_map(|webhooks| webhooks.paths.values_mut()) {
            operations(item).for_each(|operation| operation.tags = Some(vec![noun.to_owned()]));
        }
        part.tags = Some(vec![tag(noun)]);
        if let Some(webhooks) = part.webhooks.take() {
            document.webhooks.get_or_insert_default().merge(webhooks);
        }
        if let Some(extensions) = part.extensions.take() {
            document.extensions.get_or_insert_default().extend(HashMap::from(extensions));
        }
        document.merge(part);
    }
    let mut document = serde_json::to_value(document).unwrap_or_default();
    schemas::settle(&mut document, edition);
    if edition == Edition::Published {
        published::simplify(&mut document);
    }
    document
}

fn tag(noun: &str) -> Tag {
    let meaning = TAGS.iter().find(|(name, _)| *name == noun).map(|(_, meaning)| *meaning);
    TagBuilder::new().name(noun).description(meaning).build()
}

/// Adds each path below `prefix` a second time, without the prefix.
pub(super) fn also_without(paths: &mut Paths, prefix: &str) {
    let shortened = |(path, item): (&String, &PathItem)| {
        let (short, mut item) = (path.strip_prefix(prefix)?.to_owned(), item.clone());
        for operation in operations(&mut item) {
            operation.operation_id = operation.operation_id.take().map(|id| id + "_at_root");
        }
        Some((short, item))
    };
    let more: Vec<_> = paths.paths.iter().filter_map(shortened).collect();
    paths.paths.extend(more);
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, put, post, delete, patch, .. } = item;
    [get, put, post, delete, patch].into_iter().flatten()
}

fn security_scheme() -> SecurityScheme {
    let all = "An access token, an API key or a token of `POST /api/v1/tokens/`, whichever of the five APIs gave it: \
               all accept all, after `Bearer` as well as after `Token`.";
    SecurityScheme::Http(HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(all)).build())
}

/// Adds to an operation what its handler's annotation omits. Its tag is `noun`.
fn complete<D: Dialect>(operation: &mut Operation, noun: &str, path: &str, edition: Edition) {
    operation.tags = Some(vec![noun.to_owned()]);
    operation.operation_id = operation.operation_id.take().map(|name| format!("{noun}_{}", verb(&name)));
    summarize(operation);
    // Without a `security` attribute, an operation requires a credential; `security(())` makes it public.
    let is_secured = operation.security.is_none();
    let requirement = is_secured.then(|| SecurityRequirement::new(CREDENTIAL, [""; 0]));
    operation.security = Some(requirement.into_iter().collect());
    if let (true, Edition::Complete, Some(RefOr::T(body))) = (D::IS_DJANGO, edition, &mut operation.request_body) {
        add_forms(body);
    }
    errors::add::<D>(operation, is_secured, path);
}

/// The verb for a handler's name.
fn verb(name: &str) -> &str {
    VERBS.iter().find(|(handler, _)| *handler == name).map_or(name, |(_, verb)| verb)
}

/// Turns the first sentence of a doc comment into the summary ("`POST /send/`: says something." becomes "Says
/// something") and the rest into the description.
fn summarize(operation: &mut Operation) {
    let parts = [operation.summary.take(), operation.description.take()];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ").replace('\n', " ");
    let text = text.strip_prefix('`').and_then(|text| text.split_once("`: ")).map_or(text.as_str(), |(_, said)| said);
    let (sentence, rest) = text.split_once(". ").unwrap_or((text, ""));
    let mut letters = sentence.trim_end_matches('.').chars();
    let first = letters.next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default();
    operation.summary = Some(first + letters.as_str());
    operation.description = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
}

/// Forms have the same fields as JSON.
fn add_forms(body: &mut RequestBody) {
    if let (Some(json), 1) = (body.content.get(JSON).cloned(), body.content.len()) {
        body.content.extend(FORMS.map(|form| (form.to_owned(), json.clone())));
    }
}
