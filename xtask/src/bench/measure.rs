//! Runs a program several times and watches it: how long it takes, and how much memory it has at its peak.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};

/// How often memory is looked at. The peak is the kernel's, so nothing between two looks is missed but the very end.
const EVERY: Duration = Duration::from_millis(2);

/// What several runs of one program took.
#[derive(Clone, Debug)]
pub(crate) struct Measured {
    /// In ascending order, never empty.
    times: Vec<Duration>,
    /// In KiB; none where the system does not say.
    pub(crate) peak: Option<u64>,
}

impl Measured {
    pub(crate) fn best(&self) -> Duration {
        self.times.first().copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.times.get(self.times.len() / 2).copied().unwrap_or_default()
    }
}

/// Runs what `command` makes: once to warm up, then `runs` times.
pub(crate) fn measure(runs: usize, command: &dyn Fn() -> Result<Command>) -> Result<Measured> {
    let mut times = Vec::new();
    let mut peak = None;
    for round in 0..=runs {
        let (time, memory) = once(&mut command()?)?;
        if round > 0 {
            times.push(time);
            peak = peak.max(memory);
        }
    }
    times.sort_unstable();
    Ok(Measured { times, peak })
}

fn once(command: &mut Command) -> Result<(Duration, Option<u64>)> {
    let program = command.get_program().to_string_lossy().into_owned();
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let start = Instant::now();
    let mut child = command.spawn().with_context(|| format!("cannot run `{program}`"))?;
    let mut peak = None;
    let status = loop {
        peak = peak.max(memory(&child));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(EVERY);
    };
    let time = start.elapsed();
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        bail!("`{program} {}` failed ({status}); run it by hand to see why", arguments.join(" "));
    }
    Ok((time, peak))
}

/// The peak so far, in KiB.
fn memory(child: &Child) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_fails_is_named() {
        let fails = || {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--no-such-option");
            Ok(command)
        };
        let error = measure(1, &fails).unwrap_err().to_string();
        assert!(error.contains("--no-such-option` failed"), "{error}");
    }

    #[test]
    fn the_best_of_several_runs_is_at_most_the_median() {
        let lists = || {
            let mut command = Command::new(std::env::current_exe()?);
            command.arg("--list");
            Ok(command)
        };
        let measured = measure(3, &lists).unwrap();
        assert!(measured.best() <= measured.median() && measured.times.len() == 3);
    }
}
