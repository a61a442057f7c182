use super::{bare, entries, quoted};
use crate::app::App;
use crate::error::{Error, Result};
use crate::journal::mood::rounded;
use crate::journal::topic::Topic;
use crate::output::json;
use serde_json::json as value;
use uuid::Uuid;

/// Give entries a topic, or change how relevant it is to them
#[derive(Debug, clap::Args)]
pub(super) struct AssignArgs {
    /// The topic
    name: String,
    /// Ids as `list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
    /// How much they are about it, from 0 to 1
    #[arg(long, value_name = "SHARE", default_value = "1", allow_negative_numbers = true)]
    relevance: String,
}

/// Take a topic off entries
#[derive(Debug, clap::Args)]
pub(super) struct UnassignArgs {
    /// The topic
    name: String,
    /// Ids as `list` shows them
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,
}

pub(super) fn run(args: &AssignArgs, app: &mut App) -> Result<()> {
    let relevance = rounded(&args.relevance, 2).filter(|share| (0..=100).contains(share)).ok_or_else(|| {
        Error::usage(format!("--relevance {} is not a number from 0 to 1", args.relevance))
            .hint("1 is wholly about it, 0.5 half")
    })?;
    let (user, ids) = resolve(&args.ids, app)?;
    let (topic, changed) = app.store()?.assign_topic(user, &bare(&args.name), &ids, relevance)?;
    said(app, "assigned", &topic, &changed, ids.len())
}

pub(super) fn unassign(args: &UnassignArgs, app: &mut App) -> Result<()> {
    let (user, ids) = resolve(&args.ids, app)?;
    let (topic, changed) = app.store()?.unassign_topic(user, &bare(&args.name), &ids)?;
    said(app, "unassigned", &topic, &changed, ids.len())
}

/// The entries, once each.
fn resolve(texts: &[String], app: &mut App) -> Result<(Uuid, Vec<Uuid>)> {
    let user = app.user()?;
    let mut ids = Vec::new();
    for text in texts {
        let id = app.store()?.resolve(user, text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok((user, ids))
}

fn said(app: &mut App, done: &str, topic: &Topic, changed: &[Uuid], asked: usize) -> Result<()> {
    app.wake_analysis();
    if app.printer.is_json() {
        let ids: Vec<String> = changed.iter().map(ToString::to_string).collect();
        return app.printer.json(&value!({done: ids, "topic": json::topic(topic)}));
    }
    let name = quoted(&topic.name);
    let what = match (done, changed.len() as u64) {
        ("assigned", 0) => format!("Nothing changed: the topic {name} was there already."),
        (_, 0) => format!("Nothing changed: the topic {name} was not there."),
        ("assigned", count) => format!("The topic {name} is on {} now. `journal undo` takes it back.", entries(count)),
        (_, count) => format!("Took the topic {name} off {}. `journal undo` takes it back.", entries(count)),
    };
    let rest = asked.saturating_sub(changed.len()) as u64;
    let rest = if rest > 0 && !changed.is_empty() { format!(" ({} unchanged)", entries(rest)) } else { String::new() };
    app.printer.note(&(what + &rest));
    Ok(())
}
