//! State that is prepared once and copied into many worlds: the empty tables, a user with one of everything, a flow up
//! to the request under test. A copy is a fresh process on its own data, at the same time, with the same randomness.

use super::{CountedEntropy, ScriptedModel, TestClock, TestKeyring, World};
use dynoxide::Database;
use local::tables;
use serde_json::Value;
use std::{
    collections::HashMap,
    fs,
    path::PathBuf,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

/// The empty tables.
static EMPTY: LazyLock<NamedDatabase> = LazyLock::new(|| {
    let empty = NamedDatabase::new();
    tables::create(&empty.database).unwrap();
    empty
});

/// An in-memory database with a name that is unique in this process, so that another database can be filled from it.
#[derive(Clone)]
pub struct NamedDatabase {
    pub database: Database,
    name: Arc<str>,
}

impl NamedDatabase {
    fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let name = format!("file:/{}?vfs=memdb", COUNT.fetch_add(1, Ordering::SeqCst));
        Self { database: Database::new(&name).unwrap(), name: name.into() }
    }

    /// A database with empty tables.
    pub fn empty() -> Self {
        EMPTY.copy()
    }

    fn copy(&self) -> Self {
        let copy = Self::new();
        copy.database.restore_from(&self.name).unwrap();
        copy
    }
}

/// A world's data at one moment.
pub struct Snapshot {
    database: NamedDatabase,
    /// The files of the embedded S3: relative paths and contents.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// The calls to the queues: operations and requests.
    sent: Vec<(String, Value)>,
    settings: HashMap<String, String>,
    millis: u64,
    entropy: u64,
}

impl World {
    /// Copies the current data. Only for a world whose queues have not been processed yet.
    pub fn snapshot(&self) -> Snapshot {
        let directory = self.storage();
        let files = self.stored().into_iter().map(|path| {
            let content = fs::read(&path).unwrap();
            (path.strip_prefix(&directory).unwrap().to_owned(), content)
        });
        Snapshot {
            database: self.data.copy(),
            files: files.collect(),
            sent: self.queue_faults.calls(),
            settings: self.settings.clone(),
            millis: self.now_millis(),
            entropy: self.entropy.count(),
        }
    }
}

impl Snapshot {
    /// Creates a world from this snapshot.
    pub fn world(&self) -> World {
        let storage = tempfile::tempdir().unwrap();
        for (path, content) in &self.files {
            let path = storage.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
        let world = World::over(
            self.database.copy(),
            Arc::new(storage),
            self.settings.clone(),
            Arc::new(TestClock { millis: self.millis.into(), is_broken: AtomicBool::new(false) }),
            Arc::new(CountedEntropy::after(self.entropy)),
            Arc::new(ScriptedModel::default()),
            Arc::new(TestKeyring::of(&self.settings)),
        );
        for (operation, request) in &self.sent {
            world.queues.run(operation, request.to_string().as_bytes()).unwrap();
        }
        world
    }
}
