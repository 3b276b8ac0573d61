//! The messages of one queue, and the order in which they are received. Callers pass the current time.

use shared::domain::time::Timestamp;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

/// The maximum number of dead letters that are kept.
const DEAD_MAX: usize = 1000;

/// The limits of a queue.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long a received message stays invisible to other receivers.
    pub visibility: Duration,
    /// How often a message is received before it becomes a dead letter.
    pub max_receive_count: u32,
    /// How many messages of one group may be in flight at once.
    pub group_at_once: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { visibility: Duration::from_secs(60), max_receive_count: 10, group_at_once: 8 }
    }
}

/// A message that is in flight. Among the dead letters, its last receipt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The message's id, unique in this process.
    pub message_id: String,
    /// The receipt handle. Each receipt of the message has another one.
    pub receipt: String,
    /// The body, as sent.
    pub body: String,
    /// The message's group, if it was sent with one.
    pub group: Option<String>,
    /// When the message was sent.
    pub sent_at: Timestamp,
    /// When the message was first received.
    pub first_received_at: Timestamp,
    /// How often the message was received, including this time.
    pub receive_count: u32,
}

struct Message {
    body: String,
    group: Option<String>,
    sent_at: Timestamp,
    first_received_at: Option<Timestamp>,
    receive_count: u32,
    place: Visibility,
}

#[derive(Clone, Copy)]
enum Visibility {
    /// The message can be received from this time.
    Waiting(Timestamp),
    /// The message is in flight until this time.
    InFlight(Timestamp),
}

/// Messages are numbered in the order in which they were sent.
type Number = u64;

#[derive(Default)]
struct Group {
    waiting: BTreeSet<(Timestamp, Number)>,
    in_flight: usize,
}

/// All messages of one queue.
pub struct Messages {
    queue: String,
    rules: Rules,
    last: Number,
    messages: HashMap<Number, Message>,
    groups: HashMap<String, Group>,
    in_flight: BTreeSet<(Timestamp, Number)>,
    dead: VecDeque<Received>,
}

impl Messages {
    /// An empty queue of this name.
    pub fn new(queue: String, rules: Rules) -> Self {
        let (messages, groups) = (HashMap::new(), HashMap::new());
        Self { queue, rules, last: 0, messages, groups, in_flight: BTreeSet::new(), dead: VecDeque::new() }
    }

    /// Adds a message that becomes visible at `visible_at`. Returns its id.
    pub fn add(&mut self, body: String, group: Option<String>, now: Timestamp, visible_at: Timestamp) -> String {
        self.last += 1;
        let (number, place) = (self.last, Visibility::Waiting(visible_at));
        let message = Message { body, group, sent_at: now, first_received_at: None, receive_count: 0, place };
        self.group(&key(number, &message)).waiting.insert((visible_at, number));
        self.messages.insert(number, message);
        id(number)
    }

    /// Receives the next message: from the group with the fewest messages in flight, and there the one that waits
    /// longest.
    pub fn take(&mut self, now: Timestamp) -> Option<Received> {
        self.land(now);
        loop {
            let number = self.next(now)?;
            let received = self.receive(number, now)?;
            if received.receive_count <= self.rules.max_receive_count {
                return Some(received);
            }
            self.bury(number, received);
        }
    }

    /// Deletes a message. Returns whether the receipt is the message's latest one.
    pub fn done(&mut self, receipt: &str) -> bool {
        let number = self.number_of(receipt);
        number.inspect(|number| drop(self.remove(*number))).is_some()
    }

    /// Makes a message visible again at `visible_at`. Returns whether the receipt is the message's latest one.
    pub fn give_back(&mut self, receipt: &str, visible_at: Timestamp) -> bool {
        let number = self.number_of(receipt);
        number.inspect(|number| self.wait(*number, visible_at)).is_some()
    }

    /// The earliest time at which a message can be received if no message in flight is deleted before.
    pub fn next_visible_at(&self) -> Option<Timestamp> {
        let landing = self.in_flight.first().map(|(until, _)| *until);
        let waiting = self.open_groups().filter_map(|group| group.waiting.first().map(|(at, _)| *at));
        waiting.chain(landing).min()
    }

