//! Runs a program several times and watches it: how long it takes, how much of that it computes, and how much memory it has
//! at its peak.

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
    /// The least processor time of a run, on all cores together: what is left of a time on a busy machine. None where the
    /// system does not say.
    pub(crate) computed: Option<Duration>,
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
    let mut computed: Option<Duration> = None;
    for round in 0..=runs {
        let before = children();
        let (time, memory) = once(&mut command()?)?;
        let after = children();
        if round > 0 {
            times.push(time);
            peak = peak.max(memory);
            let taken = after.zip(before).map(|(after, before)| after.saturating_sub(before));
            computed = computed.min(taken).or(taken);
        }
    }
    times.sort_unstable();
    Ok(Measured { times, peak, computed })
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

/// Processor time of all children that have ended so far: user's and system's.
fn children() -> Option<Duration> {
    const TICKS_A_SECOND: u64 = 100;
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name of the program stands in parentheses and may hold blanks; times of children are the 14th and 15th after it.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks: u64 = fields.get(13..15)?.iter().map(|field| field.parse::<u64>().ok()).sum::<Option<u64>>()?;
    Some(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
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

    #[test]
    fn processor_time_is_that_of_children_that_have_ended() {
        let before = children().unwrap();
        let count = "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done";
        assert!(Command::new("sh").args(["-c", count]).status().unwrap().success());
        assert!(children().unwrap() > before);
    }
}
