//! Tables in Markdown whose columns stand under each other in a terminal too.

use std::fmt;
use std::time::Duration;

/// A table; every row has as many cells as the header.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub(crate) fn new(header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(ToString::to_string).collect()] }
    }

    pub(crate) fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }
}

/// The first column is text, the others are numbers.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.first().map_or(0, Vec::len);
        let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
        let widths: Vec<usize> =
            (0..columns).map(|column| cells(column).map(|cell| cell.chars().count()).max().unwrap_or(0)).collect();
        for (index, row) in self.rows.iter().enumerate() {
            for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
                if column == 0 { write!(f, "| {cell:<width$} ")? } else { write!(f, "| {cell:>width$} ")? }
            }
            writeln!(f, "|")?;
            if index == 0 {
                for (column, width) in widths.iter().enumerate() {
                    let dashes = "-".repeat(*width + 1);
                    if column == 0 { write!(f, "|{dashes}-")? } else { write!(f, "|{dashes}:")? }
                }
                writeln!(f, "|")?;
            }
        }
        Ok(())
    }
}

/// Milliseconds, or seconds where there are many.
pub(crate) fn time(time: Duration) -> String {
    if time < Duration::from_secs(10) {
        format!("{:.0} ms", time.as_secs_f64() * 1000.0)
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// Processor time, if the system says it.
pub(crate) fn computed(taken: Option<Duration>) -> String {
    taken.map_or_else(|| "-".to_owned(), time)
}

/// How many times as long.
pub(crate) fn ratio(time: Duration, base: Duration) -> String {
    format!("{:.2}", time.as_secs_f64() / base.as_secs_f64().max(f64::MIN_POSITIVE))
}

/// Mebibytes.
pub(crate) fn memory(kib: Option<u64>) -> String {
    kib.map_or_else(|| "-".to_owned(), |kib| format!("{} MiB", kib.div_ceil(1024)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_under_each_other() {
        let mut table = Table::new(&["what", "time"]);
        table.row(vec!["a long one".to_owned(), time(Duration::from_millis(7))]);
        table.row(vec!["b".to_owned(), time(Duration::from_secs(70))]);
        assert_eq!(
            table.to_string(),
            "| what       |   time |\n|------------|-------:|\n| a long one |   7 ms |\n| b          | 70.0 s |\n"
        );
    }

    #[test]
    fn ratios_say_how_many_times_as_long() {
        assert_eq!(ratio(Duration::from_secs(3), Duration::from_secs(2)), "1.50");
        assert_eq!((memory(Some(2049)), memory(None)), ("3 MiB".to_owned(), "-".to_owned()));
    }
}
