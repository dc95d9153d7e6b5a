//! The documentation for those who call the API, as files of one site: reference, guides, problems, search and a console.
//!
//! Everything is made when this crate is compiled (`build/main.rs`), from `openapi/invite.yaml` and the texts in `guides`;
//! nothing is read or made while a program runs. The server serves the files below `/docs/`, `cargo xtask docs` writes them
//! into a folder, where they work without a server. All links are relative, and no page loads anything from elsewhere.

/// A file of the site.
#[derive(Debug)]
pub struct Page {
    /// Where it is, from the root of the site: `operations/activate.html`.
    pub path: &'static str,
    /// Its media type.
    pub content_type: &'static str,
    /// What is in it.
    pub bytes: &'static [u8],
}

/// What every operation has on its page, as a table.
#[derive(Debug)]
pub struct Coverage {
    /// What belongs on the page of an operation.
    pub columns: &'static [&'static str],
    /// The operations.
    pub rows: &'static [Row],
}

/// What one operation has.
#[derive(Debug)]
pub struct Row {
    /// Its id.
    pub operation: &'static str,
    /// One for each column: what is there, `-` where nothing belongs, nothing where something is missing.
    pub cells: &'static [&'static str],
}

const PAGES: &[Page] = include!(concat!(env!("OUT_DIR"), "/pages.rs"));
const COVERAGE: Coverage = include!(concat!(env!("OUT_DIR"), "/coverage.rs"));
const LIMITS: &[&str] = include!(concat!(env!("OUT_DIR"), "/limits.rs"));
/// What stands in the page about missing ones for the way to the root.
const ROOT: &str = "{root}";

/// All files of the site.
#[must_use]
pub const fn pages() -> &'static [Page] {
    PAGES
}

/// The file at `path`, which starts at the root of the site. The root itself is its index, and pages are found without `.html`, too.
#[must_use]
pub fn find(path: &str) -> Option<&'static Page> {
    let wanted = if path.is_empty() { "index.html" } else { path };
    let at = |page: &&Page| page.path == wanted || page.path.strip_suffix(".html") == Some(wanted);
    PAGES.iter().find(at)
}

/// What to show for `path`, where [`find`] finds nothing. Nothing of the path is in it.
#[must_use]
pub fn missing(path: &str) -> String {
    let root = "../".repeat(path.matches('/').count());
    find("missing.html").map(|page| String::from_utf8_lossy(page.bytes).replace(ROOT, &root)).unwrap_or_default()
}

/// What is covered, operation by operation.
#[must_use]
pub const fn coverage() -> &'static Coverage {
    &COVERAGE
}

/// The limits that the pages of operations tell of, by their names in a server's settings.
#[must_use]
pub const fn limits() -> &'static [&'static str] {
    LIMITS
}

impl Coverage {
    /// Every cell in which something is missing: operation and column.
    pub fn holes(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.rows.iter().flat_map(|row| {
            let cells = row.cells.iter().zip(self.columns);
            cells.filter(|(cell, _)| cell.is_empty()).map(|(_, column)| (row.operation, *column))
        })
    }
}
