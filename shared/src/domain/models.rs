//! The models that the operator allows, and which of them answers.

use super::text::Label;

/// A model that users may choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    /// The id, as its provider knows it.
    pub id: Label,
    /// The name, for people.
    pub name: Label,
}

/// The models that users may choose, in the operator's order. Exactly one of them is the default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Models {
    all: Vec<Model>,
    /// The position of the default.
    default: usize,
}

/// Why models cannot be allowed together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ModelsProblem {
    /// There is neither a list nor a default.
    #[error("names no model")]
    Empty,
    /// An id is listed twice.
    #[error("lists `{}` twice", .0.as_str())]
    Twice(Label),
}

impl Models {
    /// Allows the `listed` models. The default is `default`, which comes first if it is not listed, or else the first
    /// listed one.
    ///
    /// # Errors
    /// If there is no model at all, or an id is listed twice.
    pub fn new(listed: Vec<Model>, default: Option<Label>) -> Result<Self, ModelsProblem> {
        let is_repeated = |(at, model): &(usize, &Model)| listed[..*at].iter().any(|other| other.id == model.id);
        if let Some((_, model)) = listed.iter().enumerate().find(is_repeated) {
            return Err(ModelsProblem::Twice(model.id.clone()));
        }
        let default = default.or_else(|| Some(listed.first()?.id.clone())).ok_or(ModelsProblem::Empty)?;
        if let Some(at) = listed.iter().position(|model| model.id == default) {
            return Ok(Self { all: listed, default: at });
        }
        let unlisted = Model { id: default.clone(), name: default };
        Ok(Self { all: [unlisted].into_iter().chain(listed).collect(), default: 0 })
    }

    /// All of them.
    pub fn all(&self) -> &[Model] {
        &self.all
    }

    /// Whether users may choose the model with this id.
    pub fn has(&self, id: &str) -> bool {
        self.all.iter().any(|model| model.id.as_str() == id)
    }

    /// The id of the model that answers where none is asked for.
    pub fn default_id(&self) -> &Label {
        &self.all[self.default].id
    }

    /// The model that answers for an assistant with this `model`: that one if it is allowed, otherwise the default. An
    /// assistant may name any model, because the operator's list can change.
    pub fn answering(&self, model: Option<&Label>) -> &Model {
        let allowed = model.and_then(|wanted| self.all.iter().find(|model| model.id == *wanted));
        allowed.unwrap_or(&self.all[self.default])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn label(text: &str) -> Label {
        Label::parse(text).unwrap()
    }

    fn models(listed: &[&str], default: Option<&str>) -> Result<Models, ModelsProblem> {
        let model = |id: &&str| Model { id: label(id), name: label(&id.to_uppercase()) };
        Models::new(listed.iter().map(model).collect(), default.map(label))
    }

    /// The ids, with a star after the default.
    fn ids(models: &Models) -> Vec<String> {
        let star = |id: &Label| if id == models.default_id() { "*" } else { "" };
        models.all().iter().map(|model| format!("{}{}", model.id.as_str(), star(&model.id))).collect()
    }

    #[test]
    fn one_is_the_default() {
        let cases: [(&[&str], Option<&str>, &[&str]); 5] = [
            (&[], Some("a"), &["a*"]),
            (&["a", "b"], None, &["a*", "b"]),
            (&["a", "b"], Some("b"), &["a", "b*"]),
            (&["a", "b"], Some("c"), &["c*", "a", "b"]),
            (&["a", "b"], Some("A"), &["A*", "a", "b"]),
        ];
        for (listed, default, expected) in cases {
            assert_eq!(ids(&models(listed, default).unwrap()), expected, "{listed:?} {default:?}");
        }
    }

    #[test]
    fn an_unlisted_default_is_called_by_its_id() {
        let models = models(&["a"], Some("b")).unwrap();
        let names: Vec<_> = models.all().iter().map(|model| model.name.as_str()).collect();
        assert_eq!(names, ["b", "A"]);
    }

    #[test]
    fn neither_none_nor_the_same_twice() {
        assert_eq!(models(&[], None), Err(ModelsProblem::Empty));
        assert_eq!(models(&["a", "b", "a"], Some("b")), Err(ModelsProblem::Twice(label("a"))));
        assert_eq!(models(&["a", "a"], None).unwrap_err().to_string(), "lists `a` twice");
    }

    #[test]
    fn an_unknown_model_is_answered_by_the_default() {
        let models = models(&["a", "b"], None).unwrap();
        for (wanted, answering) in [(None, "a"), (Some("a"), "a"), (Some("b"), "b"), (Some("B"), "a"), (Some("x"), "a")]
        {
            assert_eq!(models.answering(wanted.map(label).as_ref()).id.as_str(), answering, "{wanted:?}");
        }
    }
}
