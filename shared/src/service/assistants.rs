//! Assistants: making, finding, changing and removing them. The same ones in every dialect.

use super::{
    Deps,
    files::{Files, Received},
    idempotency::{IdempotencyKey, Keyed},
    tools::Tools,
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantFile, AssistantFilter, Character, CharacterChange},
        error::Conflict,
        event::{EventDetails, OutboxEntry},
        file::File,
        ids::{AssistantId, AssistantNumber, FileId, UserId},
        list::{AssistantField, ListRequest, Listed, Sort},
        page::{Page, PageRequest},
        text::AssistantName,
        tool::ToolId,
    },
    entropy::Entropy,
    store::{Store, assistants::NotWritten},
};
use std::sync::Arc;

/// The most files of an assistant.
pub const FILES_MAX: usize = 100;
/// How often a change starts again because somebody else changed the assistant at the same moment.
const TRIES: usize = 4;

/// Which files an assistant shall know.
pub enum Knowledge {
    /// Those that it knows.
    Same,
    /// These of the owner's.
    Exactly(Vec<FileId>),
    /// These new ones too.
    And(Received),
}

/// Assistants.
pub struct Assistants {
    store: Arc<Store>,
    tools: Tools,
    files: Files,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// Files, found or received.
struct Known {
    files: Vec<AssistantFile>,
    /// Those of them that no row tells of yet.
    new: Vec<File>,
}

impl Assistants {
    /// With these parts.
    pub fn new(Deps { store, clock, entropy }: Deps, tools: Tools, files: Files) -> Self {
        Self { store, tools, files, clock, entropy }
    }

    /// A new assistant.
    ///
    /// # Errors
    /// `Invalid` without a name, for a name that the owner uses already, unknown tools and unknown files.
    pub async fn create(
        &self,
        owner: UserId,
        character: CharacterChange,
        knowledge: Knowledge,
        key: Option<IdempotencyKey>,
    ) -> Result<Assistant, Error> {
        let character = character.into_new().ok_or_else(|| Error::invalid("name", Problem::Required))?;
        let meaning = serde_json::to_string(&character).map_err(Error::internal)?;
        let keyed = key.map(|key| Keyed::new(key, &["assistant", &meaning, &knowledge.meaning()]));
        if let Some(assistant) = self.created_before(owner, keyed.as_ref()).await? {
            return Ok(assistant);
        }
        let (known, ()) =
            futures::future::try_join(self.known(owner, knowledge, &[]), self.must_exist(&character.tools)).await?;
        self.unless_refused(owner, &known.new, self.make(owner, &character, &known, keyed.as_ref())).await
    }

    async fn make(
        &self,
        owner: UserId,
        character: &Character,
        known: &Known,
        keyed: Option<&Keyed>,
    ) -> Result<Assistant, Error> {
        for _ in 0..TRIES {
            let number = self.store.take_assistant_number(owner).await?;
            let now = self.clock.now();
            let assistant = Assistant {
                id: AssistantId::new(self.entropy.uuid(now)),
                number,
                character: character.clone(),
                files: known.files.clone(),
                version: 0,
                queries: 0,
                conversations: 0,
                resets: 0,
                created_at: now,
                updated_at: now,
            };
            let record = keyed.map(|keyed| keyed.done(&assistant, now)).transpose()?;
            match self.store.create_assistant(owner, &assistant, &known.new, record).await? {
                Ok(()) => return Ok(assistant),
                // Whoever claimed the key may have made the very assistant that has the name now.
                Err(refusals) if refusals.contains(&NotWritten::Key) => {
                    if let Some(assistant) = self.created_before(owner, keyed).await? {
                        self.files.discard(owner, &known.new).await;
                        return Ok(assistant);
                    }
                }
                Err(refusals) => return Err(not_written(&refusals)),
            }
        }
        Err(Error::StillRunning)
    }

    /// What `writing` gives. If it was refused, the files that it was to keep are removed; if nobody knows
    /// whether it was done, they stay.
    async fn unless_refused<T>(
        &self,
        owner: UserId,
        new: &[File],
        writing: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let written = writing.await;
        if let Err(error) = &written
            && !matches!(error, Error::Unavailable(_) | Error::Internal(_))
        {
            self.files.discard(owner, new).await;
        }
        written
    }

    async fn created_before(&self, owner: UserId, keyed: Option<&Keyed>) -> Result<Option<Assistant>, Error> {
        let Some(keyed) = keyed else {
            return Ok(None);
        };
        let record = self.store.idempotency_record(owner, keyed.hash()).await?;
        keyed.replay(record.as_ref(), self.clock.now())
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
        let (items, total, next) = self.store.assistants(owner, filter, request).await?;
        Ok(Listed::new(items, total, request.page, next))
    }

    /// A numbered page of an owner's assistants, oldest first.
    ///
    /// # Errors
    /// `NoSuchPage` behind the last page.
    pub async fn page(&self, owner: UserId, page: PageRequest) -> Result<Page<Assistant>, Error> {
        let sort = Sort { field: AssistantField::CreatedAt, descending: false };
        let request = ListRequest { page, sort, after: None };
        let Listed { page, next: _ } = self.list(owner, &AssistantFilter::default(), &request).await?;
        if page.request.exists_in(page.total) { Ok(page) } else { Err(Error::NoSuchPage) }
    }

    /// One assistant.
    pub async fn show(&self, owner: UserId, id: AssistantId) -> Result<Assistant, Error> {
        self.store.assistant(owner, id).await?.ok_or(Error::NotFound)
    }

