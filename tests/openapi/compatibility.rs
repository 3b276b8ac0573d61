//! Whether a document keeps the promises of an older one. What an old client sends must still be accepted, and what it
//! reads must still be there. Descriptions and examples do not count.

use serde_json::{Map, Value};
use std::{collections::BTreeSet, sync::LazyLock};

/// Keywords of a schema that no program depends on.
const WORDS: [&str; 6] = ["description", "summary", "example", "examples", "title", "tags"];
/// Bounds of a request's field that may fall, and those that may rise.
const MAY_FALL: [&str; 3] = ["minimum", "minLength", "minItems"];
const MAY_RISE: [&str; 3] = ["maximum", "maxLength", "maxItems"];

/// The direction of a value.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    /// Clients send it.
    Request,
    /// Clients read it.
    Answer,
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// The pairs of schemas that were compared already, since schemas can refer to themselves.
    seen: BTreeSet<(String, String, bool)>,
    breaks: BTreeSet<String>,
}

/// What clients of `old` would miss in `new`, each in one line.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut comparison = Comparison { old, new, seen: BTreeSet::new(), breaks: BTreeSet::new() };
    comparison.operations("paths", Side::Request, Side::Answer);
    // The server sends these requests, and clients answer them.
    comparison.operations("webhooks", Side::Answer, Side::Request);
    for name in members(&old["components"]["schemas"]).keys() {
        if new["components"]["schemas"].get(name).is_none() {
            comparison.note(format!("schema {name}: removed"));
        }
    }
    comparison.breaks.into_iter().collect()
}

/// Whether two documents differ in more than words.
pub fn differ(old: &Value, new: &Value) -> bool {
    let parts = ["paths", "webhooks", "components"];
    parts.iter().any(|part| without_words(&old[part], false) != without_words(&new[part], false))
}

/// The value without words. The members of `properties` have any names, also those of keywords.
fn without_words(value: &Value, is_properties: bool) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.iter().filter(|(name, _)| is_properties || !WORDS.contains(&name.as_str()));
            let cleared = |name: &str, value| without_words(value, !is_properties && name == "properties");
            kept.map(|(name, value)| (name.clone(), cleared(name, value))).collect()
        }
        Value::Array(items) => items.iter().map(|item| without_words(item, false)).collect(),
        other => other.clone(),
    }
}

fn members(value: &Value) -> &Map<String, Value> {
    static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
    value.as_object().unwrap_or(&EMPTY)
}

fn words(value: &Value) -> BTreeSet<String> {
    value.as_array().into_iter().flatten().map(Value::to_string).collect()
}

fn named<'a>(parameters: &'a Value, like: &Value) -> Option<&'a Value> {
    let same = |parameter: &&Value| parameter["name"] == like["name"] && parameter["in"] == like["in"];
    parameters.as_array().into_iter().flatten().find(same)
}

/// The alternatives of a schema, without `null`, and whether it may be `null`.
fn alternatives(schema: &Value) -> (Vec<&Value>, bool) {
    let choices = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    match choices {
        Some(choices) => {
            let (null, others): (Vec<&Value>, Vec<&Value>) = choices.iter().partition(|one| one["type"] == "null");
            (others, !null.is_empty())
        }
        None => (vec![schema], schema["type"].as_array().is_some_and(|types| types.contains(&"null".into()))),
    }
}

/// The types of a schema, without `null`.
fn types(schema: &Value) -> BTreeSet<String> {
    let all = match &schema["type"] {
        Value::String(one) => vec![one.clone()],
        Value::Array(types) => types.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    };
    all.into_iter().filter(|name| name != "null").collect()
}

impl<'a> Comparison<'a> {
    fn note(&mut self, what: String) {
        self.breaks.insert(what);
    }

    fn operations(&mut self, part: &str, sent: Side, returned: Side) {
        for (path, item) in members(&self.old[part]) {
            for (method, old) in members(item) {
                let place = format!("{} {path}", method.to_uppercase());
                match self.new[part].get(path).and_then(|item| item.get(method)) {
                    None => self.note(format!("{place}: removed")),
                    Some(new) => self.operation(&place, old, new, sent, returned),
                }
            }
        }
    }

    fn operation(&mut self, place: &str, old: &'a Value, new: &'a Value, sent: Side, returned: Side) {
        if old["operationId"] != new["operationId"] {
            self.note(format!("{place}: is called {} instead of {}", new["operationId"], old["operationId"]));
        }
        if new["security"].as_array().is_some_and(|needed| !needed.is_empty()) && old["security"] != new["security"] {
            self.note(format!("{place}: needs a credential"));
        }
        self.parameters(place, &old["parameters"], &new["parameters"], sent);
        if new["requestBody"]["required"] == true && old["requestBody"]["required"] != true {
            self.note(format!("{place}: needs a body"));
        }
        self.contents(&format!("{place}: body"), &old["requestBody"], &new["requestBody"], sent);
        for (status, old) in members(&old["responses"]) {
            let place = format!("{place}: {status}");
            match new["responses"].get(status) {
                None => self.note(format!("{place}: removed")),
                Some(new) => {
                    self.contents(&place, old, new, returned);
                    for header in members(&old["headers"]).keys().filter(|name| new["headers"].get(name).is_none()) {
                        self.note(format!("{place}: header {header}: removed"));
                    }
                }
            }
        }
    }

