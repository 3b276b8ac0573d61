//! The events of a turn.

use crate::{
    domain::{
        event::EventDetails,
        ids::{MessageId, Speaker},
    },
    store::turns::TurnLocation,
};

/// The events of storing the user's message.
pub(super) fn said_in(place: &TurnLocation) -> Vec<EventDetails> {
    let (conversation, assistant) = (place.conversation, place.assistant);
    let begun = place.begins.as_ref().map(|_| EventDetails::ConversationCreated { conversation, assistant });
    begun.into_iter().chain([received(place, Speaker::User)]).collect()
}

/// The events of storing the reply.
pub(super) fn answered_in(place: &TurnLocation) -> Vec<EventDetails> {
    let TurnLocation { user: _, conversation, assistant, turn, ref begins } = *place;
    // A new conversation is reported as created, not as updated.
    let updated = begins.is_none().then_some(EventDetails::ConversationUpdated { conversation, assistant, turn });
    [received(place, Speaker::Assistant)].into_iter().chain(updated).collect()
}

fn received(place: &TurnLocation, speaker: Speaker) -> EventDetails {
    let TurnLocation { user: _, conversation, assistant, turn, begins: _ } = *place;
    EventDetails::MessageReceived { conversation, assistant, message: MessageId { turn, speaker } }
}
