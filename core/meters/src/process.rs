//! What the system says about this process, under the names that Prometheus dashboards know.

use std::{
    fmt::Write,
    fs,
    time::{Duration, SystemTime},
};

/// The lines. What the system does not tell is left out.
pub(crate) fn text(started: SystemTime) -> String {
    let mut out = String::new();
    let started = started.duration_since(SystemTime::UNIX_EPOCH).unwrap_or(Duration::ZERO).as_secs();
    put(&mut out, "process_start_time_seconds", "When the process began, since 1970", started);
    if let Some(bytes) = resident() {
        put(&mut out, "process_resident_memory_bytes", "Memory in use", bytes);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        put(&mut out, "process_open_fds", "Open files and connections", open.count() as u64);
    }
    out
}

fn put(out: &mut String, name: &str, help: &str, value: u64) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "# HELP {name} {help}.\n# TYPE {name} gauge\n{name} {value}");
}

fn resident() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1024)
}
