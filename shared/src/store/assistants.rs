//! The `assistants` table: assistants, their names and integers, and how many assistants of each kind exist. All rows
//! of one owner are in one partition.

use super::{
    CallError, Item, Store,
    files::{self, NotStored},
    idempotency, keys,
    keys::Key,
    listing::{Index, KeyPage},
    n, outbox, read_count, read_if_any, s,
    transaction::{Action, EXISTS, Outcome, UpdateExpression, count},
    write,
};
use crate::{
    config::Tables,
    domain::{
        assistant::{Assistant, AssistantFilter, AssistantStatus, AssistantUsage, Character},
        event::OutboxEntry,
        file::File,
        ids::{AssistantId, AssistantNumber, UserId},
        list::{AssistantField, ListPosition, ListRequest},
        text::{AssistantName, Category},
    },
};
use serde::{Deserialize, Serialize};

/// An assistant's row: the assistant without its usage, and its positions in the lists.
#[derive(Serialize, Deserialize)]
struct AssistantRow {
    #[serde(flatten)]
    assistant: Assistant,
    /// The index partitions that list it: one for each filter that matches it.
    list_all: String,
    list_status: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_category: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    list_status_category: Option<String>,
    /// Its positions in those partitions.
    by_created: ListPosition,
    by_updated: ListPosition,
    by_name: ListPosition,
}

impl AssistantRow {
    fn new(assistant: Assistant, owner: UserId) -> Self {
        let Character { ref name, status, ref category, .. } = assistant.character;
        let list = |status, category| keys::assistant_list(owner, status, category);
        Self {
            list_all: list(None, None),
            list_status: list(Some(status), None),
            list_category: category.as_ref().map(|category| list(None, Some(category))),
            list_status_category: category.as_ref().map(|category| list(Some(status), Some(category))),
            by_created: ListPosition::by_time(assistant.created_at, assistant.id),
            by_updated: ListPosition::by_time(assistant.updated_at, assistant.id),
            by_name: ListPosition::by_text(name.as_str(), assistant.id),
            assistant,
        }
    }
}

/// How an assistant is used. A row of its own, because each turn changes it, and the instructions may be long.
#[derive(Serialize, Deserialize)]
struct UsageRow {
    #[serde(flatten)]
    usage: AssistantUsage,
    /// The assistant's status, on which turns depend.
    status: AssistantStatus,
}

#[derive(Serialize, Deserialize)]
struct NameRow {
    assistant: AssistantId,
}

#[derive(Serialize)]
struct CounterRow {
    last_number: u64,
}

/// Why an assistant was not written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotWritten {
    /// The new files do not fit into the owner's quota.
    Quota,
    /// Another assistant of the owner has this name.
    Name,
    /// The assistant was changed or removed in the meantime.
    LostRace,
    /// A record exists for the request's idempotency key.
    Key,
}

/// Files that are stored together with an assistant, if they fit into `quota` bytes.
#[derive(Debug, Clone, Copy)]
pub struct NewFiles<'a> {
    /// The files.
    pub files: &'a [File],
    /// The bytes that all files of the owner may have.
    pub quota: u64,
}

type Written = Result<(), Vec<NotWritten>>;

impl Store {
    /// Reads an owner's assistant.
    pub async fn assistant(&self, owner: UserId, id: AssistantId) -> Result<Option<Assistant>, CallError> {
        let [assistant, usage] = self.get_together(rows(&self.tables, owner, id)).await?;
        read_assistant(assistant, usage)
    }

    /// Finds the owner's assistant with this name.
    pub async fn assistant_named(&self, owner: UserId, name: &AssistantName) -> Result<Option<AssistantId>, CallError> {
        let row: Option<NameRow> = read_if_any(self.get(keys::assistant_name(&self.tables, owner, name)).await?)?;
        Ok(row.map(|row| row.assistant))
    }

