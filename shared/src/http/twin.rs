//! Paths that two dialects share: the final slash decides which of them answers. A request that was sent to the wrong
//! one of the two is refused like any other, and the refusal says in one more sentence whose path the other form is.

use super::{Dialect, Fault, Refusal};
use crate::domain::{Error, Problem};
use axum::{
    body::Body,
    extract::{Request, State},
    http::Method,
    middleware::Next,
    response::Response,
};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock, Mutex, PoisonError},
};
use utoipa::openapi::OpenApi;

/// The other form of a shared path. Cheap to clone.
#[derive(Clone)]
pub(super) struct Twin(Arc<OtherForm>);

struct OtherForm {
    /// Names its dialect.
    hint: String,
    /// Read from the documents when a request was refused for the first time.
    taken: LazyLock<Taken, Box<dyn FnOnce() -> Taken + Send>>,
}

/// What this form and the other one take.
struct Taken {
    own: Operations,
    other: Operations,
}

/// The operations of a path, by method in lower case.
type Operations = BTreeMap<String, Operation>;

/// What an operation takes.
struct Operation {
    /// The fields of its body, and those that it needs.
    fields: BTreeSet<String>,
    required: BTreeSet<String>,
}

/// The names of the fields in a request's body, noted by what reads the body.
#[derive(Clone, Default)]
pub(super) struct SentFields(Arc<Mutex<BTreeSet<String>>>);

impl SentFields {
    /// Notes the fields of a body.
    pub(super) fn note(&self, fields: &Map<String, Value>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = fields.keys().cloned().collect();
    }

    fn names(&self) -> BTreeSet<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Twin {
    /// `path`, which `own` describes. Its other form is `other_path` of `dialect`, which `other` describes.
    pub(super) fn new(
        (path, own): (&str, fn() -> OpenApi),
        (other_path, dialect, other): (&str, &str, fn() -> OpenApi),
    ) -> Self {
        let form = if other_path.ends_with('/') { "With a final slash" } else { "Without the final slash" };
        let hint = format!("{form}, this path is the {dialect} API's.");
        let (path, other_path) = (path.to_owned(), other_path.to_owned());
        let taken = move || Taken { own: operations(&path, own), other: operations(&other_path, other) };
        Self(Arc::new(OtherForm { hint, taken: LazyLock::new(Box::new(taken)) }))
    }

    /// Whether a request that was refused with `fault` was meant for the other form: only that form has the method, or the
    /// body has a field that only that form knows, and all that it needs. An unknown id is no reason, because all of them
    /// look the same.
    fn fits(&self, fault: &Fault, method: &Method, sent: &SentFields) -> bool {
        let Taken { own, other } = &*self.0.taken;
        let method = method.as_str().to_ascii_lowercase();
        match fault {
            Fault::MethodNotAllowed(_) => other.contains_key(&method),
            Fault::Domain(Error::Invalid(problems)) => {
                let lacks_a_field = problems.iter().any(|field| matches!(field.problem, Problem::Required));
                let sent = sent.names();
                let is_foreign = own.get(&method).is_none_or(|own| !sent.is_subset(&own.fields));
                let fits = |other: &Operation| sent.is_superset(&other.required) && sent.is_subset(&other.fields);
                lacks_a_field && is_foreign && other.get(&method).is_some_and(fits)
            }
            _ => false,
        }
    }
}

/// Has the refusals of a shared path name its other form, where that helps.
pub(super) async fn hint<D: Dialect>(State(twin): State<Twin>, mut request: Request, next: Next) -> Response {
    let sent = SentFields::default();
    request.extensions_mut().insert(sent.clone());
    let method = request.method().clone();
    let response = next.run(request).await;
    let refusal = response.extensions().get::<Refusal>().cloned();
    match refusal {
        Some(Refusal { fault, .. }) if twin.fits(&fault, &method, &sent) => {
            let (_, mut body) = D::error(&fault);
            add_sentence(&mut body, &fault, &twin.0.hint);
            let (parts, _) = response.into_parts();
            Response::from_parts(parts, Body::from(body.to_string()))
        }
        _ => response,
    }
}

/// Adds a sentence to `detail`. A body without it has a list of problems for each field: adds the sentence to the first.
fn add_sentence(body: &mut Value, fault: &Fault, sentence: &str) {
    if let Some(Value::String(detail)) = body.get_mut("detail") {
        // Not every detail is a whole sentence.
        let end = if detail.ends_with('.') { " " } else { ". " };
        detail.push_str(end);
        detail.push_str(sentence);
    } else if let Fault::Domain(Error::Invalid(problems)) = fault
        && let Some(first) = problems.first()
        && let Some(Value::Array(sentences)) = body.get_mut(first.field)
    {
        sentences.push(sentence.into());
    }
}

/// Reads what the operations of `path` take from their document.
fn operations(path: &str, document: fn() -> OpenApi) -> Operations {
    let document = serde_json::to_value(document()).unwrap_or_default();
    let Some(methods) = document["paths"][path].as_object() else { return Operations::new() };
    methods.iter().map(|(method, operation)| (method.clone(), Operation::read(&document, operation))).collect()
}

impl Operation {
    fn read(document: &Value, operation: &Value) -> Self {
        let content = operation["requestBody"]["content"].as_object();
        let schema = content.and_then(|content| content.values().next()).map(|content| &content["schema"]);
        let name = schema.and_then(|schema| schema["$ref"].as_str()?.strip_prefix("#/components/schemas/"));
        let schema = name.map_or(schema, |name| Some(&document["components"]["schemas"][name]));
        let schema = schema.unwrap_or(&Value::Null);
        let fields = schema["properties"].as_object().map(|fields| fields.keys().cloned().collect());
        let required = schema["required"].as_array().into_iter().flatten();
        Self {
            fields: fields.unwrap_or_default(),
            required: required.filter_map(|name| Some(name.as_str()?.to_owned())).collect(),
        }
    }
}
