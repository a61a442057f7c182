//! A connection to Redis: what is asked, what is sent, and what its refusals mean.

use super::Role;
use crate::cache::Namespace;
use crate::config::without_password;
use crate::error::{Error, Kind, Result};
use redis::{Cmd, Connection, ErrorKind, FromRedisValue, Pipeline, RedisError, RedisResult, ServerErrorKind, Value};

/// How many commands are sent at once.
pub(super) const BATCH: usize = 500;

/// A connection.
pub(super) struct Line {
    connection: Connection,
    /// Names the variable to look at when there is trouble.
    role: Role,
}

impl Line {
    pub(super) fn new(connection: Connection, role: Role) -> Line {
        Line { connection, role }
    }

    /// Asks one thing.
    pub(super) fn ask<T: FromRedisValue>(&mut self, command: &Cmd) -> Result<T> {
        command.query(&mut self.connection).map_err(|error| explain(&error, self.role))
    }

    /// Sends commands together, and waits until all of them are done.
    ///
    /// Not as the crate's own pipelines do: they wait for each answer as long as for the first, and a server that
    /// has fallen silent would hold a batch for hours.
    pub(super) fn send(&mut self, commands: &Pipeline) -> Result<Vec<Value>> {
        let mut send = || -> RedisResult<Vec<Value>> {
            self.connection.send_packed_command(&commands.get_packed_pipeline())?;
            let (mut answers, mut refused) = (Vec::with_capacity(commands.len()), None);
            while answers.len() < commands.len() {
                answers.push(match self.connection.recv_response()? {
                    // What the server says unasked is no answer.
                    Value::Push { .. } => continue,
                    Value::ServerError(error) => {
                        refused.get_or_insert(error);
                        Value::Nil
                    }
                    answer => answer,
                });
            }
            refused.map_or(Ok(answers), |error| Err(error.into()))
        };
        send().map_err(|error| explain(&error, self.role))
    }

    /// What an answer is, as a type of ours.
    pub(super) fn read<T: FromRedisValue>(&self, answer: Value) -> Result<T> {
        redis::from_redis_value(answer).map_err(|error| explain(&error.into(), self.role))
    }
}

/// Commands that are sent a batch at a time.
pub(super) struct Batch<'a> {
    line: &'a mut Line,
    commands: Pipeline,
}

impl<'a> Batch<'a> {
    pub(super) fn new(line: &'a mut Line) -> Batch<'a> {
        Batch { line, commands: Pipeline::with_capacity(BATCH) }
    }

    /// Puts a value for the time of its namespace.
    pub(super) fn set(&mut self, namespace: Namespace, id: &str, value: &[u8]) -> Result<()> {
        self.commands.cmd("SET").arg(namespace.key(id)).arg(value).arg("EX").arg(namespace.ttl());
        if self.commands.len() >= BATCH { self.send() } else { Ok(()) }
    }

    pub(super) fn delete(&mut self, keys: &[String]) {
        self.commands.cmd("DEL").arg(keys);
    }

    /// Sends what is held, and waits until all of it is done.
    pub(super) fn send(&mut self) -> Result<()> {
        if self.commands.is_empty() {
            return Ok(());
        }
        let done = self.line.send(&self.commands);
        self.commands.clear();
        done.map(drop)
    }
}

/// What a failure of Redis means, and what to do.
pub(super) fn explain(error: &RedisError, role: Role) -> Error {
    let (said, variable) = (without_password(&error.to_string()), role.variable());
    let network = |message: String, hint: &str| Error::new(Kind::Network, message).hint(hint);
    let login = format!("check user and password in {variable}");
    if said.contains("OOM") {
        return network(
            "the memory of Redis is full, and it is set to drop nothing (maxmemory-policy noeviction)".into(),
            "raise maxmemory, or set maxmemory-policy volatile-ttl; the next `journal sync` goes on",
        );
    }
    if said.contains("NOAUTH") || said.contains("WRONGPASS") {
        return network(said, &login);
    }
    match error.kind() {
        ErrorKind::Server(ServerErrorKind::ReadOnly) => {
            network("this Redis is a replica, which takes no writes".into(), &format!("name the primary in {variable}"))
        }
        ErrorKind::AuthenticationFailed => network(said, &login),
        ErrorKind::Server(ServerErrorKind::BusyLoading) => {
            network("Redis is reading its data from the disk".into(), "try again in a moment")
        }
        ErrorKind::Server(ServerErrorKind::NoPerm) => Error::failure(said).hint(format!(
            "the user in {variable} needs SET, GET, DEL, UNLINK, SCAN, LRANGE, LLEN, EVAL and INFO on {} and \
             journal_cli:*",
            role.keys()
        )),
        ErrorKind::Io if error.is_timeout() => network(
            "Redis has not answered in time".into(),
            &format!(
                "see what it is busy with, or let {variable} wait longer: `timeout=SECONDS` in its query; the next \
                      `journal sync` goes on"
            ),
        ),
        ErrorKind::Io if said.contains("certificate") => {
            network(said, "name the authority that signed the server's certificate: `sslrootcert=FILE` in the URL")
        }
        ErrorKind::Io => network(
            said,
            &format!(
                "see that the server runs, and that host and port in {variable} are right; the journal itself \
                      needs no server"
            ),
        ),
        _ if said.contains("WRONGTYPE") => {
            Error::failure(format!("a key in Redis is of another type than the journal's: {said}"))
                .hint("tasks:queue:ai_analysis is a list, everything else a string; delete what is in the way")
        }
        ErrorKind::InvalidClientConfig | ErrorKind::Parse => {
            network(said, &format!("see that {variable} names a Redis, and whether it is encrypted (rediss://)"))
        }
        _ => Error::failure(said),
    }
}
