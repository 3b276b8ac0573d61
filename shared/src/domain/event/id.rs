//! Ids of events. An event always has the same id wherever it is computed, so that repeats are recognised. Deliveries
//! are keyed by these ids. If a deployment changed the ids, events would be delivered twice. The ids are therefore
//! computed from canonical bytes, and the tests below pin them.

use super::EventDetails;
use crate::domain::{
    ids::{EventId, MessageId, Speaker, UserId},
    time::Timestamp,
};
use sha2::{Digest, Sha256};
use std::time::Duration;
use uuid::Builder;

impl EventId {
    /// The id of the event at index `place` in a transaction of `user` at `at`: a UUID (version 7) of the time, the
    /// index, and the first bytes of a SHA-256. The hash covers, in this order,
    ///
    /// 1. the time in milliseconds, as 8 bytes,
    /// 2. the user's UUID,
    /// 3. the name of the kind,
    /// 4. the fields that identify an event of this kind, in the order of [`EventDetails::identity`].
    ///
    /// Each of 2 to 4 is preceded by its length as 8 bytes. UUIDs are 16 bytes, integers 8; all are big-endian. Text is
    /// UTF-8.
    pub(super) fn of(user: UserId, at: Timestamp, place: usize, details: &EventDetails) -> Self {
        let (owner, (kind, fields)) = (user.uuid(), details.identity());
        let mut hash = Sha256::new();
        hash.update(at.millis().to_be_bytes());
        let parts = [owner.as_bytes().as_slice(), kind.as_bytes()];
        for part in parts.into_iter().chain(fields.iter().map(Vec::as_slice)) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        let mut random = [0; 10];
        let bytes = [0, u8::try_from(place).unwrap_or(u8::MAX)].into_iter().chain(hash.finalize());
        for (to, from) in random.iter_mut().zip(bytes) {
            *to = from;
        }
        Self::new(Builder::from_unix_timestamp_millis(at.millis(), &random).into_uuid())
    }

    /// The lowest id that an event at `at` or later can have.
    pub fn first_at(at: Timestamp) -> Self {
        Self::new(Builder::from_unix_timestamp_millis(at.millis(), &[0; 10]).into_uuid())
    }

    /// When the event's transaction started.
    pub fn at(self) -> Timestamp {
        let (seconds, nanos) = self.uuid().get_timestamp().map_or((0, 0), |at| at.to_unix());
        Timestamp::from_millis(0).plus(Duration::new(seconds, nanos))
    }
}