    /// Which of the owner's assistants has this name.
    ///
    /// # Errors
    /// `Invalid` on `field` when none has.
    pub async fn named(&self, owner: UserId, field: &'static str, name: &str) -> Result<AssistantId, Error> {
        let unknown = || Error::invalid(field, Problem::UnknownAssistantName(name.to_owned()));
        let parsed = AssistantName::parse(name).map_err(|_| unknown())?;
        self.store.assistant_named(owner, &parsed).await?.ok_or_else(unknown)
    }

    /// Which of the owner's assistants has this integer.
    pub async fn numbered(&self, owner: UserId, number: AssistantNumber) -> Result<AssistantId, Error> {
        self.store.assistant_numbered(owner, number).await?.ok_or(Error::NotFound)
    }

    /// Changes what is given about an assistant.
    ///
    /// # Errors
    /// As [`Assistants::create`]; `Conflict` when others change it all the time.
    pub async fn change(
        &self,
        owner: UserId,
        id: AssistantId,
        change: CharacterChange,
        knowledge: Knowledge,
    ) -> Result<Assistant, Error> {
        let tools = change.tools.clone().unwrap_or_default();
        let (before, ()) = futures::future::try_join(self.show(owner, id), self.must_exist(&tools)).await?;
        let replaces_files = matches!(knowledge, Knowledge::Exactly(_));
        let known = self.known(owner, knowledge, &before.files).await?;
        let new = known.new.clone();
        self.unless_refused(owner, &new, self.rewrite(owner, before, change, known, replaces_files)).await
    }

    async fn rewrite(
        &self,
        owner: UserId,
        mut before: Assistant,
        change: CharacterChange,
        mut known: Known,
        replaces_files: bool,
    ) -> Result<Assistant, Error> {
        for _ in 0..TRIES {
            let after = Assistant {
                character: change.clone().apply(before.character.clone()),
                files: known.files.clone(),
                version: before.version + 1,
                updated_at: self.clock.now(),
                ..before.clone()
            };
            let outbox_entry =
                status_change(&before, &after).map(|event| OutboxEntry::new(owner, after.updated_at, vec![event]));
            match self.store.change_assistant(owner, &before, &after, &known.new, outbox_entry.as_ref()).await? {
                Ok(()) => return Ok(after),
                Err(refusals) if refusals.contains(&NotWritten::Name) => return Err(not_written(&refusals)),
                Err(_) => before = self.show(owner, before.id).await?,
            }
            if !replaces_files {
                // Whoever was faster may have added files too.
                at_most(before.files.len() + known.new.len())?;
                known.files = before.files.iter().cloned().chain(known.new.iter().map(AssistantFile::from)).collect();
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    /// Removes an assistant. Its conversations can still be read, and its files stay its owner's.
    pub async fn remove(&self, owner: UserId, id: AssistantId) -> Result<(), Error> {
        for _ in 0..TRIES {
            let assistant = self.show(owner, id).await?;
            if self.store.remove_assistant(owner, &assistant).await?.is_ok() {
                return Ok(());
            }
        }
        Err(Error::Conflict(Conflict::LostRace))
    }

    async fn must_exist(&self, tools: &[ToolId]) -> Result<(), Error> {
        match self.tools.exist(tools).await? {
            true => Ok(()),
            false => Err(Error::invalid("tools", Problem::UnknownTool)),
        }
    }

    /// Files by what is said of them, beside those that are known `already`.
    async fn known(&self, owner: UserId, knowledge: Knowledge, already: &[AssistantFile]) -> Result<Known, Error> {
        match knowledge {
            Knowledge::Same => Ok(Known { files: already.to_vec(), new: Vec::new() }),
            Knowledge::Exactly(ids) => {
                at_most(ids.len())?;
                let found: Option<Vec<File>> = self.files.find(owner, &ids).await?.into_iter().collect();
                let found = found.ok_or_else(|| Error::invalid("files", Problem::UnknownFile))?;
                Ok(Known { files: found.iter().map(AssistantFile::from).collect(), new: Vec::new() })
            }
            Knowledge::And(received) => {
                at_most(already.len() + received.len())?;
                let new = received.keep();
                let files = already.iter().cloned().chain(new.iter().map(AssistantFile::from)).collect();
                Ok(Known { files, new })
            }
        }
    }
}

fn status_change(before: &Assistant, after: &Assistant) -> Option<EventDetails> {
    let Assistant { id: assistant, ref character, version, .. } = *after;
    let status = character.status;
    (before.character.status != status).then_some(EventDetails::AssistantStatusChanged { assistant, status, version })
}

fn at_most(files: usize) -> Result<(), Error> {
    if files > FILES_MAX { Err(Error::invalid("files", Problem::TooMany { max: FILES_MAX })) } else { Ok(()) }
}

fn not_written(refusals: &[NotWritten]) -> Error {
    match refusals.contains(&NotWritten::Name) {
        true => Error::invalid("name", Problem::AssistantNameTaken),
        false => Error::Conflict(Conflict::LostRace),
    }
}

impl Knowledge {
    /// What tells it from others, for idempotency: of received files the names and sizes.
    fn meaning(&self) -> String {
        match self {
            Self::Same => String::new(),
            Self::Exactly(ids) => ids.iter().map(FileId::to_string).collect::<Vec<_>>().join(" "),
            Self::And(received) => {
                let files = received.iter();
                files.map(|file| format!("{} {}", file.size, file.name.as_str())).collect::<Vec<_>>().join("/")
            }
        }
    }
}

impl From<&File> for AssistantFile {
    fn from(file: &File) -> Self {
        Self { id: file.id, name: file.name.as_str().to_owned() }
    }
}
