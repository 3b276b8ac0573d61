//! Conversations: creating, listing, reading, renaming and deleting them.

use super::{
    Deps,
    idempotency::{Idempotency, IdempotencyKey, Keyed},
    recovery::Recovery,
    retry::{self, Attempt},
};
use crate::{
    clock::Clock,
    domain::{
        Error, Problem,
        conversation::{Conversation, Message, MessageStatus, Preview, Turn},
        event::{EventDetails, OutboxEntry},
        ids::{AssistantId, ConversationId, MessageId, TurnNumber, UserId},
        list::{ConversationField, ListRequest, Listed, Sort},
        page::{Page, PageRequest},
        text::Title,
        user::User,
    },
    entropy::Entropy,
    store::{Store, sessions::NotBegun, sweep::ConversationDeletion},
};
use std::sync::Arc;

/// The maximum number of messages that a conversation shows at once.
const MESSAGES_SHOWN: usize = 100;
/// The maximum total size of their texts in bytes; a single longer message is still shown. A function's response is
/// limited to 6 MB.
const BYTES_SHOWN: usize = 2_000_000;
/// The maximum number of messages of a deleted conversation that are removed before the response.
const SWEPT_AT_ONCE: usize = 200;

/// Conversations.
pub struct Conversations {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    idempotency: Idempotency,
    recovery: Recovery,
}

impl Conversations {
    /// Stores conversations through `deps`.
    pub fn new(deps: Deps) -> Self {
        let (idempotency, recovery) = (Idempotency::new(deps.clone()), Recovery::new(deps.clone()));
        let Deps { store, clock, entropy } = deps;
        Self { store, clock, entropy, idempotency, recovery }
    }

    /// Creates an empty conversation, with an assistant if one is given.
    ///
    /// # Errors
    /// `Invalid` if the assistant does not belong to the user.
    pub async fn begin(
        &self,
        user: UserId,
        (assistant, title): (Option<AssistantId>, Option<Title>),
        key: Option<IdempotencyKey>,
    ) -> Result<Conversation, Error> {
        let with = assistant.map_or_else(String::new, |assistant| assistant.to_string());
        let called = title.as_ref().map_or("", Title::as_str);
        let keyed = key.map(|key| Keyed::new(key, &["conversation", called, &with]));
        let begun = self.idempotency.run(user, keyed, async |run| {
            let now = run.now;
            let id = ConversationId::new(self.entropy.uuid(now));
            let conversation = Conversation::new(id, assistant, title.clone(), now);
            let record = run.record(&conversation)?;
            let created = EventDetails::ConversationCreated { conversation: id, assistant };
            let entry = OutboxEntry::new(user, now, vec![created]);
            match self.store.begin_conversation(user, &conversation, &entry, record).await? {
                Ok(()) => Ok(Attempt::Done(conversation)),
                Err(refusals) if refusals.contains(&NotBegun::Owner) => Err(Error::InvalidCredential),
                Err(refusals) if refusals.contains(&NotBegun::Key) => Ok(Attempt::KeyClaimed),
                Err(_) => Err(Error::invalid("assistant_id", Problem::UnknownAssistant)),
            }
        });
        Ok(begun.await?.into_inner())
    }

    /// A numbered page of a user's conversations, newest first, each with the beginning of its latest answered turn.
    ///
    /// # Errors
    /// `NoSuchPage` beyond the last page.
    pub async fn page(&self, user: &User, page: PageRequest) -> Result<Page<(Conversation, Option<Preview>)>, Error> {
        if !page.exists_in(user.conversations) {
            return Err(Error::NoSuchPage);
        }
        let Page { items, total, request } =
            self.list(user, ListRequest { page, sort: Sort::default(), after: None }).await?.page;
        let previews = self.store.previews(&items).await?;
        Ok(Page { items: items.into_iter().zip(previews).collect(), total, request })
    }

    /// A user's conversations.
    pub async fn list(
        &self,
        user: &User,
        request: ListRequest<ConversationField>,
    ) -> Result<Listed<Conversation>, Error> {
        let total = user.conversations;
        // A list continues after a cursor, even if entries before the cursor were deleted.
        if request.after.is_none() && !request.page.exists_in(total) {
            return Ok(Listed::empty(request.page, total));
        }
        let (items, next) = self.store.conversations(user.id, &request).await?;
        Ok(Listed::new(items, total, request.page, next))
    }

    /// A user's conversations with one assistant. Empty if the assistant does not exist.
    pub async fn list_with(
        &self,
        user: &User,
        assistant: Option<AssistantId>,
        request: ListRequest<ConversationField>,
    ) -> Result<Listed<Conversation>, Error> {
        let Some(id) = assistant else {
            return Ok(Listed::empty(request.page, 0));
        };
        if request.is_deep() {
            let assistant = self.store.assistant(user.id, id).await?;
            let total = assistant.map_or(0, |assistant| assistant.usage.conversations);
            if !request.page.exists_in(total) {
                return Ok(Listed::empty(request.page, total));
            }
        }
        Ok(match self.store.conversations_with(user.id, id, &request).await? {
            Some((items, total, next)) => Listed::new(items, total, request.page, next),
            None => Listed::empty(request.page, 0),
        })
    }

