//! `config check`: what is in force and where each value comes from.

use std::fmt::Write as _;

use crate::config::{self, Given, Loaded};

use super::failure::Failure;

/// The report for standard output.
///
/// # Errors
///
/// When the configuration has problems; all of them.
pub(super) fn report(given: &Given) -> Result<String, Failure> {
    let loaded = config::load(given).map_err(Failure::configuration)?;
    Ok(table(&loaded))
}

fn table(loaded: &Loaded) -> String {
    let width = |column: fn(&config::Setting) -> usize| loaded.settings.iter().map(column).max().unwrap_or(0);
    let keys = width(|setting| setting.key.len());
    let values = width(|setting| setting.value.chars().count());
    let mut table = String::new();
    for setting in &loaded.settings {
        // Writing into a string does not fail.
        let _ = writeln!(table, "{:keys$}  {:values$}  {}", setting.key, setting.value, setting.source);
    }
    for warning in &loaded.warnings {
        let _ = writeln!(table, "warning: {warning}");
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_names_value_and_source_and_hides_passwords() {
        let given = Given {
            environment: vec![("INVITE_MAIL_SMTP".to_owned(), "smtps://ann:s3cret@mail.example.com".to_owned())],
            ..Given::default()
        };
        let report = report(&given).unwrap();
        let line = report.lines().find(|line| line.starts_with("mail.smtp")).unwrap();
        assert_eq!(
            line.split_whitespace().collect::<Vec<_>>(),
            ["mail.smtp", "smtps://ann:***@mail.example.com:465", "environment", "INVITE_MAIL_SMTP"]
        );
        assert!(!report.contains("s3cret"));
    }
}