    /// Finds the owner's assistant with this integer.
    pub async fn assistant_numbered(
        &self,
        owner: UserId,
        number: AssistantNumber,
    ) -> Result<Option<AssistantId>, CallError> {
        let row: Option<NameRow> = read_if_any(self.get(keys::assistant_number(&self.tables, owner, number)).await?)?;
        Ok(row.map(|row| row.assistant))
    }

    /// Takes the next integer for an assistant. An integer that is taken and not used leaves a gap. The owner's first
    /// assistant creates the counter, which takes one more call.
    pub async fn take_assistant_number(&self, owner: UserId) -> Result<AssistantNumber, CallError> {
        let key = keys::assistant_counter(&self.tables, owner);
        if let Some(number) = self.next_number(key.clone()).await? {
            return Ok(AssistantNumber(number));
        }
        let row = write(key.clone(), CounterRow { last_number: 1 })?;
        match self.transact_for(owner, vec![((), Action::put_new(key.clone(), row))]).await? {
            Outcome::Committed => Ok(AssistantNumber(1)),
            Outcome::Refused(_) => {
                let number = self.next_number(key).await?;
                number.map(AssistantNumber).ok_or_else(|| CallError::broken("the assistant counter has no number"))
            }
        }
    }

    /// A page of the owner's assistants, the total count, and where the next page begins.
    pub async fn assistants(
        &self,
        owner: UserId,
        filter: &AssistantFilter,
        request: &ListRequest<AssistantField>,
    ) -> Result<(Vec<Assistant>, u64, Option<ListPosition>), CallError> {
        let AssistantFilter { status, category } = filter;
        let (status, category) = (*status, category.as_ref());
        let partition = keys::assistant_list(owner, status, category);
        let (name, attribute, order) = index(filter, request.sort.field);
        let index = Index { table: &self.tables.assistants, name, partition: (attribute, partition), order };
        let row = |id: &str| Some(keys::assistant(&self.tables, owner, AssistantId::parse(id)?));
        let total = keys::assistant_count(&self.tables, owner, status, category);
        let KeyPage { keys, next } = self.list_keys(index, request, row).await?;
        let pairs = keys.into_iter().flat_map(|key| [keys::usage_of_assistant(&key), key]);
        let mut found = self.get_many(std::iter::once(total).chain(pairs).collect()).await?.into_iter();
        let total = read_count(found.next().flatten())?;
        let mut assistants = Vec::new();
        while let (Some(usage), Some(assistant)) = (found.next(), found.next()) {
            assistants.extend(read_assistant(assistant, usage)?);
        }
        Ok((assistants, total, next))
    }

    /// The number of the owner's assistants that `filter` matches.
    pub async fn count_assistants(&self, owner: UserId, filter: &AssistantFilter) -> Result<u64, CallError> {
        let AssistantFilter { status, category } = filter;
        let key = keys::assistant_count(&self.tables, owner, *status, category.as_ref());
        read_count(self.get(key).await?)
    }

    /// Creates an assistant.
    pub async fn create_assistant(
        &self,
        owner: UserId,
        assistant: &Assistant,
        new_files: NewFiles<'_>,
        record: Option<idempotency::Entry>,
    ) -> Result<Written, CallError> {
        let Assistant { id, number, ref character, .. } = *assistant;
        let key = keys::assistant(&self.tables, owner, id);
        let row = write(key.clone(), AssistantRow::new(assistant.clone(), owner))?;
        let usage = keys::assistant_usage(&self.tables, owner, id);
        let unused = write(usage.clone(), UsageRow { usage: assistant.usage, status: character.status })?;
        let number = keys::assistant_number(&self.tables, owner, number);
        let numbered = write(number.clone(), NameRow { assistant: id })?;
        let mut actions = vec![
            (NotWritten::Name, self.own_assistant_name(owner, &character.name, id)?),
            (NotWritten::LostRace, Action::put_new(number, numbered)),
            (NotWritten::LostRace, Action::put_new(key, row)),
            (NotWritten::LostRace, Action::put_new(usage, unused)),
        ];
        actions.extend(self.recount(owner, None, Some(character)));
        actions.extend(self.put_files(owner, new_files)?);
        if let Some(record) = record {
            actions.push((NotWritten::Key, record.put(&self.tables, owner)?));
        }
        Ok(written(self.transact_for(owner, actions).await?))
    }

