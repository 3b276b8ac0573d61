//! Makes writes to the embedded database survive a power failure. SQLite appends each commit to its write-ahead log.
//! This module flushes the log to the disk before a write is answered. One flush serves all writes that were committed
//! before it began. SQLite's own flush (`synchronous=FULL`) would run for each commit and block all other calls
//! meanwhile.

use anyhow::{Context, Result, ensure};
use dynoxide::Database;
use rusqlite::Connection;
use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio::{sync::Mutex, task::spawn_blocking};

/// How long the last transactions may take when the process ends.
const CHECKPOINT_PATIENCE: Duration = Duration::from_secs(5);

/// Flushes the log of one database. Cheap to clone.
#[derive(Clone)]
pub struct Durability(Option<Arc<Log>>);

struct Log {
    file: Arc<File>,
    database: PathBuf,
    /// The number of writes.
    written: AtomicU64,
    /// The number of those that were flushed.
    synced: AtomicU64,
    /// The task that holds this lock flushes for all others.
    flushing: Mutex<()>,
}

impl Durability {
    /// No flushes, for data that ends with the process.
    pub const fn none() -> Self {
        Self(None)
    }

    /// For the open database in `file`. From this call on, SQLite itself flushes only as much as its integrity
    /// requires.
    pub fn of(database: &Database, file: &Path) -> Result<Self> {
        // Sets `synchronous=NORMAL`, and SQLite's defaults for the rest. The library has no other way to set it.
        database.disable_bulk_loading()?;
        let mut name = OsString::from(file);
        name.push("-wal");
        // SQLite keeps this file while the database is open.
        let log = OpenOptions::new().write(true).open(&name);
        let database = file.to_owned();
        let file = Arc::new(log.with_context(|| format!("{} cannot be opened", Path::new(&name).display()))?);
        Ok(Self(Some(Arc::new(Log {
            file,
            database,
            written: AtomicU64::new(0),
            synced: AtomicU64::new(0),
            flushing: Mutex::new(()),
        }))))
    }

    /// Moves the content of the log into the database's file, so that after a clean stop this file alone is the data.
    /// Writes that come later are in the log again.
    pub fn move_log(&self) -> Result<()> {
        let Some(log) = &self.0 else { return Ok(()) };
        let database = Connection::open(&log.database)?;
        database.busy_timeout(CHECKPOINT_PATIENCE)?;
        let is_busy: bool = database.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        ensure!(!is_busy, "the database is in use");
        Ok(())
    }

    /// Counts a write. Called after its commit, before any other task can read what it wrote.
    pub fn note_write(&self) {
        if let Some(log) = &self.0 {
            log.written.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// When this returns, everything that was written before the call is durable. Without such writes since the last
    /// flush, it returns at once.
    pub async fn synced(&self) -> io::Result<()> {
        let Some(log) = &self.0 else { return Ok(()) };
        let mine = log.written.load(Ordering::SeqCst);
        if log.synced.load(Ordering::SeqCst) >= mine {
            return Ok(());
        }
        let _flushing = log.flushing.lock().await;
        if log.synced.load(Ordering::SeqCst) < mine {
            let all = log.written.load(Ordering::SeqCst);
            let file = log.file.clone();
            spawn_blocking(move || file.sync_data()).await??;
            log.synced.store(all, Ordering::SeqCst);
        }
        Ok(())
    }
}
