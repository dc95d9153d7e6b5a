//! How far an import is: a bar on a terminal, a line now and then elsewhere, nothing for who wants quiet.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::globals::Format;
use crate::output::{Printer, printable};

/// Where no terminal is, this many lines tell the whole story.
const LINES: usize = 10;

/// What is shown.
pub(super) enum Progress {
    Bar(ProgressBar),
    Lines { rows: usize, done: usize },
    None,
}

impl Progress {
    /// Begins.
    pub(super) fn start(rows: usize, printer: &Printer) -> Self {
        if printer.quiet {
            return Self::None;
        }
        let bar = ProgressBar::with_draw_target(Some(rows as u64), ProgressDrawTarget::stderr());
        if bar.is_hidden() {
            return if printer.format == Format::Json { Self::None } else { Self::Lines { rows, done: 0 } };
        }
        // The template is a constant; without it, the bar looks as it does by itself.
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} rows, {eta} left") {
            bar.set_style(style);
        }
        bar.tick();
        Self::Bar(bar)
    }

    /// One row more.
    pub(super) fn step(&mut self, printer: &Printer) {
        match self {
            Self::Bar(bar) => bar.inc(1),
            Self::Lines { rows, done } => {
                *done += 1;
                if done.is_multiple_of(rows.div_ceil(LINES)) && done < rows {
                    printer.note(&format!("{done} of {rows} rows"));
                }
            }
            Self::None => {}
        }
    }

    /// So many rows.
    pub(super) fn reach(&mut self, printer: &Printer, reached: usize) {
        match self {
            Self::Bar(bar) => bar.set_position(reached as u64),
            Self::Lines { rows, done } => {
                let every = rows.div_ceil(LINES);
                if reached / every > *done / every && reached < *rows {
                    printer.note(&format!("{reached} of {rows} rows"));
                }
                *done = reached;
            }
            Self::None => {}
        }
    }

    /// A line above the bar.
    pub(super) fn say(&self, printer: &Printer, text: &str) {
        match self {
            Self::Bar(bar) => bar.suspend(|| eprintln!("{}", printable(&printer.known.scrub(text)))),
            Self::Lines { .. } | Self::None => printer.note(text),
        }
    }

    /// The bar as it is at last.
    pub(super) fn end(&self) {
        if let Self::Bar(bar) = self {
            bar.abandon();
        }
    }
}
