//! The files of an assistant: referenced by their ids, or received with the request.

use super::Assistants;
use crate::{
    domain::{
        Error, Problem,
        assistant::{Assistant, AssistantFile},
        file::File,
        ids::{FileId, UserId},
    },
    service::files::Received,
};

/// The maximum number of files of an assistant.
pub const FILES_MAX: usize = 100;

/// The requested files of an assistant.
pub enum Knowledge {
    /// The files that it already has.
    Same,
    /// Exactly these files of the owner.
    Exactly(Vec<FileId>),
    /// These received files, in addition to those that it already has.
    And(Received),
}

/// The requested files, after they were found or taken over.
pub(super) struct Known {
    /// Exactly these files, if they were named. Otherwise the assistant keeps its files and gets the new ones.
    named: Option<Vec<AssistantFile>>,
    /// Received files. Their rows are written together with the assistant.
    pub new: Vec<File>,
}

impl Knowledge {
    /// The received files that were taken over.
    pub(super) fn taken_over(&self) -> &[File] {
        match self {
            Self::And(received) if received.is_kept() => received,
            _ => &[],
        }
    }

    /// The part of the idempotency fingerprint. Received files count by name and size.
    pub(super) fn meaning(&self) -> String {
        match self {
            Self::Same => String::new(),
            Self::Exactly(ids) => ids.iter().map(FileId::to_string).collect::<Vec<_>>().join(" "),
            Self::And(received) => {
                let files = received.iter();
                files.map(|file| format!("{} {}", file.size, file.name.as_str())).collect::<Vec<_>>().join("/")
            }
        }
    }
}

impl Known {
    /// All files of an assistant that already has `already`.
    ///
    /// # Errors
    /// `Invalid` if there are more than 100.
    pub fn beside(&self, already: &[AssistantFile]) -> Result<Vec<AssistantFile>, Error> {
        let Some(named) = &self.named else {
            at_most(already.len() + self.new.len())?;
            return Ok(already.iter().cloned().chain(self.new.iter().map(AssistantFile::from)).collect());
        };
        Ok(named.clone())
    }
}

impl Assistants {
    /// Finds the files of `knowledge`. Takes received files over: from then on, the caller must discard them if
    /// necessary.
    pub(super) async fn known(&self, owner: UserId, knowledge: &Knowledge) -> Result<Known, Error> {
        match knowledge {
            Knowledge::Same => Ok(Known { named: None, new: Vec::new() }),
            Knowledge::Exactly(ids) => {
                at_most(ids.len())?;
                let found: Option<Vec<File>> = self.files.find(owner, ids).await?.into_iter().collect();
                let found = found.ok_or_else(|| Error::invalid("files", Problem::UnknownFile))?;
                Ok(Known { named: Some(found.iter().map(AssistantFile::from).collect()), new: Vec::new() })
            }
            Knowledge::And(received) => Ok(Known { named: None, new: received.keep() }),
        }
    }
}

impl Assistants {
    /// Leaves out files that were deleted. No row lists the assistants of a file, so that they are found when they are
    /// shown: one call for each hundred files.
    pub(super) async fn leave_out_deleted(&self, owner: UserId, assistants: &mut [Assistant]) -> Result<(), Error> {
        let ids: Vec<FileId> = assistants.iter().flat_map(|assistant| &assistant.files).map(|file| file.id).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let mut exists = self.files.find(owner, &ids).await?.into_iter().map(|file| file.is_some());
        for assistant in assistants {
            assistant.files.retain(|_| exists.next().unwrap_or(false));
        }
        Ok(())
    }
}

fn at_most(files: usize) -> Result<(), Error> {
    if files > FILES_MAX { Err(Error::invalid("files", Problem::TooMany { max: FILES_MAX })) } else { Ok(()) }
}

impl From<&File> for AssistantFile {
    fn from(file: &File) -> Self {
        Self { id: file.id, name: file.name.as_str().to_owned() }
    }
}
