//! The `files` table: metadata of uploaded files, and how much of their quota users have used. Their contents are in the
//! bucket (see `blobs`). All rows of one user are in one partition, except the marks of deleted files.

use super::{
    CallError, Item, Store,
    client::{self, Request},
    idempotency, keys,
    listing::{Index, KeyPage},
    n, outbox, read, read_if_any, s,
    sweep::SweepRow,
    transaction::{Action, Outcome, UpdateExpression},
    write,
};
use crate::{
    config::Tables,
    domain::{
        event::{EventDetails, OutboxEntry},
        file::{Announced, ContentType, File, FileName, FileState, FileStatus},
        ids::{FileId, UserId},
        list::{FileField, ListPosition, ListRequest},
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};

/// The partitions of the index `waiting`: files whose text is to be read, and announced files.
const READING: &str = "reading";
const ANNOUNCED: &str = "announced";

/// A file's row: the file, and its positions in the lists.
#[derive(Serialize, Deserialize)]
struct FileRow {
    id: FileId,
    name: FileName,
    content_type: ContentType,
    size: u64,
    #[serde(flatten)]
    state: FileState,
    created_at: Timestamp,
    list_all: String,
    list_status: String,
    by_created: ListPosition,
    by_name: ListPosition,
    by_size: ListPosition,
    /// The partition of the index `waiting`, while its text is being read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waiting_since: Option<Timestamp>,
    /// How often reading it was begun.
    #[serde(default)]
    readings: u32,
}

impl FileRow {
    fn new(user: UserId, File { id, name, content_type, size, state, created_at }: File) -> Self {
        let waits = state == FileState::Processing;
        Self {
            list_all: keys::file_list(user, None),
            list_status: keys::file_list(user, Some(state.status())),
            by_created: ListPosition::by_time(created_at, id),
            by_name: ListPosition::by_text(name.as_str(), id),
            by_size: ListPosition::by_number(size, id),
            waiting: waits.then(|| READING.to_owned()),
            waiting_since: waits.then_some(created_at),
            readings: 0,
            id,
            name,
            content_type,
            size,
            state,
            created_at,
        }
    }
}

impl From<FileRow> for File {
    fn from(row: FileRow) -> Self {
        let FileRow {
            id,
            name,
            content_type,
            size,
            state,
            created_at,
            list_all: _,
            list_status: _,
            by_created: _,
            by_name: _,
            by_size: _,
            waiting: _,
            waiting_since: _,
            readings: _,
        } = row;
        Self { id, name, content_type, size, state, created_at }
    }
}

/// The row of a file that a client is going to send to the storage itself.
#[derive(Serialize, Deserialize)]
struct AnnouncedRow {
    #[serde(flatten)]
    announced: Announced,
    waiting: String,
    waiting_since: Timestamp,
}

/// What a user's files amount to. Announced files count as bytes.
#[derive(Debug, Default, Clone, Copy, Deserialize)]
#[serde(default)]
pub struct FileUsage {
    /// Bytes.
    pub bytes: u64,
    /// Files.
    pub files: u64,
    processing: u64,
    ready: u64,
    failed: u64,
    stored: u64,
}

impl FileUsage {
    /// The number of files with this status; `None` for all.
    pub const fn count(&self, status: Option<FileStatus>) -> u64 {
        match status {
            None => self.files,
            Some(FileStatus::Processing) => self.processing,
            Some(FileStatus::Ready) => self.ready,
            Some(FileStatus::Failed) => self.failed,
            Some(FileStatus::Stored) => self.stored,
        }
    }
}

/// Why files were not stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotStored {
    /// A record exists for the idempotency key.
    Key,
    /// They do not fit into the user's quota.
    Quota,
    /// A row was not as it was read.
    LostRace,
}

/// The result of storing files.
pub type Stored = Result<(), Vec<NotStored>>;

/// A file that belongs to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnedFile {
    /// The owner.
    pub user: UserId,
    /// The file.
    pub file: FileId,
}

/// A file whose text is to be read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The file.
    pub file: File,
    /// How often reading it was begun, this time included.
    pub readings: u32,
}

