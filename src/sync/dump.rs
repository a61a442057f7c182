//! A backup of the deployment's database, by PostgreSQL's own `pg_dump`.

use super::postgres::Address;
use crate::error::{Error, Kind, Result};
use crate::publish::publish_new;
use chrono::{DateTime, Utc};
use postgres::config::{Host, SslMode};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// How many dumps are kept.
const KEPT: usize = 5;

/// Dumps the whole database into `remote-before-NNN-TIME.dump` in this folder, for `pg_restore`.
///
/// # Errors
/// When the program is not there, or fails.
pub fn before(address: &Address, folder: &Path, number: i64, at: DateTime<Utc>) -> Result<PathBuf> {
    let name = format!("remote-before-{number:03}-{}", at.format("%Y%m%dT%H%M%SZ"));
    publish_new(folder, &name, "dump", |path| dump(address, path))
}

fn dump(address: &Address, path: &Path) -> Result<()> {
    let config = address.config();
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    });
    let ports = config.get_ports().iter().map(ToString::to_string);
    let mut command = Command::new("pg_dump");
    command.args(["--format=custom", "--no-password", "--file"]).arg(path).stdin(Stdio::null());
    // Everything through the environment: arguments can be seen by everybody on the machine.
    let mut set = |name: &str, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            command.env(name, value);
        }
    };
    set("PGHOST", Some(hosts.collect::<Vec<_>>().join(",")));
    set("PGPORT", Some(ports.collect::<Vec<_>>().join(",")));
    set("PGUSER", config.get_user().map(str::to_string));
    set("PGDATABASE", config.get_dbname().or(config.get_user()).map(str::to_string));
    set("PGPASSWORD", config.get_password().map(|password| String::from_utf8_lossy(password).into_owned()));
    let mode = match (config.get_ssl_mode(), address.root_file()) {
        (SslMode::Disable, _) => "disable",
        (SslMode::Require, Some(_)) => "verify-full",
        (SslMode::Require, None) => "require",
        _ => "prefer",
    };
    set("PGSSLMODE", Some(mode.into()));
    set("PGSSLROOTCERT", address.root_file().map(|file| file.display().to_string()));
    let help = "take a backup your own way and pass --no-backup";
    let output = command.output().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => {
            Error::failure("no backup of the deployment can be taken: pg_dump is not installed here")
                .hint(format!("install PostgreSQL's client programs (Debian: postgresql-client), or {help}"))
        }
        _ => Error::failure(format!("cannot run pg_dump: {error}")).hint(help),
    })?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said: Vec<&str> = said.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    Err(Error::new(Kind::Failure, format!("no backup of the deployment could be taken: {}", said.join("; ")))
        .hint(format!("nothing was changed; {help}")))
}

/// Takes away all but the last dumps. What cannot be taken away stays.
pub fn prune(folder: &Path) {
    let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|file| file.path());
    let mut dumps: Vec<(String, PathBuf)> = files.filter_map(|path| Some((made_at(&path)?, path))).collect();
    dumps.sort();
    dumps.reverse();
    for (_, old) in dumps.iter().skip(KEPT) {
        let _ = fs::remove_file(old);
    }
}

fn made_at(path: &Path) -> Option<String> {
    let name = path.file_name()?.to_str()?.strip_suffix(".dump")?.strip_prefix("remote-before-")?;
    Some(name.split_once('-')?.1.to_string())
}
