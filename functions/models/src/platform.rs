//! The models of spec 001's assistants. The document has no endpoint for them.

use axum::extract::State;
use serde::Serialize;
use shared::{
    domain::models::Models,
    http::{App, HandlerResult, Json, Platform, SignedIn},
};
use utoipa::ToSchema;

type Result<T> = HandlerResult<Platform, T>;

/// `{"items": [{"id": "gpt-4", "name": "GPT-4", "is_default": true}]}`. The models that assistants may use.
#[derive(Serialize, ToSchema)]
#[schema(as = ModelList, example = json!({"items": [{"id": "gpt-4", "name": "GPT-4", "is_default": true}]}))]
pub struct ShownModels {
    /// The models, in the operator's order.
    items: Vec<ShownModel>,
}

/// `{"id": "gpt-4", "name": "GPT-4", "is_default": true}`. A model.
#[derive(Serialize, ToSchema)]
#[schema(as = Model)]
pub struct ShownModel {
    /// The model's id, for the `model` of an assistant.
    id: String,
    /// The name, for people.
    name: String,
    /// Whether this model answers for assistants without a `model`, or with one that is not in the list.
    is_default: bool,
}

/// `GET /api/v1/models`: lists the models that assistants may use.
#[utoipa::path(get, path = "/api/v1/models", responses((status = 200, body = ShownModels)))]
pub async fn list(State(app): State<App<Platform>>, SignedIn(_): SignedIn) -> Result<Json<ShownModels>> {
    Ok(Json(app.models.as_ref().into()))
}

impl From<&Models> for ShownModels {
    fn from(models: &Models) -> Self {
        let items = models.all().iter().map(|model| ShownModel {
            id: model.id.as_str().to_owned(),
            name: model.name.as_str().to_owned(),
            is_default: model.id == *models.default_id(),
        });
        Self { items: items.collect() }
    }
}
