//! Encryption on the way to the server. The test ends it in front of the server's socket, with a
//! certificate for `localhost` that only the authority in `tests/fixtures/tls` vouches for.

use crate::server::server;
use crate::support::{Outcome, Sandbox};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// What a client asks first: whether the server encrypts.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// Connections that were encrypted.
static ENCRYPTED: AtomicUsize = AtomicUsize::new(0);

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tls").join(name)
}

/// Listens, and hands over to the server's socket; gives the port.
fn gate(socket: PathBuf, encrypts: bool) -> u16 {
    let chain = vec![CertificateDer::from_pem_file(file("server.pem")).unwrap()];
    let key = PrivateKeyDer::from_pem_file(file("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .unwrap();
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for client in listener.incoming() {
            let (socket, config) = (socket.clone(), config.clone());
            std::thread::spawn(move || pass(client.unwrap(), &UnixStream::connect(socket).unwrap(), config, encrypts));
        }
    });
    port
}

/// Passes on what either side says, until one has gone.
fn pass(mut client: TcpStream, mut server: &UnixStream, config: Arc<ServerConfig>, encrypts: bool) -> Option<()> {
    let mut first = [0; 8];
    let mut session = None;
    client.read_exact(&mut first).ok()?;
    if first != SSL_REQUEST {
        server.write_all(&first).ok()?;
    } else if encrypts {
        client.write_all(b"S").ok()?;
        let mut connection = ServerConnection::new(config).unwrap();
        while connection.is_handshaking() {
            connection.complete_io(&mut client).ok()?;
        }
        ENCRYPTED.fetch_add(1, Ordering::Relaxed);
        session = Some(connection);
    } else {
        client.write_all(b"N").ok()?;
    }
    client.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    server.set_read_timeout(Some(Duration::from_millis(2))).unwrap();
    let waits = |kind: ErrorKind| matches!(kind, ErrorKind::WouldBlock | ErrorKind::TimedOut);
    let mut bytes = [0; 16_384];
    loop {
        let said = match &mut session {
            Some(session) => rustls::Stream::new(session, &mut client).read(&mut bytes),
            None => client.read(&mut bytes),
        };
        match said {
            Ok(0) => return None,
            Ok(count) => server.write_all(&bytes[..count]).ok()?,
            Err(error) if waits(error.kind()) => {}
            Err(_) => return None,
        }
        match server.read(&mut bytes) {
            Ok(0) => return None,
            Ok(count) => match &mut session {
                Some(session) => {
                    let mut stream = rustls::Stream::new(session, &mut client);
                    stream.write_all(&bytes[..count]).and_then(|()| stream.flush()).ok()?;
                }
                None => client.write_all(&bytes[..count]).ok()?,
            },
            Err(error) if waits(error.kind()) => {}
            Err(_) => return None,
        }
    }
}

#[test]
fn certificates_are_verified_when_encryption_is_required() {
    let sandbox = Sandbox::without_model();
    let database = server().empty_database();
    let (folder, name) = {
        let url = database.url();
        let (folder, name) = url.split_once('@').unwrap().1.rsplit_once('/').unwrap();
        (PathBuf::from(folder.replace("%2F", "/")), name.to_string())
    };
    let socket = folder.join(".s.PGSQL.5432");
    let (safe, plain) = (gate(socket.clone(), true), gate(socket, false));
    let status = |host: &str, port: u16, query: &str, code: i32| {
        let mut command = sandbox.command();
        let url = format!("postgresql://postgres@{host}:{port}/{name}{query}");
        command.args(["migrate", "status", "--remote"]).env("JOURNAL_POSTGRES_URL", url);
        let before = ENCRYPTED.load(Ordering::Relaxed);
        let outcome = Outcome::of(command).expect(code);
        (outcome, ENCRYPTED.load(Ordering::Relaxed) > before)
    };
    let authority = format!("&sslrootcert={}", file("authority.pem").display());

    // Encrypted as soon as the server can, without asking who it is.
    assert!(status("localhost", safe, "", 0).1);
    assert!(!status("localhost", safe, "?sslmode=disable", 0).1);
    assert!(!status("localhost", plain, "", 0).1);
    assert!(!status("localhost", plain, "?sslmode=prefer", 0).1);

    // Required: from a server that is who it says it is.
    assert!(status("localhost", safe, &format!("?sslmode=require{authority}"), 0).1);
    assert!(status("localhost", safe, &format!("?sslmode=verify-full{authority}"), 0).1);
    let (unknown, _) = status("localhost", safe, "?sslmode=require", 4);
    assert!(unknown.stderr.contains("certificate") && unknown.stderr.contains("sslrootcert=FILE"), "{unknown}");
    let (other, _) = status("127.0.0.1", safe, &format!("?sslmode=require{authority}"), 4);
    assert!(other.stderr.contains("certificate"), "{other}");
    let (cannot, _) = status("localhost", plain, &format!("?sslmode=require{authority}"), 4);
    assert!(cannot.stderr.contains("does not encrypt"), "{cannot}");
    let (nowhere, _) = status("localhost", safe, "?sslmode=require&sslrootcert=/nowhere.pem", 2);
    assert!(nowhere.stderr.contains("/nowhere.pem"), "{nowhere}");
}
