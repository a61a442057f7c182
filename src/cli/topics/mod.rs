//! `journal topics`: what the entries are about.

mod assign;
mod change;
mod delete;
mod find;
mod list;
mod merge;
mod suggest;

use crate::app::App;
use crate::error::{Error, Result};

/// Show, find and change topics: what the entries are about
///
/// A topic is a #tag of a text, or one that was given with --topic or `topics assign`. Your own topics
/// are yours to change; system topics (work, sleep, travel, …) are there for everybody and cannot be
/// changed, but `topics add` makes one of your own in the place of any. Every change is one step of
/// `journal undo`.
///
/// No change to a topic changes a text: after `topics rename job work` a text that says #job says so
/// still, and its entry has the topic work. When you edit a text, the tags that you write are attached
/// and those that you remove are taken off; a tag that stays is left alone.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:
  journal topics                               the topics in use, most entries first
  journal topics find slep                     names that are like this
  journal topics rename job work
  journal topics merge running jogging --into exercise
  journal topics assign travel 7f3k 9m2c
  journal topics suggest 7f3k                  what a model would attach; --apply attaches it")]
pub(super) struct TopicsArgs {
    #[command(subcommand)]
    verb: Option<TopicsVerb>,
    #[command(flatten)]
    list: list::ListArgs,
}

#[derive(Debug, clap::Subcommand)]
enum TopicsVerb {
    List(list::ListArgs),
    Find(find::FindArgs),
    Add(change::AddArgs),
    Rename(change::RenameArgs),
    Describe(change::DescribeArgs),
    Merge(merge::MergeArgs),
    Delete(delete::DeleteArgs),
    Assign(assign::AssignArgs),
    Unassign(assign::UnassignArgs),
    Suggest(suggest::SuggestArgs),
}

pub(super) fn run(args: &TopicsArgs, app: &mut App) -> Result<()> {
    if args.verb.is_some() && args.list != list::ListArgs::default() {
        return Err(Error::usage("--all and --sort belong to the list").hint("write them after `journal topics list`"));
    }
    match args.verb.as_ref() {
        None => list::run(&args.list, app),
        Some(TopicsVerb::List(args)) => list::run(args, app),
        Some(TopicsVerb::Find(args)) => find::run(args, app),
        Some(TopicsVerb::Add(args)) => change::add(args, app),
        Some(TopicsVerb::Rename(args)) => change::rename(args, app),
        Some(TopicsVerb::Describe(args)) => change::describe(args, app),
        Some(TopicsVerb::Merge(args)) => merge::run(args, app),
        Some(TopicsVerb::Delete(args)) => delete::run(args, app),
        Some(TopicsVerb::Assign(args)) => assign::run(args, app),
        Some(TopicsVerb::Unassign(args)) => assign::unassign(args, app),
        Some(TopicsVerb::Suggest(args)) => suggest::run(args, app),
    }
}

/// The name without the `#` that it may be written with.
fn bare(name: &str) -> String {
    name.strip_prefix('#').unwrap_or(name).to_string()
}

fn entries(count: u64) -> String {
    if count == 1 { "1 entry".into() } else { format!("{count} entries") }
}

/// A name as it is spoken of.
fn quoted(name: &str) -> String {
    format!("“{}”", crate::output::text::first_words(name, 60))
}