    /// The numbers of waiting messages and of messages in flight.
    pub fn count(&self) -> (usize, usize) {
        (self.messages.len() - self.in_flight.len(), self.in_flight.len())
    }

    /// The dead letters, latest last.
    pub fn dead(&self) -> impl Iterator<Item = &Received> {
        self.dead.iter()
    }

    /// Makes messages visible again whose visibility timeout has passed.
    fn land(&mut self, now: Timestamp) {
        while let Some((until, number)) = self.in_flight.first().copied().filter(|(until, _)| *until <= now) {
            self.wait(number, until);
        }
    }

    fn open_groups(&self) -> impl Iterator<Item = &Group> {
        self.groups.values().filter(|group| group.in_flight < self.rules.group_at_once)
    }

    fn next(&self, now: Timestamp) -> Option<Number> {
        let oldest = self.open_groups().filter_map(|group| Some((group.in_flight, *group.waiting.first()?)));
        let visible = oldest.filter(|(_, (visible_at, _))| *visible_at <= now);
        visible.min().map(|(_, (_, number))| number)
    }

    fn receive(&mut self, number: Number, now: Timestamp) -> Option<Received> {
        let until = now.plus(self.rules.visibility);
        self.leave(number);
        let message = self.messages.get_mut(&number)?;
        message.place = Visibility::InFlight(until);
        message.receive_count += 1;
        let received = Received {
            message_id: id(number),
            receipt: format!("{number}.{}", message.receive_count),
            body: message.body.clone(),
            group: message.group.clone(),
            sent_at: message.sent_at,
            first_received_at: *message.first_received_at.get_or_insert(now),
            receive_count: message.receive_count,
        };
        let key = key(number, message);
        self.group(&key).in_flight += 1;
        self.in_flight.insert((until, number));
        Some(received)
    }

    fn bury(&mut self, number: Number, mut received: Received) {
        self.remove(number);
        received.receive_count -= 1;
        tracing::warn!(
            queue = self.queue,
            message_id = received.message_id,
            group = received.group,
            receive_count = received.receive_count,
            "a message is given up"
        );
        if self.dead.len() == DEAD_MAX {
            self.dead.pop_front();
        }
        self.dead.push_back(received);
    }

    fn wait(&mut self, number: Number, visible_at: Timestamp) {
        self.leave(number);
        let Some(message) = self.messages.get_mut(&number) else { return };
        message.place = Visibility::Waiting(visible_at);
        let key = key(number, message);
        self.group(&key).waiting.insert((visible_at, number));
    }

    fn remove(&mut self, number: Number) -> Option<Message> {
        self.leave(number);
        self.messages.remove(&number)
    }

    /// Removes a message from every index that depends on its visibility.
    fn leave(&mut self, number: Number) {
        let Some(message) = self.messages.get(&number) else { return };
        let (key, place) = (key(number, message), message.place);
        let group = self.group(&key);
        match place {
            Visibility::Waiting(visible_at) => drop(group.waiting.remove(&(visible_at, number))),
            Visibility::InFlight(_) => group.in_flight -= 1,
        }
        if group.waiting.is_empty() && group.in_flight == 0 {
            self.groups.remove(&key);
        }
        if let Visibility::InFlight(until) = place {
            self.in_flight.remove(&(until, number));
        }
    }

    fn group(&mut self, key: &str) -> &mut Group {
        self.groups.entry(key.to_owned()).or_default()
    }

    /// The message of which this is the latest receipt, even if its visibility timeout has passed.
    fn number_of(&self, receipt: &str) -> Option<Number> {
        let (number, count) = receipt.split_once('.')?;
        let (number, count): (Number, u32) = (number.parse().ok()?, count.parse().ok()?);
        let message = self.messages.get(&number)?;
        (count > 0 && message.receive_count == count).then_some(number)
    }
}

/// A message without a group forms a group of its own.
fn key(number: Number, message: &Message) -> String {
    message.group.clone().unwrap_or_else(|| format!("\0{number}"))
}

fn id(number: Number) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}
