//! Limits what the child can use. Systems that do not support a limit ignore it.

use rlimit::Resource;
use std::io;

/// The memory if the parent does not say, in bytes.
const MEMORY: u64 = 768 * 1024 * 1024;
/// The CPU time if the parent does not say, in seconds.
const CPU_SECONDS: u64 = 120;
/// Address space that a process reserves but does not use, in bytes: allocators do so for their arenas.
const RESERVED: u64 = 2 * 1024 * 1024 * 1024;
/// Open files. The three standard streams, and a few that a library or the runtime may need.
const FILES: u64 = 16;

/// Applies the limits of the third and fourth argument. An error if one of them is no number.
pub fn apply(arguments: &[String]) -> io::Result<()> {
    let number = |position: usize, default: u64| match arguments.get(position) {
        Some(argument) => argument.parse().map_err(io::Error::other),
        None => Ok(default),
    };
    let (memory, cpu_seconds) = (number(1, MEMORY)?, number(2, CPU_SECONDS)?);
    let limits = [
        // What is written to, and not only reserved.
        (Resource::DATA, memory),
        (Resource::AS, memory.saturating_add(RESERVED)),
        (Resource::CPU, cpu_seconds),
        // Nothing is written to files, and nothing is started.
        (Resource::FSIZE, 0),
        (Resource::CORE, 0),
        (Resource::NPROC, 0),
        (Resource::NOFILE, FILES),
    ];
    for (resource, limit) in limits {
        let limit = resource.get_hard().map_or(limit, |hard| limit.min(hard));
        // A system without this limit refuses. The parent has a time limit of its own.
        drop(resource.set(limit, limit));
    }
    Ok(())
}
