//! `invite-docs FOLDER`: writes the site into a folder and prints what every operation has on its page.
//!
//! `cargo xtask docs` runs it: the tasks themselves use no crate that needs the generated files.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use invite_docs::{Coverage, coverage, pages};

fn main() -> ExitCode {
    let Some(folder) = std::env::args_os().nth(1).map(PathBuf::from) else {
        eprintln!("error: say into which folder");
        return ExitCode::FAILURE;
    };
    if let Err(error) = write(&folder) {
        eprintln!("error: cannot write the site: {error}");
        return ExitCode::FAILURE;
    }
    print!("{}", table(coverage()));
    let size: usize = pages().iter().map(|page| page.bytes.len()).sum();
    println!("\nwrote {} files, {} KiB, into {}", pages().len(), size / 1024, folder.display());
    if coverage().holes().next().is_some() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn write(folder: &Path) -> std::io::Result<()> {
    for page in pages() {
        let file = folder.join(page.path);
        if let Some(parent) = file.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(file, page.bytes)?;
    }
    Ok(())
}

/// The table, a hole as `MISSING`.
fn table(coverage: &Coverage) -> String {
    let id = coverage.rows.iter().map(|row| row.operation.len()).max().unwrap_or_default();
    let line = |first: &str, cells: &[&str]| {
        let cells = cells.iter().zip(coverage.columns).map(|(cell, column)| {
            let shown = if cell.is_empty() { "MISSING" } else { cell };
            format!("  {shown:<width$}", width = column.len().max("MISSING".len()))
        });
        format!("{first:<id$}{}\n", cells.collect::<String>().trim_end())
    };
    let rows = coverage.rows.iter().map(|row| line(row.operation, row.cells));
    let whole =
        coverage.rows.len() - coverage.holes().map(|(id, _)| id).collect::<std::collections::BTreeSet<_>>().len();
    let count = format!("\n{whole} of {} operations without a hole\n", coverage.rows.len());
    [line("operation", coverage.columns)].into_iter().chain(rows).chain([count]).collect()
}
