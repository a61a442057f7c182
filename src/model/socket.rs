//! Where the server's socket lies, and that nobody else can reach it.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result};
use crate::model::protocol::PROTOCOL_VERSION;

/// The longest socket path every Unix we run on accepts: macOS has 104 bytes with the final zero.
pub const MAX_SOCKET_PATH_BYTES: usize = 103;

/// The files of one server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketPaths {
    /// The socket.
    pub socket: PathBuf,
    /// Held by the running server.
    pub lock: PathBuf,
    /// What the server wrote on stderr.
    pub stderr_log: PathBuf,
}

/// Chooses the first of `folders` in which the socket's path is short enough, in the order given:
/// say the runtime folder, the data folder, and a folder of this user in the temporary one.
///
/// The file names carry a hash of the data folder, so that journals kept apart stay apart, and the
/// protocol's version, so that a server of another release is passed by.
pub fn socket_paths(data_dir: &Path, folders: &[PathBuf]) -> Result<SocketPaths> {
    let hash = HEXLOWER.encode(&Sha256::digest(data_dir.as_os_str().as_bytes()));
    let stem = format!("model-{PROTOCOL_VERSION}-{}", &hash[..8]);
    for folder in folders.iter().filter(|folder| folder.is_absolute()) {
        let socket = folder.join(format!("{stem}.sock"));
        if socket.as_os_str().len() <= MAX_SOCKET_PATH_BYTES {
            let lock = folder.join(format!("{stem}.lock"));
            let stderr_log = folder.join(format!("{stem}.log"));
            return Ok(SocketPaths { socket, lock, stderr_log });
        }
    }
    let tried: Vec<String> = folders.iter().map(|folder| folder.display().to_string()).collect();
    Err(Error::failure(format!(
        "no folder for the model server's socket: a socket's path may have {MAX_SOCKET_PATH_BYTES} \
         bytes and must be absolute (tried {})",
        tried.join(", ")
    ))
    .hint("set XDG_RUNTIME_DIR to a folder with a short path"))
}

/// Makes the socket's folder if need be, and sees to it that it is ours and closed to others: in a
/// shared temporary folder somebody else could have made it first.
pub fn prepare_folder(folder: &Path) -> Result<()> {
    let made = DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| Error::io("cannot create", folder, error))?;
    let found = fs::symlink_metadata(folder);
    let found = found.map_err(|error| Error::io("cannot look at", folder, error))?;
    let ours = rustix::process::geteuid().as_raw();
    if !found.is_dir() || found.uid() != ours {
        return Err(Error::failure(format!(
            "{} is not a folder of this user: the model server's socket would not be private there",
            folder.display()
        ))
        .hint("remove it, or set XDG_RUNTIME_DIR to a folder of your own"));
    }
    if found.permissions().mode() & 0o077 != 0 {
        fs::set_permissions(folder, Permissions::from_mode(0o700))
            .map_err(|error| Error::io("cannot make private", folder, error))?;
    }
    Ok(())
}

/// Whether this failure to connect means that nobody listens.
pub(crate) fn nobody_listens(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_with_too_long_a_path_is_passed_over() {
        let data_dir = Path::new("/data");
        let long = PathBuf::from(format!("/{}", "x".repeat(90)));
        let folders = [PathBuf::from("relative"), long.clone(), PathBuf::from("/run/user/7")];
        let paths = socket_paths(data_dir, &folders).unwrap();
        assert_eq!(paths.socket.parent(), Some(Path::new("/run/user/7")));
        assert_ne!(paths.socket, socket_paths(Path::new("/other"), &folders).unwrap().socket);
        let error = socket_paths(data_dir, std::slice::from_ref(&long)).unwrap_err();
        assert!(error.message().contains("103"), "{error}");
        assert!(error.message().contains(long.to_str().unwrap()), "{error}");
    }

    #[test]
    fn the_folder_is_private_or_refused() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("a/b");
        prepare_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).unwrap();
        prepare_folder(&folder).unwrap();
        assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        let link = scratch.path().join("link");
        std::os::unix::fs::symlink(&folder, &link).unwrap();
        assert!(prepare_folder(&link).is_err());
    }
}
