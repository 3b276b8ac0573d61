//! Schemas that the attributes of `utoipa` cannot describe: objects of several kinds, told apart by one property, and a
//! schema that requires more than another one.

use utoipa::{
    ToSchema,
    openapi::{
        Discriminator, ObjectBuilder, OneOfBuilder, Ref, RefOr, Schema,
        schema::{Components, ComponentsBuilder, Type},
    },
};

/// An object whose property `tag` always has the value `value`.
pub fn tagged(tag: &str, value: &str, description: &str) -> ObjectBuilder {
    let kind = ObjectBuilder::new().schema_type(Type::String).enum_values(Some([value]));
    let kind = kind.description(Some(format!("Always `{value}`.")));
    ObjectBuilder::new().description(Some(description)).property(tag, kind).required(tag)
}

/// Objects of several kinds, each a schema with a name of its own.
pub struct OneOf {
    /// The property that tells them apart.
    tag: &'static str,
    /// Value of the property, name and schema.
    kinds: Vec<(String, String, RefOr<Schema>)>,
}

impl OneOf {
    /// No kinds yet. `tag` is the property that will tell them apart.
    pub const fn by(tag: &'static str) -> Self {
        Self { tag, kinds: Vec::new() }
    }

    /// Adds a kind: an object with the tag, and with the properties that `fill` adds.
    pub fn with(
        mut self,
        value: &str,
        name: &str,
        description: &str,
        fill: impl FnOnce(ObjectBuilder) -> ObjectBuilder,
    ) -> Self {
        let schema = fill(tagged(self.tag, value, description)).into();
        self.kinds.push((value.to_owned(), name.to_owned(), schema));
        self
    }

    /// The schema of all kinds, by their names.
    pub fn schema(&self, description: &str) -> RefOr<Schema> {
        let mut discriminator = Discriminator::new(self.tag);
        let mut schema = OneOfBuilder::new().description(Some(description));
        for (value, name, _) in &self.kinds {
            let reference = Ref::from_schema_name(name);
            discriminator.mapping.insert(value.clone(), reference.ref_location.clone());
            schema = schema.item(reference);
        }
        schema.discriminator(Some(discriminator)).into()
    }

    /// The schemas of the kinds, with their names.
    pub fn kinds(self) -> impl Iterator<Item = (String, RefOr<Schema>)> {
        self.kinds.into_iter().map(|(_, name, schema)| (name, schema))
    }

    /// The schema of all kinds under `name`, and those of the kinds.
    pub fn components(self, name: &str, description: &str) -> Components {
        let components = ComponentsBuilder::new().schema(name, self.schema(description));
        components.schemas_from_iter(self.kinds()).build()
    }
}

/// The schema of `T` with another description, of which `required` may not be absent.
pub fn requiring<T: ToSchema>(required: &[&str], description: &str) -> RefOr<Schema> {
    let mut schema = T::schema();
    if let RefOr::T(Schema::Object(object)) = &mut schema {
        object.description = Some(description.to_owned());
        object.required.extend(required.iter().map(|name| (*name).to_owned()));
    }
    schema
}
