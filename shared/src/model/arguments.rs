//! The arguments of tool calls, as models and tools read and write them.

use crate::domain::tool::{Parameter, ParameterType, Parameters};
use serde_json::{Map, Value, json};

/// The arguments of a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Arguments(Map<String, Value>);

impl Arguments {
    /// Arguments that fit the `parameters`, or what is wrong with them, in a sentence. Parameters have types, but no
    /// schemas of their own.
    pub fn new(parameters: &Parameters, arguments: Map<String, Value>) -> Result<Self, String> {
        for (name, Parameter { kind, required, .. }) in parameters.by_name() {
            let fits = match (arguments.get(name), kind) {
                (None | Some(Value::Null), _) if !required => true,
                (None, _) => return Err(format!("The argument `{name}` is missing.")),
                (Some(value), ParameterType::String) => value.is_string(),
                (Some(value), ParameterType::Number) => value.is_number(),
                (Some(value), ParameterType::Integer) => value.is_i64() || value.is_u64(),
                (Some(value), ParameterType::Boolean) => value.is_boolean(),
                (Some(value), ParameterType::Array) => value.is_array(),
                (Some(value), ParameterType::Object) => value.is_object(),
            };
            if !fits {
                return Err(format!("The argument `{name}` has the wrong type."));
            }
        }
        match arguments.keys().find(|name| !parameters.by_name().contains_key(*name)) {
            Some(name) => Err(format!("There is no argument `{}`.", name.chars().take(64).collect::<String>())),
            None => Ok(Self(arguments)),
        }
    }

    /// The arguments as a model wrote them.
    pub fn read(parameters: &Parameters, text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Object(arguments)) => Self::new(parameters, arguments),
            Ok(_) => Err("The arguments are not a JSON object.".to_owned()),
            Err(error) => Err(format!("The arguments are not JSON: {error}.")),
        }
    }

    /// A text among the arguments. Empty if it is absent.
    pub fn text(&self, name: &str) -> &str {
        self.0.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    /// As JSON.
    pub fn to_json(&self) -> String {
        Value::from(self.0.clone()).to_string()
    }

    /// The arguments by their names.
    pub fn into_object(self) -> Map<String, Value> {
        self.0
    }
}

/// The JSON Schema of arguments.
pub fn schema(parameters: &Parameters) -> Map<String, Value> {
    let property = |(name, Parameter { kind, description, .. }): (&String, &Parameter)| {
        let mut property = json!({"type": kind, "description": description});
        if *kind == ParameterType::Array {
            // Some providers refuse a list without it.
            property["items"] = json!({});
        }
        (name.clone(), property)
    };
    let properties: Map<String, Value> = parameters.by_name().iter().map(property).collect();
    let required = parameters.by_name().iter().filter(|(_, parameter)| parameter.required).map(|(name, _)| name);
    let required: Vec<_> = required.collect();
    let fields = [("type", json!("object")), ("properties", properties.into()), ("required", json!(required))];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
