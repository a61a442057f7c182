//! Between a machine and its server: counts what passes, cuts the line, or makes it slow.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What happens at a point of the conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    /// Nothing.
    Pass,
    /// The line is cut, after the server has got the message or before.
    CutAfter,
    CutBefore,
    /// The client is killed, after the server has got the message.
    Kill,
}

/// A unix socket that leads to the server.
pub(crate) struct Proxy {
    folder: tempfile::TempDir,
    /// Messages that have passed, of all connections.
    passed: Arc<AtomicUsize>,
    /// Bytes that the server has answered with.
    answered: Arc<AtomicU64>,
    plan: Arc<Mutex<(usize, Event)>>,
    /// The client to be killed.
    pub(crate) client: Arc<AtomicUsize>,
    delay: Arc<AtomicU64>,
    name: String,
}

impl Proxy {
    /// In front of the server whose socket is in the folder that this URL names.
    pub(crate) fn before(url: &str) -> Proxy {
        let rest = url.split_once('@').unwrap().1;
        let (host, name) = rest.split_once('/').unwrap();
        let target = PathBuf::from(host.replace("%2F", "/")).join(".s.PGSQL.5432");
        let folder = tempfile::Builder::new().prefix("jpx").tempdir_in("/tmp").unwrap();
        let listener = UnixListener::bind(folder.path().join(".s.PGSQL.5432")).unwrap();
        let proxy = Proxy {
            folder,
            passed: Arc::default(),
            answered: Arc::default(),
            plan: Arc::new(Mutex::new((usize::MAX, Event::Pass))),
            client: Arc::default(),
            delay: Arc::default(),
            name: name.to_string(),
        };
        let (passed, answered, plan, client, delay) = (
            proxy.passed.clone(),
            proxy.answered.clone(),
            proxy.plan.clone(),
            proxy.client.clone(),
            proxy.delay.clone(),
        );
        std::thread::spawn(move || {
            for near in listener.incoming() {
                let Ok(near) = near else { return };
                let (passed, plan, client, delay) = (passed.clone(), plan.clone(), client.clone(), delay.clone());
                let (answered, target) = (answered.clone(), target.clone());
                std::thread::spawn(move || relay(&near, &target, &passed, &answered, &plan, &client, &delay));
            }
        });
        proxy
    }

    pub(crate) fn url(&self) -> String {
        format!("postgresql://postgres@{}/{}", self.folder.path().to_str().unwrap().replace('/', "%2F"), self.name)
    }

    /// From now on messages are counted from nothing, and at the n-th this happens.
    pub(crate) fn plan(&self, at: usize, event: Event) {
        *self.plan.lock().unwrap() = (at, event);
        self.passed.store(0, Ordering::SeqCst);
    }

    /// How many messages have passed since.
    pub(crate) fn passed(&self) -> usize {
        self.passed.load(Ordering::SeqCst)
    }

    /// How many bytes the server has answered with since this was asked last.
    pub(crate) fn answered(&self) -> u64 {
        self.answered.swap(0, Ordering::SeqCst)
    }

    /// Each message takes so long from now on.
    pub(crate) fn slow_down(&self, delay: Duration) {
        self.delay.store(delay.as_millis() as u64, Ordering::SeqCst);
    }
}

fn relay(
    near: &UnixStream,
    target: &Path,
    passed: &AtomicUsize,
    answered: &Arc<AtomicU64>,
    plan: &Mutex<(usize, Event)>,
    client: &AtomicUsize,
    delay: &AtomicU64,
) {
    let far = UnixStream::connect(target).unwrap();
    let (mut from_server, mut to_client) = (far.try_clone().unwrap(), near.try_clone().unwrap());
    let answered = answered.clone();
    let back = std::thread::spawn(move || {
        let mut buffer = vec![0; 1 << 16];
        while let Ok(length) = from_server.read(&mut buffer) {
            answered.fetch_add(length as u64, Ordering::SeqCst);
            if length == 0 || to_client.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(std::net::Shutdown::Both);
    });
    let (mut near, mut to_server) = (near.try_clone().unwrap(), far.try_clone().unwrap());
    let mut buffer = vec![0; 1 << 16];
    while let Ok(length) = near.read(&mut buffer) {
        if length == 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(delay.load(Ordering::SeqCst)));
        let number = passed.fetch_add(1, Ordering::SeqCst);
        let (at, event) = *plan.lock().unwrap();
        let event = if number == at { event } else { Event::Pass };
        if event == Event::CutBefore || to_server.write_all(&buffer[..length]).is_err() {
            break;
        }
        match event {
            Event::CutAfter => break,
            Event::Kill => {
                // The server does what it was told; nobody is there for the answer.
                while client.load(Ordering::SeqCst) == 0 {
                    std::thread::yield_now();
                }
                crate::support::kill(client.load(Ordering::SeqCst) as u32);
                std::thread::sleep(Duration::from_millis(20));
                break;
            }
            _ => {}
        }
    }
    let _ = near.shutdown(std::net::Shutdown::Both);
    let _ = far.shutdown(std::net::Shutdown::Both);
    let _ = back.join();
}
