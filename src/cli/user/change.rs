//! Adding, changing and deleting users.

use super::{by, meant, profile, said, target};
use crate::account::password as passwords;
use crate::app::{App, random};
use crate::cli::secret::{self, SecretArgs};
use crate::cli::{analytics, ask, draft};
use crate::error::{Error, Result};
use crate::output::json;
use crate::store::{AccountChange, Holdings};
use serde_json::json;

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal user add ada@example.org
  journal user add ada@example.org --profile '{\"name\": \"Ada\"}' --password")]
pub(super) struct AddArgs {
    /// E-mail address; nothing is ever sent to it
    email: String,
    /// What is known about the user: a JSON object, @FILE, or - for standard input
    #[arg(long, value_name = "JSON")]
    profile: Option<String>,
    /// Ask for a password
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file"])]
    password: bool,
    #[command(flatten)]
    secret: SecretArgs,
}

#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal user edit --set name=Ada --set 'languages=[\"en\", \"fr\"]'
  journal user edit ada@example.org --email ada@home.example")]
pub(super) struct EditArgs {
    /// E-mail address [default: the user in use]
    #[arg(value_name = "EMAIL")]
    who: Option<String>,
    /// Another address
    #[arg(long, value_name = "NEW")]
    email: Option<String>,
    /// Set a member of the profile: key=JSON; what is not JSON is taken as text; may be repeated
    #[arg(long, value_name = "KEY=JSON")]
    set: Vec<String>,
    /// Take a member off the profile; may be repeated
    #[arg(long, value_name = "KEY")]
    unset: Vec<String>,
    /// Another profile: a JSON object, @FILE, or - for standard input; an empty text takes it away
    #[arg(long, value_name = "JSON")]
    profile: Option<String>,
    /// Whether the user may be used
    #[arg(long, value_name = "true|false")]
    active: Option<bool>,
}

#[derive(Debug, clap::Args)]
pub(super) struct DeleteArgs {
    /// E-mail address
    email: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
}

pub(super) fn add(args: &AddArgs, app: &mut App) -> Result<()> {
    crate::journal::email::check(&args.email)?;
    let profile = args.profile.as_deref().map(profile::given).transpose()?.flatten();
    let wanted = args.password || args.secret.is_given();
    let password = if wanted { Some(args.secret.new_password(app)?) } else { None };
    let hash = password.map(|password| passwords::hash(&password, random()?)).transpose()?;
    // Where the configuration names somebody who is not there, the new user stands for themselves.
    let by = app.chosen_if_any().ok().flatten();
    let account = app.store()?.add_user(by, &args.email, hash.as_deref(), profile.as_deref())?;
    analytics::write_through(app, account.id);
    let first = if by.is_none() { "" } else { " `journal user use` chooses a user." };
    said(app, &account, &format!("Added {}.{first}", account.email))
}

pub(super) fn edit(args: &EditArgs, app: &mut App) -> Result<()> {
    let user = target(app, args.who.as_deref())?.id;
    let account = app.store()?.account(user)?;
    let mut change = AccountChange { email: args.email.clone(), profile: None, is_active: args.active };
    if let Some(text) = &args.profile {
        change.profile = Some(profile::given(text)?);
    }
    if !args.set.is_empty() || !args.unset.is_empty() {
        let before = change.profile.clone().unwrap_or_else(|| account.profile.clone());
        change.profile = Some(profile::changed(before.as_deref(), &args.set, &args.unset)?);
    }
    if change == AccountChange::default() {
        return Err(Error::usage("there is nothing to change")
            .hint("pass --email, --set, --unset, --profile or --active; `journal user password` sets a password"));
    }
    let by = by(app, user);
    let after = app.store()?.edit_user(by, user, &change)?;
    if after == account {
        if app.printer.is_json() {
            return app.printer.json(&json::account(&after));
        }
        draft::nothing_saved(app);
        return Ok(());
    }
    analytics::write_through(app, user);
    said(app, &after, &format!("Changed {}. `journal undo` takes it back.", after.email))?;
    if after.email != account.email && app.config.user.as_ref() == Some(&account.email) {
        app.printer.warn(&format!(
            "the configuration still names {}; `journal user use {}` corrects it",
            account.email, after.email
        ));
    }
    Ok(())
}

pub(super) fn password(email: Option<&str>, secret: &SecretArgs, remove: bool, app: &mut App) -> Result<()> {
    let credentials = meant(app, email)?;
    if credentials.password_hash.is_some() {
        let given = secret::current(app, &format!("Password of {} now", credentials.email))?;
        app.check_password(&credentials, &given)?;
    }
    let hash = match remove {
        true => None,
        false => Some(passwords::hash(&secret.new_password(app)?, random()?)?),
    };
    app.log_out(&credentials);
    app.store()?.set_password(credentials.id, hash.as_deref())?;
    let account = app.store()?.account(credentials.id)?;
    let sentence = match (remove, credentials.password_hash.is_some()) {
        (true, true) => format!("{} has no password any more.", account.email),
        (true, false) => format!("{} has no password.", account.email),
        (false, _) => format!("The password of {} is set. `journal login` comes next.", account.email),
    };
    said(app, &account, &sentence)
}

pub(super) fn delete(args: &DeleteArgs, app: &mut App) -> Result<()> {
    let credentials = target(app, Some(&args.email))?;
    let (user, email) = (credentials.id, &credentials.email);
    let by = by(app, user);
    let held = app.store()?.holdings(user)?;
    if !args.yes {
        if !app.can_ask() {
            return Err(Error::usage("deleting needs a yes").hint("pass --yes"));
        }
        app.printer.note(&format!("With {email} will go: {}.", listed(&held)));
        if !ask::confirm(app, &format!("Delete {email}?"), "nothing was deleted")? {
            app.printer.note("Nothing deleted.");
            return Ok(());
        }
    }
    let held = app.store()?.delete_user(by, user)?;
    app.log_out(&credentials);
    let _ = app.cache().invalidate_user(&user.to_string());
    app.wake_analysis();
    if app.printer.is_json() {
        return app.printer.json(&json!({"deleted": user, "email": email, "held": json::holdings(&held)}));
    }
    // One who is gone is not the user in use: their undo is asked for by name.
    let undo =
        if by == user { format!("journal undo --user {}", shell_words::quote(email)) } else { "journal undo".into() };
    app.printer.note(&format!("Deleted {email}: {}. `{undo}` brings it all back.", listed(&held)));
    if app.config.user.as_ref() == Some(email) {
        app.printer.warn(&format!("the configuration still names {email}; `journal user use` chooses another"));
    }
    Ok(())
}

/// How much belongs to a user, in words.
pub(super) fn listed(held: &Holdings) -> String {
    let parts: Vec<String> = [
        (held.entries, "entry", "entries"),
        (held.topics, "topic", "topics"),
        (held.sentiments, "sentiment", "sentiments"),
        (held.insights, "insight", "insights"),
        (held.sessions, "session", "sessions"),
        (held.vectors, "vector", "vectors"),
    ]
    .into_iter()
    .filter(|(count, _, _)| *count > 0)
    .map(|(count, one, many)| format!("{count} {}", if count == 1 { one } else { many }))
    .collect();
    if parts.is_empty() { "nothing written".into() } else { parts.join(", ") }
}
