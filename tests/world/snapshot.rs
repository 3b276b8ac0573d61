//! What is prepared once and copied into many worlds: the empty tables, somebody with one of everything, a flow up to
//! the request that counts. A copy is a fresh process on its own data, at the same moment, with the same randomness.

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

/// A database in memory that has a name of its own in this process, by which another can be filled from it.
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

    /// A database with the tables and nothing in them.
    pub fn empty() -> Self {
        EMPTY.copy()
    }

    fn copy(&self) -> Self {
        let copy = Self::new();
        copy.database.restore_from(&self.name).unwrap();
        copy
    }
}

/// The data of a world at some moment.
pub struct Snapshot {
    database: NamedDatabase,
    /// What the embedded S3 kept: paths below its directory, and contents.
    files: Vec<(PathBuf, Vec<u8>)>,
    /// What was sent to the queues, as operations and requests.
    sent: Vec<(String, Value)>,
    settings: HashMap<String, String>,
    millis: u64,
    entropy: u64,
    has_remote_model: bool,
}

impl World {
    /// The data as it is now, for worlds that start from it. Only for a world whose queues nobody has worked on yet.
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
            has_remote_model: self.model.is_remote(),
        }
    }
}

impl Snapshot {
    /// A world that starts from this.
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
        if self.has_remote_model {
            world.model.be_remote();
        }
        for (operation, request) in &self.sent {
            world.queues.run(operation, request.to_string().as_bytes()).unwrap();
        }
        world
    }
}
