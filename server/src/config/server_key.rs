//! The server key: 32 random bytes that seal what must be stored readable (mails that wait, signup tokens).
//!
//! A file of 64 hexadecimal digits, made at the first start. Further lines hold further keys, which only open what was sealed under
//! them: so one key follows another. Whoever loses it loses the mails that wait and the signup links
//! that admins may copy; nothing else depends on it. So no key is made, and no other one is taken, for a database that servers
//! have used with one.

use std::fmt;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::entropy::{Entropy, EntropyError};
use crate::private_files;
use crate::seal::Sealer;

const BYTES: usize = 32;

/// The key cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum ServerKeyError {
    /// The file cannot be read or written.
    #[error("cannot {verb} the server key {path}: {source}")]
    File {
        /// `read` or `create`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// There is no chance to make a key from.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The file holds something else.
    #[error("{path} holds no server key: expected 64 hexadecimal digits, a key a line")]
    Content {
        /// The file.
        path: PathBuf,
    },
}

/// The keys of a server.
pub struct ServerKeys {
    /// Seals and opens.
    pub first: [u8; BYTES],
    /// Only open.
    pub others: Vec<[u8; BYTES]>,
}

impl ServerKeys {
    /// What seals and opens with them.
    #[must_use]
    pub fn sealer(&self, entropy: Entropy) -> Sealer {
        Sealer::new(&self.first, entropy).with_others(&self.others)
    }
}

impl fmt::Debug for ServerKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerKeys").field("others", &self.others.len()).finish_non_exhaustive()
    }
}

/// Reads the keys, or makes one if there is no file.
///
/// # Errors
///
/// When the file cannot be read or created, or holds something else. A damaged file is never replaced.
pub fn load_or_create(path: &Path, entropy: &Entropy) -> Result<ServerKeys, ServerKeyError> {
    if let Some(keys) = load(path)? {
        return Ok(keys);
    }
    let key = entropy.bytes()?;
    create(path, &key).map_err(|source| ServerKeyError::File { verb: "create", path: path.to_owned(), source })?;
    Ok(ServerKeys { first: key, others: Vec::new() })
}

/// Reads the keys; none: there is no file.
///
/// # Errors
///
/// When the file cannot be read, or holds something else.
pub fn load(path: &Path) -> Result<Option<ServerKeys>, ServerKeyError> {
    let content = || ServerKeyError::Content { path: path.to_owned() };
    match fs::read_to_string(path) {
        Ok(text) => read(&text).map(Some).ok_or_else(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Err(content()),
        Err(source) => Err(ServerKeyError::File { verb: "read", path: path.to_owned(), source }),
    }
}

/// What is wrong with a file that can be read all the same.
#[must_use]
pub fn doubt(path: &Path) -> Option<String> {
    let shown = path.display();
    private_files::is_public(path).then(|| format!("everybody on this machine can read {shown}: `chmod o= {shown}`"))
}

fn read(text: &str) -> Option<ServerKeys> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut keys = lines.map(decode).collect::<Option<Vec<_>>>()?.into_iter();
    Some(ServerKeys { first: keys.next()?, others: keys.collect() })
}

/// Writes a new file. It appears whole, and never over one that another process made meanwhile.
fn create(path: &Path, key: &[u8; BYTES]) -> io::Result<()> {
    let hidden = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = private_files::create_private_file(&hidden)?;
    let digits: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let written = writeln!(file, "{digits}").and_then(|()| file.sync_all()).and_then(|()| fs::hard_link(&hidden, path));
    fs::remove_file(&hidden)?;
    written
}

fn decode(digits: &str) -> Option<[u8; BYTES]> {
    if digits.len() != 2 * BYTES || !digits.is_ascii() {
        return None;
    }
    let mut key = [0; BYTES];
    for (byte, pair) in key.iter_mut().zip(digits.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        let key = load_or_create(&path, &Entropy).unwrap().first;
        assert_ne!(key, [0; 32]);
        assert_eq!(load_or_create(&path, &Entropy).unwrap().first, key);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(doubt(&path), None);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(doubt(&path).is_some_and(|doubt| doubt.contains("chmod o= ")));
        }
    }

    #[test]
    fn the_first_line_is_the_key_and_the_others_are_keys_too() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        let (new, old) = ("ab".repeat(32), "cd".repeat(32));
        fs::write(&path, format!("{new}\n\n  {old}\r\n")).unwrap();
        let keys = load_or_create(&path, &Entropy).unwrap();
        assert_eq!((keys.first, keys.others.as_slice()), ([0xab; 32], [[0xcd; 32]].as_slice()));
        assert!(!format!("{keys:?}").contains("171"), "{keys:?}");
        fs::write(&path, format!("{new}\n{}", &old[1..])).unwrap();
        assert!(load_or_create(&path, &Entropy).unwrap_err().to_string().contains("a key a line"));
    }

    #[test]
    fn a_damaged_key_is_refused_and_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("server.key");
        for content in
            [b"".to_vec(), b"abc".to_vec(), "zz".repeat(32).into_bytes(), "é".repeat(32).into_bytes(), vec![0xff; 64]]
        {
            fs::write(&path, &content).unwrap();
            let error = load_or_create(&path, &Entropy).unwrap_err();
            assert!(error.to_string().contains("64 hexadecimal digits"), "{error}");
            assert_eq!(fs::read(&path).unwrap(), content);
        }
        assert!(matches!(load_or_create(folder.path(), &Entropy), Err(ServerKeyError::File { verb: "read", .. })));
    }
}
