//! Makes the pages of the documentation from the document, its samples and the guides, and hands them to the library as
//! constants, so that a server that serves them holds nothing of them in memory that nobody reads.

mod coverage;
mod document;
mod facts;
mod highlight;
mod markdown;
mod operation;
mod page;
mod prose;
mod schema;
mod search;
mod site;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use page::Source;

fn main() -> Result<()> {
    let here = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").context("cargo says where the crate is")?);
    let out = PathBuf::from(std::env::var_os("OUT_DIR").context("cargo says where to write")?);
    let root = here.ancestors().nth(2).context("the crate is inside of the workspace")?;
    let source = Source::read(&here, root)?;
    let site = site::make(&source)?;
    let mut code = String::from("&[\n");
    for (path, content) in &site.files {
        let file = out.join("site").join(path);
        write(&file, content)?;
        let media_type = media_type(path)?;
        writeln!(
            code,
            "Page {{ path: {path:?}, content_type: {media_type:?}, bytes: include_bytes!({:?}) }},",
            file.display().to_string()
        )?;
    }
    code.push_str("]\n");
    write(&out.join("pages.rs"), &code)?;
    write(&out.join("limits.rs"), &format!("&{:?}\n", Vec::from_iter(facts::limit_names())))?;
    write(&out.join("coverage.rs"), &table(&site))
}

/// The table of what is covered, as a constant.
fn table(site: &site::Site) -> String {
    let rows: Vec<String> =
        site.coverage.iter().map(|(id, cells)| format!("Row {{ operation: {id:?}, cells: &{cells:?} }},\n")).collect();
    format!("Coverage {{ columns: &{:?}, rows: &[\n{}] }}\n", coverage::columns(), rows.concat())
}

fn write(file: &Path, content: &str) -> Result<()> {
    let folder = file.parent().context("a file has a folder")?;
    fs::create_dir_all(folder)?;
    fs::write(file, content).with_context(|| format!("cannot write {}", file.display()))
}

fn media_type(path: &str) -> Result<&'static str> {
    Ok(match path.rsplit_once('.').context("every file has an extension")?.1 {
        "html" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "yaml" => "application/yaml",
        other => anyhow::bail!("what is a file `.{other}`?"),
    })
}
