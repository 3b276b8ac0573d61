//! Prepares a turn before the model is called: its conversation, its assistant, its number and the balance.

use super::{Saying, TurnTarget, Turns};
use crate::{
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantStatus},
        conversation::{Attachment, Conversation, Said, Source, Turn},
        error::Conflict,
        file::File,
        ids::{AssistantId, ConversationId, FileId, TurnNumber, UserId},
        money::Tokens,
        time::Timestamp,
        user::User,
    },
    model::{Fence, Grounding, Passage},
    service::{
        retrieval::{Asked, Retrieved},
        toolbox::Toolbox,
    },
    store::turns::{BeforeTurn, Begins, TurnLocation},
};

/// How many messages before a question are searched for, too.
const EARLIER: usize = 3;

/// A turn that can take place: where, and with which assistant.
pub(super) struct Ready {
    pub place: TurnLocation,
    pub assistant: Option<Assistant>,
    /// The tools that the model may call.
    pub toolbox: Toolbox,
    /// The passages of files that the model is told.
    pub sources: Vec<Source>,
    /// The tokens that the user can spend.
    pub available: Tokens,
    /// Whether the answer gives the conversation a title.
    pub wants_title: bool,
}

impl Turns {
    /// The attached files of the user.
    ///
    /// # Errors
    /// `Invalid` if one is not the user's.
    pub(super) async fn attached(&self, user: UserId, said: &Said) -> Result<Vec<File>, Error> {
        let own: Vec<FileId> = said.attachments.iter().filter_map(Attachment::own_file).collect();
        if own.is_empty() {
            return Ok(Vec::new());
        }
        let found: Option<Vec<File>> = self.store.files(user, &own).await?.into_iter().collect();
        found.ok_or_else(|| Error::invalid("attachments", Problem::UnknownFile))
    }

    /// What a model is told of files for a question, as it is told and as the user is shown. Files that were attached
    /// before in the conversation count too.
    pub(super) async fn grounding(
        &self,
        user: UserId,
        assistant: Option<&Assistant>,
        history: &[Turn],
        (said, attached): (&Said, Vec<File>),
    ) -> Result<(Grounding, Vec<Source>), Error> {
        let before = history.iter().flat_map(|turn| &turn.attachments).filter_map(Attachment::own_file);
        let of_assistant = assistant.iter().flat_map(|assistant| &assistant.files).map(|file| file.id);
        let earlier: Vec<&str> = history.iter().rev().take(EARLIER).map(|turn| turn.message.as_str()).collect();
        let asked = Asked {
            user,
            files: of_assistant.chain(before).collect(),
            attachments: &said.attachments,
            attached,
            question: said.text.as_str(),
            earlier: &earlier,
            room: self.limits.passages_bytes(assistant, said),
        };
        let Retrieved { passages: sources, images, unread } = self.retrieval.find(asked).await?;
        let passages = sources.iter().map(|source| Passage { place: source.place(), text: source.text.clone() });
        let fence = Fence::new("passages", &*self.entropy);
        Ok((Grounding { fence, passages: passages.collect(), images, unread }, sources))
    }

    /// The conversation and the assistant to read, if that is known. For a default conversation with an assistant, assumes
    /// that none was deleted before: the number of deleted ones is in the assistant's row.
    pub(super) fn looked_for(
        &self,
        user: &User,
        place: &TurnTarget,
        now: Timestamp,
    ) -> (ConversationId, Option<AssistantId>) {
        match place {
            TurnTarget::Default => (ConversationId::default_of(user.id, user.resets), None),
            TurnTarget::With(assistant) => (ConversationId::default_with(*assistant, 0), Some(*assistant)),
            TurnTarget::In(id) => (*id, self.known.get(*id)),
            TurnTarget::New { assistant, title: _ } => (ConversationId::new(self.entropy.uuid(now)), *assistant),
        }
    }

    /// Checks that the turn can take place, and chooses its number.
    pub(super) async fn ready(
        &self,
        (user, saying): (&User, &Saying),
        id: ConversationId,
        before: BeforeTurn,
        now: Timestamp,
    ) -> Result<Ready, Error> {
        let BeforeTurn { conversation, assistant, balance, record: _ } = before;
        let balance = balance.ok_or(Error::InvalidCredential)?;
        let available = self.balance.up_to_date(user.id, balance).await?.available;
        let resets = assistant.as_ref().map_or(0, |assistant| assistant.usage.resets);
        let (id, conversation) = match &saying.place {
            TurnTarget::With(assistant) if resets > 0 => {
                let id = ConversationId::default_with(*assistant, resets);
                (id, self.store.conversation(user.id, id).await?)
            }
            _ => (id, conversation),
        };
        let (turn, assistant, begins, wants_title) = match conversation {
            Some(conversation) => {
                let assistant = self.assistant_of(user.id, &conversation, assistant).await?;
                (TurnNumber(conversation.begun + 1), assistant, None, conversation.wants_title())
            }
            None => {
                let begins = beginning((user, saying), id, assistant.as_ref(), now)?;
                let wants_title = begins.conversation.wants_title();
                (TurnNumber(1), assistant, Some(begins), wants_title)
            }
        };
        if assistant.as_ref().is_some_and(|assistant| assistant.character.status != AssistantStatus::Active) {
            return Err(Error::Conflict(Conflict::AssistantInactive));
        }
        let asked = assistant.as_ref().map(|assistant| assistant.id);
        if let Some(asked) = asked {
            self.known.note(id, asked);
        }
        let place = TurnLocation { user: user.id, conversation: id, assistant: asked, turn, begins };
        Ok(Ready { place, assistant, toolbox: Toolbox::default(), sources: Vec::new(), available, wants_title })
    }

    /// The assistant of a conversation, read unless it is `known`.
    async fn assistant_of(
        &self,
        user: UserId,
        conversation: &Conversation,
        known: Option<Assistant>,
    ) -> Result<Option<Assistant>, Error> {
        let Some(id) = conversation.assistant else { return Ok(None) };
        if known.as_ref().is_some_and(|known| known.id == id) {
            return Ok(known);
        }
        let found = self.store.assistant(user, id).await?;
        found.map(Some).ok_or(Error::Conflict(Conflict::AssistantInactive))
    }
}

/// The conversation that a turn creates.
fn beginning(
    (user, saying): (&User, &Saying),
    id: ConversationId,
    assistant: Option<&Assistant>,
    now: Timestamp,
) -> Result<Begins, Error> {
    let new = |title| Conversation::new(id, assistant.map(|assistant| assistant.id), title, now);
    let (conversation, resets) = match &saying.place {
        TurnTarget::In(_) => return Err(Error::NotFound),
        TurnTarget::Default => (new(None), Some(user.resets)),
        TurnTarget::With(_) => {
            let assistant = assistant.ok_or(Error::NotFound)?;
            (new(None).titled(assistant.character.name.to_title()), Some(assistant.usage.resets))
        }
        TurnTarget::New { assistant: Some(_), .. } if assistant.is_none() => {
            return Err(Error::invalid("assistant_id", Problem::UnknownAssistant));
        }
        TurnTarget::New { title, .. } => (new(title.clone()), None),
    };
    Ok(Begins { conversation, resets })
}
