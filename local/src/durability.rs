//! When a write to the embedded database survives a power cut. SQLite appends each commit to its write-ahead log; this
//! flushes the log to the disk before a write is answered. One flush serves all writes that were committed before it
//! began: SQLite's own flush (`synchronous=FULL`) is one for each commit, while everybody else waits.

use anyhow::{Context, Result};
use dynoxide::Database;
use std::{
    ffi::OsString,
    fs::{File, OpenOptions},
    io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};
use tokio::{sync::Mutex, task::spawn_blocking};

/// Flushes the log of one database. Cheap to clone.
#[derive(Clone)]
pub struct Durability(Option<Arc<Log>>);

struct Log {
    file: Arc<File>,
    /// How many writes asked to be flushed.
    written: AtomicU64,
    /// How many of them were. Whoever holds this flushes for all others.
    synced: Mutex<u64>,
}

impl Durability {
    /// For data that ends with the process.
    pub const fn none() -> Self {
        Self(None)
    }

    /// For the database in `file`, which is open. From now on SQLite itself flushes only what its integrity takes.
    pub fn of(database: &Database, file: &Path) -> Result<Self> {
        // Sets `synchronous=NORMAL`, and else what are SQLite's defaults: the only way that there is to set it.
        database.disable_bulk_loading()?;
        let mut name = OsString::from(file);
        name.push("-wal");
        // SQLite keeps this one file while the database is open.
        let log = OpenOptions::new().write(true).open(&name);
        let file = Arc::new(log.with_context(|| format!("{} cannot be opened", Path::new(&name).display()))?);
        Ok(Self(Some(Arc::new(Log { file, written: AtomicU64::new(0), synced: Mutex::new(0) }))))
    }

    /// Everything that was committed before this call is durable when it returns.
    pub async fn synced(&self) -> io::Result<()> {
        let Some(log) = &self.0 else { return Ok(()) };
        let mine = log.written.fetch_add(1, Ordering::SeqCst) + 1;
        let mut synced = log.synced.lock().await;
        if *synced < mine {
            let all = log.written.load(Ordering::SeqCst);
            let file = log.file.clone();
            spawn_blocking(move || file.sync_data()).await??;
            *synced = all;
        }
        Ok(())
    }
}
