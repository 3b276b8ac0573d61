//! Conversations, and reading what was said in them.

use super::idempotency::{IdempotencyKey, Keyed};
use crate::{
    clock::Clock,
    domain::{
        Error,
        conversation::{Conversation, Turn},
        ids::{ConversationId, TurnNumber, UserId},
        page::{Page, PageRequest},
        text::Title,
        user::User,
    },
    entropy::Entropy,
    store::Store,
};
use std::sync::Arc;

/// How often a new conversation is tried when its idempotency key is claimed at the same moment.
const TRIES: usize = 3;

/// Conversations.
pub struct Conversations {
    store: Arc<Store>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Conversations {
    /// On `store`.
    pub fn new(store: Arc<Store>, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self { store, clock, entropy }
    }

    /// A new, empty conversation.
    pub async fn begin(&self, user: UserId, title: Title, key: Option<IdempotencyKey>) -> Result<Conversation, Error> {
        let keyed = key.map(|key| Keyed::new(key, &["conversation", title.as_str()]));
        for _ in 0..TRIES {
            let now = self.clock.now();
            if let Some(keyed) = &keyed {
                let record = self.store.idempotency_record(user, keyed.hash()).await?;
                if let Some(conversation) = keyed.replay(record.as_ref(), now)? {
                    return Ok(conversation);
                }
            }
            let conversation = Conversation {
                id: ConversationId::new(self.entropy.uuid(now)),
                title: title.clone(),
                turns: 0,
                last_turn: None,
                created_at: now,
                updated_at: now,
            };
            let record = keyed.as_ref().map(|keyed| keyed.done(&conversation, now)).transpose()?;
            if self.store.begin_conversation(user, &conversation, record).await? {
                return Ok(conversation);
            }
        }
        Err(Error::StillRunning)
    }

    /// A user's conversations, newest first.
    pub async fn list(&self, user: &User, request: PageRequest) -> Result<Page<Conversation>, Error> {
        let total = user.conversations;
        if !request.exists_in(total) {
            return Err(Error::NoSuchPage);
        }
        Ok(Page { items: self.store.conversations(user.id, request).await?, total, request })
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
