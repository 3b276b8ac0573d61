//! Tools: two are built in, administrators add others, and every assistant may use them.

use super::{
    Deps,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Run, meaning_of},
    retry::{Attempt, change},
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        error::Conflict,
        ids::UserId,
        list::{ListPosition, ListRequest, Listed, ToolField},
        secret_header::HeaderSecret,
        text::{Category, Description, Label},
        time::Timestamp,
        tool::{CallableTool, Parameter, ParameterType, Parameters, Tool, ToolChange, ToolDefinition, ToolId},
        user::Administrator,
    },
    store::{Store, tools::NotAdded},
};
use secrecy::ExposeSecret;
use std::{collections::BTreeMap, sync::Arc};

/// The maximum number of tools that administrators may add. It allows one call to read all of them.
const TOOLS_MAX: u64 = 100;

/// Tools.
#[derive(Clone)]
pub struct Tools {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    built_in: Arc<[Tool]>,
    idempotency: Idempotency,
}

impl Tools {
    /// Starts with the built-in tools.
    ///
    /// # Errors
    /// `Internal` if a built-in tool breaks the rules for tools, which is a bug.
    pub fn new(deps: Deps) -> Result<Self, Error> {
        let built_in = built_in().map_err(|problem| Error::internal(problem.to_string()))?;
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy: _ } = deps;
        Ok(Self { store, clock, built_in: built_in.into(), idempotency })
    }

    /// All tools.
    pub async fn list(&self, request: &ListRequest<ToolField>) -> Result<Listed<Tool>, Error> {
        let max = usize::try_from(TOOLS_MAX).unwrap_or(usize::MAX);
        let added = self.store.tools(max).await?;
        let place = |tool: &Tool| {
            let created_at = tool.created_at.unwrap_or(Timestamp::from_millis(0));
            match request.sort.field {
                ToolField::CreatedAt => ListPosition::by_time(created_at, tool.id.as_str()),
                ToolField::Name => ListPosition::by_text(tool.definition.name.as_str(), tool.id.as_str()),
            }
        };
        Ok(Listed::of_all(self.built_in.iter().cloned().chain(added).collect(), request, place))
    }

    /// One tool.
    pub async fn show(&self, id: &ToolId) -> Result<Tool, Error> {
        Ok(self.callable(id).await?.tool)
    }

    /// One tool, to be called.
    pub async fn callable(&self, id: &ToolId) -> Result<CallableTool, Error> {
        match self.built_in(id) {
            Some(tool) => Ok(CallableTool { tool: tool.clone(), secret: None }),
            None => self.store.tool(id).await?.ok_or(Error::NotFound),
        }
    }

    /// Adds a tool. Its id is derived from its name. `secret` is the value of the secret header that `definition`
    /// names.
    ///
    /// # Errors
    /// `Conflict` if the id is in use or 100 tools exist.
    pub async fn add(
        &self,
        administrator: &Administrator,
        definition: ToolDefinition,
        secret: Option<HeaderSecret>,
        key: Option<IdempotencyKey>,
    ) -> Result<Tool, Error> {
        let id = ToolId::of(&definition.name).map_err(|problem| Error::invalid("name", problem))?;
        let meaning = meaning_of(&definition)?;
        let value = secret.as_ref().map_or("", |secret| secret.value().expose_secret());
        let keyed = key.map(|key| Keyed::new(key, &["tool", &meaning, value]));
        let user = administrator.user().id;
        let added =
            self.idempotency.run(user, keyed, |run| self.try_to_add(user, &id, (&definition, secret.as_ref()), run));
        Ok(added.await?.into_inner())
    }

    async fn try_to_add(
        &self,
        user: UserId,
        id: &ToolId,
        (definition, secret): (&ToolDefinition, Option<&HeaderSecret>),
        run: Run,
    ) -> Result<Attempt<Tool>, Error> {
        if self.built_in(id).is_some() {
            return Err(Error::Conflict(Conflict::ToolExists));
        }
        let (created_at, updated_at) = (Some(run.now), Some(run.now));
        let tool = Tool { id: id.clone(), definition: definition.clone(), created_at, updated_at };
        let record = run.record(&tool)?;
        let new = CallableTool { tool, secret: secret.cloned() };
        match self.store.add_tool(user, &new, TOOLS_MAX, record).await? {
            Ok(()) => Ok(Attempt::Done(new.tool)),
            Err(refusals) if refusals.contains(&NotAdded::Key) => Ok(Attempt::KeyClaimed),
            Err(refusals) if refusals.contains(&NotAdded::Exists) => Err(Error::Conflict(Conflict::ToolExists)),
            Err(_) => Err(Error::Conflict(Conflict::Full { max: TOOLS_MAX })),
        }
    }

    /// Changes the given fields of a tool.
    ///
    /// # Errors
    /// `Conflict` for a built-in tool, and those of [`ToolChange::apply`].
    pub async fn change(&self, _: &Administrator, id: &ToolId, new: ToolChange) -> Result<Tool, Error> {
        change(&self.store, async || {
            let CallableTool { tool: before, secret } = self.changeable(id).await?;
            let read_at = before.updated_at.unwrap_or(Timestamp::from_millis(0));
            let (definition, secret) = new.clone().apply(before.definition, secret)?;
            let updated_at = Some(self.clock.now().and_after(read_at));
            let tool = Tool { id: before.id, definition, created_at: before.created_at, updated_at };
            let changed = CallableTool { tool, secret };
            Ok(match self.store.replace_tool(&changed, read_at).await? {
                true => Attempt::Done(changed.tool),
                false => Attempt::LostRace,
            })
        })
        .await
    }

    /// Removes a tool. Assistants that name it keep working without it.
    ///
    /// # Errors
    /// `Conflict` for a built-in tool.
    pub async fn remove(&self, _: &Administrator, id: &ToolId) -> Result<(), Error> {
        let found = self.changeable(id).await?;
        if self.store.remove_tool(&found.tool.id).await? { Ok(()) } else { Err(Error::NotFound) }
    }

    /// The tools with these ids that exist, to be called.
    pub async fn of(&self, ids: &[ToolId]) -> Result<Vec<CallableTool>, Error> {
        let own = ids.iter().filter_map(|id| self.built_in(id)).cloned();
        let own = own.map(|tool| CallableTool { tool, secret: None });
        let mut added: Vec<&ToolId> = ids.iter().filter(|id| self.built_in(id).is_none()).collect();
        added.sort_unstable();
        added.dedup();
        let added = if added.is_empty() { Vec::new() } else { self.store.tools_with_ids(&added).await? };
        Ok(own.chain(added).collect())
    }

    /// Whether all of these tools exist.
    pub async fn exist(&self, ids: &[ToolId]) -> Result<bool, Error> {
        let mut added: Vec<&ToolId> = ids.iter().filter(|id| self.built_in(id).is_none()).collect();
        added.sort_unstable();
        added.dedup();
        Ok(added.is_empty() || self.store.tools_exist(&added).await?)
    }

    async fn changeable(&self, id: &ToolId) -> Result<CallableTool, Error> {
        match self.built_in(id) {
            Some(_) => Err(Error::Conflict(Conflict::BuiltInTool)),
            None => self.store.tool(id).await?.ok_or(Error::NotFound),
        }
    }

    fn built_in(&self, id: &ToolId) -> Option<&Tool> {
        self.built_in.iter().find(|tool| tool.id == *id)
    }
}

