//! A process under measurement: its resource use as the system reports it, and its end.

use anyhow::{Context, Result};
use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

/// The length of one tick, Linux's unit of process time.
const TICK: Duration = Duration::from_millis(10);

/// A running process. Dropping it ends it.
pub struct Process(Child);

impl Process {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let started = command.spawn().with_context(|| format!("{} does not start", command.get_program().display()));
        Ok(Self(started?))
    }

    /// The process, for reading its output.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// The CPU time of all its threads so far, including those that ended.
    pub fn cpu_time(&self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.0.id());
        let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
        // The second field is a name, which may contain any characters.
        let (_, fields) = stat.rsplit_once(") ").with_context(|| path.clone())?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |number: usize| -> Result<u32> { Ok(fields.get(number - 3).context("a short stat")?.parse()?) };
        Ok(TICK * (ticks(14)? + ticks(15)?))
    }

    /// Its memory, in megabytes of 1,048,576 bytes.
    pub fn memory(&self) -> Result<f64> {
        let path = format!("/proc/{}/status", self.0.id());
        let status = fs::read_to_string(&path).with_context(|| path.clone())?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kilobytes / 1024.0)
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // The process may already have ended.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
