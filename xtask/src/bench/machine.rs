//! What a table was measured on.

use std::fs;

/// Processor, cores, memory, load, and how the program was built that is measured; one line.
pub(crate) fn describe(built: Option<&str>) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let processor = value("/proc/cpuinfo", "model name").unwrap_or_else(|| std::env::consts::ARCH.to_owned());
    let memory = value("/proc/meminfo", "MemTotal")
        .and_then(|text| text.split(' ').next()?.parse::<u64>().ok())
        .map(|kib| format!(", {} GiB", (kib + 512 * 1024) / (1024 * 1024)))
        .unwrap_or_default();
    let load = fs::read_to_string("/proc/loadavg").ok();
    let load = load.as_deref().and_then(|load| load.split(' ').next()).unwrap_or("unknown");
    let frequency = value("/proc/cpuinfo", "cpu MHz").map(|mhz| format!(" at {mhz} MHz")).unwrap_or_default();
    let system = std::env::consts::OS;
    let built = built.map(|built| format!(", {built}")).unwrap_or_default();
    format!("{cores} cores of {processor}{frequency}{memory}, {system}{built}; load average {load} when it began")
}

/// How this program was built.
pub(crate) const fn build() -> &'static str {
    if cfg!(debug_assertions) { "dev build" } else { "release build" }
}

fn value(file: &str, key: &str) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.starts_with(key))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}
