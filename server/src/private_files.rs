//! Folders and files that only their owner may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Creates a folder and its parents; a new folder is for its owner only. One that is there stays as it is.
///
/// # Errors
///
/// When it cannot be created, or something else has its name.
pub(crate) fn create_private(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Tries to write into a folder, by really doing it: permission bits say nothing to root, nor about a read-only mount.
///
/// # Errors
///
/// When a file cannot be created there.
pub(crate) fn check_writable(folder: &Path) -> io::Result<()> {
    let probe = folder.join(format!(".writable-{}", std::process::id()));
    create_private_file(&probe)?;
    fs::remove_file(&probe)
}

/// Creates or empties a file that only its owner may read.
///
/// # Errors
///
/// When it cannot be created.
pub(crate) fn create_private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Whether everybody on this machine may read a file. What cannot be looked at is not said to be.
pub(crate) fn is_public(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::metadata(path).is_ok_and(|found| found.permissions().mode() & 0o004 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Replaces a file as a whole: readers see the old content or the new one. Only its owner may read it.
///
/// # Errors
///
/// When it cannot be written; the old file is then still there.
pub(crate) fn replace_private_file(path: &Path, content: &[u8]) -> io::Result<()> {
    HiddenFile::write(path, content)?.show()
}

/// A file that is written, and still has a hidden name.
#[derive(Debug)]
pub(crate) struct HiddenFile {
    hidden: PathBuf,
    path: PathBuf,
}

impl HiddenFile {
    /// Writes what is to be at a path.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub(crate) fn write(path: &Path, content: &[u8]) -> io::Result<Self> {
        let name = path.file_name().ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        let file =
            Self { hidden: path.with_file_name(format!(".{}.tmp", name.to_string_lossy())), path: path.to_owned() };
        let written = create_private_file(&file.hidden).and_then(|mut open| {
            open.write_all(content)?;
            open.sync_all()
        });
        file.clean_up_unless(written)
    }

    /// Puts it in place, and with it away what is there.
    ///
    /// # Errors
    ///
    /// When it cannot be renamed.
    pub(crate) fn show(self) -> io::Result<()> {
        let renamed = fs::rename(&self.hidden, &self.path);
        self.clean_up_unless(renamed).map(drop)
    }

    fn clean_up_unless(self, done: io::Result<()>) -> io::Result<Self> {
        if let Err(error) = done {
            // The first error is the one to tell; what is left behind is hidden and harmless.
            let _ = fs::remove_file(&self.hidden);
            return Err(error);
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_replaced_as_a_whole_and_for_their_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_private(&path).unwrap();
        create_private(&path).unwrap();
        check_writable(&path).unwrap();
        let file = path.join("dev.json");
        replace_private_file(&file, b"one").unwrap();
        replace_private_file(&file, b"two").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"two");
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1, "nothing is left behind");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }

    #[test]
    fn a_file_in_the_way_of_a_folder_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "x").unwrap();
        assert!(create_private(&path.join("below")).is_err());
        assert!(check_writable(&path).is_err());
    }
}