impl EventDetails {
    /// Identifies this event among those of a user at one moment: the name of its kind and some of its fields. All
    /// other fields are bound to `_`; they may change, and fields may be added or removed, without changing any id.
    fn identity(&self) -> (&'static str, Vec<Vec<u8>>) {
        match self {
            Self::ConversationCreated { conversation, assistant: _ } => {
                ("conversation.created", vec![conversation.uuid().as_bytes().to_vec()])
            }
            Self::ConversationUpdated { conversation, assistant: _, turn } => {
                ("conversation.updated", vec![conversation.uuid().as_bytes().to_vec(), turn.0.to_be_bytes().to_vec()])
            }
            Self::MessageReceived { conversation, assistant: _, message: MessageId { turn, speaker } } => {
                let speaker = match speaker {
                    Speaker::User => "user",
                    Speaker::Assistant => "assistant",
                };
                let conversation = conversation.uuid().as_bytes().to_vec();
                ("message.received", vec![conversation, turn.0.to_be_bytes().to_vec(), speaker.into()])
            }
            Self::AssistantStatusChanged { assistant, status: _, version } => {
                let assistant = assistant.uuid().as_bytes().to_vec();
                ("assistant.status_changed", vec![assistant, version.to_be_bytes().to_vec()])
            }
            Self::UserCreated => ("user.created", Vec::new()),
            Self::UserUpdated => ("user.updated", Vec::new()),
            Self::WebhookDisabled { webhook } => ("webhook.disabled", vec![webhook.uuid().as_bytes().to_vec()]),
            Self::FileStored { file } => ("file.stored", vec![file.uuid().as_bytes().to_vec()]),
            Self::AccessEnded => ("access.ended", Vec::new()),
            Self::SystemNotification { message } => ("system.notification", vec![message.clone().into_bytes()]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        assistant::AssistantStatus,
        ids::{AssistantId, ConversationId, TurnNumber, WebhookId},
    };
    use std::collections::HashSet;
    use uuid::Uuid;

    const AT: Timestamp = Timestamp::from_millis(1_710_324_300_000);

    fn id(details: &EventDetails) -> String {
        EventId::of(UserId::new(Uuid::from_u128(1)), AT, 0, details).to_string()
    }

    /// One event of each kind.
    fn examples() -> [EventDetails; 9] {
        let conversation = ConversationId::new(Uuid::from_u128(2));
        let known = AssistantId::new(Uuid::from_u128(3));
        let assistant = Some(known);
        let turn = TurnNumber(4);
        [
            EventDetails::ConversationCreated { conversation, assistant },
            EventDetails::ConversationUpdated { conversation, assistant, turn },
            EventDetails::MessageReceived {
                conversation,
                assistant,
                message: MessageId { turn, speaker: Speaker::Assistant },
            },
            EventDetails::AssistantStatusChanged { assistant: known, status: AssistantStatus::Inactive, version: 5 },
            EventDetails::UserCreated,
            EventDetails::UserUpdated,
            EventDetails::WebhookDisabled { webhook: WebhookId::new(Uuid::from_u128(6)) },
            EventDetails::AccessEnded,
            EventDetails::SystemNotification { message: "Maintenance at noon".to_owned() },
        ]
    }

    #[test]
    fn ids_never_change() {
        let pinned = [
            "018e3745-b8e0-7000-adb1-f7357dad7cf3",
            "018e3745-b8e0-7000-a747-4df4e5aae5d8",
            "018e3745-b8e0-7000-9d06-ada9f0b1e2dd",
            "018e3745-b8e0-7000-8ef2-a839d8bed5fd",
            "018e3745-b8e0-7000-a604-cce412ae7a39",
            "018e3745-b8e0-7000-b209-0d6668c1aa3e",
            "018e3745-b8e0-7000-86d9-897c2b116ab2",
            "018e3745-b8e0-7000-b7b4-f70053307f1c",
            "018e3745-b8e0-7000-9ec6-2d6b60826daf",
        ];
        assert_eq!(examples().each_ref().map(id), pinned);
    }

    #[test]
    fn the_place_in_the_transaction_is_part_of_the_id() {
        let (user, event) = (UserId::new(Uuid::from_u128(1)), EventDetails::UserUpdated);
        let ids = [0, 1, 2].map(|place| EventId::of(user, AT, place, &event));
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
    }

    #[test]
    fn only_what_identifies_an_event_is_in_its_id() {
        let conversation = ConversationId::new(Uuid::from_u128(2));
        let (turn, message) = (TurnNumber(4), MessageId { turn: TurnNumber(4), speaker: Speaker::Assistant });
        let others = [
            EventDetails::ConversationCreated { conversation, assistant: None },
            EventDetails::ConversationUpdated { conversation, assistant: None, turn },
            EventDetails::MessageReceived { conversation, assistant: None, message },
            EventDetails::AssistantStatusChanged {
                assistant: AssistantId::new(Uuid::from_u128(3)),
                status: AssistantStatus::Active,
                version: 5,
            },
        ];
        for (event, other) in examples().iter().zip(&others) {
            assert_ne!(event, other);
            assert_eq!(id(event), id(other), "{event:?}");
        }
    }

    #[test]
    fn whatever_identifies_an_event_is_in_its_id() {
        let [conversation, other] = [2, 7].map(|id| ConversationId::new(Uuid::from_u128(id)));
        let assistant = None;
        let message = |conversation, turn, speaker| EventDetails::MessageReceived {
            conversation,
            assistant,
            message: MessageId { turn: TurnNumber(turn), speaker },
        };
        let status = |assistant, version| EventDetails::AssistantStatusChanged {
            assistant: AssistantId::new(Uuid::from_u128(assistant)),
            status: AssistantStatus::Active,
            version,
        };
        let notification = |text: &str| EventDetails::SystemNotification { message: text.to_owned() };
        let events = [
            EventDetails::ConversationCreated { conversation, assistant },
            EventDetails::ConversationCreated { conversation: other, assistant },
            EventDetails::ConversationUpdated { conversation, assistant, turn: TurnNumber(4) },
            EventDetails::ConversationUpdated { conversation, assistant, turn: TurnNumber(5) },
            EventDetails::ConversationUpdated { conversation: other, assistant, turn: TurnNumber(4) },
            message(conversation, 4, Speaker::User),
            message(conversation, 4, Speaker::Assistant),
            message(conversation, 5, Speaker::User),
            message(other, 4, Speaker::User),
            status(3, 5),
            status(3, 6),
            status(8, 5),
            EventDetails::WebhookDisabled { webhook: WebhookId::new(Uuid::from_u128(6)) },
            EventDetails::WebhookDisabled { webhook: WebhookId::new(Uuid::from_u128(9)) },
            notification("one"),
            notification("two"),
            EventDetails::UserCreated,
            EventDetails::UserUpdated,
            EventDetails::AccessEnded,
        ];
        let ids: HashSet<String> = events.iter().map(id).collect();
        assert_eq!(ids.len(), events.len());
        let of_another_user = EventId::of(UserId::new(Uuid::from_u128(10)), AT, 0, &EventDetails::UserCreated);
        assert!(!ids.contains(&of_another_user.to_string()));
    }
}
