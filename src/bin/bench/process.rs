//! What a process uses, by the kernel's account (`/proc`, Linux only).

use std::fs;
use std::time::Duration;

use super::Outcome;

/// A process.
#[derive(Clone, Copy)]
pub(crate) struct Process(u32);

impl Process {
    pub(crate) const fn new(id: u32) -> Self {
        Self(id)
    }

    /// This one.
    pub(crate) fn own() -> Self {
        Self(std::process::id())
    }

    /// The time that it has computed, in user and kernel space, to a hundredth of a second.
    pub(crate) fn cpu(self) -> Outcome<Duration> {
        let stat = self.read("stat")?;
        // Behind the name, which may hold anything but ends with the last parenthesis.
        let (_, fields) = stat.rsplit_once(')').ok_or("/proc/PID/stat has no name")?;
        let ticks: u64 = fields
            .split_ascii_whitespace()
            .skip(UTIME)
            .take(2)
            .filter_map(|field| field.parse::<u64>().ok())
            .sum();
        Ok(Duration::from_millis(ticks * MILLISECONDS_PER_TICK))
    }

    /// What of it is in memory, in KiB.
    pub(crate) fn resident_kib(self) -> Outcome<u64> {
        let status = self.read("status")?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let number = line.and_then(|line| line.split_ascii_whitespace().next());
        Ok(number.ok_or("/proc/PID/status has no VmRSS")?.parse()?)
    }

    /// How many files and sockets it has open.
    pub(crate) fn files(self) -> Outcome<usize> {
        Ok(fs::read_dir(format!("/proc/{}/fd", self.0))?.count())
    }

    fn read(self, file: &str) -> Outcome<String> {
        Ok(fs::read_to_string(format!("/proc/{}/{file}", self.0))?)
    }
}

/// Where `utime` stands behind the name, with `stime` after it (proc_pid_stat(5)).
const UTIME: usize = 11;
/// USER_HZ is 100 on every Linux.
const MILLISECONDS_PER_TICK: u64 = 10;