impl Store {
    /// Reads a user's files with these ids, in the order of `ids`. `None` for each that does not exist.
    pub async fn files(&self, user: UserId, ids: &[FileId]) -> Result<Vec<Option<File>>, CallError> {
        let keys = ids.iter().map(|&id| keys::file(&self.tables, user, id)).collect();
        let items = self.get_many(keys).await?;
        items.into_iter().map(|item| Ok(read_if_any::<FileRow>(item)?.map(File::from))).collect()
    }

    /// Reads a user's file.
    pub async fn file(&self, user: UserId, id: FileId) -> Result<Option<File>, CallError> {
        let row: Option<FileRow> = read_if_any(self.get(keys::file(&self.tables, user, id)).await?)?;
        Ok(row.map(File::from))
    }

    /// What a user's files amount to.
    pub async fn file_usage(&self, user: UserId) -> Result<FileUsage, CallError> {
        Ok(read_if_any(self.get(keys::file_usage(&self.tables, user)).await?)?.unwrap_or_default())
    }

    /// A page of a user's files, the total count, and where the next page begins.
    pub async fn list_files(
        &self,
        user: UserId,
        status: Option<FileStatus>,
        request: &ListRequest<FileField>,
    ) -> Result<(Vec<File>, u64, Option<ListPosition>), CallError> {
        let (name, attribute, order) = index(status, request.sort.field);
        let partition = (attribute, keys::file_list(user, status));
        let index = Index { table: &self.tables.files, name, partition, order };
        let row = |id: &str| Some(keys::file(&self.tables, user, FileId::parse(id)?));
        let KeyPage { keys, next } = self.list_keys(index, request, row).await?;
        let usage = keys::file_usage(&self.tables, user);
        let mut found = self.get_many(std::iter::once(usage).chain(keys).collect()).await?.into_iter();
        let usage: FileUsage = read_if_any(found.next().flatten())?.unwrap_or_default();
        let files = found.flatten().map(|item| Ok(File::from(read::<FileRow>(item)?)));
        Ok((files.collect::<Result<_, CallError>>()?, usage.count(status), next))
    }

    /// Stores the metadata of new files, if they fit into `quota` bytes.
    pub async fn keep_files(
        &self,
        user: UserId,
        files: &[File],
        quota: u64,
        record: Option<idempotency::Entry>,
    ) -> Result<Stored, CallError> {
        let mut actions = put_new(&self.tables, user, files, quota)?;
        self.store_files(user, &mut actions, record).await
    }

    /// Reserves space for a file that the client is going to send, if it fits into `quota` bytes.
    pub async fn announce_file(
        &self,
        user: UserId,
        announced: &Announced,
        (now, quota): (Timestamp, u64),
        record: Option<idempotency::Entry>,
    ) -> Result<Stored, CallError> {
        let key = keys::announced_file(&self.tables, user, announced.id);
        let row = AnnouncedRow { announced: announced.clone(), waiting: ANNOUNCED.to_owned(), waiting_since: now };
        let more = Usage { bytes: signed(announced.size), ..Usage::default() };
        let mut actions = vec![
            (NotStored::LostRace, Action::put_new(key.clone(), write(key, row)?)),
            (NotStored::Quota, more.add(&self.tables, user, Some(quota))),
        ];
        self.store_files(user, &mut actions, record).await
    }

    /// An announced file, and the file with its id.
    pub async fn announced_file(
        &self,
        user: UserId,
        id: FileId,
    ) -> Result<(Option<Announced>, Option<File>), CallError> {
        let keys = [keys::announced_file(&self.tables, user, id), keys::file(&self.tables, user, id)];
        let [announced, file] = self.get_together(keys).await?;
        let announced: Option<AnnouncedRow> = read_if_any(announced)?;
        let file: Option<FileRow> = read_if_any(file)?;
        Ok((announced.map(|row| row.announced), file.map(File::from)))
    }

