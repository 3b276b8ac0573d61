//! The messages of one queue: which of them is received next. The time is told with each call.

use shared::domain::time::Timestamp;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

/// How many dead letters are remembered.
const DEAD_MAX: usize = 1000;

/// What a queue does with its messages.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// How long a received message is nobody else's.
    pub visibility: Duration,
    /// How often a message is received before it is given up.
    pub max_receive_count: u32,
    /// How many messages of one group may be worked on at once.
    pub group_at_once: usize,
}

impl Default for Rules {
    fn default() -> Self {
        Self { visibility: Duration::from_secs(60), max_receive_count: 10, group_at_once: 8 }
    }
}

/// A message that somebody works on, or, among the dead letters, worked on last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// Unique in this process.
    pub message_id: String,
    /// What this receipt of the message is known by.
    pub receipt: String,
    /// As it was sent.
    pub body: String,
    /// Its group, if it was sent with one.
    pub group: Option<String>,
    /// When it was sent.
    pub sent_at: Timestamp,
    /// When it was received for the first time.
    pub first_received_at: Timestamp,
    /// How often it was received, this time included.
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
    /// Somebody may receive it at that time.
    Waiting(Timestamp),
    /// Somebody works on it, until then.
    InFlight(Timestamp),
}

/// A message, by the order of sending.
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
    /// None yet, in the queue of this name.
    pub fn new(queue: String, rules: Rules) -> Self {
        let (messages, groups) = (HashMap::new(), HashMap::new());
        Self { queue, rules, last: 0, messages, groups, in_flight: BTreeSet::new(), dead: VecDeque::new() }
    }

    /// Adds a message that nobody receives before `visible_at`, and tells its id.
    pub fn add(&mut self, body: String, group: Option<String>, now: Timestamp, visible_at: Timestamp) -> String {
        self.last += 1;
        let (number, place) = (self.last, Visibility::Waiting(visible_at));
        let message = Message { body, group, sent_at: now, first_received_at: None, receive_count: 0, place };
        self.group(&key(number, &message)).waiting.insert((visible_at, number));
        self.messages.insert(number, message);
        id(number)
    }

    /// The next message: of the group that is worked on least, and of those the one that waits longest.
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

    /// Forgets a message. Whether the receipt is its latest one.
    pub fn done(&mut self, receipt: &str) -> bool {
        let number = self.number_of(receipt);
        number.inspect(|number| drop(self.remove(*number))).is_some()
    }

    /// Lets a message be received again at `visible_at`. Whether the receipt is its latest one.
    pub fn give_back(&mut self, receipt: &str, visible_at: Timestamp) -> bool {
        let number = self.number_of(receipt);
        number.inspect(|number| self.wait(*number, visible_at)).is_some()
    }

    /// When the next message can be received that can be received without another one being done.
    pub fn next_visible_at(&self) -> Option<Timestamp> {
        let landing = self.in_flight.first().map(|(until, _)| *until);
        let waiting = self.open_groups().filter_map(|group| group.waiting.first().map(|(at, _)| *at));
        waiting.chain(landing).min()
    }

    /// How many messages wait, and how many are worked on.
    pub fn count(&self) -> (usize, usize) {
        (self.messages.len() - self.in_flight.len(), self.in_flight.len())
    }

    /// The messages that were given up, the latest last.
    pub fn dead(&self) -> impl Iterator<Item = &Received> {
        self.dead.iter()
    }

    /// What somebody did not end in time can be received again.
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

    /// Takes a message out of everything that is sorted by its place.
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

    /// The message of which this is the latest receipt, whether or not its time is over.
    fn number_of(&self, receipt: &str) -> Option<Number> {
        let (number, count) = receipt.split_once('.')?;
        let (number, count): (Number, u32) = (number.parse().ok()?, count.parse().ok()?);
        let message = self.messages.get(&number)?;
        (count > 0 && message.receive_count == count).then_some(number)
    }
}

/// A message without a group is a group of its own.
fn key(number: Number, message: &Message) -> String {
    message.group.clone().unwrap_or_else(|| format!("\0{number}"))
}

fn id(number: Number) -> String {
    format!("00000000-0000-0000-0000-{number:012x}")
}
