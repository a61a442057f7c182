use super::ask;
use super::secret::SecretArgs;
use crate::app::App;
use crate::error::{Error, Result};
use crate::output::json::timestamp;
use crate::store::Credentials;
use chrono::DateTime;
use serde_json::json;

/// Log in as a user who has a password
///
/// A login lasts 30 days at this machine, or until `journal logout` or a new password; where there is a
/// runtime folder (XDG_RUNTIME_DIR), also until you leave the machine. Scripts need none:
/// JOURNAL_PASSWORD_FILE=FILE, or else JOURNAL_PASSWORD, lets a single command through.
///
/// The password guards the commands of `journal` and the same account on a deployment. It does not
/// encrypt the file: who can read the folder of the journal can read the journal. Use an encrypted
/// disk against that.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal login
  journal login ada@example.org --password-file ~/.secrets/journal")]
pub(super) struct LoginArgs {
    /// E-mail address [default: the user in use]
    email: Option<String>,
    #[command(flatten)]
    secret: SecretArgs,
}

/// Log out: the journal of a user with a password asks for it again
#[derive(Debug, clap::Args)]
pub(super) struct LogoutArgs {
    /// E-mail address [default: the user in use]
    email: Option<String>,
}

pub(super) fn run(args: &LoginArgs, app: &mut App) -> Result<()> {
    let credentials = credentials(app, args.email.as_deref())?;
    let email = &credentials.email;
    if credentials.password_hash.is_none() {
        if app.printer.is_json() {
            return app.printer.json(&json!({"user_id": credentials.id, "email": email, "has_password": false}));
        }
        app.printer.note(&format!("{email} has no password: there is nothing to log in to."));
        return Ok(());
    }
    let given = match args.secret.given()? {
        Some(given) => given,
        None => match app.password_variable()? {
            Some(given) => given,
            None if app.can_ask() => ask::hidden(&format!("Password of {email}"))?,
            None => {
                return Err(Error::usage("there is nobody to ask for the password")
                    .hint("pass --password-file FILE, or pipe it to --password-stdin"));
            }
        },
    };
    app.check_password(&credentials, &given)?;
    let lasts = app.log_in(&credentials)?;
    let until = i64::try_from(lasts.refresh).ok().and_then(|at| DateTime::from_timestamp(at, 0)).unwrap_or_default();
    if app.printer.is_json() {
        return app.printer.json(
            &json!({"user_id": credentials.id, "email": email, "has_password": true, "expires_at": timestamp(until)}),
        );
    }
    let day = until.with_timezone(&app.zone()).format("%Y-%m-%d");
    app.printer.note(&format!("Logged in as {email} until {day}, or until `journal logout`."));
    Ok(())
}

pub(super) fn leave(args: &LogoutArgs, app: &mut App) -> Result<()> {
    let credentials = credentials(app, args.email.as_deref())?;
    let were = app.log_out(&credentials);
    let email = &credentials.email;
    if app.printer.is_json() {
        return app.printer.json(&json!({"user_id": credentials.id, "email": email, "logged_out": were}));
    }
    let said = match (were, &credentials.password_hash) {
        (true, _) => format!("Logged out {email}."),
        (false, Some(_)) => format!("{email} was not logged in."),
        (false, None) => format!("{email} has no password: there is nothing to log out of."),
    };
    app.printer.note(&said);
    Ok(())
}

fn credentials(app: &mut App, email: Option<&str>) -> Result<Credentials> {
    let user = match email {
        Some(email) => app.store()?.user(email)?,
        None => app.chosen_user()?,
    };
    app.store()?.credentials(user)
}
