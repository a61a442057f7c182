//! How far both sides have come; and forgetting it.

use super::mirrors::Mirrors;
use super::report::{NAMED, rows};
use super::{ResetArgs, StatusArgs};
use crate::app::App;
use crate::cli::ask;
use crate::error::{Error, Result};
use crate::store::{Direction, SyncState, Waiting};
use crate::sync::pool::{MAX_OVERFLOW, POOL_RECYCLE, POOL_SIZE, POOL_TIMEOUT, Pool, PoolStatus};
use crate::sync::postgres::Remote;
use crate::sync::session::{Session, identify};
use serde_json::{Value, json};

/// What is known here of one deployment.
struct Here {
    id: String,
    state: SyncState,
    accounts: Vec<String>,
    pending: Option<usize>,
    waiting: Vec<(Direction, Waiting)>,
}

fn here(app: &mut App, id: &str) -> Result<Option<Here>> {
    let store = app.store()?;
    let Some(state) = store.sync_state(id)? else { return Ok(None) };
    let users = store.linked_users(id)?;
    let accounts = users.iter().filter_map(|user| store.account(*user).ok()).map(|account| account.email).collect();
    let pending = store.pending(id)?.map(|pending| pending.len());
    let mut waiting = Vec::new();
    for direction in [Direction::Pull, Direction::Push] {
        waiting.extend(store.waiting(id, direction)?.into_iter().map(|row| (direction, row)));
    }
    Ok(Some(Here { id: id.to_string(), state, accounts, pending, waiting }))
}

pub(super) fn run(args: &StatusArgs, app: &mut App) -> Result<()> {
    let address = app.deployment()?;
    app.user()?;
    let pool = Pool::new(address.clone());
    let connected = pool.get();
    let (mut remote, trouble) = match connected {
        Ok(remote) => (Some(remote), None),
        Err(error) => (None, Some(error)),
    };
    let id = match &mut remote {
        Some(remote) => identify(remote)?,
        // The one that was met last is most likely the one that is away.
        None => app.store()?.remotes()?.pop().unwrap_or_default(),
    };
    let known = here(app, &id)?;
    let changed = match &mut remote {
        Some(remote) if known.is_some() => {
            let spare = app.new_id();
            Some(Session::open(remote, app.store()?, spare)?.changed_there()?)
        }
        _ => None,
    };
    let conflicts = app.store()?.conflicts(false)?.len();
    let server = match (&mut remote, args.verbose) {
        (Some(remote), true) => Some(remote.facts()?),
        _ => None,
    };
    let mirrors = Mirrors::named(app)?.standing(app)?;
    if app.printer.is_json() {
        let mut document =
            document(address.shown(), known.as_ref(), changed, conflicts, server.as_deref(), remote.is_some());
        document["mirrors"] = mirrors.into_iter().map(|(mirror, _)| mirror).collect();
        document["pool"] = if args.verbose { pool_document(pool.status()) } else { Value::Null };
        app.printer.json(&document)?;
    } else {
        show(app, address.shown(), known.as_ref(), changed, conflicts)?;
        for (_, words) in &mirrors {
            app.printer.line(words)?;
        }
        for (name, value) in server.iter().flatten() {
            app.printer.line(&format!("{name}: {value}"))?;
        }
        if args.verbose {
            app.printer.line(&format!("pool: {}", pool_words(pool.status())))?;
        }
    }
    app.printer.flush()?;
    trouble.map_or(Ok(()), Err)
}

/// By the names that the architecture's own report has.
fn pool_document(status: PoolStatus) -> Value {
    json!({
        "pool_size": POOL_SIZE, "checked_in": status.checked_in, "checked_out": status.checked_out,
        "overflow": status.overflow(), "total_connections": status.total(), "max_overflow": MAX_OVERFLOW,
        "pool_timeout": POOL_TIMEOUT.as_secs(), "pool_recycle": POOL_RECYCLE.as_secs(), "pool_pre_ping": true,
    })
}

fn pool_words(status: PoolStatus) -> String {
    format!(
        "{} in use, {} kept, of at most {POOL_SIZE} and {MAX_OVERFLOW} more; {} s to wait for one, {} s until one is \
         replaced, asked before use",
        status.checked_out,
        status.checked_in,
        POOL_TIMEOUT.as_secs(),
        POOL_RECYCLE.as_secs()
    )
}

