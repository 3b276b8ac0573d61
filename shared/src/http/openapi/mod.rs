//! The parts of a dialect's OpenAPI document that all operations share: who may call, the possible errors and their
//! bodies, and form bodies. A handler's `#[utoipa::path]` describes only what is specific to it.

mod domain;
mod errors;
mod schemas;

use super::{Dialect, Group, dialect::Scheme};
pub use errors::SCHEMA as ERROR_SCHEMA;
use serde_json::Value;
use utoipa::openapi::{
    ComponentsBuilder, Info, OpenApiBuilder, Paths, RefOr, SecurityRequirement, Server,
    path::{Operation, PathItem},
    request_body::RequestBody,
    security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme},
    tag::Tag,
};

const JSON: &str = "application/json";
const FORMS: [&str; 2] = ["application/x-www-form-urlencoded", "multipart/form-data"];
const CREDENTIAL: &str = "credential";

/// The general description of a dialect's document.
pub struct About {
    /// The document's title.
    pub title: &'static str,
    /// A description of the dialect, in two sentences.
    pub description: &'static str,
}

/// The document of dialect `D`: the operations of `groups`, completed with what all operations share.
pub fn document<D: Dialect>(about: &About, groups: &[Group]) -> Value {
    let mut info = Info::new(about.title, env!("CARGO_PKG_VERSION"));
    info.description = Some(about.description.to_owned());
    let components = ComponentsBuilder::new()
        .schema(errors::SCHEMA, D::error_schema())
        .security_scheme(CREDENTIAL, security_scheme(D::SCHEME));
    let builder = OpenApiBuilder::new().info(info).servers(Some([Server::new("..")]));
    let mut document = builder.components(Some(components.build())).build();
    for group in groups {
        let Some(mut part) = group.document::<D>() else { continue };
        for (path, item) in &mut part.paths.paths {
            operations(item).for_each(|operation| complete::<D>(operation, group.name(), path));
        }
        part.tags = Some(vec![Tag::new(group.name())]);
        document.merge(part);
    }
    let mut document = serde_json::to_value(document).unwrap_or_default();
    schemas::settle(&mut document);
    document
}

/// Adds each path below `prefix` a second time, without the prefix.
pub(super) fn also_without(paths: &mut Paths, prefix: &str) {
    let shortened = |(path, item): (&String, &PathItem)| {
        let (short, mut item) = (path.strip_prefix(prefix)?.to_owned(), item.clone());
        for operation in operations(&mut item) {
            operation.operation_id = operation.operation_id.take().map(|id| id + &short.replace('/', "_"));
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

fn security_scheme(scheme: Scheme) -> SecurityScheme {
    let all = "An access token, an API key or a token of `POST /api/v1/tokens/`, whichever of the five APIs gave it: all accept \
               all, after `Bearer` as well as after `Token`.";
    match scheme {
        Scheme::Bearer => {
            let http = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(all));
            SecurityScheme::Http(http.build())
        }
        Scheme::Token => {
            let description = format!("`Token <your_token>`. {all}");
            SecurityScheme::ApiKey(ApiKey::Header(ApiKeyValue::with_description("Authorization", &description)))
        }
    }
}

/// Adds to an operation what its handler's annotation omits.
fn complete<D: Dialect>(operation: &mut Operation, group: &'static str, path: &str) {
    operation.tags = Some(vec![group.to_owned()]);
    operation.operation_id = operation.operation_id.take().map(|name| format!("{group}_{name}"));
    summarize(operation);
    // Without a `security` attribute, an operation requires a credential; `security(())` makes it public.
    let is_secured = operation.security.is_none();
    let requirement = is_secured.then(|| SecurityRequirement::new(CREDENTIAL, [""; 0]));
    operation.security = Some(requirement.into_iter().collect());
    if let (true, Some(RefOr::T(body))) = (D::IS_DJANGO, &mut operation.request_body) {
        add_forms(body);
    }
    errors::add::<D>(operation, is_secured, path);
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

fn add_forms(body: &mut RequestBody) {
    if let (Some(json), 1) = (body.content.get(JSON).cloned(), body.content.len()) {
        body.content.extend(FORMS.map(|form| (form.to_owned(), json.clone())));
    }
}
