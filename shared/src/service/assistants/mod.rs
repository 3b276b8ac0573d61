//! Assistants: creating, finding, changing and removing them. All dialects share them. Their files are in `knowledge`.

mod knowledge;

pub use knowledge::{FILES_MAX, Knowledge};

use super::{
    Deps,
    files::Files,
    idempotency::{Idempotency, IdempotencyKey, Keyed, Outcome, Run, meaning_of},
    retry::{self, Attempt},
    tools::Tools,
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantFilter, AssistantUsage, Character, CharacterChange},
        event::{EventDetails, OutboxEntry},
        ids::{AssistantId, AssistantNumber, UserId},
        list::{AssistantField, ListRequest, Listed, Sort},
        page::{Page, PageRequest},
        text::AssistantName,
        tool::ToolId,
    },
    entropy::Entropy,
    store::{
        Store,
        assistants::{NewFiles, NotWritten},
    },
};
use knowledge::Known;
use std::sync::Arc;

/// Assistants.
pub struct Assistants {
    store: Arc<Store>,
    tools: Tools,
    files: Files,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    idempotency: Idempotency,
}

impl Assistants {
    /// Looks up the assistants' tools in `tools` and their files in `files`.
    pub fn new(deps: Deps, tools: Tools, files: Files) -> Self {
        let idempotency = Idempotency::new(deps.clone());
        let Deps { store, clock, entropy } = deps;
        Self { store, tools, files, clock, entropy, idempotency }
    }

    /// Creates an assistant.
    ///
    /// # Errors
    /// `Invalid` for a missing name, a name that another assistant of the owner has, unknown tools and unknown files.
    pub async fn create(
        &self,
        owner: UserId,
        character: CharacterChange,
        knowledge: Knowledge,
        key: Option<IdempotencyKey>,
    ) -> Result<Assistant, Error> {
        let character = character.into_new().ok_or_else(|| Error::invalid("name", Problem::Required))?;
        let meaning = meaning_of(&character)?;
        let keyed = key.map(|key| Keyed::new(key, &["assistant", &meaning, &knowledge.meaning()]));
        let create = |run| self.try_to_create(owner, &character, &knowledge, run);
        let created = self.idempotency.run(owner, keyed, create).await;
        let new = knowledge.taken_over();
        self.files.discard_if_refused(owner, new, &created).await;
        match created? {
            Outcome::Done(assistant) => Ok(assistant),
            Outcome::Repeated(assistant) => {
                self.files.discard(owner, new).await;
                Ok(assistant)
            }
        }
    }

    async fn try_to_create(
        &self,
        owner: UserId,
        character: &Character,
        knowledge: &Knowledge,
        run: Run,
    ) -> Result<Attempt<Assistant>, Error> {
        let tools = self.must_exist(&character.tools);
        let (known, ()) = futures::future::try_join(self.known(owner, knowledge), tools).await?;
        let number = self.store.take_assistant_number(owner).await?;
        let now = self.clock.now();
        let assistant = Assistant {
            id: AssistantId::new(self.entropy.uuid(now)),
            number,
            character: character.clone(),
            files: known.beside(&[])?,
            version: 0,
            usage: AssistantUsage::default(),
            created_at: now,
            updated_at: now,
        };
        let record = run.record(&assistant)?;
        match self.store.create_assistant(owner, &assistant, self.new_files(&known), record).await? {
            Ok(()) => Ok(Attempt::Done(assistant)),
            // Checked first: the request that claimed the key may have created the assistant with this name.
            Err(refusals) if refusals.contains(&NotWritten::Key) => Ok(Attempt::KeyClaimed),
            Err(refusals) => Err(self.not_written(&refusals)),
        }
    }

    /// An owner's assistants.
    pub async fn list(
        &self,
        owner: UserId,
        filter: &AssistantFilter,
        request: &ListRequest<AssistantField>,
    ) -> Result<Listed<Assistant>, Error> {
        if request.is_deep() {
            let total = self.store.count_assistants(owner, filter).await?;
            if !request.page.exists_in(total) {
                return Ok(Listed::empty(request.page, total));
            }
        }
        let (mut items, total, next) = self.store.assistants(owner, filter, request).await?;
        self.leave_out_deleted(owner, &mut items).await?;
        Ok(Listed::new(items, total, request.page, next))
    }

    /// A numbered page of an owner's assistants, oldest first.
    ///
    /// # Errors
    /// `NoSuchPage` beyond the last page.
    pub async fn page(&self, owner: UserId, page: PageRequest) -> Result<Page<Assistant>, Error> {
        let sort = Sort { field: AssistantField::CreatedAt, descending: false };
        let request = ListRequest { page, sort, after: None };
        let Listed { page, next: _ } = self.list(owner, &AssistantFilter::default(), &request).await?;
        if page.request.exists_in(page.total) { Ok(page) } else { Err(Error::NoSuchPage) }
    }

