//! Servers that a test sets up as it likes, and the scripts of the deployment, run beside them.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

use crate::server::{account, migrations, programs};

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a server until its own standard input, a pipe that the test holds, is closed: it ends with the test.
const GUARD: &str =
    r#"log=$0; "$@" >>"$log" 2>&1 </dev/null & server=$!; cat >/dev/null; kill -QUIT $server; wait $server"#;

/// The folder of the deployment in the source.
pub(crate) fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/deployment")
}

/// A throw-away folder of the account that runs the servers, with a copy of the deployment in it. A folder of
/// the source may be closed to that account.
pub(crate) struct Place {
    folder: PathBuf,
    account: Option<(u32, u32)>,
}

/// A server; it ends when this is dropped, or its test.
pub(crate) struct Running {
    guard: Child,
    /// The folder of its socket.
    pub(crate) socket: PathBuf,
    log: PathBuf,
}

/// How a program ended, and what it said.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Place {
    pub(crate) fn new() -> Place {
        let folder = tempfile::Builder::new().prefix("jdep-").tempdir_in("/tmp").unwrap().keep();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let place = Place { folder, account: account() };
        place.own(&place.folder);
        for made in ["backups", "backups/wal"] {
            place.make(made);
        }
        let copied = Command::new("cp").arg("-R").arg(source()).arg(place.path("deployment")).status().unwrap();
        assert!(copied.success());
        if let Some((user, group)) = place.account {
            let owner = format!("{user}:{group}");
            let owned = Command::new("chown").args(["-R", &owner]).arg(place.path("deployment")).status().unwrap();
            assert!(owned.success());
        }
        place
    }

    /// A path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Makes a folder in it.
    pub(crate) fn make(&self, name: &str) -> PathBuf {
        let made = self.path(name);
        fs::create_dir_all(&made).unwrap();
        self.own(&made);
        made
    }

    /// Writes a file in it.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let file = self.path(name);
        fs::write(&file, text).unwrap();
        self.own(&file);
        file
    }

    fn own(&self, path: &Path) {
        if let Some((user, group)) = self.account {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    /// A program under the account of the servers, that knows nothing of this test's environment.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", programs().display()));
        command.env("BACKUP_DIR", self.path("backups")).env("LC_ALL", "C.UTF-8").env("HOME", &self.folder);
        command.current_dir(&self.folder).stdin(Stdio::null());
        if let Some((user, group)) = self.account {
            command.uid(user).gid(group);
        }
        command
    }

    /// One of the deployment's scripts.
    pub(crate) fn script(&self, name: &str) -> Command {
        self.command(self.path("deployment").join(name))
    }

    /// Makes an empty cluster in `data`.
    pub(crate) fn initdb(&self) -> PathBuf {
        let data = self.path("data");
        let mut initdb = self.command(programs().join("initdb"));
        initdb.arg("-D").arg(&data);
        initdb.args(["-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "-A", "trust", "-N", "--no-instructions"]);
        ended(&mut initdb).succeeded();
        data
    }

    /// Starts a server on a cluster, with these settings besides.
    pub(crate) fn start(&self, data: &Path, settings: &[&str]) -> Running {
        let name = format!("s-{}", data.file_name().unwrap().to_string_lossy());
        let socket = self.make(&name);
        let socket_setting = format!("unix_socket_directories={}", socket.display());
        let quick = ["listen_addresses=", &socket_setting, "fsync=off", "jit=off", "timezone=UTC"];
        let mut guard = self.command("/bin/sh");
        guard.arg("-c").arg(GUARD).arg(self.path(&format!("{name}.log")));
        guard.arg(programs().join("postgres")).arg("-D").arg(data);
        for setting in quick.iter().chain(settings) {
            guard.args(["-c", setting]);
        }
        guard.process_group(0).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let running = Running { guard: guard.spawn().unwrap(), socket, log: self.path(&format!("{name}.log")) };
        let since = Instant::now();
        while let Err(error) = running.try_client("postgres") {
            assert!(since.elapsed() < PATIENCE, "{error}\n{}", running.log());
            std::thread::sleep(Duration::from_millis(20));
        }
        running
    }

    /// Starts a server as the deployment has it, with its role, its database and the schema in it.
    pub(crate) fn deployed(&self, settings: &[&str]) -> Running {
        let running = self.bare(settings);
        self.set_up(&running);
        running
    }

    /// Starts a server as the deployment has it, with nothing in it.
    pub(crate) fn bare(&self, settings: &[&str]) -> Running {
        let config = format!("config_file={}", self.path("deployment/postgresql.conf").display());
        let archive = format!("archive_command={} \"%p\" \"%f\"", self.path("deployment/bin/archive-wal").display());
        let data = self.initdb();
        self.start(&data, &[&[config.as_str(), archive.as_str()], settings].concat())
    }

    /// Makes the role and the database, then applies the migrations as this role.
    pub(crate) fn set_up(&self, running: &Running) {
        self.role(running);
        let mut client = running.connect("journaling_user", "journaling_ai").unwrap();
        for migration in migrations() {
            let sql = fs::read_to_string(migration.join("up.sql")).unwrap();
            client.batch_execute(&sql).unwrap_or_else(|error| panic!("{}: {error:?}", migration.display()));
        }
    }

    /// Runs the script that the image runs for a new cluster.
    pub(crate) fn role(&self, running: &Running) {
        let password = self.write("password", "a password\n");
        let mut script = self.script("initdb/10-journaling-ai.sh");
        script.env("PGHOST", &running.socket).env("PASSWORD_FILE", password);
        ended(&mut script).succeeded();
    }

    /// Runs a script against a server.
    pub(crate) fn run(&self, running: &Running, script: &str, arguments: &[&str]) -> Ended {
        ended(&mut self.against(running, script, arguments))
    }

    /// A script that is to be run against a server.
    pub(crate) fn against(&self, running: &Running, script: &str, arguments: &[&str]) -> Command {
        let mut command = self.script(&format!("bin/{script}"));
        command.args(arguments).env("PGHOST", &running.socket).env("PGUSER", "postgres");
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

impl Running {
    /// A connection of this role.
    pub(crate) fn connect(&self, user: &str, database: &str) -> Result<Client, postgres::Error> {
        let folder = self.socket.to_str().unwrap().replace('/', "%2F");
        Client::connect(&format!("postgresql://{user}@{folder}/{database}"), NoTls)
    }

    fn try_client(&self, database: &str) -> Result<Client, postgres::Error> {
        self.connect("postgres", database)
    }

    /// A connection as the superuser.
    pub(crate) fn client(&self, database: &str) -> Client {
        self.try_client(database).unwrap()
    }

    /// The one value that a query gives, as text.
    pub(crate) fn value(&self, database: &str, query: &str) -> String {
        value(&mut self.client(database), query)
    }

    /// What the server has written.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

/// The one value that a query gives, as text.
pub(crate) fn value(client: &mut Client, query: &str) -> String {
    use postgres::SimpleQueryMessage;
    let messages = client.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let row = messages.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => Some(row.get(0).unwrap_or("").to_owned()),
        _ => None,
    });
    row.unwrap_or_else(|| panic!("no row: {query}"))
}

/// All rows that a query gives, as text, fields separated by tabs.
pub(crate) fn rows(client: &mut Client, query: &str) -> Vec<String> {
    use postgres::SimpleQueryMessage;
    let messages = client.simple_query(query).unwrap_or_else(|error| panic!("{query}: {error:?}"));
    let text = |message: &SimpleQueryMessage| match message {
        SimpleQueryMessage::Row(row) => {
            Some((0..row.len()).map(|field| row.get(field).unwrap_or("NULL")).collect::<Vec<_>>().join("\t"))
        }
        _ => None,
    };
    messages.iter().filter_map(text).collect()
}

/// Runs a program to its end.
pub(crate) fn ended(command: &mut Command) -> Ended {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Ended {
        code: output.status.code(),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

impl Ended {
    #[track_caller]
    pub(crate) fn succeeded(self) -> Ended {
        assert_eq!(self.code, Some(0), "{}\n{}", self.out, self.err);
        self
    }

    /// It failed, and said so in these words.
    #[track_caller]
    pub(crate) fn failed(self, words: &str) -> Ended {
        assert!(self.code.is_some_and(|code| code != 0), "it did not fail: {}\n{}", self.out, self.err);
        assert!(self.err.contains(words), "{words:?} is not in: {}", self.err);
        self
    }
}