    fn parameters(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        for parameter in old.as_array().into_iter().flatten() {
            let place = format!("{place}: parameter {}", parameter["name"].as_str().unwrap_or_default());
            match named(new, parameter) {
                None => self.note(format!("{place}: removed")),
                Some(new) => self.schema(&place, &parameter["schema"], &new["schema"], side),
            }
        }
        for parameter in new.as_array().into_iter().flatten().filter(|parameter| parameter["required"] == true) {
            if side == Side::Request && named(old, parameter).is_none_or(|old| old["required"] != true) {
                self.note(format!("{place}: parameter {}: required", parameter["name"].as_str().unwrap_or_default()));
            }
        }
    }

    fn contents(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        for (media_type, old) in members(&old["content"]) {
            match new["content"].get(media_type) {
                None => self.note(format!("{place}: {media_type}: removed")),
                Some(new) => self.schema(place, &old["schema"], &new["schema"], side),
            }
        }
    }

    fn resolved(document: &'a Value, schema: &'a Value) -> &'a Value {
        let place = schema["$ref"].as_str().map(|place| place.trim_start_matches('#'));
        place.and_then(|place| document.pointer(place)).unwrap_or(schema)
    }

    fn schema(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        if let (Some(old), Some(new)) = (old["$ref"].as_str(), new["$ref"].as_str())
            && !self.seen.insert((old.to_owned(), new.to_owned(), side == Side::Request))
        {
            return;
        }
        let (old, new) = (Self::resolved(self.old, old), Self::resolved(self.new, new));
        let ((olds, was_null), (news, is_null)) = (alternatives(old), alternatives(new));
        match side {
            Side::Request if was_null && !is_null => self.note(format!("{place}: may no longer be null")),
            Side::Answer if is_null && !was_null => self.note(format!("{place}: may be null")),
            _ => {}
        }
        match (olds.as_slice(), news.as_slice()) {
            ([old], [new]) => {
                let (old, new) = (Self::resolved(self.old, old), Self::resolved(self.new, new));
                self.single(place, old, new, side);
            }
            _ => self.kinds(place, &olds, &news, side),
        }
    }

    /// Compares objects of several kinds by the names of their schemas.
    fn kinds(&mut self, place: &str, olds: &[&'a Value], news: &[&'a Value], side: Side) {
        for old in olds {
            match news.iter().find(|new| new["$ref"] == old["$ref"]) {
                None => self.note(format!("{place}: {} is no longer one of its kinds", old["$ref"])),
                Some(new) => self.schema(place, old, new, side),
            }
        }
    }

    /// Compares schemas that have no alternatives.
    fn single(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        let (old_types, new_types) = (types(old), types(new));
        let fits = match side {
            Side::Request => old_types.is_subset(&new_types) || new_types.is_empty(),
            Side::Answer => new_types.is_subset(&old_types) || old_types.is_empty(),
        };
        if !fits || old["format"] != new["format"] {
            let show = |schema: &Value| format!("{} {}", schema["type"], schema["format"]);
            self.note(format!("{place}: was {}, is {}", show(old), show(new)));
        }
        if side == Side::Request {
            self.bounds(place, old, new);
        } else if old.get("enum").is_some() && new.get("enum").is_none() {
            self.note(format!("{place}: has any value"));
        }
        if old.get("items").is_some() {
            self.schema(&format!("{place}[]"), &old["items"], &new["items"], side);
        }
        if old["additionalProperties"].is_object() {
            self.schema(&format!("{place}.*"), &old["additionalProperties"], &new["additionalProperties"], side);
        }
        self.properties(place, old, new, side);
    }

    fn properties(&mut self, place: &str, old: &'a Value, new: &'a Value, side: Side) {
        let (were_required, are_required) = (words(&old["required"]), words(&new["required"]));
        for (name, property) in members(&old["properties"]) {
            let place = format!("{place}.{name}");
            match new["properties"].get(name) {
                None => self.note(format!("{place}: removed")),
                Some(new) => self.schema(&place, property, new, side),
            }
        }
        let changed = match side {
            Side::Request => are_required.difference(&were_required),
            Side::Answer => were_required.difference(&are_required),
        };
        let what = if side == Side::Request { "required" } else { "may be absent" };
        for name in changed {
            self.note(format!("{place}.{}: {what}", name.trim_matches('"')));
        }
    }

    /// Compares what a request's field may be.
    fn bounds(&mut self, place: &str, old: &Value, new: &Value) {
        let missing: Vec<String> = words(&old["enum"]).difference(&words(&new["enum"])).cloned().collect();
        if new.get("enum").is_some() && (old.get("enum").is_none() || !missing.is_empty()) {
            self.note(format!(
                "{place}: may no longer be {}",
                if missing.is_empty() { "any value".to_owned() } else { missing.join(", ") }
            ));
        }
        if new.get("pattern").is_some() && new["pattern"] != old["pattern"] {
            self.note(format!("{place}: has another pattern"));
        }
        for bound in MAY_FALL {
            if let Some(now) = new[bound].as_f64()
                && old[bound].as_f64().is_none_or(|before| now > before)
            {
                self.note(format!("{place}: {bound} is {now}"));
            }
        }
        for bound in MAY_RISE {
            if let Some(now) = new[bound].as_f64()
                && old[bound].as_f64().is_none_or(|before| now < before)
            {
                self.note(format!("{place}: {bound} is {now}"));
            }
        }
    }
}
