//! What a process used, as the Linux kernel tells it.

use std::{fs, time::Duration};

use crate::Failure;

/// Processor time of all threads of this process that are still there.
pub(crate) fn cpu() -> Result<Duration, Failure> {
    let mut all = Duration::ZERO;
    for thread in fs::read_dir("/proc/self/task").map_err(|error| format!("processor time needs Linux: {error}"))? {
        let text = fs::read_to_string(thread?.path().join("schedstat"))?;
        let first = text.split_whitespace().next().unwrap_or_default();
        all += Duration::from_nanos(first.parse()?);
    }
    Ok(all)
}

/// Kibibytes that are resident now, and the most that ever were.
pub(crate) fn resident() -> Result<(u64, u64), Failure> {
    let status = fs::read_to_string("/proc/self/status").map_err(|error| format!("memory needs Linux: {error}"))?;
    let of = |name: &str| -> Result<u64, Failure> {
        let line = status.lines().find_map(|line| line.strip_prefix(name)).ok_or("the kernel does not tell")?;
        Ok(line.trim().trim_end_matches("kB").trim().parse()?)
    };
    Ok((of("VmRSS:")?, of("VmHWM:")?))
}

/// Whole microseconds.
pub(crate) fn micros(length: Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}
