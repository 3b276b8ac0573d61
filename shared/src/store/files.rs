//! The `files` table: metadata of uploaded files. Their contents are in the bucket (see `blobs`).

use super::{CallError, Store, keys, read_if_any, transaction::Action, write};
use crate::{
    config::Tables,
    domain::{
        file::{ContentType, File, FileName},
        ids::{FileId, UserId},
        time::Timestamp,
    },
};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
struct FileRow {
    id: FileId,
    name: FileName,
    content_type: ContentType,
    size: u64,
    created_at: Timestamp,
}

impl From<File> for FileRow {
    fn from(File { id, name, content_type, size, created_at }: File) -> Self {
        Self { id, name, content_type, size, created_at }
    }
}

impl From<FileRow> for File {
    fn from(FileRow { id, name, content_type, size, created_at }: FileRow) -> Self {
        Self { id, name, content_type, size, created_at }
    }
}

impl Store {
    /// Reads a user's files with these ids, in the order of `ids`. Missing files are left out.
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

    /// Stores the metadata of new files.
    pub async fn keep_files(&self, user: UserId, files: &[File]) -> Result<(), CallError> {
        if files.is_empty() {
            return Ok(());
        }
        let actions = files.iter().map(|file| put_new(&self.tables, user, file));
        self.commit_for(user, actions.collect::<Result<_, _>>()?).await
    }
}

/// Puts a file that must not exist yet.
pub(super) fn put_new(tables: &Tables, user: UserId, file: &File) -> Result<Action, CallError> {
    let key = keys::file(tables, user, file.id);
    Ok(Action::put_new(key.clone(), write(key, FileRow::from(file.clone()))?))
}
