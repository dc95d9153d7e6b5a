//! Progenitor as its users run it from a build script: read, generate, format, write.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use progenitor::{GenerationSettings, Generator, InterfaceStyle};

/// Writes the client of one document.
pub(crate) fn run(document: &Path, out: &Path) -> Result<()> {
    let text = fs::read_to_string(document).with_context(|| format!("cannot read {}", document.display()))?;
    let specification: openapiv3::OpenAPI = serde_json::from_str(&text)?;
    let mut settings = GenerationSettings::new();
    // The style that the generator asks for too.
    settings.with_interface(InterfaceStyle::Builder);
    let tokens = Generator::new(&settings).generate_tokens(&specification)?;
    fs::write(out, prettyplease::unparse(&syn::parse2(tokens)?))?;
    Ok(())
}
