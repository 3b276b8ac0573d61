//! Where data is stored: a directory, or memory with a temporary directory for the contents of files. Only the user who
//! runs the process may read either. One process at a time serves a directory.

use anyhow::{Context, Result, bail, ensure};
use std::{
    env,
    fs::{self, DirBuilder, File, OpenOptions, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
    time::Duration,
};
use tempfile::TempDir;

/// The file with the version of the data's format.
const FORMAT_FILE: &str = "format";
/// The format that this version reads and writes. A version whose rows or files an older one would misread has a higher
/// one. New tables, indexes and fields that older versions ignore do not change it.
const FORMAT: u32 = 1;
/// The file that the serving process has locked.
const LOCK: &str = "lock";
/// How the names of temporary directories begin.
const TEMPORARY: &str = "quintet-memory-";
/// A temporary directory that is younger may belong to a process that has not locked it yet.
const STARTS_WITHIN: Duration = Duration::from_secs(60);

/// Where data is stored.
pub enum DataLocation {
    /// In files below this directory.
    Directory(PathBuf),
    /// In memory, except for the contents of files. They are in this directory, which is removed at the end.
    Memory(TempDir),
}

/// The right to serve a directory, until it is dropped or the process ends.
pub struct Claim(#[expect(dead_code, reason = "it is locked while it is open")] File);

impl DataLocation {
    /// The directory without `--data`.
    pub const DEFAULT: &str = ".quintet";

    /// A temporary directory. Removes those of processes that were killed.
    pub fn temporary() -> Result<Self> {
        remove_leftovers(&env::temp_dir());
        let mut builder = tempfile::Builder::new();
        builder.prefix(TEMPORARY);
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
        Ok(Self::Memory(builder.tempdir().context("no temporary directory can be made")?))
    }

    /// The directory.
    pub fn directory(&self) -> &Path {
        match self {
            Self::Directory(directory) => directory,
            Self::Memory(temporary) => temporary.path(),
        }
    }

    /// Creates the directory if it does not exist.
    pub fn create(&self) -> Result<()> {
        create_private(self.directory())
    }

    /// Claims the directory for this process.
    ///
    /// # Errors
    /// If another process serves it.
    pub fn claim(&self) -> Result<Claim> {
        self.create()?;
        let directory = self.directory();
        let lock = private().open(directory.join(LOCK));
        let lock = lock.with_context(|| format!("{} cannot be used for data", directory.display()))?;
        match lock.try_lock() {
            Ok(()) => Ok(Claim(lock)),
            Err(TryLockError::WouldBlock) => {
                bail!("{} is in use by another process; --data chooses another directory", directory.display())
            }
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("{} cannot be locked", directory.display()))
            }
        }
    }
}

/// Checks that this version knows the format of the data in `directory`. Notes the format if the directory has none: it
/// is new, or of a version that did not note it.
///
/// # Errors
/// If a newer version made the data.
pub fn check_format(directory: &Path) -> Result<()> {
    let path = directory.join(FORMAT_FILE);
    let noted = match fs::read_to_string(&path) {
        // An empty file is that of a version that was killed while it wrote.
        Ok(noted) if noted.is_empty() => return note_format(&path),
        Ok(noted) => noted,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return note_format(&path),
        Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
    };
    let format = noted.trim().parse::<u32>().ok().with_context(|| format!("{} holds no number", path.display()))?;
    ensure!(
        format <= FORMAT,
        "{} was made by a newer version of Quintet (format {format}; this version knows {FORMAT}): use that version, or \
         restore a backup",
        directory.display()
    );
    Ok(())
}

fn note_format(path: &Path) -> Result<()> {
    // Whole or not at all, also on a full disk.
    let written = path.with_extension("new");
    let noted = private().open(&written).and_then(|mut file| writeln!(file, "{FORMAT}"));
    let noted = noted.and_then(|()| fs::rename(&written, path));
    noted.with_context(|| format!("{} cannot be written", path.display()))
}

/// Creates a directory that only this user may read. One that exists keeps its permissions: it may have other uses.
pub fn create_private(directory: &Path) -> Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory).with_context(|| format!("{} cannot be used for data", directory.display()))
}

/// Creates a file that only this user may read, or takes these rights from others if it exists.
pub fn create_private_file(path: &Path) -> Result<()> {
    let file = private().open(path).with_context(|| format!("{} cannot be used for data", path.display()))?;
    keep_private(&file).with_context(|| format!("{} cannot be kept from other users", path.display()))
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

#[cfg(unix)]
fn keep_private(file: &File) -> io::Result<()> {
    file.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))
}

#[cfg(not(unix))]
fn keep_private(_: &File) -> io::Result<()> {
    Ok(())
}

/// Removes the temporary directories that no process has locked. What cannot be removed stays: it may be another
/// user's.
fn remove_leftovers(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else { return };
    for entry in entries.flatten().filter(|entry| entry.file_name().to_string_lossy().starts_with(TEMPORARY)) {
        let path = entry.path();
        if is_leftover(&path).unwrap_or(false)
            && let Err(error) = fs::remove_dir_all(&path)
        {
            tracing::debug!(%error, path = %path.display(), "a directory of an earlier process was not removed");
        }
    }
}

fn is_leftover(directory: &Path) -> io::Result<bool> {
    let age = fs::metadata(directory)?.modified()?.elapsed().unwrap_or_default();
    let lock = OpenOptions::new().read(true).open(directory.join(LOCK))?;
    Ok(age > STARTS_WITHIN && lock.try_lock().is_ok())
}
