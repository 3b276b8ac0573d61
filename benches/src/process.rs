//! A process that is measured: what the system says of it, and its end.

use anyhow::{Context, Result};
use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

/// How long one of the ticks is in which Linux tells a process's time.
const TICK: Duration = Duration::from_millis(10);

/// A running process. Dropping it ends it.
pub struct Process(Child);

impl Process {
    /// Starts `command`.
    pub fn start(command: &mut Command) -> Result<Self> {
        let started = command.spawn().with_context(|| format!("{} does not start", command.get_program().display()));
        Ok(Self(started?))
    }

    /// The process, to read what it writes.
    pub fn child(&mut self) -> &mut Child {
        &mut self.0
    }

    /// The time that all of its threads were running so far, those that ended too.
    pub fn cpu_time(&self) -> Result<Duration> {
        let path = format!("/proc/{}/stat", self.0.id());
        let stat = fs::read_to_string(&path).with_context(|| path.clone())?;
        // The second field is a name that may contain anything.
        let (_, fields) = stat.rsplit_once(") ").with_context(|| path.clone())?;
        let fields: Vec<&str> = fields.split(' ').collect();
        let ticks = |number: usize| -> Result<u32> { Ok(fields.get(number - 3).context("a short stat")?.parse()?) };
        Ok(TICK * (ticks(14)? + ticks(15)?))
    }

    /// The memory that it holds, in megabytes of 1,048,576 bytes.
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
        // It may have ended by itself.
        self.0.kill().ok();
        self.0.wait().ok();
    }
}