    /// Replaces the fields that an owner sets, unless the assistant was changed since it was read.
    pub async fn change_assistant(
        &self,
        owner: UserId,
        before: &Assistant,
        after: &Assistant,
        new_files: NewFiles<'_>,
        outbox_entry: Option<&OutboxEntry>,
    ) -> Result<Written, CallError> {
        let (old, new) = (&before.character, &after.character);
        let id = before.id;
        let mut actions = vec![(NotWritten::LostRace, self.rewrite(owner, before, after)?)];
        if old.name != new.name {
            actions.push((NotWritten::Name, self.own_assistant_name(owner, &new.name, id)?));
            let given_up = keys::assistant_name(&self.tables, owner, &old.name);
            actions.push((NotWritten::LostRace, self.remove_own(given_up, id)));
        }
        if old.status != new.status {
            let change = UpdateExpression {
                update: "SET #status = :status",
                condition: EXISTS,
                names: &[("#status", "status")],
                values: vec![(":status", s(new.status.as_str()))],
            };
            actions
                .push((NotWritten::LostRace, Action::update(keys::assistant_usage(&self.tables, owner, id), change)));
        }
        if let Some(outbox_entry) = outbox_entry {
            actions.push((NotWritten::LostRace, outbox::put(&self.tables, outbox_entry)?));
        }
        actions.extend(self.recount(owner, Some(old), Some(new)));
        actions.extend(self.put_files(owner, new_files)?);
        Ok(written(self.transact_for(owner, actions).await?))
    }

    /// Removes an assistant, unless it was changed since it was read. Its conversations stay.
    pub async fn remove_assistant(&self, owner: UserId, assistant: &Assistant) -> Result<Written, CallError> {
        let Assistant { id, number, ref character, version, .. } = *assistant;
        let name = keys::assistant_name(&self.tables, owner, &character.name);
        let number = keys::assistant_number(&self.tables, owner, number);
        let about = keys::assistant(&self.tables, owner, id);
        let mut actions = vec![
            (NotWritten::LostRace, Action::delete_if(about, "version = :version", &[], vec![(":version", n(version))])),
            (NotWritten::LostRace, self.remove_own(name, id)),
            (NotWritten::LostRace, self.remove_own(number, id)),
            (NotWritten::LostRace, Action::delete(keys::assistant_usage(&self.tables, owner, id))),
        ];
        actions.extend(self.recount(owner, Some(character), None));
        Ok(written(self.transact(actions).await?))
    }

    fn put_files(
        &self,
        owner: UserId,
        NewFiles { files, quota }: NewFiles<'_>,
    ) -> Result<Vec<(NotWritten, Action)>, CallError> {
        let actions = files::put_new(&self.tables, owner, files, quota)?.into_iter();
        let label = |label| match label {
            NotStored::Quota => NotWritten::Quota,
            NotStored::Key | NotStored::LostRace => NotWritten::LostRace,
        };
        Ok(actions.map(|(stored, action)| (label(stored), action)).collect())
    }

