//! What the search knows: a script that sets it, because a page on disk may not fetch.

use anyhow::Result;
use serde_json::json;

use crate::page::Draft;

/// The script with every page that can be found, and the words by which.
pub(crate) fn script(found: &[(&Draft, String, String)]) -> Result<String> {
    let entries: Vec<_> = found
        .iter()
        .map(|(draft, kind, words)| json!({ "title": draft.title, "path": draft.path, "kind": kind, "about": draft.about, "words": words }))
        .collect();
    Ok(format!("globalThis.searchIndex = {};\n", serde_json::to_string(&entries)?))
}
