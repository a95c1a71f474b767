//! What it takes to overwrite a cell's bytes and fsync, on the same disk in the same minute: what the
//! latency of a durable message stands beside. The store overwrites its log, too; a file that grows
//! would cost more.

use std::fs::File;
use std::io::Seek as _;
use std::io::Write as _;
use std::path::Path;
use tokio::time::Instant;

use super::Outcome;
use super::latencies::Latencies;

pub(crate) fn fsync(folder: &Path) -> Outcome<Latencies> {
    let mut file = File::create_new(folder.join("probe"))?;
    for _ in 0..PROBES {
        file.write_all(&[0; 4_096])?;
    }
    file.sync_all()?;
    file.rewind()?;
    let mut latencies = Latencies::default();
    for _ in 0..PROBES {
        let start = Instant::now();
        file.write_all(&[7; 4_096])?;
        file.sync_all()?;
        latencies.add(start.elapsed());
    }
    Ok(latencies.sorted())
}

const PROBES: usize = 200;
