//! Whose database file it is: one process serves it.
//!
//! Two servers on one file would each count requests by themselves, relay each other's mails and wait for one another's writes.
//! A lock of the system beside the file says that one is there; it ends with its process, however that ends. Operators'
//! commands need none: they write one transaction and go. On PostgreSQL many servers share a database: their locks there say that
//! somebody is at it, for those who must be without them (`postgres::presence`).

use std::ffi::OsString;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::postgres::presence::{self, Held, Presence};
use super::{Address, OpenError};

/// That this process has a database; given up with this value.
#[derive(Debug)]
pub struct Reservation {
    _kept: Kept,
}

#[derive(Debug)]
#[expect(dead_code, reason = "what counts is that they are there")]
enum Kept {
    /// Locked as long as it is open.
    File(File),
    Shared(Presence),
    Alone(Held),
}

impl Address {
    /// Reserves the database for this process as a server: alone on SQLite, beside others on PostgreSQL.
    ///
    /// # Errors
    /// [`OpenError::InUse`] and [`OpenError::Copied`] while another process has it, and what keeps this one from telling.
    pub async fn reserve(&self) -> Result<Reservation, OpenError> {
        let kept = match self {
            Self::Sqlite(path) => Kept::File(reserve(path)?),
            Self::Postgres(address) => Kept::Shared(Presence::begin(address).await?),
        };
        Ok(Reservation { _kept: kept })
    }

    /// Reserves the database for this process, without any server. It is not opened for that, and left as it is.
    ///
    /// # Errors
    /// [`OpenError::InUse`] and [`OpenError::Served`] while servers have it, and what keeps this one from telling.
    pub async fn reserve_alone(&self) -> Result<Reservation, OpenError> {
        let kept = match self {
            Self::Sqlite(path) => Kept::File(reserve(path)?),
            Self::Postgres(address) => Kept::Alone(presence::alone(address).await?),
        };
        Ok(Reservation { _kept: kept })
    }
}

/// The server that has a file, by its process if it has said so; none: nobody has it.
pub(super) fn holder(path: &Path) -> Option<Option<u32>> {
    let mut file = File::open(beside(path)).ok()?;
    // Held for no time: whoever comes meanwhile takes this for a server, and is told so once.
    match file.try_lock_shared() {
        Err(TryLockError::WouldBlock) => Some(process(&mut file)),
        Ok(()) | Err(TryLockError::Error(_)) => None,
    }
}

/// It may just be writing its number down; then the number is not told.
fn process(file: &mut File) -> Option<u32> {
    let mut process = String::new();
    file.read_to_string(&mut process).ok().and_then(|_| process.trim().parse().ok())
}

fn reserve(path: &Path) -> Result<File, OpenError> {
    let beside = beside(path);
    let unwritable = |source| OpenError::Unwritable { path: beside.clone(), source };
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&beside).map_err(unwritable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(OpenError::InUse { path: path.to_owned(), process: process(&mut file) });
        }
        Err(TryLockError::Error(source)) => return Err(unwritable(source)),
    }
    file.set_len(0).and_then(|()| writeln!(file, "{}", std::process::id())).map_err(unwritable)?;
    Ok(file)
}

/// The file `invite.db.lock` beside `invite.db`. Not the database itself: SQLite loses its own locks on a file that its process
/// closes elsewhere. Whichever way leads to a file, its lock is the same one.
fn beside(path: &Path) -> PathBuf {
    let mut name = OsString::from(itself(path));
    name.push(".lock");
    name.into()
}

/// A file by the way that leads to it without links; of one that is not there yet, its folder.
fn itself(path: &Path) -> PathBuf {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let in_folder = || Some(folder.canonicalize().ok()?.join(path.file_name()?));
    // Whatever cannot be found out now is told when the file is opened.
    path.canonicalize().ok().or_else(in_folder).unwrap_or_else(|| path.to_owned())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[tokio::test]
    async fn a_file_has_one_server_whichever_way_leads_to_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (real, way) = (folder.path().join("real"), folder.path().join("way"));
        std::fs::create_dir(&real).expect("made");
        symlink(&real, &way).expect("linked");
        let address = |path: PathBuf| Address::Sqlite(path);
        let is_taken = async |path: PathBuf| {
            let error = address(path).reserve().await.expect_err("somebody has it");
            assert!(matches!(error, OpenError::InUse { process: Some(_), .. }), "{error:?}");
        };
        let first = address(way.join("invite.db")).reserve().await.expect("not there yet, and free");
        is_taken(real.join("invite.db")).await;
        drop(first);

        std::fs::write(real.join("invite.db"), "").expect("written");
        symlink(real.join("invite.db"), folder.path().join("other.db")).expect("linked");
        let _first = address(real.join("invite.db")).reserve().await.expect("free again");
        is_taken(folder.path().join("other.db")).await;
        assert!(holder(&folder.path().join("other.db")).is_some());
    }
}
