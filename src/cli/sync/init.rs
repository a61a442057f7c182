//! Makes the schema there, and links the user here with an account there.

use super::InitArgs;
use crate::account::password;
use crate::app::App;
use crate::cli::{ask, secret};
use crate::error::{Error, Kind, Result};
use crate::store::{Credentials, NO_PASSWORD, RowKey, Standing, Store};
use crate::sync::account::{RemoteAccount, accounts, add};
use crate::sync::migrations::{How, RemoteMigrated, inspect, up};
use crate::sync::postgres::Remote;
use crate::sync::session::identify;
use serde_json::json;

/// How the user here and the account there come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Link {
    /// There was none there.
    Added,
    /// It is the same account already.
    Same,
    /// The account there was made at another machine: everything here goes over to it.
    Joined,
}

impl Link {
    fn name(self) -> &'static str {
        match self {
            Link::Added => "added",
            Link::Same => "same",
            Link::Joined => "joined",
        }
    }
}

pub(super) fn run(args: &InitArgs, app: &mut App) -> Result<()> {
    let address = app.deployment()?;
    let user = app.user()?;
    let mut remote = address.connect()?;
    let migrated = migrate(args, app, &mut remote)?;
    let credentials = app.store()?.credentials(user)?;
    let wanted = args.account.clone().unwrap_or_else(|| credentials.email.clone());
    // Without a schema there is no account either.
    let known =
        if args.dry_run && identify(&mut remote).is_err() { Vec::new() } else { accounts(&mut remote, user, &wanted)? };
    let theirs = known.iter().find(|account| account.id == user).or(known.first());
    let link = match theirs {
        Some(account) if account.id == user && (args.account.is_none() || account.email == wanted) => Link::Same,
        Some(account) if account.id == user => {
            return Err(Error::usage(format!(
                "this journal is the account '{}' of the deployment already",
                account.email
            ))
            .hint("link another user: --user EMAIL"));
        }
        Some(account) => {
            agree(args, app, &credentials, account)?;
            Link::Joined
        }
        None if args.account.is_some() => {
            return Err(Error::not_found(format!("the deployment has no account '{wanted}'"))
                .hint("leave --account away, and one is made for the user here"));
        }
        None => Link::Added,
    };
    if !args.dry_run {
        link_with(app, &mut remote, &credentials, link, theirs)?;
    }
    let email = theirs.map_or(credentials.email.clone(), |account| account.email.clone());
    if app.printer.is_json() {
        return app.printer.json(&json!({
            "remote": remote.address().shown(), "migrations": migrated.names, "adopted": migrated.adopted,
            "backup": migrated.backup, "account": email, "link": link.name(), "dry_run": args.dry_run,
        }));
    }
    tell(app, args, &migrated, link, &credentials.email, &email)
}

fn migrate(args: &InitArgs, app: &mut App, remote: &mut Remote) -> Result<RemoteMigrated> {
    if args.dry_run {
        let schema = inspect(remote)?;
        let pending = schema.steps.iter().filter(|step| step.standing == Standing::Pending);
        let names = pending.filter_map(|step| crate::sync::migrations::find_migration(&step.name).ok());
        return Ok(RemoteMigrated { names: names.map(|migration| migration.name).collect(), ..Default::default() });
    }
    let backups = app.paths.backups();
    let how = How { to: None, backups: (!args.no_backup).then_some(backups.as_path()), now: app.now() };
    up(remote, &how)
}

/// Two people may have the same address in two journals, above all one that a program has made up: that it is
/// one person is for that person to say, and to show where the account has a password.
fn agree(args: &InitArgs, app: &mut App, credentials: &Credentials, account: &RemoteAccount) -> Result<()> {
    if !args.link && args.account.is_none() && !args.dry_run {
        let there = format!("the deployment has an account '{}', made by another journal", account.email);
        if !app.can_ask() {
            return Err(Error::usage(there).hint(format!(
                "if it is yours, `journal sync init --link`; else take another address first: `journal user edit {} \
                 --email YOURS`",
                credentials.email
            )));
        }
        app.printer.note(&format!("{}{}.", there[..1].to_uppercase(), &there[1..]));
        if !ask::confirm(app, "Is it yours? Both journals become one", "nothing was linked")? {
            return Err(Error::failure("nothing was linked")
                .hint(format!("take another address first: `journal user edit {} --email YOURS`", credentials.email)));
        }
    }
    let is_known = credentials.password_hash.as_ref() == Some(&account.password_hash);
    if account.password_hash == NO_PASSWORD || is_known || args.dry_run {
        return Ok(());
    }
    let given = secret::current(app, &format!("Password of {} in the deployment", account.email))?;
    if password::verify(&given, &account.password_hash)? {
        return Ok(());
    }
    Err(Error::new(Kind::Denied, format!("this is not the password of '{}' in the deployment", account.email))
        .hint("nothing was linked"))
}

fn link_with(
    app: &mut App,
    remote: &mut Remote,
    credentials: &Credentials,
    link: Link,
    account: Option<&RemoteAccount>,
) -> Result<()> {
    let id = identify(remote)?;
    let (replica, origin) = (app.new_id(), app.new_id());
    let store = app.store()?;
    let mut user = credentials.id;
    match (link, account) {
        (Link::Joined, Some(account)) => user = store.become_account(user, &account.row)?,
        (Link::Added, _) => {
            let key = RowKey::parse("users", &user.to_string())?;
            let row = key.map(|key| store.replicated_row(&key, &[user])).transpose()?.flatten();
            let row = row.ok_or_else(|| Error::not_found(format!("there is no user '{}'", credentials.email)))?;
            store.note_push(&id, origin)?;
            let here = Store::snapshot(store.folder(), "sync")?;
            add(remote, &here, &row, origin)?;
            // It may have been linked before, and been lost there.
            store.forget_cursors(&id)?;
        }
        _ => {}
    }
    store.link(&id, replica, user)
}

fn tell(
    app: &mut App,
    args: &InitArgs,
    migrated: &RemoteMigrated,
    link: Link,
    before: &str,
    email: &str,
) -> Result<()> {
    for name in &migrated.adopted {
        app.printer.line(&format!("{name}: was there already, and is as it should be"))?;
    }
    for name in &migrated.names {
        let what = if args.dry_run { "would be applied" } else { "applied" };
        app.printer.line(&format!("{name}: {what}"))?;
    }
    if let Some(backup) = &migrated.backup {
        app.printer.note(&format!("As it was before: {}", backup.display()));
    }
    let would = if args.dry_run { "would be " } else { "" };
    app.printer.line(&match link {
        Link::Added => format!("The account {email} {would}added to the deployment and linked."),
        Link::Same => format!("The account {email} {would}linked."),
        Link::Joined => format!("This journal and the account {email} {would}linked as one."),
    })?;
    if before != email && !args.dry_run {
        app.printer.note(&format!("The user {before} has the address {email} here from now on."));
    }
    if !args.dry_run {
        app.printer.note("Run `journal sync`.");
    }
    Ok(())
}
