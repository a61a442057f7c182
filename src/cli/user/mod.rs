//! `journal user`: who writes in this journal.

mod change;
mod profile;

use super::secret::SecretArgs;
use crate::app::App;
use crate::config::ConfigFile;
use crate::error::Result;
use crate::output::{json, text};
use crate::store::{Account, Credentials};
use console::Style;
use serde_json::json;
use uuid::Uuid;

/// Who writes in this journal: add, choose, change and delete users
///
/// Each user has entries, topics and insights of their own. The first command makes the first user, so
/// one person needs none of this. A user without a password, which is the default, is used by naming
/// them: --user, JOURNAL_USER, or `journal user use`. One with a password must `journal login`.
///
/// A password guards the commands of `journal` and the same account on a deployment. It does not
/// encrypt the file: who can read the folder of the journal can read the journal.
#[derive(Debug, clap::Args)]
pub(super) struct UserArgs {
    #[command(subcommand)]
    verb: UserVerb,
}

#[derive(Debug, clap::Subcommand)]
enum UserVerb {
    /// Add a user
    Add(change::AddArgs),
    /// List the users; * marks the one in use
    List,
    /// Choose the user whose journal this is from now on
    ///
    /// Written as `user` to the configuration file; --user and JOURNAL_USER go before it.
    Use {
        /// E-mail address
        email: String,
    },
    /// Show a user, the profile, and how much they have written
    Show {
        /// E-mail address [default: the user in use]
        email: Option<String>,
    },
    /// Change the address or the profile of a user; `journal undo` takes it back
    Edit(change::EditArgs),
    /// Set, change or remove the password of a user
    ///
    /// The one there is asked for first, or taken from JOURNAL_PASSWORD_FILE. A password has at least 8
    /// characters; any will do. All logins of the user end. It is no change that `journal undo` takes back.
    Password(PasswordArgs),
    /// Delete a user and everything that is theirs; `journal undo` brings it back
    Delete(change::DeleteArgs),
}

#[derive(Debug, clap::Args)]
struct PasswordArgs {
    /// E-mail address [default: the user in use]
    email: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
    /// Take the password away: no login is needed from now on
    #[arg(long, conflicts_with_all = ["password_stdin", "password_file"])]
    remove: bool,
}

pub(super) fn run(args: UserArgs, app: &mut App) -> Result<()> {
    match args.verb {
        UserVerb::Add(args) => change::add(&args, app),
        UserVerb::List => list(app),
        UserVerb::Use { email } => choose(&email, app),
        UserVerb::Show { email } => show(email.as_deref(), app),
        UserVerb::Edit(args) => change::edit(&args, app),
        UserVerb::Password(args) => change::password(args.email.as_deref(), &args.secret, args.remove, app),
        UserVerb::Delete(args) => change::delete(&args, app),
    }
}

/// The user that is meant, who has been let in if there is a password; active or not.
fn target(app: &mut App, email: Option<&str>) -> Result<Credentials> {
    let credentials = meant(app, email)?;
    app.admit_whoever(&credentials)?;
    Ok(credentials)
}

/// The user that is meant, not yet let in.
fn meant(app: &mut App, email: Option<&str>) -> Result<Credentials> {
    let user = match email {
        Some(email) => app.store()?.user(email)?,
        None => app.chosen_user()?,
    };
    app.store()?.credentials(user)
}

/// Whose step of undo a change is: the user in use, or, when there is none, the user it is about.
fn by(app: &mut App, about: Uuid) -> Uuid {
    app.chosen_if_any().ok().flatten().unwrap_or(about)
}

fn list(app: &mut App) -> Result<()> {
    let accounts = app.store()?.accounts()?;
    // A name in the configuration that is nobody's marks nobody.
    let in_use = app.chosen_if_any().ok().flatten();
    if app.printer.is_json() {
        let items: Vec<_> = accounts
            .iter()
            .map(|(account, entries)| {
                let mut item = json::account(account);
                item["entries"] = json!(entries);
                item["in_use"] = json!(in_use == Some(account.id));
                // It is the user's own: `show` asks for the login first.
                if let Some(item) = item.as_object_mut() {
                    item.remove("profile");
                }
                item
            })
            .collect();
        return app.printer.json_list(&items);
    }
    if accounts.is_empty() {
        app.printer.note("No user yet. `journal user add` or the first entry makes one.");
        return Ok(());
    }
    let zone = app.zone();
    let rows = accounts.iter().map(|(account, entries)| {
        vec![
            if in_use == Some(account.id) { "*".into() } else { String::new() },
            text::safe(&account.email),
            entries.to_string(),
            account.created_at.map(|at| at.with_timezone(&zone).format("%Y-%m-%d").to_string()).unwrap_or_default(),
            yes(account.is_active),
            yes(account.has_password),
        ]
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let Some(width) = app.printer.width() else {
        let lines: String = rows.iter().map(|row| row.join("\t") + "\n").collect();
        return app.printer.raw(&lines);
    };
    let table = text::table(&["", "User", "Entries", "Created", "Active", "Password"], rows, Some(width));
    app.printer.page(&table)
}

fn yes(truth: bool) -> String {
    if truth { "yes" } else { "no" }.into()
}

fn choose(email: &str, app: &mut App) -> Result<()> {
    let user = app.store()?.user(email)?;
    if !app.store()?.credentials(user)?.is_active {
        // Says why.
        app.admit(user)?;
    }
    let path = app.paths.config.clone();
    let mut file = ConfigFile::read(&path)?;
    file.set("user", Some(email))?;
    file.write(&path)?;
    if app.printer.is_json() {
        return app.printer.json(&json!({"user": email, "config": path}));
    }
    app.printer.note(&format!("From now on this is the journal of {email}."));
    if std::env::var_os("JOURNAL_USER").is_some_and(|named| named != *email) {
        app.printer.warn("JOURNAL_USER is set and goes before the configuration");
    }
    Ok(())
}

fn show(email: Option<&str>, app: &mut App) -> Result<()> {
    let user = target(app, email)?.id;
    let (account, held) = (app.store()?.account(user)?, app.store()?.holdings(user)?);
    if app.printer.is_json() {
        let mut item = json::account(&account);
        item["holds"] = json::holdings(&held);
        return app.printer.json(&item);
    }
    let zone = app.zone();
    let day = |at: Option<chrono::DateTime<chrono::Utc>>| {
        at.map(|at| at.with_timezone(&zone).format("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
    };
    let mut shown = format!("{}\n", Style::new().bold().apply_to(text::safe(&account.email)));
    for (name, value) in [
        ("id", account.id.to_string()),
        ("created", day(account.created_at)),
        ("changed", day(account.updated_at)),
        ("active", yes(account.is_active)),
        ("password", yes(account.has_password)),
        ("holds", change::listed(&held)),
        ("profile", profile::pretty(&account)),
    ] {
        let room = app.printer.width().map_or(usize::MAX, |width| width.saturating_sub(10).max(10));
        for (number, line) in value.lines().flat_map(|line| text::wrap(line, room)).enumerate() {
            shown += &format!("{:<9} {line}\n", if number == 0 { name } else { "" });
        }
    }
    app.printer.page(&shown)
}

/// A user after a change: as JSON, or in a sentence.
fn said(app: &mut App, account: &Account, sentence: &str) -> Result<()> {
    if app.printer.is_json() {
        return app.printer.json(&json::account(account));
    }
    app.printer.note(sentence);
    Ok(())
}
