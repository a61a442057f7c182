//! A throw-away PostgreSQL of its own: on a unix socket in a temporary folder, ended with the test.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Holds the schema that every database of a test is copied from.
const TEMPLATE: &str = "journaling_ai_template";

/// Runs the server until its own standard input, a pipe that the test holds, is closed: when the test
/// ends, however it ends, so does the server, and its folder goes.
const GUARD: &str = r#""$0" -D "$1/data" -c listen_addresses= -c unix_socket_directories="$1" \
    -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c autovacuum=off -c jit=off \
    -c max_connections=200 -c timezone=UTC >"$1/log" 2>&1 </dev/null &
server=$!; cat >/dev/null; kill -QUIT $server; wait $server; rm -rf "$1""#;

/// A running server.
pub(crate) struct Server {
    folder: PathBuf,
    /// Its standard input keeps the server running.
    _guard: Child,
    databases: AtomicUsize,
}

/// A database of a test's own.
pub(crate) struct Database {
    folder: PathBuf,
    name: String,
}

/// The server that the tests of one program share.
pub(crate) fn server() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

impl Server {
    /// Starts a server with an empty cluster in UTF-8, and applies `migrations/postgres` to the
    /// database that others are copied from.
    pub(crate) fn start() -> Server {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("jpg-").tempdir_in("/tmp").unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let account = account();
        if let Some((user, group)) = account {
            chown(&folder, Some(user), Some(group)).unwrap();
        }
        let as_account = |mut command: Command| {
            if let Some((user, group)) = account {
                command.uid(user).gid(group);
            }
            command.current_dir("/").env("LC_ALL", "C.UTF-8");
            command
        };
        let mut initdb = as_account(Command::new(programs.join("initdb")));
        initdb.arg("-D").arg(folder.join("data"));
        initdb.args(["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N", "--no-instructions"]);
        let made = initdb.output().unwrap();
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));

        let mut guard = as_account(Command::new("sh"));
        guard.arg("-c").arg(GUARD).arg(programs.join("postgres")).arg(&folder);
        // A group of its own: Ctrl-C in the terminal ends the test, and through the pipe the server.
        guard.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let guard = guard.spawn().unwrap();
        let server = Server { folder, _guard: guard, databases: AtomicUsize::new(0) };
        server.apply_schema();
        server
    }

    fn apply_schema(&self) {
        let since = Instant::now();
        let mut client = loop {
            match self.named("postgres").try_client() {
                Ok(client) => break client,
                Err(error) => assert!(since.elapsed() < PATIENCE, "{error}\n{}", self.log()),
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        client.batch_execute(&format!("CREATE DATABASE {TEMPLATE}")).unwrap();
        let mut client = self.named(TEMPLATE).client();
        for migration in migrations() {
            let sql = fs::read_to_string(migration.join("up.sql")).unwrap();
            client.batch_execute(&sql).unwrap_or_else(|error| panic!("{}: {error:?}", migration.display()));
        }
    }

    /// A new database with the schema.
    pub(crate) fn database(&self) -> Database {
        self.create(&format!("TEMPLATE {TEMPLATE}"))
    }

    /// A new database without anything in it.
    pub(crate) fn empty_database(&self) -> Database {
        self.create("TEMPLATE template0")
    }

    fn create(&self, options: &str) -> Database {
        let database = self.named(&format!("test_{}", self.databases.fetch_add(1, Ordering::Relaxed)));
        // Copying a database fails while somebody else is copying the same one.
        let mut client = self.named("postgres").client();
        client.batch_execute("SELECT pg_advisory_lock(1)").unwrap();
        client.batch_execute(&format!("CREATE DATABASE {} {options}", database.name)).unwrap();
        database
    }

    fn named(&self, name: &str) -> Database {
        Database { folder: self.folder.clone(), name: name.to_owned() }
    }

    /// What the server has written.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

impl Database {
    /// As `JOURNAL_POSTGRES_URL` takes it.
    pub(crate) fn url(&self) -> String {
        let folder = self.folder.to_str().unwrap().replace('/', "%2F");
        format!("postgresql://postgres@{folder}/{}", self.name)
    }

    /// A connection as the superuser.
    pub(crate) fn client(&self) -> Client {
        self.try_client().unwrap()
    }

    fn try_client(&self) -> Result<Client, postgres::Error> {
        Client::connect(&self.url(), NoTls)
    }
}

/// The folders of the migrations, in order.
pub(crate) fn migrations() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations/postgres");
    let mut folders: Vec<PathBuf> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders
}

/// Where the server's programs are: Debian keeps each version in a folder of its own.
pub(crate) fn programs() -> PathBuf {
    let mut versions: Vec<PathBuf> = fs::read_dir("/usr/lib/postgresql")
        .map(|entries| entries.map(|entry| entry.unwrap().path().join("bin")).collect())
        .unwrap_or_default();
    versions.sort();
    let asked = || {
        let output = Command::new("pg_config").arg("--bindir").output().ok()?;
        Some(PathBuf::from(String::from_utf8(output.stdout).ok()?.trim()))
    };
    let candidates = versions.into_iter().rev().chain(asked());
    candidates
        .into_iter()
        .find(|folder| folder.join("initdb").exists() && folder.join("postgres").exists())
        .expect("these tests need the PostgreSQL server programs (Debian: apt-get install postgresql)")
}

/// The server refuses to run as root: then it runs under another account, user and group.
pub(crate) fn account() -> Option<(u32, u32)> {
    if !rustix::process::geteuid().is_root() {
        return None;
    }
    let accounts = fs::read_to_string("/etc/passwd").unwrap();
    let numbers = |name: &str| {
        let line = accounts.lines().find(|line| line.split(':').next() == Some(name))?;
        let mut fields = line.split(':').skip(2);
        Some((fields.next()?.parse().ok()?, fields.next()?.parse().ok()?))
    };
    Some(numbers("postgres").or_else(|| numbers("nobody")).expect("an account to run PostgreSQL under"))
}
