//! One sync: a deployment, this journal, and the accounts that they share.

use super::migrations;
use super::postgres::{Remote, explain};
use crate::error::{Error, Result};
use crate::store::{Standing, Store};
use uuid::Uuid;

/// The migration that replication needs.
const NEEDED: i64 = 4;

/// A deployment and a journal that are linked.
pub struct Session<'a> {
    pub(super) remote: &'a mut Remote,
    /// The journal.
    pub store: &'a mut Store,
    /// The id that the deployment has given itself.
    pub id: String,
    /// The accounts that are here and there.
    pub users: Vec<Uuid>,
    /// Whether most of what is here may go because it went there.
    pub accept_deletions: bool,
    /// Which database of which server this is: another one numbers its transactions otherwise.
    pub(super) server: String,
}

/// What a long run has come to.
#[derive(Debug, Clone, Copy)]
pub struct Progress {
    /// The rows that are done.
    pub done: usize,
    /// The rows there are to do.
    pub total: usize,
    /// What is done.
    pub doing: Doing,
}

/// What a run is at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// Everything here and there.
    Comparing,
    /// Rows from there.
    Pulling,
    /// Rows to there.
    Pushing,
}

/// Whoever wants to know; an error ends the run where nothing is half done.
pub type Watcher<'a> = dyn FnMut(Progress) -> Result<()> + 'a;

/// The id of a deployment whose schema can be used.
///
/// # Errors
/// A failure when its schema is missing, older or newer, saying what to do.
pub fn identify(remote: &mut Remote) -> Result<String> {
    let schema = migrations::inspect(remote)?;
    migrations::refuse_newer_than_known(remote)?;
    let is_there = |step: &crate::store::Step| step.number == NEEDED && step.standing == Standing::Applied;
    if !schema.steps.iter().any(is_there) {
        let applied =
            schema.steps.iter().filter(|step| step.standing == Standing::Applied).map(|step| &step.name).max();
        let what = match applied {
            Some(name) => format!("its schema has come to {name}, and this journal needs more"),
            None => "the schema of a journal is not there".to_string(),
        };
        return Err(Error::failure(format!("the deployment {} cannot be used yet: {what}", remote.address().shown()))
            .hint("run `journal sync init`"));
    }
    let row = remote.client.query_one("SELECT id::text FROM journal_cli.meta", &[]).map_err(|error| explain(&error))?;
    Ok(row.get(0))
}

impl<'a> Session<'a> {
    /// Begins a sync. `spare` is a new id, in case that this journal needs one.
    ///
    /// # Errors
    /// As [`identify`]; usage when no account is linked; a failure when a linked account is gone there.
    pub fn open(remote: &'a mut Remote, store: &'a mut Store, spare: Uuid) -> Result<Session<'a>> {
        let id = identify(remote)?;
        let users = store.linked_users(&id)?;
        if users.is_empty() {
            return Err(Error::usage(format!("this journal is not linked with {}", remote.address().shown()))
                .hint("run `journal sync init`"));
        }
        let server = server(remote)?;
        let mut session = Session { remote, store, id, users, accept_deletions: false, server };
        session.refuse_lost_accounts()?;
        session.find_mark(spare)?;
        Ok(session)
    }

    /// Where the deployment is.
    pub fn address(&self) -> &str {
        self.remote.address().shown()
    }

    /// Whether no sync has ended yet.
    pub fn is_first(&self) -> Result<bool> {
        Ok(self.store.sync_state(&self.id)?.is_none_or(|state| state.synced_at.is_none()))
    }

    /// Removes old notes of changes there, from time to time.
    ///
    /// # Errors
    /// What the server refuses with.
    pub fn prune(&mut self) -> Result<()> {
        super::changes::prune(&mut **self.remote.client)
    }

    /// An account that is gone there would take everything here along.
    fn refuse_lost_accounts(&mut self) -> Result<()> {
        let rows = self
            .remote
            .client
            .query("SELECT id FROM users WHERE id = ANY($1)", &[&self.users])
            .map_err(|error| explain(&error))?;
        let there: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
        for user in self.users.clone() {
            if there.contains(&user) {
                continue;
            }
            let Ok(account) = self.store.account(user) else {
                // Gone on both sides.
                self.store.unlink(&self.id, user)?;
                self.users.retain(|known| *known != user);
                continue;
            };
            return Err(Error::failure(format!(
                "the account '{}' is not in the deployment any more; nothing was changed here",
                account.email
            ))
            .hint(
                "`journal sync init` puts it there again with all that is here; `journal user delete` removes it here",
            ));
        }
        if self.users.is_empty() {
            return Err(Error::usage(format!("this journal is not linked with {}", self.address()))
                .hint("run `journal sync init`"));
        }
        Ok(())
    }

    /// Finds the mark of our last push there. A push whose end was not noted here was noted there, in its own
    /// transaction; where the mark is an older one, the database was put back from a copy; where it is nobody's
    /// here, a copy of this journal goes on under the same id.
    fn find_mark(&mut self, spare: Uuid) -> Result<()> {
        let Some(state) = self.store.sync_state(&self.id)? else { return Ok(()) };
        let row = self
            .remote
            .client
            .query_opt(
                "SELECT pushed_seq, pushed_nonce, origin FROM journal_cli.replicas WHERE id = $1",
                &[&state.replica],
            )
            .map_err(|error| explain(&error))?;
        let Some(row) = row else {
            return if state.origin.is_some() { self.store.forget_cursors(&self.id) } else { Ok(()) };
        };
        let (seq, nonce, origin): (i64, i64, Uuid) = (row.get(0), row.get(1), row.get(2));
        if state.origin == Some(origin) {
            return Ok(());
        }
        if self.store.is_unfinished_push(&self.id, origin)? {
            return self.store.adopt_pushed(&self.id, origin, seq, nonce);
        }
        if self.store.pushes(&self.id)?.contains(&origin) {
            return self.store.forget_cursors(&self.id);
        }
        self.store.part_from_copy(&self.id, spare)
    }
}

fn server(remote: &mut Remote) -> Result<String> {
    let row = remote
        .client
        .query_one(
            "SELECT d.oid::text, has_function_privilege('pg_control_system()', 'execute') FROM pg_database d
             WHERE d.datname = current_database()",
            &[],
        )
        .map_err(|error| explain(&error))?;
    let (database, may): (String, bool) = (row.get(0), row.get(1));
    if !may {
        return Ok(database);
    }
    let row = remote
        .client
        .query_one("SELECT system_identifier::text FROM pg_control_system()", &[])
        .map_err(|error| explain(&error))?;
    Ok(format!("{}/{database}", row.get::<_, String>(0)))
}