    /// A conversation with its latest messages, or the latest ones before `before`. Oldest first.
    pub async fn messages(
        &self,
        user: UserId,
        id: ConversationId,
        before: Option<MessageId>,
    ) -> Result<(Conversation, Vec<Message>), Error> {
        let read = || self.store.conversation_with_messages(user, id, before, MESSAGES_SHOWN, BYTES_SHOWN);
        let (conversation, messages) = read().await?.ok_or(Error::NotFound)?;
        if self.end_abandoned(id, &messages).await? {
            return read().await?.ok_or(Error::NotFound);
        }
        Ok((conversation, messages))
    }

    /// Ends the turns of pending messages whose process died. Returns whether there were any.
    async fn end_abandoned(&self, id: ConversationId, messages: &[Message]) -> Result<bool, Error> {
        let pending = messages.iter().filter(|message| message.status == MessageStatus::Pending);
        let pending: Vec<TurnNumber> = pending.map(|message| message.id.turn).collect();
        if pending.is_empty() {
            return Ok(false);
        }
        let now = self.clock.now();
        let running = self.store.running_turns(id, &pending).await?.into_iter();
        let abandoned: Vec<_> = running.filter(|turn| turn.alive_until <= now).collect();
        let has_some = !abandoned.is_empty();
        for turn in abandoned {
            self.recovery.end(turn).await?;
        }
        Ok(has_some)
    }

    /// Gives a conversation the title that its user chose.
    pub async fn rename(&self, user: UserId, id: ConversationId, title: Title) -> Result<Conversation, Error> {
        let before = self.store.conversation(user, id).await?.ok_or(Error::NotFound)?;
        let Conversation { assistant, begun, .. } = before;
        let updated = EventDetails::ConversationUpdated { conversation: id, assistant, turn: TurnNumber(begun) };
        let entry = OutboxEntry::new(user, self.clock.now(), vec![updated]);
        match self.store.rename_conversation(user, id, &title, &entry).await? {
            true => Ok(Conversation { title, own_title: true, ..before }),
            false => Err(Error::NotFound),
        }
    }

    /// Deletes a conversation and its messages. Tokens spent in it are not refunded.
    pub async fn delete(&self, user: &User, id: ConversationId) -> Result<(), Error> {
        retry::change(&self.store, async || self.try_to_delete(user.id, id).await).await?;
        // The remaining messages are marked and hidden. The next sweep removes them.
        if let Err(error) = self.store.sweep_conversation(id, SWEPT_AT_ONCE).await {
            tracing::warn!(error = %crate::log::Causes(&error), "some messages of a deleted conversation were not removed yet");
        }
        Ok(())
    }

    async fn try_to_delete(&self, user: UserId, id: ConversationId) -> Result<Attempt<()>, Error> {
        let (account, conversation) = self.store.account_and_conversation(user, id).await?;
        let owner = account.ok_or(Error::InvalidCredential)?.user;
        let conversation = conversation.ok_or(Error::NotFound)?;
        let assistant = match conversation.assistant {
            Some(assistant) => self.store.assistant(user, assistant).await?,
            None => None,
        };
        let default = match (conversation.assistant, &assistant) {
            (None, _) => Some(ConversationId::default_of(user, owner.resets)),
            (Some(_), Some(own)) => Some(ConversationId::default_with(own.id, own.usage.resets)),
            (Some(_), None) => None,
        };
        let deletion = ConversationDeletion {
            id,
            is_default: default == Some(id),
            account_resets: owner.resets,
            assistant: assistant.map(|assistant| (assistant.id, assistant.usage.resets)),
            at: self.clock.now(),
        };
        match self.store.delete_conversation(user, deletion).await? {
            true => Ok(Attempt::Done(())),
            // The next attempt finds out whether the conversation is gone, or another default one was deleted.
            false => Ok(Attempt::LostRace),
        }
    }

    /// A conversation, without its messages.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn find(&self, user: UserId, id: ConversationId) -> Result<Conversation, Error> {
        self.store.conversation(user, id).await?.ok_or(Error::NotFound)
    }

    /// A conversation with its latest turns, oldest first.
    pub async fn show(&self, user: UserId, id: ConversationId) -> Result<(Conversation, Vec<Turn>), Error> {
        self.store.conversation_with_turns(user, id).await?.ok_or(Error::NotFound)
    }

    /// A page of a conversation's turns, oldest first.
    pub async fn turns(&self, user: UserId, id: ConversationId, request: PageRequest) -> Result<Page<Turn>, Error> {
        let found = self.store.conversation_with_page(user, id, request).await?;
        let (conversation, items) = found.ok_or(Error::NotFound)?;
        match request.exists_in(conversation.turns) {
            true => Ok(Page { items, total: conversation.turns, request }),
            false => Err(Error::NoSuchPage),
        }
    }

    /// One turn.
    pub async fn turn(&self, user: UserId, id: ConversationId, number: TurnNumber) -> Result<Turn, Error> {
        self.store.turn(user, id, number).await?.ok_or(Error::NotFound)
    }
}