fn built_in() -> Result<[Tool; 2], Problem> {
    let parameter = |description: &str| Parameter {
        kind: ParameterType::String,
        required: true,
        description: description.to_owned(),
    };
    let tool = |name: &str, description: &str, category: &str, parameters: Vec<(&str, Parameter)>| {
        let name = Label::parse(name)?;
        let parameters: BTreeMap<_, _> = parameters.into_iter().map(|(name, about)| (name.to_owned(), about)).collect();
        Ok(Tool {
            id: ToolId::of(&name)?,
            definition: ToolDefinition {
                name,
                description: Some(Description::parse(description)?),
                category: Some(Category::parse(category)?),
                parameters: Parameters::parse(parameters)?,
                endpoint: None,
                timeout_seconds: None,
                max_result_bytes: None,
                secret_header: None,
            },
            created_at: None,
            updated_at: None,
        })
    };
    // Source: spec 001, "GET /tools".
    let query = vec![("query", parameter("Search query"))];
    let pages = Parameter { required: false, ..parameter("The pages, as 3 or 3-5. All, if left out") };
    let file = vec![("file_id", parameter("The file's id")), ("pages", pages)];
    Ok([
        tool("Web Search", "Search the web for information", "search", query)?,
        tool("File Upload", "Read the files of the conversation and of the assistant", "files", file)?,
    ])
}