fn document(
    address: &str,
    known: Option<&Here>,
    changed: Option<Option<usize>>,
    conflicts: usize,
    server: Option<&[(&'static str, String)]>,
    reachable: bool,
) -> Value {
    let waiting: Vec<Value> = known
        .iter()
        .flat_map(|here| &here.waiting)
        .map(|(direction, row)| {
            json!({
                "direction": direction.name(), "table": row.key.table().name, "id": row.key.id(), "reason": row.reason,
            })
        })
        .collect();
    let server = server.map(|facts| facts.iter().map(|(name, value)| ((*name).to_string(), json!(value))).collect());
    json!({
        "remote": address, "reachable": reachable, "deployment": known.map(|here| &here.id),
        "linked": known.map_or(&[][..], |here| &here.accounts), "synced_at": known.and_then(|here| here.state.synced_at.clone()),
        "pending": known.and_then(|here| here.pending), "changed_there": changed.flatten(),
        "compares_everything": known.is_some_and(|here| here.pending.is_none()) || changed == Some(None),
        "conflicts": conflicts, "waiting": waiting, "server": server.map(Value::Object),
    })
}

fn show(
    app: &mut App,
    address: &str,
    known: Option<&Here>,
    changed: Option<Option<usize>>,
    conflicts: usize,
) -> Result<()> {
    app.printer.line(&format!("Deployment: {address}"))?;
    let Some(here) = known else {
        return app.printer.line("Not linked with this journal: `journal sync init`.");
    };
    app.printer.line(&format!("Linked: {}", here.accounts.join(", ")))?;
    app.printer.line(&format!("Last sync: {}", here.state.synced_at.as_deref().unwrap_or("never")))?;
    match (here.pending, changed) {
        (None, _) | (_, Some(None)) => app.printer.line("The next sync compares everything.")?,
        (Some(pending), changed) => {
            app.printer.line(&format!("Changed here: {}", rows(pending)))?;
            if let Some(Some(changed)) = changed {
                app.printer.line(&format!("Changed there: {}", rows(changed)))?;
            }
        }
    }
    if conflicts > 0 {
        app.printer.line(&format!("Changed on both sides and not yet looked at: {}", rows(conflicts)))?;
    }
    for (direction, row) in here.waiting.iter().take(NAMED) {
        let place = if *direction == Direction::Push { "there" } else { "here" };
        let why = row.reason.as_deref().unwrap_or("another change has to come first");
        app.printer.line(&format!("Not yet {place}: {} ({why})", row.key))?;
    }
    if here.waiting.len() > NAMED {
        app.printer.line(&format!("and {} more: `--json` has them all", here.waiting.len() - NAMED))?;
    }
    Ok(())
}

pub(super) fn reset(args: &ResetArgs, app: &mut App) -> Result<()> {
    app.user()?;
    let id = match app
        .deployment()
        .and_then(|address| address.connect())
        .and_then(|mut remote: Remote| identify(&mut remote))
    {
        Ok(id) => Some(id),
        Err(error) if error.kind().retryable() => None,
        Err(error) => return Err(error),
    };
    // Without a server there is one that can be meant, or nobody knows which.
    let ids = app.store()?.remotes()?;
    let id =
        id.or_else(|| (ids.len() == 1).then(|| ids[0].clone())).filter(|id| ids.contains(id)).ok_or_else(|| {
            Error::not_found("this journal is not linked with the deployment").hint("run `journal sync init`")
        })?;
    if !args.yes {
        if !app.can_ask() {
            return Err(Error::usage("forgetting how far both sides have come needs a yes").hint("pass --yes"));
        }
        let question = "Compare everything at the next sync? Nothing is deleted";
        if !ask::confirm(app, question, "nothing was forgotten")? {
            return Ok(());
        }
    }
    app.store()?.forget_cursors(&id)?;
    Mirrors::named(app)?.forget(app)?;
    if app.printer.is_json() {
        return app.printer.json(&json!({"deployment": id, "reset": true}));
    }
    app.printer.line("The next sync compares everything.")
}
