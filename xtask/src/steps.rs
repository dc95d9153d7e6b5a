//! A list of named steps, run in order: each command printed, and where the time went.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Name, claim, and what is done.
pub(crate) type Step = (&'static str, &'static str, fn() -> Result<()>);

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these steps, by name; all if none is given
    steps: Vec<String>,
}

impl Arguments {
    /// Whether no step was singled out.
    pub(crate) fn are_all(&self) -> bool {
        self.steps.is_empty()
    }
}

/// Runs the wanted ones of `steps` until one fails; `task` is the command that they are the steps of.
pub(crate) fn run(task: &str, steps: &[Step], arguments: &Arguments) -> Result<ExitCode> {
    let names: Vec<_> = steps.iter().map(|(name, ..)| *name).collect();
    if let Some(unknown) = arguments.steps.iter().find(|step| !names.contains(&step.as_str())) {
        eprintln!("error: there is no step `{unknown}`; the steps are {}", names.join(", "));
        return Ok(ExitCode::from(2));
    }
    let wanted = |name: &str| arguments.steps.is_empty() || arguments.steps.iter().any(|step| step == name);
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for (name, claim, step) in steps.iter().filter(|(name, ..)| wanted(name)) {
        println!("\n== {name}: {claim}");
        let start = Instant::now();
        let outcome = step();
        times.push((name, start.elapsed()));
        if let Err(error) = outcome {
            print_times(&times);
            eprintln!("error: step `{name}` failed: {error:#}");
            eprintln!("hint: repeat it alone with `cargo xtask {task} {name}`");
            return Ok(ExitCode::FAILURE);
        }
    }
    print_times(&times);
    Ok(ExitCode::SUCCESS)
}

fn print_times(times: &[(&str, Duration)]) {
    let total: f64 = times.iter().map(|(_, time)| time.as_secs_f64()).sum();
    println!("\nwhere the time went:");
    for (name, time) in times {
        println!("{name:>14} {:>7.1} s", time.as_secs_f64());
    }
    println!("{:>14} {total:>7.1} s", "all");
}
