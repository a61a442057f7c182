use super::InitArgs;
use crate::app::App;
use crate::error::Result;
use crate::sync::migrations::{How, up};

pub(super) fn run(args: &InitArgs, app: &mut App) -> Result<()> {
    let mut remote = app.deployment()?.connect()?;
    let backups = app.paths.backups();
    let how = How { to: None, backups: (!args.no_backup).then_some(backups.as_path()), now: app.now() };
    up(&mut remote, &how).map(|_| ())
}