    /// One assistant.
    pub async fn show(&self, owner: UserId, id: AssistantId) -> Result<Assistant, Error> {
        let mut assistant = self.store.assistant(owner, id).await?.ok_or(Error::NotFound)?;
        self.leave_out_deleted(owner, std::slice::from_mut(&mut assistant)).await?;
        Ok(assistant)
    }

    /// The owner's assistant with this name.
    ///
    /// # Errors
    /// `Invalid` on `field` if there is none.
    pub async fn named(&self, owner: UserId, field: &'static str, name: &str) -> Result<AssistantId, Error> {
        let unknown = || Error::invalid(field, Problem::UnknownAssistantName(name.to_owned()));
        let parsed = AssistantName::parse(name).map_err(|_| unknown())?;
        self.store.assistant_named(owner, &parsed).await?.ok_or_else(unknown)
    }

    /// The owner's assistant with this integer id.
    pub async fn numbered(&self, owner: UserId, number: AssistantNumber) -> Result<AssistantId, Error> {
        self.store.assistant_numbered(owner, number).await?.ok_or(Error::NotFound)
    }

    /// Changes the given fields of an assistant.
    ///
    /// # Errors
    /// As [`Assistants::create`]; also `Unavailable` if every attempt lost a race against other changes.
    pub async fn change(
        &self,
        owner: UserId,
        id: AssistantId,
        change: CharacterChange,
        knowledge: Knowledge,
    ) -> Result<Assistant, Error> {
        let tools = change.tools.clone().unwrap_or_default();
        let (before, ()) = futures::future::try_join(self.show(owner, id), self.must_exist(&tools)).await?;
        let known = self.known(owner, &knowledge).await?;
        let changed = self.rewrite(owner, before, &change, &known).await;
        self.files.discard_if_refused(owner, &known.new, &changed).await;
        changed
    }

    async fn rewrite(
        &self,
        owner: UserId,
        before: Assistant,
        change: &CharacterChange,
        known: &Known,
    ) -> Result<Assistant, Error> {
        let id = before.id;
        if let Attempt::Done(after) = self.try_to_rewrite(owner, before, change, known).await? {
            return Ok(after);
        }
        retry::change(&self.store, async || {
            self.try_to_rewrite(owner, self.show(owner, id).await?, change, known).await
        })
        .await
    }

    async fn try_to_rewrite(
        &self,
        owner: UserId,
        before: Assistant,
        change: &CharacterChange,
        known: &Known,
    ) -> Result<Attempt<Assistant>, Error> {
        let after = Assistant {
            character: change.clone().apply(before.character.clone()),
            files: known.beside(&before.files)?,
            version: before.version + 1,
            updated_at: self.clock.now(),
            ..before.clone()
        };
        let entry = status_change(&before, &after).map(|event| OutboxEntry::new(owner, after.updated_at, vec![event]));
        match self.store.change_assistant(owner, &before, &after, self.new_files(known), entry.as_ref()).await? {
            Ok(()) => Ok(Attempt::Done(after)),
            Err(refusals) if refusals.iter().any(|why| matches!(why, NotWritten::Name | NotWritten::Quota)) => {
                Err(self.not_written(&refusals))
            }
            Err(_) => Ok(Attempt::LostRace),
        }
    }

    /// Removes an assistant. Its conversations stay readable, and its files still belong to its owner.
    pub async fn remove(&self, owner: UserId, id: AssistantId) -> Result<(), Error> {
        retry::change(&self.store, async || {
            let assistant = self.store.assistant(owner, id).await?.ok_or(Error::NotFound)?;
            let removed = self.store.remove_assistant(owner, &assistant).await?;
            Ok(if removed.is_ok() { Attempt::Done(()) } else { Attempt::LostRace })
        })
        .await
    }

    const fn new_files<'a>(&self, known: &'a Known) -> NewFiles<'a> {
        NewFiles { files: known.new.as_slice(), quota: self.files.quota() }
    }

    fn not_written(&self, refusals: &[NotWritten]) -> Error {
        match refusals {
            refusals if refusals.contains(&NotWritten::Name) => Error::invalid("name", Problem::AssistantNameTaken),
            refusals if refusals.contains(&NotWritten::Quota) => self.files.over_quota(),
            _ => Error::internal("the rows of a new assistant exist already"),
        }
    }

    async fn must_exist(&self, tools: &[ToolId]) -> Result<(), Error> {
        match self.tools.exist(tools).await? {
            true => Ok(()),
            false => Err(Error::invalid("tools", Problem::UnknownTool)),
        }
    }
}

fn status_change(before: &Assistant, after: &Assistant) -> Option<EventDetails> {
    let Assistant { id: assistant, ref character, version, .. } = *after;
    let status = character.status;
    (before.character.status != status).then_some(EventDetails::AssistantStatusChanged { assistant, status, version })
}
