//! The server's life: one of many wins the lock and listens, each connection has a thread, and when
//! nobody has been there for a while it goes away.

use std::fs::{self, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, BufReader, BufWriter};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::error::{Error, Result};
use crate::model::serve::{Engine, Service};
use crate::model::socket::{MAX_SOCKET_PATH_BYTES, prepare_folder};

/// How a server is run.
#[derive(Debug, Clone)]
pub struct ListenConfig {
    /// The socket, in a folder that is made private.
    pub socket: PathBuf,
    /// The file whose lock the one server holds.
    pub lock: PathBuf,
    /// How long to stay with nobody connected; also how long a connection may be silent.
    pub idle: Duration,
    /// The program that serves. When another is put in its place, the server leaves to it.
    pub executable: Option<PathBuf>,
}

/// Why [`listen`] returned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Another server holds the lock; nothing was done.
    AnotherServes,
    /// Nobody came for as long as the idle time.
    Idle,
    /// A client asked for it.
    Asked,
    /// Another program, say of a newer release, is in the place of the one that serves.
    Replaced,
    /// The socket's file was removed or replaced, so no client can come any more.
    Unreachable,
}

/// How often the watch looks whether the socket's file is still ours.
const WATCH: Duration = Duration::from_secs(2);

/// How long requests in work may take when the server is to stop. What takes longer is cut off, and asked
/// again by the client.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until idle or asked to stop. The engine is made once the lock is won.
///
/// A client that connects in the moment of leaving is cut off without an answer and starts
/// another server: see [`crate::model::client`].
pub fn listen<E: Engine + 'static>(config: &ListenConfig, engine: impl FnOnce() -> E) -> Result<Ended> {
    if config.socket.as_os_str().len() > MAX_SOCKET_PATH_BYTES {
        return Err(Error::usage(format!(
            "the socket's path {} is longer than {MAX_SOCKET_PATH_BYTES} bytes",
            config.socket.display()
        )));
    }
    for path in [&config.socket, &config.lock] {
        prepare_folder(path.parent().unwrap_or(Path::new("/")))?;
    }
    // Held until the function returns, after the socket's file has been removed.
    let Some(_lock) = take_lock(&config.lock)? else { return Ok(Ended::AnotherServes) };
    let listener = bind(&config.socket)?;
    let ours = identity(&config.socket).ok_or_else(|| Error::failure("the socket vanished as soon as it was made"))?;

    let shared = Arc::new(Shared {
        service: Service::new(engine()),
        attendance: Mutex::new(Attendance { present: 0, last: Instant::now(), leaving: false }),
        changed: Condvar::new(),
        idle: config.idle,
    });
    let acceptor = {
        let shared = Arc::clone(&shared);
        thread::spawn(move || accept(&listener, &shared))
    };
    let program = config.executable.as_deref().and_then(program_identity);
    // While a new program is being put in place there may be none for a moment.
    let replaced = || {
        let now = config.executable.as_deref().and_then(program_identity);
        program.is_some() && now.is_some() && now != program
    };
    let ended = watch(&shared, || identity(&config.socket) == Some(ours), replaced);
    if ended != Ended::Unreachable {
        // Wakes the acceptor, which looks whether we are leaving; then nobody can come any more.
        let woken = UnixStream::connect(&config.socket).is_ok();
        let _ = fs::remove_file(&config.socket);
        if woken {
            let _ = acceptor.join();
        }
    }
    Ok(ended)
}

struct Shared<E> {
    service: Service<E>,
    attendance: Mutex<Attendance>,
    changed: Condvar,
    idle: Duration,
}

struct Attendance {
    present: usize,
    last: Instant,
    leaving: bool,
}

impl<E: Engine> Shared<E> {
    fn attendance(&self) -> MutexGuard<'_, Attendance> {
        self.attendance.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn take_lock(path: &Path) -> Result<Option<File>> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(path);
    let file = file.map_err(|error| Error::io("cannot open", path, error))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(Error::io("cannot lock", path, error)),
    }
}

