use super::{bare, entries, quoted};
use crate::app::App;
use crate::error::Result;
use crate::output::json;
use serde_json::json as value;

/// Make a topic of your own
///
/// One with the name of a system topic stands in its place: entries of yours that have the system topic
/// get yours instead, and from then on the name means yours.
#[derive(Debug, clap::Args)]
pub(super) struct AddArgs {
    /// Its name, up to 200 characters
    name: String,
    /// What it is about
    #[arg(short, long, value_name = "TEXT", default_value = "")]
    description: String,
}

/// Give a topic another name
///
/// Texts stay as you wrote them: a #tag with the old name keeps standing there, and its entry keeps the
/// topic under its new name. A new entry with the old #tag makes a new topic.
#[derive(Debug, clap::Args)]
pub(super) struct RenameArgs {
    /// The topic
    old: String,
    /// Its new name
    new: String,
}

/// Say what a topic is about; an empty text takes the description away
#[derive(Debug, clap::Args)]
pub(super) struct DescribeArgs {
    /// The topic
    name: String,
    /// The description
    text: String,
}

pub(super) fn add(args: &AddArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let added = app.store()?.add_topic(user, &bare(&args.name), &args.description)?;
    app.wake_analysis();
    if app.printer.is_json() {
        let mut shown = json::topic(&added.topic);
        shown["moved"] = value!(added.moved);
        return app.printer.json(&shown);
    }
    app.printer.note(&format!(
        "Added the topic {}{}. `journal undo` takes it back.",
        quoted(&added.topic.name),
        came(added.moved)
    ));
    Ok(())
}

pub(super) fn rename(args: &RenameArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let (old, new) = (bare(&args.old), bare(&args.new));
    let renamed = app.store()?.rename_topic(user, &old, &new)?;
    app.wake_analysis();
    if app.printer.is_json() {
        let mut shown = json::topic(&renamed.topic);
        shown["moved"] = value!(renamed.moved);
        return app.printer.json(&shown);
    }
    app.printer.note(&format!(
        "The topic {} is called {} now{}. `journal undo` takes it back.",
        quoted(&old),
        quoted(&renamed.topic.name),
        came(renamed.moved)
    ));
    Ok(())
}

pub(super) fn describe(args: &DescribeArgs, app: &mut App) -> Result<()> {
    let user = app.user()?;
    let topic = app.store()?.describe_topic(user, &bare(&args.name), &args.text)?;
    app.wake_analysis();
    if app.printer.is_json() {
        return app.printer.json(&json::topic(&topic));
    }
    let what = if topic.description.is_some() { "Described" } else { "Took the description off" };
    app.printer.note(&format!("{what} the topic {}. `journal undo` takes it back.", quoted(&topic.name)));
    Ok(())
}

/// What a topic took over from a system topic of its name.
fn came(moved: u64) -> String {
    match moved {
        0 => String::new(),
        count => format!(", with {} of the system topic of that name", entries(count)),
    }
}
