//! What the system knows of this process, under the names that Prometheus' own clients give it everywhere.

use procfs::process::{LimitValue, Process};
use procfs::{ProcResult, WithCurrentSystemInfo as _};

use super::Board;
use super::pulled::Sample;
use crate::clock::{Clock as _, SystemClock};

type Read = fn(&Process) -> ProcResult<f64>;

const GAUGES: [(&str, &str, Read); 4] = [
    ("process_resident_memory_bytes", "Memory of the process that is in use.", |process| {
        Ok(process.stat()?.rss_bytes().get() as f64)
    }),
    ("process_threads", "Threads of the process.", |process| Ok(process.stat()?.num_threads as f64)),
    ("process_open_fds", "Open files and connections of the process.", |process| Ok(process.fd_count()? as f64)),
    ("process_max_fds", "Files and connections that the process may have open.", |process| {
        Ok(match process.limits()?.max_open_files.soft_limit {
            LimitValue::Value(most) => most as f64,
            LimitValue::Unlimited => f64::INFINITY,
        })
    }),
];

impl Board<'_> {
    /// What cannot be read at the moment is left out.
    pub(super) fn system(&self) -> prometheus::Result<()> {
        for (name, help, read) in GAUGES {
            self.gauge(name, help, &[], move || samples(read))?;
        }
        let help = "Processor time of the process, the system's work for it included.";
        self.counter("process_cpu_seconds_total", help, &[], || samples(processor_time))?;
        // The system tells a process's start by its own, which the unit of systemd hides; the server begins moments later.
        let start = SystemClock.now().timestamp_millis() as f64 / 1000.0;
        let help = "When the server began, in seconds since 1970.";
        self.gauge("process_start_time_seconds", help, &[], move || vec![Sample::new([], start)])
    }
}

fn samples(read: Read) -> Vec<Sample> {
    Process::myself().and_then(|process| read(&process)).map(|value| Sample::new([], value)).into_iter().collect()
}

fn processor_time(process: &Process) -> ProcResult<f64> {
    let stat = process.stat()?;
    Ok((stat.utime + stat.stime) as f64 / procfs::ticks_per_second() as f64)
}
