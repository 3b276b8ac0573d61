//! Which assistant a conversation has, as far as this process knows. That never changes, so a turn can read its assistant
//! together with its conversation.

use crate::domain::ids::{AssistantId, ConversationId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// How many conversations are known before all are forgotten.
const KNOWN_MAX: usize = 10_000;

/// The assistants of conversations. Cheap to clone.
#[derive(Clone, Default)]
pub(super) struct KnownAssistants(Arc<Mutex<HashMap<ConversationId, AssistantId>>>);

impl KnownAssistants {
    pub fn get(&self, conversation: ConversationId) -> Option<AssistantId> {
        self.known().get(&conversation).copied()
    }

    pub fn note(&self, conversation: ConversationId, assistant: AssistantId) {
        let mut known = self.known();
        if known.len() >= KNOWN_MAX {
            known.clear();
        }
        known.insert(conversation, assistant);
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ConversationId, AssistantId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
