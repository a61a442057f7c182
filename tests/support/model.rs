//! A model server of one test's own.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use journaling_ai::model::socket::{SocketPaths, socket_paths};
use journaling_ai::model::{ClientConfig, ModelClient};
use tempfile::TempDir;

/// One server at a time: each takes all cores it is given, and half a gigabyte.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

/// A folder for one server's socket. The server is asked to leave when it is dropped.
pub(crate) struct Place {
    pub(crate) folder: TempDir,
    pub(crate) paths: SocketPaths,
    pub(crate) server: PathBuf,
    pub(crate) idle: Duration,
    /// Unless a test says otherwise, the server computes as the reference does.
    pub(crate) exact: bool,
    _turn: MutexGuard<'static, ()>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().unwrap();
        let paths = socket_paths(folder.path(), &[folder.path().join("run")]).unwrap();
        let server = env!("CARGO_BIN_EXE_journal-model").into();
        Place { folder, paths, server, idle: Duration::from_secs(60), exact: true, _turn: turn }
    }

    pub(crate) fn config(&self) -> ClientConfig {
        ClientConfig {
            socket: self.paths.socket.clone(),
            lock: self.paths.lock.clone(),
            server: self.server.clone(),
            idle: self.idle,
            threads: None,
            exact: self.exact,
            start_timeout: Duration::from_secs(60),
            stderr_log: self.paths.stderr_log.clone(),
        }
    }

    pub(crate) fn client(&self) -> ModelClient {
        ModelClient::connect_or_start(self.config()).unwrap()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Ok(Some(client)) = ModelClient::connect(self.config()) {
            let _ = client.shutdown();
        }
    }
}