    /// All fields that an owner sets, and the list positions that follow from them. Counters stay.
    fn rewrite(&self, owner: UserId, before: &Assistant, after: &Assistant) -> Result<Action, CallError> {
        let AssistantRow {
            assistant,
            list_all: _,
            list_status,
            list_category,
            list_status_category,
            by_created: _,
            by_updated,
            by_name,
        } = AssistantRow::new(after.clone(), owner);
        let value = |value| serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value).map_err(CallError::broken);
        let files = serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(&assistant.files);
        let mut values = vec![
            (":character", value(&assistant.character)?),
            (":files", files.map_err(CallError::broken)?),
            (":updated_at", n(assistant.updated_at.millis())),
            (":before", n(before.version)),
            (":version", n(assistant.version)),
            (":list_status", s(list_status)),
            (":by_updated", s(by_updated.0)),
            (":by_name", s(by_name.0)),
        ];
        // An index attribute is a string or absent, never null.
        let update = match list_category.zip(list_status_category) {
            Some((category, status_category)) => {
                values.extend([(":list_category", s(category)), (":list_status_category", s(status_category))]);
                "SET #character = :character, files = :files, updated_at = :updated_at, version = :version, \
                 list_status = :list_status, by_updated = :by_updated, by_name = :by_name, \
                 list_category = :list_category, list_status_category = :list_status_category"
            }
            None => {
                "SET #character = :character, files = :files, updated_at = :updated_at, version = :version, \
                 list_status = :list_status, by_updated = :by_updated, by_name = :by_name \
                 REMOVE list_category, list_status_category"
            }
        };
        let change =
            UpdateExpression { update, condition: "version = :before", names: &[("#character", "character")], values };
        Ok(Action::update(keys::assistant(&self.tables, owner, before.id), change))
    }

    fn own_assistant_name(
        &self,
        owner: UserId,
        name: &AssistantName,
        assistant: AssistantId,
    ) -> Result<Action, CallError> {
        let key = keys::assistant_name(&self.tables, owner, name);
        Ok(Action::put_new(key.clone(), write(key, NameRow { assistant })?))
    }

    fn remove_own(&self, key: Key<'_>, assistant: AssistantId) -> Action {
        Action::delete_if(key, "assistant = :assistant", &[], vec![(":assistant", s(assistant))])
    }

    /// The counter changes when an assistant's status and category change from `old` to `new`.
    fn recount(&self, owner: UserId, old: Option<&Character>, new: Option<&Character>) -> Vec<(NotWritten, Action)> {
        let (old, new) = (old.map_or_else(Vec::new, counted), new.map_or_else(Vec::new, counted));
        let fewer = old.iter().filter(|kind| !new.contains(kind)).map(|kind| (kind, -1));
        let more = new.iter().filter(|kind| !old.contains(kind)).map(|kind| (kind, 1));
        let change = |((status, category), by): (&Kind<'_>, i64)| {
            let key = keys::assistant_count(&self.tables, owner, *status, *category);
            (NotWritten::LostRace, count(key, by))
        };
        fewer.chain(more).map(change).collect()
    }
}

fn written(outcome: Outcome<NotWritten>) -> Written {
    match outcome {
        Outcome::Committed => Ok(()),
        Outcome::Refused(labels) => Err(labels),
    }
}

/// The keys of an assistant's rows.
pub(super) fn rows(tables: &Tables, owner: UserId, id: AssistantId) -> [Key<'_>; 2] {
    [keys::assistant(tables, owner, id), keys::assistant_usage(tables, owner, id)]
}

/// Reads an assistant from its rows. They may be absent.
pub(super) fn read_assistant(assistant: Option<Item>, usage: Option<Item>) -> Result<Option<Assistant>, CallError> {
    let (row, used) = (read_if_any::<AssistantRow>(assistant)?, read_if_any::<UsageRow>(usage)?);
    Ok(row.zip(used).map(|(row, used)| Assistant { usage: used.usage, ..row.assistant }))
}

/// A status and a category to filter by; absent means any.
type Kind<'a> = (Option<AssistantStatus>, Option<&'a Category>);

/// All filters that match an assistant.
fn counted(character: &Character) -> Vec<Kind<'_>> {
    let (status, category) = (Some(character.status), character.category.as_ref());
    let mut kinds = vec![(None, None), (status, None)];
    if category.is_some() {
        kinds.extend([(None, category), (status, category)]);
    }
    kinds
}

