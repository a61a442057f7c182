//! Throw-away servers of a test's own, each with its data in a temporary folder; they end with the test.

use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::support::kill;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a program until its own standard input, a pipe that the test holds, is closed: when the test ends,
/// however it ends, so does the server, and its folder goes.
const GUARD: &str = r#"folder=$1; shift
"$@" >>"$folder/log" 2>&1 </dev/null &
server=$!; echo $server >"$folder/pid.new"; mv "$folder/pid.new" "$folder/pid"
cat >/dev/null; kill -KILL $server 2>/dev/null; wait $server; [ -e "$folder/keep" ] || rm -rf "$folder""#;

/// A running program.
struct Guarded {
    folder: PathBuf,
    guard: Child,
}

impl Guarded {
    fn start(folder: &Path, program: &Path, args: &[String]) -> Guarded {
        let _ = fs::remove_file(folder.join("pid"));
        let mut guard = Command::new("sh");
        guard.arg("-c").arg(GUARD).arg("guard").arg(folder).arg(program).args(args).current_dir(folder);
        // Nothing that a server would tell its makers about.
        guard.env("ANONYMIZED_TELEMETRY", "False").process_group(0);
        guard.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        Guarded { folder: folder.to_path_buf(), guard: guard.spawn().unwrap() }
    }

    /// Ends it as a power cut would, and leaves its data.
    fn kill(mut self) {
        fs::write(self.folder.join("keep"), "").unwrap();
        let since = Instant::now();
        let pid = loop {
            if let Ok(pid) = fs::read_to_string(self.folder.join("pid")) {
                break pid.trim().parse().unwrap();
            }
            assert!(since.elapsed() < PATIENCE);
            std::thread::sleep(Duration::from_millis(5));
        };
        kill(pid);
        drop(self.guard.stdin.take());
        self.guard.wait().unwrap();
        fs::remove_file(self.folder.join("keep")).unwrap();
    }

    fn log(&self) -> String {
        fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

fn wait_for(what: &str, server: &Guarded, answers: impl Fn() -> bool) {
    let since = Instant::now();
    while !answers() {
        assert!(since.elapsed() < PATIENCE, "{what} does not answer: {}", server.log());
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn folder(name: &str) -> PathBuf {
    tempfile::Builder::new().prefix(name).tempdir_in("/tmp").unwrap().keep()
}

/// A Redis.
pub(crate) struct Redis {
    folder: PathBuf,
    server: Option<Guarded>,
    args: Vec<String>,
}

impl Redis {
    pub(crate) fn start() -> Redis {
        Redis::with(&[])
    }

    /// With more settings, as on its command line.
    pub(crate) fn with(args: &[&str]) -> Redis {
        let mut redis =
            Redis { folder: folder("jrd-"), server: None, args: args.iter().map(ToString::to_string).collect() };
        redis.restart();
        redis
    }

    /// Starts it again, with what it has on the disk: nothing, unless the settings say so.
    pub(crate) fn restart(&mut self) {
        let program = ["/usr/bin", "/usr/local/bin"].map(|folder| Path::new(folder).join("redis-server"));
        let program = program.iter().find(|program| program.exists());
        let program = program.expect("these tests need a Redis server (Debian: apt-get install redis-server)");
        let socket = self.socket();
        let _ = fs::remove_file(&socket);
        let mut args: Vec<String> = ["--port", "0", "--save", "", "--appendonly", "no"].map(str::to_string).into();
        args.extend(["--unixsocket".into(), socket.display().to_string()]);
        args.extend(["--dir".into(), self.folder.display().to_string()]);
        args.extend(self.args.iter().cloned());
        let server = Guarded::start(&self.folder, program, &args);
        wait_for("Redis", &server, || {
            let Ok(mut stream) = UnixStream::connect(&socket) else { return false };
            let mut answer = [0; 1];
            // Whether it lets us in or not, it speaks.
            stream.write_all(b"PING\r\n").is_ok() && stream.read_exact(&mut answer).is_ok()
        });
        self.server = Some(server);
    }

    pub(crate) fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.folder.join("r.sock")
    }

    /// As `JOURNAL_REDIS_URL` takes it.
    pub(crate) fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    pub(crate) fn client(&self) -> ::redis::Connection {
        ::redis::Client::open(self.url()).unwrap().get_connection().unwrap()
    }

    /// What Redis's own program says of a command, in the form of its command line.
    pub(crate) fn cli(&self, args: &[&str]) -> String {
        let output = Command::new("redis-cli").arg("-s").arg(self.socket()).args(args).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap().trim_end().to_string()
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        sweep(&self.folder, self.server.is_some());
    }
}

/// What has been killed leaves its folder behind; what runs takes it along.
fn sweep(folder: &Path, runs: bool) {
    if !runs {
        let _ = fs::remove_dir_all(folder);
    }
}

/// A Chroma.
pub(crate) struct Chroma {
    folder: PathBuf,
    port: u16,
    server: Option<Guarded>,
}

/// Where `make chroma` has put it.
fn environment() -> PathBuf {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = variable("JOURNAL_BUILD_CACHE").unwrap_or_else(|| {
        let cache = variable("XDG_CACHE_HOME").unwrap_or_else(|| std::env::home_dir().unwrap().join(".cache"));
        cache.join("journaling-ai/build")
    });
    let folder = cache.join("chroma");
    assert!(folder.join("made-of").exists(), "there is no Chroma in {}; install it: make chroma", folder.display());
    folder
}

impl Chroma {
    pub(crate) fn start() -> Chroma {
        let mut chroma = Chroma { folder: folder("jch-"), port: free_port(), server: None };
        chroma.restart();
        chroma
    }

    /// Starts it again, with what it has on the disk.
    pub(crate) fn restart(&mut self) {
        let args = ["run", "--path", "data", "--host", "127.0.0.1", "--port"].map(str::to_string);
        let args: Vec<String> = args.into_iter().chain([self.port.to_string()]).collect();
        let server = Guarded::start(&self.folder, &environment().join("bin/chroma"), &args);
        wait_for("Chroma", &server, || {
            let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
            let asked = "GET /api/v2/heartbeat HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
            let mut answer = String::new();
            stream.write_all(asked.as_bytes()).is_ok()
                && stream.read_to_string(&mut answer).is_ok()
                && answer.starts_with("HTTP/1.1 200")
        });
        self.server = Some(server);
    }

    pub(crate) fn kill(&mut self) {
        self.server.take().unwrap().kill();
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// As `JOURNAL_CHROMA_URL` takes it.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a Python program says with Chroma's own client, which is there as `client`: one JSON document.
    pub(crate) fn python(&self, program: &str, input: &serde_json::Value) -> serde_json::Value {
        let setup = format!(
            "import json, sys, chromadb\nfrom chromadb.config import Settings\n\
             client = chromadb.HttpClient(host='127.0.0.1', port={}, settings=Settings(anonymized_telemetry=False))\n\
             given = json.load(sys.stdin)\n",
            self.port
        );
        let mut python = Command::new(environment().join("bin/python"));
        python.arg("-c").arg(setup + program).current_dir(&self.folder).env("HOME", &self.folder);
        python.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut python = python.spawn().unwrap();
        python.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
        let output = python.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"))
    }
}

impl Drop for Chroma {
    fn drop(&mut self) {
        sweep(&self.folder, self.server.is_some());
    }
}