fn bind(socket: &Path) -> Result<UnixListener> {
    // We hold the lock, so a file in our way belongs to a server that died.
    match fs::remove_file(socket) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            return Err(Error::io("cannot replace", socket, error));
        }
        _ => {}
    }
    let listener = UnixListener::bind(socket).map_err(|error| Error::io("cannot listen at", socket, error))?;
    fs::set_permissions(socket, Permissions::from_mode(0o600))
        .map_err(|error| Error::io("cannot make private", socket, error))?;
    Ok(listener)
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::symlink_metadata(path).ok().map(|found| (found.dev(), found.ino()))
}

/// What tells a program from another under the same path: the file, its length and when it was changed.
/// Nothing while it cannot be run.
fn program_identity(path: &Path) -> Option<(u64, u64, u64, i64)> {
    let found = fs::metadata(path).ok().filter(|found| found.is_file() && found.mode() & 0o111 != 0)?;
    Some((found.dev(), found.ino(), found.len(), found.mtime()))
}

fn accept<E: Engine + 'static>(listener: &UnixListener, shared: &Arc<Shared<E>>) {
    for stream in listener.incoming() {
        // Out of file descriptors, or a client that gave up in the queue: neither is our end.
        let Ok(stream) = stream else {
            thread::sleep(Duration::from_millis(20));
            continue;
        };
        {
            let mut attendance = shared.attendance();
            if attendance.leaving {
                return;
            }
            // Cut off without an answer: the client waits for the next server.
            if shared.service.stopping() {
                continue;
            }
            attendance.present += 1;
        }
        let guest = Guest { shared: Arc::clone(shared) };
        // When no thread can be had, the closure is dropped, and with it guest and stream.
        let _ = thread::Builder::new().name("connection".into()).spawn(move || guest.talk(&stream));
    }
}

/// Somebody present; leaves when dropped.
struct Guest<E: Engine> {
    shared: Arc<Shared<E>>,
}

impl<E: Engine> Guest<E> {
    fn talk(&self, stream: &UnixStream) {
        // A client that was suspended must not keep the model in memory for ever.
        let _ = stream.set_read_timeout(Some(self.shared.idle.max(Duration::from_secs(1))));
        let _ = stream.set_write_timeout(Some(Duration::from_secs(60)));
        let (mut reader, mut writer) = (BufReader::new(stream), BufWriter::new(stream));
        // A client that broke off has nobody left to tell.
        let _ = self.shared.service.serve_connection(&mut reader, &mut writer);
    }
}

impl<E: Engine> Drop for Guest<E> {
    fn drop(&mut self) {
        let mut attendance = self.shared.attendance();
        attendance.present -= 1;
        attendance.last = Instant::now();
        drop(attendance);
        self.shared.changed.notify_all();
    }
}

/// Waits until it is time to leave, and from then on lets nobody in.
fn watch<E: Engine>(shared: &Shared<E>, reachable: impl Fn() -> bool, replaced: impl Fn() -> bool) -> Ended {
    let mut asked_at = None;
    let mut stopped = Ended::Asked;
    let mut attendance = shared.attendance();
    loop {
        let quiet = attendance.last.elapsed();
        if !shared.service.stopping() && replaced() {
            stopped = Ended::Replaced;
            shared.service.stop();
        }
        let ended = if shared.service.stopping() {
            let since = *asked_at.get_or_insert_with(Instant::now);
            // Whoever asked may be the machine on its way down; a new program can wait.
            let long_enough = stopped == Ended::Asked && since.elapsed() >= GRACE;
            (shared.service.working() == 0 || long_enough).then_some(stopped)
        } else if attendance.present > 0 {
            None
        } else if quiet >= shared.idle {
            Some(Ended::Idle)
        } else if !reachable() {
            Some(Ended::Unreachable)
        } else {
            None
        };
        if let Some(ended) = ended {
            attendance.leaving = true;
            return ended;
        }
        let pause = if attendance.present == 0 { shared.idle.saturating_sub(quiet) } else { WATCH };
        attendance =
            shared.changed.wait_timeout(attendance, pause.min(WATCH)).unwrap_or_else(PoisonError::into_inner).0;
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
#[path = "listen_tests.rs"]
mod tests;