    /// Claims an announced file until `until`, so that one request at a time receives it. `false` if another one does.
    pub async fn claim_announced(
        &self,
        user: UserId,
        id: FileId,
        (now, until): (Timestamp, Timestamp),
    ) -> Result<bool, CallError> {
        let change = UpdateExpression {
            update: "SET claimed_until = :until",
            condition: "attribute_exists(pk) AND (attribute_not_exists(claimed_until) OR claimed_until <= :now)",
            names: &[],
            values: vec![(":until", n(until.millis())), (":now", n(now.millis()))],
        };
        Ok(self.update_if(keys::announced_file(&self.tables, user, id), change).await?.is_some())
    }

    /// Stores the metadata of an announced file that was received. Its space is reserved already.
    pub async fn complete_file(&self, user: UserId, file: &File) -> Result<Stored, CallError> {
        let announced = keys::announced_file(&self.tables, user, file.id);
        let mut actions = put_rows(&self.tables, user, std::slice::from_ref(file))?;
        let more = Usage { files: 1, ..Usage::default() }.of(file.state.status(), 1);
        actions.push((NotStored::LostRace, more.add(&self.tables, user, None)));
        actions.push((NotStored::LostRace, Action::delete_if(announced, "attribute_exists(pk)", &[], Vec::new())));
        self.store_files(user, &mut actions, None).await
    }

