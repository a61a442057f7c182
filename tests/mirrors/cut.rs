//! A way to a server that breaks off after so many bytes.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

/// Where the way leads.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    Port(u16),
    Socket(PathBuf),
}

/// The way.
pub(crate) struct Way {
    pub(crate) port: u16,
    left: Arc<AtomicI64>,
    /// Whether the end is silence instead of a break.
    silent: Arc<AtomicBool>,
}

trait Stream: Read + Write + Send {
    fn twin(&self) -> Box<dyn Stream>;
    fn end(&self);
}

impl Stream for TcpStream {
    fn twin(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Stream for UnixStream {
    fn twin(&self) -> Box<dyn Stream> {
        Box::new(self.try_clone().unwrap())
    }

    fn end(&self) {
        let _ = self.shutdown(Shutdown::Both);
    }
}

impl Way {
    pub(crate) fn to(target: Target) -> Way {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let left = Arc::new(AtomicI64::new(i64::MAX));
        let way = Way { port: listener.local_addr().unwrap().port(), left, silent: Arc::default() };
        let (left, silent) = (way.left.clone(), way.silent.clone());
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let client = client.unwrap();
                let server: Option<Box<dyn Stream>> = match &target {
                    Target::Port(port) => {
                        TcpStream::connect(("127.0.0.1", *port)).ok().map(|stream| Box::new(stream) as Box<dyn Stream>)
                    }
                    Target::Socket(path) => {
                        UnixStream::connect(path).ok().map(|stream| Box::new(stream) as Box<dyn Stream>)
                    }
                };
                let Some(server) = server else { continue };
                let (from, to) = (client.twin(), server.twin());
                std::thread::spawn({
                    let (left, silent) = (left.clone(), silent.clone());
                    move || pass(from, to, Some((&left, &silent)))
                });
                std::thread::spawn(move || pass(server, Box::new(client), None));
            }
        });
        way
    }

    /// From now on only so many bytes go there; what was cut in the middle goes as far as it came.
    pub(crate) fn cut_after(&self, bytes: i64) {
        self.left.store(bytes, Ordering::SeqCst);
    }

    /// As [`Way::cut_after`], but then nothing comes and nothing breaks, until as much is let through again.
    pub(crate) fn stall_after(&self, bytes: i64) {
        self.silent.store(true, Ordering::SeqCst);
        self.cut_after(bytes);
    }

    /// Lets everything through again.
    pub(crate) fn open(&self) {
        self.silent.store(false, Ordering::SeqCst);
        self.cut_after(i64::MAX);
    }

    /// How many bytes have gone there since.
    pub(crate) fn left(&self) -> i64 {
        self.left.load(Ordering::SeqCst)
    }
}

/// Passes on what comes, until either side has gone or nothing is left of what may go.
fn pass(mut from: Box<dyn Stream>, mut to: Box<dyn Stream>, left: Option<(&AtomicI64, &AtomicBool)>) {
    let mut bytes = [0; 16_384];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let may = match left {
            Some((left, _)) => left.fetch_sub(count as i64, Ordering::SeqCst).clamp(0, count as i64) as usize,
            None => count,
        };
        if to.write_all(&bytes[..may]).is_err() {
            break;
        }
        if may < count {
            while left.is_some_and(|(_, silent)| silent.load(Ordering::SeqCst)) {
                std::thread::sleep(Duration::from_millis(10));
            }
            break;
        }
    }
    from.end();
    to.end();
}