/// The index for a filter and an order: its name, its partition's attribute, its sort key's attribute.
const fn index(filter: &AssistantFilter, field: AssistantField) -> (&'static str, &'static str, &'static str) {
    use AssistantField::{CreatedAt, Name, UpdatedAt};
    match (filter.status.is_some(), filter.category.is_some(), field) {
        (false, false, CreatedAt) => ("all-by-created", "list_all", "by_created"),
        (false, false, UpdatedAt) => ("all-by-updated", "list_all", "by_updated"),
        (false, false, Name) => ("all-by-name", "list_all", "by_name"),
        (true, false, CreatedAt) => ("status-by-created", "list_status", "by_created"),
        (true, false, UpdatedAt) => ("status-by-updated", "list_status", "by_updated"),
        (true, false, Name) => ("status-by-name", "list_status", "by_name"),
        (false, true, CreatedAt) => ("category-by-created", "list_category", "by_created"),
        (false, true, UpdatedAt) => ("category-by-updated", "list_category", "by_updated"),
        (false, true, Name) => ("category-by-name", "list_category", "by_name"),
        (true, true, CreatedAt) => ("status-category-by-created", "list_status_category", "by_created"),
        (true, true, UpdatedAt) => ("status-category-by-updated", "list_status_category", "by_updated"),
        (true, true, Name) => ("status-category-by-name", "list_status_category", "by_name"),
    }
}

/// Counts one more conversation of an assistant. Refused if the assistant is gone.
pub(super) fn count_conversation(tables: &Tables, owner: UserId, assistant: AssistantId) -> Action {
    let change = UpdateExpression {
        update: "SET conversations = conversations + :one",
        condition: EXISTS,
        names: &[],
        values: vec![(":one", n(1))],
    };
    Action::update(keys::assistant_usage(tables, owner, assistant), change)
}

/// Counts one conversation less, after a deletion. `is_default` means that it was the default conversation. Refused
/// unless `resets` default ones with the assistant were deleted before.
pub(super) fn uncount_conversation(
    tables: &Tables,
    owner: UserId,
    assistant: AssistantId,
    (resets, is_default): (u64, bool),
) -> Action {
    let change = UpdateExpression {
        update: "SET conversations = conversations - :one, resets = resets + :reset",
        condition: "resets = :resets",
        names: &[],
        values: vec![(":one", n(1)), (":reset", n(u64::from(is_default))), (":resets", n(resets))],
    };
    Action::update(keys::assistant_usage(tables, owner, assistant), change)
}

/// Counts one more question to an assistant. Refused if the assistant is not active.
pub(super) fn ask(tables: &Tables, owner: UserId, assistant: AssistantId) -> Action {
    let change = UpdateExpression {
        update: "SET queries = queries + :one",
        condition: "#status = :active",
        names: &[("#status", "status")],
        values: vec![(":one", n(1)), (":active", s(AssistantStatus::Active.as_str()))],
    };
    Action::update(keys::assistant_usage(tables, owner, assistant), change)
}

/// Counts the first question in a new conversation. Refused if the assistant is not active. For a default
/// conversation, also refused if another one was deleted in the meantime.
pub(super) fn ask_first(tables: &Tables, owner: UserId, assistant: AssistantId, resets: Option<u64>) -> Action {
    let mut values = vec![(":one", n(1)), (":active", s(AssistantStatus::Active.as_str()))];
    values.extend(resets.map(|resets| (":resets", n(resets))));
    let change = UpdateExpression {
        update: "SET queries = queries + :one, conversations = conversations + :one",
        condition: match resets {
            Some(_) => "#status = :active AND resets = :resets",
            None => "#status = :active",
        },
        names: &[("#status", "status")],
        values,
    };
    Action::update(keys::assistant_usage(tables, owner, assistant), change)
}