    /// Gives up an announced file and frees its space. `false` if it is gone.
    pub async fn forget_announced(&self, user: UserId, announced: &Announced) -> Result<bool, CallError> {
        let key = keys::announced_file(&self.tables, user, announced.id);
        let less = Usage { bytes: -signed(announced.size), ..Usage::default() };
        let actions = vec![
            ((), Action::delete_if(key, "attribute_exists(pk)", &[], Vec::new())),
            ((), less.add(&self.tables, user, None)),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    async fn store_files(
        &self,
        user: UserId,
        actions: &mut Vec<(NotStored, Action)>,
        record: Option<idempotency::Entry>,
    ) -> Result<Stored, CallError> {
        if let Some(record) = record {
            actions.push((NotStored::Key, record.put(&self.tables, user)?));
        }
        Ok(match self.transact_for(user, std::mem::take(actions)).await? {
            Outcome::Committed => Ok(()),
            Outcome::Refused(labels) => Err(labels),
        })
    }

    /// Removes a file's row, and marks what is in the bucket for removal. `false` if the file is gone, or has another
    /// status than it was read with.
    pub async fn delete_file(&self, user: UserId, file: &File, now: Timestamp) -> Result<bool, CallError> {
        let key = keys::file(&self.tables, user, file.id);
        let swept = keys::swept_file(&self.tables, OwnedFile { user, file: file.id });
        let status = file.state.status();
        let less = Usage { bytes: -signed(file.size), files: -1, ..Usage::default() }.of(status, -1);
        let is_same = vec![(":status", s(status.as_str()))];
        let actions = vec![
            ((), Action::delete_if(key, "#status = :status", &[("#status", "status")], is_same)),
            ((), less.add(&self.tables, user, None)),
            ((), Action::put(swept.clone(), write(swept, SweepRow { deleted_at: now })?)),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Counts one more attempt to read a file. `None` if its text is not to be read, or not any more.
    pub async fn begin_reading(&self, OwnedFile { user, file }: OwnedFile) -> Result<Option<Reading>, CallError> {
        let change = UpdateExpression {
            update: "SET readings = readings + :one",
            condition: "#status = :processing",
            names: &[("#status", "status")],
            values: vec![(":one", n(1)), (":processing", s(FileStatus::Processing.as_str()))],
        };
        let row: Option<FileRow> = read_if_any(self.update_if(keys::file(&self.tables, user, file), change).await?)?;
        Ok(row.map(|row| Reading { readings: row.readings, file: row.into() }))
    }

    /// Ends the reading of a file. `false` if the file is gone, or its reading has ended before.
    pub async fn end_reading(&self, OwnedFile { user, file }: OwnedFile, state: &FileState) -> Result<bool, CallError> {
        let status = state.status();
        let mut values = vec![
            (":status", s(status.as_str())),
            (":list", s(keys::file_list(user, Some(status)))),
            (":processing", s(FileStatus::Processing.as_str())),
        ];
        let names = [("#status", "status"), ("#detail", "detail")];
        let (update, names): (_, &[(&str, &str)]) = match state {
            FileState::Failed(why) => {
                values.push((":detail", s(why.as_str())));
                let update = "SET #status = :status, #detail = :detail, list_status = :list \
                              REMOVE waiting, waiting_since";
                (update, &names)
            }
            FileState::Processing | FileState::Ready | FileState::Stored => {
                ("SET #status = :status, list_status = :list REMOVE waiting, waiting_since", &names[..1])
            }
        };
        let change = UpdateExpression { update, condition: "#status = :processing", names, values };
        let moved = Usage::default().of(FileStatus::Processing, -1).of(status, 1);
        let actions = vec![
            ((), Action::update(keys::file(&self.tables, user, file), change)),
            ((), moved.add(&self.tables, user, None)),
        ];
        Ok(self.transact(actions).await? == Outcome::Committed)
    }

    /// Files whose text has been waiting to be read since `until` or longer: at most `max`.
    pub async fn files_to_read(&self, until: Timestamp, max: i32) -> Result<Vec<OwnedFile>, CallError> {
        let rows = self.waiting_since(READING, until, max).await?;
        Ok(rows.iter().filter_map(owned).collect())
    }

    /// Files that were announced at `until` or before: at most `max`.
    pub async fn announced_until(&self, until: Timestamp, max: i32) -> Result<Vec<OwnedFile>, CallError> {
        let rows = self.waiting_since(ANNOUNCED, until, max).await?;
        Ok(rows.iter().filter_map(owned).collect())
    }

    async fn waiting_since(&self, partition: &str, until: Timestamp, max: i32) -> Result<Vec<Item>, CallError> {
        let found = client::query()
            .table_name(&self.tables.files)
            .index_name("waiting")
            .key_condition_expression("waiting = :waiting AND waiting_since <= :until")
            .expression_attribute_values(":waiting", s(partition))
            .expression_attribute_values(":until", n(until.millis()))
            .limit(max)
            .call(&self.client)
            .await?;
        Ok(found.items.unwrap_or_default())
    }

    /// Deleted files whose contents are still to be removed: at most `max`.
    pub async fn swept_files(&self, max: i32) -> Result<Vec<OwnedFile>, CallError> {
        let query = client::query().table_name(&self.tables.files).key_condition_expression("pk = :sweep");
        let found = query.expression_attribute_values(":sweep", s(keys::SWEEP)).limit(max).call(&self.client).await?;
        let sort = |item: &Item| keys::owned_file_of(item.get("sk")?.as_s().ok()?);
        Ok(found.items.unwrap_or_default().iter().filter_map(sort).collect())
    }

    /// Forgets a deleted file whose contents were removed.
    pub async fn forget_file(&self, file: OwnedFile) -> Result<(), CallError> {
        self.commit(vec![Action::delete(keys::swept_file(&self.tables, file))]).await
    }

    /// Some of the files, announced ones included, of a user: at most `max`.
    pub async fn some_files(&self, user: UserId, max: i32) -> Result<Vec<OwnedFile>, CallError> {
        let found = client::query()
            .table_name(&self.tables.files)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(keys::user_partition(user)))
            .projection_expression("pk, sk")
            .consistent_read(true)
            .limit(max)
            .call(&self.client)
            .await?;
        Ok(found.items.unwrap_or_default().iter().filter_map(owned).collect())
    }

    /// Removes the rows of a file of a deleted account.
    pub async fn remove_file_rows(&self, OwnedFile { user, file }: OwnedFile) -> Result<(), CallError> {
        let keys = [keys::file(&self.tables, user, file), keys::announced_file(&self.tables, user, file)];
        self.commit(keys.into_iter().map(Action::delete).collect()).await
    }
}

/// The file that a row is about, from the row's key.
fn owned(item: &Item) -> Option<OwnedFile> {
    let text = |name: &str| item.get(name)?.as_s().ok();
    let user = UserId::parse(text("pk")?.split_once('#')?.1)?;
    Some(OwnedFile { user, file: FileId::parse(text("sk")?.split_once('#')?.1)? })
}

/// A change of what a user's files amount to.
#[derive(Default, Clone, Copy)]
struct Usage {
    bytes: i64,
    files: i64,
    processing: i64,
    ready: i64,
    failed: i64,
    stored: i64,
}

impl Usage {
    const fn of(mut self, status: FileStatus, by: i64) -> Self {
        match status {
            FileStatus::Processing => self.processing += by,
            FileStatus::Ready => self.ready += by,
            FileStatus::Failed => self.failed += by,
            FileStatus::Stored => self.stored += by,
        }
        self
    }

    /// Adds it up. With a `quota`, refused if the bytes exceed it.
    fn add(self, tables: &Tables, user: UserId, quota: Option<u64>) -> Action {
        let Self { bytes, files, processing, ready, failed, stored } = self;
        let mut values = vec![
            (":bytes", n(bytes)),
            (":files", n(files)),
            (":processing", n(processing)),
            (":ready", n(ready)),
            (":failed", n(failed)),
            (":stored", n(stored)),
        ];
        // A quota that the new bytes exceed by themselves leaves no room, whatever there is.
        let room = quota.map(|quota| signed(quota).saturating_sub(bytes));
        let condition = match room {
            None => "",
            Some(room) if room < 0 => "attribute_not_exists(pk) AND attribute_exists(pk)",
            Some(room) => {
                values.push((":room", n(room)));
                "attribute_not_exists(bytes) OR bytes <= :room"
            }
        };
        let change = UpdateExpression {
            update: "ADD bytes :bytes, files :files, processing :processing, ready :ready, failed :failed, \
                     #stored :stored",
            condition,
            names: &[("#stored", "stored")],
            values,
        };
        Action::update(keys::file_usage(tables, user), change)
    }
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

/// Puts new files that belong to `user`, if they fit into `quota` bytes, and reports those whose text is to be read.
pub(super) fn put_new(
    tables: &Tables,
    user: UserId,
    files: &[File],
    quota: u64,
) -> Result<Vec<(NotStored, Action)>, CallError> {
    if files.is_empty() {
        return Ok(Vec::new());
    }
    let mut actions = put_rows(tables, user, files)?;
    let more = Usage { bytes: files.iter().map(|file| signed(file.size)).sum(), files: 0, ..Usage::default() };
    let more = files.iter().fold(more, |more, file| Usage { files: more.files + 1, ..more.of(file.state.status(), 1) });
    actions.push((NotStored::Quota, more.add(tables, user, Some(quota))));
    Ok(actions)
}

fn put_rows(tables: &Tables, user: UserId, files: &[File]) -> Result<Vec<(NotStored, Action)>, CallError> {
    let mut actions = Vec::new();
    for file in files {
        let key = keys::file(tables, user, file.id);
        let row = write(key.clone(), FileRow::new(user, file.clone()))?;
        actions.push((NotStored::LostRace, Action::put_new(key, row)));
    }
    let to_read = files.iter().filter(|file| file.state == FileState::Processing);
    let stored: Vec<_> = to_read.map(|file| EventDetails::FileStored { file: file.id }).collect();
    if let (false, Some(first)) = (stored.is_empty(), files.first()) {
        let entry = OutboxEntry::new(user, first.created_at, stored);
        actions.push((NotStored::LostRace, outbox::put(tables, &entry)?));
    }
    Ok(actions)
}

/// The index for a filter and an order: its name, its partition's attribute, its sort key's attribute.
const fn index(status: Option<FileStatus>, field: FileField) -> (&'static str, &'static str, &'static str) {
    use FileField::{CreatedAt, Filename, Size};
    match (status.is_some(), field) {
        (false, CreatedAt) => ("all-by-created", "list_all", "by_created"),
        (false, Filename) => ("all-by-name", "list_all", "by_name"),
        (false, Size) => ("all-by-size", "list_all", "by_size"),
        (true, CreatedAt) => ("status-by-created", "list_status", "by_created"),
        (true, Filename) => ("status-by-name", "list_status", "by_name"),
        (true, Size) => ("status-by-size", "list_status", "by_size"),
    }
}
